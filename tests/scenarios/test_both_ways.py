"""People work in both systems; push and pull bring each side's edits to the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.world import NO_LIMITS, OSLO, World
from tribe_po.errors import GuardRefused, NotAllowed, StateNotSaved
from tribe_po.output import tables
from tribe_po.passes import observe
from tribe_po.passes.by_hand import retry
from tribe_po.records import Kind, Memory, System
from tribe_po.sandbox import faults
from tribe_po.sandbox.faults import DropAfter, DropBefore, Fault, Run
from tribe_po.state.store import Store
from tribe_po.sync.change import Status
from tribe_po.sync.match import Matching, match
from tribe_po.sync.trees import GONE

KAFFE = "Fjord Kaffe AS"

# The field, what a person writes into Tribe, and how PowerOffice shows it.
IN_TRIBE: list[tuple[str, dict[str, Any], str, Any]] = [
    ("name", {"Name": "Fjord Kaffe Norge AS"}, "Name", "Fjord Kaffe Norge AS"),
    ("email", {"EmailAddress": "ny@fjord.example"}, "EmailAddress", "ny@fjord.example"),
    ("email cleared", {"EmailAddress": None}, "EmailAddress", None),
    (
        "invoice email",
        {"FinancialEmailAddress": "regning@fjord.example"},
        "InvoiceEmailAddress",
        "regning@fjord.example",
    ),
    ("phone", {"PhoneNumber": "+47 00 99 88 77"}, "PhoneNumber", "+47 00 99 88 77"),
    ("website", {"Website": "https://ny.example"}, "WebsiteUrl", "https://ny.example"),
    (
        "organisation number",
        {"ChamberOfCommerceNumber": "974760673"},
        "OrganizationNumber",
        "974760673",
    ),
]

IN_POWEROFFICE: list[tuple[str, dict[str, Any], str, Any]] = [
    ("name", {"Name": "Fjord Kaffe Norge AS"}, "Name", "Fjord Kaffe Norge AS"),
    ("email", {"EmailAddress": "ny@fjord.example"}, "EmailAddress", "ny@fjord.example"),
    ("email cleared", {"EmailAddress": None}, "EmailAddress", None),
    (
        "invoice email",
        {"InvoiceEmailAddress": "regning@fjord.example"},
        "FinancialEmailAddress",
        "regning@fjord.example",
    ),
    ("phone", {"PhoneNumber": "+4700998877"}, "PhoneNumber", "+4700998877"),
    ("website", {"WebsiteUrl": "https://ny.example"}, "Website", "https://ny.example"),
    (
        "organisation number",
        {"OrganizationNumber": "974760673"},
        "ChamberOfCommerceNumber",
        "974760673",
    ),
]


def _organization(w: World) -> str:
    relation_id: str = w.link(KAFFE).tribe_relation_id
    return relation_id


def _contact(w: World) -> int:
    return int(w.link(KAFFE).poweroffice_id)


@pytest.mark.parametrize(("field", "edit", "member", "expected"), IN_TRIBE)
def test_an_edit_in_tribe_reaches_poweroffice(
    linked: World, field: str, edit: dict[str, Any], member: str, expected: Any
) -> None:
    contact = _contact(linked)
    linked.later()
    linked.tribe.edit(_organization(linked), **edit)

    report = linked.push()

    assert linked.poweroffice.customer(contact)[member] == expected
    assert report.counts["update"] == 1
    assert linked.wrote() == [f"PATCH /poweroffice/v2/Customers/{contact}"]
    _is_silent(linked)


@pytest.mark.parametrize(("field", "edit", "member", "expected"), IN_POWEROFFICE)
def test_an_edit_in_poweroffice_reaches_tribe(
    linked: World, field: str, edit: dict[str, Any], member: str, expected: Any
) -> None:
    organization = _organization(linked)
    linked.later()
    linked.poweroffice.edit_customer(_contact(linked), **edit)

    linked.pull()

    assert linked.tribe.entity(organization)[member] == expected
    assert linked.wrote() == [f"PUT /tribe/v1/odata/Relation_Organization({organization})"]
    _is_silent(linked)


def _is_silent(w: World) -> None:
    """Nothing comes back: our own writes are no changes."""
    w.sandbox.requests.clear()
    w.push()
    w.pull()
    w.pull(full=True)
    assert w.wrote() == []
    assert w.differences() == []


def test_payment_days_and_former_travel_with_the_role(linked: World) -> None:
    w = linked
    relationship, contact = w.link(KAFFE).tribe_id, _contact(w)
    w.tribe.edit(relationship, PaymentTermInDays=30, IsFormer=True)
    w.push()
    assert w.poweroffice.customer(contact)["PaymentTerm"] == 30
    assert w.poweroffice.customer(contact)["IsArchived"] is True
    w.poweroffice.archive(contact, archived=False)
    w.pull()
    assert w.tribe.entity(relationship)["IsFormer"] is False
    _is_silent(w)


def test_an_address_changed_in_tribe_changes_only_its_changed_parts(linked: World) -> None:
    w = linked
    w.tribe.edit_address(_organization(w), Street="Havnegata", HouseNumber=3, City="Bergen")
    w.push()
    address = w.poweroffice.customer(_contact(w))["MailAddress"]
    assert (address["AddressLine1"], address["City"]) == ("Havnegata 3 B", "Bergen")
    (patch,) = [one for one in w.sandbox.requests.writes() if one.method == "PATCH"]
    assert b"ZipCode" not in patch.body
    _is_silent(w)


def test_an_address_changed_in_poweroffice_is_found_by_the_full_pull(linked: World) -> None:
    w = linked
    w.later()
    w.poweroffice.edit_address(_contact(w), AddressLine1="Nygata 7 C")
    w.pull()
    assert w.wrote() == [], "PowerOffice does not tell of it"
    w.pull(full=True)
    address = w.customer_in_tribe(KAFFE)["Organization"]["InvoiceAddress"]
    assert (address["Street"], address["HouseNumber"], address["HouseNumberSuffix"]) == (
        "Nygata",
        7,
        "C",
    )
    assert w.wrote() == [f"PUT /tribe/v1/odata/Address({address['ID']})"], "no second address"
    _is_silent(w)


def test_an_address_that_only_the_visiting_address_gave_gets_an_invoice_address(w: World) -> None:
    w.tribe.add_customer(
        w.tribe.add_organization(
            Name=KAFFE,
            VisitingAddress={"Street": "Kaia", "HouseNumber": 1, "Postalcode": "0155", "City": "X"},
        )
    )
    w.init()
    w.push(push_unmatched=True)
    contact = w.customer_in_poweroffice(KAFFE)["Id"]
    w.later()
    w.poweroffice.edit_address(contact, AddressLine1="Kaia 2")
    w.pull(full=True)
    organization = w.customer_in_tribe(KAFFE)["Organization"]
    assert organization["InvoiceAddress"]["HouseNumber"] == 2
    assert organization["VisitingAddress"]["HouseNumber"] == 1, "the visit still goes there"
    _is_silent(w)


def test_both_peoples_edits_of_different_fields_survive(linked: World) -> None:
    w = linked
    w.tribe.edit(_organization(w), PhoneNumber="+47 00 99 88 77")
    w.poweroffice.edit_customer(_contact(w), EmailAddress="ny@fjord.example")
    w.push()
    w.pull()
    assert w.poweroffice.customer(_contact(w))["PhoneNumber"] == "+47 00 99 88 77"
    assert w.tribe.entity(_organization(w))["EmailAddress"] == "ny@fjord.example"
    assert w.memory().conflicts == {}
    _is_silent(w)


@pytest.mark.parametrize("winner", ["poweroffice", "tribe"])
def test_in_a_conflict_the_loser_is_kept(linked: World, winner: str) -> None:
    w = linked
    w.overrides["TRIBE_PO_CONFLICTS"] = winner
    w.tribe.edit(_organization(w), Website="https://tribe.example")
    w.poweroffice.edit_customer(_contact(w), WebsiteUrl="https://go.example")
    for run in (w.push, w.pull):
        run()
    expected = {"poweroffice": "https://go.example", "tribe": "https://tribe.example"}[winner]
    assert w.tribe.entity(_organization(w))["Website"] == expected
    assert w.poweroffice.customer(_contact(w))["WebsiteUrl"] == expected
    (conflict,) = w.memory().conflicts.values()
    assert conflict.winner is System(winner)
    assert (conflict.base, conflict.tribe, conflict.poweroffice) == (
        "https://fjord.example",
        "https://tribe.example",
        "https://go.example",
    )
    _is_silent(w)


def test_a_manual_conflict_waits_and_only_that_field(linked: World) -> None:
    w = linked
    w.overrides["TRIBE_PO_CONFLICTS"] = "manual"
    w.tribe.edit(_organization(w), Website="https://tribe.example", PhoneNumber="00 55 55 55")
    w.poweroffice.edit_customer(_contact(w), WebsiteUrl="https://go.example")
    assert w.push().exit_code == 1
    assert w.pull().exit_code == 1
    assert w.differences() == [f"{KAFFE}: website"]
    w.poweroffice.edit_customer(_contact(w), WebsiteUrl="https://tribe.example")
    assert w.pull().exit_code == 0
    assert w.memory().conflicts == {}, "a person settled it"


def test_poweroffices_number_overwrites_tribes(linked: World) -> None:
    w = linked
    w.tribe.edit(_organization(w), DebtorNumber="99")
    w.push()
    assert w.tribe.entity(_organization(w))["DebtorNumber"] == "10000"
    assert w.poweroffice.customer(_contact(w))["Number"] == 10000
    _is_silent(w)


def test_a_new_customer_in_tribe_gets_its_number_in_the_same_pass(linked: World) -> None:
    w = linked
    organization = w.tribe_customer("Ny Kunde AS", DebtorNumber="77", PaymentTermInDays=14)
    report = w.push()
    assert report.counts["create"] == 1
    created = w.customer_in_poweroffice("Ny Kunde AS")
    assert created["ExternalImportReference"] == f"tribe:{organization}"
    assert created["PaymentTerm"] == 14
    assert w.tribe.entity(organization)["DebtorNumber"] == str(created["Number"])
    assert created["Number"] != 77, "a number outside the series is not asked for"
    assert len(w.wrote()) == 2, "one request to create, one for the number"
    _is_silent(w)


def test_a_new_private_person_and_a_new_supplier_in_tribe(linked: World) -> None:
    w = linked
    person = w.tribe.add_person(FirstName="Jan", MiddleName="de", LastName="Vries")
    w.tribe.add_customer(person)
    w.tribe.add_supplier(w.tribe.add_organization(Name="Papir og Penn AS"))
    w.push()
    (private,) = [one for one in w.poweroffice.customers() if one["IsPerson"]]
    assert (private["FirstName"], private["LastName"]) == ("Jan de", "Vries")
    (supplier,) = w.poweroffice.suppliers()
    assert w.tribe.suppliers()[0]["Organization"]["CreditorNumber"] == str(supplier["Number"])
    _is_silent(w)


def test_a_new_customer_in_poweroffice_comes_to_tribe(linked: World) -> None:
    w = linked
    w.company("Ny Kunde AS", MailAddress=OSLO, PaymentTerm=10)
    w.pull()
    created = w.customer_in_tribe("Ny Kunde AS")
    assert created["PaymentTermInDays"] == 10
    _is_silent(w)


def test_what_one_pass_saw_is_not_lost_for_the_other(linked: World) -> None:
    """Both passes share the cursors: the push sees PowerOffice's edit long before the pull."""
    w = linked
    w.poweroffice.edit_customer(_contact(w), EmailAddress="ny@fjord.example")
    w.company("Ny Kunde AS")
    for _ in range(3):
        w.push()
    w.pull()
    assert w.tribe.entity(_organization(w))["EmailAddress"] == "ny@fjord.example"
    assert w.customer_in_tribe("Ny Kunde AS")


