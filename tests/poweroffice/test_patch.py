"""JSON Patch: exactly what an edit says, and the tests that guard it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.poweroffice.samples import STORGATA, edit
from tribe_po.errors import RecordRefused
from tribe_po.poweroffice.patch import patch_for
from tribe_po.records import Address, Value


def body(
    values: dict[str, Value], expected: dict[str, Value], term: int | None = None
) -> list[dict[str, Any]]:
    return patch_for(edit(values, expected), {"payment_days": term}).body(guarded=False)


def test_a_replaced_value_is_tested_first() -> None:
    patch = patch_for(edit({"name": "New AS"}, {"name": "Old AS"}), {})
    assert patch.body(guarded=True) == [
        {"op": "test", "path": "/Name", "value": "Old AS"},
        {"op": "replace", "path": "/Name", "value": "New AS"},
    ]
    assert patch.body(guarded=False) == [{"op": "replace", "path": "/Name", "value": "New AS"}]


def test_an_empty_value_is_replaced_without_a_test() -> None:
    patch = patch_for(edit({"email": "a@x.example"}, {"email": None}), {})
    assert patch.body(guarded=True) == [
        {"op": "replace", "path": "/EmailAddress", "value": "a@x.example"}
    ]


def test_a_cleared_value_is_removed() -> None:
    assert body({"website": None}, {"website": "x.example"}) == [
        {"op": "remove", "path": "/WebsiteUrl"}
    ]


def test_what_is_empty_already_is_not_removed() -> None:
    assert patch_for(edit({"website": None}, {"website": None}), {}).is_empty


def test_inactive_is_archived() -> None:
    patch = patch_for(edit({"inactive": True}, {"inactive": False}), {})
    assert patch.body(guarded=True) == [
        {"op": "test", "path": "/IsArchived", "value": False},
        {"op": "replace", "path": "/IsArchived", "value": True},
    ]


def test_the_number_is_never_written() -> None:
    assert patch_for(edit({"number": "10011"}, {"number": "10010"}), {}).is_empty


def test_payment_days_are_written_as_a_term_and_not_tested() -> None:
    patch = patch_for(edit({"payment_days": 30}, {"payment_days": 14}), {"payment_days": 1230})
    assert patch.body(guarded=True) == [{"op": "replace", "path": "/PaymentTermId", "value": 1230}]
    assert body({"payment_days": None}, {"payment_days": 14}) == [
        {"op": "remove", "path": "/PaymentTermId"}
    ]


@pytest.mark.parametrize(
    ("new", "steps"),
    [
        (
            Address("Storgata 2", "", "0155", "Oslo", "NO"),
            [("replace", "AddressLine1", "Storgata 2")],
        ),
        (Address("Storgata 1", "2. etg", "0155", "Oslo"), [("add", "AddressLine2", "2. etg")]),
        (Address("STORGATA  1", "", "01 55", "oslo", "no"), []),
        (Address("", "", "0155", "Oslo", "NO"), [("remove", "AddressLine1", None)]),
        (
            Address("Storgata 1", "", "21122", "Malmö", "SE"),
            [
                ("replace", "ZipCode", "21122"),
                ("replace", "City", "Malmö"),
                ("replace", "CountryCode", "SE"),
            ],
        ),
    ],
)
def test_only_the_parts_of_an_address_that_differ_are_written(
    new: Address, steps: list[tuple[str, str, str | None]]
) -> None:
    written = [
        (step["op"], step["path"].removeprefix("/MailAddress/"), step.get("value"))
        for step in body({"address": new}, {"address": STORGATA})
    ]
    assert written == steps


def test_an_address_abroad_that_moves_home_gets_its_country() -> None:
    abroad = Address("Storgata 1", "", "0155", "Oslo", "SE")
    at_home = Address("Storgata 1", "", "0155", "Oslo")
    assert body({"address": at_home}, {"address": abroad}) == [
        {"op": "replace", "path": "/MailAddress/CountryCode", "value": "NO"}
    ]


def test_a_first_address_is_added_part_by_part_or_whole() -> None:
    patch = patch_for(edit({"address": STORGATA}, {"address": None}), {})
    parts = {"AddressLine1": "Storgata 1", "ZipCode": "0155", "City": "Oslo", "CountryCode": "NO"}
    assert patch.body(guarded=True) == [
        {"op": "add", "path": f"/MailAddress/{name}", "value": part} for name, part in parts.items()
    ]
    assert patch.body(guarded=True, by_parts=False) == [
        {"op": "add", "path": "/MailAddress", "value": parts}
    ]


def test_what_is_cleared_can_be_written_as_null() -> None:
    """For a server that takes no remove."""
    patch = patch_for(edit({"phone": None}, {"phone": "22 33 44 55"}), {})
    assert patch.removes
    test = {"op": "test", "path": "/PhoneNumber", "value": "22 33 44 55"}
    null = {"op": "replace", "path": "/PhoneNumber", "value": None}
    assert patch.body(guarded=True, removing=False) == [test, null]


def test_an_address_cannot_be_cleared() -> None:
    with pytest.raises(RecordRefused, match="cannot be cleared"):
        patch_for(edit({"address": None}, {"address": STORGATA}), {})
    assert patch_for(edit({"address": None}, {"address": None}), {}).is_empty


def test_fields_that_are_not_in_the_edit_are_not_in_the_patch() -> None:
    steps = body({"phone": "1"}, {"phone": "2", "name": "X", "address": STORGATA, "email": "y"})
    assert [step["path"] for step in steps] == ["/PhoneNumber"]
