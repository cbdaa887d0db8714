"""The one place that writes: in which order, and what it remembers when something goes wrong."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sync.builders import (
    CUSTOMER,
    HAVNEGATA,
    NOON,
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
)
from tests.sync.fakes import FakeKeeper, FakeSide, two_sides
from tribe_po.errors import (
    AlreadyExists,
    LostAnswer,
    NotAllowed,
    RecordGone,
    RecordMoved,
    RecordRefused,
    StateNotSaved,
    StillWorking,
    Temporary,
    TribePoError,
    Untraceable,
)
from tribe_po.records import (
    RELATIONS,
    Intent,
    Kind,
    Link,
    Memory,
    Observation,
    Record,
    Sent,
    System,
    Value,
)
from tribe_po.settings import ConflictPolicy
from tribe_po.sides import Creation, Edit, Side
from tribe_po.sync.apply import Outcome, apply
from tribe_po.sync.attempts import BATCH
from tribe_po.sync.change import Action, Change, Plan, Status, Task
from tribe_po.sync.lag import SETTLE
from tribe_po.sync.quarantine import FIRST_RETRY, link_fingerprint
from tribe_po.sync.trees import GONE

LOST = LostAnswer("The answer was lost", "no answer in 30 s", "Nothing to do.")
DOWN = Temporary("The server is down", "status 503, 5 times", "Nothing to do.")
FORBIDDEN = NotAllowed("The keys do not allow it", "status 403", "tribe-po check")
REFUSED = RecordRefused("It was refused", "the e-mail is no e-mail", "Correct it.")
WORKING = StillWorking("It is being sent", "it is queued", "Nothing to do.")
MOVED = RecordMoved("It moved", "a test failed", "Nothing to do.")


@dataclass(slots=True)
class World:
    """Two sides, a keeper, and a memory of what was seen of the sides."""

    sides: dict[System, FakeSide] = field(default_factory=two_sides)
    keeper: FakeKeeper = field(default_factory=FakeKeeper)
    memory: Memory = field(default_factory=Memory)

    @property
    def tribe(self) -> FakeSide:
        return self.sides[TRIBE]

    @property
    def poweroffice(self) -> FakeSide:
        return self.sides[POWEROFFICE]

    def knows(self, *found: Link | Record) -> World:
        """Put links and strangers into the memory, and their records on the sides."""
        for one in found:
            if isinstance(one, Record):
                self.sides[one.system].hold(one)
            else:
                for system, build in ((TRIBE, in_tribe), (POWEROFFICE, in_poweroffice)):
                    record = build(one.id_in(system), one.kind, one.form, **one.seen_in(system))
                    if system is TRIBE:
                        record = replace(record, relation_id=one.tribe_relation_id)
                    self.sides[system].hold(record)
        memory = memory_of(*found)
        self.memory.links |= memory.links
        self.memory.unlinked |= memory.unlinked
        for system in System:
            for kind in RELATIONS:
                self.memory.cursors[system, kind] = self.tribe.clock.tick()
        return self

    def plan(self, task: Task) -> Plan:
        return planned(self.memory, task, self.tribe.clock.now())

    def carry_out(self, task: Task, in_flight: int = 1) -> Outcome:
        return self.apply(self.plan(task), in_flight)

    def apply(self, plan: Plan, in_flight: int = 1) -> Outcome:
        outcome = apply(plan, self.sides, self.keeper, self.tribe.clock.now, in_flight)
        self.memory = outcome.memory
        return outcome


def statuses(outcome: Outcome) -> list[tuple[Action, Status]]:
    return [(change.action, change.status) for change in outcome.changes]


def only(outcome: Outcome) -> Change:
    (change,) = outcome.changes
    return change


class TestCreateInTribe:
    def test_the_copy_is_marked_read_back_and_linked(self) -> None:
        world = World().knows(in_poweroffice("p1"))

        outcome = world.carry_out(pull())

        copy = world.tribe.records[CUSTOMER, "t-new-1"]
        assert copy.mark == "poweroffice:customer:p1"
        assert copy.values["number"] == "10010"
        assert world.tribe.counts == {"create": 1, "get": 1}
        link = outcome.memory.links[CUSTOMER, "p1"]
        assert (link.tribe_id, link.tribe_relation_id) == ("t-new-1", "relation of t-new-1")
        assert link.matched_by == "created"
        assert not link.tribe
        assert not link.poweroffice
        assert not outcome.memory.unlinked
        assert not outcome.memory.intents

    def test_the_change_names_the_new_record(self) -> None:
        outcome = World().knows(in_poweroffice("p1")).carry_out(pull())

        assert (only(outcome).tribe_id, only(outcome).status) == ("t-new-1", Status.DONE)
        assert outcome.stopped_by is None

    def test_a_copy_that_does_not_show_up_yet_is_taken_to_be_what_was_sent(self) -> None:
        world = World().knows(in_poweroffice("p1", phone="22334455"))
        world.tribe.lag = timedelta(minutes=1)

        link = world.carry_out(pull()).memory.links[CUSTOMER, "p1"]

        assert link.base["phone"] == "22334455"
        assert not link.tribe
        assert not link.poweroffice

    def test_what_the_server_made_of_it_is_what_counts(self) -> None:
        world = World().knows(in_poweroffice("p1"))
        world.tribe.ignores.add("email")

        link = world.carry_out(pull()).memory.links[CUSTOMER, "p1"]

        assert link.seen_in(TRIBE)["email"] is None
        assert link.poweroffice["email"] == "post@fjordkaffe.example"

    def test_a_lead_gets_the_role_and_the_change_keeps_its_reason(self) -> None:
        lead = replace(in_tribe("lead", number="10010", phone="22334455"), role_missing=True)
        world = World().knows(in_poweroffice("p1"))
        world.tribe.relations.append(lead)

        outcome = world.apply(planned(world.memory, pull(), candidates=[lead]))

        assert only(outcome).reason == "matched by number"
        link = outcome.memory.links[CUSTOMER, "p1"]
        assert link.tribe_relation_id == "relation of lead"
        assert link.tribe["phone"] == "22334455"

    def test_a_second_role_joins_the_relation_of_the_first(self) -> None:
        world = World().knows(in_poweroffice("p1"), in_poweroffice("p1", SUPPLIER))

        outcome = world.carry_out(pull())

        assert [status for _, status in statuses(outcome)] == [Status.DONE, Status.DONE]
        relations = {record.relation_id for record in world.tribe.records.values()}
        assert relations == {"relation of t-new-1"}
        assert outcome.memory.links[SUPPLIER, "p1"].tribe_relation_id == "relation of t-new-1"

    def test_a_second_role_waits_until_the_first_shows_up(self) -> None:
        world = World().knows(in_poweroffice("p1"), in_poweroffice("p1", SUPPLIER))
        world.tribe.lag = timedelta(minutes=1)

        outcome = world.carry_out(pull())

        assert [status for _, status in statuses(outcome)] == [Status.DONE, Status.SKIPPED]
        assert outcome.changes[1].reason == "its other role does not show up in Tribe yet"
        assert len(world.tribe.records) == 1
        assert not outcome.memory.intents

    def test_a_second_role_waits_while_the_firsts_answer_is_lost(self) -> None:
        world = World().knows(in_poweroffice("p1"), in_poweroffice("p1", SUPPLIER))
        world.tribe.lag = timedelta(minutes=1)
        world.tribe.fail("create", LOST, takes_effect=True)

        outcome = world.carry_out(pull())
        assert [status for _, status in statuses(outcome)] == [Status.FAILED, Status.SKIPPED]
        assert len(world.tribe.records) == 1

        world.tribe.clock.pass_by(SETTLE)
        world.memory.unlinked.pop((POWEROFFICE, CUSTOMER, "p1"))
        assert only(world.carry_out(pull())).status is Status.DONE

    @pytest.mark.parametrize(
        ("ago", "status"), [(SETTLE - timedelta(seconds=1), Status.SKIPPED), (SETTLE, Status.DONE)]
    )
    def test_the_firsts_create_is_given_up_when_its_time_is_over(
        self, ago: timedelta, status: Status
    ) -> None:
        world = World().knows(in_poweroffice("p1", SUPPLIER))
        world.memory.intents[TRIBE, CUSTOMER, "p1"] = Intent(
            CUSTOMER, TRIBE, "p1", "poweroffice:customer:p1", world.tribe.clock.now() - ago
        )

        assert only(world.carry_out(pull())).status is status

    def test_a_role_for_a_relation_that_was_matched_goes_there_and_nowhere_else(self) -> None:
        first = replace(linked("p1", "t1"), tribe_relation_id="relation of the customer")
        lead = replace(in_tribe("lead", SUPPLIER, number="10010"), role_missing=True)
        world = World().knows(in_poweroffice("p1", SUPPLIER))
        plan = planned(world.memory, pull(), candidates=[lead])
        plan.memory.links[first.key] = first
        world.tribe.relations.append(lead)

        world.apply(plan)

        assert world.tribe.records[SUPPLIER, "t-new-1"].relation_id == "relation of lead"

    def test_the_relation_of_a_role_that_does_not_show_up_yet_is_known(self) -> None:
        lead = replace(in_tribe("lead", number="10010"), role_missing=True)
        world = World().knows(in_poweroffice("p1"))
        world.tribe.relations.append(lead)
        world.tribe.lag = timedelta(minutes=1)

        outcome = world.apply(planned(world.memory, pull(), candidates=[lead]))

        assert outcome.memory.links[CUSTOMER, "p1"].tribe_relation_id == "relation of lead"

    @pytest.mark.parametrize(
        "first",
        [
            replace(linked("p1", "t1"), parked=GONE[TRIBE]),
            linked("p1", "t1", form=PERSON),
            linked("p2", "t1"),
        ],
    )
    def test_a_role_joins_no_relation_that_is_gone_or_another_ones(self, first: Link) -> None:
        world = World().knows(in_poweroffice("p1", SUPPLIER))
        world.memory.links[first.key] = first

        world.carry_out(pull())

        assert world.tribe.records[SUPPLIER, "t-new-1"].relation_id == "relation of t-new-1"


class TestCreateInPowerOffice:
    def test_the_answer_is_the_copy_and_tribe_gets_the_number(self) -> None:
        world = World().knows(in_tribe("t1", number="77"))

        outcome = world.carry_out(push())

        copy = world.poweroffice.records[CUSTOMER, "p-new-1"]
        assert copy.mark == "tribe:relation of t1"
        assert copy.values["number"] == "20002"
        assert world.tribe.records[CUSTOMER, "t1"].values["number"] == "20002"
        assert world.poweroffice.counts == {"create": 1}
        assert world.tribe.counts == {"update": 1}
        link = outcome.memory.links[CUSTOMER, "p-new-1"]
        assert link.base["number"] == "20002"
        assert not link.tribe

    def test_the_change_shows_the_number_that_came(self) -> None:
        outcome = World().knows(in_tribe("t1", number="77")).carry_out(push())

        change = only(outcome)
        assert change.poweroffice_id == "p-new-1"
        assert (change.fields[0].before, change.fields[0].after) == ("77", "20002")

    def test_a_number_that_is_there_already_is_not_written(self) -> None:
        world = World().knows(in_tribe("t1", number="20002"))

        world.carry_out(push())

        assert not world.tribe.requests

    def test_a_number_that_could_not_be_written_back_is_the_next_passes_work(self) -> None:
        world = World().knows(in_tribe("t1"))
        world.tribe.fail("update", LOST)

        outcome = world.carry_out(push())

        assert statuses(outcome) == [(Action.UPDATE, Status.FAILED), (Action.CREATE, Status.DONE)]
        (again,) = world.plan(push()).changes
        assert again.edit is not None
        assert again.edit.values == {"number": "20002"}

    def test_a_relation_that_vanished_before_it_got_its_number_is_parked(self) -> None:
        world = World().knows(in_tribe("t1"))
        world.tribe.remove(CUSTOMER, "t1")

        outcome = world.carry_out(push())

        assert outcome.memory.links[CUSTOMER, "p-new-1"].parked == GONE[TRIBE]

    def test_a_number_that_tribe_refuses_is_quarantined_and_costs_no_request_then(self) -> None:
        world = World().knows(in_tribe("t1"))
        world.tribe.fail("update", REFUSED)

        world.carry_out(push())

        assert world.memory.quarantine[TRIBE, CUSTOMER, "p-new-1"].reason == REFUSED.reason
        assert not world.plan(push()).changes

        world.tribe.clock.pass_by(FIRST_RETRY)
        world.carry_out(push())
        assert not world.memory.quarantine


class TestIntents:
    def test_they_are_saved_before_the_first_create(self) -> None:
        world = World().knows(in_poweroffice("p1"), in_poweroffice("p2", number="10011"))
        sent_at_save: list[int] = []
        world.keeper.on_save = lambda memory: sent_at_save.append(world.tribe.counts["create"])

        world.carry_out(pull())

        assert sent_at_save[0] == 0
        assert set(world.keeper.saved[0].intents) == {
            (TRIBE, CUSTOMER, "p1"),
            (TRIBE, CUSTOMER, "p2"),
        }
        assert not world.keeper.saved[-1].intents

    def test_one_from_before_has_its_time_again(self) -> None:
        world = World().knows(in_poweroffice("p1"))
        world.memory.intents[TRIBE, CUSTOMER, "p1"] = Intent(
            CUSTOMER, TRIBE, "p1", "poweroffice:customer:p1", NOON - timedelta(hours=1)
        )

        world.carry_out(pull())

        intent = world.keeper.saved[0].intents[TRIBE, CUSTOMER, "p1"]
        assert intent.since > NOON

    def test_one_that_is_sent_late_in_a_long_run_has_its_time_from_then(self) -> None:
        count = BATCH + 1
        world = World().knows(*(in_poweroffice(f"p{n}", number=str(n + 1)) for n in range(count)))

        world.carry_out(pull())

        last = (TRIBE, CUSTOMER, f"p{BATCH}")
        noted, noted_again = (memory.intents[last].since for memory in world.keeper.saved[:2])
        assert noted_again >= noted + timedelta(seconds=BATCH)

    def test_what_was_written_to_tribe_is_noted_with_its_time(self) -> None:
        """It may not show there yet, and the old value is no person's edit."""
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))
        world.tribe.ignores = {"email"}

        link = world.carry_out(pull()).memory.links[CUSTOMER, "p1"]

        assert link.sent == {"email": Sent(world.tribe.clock.now(), (linked().base["email"],))}
        assert (link.base["email"], link.tribe) == ("new@x.example", {})

    def test_what_shows_when_it_is_read_back_waits_no_longer(self) -> None:
        """From then on the old value is a person's edit."""
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))

        link = world.carry_out(pull()).memory.links[CUSTOMER, "p1"]

        assert (link.sent, link.base["email"]) == ({}, "new@x.example")
        assert [one.method for one in world.tribe.requests] == ["changed", "update", "get"]

    def test_an_edit_that_is_read_back_is_seen(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))

        def someone_edits(moment: str) -> None:
            if moment == "after" and world.tribe.requests[-1].method == "update":
                world.tribe.edit(CUSTOMER, "t1", email="newer@x.example", phone="22334455")

        world.tribe.watch = someone_edits

        link = world.carry_out(pull()).memory.links[CUSTOMER, "p1"]

        assert link.tribe == {"email": "newer@x.example", "phone": "22334455"}
        assert link.sent == {}

    def test_what_cannot_be_read_back_is_noted_all_the_same(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))
        world.tribe.fail("get", DOWN)

        outcome = world.carry_out(pull())

        assert "email" in outcome.memory.links[CUSTOMER, "p1"].sent
        assert (only(outcome).status, outcome.stopped_by) == (Status.DONE, DOWN)

    def test_what_was_not_written_is_not_read_back(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))
        world.tribe.fail("update", REFUSED)

        world.carry_out(pull())

        assert world.tribe.counts["get"] == 0

    def test_poweroffice_is_not_read_back(self) -> None:
        world = World().knows(edited(linked(), TRIBE, email="new@x.example"))

        world.carry_out(push())

        assert world.poweroffice.counts["get"] == 0

    def test_a_number_that_was_written_to_tribe_is_noted_with_its_time(self) -> None:
        world = World().knows(in_tribe("t1"))

        link = world.carry_out(push()).memory.links[CUSTOMER, "p-new-1"]

        assert link.sent == {"number": Sent(world.tribe.clock.now(), (None,))}

    def test_poweroffice_shows_at_once_what_was_written(self) -> None:
        world = World().knows(edited(linked(), TRIBE, email="new@x.example"))

        assert not world.carry_out(push()).memory.links[CUSTOMER, "p1"].sent

    def test_without_creates_there_is_one_save_at_the_end(self) -> None:
        world = World().knows(linked())

        outcome = world.carry_out(pull())

        assert not outcome.changes
        assert len(world.keeper.saved) == 1
        assert not world.tribe.requests
        assert not world.poweroffice.requests