def test_an_edit_made_while_the_pass_runs_is_not_overwritten(linked: World) -> None:
    w = linked
    contact = _contact(w)
    w.tribe.edit(_organization(w), PhoneNumber="+47 00 99 88 77", Website="https://tribe.example")
    w.later()

    def someone_edits() -> None:
        w.clock.advance(timedelta(seconds=1))
        w.poweroffice.edit_customer(contact, WebsiteUrl="https://go.example")

    w.sandbox.faults.add(Fault("tribe", "GET", r"/Address", Run(someone_edits)))
    w.push()
    customer = w.poweroffice.customer(contact)
    assert customer["PhoneNumber"] == "+47 00 99 88 77"
    assert customer["WebsiteUrl"] == "https://go.example", "PowerOffice wins what both changed"
    w.pull()
    assert w.tribe.entity(_organization(w))["Website"] == "https://go.example"


def test_an_edit_made_at_the_last_moment_is_caught_by_the_patchs_tests(linked: World) -> None:
    w = linked
    contact = _contact(w)
    w.tribe.edit(_organization(w), Website="https://tribe.example")
    edit = Run(lambda: w.poweroffice.edit_customer(contact, WebsiteUrl="https://go.example"))
    w.sandbox.faults.add(Fault("poweroffice", "PATCH", r"/Customers", edit))
    (change,) = w.push().changes
    assert change.status is Status.SKIPPED
    assert w.poweroffice.customer(contact)["WebsiteUrl"] == "https://go.example"
    w.push()
    w.pull()
    assert w.differences() == []
    assert len(w.memory().conflicts) == 1


