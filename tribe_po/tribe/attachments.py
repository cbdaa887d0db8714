"""The PDFs of invoices in Tribe (tribe.md section 10.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from http import HTTPStatus

from tribe_po.transport.http import Connection
from tribe_po.transport.wire import FILES
from tribe_po.tribe.entity import Entity, identifier, linked, read, text
from tribe_po.tribe.errors import QueryRefused, not_readable, senseless
from tribe_po.tribe.metadata import ATTACHMENT, INVOICE
from tribe_po.tribe.query import Selection, chunks, equals_any
from tribe_po.tribe.reading import Reader

_OWNERS = ("Entity", "Invoice")
_ATTACHMENTS = Selection(
    ATTACHMENT,
    ("ID", "CreationDate"),
    (
        ("File", Selection("File", ("ID", "Name", "MimeType"))),
        ("Entity", Selection("Entity", ("ID",))),
        ("Invoice", Selection(INVOICE, ("ID",))),
    ),
)
_IDS_AT_ONCE = 20


class Attachments:
    """Knows of every invoice that it was asked for which attachment is its newest PDF."""

    def __init__(self, connection: Connection, reader: Reader) -> None:
        self._connection = connection
        self._reader = reader
        self._newest: dict[str, str] = {}

    def look(self, invoice_ids: Sequence[str]) -> set[str]:
        """Which of some invoices have a PDF now: a request for every twenty. Raises `NotAllowed`
        where attachments cannot be read."""
        for chunk in chunks(invoice_ids, _IDS_AT_ONCE):
            rows = self._attached(chunk)
            rows.sort(key=lambda row: (text(read(row, "CreationDate")), identifier(row)))
            found = {owner: identifier(row) for row in rows for owner in _owners(row)}
            for invoice_id in chunk:
                self._newest[invoice_id] = found.get(invoice_id, "")
        return {invoice_id for invoice_id in invoice_ids if self._newest[invoice_id]}

    def pdf(self, invoice_id: str) -> bytes | None:
        """The newest PDF that is attached to an invoice, None where there is none.

        Raises `NotAllowed` when attachments cannot be read, `Temporary` when what comes is no PDF.
        """
        if not self._newest.get(invoice_id) and not self.look([invoice_id]):
            return None
        path = f"{FILES}{ATTACHMENT}/{self._newest[invoice_id]}/File"
        answer = self._connection.get(path)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            raise not_readable(answer, f"the file of an {ATTACHMENT}")
        if not answer.content.startswith(b"%PDF-"):
            raise senseless(path, f"its {len(answer.content)} bytes are no PDF")
        return answer.content

    def _attached(self, invoice_ids: Collection[str]) -> list[Entity]:
        """The PDFs of some invoices. Where the server refuses to filter by a linked record's ID,
        all are read."""
        conditions = (equals_any(f"{owner}/ID", invoice_ids) for owner in _OWNERS)
        try:
            rows = self._reader.rows(_ATTACHMENTS, " or ".join(conditions))
        except QueryRefused:
            rows = self._reader.rows(_ATTACHMENTS)
        return [row for row in rows if _is_pdf(linked(row, "File"))]


def _owners(row: Entity) -> Iterator[str]:
    return (identifier(linked(row, name)) for name in _OWNERS)


def _is_pdf(file: Entity | None) -> bool:
    if file is None:
        return False
    kind = text(read(file, "MimeType")).casefold()
    return kind == "application/pdf" or text(read(file, "Name")).casefold().endswith(".pdf")
