"""Invoices that Tribe has sent itself, posted in PowerOffice as they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.scenarios.office import SOON, Office, cause, lose_state
from tests.scenarios.world import World
from tribe_po.errors import ExitCode, GuardRefused, SettingsError
from tribe_po.passes.by_hand import accept
from tribe_po.sandbox.faults import Fault, Status

NUMBER = "20260017"


@pytest.fixture
def office(w: World) -> Office:
    """An office that somebody has said yes for."""
    made = Office(w, "voucher")
    assert made.export(confirmed=True).exit_code is ExitCode.OK
    return made


def goods(office: Office, **fields: Any) -> dict[str, Any]:
    return {"Product": office.product, "Quantity": 2, "Price": 100, "VatGroup": 25, **fields}


def posted_lines(office: Office) -> list[tuple[int, float, float]]:
    """Account number, VAT rate and sum with VAT of each line of the one voucher."""
    (posted,) = office.invoices()
    return [(one["AccountNo"], one["VatRate"], one["TotalAmount"]) for one in posted.lines]


def test_number_dates_and_one_line_for_each_vat_rate(office: Office, w: World) -> None:
    sent = office.sent_as(
        NUMBER,
        {"Description": "Prosjekt Alfa"},
        goods(office),
        goods(office, Price=50, DiscountPercentage=10),
        {"Description": "Mat", "Quantity": 3, "Price": 33.33, "VatGroup": 15},
        {"Description": "Porto", "Quantity": 1, "Price": 12.5, "VatGroup": 0},
    )
    report = office.export()
    assert report.exit_code is ExitCode.OK, [one.reason for one in report.changes]
    posted = office.booked()
    dates = (posted["VoucherDate"], posted["DueDate"])
    tribe = office.in_tribe(sent)
    assert dates == (tribe["InvoiceDate"], tribe["ExpirationDate"])
    assert (posted["InvoiceNo"], posted["TotalAmount"]) == (int(NUMBER), 489.99)
    assert tribe["TotalIncludingVat"] == 489.99
    # 290 and 72.50; 99.99 and 15.00; 12.50
    assert posted_lines(office) == [(3000, 0.25, 362.5), (3010, 0.15, 114.99), (3100, 0, 12.5)]
    assert office.silent()
    w.poweroffice.pay(posted["Id"])
    office.payments()
    assert office.phase(sent) == "Paid"
    assert office.silent()


def test_discount_on_the_header_and_prices_with_vat(office: Office) -> None:
    sent = office.sent_as(
        NUMBER,
        goods(office, Price=99.9, Quantity=3),
        IsVatIncluded=True,
        DiscountPercentage=5,
    )
    assert office.export().exit_code is ExitCode.OK
    assert posted_lines(office) == [(3000, 0.25, 284.72)]
    assert office.in_tribe(sent)["TotalIncludingVat"] == 284.72
    assert office.silent()


def test_each_line_rounded_by_itself_counts_for_the_sum(office: Office) -> None:
    """PowerOffice takes the VAT out of the sum, Tribe adds it to every line: the sum with VAT is
    what the customer owes, and the same; the one without may be an øre off."""
    office.sent_as(NUMBER, *(goods(office, Quantity=1, Price=33.33) for _ in range(3)))
    assert office.export().exit_code is ExitCode.OK
    assert posted_lines(office) == [(3000, 0.25, 124.98)]
    for full in (False, True):
        report = office.payments(full=full)
        assert (report.exit_code, report.changes) == (ExitCode.OK, ())
        report = office.export(full=full)
        assert (report.exit_code, report.changes) == (ExitCode.OK, ())
    assert office.silent()


def test_a_credit_note(office: Office) -> None:
    office.sent_as(NUMBER, goods(office, Quantity=-1))
    assert office.export().exit_code is ExitCode.OK
    posted = office.booked()
    assert (posted["VoucherType"], posted["TotalAmount"]) == ("OutgoingCreditNote", -125)
    assert office.silent()


def test_a_foreign_currency(office: Office) -> None:
    office.sent_as(NUMBER, goods(office, Price=1173, PriceInCurrency=100), Currency="EUR")
    assert office.export().exit_code is ExitCode.OK
    posted = office.booked()
    assert (posted["CurrencyCode"], posted["TotalAmount"]) == ("EUR", 250)
    assert office.silent()


@pytest.mark.parametrize("state_is_lost", [False, True])
def test_a_voucher_that_is_reversed_is_never_posted_again(
    office: Office, w: World, state_is_lost: bool
) -> None:
    sent = office.sent_as(NUMBER, goods(office))
    office.export()
    w.poweroffice.voucher_desk.reverse(office.booked()["Id"])
    if state_is_lost:
        lose_state(w)
        w.init()
    assert "reversed in PowerOffice" in cause(office.payments(full=state_is_lost))
    for full in (False, True):
        assert office.export(full=full, confirmed=True).changes == ()
    assert (len(office.invoices()), office.phase(sent)) == (1, "Sent")
    assert office.silent()


@pytest.mark.parametrize("number", ["F-2026-17", "2026/17", "17A"])
def test_a_number_that_is_not_whole(office: Office, number: str) -> None:
    office.sent_as(number, goods(office))
    why = cause(office.export())
    assert number in why
    assert "not a whole number" in why
    assert office.invoices() == []
    assert office.silent()


KID = "2026001700"


@pytest.mark.parametrize(
    ("on_the_wire", "in_the_settings"),
    [
        ("_9ecc8d21__f69a__4f4c__a239__5db7a5f21ddd", "9ecc8d21-f69a-4f4c-a239-5db7a5f21ddd"),
        ("bfb01497__1f3e__4a1a__9f0b__6a1f0f4d7c11", "bfb01497__1f3e__4a1a__9f0b__6a1f0f4d7c11"),
        ("_bfb01497__1f3e__4a1a__9f0b__6a1f0f4d7c11", "bfb01497-1f3e-4a1a-9f0b-6a1f0f4d7c11"),
        ("PaymentReference", "paymentreference"),
    ],
)
def test_the_kid_that_is_printed_on_it(w: World, on_the_wire: str, in_the_settings: str) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, invoice_field=on_the_wire)
    w.overrides["TRIBE_PO_KID_FIELD"] = in_the_settings
    office = Office(w, "voucher")
    office.export(confirmed=True)
    sent = office.sent_as(NUMBER, goods(office), **{on_the_wire: KID})
    office.sent_as("20260018", goods(office))
    report = office.export()
    assert report.exit_code is ExitCode.OK, [one.reason for one in report.changes]
    found = {one["InvoiceNo"]: one["Cid"] for one in w.poweroffice.invoices()}
    assert found == {int(NUMBER): KID, 20260018: None}
    assert office.silent()
    w.poweroffice.pay(office.link(sent).poweroffice_id)
    office.payments()
    assert office.phase(sent) == "Paid"


def test_a_field_for_the_kid_that_is_made_after_the_first_run(office: Office, w: World) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, invoice_field="PaymentReference")
    w.overrides["TRIBE_PO_KID_FIELD"] = "PaymentReference"
    office.sent_as(NUMBER, goods(office), PaymentReference=KID)
    assert office.export().exit_code is ExitCode.OK
    assert office.booked()["Cid"] == KID
    assert office.silent()


def test_naming_the_field_later_is_no_change_of_what_was_exported(office: Office, w: World) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, invoice_field="PaymentReference")
    office.sent_as(NUMBER, goods(office), PaymentReference=KID)
    assert office.export().exit_code is ExitCode.OK
    w.overrides["TRIBE_PO_KID_FIELD"] = "PaymentReference"
    report = office.export(full=True)
    assert (report.exit_code, report.changes) == (ExitCode.OK, ())


def test_a_field_for_the_kid_that_tribe_does_not_have(office: Office, w: World) -> None:
    w.overrides["TRIBE_PO_KID_FIELD"] = "bfb01497-1f3e-4a1a-9f0b-6a1f0f4d7c11"
    office.sent_as(NUMBER, goods(office))
    with pytest.raises(SettingsError) as error:
        office.export()
    assert "TRIBE_PO_KID_FIELD" in error.value.what
    assert office.invoices() == []


def test_a_kid_that_is_too_long(office: Office, w: World) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, invoice_field="PaymentReference")
    w.overrides["TRIBE_PO_KID_FIELD"] = "PaymentReference"
    office.sent_as(NUMBER, goods(office), PaymentReference="1" * 26)
    assert "cannot take the KID" in cause(office.export())
    assert office.invoices() == []
    assert office.silent()


def test_a_number_that_is_taken(office: Office, w: World) -> None:
    customer = w.customer_in_poweroffice("Fjord Kaffe AS")["Id"]
    (product,) = w.poweroffice.products()
    line = {"ProductId": product["Id"], "Quantity": 1, "ProductUnitPrice": 10}
    order = w.poweroffice.add_order(CustomerId=customer, SalesOrderLines=[line])
    w.poweroffice.send_by_hand(order)
    taken = str(office.booked()["InvoiceNo"])
    office.sent_as(taken, goods(office))
    why = cause(office.export())
    assert f"cannot post the invoice {taken} under its number" in why
    assert len(office.invoices()) == 1
    assert office.silent()


def test_lines_of_both_signs_with_other_vat_are_left_to_a_person(office: Office) -> None:
    office.sent_as(
        NUMBER,
        goods(office),
        {"Description": "Retur", "Quantity": -1, "Price": 50, "VatGroup": 15},
    )
    why = cause(office.export())
    assert "both signs" in why
    assert "by hand" in why
    assert office.invoices() == []
    assert office.silent()


def test_nothing_to_post(office: Office) -> None:
    office.sent_as(NUMBER, {"Description": "Takk for praten"})
    why = cause(office.export())
    assert "comes to nothing" in why
    assert office.invoices() == []
    assert office.silent()


def test_a_locked_period(office: Office, w: World) -> None:
    w.poweroffice.books.settings.lock_date = date(2026, 3, 31)
    office.sent_as(NUMBER, goods(office))
    assert "lock date" in cause(office.export())
    assert office.invoices() == []
    assert office.silent()
    w.poweroffice.books.settings.lock_date = date(2025, 12, 31)
    assert office.export().exit_code is ExitCode.OK
    assert office.booked()["InvoiceNo"] == int(NUMBER)
    assert office.silent()


def test_an_archived_customer(office: Office, w: World) -> None:
    customer = w.customer_in_poweroffice("Fjord Kaffe AS")["Id"]
    w.poweroffice.archive(customer)
    office.sent_as(NUMBER, goods(office))
    assert "archived" in cause(office.export())
    assert office.invoices() == []
    assert office.silent()


def test_an_account_for_the_vat_that_nobody_has_named(office: Office, w: World) -> None:
    w.overrides["TRIBE_PO_SALES_ACCOUNTS"] = "25=3000"
    office.sent_as(NUMBER, goods(office, VatGroup=12))
    why = cause(office.export())
    assert "TRIBE_PO_SALES_ACCOUNTS" in why
    assert "12 %" in why
    assert office.invoices() == []
    assert office.silent()


PDF = b"%PDF-1.7 made up"


def pdfs_put(w: World) -> list[bytes]:
    return [
        one.body
        for one in w.sandbox.requests.writes("poweroffice")
        if one.path.endswith("/VoucherDocumentation")
    ]


def with_pdf(w: World) -> list[bool]:
    return [one["HasPdf"] for one in w.poweroffice.voucher_desk.documentation_rows()]


def test_the_pdf_goes_along(office: Office, w: World) -> None:
    first = office.sent_as(NUMBER, goods(office))
    office.sent_as("20260018", goods(office))
    w.tribe.attach_pdf(first, "faktura.pdf", PDF)
    w.sandbox.requests.clear()
    assert office.export().exit_code is ExitCode.OK
    (put,) = pdfs_put(w)
    assert PDF in put
    assert sorted(with_pdf(w)) == [False, True]
    asked = [one for one in w.sandbox.requests.all("tribe") if one.status == 200]
    # One list for all invoices, up to its empty last page, then one file for each that has one.
    paths = [one.path.rsplit("/odata")[-1] for one in asked if "Attachment" in one.path]
    assert paths[:2] == ["/Attachment", "/Attachment"]
    assert len(paths) == 3
    assert office.silent()


@pytest.mark.parametrize("soon", [True, False])
def test_a_pdf_that_comes_after_the_voucher(office: Office, w: World, soon: bool) -> None:
    sent = office.sent_as(NUMBER, goods(office))
    office.export(after=timedelta(seconds=10))
    assert with_pdf(w) == [False]
    w.later(timedelta(minutes=1) if soon else timedelta(days=1))
    w.tribe.attach_pdf(sent, "faktura.pdf", PDF)
    assert office.export(after=timedelta(minutes=1), full=not soon).exit_code is ExitCode.OK
    assert with_pdf(w) == [True]
    assert len(pdfs_put(w)) == 1
    assert office.silent()
    assert office.export(full=True).changes == ()


def test_a_pdf_that_poweroffice_does_not_take(office: Office, w: World) -> None:
    sent = office.sent_as(NUMBER, goods(office))
    w.tribe.attach_pdf(sent, "faktura.pdf", PDF)
    detail = b'{"title":"Voucher documentation","detail":"The file is damaged."}'
    w.sandbox.faults.add(
        Fault("poweroffice", "PUT", "VoucherDocumentation", Status(400, detail), times=99)
    )
    office.export()
    report = office.export(after=SOON)
    assert "The file is damaged." in cause(report)
    assert (len(office.invoices()), with_pdf(w)) == (1, [False])
    assert office.silent()
    w.sandbox.faults.clear()
    assert office.export().exit_code is ExitCode.OK
    assert with_pdf(w) == [True]
    assert office.silent()


@pytest.mark.parametrize("state_is_lost", [True, False])
def test_a_voucher_whose_pdf_did_not_get_there(
    office: Office, w: World, state_is_lost: bool
) -> None:
    first = office.sent_as(NUMBER, goods(office))
    office.export()
    w.tribe.attach_pdf(first, "faktura.pdf", PDF)
    sent = office.sent_as("20260018", goods(office))
    w.tribe.attach_pdf(sent, "faktura.pdf", PDF)
    down = Fault("poweroffice", "PUT", "VoucherDocumentation", Status(503), times=99)
    w.sandbox.faults.add(down)
    assert office.export().exit_code is ExitCode.TEMPORARY
    assert (len(office.invoices()), with_pdf(w)) == (2, [False, False])
    w.sandbox.faults.clear()
    if state_is_lost:
        lose_state(w)
        w.init()
    for full in (False, True):
        report = office.export(full=full, confirmed=state_is_lost)
        assert report.exit_code is ExitCode.OK
    assert (len(office.invoices()), with_pdf(w)) == (2, [True, True])
    assert office.silent()
    w.sandbox.requests.clear()
    lose_state(w)
    w.init()
    assert office.export(full=True, confirmed=True).changes == ()
    assert pdfs_put(w) == []


def test_attachments_that_may_not_be_read_keep_no_voucher_back(office: Office, w: World) -> None:
    sent = office.sent_as(NUMBER, goods(office))
    w.tribe.attach_pdf(sent, "faktura.pdf", PDF)
    w.sandbox.faults.add(Fault("tribe", "GET", "Attachment", Status(403), times=99))
    assert office.export().exit_code is ExitCode.OK
    assert (len(office.invoices()), with_pdf(w)) == (1, [False])
    assert office.silent()


def test_confirmed_once(w: World) -> None:
    office = Office(w, "voucher")
    office.sent_as(NUMBER, goods(office))
    dry = office.export(dry_run=True)
    assert (dry.exit_code, dry.counts["create"]) == (ExitCode.OK, 1)
    for _ in range(2):
        with pytest.raises(GuardRefused) as refused:
            office.export()
        assert refused.value.exit_code is ExitCode.REFUSED
        assert "--yes" in refused.value.next_step
    assert office.invoices() == []
    assert office.export(confirmed=True).exit_code is ExitCode.OK
    office.sent_as("20260018", goods(office))
    assert office.export().exit_code is ExitCode.OK
    assert len(office.invoices()) == 2
    assert office.silent()


def test_a_lost_state_posts_nothing_twice(office: Office, w: World) -> None:
    sent = office.sent_as(NUMBER, goods(office))
    office.export()
    lose_state(w)
    w.init()
    assert office.link(sent).matched_by == "mark"
    assert office.export(confirmed=True, full=True).changes == ()
    assert len(office.invoices()) == 1
    assert office.silent()


def test_later_passes_say_as_the_first_one_why_no_voucher_is_posted(
    office: Office, w: World
) -> None:
    w.poweroffice.switches.voucher_lines = "on top"
    for number in (NUMBER, "20260018"):
        office.sent_as(number, goods(office))
    said = []
    for _ in range(2):
        office.export(full=True)
        (whole,) = (one for one in w.memory().quarantine.values() if not one.held_fields)
        said.append(whole)
    first, later = said
    assert first.id == later.id
    assert later.reason in first.reason
    assert first.next_step == later.next_step
    accepted = accept(w.memory(), first.next_step.split()[-1])
    assert accepted.link.poweroffice_id == office.booked()["Id"]
