"""Tribe's customers and suppliers: reading, finding, creating and changing them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from tribe_po.records import RELATIONS, Kind, Record
from tribe_po.sides import Creation, Edit, Written
from tribe_po.tribe.changes import changed_since, everything
from tribe_po.tribe.finding import Finder
from tribe_po.tribe.roles import Roles
from tribe_po.tribe.writing import Writer


class Relations:
    """The customers and suppliers of one tenant."""

    kinds: Collection[Kind] = RELATIONS

    def __init__(self, finder: Finder, writer: Writer) -> None:
        self._finder = finder
        self._roles = Roles(finder, writer)

    def changed(self, kinds: Collection[Kind], since: datetime | None) -> list[Record]:
        """Records that changed at or after a time, or all of them."""
        shapes = self._finder.shapes(kinds)
        if since is None:
            return everything(self._finder, shapes)
        return changed_since(self._finder, shapes, since)

    def get(self, kind: Kind, ids: Sequence[str]) -> list[Record]:
        """Records by relationship ID, in the order asked for; what is gone is left out."""
        return self._finder.by_id(kind, ids)

    def find_by_key(self, kind: Kind, numbers: Sequence[str]) -> list[Record]:
        """Records with one of these numbers, and with `role_missing` the organisations or persons
        that have it without being a customer or supplier."""
        return self._finder.by_number(kind, numbers)

    def find_alike(self, kind: Kind, records: Sequence[Record]) -> list[Record]:
        """Organisations without the role that have the organisation number or the name of one of
        these records, with `role_missing`."""
        return self._finder.by_likeness(kind, records)

    def find_by_mark(self, kind: Kind, mark: str) -> list[Record]:
        """Records that carry a mark."""
        return self._finder.by_mark(kind, mark)

    def create(self, creation: Creation) -> Written:
        """Create one record, or give an existing relation the role."""
        return self._roles.create(creation)

    def update(self, edit: Edit) -> Written:
        """Write the given values of one record."""
        return self._roles.update(edit)
