"""What a round has led to, in a form that two histories can be compared in.

Ids, stamps and the order in which numbers were handed out are no part of it: records go by their
names, a number by whose it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.names import Names, Row, Titled, bare, called
from tests.chaos.office import Office
from tests.chaos.outcome_of_sales import sales_in
from tribe_po.poweroffice.products import MADE_CODE
from tribe_po.records import Address, Kind, Link, Memory, System, Value, Values

NOTHING = "nothing there"

_HANDED_OUT = frozenset({"order_number", "invoice_number", "kid", "content"})
_ROLES = {"customer": "DebtorNumber", "supplier": "CreditorNumber"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that both tenants and the state hold, flat: a field of a record, and its value."""

    values: Mapping[str, object]

    def without(self, title: str) -> Outcome:
        """All but the records whose title begins so."""
        kept = {place: self.values[place] for place in self.values if not place.startswith(title)}
        return Outcome(kept)

    def difference(self, expected: Outcome) -> str:
        """What is otherwise than expected, empty when nothing is."""
        places = sorted({*self.values, *expected.values})
        found = []
        for place in places:
            is_so = self.values.get(place, NOTHING)
            should_be = expected.values.get(place, NOTHING)
            if is_so != should_be:
                found.append(f"{place}: {is_so}, not {should_be}")
        return "\n".join(found)


def outcome_of(office: Office) -> Outcome:
    """Look at both tenants and the state file."""
    names = Names(office)
    values: dict[str, object] = {}
    rows = (
        *_poweroffice(office, names),
        *_tribe(office, names),
        *sales_in(office, names),
        *_state(office.memory(), names),
    )
    seen: Counter[str] = Counter()
    for title, row in rows:
        seen[title] += 1
        again = f" ({seen[title]})" if seen[title] > 1 else ""
        values |= {f"{title}{again}, {name}": value for name, value in _flat(row)}
    return Outcome(values)


def _flat(row: Row, prefix: str = "") -> Iterable[tuple[str, object]]:
    yield prefix or "is there", True
    for name, value in row.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}/")
        else:
            made = isinstance(value, str) and value.startswith(MADE_CODE)
            yield f"{prefix}{name}", "a code made of its ID" if made else value


def _poweroffice(office: Office, names: Names) -> Iterable[Titled]:
    tables: dict[str, list[Row]] = {
        "customer": office.poweroffice.customers(),
        "supplier": office.poweroffice.suppliers(),
    }
    for kind, rows in tables.items():
        for row in rows:
            yield (
                f"{kind} {called(row)} in PowerOffice",
                {
                    **bare(row),
                    "roles": [other for other, each in tables.items() if row["Id"] in _ids(each)],
                    "Number": names.number(kind, row["Number"]),
                    "ExternalImportReference": names.mark(row["ExternalImportReference"]),
                },
            )


def _ids(rows: Iterable[Row]) -> set[Any]:
    return {row["Id"] for row in rows}


def _tribe(office: Office, names: Names) -> Iterable[Titled]:
    """Relations with addresses, and roles with their relation, as the screen shows them; then how
    many records there are, which tells of what hangs on nothing any more."""
    tribe = office.tribe
    for relation in (*tribe.organizations(), *tribe.persons()):
        yield f"{called(relation)} in Tribe", _with_numbers(bare(relation), names)
    for kind, rows in (("customer", tribe.customers()), ("supplier", tribe.suppliers())):
        for row in rows:
            title = f"{kind} {names.roles[row['ID']]} in Tribe"
            yield title, bare({name: row[name] for name in row if not _is_link(row[name])})
            yield f"{title}'s mark", {"ImportId": names.mark(row["ImportId"])}
    for name in ("Address", "Relationship"):
        yield name, {"count": sum(1 for _ in tribe.store.of_type(name))}


def _with_numbers(relation: Row, names: Names) -> Row:
    found = {
        field: names.number(kind, relation[field])
        for kind, field in _ROLES.items()
        if field in relation
    }
    return {**relation, **found}


def _is_link(value: object) -> bool:
    return isinstance(value, dict | list)


def _state(memory: Memory, names: Names) -> Iterable[Titled]:
    for link in memory.links.values():
        yield (
            f"link of {link.kind} {names.in_poweroffice(link.kind, link.poweroffice_id)}",
            {
                "to": names.roles.get(link.tribe_id),
                "to relation": names.relations.get(link.tribe_relation_id)
                or names.roles.get(link.tribe_relation_id),
                "has an address in Tribe": link.tribe_address_id is not None,
                "form": link.form,
                **_trees(link, names),
                "parked": link.parked,
            },
        )
    for kind, identifier in memory.left_alone:
        yield f"{kind} {names.roles.get(identifier)} left alone", {}
    for entry in memory.quarantine.values():
        if entry.system is System.POWEROFFICE:
            name: object = names.roles.get(entry.id)
        else:
            name = names.in_poweroffice(entry.kind, entry.id)
        who = f"{entry.kind} {name} of {entry.system.other}"
        yield f"quarantined {who}", {"reason": entry.reason}
    for conflict in memory.conflicts.values():
        who = f"{conflict.kind} {names.in_poweroffice(conflict.kind, conflict.poweroffice_id)}"
        yield (
            f"conflict of {who} about the {conflict.field}",
            {
                "base": _plain(conflict.base),
                "tribe": _plain(conflict.tribe),
                "poweroffice": _plain(conflict.poweroffice),
                "winner": conflict.winner,
            },
        )
    for intent in memory.intents.values():
        yield f"intent in {intent.target} for {names.mark(intent.mark)}", {}


def _trees(link: Link, names: Names) -> Row:
    if link.kind is not Kind.INVOICE:
        return {
            "base": _values(link, link.base, names),
            "seen in Tribe": _values(link, link.tribe, names),
            "seen in PowerOffice": _values(link, link.poweroffice, names),
        }
    # Where an invoice is found again, PowerOffice no longer tells everything that an order does.
    known = {**link.base, **link.tribe, **link.poweroffice}
    told = {name: value for name, value in known.items() if value is not None}
    apart = link.tribe.keys() & link.poweroffice.keys()
    return {"known": _values(link, told, names), "apart in": sorted(apart)}


def _values(link: Link, values: Values, names: Names) -> Row:
    read: dict[str, Callable[[Value], object]] = {
        "number": lambda value: names.number(link.kind, value)
    }
    if link.kind is Kind.INVOICE:
        read = dict.fromkeys(_HANDED_OUT, lambda value: value is not None)
    return {name: read.get(name, _plain)(value) for name, value in values.items()}


def _plain(value: Value) -> object:
    return str(value) if isinstance(value, Address) else value
