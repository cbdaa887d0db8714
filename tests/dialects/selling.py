"""The part of the story that is about money: invoices go out, one is paid, one is a credit note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from tests.scenarios.world import World

SOLD = "20260101"
CREDITED = "20260102"

ISSUED = date(2026, 2, 27)
DUE = date(2026, 3, 13)

_VAT = 25
_BOOK = "BOK"
SUMS: Mapping[str, tuple[float, float]] = {SOLD: (848.0, 1060.0), CREDITED: (-299.0, -373.75)}
"""What both sides must come to without and with VAT: the price of a book is 299, freight 250."""


def open_shop(w: World) -> None:
    """What it takes to book invoices."""
    w.overrides |= {"TRIBE_PO_INVOICE_MODE": "book", "TRIBE_PO_FREE_TEXT_PRODUCTS": "25=FRITT"}
    w.poweroffice.switches.allow_send_invoice = True
    w.poweroffice.add_product(
        Code="FRITT",
        Name="Fritekst",
        UnitOfMeasureCode="EA",
        UnitPrice=1,
        StandardSalesAccountId=w.poweroffice.books.settings.accounts[3000].id,
    )


def sell(w: World, buyer: str, complainer: str) -> None:
    """Send an invoice to one customer relationship and a credit note to another, where the tenant
    has invoices at all."""
    if not w.tribe.dialect.billing:
        return
    (book,) = [one["ID"] for one in w.tribe.products() if one["Code"] == _BOOK]
    line = {"Product": book, "Price": 299, "VatGroup": _VAT}
    freight = {"Description": "Frakt", "Quantity": 1, "Price": 250, "VatGroup": _VAT}
    text = {"Description": "Takk for handelen"}
    _send(w, SOLD, buyer, [{**line, "Quantity": 2}, text, freight])
    _send(w, CREDITED, complainer, [{**line, "Quantity": -1}])


def _send(w: World, number: str, customer: str, lines: list[dict[str, Any]]) -> None:
    identity = w.tribe.add_invoice(customer, lines)
    w.tribe.send_invoice(identity, number=number, date=ISSUED, due_date=DUE)


def pay(w: World) -> None:
    """The buyer pays what has been booked."""
    for copy in w.poweroffice.invoices():
        if copy["TotalAmount"] == SUMS[SOLD][1] and copy["Balance"]:
            w.poweroffice.pay(copy["Id"])


def amiss(w: World) -> Iterator[str]:
    """What is not as people meant it, as "invoice number: what"."""
    sent = {one["Number"]: one for one in w.tribe.invoices()} if w.tribe.dialect.billing else {}
    drafts, booked = w.poweroffice.orders(), w.poweroffice.invoices()
    if len(drafts) + len(booked) > len(sent):
        yield f"{len(drafts) + len(booked)} copies of {len(sent)} invoices"
    for number, sums in SUMS.items():
        mark = f"tribe:{sent[number]['ID']}" if number in sent else ""
        copies = [one for one in booked if one["ExternalImportReference"] == mark]
        for name, wanted, found in (
            ("booked", [sums], [(one["NetAmount"], one["TotalAmount"]) for one in copies]),
            ("date", [ISSUED.isoformat()], [one["VoucherDate"][:10] for one in copies]),
            ("due date", [DUE.isoformat()], [one["DueDate"][:10] for one in copies]),
        ):
            if wanted != found:
                yield f"invoice {number}: {name}"
    if not sent or sent[SOLD]["Phase"]["Code"] != "Paid":
        yield f"invoice {SOLD}: paid"
