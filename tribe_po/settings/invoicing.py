"""How invoices travel: what a phase in Tribe means, and what becomes of an invoice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tribe_po.invoices import Payment


class InvoiceMode(StrEnum):
    """What a sent invoice of Tribe becomes in PowerOffice."""

    DRAFT = "draft"
    BOOK = "book"
    SEND = "send"
    VOUCHER = "voucher"

    @property
    def issues(self) -> bool:
        """Whether the sales order is to become an invoice at once."""
        return self in (InvoiceMode.BOOK, InvoiceMode.SEND)


class PartialPayments(StrEnum):
    """How Tribe is told what was paid of an invoice before it is paid in full."""

    OFF = "off"
    NOTE = "note"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoicing:
    """All rules about invoices.

    `sent_phases` are codes of phases in which an invoice is issued and unpaid. `phases` has the
    code of the phase that an invoice is given for how it stands in the ledger; what is not among
    them is reported. `free_text_products` has the code of the product for lines without one, by VAT
    in per cent. With `products_by_code`, products are not linked, and named by their code.
    """

    mode: InvoiceMode
    sent_phases: tuple[str, ...]
    phases: Mapping[Payment, str]
    free_text_products: Mapping[Decimal, str]
    partial_payments: PartialPayments
    products_by_code: bool = False

    def is_sent(self, phase: object) -> bool:
        """Whether a phase says that the invoice is issued and unpaid: one of those set, or a
        reminder, which Tribe's automations move such invoices to (tribe.md section 8.1)."""
        code = str(phase or "").casefold()
        return self.is_to_be_exported(phase) or code.startswith("reminder")

    def is_to_be_exported(self, phase: object) -> bool:
        """Whether an invoice in this phase goes to PowerOffice."""
        return str(phase or "").casefold() in map(str.casefold, self.sent_phases)

    def is_told(self, phase: object) -> bool:
        """Whether a phase is one that this tool gives to invoices."""
        return str(phase or "").casefold() in map(str.casefold, self.phases.values())
