"""Tribe reads from another store than it writes to: what a pass wrote shows a while later, and must
not look like a person's edit until then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.dialects.wireless import office
from tests.scenarios.world import OSLO, World
from tribe_po.sandbox.faults import Fault, Status

KAFFE = "Fjord Kaffe AS"
SOON = timedelta(seconds=25)
OLD, NEW = "+4700111111", "+4700222222"


def _met(w: World) -> int:
    """A customer that both sides have, in a tenant whose reads lag."""
    w.tribe.dialect = replace(w.tribe.dialect, query_lag=120)
    contact = w.company(KAFFE, PhoneNumber=OLD, PaymentTerm=14, MailAddress=OSLO)
    w.init()
    w.later()
    w.push()
    w.later()
    return contact


def _work_on_both_sides(w: World, contact: int) -> None:
    """Two people change the same customer, so that it is among what changed in Tribe."""
    organization = w.customer_in_tribe(KAFFE)["Organization"]["ID"]
    w.tribe.edit(organization, EmailAddress="post@fjord.example")
    w.poweroffice.edit_customer(contact, PhoneNumber=NEW, PaymentTerm=30)
    w.poweroffice.edit_address(contact, City="Bergen")
    w.later(timedelta(seconds=100))


def _shows(w: World) -> tuple[object, ...]:
    """Phone, payment days, e-mail address and city on both sides."""
    role = w.customer_in_tribe(KAFFE)
    here, there = role["Organization"], w.customer_in_poweroffice(KAFFE)
    return (
        (here["PhoneNumber"].replace(" ", ""), there["PhoneNumber"]),
        (role["PaymentTermInDays"], there["PaymentTerm"]),
        (here["EmailAddress"], there["EmailAddress"]),
        (here["InvoiceAddress"]["City"], there["MailAddress"]["City"]),
    )


MEANT = ((NEW, NEW), (30, 30), ("post@fjord.example",) * 2, ("Bergen", "Bergen"))


@pytest.mark.parametrize("full", [False, True], ids=["changes", "everything"])
def test_what_was_written_a_moment_ago_is_no_edit(tmp_path: Path, full: bool) -> None:
    with office(tmp_path) as w:
        _work_on_both_sides(w, _met(w))
        w.pull(full=True, after=SOON)
        assert w.wrote() != []
        w.sandbox.requests.clear()
        for one_pass in (w.push, w.pull, w.push, w.pull):
            one_pass(full=full, after=SOON)
        w.push(full=True)
        assert _shows(w) == MEANT
        assert [one.path for one in w.sandbox.requests.writes() if b"11111" in one.body] == []


def test_what_was_never_taken_is_no_edit_either(tmp_path: Path) -> None:
    with office(tmp_path) as w:
        contact = w.company(KAFFE, PhoneNumber=OLD)
        w.init()
        w.later()
        w.poweroffice.edit_customer(contact, PhoneNumber=NEW)
        w.sandbox.faults.add(Fault("tribe", "PUT", r"/Relation_Organization", Status(204)))
        w.pull(after=SOON)
        assert w.sandbox.faults.pending() == []
        for one_pass in (w.push, w.pull, w.push, w.pull):
            one_pass(full=True)
        shown = w.customer_in_tribe(KAFFE)["Organization"]["PhoneNumber"]
        assert (shown, w.customer_in_poweroffice(KAFFE)["PhoneNumber"]) == (OLD, NEW)
        (entry,) = w.memory().quarantine.values()
        assert (entry.label, entry.held_fields) == (KAFFE, ("phone",))
        assert "still shows what was there before" in entry.reason
