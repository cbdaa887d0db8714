"""`undo`: the inverse of what a run updated, from the audit trail and what both sides hold now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tribe_po.errors import NotFound
from tribe_po.passes.run import Options, Report, carry_out
from tribe_po.passes.session import Session
from tribe_po.records import Kind, Memory, Observation, System
from tribe_po.state.audit import AuditEntry
from tribe_po.state.trail import Trail
from tribe_po.sync.change import Action, Change, Plan, Task
from tribe_po.sync.guard import Limits
from tribe_po.sync.lag import laid_over
from tribe_po.sync.trees import settle
from tribe_po.sync.undo import Past, Touched, created, inverse

NAME = "undo"


def undo(session: Session, options: Options, run: str) -> Report:
    """Give the fields that a run wrote the values from before it, on both sides.

    `run` is a run's id, or its beginning. What somebody changed since, what the run created, and
    invoices stay as they are, and are in the report as skipped. Raise `NotFound` where the audit
    trail knows no such run, or several.
    """
    entries = writes_of(session.settings.state, run)
    records = _updated(entries)
    memory, there = _seen_now(session, records)
    changes = [
        change
        for record in records
        for change in inverse(
            record,
            memory.links.get((record.kind, record.poweroffice_id)) if _is(record, there) else None,
        )
    ]
    task = Task(
        name=NAME,
        kinds=(),  # neither quarantine nor conflicts of any kind are its business
        creates_in=frozenset(),
        updates_in=frozenset(),
        conflicts=session.settings.conflicts,
    )
    plan = Plan(task, memory, (*changes, *_created(entries)))
    # A person reads this plan; what it may come to is the size of the run.
    limits = Limits(max_change_percent=100, max_creates=0, force=options.limits.force)
    return carry_out(session, plan, (), replace(options, limits=limits))


def writes_of(state: Path, run: str) -> list[AuditEntry]:
    """The writes of one run, oldest first. Raise `NotFound`, and `StateUnreadable`."""
    entries = [entry for entry in Trail(state).entries() if run and entry.run_id.startswith(run)]
    found = sorted({entry.run_id for entry in entries})
    if len(found) != 1:
        several = f"{len(found)} runs begin so: {', '.join(found[:5])}."
        raise NotFound(
            f"No single run {run!r} wrote anything",
            several if found else "The audit trail has no write of such a run.",
            "See the runs and what they wrote: tribe-po audit; tribe-po runs",
        )
    return entries


def _updated(entries: Iterable[AuditEntry]) -> list[Touched]:
    """The records that were updated, each with the first value before and the last one written."""
    by_record: dict[tuple[Kind, str, str], dict[tuple[str, System], Past]] = {}
    labels: dict[tuple[Kind, str, str], str] = {}
    for entry in entries:
        if entry.action != Action.UPDATE:
            continue
        key = entry.kind, entry.poweroffice_id or "", entry.tribe_id or ""
        labels[key] = entry.label
        its = by_record.setdefault(key, {})
        for one in entry.fields:
            first = its.get((one.field, entry.system))
            before = first.before if first else one.old
            its[one.field, entry.system] = Past(entry.system, before, one.new)
    return [
        Touched(
            *key,
            labels[key],
            {
                name: tuple(past for (field, _), past in its.items() if field == name)
                for name, _ in its
            },
        )
        for key, its in by_record.items()
    ]


def _created(entries: Iterable[AuditEntry]) -> list[Change]:
    return [
        created(
            Touched(
                entry.kind, entry.poweroffice_id or "", entry.tribe_id or "", entry.label, fields={}
            ),
            Action(entry.action),
            entry.system,
        )
        for entry in entries
        if entry.action in (Action.CREATE, Action.ADD_ROLE)
    ]


Place = tuple[System, Kind, str]


def _seen_now(session: Session, records: Sequence[Touched]) -> tuple[Memory, set[Place]]:
    """The memory with these records as both sides have them now, and which are there."""
    memory, there = session.memory, set[Place]()
    for system, side in session.sides.items():
        for kind in Kind:
            ids = [_id_in(one, system) for one in records if one.kind is kind]
            if not ids or kind is Kind.INVOICE:
                continue
            found = side.get(kind, ids)
            there |= {(system, kind, one.id) for one in found}
            seen = Observation(system, tuple(found), cursor=None, complete=False)
            memory = laid_over(memory, seen, (kind,), session.now())
    return settle(memory), there


def _is(record: Touched, there: set[Place]) -> bool:
    return all((system, record.kind, _id_in(record, system)) in there for system in System)


def _id_in(record: Touched, system: System) -> str:
    return record.tribe_id if system is System.TRIBE else record.poweroffice_id
