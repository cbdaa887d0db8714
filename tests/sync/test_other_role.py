"""A second role takes over what the first one agreed on, and brings no edit to nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.sync.builders import (
    BOTH_KINDS,
    CUSTOMER,
    NOON,
    ORGANIZATION,
    PERSON,
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
    the_change,
)
from tribe_po.records import NO_VALUES, Link, Memory, Observation, Record, Sent, Value
from tribe_po.sides import Written
from tribe_po.sync import remember
from tribe_po.sync.change import Action
from tribe_po.sync.lag import laid_over
from tribe_po.sync.match import BY_CONTACT
from tribe_po.sync.other_role import (
    agreed_before,
    lacking,
    levelled,
    other_role,
    seen_before,
    shared,
    with_other_roles,
)
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
    assert (change.creation.relation_id, change.creation.upgrade_id) == ("relation of t1", "")
    assert change.creation.values == {"number": "20010"}
    assert [(one.name, one.before, one.after) for one in change.fields] == [
        ("number", None, "20010")
    ]


def test_a_relation_that_lacks_a_role_is_known_as_nothing_else() -> None:
    assert lacking(customer(), supplier()) == Record(
        kind=SUPPLIER,
        system=TRIBE,
        id="",
        relation_id="relation of t1",
        form=ORGANIZATION,
        values=NO_VALUES,
        role_missing=True,
    )


def test_what_the_first_role_agreed_on_is_the_base_of_the_second() -> None:
    memory = memory_of(customer(), supplier())
    change = the_change(planned(memory, pull()))
    seen = in_tribe("t2", SUPPLIER, number="20010", email=IN_TRIBE)
    seen = replace(seen, relation_id="relation of t1")

    memory = remember.created(memory, change, Written("t2", None), seen, NOON)

    link = memory.links[SUPPLIER, "p1"]
    assert link.base["email"] == OLD
    assert link.tribe == {"email": IN_TRIBE}
    assert link.poweroffice == {"phone": "22334455"}, "PowerOffice alone has it: it goes to Tribe"


def test_until_the_role_shows_up_its_relation_is_as_the_first_role_shows_it() -> None:
    memory = memory_of(customer(), supplier())
    change = the_change(planned(memory, pull()))

    link = remember.created(memory, change, Written("t2", None), None, NOON).links[SUPPLIER, "p1"]

    assert link.tribe == {"email": IN_TRIBE}
    assert (link.base["email"], link.base["number"]) == (OLD, "20010")
    assert link.sent == {"number": Sent(NOON, (None,))}


def test_what_the_relation_had_before_it_got_the_role_is_no_edit() -> None:
    prospect = in_tribe("lead", SUPPLIER, number="20010", email=OLD, phone="99887766")
    prospect = replace(prospect, relation_id="relation of lead", role_missing=True)
    memory = memory_of(supplier())
    change = the_change(planned(memory, pull(), candidates=[prospect]))

    link = remember.created(memory, change, Written("t2", None), None, NOON).links[SUPPLIER, "p1"]

    assert link.sent == {"phone": Sent(NOON, ("99887766",))}


def test_what_was_read_back_waits_for_nothing() -> None:
    memory = memory_of(customer(), supplier())
    change = the_change(planned(memory, pull()))
    seen = replace(in_tribe("t2", SUPPLIER, number="20010"), relation_id="relation of t1")

    link = remember.created(memory, change, Written("t2", None), seen, NOON).links[SUPPLIER, "p1"]

    assert link.sent == {}


def test_what_tribe_does_not_show_yet_is_not_agreed_on() -> None:
    first = replace(customer(), sent={"phone": Sent(NOON, ("99887766",))})

    agreed = agreed_before(memory_of(first), supplier(), "relation of t1")

    assert "phone" not in agreed
    assert "phone" not in seen_before(memory_of(first), supplier(), "relation of t1")
    assert agreed["email"] == OLD


def test_of_a_relation_without_a_first_role_only_what_was_sent_is_known() -> None:
    """Whatever else it has was not told, and is not taken for cleared."""
    prospect = in_tribe("lead", SUPPLIER, number="20010", email=OLD, phone="99887766")
    prospect = replace(prospect, relation_id="relation of lead", role_missing=True)
    memory = memory_of(supplier())
    change = the_change(planned(memory, pull(), candidates=[prospect]))
    assert change.creation is not None
    assert change.creation.values == {"phone": "22334455"}

    link = remember.created(memory, change, Written("t2", None), None, NOON).links[SUPPLIER, "p1"]

    assert link.tribe == {}
    assert (link.base, link.poweroffice["email"]) == ({"phone": "22334455"}, OLD)


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


def seen(*records: Record, complete: bool = False) -> Observation:
    return Observation(TRIBE, records, NOON, complete)


def supplier_in_tribe() -> Record:
    record = in_tribe("t2", SUPPLIER, email=IN_TRIBE, number="20010")
    return replace(record, relation_id="relation of t1", mark="poweroffice:supplier:p1")


class TestARoleThatWasNotShown:
    """Its relation was: through the supplier's role."""

    memory = memory_of(replace(linked("p1", "t1"), tribe_relation_id="relation of t1"))

    def told(self, observation: Observation, memory: Memory = memory) -> list[Record]:
        found = with_other_roles(memory, observation, BOTH_KINDS).records
        return list(found[len(observation.records) :])

    def test_what_both_share_is_told(self) -> None:
        (record,) = self.told(seen(supplier_in_tribe()))

        assert (record.kind, record.id, record.relation_id) == (CUSTOMER, "t1", "relation of t1")
        assert record.values["email"] == IN_TRIBE
        assert "number" not in record.values
        assert record.mark is None

    def test_it_is_laid_over_its_link(self) -> None:
        memory = laid_over(self.memory, seen(supplier_in_tribe()), BOTH_KINDS, NOON)

        assert memory.links[CUSTOMER, "p1"].tribe == {"email": IN_TRIBE}

    @pytest.mark.parametrize(
        "observation",
        [
            seen(supplier_in_tribe(), complete=True),
            seen(supplier_in_tribe(), in_tribe("t1")),
            seen(replace(supplier_in_tribe(), relation_id="relation of t9")),
            seen(replace(supplier_in_tribe(), form=PERSON)),
            replace(seen(supplier_in_tribe()), system=POWEROFFICE),
        ],
        ids=["complete", "shown", "another relation", "another form", "another side"],
    )
    def test_else_nothing_is(self, observation: Observation) -> None:
        assert self.told(observation) == []

    def test_a_link_that_waits_for_a_person_is_told_nothing(self) -> None:
        (link,) = self.memory.links.values()
        parked = memory_of(replace(link, parked=GONE[TRIBE]))

        assert self.told(seen(supplier_in_tribe()), parked) == []

    def test_nor_is_one_of_a_kind_that_the_pass_is_not_for(self) -> None:
        observation = seen(supplier_in_tribe())

        assert with_other_roles(self.memory, observation, (SUPPLIER,)) is observation


