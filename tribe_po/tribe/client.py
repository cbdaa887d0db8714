"""Tribe CRM as one side of the synchronisation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Protocol

from tribe_po.records import RELATIONS, Kind, Observation, Record, System
from tribe_po.sides import Creation, Edit, Written
from tribe_po.transport.http import Connection
from tribe_po.tribe.entity import Entity, identifier, linked, read, text
from tribe_po.tribe.finding import Finder
from tribe_po.tribe.invoices import Invoices
from tribe_po.tribe.metadata import IDENTITY, ROOT, Names
from tribe_po.tribe.products import Products
from tribe_po.tribe.query import Selection
from tribe_po.tribe.reading import Reader
from tribe_po.tribe.relations import Relations
from tribe_po.tribe.shapes import Shape
from tribe_po.tribe.writing import Writer

_IDENTITIES = Selection(IDENTITY, ("Name",), (("Relation", Selection("Relation", ("ID",))),))
NO_UNITS: Mapping[str, str] = MappingProxyType({})


class Part(Protocol):
    """What looks after some kinds of record, in the terms of `tribe_po.sides.Side`."""

    kinds: Collection[Kind]

    def changed(self, kinds: Collection[Kind], since: datetime | None) -> list[Record]:
        """Records that changed at or after a time, or all of them."""
        ...

    def get(self, kind: Kind, ids: Sequence[str]) -> list[Record]:
        """Records by ID."""
        ...

    def find_by_key(self, kind: Kind, keys: Sequence[str]) -> list[Record]:
        """Records by number or code."""
        ...

    def find_by_mark(self, kind: Kind, mark: str) -> list[Record]:
        """Records by mark."""
        ...

    def create(self, creation: Creation) -> Written:
        """Create one record."""
        ...

    def update(self, edit: Edit) -> Written:
        """Change one record."""
        ...


@dataclass(frozen=True, slots=True)
class ApplicationUser:
    """Who Tribe takes the application for; the name is empty where Tribe does not tell.
    `server_time` is the time of the answer."""

    name: str
    server_time: datetime | None


class Tribe:
    """One Tribe tenant's customers, suppliers, products and invoices (`tribe_po.sides.Side`).

    The connection's base URL ends before `/v1/odata`. `organization_id` says which organisation is
    the own one in a tenant with several. `names` and `learned` may come from an earlier run:
    without `names` the tenant's metadata is read when first needed; `learned` is written to while
    the tenant's ways are found out. `units` maps Tribe's unit codes, in lower case, to
    PowerOffice's; `default_group` names the group for new products whose own one Tribe does not
    have; `pdfs_wanted` has invoices tell whether they have a PDF, and `kid_field` names the field
    with their KID. `create` and `update` may be called from several threads.
    """

    def __init__(
        self,
        connection: Connection,
        organization_id: str = "",
        *,
        names: Names | None = None,
        learned: dict[str, str] | None = None,
        units: Mapping[str, str] = NO_UNITS,
        default_group: str | None = None,
        pdfs_wanted: bool = False,
        kid_field: str = "",
    ) -> None:
        self._connection = connection
        self._organization_id = organization_id
        self._given_names = names
        self._units = units
        self._default_group = default_group
        self._pdfs_wanted = pdfs_wanted
        self._kid_field = kid_field
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
    def _reader(self) -> Reader:
        return Reader(self._connection, self.names, self.learned)

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self._reader, self._organization_id)

    @cached_property
    def _writer(self) -> Writer:
        return Writer(self._connection, self._reader)

    @cached_property
    def products(self) -> Products:
        """The products, and what they refer to."""
        return Products(self._reader, self._writer, self._units, self._default_group)

    @cached_property
    def _invoices(self) -> Invoices:
        return Invoices(
            self._connection,
            self._reader,
            self._writer,
            pdfs_wanted=self._pdfs_wanted,
            kid_field=self._kid_field,
        )

    @cached_property
    def _relations(self) -> Relations:
        return Relations(self._finder, self._writer)

    @cached_property
    def _parts(self) -> tuple[Part, ...]:
        return self._relations, self.products, self._invoices

    def _part(self, kind: Kind) -> Part:
        return next(part for part in self._parts if kind in part.kinds)

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
        """Where the tenant keeps each field of customers or suppliers, with what it has no place
        for."""
        return self._finder.shapes(kinds)

    def invoice_phases(self) -> list[str]:
        """The codes of the phases that invoices may have (tribe.md section 8.1). Raises
        `NotAllowed` where they cannot be read."""
        return self._invoices.phases()

    def offers(self, kind: Kind) -> bool:
        """Whether the tenant has such records and they may be read: invoices come with the Billing
        module (tribe.md section 1)."""
        return kind is not Kind.INVOICE or self._invoices.offered()

    def changed(self, kinds: Collection[Kind], since: datetime | None) -> Observation:
        """Read what changed at or after a server time, or everything."""
        self._reader.first_answer = None
        found: list[Record] = []
        for part in self._parts:
            if mine := [kind for kind in kinds if kind in part.kinds]:
                found += part.changed(mine, since)
        cursor = self._reader.first_answer
        return Observation(System.TRIBE, tuple(found), cursor, complete=since is None)

    def get(self, kind: Kind, ids: Sequence[str]) -> list[Record]:
        """Read records by the ID of the relationship or product, in the order asked for. What is
        gone is left out."""
        return self._part(kind).get(kind, ids)

    def find_by_key(self, kind: Kind, keys: Sequence[str]) -> list[Record]:
        """Records with one of these numbers or codes, and with `role_missing` the organisations or
        persons that have it without being a customer or supplier."""
        return self._part(kind).find_by_key(kind, keys)

    def find_alike(self, kind: Kind, records: Sequence[Record]) -> list[Record]:
        """Organisations that are no customer or supplier (`role_missing`) and have the organisation
        number or the name of one of these records."""
        return self._relations.find_alike(kind, records) if kind in RELATIONS else []

    def find_by_mark(self, kind: Kind, mark: str) -> list[Record]:
        """Records that carry a mark."""
        return self._part(kind).find_by_mark(kind, mark)

    def create(self, creation: Creation) -> Written:
        """Create one record, or give an existing relation the role."""
        return self._part(creation.kind).create(creation)

    def update(self, edit: Edit) -> Written:
        """Write the given values, and only them. Tribe has no lock: `expected` only tells which
        parts of an address need no writing."""
        return self._part(edit.kind).update(edit)

    def file(self, kind: Kind, record_id: str) -> bytes | None:
        """The newest PDF attached to an invoice, None if there is none."""
        return self._invoices.pdf(record_id) if kind is Kind.INVOICE else None


def _entity(body: Any) -> Entity:
    """One entity, which may come in a list of one."""
    inner = read(body, "value") if isinstance(body, dict) else body
    if isinstance(inner, list):
        inner = inner[0] if inner else {}
    found = body if inner is None else inner
    return found if isinstance(found, dict) else {}
