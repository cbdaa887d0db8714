"""Which records of a set carry a mark of this tool's."""

from __future__ import annotations

from tribe_po.tribe.entity import identifier, read, text
from tribe_po.tribe.errors import QueryRefused
from tribe_po.tribe.query import Selection, quoted
from tribe_po.tribe.reading import Reader

MARKS = "marks"
"""The key under which `learned` keeps that the server filters by no mark."""

OFF = "off"


def marked(reader: Reader, entity_set: str, import_id: str, mark: str) -> list[str]:
    """The IDs of the records whose mark is exactly this one.

    `eq` is not known to work on it, and a filter by it may be refused altogether (tribe.md sections
    5.4 and 15, 7): then the whole set is read and compared here. Never "none" for want of an
    answer.
    """
    selection = Selection(entity_set, ("ID", import_id))
    rows = None
    if reader.learned.get(MARKS) != OFF:
        try:
            rows = reader.rows(selection, f"contains({import_id},{quoted(mark)})")
        except QueryRefused:
            rows = None
    if rows is None:
        rows = reader.rows(selection)
        # Only now is it sure that it was the filter that was refused.
        reader.learned[MARKS] = OFF
    return [identifier(row) for row in rows if text(read(row, import_id)) == mark]
