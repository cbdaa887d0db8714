"""The three trees: what both sides agreed on, and what was seen on each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sync.builders import (
    BOTH_KINDS,
    CUSTOMER,
    HAVNEGATA,
    NOON,
    PERSON,
    POWEROFFICE,
    STORGATA,
    SUPPLIER,
    TRIBE,
    edited,
    in_poweroffice,
    in_tribe,
    linked,
    memory_of,
    saw,
)
from tribe_po.fields import differing, fields_of
from tribe_po.records import Intent, Link, Memory, System, Value
from tribe_po.sync.trees import FORM_CHANGED, GONE, join, lay_over, pair, see, settle


def seen_again(link: Link, system: System) -> Link:
    return see(link, system, link.seen_in(system))


@pytest.mark.parametrize("system", System)
def test_a_record_that_nothing_changed_for_gives_back_the_very_same_link(system: System) -> None:
    link = linked(address=STORGATA)

    assert seen_again(link, system) is link


@pytest.mark.parametrize("system", System)
def test_another_spelling_of_the_same_value_agrees(system: System) -> None:
    link = linked(phone="22334455")

    again = edited(link, system, phone="+47 22 33 44 55")

    assert not again.tribe
    assert not again.poweroffice


def test_a_new_spelling_in_poweroffice_becomes_the_base() -> None:
    again = edited(linked(phone="22334455"), POWEROFFICE, phone="22 33 44 55")

    assert again.base["phone"] == "22 33 44 55"


def test_a_new_spelling_in_tribe_does_not() -> None:
    link = linked(phone="22334455")

    assert edited(link, TRIBE, phone="22 33 44 55") == link


@pytest.mark.parametrize("system", System)
def test_a_difference_stays_until_it_is_settled(system: System) -> None:
    link = edited(linked(), system, email="new@x.example")
    assert link.seen_in(system)["email"] == "new@x.example"
    assert link.seen_in(system.other)["email"] == "post@fjordkaffe.example"

    for side in System:
        link = seen_again(link, side)
        assert link.seen_in(system)["email"] == "new@x.example"

    settled = edited(link, system.other, email="new@x.example")
    assert settled.base["email"] == "new@x.example"
    assert not settled.tribe
    assert not settled.poweroffice


@pytest.mark.parametrize("system", System)
def test_a_change_taken_back_is_none(system: System) -> None:
    link = linked()

    changed = edited(link, system, email="new@x.example", address=HAVNEGATA)
    back = edited(changed, system, email="post@fjordkaffe.example", address=None)

    assert back == link


@pytest.mark.parametrize("system", System)
def test_clearing_a_value_is_a_change(system: System) -> None:
    link = edited(linked(), system, email=None)

    assert link.seen_in(system)["email"] is None
    assert link.base["email"] == "post@fjordkaffe.example"


def test_a_field_that_only_one_side_was_seen_with_is_not_agreed_on() -> None:
    base = {name: value for name, value in linked().base.items() if name != "phone"}

    one_seen = edited(replace(linked(), base=base), TRIBE, phone=None)
    assert "phone" not in one_seen.base
    assert one_seen.tribe == {"phone": None}

    both_seen = edited(one_seen, POWEROFFICE, phone=None)
    assert both_seen.base["phone"] is None
    assert not both_seen.tribe
    assert not both_seen.poweroffice


def test_a_new_pair_agrees_on_what_is_equal_already_and_on_nothing_else() -> None:
    link = pair(
        in_poweroffice("p1", number="10010", email="a@x.example"),
        replace(in_tribe("t1", number="010010", email="b@x.example"), address_id="a1"),
        "number",
    )

    assert (link.poweroffice_id, link.tribe_id, link.matched_by) == ("p1", "t1", "number")
    assert (link.tribe_relation_id, link.tribe_address_id) == ("relation of t1", "a1")
    assert link.base["name"] == "Fjord Kaffe AS"
    assert link.base["number"] == "10010"
    assert "email" not in link.base
    assert link.poweroffice == {"email": "a@x.example"}
    assert link.tribe == {"email": "b@x.example"}


_seen_values: dict[str, st.SearchStrategy[Value]] = {
    "email": st.sampled_from(["a@x.example", "A@x.example", "b@x.example", None]),
    "phone": st.sampled_from(["22334455", "+4722334455", "99887766", None]),
    "inactive": st.booleans(),
    "payment_days": st.sampled_from([0, 14, None]),
}
_sightings = st.lists(
    st.tuples(st.sampled_from(System), st.fixed_dictionaries(_seen_values)), max_size=8
)


@given(sightings=_sightings)
def test_whatever_was_seen_last_on_each_side_is_what_the_link_says(
    sightings: list[tuple[System, dict[str, Value]]],
) -> None:
    link = linked()
    last = {system: dict(link.seen_in(system)) for system in System}

    for system, values in sightings:
        last[system] |= values
        link = see(link, system, last[system])

    for system in System:
        assert not list(differing(link.kind, link.form, link.seen_in(system), last[system]))


@given(sightings=_sightings)
def test_a_tree_holds_only_what_differs_from_the_base(
    sightings: list[tuple[System, dict[str, Value]]],
) -> None:
    link = linked()
    for system, values in sightings:
        link = edited(link, system, **values)

    rows = {row.name: row for row in fields_of(link.kind, link.form)}
    for tree in (link.tribe, link.poweroffice):
        assert all(not rows[name].same(value, link.base[name]) for name, value in tree.items())


class TestLayOver:
    def test_a_linked_record_goes_to_its_link_and_a_stranger_to_the_unlinked(self) -> None:
        memory = memory_of(linked())

        after = lay_over(
            memory,
            saw(TRIBE, in_tribe("t1", email="new@x.example"), in_tribe("t2")),
            BOTH_KINDS,
        )

        assert after.links[CUSTOMER, "p1"].tribe["email"] == "new@x.example"
        assert after.unlinked == {(TRIBE, CUSTOMER, "t2"): in_tribe("t2")}

    def test_the_memory_from_before_is_left_as_it_was(self) -> None:
        memory = memory_of(linked())

        lay_over(memory, saw(TRIBE, in_tribe("t2"), complete=True), BOTH_KINDS)

        assert memory == memory_of(linked())

    def test_a_complete_read_parks_what_is_gone(self) -> None:
        memory = memory_of(linked("p1", "t1"), linked("p2", "t2"))

        for system, record in ((TRIBE, in_tribe("t1")), (POWEROFFICE, in_poweroffice("p1"))):
            after = lay_over(memory, saw(system, record, complete=True), BOTH_KINDS)

            assert after.links[CUSTOMER, "p1"].parked is None
            assert after.links[CUSTOMER, "p2"].parked == GONE[system]

    def test_a_read_of_changes_parks_and_forgets_nothing(self) -> None:
        memory = memory_of(linked(), in_tribe("t2"))

        after = lay_over(memory, saw(TRIBE), BOTH_KINDS)

        assert after.links == memory.links
        assert after.unlinked == memory.unlinked

    def test_a_complete_read_forgets_unlinked_records_that_are_gone_from_that_side(self) -> None:
        memory = memory_of(in_tribe("t2"), in_tribe("t3"), in_poweroffice("p9"))

        after = lay_over(memory, saw(TRIBE, in_tribe("t3"), complete=True), BOTH_KINDS)

        assert set(after.unlinked) == {(TRIBE, CUSTOMER, "t3"), (POWEROFFICE, CUSTOMER, "p9")}

    def test_kinds_that_were_not_read_are_left_alone(self) -> None:
        supplier = linked("p1", "t1", SUPPLIER)
        memory = memory_of(supplier, in_tribe("t9", SUPPLIER))

        after = lay_over(memory, saw(TRIBE, complete=True), (CUSTOMER,))

        assert after.links == memory.links
        assert after.unlinked == memory.unlinked
        assert after.cursors == {(TRIBE, CUSTOMER): NOON}

    def test_a_copy_that_has_not_shown_up_in_tribe_yet_is_not_gone(self) -> None:
        memory = memory_of(replace(linked(), tribe_relation_id=""))

        after = lay_over(memory, saw(TRIBE, complete=True), BOTH_KINDS)

        assert after.links[CUSTOMER, "p1"].parked is None

    def test_what_one_side_held_earlier_is_nothing_that_both_agree_on(self) -> None:
        """PowerOffice's value has moved on by the time that Tribe's is the same as it was."""
        memory = memory_of(edited(linked(), POWEROFFICE, email="1@x.example"))

        memory = lay_over(
            memory, saw(TRIBE, in_tribe(number="10010", email="1@x.example")), BOTH_KINDS
        )
        memory = lay_over(memory, saw(POWEROFFICE, in_poweroffice(email="2@x.example")), BOTH_KINDS)
        link = settle(memory).links[CUSTOMER, "p1"]

        assert link.base["email"] == "post@fjordkaffe.example"
        assert (link.tribe, link.poweroffice) == (
            {"email": "1@x.example"},
            {"email": "2@x.example"},
        )

    def test_what_both_sides_hold_alike_when_both_were_read_is_agreed_on(self) -> None:
        memory = memory_of(edited(linked(), POWEROFFICE, email="1@x.example"))
        told = saw(TRIBE, in_tribe(number="10010", email="1@x.example"))

        link = settle(lay_over(memory, told, BOTH_KINDS)).links[CUSTOMER, "p1"]

        assert link.base["email"] == "1@x.example"
        assert not link.tribe
        assert not link.poweroffice

    def test_settling_what_agrees_changes_nothing(self) -> None:
        memory = memory_of(linked(), edited(linked("p2", "t2"), TRIBE, email="1@x.example"))

        assert settle(memory) == memory

    def test_a_link_that_is_parked_already_keeps_its_reason(self) -> None:
        memory = memory_of(replace(linked(), parked="gone from PowerOffice (deleted)"))

        after = lay_over(memory, saw(TRIBE, complete=True), BOTH_KINDS)

        assert after.links[CUSTOMER, "p1"].parked == GONE[POWEROFFICE]

    @pytest.mark.parametrize("reasons", [GONE, FORM_CHANGED])
    @pytest.mark.parametrize("system", System)
    def test_seeing_the_record_again_as_it_was_ends_a_parking_for_its_sake(
        self, system: System, reasons: dict[System, str]
    ) -> None:
        record = in_tribe(number="10010") if system is TRIBE else in_poweroffice()
        memory = memory_of(replace(linked(), parked=reasons[system]))

        after = lay_over(memory, saw(system, record), BOTH_KINDS)

        assert after.links[CUSTOMER, "p1"] == linked()

    @pytest.mark.parametrize("reasons", [GONE, FORM_CHANGED])
    @pytest.mark.parametrize("system", System)
    def test_seeing_the_other_sides_record_does_not(
        self, system: System, reasons: dict[System, str]
    ) -> None:
        others = in_tribe(number="10010") if system is POWEROFFICE else in_poweroffice()
        memory = memory_of(replace(linked(), parked=reasons[system]))

        after = lay_over(memory, saw(system.other, others, complete=True), BOTH_KINDS)

        assert after.links[CUSTOMER, "p1"].parked == reasons[system]

    @pytest.mark.parametrize("system", System)
    def test_a_company_that_turned_into_a_person_is_parked(self, system: System) -> None:
        build = in_tribe if system is TRIBE else in_poweroffice

        after = lay_over(memory_of(linked()), saw(system, build(form=PERSON)), BOTH_KINDS)

        assert after.links[CUSTOMER, "p1"].parked == FORM_CHANGED[system]
        assert after.links[CUSTOMER, "p1"].base == linked().base

    def test_a_role_that_moved_to_another_relation_is_followed(self) -> None:
        moved = replace(in_tribe(), relation_id="the survivor", address_id="a7")

        after = lay_over(memory_of(linked()), saw(TRIBE, moved), BOTH_KINDS)

        assert after.links[CUSTOMER, "p1"].tribe_relation_id == "the survivor"
        assert after.links[CUSTOMER, "p1"].tribe_address_id == "a7"

    def test_the_cursor_is_kept_for_each_kind_and_side(self) -> None:
        later = NOON + timedelta(hours=1)

        memory = lay_over(Memory(), saw(TRIBE, cursor=NOON), BOTH_KINDS)
        memory = lay_over(memory, saw(TRIBE, cursor=later), (SUPPLIER,))
        memory = lay_over(memory, saw(POWEROFFICE, cursor=None), BOTH_KINDS)

        assert memory.cursors == {(TRIBE, CUSTOMER): NOON, (TRIBE, SUPPLIER): later}


class TestJoin:
    def test_linked_records_are_unlinked_left_alone_and_intended_no_longer(self) -> None:
        memory = memory_of(
            in_tribe("t1"),
            in_poweroffice("p1"),
            in_tribe("t2"),
            Intent(CUSTOMER, POWEROFFICE, "t1", "tribe:relation of t1", NOON),
            Intent(CUSTOMER, TRIBE, "p1", "poweroffice:customer:p1", NOON),
            Intent(CUSTOMER, TRIBE, "p2", "poweroffice:customer:p2", NOON),
        )
        memory.left_alone |= {(CUSTOMER, "t1"), (CUSTOMER, "t2")}

        after = join(memory, [linked("p1", "t1")])

        assert list(after.links) == [(CUSTOMER, "p1")]
        assert list(after.unlinked) == [(TRIBE, CUSTOMER, "t2")]
        assert after.left_alone == {(CUSTOMER, "t2")}
        assert list(after.intents) == [(TRIBE, CUSTOMER, "p2")]

    def test_the_memory_from_before_is_left_as_it_was(self) -> None:
        memory = memory_of(in_tribe("t1"), in_poweroffice("p1"))

        join(memory, [linked()])

        assert memory == memory_of(in_tribe("t1"), in_poweroffice("p1"))


def test_what_a_read_does_not_tell_stays_as_it_was_seen() -> None:
    """A privilege that was withdrawn makes no value empty."""
    link = edited(linked(), POWEROFFICE, email="b@x.example")
    silent = {name: value for name, value in in_poweroffice().values.items() if name != "email"}
    assert see(link, POWEROFFICE, silent).poweroffice == {"email": "b@x.example"}
    untouched = linked()
    assert see(untouched, POWEROFFICE, silent) is untouched
