"""From Tribe's objects to records, and values back to properties."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tribe_po.errors import NotAllowed, RecordRefused
from tribe_po.records import Address, Form, Kind, Record
from tribe_po.tribe.metadata import ORGANIZATION, ORGANIZATION_CUSTOMER, Names
from tribe_po.tribe.shapes import Shape, shape_of
from tribe_po.tribe.translate import bodies, record_of_role

NAMES = Names.usual()
COMPANY = shape_of(NAMES, Kind.CUSTOMER, Form.ORGANIZATION)
PERSON = shape_of(NAMES, Kind.CUSTOMER, Form.PERSON)
SUPPLIER = shape_of(NAMES, Kind.SUPPLIER, Form.ORGANIZATION)


def read_company(role: dict[str, Any] | None = None, **organization: Any) -> Record:
    whole = {"ID": "role", "Organization": {"ID": "org", **organization}, **(role or {})}
    record = record_of_role(COMPANY, whole)
    assert record is not None
    return record


def without(entity_set: str, *names: str) -> Names:
    """The usual names but for some of one set."""
    members = {k: v for k, v in NAMES.by_set[entity_set].items() if v not in names}
    return Names({**NAMES.by_set, entity_set: members}, known=True)


def test_everything_of_a_company() -> None:
    record = read_company(
        {"PaymentTermInDays": Decimal("14.0"), "IsFormer": True, "ImportId": "poweroffice:x:1"},
        Name=" Fjord  Kaffe AS\n",
        DebtorNumber=10001,
        ChamberOfCommerceNumber="987654325",
        VATNumber="NO111111111MVA",
        EmailAddress="post@fjord.example",
        FinancialEmailAddress="",
        PhoneNumber="22 33 44 55",
        Website=None,
        InvoiceAddress={
            "ID": "address",
            "Street": "Storgata",
            "HouseNumber": Decimal("12.0"),
            "HouseNumberSuffix": "B",
            "Postalcode": "0155",
            "City": "Oslo",
            "Country": {"ID": "c", "Code": "no"},
        },
    )
    assert (record.id, record.relation_id, record.address_id) == ("role", "org", "address")
    assert record.mark == "poweroffice:x:1"
    assert record.values == {
        "name": "Fjord Kaffe AS",
        "number": "10001",
        "organization_number": "987654325",
        "email": "post@fjord.example",
        "invoice_email": None,
        "phone": "22 33 44 55",
        "website": None,
        "address": Address("Storgata 12 B", "", "0155", "Oslo", "NO"),
        "payment_days": 14,
        "inactive": True,
    }


def test_nothing_but_ids() -> None:
    record = read_company()
    assert record.values["inactive"] is False
    assert {v for name, v in record.values.items() if name != "inactive"} == {None}
    assert (record.mark, record.address_id) == (None, None)


def test_names_are_read_in_any_capitals() -> None:
    role = {"id": "role", "organization": {"Id": "org", "name": "Vik", "vatNumber": "NO 1"}}
    record = record_of_role(COMPANY, role)
    assert record is not None
    assert record.values["name"] == "Vik"
    assert record.values["organization_number"] == "NO 1"


@pytest.mark.parametrize(
    ("vat", "shown"),
    [
        ("NO987654325MVA", "987654325"),
        ("no 987 654 325 mva", "987654325"),
        ("987654325 MVA", "987654325"),
        ("987654325", "987654325"),
        ("SE556677889901", "SE556677889901"),
    ],
)
def test_an_organisation_number_hides_in_a_vat_number(vat: str, shown: str) -> None:
    assert read_company(VATNumber=vat).values["organization_number"] == shown


def test_another_address_is_read_while_the_invoice_address_is_empty() -> None:
    postal = {"ID": "p", "Street": "Postboks 7", "Postalcode": "5001", "City": "Bergen"}
    visiting = {"ID": "v", "Street": "Vågen", "HouseNumber": 3}
    empty = {"ID": "i", "Street": None}
    read = read_company(InvoiceAddress=empty, PostalAddress=postal, VisitingAddress=visiting)
    assert read.values["address"] == Address("Postboks 7", "", "5001", "Bergen", "")
    assert read.address_id is None
    assert read_company(VisitingAddress=visiting).values["address"] == Address("Vågen 3")
    assert read_company(InvoiceAddress=empty).address_id == "i"
    assert read_company(InvoiceAddress=empty).values["address"] is None


def test_a_mark_of_somebody_else_is_none() -> None:
    assert read_company({"ImportId": "excel-7"}).mark is None


def test_a_persons_first_name_holds_the_middle_name() -> None:
    person = {"ID": "p", "FirstName": "Arnoud", "MiddleName": "de", "LastName": "Smit"}
    record = record_of_role(PERSON, {"ID": "role", "Person": {**person, "Name": "\n\nx"}})
    assert record is not None
    assert record.values["first_name"] == "Arnoud de"
    assert record.values["last_name"] == "Smit"
    assert "name" not in record.values


def test_a_relationship_without_a_relation_is_no_record() -> None:
    assert record_of_role(COMPANY, {"ID": "role", "Organization": None}) is None


def test_values_go_to_the_relation_and_the_role() -> None:
    written = bodies(
        COMPANY,
        {
            "name": "Vik AS",
            "number": "10001",
            "organization_number": "987654325",
            "email": None,
            "payment_days": 30,
            "inactive": None,
            "address": Address(city="Oslo"),
        },
    )
    assert written.relation == {
        "Name": "Vik AS",
        "DebtorNumber": "10001",
        "ChamberOfCommerceNumber": "987654325",
        "EmailAddress": None,
    }
    assert written.role == {"PaymentTermInDays": 30, "IsFormer": False}


def test_a_first_name_is_written_whole() -> None:
    written = bodies(PERSON, {"first_name": "Arnoud de", "last_name": "Smit"})
    assert written.relation == {"FirstName": "Arnoud de", "MiddleName": None, "LastName": "Smit"}


def test_a_supplier_has_a_creditor_number() -> None:
    assert bodies(SUPPLIER, {"number": "20001"}).relation == {"CreditorNumber": "20001"}
    assert "payment_days" not in {place.row.name for place in SUPPLIER.places}


def selected(shape: Shape) -> str:
    return " ".join(f"{key}={value}" for key, value in shape.role.options())


def test_what_a_tenant_lacks_is_not_asked_for() -> None:
    assert "FinancialEmailAddress" in selected(COMPANY)
    assert "ImportId" in selected(COMPANY)
    assert "PostalAddress" in selected(COMPANY)
    names = without(ORGANIZATION, "FinancialEmailAddress", "PostalAddress")
    lacking = shape_of(names, Kind.CUSTOMER, Form.ORGANIZATION)
    assert "FinancialEmailAddress" not in selected(lacking)
    assert "PostalAddress" not in selected(lacking)
    unmarked = without(ORGANIZATION_CUSTOMER, "ImportId")
    assert "ImportId" not in selected(shape_of(unmarked, Kind.CUSTOMER, Form.ORGANIZATION))
    assert "PostalAddress" not in selected(PERSON)


def test_what_a_tenant_lacks_is_not_dropped_in_silence() -> None:
    shape = shape_of(
        without(ORGANIZATION, "FinancialEmailAddress"), Kind.CUSTOMER, Form.ORGANIZATION
    )
    with pytest.raises(RecordRefused, match="invoice e-mail"):
        bodies(shape, {"invoice_email": "a@b.example"})
    assert bodies(shape, {"email": "a@b.example"}).relation == {"EmailAddress": "a@b.example"}


def test_a_tenant_without_names_of_organisations_is_refused() -> None:
    with pytest.raises(NotAllowed, match="Name"):
        shape_of(without(ORGANIZATION, "Name"), Kind.CUSTOMER, Form.ORGANIZATION)
