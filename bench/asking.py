"""How many requests: of passes that find nothing, and for each change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.floor import WORK
from bench.measure import Measure
from bench.office import HOUR, Cost, Office, company, office

LINKED = 50
CHANGES = 1000


def idle() -> Sequence[Measure]:
    """Every pass when nothing has changed, beside the requests that tell so."""
    with office(LINKED) as opened:
        opened.run("push-relations")  # what is found out once about the servers is known now
        measures = []
        for work in WORK:
            opened.clock.advance(HOUR)
            since = opened.clock.now()
            opened.clock.advance(HOUR)
            made, floor = opened.run(work), opened.floor(work, since)
            measures.append(_requests("idle", f"requests of an idle {work}", made, floor, 1.0))
        return measures


def changes() -> Sequence[Measure]:
    """A whole pass that has 1 000 changes to write, beside a client that knows what to write."""
    with office(2 * CHANGES) as opened:
        return [
            _after(opened, "push-relations", "an update", _edit),
            _after(opened, "push-relations", "a create from Tribe, number written back", _add),
            _after(opened, "pull-relations", "a create from PowerOffice", _add_to_poweroffice),
        ]


def _after(opened: Office, work: str, name: str, happen: Callable[[Office, int], None]) -> Measure:
    """Let the same happen twice, to other records, for the floor and for the tool."""
    costs = []
    for turn in range(2):
        opened.clock.advance(HOUR)
        opened.run("push-relations")
        opened.run("pull-relations")
        opened.clock.advance(HOUR)
        since = opened.clock.now()
        opened.clock.advance(HOUR)
        for position in range(CHANGES):
            happen(opened, turn * CHANGES + position)
        opened.clock.advance(HOUR)
        costs.append(opened.run(work) if turn else opened.floor(work, since))
    floor, made = costs
    return _requests("changes", f"requests for {name}, {CHANGES}x", made, floor, 1.02)


def _requests(part: str, name: str, made: Cost, floor: Cost, target: float) -> Measure:
    asked = [path for path in floor.paths if not path.lower().endswith("/token")]
    return Measure(part, name, made.requests, "requests", len(asked), target)


def _edit(opened: Office, position: int) -> None:
    opened.sandbox.tribe.edit(
        opened.organizations[position], EmailAddress=f"ny@kaffe{position}.example"
    )


def _add(opened: Office, position: int) -> None:
    opened.add_to_tribe(100_000 + position)


def _add_to_poweroffice(opened: Office, position: int) -> None:
    opened.sandbox.poweroffice.add_customer(**company(200_000 + position))
