"""Tribe's invoices: reading them, moving them to a phase, and telling what was settled
(tribe.md section 10)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus

from tribe_po.errors import NotAllowed, RecordRefused, SettingsError
from tribe_po.records import Kind, Record, Value
from tribe_po.sides import Creation, Edit, Written
from tribe_po.transport.http import Connection
from tribe_po.tribe.attachments import Attachments
from tribe_po.tribe.changes import OVERLAP
from tribe_po.tribe.entity import Entity, identifier, read
from tribe_po.tribe.errors import QueryRefused, gone
from tribe_po.tribe.invoice_shape import (
    LINES,
    custom_names,
    invoice_selection,
    lines_selection,
)
from tribe_po.tribe.invoice_values import HOME_CURRENCY, record_of_invoice
from tribe_po.tribe.metadata import INVOICE, ROOT
from tribe_po.tribe.payments import Payments, Settlement
from tribe_po.tribe.phases import Phases
from tribe_po.tribe.query import Selection, chunks, equals_any, is_guid, touched_since
from tribe_po.tribe.reading import Reader
from tribe_po.tribe.writing import Writer

BILLING = "billing"
"""The key under which `learned` keeps that the tenant has invoices."""

APART = "lines"
"""The key under which `learned` keeps that lines do not come along with their invoice."""

ON = "on"

_IDS_AT_ONCE = 40

_log = logging.getLogger(__name__)


class Invoices:
    """The invoices of one tenant. They are never created or changed but for their phase: Tribe
    freezes what was sent (tribe.md section 10.4).

    With `pdfs_wanted`, invoices that have a number tell whether a PDF is attached to them.
    `kid_field` names the field of the tenant's own that has the KID.
    """

    kinds: Collection[Kind] = (Kind.INVOICE,)

    def __init__(
        self,
        connection: Connection,
        reader: Reader,
        writer: Writer,
        *,
        pdfs_wanted: bool = False,
        kid_field: str = "",
    ) -> None:
        self._connection = connection
        self._attachments = Attachments(connection, reader)
        self._pdfs_wanted = pdfs_wanted
        self._kid_field = kid_field
        self._kid_names = custom_names(kid_field) if kid_field else ()
        self._reader = reader
        self._phases = Phases(reader, writer)
        self._payments = Payments(reader, writer)

    def offered(self) -> bool:
        """Whether the tenant has invoices, which come with its Billing module, and this application
        may read them. Asked for until it has."""
        if self._reader.learned.get(BILLING) != ON:
            query = [("$select", "ID"), ("$top", "1")]
            if self._connection.get(f"{ROOT}/{INVOICE}", query).status != HTTPStatus.OK:
                return False
            self._reader.learned[BILLING] = ON
        return True

    def phases(self) -> list[str]:
        """The codes of the phases that an invoice may have. Raises `NotAllowed`."""
        return self._phases.codes()

    def changed(self, _kinds: Collection[Kind], since: datetime | None) -> list[Record]:
        """Invoices in any phase that were created or changed at or after a time, or all of them.

        Whether a change of a line shows as one of its invoice is not known.
        """
        return self._records(touched_since(since - OVERLAP) if since is not None else "")

    def get(self, _kind: Kind, ids: Sequence[str]) -> list[Record]:
        """Invoices by ID, in the order asked for; what is gone is left out."""
        wanted = [invoice_id for invoice_id in dict.fromkeys(ids) if is_guid(invoice_id)]
        found: dict[str, Record] = {}
        for chunk in chunks(wanted, _IDS_AT_ONCE):
            records = self._records(equals_any("ID", chunk), enough=len(chunk))
            found.update((record.id, record) for record in records)
        return [found[invoice_id] for invoice_id in wanted if invoice_id in found]

    def find_by_key(self, _kind: Kind, _keys: Sequence[str]) -> list[Record]:
        """Nothing: invoices are never matched by number."""
        return []

    def find_by_mark(self, _kind: Kind, _mark: str) -> list[Record]:
        """Nothing: invoices in Tribe carry no mark."""
        return []

    def create(self, _creation: Creation) -> Written:
        """Refuse: invoices begin in Tribe."""
        what, why = "an invoice is not created in Tribe", "invoices go from Tribe to PowerOffice"
        raise RecordRefused(what, why, "write the invoice in Tribe")

    def update(self, edit: Edit) -> Written:
        """Tell what was settled (`settled`, by note or payment as `edit.known` says), then move to
        another phase (`phase`). Doing it again tells nothing twice."""
        if "settled" in edit.values:
            self._tell(edit)
        if "phase" in edit.values:
            self._phases.move(edit.id, str(edit.values["phase"] or ""))
        return Written(edit.id, None)

    def pdf(self, invoice_id: str) -> bytes | None:
        """The newest PDF attached to an invoice, None where there is none."""
        return self._attachments.pdf(invoice_id) if is_guid(invoice_id) else None

    def _tell(self, edit: Edit) -> None:
        if not self._exists(edit.id):
            raise gone(INVOICE, edit.id)
        known = edit.known
        settlement = Settlement(
            edit.id,
            str(known.get("invoice_number") or ""),
            _sum(edit.values["settled"]),
            _sum(known.get("total")),
            str(known.get("currency") or HOME_CURRENCY),
            _sum(known.get("settled")),
        )
        if known.get("partial") == "payment":
            self._payments.payment(settlement)
        else:
            self._payments.note(settlement)

    def _records(self, condition: str, *, enough: int | None = None) -> list[Record]:
        found = []
        for row in self._rows(condition, enough):
            self._check_kid_field(row)
            lines = _lines_along(row)
            if lines is None:
                lines = self._lines_apart(identifier(row))
            if lines is not None:
                found.append(record_of_invoice(row, lines, self._kid_names))
        return self._with_pdfs(found) if self._pdfs_wanted else found

    def _check_kid_field(self, row: Entity) -> None:
        """Raise `SettingsError` where invoices have no such field: a voucher without its KID would
        be final."""
        if self._kid_names and not {name.lower() for name in self._kid_names} & set(
            map(str.lower, row)
        ):
            raise SettingsError(
                "Tribe's invoices have no such field as TRIBE_PO_KID_FIELD names",
                f"It names {self._kid_field}. Nothing was posted.",
                "Take the name that Tribe shows in grey under the field, under Configuration.",
            )

    def _with_pdfs(self, records: list[Record]) -> list[Record]:
        """The records, with `pdf` told of those that have one. An attachment may not move the
        date of its invoice: one that comes late shows when the invoice is read again."""
        sent = [record.id for record in records if record.values.get("number")]
        try:
            having = self._attachments.look(sent)
        except NotAllowed as error:
            told = {"id": "attachments.unknown"}
            _log.warning("No PDF is copied. %s %s", error.why, error.next_step, extra=told)
            return records
        return [
            replace(record, values={**record.values, "pdf": True})
            if record.id in having
            else record
            for record in records
        ]

    def _rows(self, condition: str, enough: int | None) -> list[Entity]:
        """Invoices, with their lines unless the server does not take such a query."""
        names, learned = self._reader.names, self._reader.learned
        if learned.get(APART) != ON:
            try:
                selection = invoice_selection(names, with_lines=True, own_field=self._kid_field)
                return self._reader.rows(selection, condition, enough=enough)
            except QueryRefused:
                pass
        selection = invoice_selection(names, with_lines=False, own_field=self._kid_field)
        rows = self._reader.rows(selection, condition, enough=enough)
        # Only now is it sure that it was the lines that were refused.
        learned[APART] = ON
        return rows

    def _lines_apart(self, invoice_id: str) -> list[Entity] | None:
        """The lines of an invoice, None where it has disappeared meanwhile."""
        try:
            return self._reader.rows(lines_selection(self._reader.names, invoice_id))
        except NotAllowed:
            if self._exists(invoice_id):
                raise
            return None

    def _exists(self, invoice_id: str) -> bool:
        selection = Selection(INVOICE, ("ID",))
        return is_guid(invoice_id) and bool(
            self._reader.rows(selection, f"ID eq {invoice_id}", enough=1)
        )


def _lines_along(row: Entity) -> list[Entity] | None:
    """The lines that came with an invoice; None where they did not, or not all of them did."""
    lines = read(row, LINES)
    cut_short = read(row, f"{LINES}@odata.nextLink") is not None
    return lines if isinstance(lines, list) and not cut_short else None


def _sum(value: Value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)
