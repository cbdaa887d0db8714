"""Observe and plan: what a pass reads, and what it makes of that. Nothing here writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from tribe_po.errors import Untraceable
from tribe_po.fields import KEYS
from tribe_po.passes.session import Session
from tribe_po.records import Kind, Memory, Observation, Record, RecordKey, System
from tribe_po.sides import Side
from tribe_po.sync.change import Plan, Task
from tribe_po.sync.invoices import is_to_be_issued
from tribe_po.sync.lag import SETTLE, laid_over
from tribe_po.sync.match import Matching, match, uncertain
from tribe_po.sync.orphans import link_orphans
from tribe_po.sync.plan import make_plan, to_look_up
from tribe_po.sync.trees import settle

MOST_MISSED = 100
"""So many linked records that are not in a complete read are asked for one by one."""


def observe_and_plan(session: Session, task: Task, *, full: bool) -> tuple[list[Observation], Plan]:
    """Read the side that changes come from, and the other one only if there is something to write.

    What the other side changed meanwhile is not lost: its cursor stays where it is, and the pass
    that goes the other way reads from there.
    """
    sources = [system for system in System if system.other in task.writes_to]
    seen: list[Observation] = []
    if len(sources) == 1 and not full:
        seen = observe(session, task.kinds, sources)
        memory = _laid_over(session, seen, task)
        matching = match(memory, (), task.kinds, session.settings.match_by)
        plan = make_plan(memory, matching, task, session.now())
        if not plan.changes:
            return seen, plan
    others = [system for system in System if system not in {one.system for one in seen}]
    seen = [*seen, *observe(session, task.kinds, others, full=full)]
    return seen, plan_for(session, task, seen)


def observe(
    session: Session,
    kinds: Sequence[Kind],
    systems: Collection[System] = tuple(System),
    *,
    full: bool = False,
) -> list[Observation]:
    """Read some sides: what changed since all kinds were last read there, or everything."""
    observations = []
    for system in systems:
        side = session.sides[system]
        cursors = [session.memory.cursors.get((system, kind)) for kind in kinds]
        known = [cursor for cursor in cursors if cursor is not None]
        since = min(known) if len(known) == len(cursors) and not full else None
        seen = side.changed(kinds, since)
        seen = _with_the_missed(session.memory, side, seen, kinds)
        observations.append(_with_their_lines(session.memory, side, seen))
    return observations


def _with_their_lines(memory: Memory, side: Side, seen: Observation) -> Observation:
    """Read the drafts that are wanted as invoices once more, in whole: a list does not tell their
    VAT, which has to be compared before they are booked."""
    if not seen.complete or side.system is not System.POWEROFFICE:
        return seen
    shown = {record.id for record in seen.records if record.kind is Kind.INVOICE}
    drafts = [
        link.poweroffice_id
        for link in memory.links.values()
        if link.kind is Kind.INVOICE and is_to_be_issued(link) and link.poweroffice_id in shown
    ]
    whole = {record.id: record for record in side.get(Kind.INVOICE, drafts)} if drafts else {}
    records = (
        whole.get(record.id, record) if record.kind is Kind.INVOICE else record
        for record in seen.records
    )
    return replace(seen, records=tuple(records)) if whole else seen


def _with_the_missed(
    memory: Memory, side: Side, seen: Observation, kinds: Sequence[Kind]
) -> Observation:
    """Ask once more for the few linked records that a complete read did not show: its pages move
    while somebody deletes other records. Many missing ones are a matter for the guards."""
    if not seen.complete or not seen.records:
        return seen
    there = {(record.kind, record.id) for record in seen.records}
    missed = [
        (link.kind, link.id_in(side.system))
        for link in memory.links.values()
        if link.kind in kinds and not link.parked
        if (link.kind, link.id_in(side.system)) not in there
    ]
    if not 0 < len(missed) <= MOST_MISSED:
        return seen
    found = [
        record
        for kind in kinds
        for record in side.get(kind, [one for its_kind, one in missed if its_kind is kind])
    ]
    return replace(seen, records=(*seen.records, *found))


def plan_for(session: Session, task: Task, observations: list[Observation]) -> Plan:
    """Lay what was seen over the memory, find out who is who, and plan."""
    memory = settle(_laid_over(session, observations, task))
    memory, untraceable = _find_interrupted_creates(session, memory, task.kinds)
    memory = link_orphans(memory)

    def matched(memory: Memory, candidates: Sequence[Record] = ()) -> Matching:
        found = match(memory, candidates, task.kinds, session.settings.match_by)
        return uncertain(found, memory, untraceable, session.now())

    matching = matched(memory)
    looked_up, candidates = _look_up_numbers(session, memory, matching, task)
    if candidates or looked_up.unlinked != memory.unlinked:
        memory = looked_up
        matching = matched(memory, candidates)
    alike = _find_alike(session, memory, matching, task, candidates)
    if alike:
        matching = matched(memory, [*candidates, *alike])
    return make_plan(memory, matching, task, session.now())


def _laid_over(session: Session, observations: Sequence[Observation], task: Task) -> Memory:
    memory = session.memory
    for observation in observations:
        memory = laid_over(memory, observation, task.kinds, session.now())
    return memory


def _find_interrupted_creates(
    session: Session, memory: Memory, kinds: tuple[Kind, ...]
) -> tuple[Memory, set[RecordKey]]:
    """Look for records that an earlier run was about to create when it ended.

    What it created shows up in what was read, with its mark. Only for an intent without such a
    record the server is asked once more, before anything is created again. What is not there after
    so long was never created, and is forgotten: its source may be gone as well. An invoice's intent
    stays, for it also says what is wanted of the draft. Also gives those that cannot be looked for:
    only a person can tell what became of them.
    """
    untraceable: set[RecordKey] = set()
    unlinked, intents = dict(memory.unlinked), dict(memory.intents)
    # What a list shows of an invoice is not enough to book a draft, or to miss a voucher's PDF.
    marks = {
        (record.kind, record.mark)
        for record in unlinked.values()
        if record.kind is not Kind.INVOICE
    }
    for key, intent in memory.intents.items():
        if intent.kind in kinds and (intent.kind, intent.mark) not in marks:
            try:
                found = session.sides[intent.target].find_by_mark(intent.kind, intent.mark)
            except Untraceable:
                untraceable.add(key)
                continue
            unlinked |= {(record.system, record.kind, record.id): record for record in found}
            late = session.now() - intent.since >= SETTLE
            if late and not found and intent.kind is not Kind.INVOICE:
                del intents[key]
    return replace(memory, unlinked=unlinked, intents=intents), untraceable


def _look_up_numbers(
    session: Session, memory: Memory, matching: Matching, task: Task
) -> tuple[Memory, list[Record]]:
    """Before creating, ask the other side for records with the same number that were not read:
    archived ones in PowerOffice, relations without the role in Tribe."""
    wanted = to_look_up(memory, matching, task, session.now())
    if not any(wanted.values()):
        return memory, []
    linked = {
        (system, link.kind, link.id_in(system))
        for link in memory.links.values()
        for system in System
    }
    unlinked = dict(memory.unlinked)
    candidates = []
    for system, records in wanted.items():
        for kind in task.kinds:
            numbers = [str(one.values[KEYS[kind]]) for one in records if one.kind is kind]
            for found in session.sides[system].find_by_key(kind, numbers) if numbers else ():
                key = (found.system, found.kind, found.id)
                if found.role_missing:
                    candidates.append(found)
                elif key not in linked:
                    unlinked[key] = found
    return replace(memory, unlinked=unlinked), candidates


def _find_alike(
    session: Session,
    memory: Memory,
    matching: Matching,
    task: Task,
    known: Collection[Record],
) -> list[Record]:
    """Before creating, ask the other side for relations that may be the same without the number:
    prospects, or suppliers that become customers."""
    places = {(one.kind, one.relation_id) for one in known}
    return [
        found
        for system, records in to_look_up(memory, matching, task, session.now()).items()
        for kind in task.kinds
        if (wanted := [one for one in records if one.kind is kind])
        for found in session.sides[system].find_alike(kind, wanted)
        if (found.kind, found.relation_id) not in places
    ]
