"""Whole passes over two fake sides: observe, plan, apply, as a real pass puts them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tests.sync.fakes import FakeKeeper, FakeSide
from tribe_po.records import Memory, Record, System
from tribe_po.sync.apply import Outcome, apply
from tribe_po.sync.change import Plan, Task
from tribe_po.sync.lag import laid_over
from tribe_po.sync.match import Matching, match
from tribe_po.sync.plan import make_plan, to_look_up
from tribe_po.sync.trees import settle

Sides = Mapping[System, FakeSide]


def make_pass(
    memory: Memory,
    sides: Sides,
    keeper: FakeKeeper,
    task: Task,
    *,
    full: bool = False,
    on_plan: Callable[[Plan], object] = lambda plan: None,
) -> Outcome:
    """Make one pass, with one write at a time. Whoever is shown the plan sees it before it is
    carried out."""
    plan = plan_pass(memory, sides, task, full=full)
    on_plan(plan)
    return apply(plan, sides, keeper, sides[System.TRIBE].clock.now, in_flight=1)


def plan_pass(memory: Memory, sides: Sides, task: Task, *, full: bool = False) -> Plan:
    """Observe and plan. The side that is written to is read only if there is something to write."""
    sources = [system for system in System if system.other in task.writes_to]
    if not full:
        seen = _with_observed(memory, sides, task, sources, full)
        plan = make_plan(seen, match(seen, (), task.kinds, ()), task, _now(sides))
        if not plan.changes:
            return plan
    memory = settle(_with_observed(memory, sides, task, tuple(System), full))
    memory = _with_interrupted_creates(memory, sides, task)
    matching = match(memory, (), task.kinds, ())
    memory, candidates = _with_look_ups(memory, sides, matching, task)
    matching = match(memory, candidates, task.kinds, ())
    candidates = [*candidates, *_alike(memory, sides, matching, task)]
    matching = match(memory, candidates, task.kinds, ())
    return make_plan(memory, matching, task, _now(sides))


def _now(sides: Sides) -> datetime:
    return sides[System.TRIBE].clock.now()


def _with_observed(
    memory: Memory, sides: Sides, task: Task, systems: Sequence[System], full: bool
) -> Memory:
    for system in systems:
        cursors = [memory.cursors.get((system, kind)) for kind in task.kinds]
        known = [cursor for cursor in cursors if cursor is not None]
        since = min(known) if len(known) == len(cursors) and not full else None
        seen = sides[system].changed(task.kinds, since)
        memory = laid_over(memory, seen, task.kinds, _now(sides))
    return memory


def _with_interrupted_creates(memory: Memory, sides: Sides, task: Task) -> Memory:
    unlinked = dict(memory.unlinked)
    marks = {(record.kind, record.mark) for record in unlinked.values()}
    for intent in memory.intents.values():
        if intent.kind in task.kinds and (intent.kind, intent.mark) not in marks:
            for found in sides[intent.target].find_by_mark(intent.kind, intent.mark):
                unlinked[found.system, found.kind, found.id] = found
    return replace(memory, unlinked=unlinked)


def _with_look_ups(
    memory: Memory, sides: Sides, matching: Matching, task: Task
) -> tuple[Memory, list[Record]]:
    linked = {
        (system, link.kind, link.id_in(system))
        for link in memory.links.values()
        for system in System
    }
    unlinked = dict(memory.unlinked)
    candidates = []
    wanted = to_look_up(memory, matching, task, _now(sides))
    for system, records in wanted.items():
        for kind in task.kinds:
            numbers = [str(one.values["number"]) for one in records if one.kind is kind]
            for found in sides[system].find_by_key(kind, numbers) if numbers else ():
                key = (found.system, found.kind, found.id)
                if found.role_missing:
                    candidates.append(found)
                elif key not in linked:
                    unlinked[key] = found
    return replace(memory, unlinked=unlinked), candidates


def _alike(memory: Memory, sides: Sides, matching: Matching, task: Task) -> list[Record]:
    return [
        found
        for system, records in to_look_up(memory, matching, task, _now(sides)).items()
        for kind in task.kinds
        for found in sides[system].find_alike(kind, [one for one in records if one.kind is kind])
    ]
