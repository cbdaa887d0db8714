"""An imitated Tribe CRM tenant: what it holds, and its users as Python methods."""

from __future__ import annotations

from typing import Any

from tribe_po.sandbox.clock import Clock
from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.model import (
    EMPLOYEE,
    IDENTITY,
    ORGANIZATION,
    ORGANIZATION_CUSTOMER,
    ORGANIZATION_LEAD,
    PERSON,
    PERSON_CUSTOMER,
    SUPPLIER,
)
from tribe_po.sandbox.tribe.odata import Entity
from tribe_po.sandbox.tribe.sales import SalesDesk
from tribe_po.sandbox.tribe.store import Record
from tribe_po.sandbox.tribe.token import TokenDesk
from tribe_po.sandbox.tribe.values import wire_moment


class TribeTenant(SalesDesk):
    """One organisation's Tribe, with what its users do to it. Thread-safe.

    Fields go by wire name. Addresses are dicts of Street, HouseNumber (a number),
    HouseNumberSuffix, Extra, Postalcode, City, and Country as an ISO 3166 alpha-2 code.
    The users' edits move the same stamps and meet the same checks as the API's: all of them raise
    ODataError for a field or value that Tribe refuses, and KeyError for an unknown ID.

    dialect: may be replaced at any time, and keeps every record. read_only: every API write
    answers 403. locked: the IDs of single records that the API may not write (403). received: how
    many requests with a good token the API has seen.
    """

    client_id = "sandbox-tribe-client"
    client_secret = "sandbox-not-a-secret"  # noqa: S105 - a made-up value for loopback

    def __init__(
        self,
        clock: Clock,
        dialect: TribeDialect | None = None,
        *,
        organization_name: str = "Fjordvik Handel AS",
        seed: int = 1,
    ) -> None:
        super().__init__(clock, dialect or TribeDialect(), organization_name, seed)
        self.read_only = False
        self.locked: set[str] = set()
        self.received = 0
        self.tokens = TokenDesk(self.client_id, self.client_secret)

    def employee(self) -> Record:
        """The virtual user that the API client acts as (tribe.md 2.5)."""
        return next(self.store.of_type(EMPLOYEE))

    def add_organization(self, **fields: Any) -> str:
        """A new organisation; Name is required. Returns its ID."""
        return self._add(ORGANIZATION, fields)

    def add_person(self, **fields: Any) -> str:
        """A new person; LastName is required. Returns its ID."""
        return self._add(PERSON, fields)

    def add_customer(self, relation_id: str, **fields: Any) -> str:
        """Make an organisation or person a customer. Returns the relationship's ID."""
        with self.lock:
            is_person = self.store.get(relation_id).type_name == PERSON
        if is_person:
            return self._add_role(PERSON_CUSTOMER, "Person", relation_id, fields)
        return self._add_role(ORGANIZATION_CUSTOMER, "Organization", relation_id, fields)

    def add_supplier(self, organization_id: str, **fields: Any) -> str:
        """Make an organisation a supplier. Returns the relationship's ID."""
        return self._add_role(SUPPLIER, "Organization", organization_id, fields)

    def add_lead(self, organization_id: str, **fields: Any) -> str:
        """Make an organisation a lead. Returns the relationship's ID."""
        return self._add_role(ORGANIZATION_LEAD, "Organization", organization_id, fields)

    def add_identity(self, name: str) -> str:
        """One more own organisation, as in a multi-entity set-up (tribe.md 2.5). Returns its ID."""
        with self.lock:
            organization = self._add(ORGANIZATION, {"Name": name})
            identity = self.store.add(IDENTITY)
            moment = wire_moment(self.clock.now())
            identity.values = {"CreationDate": moment, "Name": name}
            for navigation in ("Relation", "Organization"):
                self.store.link(identity, navigation, organization)
            return organization

    def edit_address(self, owner_id: str, navigation: str = "InvoiceAddress", **fields: Any) -> str:
        """Change an address in place, or add it where there is none. Returns its ID."""
        with self.lock:
            owner = self.store.get(owner_id)
            address = self.store.follow(owner, navigation)
            if address is None:
                self.edit(owner_id, **{navigation: fields})
                return owner.links[navigation]
            self.edit(address.id, **fields)
            return address.id

    def merge(self, kept_id: str, lost_id: str) -> None:
        """Merge two organisations or two persons as a user does (tribe.md 6.9): roles and
        addresses move to the first, its empty fields are filled, the second disappears."""
        with self.lock:
            kept, lost = self.store.get(kept_id), self.store.get(lost_id)
            for name in ("Relationships", "Addresses", "Notes"):
                navigation = self.store.model.navigations(lost.type_name)[name]
                for record in self.store.inverse(lost, navigation):
                    self._repoint(record, lost_id, kept_id)
            links = dict(lost.links)
            filled = {
                name: value
                for name, value in lost.values.items()
                if kept.values.get(name) is None and name != "LastMutationDate"
            }
            self.delete(lost_id)
            for name, target in links.items():
                if name not in kept.links:
                    self.store.link(kept, name, target)
            kept.values |= filled | {"LastMutationDate": wire_moment(self.clock.now())}
            self.store.changed()

    def revoke_tokens(self) -> None:
        """Make every token issued so far worthless."""
        with self.lock:
            self.tokens.revoke_all()

    def customers(self) -> list[Entity]:
        """All customers, organisations first, with the relation and its addresses expanded."""
        return self._pictures((ORGANIZATION_CUSTOMER, PERSON_CUSTOMER))

    def suppliers(self) -> list[Entity]:
        """All suppliers with the organisation and its addresses expanded."""
        return self._pictures((SUPPLIER,))

    def organizations(self) -> list[Entity]:
        """All organisations, the tenant's own among them, with their addresses expanded."""
        return self._pictures((ORGANIZATION,))

    def persons(self) -> list[Entity]:
        """All persons, the virtual user among them, with their address expanded."""
        return self._pictures((PERSON,))

    def _add_role(
        self, type_name: str, navigation: str, relation_id: str, fields: dict[str, Any]
    ) -> str:
        parties = {"Relation": {"ID": self.own_organization_id}, navigation: {"ID": relation_id}}
        return self._add(type_name, parties | fields)

    def _repoint(self, record: Record, old: str, new: str) -> None:
        for name, target in list(record.links.items()):
            if target == old:
                self.store.link(record, name, new)
