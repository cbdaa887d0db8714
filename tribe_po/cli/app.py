"""The Typer application and the options before the command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tribe_po import __version__
from tribe_po.cli import (
    check,
    conflicts,
    explain,
    export,
    history,
    init,
    invoices,
    products,
    quarantine,
    relations,
    sandbox,
    state,
    status,
    sync,
    undo,
)
from tribe_po.cli.options import Common
from tribe_po.output import commands
from tribe_po.output.log import Destinations

app = typer.Typer(
    name="tribe-po",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
init.add_to(app)
relations.add_to(app)
products.add_to(app)
invoices.add_to(app)
sync.add_to(app)
check.add_to(app)
status.add_to(app)
quarantine.add_to(app)
conflicts.add_to(app)
explain.add_to(app)
history.add_to(app)
undo.add_to(app)
export.add_to(app)
state.add_to(app)
sandbox.add_to(app)

PANELS = {
    "Set up": ("init", "check", "export", "init-sync"),
    "Passes, for cron": (
        *("push-relations", "pull-relations", "push-products", "pull-products"),
        *("invoice", "pull-payments", "sync"),
    ),
    "See": ("status", "explain", "runs", "audit", "fields"),
    "Settle": ("quarantine", "conflicts", "undo", "state"),
    "Try out": ("demo", "sandbox"),
}
"""What the list of commands is divided into."""

_PANEL_OF = {name: panel for panel, names in PANELS.items() for name in names}
for _command in app.registered_commands:
    _command.rich_help_panel = _PANEL_OF.get(_command.name or "")
for _family in app.registered_groups:
    _family.rich_help_panel = _PANEL_OF.get(_family.name or "")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"tribe-po {__version__}")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    env_file: Annotated[
        Path | None,
        typer.Option("--env-file", help="Read settings from this file, before ./.env."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option("--profile", help="Read settings from NAME.env; the state is NAME.json."),
    ] = None,
    log_file: Annotated[
        Path | None,
        typer.Option("--log-file", help="Also log to this file, which is rotated at 10 MB."),
    ] = None,
    syslog: Annotated[bool, typer.Option("--syslog", help="Also log to syslog.")] = False,
    log_json: Annotated[
        bool,
        typer.Option(
            "--log-json", help="Log JSON lines; on stderr where neither file nor syslog is named."
        ),
    ] = False,
    version: Annotated[  # noqa: ARG001 - Typer calls its callback
        bool,
        typer.Option(
            "--version", "-V", callback=_show_version, is_eager=True, help="Tell its version."
        ),
    ] = False,
) -> None:
    """Keeps Tribe CRM and PowerOffice Go in step, both ways.

    Example: tribe-po demo

    Example: tribe-po --profile fjord init-sync --dry-run
    """
    context.obj = Common(env_file, profile, Destinations(log_file, syslog, log_json))
    context.with_resource(commands.given(context.obj.again))
