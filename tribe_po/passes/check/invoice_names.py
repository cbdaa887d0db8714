"""The look at where Tribe keeps what is read of invoices and their lines, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tribe_po.fields import Field, fields_of
from tribe_po.passes.check.findings import Finding, Topic
from tribe_po.records import Form, Kind
from tribe_po.tribe.invoice_shape import LINES
from tribe_po.tribe.metadata import INVOICE, PRODUCT_LINE, Names

_ELSEWHERE = frozenset({"Attachment", "Payment"})
"""What has a set of its own in Tribe, and is looked up there."""

_DATES = frozenset({"date", "due_date"})
"""What may have any of several names, which the look at invoices tells."""

_UNREADABLE = "No invoice can be read without it."
_SUMS_OF_LINES = "The sums of its lines stand in for Tribe's own, which are not compared then."

READ: Mapping[str, Mapping[str, str]] = {
    INVOICE: {
        "Phase": _UNREADABLE,
        "Relationship": _UNREADABLE,
        LINES: "The lines of each invoice are asked for by themselves.",
        "Number": "No invoice is exported: each one waits for its number.",
        "Currency": "Every invoice is taken for one in NOK.",
        "IsVatIncluded": "Every price is taken for one without VAT.",
        "DiscountPercentage": "A discount of the whole invoice is not seen.",
        "TotalExcludingVat": _SUMS_OF_LINES,
        "TotalIncludingVat": _SUMS_OF_LINES,
    },
    PRODUCT_LINE: {
        "Product": _UNREADABLE,
        "VatGroup": _UNREADABLE,
        "VatPercentage": "The percentage of the line's VAT group is taken.",
        "Quantity": "A line with a price counts 0 times.",
        "Price": "Every line is taken for a text without a price.",
        "DiscountPercentage": "A discount of a line is not seen.",
    },
}
"""What is read of an invoice and of a line, and what comes of it where Tribe has no such name."""


def invoice_names(names: Names) -> Iterator[Finding]:
    """Where each row of the field table is kept, what else is read, and what is missing. Nothing
    where Tribe told no names."""
    if not names.known:
        return
    for row in fields_of(Kind.INVOICE, Form.INVOICE):
        if row.invoice not in {"", *_ELSEWHERE} and row.name not in _DATES:
            yield from _kept(row, names)
    for entity_set, read in READ.items():
        yield from _missing(entity_set, read, names)


def _kept(row: Field, names: Names) -> Iterator[Finding]:
    first, _, behind = row.invoice.partition(".")
    exact = [
        names.resolve(entity_set, (name,))
        for entity_set, name in ((INVOICE, first), (PRODUCT_LINE, behind))
        if name
    ]
    if all(exact):
        there = f", {row.poweroffice} in PowerOffice" if row.poweroffice else ""
        kept = ".".join(filter(None, exact))
        yield Finding.ok(Topic.FIELDS, f"{row.label} (invoice): {kept} in Tribe{there}")


def _missing(entity_set: str, read: Mapping[str, str], names: Names) -> Iterator[Finding]:
    whose = "invoices" if entity_set == INVOICE else "lines of invoices"
    for name, consequence in read.items():
        if names.resolve(entity_set, (name,)) is None:
            yield Finding.warning(
                Topic.FIELDS,
                f"Tribe's {whose} have no {name}\n"
                f"Its metadata names none of {entity_set}. {consequence}",
                "Ask Tribe which module or right brings it, before invoices are exported.",
            )
