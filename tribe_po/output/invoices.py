"""Invoices and payments in the report of a pass: lines, sums on both sides, what was paid."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.table import Table
from rich.text import Text

from tribe_po.invoices import Comparison, Invoice, InvoiceLine, Sums, sums_of_line
from tribe_po.output import layout, words
from tribe_po.records import System
from tribe_po.sync.change import Change

MOST_LINES = 20
"""Lines shown of one invoice; the JSON output has them all."""

_NUMBERS = ("Qty", "Price", "Disc.", "VAT %", "Net", "With VAT")


def exports(changes: Sequence[Change]) -> Table:
    """Invoices to copy to PowerOffice: each with its lines and what it comes to on both sides."""
    table = layout.table("", "Invoice", *_NUMBERS)
    layout.align_right(table, _NUMBERS)
    for change in changes:
        table.add_row(layout.STATUS_MARKS[change.status], _heading(change))
        invoice = change.source.document if change.source else None
        if invoice is not None:
            _add_lines(table, invoice)
        if change.comparison is not None:
            _add_totals(table, change.comparison)
        table.add_section()
    return table


def _heading(change: Change) -> Text:
    """The invoice's number and customer, its days below, and why it did not go, if it did not."""
    invoice = change.source.document if change.source else None
    customer = change.comparison.customer if change.comparison else ""
    parts = [(words.printable(f"{change.label}  {customer}".strip()), "bold")]
    if invoice is not None:
        prices = "\nprices with VAT" if invoice.includes_vat else ""
        due = f", due {invoice.due_date}" if invoice.due_date else ""
        parts.append((f"\n{invoice.date or 'no date'}{due}{prices}", "dim"))
    if change.reason:
        parts.append((f"\n{words.printable(change.reason)}", "red"))
    return Text.assemble(*parts)


def _add_lines(table: Table, invoice: Invoice) -> None:
    for line in invoice.lines[:MOST_LINES]:
        table.add_row("", *_line(line, invoice))
    if len(invoice.lines) > MOST_LINES:
        more = words.count(len(invoice.lines) - MOST_LINES, "more line")
        table.add_row("", Text(f"  … {more}, see --output json", "dim"))
    if invoice.discount:
        table.add_row("", Text("  Discount on all lines"), "", "", _number(invoice.discount))


def _line(line: InvoiceLine, invoice: Invoice) -> tuple[Text | str, ...]:
    text = Text(words.indented(line.text))
    if line.price is None:
        return (text,)
    sums = sums_of_line(line, invoice)
    return (
        text,
        _number(line.quantity),
        words.money(line.price),
        _number(line.discount) if line.discount else "",
        _number(line.vat or Decimal(0)),
        words.money(sums.net),
        words.money(sums.total),
    )


def _add_totals(table: Table, comparison: Comparison) -> None:
    currency = words.printable(comparison.currency)
    tribe, poweroffice = layout.SIDE_STYLES[System.TRIBE], layout.SIDE_STYLES[System.POWEROFFICE]
    side = "Expected in PowerOffice" if comparison.expected else "In PowerOffice"
    _add_total(table, f"In Tribe, {currency}", comparison.tribe, tribe)
    _add_total(table, side, comparison.poweroffice, poweroffice)
    table.add_row("", Text("Difference", justify="right"), *[""] * 5, difference(comparison))
    if comparison.difference:
        table.add_row("", Text("not booked while they differ", "bold red", justify="right"))


def _add_total(table: Table, label: str, sums: Sums | None, style: str) -> None:
    amounts = ("", words.money(None)) if sums is None else tuple(map(words.money, _both(sums)))
    cells = [Text(amount, style) for amount in amounts]
    table.add_row("", Text(label, style, justify="right"), *[""] * 4, *cells)


def _both(sums: Sums) -> tuple[Decimal, Decimal]:
    return sums.net, sums.total


def difference(comparison: Comparison) -> Text:
    """The difference between both sides' sums with VAT: none may be left."""
    amount = comparison.difference
    if amount is None:
        return Text("not known yet", "yellow")
    return Text(words.money(amount), "bold red" if amount else "green")