def test_a_customer_deleted_in_poweroffice_is_parked_and_not_made_again(linked: World) -> None:
    w = linked
    organization = _organization(w)
    w.company("En annen AS")
    w.pull()
    w.poweroffice.delete("customer", _contact(w))
    report = w.pull(full=True)
    assert report.exit_code == 1
    assert report.counts["parked"] == 1
    w.tribe.edit(organization, PhoneNumber="00 11 11 11")
    w.push()
    w.pull()
    assert [one["Name"] for one in w.poweroffice.customers()] == ["En annen AS"]
    assert len(w.tribe.customers()) == 2


def test_a_customer_deleted_in_tribe_is_parked_and_not_made_again(linked: World) -> None:
    w = linked
    w.tribe.delete(w.link(KAFFE).tribe_id)
    w.poweroffice.edit_customer(_contact(w), PaymentTerm=30)
    (change,) = w.pull().changes
    assert change.status is Status.FAILED
    for run in (w.pull, w.push):
        assert run().counts["parked"] == 1
    assert w.tribe.customers() == []


def test_relations_merged_in_tribe_stay_one_customer(linked: World) -> None:
    """A merge moves the linked role to the relation that stays, which now has the role twice."""
    w = linked
    kept = w.tribe_customer("Fjord Kaffe (riktig)")
    w.tribe.merge(kept, _organization(w))
    for run in (w.push, w.pull, w.push):
        run()
    assert w.link("Fjord Kaffe (riktig)").tribe_relation_id == kept
    assert len(w.poweroffice.customers()) == 1
    assert w.differences() == []
    (entry,) = w.memory().quarantine.values()
    assert "twice" in entry.reason


