"""What an invoice comes to on both sides, before and after it was copied, and how much is paid.

Shown to people, and to programs as JSON. What is booked is decided in `tribe_po.sync.invoices`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tribe_po.invoices import (
    Comparison,
    Invoice,
    Order,
    OrderLine,
    Payment,
    Settled,
    Sums,
    Voucher,
    per_cent,
    rounded,
)
from tribe_po.records import Kind, Link, Record, System, Values
from tribe_po.settings import Invoicing
from tribe_po.sync.orders import Linked

LEDGER_CURRENCY = "NOK"
"""The customer ledger is kept in NOK alone (poweroffice.md section 17, 23)."""


def before_export(source: Record, order: Order | Voucher, linked: Linked) -> Comparison:
    """Compare Tribe's sums with those that PowerOffice is expected to come to."""
    invoice = source.document
    assert invoice is not None
    customer = linked.get((Kind.CUSTOMER, invoice.customer_id))
    if isinstance(order, Voucher):
        expected: Sums | None = _of_voucher(order)
    else:
        expected = _of_order(order, invoice, linked)
    return Comparison(
        customer=customer.label if customer else "",
        currency=invoice.currency,
        tribe=_told(source.values),
        poweroffice=expected,
        expected=True,
    )


def of_link(link: Link, customer: str = "") -> Comparison:
    """Compare the sums that both sides told of an invoice that was copied."""
    tribe, poweroffice = (link.seen_in(side) for side in (System.TRIBE, System.POWEROFFICE))
    return Comparison(
        customer=customer,
        currency=str(tribe.get("currency") or ""),
        tribe=_told(tribe),
        poweroffice=_told(poweroffice),
        expected=False,
    )


def settled_of(link: Link, rules: Invoicing) -> Settled:
    """How much of an invoice was paid as far as Tribe knew, and is by the ledger. An invoice in a
    phase that says so counts as paid in full. An amount is None where it is not known in NOK."""
    tribe, ledger = link.seen_in(System.TRIBE), link.seen_in(System.POWEROFFICE)
    total = tribe.get("total")
    in_kroner = tribe.get("currency") in (None, LEDGER_CURRENCY)
    known = tribe.get("settled")
    phase, paid_phase = tribe.get("phase"), rules.phases.get(Payment.PAID)
    if phase and paid_phase and str(phase).casefold() == paid_phase.casefold():
        known = total
    now = ledger.get("settled")
    return Settled(
        payment=str(link.base.get("payment") or ""),
        total=total if in_kroner and isinstance(total, Decimal) else None,
        before=known if isinstance(known, Decimal) else Decimal(0),
        after=now if isinstance(now, Decimal) else Decimal(0),
    )


def _told(values: Values) -> Sums | None:
    net, total = values.get("net"), values.get("total")
    if not isinstance(net, Decimal) or not isinstance(total, Decimal):
        return None
    return Sums(net, total, str(values.get("vat") or ""))


def _of_voucher(voucher: Voucher) -> Sums:
    net = sum((rounded(one.gross * 100 / (100 + one.vat)) for one in voucher.lines), Decimal(0))
    return Sums(net, voucher.gross, " ".join(per_cent(one.vat) for one in voucher.lines))


def _of_order(order: Order, invoice: Invoice, linked: Linked) -> Sums | None:
    """The sums that follow from the order's prices and the VAT of its products in PowerOffice,
    rounded line by line; None where the VAT of one is not known."""
    rates = [
        _rate(ours, theirs.product_id, theirs.vat, linked)
        for ours, theirs in zip(order.lines, invoice.lines, strict=True)
        if ours.price is not None
    ]
    known = [rate for rate in rates if rate is not None]
    priced = [line for line in order.lines if line.price is not None]
    return _summed(priced, known) if len(known) == len(rates) else None


def _rate(line: OrderLine, tribe_id: str, vat: Decimal | None, linked: Linked) -> Decimal | None:
    """The VAT per cent of a line: its product's. One that is named by its code alone was chosen
    for the VAT that Tribe has."""
    if not line.product_id:
        return vat or Decimal(0)
    product = linked.get((Kind.PRODUCT, tribe_id))
    told = product.seen_in(System.POWEROFFICE).get("vat") if product else None
    return told if isinstance(told, Decimal) else None


def _summed(lines: Sequence[OrderLine], rates: Sequence[Decimal]) -> Sums:
    nets = [
        rounded(line.quantity * (line.price or Decimal(0)) * (1 - line.allowance / 100))
        for line in lines
    ]
    vat = [rounded(net * rate / 100) for net, rate in zip(nets, rates, strict=True)]
    net = sum(nets, Decimal(0))
    return Sums(net, net + sum(vat, Decimal(0)), " ".join(map(per_cent, rates)))
