"""`explain` and `fields`: why a record is as it is, and which fields are synchronised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tribe_po.cli.options import Output, Shown

if TYPE_CHECKING:
    from tribe_po.cli.opened import Opened
    from tribe_po.output.explanation import Told
    from tribe_po.passes.subjects import Subject
    from tribe_po.state.audit import AuditEntry

MOST_WRITES = 10


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("explain")(explain)
    app.command("fields")(fields)


def explain(
    context: typer.Context,
    asked: Annotated[str, typer.Argument(metavar="ID", help="Or a number, a code, a name.")],
    output: Shown = Output.TABLE,
) -> None:
    """Tell all that is known of one record: both sides, field by field, and what will happen.

    It is found by its PowerOffice or Tribe id, debtor or creditor number, product code or name, an
    invoice by either system's number, order number or KID; or by the beginning of one of them. As
    last seen: no server is asked.

    Example: tribe-po explain "Fjord Kaffe AS"

    Example: tribe-po explain 20260001
    """
    from rich.console import Console

    from tribe_po.cli import opened
    from tribe_po.output import explanation as shown
    from tribe_po.passes.subjects import are_one

    with opened.reported(context, "explain", output):
        state = opened.read(context)
        found = _found(state, asked)
        told = _told(state, found) if are_one(found) else ()
        if output is Output.JSON:
            typer.echo(shown.document(asked, found, told, state.settings.profile))
            return
        console = Console()
        for part in () if told else shown.listing(asked, found):
            console.print(part)
        for one in told:
            for part in shown.screen(one, opened.now()):
                console.print(part)


def _found(state: Opened, asked: str) -> list[Subject]:
    from tribe_po.errors import NotFound
    from tribe_po.passes.explanation import unread
    from tribe_po.passes.subjects import SEARCHED, find

    found = find(state.memory, asked)
    if found:
        return found
    links, unlinked = len(state.memory.links), len(state.memory.unlinked)
    missing = unread(state.memory, state.settings)
    raise NotFound(
        f"The state knows nothing that is called {asked!r}, or begins so",
        f"Searched: {SEARCHED} of {links} linked and {unlinked} unlinked records.{missing}",
        "If it is new, the next pass sees it; to see what was written: tribe-po audit NAME",
    )


def _told(state: Opened, found: Sequence[Subject]) -> Sequence[Told]:
    from tribe_po.cli import opened
    from tribe_po.output.explanation import Told
    from tribe_po.passes.explanation import explain as look

    writes = _writes(state.settings.state, found)
    return [
        Told(look(state.memory, one, state.settings, opened.now()), tuple(its))
        for one, its in zip(found, writes, strict=True)
    ]


def _writes(state: Path, found: Sequence[Subject]) -> list[Sequence[AuditEntry]]:
    """The last writes about each record, from one reading of the trail."""
    from collections import deque

    from tribe_po.cli import opened
    from tribe_po.passes.history import concerns
    from tribe_po.state.trail import Trail

    kept: list[deque[AuditEntry]] = [deque(maxlen=MOST_WRITES) for _ in found]
    trail = Trail(state)
    for entry in trail.entries():
        for subject, its in zip(found, kept, strict=True):
            if concerns(entry, subject):
                its.append(entry)
    opened.tell_of_damage(trail)
    return [tuple(its) for its in kept]


def fields(output: Shown = Output.TABLE) -> None:
    """List the fields that are synchronised: where each system keeps them, and who owns them.

    Example: tribe-po fields
    """
    from rich.console import Console

    from tribe_po.fields import FIELDS
    from tribe_po.output import field_table as shown

    if output is Output.JSON:
        typer.echo(shown.document(FIELDS))
        return
    console = Console()
    for part in shown.screen(FIELDS):
        console.print(part)
