"""Telling Tribe what was settled of an invoice, as a note or as a payment (tribe.md section 10.3).

Whatever was told last is looked up first: an answer that was lost, or a run that broke off, must
not tell it twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tribe_po.tribe.entity import Entity, amount, identifier, linked, read, text
from tribe_po.tribe.errors import QueryRefused, not_writable
from tribe_po.tribe.invoice_values import HOME_CURRENCY
from tribe_po.tribe.metadata import INVOICE, NOTE, PAYMENT
from tribe_po.tribe.query import Selection
from tribe_po.tribe.reading import Reader
from tribe_po.tribe.writing import Writer, done

_TOLD_BY = "PowerOffice"
_OF_PAYMENT = Selection(
    PAYMENT,
    ("ID", "CreationDate", "Reference"),
    (("Invoice", Selection(INVOICE, ("ID",))),),
)


@dataclass(frozen=True, slots=True)
class Settlement:
    """How much of an invoice is settled in PowerOffice, in NOK. `before` was settled when Tribe
    was last told; `invoice_number` is PowerOffice's. `total` is in the invoice's `currency`."""

    invoice_id: str
    invoice_number: str
    settled: Decimal
    total: Decimal
    currency: str
    before: Decimal


class Payments:
    """Writes notes and payments to invoices that are there."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    def note(self, settlement: Settlement) -> None:
        """Leave a note that says how much is settled, unless the last one does."""
        number = settlement.invoice_number
        content = f"{_TOLD_BY}: {_share_of(settlement)} settled (invoice {number})."
        notes = Selection(f"{INVOICE}({settlement.invoice_id})/Notes", ())
        rows = self._reader.rows(notes)
        ours = _starting_with(rows, "Content", f"{_TOLD_BY}: ", f" settled (invoice {number}).")
        if content not in _latest(ours, "Content"):
            self._create(NOTE, {"Content": content, "Entity": {"ID": settlement.invoice_id}})

    def payment(self, settlement: Settlement) -> None:
        """Record as a payment what was settled since the last one of this tool, whose reference
        says how much that was; a negative one where a settlement was taken back."""
        prefix = f"{_TOLD_BY} {settlement.invoice_number} "
        ours = _starting_with(self._payments_of(settlement.invoice_id), "Reference", prefix)
        told = [amount(one.removeprefix(prefix)) for one in _latest(ours, "Reference")]
        known = [one for one in told if one is not None]
        if settlement.settled in known:
            return
        more = settlement.settled - (known[-1] if known else settlement.before)
        if not more:
            return
        body = {
            "Amount": more,
            "Currency": HOME_CURRENCY,
            "Reference": f"{prefix}{settlement.settled:.2f}",
            "Invoice": {"ID": settlement.invoice_id},
        }
        self._create(PAYMENT, body)

    def _payments_of(self, invoice_id: str) -> list[Entity]:
        """Where the server refuses to filter by a linked record's ID, all are read."""
        try:
            return self._reader.rows(_OF_PAYMENT, f"Invoice/ID eq {invoice_id}")
        except QueryRefused:
            rows = self._reader.rows(_OF_PAYMENT)
        return [row for row in rows if identifier(linked(row, "Invoice")) == invoice_id]

    def _create(self, entity_set: str, body: dict[str, Any]) -> None:
        answer = self._writer.post(entity_set, body)
        if not done(answer):
            raise not_writable(answer, entity_set)


def _share_of(settlement: Settlement) -> str:
    """How much of how much. PowerOffice settles in NOK, also what was invoiced in other money."""
    settled, total = f"{settlement.settled:.2f}", f"{settlement.total:.2f}"
    if settlement.currency == HOME_CURRENCY:
        return f"{settled} of {total}"
    return f"{settled} {HOME_CURRENCY} of {total} {settlement.currency}"


def _starting_with(rows: Iterable[Entity], name: str, start: str, end: str = "") -> list[Entity]:
    return [
        row
        for row in rows
        if (told := text(read(row, name))).startswith(start) and told.endswith(end)
    ]


def _latest(rows: list[Entity], name: str) -> list[str]:
    """The texts of the newest row: of all where several are from the same second."""
    newest = max((text(read(row, "CreationDate")) for row in rows), default="")
    return [text(read(row, name)) for row in rows if text(read(row, "CreationDate")) == newest]
