"""What a person accepted, in the audit trail: who, when, and what differed."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

from tribe_po.passes.by_hand import Accepted
from tribe_po.records import Link, System
from tribe_po.state.audit import Audit, AuditEntry, FieldChange

ACTION = "accept"


def write_down(state: Path, done: Accepted, run_id: str, who: str, now: datetime) -> None:
    """Add what was accepted to the trail beside `state`: one entry a side that something is held
    back from, and one for a parked link. Raise `StateNotSaved`."""
    with closing(Audit(state)) as audit:
        for entry in _entries(done, run_id, who, now):
            audit.write(entry)
        audit.flush()


def _entries(done: Accepted, run_id: str, who: str, now: datetime) -> list[AuditEntry]:
    link, accepted = done.link, f"accepted by {who}"
    told: dict[System, list[FieldChange]] = {}
    for target, name in done.fields:
        told.setdefault(target, []).append(FieldChange(name, _differing(link, name), accepted))
    if done.parking:
        told.setdefault(System.TRIBE, []).append(FieldChange("parked", link.parked, accepted))
    return [
        AuditEntry(
            run_id=run_id,
            time=now,
            system=target,
            action=ACTION,
            kind=link.kind,
            poweroffice_id=link.poweroffice_id,
            tribe_id=link.tribe_id,
            label=link.label,
            fields=tuple(fields),
        )
        for target, fields in told.items()
    ]


def _differing(link: Link, name: str) -> str:
    return ", ".join(f"{link.seen_in(side).get(name)} in {side.title}" for side in System)
