"""The files that hold a state: the one in use, the generation before it, and copies beside them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from tribe_po.errors import StateNotSaved, StateUnreadable, TribePoError
from tribe_po.records import Memory
from tribe_po.state.storage import CheckedStorage, write_new
from tribe_po.state.store import Store

BACKUP = "backup"
ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Generation:
    """One file that holds a state, or should.

    `saved` is when it was last written (aware, UTC) and `size` its bytes. `memory` is what it
    holds; None where it cannot be used, and then `problem` says why.
    """

    path: Path
    saved: datetime
    size: int
    memory: Memory | None
    problem: TribePoError | None


def look_at(path: Path) -> Generation | None:
    """Check one file: checksum, schema, and every document in it. None where there is none.

    Nothing is written and no lock is taken: a save replaces a file as a whole.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    memory, problem = None, None
    try:
        memory = Store(path).open()
    except StateUnreadable as error:
        problem = error
    saved = datetime.fromtimestamp(found.st_mtime, UTC)
    return Generation(path, saved, found.st_size, memory, problem)


def previous_of(path: Path) -> Path:
    """Where the generation before the one in use is kept."""
    return CheckedStorage(path).previous


def copies_of(path: Path) -> list[Path]:
    """The backups of a state file, and what was moved aside, by name: the oldest of each first."""
    state = Path(os.path.realpath(path))
    starts = tuple(f"{state.name}.{kind}-" for kind in (ASIDE, BACKUP))
    try:
        return sorted(one for one in state.parent.iterdir() if one.name.startswith(starts))
    except OSError:
        return []


def back_up(path: Path, to: Path | None, now: datetime) -> Path:
    """Copy a state file, byte for byte, to a new file that only its owner can read; None makes a
    dated one beside it. Gives the copy's path.

    Raise `StateUnreadable` when there is no whole state to copy, and `StateNotSaved` when the copy
    could not be written, also because there is a file of that name.
    """
    content = CheckedStorage(path).whole_content()
    return _copy(content, [to] if to is not None else _names(path, BACKUP, now))


def set_aside(path: Path, now: datetime) -> list[Path]:
    """Copy a state file and the generation before it, whole or damaged, to dated files beside them,
    so that the originals can be replaced. Gives the copies. Raise `StateNotSaved`."""
    made = []
    for one in (Path(os.path.realpath(path)), previous_of(path)):
        try:
            content = one.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _not_copied(one, error) from error
        made.append(_copy(content, _names(path, ASIDE, now)))
    return made


def _names(path: Path, kind: str, now: datetime) -> Iterable[Path]:
    state = Path(os.path.realpath(path))
    dated = state.with_name(f"{state.name}.{kind}-{now.astimezone(UTC):%Y%m%d-%H%M%S}")
    return (dated.with_name(f"{dated.name}-{age}") if age else dated for age in count())


def _copy(content: bytes, names: Iterable[Path]) -> Path:
    taken: OSError | None = None
    for name in names:
        try:
            write_new(name, content)
        except FileExistsError as error:
            taken, last = error, name
        except OSError as error:
            raise _not_copied(name, error) from error
        else:
            return name
    assert taken is not None
    raise _not_copied(last, taken) from taken


def _not_copied(path: Path, error: OSError) -> StateNotSaved:
    folder = shlex.quote(str(path.parent))
    return StateNotSaved(
        f"The copy of the state {path} could not be made.",
        f"{error.strerror} (errno {error.errno}). The state itself is as it was.",
        f"Look at the space and the rights there: df -h {folder}; ls -la {folder}; "
        "or name another file: tribe-po state backup FILE",
    )
