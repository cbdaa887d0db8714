"""`tribe-po explain` of invoices: why one did not go, or is not Paid, cause by cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.cli.calls import change, command, document_of
from tests.scenarios.office import Office, lose_state
from tests.scenarios.world import World
from tribe_po.records import Kind

call = partial(command, "explain")
document = partial(document_of, "explain")


def record_of(asked: str) -> dict[str, Any]:
    (only,) = document(asked)["records"]
    found: dict[str, Any] = only
    return found


def why_not(asked: str) -> str:
    """Why an invoice has no copy."""
    reason = record_of(asked)["unlinked"]["reason"]
    assert isinstance(reason, str)
    return reason


def situation(asked: str) -> str:
    """Where a copied invoice stands."""
    told = record_of(asked)["invoice"]["situation"]
    assert isinstance(told, str)
    return told


def verdict(asked: str, name: str) -> str:
    (found,) = [one["verdict"] for one in record_of(asked)["fields"] if one["field"] == name]
    return str(found)


Opening = Callable[..., Office]


@pytest.fixture
def opened(w: World, monkeypatch: pytest.MonkeyPatch) -> Opening:
    """An office whose settings the commands read, too."""

    def make(mode: str = "draft", **settings: str) -> Office:
        office = Office(w, mode)
        w.overrides.update(settings)
        for name, value in w.overrides.items():
            monkeypatch.setenv(name, value)
        return office

    return make


def number_of(w: World, identity: str) -> str:
    (number,) = [one["Number"] for one in w.tribe.invoices() if one["ID"] == identity]
    return str(number)


def test_all_that_is_known_of_one_that_went(w: World, opened: Opening) -> None:
    office = opened("book")
    identity = office.sent()
    office.export()
    office.payments()
    number, booked = number_of(w, identity), office.invoices()[0]
    known = record_of(number)["invoice"]
    assert known == {
        "order_id": booked.id,
        "order_number": str(booked.values["OrderNo"]),
        "invoice_number": str(booked.values["InvoiceNo"]),
        "kid": booked.values["Cid"],
        "ledger": "open",
        "situation": f"booked as invoice {booked.values['InvoiceNo']}, open",
        "tribe": {"net": "200.00", "total": "250.00", "vat": "25"},
        "poweroffice": {"net": "200.00", "total": "250.00", "vat": "25"},
        "difference": "0.00",
    }
    created, issued = record_of(number)["writes"]
    assert (created["action"], issued["action"]) == ("create", "update")
    assert {"field": "number", "from": None, "to": number} in created["fields"]
    shown = " ".join(call(number).stdout.split())
    for part in (booked.id, booked.values["Cid"], "NOK 250.00 in Tribe, 250.00 in PowerOffice"):
        assert part in shown


def test_it_is_found_by_every_number(w: World, opened: Opening) -> None:
    office = opened("book")
    identity = office.sent()
    office.export()
    office.payments()
    booked = office.invoices()[0]
    for asked in (
        number_of(w, identity),
        identity,
        booked.id,
        str(booked.values["InvoiceNo"]),
        str(booked.values["OrderNo"]),
        booked.values["Cid"],
    ):
        found = [one["tribe_id"] for one in document(asked)["found"] if one["kind"] == "invoice"]
        assert found == [identity], asked


def test_a_draft_of_tribe_is_not_kept(w: World, opened: Opening) -> None:
    office = opened()
    identity = w.tribe.add_invoice(office.customer, [{"Product": office.product, "Price": 1}])
    office.export()
    result = call(identity)
    assert result.exit_code == 2
    assert "kept from the phase Sent on, drafts are not" in result.stderr


def test_not_in_a_sent_phase(w: World, opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    office = opened()
    identity = office.sent({"Description": "Mat", "Quantity": 1, "Price": 10, "VatGroup": 12})
    office.export()
    change(w, quarantine={})
    monkeypatch.setenv("TRIBE_PO_SENT_PHASES", "Finalised")
    assert why_not(identity) == "its phase in Tribe is Sent"
    assert "TRIBE_PO_SENT_PHASES" in record_of(identity)["unlinked"]["next_step"]


def test_sent_without_a_number(w: World, opened: Opening) -> None:
    office = opened()
    identity = w.tribe.add_invoice(office.customer, [{"Product": office.product, "Price": 1}])
    w.tribe.set_phase(identity, "Sent")
    office.export()
    assert why_not(identity) == "Tribe has given it no number yet"


def test_sent_before_the_first_sync(w: World, opened: Opening) -> None:
    office = opened()
    lose_state(w)
    identity = office.sent()
    w.init()
    assert why_not(identity).startswith("it was sent before init-sync ran")


def test_invoices_take_no_part(w: World, opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    office = opened()
    identity = office.sent({"Description": "Mat", "Quantity": 1, "Price": 10, "VatGroup": 12})
    office.export()
    monkeypatch.setenv("TRIBE_PO_KINDS", "customers,products")
    assert why_not(identity) == "invoices are not synchronised"


def test_its_customer_waits(w: World, opened: Opening) -> None:
    office = opened()
    w.tribe_customer("Ny Kunde AS", EmailAddress="post@ny.example")
    office.customer = w.customer_in_tribe("Ny Kunde AS")["ID"]
    w.pull(full=True)
    identity = office.sent()
    w.pull_payments(full=True)
    assert why_not(identity) == (
        "will be quarantined: its customer is not in PowerOffice; its customer Ny Kunde AS: "
        "waits for push-relations, which creates it in PowerOffice"
    )


def test_its_customer_is_quarantined(w: World, opened: Opening) -> None:
    office = opened()
    w.tribe_customer("Ny Kunde AS", EmailAddress="not an address")
    office.customer = w.customer_in_tribe("Ny Kunde AS")["ID"]
    identity = office.sent()
    office.export()
    assert why_not(identity) == "it is quarantined; its customer Ny Kunde AS: it is quarantined"
    (entry,) = record_of(identity)["quarantine"]
    assert entry["reason"] == "its customer is not in PowerOffice"
    assert record_of(identity)["next_retry"] == entry["retry_after"]


def test_its_customer_is_archived(w: World, opened: Opening) -> None:
    office = opened()
    w.poweroffice.archive(int(w.link("Fjord Kaffe AS").poweroffice_id))
    w.pull(full=True)
    identity = office.sent()
    office.export()
    (entry,) = record_of(identity)["quarantine"]
    assert entry["reason"] == "its customer Fjord Kaffe AS is archived in PowerOffice"


def test_its_product_was_left_alone(w: World, opened: Opening) -> None:
    office = opened()
    lose_state(w)
    te = w.tribe.add_product(Name="Te", Code="TE", ProductGroup="Standard", SalesPrice=50)
    w.init()
    identity = office.sent({"Product": te, "Quantity": 1, "Price": 50, "VatGroup": 25})
    w.pull_payments(full=True)
    assert why_not(identity).endswith(
        "its product Te: only Tribe had it when init-sync ran, which left it alone"
    )


def test_a_rate_without_a_product_for_free_text(w: World, opened: Opening) -> None:
    office = opened()
    identity = office.sent({"Description": "Mat", "Quantity": 1, "Price": 10, "VatGroup": 12})
    office.export()
    (entry,) = record_of(identity)["quarantine"]
    assert entry["reason"] == "its line 'Mat' has no product, and PowerOffice needs one"
    assert "12=TRIBE-12" in entry["next_step"]
    assert "TRIBE_PO_FREE_TEXT_PRODUCTS" in call(identity).stdout


def test_sums_that_differ(w: World, opened: Opening) -> None:
    office = opened("book")
    identity = office.sent({"Product": office.product, "Quantity": 1, "Price": 100, "VatGroup": 15})
    office.export()
    assert situation(identity).endswith("not booked while the sums differ")
    assert record_of(identity)["invoice"]["difference"] == "10.00"
    assert verdict(identity, "total") == "115.00 in Tribe, 125.00 in PowerOffice"
    assert verdict(identity, "net") == "the same on both sides"
    assert verdict(identity, "issued") == "not booked yet"


def test_a_locked_period(w: World, opened: Opening) -> None:
    office = opened("book")
    w.poweroffice.books.settings.lock_date = date(2026, 12, 31)
    identity = office.sent()
    office.export()
    known = record_of(identity)
    assert known["invoice"]["invoice_number"] is None
    assert any("lock" in entry["reason"].casefold() for entry in known["quarantine"])


def test_the_privilege_to_send_is_missing(w: World, opened: Opening) -> None:
    office = opened("book")
    w.poweroffice.switches.allow_send_invoice = False
    identity = office.sent()
    office.export()
    assert situation(identity).endswith("a draft in PowerOffice, which the next invoice pass books")


def test_booked_but_not_delivered(w: World, opened: Opening) -> None:
    office = opened("book")
    w.poweroffice.switches.delivery_error = "The receiver is not reachable."
    identity = office.sent()
    office.export()
    assert situation(identity).startswith("booked as invoice")
    assert verdict(identity, "delivery_error").startswith("booked, but not delivered: ")


def test_a_draft_waits_for_a_person(w: World, opened: Opening) -> None:
    identity = (office := opened("draft")).sent()
    office.export()
    assert situation(identity).endswith("is a draft in PowerOffice, to be sent there by hand")
    assert verdict(identity, "issued") == "a draft is all that was asked for"


def test_a_draft_that_was_deleted(w: World, opened: Opening) -> None:
    identity = (office := opened("draft")).sent()
    office.sent()
    office.export()
    w.poweroffice.delete_order(office.link(identity).poweroffice_id)
    office.export(full=True)
    assert record_of(identity)["parked"] == "gone from PowerOffice (deleted)"


def test_it_was_changed_in_tribe_afterwards(w: World, opened: Opening) -> None:
    identity = (office := opened("draft")).sent()
    office.export()
    w.later(timedelta(hours=1))
    link = office.link(identity)
    memory = w.memory()
    changed = replace(link, tribe={**link.tribe, "content": "another"})
    change(w, links={**memory.links, link.key: changed})
    assert verdict(identity, "content").startswith("it was changed in Tribe after it had been")


def test_part_of_it_is_paid(w: World, opened: Opening) -> None:
    identity = (office := opened("book")).sent()
    office.export()
    w.poweroffice.pay(office.invoices()[0].id, Decimal(100))
    w.later(timedelta(hours=1))
    office.payments()
    assert situation(identity).endswith("partly paid")
    assert "TRIBE_PO_PARTIAL_PAYMENTS is off" in verdict(identity, "settled")


def test_paid_and_the_next_pass_says_so(w: World, opened: Opening) -> None:
    identity = (office := opened("book")).sent()
    office.export()
    w.poweroffice.pay(office.invoices()[0].id)
    w.later(timedelta(hours=1))
    office.export(full=True)
    assert situation(identity).endswith("paid; the next pull-payments gives it the phase Paid")
    assert verdict(identity, "phase") == "paid in PowerOffice, goes to Tribe"


def test_paid_but_a_person_gave_it_another_phase(w: World, opened: Opening) -> None:
    identity = (office := opened("book")).sent()
    office.export()
    w.tribe.add_phase("Disputed", "Disputed")
    w.tribe.set_phase(identity, "Disputed")
    w.poweroffice.pay(office.invoices()[0].id)
    w.later(timedelta(hours=1))
    office.payments(full=True)
    assert situation(identity).endswith(
        "paid; its phase Disputed was set by a person, and is left alone"
    )


def test_credited(w: World, opened: Opening) -> None:
    identity = (office := opened("book")).sent()
    office.export()
    w.later(timedelta(hours=1))
    w.poweroffice.credit(office.invoices()[0].id)
    office.payments()
    assert verdict(identity, "payment") == "credited in PowerOffice, in the phase Sent in Tribe"


def test_a_number_that_a_voucher_cannot_have(w: World, opened: Opening) -> None:
    office = opened("voucher")
    identity = w.tribe.add_invoice(office.customer, [{"Product": office.product, "Price": 1}])
    w.tribe.send_invoice(identity, number="F-17")
    w.pull_payments(full=True)
    assert "its number F-17 is not a whole number" in why_not("F-17")


def test_without_the_billing_module(w: World, opened: Opening) -> None:
    office = opened()
    w.tribe.dialect = replace(w.tribe.dialect, billing=False)
    lose_state(w)
    w.init()
    result = call("20260001")
    assert result.exit_code == 2
    assert "No init-sync has finished for invoices" in result.stderr
    assert "Billing module" in result.stderr
    assert office.product


@pytest.mark.parametrize("width", ["80", "160"])
def test_it_fits_the_terminal(
    w: World, opened: Opening, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    identity = (office := opened("book")).sent()
    office.export()
    monkeypatch.setenv("COLUMNS", width)
    assert max(map(len, call(identity).stdout.splitlines())) <= int(width)
    assert w.memory().links[Kind.INVOICE, office.invoices()[0].id]
