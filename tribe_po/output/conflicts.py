"""Fields that both sides changed: those that wait for a person, and the values that lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tribe_po.output import commands, layout, parts, words
from tribe_po.records import Conflict, System


def document(conflicts: Sequence[Conflict], profile: str) -> str:
    """The document of `conflicts list`."""
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "conflicts list",
            "profile": profile,
            "conflicts": [parts.conflict(one) for one in conflicts],
        }
    )


def resolved(one: Conflict, carried_by: str, profile: str) -> str:
    """The document of `conflicts resolve`."""
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "conflicts resolve",
            "profile": profile,
            "conflict": parts.conflict(one),
            "carried_by": carried_by,
        }
    )


def cleared(number: int, profile: str) -> str:
    """The document of `conflicts clear`."""
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "conflicts clear",
            "profile": profile,
            "cleared": number,
        }
    )


def screen(conflicts: Sequence[Conflict]) -> Iterator[RenderableType]:
    """Those that wait, then those that are settled, each as a table; then a line that sums up."""
    waiting = [one for one in conflicts if one.winner is None]
    settled = [one for one in conflicts if one.winner is not None]
    if waiting:
        yield layout.titled("Waiting for a decision", "yellow", table(waiting))
        yield from layout.rest(len(waiting))
    if settled:
        yield layout.titled("Settled, the other value is kept here", "green", table(settled))
        yield from layout.rest(len(settled))
    if not conflicts:
        yield Text("No field was changed on both sides.", "bold")
        return
    yield Text(f"\n{len(waiting)} open, {len(settled)} settled", "bold")
    if waiting:
        command = "tribe-po conflicts resolve ID FIELD --keep tribe|poweroffice"
        yield Text(f"To decide: {commands.to_type(command)}", "dim")


def table(conflicts: Sequence[Conflict]) -> Table:
    """Conflicts with all three values, and whose was kept."""
    made = layout.table("Record", "Field", "Was", "In Tribe", "In PowerOffice", "Kept")
    for one in conflicts[: layout.MOST_ROWS]:
        made.add_row(
            _record(one),
            words.field(one.kind, one.field),
            Text(words.value(one.base), "dim"),
            _value(one, System.TRIBE),
            _value(one, System.POWEROFFICE),
            _kept(one),
        )
    return made


def _record(one: Conflict) -> Text:
    return Text.assemble(
        (words.printable(one.label), "bold"),
        (f"\n{one.kind} {words.printable(one.poweroffice_id)}", "dim"),
    )


def _value(one: Conflict, system: System) -> Text:
    value = one.tribe if system is System.TRIBE else one.poweroffice
    lost = one.winner is system.other
    return Text(words.value(value), "dim strike" if lost else layout.SIDE_STYLES[system])


def _kept(one: Conflict) -> Text:
    since = (f"\nsince {words.moment(one.since)}", "dim")
    return Text.assemble(one.winner.title if one.winner else "waits", since)
