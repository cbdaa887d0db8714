"""Invoices and payments, from the phase Sent in Tribe to the phase Paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.scenarios.office import Office, lose_state
from tests.scenarios.world import NO_LIMITS, World
from tribe_po.errors import ExitCode, GuardRefused, ModuleMissing
from tribe_po.passes.invoice import invoice
from tribe_po.passes.run import Options
from tribe_po.records import Kind
from tribe_po.sandbox.faults import DropAfter, DropBefore, Fault
from tribe_po.sync.change import Status


def test_a_sent_invoice_becomes_a_draft_once(w: World) -> None:
    office = Office(w)
    sent = office.sent()
    first = office.export()
    assert (first.exit_code, first.counts["create"]) == (ExitCode.OK, 1)
    assert office.link(sent).base["total"] == Decimal(250)
    for again in (office.export(), office.export(full=True)):
        assert (again.exit_code, again.changes) == (ExitCode.OK, ())
    assert len(office.orders()) == 1


def test_a_booked_invoice_is_paid(w: World) -> None:
    office = Office(w, "book")
    sent = office.sent()
    report = office.export()
    assert report.exit_code is ExitCode.OK, [one.reason for one in report.changes]
    assert len(office.invoices()) == 1
    booked = office.invoices()[0]
    w.later(timedelta(hours=1))
    w.poweroffice.pay(booked.id, Decimal(250))
    report = office.payments()
    assert [one.status for one in report.changes] == [Status.DONE]
    assert office.phase(sent) == "Paid"
    assert office.payments().changes == ()
    assert office.export().changes == ()


def test_a_draft_of_an_interrupted_export_is_booked_whichever_pass_finds_it(w: World) -> None:
    office = Office(w, "book")
    office.sent()
    w.sandbox.faults.add(Fault("poweroffice", "POST", r"/Complete$", DropAfter()))
    w.sandbox.faults.add(Fault("poweroffice", "GET", r"/v2/", DropBefore(), times=1000, skip=3))
    assert office.export().exit_code is ExitCode.TEMPORARY
    assert (len(office.orders()), office.invoices()) == (1, [])
    w.sandbox.faults.clear()
    assert [one.reason for one in office.payments(full=True).changes] == ["matched by mark"]
    assert office.export().exit_code is ExitCode.OK
    assert (office.orders(), len(office.invoices())) == ([], 1)
    assert office.silent()


def test_free_text_text_alone_mixed_vat_and_discounts(w: World) -> None:
    office = Office(w, "book")
    for vat, account in ((15, 470_003_010), (0, 470_003_100)):
        w.poweroffice.add_product(
            Name=f"Fritt {vat}", Code=f"FREE-{vat}", StandardSalesAccountId=account, UnitPrice=1
        )
    office.sent(
        {"Description": "Prosjekt Alfa"},
        {"Product": office.product, "Quantity": 1.5, "Price": 99.995, "DiscountPercentage": 10},
        {"Description": "Mat", "Quantity": 3, "Price": 33.33, "VatGroup": 15},
        {"Description": "Porto", "Quantity": 1, "Price": 12.5, "VatGroup": 0},
        DiscountPercentage=5,
    )
    report = office.export()
    assert report.exit_code is ExitCode.OK, [one.reason for one in report.changes]
    booked = office.invoices()[0].values
    # 128.24 + 94.99 + 11.88 net; VAT 32.06 and 14.25
    assert (booked["NetAmount"], booked["TotalAmount"]) == (235.11, 281.42)


def test_free_text_without_a_product_for_it_is_quarantined(w: World) -> None:
    office = Office(w)
    office.sent({"Description": "Kaffe", "Quantity": 1, "Price": 10, "VatGroup": 12})
    report = office.export()
    assert report.exit_code is ExitCode.RECORDS_LEFT
    assert "TRIBE_PO_FREE_TEXT_PRODUCTS" in report.quarantined[0].next_step
    assert office.orders() == []


def test_prices_with_vat_and_a_credit_note(w: World) -> None:
    office = Office(w, "book")
    line = {"Product": office.product, "Quantity": 3, "Price": 99.9, "VatGroup": 25}
    office.sent(line, IsVatIncluded=True)
    office.sent({**line, "Quantity": 1, "Price": -125}, IsVatIncluded=True)
    assert office.export().exit_code is ExitCode.OK
    totals = sorted(one.values["TotalAmount"] for one in office.invoices())
    assert totals == [-125, 299.7]


def test_sums_that_differ_are_never_booked(w: World) -> None:
    office = Office(w, "book")
    # Tribe says 15 %, the product's account in PowerOffice 25 %.
    office.sent({"Product": office.product, "Quantity": 1, "Price": 100, "VatGroup": 15})
    report = office.export()
    assert report.exit_code is ExitCode.RECORDS_LEFT
    assert "115" in report.quarantined[0].reason
    assert "125" in report.quarantined[0].reason
    assert (office.invoices(), len(office.orders())) == ([], 1)
    assert office.export().changes == ()


def test_sent_without_a_number_waits(w: World) -> None:
    office = Office(w)
    line = {"Product": office.product, "Quantity": 2, "Price": 100}
    identity = w.tribe.add_invoice(office.customer, [line])
    w.tribe.set_phase(identity, "Sent")
    report = office.export()
    assert (report.exit_code, report.changes, office.orders()) == (ExitCode.OK, (), [])
    w.tribe.send_invoice(identity)
    office.export()
    assert len(office.orders()) == 1


def test_a_customer_that_poweroffice_lacks_is_pushed_first(w: World) -> None:
    office = Office(w)
    w.tribe_customer("Ny Kunde AS", EmailAddress="post@ny.example")
    office.customer = w.customer_in_tribe("Ny Kunde AS")["ID"]
    office.sent()
    assert office.export(dry_run=True).exit_code is ExitCode.RECORDS_LEFT
    assert office.orders() == []
    assert office.export().exit_code is ExitCode.OK
    assert len(office.orders()) == 1
    assert "Ny Kunde AS" in [one["Name"] for one in w.poweroffice.customers()]


def test_a_customer_and_a_product_that_poweroffice_lacks_are_pushed_first(w: World) -> None:
    """In the one pass, whose report tells of all that it did."""
    office = Office(w)
    office.sent()
    w.tribe_customer("Ny Kunde AS", EmailAddress="post@ny.example")
    office.customer = w.customer_in_tribe("Ny Kunde AS")["ID"]
    new = w.tribe.add_product(Name="Te", Code="TE", ProductGroup="Standard", SalesPrice=80)
    office.sent({"Product": new, "Quantity": 1, "Price": 80, "VatGroup": 25})
    report = office.export()
    assert (report.exit_code, report.counts["quarantined"]) == (ExitCode.OK, 0)
    created = sorted(one.kind for one in report.changes if one.status is Status.DONE)
    assert created == [Kind.CUSTOMER, Kind.INVOICE, Kind.INVOICE, Kind.PRODUCT]
    told = [one.counts["create"] for one in w.memory().runs if one.name == "invoice"]
    assert told == [2], "the history has the pass as one run"
    assert len(office.orders()) == 2
    assert office.export().changes == ()


def test_a_product_that_gets_its_code_by_being_pushed_does_not_change_the_invoice(
    w: World,
) -> None:
    office = Office(w)
    new = w.tribe.add_product(Name="Te", ProductGroup="Standard", SalesPrice=80)
    office.sent({"Product": new, "Quantity": 1, "Price": 80, "VatGroup": 25})
    assert office.export().exit_code is ExitCode.OK
    assert next(one["Code"] for one in w.tribe.products() if one["ID"] == new)
    report = office.export(full=True)
    assert (report.exit_code, report.counts["quarantined"]) == (ExitCode.OK, 0)


def test_what_was_sent_before_the_first_round_is_left_alone(w: World) -> None:
    office = Office(w)
    lose_state(w)
    office.sent()
    w.init()
    assert office.export().changes == ()
    assert office.export(full=True).changes == ()
    assert office.orders() == []


def test_a_lost_state_makes_no_second_order(w: World) -> None:
    office = Office(w)
    sent = office.sent()
    office.export()
    lose_state(w)
    w.init()
    assert office.link(sent).matched_by == "mark"
    assert office.export(full=True).changes == ()
    assert len(office.orders()) == 1


def test_money_above_the_limits_is_refused(w: World) -> None:
    office = Office(w)
    office.sent()
    office.sent()
    for limits, said in (
        (replace(NO_LIMITS, max_invoices=1), "2 would be exported"),
        (replace(NO_LIMITS, max_amount=Decimal("499.99")), "500"),
    ):
        report = office.export(limits=limits)
        assert (report.exit_code, office.orders()) == (ExitCode.REFUSED, [])
        assert said in str(report.error)
    at_the_limit = replace(NO_LIMITS, max_invoices=2, max_amount=Decimal(500))
    assert office.export(limits=at_the_limit).exit_code is ExitCode.OK


def test_part_of_it_paid_then_all_then_taken_back(w: World) -> None:
    office = Office(w, "book")
    w.overrides["TRIBE_PO_PARTIAL_PAYMENTS"] = "payment"
    sent = office.sent()
    office.export()
    booked = office.invoices()[0]
    w.later(timedelta(hours=1))
    w.poweroffice.pay(booked.id, Decimal(100))
    office.payments()
    assert (office.phase(sent), len(w.tribe.payments())) == ("Sent", 1)
    w.later(timedelta(hours=1))
    w.poweroffice.pay(booked.id, Decimal(150))
    office.payments()
    assert office.phase(sent) == "Paid"
    assert sorted(one["Amount"] for one in w.tribe.payments()) == [100, 150]
    assert office.payments(full=True).changes == ()


def test_a_credited_invoice_is_reported(w: World) -> None:
    office = Office(w, "book")
    sent = office.sent()
    office.export()
    w.later(timedelta(hours=1))
    w.poweroffice.credit(office.invoices()[0].id)
    report = office.payments()
    assert report.exit_code is ExitCode.RECORDS_LEFT
    assert "credited" in report.quarantined[0].reason
    assert office.phase(sent) == "Sent"


def test_no_billing_module(w: World) -> None:
    office = Office(w)
    w.tribe.dialect = replace(w.tribe.dialect, billing=False)
    lose_state(w)
    assert w.init().exit_code is ExitCode.OK
    with pytest.raises(ModuleMissing) as error:
        office.export()
    assert error.value.exit_code is ExitCode.OK


def test_vouchers_need_one_yes(w: World) -> None:
    office = Office(w, "voucher")
    w.overrides["TRIBE_PO_SALES_ACCOUNTS"] = "25=3000,15=3010,12=3020,0=3100"
    identity = w.tribe.add_invoice(
        office.customer, [{"Product": office.product, "Quantity": 2, "Price": 100}]
    )
    w.tribe.send_invoice(identity, number="20260017")
    with pytest.raises(GuardRefused):
        office.export()
    w.later()
    with w.session() as session:
        report = invoice(session, Options(limits=NO_LIMITS), confirmed=True)
    assert report.exit_code is ExitCode.OK, [one.reason for one in report.changes]
    (posted,) = office.invoices()
    assert (posted.values["InvoiceNo"], posted.values["TotalAmount"]) == (20260017, 250)
    assert office.export().changes == ()


def test_they_go_in_the_order_of_their_numbers(w: World) -> None:
    office = Office(w, "book")
    sent = [office.sent() for _ in range(12)]
    office.export()
    numbers = [int(str(office.link(one).base["invoice_number"])) for one in sent]
    assert numbers == sorted(numbers)
