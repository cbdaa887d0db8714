"""What one pass is going to write, and why; what it leaves out, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sync.builders import (
    BOTH_KINDS,
    CUSTOMER,
    HAVNEGATA,
    NOON,
    ORGANIZATION,
    PERSON,
    POWEROFFICE,
    STORGATA,
    SUPPLIER,
    TRIBE,
    WITHOUT_CITY,
    edited,
    in_poweroffice,
    in_tribe,
    linked,
    matched,
    memory_of,
    planned,
    pull,
    push,
    the_change,
    the_field,
)
from tests.sync.fakes import FakeKeeper, two_sides
from tribe_po.records import (
    RELATIONS,
    Conflict,
    Intent,
    Kind,
    Link,
    Memory,
    Quarantined,
    Record,
    Sent,
    System,
    Value,
)
from tribe_po.settings import ConflictPolicy
from tribe_po.sync import remember
from tribe_po.sync.acknowledged import fingerprint, with_differences
from tribe_po.sync.apply import apply
from tribe_po.sync.change import Action, Plan, Status, Task
from tribe_po.sync.lag import LOOK_AT_IT, SETTLE
from tribe_po.sync.plan import make_plan, to_look_up
from tribe_po.sync.quarantine import FIRST_RETRY, LAST_RETRY, link_fingerprint, next_try
from tribe_po.sync.trees import GONE

A_MINUTE = timedelta(minutes=1)


def the_entry(plan: Plan) -> Quarantined:
    (entry,) = plan.quarantined.values()
    return entry


class TestCreates:
    def test_a_new_customer_goes_to_poweroffice_without_its_number(self) -> None:
        new = in_tribe("t1", number="77", payment_days=30)

        change = the_change(planned(memory_of(new), push()))

        assert (change.action, change.system, change.status) == (
            Action.CREATE,
            POWEROFFICE,
            Status.PLANNED,
        )
        assert (change.tribe_id, change.poweroffice_id) == ("t1", "")
        assert change.creation is not None
        assert change.creation.values == {
            "name": "Fjord Kaffe AS",
            "email": "post@fjordkaffe.example",
            "payment_days": 30,
        }
        assert change.creation.mark == "tribe:relation of t1"
        assert change.source is new

    def test_the_number_is_shown_as_coming(self) -> None:
        change = the_change(planned(memory_of(in_tribe("t1", number="77")), push()))

        number = change.fields[0]
        assert (number.name, number.before, number.after) == ("number", "77", None)
        assert number.because == "PowerOffice assigns it, Tribe gets it"

    def test_a_new_customer_goes_to_tribe_with_its_number(self) -> None:
        change = the_change(planned(memory_of(in_poweroffice("p1", address=STORGATA)), pull()))

        assert (change.action, change.system) == (Action.CREATE, TRIBE)
        assert (change.tribe_id, change.poweroffice_id) == ("", "p1")
        assert change.creation is not None
        assert change.creation.values["number"] == "10010"
        assert change.creation.values["address"] == STORGATA
        assert change.creation.mark == "poweroffice:customer:p1"
        assert the_field(change, "number").because == "new in PowerOffice"

    @pytest.mark.parametrize(("record", "task"), [(in_tribe, push()), (in_poweroffice, pull())])
    def test_payment_at_once_is_a_value(self, record: Callable[..., Record], task: Task) -> None:
        creation = the_change(planned(memory_of(record(payment_days=0)), task)).creation

        assert creation is not None
        assert creation.values["payment_days"] == 0
        assert "inactive" not in creation.values

    def test_a_former_relation_that_gets_the_role_is_former_no_longer(self) -> None:
        lead = replace(in_tribe("lead", number="10010", inactive=True), role_missing=True)

        change = the_change(planned(memory_of(in_poweroffice("p1")), pull(), candidates=[lead]))

        assert the_field(change, "inactive").after is False

    def test_a_supplier_gets_a_creditor_number(self) -> None:
        change = the_change(planned(memory_of(in_tribe("t1", SUPPLIER)), push()))

        assert change.fields[0].label == "creditor number"

    @pytest.mark.parametrize(("record", "task"), [("tribe", "pull"), ("poweroffice", "push")])
    def test_a_pass_creates_on_its_own_side_only(self, record: str, task: str) -> None:
        memory = memory_of(in_tribe() if record == "tribe" else in_poweroffice())

        assert not planned(memory, pull() if task == "pull" else push()).changes

    def test_a_required_name_that_is_missing_quarantines_the_record(self) -> None:
        nameless = in_tribe("t1", form=PERSON, first_name=None, last_name=" ", number="77")

        plan = planned(memory_of(nameless), push())

        assert not plan.changes
        entry = the_entry(plan)
        assert (entry.system, entry.kind, entry.id) == (POWEROFFICE, CUSTOMER, "t1")
        assert entry.reason == "Tribe has no first name for it and Tribe has no last name for it"
        assert entry.next_step == "Correct it in Tribe; the next run picks it up."
        assert entry.retry_after == NOON + FIRST_RETRY

    def test_an_address_without_a_city_is_held_and_the_rest_goes_on(self) -> None:
        new = in_tribe("t1", address=WITHOUT_CITY)

        plan = planned(memory_of(new), push())

        creation = the_change(plan).creation
        assert creation is not None
        assert "address" not in creation.values
        assert creation.values["email"] == "post@fjordkaffe.example"
        entry = the_entry(plan)
        assert entry.held_fields == ("address",)
        assert (
            entry.reason == "address: PowerOffice requires a postal code and a city in an address"
        )
        assert entry.retry_after is None

    def test_tribe_takes_an_address_without_a_city(self) -> None:
        plan = planned(memory_of(in_poweroffice("p1", address=WITHOUT_CITY)), pull())

        assert the_field(the_change(plan), "address").after == WITHOUT_CITY
        assert not plan.quarantined

    def test_a_lead_with_the_number_gets_the_role_and_only_what_differs(self) -> None:
        lead = replace(in_tribe("lead", number="10010", email="old@x.example"), role_missing=True)

        plan = planned(memory_of(in_poweroffice("p1", phone="22334455")), pull(), candidates=[lead])

        change = the_change(plan)
        assert change.action is Action.ADD_ROLE
        assert change.reason == "matched by number"
        assert change.creation is not None
        assert (change.creation.relation_id, change.creation.upgrade_id) == (
            "relation of lead",
            "lead",
        )
        assert change.creation.values == {"email": "post@fjordkaffe.example", "phone": "22334455"}
        assert the_field(change, "email").before == "old@x.example"

    def test_a_pass_that_does_not_create_in_tribe_adds_no_role(self) -> None:
        lead = replace(in_tribe("lead", number="10010"), role_missing=True)

        assert not planned(memory_of(in_poweroffice("p1")), push(), candidates=[lead]).changes


class TestLeftOut:
    def test_what_was_left_alone_stays_so_until_it_is_to_be_pushed(self) -> None:
        memory = memory_of(in_tribe("t1"), in_tribe("t2"))
        memory.left_alone.add((CUSTOMER, "t1"))

        plan = planned(memory, push())
        assert [change.tribe_id for change in plan.changes] == ["t2"]
        assert plan.left_alone == 1

        assert len(planned(memory, push(push_unmatched=True)).changes) == 2

    def test_the_initial_pass_counts_what_only_tribe_has(self) -> None:
        plan = planned(memory_of(in_tribe("t1")), replace(pull(), initial=True))

        assert not plan.changes
        assert plan.left_alone == 1

    @pytest.mark.parametrize(
        ("memory", "task"),
        [
            (memory_of(in_poweroffice("p1", inactive=True)), pull()),
            (memory_of(in_tribe("t1", inactive=True)), push()),
        ],
    )
    def test_what_is_archived_is_not_created_unless_asked_for(
        self, memory: Memory, task: Task
    ) -> None:
        plan = planned(memory, task)
        assert not plan.changes
        assert plan.archived == 1

        change = the_change(planned(memory, replace(task, include_archived=True)))
        assert change.creation is not None
        assert change.creation.values["inactive"] is True

    def test_a_create_in_tribe_whose_answer_was_lost_gets_time_to_show_up(self) -> None:
        intent = Intent(CUSTOMER, TRIBE, "p1", "poweroffice:customer:p1", NOON)
        memory = memory_of(in_poweroffice("p1"), intent)

        soon = planned(memory, pull(), NOON + SETTLE - timedelta(seconds=1))
        assert not soon.changes

        assert the_change(planned(memory, pull(), NOON + SETTLE)).action is Action.CREATE

    def test_poweroffice_itself_refuses_a_second_create_so_none_waits(self) -> None:
        intent = Intent(CUSTOMER, POWEROFFICE, "t1", "tribe:relation of t1", NOON)

        assert planned(memory_of(in_tribe("t1"), intent), push()).changes

    def test_links_that_lost_a_side_are_counted_and_left(self) -> None:
        link = edited(linked(), POWEROFFICE, email="new@x.example")

        plan = planned(memory_of(replace(link, parked=GONE[TRIBE])), pull())

        assert not plan.changes
        assert plan.parked == 1
        assert plan.unchanged == 0

    def test_links_of_other_kinds_are_not_counted(self) -> None:
        link = edited(linked(kind=SUPPLIER), POWEROFFICE, email="new@x.example")

        plan = planned(memory_of(link, linked()), pull(kinds=(CUSTOMER,)))

        assert not plan.changes
        assert plan.unchanged == 1


class TestAmbiguous:
    def test_each_record_is_quarantined_under_the_side_it_would_go_to(self) -> None:
        memory = memory_of(
            in_poweroffice("p1"), in_tribe("t1", number="10010"), in_tribe("t2", number="10010")
        )

        plan = planned(memory, pull())

        assert not plan.changes
        assert set(plan.quarantined) == {
            (TRIBE, CUSTOMER, "p1"),
            (POWEROFFICE, CUSTOMER, "t1"),
            (POWEROFFICE, CUSTOMER, "t2"),
        }

    def test_a_relation_without_the_role_is_named_but_not_listed(self) -> None:
        leads = [
            replace(in_tribe(id_, number="10010", name=name), role_missing=True)
            for id_, name in (("lead1", "Bjørk AS"), ("lead2", "Fjord Te AS"))
        ]

        plan = planned(memory_of(in_poweroffice("p1")), pull(), candidates=leads)

        entry = the_entry(plan)
        assert (entry.system, entry.id) == (TRIBE, "p1")
        assert "Bjørk AS, Fjord Te AS" in entry.reason


class TestUpdates:
    def test_a_pull_writes_what_changed_in_poweroffice(self) -> None:
        link = edited(linked(), POWEROFFICE, email="new@x.example", address=HAVNEGATA)

        change = the_change(planned(memory_of(link), pull()))

        assert (change.action, change.system) == (Action.UPDATE, TRIBE)
        assert change.edit is not None
        assert (change.edit.id, change.edit.relation_id) == ("t1", "relation of t1")
        assert change.edit.values == {"email": "new@x.example", "address": HAVNEGATA}
        assert change.edit.expected == {"email": "post@fjordkaffe.example", "address": None}
        assert the_field(change, "email").because == "changed in PowerOffice"

    def test_a_push_writes_what_changed_in_tribe(self) -> None:
        link = edited(linked(), TRIBE, email=None)

        change = the_change(planned(memory_of(link), push()))

        assert (change.system, change.source_id) == (POWEROFFICE, "t1")
        assert change.edit is not None
        assert (change.edit.id, change.edit.relation_id) == ("p1", "p1")
        assert change.edit.values == {"email": None}
        assert change.edit.address_id is None

    def test_the_other_sides_change_waits_for_its_own_pass(self) -> None:
        plan = planned(memory_of(edited(linked(), TRIBE, email="new@x.example")), pull())

        assert not plan.changes
        assert plan.unchanged == 1

    def test_a_held_address_does_not_hold_up_the_other_fields(self) -> None:
        link = edited(linked(address=STORGATA), TRIBE, address=WITHOUT_CITY, phone="22334455")

        plan = planned(memory_of(link), push())

        edit = the_change(plan).edit
        assert edit is not None
        assert edit.values == {"phone": "22334455"}
        assert the_entry(plan).held_fields == ("address",)

    def test_an_update_of_nothing_but_held_fields_is_none(self) -> None:
        plan = planned(memory_of(edited(linked(), TRIBE, address=WITHOUT_CITY)), push())

        assert not plan.changes
        assert plan.unchanged == 1
        assert the_entry(plan).held_fields == ("address",)

    def test_what_tribe_did_not_take_is_listed_and_not_sent_again(self) -> None:
        link = replace(linked(), sent={"email": Sent(NOON, (None,), overdue=True)})

        plan = planned(memory_of(link), pull())

        assert not plan.changes
        entry = the_entry(plan)
        assert (entry.system, entry.held_fields, entry.next_step) == (TRIBE, ("email",), LOOK_AT_IT)
        assert "still shows what was there before" in entry.reason
        assert planned(memory_of(link), push()).quarantined == {}

    def test_what_was_acknowledged_of_it_is_not_listed(self) -> None:
        link = replace(linked(), sent={"email": Sent(NOON, (None,), overdue=True)})
        link = with_differences(link, TRIBE, ["email"])

        assert planned(memory_of(link), pull()).quarantined == {}

    def test_it_is_listed_beside_what_tribe_would_refuse(self) -> None:
        sent = {"email": Sent(NOON, (None,), overdue=True)}
        link = replace(edited(linked(), POWEROFFICE, name=None), sent=sent)

        entry = the_entry(planned(memory_of(link), pull()))

        assert set(entry.held_fields) == {"email", "name"}
        assert entry.next_step == LOOK_AT_IT

    def test_what_changes_once_more_is_sent_and_not_listed(self) -> None:
        sent = {"email": Sent(NOON, (None,), overdue=True)}
        link = replace(edited(linked(), POWEROFFICE, email="ny@x.example"), sent=sent)

        plan = planned(memory_of(link), pull())

        edit = the_change(plan).edit
        assert edit is not None
        assert edit.values == {"email": "ny@x.example"}
        assert edit.expected == {"email": None}, "what Tribe shows, not what it did not take"
        assert plan.quarantined == {}

    def test_what_still_may_show_is_not_listed(self) -> None:
        link = replace(linked(), sent={"email": Sent(NOON, (None,))})

        assert planned(memory_of(link), pull()).quarantined == {}

    def test_a_name_that_was_cleared_is_held(self) -> None:
        plan = planned(memory_of(edited(linked(), TRIBE, name=None)), push())

        assert not plan.changes
        assert the_entry(plan).reason == "name: a name is required"

    def test_a_push_gives_tribe_poweroffices_number_and_nothing_else(self) -> None:
        link = edited(linked(), POWEROFFICE, number="20020", email="new@x.example")

        change = the_change(planned(memory_of(link), push()))

        assert change.system is TRIBE
        assert change.edit is not None
        assert change.edit.values == {"number": "20020"}

    def test_a_pull_gives_it_with_the_rest(self) -> None:
        link = edited(linked(), TRIBE, number="77")

        change = the_change(planned(memory_of(link), pull()))

        assert the_field(change, "number").because == "PowerOffice owns it"
        assert (the_field(change, "number").before, the_field(change, "number").after) == (
            "77",
            "10010",
        )

    def test_a_task_that_updates_tribe_anyway_writes_the_number_once(self) -> None:
        task = replace(pull(), keys_to_tribe=True)

        plan = planned(memory_of(edited(linked(), TRIBE, number="77")), task)

        assert the_change(plan).edit is not None

    def test_both_sides_may_be_updated_by_one_task(self) -> None:
        task = replace(pull(), updates_in=frozenset(System))
        link = edited(edited(linked(), TRIBE, email="t@x.example"), POWEROFFICE, phone="22334455")

        plan = planned(memory_of(link), task)

        assert [(one.system, one.fields[0].name) for one in plan.changes] == [
            (POWEROFFICE, "email"),
            (TRIBE, "phone"),
        ]

    def test_a_new_pair_is_linked_and_updated_in_one_go(self) -> None:
        memory = memory_of(in_poweroffice("p1"), in_tribe("t1", number="10010", email=None))

        link, update = planned(memory, pull()).changes

        assert (link.action, link.reason) == (Action.LINK, "matched by number")
        assert (update.action, update.fields[0].because) == (Action.UPDATE, "empty in Tribe")


class TestConflicts:
    LINK = edited(edited(linked(), TRIBE, email="t@x.example"), POWEROFFICE, email="p@x.example")

    @pytest.mark.parametrize(
        ("policy", "winner"),
        [
            (ConflictPolicy.POWEROFFICE, POWEROFFICE),
            (ConflictPolicy.TRIBE, TRIBE),
            (ConflictPolicy.MANUAL, None),
        ],
    )
    @pytest.mark.parametrize("build", [pull, push])
    def test_each_is_listed_with_all_three_values(
        self,
        build: Callable[[ConflictPolicy], Task],
        policy: ConflictPolicy,
        winner: System | None,
    ) -> None:
        task = build(policy)

        plan = planned(memory_of(self.LINK), task)

        (conflict,) = plan.conflicts
        assert (conflict.base, conflict.tribe, conflict.poweroffice) == (
            "post@fjordkaffe.example",
            "t@x.example",
            "p@x.example",
        )
        assert (conflict.field, conflict.winner, conflict.since) == ("email", winner, NOON)
        writes = winner is not None and winner.other in task.updates_in
        assert bool(plan.changes) is writes

    def test_a_known_one_keeps_its_date(self) -> None:
        memory = memory_of(self.LINK)
        first = planned(memory, pull(ConflictPolicy.MANUAL)).conflicts[0]
        memory.conflicts[CUSTOMER, "p1", "email"] = first

        (again,) = planned(memory, pull(ConflictPolicy.MANUAL), NOON + timedelta(days=1)).conflicts

        assert again.since == NOON


def refused(
    digest: str,
    system: System = TRIBE,
    id_: str = "p1",
    retry_after: datetime | None = NOON + A_MINUTE,
) -> Quarantined:
    return Quarantined(
        kind=CUSTOMER,
        system=system,
        id=id_,
        label="Fjord Kaffe AS",
        reason="the e-mail is no e-mail",
        next_step="Correct it.",
        fingerprint=digest,
        since=NOON - timedelta(days=1),
        retry_after=retry_after,
    )


class TestWaiting:
    NEW = in_poweroffice("p1")
    CHANGED = edited(linked(), POWEROFFICE, email="new@x.example")

    @pytest.mark.parametrize(
        ("subject", "digest"),
        [(NEW, fingerprint(NEW.values)), (CHANGED, link_fingerprint(CHANGED))],
    )
    def test_what_was_refused_waits_for_its_time(self, subject: Record | Link, digest: str) -> None:
        entry = refused(digest)

        plan = planned(memory_of(subject, entry), pull())
        assert not plan.changes
        assert plan.quarantined == {(TRIBE, CUSTOMER, "p1"): entry}

        later = planned(memory_of(subject, entry), pull(), NOON + A_MINUTE)
        assert len(later.changes) == 1
        assert not later.quarantined

    def test_what_has_no_time_waits_for_a_change(self) -> None:
        entry = refused(link_fingerprint(self.CHANGED), retry_after=None)
        memory = memory_of(self.CHANGED, entry)

        assert not planned(memory, pull(), NOON + timedelta(days=9)).changes

    @pytest.mark.parametrize("side", System)
    def test_a_change_on_either_side_ends_the_waiting(self, side: System) -> None:
        entry = refused(link_fingerprint(self.CHANGED))
        again = edited(self.CHANGED, side, phone="22334455")

        assert planned(memory_of(again, entry), pull()).changes

    def test_a_number_that_tribe_refused_waits_too(self) -> None:
        link = edited(linked(), POWEROFFICE, number="20020")
        entry = refused(link_fingerprint(link))

        assert not planned(memory_of(link, entry), push()).changes
        assert planned(memory_of(link, entry), push(), NOON + A_MINUTE).changes

    def test_held_fields_keep_nothing_waiting(self) -> None:
        link = edited(linked(), TRIBE, address=WITHOUT_CITY, phone="22334455")
        first = planned(memory_of(link), push())

        again = planned(memory_of(link, the_entry(first)), push())

        assert again.changes == first.changes

    def test_the_pauses_grow_up_to_a_day(self) -> None:
        pauses = [next_try(attempts, NOON) - NOON for attempts in range(1, 12)]

        assert pauses[:3] == [FIRST_RETRY, 2 * FIRST_RETRY, 4 * FIRST_RETRY]
        assert pauses == sorted(pauses)
        assert pauses[-1] == LAST_RETRY

    def test_the_date_of_a_standing_reason_stays(self) -> None:
        memory = memory_of(in_tribe("t1", name=None))
        first = the_entry(planned(memory, push()))
        memory.quarantine[POWEROFFICE, CUSTOMER, "t1"] = first

        waiting = the_entry(planned(memory, push(), NOON + A_MINUTE))
        assert waiting == first

        due = the_entry(planned(memory, push(), NOON + FIRST_RETRY))
        assert due.since == NOON
        assert due.retry_after == NOON + 2 * FIRST_RETRY

    def test_the_date_of_a_held_field_stays(self) -> None:
        link = edited(linked(), TRIBE, address=WITHOUT_CITY)
        first = the_entry(planned(memory_of(link), push()))

        again = the_entry(planned(memory_of(link, first), push(), NOON + timedelta(days=1)))

        assert again == first

    def test_the_date_of_an_ambiguity_stays(self) -> None:
        memory = memory_of(linked(), in_tribe("t2", number="10010"))
        first = the_entry(planned(memory, push()))
        memory.quarantine[POWEROFFICE, CUSTOMER, "t2"] = first

        again = the_entry(planned(memory, push(), NOON + A_MINUTE))

        assert again == first

    def test_a_new_reason_has_a_new_date(self) -> None:
        memory = memory_of(in_tribe("t1", name=None))
        memory.quarantine[POWEROFFICE, CUSTOMER, "t1"] = refused("another", POWEROFFICE, "t1")

        assert the_entry(planned(memory, push())).since == NOON


class TestLookUps:
    def wanted(self, memory: Memory, task: Task) -> dict[System, list[str]]:
        found = to_look_up(memory, matched(memory), task, NOON)
        return {system: [record.id for record in records] for system, records in found.items()}

    def test_only_what_is_about_to_be_created_and_has_a_number(self) -> None:
        memory = memory_of(
            in_tribe("t1", number="77"), in_tribe("t2"), in_poweroffice("p1", number="88")
        )

        assert self.wanted(memory, push()) == {POWEROFFICE: ["t1"]}
        assert self.wanted(memory, pull()) == {TRIBE: ["p1"]}

    def test_not_what_is_left_out_or_waits(self) -> None:
        waiting = in_poweroffice("p1", number="88")
        memory = memory_of(
            waiting,
            refused(fingerprint(waiting.values)),
            in_poweroffice("p2", number="89", inactive=True),
        )

        assert self.wanted(memory, pull()) == {TRIBE: []}

    def test_not_what_may_still_show_up(self) -> None:
        intent = Intent(CUSTOMER, TRIBE, "p1", "poweroffice:customer:p1", NOON)
        memory = memory_of(in_poweroffice("p1", number="88"), intent)

        assert self.wanted(memory, pull()) == {TRIBE: []}


_names = st.sampled_from(["Fjord Kaffe AS", "Bjørk AS", None])
_numbers = st.sampled_from(["10010", "10011", "10012", None])
_emails = st.sampled_from(["a@x.example", "b@x.example", None])
_some_addresses = st.sampled_from([STORGATA, WITHOUT_CITY, None])
_some_values: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {
        "name": _names,
        "number": _numbers,
        "email": _emails,
        "address": _some_addresses,
        "inactive": st.booleans(),
    }
)


@st.composite
def memories(draw: st.DrawFn) -> Memory:
    """Links with edits on both sides, and strangers."""
    memory = Memory()
    for n in range(draw(st.integers(0, 3))):
        link = linked(f"p{n}", f"t{n}", draw(st.sampled_from(BOTH_KINDS)), number=f"1001{n}")
        for system in System:
            link = edited(link, system, **draw(_some_values))
        memory.links[link.key] = replace(
            link, parked=draw(st.sampled_from([None, None, GONE[TRIBE]]))
        )
    for n in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(BOTH_KINDS))
        for record in (
            in_tribe(f"t9{n}", kind, ORGANIZATION, **draw(_some_values)),
            in_poweroffice(f"p9{n}", kind, ORGANIZATION, **draw(_some_values)),
        ):
            memory.unlinked[record.system, record.kind, record.id] = record
    return memory


tasks = st.sampled_from(ConflictPolicy).flatmap(
    lambda policy: st.sampled_from([pull(policy), push(policy)])
)


@given(memory=memories(), task=tasks)
def test_a_plan_depends_on_what_was_seen_and_on_nothing_else(memory: Memory, task: Task) -> None:
    once, twice = planned(memory, task), planned(memory, task)

    assert once == twice
    assert make_plan(once.memory, matched(once.memory), task, NOON).writes() == once.writes()


@given(memory=memories(), task=tasks)
def test_every_write_says_why_and_none_is_empty(memory: Memory, task: Task) -> None:
    for change in planned(memory, task).writes():
        assert change.fields
        assert all(one.because for one in change.fields)
        assert change.system in task.writes_to or [one.name for one in change.fields] == ["number"]
        if change.creation is not None and change.system is POWEROFFICE:
            assert "number" not in change.creation.values


@given(memory=memories(), task=tasks)
def test_planning_again_after_what_was_planned_is_done_gives_no_write(
    memory: Memory, task: Task
) -> None:
    sides = two_sides()
    for link in memory.links.values():
        sides[TRIBE].hold(in_tribe(link.tribe_id, link.kind, ORGANIZATION, **link.seen_in(TRIBE)))
        sides[POWEROFFICE].hold(
            in_poweroffice(
                link.poweroffice_id, link.kind, ORGANIZATION, **link.seen_in(POWEROFFICE)
            )
        )
    for record in memory.unlinked.values():
        sides[record.system].hold(record)

    outcome = apply(planned(memory, task), sides, FakeKeeper(), lambda: NOON, in_flight=1)

    assert outcome.stopped_by is None
    assert not planned(outcome.memory, task).writes()


def test_a_first_look_that_finds_both_sides_equal_only_links() -> None:
    memory = memory_of(in_poweroffice("p1"), in_tribe("t1", number="10010"))

    plan = planned(memory, pull())

    assert plan.counts == {Action.LINK: 1}
    assert not plan.writes()
    assert plan.unchanged == 1


def test_a_conflict_that_waits_is_kept_by_the_start_of_a_run_and_others_of_the_kind_are_not() -> (
    None
):
    memory = memory_of(TestConflicts.LINK)
    stale = Conflict(CUSTOMER, "p7", "t7", "Bjørk AS", "phone", "1", "2", "3", None, NOON)
    elsewhere = replace(stale, kind=SUPPLIER)
    decided = replace(stale, field="email", winner=TRIBE)
    for one in (stale, elsewhere, decided):
        memory.conflicts[one.kind, one.poweroffice_id, one.field] = one

    plan = planned(memory, pull(ConflictPolicy.MANUAL, (CUSTOMER,)))
    started = remember.start(plan)

    assert set(started.conflicts) == {
        (CUSTOMER, "p1", "email"),
        (SUPPLIER, "p7", "phone"),
        (CUSTOMER, "p7", "email"),
    }


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        (refused("x", TRIBE, "p7"), False),
        (refused("x", POWEROFFICE, "t7"), True),
        (replace(refused("x", TRIBE, "p7"), kind=SUPPLIER), True),
    ],
)
def test_the_start_of_a_run_drops_the_quarantine_that_it_decides_anew(
    entry: Quarantined, kept: bool
) -> None:
    plan = planned(memory_of(entry), pull(kinds=(CUSTOMER,)))

    assert bool(remember.start(plan).quarantine) is kept


@pytest.mark.parametrize("kind", RELATIONS)
def test_the_start_of_a_run_is_a_copy(kind: Kind) -> None:
    plan = planned(memory_of(linked(kind=kind)), pull())

    started = remember.start(plan)
    started.links.clear()

    assert plan.memory.links
    assert started.meta.fields
    assert not plan.memory.meta.fields
