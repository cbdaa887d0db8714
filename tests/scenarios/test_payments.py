"""What the customer ledger says of an invoice, and what Tribe is told of it: once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.scenarios.office import Office, cause, lose_state
from tests.scenarios.world import World
from tribe_po.errors import ExitCode
from tribe_po.sides import Edit, Written
from tribe_po.sync.change import Status
from tribe_po.tribe.client import Tribe


def booked(w: World, **settings: str) -> tuple[Office, str, str]:
    """An office with one booked invoice over 250 kroner; its ID in Tribe and in PowerOffice."""
    office = Office(w, "book")
    w.overrides |= settings
    sent = office.sent()
    assert office.export().exit_code is ExitCode.OK
    return office, sent, office.booked()["Id"]


def notes(office: Office, invoice_id: str) -> list[str]:
    return [str(one["Content"]) for one in office.in_tribe(invoice_id)["Notes"]]


def payments(w: World) -> list[tuple[float, str]]:
    return [(one["Amount"], one["Currency"]) for one in w.tribe.payments()]


@pytest.mark.parametrize("with_kid", [True, False])
def test_paid(w: World, with_kid: bool) -> None:
    w.poweroffice.switches.uses_kid = with_kid
    office, sent, copy = booked(w)
    w.poweroffice.pay(copy)
    report = office.payments()
    assert [one.status for one in report.changes] == [Status.DONE]
    (phase,) = report.changes[0].fields
    assert (phase.before, phase.after) == ("Sent", "Paid")
    assert (office.phase(sent), notes(office, sent), payments(w)) == ("Paid", [], [])
    assert office.silent()


def test_paid_too_much(w: World) -> None:
    office, sent, copy = booked(w)
    w.poweroffice.pay(copy, 300)
    assert office.payments().exit_code is ExitCode.OK
    assert office.phase(sent) == "Paid"
    assert office.silent()


def test_paid_in_part_without_telling(w: World) -> None:
    office, sent, copy = booked(w)
    w.poweroffice.pay(copy, 100)
    report = office.payments()
    assert (report.exit_code, report.changes) == (ExitCode.OK, ())
    assert (office.phase(sent), notes(office, sent), payments(w)) == ("Sent", [], [])
    assert office.silent()


def test_paid_in_part_told_by_note(w: World) -> None:
    office, sent, copy = booked(w, TRIBE_PO_PARTIAL_PAYMENTS="note")
    number = office.booked()["InvoiceNo"]
    first = f"PowerOffice: 100.00 of 250.00 settled (invoice {number})."
    w.poweroffice.pay(copy, 100)
    office.payments()
    assert (office.phase(sent), notes(office, sent), payments(w)) == ("Sent", [first], [])
    assert office.silent()
    w.poweroffice.pay(copy)
    office.payments()
    last = f"PowerOffice: 250.00 of 250.00 settled (invoice {number})."
    assert (office.phase(sent), sorted(notes(office, sent))) == ("Paid", [first, last])
    assert office.silent()


def test_paid_in_full_at_once_needs_no_note(w: World) -> None:
    office, sent, copy = booked(w, TRIBE_PO_PARTIAL_PAYMENTS="note")
    w.poweroffice.pay(copy)
    office.payments()
    assert (office.phase(sent), notes(office, sent)) == ("Paid", [])
    assert office.silent()


def test_paid_in_part_told_as_payments(w: World) -> None:
    office, sent, copy = booked(w, TRIBE_PO_PARTIAL_PAYMENTS="payment")
    w.poweroffice.pay(copy, "99.99")
    office.payments()
    assert (office.phase(sent), payments(w)) == ("Sent", [(99.99, "NOK")])
    assert office.silent()
    payment = w.poweroffice.pay(copy)
    office.payments()
    assert (office.phase(sent), payments(w)) == ("Paid", [(99.99, "NOK"), (150.01, "NOK")])
    assert office.silent()
    w.poweroffice.unpay(payment)
    office.payments()
    assert office.phase(sent) == "Sent"
    assert sum(amount for amount, _ in payments(w)) == pytest.approx(99.99)
    assert office.silent()


@pytest.mark.parametrize("told", ["note", "payment"])
def test_nothing_is_told_twice_although_the_state_is_lost(w: World, told: str) -> None:
    office, sent, copy = booked(w, TRIBE_PO_PARTIAL_PAYMENTS=told)
    w.poweroffice.pay(copy, 100)
    office.payments()
    before = (notes(office, sent), payments(w))
    assert [len(one) for one in before] == ([1, 0] if told == "note" else [0, 1])
    lose_state(w)
    w.init()
    for full in (False, True):
        office.payments(full=full)
        assert (notes(office, sent), payments(w)) == before
    assert office.silent()


@pytest.mark.parametrize(
    ("how", "setting"),
    [("credit", "TRIBE_PO_CREDITED_PHASE"), ("write_off", "TRIBE_PO_WRITTEN_OFF_PHASE")],
)
@pytest.mark.parametrize("own_phase", [True, False])
def test_credited_or_written_off(w: World, how: str, setting: str, own_phase: bool) -> None:
    office, sent, copy = booked(w)
    w.tribe.add_phase("Closed", "Closed")
    if own_phase:
        w.overrides[setting] = "Closed"
    getattr(w.poweroffice, how)(copy)
    report = office.payments()
    if own_phase:
        assert (report.exit_code, office.phase(sent)) == (ExitCode.OK, "Closed")
    else:
        words = "credited" if how == "credit" else "written off"
        assert f"{words} in PowerOffice" in cause(report)
        assert office.phase(sent) == "Sent"
    assert office.silent()
    if not own_phase:
        w.tribe.set_phase(sent, "Closed")
        office.export()
        assert office.payments().exit_code is ExitCode.OK
        assert office.silent()


@pytest.mark.parametrize("rest", ["credit", "write_off"])
def test_settled_in_several_ways_is_for_a_person(w: World, rest: str) -> None:
    office, sent, copy = booked(w)
    w.poweroffice.pay(copy, 100)
    getattr(w.poweroffice, rest)(copy)
    assert "settled in several ways" in cause(office.payments())
    assert office.phase(sent) == "Sent"
    assert office.silent()


def test_a_credit_note_that_settles_its_invoice(w: World) -> None:
    office, sent, copy = booked(w)
    line = {"Product": office.product, "Quantity": -2, "Price": 100, "VatGroup": 25}
    office.sent(line)
    assert office.export().exit_code is ExitCode.OK
    note = next(one["Id"] for one in w.poweroffice.invoices() if one["TotalAmount"] == -250)
    w.poweroffice.match(copy, note)
    report = office.payments()
    assert (report.exit_code, len(report.quarantined)) == (ExitCode.RECORDS_LEFT, 2)
    assert all("credited in PowerOffice" in one.reason for one in report.quarantined)
    assert (office.phase(sent), office.sums_agree()) == ("Sent", True)
    assert office.silent()


def test_a_payment_taken_back_gives_back_the_phase_before(w: World) -> None:
    office, sent, copy = booked(w)
    w.tribe.set_phase(sent, "Reminder1")
    office.export()
    for _ in range(2):
        payment = w.poweroffice.pay(copy)
        office.payments()
        assert office.phase(sent) == "Paid"
        assert office.silent()
        w.poweroffice.unpay(payment)
        office.payments()
        assert office.phase(sent) == "Reminder1"
        assert office.silent()


class Killed(BaseException):
    """The process is dead."""


def is_killed_over_a_phase(office: Office, *, given: bool) -> None:
    """Let `pull-payments` end just before Tribe gets a phase, or just after that."""
    original = Tribe.update

    def update(tribe: Tribe, edit: Edit) -> Written:
        if given:
            original(tribe, edit)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tribe, "update", update)
        with pytest.raises(Killed):
            office.payments()


@pytest.mark.parametrize("given", [False, True])
def test_a_payment_taken_back_right_after_a_pass_was_killed(w: World, given: bool) -> None:
    office, sent, copy = booked(w)
    payment = w.poweroffice.pay(copy)
    is_killed_over_a_phase(office, given=given)
    w.poweroffice.unpay(payment)
    office.payments()
    w.tribe_customer("Ny Kunde AS")
    w.push()
    office.export()
    office.payments()
    assert office.phase(sent) == "Sent"
    assert office.silent()


@pytest.mark.parametrize("given", [False, True])
def test_a_phase_that_a_person_gave_back_stays_although_a_pass_was_killed(
    w: World, given: bool
) -> None:
    office, sent, copy = booked(w)
    w.poweroffice.pay(copy)
    is_killed_over_a_phase(office, given=given)
    office.payments()
    office.export()
    assert office.phase(sent) == "Paid"
    w.tribe.set_phase(sent, "Sent")
    office.export()
    for full in (False, True):
        assert office.payments(full=full).changes == ()
        assert office.phase(sent) == "Sent"


def test_one_payment_for_several_invoices(w: World) -> None:
    office = Office(w, "book")
    whole, part = office.sent(), office.sent()
    office.export()
    ids = {one["ExternalImportReference"]: one["Id"] for one in w.poweroffice.invoices()}
    w.poweroffice.pay_many({ids[f"tribe:{whole}"]: 250, ids[f"tribe:{part}"]: 100})
    assert office.payments().exit_code is ExitCode.OK
    assert (office.phase(whole), office.phase(part)) == ("Paid", "Sent")
    assert office.silent()
    w.poweroffice.pay(ids[f"tribe:{part}"])
    office.payments()
    assert office.phase(part) == "Paid"
    assert office.silent()


def in_euro(w: World, **settings: str) -> tuple[Office, str, str]:
    office = Office(w, "book")
    w.overrides |= settings
    line = {"Product": office.product, "Quantity": 1, "Price": 1173, "PriceInCurrency": 100}
    sent = office.sent(line, Currency="EUR")
    assert office.export().exit_code is ExitCode.OK
    return office, sent, office.booked()["Id"]


def test_a_foreign_currency(w: World) -> None:
    office, sent, copy = in_euro(w)
    # 125 EUR at 11.73 kroner
    w.poweroffice.pay(copy, 1466)
    office.payments()
    assert office.phase(sent) == "Sent"
    w.poweroffice.pay(copy, "0.25")
    office.payments()
    assert office.phase(sent) == "Paid"
    assert office.silent()


@pytest.mark.parametrize("told", ["note", "payment"])
def test_part_of_a_foreign_currency(w: World, told: str) -> None:
    office, sent, copy = in_euro(w, TRIBE_PO_PARTIAL_PAYMENTS=told)
    w.poweroffice.pay(copy, 1000)
    office.payments()
    number = office.booked()["InvoiceNo"]
    note = f"PowerOffice: 1000.00 NOK of 125.00 EUR settled (invoice {number})."
    assert notes(office, sent) == ([note] if told == "note" else [])
    assert payments(w) == ([(1000, "NOK")] if told == "payment" else [])
    assert office.phase(sent) == "Sent"
    assert office.silent()


def test_a_phase_that_a_person_set_is_left_alone(w: World) -> None:
    office, sent, copy = booked(w)
    w.tribe.add_phase("Disputed", "Disputed")
    w.tribe.set_phase(sent, "Disputed")
    payment = w.poweroffice.pay(copy)
    for pay_back in (False, True):
        if pay_back:
            w.poweroffice.unpay(payment)
        office.export()
        report = office.payments()
        assert (report.exit_code, report.changes) == (ExitCode.OK, ())
        assert office.phase(sent) == "Disputed"


def test_a_phase_that_a_person_set_after_the_tool_is_left_alone(w: World) -> None:
    office, sent, copy = booked(w)
    w.tribe.add_phase("Disputed", "Disputed")
    payment = w.poweroffice.pay(copy)
    office.payments()
    assert office.phase(sent) == "Paid"
    w.tribe.set_phase(sent, "Disputed")
    w.poweroffice.unpay(payment)
    report = office.payments()
    assert (report.exit_code, office.phase(sent)) == (ExitCode.OK, "Disputed")
    assert office.silent()


def test_paid_in_tribe_first(w: World) -> None:
    office, sent, copy = booked(w)
    w.tribe.set_phase(sent, "Paid")
    assert office.payments().changes == ()
    w.poweroffice.pay(copy)
    assert office.payments().changes == ()
    assert office.phase(sent) == "Paid"
    assert office.silent()


def test_nothing_changed_costs_one_request_to_poweroffice(w: World) -> None:
    office, _sent, copy = booked(w)
    paid = office.sent()
    office.export()
    identifier = office.link(paid).poweroffice_id
    w.poweroffice.pay(identifier)
    w.poweroffice.pay(copy, 100)
    office.payments()
    for _ in range(2):
        w.later()
        w.sandbox.requests.clear()
        assert office.payments().changes == ()
        # The machine's clock, by which tokens are renewed, does not jump as the sandbox's does.
        asked = [one for one in w.sandbox.requests.all("poweroffice") if one.status != 401]
        paths = [one.path for one in asked if not one.asks_for_token]
        assert paths == ["/poweroffice/v2/OutgoingInvoices"]


def test_the_dry_run_says_what_would_become_of_it(w: World) -> None:
    office, sent, copy = booked(w)
    w.poweroffice.pay(copy, Decimal(250))
    report = office.payments(dry_run=True)
    (change,) = report.changes
    fields: list[Any] = [(one.name, one.before, one.after) for one in change.fields]
    assert (change.status, fields) == (Status.PLANNED, [("phase", "Sent", "Paid")])
    assert office.phase(sent) == "Sent"
