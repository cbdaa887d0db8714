"""The request limit of an API gateway, in the two ways in which gateways count."""

import threading
import time
from collections import deque
from collections.abc import Callable


class SlidingWindow:
    """Admits at most `limit` requests in any `seconds`; None admits everything. Thread-safe.

    Runs on real time, whatever the sandbox clock says: pacing is about the wire.
    """

    def __init__(
        self,
        limit: int | None,
        seconds: float = 1.0,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self._seconds = seconds
        self._elapsed = elapsed
        self._admitted: deque[float] = deque()
        self._lock = threading.Lock()

    def admit(self) -> bool:
        """Count one request, or return False if there have been too many."""
        if self.limit is None:
            return True
        with self._lock:
            now = self._elapsed()
            while self._admitted and now - self._admitted[0] >= self._seconds:
                self._admitted.popleft()
            if len(self._admitted) >= self.limit:
                return False
            self._admitted.append(now)
            return True


class TokenBucket:
    """Admits a request for each token: there are at most `limit`, and so many come back in a
    second. None admits everything. Thread-safe; runs on real time, as `SlidingWindow` does."""

    def __init__(self, limit: int | None, elapsed: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._elapsed = elapsed
        self._tokens = float(limit or 0)
        self._at = elapsed()
        self._lock = threading.Lock()

    def admit(self) -> bool:
        """Take one token, or return False if there is none."""
        if self.limit is None:
            return True
        with self._lock:
            now = self._elapsed()
            self._tokens = min(self.limit, self._tokens + (now - self._at) * self.limit)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
