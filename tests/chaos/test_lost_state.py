"""The state file can be lost at any moment: init-sync finds all links again, and makes nothing
twice."""

from __future__ import annotations

import random

import pytest

from tests.chaos.conftest import Round
from tests.chaos.crash import FOUR_WAYS, Crash
from tests.chaos.histories import (
    SEED,
    Point,
    check_nothing_twice,
    check_silence,
    dies_in,
    go_through,
    points,
)
from tests.chaos.office import Office
from tests.chaos.outcome import outcome_of
from tests.chaos.people import tidy_up
from tests.chaos.reference import AFTER, INIT, PULL, PULL_FULL, PUSH, ROUND, WAIT, Reference
from tribe_po.records import Kind, Memory, System

PASSES = [index for index, step in enumerate(ROUND) if step.arguments]

Pairs = set[tuple[Kind, str, str]]


def _pairs(memory: Memory) -> Pairs:
    return {(one.kind, one.poweroffice_id, one.tribe_id) for one in memory.links.values()}


def test_the_state_is_lost_while_both_sides_are_in_step(played: Round) -> None:
    """Nothing at all is written, and the links are what they were, to the last value. Only how
    conflicts were decided is forgotten."""
    office = played.office
    office.put_back(played.reference.after)
    tidy_up(office)
    for step in (WAIT, PUSH, WAIT, PULL_FULL):
        step.act(office)
    before = office.memory()
    as_it_was = outcome_of(office).without("conflict of ")
    office.lose_state()
    check_silence(office)
    assert _pairs(office.memory()) == _pairs(before)
    assert office.memory().left_alone == before.left_alone
    difference = outcome_of(office).difference(as_it_was)
    assert not difference, difference


def _moments(reference: Reference, count: int) -> list[Point]:
    chance = random.Random(SEED)
    every = [point for step in PASSES for point in points(reference, step, FOUR_WAYS)]
    return chance.sample(every, count)


def lose_state_at(office: Office, reference: Reference, point: Point) -> None:
    """Lose the state with a crash, and start anew. Raise AssertionError when a link is not found
    again, or something is written to PowerOffice that nobody asked for."""
    known = _crash_and_lose(office, reference, point)
    in_poweroffice = _in_poweroffice(office)
    office.later(AFTER)
    office.sandbox.requests.clear()
    INIT.act(office)
    assert not office.wrote("poweroffice"), "init-sync wrote to PowerOffice"
    found = office.memory()
    for kind, poweroffice_id, _ in _pairs(known) - _pairs(found):
        entry = found.quarantine.get((System.TRIBE, kind, poweroffice_id))
        assert entry, "a link was not found again, and nobody is told of it"
        assert "has the same" in entry.reason, entry
    assert known.left_alone <= found.left_alone, "something is no longer left alone"
    _set_numbers_right(office, known)
    for step in (PUSH, PULL_FULL, PUSH, PULL):
        office.later(AFTER)
        step.act(office)
    assert _in_poweroffice(office) == in_poweroffice, "what was left alone was pushed"
    assert _pairs(known) <= _pairs(office.memory()), "a link was not found again"


def _crash_and_lose(office: Office, reference: Reference, point: Point) -> Memory:
    """The memory that was lost."""
    office.put_back(reference.before[point.step])
    crash = Crash(point.request, point.way)
    with crash.armed():
        for step in ROUND[point.step :]:
            if dies_in(office, step, crash):
                break
    known = office.memory()
    office.lose_state()
    return known


def _set_numbers_right(office: Office, known: Memory) -> None:
    """As a person does who is told that two records look alike. Pairs that were there before the
    first sync carry no mark: while somebody has changed the number of one side and no pass has set
    it right, nothing but the state knows them."""
    tables = {
        Kind.CUSTOMER: (office.poweroffice.customer, "DebtorNumber"),
        Kind.SUPPLIER: (office.poweroffice.supplier, "CreditorNumber"),
    }
    for link in known.links.values():
        contact_of, field = tables[link.kind]
        contact = contact_of(int(link.poweroffice_id))
        marks = contact["ExternalImportReference"], office.tribe.entity(link.tribe_id)["ImportId"]
        number = str(contact["Number"])
        if not any(marks) and office.tribe.entity(link.tribe_relation_id)[field] != number:
            office.tribe.edit(link.tribe_relation_id, **{field: number})


def _in_poweroffice(office: Office) -> list[int]:
    rows = [*office.poweroffice.customers(), *office.poweroffice.suppliers()]
    return sorted(row["Id"] for row in rows)


def check_peace(office: Office, reference: Reference) -> None:
    """Raise AssertionError when something is there twice, under way, or still to be written."""
    assert not office.memory().intents
    check_nothing_twice(office)
    check_silence(office)


def _go_through(played: Round, count: int) -> None:
    moments = _moments(played.reference, count)
    go_through(played.office, played.reference, moments, lose_state_at, check_peace)


def test_the_state_is_lost_at_some_moments(played: Round) -> None:
    _go_through(played, 4)


@pytest.mark.chaos
def test_the_state_is_lost_at_many_moments(played: Round) -> None:
    _go_through(played, 100)
