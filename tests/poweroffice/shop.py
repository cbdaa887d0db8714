"""A connection to a made-up client with groups, accounts and VAT codes to look up."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.poweroffice.scripted import Asked, Scripted, answer
from tribe_po.poweroffice.client import PowerOffice
from tribe_po.poweroffice.products import Catalogue
from tribe_po.records import Form, Kind, Value
from tribe_po.sides import Creation, Edit
from tribe_po.transport.http import Answer

ACCOUNTS = {Decimal(25): 3000, Decimal(15): 3010, Decimal("11.11"): 3030, Decimal(0): 3100}
"""What a client that sells at each rate configures."""

ACCOUNT_ROWS: list[dict[str, Any]] = [
    {"Id": 903000, "AccountNo": 3000, "VatCode": "3", "VatCodeId": 33},
    {"Id": 903010, "AccountNo": 3010, "VatCode": "31", "VatCodeId": 34},
    {"Id": 903020, "AccountNo": 3020, "VatCode": "33", "VatCodeId": 1},
    {"Id": 903030, "AccountNo": 3030, "VatCode": "32", "VatCodeId": 38},
    {"Id": 903100, "AccountNo": 3100, "VatCode": "5", "VatCodeId": 36},
    {"Id": 903200, "AccountNo": 3200, "VatCode": None, "VatCodeId": None},
    {"Id": 903900, "AccountNo": 3900, "VatCode": "C9", "VatCodeId": 99},
]
VAT_ROWS: list[dict[str, Any]] = [
    {"Id": 33, "Code": "3", "Rate": 0.25},
    {"Id": 34, "Code": "31", "Rate": 0.15},
    {"Id": 35, "Code": "33", "Rate": 0.12},
    {"Id": 36, "Code": "5", "Rate": 0},
    {"Id": 38, "Code": "32", "Rate": 0.1111},
]
GROUP_ROWS: list[dict[str, Any]] = [
    {"Id": 1, "Code": "1", "Name": "Standard", "StandardSalesAccountId": None},
    {"Id": 2, "Code": "MAT", "Name": "Mat og drikke", "StandardSalesAccountId": 903010},
    {"Id": 3, "Code": "GML", "Name": "Diverse", "IsArchived": True},
    {"Id": 4, "Code": "DIV", "Name": "Diverse"},
    {"Id": 5, "Code": "Standard", "Name": None},
]


def product(identity: int = 98765, **members: Any) -> dict[str, Any]:
    """A product without an account of its own, in the group Standard."""
    return {
        "Id": identity,
        "Code": "KAFFE",
        "Name": "Kaffebønner, 1 kg",
        "Description": None,
        "UnitPrice": 189.5,
        "UnitCost": None,
        "UnitOfMeasureCode": "KGM",
        "ProductType": "Product",
        "ProductGroupId": 1,
        "StandardSalesAccountId": None,
        "IsArchived": False,
        "LastChangedDateTimeOffset": "2026-09-01T09:14:07.1234567+00:00",
        **members,
    }


def new(values: dict[str, Value] | None = None) -> Creation:
    """A product to create. Its mark is its code."""
    given: dict[str, Value] = {"code": "KAFFE", "name": "Kaffebønner", **(values or {})}
    return Creation(Kind.PRODUCT, Form.PRODUCT, given, str(given["code"]))


def edit(values: dict[str, Value], expected: dict[str, Value] | None = None) -> Edit:
    """An edit of the product 98765."""
    return Edit(Kind.PRODUCT, Form.PRODUCT, "98765", "98765", None, values, expected or {})


@dataclass
class Shop:
    """`script` has the answers about products in turn, and `instead` answers to look-ups that
    replace the usual ones, by path."""

    script: list[Answer]
    catalogue: Catalogue | None = None
    instead: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = Scripted(answers=self._answer)
        self.side = PowerOffice(self.connection, self.catalogue)

    def _answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/Products"):
            return self.script.pop(0)
        usual = {
            "/ProductGroups": answer(200, GROUP_ROWS),
            "/GeneralLedgerAccounts": answer(200, ACCOUNT_ROWS),
            "/VatCodes": answer(200, VAT_ROWS),
            "/InvoiceSettings": answer(200, {"StandardSalesAccountId": 903000}),
        }
        return {**usual, **self.instead}[asked.path]

    @property
    def asked(self) -> list[Asked]:
        """The requests about products."""
        return [each for each in self.connection.asked if each.path.startswith("/Products")]

    @property
    def looked_up(self) -> list[str]:
        """The paths of the other requests."""
        paths = [each.path for each in self.connection.asked]
        return [path for path in paths if not path.startswith("/Products")]


def shop(
    *script: Answer, instead: dict[str, Answer] | None = None, group: str | None = None
) -> Shop:
    """A client that configured an account for each rate."""
    return Shop(list(script), Catalogue(ACCOUNTS, group), instead or {})


def bare_shop(*script: Answer, instead: dict[str, Answer] | None = None) -> Shop:
    """A client that configured nothing."""
    return Shop(list(script), None, instead or {})
