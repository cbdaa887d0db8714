"""The PDF of an invoice in Tribe (tribe.md section 10.5)."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from tribe_po.transport.http import Connection
from tribe_po.transport.wire import FILES
from tribe_po.tribe.entity import Entity, identifier, linked, read, text
from tribe_po.tribe.errors import QueryRefused, not_readable, senseless
from tribe_po.tribe.metadata import ATTACHMENT, INVOICE
from tribe_po.tribe.query import Selection
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


def invoice_pdf(connection: Connection, reader: Reader, invoice_id: str) -> bytes | None:
    """The newest PDF that is attached to an invoice, None where there is none.

    Raises `NotAllowed` when attachments cannot be read, `Temporary` when what comes is no PDF.
    """
    found = [row for row in _attached(reader, invoice_id) if _is_pdf(linked(row, "File"))]
    if not found:
        return None
    newest = max(found, key=lambda row: (text(read(row, "CreationDate")), identifier(row)))
    path = f"{FILES}{ATTACHMENT}/{identifier(newest)}/File"
    answer = connection.get(path)
    if answer.status == HTTPStatus.NOT_FOUND:
        return None
    if answer.status != HTTPStatus.OK:
        raise not_readable(answer, f"the file of an {ATTACHMENT}")
    if not answer.content.startswith(b"%PDF-"):
        raise senseless(path, f"its {len(answer.content)} bytes are no PDF")
    return answer.content


def _attached(reader: Reader, invoice_id: str) -> Iterable[Entity]:
    """Where the server refuses to filter by a linked record's ID, all are read."""
    condition = " or ".join(f"{owner}/ID eq {invoice_id}" for owner in _OWNERS)
    try:
        return reader.rows(_ATTACHMENTS, condition)
    except QueryRefused:
        rows = reader.rows(_ATTACHMENTS)
    return [
        row for row in rows if invoice_id in [identifier(linked(row, name)) for name in _OWNERS]
    ]


def _is_pdf(file: Entity | None) -> bool:
    if file is None:
        return False
    kind = text(read(file, "MimeType")).casefold()
    return kind == "application/pdf" or text(read(file, "Name")).casefold().endswith(".pdf")
