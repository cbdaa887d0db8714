"""The initial synchronisation, as a consultant makes it on a customer's live books."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.world import OSLO, World
from tribe_po.passes.init_sync import Scope
from tribe_po.sandbox import samples
from tribe_po.sync.change import Action, Change, Status


def _gist(change: Change) -> tuple[object, ...]:
    """What a change is about, without what only the real run can know: new ids and numbers."""
    names = tuple(one.name for one in change.fields)
    return change.action, change.kind, change.system, change.label, names


def test_customers_and_suppliers_come_into_tribe(w: World) -> None:
    w.company("Fjord Kaffe AS", EmailAddress="post@fjord.example", MailAddress=OSLO)
    w.poweroffice.add_customer(IsPerson=True, FirstName="Kari Anne", LastName="Nordmann")
    w.poweroffice.add_supplier(Name="Papir og Penn AS")

    report = w.init()

    assert report.exit_code == 0
    assert report.counts["create"] == 3
    coffee = w.customer_in_tribe("Fjord Kaffe AS")
    assert coffee["Organization"]["DebtorNumber"] == "10000"
    assert coffee["Organization"]["EmailAddress"] == "post@fjord.example"
    address = coffee["Organization"]["InvoiceAddress"]
    assert (address["Street"], address["HouseNumber"], address["HouseNumberSuffix"]) == (
        "Storgata",
        12,
        "B",
    )
    assert w.customer_in_tribe("Kari Anne Nordmann")["Person"]["FirstName"] == "Kari Anne"
    (supplier,) = w.tribe.suppliers()
    assert supplier["Organization"]["CreditorNumber"] == "20000"
    assert w.differences() == []


def test_what_it_created_carries_its_mark(w: World) -> None:
    identifier = w.company("Fjord Kaffe AS")
    w.init()
    relationship = w.customer_in_tribe("Fjord Kaffe AS")["ID"]
    assert w.tribe.entity(relationship)["ImportId"] == f"poweroffice:customer:{identifier}"


def test_the_same_number_links_and_poweroffices_values_lead(w: World) -> None:
    w.company("Fjord Kaffe AS", EmailAddress="post@fjord.example")
    organization = w.tribe_customer(
        "Fjord Kaffe", DebtorNumber="10000", EmailAddress="x@old.example", PhoneNumber="00 12 34 56"
    )

    report = w.init()

    assert report.counts["link"] == 1
    assert report.counts["create"] == 0
    relation = w.tribe.entity(organization)
    assert relation["Name"] == "Fjord Kaffe AS"
    assert relation["EmailAddress"] == "post@fjord.example"
    assert relation["PhoneNumber"] == "00 12 34 56", "Tribe's own value stays where it is alone"


def test_what_only_tribe_had_goes_to_poweroffice_with_the_next_push(w: World) -> None:
    w.company("Fjord Kaffe AS")
    w.tribe_customer("Fjord Kaffe AS", DebtorNumber="10000", PhoneNumber="00 12 34 56")
    w.init()
    w.push()
    assert w.customer_in_poweroffice("Fjord Kaffe AS")["PhoneNumber"] == "00 12 34 56"
    assert w.differences() == []


def test_a_number_with_leading_zeros_is_the_same_and_gets_poweroffices_form(w: World) -> None:
    w.company("Fjord Kaffe AS")
    organization = w.tribe_customer("Fjord Kaffe AS", DebtorNumber="0010000")
    assert w.init().counts["link"] == 1
    assert w.tribe.entity(organization)["DebtorNumber"] == "0010000"
    assert w.differences() == []


def test_two_organisations_with_one_debtor_number_are_left_to_a_person(w: World) -> None:
    w.company("Fjord Kaffe AS")
    w.company("Skog Bygg AS")
    for name in ("Fjord Kaffe AS", "Fjord Kaffe avd. Bergen"):
        w.tribe_customer(name, DebtorNumber="10000")

    report = w.init()

    assert report.exit_code == 1
    assert [change.label for change in report.changes] == ["Skog Bygg AS"], "the rest goes on"
    assert len(w.tribe.customers()) == 3
    reasons = {entry.reason for entry in report.memory.quarantine.values()}
    (reason,) = reasons
    assert "10000" in reason
    assert "Fjord Kaffe avd. Bergen" in reason


def test_a_lead_with_the_number_becomes_the_customer(w: World) -> None:
    w.company("Fjord Kaffe AS", PhoneNumber="+4700123456")
    organization = w.tribe.add_organization(Name="Fjord Kaffe", DebtorNumber="10000")
    w.tribe.add_lead(organization)

    report = w.init()

    assert [change.action for change in report.changes] == [Action.ADD_ROLE]
    assert w.customer_in_tribe("Fjord Kaffe AS")["Organization"]["ID"] == organization
    assert len([one for one in w.tribe.organizations() if "Fjord Kaffe" in one["Name"]]) == 1
    assert w.differences() == []


def test_an_organisation_with_the_number_gets_the_role_it_lacks(w: World) -> None:
    w.poweroffice.add_supplier(Name="Papir og Penn AS")
    organization = w.tribe.add_organization(Name="Papir og Penn AS", CreditorNumber="20000")
    w.init()
    (supplier,) = w.tribe.suppliers()
    assert supplier["Organization"]["ID"] == organization


def test_a_prospect_of_the_same_name_is_not_doubled(w: World) -> None:
    """Tribe knows nobody's number yet: sales had a prospect, accounting made a customer of him."""
    contact = w.company("Fjord Kaffe AS")
    organization = w.tribe.add_organization(Name="Fjord Kaffe AS")
    w.tribe.add_lead(organization)

    report = w.init()

    assert report.changes == ()
    (held,) = report.quarantined
    assert "Fjord Kaffe AS in Tribe has the same name and is no customer" in held.reason
    assert len(w.tribe.organizations()) == 2, "his, and the own one"
    w.tribe.edit(organization, DebtorNumber="10000")
    w.pull()
    assert w.link("Fjord Kaffe AS").poweroffice_id == str(contact)
    assert w.customer_in_tribe("Fjord Kaffe AS")["Organization"]["ID"] == organization
    assert w.memory().quarantine == {}


