"""Moving Tribe's invoices from one phase to another (tribe.md sections 8.1 and 10.4)."""

from __future__ import annotations

import threading

from tribe_po.errors import RecordRefused
from tribe_po.tribe.entity import Entity, identifier, read, text
from tribe_po.tribe.errors import gone, printable
from tribe_po.tribe.metadata import INVOICE, INVOICE_PHASE
from tribe_po.tribe.query import Selection, is_guid
from tribe_po.tribe.reading import Reader
from tribe_po.tribe.writing import POST, Writer

PHASE = "phase"
"""The key under which `learned` keeps that only POST changes a phase."""


class Phases:
    """The phases of one tenant's invoices. They are read once, when first needed."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer
        self._rows: list[Entity] | None = None
        self._lock = threading.Lock()

    def move(self, invoice_id: str, code: str) -> None:
        """Give an invoice the phase with a code, in whatever capitals, and change nothing else.

        Raises `RecordRefused` for a code that Tribe does not have or a change that it does not
        accept, `RecordGone`.
        """
        body = {"Phase": {"ID": self._find(code)}}
        if not is_guid(invoice_id) or not self._written(invoice_id, body):
            raise gone(INVOICE, invoice_id)

    def codes(self) -> list[str]:
        """The codes of all phases of invoices. Raises `NotAllowed` where they cannot be read."""
        return [text(read(row, "Code")) for row in self._read()]

    def _written(self, invoice_id: str, body: dict[str, dict[str, str]]) -> bool:
        learned = self._reader.learned
        if learned.get(PHASE) != POST:
            try:
                return self._writer.update(INVOICE, invoice_id, body)
            except RecordRefused:
                # What PUT refuses may be taken by POST, which is documented for phases.
                pass
        found = self._writer.update_by_post(INVOICE, invoice_id, body)
        if found:
            learned[PHASE] = POST
        return found

    def _find(self, code: str) -> str:
        rows = self._read()
        for row in rows:
            if text(read(row, "Code")).casefold() == code.strip().casefold():
                return identifier(row)
        known = ", ".join(printable(text(read(row, "Code"))) for row in rows) or "none at all"
        what = f"Tribe has no phase {printable(code)} of invoices"
        next_step = "set TRIBE_PO_PAID_PHASE to one of these, or add the phase in Tribe"
        raise RecordRefused(what, f"its phases are {known}", next_step)

    def _read(self) -> list[Entity]:
        with self._lock:
            if self._rows is None:
                self._rows = self._reader.rows(Selection(INVOICE_PHASE, ("ID", "Code")))
            return self._rows
