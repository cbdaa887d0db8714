"""Puts a copy's records into an imitated Tribe tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tribe_po.copies import CURRENT_EMPLOYEE
from tribe_po.sandbox.compare import Served, kept
from tribe_po.sandbox.tribe.metadata import Kind, Property
from tribe_po.sandbox.tribe.model import EMPLOYEE, IDENTITY, PERSON
from tribe_po.sandbox.tribe.odata import render, whole_view
from tribe_po.sandbox.tribe.sales_model import INVOICE
from tribe_po.sandbox.tribe.store import Record, Store
from tribe_po.sandbox.tribe.tenant import TribeTenant
from tribe_po.sandbox.tribe.values import OFFICE_ZONE

Document = Mapping[str, Any]
Documents = Mapping[str, Sequence[Document]]

_INVOICE_DAYS = ("InvoiceDate", "Date", "StartDate", "Start")
_DUE_DAYS = ("ExpirationDate", "DueDate", "EndDate", "Deadline", "End")
"""What an invoice's two days may be called (tribe.md section 10.1)."""


@dataclass(slots=True)
class _Loading:
    """A store that is being filled, the links to make when all records are there, and those that
    lead out of the copy, by set and navigation."""

    store: Store
    links: list[tuple[Record, str, str]] = field(default_factory=list)
    loose: Counter[str] = field(default_factory=Counter)
    rows: dict[str, list[Document]] = field(default_factory=dict)


def load(tenant: TribeTenant, documents: Documents) -> list[Served]:
    """Put the copy in the place of all that the tenant holds, and give each set of the copy beside
    what the tenant serves for it. Raise KeyError for a document without an ID."""
    with tenant.lock:
        tenant.dialect = replace(
            tenant.dialect,
            invoice_date=_named(documents, _INVOICE_DAYS) or tenant.dialect.invoice_date,
            due_date=_named(documents, _DUE_DAYS) or tenant.dialect.due_date,
        )
        loading = _Loading(Store(tenant.store.model, seed=1))
        names = {CURRENT_EMPLOYEE: EMPLOYEE}
        for name, rows in documents.items():
            _take(loading, names.get(name, name), rows)
        own = _own_organization(documents)
        if not documents.get(CURRENT_EMPLOYEE):
            _stand_in(loading.store, own)
        _connect(loading)
        tenant.store = loading.store
        tenant.own_organization_id = own
        loading.store.changed()
        return list(_served(loading))


def _named(documents: Documents, candidates: Sequence[str]) -> str | None:
    rows = documents.get(INVOICE, ())
    told = {name for row in rows for name, value in row.items() if value is not None}
    return next((name for name in candidates if name in told), None)


def _own_organization(documents: Documents) -> str:
    links = (_get(row, "Relation") or _get(row, "Organization") for row in documents[IDENTITY])
    return next((str(_get(link, "ID")) for link in links if link), "")


def _take(loading: _Loading, entity_set: str, rows: Sequence[Document]) -> None:
    """Add the records of a set. A copy tells a record's type in `_Type`, where it is a subtype."""
    model = loading.store.model
    known = {one.name for one in model.types()}
    for row in rows:
        told = str(_get(row, "_Type") or "").replace(".", "_")
        own_type = told if told in known and model.is_a(told, entity_set) else entity_set
        loading.rows.setdefault(own_type, []).append(row)
        if own_type not in known or model.get(own_type).abstract:
            continue
        record = loading.store.adopt(str(_get(row, "ID")), own_type)
        by_name = {name.lower(): value for name, value in row.items()}
        record.values = {
            item.key or item.name: _value(item, by_name[item.name.lower()])
            for item in model.properties(own_type).values()
            if by_name.get(item.name.lower()) is not None and item.name != "ID"
        }
        for name, navigation in model.navigations(own_type).items():
            target = by_name.get(name.lower())
            if isinstance(target, dict) and not navigation.is_collection:
                loading.links.append((record, name, str(_get(target, "ID"))))


def _connect(loading: _Loading) -> None:
    for record, navigation, target in loading.links:
        try:
            loading.store.get(target)
        except KeyError:
            loading.loose[f"{record.type_name}.{navigation}"] += 1
        else:
            loading.store.link(record, navigation, target)


def _stand_in(store: Store, own: str) -> None:
    """The application acts as some employee, also where the copy does not tell as which."""
    created = "1970-01-01T00:00:00Z"
    person, employee = store.add(PERSON), store.add(EMPLOYEE)
    person.values = {"CreationDate": created, "LastName": "Integration"}
    employee.values = {"CreationDate": created, "Name": "Integration"}
    store.link(employee, "Person", person.id)
    if own:
        store.link(employee, "Relation", own)


def _value(item: Property, value: Any) -> Any:
    """A value as the sandbox keeps it. Some servers tell numbers as texts, and debtor numbers as
    numbers (tribe.md section 5.2); days may come as the moment at which they begin."""
    if item.key and item.kind is Kind.MOMENT:
        return datetime.fromisoformat(value).astimezone(OFFICE_ZONE).date().isoformat()
    if item.kind in (Kind.DOUBLE, Kind.INTEGER) and isinstance(value, str):
        return kept(Decimal(value))
    if item.kind is Kind.STRING and isinstance(value, int | Decimal):
        return str(value)
    return kept(value)


def _served(loading: _Loading) -> Iterator[Served]:
    """Links are compared where they are made: `loose` tells of them."""
    store = loading.store
    for type_name, rows in loading.rows.items():
        if type_name not in {one.name for one in store.model.types()}:
            yield Served(type_name, rows, ())
            continue
        linked = store.model.navigations(type_name).keys()
        bare = [{name: row[name] for name in row if name not in linked} for row in rows]
        view = whole_view(store.model, type_name)
        shown = [render(store, record, view) for record in store.of_type(type_name)]
        yield Served(type_name, bare, shown, "ID")
    for place, number in loading.loose.items():
        yield Served(place, [{"ID": str(each)} for each in range(number)], (), "ID")


def _get(row: Document, name: str) -> Any:
    """A member in any capitals."""
    return next((value for key, value in row.items() if key.lower() == name.lower()), None)