class TestLostAnswers:
    @pytest.mark.parametrize(
        ("record", "task"), [(in_poweroffice("p1"), pull()), (in_tribe("t1"), push())]
    )
    def test_a_create_that_happened_is_adopted(self, record: Record, task: Task) -> None:
        world = World().knows(record)
        target = world.sides[record.system.other]
        target.fail("create", LOST, takes_effect=True)

        outcome = world.carry_out(task)

        assert only(outcome).status is Status.DONE
        assert target.counts["create"] == 1
        assert len(target.records) == 1
        assert not outcome.memory.intents
        assert not world.plan(task).writes()

    def test_what_was_found_by_its_mark_is_not_read_again(self) -> None:
        world = World().knows(in_poweroffice("p1"))
        world.tribe.fail("create", LOST, takes_effect=True)

        world.carry_out(pull())

        assert world.tribe.counts == {"create": 1, "find_by_mark": 1}

    def test_what_was_found_by_its_mark_is_in_the_trail_with_its_number(self) -> None:
        world = World().knows(in_tribe("t1"))
        world.poweroffice.fail("create", LOST, takes_effect=True)

        world.carry_out(push())

        (created, _) = world.keeper.written
        assert {one.name: one.after for one in created.fields}["number"] == "20002"

    def test_one_that_cannot_be_found_stays_an_intent(self) -> None:
        world = World().knows(in_poweroffice("p1"), in_poweroffice("p2", number="10011"))
        world.tribe.fail("create", LOST, about=lambda asked: _is_of(asked, "p1"))

        outcome = world.carry_out(pull())

        assert statuses(outcome) == [(Action.CREATE, Status.FAILED), (Action.CREATE, Status.DONE)]
        assert outcome.changes[0].reason == "The answer was lost; the next run looks for it"
        assert set(outcome.memory.intents) == {(TRIBE, CUSTOMER, "p1")}
        assert outcome.stopped_by is None

    @pytest.mark.parametrize("error", [DOWN, FORBIDDEN])
    def test_one_that_cannot_be_looked_for_stays_an_intent_and_ends_the_run(
        self, error: TribePoError
    ) -> None:
        world = World().knows(in_poweroffice("p1"), in_poweroffice("p2", number="10011"))
        world.tribe.fail("create", LOST, takes_effect=True)
        world.tribe.fail("find_by_mark", error)

        outcome = world.carry_out(pull())

        assert outcome.stopped_by is error
        assert [status for _, status in statuses(outcome)] == [Status.FAILED, Status.SKIPPED]
        assert outcome.changes[0].reason == "The answer was lost; the next run looks for it"
        assert set(outcome.memory.intents) == {(TRIBE, CUSTOMER, "p1")}

    def test_two_with_the_mark_are_not_guessed_between(self) -> None:
        world = World().knows(in_poweroffice("p1"))
        for id_ in ("t1", "t2"):
            world.tribe.hold(replace(in_tribe(id_), mark="poweroffice:customer:p1"))
        world.tribe.fail("create", LOST)

        outcome = world.carry_out(pull())

        assert only(outcome).status is Status.FAILED
        assert not outcome.memory.links

    def test_a_mark_that_is_in_use_leads_to_the_record(self) -> None:
        world = World().knows(in_tribe("t1"))
        world.poweroffice.hold(replace(in_poweroffice("p1"), mark="tribe:relation of t1"))

        outcome = world.carry_out(push())

        assert only(outcome).status is Status.DONE
        assert list(outcome.memory.links) == [(CUSTOMER, "p1")]
        assert len(world.poweroffice.records) == 1
        assert world.tribe.records[CUSTOMER, "t1"].values["number"] == "10010"

    def test_a_mark_that_is_in_use_and_cannot_be_found_is_a_refusal(self) -> None:
        world = World().knows(in_tribe("t1"))
        world.poweroffice.fail("create", AlreadyExists("It exists", "In use.", "Look it up."))

        outcome = world.carry_out(push())

        assert only(outcome).status is Status.FAILED
        entry = world.memory.quarantine[POWEROFFICE, CUSTOMER, "t1"]
        assert entry.reason.startswith(
            "PowerOffice refused the new customer: In use. Nothing there"
        )
        assert "organisation number" in entry.next_step
        assert not outcome.memory.intents

    def test_an_update_is_seen_by_the_next_pass(self) -> None:
        link = edited(linked(), POWEROFFICE, email="new@x.example")
        world = World().knows(link)
        world.tribe.fail("update", LOST)

        outcome = world.carry_out(pull())

        assert only(outcome).status is Status.FAILED
        assert outcome.memory.links[link.key] == link
        assert world.plan(pull()).changes


