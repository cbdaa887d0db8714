"""An invoice is exported once and its payment told once, wherever a run ends, and even if the state
file is lost with it."""

from __future__ import annotations

import itertools
import random
from contextlib import suppress
from pathlib import Path

import pytest

from tests.chaos.crash import Crash, Killed, Way
from tests.chaos.histories import MOST_TOLD, SEED
from tests.chaos.invoice_story import Check, Outcome, Story, goes_on, play, starts_anew
from tests.scenarios.office import Office
from tests.scenarios.world import world

MODES = ("draft", "book", "voucher")
AFTER = {"goes on": goes_on, "starts anew": starts_anew}
SAMPLE = 8
"""So many points of each story are played in a quick run."""


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("mode", MODES)
def test_invoices_survive_a_crash_at_some_requests(tmp_path: Path, mode: str, after: str) -> None:
    _crash(tmp_path, mode, after, SAMPLE)


@pytest.mark.chaos
@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("mode", MODES)
def test_invoices_survive_a_crash_at_every_request(tmp_path: Path, mode: str, after: str) -> None:
    _crash(tmp_path, mode, after, None)


@pytest.mark.parametrize("way", [Way.UNREAD, Way.ANSWERED, Way.SAVED, Way.MID_SAVE])
def test_a_phase_given_just_before_the_end_is_no_persons(tmp_path: Path, way: Way) -> None:
    """Whichever request of the pass it ends at, a payment that is taken back gives back the phase
    that the invoice had before."""
    for at in itertools.count(1):
        folder = tmp_path / str(at)
        folder.mkdir()
        with world(folder) as w:
            office = Office(w, "book")
            sent = office.sent()
            office.export()
            payment = w.poweroffice.pay(office.booked()["Id"])
            crash = Crash(at, way)
            with crash.armed(), suppress(Killed):
                office.payments()
            if not crash.happened:
                break
            office.payments()
            assert office.phase(sent) == "Paid", f"request {at}"
            w.poweroffice.unpay(payment)
            office.export()
            office.payments()
            assert office.phase(sent) == "Sent", f"request {at}"
            assert office.silent(), f"request {at}"


def _crash(folder: Path, mode: str, after: str, count: int | None) -> None:
    reference: list[Outcome] = []
    counting = Crash(0, Way.BEFORE)
    _play(folder, mode, counting, "goes on", lambda story: reference.extend(story.outcome()))
    points = [(at, way) for at in range(1, counting.seen + 1) for way in Way]
    if count is not None:
        points = random.Random(f"{SEED} {mode} {after}").sample(points, count)

    def as_undisturbed(story: Story) -> None:
        assert story.outcome() == reference
        assert not story.world.memory().intents

    def nothing_forgotten(story: Story) -> None:
        for index, (_, _, copies, _) in enumerate(story.outcome()):
            done = bool(copies) and (mode == "draft" or copies[0][1] is not None)
            assert done or story.told_of(index), f"invoice {index} is forgotten"

    checks = {"goes on": as_undisturbed, "starts anew": nothing_forgotten}
    found: list[str] = []
    for at, way in points:
        crash = Crash(at, way)
        try:
            _play(folder, mode, crash, after, checks[after])
            assert crash.happened or way in (Way.SAVED, Way.MID_SAVE), "nothing crashed"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told with its point
            told = f"{type(error).__name__}: {error}"
            found.append(f"SEED={SEED} {mode}, request {at}, {way}, {after}:\n{told}")
        if len(found) == MOST_TOLD:
            break
    if found:
        pytest.fail("\n\n".join(found), pytrace=False)


def _play(folder: Path, mode: str, crash: Crash, after: str, check: Check) -> None:
    place = folder / f"{crash.at} {crash.way.name}"
    place.mkdir()

    def check_all(story: Story) -> None:
        story.nothing_twice()
        check(story)
        assert story.office.silent(), f"silence broken by {story.world.wrote()}"

    play(place, mode, crash, AFTER[after], check_all)
