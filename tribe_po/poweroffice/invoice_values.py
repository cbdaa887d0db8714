"""What PowerOffice's sales orders and outgoing invoices tell, as plain values (poweroffice.md
sections 11.2, 11.3 and 11.5). A sales order keeps its id when it turns into an invoice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tribe_po.invoices import Payment, per_cent, rounded
from tribe_po.poweroffice.lists import Dto
from tribe_po.poweroffice.translate import MARK_PREFIX
from tribe_po.records import Form, Kind, Record, System, Value, Values
from tribe_po.values import clean

_AMOUNTS = {"net": "NetAmount", "total": "TotalAmount"}


def record_of(identity: str, values: Values, mark: str | None) -> Record:
    """The record of an order, an invoice or a voucher."""
    return Record(
        kind=Kind.INVOICE,
        system=System.POWEROFFICE,
        id=identity,
        relation_id=identity,
        form=Form.INVOICE,
        values=values,
        mark=mark,
    )


def mark_of(dto: Dto) -> str | None:
    """The mark that this tool left, None where it left none."""
    reference = clean(dto.get("ExternalImportReference"))
    return reference if reference and reference.startswith(MARK_PREFIX) else None


def order_record(dto: Dto) -> Record:
    """Read an unsent order. The VAT is told where the lines are."""
    values = {
        **_sums(dto),
        "order_number": clean(dto.get("SalesOrderNo")),
        "issued": None,
        "payment": Payment.OPEN.value,
    }
    lines = dto.get("SalesOrderLines")
    if lines is not None:
        values["vat"] = _vat(lines)
    return record_of(str(dto["Id"]), values, mark_of(dto))


def invoice_record(dto: Dto, payment: Payment | None) -> Record:
    """Read an outgoing invoice or credit note. `payment` None: how it stands is not told.

    One without an order is a voucher, which is posted with VAT: the sum without it is PowerOffice's
    own, and may be an øre off from that of the lines.
    """
    order_number, sums = clean(dto.get("OrderNo")), _sums(dto)
    if order_number is None:
        sums.pop("net", None)
    values = {
        **sums,
        "order_number": order_number,
        "invoice_number": clean(dto.get("InvoiceNo")),
        "kid": clean(dto.get("Cid")),
        "issued": True,
    }
    if payment is not None:
        values |= {"payment": payment.value, "settled": settled_of(dto)}
    return record_of(str(dto["Id"]), values, mark_of(dto))


def settled_of(dto: Dto) -> Decimal:
    """What is settled of an invoice in NOK, negative for a credit note."""
    posted, balance = Decimal(dto["TotalPostedAmount"]), dto.get("Balance")
    return rounded(posted - (posted if balance is None else Decimal(balance)))


def _sums(dto: Dto) -> dict[str, Value]:
    told: dict[str, Value] = {
        name: rounded(Decimal(dto[member]))
        for name, member in _AMOUNTS.items()
        if dto.get(member) is not None
    }
    currency = clean(dto.get("CurrencyCode"))
    return {**told, "currency": currency.upper()} if currency else told


def _vat(lines: list[Any]) -> str:
    """The VAT in per cent of each line that has an amount, in the order of the lines."""
    priced = [
        line
        for line in lines
        if line.get("LineType") in (None, "Normal")
        and (line.get("ProductId") is not None or line.get("TotalAmount"))
    ]
    ordered = sorted(priced, key=lambda line: line.get("SortOrder") or 0)
    return " ".join(per_cent(Decimal(line.get("VatRate") or 0) * 100) for line in ordered)
