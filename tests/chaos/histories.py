"""The reference round with one disturbance in it, and what must be so at its end all the same."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.chaos.crash import Crash, Killed, Way
from tests.chaos.office import Office
from tests.chaos.outcome import outcome_of
from tests.chaos.reference import AFTER, PASSES, Reference, Step
from tribe_po.records import Link

SEED = int(os.environ.get("SEED", "1"))
"""What is left to chance depends on this number alone."""

MOST_TOLD = 5
"""So many failures tell enough."""

EVERY = 10
"""A quick run takes every so many-th point."""

PATIENCE: tuple[tuple[timedelta, ...], ...] = (
    (timedelta(minutes=3),),
    (timedelta(minutes=1), timedelta(minutes=4)),
    (timedelta(minutes=40),),
)
"""How long after a crash the same pass runs again, and once more after that."""


@dataclass(frozen=True, slots=True)
class Point:
    """A crash: the step of the round, the number of the request in it (from 1), and the way."""

    step: int
    request: int
    way: Way

    @property
    def chance(self) -> random.Random:
        """What is left to chance at this point."""
        return random.Random(f"{SEED} {self}")

    def tell(self, reference: Reference) -> str:
        """Where it is, for a person."""
        name, call = reference.steps[self.step].name, self.call(reference)
        return f"SEED={SEED}: {name} ends at its request {self.request} ({call}), {self.way}"

    def call(self, reference: Reference) -> str:
        """What that request was in the undisturbed round."""
        return reference.requests[self.step][self.request - 1]


def points(reference: Reference, step: int, ways: Iterable[Way]) -> list[Point]:
    """Every request of one pass in every way."""
    count = len(reference.requests[step])
    return [Point(step, request, way) for request in range(1, count + 1) for way in ways]


def sample(all_points: list[Point]) -> list[Point]:
    """Every tenth request of all, beginning anywhere, each in another way than the one before."""
    ways = list(dict.fromkeys(point.way for point in all_points))
    chance = random.Random(f"{SEED} {all_points[0].step}")
    first, turn = chance.randrange(EVERY), chance.randrange(len(ways))
    chosen = [point for point in all_points if (point.request - 1) % EVERY == first]
    return [
        point
        for point in chosen
        if point.way is ways[(turn + (point.request - 1) // EVERY) % len(ways)]
    ]


def crash_at(office: Office, reference: Reference, point: Point) -> None:
    """Play the round from the pass in which the crash happens to its end."""
    office.put_back(reference.before[point.step])
    crash = Crash(point.request, point.way)
    patience = point.chance.choice(PATIENCE)
    with crash.armed():
        for step in reference.steps[point.step :]:
            if dies_in(office, step, crash):
                run_again(office, step, patience)
    assert crash.happened, "nothing crashed"


def dies_in(office: Office, step: Step, crash: Crash) -> bool:
    """Make one step with a crash ahead. Says whether it happened in this step."""
    before = crash.happened
    try:
        step.act(office)
    except Killed:
        assert not crash.signs_of_life, crash.signs_of_life
        crash.revive()
    return crash.happened and not before


def run_again(office: Office, step: Step, patience: Iterable[timedelta]) -> None:
    """Make a pass again, each time after a while."""
    for wait in patience:
        office.later(wait)
        step.act(office)


def crash_and_lag(office: Office, reference: Reference, point: Point) -> None:
    """After the crash, Tribe still shows for a minute what it showed before the pass."""
    before = reference.before[point.step]
    office.put_back(before)
    crash = Crash(point.request, point.way)
    with crash.armed():
        for step in reference.steps[point.step :]:
            if dies_in(office, step, crash):
                with office.lag.behind(before.tribe_store()):
                    run_again(office, step, [timedelta(minutes=1)])
                run_again(office, step, [timedelta(minutes=4)])
    assert crash.happened, "nothing crashed"


def check(office: Office, reference: Reference) -> None:
    """Raise AssertionError unless all is as if nothing had happened, and nothing is left to do."""
    check_outcome(office, reference)
    check_nothing_twice(office)
    links = _settled(office)
    check_silence(office, reference.passes)
    assert _settled(office) == links, "a silent pass changed a link"


def _settled(office: Office) -> list[Link]:
    """The links, without what waited to show in Tribe: that shows in a silent pass."""
    return [replace(link, sent={}) for link in office.memory().links.values()]


def check_outcome(office: Office, reference: Reference) -> None:
    """Both tenants and the state's links are what the undisturbed round leaves."""
    difference = outcome_of(office).difference(reference.outcome)
    assert not difference, f"not as undisturbed:\n{difference}"
    assert not office.memory().intents, "an intent is left"


def check_nothing_twice(office: Office) -> None:
    """No two records of one kind have the same name or the same mark."""
    poweroffice, tribe = office.poweroffice, office.tribe
    for rows in (poweroffice.customers(), poweroffice.suppliers()):
        _unique(row["ExternalImportReference"] for row in rows)
        _unique(row["Name"] for row in rows)
    for rows in (tribe.customers(), tribe.suppliers()):
        _unique(row["ImportId"] for row in rows)
        _unique((row.get("Organization") or row["Person"])["Name"] for row in rows)
    _unique(
        row["ExternalImportReference"] for row in (*poweroffice.orders(), *poweroffice.invoices())
    )
    for rows in (poweroffice.products(), tribe.products()):
        _unique(row["Code"] for row in rows)
        _unique(row["Name"] for row in rows)
    _unique(row["ImportId"] for row in tribe.products())
    _unique(row["Reference"] for row in tribe.payments())
    _unique(row["Name"] for row in tribe.organizations())


def _unique(keys: Iterable[object]) -> None:
    counted = Counter(key for key in keys if key is not None)
    twice = [key for key, count in counted.items() if count > 1]
    assert not twice, f"there twice: {twice}"


def check_silence(
    office: Office, passes: Iterable[Step] = PASSES, but: Collection[str] = ()
) -> None:
    """A further round of all passes writes nothing; nothing but these, as "METHOD path"."""
    for step in passes:
        office.later(AFTER)
        office.sandbox.requests.clear()
        step.act(office)
        wrote = [one for one in office.wrote() if one not in but]
        assert not wrote, f"{step.name} has something to write: {wrote}"


def go_through(
    office: Office,
    reference: Reference,
    chosen: Iterable[Point],
    play: Callable[[Office, Reference, Point], None] = crash_at,
    check_it: Callable[[Office, Reference], None] = check,
) -> None:
    """Play and check some points. Fail with the first ones that do not come out, in words."""
    found: list[str] = []
    for point in chosen:
        try:
            play(office, reference, point)
            check_it(office, reference)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told with its point
            found.append(f"{point.tell(reference)}:\n{type(error).__name__}: {error}")
        if len(found) == MOST_TOLD:
            break
    if found:
        pytest.fail("\n\n".join(found), pytrace=False)
