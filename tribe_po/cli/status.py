"""`status`: whether the synchronisation is healthy, for people and for monitoring."""

from __future__ import annotations

import typer

from tribe_po.cli.options import Output, Shown
from tribe_po.errors import ExitCode


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("status")(status)


def status(context: typer.Context, output: Shown = Output.TABLE) -> None:
    """Tell whether all is well: late passes, backlog, quarantine, conflicts. Asks no server.

    Exit code 0 means healthy; 1 that a pass is late, or that something is quarantined, parked or in
    conflict.

    Example: tribe-po status

    Example: tribe-po --profile fjord status --output json
    """
    from rich.console import Console

    from tribe_po.cli import opened
    from tribe_po.output import status as shown
    from tribe_po.passes.health import problems
    from tribe_po.passes.overview import overview
    from tribe_po.state.lock import holder

    with opened.reported(context, "status", output):
        state = opened.read(context)
        running = holder(state.settings.state)
        seen = overview(state.memory, state.settings, opened.now(), running)
        if output is Output.JSON:
            typer.echo(shown.document(seen, state.settings.profile, state.settings.state))
        else:
            console = Console()
            for part in shown.screen(seen, state.settings.state):
                console.print(part)
        raise typer.Exit(ExitCode.RECORDS_LEFT if problems(seen) else ExitCode.OK)
