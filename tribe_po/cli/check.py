"""`check`: whether the passes can do their work, before they try."""

from __future__ import annotations

import os

import typer

from tribe_po.cli.options import Common, Output, OutputFormat, Verbose
from tribe_po.cli.telling import tell
from tribe_po.errors import ExitCode, SettingsError


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("check")(check)


def check(context: typer.Context, output: OutputFormat = None, verbose: Verbose = False) -> None:
    """Check settings, keys, privileges and names with both systems. Writes nothing.

    Every problem is told, with what to do about it. Exit code 0 means that the passes can run,
    warnings or not.

    Example: tribe-po check
    """
    from rich.console import Console

    from tribe_po.output import check as shown
    from tribe_po.output import log
    from tribe_po.passes.check import check as look

    common: Common = context.obj
    try:
        log.start(verbose=verbose, quiet=not verbose, to=common.log)
        with Console(stderr=True).status("Asking both systems"):
            report = look(os.environ, common.env_file, common.profile)
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except SettingsError as error:
        tell(error)
        raise typer.Exit(error.exit_code) from None
    if output is Output.JSON:
        typer.echo(shown.document(report))
    else:
        console = Console()
        for part in shown.screen(report):
            console.print(part)
    raise typer.Exit(report.exit_code)
