"""Faults that a test orders: lost answers, errors, delays, and edits made in between."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tribe_po.sandbox.requests_log import System


@dataclass(frozen=True, slots=True)
class Status:
    """Answer this instead of doing what was asked."""

    code: int
    body: str | bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class DropBefore:
    """Close the connection without doing anything and without an answer."""


@dataclass(frozen=True, slots=True)
class DropAfter:
    """Do what was asked, then close the connection without an answer: the lost answer."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait this many seconds, then do what was asked."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """Call `action`, then do what was asked: somebody edits while a pass runs."""

    action: Callable[[], object]


Kind = Status | DropBefore | DropAfter | Delay | Run


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault for the requests that match.

    `system` and `method` may be None for any. `path_pattern` is a regular expression searched,
    ignoring case, in the path on the wire. The first `skip` matching requests pass; the `times`
    after them are hit.
    """

    system: System | None
    method: str | None
    path_pattern: str
    kind: Kind
    times: int = 1
    skip: int = 0

    def matches(self, system: System, method: str, path: str) -> bool:
        return (
            self.system in (None, system)
            and self.method in (None, method)
            and re.search(self.path_pattern, path, re.IGNORECASE) is not None
        )


@dataclass(slots=True)
class _Armed:
    fault: Fault
    skip: int
    left: int


class Faults:
    """The faults still to come; at most one hits a request, the earliest added. Thread-safe."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(_Armed(fault, fault.skip, fault.times))

    def take(self, system: System, method: str, path: str) -> Kind | None:
        """Return, and use up, what shall happen to this request."""
        with self._lock:
            for armed in self._armed:
                if not armed.fault.matches(system, method, path):
                    continue
                if armed.skip:
                    armed.skip -= 1
                    continue
                armed.left -= 1
                if not armed.left:
                    self._armed.remove(armed)
                return armed.fault.kind
        return None

    def pending(self) -> list[Fault]:
        """Return the faults that have not (all) happened yet."""
        with self._lock:
            return [armed.fault for armed in self._armed]

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()
