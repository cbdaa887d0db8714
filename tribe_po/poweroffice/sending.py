"""Turning drafts into invoices (poweroffice.md section 11.4). Never asked for twice blindly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tribe_po.errors import LostAnswer, NotAllowed, RecordRefused, StillWorking, TribePoError
from tribe_po.invoices import rounded
from tribe_po.poweroffice.invoice_values import order_record, record_of
from tribe_po.poweroffice.lists import SALES_ORDERS, Dto, Lists
from tribe_po.poweroffice.refusals import (
    general_error,
    gone,
    is_success,
    printable,
    problem_of,
    write_error,
)
from tribe_po.records import Record, Value, Values
from tribe_po.sides import Edit, Written
from tribe_po.transport.http import Answer, Connection
from tribe_po.values import clean

WAITS = (1, 4, 10, 30)
"""Seconds before each look at how the sending went."""

_SENT_STATE = f"{SALES_ORDERS.path}/sentState"
_SUMS = {"net": "sum without VAT", "total": "sum with VAT", "vat": "VAT per cent of the lines"}


@dataclass(frozen=True, slots=True)
class SentState:
    """How the sending of one order stands. All empty: nothing is known of it."""

    in_process: bool = False
    sent: bool = False
    invoice_number: str | None = None
    error: str | None = None


class Sending:
    """Issues invoices. With `delivers`, PowerOffice also sends them to the customers.

    `find_invoice` reads the invoice that an order has become, None where there is none.
    """

    def __init__(
        self,
        connection: Connection,
        lists: Lists,
        find_invoice: Callable[[str], Record | None],
        *,
        delivers: bool,
        sleep: Callable[[float], None],
    ) -> None:
        self._connection = connection
        self._lists = lists
        self._find_invoice = find_invoice
        self._delivery = "Auto" if delivers else "PdfPrintForDownload"
        self._sleep = sleep

    def issue(self, edit: Edit) -> Written:
        """Turn a draft into an invoice, and wait for it to be one.

        Raise `RecordRefused` where the draft's sums are not those expected or PowerOffice could not
        issue it, `RecordGone` where the draft is gone, `StillWorking` when it takes longer, and
        `NotAllowed` where the keys may not send invoices.
        """
        before = SentState()
        if not edit.known.get("fresh"):
            before = self._state(edit.id)
            if before.sent or before.in_process:
                return self._outcome(edit, before)
            dto = self._lists.one(SALES_ORDERS, f"{edit.id}/Complete")
            if dto is None:
                return self._invoice_instead(edit)
            _check_sums(edit, dto)
        path = f"{SALES_ORDERS.path}/{edit.id}/createAndSendInvoice"
        try:
            answer = self._connection.write("POST", path, self._body(edit.known))
        except LostAnswer:
            return self._await(edit, before)
        if is_success(answer):
            return self._await(edit, before)
        return self._after_refusal(edit, answer)

    def _body(self, known: Values) -> dict[str, Value]:
        dates = {"VoucherDate": known.get("date"), "OverrideDueDate": known.get("due_date")}
        given = {name: value for name, value in dates.items() if value is not None}
        return {"DeliveryType": self._delivery, **given}

    def _state(self, order_id: str) -> SentState:
        answer = self._connection.get(_SENT_STATE, [("id", order_id)])
        if answer.status == 404 and not problem_of(answer).gateway:
            return SentState()
        if not is_success(answer):
            raise general_error(answer, SALES_ORDERS.writes)
        rows: list[dict[str, Any]] = answer.json() or []
        own = (row for row in rows if str(row.get("Id")).casefold() == order_id.casefold())
        row = next(own, {})
        error = clean(row.get("LastErrorMessage"))
        return SentState(
            bool(row.get("IsInvoiceBeingProcessed")),
            row.get("SentDateTimeOffset") is not None,
            clean(row.get("InvoiceNo")),
            printable(error) if error else None,
        )

    def _outcome(self, edit: Edit, state: SentState) -> Written:
        return _sent(edit, state, None) if state.sent else self._await(edit, SentState())

    def _await(self, edit: Edit, before: SentState) -> Written:
        """Look until it is sent or has failed.

        The state may be missing or old right after the sending, so that nothing and the message of
        an earlier failure say little (poweroffice.md section 17, 19).
        """
        state = SentState()
        for seconds in WAITS:
            self._sleep(seconds)
            state = self._state(edit.id)
            if state.sent:
                return _sent(edit, state, before.error)
            if not state.in_process and state.error not in (None, before.error):
                break
        if state.in_process or state.error is None:
            raise _still_working(edit)
        raise _failed(edit, state.error)

    def _after_refusal(self, edit: Edit, answer: Answer) -> Written:
        """It may be refused for being on its way already."""
        problem = problem_of(answer)
        if problem.title.casefold() == "missing privilege":
            raise _may_not_send(problem.detail)
        if answer.status in (400, 404, 409, 422) and not problem.gateway:
            state = self._state(edit.id)
            if state.sent or state.in_process:
                return self._outcome(edit, state)
            if answer.status == 404:
                return self._invoice_instead(edit)
        raise write_error(answer, SALES_ORDERS.writes, f"sending of the sales order {edit.id}")

    def _invoice_instead(self, edit: Edit) -> Written:
        record = self._find_invoice(edit.id)
        if record is None:
            raise gone(f"sales order {edit.id}")
        return Written(edit.id, record)


def _check_sums(edit: Edit, dto: Dto) -> None:
    """Raise `RecordRefused` unless the draft comes to what is expected, to the øre."""
    has = order_record(dto).values
    wrong = [
        f"{label}: {has.get(name)} in PowerOffice, {edit.known.get(name)} in Tribe"
        for name, label in _SUMS.items()
        if name not in has or _plain(has[name]) != _plain(edit.known.get(name))
    ]
    if wrong:
        raise RecordRefused(
            f"The sales order {edit.id} does not come to what Tribe's invoice does; "
            "it was not issued.",
            "; ".join(wrong),
            "Correct the sales order in PowerOffice or delete it there; the next pass looks again.",
        )


def _plain(value: Value) -> Value:
    return rounded(value) if isinstance(value, Decimal) else value


def _sent(edit: Edit, state: SentState, earlier: str | None) -> Written:
    """Posted. A message that was there before it was sent again is not about the delivery."""
    values: dict[str, Value] = {
        "issued": True,
        "invoice_number": state.invoice_number,
        "delivery_error": None if state.error == earlier else state.error,
    }
    return Written(edit.id, record_of(edit.id, values, None))


def _still_working(edit: Edit) -> StillWorking:
    return StillWorking(
        f"PowerOffice has not issued the sales order {edit.id} yet.",
        f"It was asked to, and said neither yes nor no within {sum(WAITS)} seconds.",
        "Nothing to do: the next pass asks how it went, and sends nothing twice.",
    )


def _failed(edit: Edit, error: str) -> RecordRefused:
    return RecordRefused(
        f"PowerOffice could not issue the sales order {edit.id}.",
        f"It says: {error}",
        "Put that right; the sales order is still a draft, and the next pass tries again.",
    )


def _may_not_send(detail: str) -> TribePoError:
    return NotAllowed(
        "PowerOffice does not let these keys issue invoices.",
        f"It says: {detail or 'Missing privilege'}",
        "Grant the integration the sending of invoices in PowerOffice Go under Menu, Settings, "
        "Extensions; or set TRIBE_PO_INVOICE_MODE=draft and send the sales orders there.",
    )
