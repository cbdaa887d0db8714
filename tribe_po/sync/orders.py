"""From an invoice in Tribe to what is created in PowerOffice: a sales order or a voucher.

Pure arithmetic and look-ups in what is linked. PowerOffice takes prices without VAT, a discount for
each line and no other, and the VAT that follows from the product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal

from tribe_po.invoices import (
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Voucher,
    VoucherLine,
    allowance,
    per_cent,
    rounded,
    sums_of_line,
)
from tribe_po.records import Kind, Link, Record, System, Value
from tribe_po.settings import InvoiceMode, Invoicing

_MOST_DECIMALS = 8
_PRECISE = Context(prec=40)

Linked = Mapping[tuple[Kind, str], Link]
"""Links by kind and Tribe's id."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why an invoice cannot be exported now. `awaits` is a Tribe record that has to get to
    PowerOffice first."""

    reason: str
    next_step: str
    awaits: tuple[Kind, str] | None = None


class _HinderedError(Exception):
    def __init__(self, hindrance: Hindrance) -> None:
        super().__init__(hindrance.reason)
        self.hindrance = hindrance


def order_for(source: Record, linked: Linked, rules: Invoicing) -> Order | Voucher | Hindrance:
    """What PowerOffice gets for an invoice, or why it cannot be had."""
    invoice = source.document
    assert invoice is not None
    try:
        if rules.mode is InvoiceMode.VOUCHER:
            return _voucher(invoice, linked, source.values.get("total"))
        return _order(invoice, linked, rules)
    except _HinderedError as hindered:
        return hindered.hindrance


def _order(invoice: Invoice, linked: Linked, rules: Invoicing) -> Order:
    credited = linked.get((Kind.INVOICE, invoice.credits_id))
    number = str(credited.base.get("invoice_number") or "") if credited else ""
    return Order(
        customer_id=_customer(invoice, linked),
        customer_reference=invoice.customer_reference,
        imported_number=int(invoice.number) if _is_whole(invoice.number) else None,
        date=invoice.date,
        currency=invoice.currency,
        lines=tuple(_line(line, invoice, linked, rules) for line in invoice.lines),
        credits=int(number) if number.isdecimal() else None,
    )


def _is_whole(number: str) -> bool:
    return number.isascii() and number.isdecimal() and len(number) <= 18


def _customer(invoice: Invoice, linked: Linked) -> str:
    link = linked.get((Kind.CUSTOMER, invoice.customer_id))
    if link is None:
        raise _HinderedError(
            Hindrance(
                "its customer is not in PowerOffice",
                "See why: tribe-po push-relations --dry-run",
                (Kind.CUSTOMER, invoice.customer_id),
            )
        )
    _refuse_unusable(link, "customer")
    return link.poweroffice_id


def _refuse_unusable(link: Link, what: str) -> None:
    if link.parked:
        raise _HinderedError(
            Hindrance(
                f"its {what} {link.label} is {link.parked}",
                f"See what is left of it: tribe-po explain {link.poweroffice_id}",
            )
        )
    if link.seen_in(System.POWEROFFICE).get("inactive"):
        raise _HinderedError(
            Hindrance(
                f"its {what} {link.label} is archived in PowerOffice",
                f"Take the {what} out of the archive there; the next run picks the invoice up.",
            )
        )


def _line(line: InvoiceLine, invoice: Invoice, linked: Linked, rules: Invoicing) -> OrderLine:
    if line.price is None:
        return OrderLine(reference=line.id, text=line.text)
    product_id, product_code = _product(line, linked, rules)
    discount = allowance(line.discount, invoice.discount)
    # A negative price is written as a negative quantity, which is how PowerOffice credits.
    sign = -1 if line.price < 0 else 1
    return OrderLine(
        reference=line.id,
        text=line.text,
        product_id=product_id,
        product_code=product_code,
        quantity=line.quantity * sign,
        price=_net_price(line, invoice, discount) * sign,
        allowance=discount,
    )


def _product(line: InvoiceLine, linked: Linked, rules: Invoicing) -> tuple[str, str]:
    """The id or else the code of the product to name in PowerOffice."""
    if line.product_id and not rules.products_by_code:
        link = linked.get((Kind.PRODUCT, line.product_id))
        if link is None:
            raise _HinderedError(
                Hindrance(
                    f"the product of its line {line.text!r} is not in PowerOffice",
                    "See why: tribe-po push-products --dry-run",
                    (Kind.PRODUCT, line.product_id),
                )
            )
        _refuse_unusable(link, "product")
        return link.poweroffice_id, ""
    if line.product_id and line.product_code:
        return "", line.product_code
    vat = line.vat or Decimal(0)
    code = rules.free_text_products.get(vat)
    if code is None:
        raise _HinderedError(
            Hindrance(
                f"its line {line.text!r} has no product, and PowerOffice needs one",
                f"Name the product to use in TRIBE_PO_FREE_TEXT_PRODUCTS, such as "
                f"{per_cent(vat)}=TRIBE-{per_cent(vat)}, and create it in PowerOffice.",
            )
        )
    return "", code


def _net_price(line: InvoiceLine, invoice: Invoice, discount: Decimal) -> Decimal:
    """The price without VAT that makes PowerOffice's sum of the line what Tribe's is: with as few
    decimals as will do."""
    assert line.price is not None
    if not invoice.includes_vat:
        return line.price
    vat = line.vat or Decimal(0)
    wanted = sums_of_line(line, invoice).net
    exact = line.price * 100 / (100 + vat)
    times = line.quantity * (1 - discount / 100)
    # Tribe rounds the sum with VAT first: the price that divides evenly may miss its sum by an øre.
    bases = (exact, wanted / times) if times else (exact,)
    for decimals, base in ((d, b) for b in bases for d in range(2, _MOST_DECIMALS + 1)):
        price = base.quantize(Decimal(1).scaleb(-decimals), context=_PRECISE)
        if rounded(times * price) == wanted:
            return price
    return exact


def _voucher(invoice: Invoice, linked: Linked, total: Value) -> Voucher:
    """The voucher that comes to `total`, which Tribe tells of the invoice: it is final, so that a
    sum cannot be compared afterwards as with an order."""
    if not _is_whole(invoice.number):
        raise _HinderedError(
            Hindrance(
                f"its number {invoice.number} is not a whole number, which a voucher needs",
                "Let Tribe number invoices without letters, or enter it in PowerOffice by hand.",
            )
        )
    if invoice.date is None or invoice.due_date is None:
        raise _HinderedError(
            Hindrance(
                "Tribe tells no date or no due date of it, and a voucher needs both",
                "Enter it in PowerOffice by hand.",
            )
        )
    lines = _voucher_lines(invoice)
    gross = sum((line.gross for line in lines), Decimal(0))
    _refuse_what_cannot_be_posted(lines, gross, total)
    return Voucher(
        customer_id=_customer(invoice, linked),
        customer_reference=invoice.customer_reference,
        number=int(invoice.number),
        date=invoice.date,
        due_date=invoice.due_date,
        currency=invoice.currency,
        payment_reference=invoice.payment_reference,
        gross=gross,
        lines=lines,
    )


def _voucher_lines(invoice: Invoice) -> tuple[VoucherLine, ...]:
    gross: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    for line in invoice.lines:
        if line.price is not None:
            gross[line.vat or Decimal(0)] += sums_of_line(line, invoice).total
    return tuple(VoucherLine(vat, gross[vat]) for vat in sorted(gross, reverse=True) if gross[vat])


def _refuse_what_cannot_be_posted(
    lines: tuple[VoucherLine, ...], gross: Decimal, total: Value
) -> None:
    """PowerOffice wants an amount, and all lines of its sign (poweroffice.md section 11.6)."""
    by_rate = ", ".join(f"{line.gross} with {per_cent(line.vat)} %" for line in lines)
    if gross != total:
        reason = f"its lines come to {gross} with VAT, but Tribe says {total}"
    elif not gross:
        reason = "it comes to nothing, and a voucher needs an amount"
    elif any((line.gross < 0) is not (gross < 0) for line in lines):
        reason = f"its sums by VAT are of both signs, which no voucher can have: {by_rate}"
    else:
        return
    raise _HinderedError(Hindrance(reason, "Enter it in PowerOffice by hand."))