def test_a_relation_that_takes_over_the_number_takes_over_the_link(linked: World) -> None:
    """As after a merge whose roles were not moved: the mapped relation is gone."""
    w = linked
    gone = w.customer_in_tribe(KAFFE)
    w.tribe.delete(gone["ID"])
    w.tribe.delete(gone["Organization"]["ID"])
    kept = w.tribe_customer("Fjord Kaffe (riktig)", DebtorNumber="10000")
    w.tribe_customer("En annen AS")
    w.pull(full=True)
    assert w.link(KAFFE).tribe_relation_id == kept
    assert len(w.poweroffice.customers()) == 1
    assert w.differences() == []


def test_an_idle_pass_asks_no_more_than_what_tells_that_nothing_changed(linked: World) -> None:
    w = linked
    for run in (w.push, w.pull):
        run()
    idle = {}
    for name, run in (("push", w.push), ("pull", w.pull)):
        w.sandbox.requests.clear()
        run()
        idle[name] = [
            one.path.rpartition("/")[2]
            for one in w.sandbox.requests.all()
            if not one.asks_for_token and one.status != 401  # tokens age in between
        ]
    assert idle["pull"] == ["Customers", "Suppliers"]
    assert idle["push"] == [
        "Relationship_Organization_CommercialRelationship_Customer",
        "Relationship_Person_CommercialRelationship_Customer",
        "Relationship_Organization_Supplier",
        "Address",
    ]


