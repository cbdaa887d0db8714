"""What a plan costs before it is carried out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sync.builders import (
    POWEROFFICE,
    SUPPLIER,
    TRIBE,
    edited,
    in_poweroffice,
    in_tribe,
    linked,
    memory_of,
    planned,
    pull,
    push,
)
from tests.sync.test_invoice_changes import exported
from tests.sync.test_invoices import source
from tests.sync.test_products import PUSH as PUSH_PRODUCTS
from tests.sync.test_products import planned as planned_products
from tests.sync.test_products import product
from tribe_po.records import Address, Kind, Value
from tribe_po.sync.cost import ANSWER, SHARED, cost_of
from tribe_po.sync.trees import pair

RATE = 10.0
PULL_PRODUCTS = replace(
    PUSH_PRODUCTS,
    creates_in=frozenset({TRIBE}),
    updates_in=frozenset({TRIBE}),
    keys_to_tribe=False,
)
OSLO = Address("Storgata 1", "", "0155", "Oslo", "NO")


def test_nothing_to_do_costs_nothing() -> None:
    cost = cost_of(planned(memory_of(linked()), pull()), RATE)
    assert (cost.total, cost.seconds) == (0, 0)


def test_updates_of_poweroffice_are_a_patch_each_and_a_look_for_a_hundred() -> None:
    links = [
        edited(linked(f"p{n}", f"t{n}", number=str(n)), TRIBE, email="a@b.example")
        for n in range(250)
    ]
    cost = cost_of(planned(memory_of(*links), push()), RATE)
    assert cost.requests == {POWEROFFICE: 253}
    assert cost.seconds == pytest.approx(25.3)


@pytest.mark.parametrize(
    ("values", "writes"),
    [
        ({"email": "a@b.example"}, 1),
        ({"email": "a@b.example", "phone": "22334455"}, 1),
        ({"address": OSLO}, 1),
        ({"payment_days": 30}, 1),
        ({"email": "a@b.example", "address": OSLO, "payment_days": 30, "inactive": True}, 3),
    ],
)
def test_tribe_keeps_role_relation_and_address_apart(values: dict[str, Value], writes: int) -> None:
    cost = cost_of(planned(memory_of(edited(linked(), POWEROFFICE, **values)), pull()), RATE)
    # Looked at before: companies, persons, and the addresses of both.
    assert cost.requests == {TRIBE: writes + 3}


def test_both_sides_are_looked_at_where_both_are_updated() -> None:
    memory = memory_of(
        edited(linked("p1", "t1"), TRIBE, number="77"),
        edited(linked("p2", "t2", number="2"), TRIBE, email="a@b.example"),
    )
    cost = cost_of(planned(memory, push()), RATE)
    # One number goes back to Tribe, one e-mail address to PowerOffice.
    assert cost.requests == {TRIBE: 1 + 3, POWEROFFICE: 1 + 1}


def test_a_create_in_poweroffice_brings_a_number_back_and_is_made_alone() -> None:
    new = [in_tribe(f"t{n}", email=f"{n}@b.example", name=f"Kunde {n}") for n in range(4)]
    cost = cost_of(planned(memory_of(*new), push()), RATE)
    assert cost.requests == {POWEROFFICE: 4, TRIBE: 4}
    assert cost.seconds == pytest.approx(4 * ANSWER)


@pytest.mark.parametrize(("code", "back"), [("K-1", 0), (None, 1)])
def test_a_new_product_brings_back_the_code_that_tribe_lacks(code: str | None, back: int) -> None:
    new = product(TRIBE, "9fcb346f-bd58-423d-b7da-1952f9449827", code=code)
    requests = cost_of(planned_products(new), RATE).requests
    assert (requests[POWEROFFICE], requests[TRIBE]) == (1, back)


def test_an_export_of_which_tribe_does_not_tell_everything_brings_nothing_back() -> None:
    cost = cost_of(exported(source(vat=None, content="c0ffee")), RATE)
    assert cost.requests[TRIBE] == 0


def test_new_suppliers_are_not_made_alone() -> None:
    new = [in_tribe(f"t{n}", SUPPLIER, name=f"Lever {n}", email=f"{n}@b.example") for n in range(4)]
    assert cost_of(planned(memory_of(*new), push()), RATE).seconds == pytest.approx(4 / RATE)


def test_creates_in_tribe_are_read_back() -> None:
    new = [
        in_poweroffice(f"p{n}", name=f"Kunde {n}", number=str(n), email=f"{n}@b.example")
        for n in range(1, 62)
    ]
    cost = cost_of(planned(memory_of(*new), pull()), RATE)
    # For companies and persons each: two readings of at most 60 records.
    assert cost.requests == {TRIBE: 61 + 4}
    assert cost.seconds > 0


def test_of_a_relation_that_gets_a_role_its_other_roles_are_read() -> None:
    lead = replace(in_tribe("lead", number="10010"), role_missing=True)
    plan = planned(memory_of(in_poweroffice()), pull(), candidates=[lead])
    read = 2
    assert cost_of(plan, RATE).requests == {TRIBE: 1 + SHARED + read}


def test_products_have_no_addresses_to_look_at() -> None:
    records = product(POWEROFFICE, "7"), product(TRIBE, "t1", name="Coffee, old")
    plan = planned_products(links=(pair(*records, "code"),), task=PULL_PRODUCTS)
    write, look = 1, 1
    assert cost_of(plan, RATE).requests == {TRIBE: write + look}


def test_a_link_costs_nothing() -> None:
    memory = memory_of(in_poweroffice(), in_tribe(number="10010"))
    plan = planned(memory, pull())
    assert [change.kind for change in plan.changes] == [Kind.CUSTOMER]
    assert cost_of(plan, RATE).total == 0


def test_what_was_created_shows_up_when_changes_are_looked_for() -> None:
    memory = memory_of(
        edited(linked(), POWEROFFICE, email="a@b.example"),
        in_poweroffice("p2", name="Kunde 2", number="2", email="2@b.example"),
    )
    cost = cost_of(planned(memory, pull()), RATE)
    read, look_for_changes = 2, 2 * 3
    assert cost.requests == {TRIBE: 2 + read + look_for_changes}
