"""The records of one imitated Tribe tenant, with their links and computed properties."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tribe_po.sandbox.tribe_metadata import EntityModel, Navigation

Scalar = str | int | float | bool | None


@dataclass(slots=True, eq=False)
class Record:
    """One record. `values` by property in wire form; `links`: navigation to the target's ID."""

    id: str
    type_name: str
    values: dict[str, Scalar] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


class Store:
    """All records, found by ID, by set and by who points at them. Not thread-safe by itself."""

    def __init__(self, model: EntityModel, seed: int) -> None:
        self.model = model
        # Reproducible, not secret: a failing test must fail the same way again.
        self.random = random.Random(seed)  # noqa: S311
        self._debtor_numbers = itertools.count(1000)
        self._by_id: dict[str, Record] = {}
        self._by_type: dict[str, dict[str, Record]] = {t.name: {} for t in model.types()}
        self._pointing_at: dict[str, dict[tuple[str, str], None]] = {}
        self._remembered: dict[object, list[Record]] = {}

    def changed(self) -> None:
        """To be called after values were written: what was remembered no longer holds."""
        self._remembered.clear()

    def remembered(self, key: object, find: Callable[[], list[Record]]) -> list[Record]:
        """What `find` found for `key` since the last change: paging costs one scan, not many."""
        found = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = find()
        return found

    def add(self, type_name: str) -> Record:
        """A new empty record of `type_name`."""
        self.changed()
        identifier = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        record = Record(identifier, type_name)
        self._by_id[record.id] = record
        self._by_type[type_name][record.id] = record
        return record

    def remove(self, record: Record) -> None:
        """Forget `record`; what pointed at it points at nothing."""
        for source_id, navigation in list(self._pointing_at.get(record.id, ())):
            self.link(self._by_id[source_id], navigation, None)
        for navigation in list(record.links):
            self.link(record, navigation, None)
        del self._by_id[record.id]
        del self._by_type[record.type_name][record.id]
        self.changed()

    def retype(self, record: Record, type_name: str) -> None:
        """Turn `record` into a `type_name`; values that the new type lacks are lost."""
        self.changed()
        del self._by_type[record.type_name][record.id]
        record.type_name = type_name
        self._by_type[type_name][record.id] = record
        known = self.model.properties(type_name)
        record.values = {name: value for name, value in record.values.items() if name in known}

    def link(self, record: Record, navigation: str, target_id: str | None) -> None:
        """Point `navigation` of `record` at `target_id`, or at nothing."""
        self.changed()
        previous = record.links.pop(navigation, None)
        if previous is not None:
            del self._pointing_at[previous][record.id, navigation]
        if target_id is not None:
            record.links[navigation] = target_id
            self._pointing_at.setdefault(target_id, {})[record.id, navigation] = None

    def get(self, identifier: str) -> Record:
        """The record with this ID. Raises KeyError."""
        return self._by_id[identifier]

    def find(self, type_name: str, identifier: str) -> Record | None:
        """The record with this ID if it is a `type_name`."""
        record = self._by_id.get(identifier)
        if record is None or not self.model.is_a(record.type_name, type_name):
            return None
        return record

    def of_type(self, type_name: str) -> Iterator[Record]:
        """The records that are a `type_name`, oldest first within each concrete type."""
        for name in self.model.concrete(type_name):
            yield from self._by_type[name].values()

    def follow(self, record: Record, navigation: str) -> Record | None:
        """The target of a to-one navigation."""
        target = record.links.get(navigation)
        return None if target is None else self._by_id[target]

    def inverse(self, record: Record, navigation: Navigation) -> list[Record]:
        """The records of a collection navigation."""
        return [
            source
            for source_id, name in self._pointing_at.get(record.id, ())
            if name in navigation.inverse_of
            and self.model.is_a((source := self._by_id[source_id]).type_name, navigation.target)
        ]

    def value(self, record: Record, name: str) -> Scalar:
        """The value of a property, computed where Tribe computes it."""
        return value_reader(name)(self, record)

    def next_debtor_number(self) -> str:
        """The next number of the tenant's auto-numbering."""
        return str(next(self._debtor_numbers))


Compute = Callable[[Store, Record], Scalar]


def value_reader(name: str) -> Compute:
    """A function that reads the property `name` of any record; quicker when used often."""
    return _READERS.get(name) or (lambda _store, record: record.values.get(name))


def _joined(record: Record, *names: str) -> str:
    return " ".join(str(part) for name in names if (part := record.values.get(name)) is not None)


def _person_name(_store: Store, record: Record) -> Scalar:
    # The line feeds are Tribe's: empty salutation and title lines (tribe.md 5.2).
    return "\n\n" + _joined(record, "FirstName", "MiddleName", "LastName")


def _person_display(_store: Store, record: Record) -> Scalar:
    return _joined(record, "FirstName", "MiddleName", "LastName")


def _person_sort_name(_store: Store, record: Record) -> Scalar:
    first = record.values.get("FirstName")
    last = str(record.values["LastName"])
    return f"{last}, {first}" if first else last


def _birth_day(_store: Store, record: Record) -> Scalar:
    date = record.values.get("BirthDate")
    return str(date)[5:] if date else None


def _child_name(store: Store, record: Record) -> Scalar:
    child = store.follow(record, "Organization") or store.follow(record, "Person")
    return None if child is None else store.value(child, "_Name")


def _relationship_display(store: Store, record: Record) -> Scalar:
    return record.values.get("Name") or _child_name(store, record)


def _relationship_sort_name(store: Store, record: Record) -> Scalar:
    person = store.follow(record, "Person")
    return _child_name(store, record) if person is None else _person_sort_name(store, person)


def _address_display(_store: Store, record: Record) -> Scalar:
    line = _joined(record, "Street", "HouseNumber", "HouseNumberSuffix")
    town = _joined(record, "Postalcode", "City")
    return ", ".join(part for part in (line, town) if part) or None


_COMPUTED: dict[str, tuple[tuple[str, Compute], ...]] = {
    "_Name": (
        ("Relation_Person", _person_display),
        ("Relationship", _relationship_display),
        ("Address", _address_display),
        ("Datastore", lambda _store, record: record.values.get("LocalizedName")),
        ("Entity", lambda _store, record: record.values.get("Name")),
    ),
    "Name": (("Relation_Person", _person_name),),
    "SortName": (
        ("Relation_Person", _person_sort_name),
        ("Relationship", _relationship_sort_name),
    ),
    "BirthDay": (("Relation_Person", _birth_day),),
}


def _computed_reader(name: str, rows: tuple[tuple[str, Compute], ...]) -> Compute:
    def read(store: Store, record: Record) -> Scalar:
        for base, compute in rows:
            if store.model.is_a(record.type_name, base):
                return compute(store, record)
        return record.values.get(name)

    return read


_READERS: dict[str, Compute] = {
    "ID": lambda _store, record: record.id,
    "_Type": lambda _store, record: record.type_name.replace("_", "."),
} | {name: _computed_reader(name, rows) for name, rows in _COMPUTED.items()}
