"""What was asked of the sandbox, so that a test can say: this pass wrote nothing."""

import threading
from dataclasses import dataclass
from typing import Literal

System = Literal["poweroffice", "tribe"]

WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in.

    `path` is the path on the wire ("/poweroffice/v2/Customers"), `query` the raw query string.
    `status` is the status that was, or would have been, answered; 0 when the connection was
    closed before anything was done.
    """

    system: System
    method: str
    path: str
    query: str
    status: int
    body: bytes

    @property
    def asks_for_token(self) -> bool:
        """Tell whether this went to one of the two token endpoints."""
        return self.path.lower().rstrip("/").endswith("/token")


class RequestLog:
    """All requests in order of their answers. Thread-safe."""

    def __init__(self) -> None:
        self._entries: list[Request] = []
        self._lock = threading.Lock()

    def add(self, request: Request) -> None:
        with self._lock:
            self._entries.append(request)

    def all(self, system: System | None = None) -> list[Request]:
        """Return the requests so far, of one system if given."""
        with self._lock:
            return [each for each in self._entries if system in (None, each.system)]

    def writes(self, system: System | None = None) -> list[Request]:
        """Return the requests that could change something: all but reads and token requests."""
        return [
            each
            for each in self.all(system)
            if each.method in WRITE_METHODS and not each.asks_for_token
        ]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)
