"""What Tribe computes of a product line and of an invoice, with Decimal (tribe.md 10.1, 10.2).

Each line is rounded half up to hundredths by itself; an invoice is the sum of its lines after its
own discount, which a line's own totals do not have. A tenant may round the VAT of an invoice for
the sum of each rate instead, and half an øre to the even one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from operator import attrgetter

from tribe_po.sandbox.tribe.sales_model import INVOICE, PRODUCT_LINE
from tribe_po.sandbox.tribe.store import Compute, Record, Scalar, Store

_HUNDREDTH = Decimal("0.01")
_BASE_CURRENCY = "NOK"


@dataclass(frozen=True, slots=True)
class _Sums:
    """`total` is in the terms of the price: with or without VAT."""

    total: Decimal
    excluding: Decimal
    including: Decimal

    @property
    def vat(self) -> Decimal:
        return self.including - self.excluding


_Part = Callable[[_Sums], Decimal]
_excluding: _Part = attrgetter("excluding")
_including: _Part = attrgetter("including")
_vat: _Part = attrgetter("vat")
_total: _Part = attrgetter("total")


def _sums(store: Store, line: Record, price: str, *, after_discount: bool) -> _Sums | None:
    """None for a line without a price: it is text only. `after_discount`: the invoice's."""
    if line.values.get(price) is None:
        return None
    total = _number(line, "Quantity") * _number(line, price) * _share(line)
    invoice = store.follow(line, "Activity")
    if invoice is not None and after_discount:
        total *= _share(invoice)
    percentage = Decimal(str(_vat_percentage(store, line) or 0))
    included = invoice is not None and invoice.values.get("IsVatIncluded") is True
    return _with_vat(store, _rounded(store, total), percentage, included=included)


def _with_vat(store: Store, total: Decimal, percentage: Decimal, *, included: bool) -> _Sums:
    if included:
        return _Sums(total, _rounded(store, total * 100 / (100 + percentage)), total)
    return _Sums(total, total, total + _rounded(store, total * percentage / 100))


def _number(record: Record, name: str) -> Decimal:
    return Decimal(str(record.values.get(name) or 0))


def _share(record: Record) -> Decimal:
    return 1 - _number(record, "DiscountPercentage") / 100


def _rounded(store: Store, amount: Decimal) -> Decimal:
    return amount.quantize(_HUNDREDTH, ROUND_HALF_EVEN if store.half_to_even else ROUND_HALF_UP)


def _wire(amount: Decimal) -> Scalar:
    return int(amount) if amount == int(amount) else float(amount)


def _vat_percentage(store: Store, line: Record) -> Scalar:
    group = store.follow(line, "VatGroup")
    return None if group is None else group.values.get("Percentage")


def _total_purchase_price(store: Store, line: Record) -> Scalar:
    if line.values.get("PurchasePrice") is None:
        return None
    return _wire(_rounded(store, _number(line, "Quantity") * _number(line, "PurchasePrice")))


def _of_line(part: _Part, price: str, *, after_discount: bool = False) -> Compute:
    def read(store: Store, line: Record) -> Scalar:
        sums = _sums(store, line, price, after_discount=after_discount)
        return None if sums is None else _wire(part(sums))

    return read


def _of_invoice(part: _Part, price: str) -> Compute:
    def read(store: Store, invoice: Record) -> Scalar:
        if price == "PriceInCurrency" and not _is_foreign(invoice):
            return None
        return _wire(sum(map(part, _each_part(store, invoice, price)), Decimal()))

    return read


def _each_part(store: Store, invoice: Record, price: str) -> Iterable[_Sums]:
    """What is rounded by itself: each line, or the sum of each rate."""
    by_rate: dict[Decimal, Decimal] = {}
    for line in store.inverse(invoice, store.model.navigations(INVOICE)["ProductLines"]):
        sums = _sums(store, line, price, after_discount=True)
        if sums is None:
            continue
        if not store.vat_of_sums:
            yield sums
        else:
            rate = Decimal(str(_vat_percentage(store, line) or 0))
            by_rate[rate] = by_rate.get(rate, Decimal()) + sums.total
    included = invoice.values.get("IsVatIncluded") is True
    for rate, total in by_rate.items():
        yield _with_vat(store, total, rate, included=included)


def _is_foreign(invoice: Record) -> bool:
    return invoice.values.get("Currency") not in (None, "", _BASE_CURRENCY)


def _table(suffix: str) -> dict[str, tuple[tuple[str, Compute], ...]]:
    price = f"Price{suffix}"
    shared = {"TotalExcludingVat": _excluding, "TotalIncludingVat": _including, "VatAmount": _vat}
    rows: dict[str, tuple[tuple[str, Compute], ...]] = {
        name + suffix: ((PRODUCT_LINE, _of_line(part, price)), (INVOICE, _of_invoice(part, price)))
        for name, part in shared.items()
    }
    discounted = _of_line(_vat, price, after_discount=True)
    return rows | {
        f"Total{suffix}": ((PRODUCT_LINE, _of_line(_total, price)),),
        f"VatAmountIncludingDiscount{suffix}": ((PRODUCT_LINE, discounted),),
    }


# By property, the function for each type that has it.
TOTALS: dict[str, tuple[tuple[str, Compute], ...]] = {
    **_table(""),
    **_table("InCurrency"),
    "VatPercentage": ((PRODUCT_LINE, _vat_percentage),),
    "TotalPurchasePrice": ((PRODUCT_LINE, _total_purchase_price),),
}
