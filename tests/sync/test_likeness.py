"""Records that look like one on the other side are left to a person, and never created there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.sync.builders import (
    CUSTOMER,
    NOON,
    PERSON,
    POWEROFFICE,
    STORGATA,
    SUPPLIER,
    TRIBE,
    in_poweroffice,
    in_tribe,
    linked,
    matched,
    memory_of,
    planned,
    pull,
    push,
)
from tests.sync.fakes import FakeKeeper, two_sides
from tribe_po.errors import LostAnswer
from tribe_po.passes.by_hand import retry
from tribe_po.records import Intent, Memory, Record
from tribe_po.sync import remember
from tribe_po.sync.apply import apply
from tribe_po.sync.lag import SETTLE
from tribe_po.sync.match import IF_NOT, Matching, mark_for, uncertain
from tribe_po.sync.plan import make_plan
from tribe_po.sync.trees import GONE

ORG, OTHER_ORG = "923609016", "974760673"


def left(matching: Matching) -> tuple[list[str], list[str]]:
    """What is free to be created, and what is left to a person."""
    return (
        [record.id for record in matching.unmatched],
        [entry.record.id for entry in matching.ambiguous],
    )


class TestLookingAlike:
    def test_a_number_that_was_just_changed_makes_no_second_customer(self) -> None:
        """The state is lost, and somebody has changed the number in Tribe."""
        memory = memory_of(
            in_poweroffice("p1", number="10010", organization_number=ORG),
            in_tribe("t1", number="T-1", organization_number="NO 923 609 016 MVA"),
        )

        assert left(matched(memory)) == ([], ["p1", "t1"])
        assert not planned(memory, pull()).changes
        assert not planned(memory, push()).changes

    def test_a_chains_other_branches_are_imported(self) -> None:
        branches = (
            in_poweroffice(f"p{n}", number=str(10_000 + n), organization_number=ORG)
            for n in (1, 2, 3)
        )
        known = in_tribe("t1", number="10001", organization_number=ORG)

        matching = matched(memory_of(*branches, known))

        assert [pair.poweroffice.id for pair in matching.pairs] == ["p1"]
        assert left(matching) == (["p2", "p3"], [])

    def test_a_branch_that_tribe_alone_has_holds_back_the_others_until_it_is_linked(self) -> None:
        branches = [
            in_poweroffice(f"p{n}", number=str(10_000 + n), organization_number=ORG) for n in (1, 2)
        ]
        stranger = in_tribe("t1", organization_number=ORG)

        assert left(matched(memory_of(*branches, stranger))) == ([], ["p1", "p2", "t1"])
        numbered = in_tribe("t1", number="10002", organization_number=ORG)
        assert left(matched(memory_of(*branches, numbered))) == (["p1"], [])

    @pytest.mark.parametrize(
        ("ours", "theirs", "alike"),
        [
            ({"organization_number": ORG}, {"organization_number": OTHER_ORG}, False),
            ({"organization_number": ORG}, {}, True),
            ({}, {"organization_number": ORG}, True),
            ({}, {}, True),
            ({}, {"name": "En annen AS"}, False),
            ({}, {"address": None}, False),
            ({}, {"address": replace(STORGATA, postal_code="5003")}, False),
        ],
    )
    def test_name_and_postal_code_count_where_an_organisation_number_is_missing(
        self, ours: dict[str, Any], theirs: dict[str, Any], alike: bool
    ) -> None:
        place: dict[str, Any] = {"address": STORGATA}
        memory = memory_of(in_poweroffice("p1", **place | ours), in_tribe("t1", **place | theirs))

        free, doubtful = left(matched(memory))

        assert (doubtful if alike else free) == ["p1", "t1"]

    def test_two_private_persons_of_one_name_and_place_are_left_to_a_person(self) -> None:
        memory = memory_of(
            in_poweroffice("p1", form=PERSON, address=STORGATA),
            in_tribe("t1", form=PERSON, address=STORGATA),
        )

        assert left(matched(memory)) == ([], ["p1", "t1"])

    @pytest.mark.parametrize(("archived", "alike"), [((True, True), False), ((True, False), True)])
    def test_what_both_sides_have_put_away_is_no_trouble(
        self, archived: tuple[bool, bool], alike: bool
    ) -> None:
        ours, theirs = archived
        memory = memory_of(
            in_poweroffice("p1", organization_number=ORG, inactive=ours),
            in_tribe("t1", organization_number=ORG, inactive=theirs),
        )

        assert bool(matched(memory).ambiguous) is alike

    def test_an_organisation_number_says_more_than_name_and_postal_code(self) -> None:
        both: dict[str, Any] = {"organization_number": ORG, "address": STORGATA}
        memory = memory_of(in_poweroffice("p1", **both), in_tribe("t1", **both))

        reasons = [entry.reason for entry in matched(memory).ambiguous]

        assert len(reasons) == 2
        assert all(f"organisation number {ORG}" in reason for reason in reasons)

    def test_what_is_doubtful_by_its_number_is_told_for_that_alone(self) -> None:
        memory = memory_of(
            in_poweroffice("p1", number="10010", organization_number=ORG),
            in_tribe("t1", number="T-1", organization_number=ORG),
            in_tribe("t2", number="T-1", organization_number=ORG),
        )

        matching = matched(memory)

        told = [(entry.record.id, entry.reason) for entry in matching.ambiguous]
        assert sorted(told) == [
            ("t1", "the debtor number T-1 is on 2 records: Fjord Kaffe AS and Fjord Kaffe AS"),
            ("t2", "the debtor number T-1 is on 2 records: Fjord Kaffe AS and Fjord Kaffe AS"),
        ]


class TestAWordFromAPerson:
    """`quarantine retry ID` says that it is not there: it is created, once."""

    @staticmethod
    def _quarantined() -> Memory:
        memory = memory_of(
            in_poweroffice("p1", organization_number=ORG),
            in_tribe("t1", organization_number=ORG),
        )
        return remember.start(planned(memory, pull()))

    def test_the_next_step_names_the_command(self) -> None:
        entry = self._quarantined().quarantine[TRIBE, CUSTOMER, "p1"]

        assert entry.next_step == (
            f"If they are the same, give both the same number in Tribe and PowerOffice. {IF_NOT} p1"
        )

    def test_it_is_created_when_it_was_named(self) -> None:
        released = retry(self._quarantined(), ["p1"], NOON).memory

        (change,) = planned(released, pull()).changes
        assert change.poweroffice_id == "p1"

    def test_to_retry_all_releases_nothing(self) -> None:
        released = retry(self._quarantined(), [], NOON).memory

        assert not planned(released, pull(), NOON + timedelta(days=2)).changes

    def test_it_counts_for_one_attempt(self) -> None:
        sides = two_sides()
        released = retry(self._quarantined(), ["p1"], NOON).memory
        lost = LostAnswer("The answer was lost", "no answer in 30 s", "Nothing to do.")
        sides[TRIBE].fail("create", lost)
        plan = planned(released, pull())

        after = apply(plan, sides, FakeKeeper(), sides[TRIBE].clock.now, in_flight=1).memory

        assert after.quarantine[TRIBE, CUSTOMER, "p1"].attempts == 1
        assert not planned(after, pull(), NOON + timedelta(days=2)).changes


def interrupted(source: Record) -> Intent:
    return Intent(source.kind, TRIBE, source.id, mark_for(source), NOON - SETTLE, source.label)


class TestWhatNoMarkCanTell:
    KEY = (TRIBE, CUSTOMER, "p1")

    @staticmethod
    def _memory(*others: Record) -> Memory:
        source = in_poweroffice("p1")
        return memory_of(source, *others, interrupted(source))

    def _after(self, memory: Memory, elapsed: timedelta = timedelta(0)) -> Matching:
        return uncertain(matched(memory), memory, {self.KEY}, NOON + elapsed)

    def test_it_is_left_to_a_person(self) -> None:
        memory = self._memory(in_poweroffice("p2", number="10011"))

        matching = self._after(memory)

        assert left(matching) == (["p2"], ["p1"])
        (entry,) = matching.ambiguous
        assert entry.reason == "an earlier run may have created it in Tribe; no mark can tell"
        assert entry.next_step == (
            f"If it is there, give both the same number in Tribe and PowerOffice. {IF_NOT} p1"
        )
        plan = make_plan(memory, matching, pull(), NOON)
        assert [change.poweroffice_id for change in plan.changes] == ["p2"]
        assert self.KEY in remember.start(plan).intents, "it stays open until a person has looked"

    def test_of_what_can_be_looked_for_nothing_is_left_to_a_person(self) -> None:
        copy = in_tribe("t1", number="1000", name="Fjord Kaffe AS")
        memory = self._memory(copy)

        matching = uncertain(matched(memory), memory, (), NOON + SETTLE)

        assert left(matching) == (["p1", "t1"], [])

    def test_not_while_it_may_still_show_up(self) -> None:
        matching = self._after(self._memory(), timedelta(seconds=-1))

        assert left(matching) == (["p1"], [])

    @pytest.mark.parametrize("elapsed", [timedelta(seconds=-1), timedelta(0)])
    def test_what_may_be_the_copy_does_not_come_back(self, elapsed: timedelta) -> None:
        """Tribe has numbered it by itself, so that nothing links the two."""
        copy = in_tribe("t1", number="1000", name="Fjord  kaffe AS")
        memory = self._memory(copy, in_tribe("t2", number="1001", name="En annen AS"))

        matching = self._after(memory, elapsed)

        (told,) = [one for one in matching.ambiguous if one.record.id == "t1"]
        assert told.reason == "an earlier run may have made it of Fjord Kaffe AS (p1)"
        assert told.next_step == (
            f"If it did, give both the same number in Tribe and PowerOffice. {IF_NOT} t1"
        )
        plan = make_plan(memory, matching, push(), NOON + elapsed)
        assert [change.tribe_id for change in plan.changes] == ["t2"]
        held = remember.start(plan)
        released = retry(held, ["t1"], NOON).memory
        assert "t1" in left(self._after(released, elapsed))[0]

    def test_nor_where_what_it_was_made_of_is_not_seen_any_more(self) -> None:
        """It was archived meanwhile, and lists leave that out."""
        memory = memory_of(in_tribe("t1", number="1000"), interrupted(in_poweroffice("p1")))

        (told,) = self._after(memory).ambiguous

        assert told.record.id == "t1"
        assert told.reason == "an earlier run may have made it of Fjord Kaffe AS (p1)"

    def test_its_number_links_it(self) -> None:
        matching = self._after(self._memory(in_tribe("t1", number="10010")))

        assert [pair.tribe.id for pair in matching.pairs] == ["t1"]
        assert not matching.ambiguous

    def test_a_person_can_say_that_it_is_not_there(self) -> None:
        memory = self._memory()
        held = remember.start(make_plan(memory, self._after(memory), pull(), NOON))

        released = retry(held, ["p1"], NOON).memory

        assert left(self._after(released)) == (["p1"], [])


class TestWithoutTheRole:
    """Organisations in Tribe that are no customer or supplier yet, found by name or number."""

    @staticmethod
    def _prospect(**values: Any) -> Record:
        return replace(in_tribe("lead", **{"number": None} | values), role_missing=True)

    @pytest.mark.parametrize(
        ("prospect", "why"),
        [
            ({"organization_number": ORG, "name": "Kaffe Fjord"}, f"organisation number {ORG}"),
            ({"name": " fjord  KAFFE as"}, "name"),
            ({"name": "fjord kaffe as", "address": STORGATA}, "name and postal code"),
            ({"name": "Fjord Kaffe AS", "organization_number": OTHER_ORG}, None),
            ({"name": "Fjord Kaffe Bergen AS"}, None),
        ],
    )
    def test_what_looks_like_it_is_not_doubled(
        self, prospect: dict[str, Any], why: str | None
    ) -> None:
        memory = memory_of(in_poweroffice("p1", organization_number=ORG, address=STORGATA))
        matching = matched(memory, [self._prospect(**prospect)])

        assert left(matching)[0] == ([] if why else ["p1"])
        reasons = [one.reason for one in matching.ambiguous if one.record.id == "p1"]
        label = prospect["name"]
        assert reasons == (
            [f"{label} in Tribe has the same {why} and is no customer"] if why else []
        )

    @pytest.mark.parametrize(("parked", "free"), [(None, ["p1"]), (GONE[TRIBE], [])])
    def test_a_relation_that_is_linked_in_another_role_is_somebody_else(
        self, parked: str | None, free: list[str]
    ) -> None:
        """PowerOffice holds the two apart as well: they are two contacts there."""
        supplier = replace(linked("p9", "t9", kind=SUPPLIER), parked=parked)
        memory = memory_of(supplier, in_poweroffice("p1"))
        prospect = replace(self._prospect(), relation_id=supplier.tribe_relation_id)

        assert left(matched(memory, [prospect]))[0] == free

    def test_one_that_its_number_disputes_is_not_doubled_either(self) -> None:
        """It has the number of a customer who is linked to another relation."""
        memory = memory_of(linked("p9", "t9", number="10009"), in_poweroffice("p1"))

        free, doubtful = left(matched(memory, [self._prospect(number="10009")]))

        assert (free, set(doubtful)) == ([], {"p1", "lead"})

    def test_a_person_can_say_that_it_is_somebody_else(self) -> None:
        memory = memory_of(in_poweroffice("p1"))
        held = make_plan(memory, matched(memory, [self._prospect()]), pull(), NOON)
        assert not held.changes

        released = retry(remember.start(held), ["p1"], NOON).memory

        assert left(matched(released, [self._prospect()]))[0] == ["p1"]


def test_a_linked_record_is_no_lookalike() -> None:
    memory = memory_of(
        linked("p9", "t9", organization_number=ORG),
        in_poweroffice("p1", number="10011", organization_number=ORG),
    )

    (change,) = planned(memory, pull()).changes
    assert (change.system, change.poweroffice_id) == (POWEROFFICE.other, "p1")
