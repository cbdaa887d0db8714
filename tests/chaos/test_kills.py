"""A real process that is killed with SIGKILL at any request is made up for by the next one."""

from __future__ import annotations

import random
import signal
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.chaos.conftest import Round
from tests.chaos.crash import Way
from tests.chaos.executioner import Moment
from tests.chaos.histories import SEED, Point, go_through, points
from tests.chaos.office import Office
from tests.chaos.reference import INVOICE, ROUND, SALES_ROUND, Reference
from tribe_po.passes.session import utc_now
from tribe_po.records import System
from tribe_po.state.audit import AuditEntry
from tribe_po.state.trail import Trail

ENDED_WELL = (0, 1)
IN_FLIGHT = 4
"""How many writes a pass has on their way at once."""

SETTLED = timedelta(minutes=4)

PASSES = [index for index, step in enumerate(ROUND) if step.arguments]
NAMES = [f"{index}: {ROUND[index].name}" for index in PASSES]
OF_EACH = dict(zip(PASSES, (1, 2, 4, 2, 3), strict=True))
"""How many executions a quick run has in each pass: twelve in all."""


def kill_at(office: Office, reference: Reference, point: Point) -> None:
    """Let the servers kill the pass, and cron start the next one at once. Then play on."""
    step, *rest = reference.steps[point.step :]
    moment = list(Moment)[(point.request + SEED) % len(Moment)]
    office.put_back(reference.before[point.step])
    office.executioner.agree(point.request, moment, point.chance)
    known = len(_trail(office))
    code = office.run(step.arguments)
    check_trail(office, _trail(office)[known:])
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


def _trail(office: Office) -> list[AuditEntry]:
    return list(Trail(office.state).entries())


def check_trail(office: Office, told: list[AuditEntry]) -> None:
    """Raise AssertionError unless the trail tells of all that was created in either system and of
    all that was changed in PowerOffice, but for what was on its way when the process ended."""
    done = [one for one in office.sandbox.requests.writes() if 200 <= one.status < 300]
    made = {
        System.POWEROFFICE: sum(one.system == "poweroffice" for one in done),
        System.TRIBE: sum(
            one.system == "tribe" and one.method == "POST" and "/Relationship_" in one.path
            for one in done
        ),
    }
    for system, number in made.items():
        entries = sum(
            one.system is system and (system is System.POWEROFFICE or one.action != "update")
            for one in told
        )
        assert entries >= number - IN_FLIGHT, f"{entries} of {number} writes to {system} are told"


def _some(played: Round, step: int, count: int) -> list[Point]:
    """So many points of one pass, evenly."""
    every = points(played.reference, step, (Way.BEFORE,))
    spacing = len(every) / count
    return [every[int((SEED % 7 / 7 + turn) * spacing)] for turn in range(count)]


@pytest.mark.parametrize("step", PASSES, ids=NAMES)
def test_some_kills(played: Round, step: int) -> None:
    go_through(played.office, played.reference, _some(played, step, OF_EACH[step]), kill_at)


@pytest.mark.parametrize(
    "moment", [Moment.BEFORE, Moment.AFTER], ids=lambda moment: moment.name.lower()
)
def test_the_trail_tells_of_what_was_done_before_a_kill(played: Round, moment: Moment) -> None:
    """At the last create of a batch, of which nothing is in the state yet."""
    office, step = played.office, PASSES[0]
    creates = [
        number
        for number, call in enumerate(played.reference.requests[step], 1)
        if call.startswith("POST ") and call.endswith("CommercialRelationship_Customer")
    ]
    assert len(creates) > 2 * IN_FLIGHT
    office.put_back(played.reference.before[step])
    office.executioner.agree(creates[-1], moment, random.Random(SEED))
    assert office.run(ROUND[step].arguments) == -signal.SIGKILL
    assert all(link.matched_by != "created" for link in office.memory().links.values())
    check_trail(office, _trail(office))


@pytest.mark.chaos
@pytest.mark.parametrize("step", PASSES, ids=NAMES)
def test_many_kills(played: Round, step: int) -> None:
    go_through(played.office, played.reference, _some(played, step, 6 * OF_EACH[step]), kill_at)


def _kill_while_selling(office: Office, reference: Reference, point: Point) -> None:
    """A real process waits really: PowerOffice books at once, and is asked once less for it."""
    calls = reference.requests[point.step]
    count = len(calls) - sum(call.endswith("createAndSendInvoice") for call in calls)
    point = replace(point, request=min(point.request, count))
    office.put_back(reference.before[point.step])
    office.folder.joinpath("tribe-po.tokens.json").unlink(missing_ok=True)
    office.poweroffice.switches.send_seconds = 0
    office.poweroffice.switches.sent_state_seconds = 0
    kill_at(office, replace(reference, before={point.step: office.picture()}), point)


EXPORTS = [index for index, step in enumerate(SALES_ROUND) if step is INVOICE]
SELLING = [index for index, step in enumerate(SALES_ROUND) if step.arguments]


def test_some_kills_of_an_export(sold: Round) -> None:
    go_through(sold.office, sold.reference, _some(sold, EXPORTS[0], 3), _kill_while_selling)


@pytest.mark.chaos
@pytest.mark.parametrize("step", SELLING, ids=lambda index: f"{index}: {SALES_ROUND[index].name}")
def test_many_kills_while_selling(sold: Round, step: int) -> None:
    go_through(sold.office, sold.reference, _some(sold, step, 6), _kill_while_selling)