def _is_of(asked: object, poweroffice_id: str) -> bool:
    return isinstance(asked, Creation) and asked.mark.endswith(poweroffice_id)


class TestRefusals:
    def test_a_refused_create_is_quarantined_and_the_others_go_on(self) -> None:
        world = World().knows(in_poweroffice("p1"), in_poweroffice("p2", number="10011"))
        world.tribe.fail("create", REFUSED, about=lambda asked: _is_of(asked, "p1"))

        outcome = world.carry_out(pull())

        assert statuses(outcome) == [(Action.CREATE, Status.FAILED), (Action.CREATE, Status.DONE)]
        entry = outcome.memory.quarantine[TRIBE, CUSTOMER, "p1"]
        assert (entry.reason, entry.next_step) == (REFUSED.reason, REFUSED.next_step)
        failed = [one.reason for one in outcome.changes if one.status is Status.FAILED]
        assert failed == [REFUSED.reason]
        assert entry.attempts == 1
        assert entry.retry_after == world.tribe.clock.now() + FIRST_RETRY
        assert not outcome.memory.intents

    def test_refused_again_it_waits_twice_as_long_since_the_first_time(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="bad"))
        world.tribe.fail("update", REFUSED, times=3)
        world.carry_out(pull())
        first = world.memory.quarantine[TRIBE, CUSTOMER, "p1"]
        assert not world.plan(pull()).changes

        world.tribe.clock.pass_by(FIRST_RETRY)
        world.carry_out(pull())

        second = world.memory.quarantine[TRIBE, CUSTOMER, "p1"]
        assert (second.attempts, second.since) == (2, first.since)
        assert second.retry_after == world.tribe.clock.now() + 2 * FIRST_RETRY

    def test_a_run_that_ends_before_its_turn_counts_for_nothing(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="bad"))
        world.tribe.fail("update", REFUSED, times=2)
        world.carry_out(pull())
        first = world.memory.quarantine[TRIBE, CUSTOMER, "p1"]
        world.tribe.clock.pass_by(FIRST_RETRY)
        world.tribe.fail("changed", DOWN)
        world.carry_out(pull())
        assert world.memory.quarantine[TRIBE, CUSTOMER, "p1"] == first

        world.carry_out(pull())

        assert world.memory.quarantine[TRIBE, CUSTOMER, "p1"].attempts == 2

    def test_refused_again_for_other_values_it_counts_anew(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="bad"))
        world.tribe.fail("update", REFUSED, times=2)
        world.carry_out(pull())
        link = world.memory.links[CUSTOMER, "p1"]
        world.memory.links[link.key] = edited(link, POWEROFFICE, email="worse")
        world.tribe.clock.pass_by(timedelta(hours=1))

        world.carry_out(pull())

        entry = world.memory.quarantine[TRIBE, CUSTOMER, "p1"]
        assert entry.attempts == 1
        assert entry.since == world.tribe.clock.now()

    def test_a_success_ends_the_quarantine(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))
        world.tribe.fail("update", REFUSED)
        world.carry_out(pull())
        world.tribe.clock.pass_by(FIRST_RETRY)

        outcome = world.carry_out(pull())

        assert only(outcome).status is Status.DONE
        assert not outcome.memory.quarantine

    def test_an_update_of_what_is_gone_parks_the_link(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))
        world.tribe.remove(CUSTOMER, "t1")

        outcome = world.carry_out(pull())

        assert (only(outcome).status, only(outcome).reason) == (Status.FAILED, GONE[TRIBE])
        assert outcome.memory.links[CUSTOMER, "p1"].parked == GONE[TRIBE]
        assert not outcome.memory.quarantine

    def test_a_role_for_a_relation_that_is_gone_is_quarantined(self) -> None:
        lead = replace(in_tribe("lead", number="10010"), role_missing=True)
        world = World().knows(in_poweroffice("p1"))
        world.tribe.fail("create", RecordGone("It is gone", "status 404", "Nothing to do."))

        outcome = world.apply(planned(world.memory, pull(), candidates=[lead]))

        assert outcome.memory.quarantine[TRIBE, CUSTOMER, "p1"].reason == "It is gone: status 404"

    def test_a_record_that_moved_is_left_to_the_next_pass(self) -> None:
        world = World().knows(edited(linked(), TRIBE, email="new@x.example"))
        world.poweroffice.fail("update", MOVED)

        outcome = world.carry_out(push())

        assert (only(outcome).status, only(outcome).reason) == (
            Status.SKIPPED,
            "someone changed it meanwhile",
        )
        assert not outcome.memory.quarantine
        assert world.plan(push()).changes

    def test_what_a_server_still_works_on_is_told_and_is_no_failure(self) -> None:
        world = World().knows(edited(linked(), TRIBE, email="new@x.example"))
        world.poweroffice.fail("update", WORKING)

        outcome = world.carry_out(push())

        assert (only(outcome).status, only(outcome).reason) == (Status.SKIPPED, WORKING.reason)
        assert not outcome.memory.quarantine

    def test_a_server_that_ignores_a_field_is_not_asked_again_and_again(self) -> None:
        world = World().knows(
            edited(linked(), TRIBE, email="new@x.example", phone="22334455", website="x.example")
        )
        world.poweroffice.ignores |= {"email", "website"}

        outcome = world.carry_out(push())

        change = only(outcome)
        assert change.status is Status.FAILED
        assert change.reason == "PowerOffice did not take the e-mail and the website"
        link = outcome.memory.links[CUSTOMER, "p1"]
        assert link.base["phone"] == "22334455"
        assert set(link.tribe) == {"email", "website"}
        entry = outcome.memory.quarantine[POWEROFFICE, CUSTOMER, "t1"]
        assert entry.fingerprint == link_fingerprint(link)
        assert entry.reason == change.reason
        assert entry.next_step == "Compare the record on both sides."
        assert not world.plan(push()).changes


