"""`quarantine`: the records that are left out, trying them again, and leaving them as they are."""

from __future__ import annotations

from typing import Annotated

import typer

from tribe_po.cli.options import Output, Shown

_HELP = """List the records left out; try them again.

Example: tribe-po quarantine list
"""


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    family = typer.Typer(no_args_is_help=True, help=_HELP)
    family.command("list")(list_them)
    family.command("retry")(retry)
    family.command("accept")(accept)
    app.add_typer(family, name="quarantine")


def list_them(context: typer.Context, output: Shown = Output.TABLE) -> None:
    """List the quarantined records, oldest first: why, since when, what to do. Asks no server.

    Example: tribe-po quarantine list
    """
    from rich.console import Console

    from tribe_po.cli import opened
    from tribe_po.output import quarantine as shown
    from tribe_po.passes.overview import quarantine_of

    with opened.reported(context, "quarantine list", output):
        state = opened.read(context)
        entries = quarantine_of(state.memory)
        if output is Output.JSON:
            typer.echo(shown.document(entries, state.settings.profile))
            return
        console = Console()
        for part in shown.screen(entries, opened.now()):
            console.print(part)


def retry(
    context: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID…]", help="By id, or its beginning.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    output: Shown = Output.TABLE,
) -> None:
    """Let the next pass try quarantined records again, instead of at their next retry.

    Example: tribe-po quarantine retry 10042

    Example: tribe-po quarantine retry --all
    """
    from tribe_po.cli import opened
    from tribe_po.output import quarantine as shown
    from tribe_po.passes import by_hand

    with opened.reported(context, "quarantine retry", output):
        _need_a_choice(ids or [], every=every)
        with opened.to_change(context) as state:
            done = by_hand.retry(state.memory, ids or [], opened.now())
            state.store.save(done.memory)
        if output is Output.JSON:
            typer.echo(shown.retried(done.again, done.held, state.settings.profile))
            return
        typer.echo(_told(len(done.again), len(done.held)))


def accept(
    context: typer.Context,
    record_id: Annotated[
        str, typer.Argument(metavar="ID", help="PowerOffice or Tribe id, or its beginning.")
    ],
    output: Shown = Output.TABLE,
) -> None:
    """Leave as it is what is held back of a record, or that its link is parked.

    For what a person has sorted out in another way: an invoice that was changed after its export,
    sums that differ, a draft that was deleted. It is listed again when it changes. Nothing is
    written to either system, and an order whose sums differ is still not booked. The audit trail
    says who accepted what.

    Example: tribe-po quarantine accept 12345
    """
    from uuid import uuid4

    from tribe_po.cli import opened
    from tribe_po.output import quarantine as shown
    from tribe_po.passes import acceptance, by_hand
    from tribe_po.passes.session import RUN_ID_DIGITS

    with opened.reported(context, "quarantine accept", output):
        run_id = uuid4().hex[:RUN_ID_DIGITS]
        with opened.to_change(context) as state:
            done = by_hand.accept(state.memory, record_id)
            where, who = state.settings.state, opened.person()
            acceptance.write_down(where, done, run_id, who, opened.now())
            state.store.save(done.memory)
        if output is Output.JSON:
            typer.echo(shown.accepted(done, run_id, state.settings.profile))
            return
        typer.echo(shown.accepted_in_words(done))


def _need_a_choice(ids: list[str], *, every: bool) -> None:
    from tribe_po.errors import NotFound

    if bool(ids) == every:
        raise NotFound(
            "Which records are to be tried again is not clear",
            "Both ids and --all were given." if every else "Neither ids nor --all were given.",
            "Type: tribe-po quarantine retry ID, or: tribe-po quarantine retry --all",
        )


def _told(again: int, held: int) -> str:
    from tribe_po.output import words

    if not again and not held:
        return "Nothing is quarantined."
    told = f"{words.count(again, 'record')} will be tried again by the next pass."
    if held:
        left = words.count(held, "record")
        told += f" {left} left as it is: fields that are held back need no retry."
    return told
