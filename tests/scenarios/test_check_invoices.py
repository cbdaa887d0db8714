"""What `check` says about invoices: phases, dates, and what the keys may do with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.scenarios.world import World
from tribe_po.errors import ExitCode
from tribe_po.passes import check as package
from tribe_po.passes.check import CheckReport, Finding, Level, Topic
from tribe_po.passes.check.invoice_names import invoice_names
from tribe_po.records import System
from tribe_po.transport.pace import Unpaced
from tribe_po.tribe.client import Tribe
from tribe_po.tribe.metadata import Names


def check(w: World) -> CheckReport:
    return package.check(w.environment, now=w.clock.now, pace=Unpaced())


def about(report: CheckReport, level: Level, topic: Topic = Topic.INVOICES) -> list[Finding]:
    return [one for one in report.findings if one.topic is topic and one.level is level]


def test_phases_dates_and_mode(w: World) -> None:
    w.tribe.add_phase("REM1", "Reminder")
    w.overrides["TRIBE_PO_SENT_PHASES"] = "sent,REM1"
    report = check(w)
    assert [one.text for one in about(report, Level.OK)] == [
        "phases in Tribe: Draft, Paid, REM1 (exported), Reminder1, Sent (exported)",
        "invoice date: InvoiceDate, else Start in Tribe",
        "due date: ExpirationDate, else Deadline in Tribe",
        "mode draft",
    ]
    assert report.exit_code is ExitCode.OK
    assert w.wrote() == []


@pytest.mark.parametrize(
    ("setting", "consequence"),
    [
        ("TRIBE_PO_SENT_PHASES", "ever exported"),
        ("TRIBE_PO_PAID_PHASE", "can be given it"),
        ("TRIBE_PO_CREDITED_PHASE", "can be given it"),
        ("TRIBE_PO_WRITTEN_OFF_PHASE", "can be given it"),
    ],
)
def test_a_phase_that_tribe_does_not_have(w: World, setting: str, consequence: str) -> None:
    w.overrides[setting] = "Fakturert"
    report = check(w)
    (found,) = about(report, Level.ERROR)
    assert "no phase Fakturert" in found.text
    assert consequence in found.text
    assert found.next_step == f"Set {setting} to one of: Draft, Paid, Reminder1, Sent."
    assert report.exit_code is ExitCode.SETTINGS


@pytest.mark.parametrize(
    ("mode", "consequence"), [("draft", "PowerOffice chooses"), ("voucher", "no voucher can be")]
)
def test_dates_under_no_name_of_their_own(w: World, mode: str, consequence: str) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, invoice_date=None, due_date="DueDate")
    w.overrides["TRIBE_PO_INVOICE_MODE"] = mode
    (found,) = about(check(w), Level.WARNING)
    assert found.text.startswith("invoice date: Tribe names only Start")
    assert consequence in found.text


def test_dates_where_tribe_tells_no_names(w: World) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, metadata=False)
    told = [one.text for one in about(check(w), Level.OK)]
    assert "dates: looked for in Tribe under every name that they may have" in told


@pytest.mark.parametrize("mode", ["book", "send"])
def test_keys_that_may_not_send(w: World, mode: str) -> None:
    w.overrides["TRIBE_PO_INVOICE_MODE"] = mode
    report = check(w)
    (found,) = about(report, Level.ERROR)
    assert f"In the mode {mode} all of them would stay drafts" in found.text
    assert report.exit_code is ExitCode.NOT_ALLOWED
    w.poweroffice.switches.allow_send_invoice = True
    report = check(w)
    assert f"mode {mode}; the keys may send invoices" in [
        one.text for one in about(report, Level.OK)
    ]
    assert report.exit_code is ExitCode.OK


def test_an_edition_that_does_not_tell_whether_the_keys_may_send(w: World) -> None:
    w.poweroffice.configure(edition_2026=False)
    w.overrides["TRIBE_PO_INVOICE_MODE"] = "book"
    report = check(w)
    assert about(report, Level.ERROR) == []
    assert "does not tell" in about(report, Level.OK)[-1].text


@pytest.mark.parametrize(
    ("mode", "lacking"),
    [("book", "SalesOrders_Full"), ("voucher", "OutgoingInvoiceVoucher_Full")],
)
def test_each_mode_needs_its_own_privilege(w: World, mode: str, lacking: str) -> None:
    w.overrides["TRIBE_PO_INVOICE_MODE"] = mode
    w.poweroffice.switches.allow_send_invoice = True
    w.poweroffice.privileges = frozenset(w.poweroffice.privileges) - {lacking}
    (found,) = about(check(w), Level.ERROR, Topic.PRIVILEGES)
    assert found.text.startswith(f"invoice lacks {lacking}")


def test_where_each_field_of_an_invoice_is_kept(w: World) -> None:
    told = [one.text for one in about(check(w), Level.OK, Topic.FIELDS)]
    assert [text for text in told if "(invoice)" in text] == [
        "number in Tribe (invoice): Number in Tribe",
        "content (invoice): ProductLines in Tribe, SalesOrderLines in PowerOffice",
        "currency (invoice): Currency in Tribe, CurrencyCode in PowerOffice",
        "sum without VAT (invoice): TotalExcludingVat in Tribe, NetAmount in PowerOffice",
        "sum with VAT (invoice): TotalIncludingVat in Tribe, TotalAmount in PowerOffice",
        "VAT per cent of the lines (invoice): ProductLines.VatPercentage in Tribe, "
        "SalesOrderLines.VatRate in PowerOffice",
        "issued (invoice): Phase in Tribe, SentDateTimeOffset in PowerOffice",
        "phase (invoice): Phase in Tribe",
    ]
    assert about(check(w), Level.WARNING, Topic.FIELDS) == []


@pytest.mark.parametrize(
    ("entity_set", "name", "whose", "label", "consequence"),
    [
        ("Activity_Invoice", "Currency", "invoices", "currency", "taken for one in NOK"),
        ("ProductLine", "VatPercentage", "lines", "VAT per cent of the lines", "VAT group"),
        ("ProductLine", "Quantity", "lines", "", "counts 0 times"),
        ("ProductLine", "VatGroup", "lines", "", "No invoice can be read"),
        ("Activity_Invoice", "Phase", "invoices", "phase", "No invoice can be read"),
    ],
)
def test_a_name_that_invoices_lack(
    w: World, entity_set: str, name: str, whose: str, label: str, consequence: str
) -> None:
    with w.session(dry_run=True) as session:
        tribe = session.sides[System.TRIBE]
        assert isinstance(tribe, Tribe)
        known = tribe.names
    lacking = {
        each: {key: exact for key, exact in names.items() if (each, exact) != (entity_set, name)}
        for each, names in known.by_set.items()
    }
    told = list(invoice_names(Names(lacking, known=True)))
    (found,) = [one for one in told if one.level is Level.WARNING]
    assert found.text.startswith(f"Tribe's {whose}")
    assert f"have no {name}" in found.text
    assert consequence in found.text
    assert not label or not any(one.text.startswith(f"{label} (invoice)") for one in told)


def test_invoices_whose_names_are_not_told(w: World) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, metadata=False)
    assert not [one for one in check(w).findings if "(invoice)" in one.text]


def test_without_the_billing_module(w: World) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, billing=False)
    assert [one.text for one in about(check(w), Level.OK)] == [
        "Not asked: Tribe shows no invoices."
    ]
    assert not [one for one in about(check(w), Level.OK, Topic.FIELDS) if "(invoice)" in one.text]
