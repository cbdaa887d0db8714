"""Keeping what happened: the memory goes to the state file, each write to the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tribe_po.records import Memory
from tribe_po.state.audit import Audit, AuditEntry, FieldChange
from tribe_po.state.store import Store
from tribe_po.sync.change import Change


@dataclass(slots=True)
class StateKeeper:
    """Keeps the memory and the trail of one pass. `watchers` are told of each finished change."""

    store: Store
    audit: Audit | None
    run_id: str
    pass_name: str
    now: Callable[[], datetime]
    watchers: list[Callable[[Change], None]] = field(default_factory=list)

    def save(self, memory: Memory) -> None:
        """Write trail and state, in this order: the trail may say more than the state, not less.
        Raises `StateNotSaved`."""
        if self.audit is not None:
            self.audit.flush()
        self.store.save(memory)

    def wrote(self, change: Change) -> None:
        """Add a write that was made to the trail: the operating system has it then, and a kill
        takes nothing back. May be called from several threads. Raises `StateNotSaved`."""
        if self.audit is not None:
            self.audit.write(self._entry(change))

    def note(self, change: Change) -> None:
        """Tell the watchers of a change that is done, has failed or was skipped."""
        for watcher in self.watchers:
            watcher(change)

    def _entry(self, change: Change) -> AuditEntry:
        return AuditEntry(
            run_id=self.run_id,
            time=self.now(),
            system=change.system,
            action=change.action,
            kind=change.kind,
            poweroffice_id=change.poweroffice_id or None,
            tribe_id=change.tribe_id or None,
            label=change.label,
            fields=tuple(FieldChange(one.name, one.before, one.after) for one in change.fields),
        )
