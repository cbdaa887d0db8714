"""One pass, the same for every task: observe, plan, guard, apply, report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from tribe_po.errors import (
    ExitCode,
    SettingsError,
    StateNotSaved,
    Stopped,
    TribePoError,
    Untraceable,
)
from tribe_po.fields import KEYS
from tribe_po.passes.session import Session
from tribe_po.records import Kind, Memory, Observation, Quarantined, Record, RecordKey, Run, System
from tribe_po.sides import Side
from tribe_po.sync import guard, remember
from tribe_po.sync.apply import apply
from tribe_po.sync.change import Action, Change, Plan, Status, Task
from tribe_po.sync.cost import Cost, cost_of
from tribe_po.sync.invoices import is_to_be_issued
from tribe_po.sync.match import Matching, match, uncertain
from tribe_po.sync.plan import make_plan, to_look_up
from tribe_po.sync.trees import lay_over, settle

STOPPED = "stopped"
"""The outcome under which the history keeps a run that a signal ended, which is no failure."""

MOST_MISSED = 100
"""So many linked records that are not in a complete read are asked for one by one."""


class Result(StrEnum):
    """How a pass ended."""

    OK = "ok"
    PARTIAL = "partial"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asks of a pass. `full` reads everything instead of changes; `confirm` is
    shown the plan before anything is written and says whether to go on."""

    limits: guard.Limits
    dry_run: bool = False
    full: bool = False
    confirm: Callable[[Plan], bool] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a pass did, or in a dry run what it would do.

    `error` is what stopped it or refused it, if something did. `requests` counts what each server
    was sent, `cost` what carrying out the plan was expected to take.
    """

    plan: Plan
    changes: tuple[Change, ...]
    memory: Memory
    profile: str
    run_id: str
    started: datetime
    finished: datetime
    dry_run: bool
    requests: dict[System, int]
    error: TribePoError | None = None
    declined: bool = False
    cost: Cost | None = None
    counts: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        """Count the changes that stand: planned ones in a dry run, done ones otherwise."""
        wanted = Status.PLANNED if self.dry_run or self.declined else Status.DONE
        counts = Counter(change.action.value for change in self.changes if change.status is wanted)
        counts["failed"] = sum(change.status is Status.FAILED for change in self.changes)
        counts["skipped"] = sum(change.status is Status.SKIPPED for change in self.changes)
        counts["unchanged"] = self.plan.unchanged
        counts["conflict"] = len(self.plan.conflicts)
        counts["quarantined"] = len(self.quarantined)
        counts["left_alone"] = self.plan.left_alone
        counts["archived"] = self.plan.archived
        counts["parked"] = self.plan.parked
        object.__setattr__(self, "counts", counts)

    @property
    def quarantined(self) -> list[Quarantined]:
        """What is left out, of the kinds that the pass is for."""
        kinds = self.plan.task.kinds
        return [entry for entry in self.memory.quarantine.values() if entry.kind in kinds]

    @property
    def result(self) -> Result:
        """How it ended, in one word."""
        if self.declined or (self.error and self.error.exit_code is ExitCode.REFUSED):
            return Result.REFUSED
        if self.error is not None:
            return Result.FAILED
        waiting = any(conflict.winner is None for conflict in self.plan.conflicts)
        left = self.counts["quarantined"] or self.counts["failed"] or self.counts["parked"]
        return Result.PARTIAL if waiting or left else Result.OK

    @property
    def exit_code(self) -> ExitCode:
        """What the process answers."""
        if self.error is not None:
            return self.error.exit_code
        return {
            Result.OK: ExitCode.OK,
            Result.PARTIAL: ExitCode.RECORDS_LEFT,
            Result.REFUSED: ExitCode.REFUSED,
        }[self.result]


def chosen(session: Session, wanted: Sequence[Kind], name: str) -> tuple[Kind, ...]:
    """The kinds among those a pass is for that the settings ask for. Raises `SettingsError` when
    there is none: such a pass is in the crontab by mistake."""
    kinds = tuple(kind for kind in session.settings.kinds if kind in wanted)
    if not kinds:
        raise SettingsError(
            f"{name} has nothing to do",
            f"TRIBE_PO_KINDS names none of {', '.join(f'{kind}s' for kind in wanted)}.",
            "Add them to TRIBE_PO_KINDS, or take the pass out of the crontab.",
        )
    return kinds


def run(session: Session, task: Task, options: Options) -> Report:
    """Make one pass. Errors before anything was written are raised, `GuardRefused` excepted: like
    errors that end the writing early it is in the report, with the plan that led to it.

    All but the initial pass need an initial one to have finished. However it ends, the state's list
    of runs tells.
    """
    try:
        return _run(session, task, options)
    except StateNotSaved:
        raise
    except TribePoError as error:
        if not options.dry_run:
            _remember_no_plan(session, task, options, error)
        raise


def _run(session: Session, task: Task, options: Options) -> Report:
    if not task.initial:
        guard.check_initialised(session.memory, task.name, task.kinds)
    observations, plan = _observe_and_plan(session, task, full=options.full or task.initial)
    return carry_out(session, plan, observations, options)


def carry_out(
    session: Session, plan: Plan, observations: Sequence[Observation], options: Options
) -> Report:
    """Let the guards see a plan; then show it, have it confirmed, or apply it, as is asked for."""
    refusals = guard.refusals(guard.Situation(plan, session.memory, observations, options.limits))
    if refusals:
        if not options.dry_run:
            _remember_no_plan(session, plan.task, options, refusals[0])
        return _report(session, plan, options, error=refusals[0])
    if options.dry_run:
        return _report(session, plan, options)
    if options.confirm is not None and not options.confirm(plan):
        return _report(session, plan, options, declined=True)
    return _apply(session, plan, options)


def _observe_and_plan(
    session: Session, task: Task, *, full: bool
) -> tuple[list[Observation], Plan]:
    """Read the side that changes come from, and the other one only if there is something to write.

    What the other side changed meanwhile is not lost: its cursor stays where it is, and the pass
    that goes the other way reads from there.
    """
    sources = [system for system in System if system.other in task.writes_to]
    seen: list[Observation] = []
    if len(sources) == 1 and not full:
        seen = observe(session, task.kinds, sources)
        memory = _laid_over(session.memory, seen, task)
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
    memory = settle(_laid_over(session.memory, observations, task))
    memory, untraceable = _find_interrupted_creates(session, memory, task.kinds)

    def matched(memory: Memory, candidates: Sequence[Record] = ()) -> Matching:
        found = match(memory, candidates, task.kinds, session.settings.match_by)
        return uncertain(found, memory, untraceable, session.now())

    matching = matched(memory)
    looked_up, candidates = _look_up_numbers(session, memory, matching, task)
    if candidates or looked_up.unlinked != memory.unlinked:
        memory = looked_up
        matching = matched(memory, candidates)
    return make_plan(memory, matching, task, session.now())


def _laid_over(memory: Memory, observations: Sequence[Observation], task: Task) -> Memory:
    for observation in observations:
        memory = lay_over(memory, observation, task.kinds)
    return memory


def _find_interrupted_creates(
    session: Session, memory: Memory, kinds: tuple[Kind, ...]
) -> tuple[Memory, set[RecordKey]]:
    """Look for records that an earlier run was about to create when it ended.

    What it created shows up in what was read, with its mark. Only for an intent without such a
    record the server is asked once more, before anything is created again. Also gives those that
    cannot be looked for: only a person can tell what became of them.
    """
    untraceable: set[RecordKey] = set()
    unlinked = dict(memory.unlinked)
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
    return replace(memory, unlinked=unlinked), untraceable


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


def _apply(session: Session, plan: Plan, options: Options) -> Report:
    outcome = apply(plan, session.sides, session.keeper, session.now)
    memory = outcome.memory
    if plan.task.initial and outcome.stopped_by is None:
        _initialised(memory, plan.task)
    forget_the_unneeded(memory, plan.task)
    report = _report(session, plan, options, outcome.changes, memory, outcome.stopped_by)
    _remember_run(memory, report, full=options.full or plan.task.initial)
    session.keeper.save(memory)
    session.memory = memory
    return report


def _initialised(memory: Memory, task: Task) -> None:
    """Open the gate for the other passes. What Tribe alone had at that time is left alone."""
    fresh = [kind for kind in task.kinds if kind not in memory.meta.initialised]
    memory.left_alone |= {
        (record.kind, record.id)
        for record in memory.unlinked.values()
        if record.system is System.TRIBE and record.kind in fresh and is_old(record, task)
    }
    memory.meta.initialised = (*memory.meta.initialised, *fresh)


def is_old(record: Record, task: Task) -> bool:
    """Whether a record that only Tribe has is none of this tool's business. An invoice that was
    sent before is in the books by other ways, whatever is to be pushed."""
    if record.kind is not Kind.INVOICE:
        return not task.push_unmatched
    sent = task.invoicing is not None and task.invoicing.is_sent(record.values.get("phase"))
    return sent or bool(record.values.get("number"))


def forget_the_unneeded(memory: Memory, task: Task) -> None:
    """Forget the invoices of Tribe that are not to be exported: they are read again when they
    change."""
    if task.invoicing is None or Kind.INVOICE not in task.kinds:
        return
    memory.unlinked = {
        key: record
        for key, record in memory.unlinked.items()
        if record.kind is not Kind.INVOICE
        or record.system is not System.TRIBE
        or (
            task.invoicing.is_to_be_exported(record.values.get("phase"))
            and (record.kind, record.id) not in memory.left_alone
        )
    }


def _remember_run(memory: Memory, report: Report, *, full: bool) -> None:
    """Add the run to the history. Of equal runs of one pass in a row in
    which nothing happened the last one stays."""
    made = Run(
        run_id=report.run_id,
        name=report.plan.task.name,
        started=report.started,
        finished=report.finished,
        outcome=STOPPED if isinstance(report.error, Stopped) else report.result,
        counts=dict(report.counts),
        reason=_one_line(report.error) if report.error else None,
        full=full,
    )
    _add_run(memory, made, silent=not report.changes)


def _remember_no_plan(session: Session, task: Task, options: Options, error: TribePoError) -> None:
    """Add a run that wrote nothing, for it failed or was refused, to the state as it was. Where
    nothing was ever synchronised there is no state to add it to."""
    memory = session.memory
    if not memory.meta.initialised:
        return
    outcome: str = Result.REFUSED if error.exit_code is ExitCode.REFUSED else Result.FAILED
    made = Run(
        run_id=session.run_id,
        name=task.name,
        started=session.started,
        finished=session.now(),
        outcome=STOPPED if isinstance(error, Stopped) else outcome,
        reason=_one_line(error),
        full=options.full or task.initial,
    )
    _add_run(memory, made, silent=True)
    # What ended the pass is worth more than that it could not be noted.
    with suppress(StateNotSaved):
        session.keeper.save(memory)


def _add_run(memory: Memory, made: Run, *, silent: bool) -> None:
    last = next((one for one in reversed(memory.runs) if one.name == made.name), None)
    if last and last.run_id == made.run_id:  # it went on after what it awaited had been pushed
        memory.runs.remove(last)
        more = {name: made.counts.get(name, 0) + last.counts.get(name, 0) for name in _DONE}
        made, silent = replace(made, counts={**made.counts, **more}), False
    if last and silent and _told_by(last) == _told_by(made):
        memory.runs.remove(last)
    memory.runs.append(made)


_DONE = (*(action.value for action in Action), "failed", "skipped")
"""Counts of what a run did, beside those of what it found."""


def _told_by(run: Run) -> tuple[object, ...]:
    return run.outcome, run.counts, run.reason, run.full


def _one_line(error: TribePoError) -> str:
    return " ".join(error.reason.split())


def _report(
    session: Session,
    plan: Plan,
    options: Options,
    changes: tuple[Change, ...] | None = None,
    memory: Memory | None = None,
    error: TribePoError | None = None,
    *,
    declined: bool = False,
) -> Report:
    if memory is None:
        memory = remember.start(plan)
    return Report(
        plan=plan,
        changes=plan.changes if changes is None else changes,
        memory=memory,
        profile=session.settings.profile,
        run_id=session.run_id,
        started=session.started,
        finished=session.now(),
        dry_run=options.dry_run,
        requests=session.requests(),
        error=error,
        declined=declined,
        cost=cost_of(plan, session.settings.rate),
    )
