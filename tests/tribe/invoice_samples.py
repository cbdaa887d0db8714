"""What the tests of invoices start from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tests.tribe.peer import Peer, one
from tribe_po.invoices import Invoice
from tribe_po.records import Form, Kind, Record, Values
from tribe_po.sides import Edit
from tribe_po.tribe.client import Tribe

HOUR = {"Description": "Timer", "Price": 100, "VatGroup": 25}


def draft(peer: Peer, *lines: dict[str, Any], **fields: Any) -> str:
    """The ID of a draft for a new customer with 20 days to pay."""
    organization = peer.tenant.add_organization(Name="Alfa AS")
    customer = peer.tenant.add_customer(organization, PaymentTermInDays=20)
    return peer.tenant.add_invoice(customer, lines or (HOUR,), **fields)


def sent(peer: Peer, *lines: dict[str, Any], number: str = "1601", **fields: Any) -> str:
    """The ID of an invoice that was sent on 1 March."""
    invoice = draft(peer, *lines, **fields)
    peer.tenant.send_invoice(invoice, number, date(2026, 3, 1))
    return invoice


def invoice(tribe: Tribe, invoice_id: str) -> Record:
    """The invoice with an ID."""
    return one(tribe, Kind.INVOICE, invoice_id)


def document(record: Record) -> Invoice:
    """What is in an invoice."""
    assert record.document is not None
    return record.document


def edit(invoice_id: str, known: Values | None = None, **values: Any) -> Edit:
    """New values for an invoice."""
    return Edit(
        Kind.INVOICE, Form.INVOICE, invoice_id, invoice_id, None, values, {}, known=known or {}
    )


def settled(invoice_id: str, partial: str, amount: str, before: str | None = None) -> Edit:
    """So much of 125.00 kroner was settled."""
    known: Values = {
        "partial": partial,
        "invoice_number": "10077",
        "total": Decimal("125.00"),
        "settled": None if before is None else Decimal(before),
        "payment": "partly paid",
    }
    return edit(invoice_id, known, settled=Decimal(amount))
