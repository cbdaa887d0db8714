"""A real process that is killed with SIGKILL at any request is made up for by the next one."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from tests.chaos.conftest import Round
from tests.chaos.crash import Way
from tests.chaos.executioner import Moment
from tests.chaos.histories import SEED, Point, go_through, points
from tests.chaos.office import Office
from tests.chaos.reference import ROUND, Reference
from tribe_po.passes.session import utc_now

ENDED_WELL = (0, 1)
SETTLED = timedelta(minutes=4)

PASSES = [index for index, step in enumerate(ROUND) if step.arguments]
NAMES = [f"{index}: {ROUND[index].name}" for index in PASSES]
OF_EACH = dict(zip(PASSES, (1, 2, 4, 2, 3), strict=True))
"""How many executions a quick run has in each pass: twelve in all."""


def kill_at(office: Office, reference: Reference, point: Point) -> None:
    """Let the servers kill the pass, and cron start the next one at once. Then play on."""
    step, *rest = ROUND[point.step :]
    moment = list(Moment)[(point.request + SEED) % len(Moment)]
    office.put_back(reference.before[point.step])
    office.executioner.agree(point.request, moment, point.chance)
    code = office.run(step.arguments)
    # With writes in flight at once a pass may come to its end while its last answer is on the way.
    assert code == -signal.SIGKILL or (moment is Moment.LATER and code in ENDED_WELL), code
    if point.chance.random() < 1 / 3:
        assert office.run(step.arguments) in ENDED_WELL
    begin = office.clock.now()
    office.local = lambda: utc_now() + (office.clock.now() - begin)
    try:
        office.later(SETTLED)
        for following in (step, *rest):
            following.act(office)
    finally:
        office.local = office.ahead


def _some(played: Round, step: int, count: int) -> list[Point]:
    """So many points of one pass, evenly."""
    every = points(played.reference, step, (Way.BEFORE,))
    spacing = len(every) / count
    return [every[int((SEED % 7 / 7 + turn) * spacing)] for turn in range(count)]


@pytest.mark.parametrize("step", PASSES, ids=NAMES)
def test_some_kills(played: Round, step: int) -> None:
    go_through(played.office, played.reference, _some(played, step, OF_EACH[step]), kill_at)


@pytest.mark.chaos
@pytest.mark.parametrize("step", PASSES, ids=NAMES)
def test_many_kills(played: Round, step: int) -> None:
    go_through(played.office, played.reference, _some(played, step, 6 * OF_EACH[step]), kill_at)
