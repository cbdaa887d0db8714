"""What a pass leaves out because something is wrong with it, until that changes or its time comes.

Records are left out whole, or some of their fields are held while the rest goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tribe_po.records import Link, Memory, Quarantined, RecordKey, System
from tribe_po.sync.acknowledged import fingerprint

FIRST_RETRY = timedelta(minutes=15)
LAST_RETRY = timedelta(days=1)


def link_fingerprint(link: Link) -> str:
    """The digest of all three trees of a link."""
    return fingerprint(link.base, link.tribe, link.poweroffice)


def next_try(attempts: int, now: datetime) -> datetime:
    """When a record that has failed so many times is tried again: later each time."""
    return now + min(FIRST_RETRY * (1 << (attempts - 1)), LAST_RETRY)


def complete_in(source: System) -> str:
    """What a person does about fields that the other side would refuse as they are."""
    return f"Complete it in {source.title}; everything else about the record goes on."


def waits(memory: Memory, key: RecordKey, digest: str, now: datetime) -> bool:
    """Whether a record that was quarantined is left out again: nothing about it has changed and its
    time has not come. Fields that are held are no reason to leave out the record."""
    known = memory.quarantine.get(key)
    if known is None or known.held_fields or known.fingerprint != digest:
        return False
    return known.retry_after is None or known.retry_after > now


@dataclass(slots=True)
class Quarantine:
    """Collects what one plan leaves out. What an earlier one left out for the same reason keeps the
    time since when, and its turn."""

    memory: Memory
    now: datetime
    entries: dict[RecordKey, Quarantined] = field(default_factory=dict)

    def waits(self, key: RecordKey, digest: str) -> bool:
        """Whether a record is left out again, as it was, without another look."""
        waiting = waits(self.memory, key, digest, self.now)
        if waiting:
            self.entries[key] = self.memory.quarantine[key]
        return waiting

    def hold(
        self,
        key: RecordKey,
        label: str,
        refusals: Mapping[str, str],
        next_step: str,
        digest: str,
    ) -> None:
        """Hold back the fields that the other side would refuse or did not take, if there are any:
        `refusals` says why, by field."""
        if refusals:
            self.put(
                key,
                label,
                "; ".join(f"{name.replace('_', ' ')}: {why}" for name, why in refusals.items()),
                next_step,
                digest,
                tuple(refusals),
            )

    def put(
        self,
        key: RecordKey,
        label: str,
        reason: str,
        next_step: str,
        digest: str,
        held_fields: tuple[str, ...] = (),
    ) -> None:
        """Leave out a record, or only some fields of it."""
        system, kind, record_id = key
        entry = Quarantined(
            kind=kind,
            system=system,
            id=record_id,
            label=label,
            reason=reason,
            next_step=next_step,
            fingerprint=digest,
            since=self.now,
            retry_after=None if held_fields else next_try(1, self.now),
            held_fields=held_fields,
        )
        known = self.memory.quarantine.get(key)
        if known is not None and known.reason == reason and known.fingerprint == digest:
            due = known.retry_after is not None and known.retry_after <= self.now
            retry_after = entry.retry_after if due else known.retry_after
            entry = replace(
                entry, since=known.since, retry_after=retry_after, attempts=known.attempts
            )
        self.entries[key] = entry
