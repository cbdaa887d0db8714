"""Reports as tables for people: what changes, from what to what, on which side, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from math import ceil
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tribe_po.output import commands, invoices, layout, words
from tribe_po.records import RELATIONS, Conflict, Kind, Quarantined, System
from tribe_po.sync.change import Action, Change, FieldChange
from tribe_po.sync.cost import Cost

if TYPE_CHECKING:
    from tribe_po.passes.run import Report

_OF_RELATIONS = {
    "number": "Number",
    "organization_number": "Org. no.",
    "email": "E-mail",
    "address": "Address",
}
NEW_COLUMNS = {
    Kind.CUSTOMER: _OF_RELATIONS,
    Kind.SUPPLIER: _OF_RELATIONS,
    Kind.PRODUCT: {
        "code": "Code",
        "price": "Price",
        "unit": "Unit",
        "vat": "VAT %",
        "group": "Group",
    },
}
"""The fields of a new record that are shown, and their headings."""

SUMMARY = {
    "create": ("to create", "created"),
    "add-role": ("to give a role", "given a role"),
    "link": ("to link", "linked"),
    "update": ("to update", "updated"),
    "unchanged": ("unchanged", "unchanged"),
    "conflict": ("changed on both sides", "changed on both sides"),
    "quarantined": ("quarantined", "quarantined"),
    "failed": ("failed", "failed"),
    "skipped": ("skipped", "skipped"),
    "left_alone": ("only in Tribe, left alone", "only in Tribe, left alone"),
    "archived": ("archived, not imported", "archived, not imported"),
    "parked": ("parked", "parked"),
}
"""What a count is called: of a plan, and of what was done."""


def tables(
    changes: Sequence[Change], conflicts: Sequence[Conflict], quarantined: Sequence[Quarantined]
) -> Iterator[RenderableType]:
    """One table for each action, kind and side; then conflicts, then what is quarantined."""
    for (action, kind, system), group in groupby(sorted(changes, key=_place), key=_table_of):
        members = list(group)
        title = words.heading(action, kind, system, len(members))
        drawn = INVOICE_TABLES.get((action, system)) if kind is Kind.INVOICE else None
        table = (drawn or TABLES[action])(members[: layout.MOST_ROWS])
        yield layout.titled(title, layout.SIDE_STYLES[system], table)
        yield from layout.rest(len(members))
    if conflicts:
        told = distinct(conflicts)
        yield layout.titled("Changed on both sides", "yellow", _conflicts(told[: layout.MOST_ROWS]))
        yield from layout.rest(len(told))
    if quarantined:
        yield layout.titled("Quarantined", "yellow", _quarantine(quarantined[: layout.MOST_ROWS]))
        yield from layout.rest(len(quarantined))


def summary(report: Report) -> Text:
    """One line: the pass, what it did, what it cost."""
    counts = {**report.counts, "conflict": len(distinct(report.plan.conflicts))}
    counted = [
        f"{words.grouped(counts[name])} {planned if report.dry_run else done}"
        for name, (planned, done) in SUMMARY.items()
        if counts.get(name)
    ]
    seconds = (report.finished - report.started).total_seconds()
    requests = ", ".join(f"{number} to {side.title}" for side, number in report.requests.items())
    mode = " (dry run, nothing written)" if report.dry_run else ""
    expected = report.cost if report.dry_run else None
    to_come = f"; writing: {cost(expected)}" if expected and expected.total else ""
    return Text.assemble(
        (f"{report.plan.task.name}{mode}: ", "bold"),
        ", ".join(counted) or "nothing to do",
        (f"  [{seconds:.1f} s; requests: {requests}{to_come}]", "dim"),
    )


def cost(expected: Cost) -> str:
    """What carrying out a plan takes, such as "143 requests, about 15 s"."""
    length = words.span(timedelta(seconds=ceil(expected.seconds)))
    return f"{words.count(expected.total, 'request')}, about {length}"


def _place(change: Change) -> tuple[int, int, str, int, str]:
    """Where a change stands: by table, and in it as planned, invoices by their number."""
    number = change.label if change.kind is Kind.INVOICE else ""
    action, kind = list(Action).index(change.action), list(Kind).index(change.kind)
    return action, kind, change.system, len(number), number


def _table_of(change: Change) -> tuple[Action, Kind, System]:
    return change.action, change.kind, change.system


def _updates(changes: Sequence[Change]) -> Table:
    table = layout.table("", "Record", "Field", "From", "To", "Why")
    for change in changes:
        for index, one in enumerate(change.fields):
            first = index == 0
            table.add_row(
                layout.STATUS_MARKS[change.status] if first else "",
                _label(change) if first else "",
                one.label,
                _before(one),
                _after(one),
                invoices.why(change.reason, one.because),
            )
    return table


def _creates(changes: Sequence[Change]) -> Table:
    """One row a record: a new record has no values before, only the ones that it gets."""
    columns = NEW_COLUMNS[changes[0].kind]
    reasons = any(change.reason for change in changes)
    table = layout.table("", "Record", *columns.values(), *["Why"] * reasons)
    for change in changes:
        by_name = {one.name: one for one in change.fields}
        table.add_row(
            layout.STATUS_MARKS[change.status],
            _label(change),
            *(_new_value(by_name.get(name)) for name in columns),
            *[Text(words.printable(change.reason or ""), "dim")] * reasons,
        )
    return table


def _links(changes: Sequence[Change]) -> Table:
    table = layout.table("", "Record", *layout.ID_COLUMNS, "Why")
    for change in changes:
        table.add_row(
            layout.STATUS_MARKS[change.status],
            _label(change),
            Text(change.poweroffice_id, "dim"),
            Text(change.tribe_id, "dim"),
            Text(words.printable(change.reason or ""), "dim"),
        )
    return table


def distinct(conflicts: Sequence[Conflict]) -> list[Conflict]:
    """Each conflict once: the two roles of one contact share the fields that both of them have."""
    told: dict[tuple[object, ...], Conflict] = {}
    for one in conflicts:
        whose = "contact" if one.kind in RELATIONS else one.kind.value
        values = one.base, one.tribe, one.poweroffice, one.winner
        told.setdefault((whose, one.poweroffice_id, one.field, *values), one)
    return list(told.values())


def _conflicts(conflicts: Sequence[Conflict]) -> Table:
    table = layout.table("Record", "Field", "Was", "In Tribe", "In PowerOffice", "Kept")
    for one in conflicts:
        table.add_row(
            Text(words.printable(one.label), "bold"),
            words.field(one.kind, one.field),
            Text(words.value(one.base), "dim"),
            Text(words.value(one.tribe), layout.SIDE_STYLES[System.TRIBE]),
            Text(words.value(one.poweroffice), layout.SIDE_STYLES[System.POWEROFFICE]),
            one.winner.title if one.winner else "waits for a decision",
        )
    return table


def _quarantine(entries: Sequence[Quarantined]) -> Table:
    """One row a reason: records that collide with each other have it in common."""
    by_reason: dict[tuple[str, str], list[Quarantined]] = {}
    for entry in entries:
        by_reason.setdefault((entry.reason, entry.next_step), []).append(entry)
    table = layout.table("Record", "Why", "What to do")
    for (reason, next_step), members in by_reason.items():
        names = [f"{one.label} ({one.system.other.title})" for one in members]
        table.add_row(
            Text(words.printable_lines(names), "bold"),
            Text(words.printable(reason)),
            Text(words.printable(commands.to_type(next_step)), "dim"),
        )
    return table


def _label(change: Change) -> Text:
    return Text(words.printable(change.label), "bold")


def _before(one: FieldChange) -> Text:
    return Text(words.value(one.before), "red" if one.before is not None else "dim")


def _after(one: FieldChange) -> Text:
    return Text(words.value(one.after), "green" if one.after is not None else "dim")


def _new_value(one: FieldChange | None) -> Text:
    if one is None:
        return Text("")
    if one.after is None:
        return Text("assigned", "dim")
    return Text(words.value(one.after), "green")


TABLES = {
    Action.CREATE: _creates,
    Action.ADD_ROLE: _creates,
    Action.LINK: _links,
    Action.UPDATE: _updates,
}
INVOICE_TABLES = {
    (Action.CREATE, System.POWEROFFICE): invoices.exports,
    (Action.UPDATE, System.POWEROFFICE): invoices.issues,
    (Action.UPDATE, System.TRIBE): invoices.payments,
}
"""How changes of invoices are drawn, where it is not as any other record's."""
