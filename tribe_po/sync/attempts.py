"""Trying writes: several in flight, none after the run is to end, each one kept at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from tribe_po.errors import LostAnswer, RecordRefused, StateNotSaved, TribePoError
from tribe_po.fields import KEYS
from tribe_po.records import Memory, System, Values
from tribe_po.sides import Written
from tribe_po.sync.change import Change, Status

BATCH = 100
"""Writes between two looks at the target side and two saves of the memory."""

IN_FLIGHT: Mapping[System, int] = {System.TRIBE: 4, System.POWEROFFICE: 8}
"""Tribe publishes no limit (tribe.md section 4.9). PowerOffice's is a rate, which is kept although
an answer takes most of a second."""


class Keeper(Protocol):
    """Who keeps what happened: the state file and the audit trail."""

    def save(self, memory: Memory) -> None:
        """Keep the memory. Raises `StateNotSaved`; no write to a server may follow."""
        ...

    def wrote(self, change: Change) -> None:
        """Keep that a server made a change, before anything else happens: if the process dies now,
        the trail tells of it. Called from several threads. Raises `StateNotSaved`."""
        ...

    def note(self, change: Change) -> None:
        """Take note of a change that is done, has failed or was skipped."""
        ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """One write that was tried: what it led to, or the error; neither if its turn never came."""

    change: Change
    written: Written | None = None
    error: TribePoError | None = None


@dataclass(slots=True)
class Attempts:
    """Tries writes, with at most so many in flight at once, and `IN_FLIGHT` to a system. Nothing is
    tried any more once `stopped_by` says why."""

    keeper: Keeper
    in_flight: int
    stopped_by: TribePoError | None = None

    def all(self, changes: Sequence[Change], write: Callable[[Change], Written]) -> list[Attempt]:
        """Try writes, several in flight, with the attempts in the order of the changes."""
        if self.in_flight == 1 or len(changes) < 2:
            return [self.one(change, write) for change in changes]
        with ThreadPoolExecutor(min(self.in_flight, IN_FLIGHT[changes[0].system])) as pool:
            return list(pool.map(lambda change: self.one(change, write), changes))

    def one(self, change: Change, write: Callable[[Change], Written]) -> Attempt:
        """Try one write. Raises `StateNotSaved` when it was made and cannot be kept."""
        if self.stopped_by is not None:
            return Attempt(change)
        try:
            written = write(change)
        except (RecordRefused, LostAnswer) as error:
            return Attempt(change, error=error)
        except TribePoError as error:
            self.stopped_by = error
            return Attempt(change, error=error)
        try:
            self.keeper.wrote(_as_written(change, written))
        except StateNotSaved as error:
            # No other thread may begin another write.
            self.stopped_by = error
            raise
        return Attempt(change, written=written)


def with_key(change: Change, values: Values) -> Change:
    """A create with the number, or the code, that the new record has."""
    name = KEYS[change.kind]
    return replace(
        change,
        fields=tuple(
            replace(one, after=values[name]) if one.name == name and name in values else one
            for one in change.fields
        ),
    )


def _as_written(change: Change, written: Written) -> Change:
    """A change as its server's answer shows it: with the id and the number that it gave."""
    if change.creation is None:
        return replace(change, status=Status.DONE)
    if change.system is System.TRIBE:
        return replace(change, status=Status.DONE, tribe_id=written.id)
    change = replace(change, status=Status.DONE, poweroffice_id=written.id)
    return with_key(change, written.record.values) if written.record else change


def whom(change: Change) -> str:
    """Whose record an update changes: two roles of one relation share what both of them show."""
    assert change.edit is not None
    return change.edit.relation_id or change.edit.id


def in_batches_apart(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Batches of updates in which none is about the same relation as another one: the later one
    waits until what the earlier one wrote can be seen."""
    remaining = list(changes)
    while remaining:
        batch: dict[str, Change] = {}
        later: list[Change] = []
        for change in remaining:
            relation = whom(change)
            if len(batch) == BATCH or relation in batch:
                later.append(change)
            else:
                batch[relation] = change
        yield list(batch.values())
        remaining = later


def in_batches(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Batches in the order of the changes."""
    remaining = iter(changes)
    while batch := list(islice(remaining, BATCH)):
        yield batch
