"""What a pass is asked to do, and the changes that it plans. Data only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from tribe_po.invoices import Comparison, Settled
from tribe_po.records import (
    Conflict,
    Kind,
    Memory,
    Quarantined,
    Record,
    RecordKey,
    System,
    Value,
)
from tribe_po.settings import ConflictPolicy, Invoicing
from tribe_po.sides import Creation, Edit


class Action(StrEnum):
    """What is done to a record."""

    CREATE = "create"
    ADD_ROLE = "add-role"
    LINK = "link"
    UPDATE = "update"


class Status(StrEnum):
    """How far a change has come."""

    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a change: the value that is there, the value to write, and why."""

    name: str
    label: str
    before: Value
    after: Value
    because: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a pass does to one record of `system`.

    `creation` or `edit` is what the side is asked to do; a link needs neither. `source` is the
    record that a creation copies. `status` and `reason` say how it went. Of an invoice,
    `comparison` has what it comes to on both sides, and `settled` what was paid of it.
    """

    action: Action
    kind: Kind
    system: System
    poweroffice_id: str
    tribe_id: str
    label: str
    fields: tuple[FieldChange, ...] = ()
    creation: Creation | None = None
    edit: Edit | None = None
    source: Record | None = None
    status: Status = Status.PLANNED
    reason: str | None = None
    comparison: Comparison | None = None
    settled: Settled | None = None

    @property
    def link_key(self) -> tuple[Kind, str]:
        """The key of the link that this change belongs to."""
        return self.kind, self.poweroffice_id

    @property
    def source_id(self) -> str:
        """The record's id on the side that the values come from."""
        return self.poweroffice_id if self.system is System.TRIBE else self.tribe_id

    @property
    def key(self) -> RecordKey:
        """What quarantine and intents know the change by: where it goes and where it comes from."""
        return self.system, self.kind, self.source_id


@dataclass(frozen=True, slots=True)
class Task:
    """What a pass is there for: which kinds, which sides it creates and updates records on.

    With `keys_to_tribe`, Tribe gets PowerOffice's numbers, and codes that it lacks, even if it is
    not updated otherwise.
    In the `initial` one, what only Tribe has is left alone. `include_archived` also creates what is
    archived, `push_unmatched` what was left alone. `invoicing` has the rules about invoices.
    """

    name: str
    kinds: tuple[Kind, ...]
    creates_in: frozenset[System]
    updates_in: frozenset[System]
    conflicts: ConflictPolicy
    keys_to_tribe: bool = False
    initial: bool = False
    include_archived: bool = False
    push_unmatched: bool = False
    invoicing: Invoicing | None = None

    @property
    def writes_to(self) -> frozenset[System]:
        """The sides that the pass writes to."""
        return self.creates_in | self.updates_in


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pass does, and what it leaves.

    `memory` is what was seen, with the new links in it. Of the `changes`, those that are skipped
    from the start are only shown. `quarantined` holds every record of the
    pass that is left out now, for a new reason or an old one; `conflicts` every field that both
    sides changed. `unchanged` counts linked records without a change, `left_alone` the Tribe
    relations that nobody asked to push, `archived` the archived records that are not imported,
    `parked` the links that lost a side and nobody has acknowledged. `awaited` are the Tribe records
    that invoices wait for.
    """

    task: Task
    memory: Memory
    changes: tuple[Change, ...]
    quarantined: dict[RecordKey, Quarantined] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    unchanged: int = 0
    left_alone: int = 0
    archived: int = 0
    parked: int = 0
    awaited: frozenset[tuple[Kind, str]] = frozenset()

    @property
    def counts(self) -> Counter[Action]:
        """How many changes of each action are to be made."""
        return Counter(change.action for change in self._to_make())

    def writes(self) -> list[Change]:
        """The changes that write to a server."""
        return [change for change in self._to_make() if change.action is not Action.LINK]

    def _to_make(self) -> Iterator[Change]:
        return (change for change in self.changes if change.status is not Status.SKIPPED)
