"""One record explained: what is known of it on both sides, field by field, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tribe_po.fields import fields_of
from tribe_po.output import commands, conflicts, history, invoices, layout, parts, quarantine, words
from tribe_po.passes.explanation import Explanation
from tribe_po.passes.invoice_explanation import FieldState, InvoiceState
from tribe_po.passes.subjects import Subject
from tribe_po.records import Intent, Link, Record, System, Value
from tribe_po.state.audit import AuditEntry
from tribe_po.sync.acknowledged import is_parking_to_tell
from tribe_po.sync.invoices import CHANGED
from tribe_po.sync.merge import Never

COPIED = "created"
"""What a link is matched by when one of its records is this tool's copy of the other."""


@dataclass(frozen=True, slots=True)
class Told:
    """An explanation, with the last writes that were about the record."""

    explanation: Explanation
    writes: tuple[AuditEntry, ...]


def document(asked: str, found: Sequence[Subject], told: Sequence[Told], profile: str) -> str:
    """The document. `records` explains what was found, when it is one contact."""
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "explain",
            "profile": profile,
            "asked": asked,
            "found": [_subject(one) for one in found],
            "records": [_told(one) for one in told],
        }
    )


def _subject(one: Subject) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "label": one.label,
        "poweroffice_id": one.poweroffice_id or None,
        "tribe_id": one.tribe_id or None,
        "tribe_relation_id": one.tribe_relation_id or None,
        "linked": one.link is not None,
    }


def _told(told: Told) -> dict[str, Any]:
    one = told.explanation
    link, record = one.subject.link, one.subject.record
    return {
        **_subject(one.subject),
        "matched_by": link.matched_by if link else None,
        "parked": link.parked if link else None,
        "parking_accepted": bool(link and link.parked and not is_parking_to_tell(link)),
        "unlinked": (
            {"reason": one.unlinked.text, "next_step": one.unlinked.next_step}
            if one.unlinked
            else None
        ),
        "fields": [_field(each) for each in one.fields],
        "values": (
            {name: parts.value(value) for name, value in record.values.items()} if record else None
        ),
        "quarantine": [parts.quarantined(each) for each in one.quarantine],
        "conflicts": [parts.conflict(each) for each in one.conflicts],
        "intents": [_intent(each) for each in one.intents],
        "invoice": _invoice(one.invoice) if one.invoice else None,
        "next_retry": parts.time_or_none(one.next_retry),
        "writes": [history.write(each) for each in told.writes],
    }


def _field(one: FieldState) -> dict[str, Any]:
    never = isinstance(one.base, Never)
    return {
        "field": one.row.name,
        "agreed": not never,
        "base": None if isinstance(one.base, Never) else parts.value(one.base),
        "tribe": parts.value(one.tribe),
        "poweroffice": parts.value(one.poweroffice),
        "winner": one.winner.value if one.winner else None,
        "verdict": one.verdict,
        "accepted": one.accepted,
    }


def _invoice(one: InvoiceState) -> dict[str, Any]:
    return {
        "order_id": one.order_id,
        "order_number": one.order_number or None,
        "invoice_number": one.invoice_number or None,
        "kid": one.kid or None,
        "ledger": one.payment or None,
        "situation": one.situation,
        **invoices.sums_document(one.comparison),
    }


def _intent(one: Intent) -> dict[str, Any]:
    return {
        "system": one.target.value,
        "source_id": one.source_id,
        "mark": one.mark,
        "since": parts.time(one.since),
    }


def listing(asked: str, found: Sequence[Subject]) -> Iterator[RenderableType]:
    """Several records that are called so, to choose from."""
    table = layout.table("Record", "Kind", "PowerOffice", "Tribe")
    table.columns[3].no_wrap = True
    for one in found[: layout.MOST_ROWS]:
        table.add_row(
            Text(words.printable(one.label), "bold"),
            one.kind.value,
            Text(words.printable(one.poweroffice_id or "-")),
            Text(words.printable(one.tribe_id or "-")),
        )
    title = f"{words.count(len(found), 'record')} found for {words.printable(asked)}"
    yield layout.titled(title, "yellow", table)
    yield from layout.rest(len(found))
    yield Text(commands.to_type("\nTo explain one of them: tribe-po explain ID"), "dim")


