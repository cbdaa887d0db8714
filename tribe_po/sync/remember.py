"""What a write leads to in the memory: links, kept conflicts, quarantine. Asks no server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tribe_po import fields
from tribe_po.records import Intent, Kind, Link, Memory, Quarantined, Record, System, Values
from tribe_po.sides import Creation, Written
from tribe_po.sync import invoices, lag
from tribe_po.sync.acknowledged import fingerprint
from tribe_po.sync.change import Change, Plan
from tribe_po.sync.merge import conflicts_of, decisions
from tribe_po.sync.other_role import agreed_before, seen_before
from tribe_po.sync.quarantine import link_fingerprint, next_try
from tribe_po.sync.trees import GONE, join, pair, see


def start(plan: Plan) -> Memory:
    """The memory as the plan leaves it before anything is written: what was seen, what is left out
    now, and the conflicts that wait for a person. It is a copy that a run may change."""
    task, memory = plan.task, plan.memory
    elsewhere = {
        key: entry
        for key, entry in memory.quarantine.items()
        if key[0] not in task.writes_to or key[1] not in task.kinds
    }
    tried_again = {
        # Before anything is sent: a person's word that a record is not there yet counts once.
        change.key: replace(entry, attempts=max(entry.attempts, 1))
        for change in plan.changes
        if (entry := memory.quarantine.get(change.key)) is not None and not entry.held_fields
    }
    kept = {
        key: conflict
        for key, conflict in memory.conflicts.items()
        if conflict.winner is not None or conflict.kind not in task.kinds
    }
    waiting = {
        (conflict.kind, conflict.poweroffice_id, conflict.field): conflict
        for conflict in plan.conflicts
        if conflict.winner is None
    }
    return replace(
        memory,
        meta=replace(memory.meta, fields=fields.fingerprint()),
        links=dict(memory.links),
        intents=dict(memory.intents),
        quarantine={**elsewhere, **tried_again, **plan.quarantined},
        conflicts={**kept, **waiting},
    )


def intended(memory: Memory, changes: Iterable[Change], now: datetime) -> None:
    """Note the creates that are about to be sent, and when: one that was noted before may show up
    as late as if it were the first."""
    for change in changes:
        assert change.creation is not None
        memory.intents[change.key] = Intent(
            change.kind, change.system, change.source_id, change.creation.mark, now, change.label
        )


def created(
    memory: Memory, change: Change, written: Written, seen: Record | None, now: datetime
) -> Memory:
    """Link a copy that was created to its source.

    `seen` is the copy as it was read back. Where it does not show up yet, what was sent stands in
    for it until a pass sees it, field by field.
    """
    source, creation = change.source, change.creation
    assert source is not None
    assert creation is not None
    sent = Record(
        kind=change.kind,
        system=change.system,
        id=written.id,
        relation_id=creation.relation_id,
        form=creation.form,
        values=_sent(memory, source, creation),
    )
    copy = written.record or seen or sent
    if change.kind is Kind.INVOICE:  # what is wanted of it belongs to what Tribe tells
        source = replace(source, values=creation.values)
    poweroffice, tribe = (source, copy) if change.system is System.TRIBE else (copy, source)
    succeeded(memory, change)
    agreed = agreed_before(memory, poweroffice, tribe.relation_id)
    link = pair(poweroffice, tribe, "created", agreed)
    if tribe is sent:
        shown = {one.name: one.before for one in change.fields}
        link = lag.wrote(link, {name: shown.get(name) for name in creation.values}, now)
    return join(memory, [link])


def _sent(memory: Memory, source: Record, creation: Creation) -> Values:
    """What is known of a copy that nobody has seen yet. A new one is empty but for what was sent;
    of a relation that got the role only that is known, and what its other role shows."""
    if creation.relation_id or creation.upgrade_id:
        return {**seen_before(memory, source, creation.relation_id), **creation.values}
    rows = fields.fields_of(creation.kind, creation.form)
    return {row.name: creation.values.get(row.name) for row in rows}


def updated(memory: Memory, change: Change, written: Written, now: datetime) -> list[str]:
    """Lay what a write left behind over its link.

    Gives the labels of the fields that the server did not take, although it said it did: such a
    record must not be written again and again.
    """
    assert change.edit is not None
    link = memory.links[change.link_key]
    before = link.seen_in(change.system)
    sent = {**before, **change.edit.values}
    values = written.record.values if written.record is not None else sent
    link = memory.links[link.key] = see(link, change.system, values)
    if link.kind is Kind.INVOICE and "phase" in change.edit.values:
        (move,) = [one for one in change.fields if one.name == "phase"]
        memory.links[link.key] = invoices.given(link, move.after, move.before)
    if change.system is System.TRIBE:
        replaced = {name: before.get(name) for name in change.edit.values}
        memory.links[link.key] = lag.wrote(memory.links[link.key], replaced, now)
    expected = {**values, **change.edit.values}
    ignored = [row.label for row in fields.differing(link.kind, link.form, values, expected)]
    if not ignored:
        succeeded(memory, change)
    return ignored


def about_to_move(memory: Memory, change: Change) -> bool:
    """Note which phase an invoice is about to be given. Says whether there is one to note."""
    if change.kind is not Kind.INVOICE or change.edit is None or "phase" not in change.edit.values:
        return False
    link = memory.links[change.link_key]
    memory.links[link.key] = invoices.about_to_be_given(link, change.edit.values["phase"])
    return True


def succeeded(memory: Memory, change: Change) -> None:
    """Forget an earlier failure. What is held back of the record stays listed."""
    entry = memory.quarantine.get(change.key)
    if entry is not None and not entry.held_fields:
        del memory.quarantine[change.key]


def overruled(memory: Memory, link: Link, change: Change, plan: Plan, now: datetime) -> None:
    """Keep the values that a write is about to replace although somebody had changed them."""
    written = {one.name for one in change.fields}
    for conflict in conflicts_of(link, decisions(link, plan.task.conflicts), memory, now):
        if conflict.field in written:
            memory.conflicts[conflict.kind, conflict.poweroffice_id, conflict.field] = conflict


def gone(memory: Memory, change: Change) -> str:
    """Park the link of a record that is no longer there. Gives the reason."""
    reason = GONE[change.system]
    memory.links[change.link_key] = replace(memory.links[change.link_key], parked=reason)
    return reason


def refused(
    memory: Memory,
    plan: Plan,
    change: Change,
    reason: str,
    next_step: str,
    now: datetime,
    held_fields: tuple[str, ...] = (),
) -> None:
    """Quarantine a record whose write a server refused, or the fields of it that are held back."""
    memory.intents.pop(change.key, None)
    if change.source is not None:
        digest = fingerprint(change.source.values)
    else:
        digest = link_fingerprint(memory.links[change.link_key])
    known = plan.memory.quarantine.get(change.key)
    again = known if known is not None and known.fingerprint == digest else None
    attempts = again.attempts + 1 if again else 1
    memory.quarantine[change.key] = Quarantined(
        kind=change.kind,
        system=change.system,
        id=change.source_id,
        label=change.label,
        reason=reason,
        next_step=next_step,
        fingerprint=digest,
        since=again.since if again else now,
        attempts=attempts,
        retry_after=None if held_fields else next_try(attempts, now),
        held_fields=held_fields,
    )
