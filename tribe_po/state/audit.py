"""The audit trail: every write that was made, one JSON line each, only ever appended to."""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from tribe_po.errors import StateNotSaved
from tribe_po.records import Kind, System, Value
from tribe_po.state.storage import Document, as_text
from tribe_po.state.values import encode_time, encode_value


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that a write changed. `old` is None in a create."""

    field: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One write that a server accepted, or a difference that a person left as it is.

    `system` is the side that was written to, `action` what was done there, such as `create` or
    `update`; with `accept`, nothing was written. An id is None while the record is not on that
    side.
    """

    run_id: str
    time: datetime
    system: System
    action: str
    kind: Kind
    poweroffice_id: str | None
    tribe_id: str | None
    label: str
    fields: tuple[FieldChange, ...] = ()


def trail_of(path: Path) -> Path:
    """The audit trail of the state file `path`: the newest of its files."""
    state = Path(os.path.realpath(path))
    return state.with_name(f"{state.stem}.audit.jsonl")


class Audit:
    """Appends to `<state stem>.audit.jsonl` beside the state file `path`, under the state's lock.

    A line is with the kernel when `write` returns, so that killing the process loses none, and on
    the disk when `flush` returns. A file that would pass `max_bytes` becomes `….1`, the one before
    it `….2`, and so on; the last `keep` of them stay. Every method but `close` raises StateNotSaved
    when the disk fails. `write` and `flush` may be called from several threads.
    """

    def __init__(self, path: Path, max_bytes: int = 10 * 1024 * 1024, keep: int = 5) -> None:
        self.path = trail_of(path)
        self._max_bytes = max_bytes
        self._keep = keep
        self._descriptor: int | None = None
        self._one_at_a_time = threading.Lock()

    def write(self, entry: AuditEntry) -> None:
        """Append one entry."""
        line = as_text(_encode(entry)).encode("ascii") + b"\n"
        with self._one_at_a_time, self._errors():
            descriptor = self._opened()
            size = os.fstat(descriptor).st_size
            if size and size + len(line) > self._max_bytes:
                os.fsync(descriptor)
                self.close()
                self._rotate()
                descriptor = self._opened()
            _append(descriptor, line)

    def flush(self) -> None:
        """Have the disk confirm all entries so far. Call it after each batch."""
        with self._one_at_a_time, self._errors():
            if self._descriptor is not None:
                os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file; the next `write` opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(
                self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            _end_torn_line(self._descriptor)
        return self._descriptor

    def _rotate(self) -> None:
        files = [self.path, *(Path(f"{self.path}.{age}") for age in range(1, self._keep + 1))]
        for younger, older in reversed(list(pairwise(files))):
            if younger.exists():
                younger.replace(older)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.close()
            folder = shlex.quote(str(self.path.parent))
            raise StateNotSaved(
                f"The audit trail {self.path} could not be written.",
                f"{error.strerror} (errno {error.errno}).",
                f"Look at the space and the rights there: df -h {folder}; ls -la {folder}; "
                "then run the command again.",
            ) from error


def _encode(entry: AuditEntry) -> Document:
    return {
        "run_id": entry.run_id,
        "time": encode_time(entry.time),
        "system": entry.system,
        "action": entry.action,
        "kind": entry.kind,
        "poweroffice_id": entry.poweroffice_id,
        "tribe_id": entry.tribe_id,
        "label": entry.label,
        "fields": [
            {
                "field": change.field,
                "old": encode_value(change.old),
                "new": encode_value(change.new),
            }
            for change in entry.fields
        ],
    }


def _end_torn_line(descriptor: int) -> None:
    """Give a line that a full disk cut short its end, so that it takes no other with it."""
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        _append(descriptor, b"\n")


def _append(descriptor: int, line: bytes) -> None:
    while line:
        line = line[os.write(descriptor, line) :]
