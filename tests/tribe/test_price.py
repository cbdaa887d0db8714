"""Prices with and without VAT."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tribe_po.tribe.price import gross_of, net_of

ORE = Decimal("0.01")
RATES = st.sampled_from([Decimal(rate) for rate in ("0", "12", "15", "25", "11.11")])


def ore(amount: Decimal) -> Decimal:
    return amount.quantize(ORE, ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("gross", "vat", "net"),
    [
        ("100", "25", "80"),
        ("99.90", "25", "79.92"),
        ("49.90", "15", "43.3913"),
        ("10", "12", "8.9286"),
        ("10", "0", "10"),
        ("0", "25", "0"),
        ("-100", "25", "-80"),
    ],
)
def test_a_net_price_has_four_decimals(gross: str, vat: str, net: str) -> None:
    assert net_of(Decimal(gross), Decimal(vat)) == Decimal(net)


@pytest.mark.parametrize(
    ("net", "vat", "gross"),
    [
        ("80", "25", "100"),
        ("43.3913", "15", "49.90"),
        ("8.9286", "12", "10"),
        ("33.33", "25", "41.6625"),
        ("0.4567", "25", "0.570875"),
        ("33.33", "0", "33.33"),
    ],
)
def test_a_gross_price_has_no_more_decimals_than_it_takes(net: str, vat: str, gross: str) -> None:
    found = gross_of(Decimal(net), Decimal(vat))
    assert found == Decimal(gross)


@given(st.decimals("0", "999999", places=2), RATES)
def test_a_price_in_ore_survives_tribe(net: Decimal, vat: Decimal) -> None:
    gross = gross_of(net, vat)
    assert net_of(gross, vat) == net
    assert ore(gross) == ore(net * (1 + vat / 100))


@given(st.decimals("0", "999999", places=4), RATES)
def test_so_does_one_with_four_decimals(net: Decimal, vat: Decimal) -> None:
    assert net_of(gross_of(net, vat), vat) == net


@given(st.decimals("0", "999999", places=2), RATES)
def test_a_gross_price_in_ore_survives_the_accounts(gross: Decimal, vat: Decimal) -> None:
    assert gross_of(net_of(gross, vat), vat) == gross
