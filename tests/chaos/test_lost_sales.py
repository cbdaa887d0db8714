"""The state is lost among products and invoices: what was linked is linked again, and neither
`init-sync` nor `state rebuild` leads to a second order, invoice or product."""

from __future__ import annotations

import random
from collections.abc import Callable

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
from tests.chaos.reference import AFTER, INIT, INVOICE, SALES_PASSES, Reference
from tribe_po.errors import GuardRefused
from tribe_po.passes.state_rebuild import rebuild
from tribe_po.records import Kind, Memory
from tribe_po.settings import Settings
from tribe_po.transport.pace import Unpaced

Find = Callable[[Office], object]


def by_rebuilding(office: Office) -> None:
    """Where nothing was created yet, there is nothing to rebuild from; `init-sync` begins anew."""
    office.folder.joinpath("tribe-po.tokens.json").unlink(missing_ok=True)
    try:
        rebuild(Settings.load(office.environment), now=office.local, pace=Unpaced())
    except GuardRefused:
        assert not office.poweroffice.orders()
    INIT.act(office)


def by_a_first_sync(office: Office) -> None:
    INIT.act(office)


BOTH = pytest.mark.parametrize("find", [by_rebuilding, by_a_first_sync])


def _pairs(memory: Memory) -> set[tuple[Kind, str, str]]:
    return {(one.kind, one.poweroffice_id, one.tribe_id) for one in memory.links.values()}


@BOTH
def test_all_links_come_back_and_nothing_is_written(sold: Round, find: Find) -> None:
    office = sold.office
    office.put_back(sold.reference.after)
    known = _pairs(office.memory())
    assert {kind for kind, *_ in known} == {Kind.CUSTOMER, Kind.PRODUCT, Kind.INVOICE}
    office.lose_state()
    office.later(AFTER)
    office.sandbox.requests.clear()
    find(office)
    assert _pairs(office.memory()) == known
    assert not office.wrote()
    check_silence(office, SALES_PASSES)
    assert _pairs(office.memory()) == known


@BOTH
def test_a_draft_that_is_sent_later_is_exported(sold: Round, find: Find) -> None:
    office = sold.office
    office.put_back(sold.reference.after)
    office.lose_state()
    office.later(AFTER)
    find(office)
    (draft,) = [one["ID"] for one in office.tribe.invoices() if one["Number"] is None]
    office.tribe.send_invoice(draft)
    office.later(AFTER)
    office.sandbox.requests.clear()
    INVOICE.act(office)
    booked = [one["ExternalImportReference"] for one in office.poweroffice.invoices()]
    assert f"tribe:{draft}" in booked
    check_nothing_twice(office)
    check_silence(office, SALES_PASSES)


def _lose_state_at(find: Find) -> Callable[[Office, Reference, Point], None]:
    def play(office: Office, reference: Reference, point: Point) -> None:
        office.put_back(reference.before[point.step])
        crash = Crash(point.request, point.way)
        with crash.armed():
            for step in reference.steps[point.step :]:
                if dies_in(office, step, crash):
                    break
        known = _pairs(office.memory())
        office.lose_state()
        office.later(AFTER)
        find(office)
        for one_pass in SALES_PASSES:
            office.later(AFTER)
            one_pass.act(office)
        assert known <= _pairs(office.memory()), "a link was not found again"

    return play


def check_peace(office: Office, reference: Reference) -> None:
    """Raise AssertionError when something is there twice, under way, or still to be written."""
    assert not office.memory().intents
    check_nothing_twice(office)
    check_silence(office, reference.passes)


def _go_through(sold: Round, find: Find, count: int) -> None:
    chance = random.Random(f"{SEED} {find.__name__}")
    steps = [index for index, step in enumerate(sold.reference.steps) if step.arguments]
    every = [point for step in steps for point in points(sold.reference, step, FOUR_WAYS)]
    chosen = chance.sample(every, count)
    go_through(sold.office, sold.reference, chosen, _lose_state_at(find), check_peace)


@BOTH
def test_the_state_is_lost_at_some_moments(sold: Round, find: Find) -> None:
    _go_through(sold, find, 4)


@pytest.mark.chaos
@BOTH
def test_the_state_is_lost_at_many_moments(sold: Round, find: Find) -> None:
    _go_through(sold, find, 60)
