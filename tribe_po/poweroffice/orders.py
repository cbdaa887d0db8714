"""Creating sales orders as drafts (poweroffice.md sections 11.1 to 11.3 and 15 e)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from threading import Lock
from typing import Any

from tribe_po.errors import LostAnswer, RecordRefused, Temporary, TribePoError
from tribe_po.invoices import Order, OrderLine
from tribe_po.poweroffice.invoice_values import order_record
from tribe_po.poweroffice.lists import SALES_ORDERS, Dto
from tribe_po.poweroffice.refusals import is_success, problem_of, write_error
from tribe_po.records import Record
from tribe_po.sides import Creation, Written
from tribe_po.transport.http import Answer, Connection


class Orders:
    """Creates drafts, one at a time: PowerOffice wants no more at once (poweroffice.md
    section 3)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lane = Lock()

    def create(self, creation: Creation, order: Order) -> Written:
        """Create a draft.

        Raise `AlreadyExists` when the mark is in use, `RecordRefused` for a customer or product
        that cannot be used, `LostAnswer` when nobody knows whether it was created.
        """
        body = body_of(order, creation.mark)
        with self._lane:
            answer = self._connection.write("POST", f"{SALES_ORDERS.path}/Complete", body)
        if not is_success(answer):
            raise _refusal(answer, creation.mark)
        record = order_record(dto_in(answer, "sales order"))
        return Written(record.id, with_content(record, creation))


def body_of(order: Order, mark: str) -> dict[str, Any]:
    """The body that creates a draft; a member without a value is left out."""
    members = {
        "CustomerId": int(order.customer_id),
        "ExternalImportReference": mark,
        "ImportedOrderNo": order.imported_number,
        "CustomerReference": order.customer_reference or None,
        "SalesOrderDate": order.date and order.date.isoformat(),
        "CurrencyCode": order.currency,
        "RelatedInvoiceNo": order.credits,
        "SalesOrderLines": [_line(line, place) for place, line in enumerate(order.lines)],
    }
    return {name: value for name, value in members.items() if value is not None}


def _line(line: OrderLine, place: int) -> dict[str, Any]:
    shown: dict[str, Any] = {"SortOrder": place, "ExternalImportReference": line.reference or None}
    if line.price is None:
        members: dict[str, Any] = {"LineType": "Text", "Description": line.text, **shown}
    else:
        members = {
            "LineType": "Normal",
            "ProductId": int(line.product_id) if line.product_id else None,
            "ProductCode": None if line.product_id else line.product_code,
            "Description": line.text or None,
            "Quantity": exact(line.quantity),
            "ProductUnitPrice": exact(line.price),
            "Allowance": exact(line.allowance) if line.allowance else None,
            **shown,
        }
    return {name: value for name, value in members.items() if value is not None}


def exact(amount: Decimal) -> Decimal:
    """An amount that a JSON number carries to its last digit. Raise `RecordRefused` for others:
    half of the digits would not get there."""
    if Decimal(repr(float(amount))) != amount:
        raise RecordRefused(
            "The invoice cannot be copied to PowerOffice to the last digit.",
            f"The number {amount} in one of its lines has too many digits.",
            "Round it in Tribe; the next pass tries again.",
        )
    return amount


def with_content(record: Record, creation: Creation) -> Record:
    """The record, with what it is a copy of."""
    content = {"content": creation.values["content"]} if "content" in creation.values else {}
    return replace(record, values={**record.values, **content}, mark=creation.mark)


def dto_in(answer: Answer, what: str) -> Dto:
    """What a create answered with. Raise `LostAnswer` where the answer does not say which record
    it became."""
    try:
        dto = answer.json()
    except Temporary:
        dto = None
    if isinstance(dto, dict) and dto.get("Id") is not None:
        return dto
    raise LostAnswer(
        f"PowerOffice took a new {what}, but its answer did not say which it became.",
        "The answer was empty or cut short.",
        "Nothing to do: it is looked up before anything else is created.",
    )


def _refusal(answer: Answer, mark: str) -> TribePoError:
    """A 404 that is the application's own is about what the order names, not about the order."""
    problem = problem_of(answer)
    if answer.status == 404 and not problem.gateway:
        return RecordRefused(
            "PowerOffice has no such customer or product as the invoice names.",
            f"It answered 404: {problem.detail or 'no reason given'}",
            "It was deleted in PowerOffice, or its code is another: put it right there, "
            "then type: tribe-po push-products --full",
        )
    return write_error(answer, SALES_ORDERS.writes, "sales order", mark)
