"""What an operator does with the state's files: check them, copy them, go back to one.

No server is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from tribe_po.errors import GuardRefused, StateUnreadable
from tribe_po.passes.session import KEYS
from tribe_po.records import Memory
from tribe_po.state.generations import (
    Generation,
    copies_of,
    look_at,
    previous_of,
    set_aside,
)
from tribe_po.state.lock import lock
from tribe_po.state.store import Store


class Tenant(StrEnum):
    """Whether the state belongs to the tenants of the settings, as far as no server is asked."""

    SAME_KEYS = "same keys"
    OTHER_KEYS = "other keys"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found out about a state file, the generation before it, and the copies beside it.
    `current` is None where it is missing while other generations are there."""

    path: Path
    current: Generation | None
    others: tuple[Generation, ...]
    tenant: Tenant


def verify(path: Path, keys: str | None) -> Verified:
    """Check every generation of a state. `keys` is the digest of the keys in the settings; None
    where they are not complete."""
    current = look_at(path)
    others = (look_at(one) for one in (previous_of(path), *copies_of(path)))
    memory = current.memory if current else None
    return Verified(path, current, tuple(one for one in others if one), _tenant(memory, keys))


def _tenant(memory: Memory | None, keys: str | None) -> Tenant:
    known = memory.meta.servers.get(KEYS) if memory else None
    if known is None or keys is None:
        return Tenant.UNKNOWN
    return Tenant.SAME_KEYS if known == keys else Tenant.OTHER_KEYS


@dataclass(frozen=True, slots=True)
class Restored:
    """A generation that is in use again, and the copies of what it replaced."""

    memory: Memory
    source: Path
    aside: tuple[Path, ...]


def restore(path: Path, source: Path | None, now: datetime, *, force: bool = False) -> Restored:
    """Put a generation in the place of the state: a backup, or with None the one before.

    What it replaces is copied aside first. What the passes did since is not lost on the servers:
    the next pass reads from the older cursors again, and finds what was created by its mark.

    Raise `StateUnreadable` when the source cannot be used, `GuardRefused` when it belongs to other
    tenants, or when the state is whole and this is not forced; `Busy` and `StateNotSaved`. Nothing
    is changed then.
    """
    source = source or previous_of(path)
    with lock(path):
        found = _usable(source)
        current = look_at(path)
        if current is not None and current.memory is not None:
            _check_replaceable(path, current.memory, found, source, force=force)
        aside = set_aside(path, now)
        Store(path).save(found)
    return Restored(found, source, tuple(aside))


def _usable(source: Path) -> Memory:
    found = look_at(source)
    if found is None:
        raise StateUnreadable(
            f"There is no file {source} to restore.",
            "Nothing was changed.",
            "See which generations there are: tribe-po state verify; "
            "without any: tribe-po state rebuild",
        )
    if found.problem is not None:
        raise found.problem
    assert found.memory is not None
    return found.memory


def _check_replaceable(
    path: Path, current: Memory, found: Memory, source: Path, *, force: bool
) -> None:
    if "" not in (current.meta.tenant, found.meta.tenant) and (
        current.meta.tenant != found.meta.tenant
    ):
        raise GuardRefused(
            f"{source} belongs to another pair of tenants",
            f"It was written for {found.meta.tenant}; {path} for {current.meta.tenant}. "
            "Nothing was changed.",
            "Name a backup of this state: tribe-po state verify lists them",
        )
    if not force:
        raise GuardRefused(
            f"{path} is whole",
            f"It holds {len(current.links)} links, {source} holds {len(found.links)}. "
            "Nothing was changed.",
            "If you do want the older one: tribe-po state restore --force",
        )
