"""A pass that is killed at any request, in any way, is made up for by the next one."""

from __future__ import annotations

import pytest

from tests.chaos.conftest import Round
from tests.chaos.crash import FOUR_WAYS, Way
from tests.chaos.histories import (
    SEED,
    Point,
    check,
    crash_and_lag,
    go_through,
    points,
    sample,
)
from tests.chaos.reference import INIT, PULL, ROUND, Step

PASSES = [index for index, step in enumerate(ROUND) if step.arguments]
NAMES = [f"{index}: {ROUND[index].name}" for index in PASSES]

of_each_pass = pytest.mark.parametrize("step", PASSES, ids=NAMES)


def test_the_undisturbed_round_is_long_and_leaves_nothing_to_do(played: Round) -> None:
    assert played.reference.count >= 150
    played.office.put_back(played.reference.after)
    check(played.office, played.reference)


@of_each_pass
def test_crashes_here_and_there(played: Round, step: int) -> None:
    chosen = sample(points(played.reference, step, FOUR_WAYS))
    go_through(played.office, played.reference, chosen)


@pytest.mark.chaos
@pytest.mark.parametrize("way", FOUR_WAYS, ids=lambda way: way.name.lower())
@of_each_pass
def test_crashes_everywhere(played: Round, step: int, way: Way) -> None:
    go_through(played.office, played.reference, points(played.reference, step, (way,)))


def _creates(played: Round, step: int, way: Way) -> list[Point]:
    """The requests that create something, which nobody may repeat blindly."""
    return [
        point
        for point in points(played.reference, step, (way,))
        if point.call(played.reference).startswith("POST ")
        and not point.call(played.reference).lower().endswith("/token")
    ]


def _every(number: int, chosen: list[Point]) -> list[Point]:
    return chosen[SEED % min(number, len(chosen)) :: number]


@of_each_pass
def test_a_lost_answer_to_a_create_here_and_there(played: Round, step: int) -> None:
    go_through(played.office, played.reference, _every(40, _creates(played, step, Way.LOST)))


@pytest.mark.chaos
@of_each_pass
def test_a_lost_answer_to_any_create(played: Round, step: int) -> None:
    go_through(played.office, played.reference, _creates(played, step, Way.LOST))


def test_a_create_that_tribe_does_not_show_yet(played: Round) -> None:
    """What was created before a crash is not there for a minute, and not created again."""
    chosen = _every(40, [*_shown_late(played, INIT), *_shown_late(played, PULL)])
    go_through(played.office, played.reference, chosen, crash_and_lag)


@pytest.mark.chaos
def test_no_create_is_repeated_while_tribe_does_not_show_it(played: Round) -> None:
    chosen = [*_shown_late(played, INIT), *_shown_late(played, PULL)]
    go_through(played.office, played.reference, chosen, crash_and_lag)


def _shown_late(played: Round, step: Step) -> list[Point]:
    return _creates(played, ROUND.index(step), Way.UNREAD)


@pytest.mark.parametrize("step", PASSES[1:], ids=NAMES[1:])
def test_a_crash_while_the_state_is_written(played: Round, step: int) -> None:
    last = points(played.reference, step, (Way.MID_SAVE,))[-1]
    go_through(played.office, played.reference, [last])


@pytest.mark.chaos
@of_each_pass
def test_crashes_while_the_state_is_written(played: Round, step: int) -> None:
    """Many requests in a row lead to the same write of it."""
    chosen = points(played.reference, step, (Way.MID_SAVE,))
    go_through(played.office, played.reference, _every(5, chosen))


@pytest.mark.chaos
@of_each_pass
def test_crashes_with_several_writes_in_flight(played: Round, step: int) -> None:
    """Which request is the k-th is then left to chance; the outcome is not."""
    chosen = [point for way in FOUR_WAYS for point in points(played.reference, step, (way,))]
    played.office.in_flight = 4
    try:
        go_through(played.office, played.reference, _every(4, chosen))
    finally:
        played.office.in_flight = 1
