"""Finding a record in the state by what a person has at hand: an id, a number, a code, a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tribe_po.fields import key_row
from tribe_po.records import Kind, Link, Memory, Quarantined, Record, System, Values, label_of

SEARCHED = (
    "PowerOffice and Tribe ids, debtor and creditor numbers, product codes, invoice and order"
    " numbers, KIDs, names"
)


_MORE_KEYS = ("invoice_number", "order_number", "kid")
"""What PowerOffice calls an invoice, beside Tribe's number."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A customer, supplier, product or invoice as the state knows it: linked, or seen on one side.

    An id is "" where the record has none there. `link` and `record` are both None for a record that
    only the quarantine still knows.
    """

    kind: Kind
    label: str
    poweroffice_id: str = ""
    tribe_id: str = ""
    tribe_relation_id: str = ""
    link: Link | None = None
    record: Record | None = None

    def id_in(self, system: System) -> str:
        """The record's id on one side, or ""."""
        return self.tribe_id if system is System.TRIBE else self.poweroffice_id

    @property
    def ids(self) -> tuple[str, ...]:
        """What it can be called by without any doubt."""
        return tuple(filter(None, (self.poweroffice_id, self.tribe_id, self.tribe_relation_id)))

    @property
    def seen(self) -> tuple[Values, ...]:
        """All values that were seen of it: on each side, and what both agreed on."""
        if self.link is not None:
            return *(self.link.seen_in(system) for system in System), self.link.base
        return () if self.record is None else (self.record.values,)

    @property
    def names(self) -> tuple[str, ...]:
        """What people call it on either side, folded."""
        return tuple(label_of(values).casefold() for values in self.seen) or (
            self.label.casefold(),
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """Its numbers or codes, in the form in which they are compared."""
        row = key_row(self.kind)
        names = (row.name, *_MORE_KEYS) if self.kind is Kind.INVOICE else (row.name,)
        found = (row.normal(values.get(name)) for values in self.seen for name in names)
        return tuple(str(key).casefold() for key in found if key is not None)


def subjects(memory: Memory) -> Iterator[Subject]:
    """Everything that the state knows of: links, records of one side, then what is quarantined, and
    invoices of which nothing but the id is kept."""
    known = set()
    for link in memory.links.values():
        known |= {(system, link.kind, link.id_in(system)) for system in System}
        yield _of_link(link)
    for record in memory.unlinked.values():
        known.add((record.system, record.kind, record.id))
        yield of_record(record)
    for entry in memory.quarantine.values():
        source = entry.system.other
        if (source, entry.kind, entry.id) not in known:
            yield _of_entry(entry, source)
    for kind, tribe_id in memory.left_alone:
        if kind is Kind.INVOICE and (System.TRIBE, kind, tribe_id) not in known:
            yield Subject(kind, tribe_id, tribe_id=tribe_id)


def _of_link(link: Link) -> Subject:
    return Subject(
        link.kind,
        link.label,
        link.poweroffice_id,
        link.tribe_id,
        link.tribe_relation_id,
        link=link,
    )


def of_record(record: Record) -> Subject:
    """A record of one side, as a subject."""
    if record.system is System.POWEROFFICE:
        return Subject(record.kind, record.label, record.id, record=record)
    return Subject(
        record.kind,
        record.label,
        tribe_id=record.id,
        tribe_relation_id=record.relation_id,
        record=record,
    )


def _of_entry(entry: Quarantined, source: System) -> Subject:
    if source is System.POWEROFFICE:
        return Subject(entry.kind, entry.label, poweroffice_id=entry.id)
    return Subject(entry.kind, entry.label, tribe_id=entry.id)


def find(memory: Memory, asked: str) -> list[Subject]:
    """The records that are called so: by an id, number, code or name; else those of which one of
    them begins so. Capitals do not matter. An empty question finds nothing."""
    folded = " ".join(asked.split()).casefold()
    if not folded:
        return []
    everything = list(subjects(memory))
    for called in (_exactly, _at_the_beginning):
        found = [one for one in everything if called(one, folded)]
        if found:
            return found
    return []


def _exactly(one: Subject, folded: str) -> bool:
    number = str(key_row(one.kind).normal(folded))
    return folded in _ids(one) or folded in one.names or bool({folded, number} & set(one.keys))


def _at_the_beginning(one: Subject, folded: str) -> bool:
    return any(text.startswith(folded) for text in (*_ids(one), *one.names, *one.keys))


def _ids(one: Subject) -> tuple[str, ...]:
    return tuple(text.casefold() for text in one.ids)


def are_one(found: Sequence[Subject]) -> bool:
    """Whether all of them are roles of one contact in PowerOffice, or of one relation in Tribe."""
    whose = [
        {(one.kind is Kind.PRODUCT, one.poweroffice_id) for one in found},
        {(one.kind is Kind.PRODUCT, one.tribe_relation_id) for one in found},
    ]
    return len(found) == 1 or any(len(ids) == 1 and all(one for _, one in ids) for ids in whose)
