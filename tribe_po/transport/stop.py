"""Stopping between two requests: what is in flight is finished, and nothing further is sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from signal import Signals

from tribe_po.errors import Stopped
from tribe_po.transport.pace import Pace

NAP = 0.2
"""Seconds. A signal does not end a sleep (PEP 475), so long ones are made of short ones."""


class Stop:
    """Whether this process was asked to stop, and by which signal.

    A signal handler may call `ask` at any moment: it takes no lock.
    """

    def __init__(self, sleep: Callable[[float], object] = time.sleep) -> None:
        self.by: Signals | None = None
        self._sleep = sleep

    def ask(self, by: Signals) -> None:
        """Let nothing further be sent."""
        self.by = by

    def check(self) -> None:
        """Raise `Stopped` once it was asked for."""
        if self.by is not None:
            raise Stopped(self.by)

    def sleep(self, seconds: float) -> None:
        """Sleep so long, or until it is asked to stop."""
        left = seconds
        while left > 0 and self.by is None:
            self._sleep(min(left, NAP))
            left -= NAP


@dataclass(frozen=True, slots=True)
class Stoppable(Pace):
    """A pace that lets no request go any more once it was asked to stop."""

    pace: Pace
    stop: Stop

    def wait(self) -> None:
        """Return when one request may be sent. Raises `Stopped`."""
        self.stop.check()
        self.pace.wait()
        self.stop.check()

    def too_many(self, pause: float) -> None:
        """Go slower, if the pace does."""
        self.pace.too_many(pause)