def test_a_create_that_nobody_can_look_for_is_left_to_a_person(w: World) -> None:
    """Tribe keeps no ImportId and numbers by itself: nothing tells whether it is there."""
    w.tribe.dialect = replace(w.tribe.dialect, import_id="absent", auto_number=True)
    assert w.init().exit_code == 0
    w.company("Fjord Kaffe AS")
    w.sandbox.faults.add(Fault("tribe", "POST", "Customer", DropAfter()))

    for run in (w.pull, w.pull, w.push):
        run()

    assert len(w.tribe.customers()) == len(w.poweroffice.customers()) == 1
    (entry,) = [one for one in w.memory().quarantine.values() if one.system is System.TRIBE]
    assert entry.reason == "an earlier run may have created it in Tribe; no mark can tell"
    assert f"tribe-po quarantine retry {entry.id}" in entry.next_step
    relation = w.tribe.customers()[0]["Organization"]["ID"]
    w.tribe.edit(relation, DebtorNumber=str(w.poweroffice.customer(int(entry.id))["Number"]))
    w.push()
    w.pull()
    assert w.link(KAFFE).tribe_relation_id == relation
    assert not w.memory().intents
    assert not w.memory().quarantine
    _is_silent(w)


def test_what_a_person_says_is_not_there_is_created(w: World) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, import_id="absent")
    assert w.init().exit_code == 0
    contact = w.company("Fjord Kaffe AS")
    w.sandbox.faults.add(Fault("tribe", "POST", "Customer", DropBefore()))
    w.pull()
    w.pull()
    assert w.tribe.customers() == []

    store = Store(w.state)
    store.save(retry(store.open(), [str(contact)], w.clock.now()).memory)
    w.pull()

    assert len(w.tribe.customers()) == 1
    assert not w.memory().quarantine
    assert not w.memory().intents


def test_a_pass_that_a_server_stops_is_among_the_runs(linked: World) -> None:
    w = linked
    for _ in range(2):
        w.sandbox.faults.add(Fault("tribe", "GET", "Relationship_", faults.Status(403), times=50))
        with pytest.raises(NotAllowed) as stopped:
            w.push()
        w.sandbox.faults.clear()

    *_, last = w.memory().runs
    assert (last.name, last.outcome, last.counts) == ("push-relations", "failed", {})
    assert last.reason == " ".join(stopped.value.reason.split())
    assert [run.outcome for run in w.memory().runs].count("failed") == 1, "equal ones count once"
    w.push()
    assert (w.memory().runs[-1].outcome, w.memory().runs[-1].reason) == ("ok", None)


def test_a_pass_that_a_guard_refuses_is_among_the_runs(linked: World) -> None:
    w = linked
    w.company("Ny AS")

    report = w.pull(limits=replace(NO_LIMITS, max_creates=0))

    last = w.memory().runs[-1]
    assert (last.name, last.outcome) == ("pull-relations", "refused")
    assert report.error is not None
    assert last.reason == " ".join(report.error.reason.split())


