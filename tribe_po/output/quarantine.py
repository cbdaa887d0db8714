"""What is quarantined: which record, why, since when, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tribe_po.output import commands, layout, parts, words
from tribe_po.passes.by_hand import Accepted
from tribe_po.records import Quarantined


def document(entries: Sequence[Quarantined], profile: str) -> str:
    """The document of `quarantine list`."""
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "quarantine list",
            "profile": profile,
            "quarantine": [parts.quarantined(one) for one in entries],
        }
    )


def retried(again: Sequence[Quarantined], held: Sequence[Quarantined], profile: str) -> str:
    """The document of `quarantine retry`."""
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "quarantine retry",
            "profile": profile,
            "retried": [parts.quarantined(one) for one in again],
            "held": [parts.quarantined(one) for one in held],
        }
    )


def accepted(done: Accepted, run_id: str, profile: str) -> str:
    """The document of `quarantine accept`."""
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "quarantine accept",
            "profile": profile,
            "run_id": run_id,
            "kind": done.link.kind.value,
            "poweroffice_id": done.link.poweroffice_id,
            "tribe_id": done.link.tribe_id,
            "label": done.link.label,
            "held": [{"system": system.value, "field": name} for system, name in done.fields],
            "parked": done.link.parked if done.parking else None,
        }
    )


def accepted_in_words(done: Accepted) -> str:
    """What is left as it is, and until when, in one line."""
    about = [words.field(done.link.kind, name) for _, name in done.fields]
    if done.parking:
        about.append(f"that it is {done.link.parked}")
    return (
        f"{words.printable(done.link.label)}: {words.printable(', '.join(about))} is left "
        "as it is. Nothing was written; it is listed again when it changes."
    )


def screen(entries: Sequence[Quarantined], now: datetime) -> Iterator[RenderableType]:
    """A row a record, as wide as the terminal; then a line that sums up."""
    if not entries:
        yield Text("Nothing is quarantined.", "bold")
        return
    yield layout.titled("Quarantined", "yellow", _table(entries[: layout.MOST_ROWS], now))
    yield from layout.rest(len(entries))
    yield Text(f"\n{words.count(len(entries), 'record')} quarantined", "bold")
    yield _to_type("Once corrected: tribe-po quarantine retry ID, or --all")
    if any(one.held_fields for one in entries):
        yield _to_type("Left as it is on purpose: tribe-po quarantine accept ID")


def _to_type(text: str) -> Text:
    return Text(commands.to_type(text), "dim")


def _table(entries: Sequence[Quarantined], now: datetime) -> Table:
    table = layout.table("Record", "What is wrong")
    table.columns[0].max_width = 36
    table.show_lines = True
    for one in entries:
        table.add_row(_record(one), told(one, now))
    return table


def _record(one: Quarantined) -> Text:
    source = one.system.other
    return Text.assemble(
        (words.printable(one.label), "bold"),
        f"\n{one.kind} in ",
        (source.title, layout.SIDE_STYLES[source]),
        (f"\n{words.printable(one.id)}", "dim"),
    )


def told(one: Quarantined, now: datetime) -> Text:
    """Where the record cannot be written to, why, since when, and what to do."""
    target = Text(one.system.title, layout.SIDE_STYLES[one.system])
    begin = "cannot be written to " if not one.held_fields else "goes without some fields to "
    return Text.assemble(
        begin,
        target,
        f": {words.printable(one.reason)}",
        (commands.on_a_line(one.next_step), "dim"),
        (f"\nsince {words.moment(one.since)}, {_tries(one, now)}", "dim"),
    )


def _tries(one: Quarantined, now: datetime) -> str:
    if one.held_fields:
        return "looked at in every pass"
    tries = "1 attempt" if one.attempts == 1 else f"{one.attempts} attempts"
    if one.retry_after is None:
        return f"{tries}, tried again when the record changes"
    if one.retry_after <= now:
        return f"{tries}, the next pass tries again"
    return f"{tries}, next retry {words.moment(one.retry_after)} or when the record changes"
