"""A pass over products, invoices or payments that is killed at any request is made up for."""

from __future__ import annotations

import pytest

from tests.chaos.conftest import Round
from tests.chaos.crash import FOUR_WAYS, Way
from tests.chaos.histories import SEED, Point, check, go_through, points, sample
from tests.chaos.reference import SALES_ROUND

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


@pytest.mark.chaos
@of_each_pass
def test_a_lost_answer_to_any_request(sold: Round, step: int) -> None:
    go_through(sold.office, sold.reference, points(sold.reference, step, (Way.LOST,)))


@pytest.mark.chaos
@of_each_pass
def test_crashes_while_the_state_is_written(sold: Round, step: int) -> None:
    chosen = points(sold.reference, step, (Way.MID_SAVE,))
    go_through(sold.office, sold.reference, chosen[SEED % 5 :: 5])
