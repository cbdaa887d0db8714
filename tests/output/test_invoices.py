"""What a dry run shows of invoices and payments, drawn and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.scenarios.office import Office
from tests.scenarios.world import World, world
from tribe_po.output import document, invoices, tables
from tribe_po.passes.run import Report


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def drawn(report: Report, width: int = 100, *, colour: bool = False) -> str:
    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
    )
    for part in tables.tables(report.changes, report.plan.conflicts, report.quarantined):
        console.print(part)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return str(text)


def rows(text: str) -> list[list[str]]:
    """The lines of what was drawn, each split at two or more spaces."""
    return [
        [cell for cell in (part.strip() for part in line.split("  ")) if cell]
        for line in text.splitlines()
    ]


def invoice_of(report: Report) -> dict[str, Any]:
    (only,) = json.loads(document.report(report))["changes"]
    found: dict[str, Any] = only["invoice"]
    return found


def mixed(office: Office) -> str:
    """Two VAT rates, a discount on a line and one on all, a line of text: net 223.23 + VAT 46.31.

    1.5 x 99.99 less 10 % and 5 %: 128.24; 3 x 33.33 less 5 %: 94.99. VAT 32.06 and 14.25.
    """
    office.world.poweroffice.add_product(
        Name="Fritt 15", Code="FREE-15", StandardSalesAccountId=470_003_010, UnitPrice=1
    )
    return office.sent(
        {"Description": "Prosjekt Alfa"},
        {"Product": office.product, "Quantity": 1.5, "Price": 99.995, "DiscountPercentage": 10},
        {"Description": "Mat", "Quantity": 3, "Price": 33.33, "VatGroup": 15},
        DiscountPercentage=5,
    )


def test_each_line_and_the_sums_of_both_sides(w: World) -> None:
    office = Office(w)
    mixed(office)
    report = office.export(dry_run=True)
    seen = rows(drawn(report))
    for row in (
        ["Prosjekt Alfa"],
        ["Kaffe", "1.5", "99.995", "10", "25", "128.24", "160.30"],
        ["Mat", "3", "33.33", "15", "94.99", "109.24"],
        ["Discount on all lines", "5"],
        ["In Tribe, NOK", "223.23", "269.54"],
        ["Expected in PowerOffice", "223.23", "269.54"],
        ["Difference", "0.00"],
    ):
        assert row in seen
    assert ["not booked while they differ"] not in seen
    assert any("Fjord Kaffe AS" in row for row in seen)
    assert office.orders() == []


def test_json_has_what_the_table_has(w: World) -> None:
    office = Office(w)
    mixed(office)
    made = invoice_of(office.export(dry_run=True))
    assert (made["customer"], made["currency"], made["discount"]) == ("Fjord Kaffe AS", "NOK", "5")
    text, coffee, food = made["lines"]
    assert (text["price"], text["net"]) == (None, None)
    assert (coffee["quantity"], coffee["price"], coffee["discount"]) == ("1.5", "99.995", "10")
    assert (food["vat"], food["net"], food["total"]) == ("15", "94.99", "109.24")
    assert made["tribe"] == {"net": "223.23", "total": "269.54", "vat": "25 15"}
    assert made["poweroffice"] == made["tribe"]
    assert (made["expected"], Decimal(made["difference"])) == (True, Decimal(0))
    assert made["settled"] is None


def test_vat_that_differs_is_seen_before_anything_is_written(w: World) -> None:
    office = Office(w, "book")
    # Tribe says 15 %, the product's account in PowerOffice 25 %.
    office.sent({"Product": office.product, "Quantity": 1, "Price": 100, "VatGroup": 15})
    report = office.export(dry_run=True)
    assert ["Difference", "10.00"] in rows(drawn(report))
    assert ["not booked while they differ"] in rows(drawn(report))
    assert invoice_of(report)["difference"] == "10.00"


def test_what_came_out_stands_in_place_of_what_was_expected(w: World) -> None:
    office = Office(w, "book")
    office.sent({"Product": office.product, "Quantity": 1, "Price": 100, "VatGroup": 15})
    report = office.export()
    seen = rows(drawn(report))
    assert ["In PowerOffice", "100.00", "125.00"] in seen
    assert not invoice_of(report)["expected"]


def test_prices_with_vat_say_so(w: World) -> None:
    office = Office(w)
    line = {"Product": office.product, "Quantity": 3, "Price": 99.9, "VatGroup": 25}
    office.sent(line, IsVatIncluded=True)
    report = office.export(dry_run=True)
    shown = drawn(report, 160)
    assert "prices with VAT" in shown
    assert ["Kaffe", "3", "99.90", "25", "239.76", "299.70"] in rows(shown)
    assert ["Difference", "0.00"] in rows(shown)


def test_a_voucher_is_compared_too(w: World) -> None:
    office = Office(w, "voucher")
    identity = w.tribe.add_invoice(
        office.customer, [{"Product": office.product, "Quantity": 2, "Price": 100}]
    )
    w.tribe.send_invoice(identity, number="20260017")
    assert ["Expected in PowerOffice", "200.00", "250.00"] in rows(
        drawn(office.export(dry_run=True))
    )


def test_an_order_that_waits_to_be_booked_shows_both_sums(w: World) -> None:
    office = Office(w, "book")
    w.poweroffice.switches.allow_send_invoice = False
    office.sent()
    assert office.export().error is not None
    w.poweroffice.switches.allow_send_invoice = True
    w.later(timedelta(days=1))
    report = office.export(dry_run=True)
    (row,) = [row for row in rows(drawn(report, 140)) if "issued" in row]
    assert row[2:6] == ["yes", "250.00", "250.00", "0.00"]


def test_payments_go_from_before_to_after(w: World) -> None:
    office = Office(w, "book")
    w.overrides["TRIBE_PO_PARTIAL_PAYMENTS"] = "payment"
    office.sent()
    office.export()
    booked = office.invoices()[0]
    w.later(timedelta(hours=1))
    w.poweroffice.pay(booked.id, Decimal(100))
    report = office.payments(dry_run=True)
    assert rows(drawn(report))[-1][1:4] == ["as it is", "0.00 → 100.00", "250.00 → 150.00"]
    office.payments()
    w.poweroffice.pay(booked.id, Decimal(150))
    report = office.payments(dry_run=True)
    row = ["Sent → Paid", "100.00 → 250.00", "150.00 → 0.00", "paid in PowerOffice"]
    assert row == rows(drawn(report))[-1][1:]
    settled = invoice_of(report)["settled"]
    assert settled == {
        "ledger": "paid",
        "paid": {"from": "100.00", "to": "250.00"},
        "open": {"from": "150.00", "to": "0.00"},
    }


def test_a_payment_taken_back_opens_the_invoice_again(w: World) -> None:
    office = Office(w, "book")
    office.sent()
    office.export()
    booked = office.invoices()[0]
    w.later(timedelta(hours=1))
    payment = w.poweroffice.pay(booked.id, Decimal(250))
    office.payments()
    w.poweroffice.unpay(payment)
    report = office.payments(dry_run=True)
    assert rows(drawn(report))[-1][1:4] == ["Paid → Sent", "250.00 → 0.00", "0.00 → 250.00"]


def test_many_lines_are_cut_short(w: World) -> None:
    office = Office(w)
    line = {"Product": office.product, "Quantity": 1, "Price": 1, "VatGroup": 25}
    office.sent(*[line] * (invoices.MOST_LINES + 3))
    report = office.export(dry_run=True)
    assert ["… 3 more lines, see --output json"] in rows(drawn(report))
    assert len(invoice_of(report)["lines"]) == invoices.MOST_LINES + 3


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize("colour", [False, True])
def test_it_fits_the_terminal_and_breaks_no_number(w: World, width: int, colour: bool) -> None:
    office = Office(w)
    mixed(office)
    office.sent({"Product": office.product, "Quantity": 1250, "Price": 123456.789})
    shown = drawn(office.export(dry_run=True), width, colour=colour)
    assert ("\x1b" in shown) is colour
    plain = drawn(office.export(dry_run=True), width)
    assert max(map(len, plain.splitlines())) <= width
    # 1250 x 123 456.789, and a quarter more
    for amount in ("154 320 986.25", "192 901 232.81", "123 456.789"):
        assert amount in plain


def test_a_line_cannot_steer_the_terminal(w: World) -> None:
    office = Office(w)
    office.sent({"Product": office.product, "Description": "a\x1b[2J", "Quantity": 1, "Price": 1})
    assert "\x1b" not in drawn(office.export(dry_run=True))


def test_invoices_stand_in_the_order_of_their_numbers(w: World) -> None:
    office = Office(w)
    line = {"Product": office.product, "Quantity": 1, "Price": 1, "VatGroup": 25}
    for number in ("1000", "999", "1001"):
        identity = w.tribe.add_invoice(office.customer, [line])
        w.tribe.send_invoice(identity, number=number)
    told = [row[0] for row in rows(drawn(office.export(dry_run=True))) if row]
    assert [one for one in told if one in ("999", "1000", "1001")] == ["999", "1000", "1001"]
