"""Runs and writes, oldest first: as tables, or as documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tribe_po.output import layout, parts, words
from tribe_po.output.status import OUTCOME_STYLES
from tribe_po.output.tables import SUMMARY
from tribe_po.passes.history import Excerpt
from tribe_po.records import Run
from tribe_po.state.audit import AuditEntry


def runs_document(runs: Sequence[Run], earlier: int, profile: str) -> str:
    """The document of `runs`."""
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "runs",
            "profile": profile,
            "runs": [parts.run(one) for one in runs],
            "earlier": earlier,
        }
    )


def audit_document(shown: Excerpt, damaged: int, profile: str) -> str:
    """The document of `audit`."""
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "audit",
            "profile": profile,
            "writes": [write(one) for one in shown.entries],
            "earlier": shown.earlier,
            "damaged": damaged,
        }
    )


def write(one: AuditEntry) -> dict[str, Any]:
    """One write that a server accepted."""
    return {
        "run_id": one.run_id,
        "time": parts.time(one.time),
        "system": one.system.value,
        "action": one.action,
        "kind": one.kind.value,
        "poweroffice_id": one.poweroffice_id,
        "tribe_id": one.tribe_id,
        "label": one.label,
        "fields": [
            {"field": each.field, "from": parts.value(each.old), "to": parts.value(each.new)}
            for each in one.fields
        ],
    }


def runs_screen(runs: Sequence[Run], earlier: int) -> Iterator[RenderableType]:
    """A row a run."""
    if not runs:
        yield Text("No pass has run yet.", "bold")
        return
    table = layout.table("Ended", "Pass", "Outcome", "Took", "What")
    for one in runs:
        table.add_row(
            _when(one.finished, one.run_id),
            Text(words.printable(one.name), "bold"),
            Text(words.printable(one.outcome), OUTCOME_STYLES.get(one.outcome, "")),
            words.span(one.finished - one.started),
            Text(words.printable(one.reason) if one.reason else _counted(one)),
        )
    yield table
    yield from _earlier(earlier)
    yield Text("Of equal runs without a change only the last one is kept.", "dim")


def _counted(one: Run) -> str:
    told = [
        f"{words.grouped(one.counts[name])} {done}"
        for name, (_planned, done) in SUMMARY.items()
        if one.counts.get(name)
    ]
    return ", ".join(told) or "nothing to do"


def audit_screen(shown: Excerpt) -> Iterator[RenderableType]:
    """A row a field that was written."""
    if not shown.entries:
        yield Text("No write is in the audit trail, or none is like that.", "bold")
        return
    yield writes(shown.entries)
    yield from _earlier(shown.earlier)


def writes(entries: Sequence[AuditEntry]) -> Table:
    """Writes as a table: when and in which run, which record, on which side, from what to what."""
    table = layout.table("When", "Record", "Written to", "Field", "From", "To")
    for column in (table.columns[0], table.columns[2]):
        column.no_wrap = True
    for entry in entries:
        for index, one in enumerate(entry.fields or (None,)):
            first = index == 0
            table.add_row(
                _when(entry.time, entry.run_id) if first else "",
                Text(words.printable(entry.label) if first else "", "bold"),
                _where(entry) if first else "",
                words.field(entry.kind, one.field) if one else "",
                Text(words.value(one.old) if one else "", "dim"),
                Text(words.value(one.new) if one else "", "green"),
            )
    return table


def _when(at: datetime, run_id: str) -> Text:
    """A time, and under it the run that it belongs to."""
    return Text.assemble(words.moment(at), (f"\n{words.printable(run_id)}", "dim"))


def _where(entry: AuditEntry) -> Text:
    style = layout.SIDE_STYLES[entry.system]
    return Text.assemble((entry.system.title, style), f"\n{words.printable(entry.action)}")


def _earlier(number: int) -> Iterator[RenderableType]:
    if number:
        yield Text(f"  {words.grouped(number)} earlier, see --last N", style="dim")
