"""A second role takes over what the first one agreed on, and brings no edit to nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sync.builders import (
    CUSTOMER,
    PERSON,
    SUPPLIER,
    TRIBE,
    edited,
    in_poweroffice,
    in_tribe,
    linked,
    memory_of,
    planned,
    pull,
    the_change,
)
from tribe_po.records import NO_VALUES, Link, Record
from tribe_po.sides import Written
from tribe_po.sync import remember
from tribe_po.sync.change import Action
from tribe_po.sync.match import BY_CONTACT
from tribe_po.sync.other_role import agreed_before, other_role, shared
from tribe_po.sync.trees import GONE

OLD, IN_TRIBE = "post@fjordkaffe.example", "ny@tribe.example"


def customer(**values: str) -> Link:
    """A customer whose e-mail address somebody has changed in Tribe."""
    link = replace(linked("p1", "t1"), tribe_relation_id="relation of t1")
    return edited(link, TRIBE, email=IN_TRIBE, **values)


def supplier() -> Record:
    return in_poweroffice("p1", SUPPLIER, number="20010", phone="22334455")


def test_the_role_is_given_and_the_relation_left_as_it_is() -> None:
    change = the_change(planned(memory_of(customer(), supplier()), pull()))

    assert (change.action, change.kind, change.reason) == (
        Action.ADD_ROLE,
        SUPPLIER,
        f"matched by {BY_CONTACT}",
    )
    assert change.creation is not None
    assert change.creation.relation_id == "relation of t1"
    assert change.creation.values == {"number": "20010"}


def test_what_the_first_role_agreed_on_is_the_base_of_the_second() -> None:
    memory = memory_of(customer(), supplier())
    change = the_change(planned(memory, pull()))
    seen = in_tribe("t2", SUPPLIER, number="20010", email=IN_TRIBE)
    seen = replace(seen, relation_id="relation of t1")

    memory = remember.created(memory, change, Written("t2", None), seen)

    link = memory.links[SUPPLIER, "p1"]
    assert link.base["email"] == OLD
    assert link.tribe == {"email": IN_TRIBE}
    assert link.poweroffice == {"phone": "22334455"}, "PowerOffice alone has it: it goes to Tribe"


def test_so_it_is_where_the_role_is_found_in_tribe() -> None:
    """Somebody gave the relation the role, with the number that PowerOffice has."""
    role = in_tribe("t2", SUPPLIER, number="20010", email=IN_TRIBE)
    memory = memory_of(customer(), supplier(), replace(role, relation_id="relation of t1"))

    plan = planned(memory, pull())

    link = plan.memory.links[SUPPLIER, "p1"]
    assert (link.base["email"], link.tribe) == (OLD, {"email": IN_TRIBE})
    written = [change.edit.values for change in plan.changes if change.edit]
    assert written == [{"phone": "22334455"}]


@pytest.mark.parametrize(
    "first",
    [
        replace(customer(), parked=GONE[TRIBE]),
        replace(customer(), tribe_relation_id=""),
        replace(customer(), poweroffice_id="p9"),
        replace(customer(), form=PERSON),
    ],
    ids=["parked", "not shown yet", "another contact", "another form"],
)
def test_a_first_role_that_is_not_there_agrees_on_nothing(first: Link) -> None:
    memory = memory_of(first)

    assert other_role(memory, supplier()) is None
    assert agreed_before(memory, supplier(), "relation of t1") == NO_VALUES


def test_another_relation_agrees_on_nothing() -> None:
    assert agreed_before(memory_of(customer()), supplier(), "relation of t9") == NO_VALUES


def test_a_relation_that_its_number_names_gets_the_role_and_all_values() -> None:
    """Somebody entered the number at another relation: that one is meant."""
    named = in_tribe("", SUPPLIER, number="20010", email=IN_TRIBE)
    named = replace(named, relation_id="relation of t9", role_missing=True)

    (change,) = planned(memory_of(customer(), supplier()), pull(), candidates=[named]).changes

    assert change.creation is not None
    assert change.creation.relation_id == "relation of t9"
    assert change.creation.values == {"email": OLD, "phone": "22334455"}


def test_what_belongs_to_the_role_is_not_shared() -> None:
    names = shared(customer().form)

    assert {"name", "email", "phone", "address", "website"} <= names
    assert not {"number", "inactive", "payment_days", "invoice_email"} & names


def test_neither_products_nor_the_same_role_are_another_role() -> None:
    memory = memory_of(customer())

    assert other_role(memory, in_poweroffice("p1", CUSTOMER)) is None
