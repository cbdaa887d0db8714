"""Tribe CRM as one side of the synchronisation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any

from tribe_po.records import Kind, Observation, Record, System
from tribe_po.sides import Creation, Edit, Written
from tribe_po.transport.http import Connection
from tribe_po.tribe.changes import changed_since, everything
from tribe_po.tribe.entity import Entity, identifier, linked, read, text
from tribe_po.tribe.finding import Finder
from tribe_po.tribe.metadata import IDENTITY, ROOT, Names
from tribe_po.tribe.query import Selection
from tribe_po.tribe.reading import Reader
from tribe_po.tribe.roles import Roles
from tribe_po.tribe.shapes import Shape
from tribe_po.tribe.writing import Writer

_IDENTITIES = Selection(IDENTITY, ("Name",), (("Relation", Selection("Relation", ("ID",))),))


@dataclass(frozen=True, slots=True)
class ApplicationUser:
    """Who Tribe takes the application for; the name is empty where Tribe does not tell.
    `server_time` is the time of the answer."""

    name: str
    server_time: datetime | None


class Tribe:
    """One Tribe tenant's customers and suppliers (`tribe_po.sides.Side`).

    The connection's base URL ends before `/v1/odata`. `organization_id` says which organisation is
    the own one in a tenant with several. `names` and `learned` may come from an earlier run:
    without `names` the tenant's metadata is read when first needed; `learned` is written to while
    the tenant's ways are found out. `create` and `update` may be called from several threads.
    """

    def __init__(
        self,
        connection: Connection,
        organization_id: str = "",
        *,
        names: Names | None = None,
        learned: dict[str, str] | None = None,
    ) -> None:
        self._connection = connection
        self._organization_id = organization_id
        self._given_names = names
        self.learned: dict[str, str] = {} if learned is None else learned

    @property
    def system(self) -> System:
        """Which side this is."""
        return System.TRIBE

    @cached_property
    def names(self) -> Names:
        """The tenant's own names, for a cache: see `Names.to_dict`."""
        return self._given_names or Names.load(self._connection)

    @cached_property
    def _finder(self) -> Finder:
        reader = Reader(self._connection, self.names, self.learned)
        return Finder(reader, self._organization_id)

    @cached_property
    def _roles(self) -> Roles:
        return Roles(self._finder, Writer(self._connection, self._finder.reader))

    def who_am_i(self) -> ApplicationUser:
        """Ask which user the application acts as (tribe.md section 2.5). Raises `NotAllowed` when
        the keys are not accepted; a user who may not ask has no name."""
        answer = self._connection.get(f"{ROOT}/GetCurrentEmployee()", [("$expand", "Person")])
        employee = _entity(answer.json()) if answer.status == HTTPStatus.OK else {}
        person = linked(employee, "Person") or {}
        name = text(read(employee, "Name")) or text(read(person, "Name"))
        return ApplicationUser(name, answer.server_time)

    def own_organizations(self) -> dict[str, str]:
        """The companies that the tenant calls its own, by ID, with their names."""
        rows = self._finder.reader.rows(_IDENTITIES, enough=1)
        found = {identifier(linked(row, "Relation")): text(read(row, "Name")) for row in rows}
        found.pop("", None)
        return found

    def own_organization(self) -> str:
        """The ID of the company that the tenant belongs to, the parent of every relationship.

        Raises `NotAllowed` when Tribe shows none, `SettingsError` when it shows several and the
        configured one is not among them.
        """
        return self._finder.own_organization()

    def shapes(self, kinds: Collection[Kind]) -> list[Shape]:
        """Where the tenant keeps each field of some kinds, with what it has no place for."""
        return self._finder.shapes(kinds)

    def changed(self, kinds: Collection[Kind], since: datetime | None) -> Observation:
        """Read what changed at or after a server time, or everything."""
        reader = self._finder.reader
        reader.first_answer = None
        shapes = self._finder.shapes(kinds)
        if since is None:
            found = everything(self._finder, shapes)
        else:
            found = changed_since(self._finder, shapes, since)
        return Observation(System.TRIBE, tuple(found), reader.first_answer, complete=since is None)

    def get(self, kind: Kind, ids: Sequence[str]) -> list[Record]:
        """Read records by relationship ID, in the order asked for. What is gone is left out."""
        return self._finder.by_id(kind, ids)

    def find_by_number(self, kind: Kind, numbers: Sequence[str]) -> list[Record]:
        """Records with one of these numbers, and with `role_missing` the organisations or persons
        that have it without being a customer or supplier."""
        return self._finder.by_number(kind, numbers)

    def find_by_mark(self, kind: Kind, mark: str) -> list[Record]:
        """Records that carry a mark."""
        return self._finder.by_mark(kind, mark)

    def create(self, creation: Creation) -> Written:
        """Create one record, or give an existing relation the role."""
        return self._roles.create(creation)

    def update(self, edit: Edit) -> Written:
        """Write the given values, and only them. Tribe has no lock: `expected` only tells which
        parts of an address need no writing."""
        return self._roles.update(edit)


def _entity(body: Any) -> Entity:
    """One entity, which may come in a list of one."""
    inner = read(body, "value") if isinstance(body, dict) else body
    if isinstance(inner, list):
        inner = inner[0] if inner else {}
    found = body if inner is None else inner
    return found if isinstance(found, dict) else {}
