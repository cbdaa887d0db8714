"""Who wins, field by field."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sync.builders import (
    CUSTOMER,
    HAVNEGATA,
    ORGANIZATION,
    POWEROFFICE,
    STORGATA,
    TRIBE,
    edited,
    linked,
)
from tribe_po.fields import FIELDS, Field, Owner, fields_of
from tribe_po.records import System, Value
from tribe_po.settings import ConflictPolicy
from tribe_po.sync.merge import NEVER, Never, decide, decisions

ROWS = {row.name: row for row in fields_of(CUSTOMER, ORGANIZATION)}
EMAIL, NUMBER = ROWS["email"], ROWS["number"]
BY_POWEROFFICE, BY_TRIBE, MANUAL = (
    ConflictPolicy.POWEROFFICE,
    ConflictPolicy.TRIBE,
    ConflictPolicy.MANUAL,
)
ALL = tuple(ConflictPolicy)
A, B, C = "a@x.example", "b@x.example", "c@x.example"


@pytest.mark.parametrize("policy", ALL)
@pytest.mark.parametrize(
    ("base", "tribe", "poweroffice", "winner", "because"),
    [
        (A, A, A, None, "the same on both sides"),
        (A, B, A, TRIBE, "changed in Tribe"),
        (A, A, B, POWEROFFICE, "changed in PowerOffice"),
        (A, B, B, None, "the same on both sides"),
        (A, B, B.upper(), None, "the same on both sides"),
        (A, A.upper(), B, POWEROFFICE, "changed in PowerOffice"),
        (A, None, A, TRIBE, "changed in Tribe"),
        (A, A, None, POWEROFFICE, "changed in PowerOffice"),
        (A, None, None, None, "the same on both sides"),
        (None, B, None, TRIBE, "changed in Tribe"),
        (None, None, B, POWEROFFICE, "changed in PowerOffice"),
        (NEVER, A, A, None, "the same on both sides"),
        (NEVER, A, None, TRIBE, "empty in PowerOffice"),
        (NEVER, None, A, POWEROFFICE, "empty in Tribe"),
        (NEVER, A, B, POWEROFFICE, "PowerOffice leads when first linked"),
        (NEVER, None, None, None, "the same on both sides"),
    ],
)
def test_without_a_conflict_the_policy_has_no_say(
    base: Value | Never,
    tribe: Value,
    poweroffice: Value,
    winner: System | None,
    because: str,
    policy: ConflictPolicy,
) -> None:
    decision = decide(EMAIL, base, tribe, poweroffice, policy)

    assert (decision.winner, decision.because, decision.conflict) == (winner, because, False)
    assert decision.row is EMAIL


@pytest.mark.parametrize(
    ("base", "tribe", "poweroffice"),
    [(A, B, C), (A, None, C), (A, B, None), (None, B, C)],
)
@pytest.mark.parametrize(
    ("policy", "winner", "because"),
    [
        (BY_POWEROFFICE, POWEROFFICE, "changed on both sides, PowerOffice wins"),
        (BY_TRIBE, TRIBE, "changed on both sides, Tribe wins"),
        (MANUAL, None, "changed on both sides, waits for a decision"),
    ],
)
def test_a_conflict_goes_by_the_policy(
    base: Value,
    tribe: Value,
    poweroffice: Value,
    policy: ConflictPolicy,
    winner: System | None,
    because: str,
) -> None:
    decision = decide(EMAIL, base, tribe, poweroffice, policy)

    assert (decision.winner, decision.because) == (winner, because)
    assert decision.conflict


@pytest.mark.parametrize("policy", ALL)
@pytest.mark.parametrize(
    ("base", "tribe", "poweroffice", "winner"),
    [
        ("10010", "10010", "10010", None),
        ("10010", "10099", "10010", POWEROFFICE),
        ("10010", "10010", "10020", POWEROFFICE),
        ("10010", "10099", "10020", POWEROFFICE),
        ("10010", None, "10010", POWEROFFICE),
        ("10010", "10010", None, None),
        (None, "77", None, None),
        (NEVER, "77", "10010", POWEROFFICE),
        (NEVER, "77", None, None),
        (NEVER, None, "10010", POWEROFFICE),
        ("10010", "010010", "10010", None),
    ],
)
def test_the_number_is_poweroffices_and_never_a_conflict(
    base: Value | Never,
    tribe: Value,
    poweroffice: Value,
    winner: System | None,
    policy: ConflictPolicy,
) -> None:
    decision = decide(NUMBER, base, tribe, poweroffice, policy)

    assert decision.winner is winner
    assert not decision.conflict


def test_agreeing_on_nothing_is_not_the_same_as_never_having_agreed() -> None:
    agreed_on_nothing = decide(EMAIL, None, A, B, BY_TRIBE)
    never_agreed = decide(EMAIL, NEVER, A, B, BY_TRIBE)

    assert (agreed_on_nothing.conflict, agreed_on_nothing.winner) == (True, TRIBE)
    assert (never_agreed.conflict, never_agreed.winner) == (False, POWEROFFICE)


def test_a_value_that_reads_like_never_agreed_is_a_value() -> None:
    typed_by_somebody = str(NEVER.value)

    decision = decide(ROWS["name"], typed_by_somebody, "B", typed_by_somebody, BY_POWEROFFICE)

    assert decision.winner is TRIBE


@pytest.mark.parametrize(
    ("tribe", "poweroffice", "winner"),
    [(False, True, POWEROFFICE), (True, False, POWEROFFICE), (None, False, None)],
)
def test_a_flag_is_never_empty(tribe: Value, poweroffice: Value, winner: System | None) -> None:
    assert decide(ROWS["inactive"], NEVER, tribe, poweroffice, BY_TRIBE).winner is winner


_addresses = st.sampled_from([STORGATA, HAVNEGATA, replace(STORGATA, city="OSLO"), None])
_texts = st.sampled_from([A, A.upper(), B, C, "", "10010", "010010", None])


def _values(row: Field) -> st.SearchStrategy[Value]:
    special: dict[str, st.SearchStrategy[Value]] = {
        "address": _addresses,
        "payment_days": st.sampled_from([0, 14, 30, None]),
        "inactive": st.sampled_from([True, False, None]),
    }
    return special.get(row.name, _texts)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Field, Value | Never, Value, Value, ConflictPolicy]:
    row = draw(st.sampled_from(FIELDS))
    base = draw(_values(row) | st.just(NEVER))
    return row, base, draw(_values(row)), draw(_values(row)), draw(st.sampled_from(ALL))


@given(case=_cases())
def test_nobody_wins_when_both_sides_are_the_same(
    case: tuple[Field, Value | Never, Value, Value, ConflictPolicy],
) -> None:
    row, base, tribe, poweroffice, policy = case

    decision = decide(row, base, tribe, poweroffice, policy)

    if row.same(tribe, poweroffice):
        assert decision.winner is None
        assert not decision.conflict
    elif row.owner is Owner.SHARED and policy is not MANUAL:
        assert decision.winner is not None


@given(case=_cases())
def test_the_two_sides_are_treated_alike_but_for_ownership_and_policy(
    case: tuple[Field, Value | Never, Value, Value, ConflictPolicy],
) -> None:
    row, base, one, other, policy = case

    decision = decide(row, base, one, other, policy)
    swapped = decide(row, base, other, one, policy)

    assert decision.conflict == swapped.conflict
    # Where PowerOffice's word counts for more, for whichever reason, both ways say so.
    privileged = (
        row.owner is Owner.POWEROFFICE
        or decision.conflict
        or decision.because == "PowerOffice leads when first linked"
    )
    if not privileged:
        expected = decision.winner.other if decision.winner else None
        assert swapped.winner is expected


@given(case=_cases())
def test_the_winners_value_settles_the_field(
    case: tuple[Field, Value | Never, Value, Value, ConflictPolicy],
) -> None:
    row, base, tribe, poweroffice, policy = case
    winner = decide(row, base, tribe, poweroffice, policy).winner

    if winner is not None:
        value = tribe if winner is TRIBE else poweroffice
        assert decide(row, value, value, value, policy).winner is None


def test_a_link_that_agrees_on_everything_needs_no_decision() -> None:
    assert not list(decisions(linked(), BY_POWEROFFICE))


def test_both_peoples_edits_of_different_fields_are_kept() -> None:
    link = edited(edited(linked(), TRIBE, email=B), POWEROFFICE, phone="22334455")

    decided = {one.row.name: one.winner for one in decisions(link, BY_POWEROFFICE)}

    assert decided == {"email": TRIBE, "phone": POWEROFFICE}


@pytest.mark.parametrize("system", System)
def test_a_new_row_of_the_table_waits_until_both_sides_were_seen_with_it(system: System) -> None:
    link = linked()
    base = {name: value for name, value in link.base.items() if name != "email"}
    link = edited(replace(link, base=base), system, email=A)

    assert not list(decisions(link, BY_POWEROFFICE))
    assert [
        one.row.name for one in decisions(edited(link, system.other, email=None), BY_POWEROFFICE)
    ] == ["email"]


def test_a_field_that_never_was_agreed_on_is_decided_as_when_first_linked() -> None:
    link = linked()
    base = {name: value for name, value in link.base.items() if name != "email"}
    link = replace(link, base=base, tribe={"email": A}, poweroffice={"email": B})

    (decision,) = decisions(link, BY_TRIBE)

    assert (decision.winner, decision.conflict) == (POWEROFFICE, False)
