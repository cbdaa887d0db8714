"""What was done: choosing from the runs and from the audit trail."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tribe_po.passes.subjects import Subject
from tribe_po.state.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which writes are asked for; what is not given does not count.

    `text` is an id, or a part of the name that the record had at that time; `subjects` are the
    records that the state knows by that text, whatever they were called then. `run` is a run's id
    or its beginning.
    """

    text: str | None = None
    subjects: Sequence[Subject] = ()
    run: str | None = None
    since: datetime | None = None

    def has(self, entry: AuditEntry) -> bool:
        """Whether a write is among them."""
        return (
            (self.since is None or entry.time >= self.since)
            and (self.run is None or entry.run_id.startswith(self.run))
            and (self.text is None or self._names(entry, self.text))
        )

    def _names(self, entry: AuditEntry, text: str) -> bool:
        return (
            text in (entry.poweroffice_id, entry.tribe_id)
            or text.casefold() in entry.label.casefold()
            or any(concerns(entry, subject) for subject in self.subjects)
        )


def concerns(entry: AuditEntry, subject: Subject) -> bool:
    """Whether a write was about a record."""
    return entry.kind is subject.kind and any(
        written and written == known
        for written, known in (
            (entry.poweroffice_id, subject.poweroffice_id),
            (entry.tribe_id, subject.tribe_id),
        )
    )


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The last of some entries, and how many there were before them."""

    entries: tuple[AuditEntry, ...]
    earlier: int


def excerpt(entries: Iterable[AuditEntry], last: int | None) -> Excerpt:
    """Keep the last ones, or all; the memory holds no more than these."""
    kept: deque[AuditEntry] = deque(maxlen=last)
    number = 0
    for entry in entries:
        kept.append(entry)
        number += 1
    return Excerpt(tuple(kept), number - len(kept))


def select(entries: Iterable[AuditEntry], wanted: Wanted) -> Iterator[AuditEntry]:
    """The writes that are asked for."""
    return (entry for entry in entries if wanted.has(entry))
