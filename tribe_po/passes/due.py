"""Which passes are due, by the runs that the state remembers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tribe_po.passes.result import Result
from tribe_po.passes.schedule import INITIAL, SCHEDULE, Scheduled
from tribe_po.records import Kind, Run

NIGHT_HOUR = 3
"""The hour, on this machine's clock, from which on a nightly pass compares everything."""

SLACK = timedelta(seconds=30)
"""Cron does not start on the second: a pass is due so much before its interval is over."""

RETRY = timedelta(minutes=15)
"""A pass that failed is due again after so long, where its interval is longer."""


@dataclass(frozen=True, slots=True)
class Due:
    """A pass to make now; `full` where it is to compare everything."""

    name: str
    full: bool


def due(runs: Sequence[Run], kinds: Collection[Kind], now: datetime) -> list[Due]:
    """The passes for some kinds that are due at a moment, in the order to make them.

    `now` is in the time zone whose night counts. Intervals are counted from the start of the last
    run, however it ended; a run that the clock puts into the future does not count.
    """
    happened = [run for run in runs if run.started <= now]
    return [
        Due(one.name, full=full)
        for one in SCHEDULE
        if set(one.kinds) & set(kinds)
        if (full := _due_in_full(one, happened, now)) or _due(one, happened, now)
    ]


def everything(kinds: Collection[Kind]) -> list[Due]:
    """All passes for some kinds, whenever they ran last, to compare everything."""
    return [Due(one.name, full=True) for one in SCHEDULE if set(one.kinds) & set(kinds)]


def _due(one: Scheduled, runs: Iterable[Run], now: datetime) -> bool:
    last = max((run for run in runs if run.name == one.name), key=_start, default=None)
    if last is None:
        return True
    wait = min(one.every, RETRY) if last.outcome == Result.FAILED else one.every
    return now - last.started >= wait - SLACK


def _due_in_full(one: Scheduled, runs: Iterable[Run], now: datetime) -> bool:
    """Whether a night began since everything was last compared. The initial pass did that too."""
    if not one.nightly:
        return False
    names = (one.name, INITIAL)
    last = max((run for run in runs if run.full and run.name in names), key=_start, default=None)
    if last is None:
        return True
    if last.outcome == Result.FAILED:
        return now - last.started >= RETRY - SLACK
    return last.started < _last_night(now)


def _start(run: Run) -> datetime:
    return run.started


def _last_night(now: datetime) -> datetime:
    tonight = now.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return tonight if tonight <= now else tonight - timedelta(days=1)
