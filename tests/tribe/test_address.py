"""Tribe's addresses: splitting the street line, and putting it together again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tribe_po.fields import fields_of
from tribe_po.records import Address, Form, Kind
from tribe_po.tribe.address import address_of, joined, parts_of, split
from tribe_po.values import clean

ROW = next(row for row in fields_of(Kind.CUSTOMER, Form.ORGANIZATION) if row.name == "address")

PLAIN = st.text("abÅø .-/,1209 \tBC", max_size=30)
LINES = st.one_of(PLAIN, st.text(max_size=30))


def bare(line: str) -> str:
    return "".join(line.split())


def rebuilt(line: str) -> str:
    street, number, suffix = split(line)
    return joined(street, "" if number is None else str(number), suffix)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Storgata 12 B", ("Storgata", 12, "B")),
        ("Storgata 12B", ("Storgata", 12, "B")),
        ("  Karl  Johans gt. 7 ", ("Karl Johans gt.", 7, "")),
        ("Øvre Slottsgate 3 bis", ("Øvre Slottsgate", 3, "bis")),
        ("17. mai gate 4", ("17. mai gate", 4, "")),
        ("Boksvegen 3", ("Boksvegen", 3, "")),
    ],
)
def test_a_house_number_is_split_off(line: str, parts: tuple[str, int, str]) -> None:
    assert split(line) == parts


@pytest.mark.parametrize(
    "line",
    [
        "Postboks 12",
        "postboks 12 B",
        "Boks 7",
        "P.b. 12",
        "P.O. Box 12",
        "PO Box 12",
        "Gate 12-14",
        "Gate 12 - 14",
        "Gate 12/14",
        "Gate 012",
        "Gate 0",
        "Sentrum",
        "12 Storgata",
        "12",
        "",
        "Gate 1234567",
        "Storgata 12 oppgang B",
        "Storgata 1²",
    ],
)
def test_other_lines_stay_whole(line: str) -> None:
    assert split(line) == (line, None, "")


@given(LINES)
def test_the_parts_give_the_line_back(line: str) -> None:
    assert bare(rebuilt(line)) == bare(line)


@given(LINES)
def test_putting_together_twice_changes_nothing_more(line: str) -> None:
    once = rebuilt(line)
    assert rebuilt(once) == once


CLEAN = LINES.map(lambda line: clean(line) or "")


@given(st.builds(Address, CLEAN, CLEAN, CLEAN, CLEAN, st.sampled_from(["", "NO", "SE"])))
def test_a_written_address_is_read_as_the_same(address: Address) -> None:
    parts = {name: value for name, value in parts_of(address).items() if value is not None}
    read_back = address_of(parts, address.country)
    assert ROW.normal(read_back) == ROW.normal(address)
    assert ROW.normal(ROW.normal(address)) == ROW.normal(address)
    if read_back is not None:
        assert address_of(parts_of(read_back), address.country) == read_back


@pytest.mark.parametrize(
    ("house_number", "shown"),
    [
        (34, "Storgata 34"),
        (34.0, "Storgata 34"),
        (Decimal("34.0"), "Storgata 34"),
        (Decimal("34.5"), "Storgata 34.5"),
        ("34", "Storgata 34"),
        (None, "Storgata"),
        (Decimal("NaN"), "Storgata"),
    ],
)
def test_a_house_number_shows_without_an_idle_fraction(house_number: Any, shown: str) -> None:
    address = address_of({"Street": "Storgata", "HouseNumber": house_number}, "NO")
    assert address == Address(line1=shown, country="NO")


def test_property_names_are_read_in_any_capitals() -> None:
    address = address_of({"street": "Sentrum", "PostalCode": "0150", "CITY": "Oslo"}, "")
    assert address == Address(line1="Sentrum", postal_code="0150", city="Oslo")


def test_an_address_without_content_is_none() -> None:
    assert address_of({"Street": " ", "City": None, "Postalcode": ""}, "NO") is None


def test_all_parts_are_written_when_nothing_is_known() -> None:
    assert parts_of(Address("Storgata 12 B", "", "0155", "Oslo", "NO")) == {
        "Street": "Storgata",
        "HouseNumber": 12,
        "HouseNumberSuffix": "B",
        "Extra": None,
        "Postalcode": "0155",
        "City": "Oslo",
    }


def test_only_differing_parts_are_written() -> None:
    before = Address("Storgata 12 B", "c/o Vik", "0155", "Oslo", "NO")
    assert parts_of(Address("Storgata 12 B", "", "0156", "Oslo", "NO"), before) == {
        "Extra": None,
        "Postalcode": "0156",
    }
    assert parts_of(Address("Sentrum", "c/o Vik", "0155", "Oslo", "NO"), before) == {
        "Street": "Sentrum",
        "HouseNumber": None,
        "HouseNumberSuffix": None,
    }
