"""An invoice of Tribe as JSON, and back: kept until it has been exported."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from tribe_po.invoices import Invoice, InvoiceLine
from tribe_po.state.shape import Malformed, amount_of, flag_in, object_of, text_in
from tribe_po.state.storage import Document


def encode_invoice(invoice: Invoice) -> Document:
    """Give an invoice as JSON takes it: amounts as text with all their digits, days as ISO 8601."""
    return {
        "number": invoice.number,
        "date": invoice.date and invoice.date.isoformat(),
        "due_date": invoice.due_date and invoice.due_date.isoformat(),
        "currency": invoice.currency,
        "customer_id": invoice.customer_id,
        "customer_reference": invoice.customer_reference,
        "includes_vat": invoice.includes_vat,
        "discount": str(invoice.discount),
        "credits_id": invoice.credits_id,
        "payment_reference": invoice.payment_reference,
        "lines": [_encode_line(line) for line in invoice.lines],
    }


def _encode_line(line: InvoiceLine) -> Document:
    return {
        "id": line.id,
        "text": line.text,
        "product_id": line.product_id,
        "product_code": line.product_code,
        "quantity": str(line.quantity),
        "price": None if line.price is None else str(line.price),
        "discount": str(line.discount),
        "vat": None if line.vat is None else str(line.vat),
    }


_MEMBERS = frozenset(part.name for part in fields(Invoice))
_LINE_MEMBERS = frozenset(part.name for part in fields(InvoiceLine))


def decode_invoice(document: Any) -> Invoice:
    """Read an invoice. Raise `Malformed` or KeyError for one of another shape, and for one that has
    more than is known here: left out, that would be money or words which PowerOffice never gets."""
    found = _only(_MEMBERS, object_of(document, "an invoice"))
    lines = found["lines"]
    if type(lines) is not list:
        raise Malformed(f"lines is {type(lines).__name__}, not a list")
    return Invoice(
        number=text_in(found, "number"),
        date=_day_in(found, "date"),
        due_date=_day_in(found, "due_date"),
        currency=text_in(found, "currency"),
        customer_id=text_in(found, "customer_id"),
        customer_reference=text_in(found, "customer_reference"),
        includes_vat=flag_in(found, "includes_vat"),
        discount=_amount_in(found, "discount"),
        credits_id=text_in(found, "credits_id"),
        payment_reference=text_in(found, "payment_reference"),
        lines=tuple(_decode_line(line) for line in lines),
    )


def _decode_line(document: Any) -> InvoiceLine:
    found = _only(_LINE_MEMBERS, object_of(document, "a line of an invoice"))
    return InvoiceLine(
        id=text_in(found, "id"),
        text=text_in(found, "text"),
        product_id=text_in(found, "product_id"),
        product_code=text_in(found, "product_code"),
        quantity=_amount_in(found, "quantity"),
        price=None if found["price"] is None else _amount_in(found, "price"),
        discount=_amount_in(found, "discount"),
        vat=None if found["vat"] is None else _amount_in(found, "vat"),
    )


def _only(known: frozenset[str], document: Document) -> Document:
    unknown = sorted(document.keys() - known)
    if unknown:
        raise Malformed(f"an invoice has the unknown members {', '.join(unknown)}")
    return document


def _day_in(document: Document, key: str) -> date | None:
    return None if document[key] is None else date.fromisoformat(text_in(document, key))


def _amount_in(document: Document, key: str) -> Decimal:
    return amount_of(document[key], key)
