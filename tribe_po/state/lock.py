"""One writing pass per state file. The kernel releases the lock when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tribe_po.errors import Busy, StateNotSaved

POLL_SECONDS = 0.1
"""How long to wait between two tries."""

_HOLDER_BYTES = 4096


@contextmanager
def lock(
    path: Path, patience: float = 5.0, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Hold the lock of the state file `path`, which is the file `<path>.lock` beside it.

    Wait up to `patience` seconds for another holder. Raise Busy when it still holds the lock then,
    and StateNotSaved when the lock file cannot be opened or locked. The lock file stays: removing
    it could let two processes in.
    """
    state = Path(os.path.realpath(path))
    descriptor = _open(state)
    try:
        _acquire(descriptor, state, patience, sleep)
        _introduce(descriptor)
        yield
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock, as it wrote there. `since` is as ISO 8601 in UTC."""

    pid: int
    command: str
    since: str


def holder(path: Path) -> Holder | None:
    """Give who holds the lock of the state file `path` now; None where nobody does, or where that
    cannot be told. No file is made. Who tries to take the lock at this very moment has to try once
    more, as `lock` does."""
    try:
        descriptor = os.open(_lock_file(Path(os.path.realpath(path))), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _introduced(descriptor)
    except OSError:
        return None
    else:
        return None
    finally:
        os.close(descriptor)


def _introduced(descriptor: int) -> Holder | None:
    try:
        said = json.loads(os.pread(descriptor, _HOLDER_BYTES, 0))
        return Holder(int(said["pid"]), str(said["command"]), str(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _open(state: Path) -> int:
    try:
        return os.open(_lock_file(state), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(state, error) from error


def _acquire(descriptor: int, state: Path, patience: float, sleep: Callable[[float], None]) -> None:
    waited = 0.0
    while not _try(descriptor, state):
        if waited >= patience:
            raise _busy(descriptor, state, patience)
        sleep(POLL_SECONDS)
        waited += POLL_SECONDS


def _try(descriptor: int, state: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise _unusable(state, error) from error
    return True


def _introduce(descriptor: int) -> None:
    """Write who holds the lock, for whoever waits. The lock holds without it."""
    holder = {
        "pid": os.getpid(),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "since": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode("ascii"), 0)


def _busy(descriptor: int, state: Path, patience: float) -> Busy:
    found = _introduced(descriptor)
    if found is not None:
        who = f"Process {found.pid} ({found.command}) has held it since {found.since}"
        look = f"ps -p {found.pid} -o pid,etime,args"
    else:
        who = f"The process that holds {_lock_file(state)} has not said who it is"
        look = f"fuser -v {shlex.quote(str(_lock_file(state)))}"
    return Busy(
        f"Another pass is running on {state}.",
        f"{who}; waited {patience:g} s.",
        f"Run it again when that one is done. To look at it: {look}",
    )


def _unusable(state: Path, error: OSError) -> StateNotSaved:
    folder = shlex.quote(str(state.parent))
    return StateNotSaved(
        f"The lock file {_lock_file(state)} cannot be used.",
        f"{error.strerror} (errno {error.errno}). Nothing was read or written.",
        f"Look at the folder and its rights: ls -la {folder}; or set TRIBE_PO_STATE to a file "
        "in a folder on a local disk.",
    )


def _lock_file(state: Path) -> Path:
    return state.with_name(f"{state.name}.lock")
