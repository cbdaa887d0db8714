"""What a person sees on the two screens, side by side: nothing here asks an API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.scenarios.world import World

Row = Mapping[str, Any]
Fields = dict[str, object]

_PLAIN = {
    "EmailAddress": "EmailAddress",
    "PhoneNumber": "PhoneNumber",
    "Website": "WebsiteUrl",
    "ChamberOfCommerceNumber": "OrganizationNumber",
}
_INVOICE_EMAIL = {"FinancialEmailAddress": "InvoiceEmailAddress"}
_PRODUCT = {"Code": "Code", "SalesPrice": "UnitPrice", "Description": "Description"}


@dataclass(frozen=True, slots=True)
class Sight:
    """Every customer, supplier and product of one system: its fields by "kind name"."""

    records: Mapping[str, Fields]
    twice: tuple[str, ...]

    def differences(self, other: Sight) -> set[str]:
        """What is on one side only, and which fields differ, as "kind name: field"."""
        found = {f"{title}: only there" for title in self.records.keys() ^ other.records.keys()}
        for title in self.records.keys() & other.records.keys():
            mine, theirs = self.records[title], other.records[title]
            found |= {f"{title}: {name}" for name in mine if mine[name] != theirs[name]}
        return found


def tribe(w: World) -> Sight:
    """What Tribe shows."""
    records: dict[str, Fields] = {}
    titles: list[str] = []
    for kind, rows in (("customer", w.tribe.customers()), ("supplier", w.tribe.suppliers())):
        for row in rows:
            title, fields = _tribe_relation(kind, row)
            titles.append(title)
            records[title] = fields
    for row in w.tribe.products():
        titles.append(f"product {row['Name']}")
        records[titles[-1]] = {
            **{name: _plain(row[name]) for name in _PRODUCT},
            "VAT": row["VatGroup"]["Percentage"],
            "inactive": bool(row["IsInactive"]),
        }
    relations = [*w.tribe.organizations(), *w.tribe.persons()]
    titles += [f"relation {_called(row)}" for row in relations]
    return Sight(records, (*_twice(titles), *_stray_addresses(w, relations)))


def _stray_addresses(w: World, relations: Iterable[Row]) -> list[str]:
    """More addresses than relations show: one was written anew instead of changed."""
    shown = {row[name]["ID"] for row in relations for name in _ADDRESSES if row.get(name)}
    there = {one.id for one in w.tribe.store.of_type("Address")}
    return [f"{len(there - shown)} addresses that no relation shows"] if there - shown else []


_ADDRESSES = ("InvoiceAddress", "PostalAddress", "VisitingAddress", "Address")


def address_of(relation: Row) -> Row | None:
    """The address at the top of a relation's screen."""
    return next((relation[name] for name in _ADDRESSES if relation.get(name)), None)


def _tribe_relation(kind: str, role: Row) -> tuple[str, Fields]:
    relation = role.get("Organization") or role["Person"]
    number = relation["DebtorNumber" if kind == "customer" else "CreditorNumber"]
    fields: Fields = {
        "number": str(number or "").lstrip("0"),
        "address": _tribe_address(address_of(relation)),
        "inactive": bool(role["IsFormer"]),
        **{name: relation.get(name) or "" for name in _PLAIN},
    }
    if kind == "customer":
        fields["payment days"] = role["PaymentTermInDays"]
        fields |= {name: relation.get(name) or "" for name in _INVOICE_EMAIL}
    return f"{kind} {_called(relation)}", fields


def poweroffice(w: World) -> Sight:
    """What PowerOffice shows; what was archived before the first sync is left out."""
    records: dict[str, Fields] = {}
    titles: list[str] = []
    for kind, rows in (
        ("customer", w.poweroffice.customers()),
        ("supplier", w.poweroffice.suppliers()),
    ):
        for row in rows:
            title, fields = _poweroffice_relation(kind, row)
            titles.append(title)
            records[title] = fields
    for row in w.poweroffice.products():
        titles.append(f"product {row['Name']}")
        account = row["StandardSalesAccount"] or w.poweroffice.books.settings.standard_sales_account
        records[titles[-1]] = {
            **{name: _plain(row[member]) for name, member in _PRODUCT.items()},
            "VAT": _VAT_OF_ACCOUNT[account],
            "inactive": bool(row["IsArchived"]),
        }
    return Sight(records, tuple(_twice(titles)))


_VAT_OF_ACCOUNT = {3000: 25, 3010: 15, 3020: 12, 3100: 0}


def _poweroffice_relation(kind: str, row: Row) -> tuple[str, Fields]:
    fields: Fields = {
        "number": str(row["Number"]),
        "address": _poweroffice_address(row["MailAddress"]),
        "inactive": bool(row["IsArchived"]),
        **{name: row[member] or "" for name, member in _PLAIN.items()},
    }
    if kind == "customer":
        fields["payment days"] = row["PaymentTerm"]
        fields |= {name: row[member] or "" for name, member in _INVOICE_EMAIL.items()}
    name = " ".join(filter(None, (row["FirstName"], row["LastName"])))
    return f"{kind} {name if row['IsPerson'] else row['Name']}", fields


def _tribe_address(address: Row | None) -> str:
    if not address:
        return ""
    street = (address["Street"], address["HouseNumber"], address["HouseNumberSuffix"])
    parts = (*street, address["Extra"], address["Postalcode"], address["City"])
    return " ".join(str(part) for part in parts if part not in (None, ""))


def _poweroffice_address(address: Row | None) -> str:
    if not address:
        return ""
    parts = ("AddressLine1", "AddressLine2", "ZipCode", "City")
    return " ".join(address[part] for part in parts if address[part])


def _called(relation: Row) -> str:
    parts = (relation.get(part) for part in ("FirstName", "MiddleName", "LastName"))
    person = " ".join(part for part in parts if part)
    return person or " ".join(str(relation["Name"]).split())


def _plain(value: object) -> object:
    return float(value) if isinstance(value, int | float) else value or ""


def _twice(titles: Iterable[str]) -> list[str]:
    return sorted(title for title, count in Counter(titles).items() if count > 1)