def screen(told: Told, now: datetime) -> Iterator[RenderableType]:
    """All about one record: who it is, what holds it up, its fields, the last writes."""
    one = told.explanation
    subject = one.subject
    yield Text.assemble(
        "\n", (words.printable(subject.label), "bold"), f", {subject.kind}", end="\n"
    )
    yield _identity(subject, one.invoice)
    for fact in _facts(one, now):
        yield Padding(fact, (1, 0, 0, 0))
    if one.fields:
        yield layout.titled("As last seen", "bold", _fields(one.fields, base=not one.invoice))
    elif subject.record:
        side = subject.record.system
        yield layout.titled(f"As last seen in {side.title}", "bold", _values(subject.record))
    if one.conflicts:
        yield layout.titled("Changed on both sides", "yellow", conflicts.table(one.conflicts))
    if told.writes:
        yield layout.titled("Last writes", "bold", history.writes(told.writes))
    else:
        yield Text("\nNothing was written about it, as far as the audit trail goes back.", "dim")


def _identity(subject: Subject, invoice: InvoiceState | None) -> Table:
    relation = subject.tribe_relation_id
    told = {
        "PowerOffice id": subject.poweroffice_id,
        "Tribe id": subject.tribe_id,
        "Tribe relation": relation if relation != subject.tribe_id else "",
        "Linked": _how_linked(subject.link) if subject.link else "no",
    }
    told |= _of_invoice(invoice) if invoice else {}
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in told.items():
        if text:
            table.add_row(name, Text(words.printable(text)))
    return table


def _of_invoice(invoice: InvoiceState) -> dict[str, str]:
    sums = invoice.comparison
    totals = [words.money(side.total if side else None) for side in (sums.tribe, sums.poweroffice)]
    return {
        "Order no.": invoice.order_number,
        "Invoice no.": invoice.invoice_number,
        "KID": invoice.kid,
        "Sums": f"{sums.currency} {totals[0]} in Tribe, {totals[1]} in PowerOffice, "
        f"difference {words.money(sums.difference)}",
        "Now": invoice.situation,
    }


def _how_linked(link: Link) -> str:
    return "copied by tribe-po" if link.matched_by == COPIED else f"matched by {link.matched_by}"


def _facts(one: Explanation, now: datetime) -> Iterator[Text]:
    link = one.subject.link
    if one.unlinked:
        yield Text.assemble(
            ("Not linked: ", "bold yellow"),
            words.printable(one.unlinked.text),
            (commands.on_a_line(one.unlinked.next_step), "dim"),
        )
    if link and link.parked:
        yield Text.assemble(
            ("Parked: ", "bold yellow"),
            words.printable(link.parked) + "; accepted as it is" * (not is_parking_to_tell(link)),
            ("\n→ Nothing is written to either side, until a pass sees it as it was.", "dim"),
        )
    for entry in one.quarantine:
        yield Text.assemble(("Quarantined: ", "bold yellow"), quarantine.told(entry, now))
    for intent in one.intents:
        yield Text.assemble(
            ("Begun: ", "bold yellow"),
            f"a create in {intent.target.title}, {words.moment(intent.since)}, answer not known",
            ("\n→ The next pass looks for it before it creates anything.", "dim"),
        )


def _fields(fields: Sequence[FieldState], *, base: bool) -> Table:
    """A row a field; `base` what both agreed on, which there is none of where nothing is merged."""
    agreed = ["Agreed"] if base else []
    table = layout.table("Field", *agreed, "In Tribe", "In PowerOffice", "Verdict")
    for one in fields if base else filter(_is_telling, fields):
        differs = not one.row.one_sided and not one.row.same(one.tribe, one.poweroffice)
        table.add_row(
            one.row.label,
            *[Text(one.base if isinstance(one.base, Never) else words.value(one.base), "dim")]
            * base,
            _side(one.tribe, System.TRIBE, plain=not differs),
            _side(one.poweroffice, System.POWEROFFICE, plain=not differs),
            Text(
                words.printable(one.verdict) + "; accepted as it is" * one.accepted,
                "" if differs and not one.accepted else "dim",
            ),
        )
    return table


def _is_telling(one: FieldState) -> bool:
    """Whether a field of an invoice is worth a row: it has a value that a person can read."""
    if one.row.name == "content":
        return one.verdict == CHANGED
    return one.tribe is not None or one.poweroffice is not None


def _side(value: Value, system: System, *, plain: bool) -> Text:
    return Text(words.value(value), "" if plain else layout.SIDE_STYLES[system])


def _values(record: Record) -> Table:
    table = layout.table("Field", "Value")
    for row in fields_of(record.kind, record.form):
        table.add_row(row.label, Text(words.value(record.values.get(row.name))))
    return table
