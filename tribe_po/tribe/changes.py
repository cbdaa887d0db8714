"""What changed in Tribe since a point in time. Deletions cannot be seen this way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tribe_po.records import Form, Record
from tribe_po.tribe.entity import Entity, identifier, linked, read, text
from tribe_po.tribe.errors import QueryRefused
from tribe_po.tribe.finding import OFF, PATHS, Finder, records
from tribe_po.tribe.metadata import ADDRESS
from tribe_po.tribe.query import DATES, Selection, touched_since
from tribe_po.tribe.shapes import CHILDREN, RELATIONS, Shape

OVERLAP = timedelta(minutes=5)
"""How much is read again: dates are in whole seconds, and what answers queries may lag behind what
takes writes (tribe.md section 4.7)."""

Roles = dict[str, Entity]


def everything(finder: Finder, shapes: Sequence[Shape]) -> list[Record]:
    """All records of some shapes."""
    return [record for shape in shapes for record in finder.records(shape)]


def changed_since(finder: Finder, shapes: Sequence[Shape], since: datetime) -> list[Record]:
    """Records whose role, relation or address was created or changed since a time.

    Addresses have dates of their own, and do not move those of their owner.
    """
    start = since - OVERLAP
    found, owners = _polled(finder, shapes, start)
    for form, ids in _address_owners(finder, start).items():
        owners.setdefault(form, set()).update(ids)
    for shape, roles in zip(shapes, found, strict=True):
        seen = {identifier(linked(role, shape.child)) for role in roles.values()}
        missing = owners.get(shape.form, set()) - seen
        roles.update(_by_id(finder.roles_of(shape, missing)))
    return [
        record
        for shape, roles in zip(shapes, found, strict=True)
        for record in records(shape, roles.values())
    ]


def _polled(
    finder: Finder, shapes: Sequence[Shape], start: datetime
) -> tuple[list[Roles], dict[Form, set[str]]]:
    """The roles that changed, by shape, and relations that changed, by form, where one query could
    not ask for both."""
    learned = finder.reader.learned
    if learned.get(PATHS) != OFF:
        try:
            return [_touched(finder, shape, start, f"{shape.child}/") for shape in shapes], {}
        except QueryRefused:
            pass
    found = [_touched(finder, shape, start) for shape in shapes]
    # Only now is it sure that it was the path that was refused.
    learned[PATHS] = OFF
    forms = dict.fromkeys(shape.form for shape in shapes)
    return found, {form: _touched_relations(finder, form, start) for form in forms}


def _touched(finder: Finder, shape: Shape, start: datetime, *paths: str) -> Roles:
    return _by_id(finder.roles(shape, touched_since(start, ("", *paths))))


def _touched_relations(finder: Finder, form: Form, start: datetime) -> set[str]:
    selection = Selection(RELATIONS[form], ("ID",))
    return {identifier(row) for row in finder.reader.rows(selection, touched_since(start))}


def _address_owners(finder: Finder, start: datetime) -> dict[Form, set[str]]:
    """Who has an address that changed, without having changed itself: whoever has, was polled. One
    that changed only after it was polled is seen in the next read, which begins before that."""
    expansions = tuple(
        (child, Selection(RELATIONS[form], ("ID", *DATES))) for form, child in CHILDREN.items()
    )
    rows = finder.reader.rows(Selection(ADDRESS, ("ID",), expansions), touched_since(start))
    return {
        form: {
            identifier(owner)
            for row in rows
            if (owner := linked(row, child)) and not _is_touched(owner, start)
        }
        - {""}
        for form, child in CHILDREN.items()
    }


def _is_touched(entity: Entity, start: datetime) -> bool:
    """What `touched_since` asks the server. A date that makes no sense is none."""
    return any(_is_since(text(read(entity, date)), start) for date in DATES)


def _is_since(date: str, start: datetime) -> bool:
    try:
        return datetime.fromisoformat(date) >= start
    except (ValueError, TypeError):  # no date, or one without an offset
        return False


def _by_id(rows: Iterable[Entity]) -> Roles:
    return {identifier(row): row for row in rows}