class Asked:
    """A side that notes since when it is asked for changes."""

    def __init__(self, side: Side, since: list[datetime | None], tells_time: bool = True) -> None:
        self._side = side
        self._since = since
        self._tells_time = tells_time

    def __getattr__(self, name: str) -> Any:
        return getattr(self._side, name)

    def changed(self, kinds: Collection[Kind], since: datetime | None) -> Observation:
        self._since.append(since)
        seen = self._side.changed(kinds, since)
        return seen if self._tells_time else replace(seen, cursor=None)


class TestMovedMeanwhile:
    def test_the_target_is_asked_once_before_each_batch(self) -> None:
        links = [linked(f"p{n}", f"t{n}", number=str(10_000 + n)) for n in range(2 * BATCH + 1)]
        world = World().knows(*(edited(link, POWEROFFICE, phone="22334455") for link in links))

        outcome = world.carry_out(pull(), in_flight=4)

        asked = [request.method for request in world.tribe.requests]
        looks = [at for at, method in enumerate(asked) if method == "changed"]
        reads_back = [at for at, method in enumerate(asked) if method == "get"]
        assert looks == [0, BATCH + 2, 2 * BATCH + 4]
        assert reads_back == [BATCH + 1, 2 * BATCH + 3, 2 * BATCH + 6]
        assert len(outcome.changes) == len(links)
        assert len(world.keeper.saved) == 3 + 1

    def test_an_edit_made_meanwhile_in_another_field_is_not_overwritten(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))
        plan = world.plan(pull())
        world.tribe.edit(CUSTOMER, "t1", phone="22334455")

        outcome = world.apply(plan)

        assert only(outcome).status is Status.DONE
        values = world.tribe.records[CUSTOMER, "t1"].values
        assert (values["email"], values["phone"]) == ("new@x.example", "22334455")
        assert outcome.memory.links[CUSTOMER, "p1"].tribe == {"phone": "22334455"}

    @pytest.mark.parametrize(
        ("policy", "left"),
        [
            (ConflictPolicy.POWEROFFICE, "p@x.example"),
            (ConflictPolicy.TRIBE, "meanwhile@x.example"),
            (ConflictPolicy.MANUAL, "meanwhile@x.example"),
        ],
    )
    def test_an_edit_made_meanwhile_in_the_same_field_is_a_conflict(
        self, policy: ConflictPolicy, left: str
    ) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="p@x.example"))
        plan = world.plan(pull(policy))
        world.tribe.edit(CUSTOMER, "t1", email="meanwhile@x.example")

        outcome = world.apply(plan)

        assert world.tribe.records[CUSTOMER, "t1"].values["email"] == left
        if policy is ConflictPolicy.POWEROFFICE:
            conflict = outcome.memory.conflicts[CUSTOMER, "p1", "email"]
            assert conflict.tribe == "meanwhile@x.example"
            assert only(outcome).status is Status.DONE
        else:
            assert only(outcome).status is Status.SKIPPED
            assert world.plan(pull(policy)).conflicts

    def test_the_same_edit_made_meanwhile_leaves_nothing_to_do(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))
        plan = world.plan(pull())
        world.tribe.edit(CUSTOMER, "t1", email="NEW@x.example")

        outcome = world.apply(plan)

        assert only(outcome).status is Status.SKIPPED
        assert only(outcome).reason == "someone changed it meanwhile"
        assert not world.tribe.writes
        assert outcome.memory.links[CUSTOMER, "p1"].base["email"] == "new@x.example"

    def test_a_touched_record_that_is_as_it_was_is_written_as_planned(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))
        plan = world.plan(pull())
        world.tribe.edit(CUSTOMER, "t1")

        outcome = world.apply(plan)

        assert only(outcome) == replace(plan.changes[0], status=Status.DONE)

    def test_a_number_is_planned_again_as_a_number(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, number="20020", email="new@x.example"))
        plan = world.plan(push())
        world.tribe.edit(CUSTOMER, "t1", number="77")

        outcome = world.apply(plan)

        (request,) = world.tribe.writes
        assert isinstance(request.about, Edit)
        assert request.about.values == {"number": "20020"}
        assert request.about.expected == {"number": "77"}
        assert only(outcome).status is Status.DONE

    def test_the_next_look_asks_from_where_the_last_one_ended(self) -> None:
        links = [linked(f"p{n}", f"t{n}", number=str(10_000 + n)) for n in range(BATCH + 1)]
        world = World().knows(*(edited(link, POWEROFFICE, phone="22334455") for link in links))
        plan = world.plan(pull())
        world.tribe.edit(CUSTOMER, f"t{BATCH}", email="meanwhile@x.example")

        outcome = world.apply(plan)

        assert world.tribe.records[CUSTOMER, f"t{BATCH}"].values["email"] == "meanwhile@x.example"
        assert outcome.changes[-1].status is Status.DONE

    def test_the_target_is_asked_for_what_changed_since_it_was_read(self) -> None:
        links = [linked(f"p{n}", f"t{n}", number=str(10_000 + n)) for n in range(BATCH + 1)]
        world = World().knows(*(edited(link, POWEROFFICE, phone="22334455") for link in links))
        later = NOON + timedelta(hours=1)
        world.memory.cursors = {
            (TRIBE, CUSTOMER): later,
            (TRIBE, SUPPLIER): NOON,
            (POWEROFFICE, CUSTOMER): NOON,
        }
        since: list[datetime | None] = []
        sides: dict[System, Side] = {**world.sides, TRIBE: Asked(world.tribe, since)}

        apply(world.plan(pull()), sides, world.keeper, world.tribe.clock.now)

        assert since[0] == later
        assert since[1] is not None
        assert since[1] < later  # where the first look ended, by the clock of that side

    def test_two_kinds_are_asked_for_since_the_first_of_them_was_read(self) -> None:
        world = World().knows(
            edited(linked("p1", "t1"), POWEROFFICE, phone="22334455"),
            edited(linked("p2", "t2", SUPPLIER), POWEROFFICE, phone="22334455"),
        )
        later = NOON + timedelta(hours=1)
        world.memory.cursors = {(TRIBE, CUSTOMER): later, (TRIBE, SUPPLIER): NOON}
        since: list[datetime | None] = []
        sides: dict[System, Side] = {**world.sides, TRIBE: Asked(world.tribe, since)}

        apply(world.plan(pull()), sides, world.keeper, world.tribe.clock.now)

        assert since == [NOON]

    def test_a_side_that_tells_no_time_is_asked_again_since_it_was_read(self) -> None:
        links = [linked(f"p{n}", f"t{n}", number=str(10_000 + n)) for n in range(BATCH + 1)]
        world = World().knows(*(edited(link, POWEROFFICE, phone="22334455") for link in links))
        world.memory.cursors = {(TRIBE, CUSTOMER): NOON}
        since: list[datetime | None] = []
        sides: dict[System, Side] = {**world.sides, TRIBE: Asked(world.tribe, since, False)}

        apply(world.plan(pull()), sides, world.keeper, world.tribe.clock.now)

        assert since == [NOON, NOON]


