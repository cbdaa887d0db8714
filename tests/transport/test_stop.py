"""Stopping between two requests."""

from __future__ import annotations

from signal import SIGINT, SIGTERM, Signals

import pytest

from tribe_po.errors import ExitCode, Stopped, Temporary
from tribe_po.transport.pace import Pace
from tribe_po.transport.stop import Stop, Stoppable


class Slow(Pace):
    """A pace during whose wait something happens."""

    def __init__(self, stop: Stop | None = None) -> None:
        self.waited = 0
        self.stop = stop

    def wait(self) -> None:
        self.waited += 1
        if self.stop is not None:
            self.stop.ask(SIGTERM)


@pytest.mark.parametrize(("by", "code"), [(SIGINT, 130), (SIGTERM, 143)])
def test_nothing_is_sent_once_it_was_asked_for(by: Signals, code: int) -> None:
    stop, pace = Stop(), Slow()
    Stoppable(pace, stop).wait()
    stop.ask(by)
    with pytest.raises(Stopped) as caught:
        Stoppable(pace, stop).wait()
    assert pace.waited == 1
    assert caught.value.exit_code is ExitCode(code)
    assert isinstance(caught.value, Temporary), "the engine ends early on it, with all it did kept"


def test_what_waits_for_its_turn_is_not_sent_either() -> None:
    stop = Stop()
    with pytest.raises(Stopped):
        Stoppable(Slow(stop), stop).wait()


def test_a_long_sleep_ends_soon_after() -> None:
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            stop.ask(SIGINT)

    stop = Stop(nap)
    stop.sleep(120)
    assert len(naps) == 3
    assert sum(naps) < 1


def test_a_sleep_is_as_long_as_asked() -> None:
    naps: list[float] = []
    Stop(naps.append).sleep(1.1)
    assert sum(naps) == pytest.approx(1.1)
