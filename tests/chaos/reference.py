"""The reference round: what is done in which order, and what comes of it undisturbed.

To take another kind of record into the round, add what people do with it to a step of people's,
and its passes as steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tests.chaos import people
from tests.chaos.office import Office, Picture
from tests.chaos.outcome import Outcome, outcome_of
from tribe_po.passes.run import Report

AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the round. A pass has the arguments by which it is run from a command line;
    what people do has none."""

    name: str
    act: Callable[[Office], object]
    arguments: tuple[str, ...] = ()


def _init(office: Office) -> Report:
    return _went_through(office.init(after=timedelta(0)))


def _push(office: Office) -> Report:
    return _went_through(office.push(after=timedelta(0)))


def _pull(office: Office) -> Report:
    return _went_through(office.pull(after=timedelta(0)))


def _pull_full(office: Office) -> Report:
    return _went_through(office.pull(full=True, after=timedelta(0)))


def _went_through(report: Report) -> Report:
    """Some records are left to people, hence 1."""
    assert report.exit_code in (0, 1), report.error
    return report


def _wait(office: Office) -> None:
    office.later(AFTER)


INIT = Step("init-sync", _init, ("init-sync", "--yes"))
PUSH = Step("push", _push, ("push-relations",))
PULL = Step("pull", _pull, ("pull-relations",))
PULL_FULL = Step("pull --full", _pull_full, ("pull-relations", "--full"))
WAIT = Step("wait", _wait)

ROUND: tuple[Step, ...] = (
    Step("move in", people.move_in),
    WAIT,
    INIT,
    Step("work a day", people.work_a_day),
    WAIT,
    PUSH,
    Step("work at noon", people.work_at_noon),
    WAIT,
    PULL,
    Step("work an afternoon", people.work_an_afternoon),
    Step("wait a minute", lambda office: office.later(timedelta(minutes=1))),
    PUSH,
    WAIT,
    PULL_FULL,
)

PASSES = (INIT, PUSH, PULL, PULL_FULL)
"""All passes, for a look whether they are silent."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The undisturbed round.

    `before` shows the office before each pass, by the step's index; `requests` what that pass asked
    of the servers, token requests included, as "METHOD path" in order.
    """

    before: dict[int, Picture]
    requests: dict[int, list[str]]
    after: Picture
    outcome: Outcome

    @property
    def count(self) -> int:
        """How many requests the round has in all."""
        return sum(len(made) for made in self.requests.values())


def play(office: Office) -> Reference:
    """Play the round undisturbed from its beginning, in a new office."""
    before: dict[int, Picture] = {}
    requests: dict[int, list[str]] = {}
    for index, step in enumerate(ROUND):
        if step.arguments:
            before[index] = office.picture()
            office.sandbox.requests.clear()
        step.act(office)
        if step.arguments:
            made = office.sandbox.requests.all()
            requests[index] = [f"{one.method} {one.path}" for one in made]
    return Reference(before, requests, office.picture(), outcome_of(office))
