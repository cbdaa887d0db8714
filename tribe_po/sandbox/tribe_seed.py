"""What every imitated Tribe tenant has from the start: lookups, itself, and its virtual user."""

from __future__ import annotations

from tribe_po.sandbox.tribe_model import (
    ADDRESS_TYPE,
    COUNTRY,
    EMPLOYEE,
    IDENTITY,
    ORGANIZATION,
    PERSON,
)
from tribe_po.sandbox.tribe_store import Record, Scalar, Store

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
    return own.id


def _lookup(
    store: Store, type_name: str, code: str, name: str, localized: str, created: str
) -> Record:
    return _new(store, type_name, created, Code=code, Name=name, LocalizedName=localized)


def _new(store: Store, type_name: str, created: str, **values: Scalar) -> Record:
    record = store.add(type_name)
    record.values = {"CreationDate": created, **values}
    return record
