"""The plan says what it costs, and then it costs that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.world import OSLO, World
from tribe_po.passes.run import Report
from tribe_po.records import System


def edits_in_tribe(w: World, organization: str, customer: int) -> None:
    w.tribe.edit(organization, EmailAddress="ny@fjord.example")
    w.tribe.add_customer(w.tribe.add_organization(Name="Vik Snekkeri AS"))


def edits_in_poweroffice(w: World, organization: str, customer: int) -> None:
    w.poweroffice.edit_customer(customer, EmailAddress="ny@fjord.example", PaymentTerm=30)
    w.poweroffice.add_customer(Name="Vik Snekkeri AS", MailAddress=OSLO)


# Before the update it is asked what changed: Tribe of companies, persons and addresses, two pages
# each, for what was just created shows up there. Before that the new record is read, among
# companies and persons. Its number and name were looked for when the plan was made.
LOOKS = {"push": {System.POWEROFFICE: 1}, "pull": {System.TRIBE: 3 * 2 + 2}}


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