def test_a_prospect_with_the_organisation_number_becomes_the_customer_where_it_counts(
    w: World,
) -> None:
    w.overrides["TRIBE_PO_MATCH_BY"] = "number,organization-number"
    w.company("Fjord Kaffe AS", OrganizationNumber="923609016")
    organization = w.tribe.add_organization(Name="Fjord", ChamberOfCommerceNumber="923609016")
    w.tribe.add_lead(organization)

    report = w.init()

    assert [change.action for change in report.changes] == [Action.ADD_ROLE]
    assert w.customer_in_tribe("Fjord Kaffe AS")["Organization"]["ID"] == organization


def test_who_lost_the_role_and_the_number_after_the_state_is_not_doubled(w: World) -> None:
    contact = w.company("Fjord Kaffe AS")
    w.init()
    w.poweroffice.edit_customer(contact, Number=19_001)
    w.tribe.delete(w.customer_in_tribe("Fjord Kaffe AS")["ID"])
    for path in w.folder.glob(f"{w.state.name}*"):
        path.unlink()

    w.init()

    names = [one["Name"] for one in w.tribe.organizations()]
    assert names.count("Fjord Kaffe AS") == 1
    (held,) = w.memory().quarantine.values()
    assert "has the same name" in held.reason


def test_a_contact_with_two_roles_is_one_organisation_in_tribe(w: World) -> None:
    identifier = w.company("Fjord Kaffe AS")
    w.poweroffice.add_supplier(contact_id=identifier)
    w.init()
    (customer,), (supplier,) = w.tribe.customers(), w.tribe.suppliers()
    assert customer["Organization"]["ID"] == supplier["Organization"]["ID"]
    assert customer["Organization"]["DebtorNumber"] == "10000"
    assert supplier["Organization"]["CreditorNumber"] == "20000"


def test_archived_customers_stay_out_unless_asked_for(w: World) -> None:
    w.poweroffice.archive(w.company("Gammel Kunde AS"))
    assert w.init().counts["archived"] == 1
    assert w.tribe.customers() == []
    w.init(Scope(include_archived=True))
    assert w.customer_in_tribe("Gammel Kunde AS")["IsFormer"] is True


def test_what_only_tribe_has_is_counted_and_left_alone(w: World) -> None:
    organization = w.tribe_customer("Bare i Tribe AS")
    report = w.init()
    assert report.counts["left_alone"] == 1
    w.tribe.edit(organization, PhoneNumber="+47 00 11 22 33")
    w.push()
    assert w.poweroffice.customers() == [], "an edit does not push what was left alone"
    w.push(push_unmatched=True)
    assert w.customer_in_poweroffice("Bare i Tribe AS")["PhoneNumber"] == "+47 00 11 22 33"


def test_unmatched_customers_are_pushed_when_asked(w: World) -> None:
    organization = w.tribe_customer("Bare i Tribe AS", DebtorNumber="T-9")
    w.init(Scope(push_unmatched=True))
    assert w.customer_in_poweroffice("Bare i Tribe AS")["Number"] == 10000
    assert w.tribe.entity(organization)["DebtorNumber"] == "10000"


def test_a_record_without_a_name_is_quarantined_and_the_rest_goes_on(w: World) -> None:
    w.company("Fjord Kaffe AS")
    nameless = w.company("Skal bort AS")
    w.lose_name(nameless)

    report = w.init()

    assert report.exit_code == 1
    (entry,) = report.memory.quarantine.values()
    assert entry.reason == "PowerOffice has no name for it"
    assert [one["Organization"]["Name"] for one in w.tribe.customers()] == ["Fjord Kaffe AS"]


def test_a_dry_run_asks_only_and_changes_no_file(w: World) -> None:
    samples.fill(w.sandbox, 20, 8)
    w.init()
    samples_later(w)
    before = _files(w.folder)
    w.sandbox.requests.clear()
    for run in (w.init, w.push, w.pull):
        run(dry_run=True)
    assert w.wrote() == []
    assert _files(w.folder) == before


def test_a_first_dry_run_leaves_no_file_behind(w: World) -> None:
    samples.fill(w.sandbox, 20, 8)
    assert w.init(dry_run=True).counts["create"] > 0
    assert list(w.folder.iterdir()) == []


def test_the_real_run_does_what_the_dry_run_showed(w: World) -> None:
    samples.fill(w.sandbox, 40, 16)
    shown = w.init(dry_run=True)
    done = w.init()
    assert len(shown.changes) > 20
    assert sorted(map(_gist, shown.changes)) == sorted(map(_gist, done.changes))
    assert {change.status for change in done.changes} == {Status.DONE}


def test_a_second_round_writes_nothing_and_leaves_the_links_as_they_are(w: World) -> None:
    samples.fill(w.sandbox, 40, 16)
    w.init()
    w.push()
    w.pull()
    w.init()  # all that was written has shown since
    links = w.links()
    w.sandbox.requests.clear()
    for run in (w.init, w.push, w.pull):
        run()
    w.pull(full=True)
    assert w.wrote() == []
    assert w.links() == links
    assert w.differences() == []


def samples_later(w: World) -> None:
    """Work that is waiting for every pass."""
    w.tribe_customer("Ny i Tribe AS")
    w.company("Ny i PowerOffice AS")


def _files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.iterdir()
        if path.is_file()
    }
