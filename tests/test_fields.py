"""The field table: when two values mean the same, and what a system would refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tribe_po import fields
from tribe_po.fields import FIELDS, Field, Owner, differing, fields_of
from tribe_po.records import Address, Form, Kind, System, Value
from tribe_po.values import INCOMPLETE_ADDRESS, MISSING, clean

CUSTOMER, SUPPLIER = Kind.CUSTOMER, Kind.SUPPLIER
ORGANIZATION, PERSON = Form.ORGANIZATION, Form.PERSON
OSLO = Address("Storgata 1", "", "0155", "Oslo")


def row(name: str, kind: Kind = CUSTOMER, form: Form = ORGANIZATION) -> Field:
    return next(row for row in fields_of(kind, form) if row.name == name)


@pytest.mark.parametrize(
    ("given_text", "cleaned"),
    [
        (None, None),
        ("", None),
        (" \n\t", None),
        ("  Fjord \n Kaffe  AS ", "Fjord Kaffe AS"),
        (10010, "10010"),
    ],
)
def test_cleaned_text_has_no_stray_white_space(given_text: object, cleaned: str | None) -> None:
    assert clean(given_text) == cleaned


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("name", "Fjord  Kaffe AS ", "Fjord Kaffe AS"),
        ("number", "010010", "10010"),
        ("number", "000", "0"),
        ("number", 10010, "10010"),
        ("number", "", None),
        ("organization_number", "NO 923 456 783 MVA", "923456783"),
        ("organization_number", "no923456783", "923456783"),
        ("organization_number", "923.456.783", "923456783"),
        ("organization_number", "SE556000-4615", "se556000-4615"),
        ("organization_number", " ", None),
        ("email", "Post@Fjordkaffe.example", "post@fjordkaffe.example"),
        ("invoice_email", "", None),
        ("phone", "+47 22 33 44 55", "22334455"),
        ("phone", "0047-22334455", "(22) 33.44/55"),
        ("phone", "0045 12 34 56 78", "+4512345678"),
        ("phone", "  ", None),
        ("website", "https://Fjordkaffe.example/", "fjordkaffe.example"),
        ("website", "http://fjordkaffe.example", "https://fjordkaffe.example"),
        ("website", "https://", None),
        ("website", "", None),
        ("address", OSLO, Address("storgata  1", "", "01 55", "OSLO", "no")),
        ("address", Address(country="NO"), None),
        ("address", Address(), None),
        ("address", "Storgata 1", None),
        ("payment_days", "14", 14),
        ("payment_days", Address(), None),
        ("inactive", None, False),
        ("inactive", 1, True),
    ],
)
def test_spelling_makes_no_difference(field: str, one: Value, other: Value) -> None:
    assert row(field).same(one, other)
    assert row(field).same(other, one)


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("name", "Fjord Kaffe AS", "FJORD KAFFE AS"),
        ("number", "A010", "A10"),
        ("number", "0", None),
        ("organization_number", "923456783", "923456784"),
        ("phone", "+4512345678", "12345678"),
        ("phone", "+4712345", "12345"),
        ("website", "fjordkaffe.example/kontakt", "fjordkaffe.example"),
        ("address", OSLO, Address("Storgata 1", "", "0155", "Oslo", "SE")),
        ("address", OSLO, Address("", "Storgata 1", "0155", "Oslo")),
        ("address", Address(line1="Storgata 1"), None),
        ("payment_days", 0, None),
        ("inactive", True, None),
    ],
)
def test_a_difference_that_a_bookkeeper_sees_is_one(field: str, one: Value, other: Value) -> None:
    assert not row(field).same(one, other)


parts = st.sampled_from(["", " ", "Storgata 1", "STORGATA  1", "01 55", "0155"])
addresses = st.builds(Address, parts, parts, parts, parts, st.sampled_from(["", "NO", "se", " "]))
values_of: dict[str, st.SearchStrategy[Value]] = {
    "address": addresses | st.none(),
    "payment_days": st.integers(0, 90) | st.none(),
    "inactive": st.booleans() | st.none(),
}


@pytest.mark.parametrize("name", sorted({row.name for row in FIELDS} - {"website", "phone"}))
@given(data=st.data())
def test_the_form_for_comparison_is_its_own_form_for_comparison(
    name: str, data: st.DataObject
) -> None:
    compared = next(row for row in FIELDS if row.name == name)
    value = data.draw(values_of.get(name, st.text(max_size=20) | st.none()))

    assert compared.normal(compared.normal(value)) == compared.normal(value)


def test_a_record_without_a_name_is_refused_by_either_system() -> None:
    for name, form in (("name", ORGANIZATION), ("first_name", PERSON), ("last_name", PERSON)):
        for system in System:
            assert row(name, form=form).required
            assert row(name, form=form).refusal(" ", system) is MISSING
            assert row(name, form=form).refusal("Nordmann", system) is None


@pytest.mark.parametrize(
    ("address", "target", "refusal"),
    [
        (OSLO, System.POWEROFFICE, None),
        (Address("Storgata 1", "", "0155", ""), System.POWEROFFICE, INCOMPLETE_ADDRESS),
        (Address("Storgata 1", "", "", "Oslo"), System.POWEROFFICE, INCOMPLETE_ADDRESS),
        (Address("Storgata 1"), System.TRIBE, None),
        (None, System.POWEROFFICE, None),
    ],
)
def test_poweroffice_wants_postal_code_and_city(
    address: Address | None, target: System, refusal: str | None
) -> None:
    assert row("address").refusal(address, target) is refusal


def test_other_fields_are_never_refused_beforehand() -> None:
    for system in System:
        assert row("email").refusal("not an address", system) is None


def test_each_kind_and_form_has_its_own_rows() -> None:
    names = {
        (kind, form): {row.name for row in fields_of(kind, form)} for kind in Kind for form in Form
    }

    assert "name" in names[CUSTOMER, ORGANIZATION]
    assert names[CUSTOMER, ORGANIZATION] - names[SUPPLIER, ORGANIZATION] == {
        "invoice_email",
        "payment_days",
    }
    assert {"first_name", "last_name"} <= names[CUSTOMER, PERSON]
    assert not names[CUSTOMER, PERSON] & {"name", "organization_number", "website"}
    assert "number" not in names[SUPPLIER, PERSON]
    assert row("number", CUSTOMER).label == "debtor number"
    assert row("number", SUPPLIER).label == "creditor number"


def test_tribe_keeps_an_address_of_a_company_elsewhere_than_that_of_a_person() -> None:
    assert row("address").place(ORGANIZATION) == "InvoiceAddress"
    assert row("address").place(PERSON) == "Address"
    assert row("website").forms == {ORGANIZATION}


def test_only_the_number_is_poweroffices_own() -> None:
    assert {row.name for row in FIELDS if row.owner is Owner.POWEROFFICE} == {"number"}


def test_differing_names_the_rows_in_the_tables_order() -> None:
    one: dict[str, Value] = {"name": "Fjord Kaffe AS", "phone": "22334455", "email": "a@x.example"}
    other: dict[str, Value] = {"name": "Fjord Te AS", "phone": "+47 22 33 44 55"}

    assert [row.name for row in differing(CUSTOMER, ORGANIZATION, one, other)] == ["name", "email"]
    assert not list(differing(CUSTOMER, ORGANIZATION, one, one))


def test_the_tables_fingerprint_moves_with_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fields.fingerprint()
    assert before == fields.fingerprint()

    monkeypatch.setattr(fields, "FIELDS", FIELDS[:-1])
    fields.fingerprint.cache_clear()
    after = fields.fingerprint()
    fields.fingerprint.cache_clear()

    assert before != after
