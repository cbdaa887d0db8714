"""One pass, the same for every task: observe, plan, guard, apply, report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from tribe_po.errors import (
    ExitCode,
    SettingsError,
    StateNotSaved,
    Stopped,
    TribePoError,
)
from tribe_po.passes.observe import observe_and_plan
from tribe_po.passes.result import STOPPED, Result
from tribe_po.passes.schedule import Scheduled
from tribe_po.passes.session import Session
from tribe_po.records import Kind, Memory, Observation, Quarantined, Record, Run, System
from tribe_po.sync import guard, remember
from tribe_po.sync.apply import apply
from tribe_po.sync.change import Action, Change, Plan, Status, Task
from tribe_po.sync.cost import Cost, cost_of


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


def task_of(session: Session, scheduled: Scheduled) -> Task:
    """What a pass is asked to do about those of its kinds that the settings name. Raises
    `SettingsError` when there is none: such a pass is in the crontab by mistake."""
    task = scheduled.task(session.settings.kinds, session.settings)
    if not task.kinds:
        raise SettingsError(
            f"{task.name} has nothing to do",
            f"TRIBE_PO_KINDS names none of {', '.join(f'{kind}s' for kind in scheduled.kinds)}.",
            "Add them to TRIBE_PO_KINDS, or take the pass out of the crontab.",
        )
    return task


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
    observations, plan = observe_and_plan(session, task, full=options.full or task.initial)
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
