"""Net prices out of gross ones and back. Pure arithmetic; a VAT rate is in per cent.

What counts is that a price that goes to Tribe is read there as the same price again: otherwise it
would look as if somebody had changed it, and go back to the accounts as another one.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_ORE = Decimal("0.01")
_NET = Decimal("0.0001")
_GROSS = Decimal("0.000001")


class VatUnknown(Exception):
    """A price includes VAT at a rate that is not known."""


def net_of(gross: Decimal, vat: Decimal) -> Decimal:
    """Give the price without VAT, to four decimals."""
    return (gross / _factor(vat)).quantize(_NET, ROUND_HALF_UP)


def gross_of(net: Decimal, vat: Decimal) -> Decimal:
    """Give the price with VAT in whole øre, or with as many more decimals as it takes for `net_of`
    to give back the net price: 80 is 100.00 at 25 %, but 33.33 is 41.6625, since 41.66 is 33.328.
    """
    exact = net * _factor(vat)
    whole = exact.quantize(_ORE, ROUND_HALF_UP)
    if net_of(whole, vat) == net.quantize(_NET, ROUND_HALF_UP):
        return whole
    return exact.quantize(_GROSS, ROUND_HALF_UP).normalize()


def _factor(vat: Decimal) -> Decimal:
    return 1 + vat / 100
