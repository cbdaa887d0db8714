"""Who is who."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.sync.builders import (
    BOTH_KINDS,
    CUSTOMER,
    HAVNEGATA,
    ORGANIZATION,
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
)
from tribe_po.records import RELATIONS, Kind, Record, Value
from tribe_po.settings import MatchRule
from tribe_po.sync.match import FORM_DIFFERS, Matching, mark_for
from tribe_po.sync.trees import GONE


def pairs(matching: Matching) -> list[tuple[str, str, str]]:
    return [(pair.poweroffice.id, pair.tribe.id, pair.rule) for pair in matching.pairs]


def doubtful(matching: Matching) -> dict[str, str]:
    return {entry.record.id: entry.reason for entry in matching.ambiguous}


def unmatched(matching: Matching) -> list[str]:
    return [record.id for record in matching.unmatched]


class TestMarks:
    def test_the_mark_in_poweroffice_names_the_relation_in_tribe(self) -> None:
        assert mark_for(in_tribe("t1")) == "tribe:relation of t1"

    def test_the_mark_in_tribe_names_kind_and_id_in_poweroffice(self) -> None:
        assert mark_for(in_poweroffice("p1", SUPPLIER)) == "poweroffice:supplier:p1"

    def test_a_copy_in_poweroffice_is_known_by_its_mark(self) -> None:
        copy = replace(in_poweroffice("p1"), mark="tribe:relation of t1")

        matching = matched(memory_of(copy, in_tribe("t1", name="Another name AS")))

        assert pairs(matching) == [("p1", "t1", "mark")]

    def test_a_copy_in_tribe_is_known_by_its_mark(self) -> None:
        copy = replace(in_tribe("t1", name="Another name AS"), mark="poweroffice:customer:p1")

        assert pairs(matched(memory_of(in_poweroffice("p1"), copy))) == [("p1", "t1", "mark")]

    def test_somebody_elses_mark_says_nothing(self) -> None:
        stranger = replace(in_tribe("t1"), mark="webshop:8812")
        other = replace(in_poweroffice("p1"), mark="webshop:8812")

        matching = matched(memory_of(stranger, other))

        assert not matching.pairs
        assert unmatched(matching) == ["p1", "t1"]

    def test_the_mark_of_a_customer_is_not_that_of_a_supplier(self) -> None:
        copy = replace(in_tribe("t1", SUPPLIER), mark="poweroffice:customer:p1")

        assert not matched(memory_of(in_poweroffice("p1", SUPPLIER), copy)).pairs

    def test_two_records_with_the_same_mark_are_left_to_a_person(self) -> None:
        one = replace(in_tribe("t1", name="Fjord Kaffe AS"), mark="poweroffice:customer:p1")
        two = replace(in_tribe("t2", name="Fjord Kaffe ASA"), mark="poweroffice:customer:p1")

        matching = matched(memory_of(in_poweroffice("p1"), one, two))

        assert not matching.pairs
        assert not matching.unmatched
        assert set(doubtful(matching)) == {"p1", "t1", "t2"}
        assert "Fjord Kaffe AS, Fjord Kaffe ASA" in doubtful(matching)["p1"]


@pytest.mark.parametrize("kind", RELATIONS)
class TestNumbers:
    def test_the_number_pairs(self, kind: Kind) -> None:
        memory = memory_of(
            in_poweroffice("p1", kind, number="10010"), in_tribe("t1", kind, number="010010")
        )

        assert pairs(matched(memory)) == [("p1", "t1", "number")]

    def test_no_number_pairs_with_no_number(self, kind: Kind) -> None:
        memory = memory_of(in_poweroffice("p1", kind, number=None), in_tribe("t1", kind))

        assert not matched(memory).pairs

    def test_two_in_tribe_are_left_to_a_person(self, kind: Kind) -> None:
        memory = memory_of(
            in_poweroffice("p1", kind, name="Fjord Kaffe AS"),
            in_tribe("t1", kind, number="10010", name="Fjord Kaffe"),
            in_tribe("t2", kind, number="10010", name="Bjørk AS"),
        )

        matching = matched(memory)

        assert not matching.pairs
        assert not matching.unmatched
        assert set(doubtful(matching)) == {"p1", "t1", "t2"}
        assert set(doubtful(matching).values()) == {
            "the number 10010 is carried in PowerOffice by Fjord Kaffe AS "
            "and in Tribe by Fjord Kaffe, Bjørk AS"
        }

    def test_two_in_poweroffice_are_left_to_a_person(self, kind: Kind) -> None:
        memory = memory_of(
            in_poweroffice("p1", kind, name="Fjord Kaffe AS"),
            in_poweroffice("p2", kind, name="Bjørk AS"),
            in_tribe("t1", kind, number="10010", name="Fjord Kaffe"),
        )

        matching = matched(memory)

        assert not matching.pairs
        assert not matching.unmatched
        assert "in PowerOffice by Fjord Kaffe AS, Bjørk AS" in doubtful(matching)["t1"]

    @pytest.mark.parametrize("counterpart", [True, False])
    def test_of_many_with_one_number_five_are_named(self, kind: Kind, counterpart: bool) -> None:
        many = [in_tribe(f"t{n}", kind, number="10010", name=f"Kunde {n}") for n in range(6)]
        found = [*many, in_poweroffice("p1", kind)] if counterpart else many

        (reason,) = set(doubtful(matched(memory_of(*found))).values())

        assert "Kunde 4" in reason
        assert "Kunde 5" not in reason

    def test_two_in_tribe_without_a_counterpart_are_left_to_a_person_too(self, kind: Kind) -> None:
        twins = [
            in_tribe("t1", kind, number="10010", name="Fjord Kaffe"),
            in_tribe("t2", kind, number="010010", name="Bjørk AS"),
        ]

        matching = matched(memory_of(*twins))

        assert not matching.unmatched
        assert set(doubtful(matching)) == {"t1", "t2"}
        assert "is on 2 records: Fjord Kaffe and Bjørk AS" in doubtful(matching)["t1"]

    def test_a_former_one_with_the_same_number_is_no_double(self, kind: Kind) -> None:
        memory = memory_of(
            in_tribe("t1", kind, number="10010"),
            in_tribe("t2", kind, number="10010", inactive=True),
        )
        assert not matched(memory).ambiguous

    def test_doubles_that_nobody_asked_to_push_are_nobodys_concern(self, kind: Kind) -> None:
        memory = memory_of(
            in_tribe("t1", kind, number="10010"), in_tribe("t2", kind, number="10010")
        )
        alone = replace(memory, left_alone={(kind, "t1"), (kind, "t2")})
        assert not matched(alone).ambiguous


class TestOrder:
    def test_the_mark_goes_before_the_number(self) -> None:
        marked = replace(in_tribe("t1", number="77"), mark="poweroffice:customer:p1")

        matching = matched(memory_of(in_poweroffice("p1"), marked, in_tribe("t2", number="10010")))

        assert pairs(matching) == [("p1", "t1", "mark")]

    def test_what_one_rule_pairs_no_later_rule_sees(self) -> None:
        memory = memory_of(
            in_poweroffice("p1", number="10010", organization_number="923456783"),
            in_tribe("t1", number="10010"),
            in_tribe("t2", organization_number="923456783"),
        )

        matching = matched(memory, rules=[MatchRule.NUMBER, MatchRule.ORGANIZATION_NUMBER])

        assert pairs(matching) == [("p1", "t1", "number")]
        assert unmatched(matching) == ["t2"]

    def test_what_one_rule_finds_ambiguous_no_later_rule_pairs(self) -> None:
        memory = memory_of(
            in_poweroffice("p1", number="10010", organization_number="923456783"),
            in_tribe("t1", number="10010", organization_number="923456783"),
            in_tribe("t2", number="10010"),
        )

        matching = matched(memory, rules=[MatchRule.ORGANIZATION_NUMBER])

        assert not matching.pairs
        assert set(doubtful(matching)) == {"p1", "t1", "t2"}

    def test_kinds_do_not_mix(self) -> None:
        memory = memory_of(in_poweroffice("p1", SUPPLIER), in_tribe("t1", CUSTOMER, number="10010"))

        assert not matched(memory).pairs

    def test_kinds_that_are_not_synchronised_are_not_looked_at(self) -> None:
        memory = memory_of(in_poweroffice("p1", SUPPLIER), in_tribe("t1", SUPPLIER, number="10010"))

        matching = matched(memory, kinds=(CUSTOMER,))

        assert not matching.pairs
        assert not matching.unmatched


@pytest.mark.parametrize(
    ("rule", "name", "ours", "theirs"),
    [
        (
            MatchRule.ORGANIZATION_NUMBER,
            "organisation number",
            {"organization_number": "923456783"},
            {"organization_number": "NO 923 456 783 MVA"},
        ),
        (
            MatchRule.NAME_POSTCODE,
            "name and postal code",
            {"name": "Fjord Kaffe AS", "address": STORGATA},
            {"name": "FJORD KAFFE AS", "address": replace(HAVNEGATA, postal_code="01 55")},
        ),
    ],
)
class TestOptionalRules:
    def test_it_pairs_when_asked_for(
        self, rule: MatchRule, name: str, ours: dict[str, Value], theirs: dict[str, Value]
    ) -> None:
        memory = memory_of(
            in_poweroffice("p1", CUSTOMER, ORGANIZATION, **ours),
            in_tribe("t1", CUSTOMER, ORGANIZATION, **theirs),
        )

        assert pairs(matched(memory, rules=[rule])) == [("p1", "t1", name)]

    def test_it_does_not_when_not_asked_for(
        self, rule: MatchRule, name: str, ours: dict[str, Value], theirs: dict[str, Value]
    ) -> None:
        memory = memory_of(
            in_poweroffice("p1", CUSTOMER, ORGANIZATION, **ours),
            in_tribe("t1", CUSTOMER, ORGANIZATION, **theirs),
        )

        matching = matched(memory, rules=[MatchRule.NUMBER])

        assert not matching.pairs
        assert not matching.unmatched
        (ours_said, theirs_said) = (doubtful(matching)[each] for each in ("p1", "t1"))
        assert "in Tribe has the same " + name in ours_said
        assert "in PowerOffice has the same " + name in theirs_said

    def test_it_is_no_ground_to_guess(
        self, rule: MatchRule, name: str, ours: dict[str, Value], theirs: dict[str, Value]
    ) -> None:
        memory = memory_of(
            in_poweroffice("p1", CUSTOMER, ORGANIZATION, **ours),
            in_tribe("t1", CUSTOMER, ORGANIZATION, **theirs),
            in_tribe("t2", CUSTOMER, ORGANIZATION, **theirs),
        )

        matching = matched(memory, rules=[rule])

        assert set(doubtful(matching)) == {"p1", "t1", "t2"}
        assert f"the {name} is carried in PowerOffice by" in doubtful(matching)["t1"]


@pytest.mark.parametrize("address", [None, replace(STORGATA, postal_code="")])
def test_a_name_without_a_postal_code_is_not_enough(address: Value) -> None:
    memory = memory_of(in_poweroffice("p1", address=address), in_tribe("t1", address=address))

    assert not matched(memory, rules=[MatchRule.NAME_POSTCODE]).pairs


def test_a_company_and_a_private_person_with_one_number_are_left_to_a_person() -> None:
    memory = memory_of(in_poweroffice("p1"), in_tribe("t1", form=PERSON, number="10010"))

    matching = matched(memory)

    assert not matching.pairs
    assert doubtful(matching) == {"p1": FORM_DIFFERS, "t1": FORM_DIFFERS}


def test_two_private_persons_pair_by_number() -> None:
    memory = memory_of(
        in_poweroffice("p1", form=PERSON), in_tribe("t1", form=PERSON, number="10010")
    )

    assert pairs(matched(memory)) == [("p1", "t1", "number")]


class TestBothRoles:
    """A contact in PowerOffice is customer and supplier under one id."""

    def test_the_second_role_is_found_by_the_first(self) -> None:
        supplier = replace(in_tribe("t2", SUPPLIER), relation_id="relation of t1")

        matching = matched(memory_of(linked("p1", "t1"), in_poweroffice("p1", SUPPLIER), supplier))

        assert pairs(matching) == [("p1", "t2", "the same contact in its other role")]

    def test_another_relations_supplier_is_not_it(self) -> None:
        matching = matched(
            memory_of(linked("p1", "t1"), in_poweroffice("p1", SUPPLIER), in_tribe("t2", SUPPLIER))
        )

        assert unmatched(matching) == ["p1", "t2"]


class TestNumbersThatAreTaken:
    @pytest.mark.parametrize(
        ("kind", "label"), [(CUSTOMER, "debtor number"), (SUPPLIER, "creditor number")]
    )
    def test_a_newcomer_with_a_linked_records_number_is_left_to_a_person(
        self, kind: Kind, label: str
    ) -> None:
        newcomer = in_tribe("t2", kind, number="10010", name="Fjord Kaffe avd. Bergen")

        matching = matched(memory_of(linked("p1", "t1", kind), newcomer))

        assert doubtful(matching) == {
            "t2": f"{label} 10010 belongs to Fjord Kaffe AS in PowerOffice, "
            "which is linked to another relation in Tribe"
        }
        assert not matching.unmatched

    def test_a_former_duplicate_is_ignored(self) -> None:
        former = in_tribe("t2", number="10010", inactive=True)

        matching = matched(memory_of(linked("p1", "t1"), former))

        assert not matching.ambiguous
        assert unmatched(matching) == ["t2"]

    def test_a_former_duplicate_hides_no_other_one(self) -> None:
        former = in_tribe("t2", number="10010", inactive=True)
        newcomer = in_tribe("t3", number="10010")

        assert set(doubtful(matched(memory_of(linked("p1", "t1"), former, newcomer)))) == {"t3"}

    @pytest.mark.parametrize("number", ["10011", None])
    def test_another_number_or_none_is_free(self, number: str | None) -> None:
        matching = matched(memory_of(linked("p1", "t1"), in_tribe("t2", number=number)))

        assert not matching.ambiguous

    @pytest.mark.parametrize(
        ("second", "parked", "is_doubtful"),
        [
            (in_tribe("t2"), None, True),
            (in_tribe("t2", inactive=True), None, False),
            (in_tribe("t2", SUPPLIER), None, False),
            (in_tribe("t2"), GONE[POWEROFFICE], False),
        ],
    )
    def test_a_relation_that_has_the_role_twice_is_left_to_a_person(
        self, second: Record, parked: str | None, is_doubtful: bool
    ) -> None:
        link = replace(linked("p1", "t1"), parked=parked)
        second = replace(second, relation_id="relation of t1")

        matching = matched(memory_of(link, second))

        assert bool(matching.ambiguous) is is_doubtful
        if is_doubtful:
            assert "twice in Tribe" in doubtful(matching)["t2"]

    def test_a_customer_may_have_a_suppliers_number(self) -> None:
        matching = matched(memory_of(linked("p1", "t1", SUPPLIER), in_tribe("t2", number="10010")))

        assert not matching.ambiguous

    def test_a_link_without_a_number_takes_none(self) -> None:
        matching = matched(memory_of(linked("p1", "t1", number=None), in_tribe("t2", number=None)))

        assert not matching.ambiguous


class TestOrphans:
    """The Tribe record of a link was merged into another one."""

    def test_the_survivor_that_got_the_number_takes_its_place(self) -> None:
        orphan = replace(linked("p1", "t1"), parked=GONE[TRIBE])

        matching = matched(memory_of(orphan, in_tribe("t2", number="10010")))

        assert pairs(matching) == [("p1", "t2", "number")]
        (pair,) = matching.pairs
        assert pair.poweroffice.values["name"] == "Fjord Kaffe AS"

    def test_without_a_survivor_it_is_not_created_anew(self) -> None:
        orphan = replace(linked("p1", "t1"), parked=GONE[TRIBE])

        matching = matched(memory_of(orphan, in_tribe("t2", number="10099")))

        assert not matching.pairs
        assert unmatched(matching) == ["t2"]

    def test_a_link_whose_poweroffice_record_is_gone_is_none(self) -> None:
        gone = replace(linked("p1", "t1"), parked=GONE[POWEROFFICE])

        matching = matched(memory_of(gone, in_tribe("t2", number="10010")))

        assert not matching.pairs
        assert set(doubtful(matching)) == {"t2"}

    def test_an_orphan_of_the_other_kind_is_none(self) -> None:
        orphan = replace(linked("p1", "t1", SUPPLIER), parked=GONE[TRIBE])

        assert not matched(memory_of(orphan, in_tribe("t2", number="10010"))).pairs


class TestCandidates:
    """Relations in Tribe that have the number but not the role."""

    @staticmethod
    def candidate(id_: str, **values: Value) -> Record:
        return replace(in_tribe(id_, CUSTOMER, ORGANIZATION, **values), role_missing=True)

    def test_a_candidate_pairs_by_its_number(self) -> None:
        matching = matched(
            memory_of(in_poweroffice("p1")), [self.candidate("lead", number="10010")]
        )

        assert pairs(matching) == [("p1", "lead", "number")]
        assert matching.pairs[0].tribe.role_missing

    def test_a_candidate_that_nothing_matches_is_never_created_anywhere(self) -> None:
        other = self.candidate("lead", number="10099", name="Skog Bygg AS")
        matching = matched(memory_of(in_poweroffice("p1")), [other])

        assert unmatched(matching) == ["p1"]

    def test_a_candidate_of_another_kind_does_not_count(self) -> None:
        lead = replace(self.candidate("lead", number="10010"), kind=SUPPLIER)

        assert not matched(memory_of(in_poweroffice("p1")), [lead]).pairs

    def test_a_customer_and_a_candidate_with_one_number_are_left_to_a_person(self) -> None:
        matching = matched(
            memory_of(in_poweroffice("p1"), in_tribe("t1", number="10010")),
            [self.candidate("lead", number="10010")],
        )

        assert set(doubtful(matching)) == {"p1", "t1", "lead"}


@pytest.mark.parametrize("build", [in_tribe, in_poweroffice])
def test_what_has_no_counterpart_is_unmatched(build: Callable[..., Record]) -> None:
    memory = memory_of(build("x1", CUSTOMER), build("x2", SUPPLIER))

    assert unmatched(matched(memory, kinds=BOTH_KINDS)) == ["x1", "x2"]