class TestTwoRolesOfOneRelation:
    """Two roles of one relation share its address: written twice at once, there are two of it."""

    @staticmethod
    def _both_roles(**values: Value) -> list[Link]:
        both = [linked("p1", "t1"), linked("p1", "t2", SUPPLIER)]
        return [
            edited(replace(one, tribe_relation_id="relation"), POWEROFFICE, **values)
            for one in both
        ]

    def test_the_second_role_is_written_after_the_first_one_was_seen_again(self) -> None:
        world = World().knows(*self._both_roles(address=HAVNEGATA))

        outcome = world.carry_out(pull(), in_flight=4)

        (write,) = world.tribe.writes
        assert isinstance(write.about, Edit)
        assert write.about.kind is CUSTOMER
        assert [status for _, status in statuses(outcome)] == [Status.DONE, Status.SKIPPED]
        assert [one.reason for one in outcome.changes] == [None, "written with its other role"]
        assert not any(link.tribe or link.poweroffice for link in outcome.memory.links.values())

    def test_what_is_the_second_roles_own_is_written_in_the_same_run(self) -> None:
        world = World().knows(*self._both_roles(address=HAVNEGATA, inactive=True))

        world.carry_out(pull())

        asked = [one.about.values for one in world.tribe.writes if isinstance(one.about, Edit)]
        assert asked == [{"address": HAVNEGATA, "inactive": True}, {"inactive": True}]

    def test_while_tribe_does_not_show_the_first_write_the_second_one_waits(self) -> None:
        world = World().knows(*self._both_roles(address=HAVNEGATA))
        world.tribe.tells_late = True

        outcome = world.carry_out(pull())

        assert len(world.tribe.writes) == 1
        (_, skipped) = outcome.changes
        assert (skipped.status, skipped.reason) == (
            Status.SKIPPED,
            "its other role was only just written",
        )
        assert outcome.memory.links[SUPPLIER, "p1"].poweroffice == {"address": HAVNEGATA}

    def test_it_waits_also_when_the_first_write_is_some_batches_ago(self) -> None:
        customer, supplier = self._both_roles(address=HAVNEGATA)
        others = [
            edited(linked(f"p{n}", f"t{n}", number=str(n)), POWEROFFICE, phone="22334455")
            for n in range(10, 2 * BATCH + 10)
        ]
        world = World().knows(customer, *others, supplier)
        world.tribe.tells_late = True

        outcome = world.carry_out(pull())

        skipped = [one for one in outcome.changes if one.status is Status.SKIPPED]
        assert [(one.kind, one.reason) for one in skipped] == [
            (SUPPLIER, "its other role was only just written")
        ]

    def test_in_poweroffice_the_second_one_is_sent_all_the_same(self) -> None:
        both = [linked("p1", "t1"), linked("p1", "t2", SUPPLIER)]
        world = World().knows(*(edited(one, TRIBE, phone="22334455") for one in both))
        world.poweroffice.tells_late = True

        world.carry_out(push(), in_flight=4)

        asked = [one.method for one in world.poweroffice.requests]
        assert asked == ["changed", "update", "changed", "update"]


