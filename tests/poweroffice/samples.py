"""Made-up customers and suppliers, as PowerOffice hands them out and as plain records."""

from __future__ import annotations

from typing import Any

from tribe_po.records import Address, Form, Kind, Value
from tribe_po.sides import Creation, Edit

STORGATA = Address("Storgata 1", "", "0155", "Oslo", "NO")


def dto(identity: int = 12345, **members: Any) -> dict[str, Any]:
    """A company with an address, all members that matter given."""
    return {
        "Id": identity,
        "Number": 10010,
        "Name": "Fjord Kaffe AS",
        "FirstName": None,
        "LastName": None,
        "IsPerson": False,
        "IsActive": True,
        "IsArchived": False,
        "OrganizationNumber": "923456783",
        "EmailAddress": "post@fjordkaffe.example",
        "InvoiceEmailAddress": None,
        "PhoneNumber": "22000000",
        "WebsiteUrl": None,
        "PaymentTerm": 14,
        "PaymentTermId": 1214,
        "ExternalImportReference": None,
        "LastChangedDateTimeOffset": "2026-09-01T09:14:07.1234567+00:00",
        "MailAddress": {
            "Id": 555,
            "AddressLine1": "Storgata 1",
            "AddressLine2": None,
            "ZipCode": "0155",
            "City": "Oslo",
            "CountryCode": "NO",
        },
        **members,
    }


def person(identity: int = 12346, **members: Any) -> dict[str, Any]:
    """A private person."""
    named = {"Name": None, "FirstName": "Kari", "LastName": "Nordmann", "IsPerson": True}
    return dto(identity, **{**named, "OrganizationNumber": None, **members})


def edit(
    values: dict[str, Value],
    expected: dict[str, Value] | None = None,
    kind: Kind = Kind.CUSTOMER,
    form: Form = Form.ORGANIZATION,
    identity: str = "12345",
) -> Edit:
    """An edit of one record."""
    return Edit(kind, form, identity, identity, None, values, expected or {})


def creation(
    values: dict[str, Value], kind: Kind = Kind.CUSTOMER, form: Form = Form.ORGANIZATION
) -> Creation:
    """A record to create, with a mark."""
    return Creation(kind, form, values, "tribe:9fcb1d52-0000-4000-8000-000000000001")
