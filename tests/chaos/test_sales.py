"""A pass over products, invoices or payments that is killed at any request is made up for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.chaos.conftest import Round
from tests.chaos.crash import FOUR_WAYS, Crash, Way
from tests.chaos.histories import (
    SEED,
    Point,
    check,
    check_nothing_twice,
    dies_in,
    go_through,
    points,
    sample,
)
from tests.chaos.office import Office
from tests.chaos.reference import INVOICE, SALES_ROUND, Reference

PASSES = [index for index, step in enumerate(SALES_ROUND) if step.arguments]
NAMES = [f"{index}: {SALES_ROUND[index].name}" for index in PASSES]

of_each_pass = pytest.mark.parametrize("step", PASSES, ids=NAMES)


def test_the_undisturbed_round_is_long_and_leaves_nothing_to_do(sold: Round) -> None:
    assert sold.reference.count >= 150
    sold.office.put_back(sold.reference.after)
    check(sold.office, sold.reference)


@of_each_pass
def test_crashes_here_and_there(sold: Round, step: int) -> None:
    chosen = sample(points(sold.reference, step, FOUR_WAYS))
    go_through(sold.office, sold.reference, chosen)


@pytest.mark.chaos
@pytest.mark.parametrize("way", FOUR_WAYS, ids=lambda way: way.name.lower())
@of_each_pass
def test_crashes_everywhere(sold: Round, step: int, way: Way) -> None:
    go_through(sold.office, sold.reference, points(sold.reference, step, (way,)))


def _exports(sold: Round) -> list[Point]:
    """Whatever makes an order or books one, which nobody may repeat blindly."""
    return [
        point
        for step in PASSES
        for point in points(sold.reference, step, (Way.UNREAD, Way.LOST))
        if point.call(sold.reference).startswith("POST /poweroffice/v2/SalesOrders/")
    ]


def test_no_order_is_made_or_booked_twice(sold: Round) -> None:
    exports = _exports(sold)
    assert len(exports) >= 16
    go_through(sold.office, sold.reference, exports[SEED % 3 :: 3])


@pytest.mark.chaos
def test_no_order_is_made_or_booked_twice_whichever_it_is(sold: Round) -> None:
    go_through(sold.office, sold.reference, _exports(sold))


def _booked_slowly(office: Office, reference: Reference, point: Point) -> None:
    """The crash, and two more runs: one while PowerOffice is still at work, one when it is done."""
    office.put_back(reference.before[point.step])
    office.poweroffice.switches.send_seconds = 600
    crash = Crash(point.request, point.way)
    with crash.armed():
        dies_in(office, INVOICE, crash)
    assert crash.happened
    for wait in (timedelta(minutes=1), timedelta(minutes=20)):
        office.later(wait)
        INVOICE.act(office)


def _check_booked(office: Office, _reference: Reference) -> None:
    writes = office.sandbox.requests.writes("poweroffice")
    refused = [one.path for one in writes if "/SalesOrders" in one.path and one.status >= 400]
    assert not refused, f"asked for again: {refused}"
    check_nothing_twice(office)
    assert len(office.poweroffice.invoices()) == 3
    assert len(office.poweroffice.orders()) == 1, "only the one with other sums stays a draft"
    office.later(timedelta(minutes=5))
    office.sandbox.requests.clear()
    INVOICE.act(office)
    assert not office.wrote()


def test_a_booking_that_takes_long_is_not_asked_for_again(sold: Round) -> None:
    step = SALES_ROUND.index(INVOICE)
    bookings = [
        one
        for one in _exports(sold)
        if one.step == step and "createAnd" in one.call(sold.reference)
    ]
    assert len(bookings) == 6
    go_through(sold.office, sold.reference, bookings, _booked_slowly, _check_booked)


@pytest.mark.chaos
@of_each_pass
def test_a_lost_answer_to_any_request(sold: Round, step: int) -> None:
    go_through(sold.office, sold.reference, points(sold.reference, step, (Way.LOST,)))


@pytest.mark.chaos
@of_each_pass
def test_crashes_while_the_state_is_written(sold: Round, step: int) -> None:
    chosen = points(sold.reference, step, (Way.MID_SAVE,))
    go_through(sold.office, sold.reference, chosen[SEED % 5 :: 5])
