"""What is due when, decided by the runs that were made."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tribe_po.passes.due import NIGHT_HOUR, Due, due, everything
from tribe_po.passes.schedule import INITIAL, SCHEDULE
from tribe_po.records import RELATIONS, Kind, Run

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALL = tuple(Kind)
NAMES = [one.name for one in SCHEDULE]
NIGHTLY = {"pull-relations", "pull-products", "pull-payments"}


def run(name: str, started: datetime, outcome: str = "ok", *, full: bool = False) -> Run:
    return Run(f"{name} {started}", name, started, started + MINUTE / 6, outcome, full=full)


FIRST = run(INITIAL, NOON, full=True)
"""An init-sync, which compared everything at noon."""


def names(runs: Sequence[Run], now: datetime) -> list[str]:
    return [one.name for one in due(runs, ALL, now)]


def ran_all(at: datetime) -> list[Run]:
    return [FIRST, *(run(name, at) for name in NAMES)]


def test_what_never_ran_is_due_and_in_order() -> None:
    assert due([FIRST], ALL, NOON + MINUTE) == [Due(name, full=False) for name in NAMES]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(seconds=29), []),
        (timedelta(seconds=55), ["push-relations"]),
        (4 * MINUTE, ["push-relations"]),
        (5 * MINUTE, ["push-relations", "invoice"]),
        (15 * MINUTE, NAMES[:5]),
        (timedelta(hours=4), NAMES),
    ],
)
def test_each_pass_has_its_own_interval(after: timedelta, expected: list[str]) -> None:
    assert names(ran_all(NOON), NOON + after) == expected


def test_kinds_that_are_not_synchronised_are_never_due() -> None:
    assert [one.name for one in due([], RELATIONS, NOON)] == ["push-relations", "pull-relations"]
    assert [one.name for one in everything((Kind.PRODUCT,))] == ["push-products", "pull-products"]


def test_a_refused_pass_keeps_its_interval_and_a_failed_one_comes_sooner() -> None:
    for outcome, expected in (("refused", False), ("partial", False), ("failed", True)):
        runs = [*ran_all(NOON)[:-1], run("pull-payments", NOON, outcome)]
        assert ("pull-payments" in names(runs, NOON + 15 * MINUTE)) is expected, outcome
        assert "pull-payments" not in names(runs, NOON + 14 * MINUTE)


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    assert names(ran_all(NOON), NOON - timedelta(hours=1)) == NAMES


def night_of(day: int) -> datetime:
    return datetime(2026, 3, day, NIGHT_HOUR, 0, tzinfo=UTC)


def full(runs: Sequence[Run], now: datetime) -> set[str]:
    return {one.name for one in due(runs, ALL, now) if one.full}


def test_the_pulls_compare_everything_once_a_night() -> None:
    before = night_of(3) - MINUTE
    runs = ran_all(before)
    assert full(runs, before) == set()
    assert full(runs, night_of(3)) == NIGHTLY
    runs += [run(name, night_of(3), full=True) for name in NIGHTLY]
    assert full(runs, night_of(3) + MINUTE) == set()
    assert full(runs, night_of(4) - MINUTE) == set()
    assert full(runs, night_of(4)) == NIGHTLY


def test_a_night_that_the_machine_slept_through_is_made_up_for() -> None:
    assert full(ran_all(NOON), NOON + timedelta(days=3)) == NIGHTLY


def test_the_night_is_that_of_the_machine() -> None:
    oslo = timezone(timedelta(hours=2))
    runs, now = ran_all(NOON), datetime(2026, 3, 3, NIGHT_HOUR, 0, tzinfo=oslo)
    assert full(runs, now) == NIGHTLY
    assert full(runs, now.astimezone(UTC)) == set()


def test_a_full_pass_that_failed_is_made_again_that_night_but_not_every_minute() -> None:
    failed = [run(name, night_of(3), "failed", full=True) for name in NIGHTLY]
    runs = [*ran_all(night_of(3)), *failed]
    assert full(runs, night_of(3) + 14 * MINUTE) == set()
    assert full(runs, night_of(3) + 15 * MINUTE) == NIGHTLY


@pytest.mark.parametrize("seed", range(3))
def test_two_days_of_a_cron_that_is_never_on_the_second(seed: int) -> None:
    """As often as the crontab would make them, to within one in twenty."""
    chance = random.Random(seed)
    runs, begin = [run(INITIAL, NOON, full=True)], NOON + MINUTE
    made: Counter[str] = Counter()
    for minute in range(2 * 24 * 60):
        now = begin + minute * MINUTE + timedelta(seconds=chance.uniform(0, 3))
        for one in due(runs[-100:] + runs[:1], ALL, now):
            made[one.name] += 1
            made["full"] += one.full
            runs.append(run(one.name, now, full=one.full))
        runs = [*({(one.name, one.full): one for one in runs}.values())]
    length = timedelta(days=2)
    assert made.pop("full") == 2 * len(NIGHTLY)
    for scheduled in SCHEDULE:
        wanted = length / scheduled.every
        assert 0.95 * wanted <= made[scheduled.name] <= wanted + 3, scheduled.name