class TestOverruled:
    def test_the_losers_value_is_kept_when_it_is_overwritten(self) -> None:
        link = edited(
            edited(linked(), TRIBE, email="t@x.example", phone="22334455"),
            POWEROFFICE,
            email="p@x.example",
        )
        world = World().knows(link)

        outcome = world.carry_out(pull())

        conflict = outcome.memory.conflicts[CUSTOMER, "p1", "email"]
        assert (conflict.base, conflict.tribe, conflict.poweroffice, conflict.winner) == (
            "post@fjordkaffe.example",
            "t@x.example",
            "p@x.example",
            POWEROFFICE,
        )
        assert NOON < conflict.since <= world.tribe.clock.now()
        assert len(outcome.memory.conflicts) == 1
        assert world.tribe.records[CUSTOMER, "t1"].values["email"] == "p@x.example"

    def test_it_is_on_disk_before_it_is_overwritten(self) -> None:
        link = edited(
            edited(linked(), TRIBE, email="t@x.example"), POWEROFFICE, email="p@x.example"
        )
        world = World().knows(link)
        world.tribe.fail("update", LOST, takes_effect=True)
        written: list[int] = []
        world.keeper.on_save = lambda memory: written.append(len(world.tribe.writes))

        world.carry_out(pull())

        assert written[0] == 0
        assert world.keeper.saved[0].conflicts[CUSTOMER, "p1", "email"].tribe == "t@x.example"

    def test_nothing_is_kept_when_nothing_can_be_written(self) -> None:
        link = edited(
            edited(linked(), TRIBE, email="t@x.example"), POWEROFFICE, email="p@x.example"
        )
        world = World().knows(link)
        world.tribe.fail("changed", DOWN)

        assert not world.carry_out(pull()).memory.conflicts

    def test_nothing_is_kept_of_what_is_not_overwritten_yet(self) -> None:
        link = edited(
            edited(linked(), TRIBE, email="t@x.example"), POWEROFFICE, email="p@x.example"
        )

        outcome = World().knows(link).carry_out(push())

        assert not outcome.changes
        assert not outcome.memory.conflicts


