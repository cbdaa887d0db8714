"""`runs` and `audit`: what was done, and when."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tribe_po.cli.options import Output, Shown

if TYPE_CHECKING:
    from tribe_po.passes.subjects import Subject

DEFAULT_ROWS = 20

_log = logging.getLogger(__name__)

Last = Annotated[
    int | None,
    typer.Option("--last", min=1, help="So many; else 20 in a table and all in JSON."),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("runs")(runs)
    app.command("audit")(audit)


def runs(context: typer.Context, last: Last = None, output: Shown = Output.TABLE) -> None:
    """List the passes that were made, newest last: outcome, counts, time taken.

    Example: tribe-po runs --last 50
    """
    from rich.console import Console

    from tribe_po.cli import opened
    from tribe_po.output import history as shown

    with opened.reported(context, "runs", output):
        state = opened.read(context)
        kept = state.memory.runs[-(_rows(last, output) or len(state.memory.runs)) :]
        earlier = len(state.memory.runs) - len(kept)
        if output is Output.JSON:
            typer.echo(shown.runs_document(kept, earlier, state.settings.profile))
            return
        console = Console()
        for part in shown.runs_screen(kept, earlier):
            console.print(part)


def audit(
    context: typer.Context,
    text: Annotated[
        str | None,
        typer.Argument(metavar="[ID|NAME]", help="Only of this record.", show_default=False),
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="Only of this run.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only from this date or time on: 2026-03-02.")
    ] = None,
    last: Last = None,
    output: Shown = Output.TABLE,
) -> None:
    """List the writes that were made to both systems, newest last: which field, from what to what.

    A record is found by the name that it has now or had then. Times are this machine's.

    Example: tribe-po audit "Fjord Kaffe AS" --since 2026-03-01

    Example: tribe-po audit --run 3f2a9c1b7d04
    """
    from rich.console import Console

    from tribe_po.cli import opened
    from tribe_po.output import history as shown
    from tribe_po.passes.history import Wanted, excerpt, select
    from tribe_po.state.trail import Trail

    with opened.reported(context, "audit", output):
        settings = opened.settings_of(context)
        found = _subjects(context, text) if text else ()
        wanted = Wanted(text, found, run, None if since is None else _moment(since))
        trail = Trail(settings.state)
        chosen = excerpt(select(trail.entries(), wanted), _rows(last, output))
        opened.tell_of_damage(trail)
        if output is Output.JSON:
            typer.echo(shown.audit_document(chosen, trail.damaged, settings.profile))
            return
        console = Console()
        for part in shown.audit_screen(chosen):
            console.print(part)


def _rows(last: int | None, output: Output) -> int | None:
    return last or (None if output is Output.JSON else DEFAULT_ROWS)


def _subjects(context: typer.Context, text: str) -> Sequence[Subject]:
    """The records that the state knows by a text. The trail can be read without a state as well."""
    from tribe_po.cli import opened
    from tribe_po.errors import StateAbsent, StateUnreadable
    from tribe_po.passes.subjects import find

    try:
        return find(opened.read(context).memory, text)
    except (StateAbsent, StateUnreadable) as error:
        _log.warning(
            "Only the names of that time are searched: %s",
            error.reason,
            extra={"id": "state.unreadable"},
        )
        return ()


def _moment(text: str) -> datetime:
    from tribe_po.errors import NotFound

    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise NotFound(
            f"{text!r} is neither a date nor a time",
            "--since takes a date, such as 2026-03-02, or a time, such as 2026-03-02T08:00.",
            "Type: tribe-po audit --since 2026-03-02",
        ) from None
