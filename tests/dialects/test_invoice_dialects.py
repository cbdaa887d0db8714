"""The story of two invoices, from their export to their payment, in whatever dialect the servers
speak."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.crash import Crash, Way
from tests.chaos.invoice_story import Story, goes_on
from tests.dialects.dialects import DIALECTS, NET_LINES, VAT_ON_TOP, Dialect
from tests.scenarios.world import world

EDITION_2025 = "the 2025 edition"
"""It knows no vouchers of invoices."""
NO_VOUCHERS = {
    EDITION_2025: "its customer is not in PowerOffice",
    "invoices without dates": "Tribe tells no date",
    NET_LINES: "Not in balance",
    VAT_ON_TOP: "312.5",
}
"""The dialects in which no voucher can be posted, or no second one, with part of the reason for
which the invoices are listed. Without vouchers the pass ends before it reaches the second."""
FROZEN = "phases of sent invoices are frozen"
NO_BILLING = "no Billing module"
INVOICED = [dialect for dialect in DIALECTS if dialect.name != NO_BILLING]

UNDISTURBED = {
    "book": [
        ("Paid", [100, 150], [(250, 0)], [True]),
        ("Sent", [-250, 250], [(250, 250)], [True]),
    ],
    "draft": [("Sent", [], [(250, None)], [None])] * 2,
}
UNDISTURBED["voucher"] = UNDISTURBED["book"]


def _tell(folder: Path, mode: str, dialect: Dialect) -> None:
    with world(folder) as w:
        dialect.set_up(w)
        story = Story(w, mode, Crash(0, Way.BEFORE), goes_on)
        story.play()
        story.nothing_twice()
        if mode == "voucher" and dialect.name in NO_VOUCHERS:
            copies = [copies for _, _, copies, _ in story.outcome()]
            reasons = [one.reason for one in w.memory().quarantine.values()]
            posted = dialect.name == VAT_ON_TOP
            assert len([one for one in copies if one]) == posted
            assert all(NO_VOUCHERS[dialect.name] in reason for reason in reasons)
            assert len(reasons) == (1 if dialect.name == EDITION_2025 else 2)
            return
        if dialect.name == FROZEN:
            assert {phase for phase, *_ in story.outcome()} == {"Sent"}
            return
        assert story.outcome() == UNDISTURBED[mode]
        assert story.office.silent()


@pytest.mark.parametrize("dialect", INVOICED, ids=lambda dialect: dialect.name)
def test_invoices_are_booked_and_paid_in_every_dialect(tmp_path: Path, dialect: Dialect) -> None:
    _tell(tmp_path, "book", dialect)


@pytest.mark.chaos
@pytest.mark.parametrize("mode", ["draft", "voucher"])
@pytest.mark.parametrize("dialect", INVOICED, ids=lambda dialect: dialect.name)
def test_drafts_and_vouchers_in_every_dialect(tmp_path: Path, dialect: Dialect, mode: str) -> None:
    _tell(tmp_path, mode, dialect)