class TestStoppingEarly:
    def test_a_fatal_error_skips_the_rest_and_forgets_what_was_never_sent(self) -> None:
        world = World().knows(
            *(in_poweroffice(f"p{n}", number=f"1001{n}") for n in range(3)),
            edited(linked("p9", "t9", number="10099"), POWEROFFICE, email="new@x.example"),
        )
        world.tribe.fail("create", FORBIDDEN, about=lambda asked: _is_of(asked, "p1"))

        outcome = world.carry_out(pull())

        assert outcome.stopped_by is FORBIDDEN
        assert statuses(outcome) == [
            (Action.CREATE, Status.DONE),
            (Action.CREATE, Status.FAILED),
            (Action.CREATE, Status.SKIPPED),
            (Action.UPDATE, Status.SKIPPED),
        ]
        assert outcome.changes[1].reason == FORBIDDEN.reason
        assert outcome.changes[2].reason == "the run ended before its turn"
        assert not outcome.memory.intents
        assert (CUSTOMER, "p0") in outcome.memory.links
        assert world.keeper.saved[-1].links == outcome.memory.links
        assert len(world.plan(pull()).changes) == 3

    @pytest.mark.parametrize("error", [DOWN, FORBIDDEN])
    def test_a_copy_that_cannot_be_read_back_is_remembered_as_it_was_sent(
        self, error: TribePoError
    ) -> None:
        world = World().knows(in_poweroffice("p1"))
        world.tribe.fail("get", error)

        outcome = world.carry_out(pull())

        assert outcome.stopped_by is error
        assert only(outcome).status is Status.DONE
        assert outcome.memory.links[CUSTOMER, "p1"].tribe_id == "t-new-1"

    @pytest.mark.parametrize("error", [DOWN, FORBIDDEN])
    def test_without_a_look_at_the_target_nothing_is_updated(self, error: TribePoError) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))
        world.tribe.fail("changed", error)

        outcome = world.carry_out(pull())

        assert outcome.stopped_by is error
        assert only(outcome).status is Status.SKIPPED
        assert not world.tribe.writes

    def test_an_update_that_is_not_allowed_stops_the_others(self) -> None:
        world = World().knows(
            edited(linked("p1", "t1", number="1"), POWEROFFICE, email="new@x.example"),
            edited(linked("p2", "t2", number="2"), POWEROFFICE, email="new@x.example"),
        )
        world.tribe.fail("update", FORBIDDEN)

        outcome = world.carry_out(pull())

        assert [status for _, status in statuses(outcome)] == [Status.FAILED, Status.SKIPPED]
        assert len(world.tribe.writes) == 1
        assert not outcome.memory.quarantine

    def test_every_change_is_noted_once(self) -> None:
        world = World().knows(
            in_poweroffice("p1"),
            in_tribe("t1", number="10010"),
            in_poweroffice("p2", number="10011"),
            edited(linked("p3", "t3", number="10012"), POWEROFFICE, email="new@x.example"),
        )

        outcome = world.carry_out(pull())

        assert world.keeper.noted == list(outcome.changes)
        assert [action for action, _ in statuses(outcome)] == [
            Action.LINK,
            Action.CREATE,
            Action.UPDATE,
        ]

    def test_a_link_is_done_and_says_by_what_rule(self) -> None:
        outcome = (
            World().knows(in_poweroffice("p1"), in_tribe("t1", number="10010")).carry_out(pull())
        )

        assert (only(outcome).status, only(outcome).reason) == (Status.DONE, "matched by number")

    def test_what_is_left_alone_from_the_start_is_shown_and_not_noted(self) -> None:
        world = World().knows(edited(linked(), POWEROFFICE, email="new@x.example"))
        plan = world.plan(pull())
        left = replace(plan.changes[0], status=Status.SKIPPED, reason="it stays", edit=None)

        outcome = world.apply(replace(plan, changes=(left,)))

        assert outcome.changes == (left,)
        assert not world.keeper.noted
        assert not world.tribe.requests