class TestAnEchoThroughTheOtherRole:
    """PowerOffice shows in both roles what was written to one of them."""

    @staticmethod
    def both(**customers: Value) -> Memory:
        first = replace(linked("p1", "t1"), tribe_relation_id="relation of t1")
        second = linked("p1", "t2", SUPPLIER, email="ny@tribe.example")
        second = replace(second, tribe_relation_id="relation of t1")
        first = edited(first, POWEROFFICE, email="ny@tribe.example", phone="22334455")
        return memory_of(edited(first, TRIBE, **customers), second)

    def test_it_is_no_edit_in_poweroffice(self) -> None:
        memory = levelled(self.both(email="nyere@tribe.example"))

        link = memory.links[CUSTOMER, "p1"]
        assert (link.base["email"], link.tribe) == (IN_TRIBE, {"email": "nyere@tribe.example"})
        assert link.poweroffice == {"phone": "22334455"}

    def test_what_tribe_has_as_well_is_agreed_on(self) -> None:
        link = levelled(self.both(email=IN_TRIBE)).links[CUSTOMER, "p1"]

        assert (link.base["email"], link.tribe) == (IN_TRIBE, {})

    def test_what_does_not_show_for_the_other_role_does_not_for_this_one(self) -> None:
        """Else the old value would look like an edit in Tribe, and go to PowerOffice."""
        memory = self.both(email="eldre@tribe.example")
        sent = {"email": Sent(NOON, ("eldre@tribe.example",), overdue=True)}
        memory.links[SUPPLIER, "p1"] = replace(memory.links[SUPPLIER, "p1"], sent=sent)

        link = levelled(memory).links[CUSTOMER, "p1"]

        assert (link.base["email"], link.tribe, link.sent) == ("ny@tribe.example", {}, sent)

    def test_what_the_other_role_has_seen_waits_no_longer(self) -> None:
        memory = self.both()
        sent = {"email": Sent(NOON, ("ny@tribe.example",), overdue=True)}
        memory.links[CUSTOMER, "p1"] = replace(
            memory.links[CUSTOMER, "p1"], base={"email": OLD}, tribe={}, sent=sent
        )

        link = levelled(memory).links[CUSTOMER, "p1"]

        assert (link.base["email"], link.tribe, link.sent) == ("ny@tribe.example", {}, {})

    def test_a_newer_edit_in_tribe_goes_to_poweroffice(self) -> None:
        memory = self.both(email="nyere@tribe.example")

        assert [one.edit.values for one in planned(memory, pull()).changes if one.edit] == [
            {"phone": "22334455"}
        ]
        assert {"email": "nyere@tribe.example"} in [
            one.edit.values for one in planned(memory, push()).changes if one.edit
        ]

    @pytest.mark.parametrize(
        "otherwise",
        [
            {"parked": GONE[TRIBE]},
            {"tribe_relation_id": "relation of t9"},
            {"poweroffice_id": "p9"},
            {"base": {}},
        ],
        ids=lambda one: next(iter(one)),
    )
    def test_else_it_is_one(self, otherwise: dict[str, Any]) -> None:
        memory = self.both()
        second = replace(memory.links.pop((SUPPLIER, "p1")), **otherwise)
        memory.links[second.key] = second

        assert levelled(memory) is memory

    def test_a_parked_link_stays_as_it_is(self) -> None:
        memory = self.both()
        first = replace(memory.links[CUSTOMER, "p1"], parked=GONE[TRIBE])
        memory.links[CUSTOMER, "p1"] = first

        assert levelled(memory) is memory

    def test_what_belongs_to_the_role_is_its_own(self) -> None:
        """Both numbers are 10010: that tells nothing."""
        first = edited(linked("p1", "t1", number="7"), POWEROFFICE, number="10010")
        second = replace(linked("p1", "t2", SUPPLIER), tribe_relation_id=first.tribe_relation_id)
        memory = memory_of(first, second)

        assert levelled(memory) is memory
