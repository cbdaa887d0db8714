"""What is wrong with the synchronisation, so that a person has to look. The rules of `status`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from tribe_po.passes.overview import FAILED, INITIAL, Overview, PassState, Problem


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
            name, every = one.scheduled.name, _minutes(one.scheduled.every)
            yield Problem(f"{name} is late: {_told(one)}, due every {every}", _unlock(seen, name))


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
    return f"{int(length.total_seconds()) // 60} min"


def _failed(seen: Overview) -> Iterator[Problem]:
    for one in seen.passes:
        if one.last and one.last.outcome == FAILED:
            name = one.scheduled.name
            yield Problem(
                f"{name} was stopped by an error in its last run ({one.last.run_id})",
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