def test_a_pass_that_comes_before_its_init_sync_is_among_the_runs_of_the_others(w: World) -> None:
    w.overrides["TRIBE_PO_KINDS"] = "customers"
    w.init()
    w.overrides["TRIBE_PO_KINDS"] = "customers,suppliers"
    with pytest.raises(GuardRefused):
        w.push()
    assert (w.memory().runs[-1].name, w.memory().runs[-1].outcome) == ("push-relations", "refused")


def test_a_dry_run_and_a_pass_without_a_state_leave_no_run(w: World) -> None:
    with pytest.raises(GuardRefused):
        w.push()
    assert w.memory().runs == []
    w.init()
    w.company("Ny AS")
    before = w.state.read_bytes()
    w.pull(dry_run=True, limits=replace(NO_LIMITS, max_creates=0))
    w.sandbox.faults.add(Fault("tribe", "GET", "Relationship_", faults.Status(403), times=50))
    with pytest.raises(NotAllowed):
        w.push(dry_run=True)
    assert w.state.read_bytes() == before


def test_what_ended_a_pass_is_told_even_if_it_cannot_be_noted(
    linked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = linked

    def full(self: Store, memory: Memory) -> None:
        raise StateNotSaved("The state could not be written", "disk full", "Free some space.")

    monkeypatch.setattr(Store, "save", full)
    w.sandbox.faults.add(Fault("tribe", "GET", "Relationship_", faults.Status(403), times=50))
    with pytest.raises(NotAllowed):
        w.push()
    w.sandbox.faults.clear()
    with pytest.raises(StateNotSaved):
        w.push()


def test_who_is_who_is_found_out_once_where_no_look_up_found_anything(
    linked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = linked
    asked: list[int] = []
    original = match

    def counting(*arguments: Any) -> Matching:
        asked.append(1)
        return original(*arguments)

    monkeypatch.setattr(observe, "match", counting)
    w.company("Ny AS")
    w.pull(full=True)
    assert len(asked) == 1


def test_an_address_for_a_relation_with_two_roles_is_added_once(w: World) -> None:
    contact = w.company("Fjord Kaffe AS")
    w.poweroffice.add_supplier(contact_id=contact)
    assert w.init().exit_code == 0
    addresses = sum(1 for _ in w.tribe.store.of_type("Address"))
    w.poweroffice.edit_address(contact, **OSLO)

    w.pull(full=True)

    assert sum(1 for _ in w.tribe.store.of_type("Address")) == addresses + 1
    _is_silent(w)


def test_what_two_roles_share_is_a_conflict_once_and_written_once(w: World) -> None:
    contact = w.company(KAFFE, WebsiteUrl="https://fjord.example")
    w.poweroffice.add_supplier(contact_id=contact)
    w.init()
    w.later()
    organization = w.customer_in_tribe(KAFFE)["Organization"]["ID"]
    w.tribe.edit(organization, Website="https://tribe.example")
    w.poweroffice.edit_customer(contact, WebsiteUrl="https://go.example")
    w.push()
    report = w.pull()
    assert [one.status for one in report.changes] == [Status.DONE, Status.SKIPPED]
    assert report.changes[1].reason == "written with its other role"
    assert len(report.plan.conflicts) == 2
    assert [one.field for one in tables.distinct(report.plan.conflicts)] == ["website"]
    assert "1 changed on both sides" in tables.summary(report).plain
    assert w.pull().changes == ()


def test_a_second_role_leaves_an_edit_of_the_relation_alone(w: World) -> None:
    contact = w.company(KAFFE, EmailAddress="post@fjord.example")
    w.init()
    organization = w.customer_in_tribe(KAFFE)["Organization"]["ID"]
    w.later()
    w.tribe.edit(organization, EmailAddress="ny@tribe.example")
    w.poweroffice.add_supplier(contact_id=contact)

    w.pull()
    w.push()

    assert w.customer_in_poweroffice(KAFFE)["EmailAddress"] == "ny@tribe.example"
    (supplier,) = w.tribe.suppliers()
    assert supplier["Organization"]["ID"] == organization
    assert supplier["Organization"]["EmailAddress"] == "ny@tribe.example"
    assert supplier["Organization"]["CreditorNumber"] == "20000"
    _is_silent(w)


def test_who_was_deleted_after_an_answer_was_lost_is_not_brought_back(w: World) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, read_lag=60)
    w.init()
    contact = w.company(KAFFE)
    w.sandbox.faults.add(Fault("tribe", "POST", "Customer", DropAfter()))
    w.pull()
    assert len(w.memory().intents) == 1
    w.poweroffice.delete(Kind.CUSTOMER, contact)

    w.pull(full=True)
    w.push(full=True)

    assert w.poweroffice.customers() == []
    assert w.link(KAFFE).parked == GONE[System.POWEROFFICE]
    assert not w.memory().intents
    assert w.pull(full=True).changes == w.push(full=True).changes == ()


def test_a_create_that_never_happened_is_forgotten_once_its_source_is_gone(w: World) -> None:
    w.init()
    contact = w.company(KAFFE)
    w.sandbox.faults.add(Fault("tribe", "POST", "Customer", DropBefore()))
    w.pull()
    assert len(w.memory().intents) == 1
    w.poweroffice.delete(Kind.CUSTOMER, contact)

    w.pull(full=True)

    assert not w.memory().intents
    assert w.tribe.customers() == []


def _without_the_customers_role(w: World) -> tuple[int, str]:
    """A contact whose customer's role somebody deletes in Tribe, where the supplier's stays; no
    complete read has told of it yet. Gives the contact and the organisation."""
    contact = w.company(KAFFE)
    w.poweroffice.add_supplier(contact_id=contact)
    w.init()
    w.later()
    customer = w.customer_in_tribe(KAFFE)
    w.tribe.delete(customer["ID"])
    return contact, customer["Organization"]["ID"]


def test_a_role_that_was_deleted_in_tribe_brings_nothing_old_back(w: World) -> None:
    _, organization = _without_the_customers_role(w)
    w.tribe.edit(organization, EmailAddress="en@tribe.example")
    w.push()
    w.tribe.edit(organization, EmailAddress="to@tribe.example")

    w.pull()
    w.push()
    w.pull(full=True)

    (supplier,) = w.tribe.suppliers()
    assert supplier["Organization"]["EmailAddress"] == "to@tribe.example"
    assert w.customer_in_poweroffice(KAFFE)["EmailAddress"] == "to@tribe.example"


def test_an_edit_during_a_pass_is_seen_for_a_role_that_was_deleted(w: World) -> None:
    contact, organization = _without_the_customers_role(w)
    w.poweroffice.edit_customer(contact, WebsiteUrl="https://go.example")

    def edit() -> None:
        w.later()
        w.tribe.edit(organization, Website="https://tribe.example")

    w.sandbox.faults.add(Fault("tribe", "GET", "Customer", Run(edit), skip=1))
    w.pull()

    kept = {one.tribe for one in w.memory().conflicts.values()}
    (supplier,) = w.tribe.suppliers()
    assert "https://tribe.example" in {supplier["Organization"]["Website"], *kept}


def test_a_contact_gets_a_role_that_its_relation_has_from_another_contact(
    linked: World,
) -> None:
    """Two suppliers in PowerOffice for one in Tribe would take turns to give it their number."""
    linked.tribe.add_supplier(_organization(linked))
    linked.push()
    linked.poweroffice.add_supplier(contact_id=_contact(linked))
    for _ in range(2):
        linked.pull()
        linked.push()
    linked.sandbox.requests.clear()
    linked.pull(full=True)
    linked.push(full=True)
    assert linked.wrote() == []
    assert len(linked.tribe.suppliers()) == 1
    (entry,) = linked.memory().quarantine.values()
    assert f"{KAFFE} in Tribe is a supplier already" in entry.reason
