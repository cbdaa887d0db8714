"""Draws a plan of 10 000 changes and prints the seconds: as tables, and as JSON."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from time import monotonic

from rich.console import Console

from tribe_po.output import document, tables
from tribe_po.passes.run import Report
from tribe_po.records import Kind, Memory, System
from tribe_po.settings import ConflictPolicy
from tribe_po.sync.change import Action, Change, FieldChange, Plan, Task

CHANGES = 10_000
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
COLUMNS = {Action.CREATE: ("number", "email"), Action.UPDATE: ("email", "phone")}


def plan() -> Plan:
    """Half creates, half updates, of two fields each."""
    task = Task(
        name="pull-relations",
        kinds=(Kind.CUSTOMER,),
        creates_in=frozenset({System.TRIBE}),
        updates_in=frozenset({System.TRIBE}),
        conflicts=ConflictPolicy.POWEROFFICE,
    )
    changes = tuple(_change(number) for number in range(CHANGES))
    return Plan(task=task, memory=Memory(), changes=changes)


def _change(number: int) -> Change:
    action = Action.UPDATE if number % 2 else Action.CREATE
    fields = tuple(
        FieldChange(
            name, name, f"{name} {number}", f"new {name} {number}", "changed in PowerOffice"
        )
        for name in COLUMNS[action]
    )
    label = f"Fjord Kaffe {number} AS"
    return Change(action, Kind.CUSTOMER, System.TRIBE, str(number), "", label, fields)


def main() -> None:
    """Draw it both ways."""
    planned = plan()
    report = Report(
        planned, planned.changes, Memory(), "default", "1", NOW, NOW, dry_run=True, requests={}
    )
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    begin = monotonic()
    for part in tables.tables(planned.changes, (), []):
        console.print(part)
    console.print(tables.summary(report))
    drawn = monotonic()
    document.report(report)
    sys.stdout.write(f"{drawn - begin} {monotonic() - drawn}\n")


if __name__ == "__main__":
    main()
