"""A plan down to the last member: what it says of each record, and what it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.sync.builders import (
    CUSTOMER,
    NOON,
    ORGANIZATION,
    PERSON,
    POWEROFFICE,
    TRIBE,
    WITHOUT_CITY,
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
from tribe_po.records import Conflict, Intent, Quarantined, System, Value
from tribe_po.settings import ConflictPolicy
from tribe_po.sides import Creation, Edit
from tribe_po.sync import remember
from tribe_po.sync.acknowledged import fingerprint, with_differences
from tribe_po.sync.change import Action, Change, FieldChange
from tribe_po.sync.quarantine import FIRST_RETRY, link_fingerprint
from tribe_po.sync.trees import GONE
from tribe_po.values import INCOMPLETE_ADDRESS, MISSING


def entry_of(memory_plan: object) -> Quarantined:
    """The one record that a plan leaves out, in whole or in part."""
    quarantined: dict[object, Quarantined] = memory_plan.quarantined  # type: ignore[attr-defined]
    ((key, entry),) = quarantined.items()
    assert key == (entry.system, entry.kind, entry.id)
    return entry


def test_a_whole_link() -> None:
    memory = memory_of(in_tribe("t1", number="10010"), in_poweroffice("p1"))
    assert the_change(planned(memory, pull())) == Change(
        action=Action.LINK,
        kind=CUSTOMER,
        system=TRIBE,
        poweroffice_id="p1",
        tribe_id="t1",
        label="Fjord Kaffe AS",
        reason="matched by number",
    )


def test_a_whole_update() -> None:
    link = replace(edited(linked(), POWEROFFICE, email="ny@x.example"), tribe_address_id="a1")
    assert the_change(planned(memory_of(link), pull())) == Change(
        action=Action.UPDATE,
        kind=CUSTOMER,
        system=TRIBE,
        poweroffice_id="p1",
        tribe_id="t1",
        label="Fjord Kaffe AS",
        fields=(
            FieldChange(
                "email",
                "e-mail",
                "post@fjordkaffe.example",
                "ny@x.example",
                "changed in PowerOffice",
            ),
        ),
        edit=Edit(
            kind=CUSTOMER,
            form=ORGANIZATION,
            id="t1",
            relation_id="relation of t1",
            address_id="a1",
            values={"email": "ny@x.example"},
            expected={"email": "post@fjordkaffe.example"},
        ),
    )


def test_an_address_of_tribe_is_nothing_to_poweroffice() -> None:
    link = replace(edited(linked(), TRIBE, email="ny@x.example"), tribe_address_id="a1")
    edit = the_change(planned(memory_of(link), push())).edit
    assert edit is not None
    assert (edit.id, edit.relation_id, edit.address_id) == ("p1", "p1", None)


def test_a_whole_create() -> None:
    source = in_poweroffice("p1", phone="22334455")
    assert the_change(planned(memory_of(source), pull())) == Change(
        action=Action.CREATE,
        kind=CUSTOMER,
        system=TRIBE,
        poweroffice_id="p1",
        tribe_id="",
        label="Fjord Kaffe AS",
        fields=(
            FieldChange("name", "name", None, "Fjord Kaffe AS", "new in PowerOffice"),
            FieldChange("number", "debtor number", None, "10010", "new in PowerOffice"),
            FieldChange("email", "e-mail", None, "post@fjordkaffe.example", "new in PowerOffice"),
            FieldChange("phone", "phone", None, "22334455", "new in PowerOffice"),
        ),
        creation=Creation(
            kind=CUSTOMER,
            form=ORGANIZATION,
            values={
                "name": "Fjord Kaffe AS",
                "number": "10010",
                "email": "post@fjordkaffe.example",
                "phone": "22334455",
            },
            mark="poweroffice:customer:p1",
        ),
        source=source,
    )


def test_a_whole_conflict() -> None:
    link = edited(edited(linked(), TRIBE, email="t@x.example"), POWEROFFICE, email="p@x.example")
    (conflict,) = planned(memory_of(link), pull(ConflictPolicy.MANUAL)).conflicts
    assert conflict == Conflict(
        kind=CUSTOMER,
        poweroffice_id="p1",
        tribe_id="t1",
        label="Fjord Kaffe AS",
        field="email",
        base="post@fjordkaffe.example",
        tribe="t@x.example",
        poweroffice="p@x.example",
        winner=None,
        since=NOON,
    )


def test_a_value_that_is_overruled_is_kept_with_the_time() -> None:
    link = edited(edited(linked(), TRIBE, email="t@x.example"), POWEROFFICE, email="p@x.example")
    plan = planned(memory_of(link), pull())
    memory = remember.start(plan)
    later = NOON + timedelta(minutes=1)
    remember.overruled(memory, link, the_change(plan), plan, later)
    (kept,) = memory.conflicts.values()
    assert (kept.tribe, kept.winner, kept.since) == ("t@x.example", POWEROFFICE, later)


def test_two_of_one_number_are_both_listed_as_they_are() -> None:
    sources = [in_tribe(f"t{n}", number="10010", name=f"Nr {n} AS") for n in (1, 2)]
    plan = planned(memory_of(*sources, in_poweroffice("p1")), push())
    listed = {entry.id: entry for entry in plan.quarantined.values()}
    for source in sources:
        entry = listed[source.id]
        assert (entry.label, entry.system) == (source.label, POWEROFFICE)
        assert entry.fingerprint == fingerprint(source.values)


def test_what_cannot_be_created_is_listed_as_a_whole() -> None:
    source = in_tribe("t1", name=None)
    entry = entry_of(planned(memory_of(source), push()))
    assert entry == Quarantined(
        kind=CUSTOMER,
        system=POWEROFFICE,
        id="t1",
        label=source.label,
        reason="Tribe has no name for it",
        next_step="Correct it in Tribe; the next run picks it up.",
        fingerprint=fingerprint(source.values),
        since=NOON,
        retry_after=NOON + FIRST_RETRY,
    )


def test_what_is_held_of_a_new_record_is_listed_and_the_rest_is_created() -> None:
    source = in_tribe("t1", address=WITHOUT_CITY)
    plan = planned(memory_of(source), push())
    assert the_change(plan).creation is not None
    entry = entry_of(plan)
    assert (entry.label, entry.held_fields) == ("Fjord Kaffe AS", ("address",))
    assert entry.fingerprint == fingerprint(source.values)
    assert entry.reason.startswith("address: ")
    assert entry.next_step == "Complete it in Tribe; everything else about the record goes on."


def test_what_is_held_of_a_linked_record_is_listed_and_the_rest_goes_on() -> None:
    link = edited(linked(), TRIBE, address=WITHOUT_CITY, email="ny@x.example")
    plan = planned(memory_of(link), push())
    assert [one.name for one in the_change(plan).fields] == ["email"]
    entry = entry_of(plan)
    assert (entry.label, entry.held_fields) == ("Fjord Kaffe AS", ("address",))
    assert entry.fingerprint == link_fingerprint(link)
    assert entry.next_step == "Complete it in Tribe; everything else about the record goes on."


def test_two_fields_that_are_held_are_told_in_one_line() -> None:
    private = linked(form=PERSON, first_name="Kari", last_name="Nordmann")
    link = edited(private, TRIBE, address=WITHOUT_CITY, first_name=None)
    entry = entry_of(planned(memory_of(link), push()))
    assert set(entry.held_fields) == {"first_name", "address"}
    assert set(entry.reason.split("; ")) == {
        f"first name: {MISSING}",
        f"address: {INCOMPLETE_ADDRESS}",
    }


def test_a_held_field_that_was_acknowledged_is_told_no_more() -> None:
    link = edited(linked(), TRIBE, address=WITHOUT_CITY)
    assert planned(memory_of(link), push()).quarantined
    seen = with_differences(link, POWEROFFICE, ["address"])
    assert planned(memory_of(seen), push()).quarantined == {}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_everything_that_is_left_is_counted(number: int) -> None:
    agreed = [linked(f"p{n}", f"t{n}") for n in range(number)]
    held = [
        edited(linked(f"q{n}", f"u{n}"), POWEROFFICE, email=f"{n}@x.example") for n in range(number)
    ]
    gone = [replace(linked(f"r{n}", f"v{n}"), parked=GONE[TRIBE]) for n in range(number)]
    archived = [in_poweroffice(f"s{n}", number=f"9{n}", inactive=True) for n in range(number)]
    plan = planned(memory_of(*agreed, *held, *gone), push())
    assert (plan.unchanged, plan.parked, plan.changes) == (2 * number, number, ())
    assert planned(memory_of(*archived), pull()).archived == number


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_only_tribe_has_is_left_alone_and_counted(number: int) -> None:
    sources = [in_tribe(f"t{n}", number=str(n)) for n in range(number)]
    first = replace(pull(), initial=True)
    assert planned(memory_of(*sources), first).left_alone == number


@pytest.mark.parametrize("waiting", list(System))
def test_one_side_that_waits_does_not_keep_the_other_waiting(waiting: System) -> None:
    link = edited(edited(linked(), TRIBE, email="t@x.example"), POWEROFFICE, phone="22334455")
    task = replace(pull(), updates_in=frozenset(System))
    entry = Quarantined(
        kind=CUSTOMER,
        system=waiting,
        id=link.id_in(waiting.other),
        label=link.label,
        reason="refused",
        next_step="correct it",
        fingerprint=link_fingerprint(link),
        since=NOON,
        attempts=1,
        retry_after=NOON + FIRST_RETRY,
    )
    assert the_change(planned(memory_of(link, entry), task)).system is waiting.other


def test_a_failure_that_comes_again_keeps_its_number_of_attempts() -> None:
    sources = [in_tribe(f"t{n}", number="10010") for n in (1, 2)]
    memory = memory_of(*sources, in_poweroffice("p1"))
    first = planned(memory, push())
    tried = {key: replace(entry, attempts=4) for key, entry in first.quarantined.items()}
    again = planned(replace(memory, quarantine=tried), push(), now=NOON + timedelta(minutes=1))
    assert {entry.attempts for entry in again.quarantined.values()} == {4}
    assert {entry.since for entry in again.quarantined.values()} == {NOON}


def test_a_whole_intent() -> None:
    source = in_tribe("t1", number=None)
    plan = planned(memory_of(source), push())
    memory = remember.start(plan)
    before = plan.memory.intents
    remember.intended(memory, plan.changes, NOON)
    assert before == {}, "the plan's own memory stays as it was"
    assert memory.intents == {
        (POWEROFFICE, CUSTOMER, "t1"): Intent(
            kind=CUSTOMER,
            target=POWEROFFICE,
            source_id="t1",
            mark=str(the_change(plan).creation.mark),  # type: ignore[union-attr]
            since=NOON,
            label="Fjord Kaffe AS",
        )
    }


@pytest.mark.parametrize("known", [None, "n@x.example"])
def test_a_whole_refusal(known: Value) -> None:
    source = in_tribe("t1", number=None, email=known)
    plan = planned(memory_of(source), push())
    memory = remember.start(plan)
    remember.intended(memory, plan.changes, NOON)
    remember.refused(memory, plan, the_change(plan), "no", "correct it", NOON)
    assert memory.intents == {}
    assert memory.quarantine == {
        (POWEROFFICE, CUSTOMER, "t1"): Quarantined(
            kind=CUSTOMER,
            system=POWEROFFICE,
            id="t1",
            label="Fjord Kaffe AS",
            reason="no",
            next_step="correct it",
            fingerprint=fingerprint(source.values),
            since=NOON,
            attempts=1,
            retry_after=NOON + FIRST_RETRY,
        )
    }
