"""Making a pass from the command line: settings, session, report, exit code."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

import typer
from rich.console import Console

from tribe_po.cli import signals
from tribe_po.cli.options import Asked, Common, Output
from tribe_po.cli.signals import Stopping
from tribe_po.cli.telling import note, tell
from tribe_po.errors import Busy, GuardRefused, TribePoError
from tribe_po.output import document, log, tables, words
from tribe_po.output.monitoring import Watched, watched
from tribe_po.output.progress import Following
from tribe_po.passes.health import newly_late
from tribe_po.passes.run import Options, Report
from tribe_po.passes.session import Session, open_session
from tribe_po.records import Conflict, Quarantined
from tribe_po.settings import Settings
from tribe_po.sync.change import Change, Plan, Status
from tribe_po.sync.cost import Cost, cost_of
from tribe_po.sync.guard import Limits

RARELY = 50_000
"""So many new objects between two looks for cycles. A pass makes many small objects, hardly a cycle
among them, and does not last."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass as a command makes it.

    `most_creates` is the limit that --max-changes replaces. With `ask`, a person confirms the plan.
    """

    name: str
    make: Callable[[Session, Options], Report]
    most_creates: int = 1000
    ask: bool = False


def perform(context: typer.Context, chosen: Pass, asked: Asked) -> NoReturn:
    """Make one pass, report it, and exit with its code."""
    common: Common = context.obj
    gc.set_threshold(RARELY)
    with signals.handled() as stop:
        with _reported(chosen, common, asked):
            log.start(verbose=asked.verbose, quiet=asked.quiet, to=common.log)
            settings = Settings.load(os.environ, common.env_file, common.profile)
            with watched(settings, chosen.name, dry_run=asked.dry_run) as run:
                run.report = report = _make(settings, chosen, asked, run, stop)
        if asked.output is Output.JSON:
            typer.echo(document.report(report))
        else:
            show(report, asked)
        if report.error is not None:
            say(report.error)
    raise typer.Exit(report.exit_code)


@contextmanager
def _reported(chosen: Pass, common: Common, asked: Asked) -> Iterator[None]:
    """Turn what ends a pass before it has a report into three lines and an exit code."""
    try:
        yield
    except Exception as error:
        if isinstance(error, TribePoError):
            said = error
        elif asked.verbose:
            raise
        else:
            said = as_bug(error)
        if asked.output is Output.JSON:
            profile = common.profile or "default"
            typer.echo(document.failure(chosen.name, profile, asked.dry_run, said))
        say(said)
        raise typer.Exit(said.exit_code) from None


def _make(settings: Settings, chosen: Pass, asked: Asked, run: Watched, stop: Stopping) -> Report:
    with open_session(
        settings, chosen.name, dry_run=asked.dry_run, stop=stop, run_id=run.run_id
    ) as session:
        late = newly_late(session.memory, settings.kinds, session.now(), chosen.name)
        report = make_in(session, chosen, asked, run, stop)
        if any(one.run_id == report.run_id for one in report.memory.runs):
            run.late(late)  # the next pass finds this run, and knows that it was said
        return report


def make_in(session: Session, chosen: Pass, asked: Asked, run: Watched, stop: Stopping) -> Report:
    """Make one pass in a session that is open for it, with those who follow it told."""
    run.requests = session.requests
    run.started()
    console = Console(stderr=True, quiet=log.is_for_machines())
    with Following(console, session.requests) as following:
        session.keeper.watchers += [following.watch, run.changed]

        def confirm(plan: Plan) -> bool:
            if chosen.ask and plan.writes():
                following.pause()
                if not _confirmed(chosen, plan, stop, cost_of(plan, session.settings.rate)):
                    return False
            following.expect(len(plan.changes))
            return True

        limit = chosen.most_creates if asked.max_changes is None else asked.max_changes
        options = Options(
            limits=Limits(session.settings.max_change_percent, limit, asked.force),
            dry_run=asked.dry_run,
            full=asked.full,
            confirm=confirm,
        )
        return chosen.make(session, options)


def _confirmed(chosen: Pass, plan: Plan, stop: Stopping, cost: Cost) -> bool:
    """Show the plan to the person at the terminal and ask. Without one, --yes is needed."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise GuardRefused(
            f"{chosen.name} needs a yes",
            f"It would make {words.count(len(plan.writes()), 'write')}, and nobody can be asked.",
            f"Read the plan: tribe-po {chosen.name} --dry-run. Then: tribe-po {chosen.name} --yes",
        )
    _print(plan.changes, plan.conflicts, plan.quarantined.values())
    with stop.prompting():
        try:
            writes = words.count(len(plan.writes()), "write")
            return typer.confirm(f"Make these {writes}: {tables.cost(cost)}?")
        except typer.Abort:  # the end of the input
            return False


def _print(
    changes: Sequence[Change], conflicts: Sequence[Conflict], quarantined: Iterable[Quarantined]
) -> None:
    console = Console()
    for part in tables.tables(changes, conflicts, list(quarantined)):
        console.print(part)
    console.print()


def show(report: Report, asked: Asked, heading: str | None = None) -> None:
    """Give the report as tables, under a heading. Where nobody looks and none was asked for, only
    new trouble is told, so that cron sends a mail when there is something to read."""
    everything = asked.output or report.dry_run or sys.stdout.isatty()
    if not asked.quiet and (everything or _new_trouble(report)):
        if heading is not None:
            typer.echo(heading)
        failed = [change for change in report.changes if change.status is Status.FAILED]
        _print(
            report.changes if everything else failed,
            report.plan.conflicts,
            report.quarantined,
        )
        Console().print(tables.summary(report), soft_wrap=True)


def _new_trouble(report: Report) -> bool:
    """Whether something happened that a person should know and has not been told of before."""
    told = report.started
    return (
        any(entry.since >= told for entry in report.quarantined)
        or any(conflict.since >= told for conflict in report.memory.conflicts.values())
        or any(change.status is Status.FAILED for change in report.changes)
    )


def say(error: TribePoError, of: str = "") -> None:
    """Tell an error in three lines on stderr. That another pass runs is normal for cron."""
    if isinstance(error, Busy) and not sys.stderr.isatty():
        note(error, logging.INFO)
        return
    tell(error, of)


def as_bug(error: Exception) -> TribePoError:
    """An error nobody thought of. Its own words may hold anything, so only its kind is told."""
    return TribePoError(
        "tribe-po has a bug",
        f"An unexpected {type(error).__name__} ended the pass; what was done is remembered.",
        "Run the same command with --verbose and report what it prints last.",
    )
