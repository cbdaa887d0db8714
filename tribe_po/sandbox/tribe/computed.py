"""The properties that Tribe computes instead of storing, and how any property is read."""

from __future__ import annotations

from datetime import datetime

from tribe_po.sandbox.tribe.metadata import Kind, Property
from tribe_po.sandbox.tribe.sales_model import ATTACHMENT, INVOICE, PAYMENT, PRODUCT_LINE
from tribe_po.sandbox.tribe.store import Compute, Record, Scalar, Store
from tribe_po.sandbox.tribe.totals import TOTALS
from tribe_po.sandbox.tribe.values import OFFICE_ZONE, wire_moment


def value_reader(item: Property) -> Compute:
    """A function that reads a property of any record; quicker when used often."""
    if item.key:
        return _day_reader(item)
    name = item.name
    return _READERS.get(name) or (lambda _store, record: record.values.get(name))


def _day_reader(item: Property) -> Compute:
    def read(_store: Store, record: Record) -> Scalar:
        day = record.values.get(item.key)
        if day is None or item.kind is Kind.DATE:
            return day
        return wire_moment(datetime.fromisoformat(str(day)).replace(tzinfo=OFFICE_ZONE))

    return read


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
    return None if child is None else _READERS["_Name"](store, child)


def _relationship_display(store: Store, record: Record) -> Scalar:
    return record.values.get("Name") or _child_name(store, record)


def _relationship_sort_name(store: Store, record: Record) -> Scalar:
    person = store.follow(record, "Person")
    return _child_name(store, record) if person is None else _person_sort_name(store, person)


def _address_display(_store: Store, record: Record) -> Scalar:
    line = _joined(record, "Street", "HouseNumber", "HouseNumberSuffix")
    town = _joined(record, "Postalcode", "City")
    return ", ".join(part for part in (line, town) if part) or None


def _relation_description(store: Store, record: Record) -> Scalar:
    relationship = store.follow(record, "Relationship")
    return None if relationship is None else _READERS["_Name"](store, relationship)


_COMPUTED: dict[str, tuple[tuple[str, Compute], ...]] = {
    "_Name": (
        ("Relation_Person", _person_display),
        ("Relationship", _relationship_display),
        ("Address", _address_display),
        ("Datastore", lambda _store, record: record.values.get("LocalizedName")),
        ("Activity", lambda _store, record: record.values.get("Subject")),
        (PRODUCT_LINE, lambda _store, record: record.values.get("Description")),
        (ATTACHMENT, lambda _store, record: record.values.get("Description")),
        (PAYMENT, lambda _store, record: record.values.get("Reference")),
        ("Entity", lambda _store, record: record.values.get("Name")),
    ),
    "Name": (("Relation_Person", _person_name),),
    "SortName": (
        ("Relation_Person", _person_sort_name),
        ("Relationship", _relationship_sort_name),
    ),
    "BirthDay": (("Relation_Person", _birth_day),),
    "RelationDescription": ((INVOICE, _relation_description),),
    **TOTALS,
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
