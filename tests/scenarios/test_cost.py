"""The plan says what it costs, and then it costs that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.office import Office
from tests.scenarios.world import OSLO, World
from tribe_po.passes.run import Report
from tribe_po.records import System
from tribe_po.sandbox.faults import Fault, Status


def edits_in_tribe(w: World, organization: str, customer: int) -> None:
    w.tribe.edit(organization, EmailAddress="ny@fjord.example")
    w.tribe.add_customer(w.tribe.add_organization(Name="Vik Snekkeri AS"))


def edits_in_poweroffice(w: World, organization: str, customer: int) -> None:
    w.poweroffice.edit_customer(customer, EmailAddress="ny@fjord.example", PaymentTerm=30)
    w.poweroffice.add_customer(Name="Vik Snekkeri AS", MailAddress=OSLO)


# Before the update it is asked what changed: Tribe of companies, persons and addresses, two pages
# each, for what was just created shows up there. The new record is read once it is made, among
# companies; so is the updated one after its write.
LOOKS = {"push": {System.POWEROFFICE: 1}, "pull": {System.TRIBE: 3 * 2 + 1 + 1}}


@pytest.mark.parametrize(
    ("edit", "one_pass"), [(edits_in_tribe, "push"), (edits_in_poweroffice, "pull")]
)
def test_writes_are_as_many_as_were_said(w: World, edit: Any, one_pass: str) -> None:
    customer = w.poweroffice.add_customer(Name="Fjord Kaffe AS", MailAddress=OSLO)
    w.init()
    (link,) = w.memory().links.values()
    edit(w, link.tribe_relation_id, customer)
    make = getattr(w, one_pass)

    said: Report = make(dry_run=True)
    assert said.cost is not None
    w.sandbox.requests.clear()
    done: Report = make()

    assert done.cost == said.cost
    for system in System:
        writes = len(w.sandbox.requests.writes(system.value))
        assert writes == said.cost.requests[system] - LOOKS[one_pass].get(system, 0)


READ_ONCE = (
    "/GeneralLedgerAccounts",
    "/VatCodes",
    "/InvoiceSettings",
    "/Datastore_Phase_ActivityInvoice",
    "/Datastore_Country",
)
"""What is read for however many records."""


def writes_what_was_said(w: World, make: Callable[..., Report]) -> None:
    """Make a dry run, which only observes, and then a real one: that one sends as many requests
    more as were said."""
    sent = []
    for dry_run in (True, False):
        w.sandbox.requests.clear()
        report = make(dry_run=dry_run)
        asked = [one for one in w.sandbox.requests.all() if not one.asks_for_token]
        sent.append(Counter(one.system for one in asked if not one.path.endswith(READ_ONCE)))
    observing, all_of_it = sent
    assert report.cost is not None
    said = {system.value: number for system, number in report.cost.requests.items() if number}
    assert said
    assert all_of_it - observing == said


def _edited(w: World) -> None:
    for row in w.poweroffice.customers():
        w.poweroffice.edit_customer(row["Id"], EmailAddress=f"post{row['Id']}@fjord.example")


def _entered(w: World) -> None:
    w.poweroffice.add_customer(Name="Vik Snekkeri AS", MailAddress=OSLO)
    w.poweroffice.add_customer(IsPerson=True, FirstName="Kari", LastName="Nordmann")


@pytest.mark.parametrize("do", [_edited, _entered])
def test_a_pull_takes_as_many_requests_as_were_said(w: World, do: Callable[[World], None]) -> None:
    w.poweroffice.add_customer(Name="Fjord Kaffe AS", MailAddress=OSLO)
    w.poweroffice.add_customer(IsPerson=True, FirstName="Ola", LastName="Nordmann")
    w.init()
    w.later()
    do(w)
    writes_what_was_said(w, w.pull)


@pytest.mark.parametrize("mode", ["draft", "book", "voucher"])
def test_exports_take_as_many_requests_as_were_said(w: World, mode: str) -> None:
    office = Office(w, mode)
    office.export(confirmed=True)
    stamps = {"Description": "Frimerker", "Quantity": 1, "Price": 20, "VatGroup": 0}
    goods = {"Product": office.product, "Quantity": 2, "Price": 100, "VatGroup": 25}
    # Orders need a product, and so one whose VAT is that of the line.
    lines = [stamps, goods, goods] if mode == "voucher" else [goods, goods]
    for number, line in enumerate(lines, start=20260001):
        with_pdf = office.sent_as(str(number), line)
    w.tribe.attach_pdf(with_pdf, "faktura.pdf", b"%PDF-1.7 made up")
    writes_what_was_said(w, office.export)


@pytest.mark.parametrize(
    ("partial", "amount"), [("off", 250), ("payment", 250), ("note", 100), ("payment", 100)]
)
def test_payments_take_as_many_requests_as_were_said(w: World, partial: str, amount: int) -> None:
    office = Office(w, "book")
    w.overrides["TRIBE_PO_PARTIAL_PAYMENTS"] = partial
    for _ in range(2):
        office.sent()
    office.export()
    for posted in w.poweroffice.invoices():
        w.poweroffice.pay(posted["Id"], amount)
    writes_what_was_said(w, office.payments)


def test_an_order_that_was_not_issued_takes_as_many_requests_as_were_said(w: World) -> None:
    office = Office(w, "book")
    down = Fault("poweroffice", "POST", "createAndSendInvoice", Status(503), times=99)
    w.sandbox.faults.add(down)
    office.sent()
    office.export()
    w.sandbox.faults.clear()
    writes_what_was_said(w, office.export)
    assert office.booked()["TotalAmount"] == 250
