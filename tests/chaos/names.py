"""Who is behind an id, a number or a mark, so that two histories can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.chaos.office import Office
from tribe_po.records import System

Row = dict[str, Any]
Titled = tuple[str, Row]

_STAMPS = ("DateTimeOffset", "MutationDate", "CreationDate", "UpgradeDate")
_OWN_IDS = frozenset({"Id", "ID", "ImportId", "SubledgerAccountId"})


class Names:
    """Who is behind an id, a number or a mark."""

    def __init__(self, office: Office) -> None:
        rows = {
            "customer": office.poweroffice.customers(),
            "supplier": office.poweroffice.suppliers(),
        }
        self.contacts = {str(row["Id"]): called(row) for each in rows.values() for row in each}
        self.numbers = {
            (kind, str(row["Number"])): called(row) for kind, each in rows.items() for row in each
        }
        relations = [*office.tribe.organizations(), *office.tribe.persons()]
        self.relations = {row["ID"]: called(row) for row in relations}
        roles = [*office.tribe.customers(), *office.tribe.suppliers()]
        self.roles = {row["ID"]: called(row.get("Organization") or row["Person"]) for row in roles}
        self.roles |= {row["ID"]: row["Name"] for row in office.tribe.products()}
        self.roles |= {
            row["ID"]: row["Number"] or row["Subject"] for row in office.tribe.invoices()
        }
        self.products = {str(row["Id"]): row["Name"] for row in office.poweroffice.products()}
        self.sales = {
            row["Id"]: self.mark(row["ExternalImportReference"])
            for row in (*office.poweroffice.orders(), *office.poweroffice.invoices())
        }

    def in_poweroffice(self, kind: str, identifier: object) -> object:
        """Whose id it is among PowerOffice's records of a kind."""
        by_kind: dict[str, Mapping[str, object]] = {"product": self.products, "invoice": self.sales}
        return by_kind.get(kind, self.contacts).get(str(identifier))

    def number(self, kind: str, number: object) -> object:
        """A number that PowerOffice has handed out, as the name of its holder."""
        name = self.numbers.get((kind, str(number)))
        return f"number of {name}" if name else number

    def mark(self, mark: object) -> object:
        prefix, _, identifier = str(mark).rpartition(":")
        system, _, kind = prefix.partition(":")
        if system == System.POWEROFFICE:
            name = self.in_poweroffice(kind, identifier)
        else:
            name = self.relations.get(identifier) or self.roles.get(identifier)
        return f"{prefix}:{name}" if name else mark


def called(row: Row) -> str:
    person = " ".join(str(row.get(part) or "") for part in ("FirstName", "LastName"))
    return " ".join(str(row.get("Name") or person).split())


def bare(row: Row) -> Row:
    """A row without ids and stamps of its own, in all its depth."""
    return {
        name: bare(value) if isinstance(value, dict) else value
        for name, value in row.items()
        if name not in _OWN_IDS and not name.endswith(_STAMPS) and not name.startswith("@odata")
    }
