"""Values in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tribe_po.output import words
from tribe_po.records import Kind, Value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Decimal("189.5"), "189.50"),
        (Decimal("99.00"), "99"),
        (Decimal("199.1304"), "199.1304"),
        (Decimal("-0.5"), "-0.50"),
        (Decimal("1E+3"), "1000"),
        (True, "yes"),
        (14, "14"),
        (None, "-"),
    ],
)
def test_a_value(value: Value, told: str) -> None:
    assert words.value(value) == told


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (Decimal(1250), "1 250.00"),
        (Decimal("99.995"), "99.995"),
        (Decimal("-1234567.5"), "-1 234 567.50"),
        (Decimal(0), "0.00"),
        (None, "-"),
    ],
)
def test_money(amount: Decimal | None, told: str) -> None:
    assert words.money(amount) == told


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        (Kind.CUSTOMER, "organization_number", "organisation number"),
        (Kind.PRODUCT, "price", "price without VAT"),
        (Kind.INVOICE, "an_older_one", "an older one"),
    ],
)
def test_a_field(kind: Kind, name: str, told: str) -> None:
    assert words.field(kind, name) == told
