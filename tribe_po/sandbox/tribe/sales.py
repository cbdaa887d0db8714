"""What the users of an imitated Tribe tenant do with products, invoices and payments."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import date as day
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tribe_po.sandbox.tribe.desk import Desk
from tribe_po.sandbox.tribe.error import ODataError
from tribe_po.sandbox.tribe.odata import Entity
from tribe_po.sandbox.tribe.sales_model import (
    ATTACHMENT,
    DUE_DAY,
    INVOICE,
    INVOICE_DAY,
    INVOICE_PHASE,
    PAYMENT,
    PRODUCT,
    PRODUCT_GROUP,
    PRODUCT_LINE,
    UNIT,
    VAT_GROUP,
)
from tribe_po.sandbox.tribe.store import Record
from tribe_po.sandbox.tribe.values import OFFICE_ZONE, wire_moment

_USUAL_TERMS = 14
_USUAL_PRODUCT = {"Unit": "pcs", "VatGroup": 25, "ProductGroup": "General"}


class SalesDesk(Desk):
    """The sales side of a tenant.

    Fields go by wire name; amounts may be Decimal. Units, ledger accounts, payment methods and
    phases are given by Code, VAT groups by percentage, product groups by name (KeyError when
    there is none), and Product, Relationship, Activity, Invoice and Entity by ID.
    """

    def add_unit(self, code: str, name: str | None = None) -> str:
        """A new unit. Returns its ID."""
        return self._add_lookup(UNIT, code, name)

    def add_vat_group(self, percentage: float, name: str | None = None) -> str:
        """A new VAT group of Norway, called `NO - 25%` and the like. Returns its ID."""
        code = name or f"NO{percentage:g}"
        name = name or f"NO - {percentage:g}%"
        return self._add_lookup(VAT_GROUP, code, name, Percentage=percentage, Country="NO")

    def add_product_group(self, name: str) -> str:
        """A new product group. Returns its ID."""
        return self._add(PRODUCT_GROUP, {"Name": name})

    def add_phase(self, code: str, name: str) -> str:
        """A new phase of invoices; they are frozen in it as in every one but Draft. Returns its
        ID."""
        return self._add_lookup(INVOICE_PHASE, code, name)

    def add_product(self, **fields: Any) -> str:
        """A new product; Name is required. Left out: pieces, 25 % VAT, the group General. Returns
        its ID."""
        return self._add(PRODUCT, _USUAL_PRODUCT | fields)

    def add_invoice(
        self, relationship_id: str, lines: Iterable[Mapping[str, Any]] = (), **fields: Any
    ) -> str:
        """A draft for a customer relationship, with its lines (see `add_line`). Returns its ID."""
        with self.lock:
            invoice_id = self._add(INVOICE, {"Relationship": relationship_id, **fields})
            for line in lines:
                self.add_line(invoice_id, **line)
            return invoice_id

    def add_line(self, invoice_id: str, **fields: Any) -> str:
        """A new last line of a draft. A Product lends its text, price and VAT group where none is
        given, and a line with a price has the Quantity 1. Returns its ID."""
        with self.lock:
            invoice = self.store.get(invoice_id)
            lines = self.store.inverse(
                invoice, self.store.model.navigations(INVOICE)["ProductLines"]
            )
            body = {"Activity": invoice_id, "SortIndex": len(lines) + 1}
            body |= self._of_product(fields["Product"]) if fields.get("Product") else {}
            body |= fields
            if body.get("Price") is not None:
                body.setdefault("Quantity", 1)
            return self._add(PRODUCT_LINE, body)

    def send_invoice(
        self,
        invoice_id: str,
        number: str | None = None,
        date: day | None = None,
        due_date: day | None = None,
    ) -> str:
        """Send an invoice: it gets its number (the next of the series), its date (today), its due
        date (by the customer's terms) and the phase Sent, and is frozen. Returns the number.

        Raises ODataError when it has been sent before. One that `set_phase` moved to Sent has no
        number yet and may still be sent.
        """
        with self.lock:
            invoice = self.store.get(invoice_id)
            if invoice.values.get("Number") is not None:
                raise ODataError(409, "The invoice has been sent before.")
            now = self.clock.now()
            issued = date or now.astimezone(OFFICE_ZONE).date()
            due = due_date or issued + timedelta(days=self._terms(invoice))
            number = number or self.store.next_invoice_number(issued.year)
            self.store.link(invoice, "Phase", self._lookup(INVOICE_PHASE, "Code", "Sent"))
            invoice.values |= {
                "Number": number,
                INVOICE_DAY: issued.isoformat(),
                DUE_DAY: due.isoformat(),
                "LastMutationDate": wire_moment(now),
            }
            self.store.changed()
            return number

    def set_phase(self, invoice_id: str, code: str) -> None:
        """Move an invoice to another phase, and nothing else. Raises KeyError for no such code."""
        self.edit(invoice_id, Phase=code)

    def attach_pdf(self, invoice_id: str, name: str, data: bytes) -> str:
        """Attach a PDF to an invoice, as Tribe does when it sends one. Returns the attachment's
        ID."""
        file = {
            "Name": name,
            "MimeType": "application/pdf",
            "Data": base64.b64encode(data).decode(),
        }
        fields = {"Description": name, "Entity": invoice_id, "Invoice": invoice_id, "File": file}
        return self._add(ATTACHMENT, fields)

    def products(self) -> list[Entity]:
        """All products with their lookups expanded."""
        return self._pictures((PRODUCT,))

    def invoices(self) -> list[Entity]:
        """All invoices with Phase, Relationship, Notes, and ProductLines by SortIndex, these
        with Product and VatGroup."""
        return self._pictures((INVOICE,))

    def payments(self) -> list[Entity]:
        """All payments with Invoice, PaymentMethod and PaymentStatus expanded."""
        return self._pictures((PAYMENT,))

    def _add_lookup(self, type_name: str, code: str, name: str | None, **fields: Any) -> str:
        names = {"Code": code, "Name": name or code, "LocalizedName": name or code}
        return self._add(type_name, names | fields)

    def _of_product(self, product_id: str) -> dict[str, Any]:
        product = self.store.get(product_id)
        group = product.links.get("VatGroup")
        return {
            "Description": product.values.get("Name"),
            "Price": product.values.get("SalesPrice"),
            "PurchasePrice": product.values.get("PurchasePrice"),
            "VatGroup": group and {"ID": group},
        }

    def _terms(self, invoice: Record) -> int:
        relationship = self.store.follow(invoice, "Relationship")
        terms = relationship and relationship.values.get("PaymentTermInDays")
        return _USUAL_TERMS if terms is None else int(Decimal(str(terms)))
