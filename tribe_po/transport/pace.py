"""How fast requests may follow each other."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

SECOND = 1_000_000_000
STALE = 60 * SECOND
SAFE_SHARE = 0.25
"""Of the rate: what a process takes for itself when it cannot know of the others."""

FIRST_DISTANCE, LEAST_DISTANCE = 0.05, 0.01
GROWTH, EASING = 1.25, 0.997
SOON = 20
"""Seconds between two requests after a first refusal, and those that are as good as none; how much
they grow with the next one and shrink with a request: it takes 75 to make up for a refusal. Within
so many requests of the last refusal the rate is far off, and they double."""

WIDTH = 20
# Runs on while the machine sleeps, is the same for all processes, and nobody can set it.
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


_log = logging.getLogger(__name__)


class Pace(Protocol):
    """Says when the next request may go."""

    def wait(self) -> None:
        """Return when one request may be sent."""
        ...

    def too_many(self, pause: float) -> None:
        """The server refused a request for coming too soon, and wants `pause` seconds without any.
        Nothing is to be done about it where the rate is known."""
        del pause


class Unpaced(Pace):
    """No pace: every request may go at once."""

    def wait(self) -> None:
        """Return at once."""


class Yielding(Pace):
    """No pace, until the server says that it is too much: Tribe names no rate (tribe.md section
    4.9).

    Then nothing goes for as long as it asks, and what goes afterwards keeps a distance, which grows
    with each refusal and shrinks with each request, until it is none. `clock` and `sleep` in
    seconds. Of requests that were under way together the first refusal counts.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._distance = 0.0
        self._went = 0
        self._next = self._quiet_until = clock()

    def wait(self) -> None:
        """Sleep until it is this request's turn."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._went += 1
            self._next = turn + self._distance
            eased = self._distance * EASING
            self._distance = eased if eased > LEAST_DISTANCE else 0.0
        if turn > now:
            self._sleep(turn - now)

    def too_many(self, pause: float) -> None:
        """Keep quiet for `pause` seconds, then go slower."""
        with self._lock:
            now = self._clock()
            if now < self._quiet_until:
                return
            growth = GROWTH if self._went > SOON else 2.0
            self._distance = max(FIRST_DISTANCE, self._distance * growth)
            self._went = 0
            self._quiet_until = now + pause
            self._next = max(self._next, self._quiet_until)


def _boot_clock() -> int:
    return time.clock_gettime_ns(CLOCK)


class SharedPace(Pace):
    """One pace for all threads and processes on this machine that name the same file.

    The file holds the next free slot, in nanoseconds of a clock that the whole machine shares. Each
    request takes that slot under a lock and moves it on by 1/`per_second`, so requests never bunch.
    A process killed at any point loses at most its own slot. Where the file cannot be locked or
    written, which is told once, the pace holds for this object alone, at a share of the rate. A
    slot more than 60 s ahead is left over from before a reboot and does not count.
    """

    def __init__(
        self,
        path: Path,
        per_second: float,
        *,
        clock: Callable[[], int] = _boot_clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path = path
        self._spacing = round(SECOND / per_second)
        self._clock = clock
        self._sleep = sleep
        self._next = 0
        self._lock = threading.Lock()
        self._warned = False

    @classmethod
    def for_key(cls, secret: str, per_second: float, folder: Path) -> SharedPace:
        """The pace of everything that uses one key."""
        return cls(folder / name_for(secret), per_second)

    def wait(self) -> None:
        """Take the next slot and sleep until it begins."""
        ahead = self.reserve() - self._clock()
        if ahead > 0:
            self._sleep(ahead / SECOND)

    def reserve(self) -> int:
        """Take the next slot; its beginning in nanoseconds of the clock."""
        with self._lock:
            spacing = self._spacing
            try:
                slot = self._reserve_in_file()
            except OSError as error:
                self._warn(error)
                slot, spacing = self._first_free(self._next), round(spacing / SAFE_SHARE)
            self._next = slot + spacing
            return slot

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            _log.warning(
                "The pace cannot be shared through %s (%s). This process goes on alone, at %.1f "
                "requests a second.",
                self._path,
                error.strerror,
                SECOND / self._spacing * SAFE_SHARE,
                extra={"id": "pace.alone"},
            )
        self._warned = True

    def _reserve_in_file(self) -> int:
        with _locked(self._path) as file:
            slot = self._first_free(_slot(os.pread(file, WIDTH, 0)))
            # One write of a fixed width: no kill leaves half a number.
            os.pwrite(file, b"%*d" % (WIDTH, slot + self._spacing), 0)
            return slot

    def _first_free(self, free: int) -> int:
        now = self._clock()
        return now if free > now + STALE else max(now, free)


def name_for(secret: str) -> str:
    """What the pace of one key is kept under. The name does not give the key away."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return f"tribe-po-pace-{digest[:16]}"


def _slot(text: bytes) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file, opened and locked; the lock ends with the descriptor, also by kill -9."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)
