"""What every imitated Tribe tenant has from the start: lookups, itself, and its virtual user."""

from __future__ import annotations

from tribe_po.sandbox.tribe.model import (
    ADDRESS_TYPE,
    COUNTRY,
    EMPLOYEE,
    IDENTITY,
    ORGANIZATION,
    PERSON,
)
from tribe_po.sandbox.tribe.sales_model import (
    INVOICE_PHASE,
    LEDGER_ACCOUNT,
    OFFER_PHASE,
    PAYMENT_METHOD,
    PAYMENT_STATUS,
    PRODUCT_GROUP,
    UNIT,
    VAT_GROUP,
)
from tribe_po.sandbox.tribe.store import Record, Scalar, Store

# Code, Name, LocalizedName (the user's language is Norwegian), CountryNumber, in the EU.
_COUNTRIES = (
    ("NO", "Norway", "Norge", "578", False),
    ("SE", "Sweden", "Sverige", "752", True),
    ("DK", "Denmark", "Danmark", "208", True),
    ("FI", "Finland", "Finland", "246", True),
    ("IS", "Iceland", "Island", "352", False),
    ("DE", "Germany", "Tyskland", "276", True),
    ("NL", "Netherlands", "Nederland", "528", True),
    ("FR", "France", "Frankrike", "250", True),
    ("PL", "Poland", "Polen", "616", True),
    ("GB", "United Kingdom", "Storbritannia", "826", False),
    ("US", "United States", "USA", "840", False),
)
_ADDRESS_TYPES = (
    ("Visiting", "Visiting address", "Besøksadresse"),
    ("Postal", "Postal address", "Postadresse"),
    ("Invoice", "Invoice address", "Fakturaadresse"),
)
_BRANCHES = (("Retail", "Retail", "Varehandel"), ("Construction", "Construction", "Bygg"))

_SALES_LOOKUPS = {
    UNIT: (("pcs", "Piece", "stk"), ("hr", "Hour", "time")),
    LEDGER_ACCOUNT: (
        ("3000", "Sales, taxable", "Salgsinntekt, avgiftspliktig"),
        ("3100", "Sales, exempt", "Salgsinntekt, avgiftsfri"),
    ),
    PAYMENT_METHOD: (("Invoice", "Invoice", "Faktura"), ("Card", "Card", "Kort")),
    PAYMENT_STATUS: (("Open", "Open", "Åpen"), ("Paid", "Paid", "Betalt")),
    # The codes of the two sets overlap, the IDs do not.
    INVOICE_PHASE: (
        ("Draft", "Draft", "Utkast"),
        ("Sent", "Sent", "Sendt"),
        ("Reminder1", "First reminder", "Første purring"),
        ("Paid", "Paid", "Betalt"),
    ),
    OFFER_PHASE: (("Draft", "Draft", "Utkast"), ("Sent", "Sent", "Sendt")),
}
_VAT_PERCENTAGES = (25, 15, 12, 0)


def furnish(store: Store, created: str, organization_name: str) -> str:
    """Fill an empty store; `created` is its CreationDate on the wire. Returns the ID of the
    tenant's own organisation."""
    for code, name, localized, number, union in _COUNTRIES:
        country = _lookup(store, COUNTRY, code, name, localized, created)
        country.values |= {"CountryNumber": number, "HasIntraCommunityVat": union}
    for code, name, localized in _ADDRESS_TYPES:
        _lookup(store, ADDRESS_TYPE, code, name, localized, created)
    for code, name, localized in _BRANCHES:
        _lookup(store, "Datastore_Branch", code, name, localized, created)
    own = _new(store, ORGANIZATION, created, Name=organization_name)
    identity = _new(store, IDENTITY, created, Name=organization_name)
    store.link(identity, "Relation", own.id)
    store.link(identity, "Organization", own.id)
    person = _new(store, PERSON, created, LastName="Integration")
    employee = _new(store, EMPLOYEE, created, Name="Integration")
    store.link(employee, "Relation", own.id)
    store.link(employee, "Person", person.id)
    _furnish_sales(store, created)
    return own.id


def _furnish_sales(store: Store, created: str) -> None:
    for type_name, rows in _SALES_LOOKUPS.items():
        for row in rows:
            _lookup(store, type_name, *row, created)
    for phase in store.of_type(INVOICE_PHASE):
        phase.values["IsDefault"] = phase.values["Code"] == "Draft"
    norway = next(c.id for c in store.of_type(COUNTRY) if c.values["Code"] == "NO")
    for percentage in _VAT_PERCENTAGES:
        name = f"NO - {percentage}%"
        group = _lookup(store, VAT_GROUP, f"NO{percentage}", name, name, created)
        group.values["Percentage"] = percentage
        store.link(group, "Country", norway)
    _new(store, PRODUCT_GROUP, created, Name="General")


def _lookup(
    store: Store, type_name: str, code: str, name: str, localized: str, created: str
) -> Record:
    return _new(store, type_name, created, Code=code, Name=name, LocalizedName=localized)


def _new(store: Store, type_name: str, created: str, **values: Scalar) -> Record:
    record = store.add(type_name)
    record.values = {"CreationDate": created, **values}
    return record