class TestTheTrail:
    def test_every_write_is_in_it_before_the_next_request(self) -> None:
        world = World().knows(
            in_poweroffice("p1"),
            in_poweroffice("p2", number="10011"),
            edited(linked("p3", "t3", number="10012"), POWEROFFICE, email="new@x.example"),
            edited(linked("p4", "t4", number="10013"), POWEROFFICE, email="new@x.example"),
        )
        behind: list[int] = []

        def watch(moment: str) -> None:
            if moment == "before":
                behind.append(len(world.tribe.writes) - len(world.keeper.written))

        world.tribe.watch = watch
        world.carry_out(pull())

        assert set(behind) == {0}
        told = [(one.action, one.tribe_id, one.status) for one in world.keeper.written]
        assert told == [
            (Action.CREATE, "t-new-1", Status.DONE),
            (Action.CREATE, "t-new-2", Status.DONE),
            (Action.UPDATE, "t3", Status.DONE),
            (Action.UPDATE, "t4", Status.DONE),
        ]

    def test_it_tells_the_number_that_came_and_that_tribe_got_it(self) -> None:
        world = World().knows(in_tribe("t1"))

        world.carry_out(push())

        created, key = world.keeper.written
        assert (created.system, created.poweroffice_id) == (POWEROFFICE, "p-new-1")
        assert created.status is Status.DONE
        number = {one.name: one.after for one in created.fields}["number"]
        assert number == world.poweroffice.records[CUSTOMER, "p-new-1"].values["number"]
        assert (key.system, key.tribe_id) == (TRIBE, "t1")
        assert [(one.name, one.after) for one in key.fields] == [("number", number)]

    def test_a_create_whose_answer_does_not_tell_is_in_it_without_a_number(self) -> None:
        world = World().knows(in_tribe("t1"))
        world.poweroffice.answers_with_record = False

        world.carry_out(push())

        created = world.keeper.written[0]
        assert created.poweroffice_id == "p-new-1"
        assert {one.name: one.after for one in created.fields}["number"] is None

    def test_nothing_is_in_it_that_was_not_done(self) -> None:
        world = World().knows(
            in_poweroffice("p1"),
            edited(linked("p3", "t3", number="10012"), POWEROFFICE, email="new@x.example"),
        )
        world.tribe.fail("create", LOST)
        world.tribe.fail("update", REFUSED)

        world.carry_out(pull())

        assert not world.keeper.written

    @pytest.mark.parametrize("in_flight", [1, 4])
    def test_when_it_cannot_be_written_no_other_write_begins(self, in_flight: int) -> None:
        links = [linked(f"p{n}", f"t{n}", number=str(n + 1)) for n in range(30)]
        world = World().knows(*(edited(link, POWEROFFICE, phone="22334455") for link in links))
        world.keeper.trail_fails_after = 0

        with pytest.raises(StateNotSaved):
            world.carry_out(pull(), in_flight)

        assert 1 <= len(world.tribe.writes) <= in_flight


class TestStateNotSaved:
    @pytest.mark.parametrize(
        ("saves", "writes"),
        [(0, 0), (1, 1), (2, 2), (3, 4)],
        ids=["intents", "customers created", "suppliers created", "updated"],
    )
    def test_nothing_is_written_after_the_disk_is_full(self, saves: int, writes: int) -> None:
        world = World().knows(
            in_poweroffice("p1"),
            in_poweroffice("p2", SUPPLIER),
            edited(linked("p3", "t3", number="10012"), POWEROFFICE, email="new@x.example"),
            edited(linked("p4", "t4", SUPPLIER), POWEROFFICE, email="new@x.example"),
        )
        plan = world.plan(pull())
        world.keeper.fails_after = saves

        with pytest.raises(StateNotSaved):
            world.apply(plan)

        assert len(world.tribe.writes) == writes
        assert len(world.keeper.saved) == saves

    def test_without_the_intents_on_disk_nothing_is_created(self) -> None:
        world = World().knows(in_poweroffice("p1"))
        world.keeper.fails_after = 0

        with pytest.raises(StateNotSaved):
            world.carry_out(pull())

        assert not world.tribe.requests


class TestInFlight:
    def test_the_changes_come_back_in_their_order(self) -> None:
        world = World().knows(*(in_poweroffice(f"p{n}", number=str(n + 1)) for n in range(30)))
        plan = world.plan(pull())

        outcome = world.apply(plan, in_flight=4)

        assert [change.poweroffice_id for change in outcome.changes] == [
            change.poweroffice_id for change in plan.changes
        ]
        assert len(world.tribe.records) == len(outcome.memory.links) == 30

    @pytest.mark.parametrize(
        ("task", "in_flight", "most"),
        [(pull(), 8, 4), (push(), 8, 8), (pull(), 2, 2), (push(), 3, 3)],
    )
    def test_no_more_writes_are_in_flight_than_a_system_takes_and_the_run_may_send(
        self, task: Task, in_flight: int, most: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        allowed: list[int] = []

        def pool(workers: int) -> ThreadPoolExecutor:
            allowed.append(workers)
            return ThreadPoolExecutor(workers)

        monkeypatch.setattr("tribe_po.sync.attempts.ThreadPoolExecutor", pool)
        (target,) = task.writes_to
        links = [linked(f"p{n}", f"t{n}", number=str(n + 1)) for n in range(2)]
        world = World().knows(*(edited(link, target.other, phone="22334455") for link in links))

        world.carry_out(task, in_flight)

        assert allowed == [most]
        assert len(world.sides[target].writes) == 2

    def test_a_whole_run_needs_one_request_for_each_update_and_one_look(self) -> None:
        links = [linked(f"p{n}", f"t{n}", number=str(n + 1)) for n in range(30)]
        world = World().knows(*(edited(link, TRIBE, address=HAVNEGATA) for link in links))

        world.carry_out(push(), in_flight=4)

        assert world.poweroffice.counts == {"changed": 1, "update": 30}
        assert not world.tribe.requests


def test_a_lost_answer_where_no_mark_can_tell_stays_an_intent() -> None:
    world = World().knows(in_poweroffice("p1"))
    world.tribe.fail("create", LOST, takes_effect=True)
    world.tribe.fail("find_by_mark", Untraceable("Nobody can tell", "no marks", "Look for it."))

    outcome = world.carry_out(pull())

    assert only(outcome).status is Status.FAILED
    assert (TRIBE, CUSTOMER, "p1") in outcome.memory.intents
    assert outcome.stopped_by is None
