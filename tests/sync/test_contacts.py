"""One relation of Tribe, one contact of PowerOffice, whatever PowerOffice does by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sync.builders import (
    BOTH_KINDS,
    CUSTOMER,
    NOON,
    ORGANIZATION,
    PERSON,
    POWEROFFICE,
    STORGATA,
    SUPPLIER,
    TRIBE,
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
)
from tests.sync.fakes import FakeKeeper, FakeSide, two_sides
from tribe_po.passes.by_hand import retry
from tribe_po.records import Kind, Link, Memory, Record
from tribe_po.sides import Creation, Written
from tribe_po.sync.acknowledged import fingerprint
from tribe_po.sync.apply import apply
from tribe_po.sync.change import Action, Change, Plan, Status
from tribe_po.sync.contacts import SEPARATE, held_by_another
from tribe_po.sync.match import mark_for
from tribe_po.sync.other_role import OTHER_ROLE
from tribe_po.sync.trees import FORM_CHANGED, GONE

NUMBER = "923456783"


def of(relation: str, record: Record) -> Record:
    return replace(record, relation_id=f"relation of {relation}")


def listed(plan: Plan) -> dict[str, str]:
    return {entry.id: entry.reason for entry in plan.quarantined.values()}


def created(plan: Plan) -> list[str]:
    return [change.source_id for change in plan.changes if change.creation is not None]


class TestTwoRelationsOfOneNumber:
    @pytest.mark.parametrize("kind", BOTH_KINDS)
    def test_the_second_one_waits_for_a_person(self, kind: Kind) -> None:
        there = linked("p1", "t1", OTHER_ROLE[kind], name="Fjord AS", organization_number=NUMBER)
        new = in_tribe("t2", kind, organization_number="NO 923 456 783 MVA")

        plan = planned(memory_of(there, new), push())

        assert not plan.changes
        assert "one contact with the" in listed(plan)["t2"]
        assert f"{OTHER_ROLE[kind]} Fjord AS" in listed(plan)["t2"]
        (entry,) = plan.quarantined.values()
        assert entry.next_step.endswith("tribe-po quarantine retry t2")
        assert (entry.label, entry.fingerprint) == (new.label, fingerprint(new.values))

    def test_of_two_new_ones_the_customer_is_created(self) -> None:
        one = in_tribe("t1", organization_number=NUMBER)
        other = in_tribe("t2", SUPPLIER, organization_number=NUMBER)

        plan = planned(memory_of(one, other), push())

        assert created(plan) == ["t1"]
        assert listed(plan) == {
            "t2": "PowerOffice may make it one contact with the customer Fjord Kaffe AS, which has "
            f"the same organisation number {NUMBER}"
        }

    def test_both_roles_of_a_new_one_are_created(self) -> None:
        one = in_tribe("t1", organization_number=NUMBER)
        other = of("t1", in_tribe("t2", SUPPLIER, organization_number=NUMBER))

        assert created(planned(memory_of(one, other), push())) == ["t1", "t2"]

    def test_what_poweroffice_alone_has_counts_too(self) -> None:
        there = in_poweroffice("p1", SUPPLIER, name="Fjord AS", organization_number=NUMBER)
        new = in_tribe("t2", organization_number=NUMBER)

        assert "supplier Fjord AS" in listed(planned(memory_of(there, new), push()))["t2"]

    def test_a_person_may_say_that_they_are_two(self) -> None:
        memory = memory_of(
            linked("p1", "t1", organization_number=NUMBER),
            in_tribe("t2", SUPPLIER, organization_number=NUMBER),
        )
        memory.quarantine |= planned(memory, push()).quarantined

        again = retry(memory, ["t2"], NOON).memory

        assert created(planned(again, push())) == ["t2"]

    @pytest.mark.parametrize(
        "new",
        [
            in_tribe("t2", CUSTOMER, organization_number=NUMBER),
            in_tribe("t2", SUPPLIER, organization_number="974760673"),
            in_tribe("t2", SUPPLIER),
            in_tribe("t2", CUSTOMER, PERSON),
            of("t1", in_tribe("t2", SUPPLIER, organization_number=NUMBER)),
        ],
        ids=["same role", "other number", "no number", "person", "same relation"],
    )
    def test_others_do_not_wait(self, new: Record) -> None:
        memory = memory_of(linked("p1", "t1", organization_number=NUMBER), new)

        assert created(planned(memory, push())) == ["t2"]

    def test_what_is_gone_from_poweroffice_is_in_nobodys_way(self) -> None:
        parked = replace(linked(organization_number=NUMBER), parked=GONE[POWEROFFICE])
        new = in_tribe("t2", SUPPLIER, organization_number=NUMBER)

        assert created(planned(memory_of(parked, new), push())) == ["t2"]

    def test_a_copy_in_tribe_does_not_wait(self) -> None:
        memory = memory_of(
            linked("p1", "t1", organization_number=NUMBER),
            in_poweroffice("p2", SUPPLIER, organization_number=NUMBER),
        )

        assert created(planned(memory, pull())) == ["p2"]


class Joining(FakeSide):
    """A PowerOffice that makes everything the contact p1."""

    def create(self, creation: Creation) -> Written:
        return Written("p1", in_poweroffice("p1", creation.kind))


class TestOneContactOfTwo:
    """PowerOffice did it all the same."""

    def memory(self) -> Memory:
        mark = "tribe:relation of t2"
        return memory_of(
            linked("p1", "t1", name="Fjord AS"),
            replace(in_poweroffice("p1", SUPPLIER), mark=mark),
            in_tribe("t2", SUPPLIER),
        )

    def test_a_mark_does_not_link_it(self) -> None:
        matching = matched(self.memory())

        assert not matching.pairs
        assert not matching.unmatched
        assert [entry.record.id for entry in matching.ambiguous] == ["t2", "p1"]
        for entry in matching.ambiguous:
            assert "one contact with Fjord AS (p1)" in entry.reason
            assert entry.next_step == SEPARATE

    def test_a_number_links_it_for_a_person_wrote_that(self) -> None:
        memory = memory_of(
            linked("p1", "t1"),
            in_poweroffice("p1", SUPPLIER, number="20001"),
            in_tribe("t2", SUPPLIER, number="20001"),
        )

        assert [pair.rule for pair in matched(memory).pairs] == ["number"]

    def test_a_product_has_no_other_role(self) -> None:
        code = replace(in_poweroffice("p1", Kind.PRODUCT), mark="K1")
        copy = in_tribe("t1", Kind.PRODUCT, code="K1")
        memory = memory_of(linked("p1", "t9"), code, copy)

        assert [p.rule for p in matched(memory, kinds=(Kind.PRODUCT,)).pairs] == ["mark"]

    def test_the_answer_to_a_create_does_not_link_it(self) -> None:
        sides = {**two_sides(), POWEROFFICE: Joining(POWEROFFICE)}
        memory = memory_of(linked("p1", "t1", name="Fjord AS"), in_tribe("t2", SUPPLIER))

        outcome = apply(planned(memory, push()), sides, FakeKeeper(), lambda: NOON)

        assert [change.status for change in outcome.changes] == [Status.FAILED]
        assert list(outcome.memory.links) == [(CUSTOMER, "p1")]
        (entry,) = outcome.memory.quarantine.values()
        assert "one contact with Fjord AS (p1)" in entry.reason
        assert entry.next_step == SEPARATE
        assert not outcome.memory.intents

    def test_the_other_role_of_its_own_relation_is_linked(self) -> None:
        sides = {**two_sides(), POWEROFFICE: Joining(POWEROFFICE)}
        role = of("t1", in_tribe("t2", SUPPLIER))
        sides[TRIBE].hold(role)
        memory = memory_of(linked("p1", "t1"), role)

        outcome = apply(planned(memory, push()), sides, FakeKeeper(), lambda: NOON)

        assert {change.status for change in outcome.changes} == {Status.DONE}
        assert set(outcome.memory.links) == {(CUSTOMER, "p1"), (SUPPLIER, "p1")}

    def test_a_mark_links_the_other_role_of_its_own_relation(self) -> None:
        role = of("t1", in_tribe("t2", SUPPLIER))
        copy = replace(in_poweroffice("p1", SUPPLIER), mark=mark_for(role))

        matching = matched(memory_of(linked("p1", "t1"), copy, role))

        assert [(pair.tribe.id, pair.rule) for pair in matching.pairs] == [("t2", "mark")]

    def test_a_product_is_no_contact(self) -> None:
        sides = {**two_sides(), POWEROFFICE: Joining(POWEROFFICE)}
        new = in_tribe("t2", Kind.PRODUCT, ORGANIZATION, code="K1")
        creation = Creation(Kind.PRODUCT, ORGANIZATION, {"code": "K1"}, "K1")
        change = Change(
            action=Action.CREATE,
            kind=Kind.PRODUCT,
            system=POWEROFFICE,
            poweroffice_id="",
            tribe_id="t2",
            label="Kaffe",
            creation=creation,
            source=new,
        )
        memory = memory_of(linked("p1", "t1"), new)
        plan = replace(planned(memory, push()), changes=(change,))

        outcome = apply(plan, sides, FakeKeeper(), lambda: NOON)

        assert [one.status for one in outcome.changes] == [Status.DONE]

    @pytest.mark.parametrize(
        ("link", "held"),
        [
            (linked("p1", "t1", CUSTOMER), True),
            (linked("p1", "t1", SUPPLIER), True),
            (linked("p1", "t2", SUPPLIER), False),
            (linked("p2", "t1"), False),
            (replace(linked("p1", "t1"), parked=GONE[TRIBE]), False),
            (replace(linked("p1", "t1"), parked=FORM_CHANGED[TRIBE]), True),
        ],
    )
    def test_who_holds_a_contact(self, link: Link, held: bool) -> None:
        found = held_by_another(memory_of(link), "p1", "relation of t2")

        assert found == (link if held else None)


class TestASecondRole:
    def test_it_does_not_overwrite_what_its_contact_was_given(self) -> None:
        link = linked("p1", "t1", phone="1", website="w.example", address=STORGATA)
        link = edited(link, POWEROFFICE, name="Fjord Te AS", phone="2", website=None)
        role = of("t1", in_tribe("t2", SUPPLIER, phone="1", website="w.example", address=STORGATA))

        change = next(c for c in planned(memory_of(link, role), push()).changes if c.creation)

        assert change.creation is not None
        assert change.creation.values == {
            "name": "Fjord Te AS",
            "email": "post@fjordkaffe.example",
            "address": STORGATA,
        }

    def test_what_nobody_edited_is_sent(self) -> None:
        role = of("t1", in_tribe("t2", SUPPLIER, phone="1"))

        change = the_change(planned(memory_of(linked("p1", "t1"), role), push()))

        assert change.creation is not None
        assert change.creation.values["phone"] == "1"
        assert change.creation.values["name"] == "Fjord Kaffe AS"

    def test_it_is_not_created_beside_one_that_its_contact_has(self) -> None:
        memory = memory_of(
            linked("p1", "t1"),
            replace(in_poweroffice("p1", SUPPLIER), mark="tribe:relation of t3"),
            in_tribe("t3", SUPPLIER),
            of("t1", in_tribe("t2", SUPPLIER)),
        )

        plan = planned(memory, push())

        assert not plan.changes
        assert listed(plan)["t2"] == "PowerOffice's contact p1 is a supplier already"

    def test_it_is_not_created_in_tribe_where_the_relation_has_it_from_another_contact(
        self,
    ) -> None:
        double = replace(linked("p2", "t2", SUPPLIER), tribe_relation_id="relation of t1")
        role = in_poweroffice("p1", SUPPLIER, number="20002")

        plan = planned(memory_of(linked("p1", "t1"), double, role), pull())

        assert not plan.changes
        (entry,) = plan.quarantined.values()
        assert entry.reason == "Fjord Kaffe AS in Tribe is a supplier already, as p2"
        assert "Archive one of the two" in entry.next_step

    @pytest.mark.parametrize("relation", ["relation of t9", ""])
    def test_it_is_created_in_tribe_otherwise(self, relation: str) -> None:
        """Also where Tribe does not tell yet which relations two new roles belong to."""
        first = linked("p1", "t1")
        other = replace(linked("p2", "t2", SUPPLIER), tribe_relation_id=relation)
        if not relation:
            first = replace(first, tribe_relation_id="")
        role = in_poweroffice("p1", SUPPLIER, number="20002")

        assert created(planned(memory_of(first, other, role), pull())) == ["p1"]

    def test_one_whose_relation_is_gone_is_its_own_again(self) -> None:
        """Its link is parked: the number may have moved with the relation it was merged into."""
        orphan = replace(linked("p2", "t2", SUPPLIER), parked=GONE[TRIBE])

        assert not planned(memory_of(linked("p1", "t1"), orphan), pull()).quarantined
