"""`conflicts`: fields that both sides changed, and who is to win."""

from __future__ import annotations

from typing import Annotated

import typer

from tribe_po.cli.options import Output, Shown
from tribe_po.records import Kind, System

_HELP = """List what both sides changed; decide it.

Example: tribe-po conflicts list
"""


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    family = typer.Typer(no_args_is_help=True, help=_HELP)
    family.command("list")(list_them)
    family.command("resolve")(resolve)
    family.command("clear")(clear)
    app.add_typer(family, name="conflicts")


def list_them(context: typer.Context, output: Shown = Output.TABLE) -> None:
    """List the fields that both sides changed: those that wait first, then those that are settled.

    Of a settled one the value that lost is kept, until `conflicts clear`. Asks no server.

    Example: tribe-po conflicts list
    """
    from rich.console import Console

    from tribe_po.cli import opened
    from tribe_po.output import conflicts as shown
    from tribe_po.passes.overview import conflicts_in_order

    with opened.reported(context, "conflicts list", output):
        state = opened.read(context)
        found = conflicts_in_order(state.memory)
        if output is Output.JSON:
            typer.echo(shown.document(found, state.settings.profile))
            return
        console = Console()
        for part in shown.screen(found):
            console.print(part)


def resolve(
    context: typer.Context,
    record_id: Annotated[str, typer.Argument(metavar="ID", help="PowerOffice or Tribe id.")],
    field: Annotated[str, typer.Argument(metavar="FIELD", help="As in the list: email.")],
    keep: Annotated[System, typer.Option("--keep", help="Whose value is kept.")],
    kind: Annotated[
        Kind | None, typer.Option("--kind", help="For an id that is a customer and a supplier.")
    ] = None,
    output: Shown = Output.TABLE,
) -> None:
    """Decide a conflict: one side's value counts as the newer one, and the next pass carries it.

    Example: tribe-po conflicts resolve 12345 email --keep tribe
    """
    from tribe_po.cli import opened
    from tribe_po.output import conflicts as shown
    from tribe_po.output import words
    from tribe_po.passes import by_hand
    from tribe_po.passes.schedule import scheduled_for

    with opened.reported(context, "conflicts resolve", output):
        with opened.to_change(context) as state:
            done = by_hand.resolve(state.memory, record_id, field, keep, kind)
            state.store.save(done.memory)
        carrier = scheduled_for(keep, done.conflict.kind).name
        if output is Output.JSON:
            typer.echo(shown.resolved(done.conflict, carrier, state.settings.profile))
            return
        kept = done.conflict.tribe if keep is System.TRIBE else done.conflict.poweroffice
        typer.echo(
            f"{words.printable(done.conflict.label)}: {done.conflict.field.replace('_', ' ')} is "
            f"{words.value(kept)}, as in {keep.title}. "
            f"The next {carrier} writes it to {keep.other.title}."
        )


def clear(context: typer.Context, output: Shown = Output.TABLE) -> None:
    """Forget the settled conflicts, with the values that lost. The audit trail keeps them.

    Example: tribe-po conflicts clear
    """
    from tribe_po.cli import opened
    from tribe_po.output import conflicts as shown
    from tribe_po.output import words
    from tribe_po.passes import by_hand

    with opened.reported(context, "conflicts clear", output):
        with opened.to_change(context) as state:
            memory, number = by_hand.forget_settled(state.memory)
            state.store.save(memory)
        if output is Output.JSON:
            typer.echo(shown.cleared(number, state.settings.profile))
            return
        typer.echo(f"{words.count(number, 'settled conflict')} forgotten.")
