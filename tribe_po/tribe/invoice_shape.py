"""Under which exact names this tenant's Tribe keeps invoices and their lines."""

from __future__ import annotations

from tribe_po.tribe.metadata import (
    INVOICE,
    INVOICE_DATES,
    INVOICE_DUE_DATES,
    INVOICE_PHASE,
    PRODUCT,
    PRODUCT_LINE,
    VAT_GROUP,
    Names,
)
from tribe_po.tribe.query import Selection

LINES = "ProductLines"

_OF_INVOICE = (
    *("ID", "Number", "Currency", "IsVatIncluded", "DiscountPercentage", "CustomerReference"),
    *("TotalExcludingVat", "TotalIncludingVat"),
    *("TotalExcludingVatInCurrency", "TotalIncludingVatInCurrency"),
    *INVOICE_DATES,
    *INVOICE_DUE_DATES,
)
_OF_LINE = (
    *("ID", "CreationDate", "SortIndex"),
    *("Description", "LocalizedDescription", "ExtraDescription"),
    *("Quantity", "Price", "PriceInCurrency", "DiscountPercentage", "VatPercentage"),
)
_HEADER = (
    ("Phase", Selection(INVOICE_PHASE, ("ID", "Code"))),
    ("Relationship", Selection("Relationship", ("ID",))),
)
_BEHIND_LINE = (
    ("Product", Selection(PRODUCT, ("ID", "Code", "Name"))),
    ("VatGroup", Selection(VAT_GROUP, ("ID", "Percentage"))),
)


def custom_names(field: str) -> tuple[str, ...]:
    """The names that a tenant's own field may have on the wire; a name with hyphens is its ID
    (tribe.md section 3.1)."""
    plain = field.replace("-", "__")
    return (f"_{plain}", plain) if plain[0].isdigit() else (plain, f"_{plain}")


def invoice_selection(names: Names, *, with_lines: bool, own_field: str = "") -> Selection:
    """What it takes to read an invoice, with or without its lines and what they refer to.
    `own_field` is one of the tenant's own."""
    expansions: tuple[tuple[str, Selection], ...] = _HEADER
    if with_lines:
        lines = Selection(PRODUCT_LINE, _selected(names, PRODUCT_LINE, _OF_LINE), _BEHIND_LINE)
        expansions = (*_HEADER, (LINES, lines))
    properties = _selected(names, INVOICE, _OF_INVOICE)
    if own_field and properties:
        own = names.resolve(INVOICE, custom_names(own_field))
        # One that was made since the names were read shows when all is read.
        properties = (*properties, own) if own else ()
    if not names.known_of(INVOICE, (*INVOICE_DATES, *INVOICE_DUE_DATES)):
        # What it calls its dates is not known: they show when all is read.
        properties = ()
    return Selection(INVOICE, properties, expansions)


def lines_selection(names: Names, invoice_id: str) -> Selection:
    """What it takes to read the lines of one invoice by themselves (tribe.md section 10.2)."""
    properties = _selected(names, PRODUCT_LINE, _OF_LINE)
    return Selection(f"{INVOICE}({invoice_id})/{LINES}", properties, _BEHIND_LINE)


def _selected(names: Names, entity_set: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Nothing, which stands for all, where the names are guesses: one that does not exist would
    have the whole query refused (tribe.md section 14)."""
    return names.known_of(entity_set, wanted) if names.known else ()
