"""Whatever an invoice is: its sum is the same on both sides, or it is not booked."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos.histories import SEED
from tests.chaos.random_invoices import ALL_WAYS, Ways, sold
from tribe_po.sync import invoices, orders

FEW = 60
"""For each of the ways; three hundred in all."""

MANY, BATCHES = 500, 20
"""Ten thousand in all; each batch in a sandbox of its own."""


@pytest.mark.parametrize("ways", ALL_WAYS, ids=str)
def test_random_invoices_are_even_or_not_booked(tmp_path: Path, ways: Ways) -> None:
    _sell(tmp_path, FEW, ways, f"{SEED} {ways}")


@pytest.mark.chaos
@pytest.mark.parametrize("batch", range(BATCHES))
def test_ten_thousand_random_invoices(tmp_path: Path, batch: int) -> None:
    _sell(tmp_path, MANY, ALL_WAYS[batch % len(ALL_WAYS)], f"{SEED} {batch}")


def _sell(folder: Path, count: int, ways: Ways, seed: str) -> None:
    try:
        outcome = sold(folder, count, ways, random.Random(seed))
    except AssertionError as wrong:
        pytest.fail(f"SEED={SEED}, {ways}: {wrong}")
    assert sum(outcome.values()) == count
    # One that books nothing would never book anything wrong.
    assert outcome["booked"] >= count // 3, f"SEED={SEED}"


@pytest.mark.parametrize(
    ("ways", "module", "check", "broken"),
    [
        (Ways("book", "sums", "lines"), invoices, "differing_sums", {}),
        (Ways("book", "lines", "sums"), invoices, "differing_sums", {}),
        (Ways("voucher", "sums", "lines"), orders, "_refuse_what_cannot_be_posted", None),
    ],
    ids=str,
)
def test_a_tool_that_does_not_compare_is_found_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ways: Ways,
    module: object,
    check: str,
    broken: object,
) -> None:
    monkeypatch.setattr(module, check, lambda *_given: broken)
    with pytest.raises(AssertionError, match=r"became|booked in spite of"):
        sold(tmp_path, FEW, ways, random.Random(f"{SEED} {ways}"))
