"""Between PowerOffice's records and the plain ones."""

from __future__ import annotations

import pytest

from tests.poweroffice.samples import STORGATA, creation, dto, person
from tribe_po.fields import fields_of
from tribe_po.poweroffice.translate import new_dto, record_from, split_name
from tribe_po.records import Address, Form, Kind, Record, System


def test_a_company() -> None:
    assert record_from(Kind.CUSTOMER, dto()) == Record(
        kind=Kind.CUSTOMER,
        system=System.POWEROFFICE,
        id="12345",
        relation_id="12345",
        form=Form.ORGANIZATION,
        values={
            "name": "Fjord Kaffe AS",
            "number": "10010",
            "organization_number": "923456783",
            "email": "post@fjordkaffe.example",
            "invoice_email": None,
            "phone": "22000000",
            "website": None,
            "address": STORGATA,
            "payment_days": 14,
            "inactive": False,
        },
    )


def test_a_private_customer_is_a_person() -> None:
    record = record_from(Kind.CUSTOMER, person())
    assert record.form is Form.PERSON
    assert record.values["first_name"] == "Kari"
    assert record.values["last_name"] == "Nordmann"
    assert "name" not in record.values
    assert record.label == "Kari Nordmann"


@pytest.mark.parametrize("own_name", [None, "", "Kari  Nordmann"])
def test_a_private_supplier_is_shown_as_an_organisation(own_name: str | None) -> None:
    record = record_from(Kind.SUPPLIER, person(Name=own_name))
    assert record.form is Form.ORGANIZATION
    assert record.values["name"] == "Kari Nordmann"


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("row", [dto(), person(), {"Id": 1}])
def test_every_field_is_there_even_when_empty(kind: Kind, row: dict[str, object]) -> None:
    record = record_from(kind, row)
    assert set(record.values) == {each.name for each in fields_of(kind, record.form)}


def test_text_is_cleaned_and_empty_text_is_nothing() -> None:
    record = record_from(Kind.CUSTOMER, dto(Name=" Fjord \n Kaffe AS ", EmailAddress="  "))
    assert record.values["name"] == "Fjord Kaffe AS"
    assert record.values["email"] is None


def test_a_record_without_a_name_is_still_one() -> None:
    record = record_from(Kind.CUSTOMER, dto(Name=None))
    assert record.values["name"] is None
    assert record.label == "10010"


@pytest.mark.parametrize(
    ("reference", "mark"),
    [("tribe:abc", "tribe:abc"), ("other-7", None), ("", None), (None, None), ("Tribe:x", None)],
)
def test_only_our_own_reference_is_a_mark(reference: str | None, mark: str | None) -> None:
    assert record_from(Kind.CUSTOMER, dto(ExternalImportReference=reference)).mark == mark


@pytest.mark.parametrize(
    ("members", "address"),
    [
        (None, None),
        ({"CountryCode": "NO"}, None),
        ({"City": " ", "ZipCode": ""}, None),
        ({"City": "Malmö", "CountryCode": "se"}, Address(city="Malmö", country="SE")),
        ({"AddressLine2": "c/o  Berg"}, Address(line2="c/o Berg")),
    ],
)
def test_an_address_with_nothing_but_a_country_is_none(
    members: dict[str, str] | None, address: Address | None
) -> None:
    assert record_from(Kind.CUSTOMER, dto(MailAddress=members)).values["address"] == address


def test_archived_is_inactive_and_payment_days_may_be_inherited() -> None:
    record = record_from(Kind.CUSTOMER, dto(IsArchived=True, PaymentTerm=None))
    assert record.values["inactive"] is True
    assert record.values["payment_days"] is None
    assert record_from(Kind.CUSTOMER, dto(IsArchived=None)).values["inactive"] is False


def test_a_new_company_is_sent_with_what_is_there_and_without_number() -> None:
    new = creation(
        {
            "name": "Fjord Kaffe AS",
            "number": "10010",
            "organization_number": None,
            "email": "post@fjordkaffe.example",
            "payment_days": 0,
            "address": STORGATA,
            "inactive": False,
        }
    )
    assert new_dto(new, 1214) == {
        "IsPerson": False,
        "ExternalImportReference": new.mark,
        "Name": "Fjord Kaffe AS",
        "EmailAddress": "post@fjordkaffe.example",
        "PaymentTermId": 1214,
        "MailAddress": {
            "AddressLine1": "Storgata 1",
            "ZipCode": "0155",
            "City": "Oslo",
            "CountryCode": "NO",
        },
    }


def test_a_new_person_has_first_and_last_name() -> None:
    new = creation({"first_name": "Kari", "last_name": "Nordmann"}, form=Form.PERSON)
    assert new_dto(new, None) == {
        "IsPerson": True,
        "ExternalImportReference": new.mark,
        "FirstName": "Kari",
        "LastName": "Nordmann",
    }


@pytest.mark.parametrize("address", [Address(city="Oslo"), Address(line1="X", postal_code="0155")])
def test_an_address_without_postal_code_or_city_is_left_out(address: Address) -> None:
    assert "MailAddress" not in new_dto(creation({"name": "X AS", "address": address}), None)


def test_a_new_record_may_be_archived_from_the_start() -> None:
    assert new_dto(creation({"name": "X AS", "inactive": True}), None)["IsArchived"] is True


@pytest.mark.parametrize(
    ("name", "before", "parts"),
    [
        ("Kari Hansen", ("Kari", "Nordmann"), ("Kari", "Hansen")),
        ("Kari van der Bergen", ("Kari", "van der Berg"), ("Kari", "van der Bergen")),
        ("Kari Anne van Dam", ("Kari", "van Dam"), ("Kari", "Anne van Dam")),
        ("Ola van Dam", ("Kari", "van Dam"), ("Ola", "van Dam")),
        ("Anne Marie Berg", ("Kari", "Nordmann"), ("Anne Marie", "Berg")),
        ("Cher", ("Kari", "Nordmann"), ("", "Cher")),
    ],
)
def test_a_full_name_is_split_where_it_was_or_at_the_last_space(
    name: str, before: tuple[str, str], parts: tuple[str, str]
) -> None:
    assert split_name(name, {"FirstName": before[0], "LastName": before[1]}) == parts
