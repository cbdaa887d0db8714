"""What is wrong with the synchronisation, so that a person has to look. The rules of `status`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from tribe_po.passes.overview import (
    Overview,
    PassState,
    Problem,
    Waiting,
    overdue,
)
from tribe_po.passes.result import Result
from tribe_po.passes.schedule import INITIAL, SCHEDULE, Scheduled
from tribe_po.records import Kind, Memory

_ENDED_BADLY: dict[str, str] = {Result.FAILED: "stopped by an error", Result.REFUSED: "refused"}


def problems(seen: Overview) -> list[Problem]:
    """Everything that is wrong, most telling first; none when all is well."""
    return [problem for rule in RULES for problem in rule(seen)]


def _uninitialised(seen: Overview) -> Iterator[Problem]:
    if seen.uninitialised:
        kinds = " and ".join(f"{kind}s" for kind in seen.uninitialised)
        yield Problem(
            f"No {INITIAL} has finished for {kinds}: their passes refuse to run",
            f"Type: tribe-po {INITIAL} --dry-run",
        )


def _late(seen: Overview) -> Iterator[Problem]:
    for one in seen.passes:
        if one.late:
            yield Problem(_late_in_words(one), _unlock(seen, one.scheduled.name))


def _late_in_words(one: PassState) -> str:
    every = _minutes(one.scheduled.every)
    return f"{one.scheduled.name} is late: {_told(one)}, due every {every}"


def newly_late(memory: Memory, kinds: Collection[Kind], now: datetime, own: str) -> list[Problem]:
    """The passes, without the one that asks, that have become late since any pass last ended.

    That one could not know it yet, and the next one will find it said: so it is said once.
    """
    since = max((run.finished for run in memory.runs), default=now)
    served = {kind for kind in kinds if kind in memory.meta.initialised}
    return [
        Problem(_late_in_words(_as_late(one, memory, now)), "See: tribe-po status")
        for one in SCHEDULE
        if one.name != own and served & set(one.kinds)
        if overdue(one, memory, now) and not overdue(one, memory, since)
    ]


def _as_late(one: Scheduled, memory: Memory, now: datetime) -> PassState:
    last = next((run for run in reversed(memory.runs) if run.name == one.name), None)
    age = now - last.finished if last else None
    return PassState(one, last, age, late=True, waiting=Waiting())


def _unlock(seen: Overview, name: str) -> str:
    if seen.running:
        pid = seen.running.pid
        return (
            f"Another one is running and may hold it up. To look at it: ps -p {pid} -o etime,args"
        )
    return f"Look at the crontab and its mail; to see what stops it: tribe-po {name} --output table"


def _told(one: PassState) -> str:
    if one.age is None:
        return "it has not run yet"
    if one.age < timedelta(0):
        return f"it ended {_minutes(-one.age)} from now, so this machine's clock was changed"
    return f"it last ended {_minutes(one.age)} ago"


def _minutes(length: timedelta) -> str:
    """A length of time to the minute: 46 min, 1 h 40 min, 3 d 2 h."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _failed(seen: Overview) -> Iterator[Problem]:
    for one in seen.passes:
        ended = _ENDED_BADLY.get(one.last.outcome) if one.last else None
        if one.last and ended:
            name = one.scheduled.name
            reason = f": {one.last.reason}" if one.last.reason else ""
            yield Problem(
                f"{name} was {ended} in its last run ({one.last.run_id}){reason}",
                f"To see the error: tribe-po {name} --output table",
            )


def _quarantined(seen: Overview) -> Iterator[Problem]:
    number = len(seen.quarantine)
    if number:
        yield Problem(f"{_count(number, 'record')} quarantined", "See: tribe-po quarantine list")


def _in_conflict(seen: Overview) -> Iterator[Problem]:
    number = len(seen.open_conflicts)
    if number:
        yield Problem(
            f"{_count(number, 'field')} changed on both sides and waiting for a decision",
            "See: tribe-po conflicts list",
        )


def _parked(seen: Overview) -> Iterator[Problem]:
    number = len(seen.parked)
    if number:
        yield Problem(
            f"{_count(number, 'link')} parked: nothing is written to either side of it",
            f"See why: tribe-po explain {seen.parked[0].poweroffice_id}",
        )


def _count(number: int, noun: str) -> str:
    return f"1 {noun} is" if number == 1 else f"{number} {noun}s are"


RULES: tuple[Callable[[Overview], Iterator[Problem]], ...] = (
    _uninitialised,
    _late,
    _failed,
    _quarantined,
    _in_conflict,
    _parked,
)
