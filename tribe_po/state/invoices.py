"""An invoice of Tribe as JSON, and back: kept until it has been exported."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from tribe_po.invoices import Invoice, InvoiceLine
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


def decode_invoice(document: Any) -> Invoice:
    """Read an invoice. Raise ValueError, KeyError, TypeError or AttributeError for what it cannot
    read."""
    return Invoice(
        number=str(document["number"]),
        date=_day(document["date"]),
        due_date=_day(document["due_date"]),
        currency=str(document["currency"]),
        customer_id=str(document["customer_id"]),
        customer_reference=str(document["customer_reference"]),
        includes_vat=document["includes_vat"] is True,
        discount=_amount(document["discount"]),
        credits_id=str(document["credits_id"]),
        payment_reference=str(document["payment_reference"]),
        lines=tuple(_decode_line(line) for line in document["lines"]),
    )


def _decode_line(document: Any) -> InvoiceLine:
    return InvoiceLine(
        id=str(document["id"]),
        text=str(document["text"]),
        product_id=str(document["product_id"]),
        product_code=str(document["product_code"]),
        quantity=_amount(document["quantity"]),
        price=None if document["price"] is None else _amount(document["price"]),
        discount=_amount(document["discount"]),
        vat=None if document["vat"] is None else _amount(document["vat"]),
    )


def _day(text: Any) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _amount(text: Any) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError("an amount of an invoice is no number") from error
