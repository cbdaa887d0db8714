"""`sync`: every pass that is due, in order, of one profile or of all."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tribe_po.cli.options import (
    Asked,
    Common,
    DryRun,
    Force,
    MaxChanges,
    Output,
    OutputFormat,
    Quiet,
    Verbose,
)
from tribe_po.errors import ExitCode, TribePoError, most_urgent
from tribe_po.output import commands

if TYPE_CHECKING:
    from tribe_po.cli.signals import Stopping
    from tribe_po.passes.due import Due
    from tribe_po.passes.run import Report
    from tribe_po.settings import Settings

NAME = "sync"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(NAME)(sync)


def sync(
    context: typer.Context,
    all_profiles: Annotated[
        bool,
        typer.Option(
            "--all-profiles", help="Once for each NAME.env in the working directory, one by one."
        ),
    ] = False,
    dry_run: DryRun = False,
    output: OutputFormat = None,
    force: Force = False,
    max_changes: MaxChanges = None,
    full: Annotated[
        bool, typer.Option("--full", help="Make every pass, due or not, and compare everything.")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make every pass that is due, in order, under one lock. Cron: every minute, instead of them.

    Each pass keeps its own interval, and the pulls compare everything once a night, from 3 o'clock
    on. The exit code is the most urgent one of all passes and profiles.

    Example: tribe-po sync --dry-run
    """
    from tribe_po.cli import signals
    from tribe_po.cli.telling import tell
    from tribe_po.output import log
    from tribe_po.output.sync import document

    common: Common = context.obj
    asked = Asked(dry_run, output, force, max_changes, full, quiet, verbose)
    if all_profiles and common.profile:
        raise typer.BadParameter("give --profile or --all-profiles, not both")
    with signals.handled() as stop:
        try:
            log.start(verbose=verbose, quiet=quiet, to=common.log)
            profiles = _profiles(common, all_profiles=all_profiles)
        except TribePoError as error:
            tell(error)
            raise typer.Exit(error.exit_code) from None
        rounds = list(_rounds(common, profiles, asked, stop, named=all_profiles))
    code = most_urgent(one.code for one in rounds)
    if output is Output.JSON:
        made = {one.profile: (one.passes, one.error, one.code) for one in rounds}
        typer.echo(document(made, dry_run=dry_run, code=code))
    raise typer.Exit(code)


def _profiles(common: Common, *, all_profiles: bool) -> Sequence[str | None]:
    from tribe_po.errors import SettingsError
    from tribe_po.settings.sources import profiles_in

    if not all_profiles:
        return [common.profile]
    found = profiles_in(Path())
    if not found:
        raise SettingsError(
            "There is no profile here",
            f"--all-profiles found no file NAME.env in {Path.cwd()}.",
            "Go to the folder that holds them, or make one: tribe-po --profile NAME init",
        )
    return found


@dataclass(frozen=True, slots=True)
class _Round:
    """What became of one profile: a document for each pass, and what ended the round early."""

    profile: str
    passes: Sequence[dict[str, Any]]
    error: TribePoError | None
    code: ExitCode


def _rounds(
    common: Common, profiles: Sequence[str | None], asked: Asked, stop: Stopping, *, named: bool
) -> Iterator[_Round]:
    """One profile after the other. What goes wrong in one is nothing to the next; a signal ends
    them all."""
    for profile in profiles:
        its_own = replace(common, profile=profile)
        with commands.given(its_own.again):
            made = _ProfileRound(its_own, asked, stop, named=named).make()
        yield made
        if stop.by is not None:
            return


class _ProfileRound:
    """The passes of one profile that are due, in one session."""

    def __init__(self, common: Common, asked: Asked, stop: Stopping, *, named: bool) -> None:
        self._common, self._asked, self._stop = common, asked, stop
        self._profile = common.profile or "default"
        self._named = named
        self._passes: list[dict[str, Any]] = []
        self._codes: list[ExitCode] = []

    def make(self) -> _Round:
        """Make them. Never raises: what ends the round early is in what it gives."""
        from tribe_po.cli.perform import as_bug

        ended_by: TribePoError | None = None
        try:
            self._make()
        except TribePoError as error:
            ended_by = error
        except Exception as error:  # noqa: BLE001 - the next profile has its turn
            if self._asked.verbose:
                traceback.print_exc()
            ended_by = as_bug(error)
        if ended_by is not None:
            self._say(ended_by)
            self._codes.append(ended_by.exit_code)
        return _Round(self._profile, self._passes, ended_by, most_urgent(self._codes))

    def _make(self) -> None:
        from tribe_po.cli.perform import Pass, make_in
        from tribe_po.errors import Busy, ModuleMissing, StateNotSaved, Stopped
        from tribe_po.output import document
        from tribe_po.output.monitoring import watched
        from tribe_po.passes.by_name import PASSES
        from tribe_po.passes.session import open_session
        from tribe_po.settings import Settings

        common, asked = self._common, self._asked
        settings = Settings.load(os.environ, common.env_file, common.profile)
        session = None
        with ExitStack() as stack:
            for one in _due(settings, full=asked.full):
                self._stop.check()
                try:
                    with watched(settings, one.name, dry_run=asked.dry_run) as run:
                        session = (
                            session.another(one.name, run.run_id)
                            if session
                            else stack.enter_context(
                                open_session(
                                    settings,
                                    one.name,
                                    dry_run=asked.dry_run,
                                    stop=self._stop,
                                    run_id=run.run_id,
                                )
                            )
                        )
                        chosen = Pass(one.name, PASSES[one.name])
                        run.report = report = make_in(
                            session, chosen, replace(asked, full=one.full), run, self._stop
                        )
                except (Busy, StateNotSaved, Stopped):
                    raise
                except TribePoError as error:
                    if session is None:
                        raise
                    made = document.of_failure(one.name, self._profile, asked.dry_run, error)
                    self._passes.append(made)
                    self._codes.append(error.exit_code)
                    if not isinstance(error, ModuleMissing):
                        self._say(error, one.name)
                else:
                    self._report(report)

    def _report(self, report: Report) -> None:
        from tribe_po.cli.perform import show
        from tribe_po.errors import Stopped
        from tribe_po.output import document

        self._passes.append(document.of_report(report))
        self._codes.append(report.exit_code)
        if self._asked.output is not Output.JSON:
            show(report, self._asked, f"Profile {self._profile}" if self._named else None)
        if isinstance(report.error, Stopped):
            raise report.error
        if report.error is not None:
            self._say(report.error, report.plan.task.name)

    def _say(self, error: TribePoError, name: str = "") -> None:
        from tribe_po.cli.perform import say

        say(error, " ".join(filter(None, (self._profile if self._named else "", name))))


def _due(settings: Settings, *, full: bool) -> Sequence[Due]:
    """What is due by the runs in the state as it is now, or simply everything.

    Raise `GuardRefused` where no init-sync has finished at all: each pass would say the same.
    """
    from tribe_po.passes.due import due, everything
    from tribe_po.passes.session import utc_now
    from tribe_po.state.store import Store
    from tribe_po.sync.guard import check_initialised

    memory = Store(settings.state).history()
    if not memory.meta.initialised:
        check_initialised(memory, NAME, settings.kinds)
    if full:
        return everything(settings.kinds)
    return due(memory.runs, settings.kinds, utc_now().astimezone())