def issues(changes: Sequence[Change]) -> Table:
    """What is still to be done with orders that are in PowerOffice, and what both sides say."""
    amounts = ("In Tribe", "In PowerOffice", "Difference")
    table = layout.table("", "Invoice", "Field", "To", *amounts, "Why")
    layout.align_right(table, amounts)
    for change in changes:
        sums = change.comparison
        for index, one in enumerate(change.fields):
            cells = _side_by_side(sums) if sums and index == 0 else ("", "", "")
            table.add_row(
                layout.STATUS_MARKS[change.status] if index == 0 else "",
                Text(words.printable(change.label), "bold") if index == 0 else "",
                one.label,
                Text(words.value(one.after), "green"),
                *cells,
                why(change.reason, one.because),
            )
    return table


def _side_by_side(sums: Comparison) -> tuple[Text, ...]:
    told = [sums.tribe, sums.poweroffice]
    styles = [layout.SIDE_STYLES[side] for side in (System.TRIBE, System.POWEROFFICE)]
    amounts = [
        Text(words.money(one.total if one else None), style)
        for one, style in zip(told, styles, strict=True)
    ]
    return *amounts, difference(sums)


def payments(changes: Sequence[Change]) -> Table:
    """What Tribe is told of payments: phase, paid and open amount, each before → after."""
    amounts = ("Paid, NOK", "Open, NOK")
    table = layout.table("", "Invoice", "Phase", *amounts, "Why")
    layout.align_right(table, amounts)
    for change in changes:
        settled = change.settled
        phase = next((one for one in change.fields if one.name == "phase"), None)
        because = f"{settled.payment} in PowerOffice" if settled else change.fields[0].because
        table.add_row(
            layout.STATUS_MARKS[change.status],
            Text(words.printable(change.label), "bold"),
            Text("as it is", "dim") if phase is None else _arrow(phase.before, phase.after),
            _amounts(settled.before, settled.after) if settled else "",
            _amounts(settled.open_before, settled.open_after) if settled else "",
            why(change.reason, because),
        )
    return table


def _arrow(before: object, after: object) -> Text:
    said = [words.printable(str(one or "-")) for one in (before, after)]
    return Text.assemble((said[0], "red"), " → ", (said[1], "green"))


def _amounts(before: Decimal | None, after: Decimal | None) -> Text:
    if before == after:
        return Text(words.money(after), "dim")
    return Text.assemble((words.money(before), "red"), " → ", (words.money(after), "green"))


def why(reason: str | None, because: str) -> Text:
    """Why a change did not succeed, else why it is made."""
    return Text(words.printable(reason or because), "red" if reason else "dim")


def _number(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def document(change: Change) -> dict[str, Any] | None:
    """The invoice that a change is about: its lines, what it comes to, what was paid. Amounts are
    text. None for what is no invoice, or is only linked."""
    sums, settled = change.comparison, change.settled
    if sums is None:
        return None
    invoice = change.source.document if change.source else None
    return {
        "customer": sums.customer or None,
        "currency": sums.currency or None,
        "date": invoice.date.isoformat() if invoice and invoice.date else None,
        "due_date": invoice.due_date.isoformat() if invoice and invoice.due_date else None,
        "prices_include_vat": invoice.includes_vat if invoice else None,
        "discount": str(invoice.discount) if invoice else None,
        "lines": [_line_document(one, invoice) for one in invoice.lines] if invoice else None,
        "expected": sums.expected,
        **sums_document(sums),
        "settled": settled
        and {
            "ledger": settled.payment or None,
            "paid": {"from": _text(settled.before), "to": _text(settled.after)},
            "open": {"from": _text(settled.open_before), "to": _text(settled.open_after)},
        },
    }


def sums_document(sums: Comparison) -> dict[str, Any]:
    """What an invoice comes to on both sides, and the difference. Amounts are text."""
    return {
        "tribe": _sums_document(sums.tribe),
        "poweroffice": _sums_document(sums.poweroffice),
        "difference": _text(sums.difference),
    }


def _line_document(line: InvoiceLine, invoice: Invoice) -> dict[str, Any]:
    sums = None if line.price is None else sums_of_line(line, invoice)
    return {
        "text": line.text,
        "product_code": line.product_code or None,
        "quantity": None if sums is None else str(line.quantity),
        "price": _text(line.price),
        "discount": str(line.discount),
        "vat": _text(line.vat),
        "net": _text(sums.net if sums else None),
        "total": _text(sums.total if sums else None),
    }


def _sums_document(sums: Sums | None) -> dict[str, Any] | None:
    return (
        None if sums is None else {"net": str(sums.net), "total": str(sums.total), "vat": sums.vat}
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
