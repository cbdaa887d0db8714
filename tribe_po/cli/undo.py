"""`undo`: takes back what a run updated."""

from __future__ import annotations

from typing import Annotated

import typer

from tribe_po.cli.options import Asked, Output, OutputFormat, Quiet, Verbose


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("undo")(undo)


def undo(
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's id, as runs and audit show it.")
    ],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Write it. Without this it is only shown.")
    ] = False,
    output: OutputFormat = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show what would give the fields that a run wrote their values from before it; --yes does it.

    It is written to both sides, so that no pass carries the new values back. A field that somebody
    changed since is left alone. Nothing is deleted, and no invoice is touched.

    Example: tribe-po undo 3f2a9c1b7d04
    """
    from tribe_po.cli.perform import Pass, perform
    from tribe_po.output import commands
    from tribe_po.passes import undo as undoing
    from tribe_po.passes.run import Options, Report
    from tribe_po.passes.session import Session

    reports: list[Report] = []

    def make(session: Session, options: Options) -> Report:
        reports.append(undoing.undo(session, options, run))
        return reports[0]

    chosen, shown = Pass(undoing.NAME, make), output or Output.TABLE
    try:
        perform(context, chosen, Asked(not yes, shown, False, None, False, quiet, verbose))
    except typer.Exit as ended:
        for_people = shown is Output.TABLE and not quiet
        if for_people and not yes and not ended.exit_code and reports[0].plan.writes():
            typer.echo(commands.to_type(f"To write it: tribe-po undo {run} --yes"))
        raise
