"""Ctrl-C and SIGTERM: the first one lets a pass finish what is in flight, the second ends it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from signal import Signals
from types import FrameType

from tribe_po.errors import Stopped
from tribe_po.output import log
from tribe_po.transport.stop import Stop

SAID = "Stopping after the request in flight. Once more stops at once.\n"
SHOW_CURSOR = b"\x1b[?25h"
STDERR = 2
TICK = 0.2
"""Seconds. A signal that comes just before the wait for a key does not end that wait: another one
does, and then both are handled."""


class Stopping(Stop):
    """A stop that signals ask for. While a person is being asked, it comes as an exception: a
    prompt would wait on."""

    def __init__(self) -> None:
        super().__init__()
        self._prompting = False

    @contextmanager
    def prompting(self) -> Iterator[None]:
        """Raise `Stopped` in here as soon as a signal comes."""
        self.check()
        self._prompting = True
        try:
            with _ticking():
                yield
        finally:
            self._prompting = False

    def receive(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal. The second one leaves at once: the state is complete at any moment."""
        if self.by is not None:
            _leave(number)
        self.ask(Signals(number))
        if self._prompting:
            raise Stopped(Signals(number))
        if not log.is_for_machines():
            os.write(STDERR, SAID.encode())


@contextmanager
def handled() -> Iterator[Stopping]:
    """Handle both signals in here. One that is ignored (nohup) stays so."""
    stop = Stopping()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for one in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(one) is not signal.SIG_IGN:
                before[one] = signal.signal(one, stop.receive)
    try:
        yield stop
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def _ticking() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _leave(number: int) -> None:
    if sys.stderr.isatty():
        os.write(STDERR, SHOW_CURSOR)  # the progress line hides it
    os._exit(128 + number)
