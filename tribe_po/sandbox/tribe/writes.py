"""Writes to the imitated Tribe tenant: a body is checked whole, then applied (tribe.md 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.error import ODataError, bad_request, not_found, unknown_property
from tribe_po.sandbox.tribe.invoice_rules import (
    default_links,
    goes_along,
    refuse_change,
    refuse_delete,
    refuse_new_line,
)
from tribe_po.sandbox.tribe.metadata import EntityType, Navigation, Right
from tribe_po.sandbox.tribe.model import ADDRESS, ADDRESS_TYPE
from tribe_po.sandbox.tribe.store import Record, Scalar, Store
from tribe_po.sandbox.tribe.values import checked_value, guid, wire_moment

Body = dict[str, Any]

UPGRADE = "_UpgradeType"
# The named address navigations with the Code of the address type that each stands for.
ADDRESS_CODES = {
    "VisitingAddress": "Visiting",
    "PostalAddress": "Postal",
    "InvoiceAddress": "Invoice",
}
_NAVIGATION_OF_CODE = {code: navigation for navigation, code in ADDRESS_CODES.items()}


@dataclass(slots=True)
class Draft:
    """A checked body: values to store, links to a record, to a new record, or to nothing, and
    new records that will point here, each with the link by which they do."""

    type_name: str
    values: dict[str, Scalar] = field(default_factory=dict)
    links: dict[str, Draft | str | None] = field(default_factory=dict)
    children: list[tuple[str, Draft]] = field(default_factory=list)


class Writer:
    """The writes of one request or one user action, all at the moment `now`.

    `by_hand`: a user at the screen, where a typed debtor number beats the auto-numbering and
    lookups may be edited.
    All methods raise ODataError, and then nothing has been written.
    """

    def __init__(
        self,
        store: Store,
        now: datetime,
        own_organization_id: str,
        dialect: TribeDialect,
        *,
        by_hand: bool = False,
    ) -> None:
        self._store = store
        self._model = store.model
        self._now = wire_moment(now)
        self._own = own_organization_id
        self._dialect = dialect
        self._by_hand = by_hand

    def create(self, type_name: str, body: Body, identifier: str | None = None) -> Record:
        """A new record, with the new records nested in the body. `identifier`: the ID that it is
        to have, which no record has."""
        self._demand(self._model.get(type_name), Right.CREATE)
        return self._insert(self._new_draft(type_name, body), identifier)

    def update(self, type_name: str, record: Record, body: Body) -> Record:
        """Change what `body` names, as properties of `type_name`: the record's type or a base."""
        self._demand(self._model.get(type_name), Right.UPDATE)
        self._demand(self._model.get(record.type_name), Right.UPDATE)
        draft = self._draft(type_name, body, record)
        refuse_change(self._store, record, draft.values, draft.links)
        self._apply(draft, record)
        return record

    def upgrade(self, record: Record, body: Body) -> Record:
        """Turn a commercial relationship into another of the same level (tribe.md 6.5)."""
        if set(body) != {"ID", UPGRADE}:
            raise bad_request(f"A body with {UPGRADE} has ID and nothing else.")
        target = body[UPGRADE]
        if self._dialect.upgrade_type is None:
            raise bad_request("A relationship cannot be converted.")
        if self._dialect.upgrade_type == "dotted" and isinstance(target, str):
            target = target.replace(".", "_") if "." in target else None
        if not isinstance(target, str) or target not in {t.name for t in self._model.types()}:
            raise bad_request(f"{UPGRADE} names no entity type: {target!r}.")
        old, new = self._model.get(record.type_name), self._model.get(target)
        if new is old or new.base != old.base or Right.CREATE not in new.rights:
            raise bad_request(f"'{old.name}' cannot become '{new.name}': not the same level.")
        return self._converted(record, target)

    def delete(self, type_name: str, record: Record) -> None:
        """Remove a record; a relation takes its addresses along, an invoice its lines, an
        attachment its file; a role leaves its relation."""
        self._demand(self._model.get(type_name), Right.DELETE)
        self._demand(self._model.get(record.type_name), Right.DELETE)
        refuse_delete(self._store, record)
        if self._model.is_a(record.type_name, "Relation"):
            navigations = self._model.navigations(record.type_name)
            if self._store.inverse(record, navigations["Relationships"]):
                raise ODataError(409, "The relation still has relationships.")
            for address in self._store.inverse(record, navigations["Addresses"]):
                self._store.remove(address)
        for companion in goes_along(self._store, record):
            self._store.remove(companion)
        self._store.remove(record)

    def _demand(self, entity_type: EntityType, right: Right) -> None:
        if right not in entity_type.rights and not self._by_hand:
            verb = str(right.name).lower()
            raise ODataError(405, f"'{entity_type.name}' does not allow {verb}.", allow=("GET",))

    def _new_draft(self, type_name: str, body: Body, given: str | None = None) -> Draft:
        """`given`: the link that the new record's place in the body stands for."""
        draft = self._draft(type_name, body, None)
        draft.links = {**default_links(self._store, type_name), **draft.links}
        for item in self._model.properties(type_name).values():
            if item.required and item.name not in draft.values:
                raise bad_request(f"'{type_name}' requires '{item.name}'.")
        for navigation in self._model.navigations(type_name).values():
            if navigation.required and navigation.name not in {given, *draft.links}:
                raise bad_request(f"'{type_name}' requires '{navigation.name}'.")
        refuse_new_line(self._store, type_name, draft.links)
        return draft

    def _draft(self, type_name: str, body: Body, record: Record | None) -> Draft:
        draft = Draft(type_name)
        properties = self._model.properties(type_name)
        navigations = self._model.navigations(type_name)
        for name, value in body.items():
            if name == "_Type" and value == self._model.get(type_name).dotted:
                continue
            if name in properties:
                draft.values[name] = checked_value(properties[name], value)
            elif name in navigations and navigations[name].nested and record is None:
                draft.children += self._children(navigations[name], value)
            elif name in navigations:
                draft.links[name] = self._target(navigations[name], value, record)
            else:
                raise unknown_property(type_name, name)
        return draft

    def _target(
        self, navigation: Navigation, value: object, record: Record | None
    ) -> Draft | str | None:
        name = navigation.name
        if navigation.is_collection:
            raise bad_request(f"'{name}' is a collection and cannot be written here.")
        if value is None and not navigation.required:
            return None
        if not isinstance(value, dict):
            raise bad_request(f"'{name}' takes an object, with an ID to link an existing record.")
        target = self._linked(navigation, value) if "ID" in value else None
        if navigation.fixed and record is not None and record.links.get(name) != target:
            raise bad_request(f"'{name}' cannot change after creation.")
        if target is not None:
            return target
        return self._nested(navigation, value)

    @property
    def _new_address(self) -> str:
        return "named" if self._by_hand else self._dialect.new_address

    def _children(self, navigation: Navigation, value: object) -> Iterator[tuple[str, Draft]]:
        [link] = navigation.inverse_of
        if not isinstance(value, list):
            raise bad_request(f"'{navigation.name}' takes a list of new records.")
        for item in value:
            if not isinstance(item, dict) or {"ID", link} & set(item):
                raise bad_request(f"'{navigation.name}' takes new records, without '{link}'.")
            yield link, self._new_draft(navigation.target, item, given=link)

    def _linked(self, navigation: Navigation, value: Body) -> str:
        name = navigation.name
        if len(value) > 1:
            raise bad_request(f"'{name}' with an ID is a link; no other properties belong there.")
        identifier = guid(value["ID"])
        if self._store.find(navigation.target, identifier) is None:
            raise bad_request(f"'{name}': no '{navigation.target}' has the ID {identifier}.")
        if name == "Relation" and navigation.required and identifier != self._own:
            raise bad_request("'Relation' must be the own organisation.")
        return identifier

    def _nested(self, navigation: Navigation, value: Body) -> Draft:
        target = self._model.get(navigation.target)
        if target.name == ADDRESS and self._new_address == "refused":
            raise bad_request(f"'{navigation.name}' takes an ID.")
        if target.abstract or Right.CREATE not in target.rights:
            raise bad_request(f"'{navigation.name}' takes an ID; '{target.name}' is not created.")
        return self._new_draft(target.name, value)

    def _insert(self, draft: Draft, identifier: str | None = None) -> Record:
        name, store = draft.type_name, self._store
        record = store.adopt(identifier, name) if identifier else store.add(name)
        record.values["CreationDate"] = self._now
        self._apply(draft, record)
        for link, child in draft.children:
            self._store.link(self._insert(child), link, record.id)
        record.values["LastMutationDate"] = self._now if self._dialect.stamp_on_create else None
        self._number(record)
        self._store.changed()
        return record

    def _number(self, record: Record) -> None:
        if not self._dialect.auto_number or not self._model.is_a(record.type_name, "Relation"):
            return
        if self._by_hand and record.values.get("DebtorNumber"):
            return
        record.values["DebtorNumber"] = self._store.next_debtor_number()

    def _apply(self, draft: Draft, record: Record) -> None:
        """Store the draft. The stamp moves for the record's own values and links; a record
        nested in the body has its own dates and moves nothing here (tribe.md 4.7)."""
        record.values.update(draft.values)
        moved = bool(draft.values)
        for navigation, target in draft.links.items():
            if isinstance(target, Draft):
                if target.type_name == ADDRESS and self._new_address == "dropped":
                    continue
                if navigation in ADDRESS_CODES and self._new_address == "visiting":
                    navigation = "VisitingAddress"
                child = self._insert(target)
                self._store.link(record, navigation, child.id)
                self._adopt_address(record, navigation, child)
            else:
                self._store.link(record, navigation, target)
                moved = True
        if record.type_name == ADDRESS:
            self._settle_address(record, draft)
        if moved:
            record.values["LastMutationDate"] = self._now
        self._store.changed()

    def _adopt_address(self, owner: Record, navigation: str, child: Record) -> None:
        if child.type_name != ADDRESS:
            return
        self._store.link(child, owner.type_name.removeprefix("Relation_"), owner.id)
        self._store.link(child, "Relation", owner.id)
        if navigation in ADDRESS_CODES:
            self._store.link(child, "AddressType", self._address_type(ADDRESS_CODES[navigation]))

    def _settle_address(self, address: Record, draft: Draft) -> None:
        """An address posted by itself lands on its owner: on a person at once, on an organisation
        under a name only when its type says which."""
        person = self._store.follow(address, "Person")
        if person is not None and "Person" in draft.links:
            self._store.link(address, "Relation", person.id)
            self._store.link(person, "Address", address.id)
        organization = self._store.follow(address, "Organization")
        if organization is not None and {"Organization", "AddressType"} & set(draft.links):
            self._store.link(address, "Relation", organization.id)
            kind = self._store.follow(address, "AddressType")
            name = kind and _NAVIGATION_OF_CODE.get(str(kind.values["Code"]))
            if name:
                self._store.link(organization, name, address.id)

    def _address_type(self, code: str) -> str | None:
        for record in self._store.of_type(ADDRESS_TYPE):
            if record.values["Code"] == code:
                return record.id
        return None

    def _converted(self, record: Record, target: str) -> Record:
        if self._dialect.upgrade_keeps_id:
            self._store.retype(record, target)
            record.values["LastMutationDate"] = self._now
            converted = record
        else:
            converted = self._moved(record, target)
        converted.values["UpgradeDate"] = self._now
        self._store.changed()
        return converted

    def _moved(self, record: Record, target: str) -> Record:
        links = dict(record.links)
        self._store.retype(record, target)
        moved = self._store.add(target)
        moved.values = record.values | {"CreationDate": self._now, "LastMutationDate": None}
        self._store.redirect(record, moved)
        self._store.remove(record)
        for navigation, target_id in links.items():
            self._store.link(moved, navigation, target_id)
        return moved


def existing(store: Store, type_name: str, identifier: object) -> Record:
    """The record of a set by ID. Raises a 404, also when it is of another type."""
    record = store.find(type_name, guid(identifier))
    if record is None:
        raise not_found(f"No '{type_name}' has the ID {identifier}.")
    return record
