"""Invoices as the two systems know them: Tribe's invoice, PowerOffice's sales order and voucher."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date as day
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

_ORE = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line of an invoice in Tribe.

    `price` is per unit in the invoice's currency and in its terms, with or without VAT; None makes
    the line plain text. `discount` and `vat` are in per cent, `vat` None where Tribe tells none.
    `product_id` is empty for free text; `product_code` is the product's code, "" where it has none.
    """

    id: str
    text: str
    product_id: str = ""
    product_code: str = ""
    quantity: Decimal = Decimal(1)
    price: Decimal | None = None
    discount: Decimal = Decimal(0)
    vat: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice in Tribe, as far as it is copied.

    `customer_id` is the customer's relationship ID. `discount` is the header's, in per cent.
    `credits_id` is the ID of the invoice that this one credits, "" where that is not known.
    `payment_reference` is the KID that is printed on it, "" if none.
    """

    number: str
    date: day | None
    due_date: day | None
    currency: str
    customer_id: str
    customer_reference: str
    includes_vat: bool
    discount: Decimal
    lines: tuple[InvoiceLine, ...]
    credits_id: str = ""
    payment_reference: str = ""

    def digest(self) -> str:
        """16 hexadecimal digits that change when anything that is copied does.

        Not so the KID, which shows on all invoices at once when the settings come to name its
        field, nor the code of a line's product, which it may be given while the invoice is copied.
        """
        lines = tuple(
            replace(line, product_code="") if line.product_id else line for line in self.lines
        )
        copied = replace(self, payment_reference="", lines=lines)
        return hashlib.sha256(repr(copied).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Sums:
    """What an invoice comes to: without VAT, with it, and the VAT per cent of each line that has an
    amount, in the order of the lines, such as `25 25 15`."""

    net: Decimal
    total: Decimal
    vat: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an invoice comes to in Tribe and in PowerOffice, None where that is not known.

    PowerOffice's sums are `expected` before the order exists: worked out from its prices and the
    VAT of its products. `customer` is the customer's name, "" where it is not known.
    """

    customer: str
    currency: str
    tribe: Sums | None
    poweroffice: Sums | None
    expected: bool

    @property
    def difference(self) -> Decimal | None:
        """By how much PowerOffice's total with VAT is higher."""
        if self.tribe is None or self.poweroffice is None:
            return None
        return self.poweroffice.total - self.tribe.total


@dataclass(frozen=True, slots=True)
class Settled:
    """How an invoice stands in the ledger, and how much of it was paid `before`, as far as Tribe
    knew, and is now, in NOK. `total` is None where the invoice is in another currency."""

    payment: str
    total: Decimal | None
    before: Decimal
    after: Decimal

    @property
    def open_before(self) -> Decimal | None:
        """What was not paid yet, as far as Tribe knew."""
        return None if self.total is None else self.total - self.before

    @property
    def open_after(self) -> Decimal | None:
        """What is not paid now."""
        return None if self.total is None else self.total - self.after


def allowance(line: Decimal, header: Decimal) -> Decimal:
    """The discount in per cent that a line's and then the header's discount come to together."""
    return line + header - line * header / 100


def rounded(amount: Decimal) -> Decimal:
    """An amount to the øre; half an øre goes away from zero."""
    return amount.quantize(_ORE, ROUND_HALF_UP, Context(prec=40))


def sums_of_line(line: InvoiceLine, invoice: Invoice) -> Sums:
    """What one line that has a price comes to after both discounts, rounded to the øre.

    Where prices include VAT, its sum with VAT is exact and the one without VAT rounded.
    """
    assert line.price is not None
    vat = line.vat or Decimal(0)
    share = 1 - allowance(line.discount, invoice.discount) / 100
    amount = rounded(line.quantity * line.price * share)
    if invoice.includes_vat:
        return Sums(rounded(amount * 100 / (100 + vat)), amount, per_cent(vat))
    return Sums(amount, amount + rounded(amount * vat / 100), per_cent(vat))


def sums_of(invoice: Invoice) -> Sums:
    """What an invoice comes to: the sums of its lines, each rounded by itself."""
    lines = [sums_of_line(line, invoice) for line in invoice.lines if line.price is not None]
    return Sums(
        sum((line.net for line in lines), Decimal(0)),
        sum((line.total for line in lines), Decimal(0)),
        " ".join(line.vat for line in lines),
    )


def per_cent(vat: Decimal) -> str:
    """A percentage without needless zeros: `25`, `12.5`."""
    return f"{vat.normalize():f}"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of a sales order in PowerOffice.

    `price` is per unit without VAT, None for plain text. `allowance` is a discount in per cent. The
    product is named by its id, or by its code where no id is known. `reference` is the ID of
    Tribe's line.
    """

    reference: str
    text: str
    product_id: str = ""
    product_code: str = ""
    quantity: Decimal = Decimal(0)
    price: Decimal | None = None
    allowance: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Order:
    """A sales order to create in PowerOffice as a draft. A negative total makes it a credit note.

    `customer_id` is PowerOffice's. `imported_number` is Tribe's invoice number where that is a
    whole number. `credits` is the number of the invoice that is credited, as PowerOffice knows it.
    """

    customer_id: str
    customer_reference: str
    imported_number: int | None
    date: day | None
    currency: str
    lines: tuple[OrderLine, ...]
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """What a voucher posts for one VAT per cent: `gross` includes the VAT."""

    vat: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class Voucher:
    """An invoice that Tribe has sent, to post as it is. A negative `gross` is a credit note.

    `number` is Tribe's, `payment_reference` the KID printed on it. `gross` is the sum of the lines.
    """

    customer_id: str
    customer_reference: str
    number: int
    date: day
    due_date: day
    currency: str
    payment_reference: str
    gross: Decimal
    lines: tuple[VoucherLine, ...]


@dataclass(frozen=True, slots=True)
class Misposted:
    """A voucher that came to another sum in PowerOffice than it was posted with, so that none is
    posted after it: what PowerOffice makes of a voucher's lines is not what this tool takes it for
    (poweroffice.md section 17, 32). `id` is PowerOffice's, `number` that of the invoice, and
    `posted` and `came_to` are the two sums in words."""

    id: str
    number: str
    posted: str
    came_to: str

    @property
    def reason(self) -> str:
        """Why no other one is posted, with both sums."""
        return (
            f"the voucher {self.number} was posted with {self.posted} and came to {self.came_to} "
            "in PowerOffice, so that no other is posted"
        )

    @property
    def next_step(self) -> str:
        """What a person does about it."""
        return (
            "Reverse that one in PowerOffice, and enter invoices there by hand. If it is right: "
            f"tribe-po quarantine accept {self.id}"
        )


class Payment(StrEnum):
    """How an invoice stands in the customer ledger (poweroffice.md section 15 f)."""

    OPEN = "open"
    PARTLY = "partly paid"
    PAID = "paid"
    OVERPAID = "overpaid"
    CREDITED = "credited"
    WRITTEN_OFF = "written off"
    SETTLED_OTHERWISE = "settled in several ways"
    REVERSED = "reversed"
