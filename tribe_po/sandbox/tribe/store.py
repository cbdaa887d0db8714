"""The records of one imitated Tribe tenant, with their links."""

from __future__ import annotations

import itertools
import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field

from tribe_po.sandbox.tribe.metadata import EntityModel, Navigation

Scalar = str | int | float | bool | None


@dataclass(slots=True, eq=False)
class Record:
    """One record. `values` by property in wire form; `links`: navigation to the target's ID."""

    id: str
    type_name: str
    values: dict[str, Scalar] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


class Store:
    """All records, found by ID, by set and by who points at them. Not thread-safe by itself.

    `model` may be exchanged for another with the same type names; `changed` must be told.
    `vat_of_sums`: the VAT of an invoice is rounded once for each rate. `half_to_even`: half an øre
    goes to the even one, not away from zero.
    """

    def __init__(self, model: EntityModel, seed: int) -> None:
        self.model = model
        self.vat_of_sums = False
        self.half_to_even = False
        # Reproducible, not secret: a failing test must fail the same way again.
        self.random = random.Random(seed)  # noqa: S311
        self._debtor_numbers = itertools.count(1000)
        self._invoice_numbers = itertools.count(1)
        self._by_id: dict[str, Record] = {}
        self._by_type: dict[str, dict[str, Record]] = defaultdict(dict)
        self._pointing_at: dict[str, dict[tuple[str, str], None]] = {}
        self._remembered: dict[object, list[Record]] = {}

    def picture(self) -> Store:
        """All records as they are now, untouched by later writes. Only for reading."""
        taken = copy(self)
        taken._by_id = {
            one.id: Record(one.id, one.type_name, dict(one.values), dict(one.links))
            for one in self._by_id.values()
        }
        taken._by_type = defaultdict(
            dict,
            {
                name: {identifier: taken._by_id[identifier] for identifier in records}
                for name, records in self._by_type.items()
            },
        )
        taken._pointing_at = {target: dict(links) for target, links in self._pointing_at.items()}
        taken._remembered = {}
        return taken

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
        return self.adopt(self._new_id(), type_name)

    def _new_id(self) -> str:
        """An ID that no record has: those of a copy may be of the same random sequence."""
        while True:
            identifier = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
            if identifier not in self._by_id:
                return identifier

    def adopt(self, identifier: str, type_name: str) -> Record:
        """A new empty record of `type_name` with an ID of its own."""
        self.changed()
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
        if record is None or not self._shows(record) or not self._is_a(record, type_name):
            return None
        return record

    def of_type(self, type_name: str) -> Iterator[Record]:
        """The records that are a `type_name`, oldest first within each concrete type."""
        for name in self.model.concrete(type_name):
            yield from self._by_type[name].values()

    def follow(self, record: Record, navigation: str) -> Record | None:
        """The target of a to-one navigation."""
        target = record.links.get(navigation)
        if target is None or not self._shows(self._by_id[target]):
            return None
        return self._by_id[target]

    def inverse(self, record: Record, navigation: Navigation) -> list[Record]:
        """The records of a collection navigation."""
        return [
            source
            for source_id, name in self._pointing_at.get(record.id, ())
            if name in navigation.inverse_of
            and self._is_a(source := self._by_id[source_id], navigation.target)
        ]

    def pointed_at(self, record: Record, base: str) -> bool:
        """Whether a record that is a `base` points at this one, shown or not."""
        sources = (self._by_id[source] for source, _ in self._pointing_at.get(record.id, ()))
        return any(self._is_a(source, base) for source in sources)

    def redirect(self, old: Record, new: Record) -> None:
        """Let all that points at `old` point at `new`."""
        for source_id, navigation in list(self._pointing_at.get(old.id, ())):
            self.link(self._by_id[source_id], navigation, new.id)

    def next_debtor_number(self) -> str:
        """The next number of the tenant's auto-numbering."""
        return str(next(self._debtor_numbers))

    def next_invoice_number(self, year: int) -> str:
        """The next number of the tenant's invoices: the year and a sequence."""
        return f"{year}{next(self._invoice_numbers):04d}"

    def _is_a(self, record: Record, base: str) -> bool:
        return self.model.is_a(record.type_name, base)

    def _shows(self, record: Record) -> bool:
        return self.model.get(record.type_name).available


Compute = Callable[[Store, Record], Scalar]
