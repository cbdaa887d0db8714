"""Finding the own organisation, and records by ID, number and mark."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tribe.peer import Peer, answer, scripted_tribe
from tribe_po.errors import NotAllowed, SettingsError, Untraceable
from tribe_po.records import Form, Kind, Record, System, Value
from tribe_po.transport.http import Answer
from tribe_po.tribe.client import Tribe

NOWHERE = "00000000-0000-4000-8000-000000000000"


def identities(*own: str, configured: str = "") -> Tribe:
    rows = [
        {"ID": f"identity-{n}", "Name": f"Eget {n} AS", "Relation": {"ID": relation}}
        for n, relation in enumerate(own)
    ]

    def say(*_asked: Any) -> Answer:
        return answer({"value": rows})

    tribe, _connection = scripted_tribe(say, organization_id=configured)
    return tribe


def test_the_own_organisation(peer: Peer) -> None:
    tribe = peer.tribe()
    peer.forget()
    assert tribe.own_organization() == peer.tenant.own_organization_id
    assert tribe.own_organization() == peer.tenant.own_organization_id
    assert peer.asked().count("GET Relationship_Organization_Identity") == 1
    assert len(peer.asked()) == 2


def test_several_identities_of_one_organisation_are_one() -> None:
    assert identities("own", "own").own_organization() == "own"


def test_no_own_organisation() -> None:
    with pytest.raises(NotAllowed, match="own organisation") as caught:
        identities().own_organization()
    assert "tribe-po check" in caught.value.next_step


@pytest.mark.parametrize("configured", ["", "third"])
def test_several_own_organisations(configured: str) -> None:
    tribe = identities("first", "second", configured=configured)
    with pytest.raises(SettingsError, match="TRIBECRM_ORGANIZATION_ID") as caught:
        tribe.own_organization()
    assert "2" in caught.value.why
    assert "second (Eget 1 AS)" in caught.value.why


def test_the_configured_organisation_is_chosen() -> None:
    assert identities("first", "Second", configured="second").own_organization() == "Second"


def test_many_organisations_are_counted_and_not_all_listed() -> None:
    with pytest.raises(SettingsError) as caught:
        identities(*(f"own-{n}" for n in range(20))).own_organization()
    assert "20" in caught.value.why
    assert "own-19" not in caught.value.why


def test_records_by_id(peer: Peer) -> None:
    tenant = peer.tenant
    company = tenant.add_customer(tenant.add_organization(Name="Fjord Kaffe AS"))
    person = tenant.add_customer(tenant.add_person(LastName="Vik"))
    supplier = tenant.add_supplier(tenant.add_organization(Name="Vik Snekkeri AS"))
    tribe = peer.tribe()
    found = tribe.get(Kind.CUSTOMER, [person, NOWHERE, supplier, company, "17", person])
    assert [(record.id, record.form) for record in found] == [
        (person, Form.PERSON),
        (company, Form.ORGANIZATION),
    ]
    assert [record.label for record in tribe.get(Kind.SUPPLIER, [supplier])] == ["Vik Snekkeri AS"]
    assert tribe.get(Kind.CUSTOMER, []) == []


def test_records_by_id_take_one_request_for_sixty(peer: Peer) -> None:
    tenant = peer.tenant
    ids = [tenant.add_customer(tenant.add_organization(Name=f"Kunde {n}")) for n in range(70)]
    tribe = peer.tribe()
    tribe.own_organization()
    peer.forget()
    assert [record.id for record in tribe.get(Kind.CUSTOMER, ids)] == ids
    assert len(peer.asked()) == 2
    assert max(map(len, peer.queries())) < 5000


def test_records_and_relations_by_number(peer: Peer) -> None:
    tenant = peer.tenant
    company = tenant.add_organization(Name="Fjord Kaffe AS", DebtorNumber="10001")
    customer = tenant.add_customer(company)
    bare = tenant.add_organization(Name="Vik Snekkeri AS", DebtorNumber="10002")
    prospect = tenant.add_organization(Name="Ny AS", DebtorNumber="0010003")
    lead = tenant.add_lead(prospect)
    person = tenant.add_person(LastName="Vik", DebtorNumber="10004")
    tenant.add_organization(Name="Andre AS", DebtorNumber="100011")
    tenant.add_organization(Name="Leverandør AS", CreditorNumber="10001")
    tribe = peer.tribe()
    found = tribe.find_by_key(Kind.CUSTOMER, ["10001", "10002", "0010003", " 10004 ", "o'x", ""])
    assert [(r.id, r.relation_id, r.role_missing, r.form) for r in found] == [
        (customer, company, False, Form.ORGANIZATION),
        ("", bare, True, Form.ORGANIZATION),
        (lead, prospect, True, Form.ORGANIZATION),
        ("", person, True, Form.PERSON),
    ]
    assert found[2].values["name"] == "Ny AS"


def test_leading_zeros_are_looked_for_as_given_and_without(peer: Peer) -> None:
    company = peer.tenant.add_organization(Name="Fjord Kaffe AS", DebtorNumber="10001")
    found = peer.tribe().find_by_key(Kind.CUSTOMER, ["00010001"])
    assert [record.relation_id for record in found] == [company]


def test_suppliers_by_number(peer: Peer) -> None:
    tenant = peer.tenant
    both = tenant.add_organization(Name="Fjord Kaffe AS", DebtorNumber="1", CreditorNumber="20001")
    tenant.add_customer(both)
    tenant.add_lead(both)
    tenant.add_person(LastName="Vik", CreditorNumber="20001")
    (found,) = peer.tribe().find_by_key(Kind.SUPPLIER, ["20001"])
    assert (found.relation_id, found.role_missing, found.id) == (both, True, "")
    supplier = tenant.add_supplier(both)
    (found,) = peer.tribe().find_by_key(Kind.SUPPLIER, ["20001"])
    assert (found.id, found.role_missing) == (supplier, False)


def test_organisations_without_the_role_that_look_alike(peer: Peer) -> None:
    tenant = peer.tenant
    own = tenant.add_organization(Name="Ola's Kaffe AS")
    lead = tenant.add_lead(own)
    numbered = tenant.add_organization(Name="Vik Snekkeri", ChamberOfCommerceNumber="923609016")
    tenant.add_customer(tenant.add_organization(Name="Ola's Kaffe AS"))
    tenant.add_organization(Name="Andre AS")
    tenant.add_person(LastName="Vik")
    tribe = peer.tribe()

    found = tribe.find_alike(
        Kind.CUSTOMER,
        [
            ours(name="Ola's Kaffe AS", organization_number=None),
            ours(name="Vik Snekkeri AS", organization_number="923609016"),
            ours(Form.PERSON, name="Andre AS", organization_number=None),
        ],
    )

    assert [(one.id, one.relation_id, one.role_missing) for one in found] == [
        (lead, own, True),
        ("", numbered, True),
    ]
    assert [one.relation_id for one in tribe.find_alike(Kind.SUPPLIER, [ours(name="Andre AS")])]
    assert tribe.find_alike(Kind.PRODUCT, [ours(name="Andre AS")]) == []


def ours(form: Form = Form.ORGANIZATION, **values: Value) -> Record:
    """A customer of PowerOffice's."""
    return Record(Kind.CUSTOMER, System.POWEROFFICE, "1", "1", form, values)


def test_a_thousand_names_are_asked_for_in_urls_of_moderate_length(peer: Peer) -> None:
    names = [f"Ærlig Øl og Åker avdeling nummer {n} i Bodø og omegn AS" for n in range(200)]
    asked = peer.tenant.add_organization(Name=names[150])
    tribe = peer.tribe()
    tribe.own_organization()
    peer.forget()

    found = tribe.find_alike(Kind.CUSTOMER, [ours(name=name) for name in names])

    assert [one.relation_id for one in found] == [asked]
    assert max(map(len, peer.queries())) < 5000


def test_a_number_that_several_carry_gives_all_of_them(peer: Peer) -> None:
    for name in ("En AS", "To AS"):
        peer.tenant.add_organization(Name=name, DebtorNumber="10001")
    found = peer.tribe().find_by_key(Kind.CUSTOMER, ["10001"])
    assert sorted(record.label for record in found) == ["En AS", "To AS"]


def test_many_numbers(peer: Peer) -> None:
    for number in range(10_000, 10_090):
        peer.tenant.add_organization(Name=f"Kunde {number}", DebtorNumber=str(number))
    tribe = peer.tribe()
    numbers = [str(number) for number in range(10_000, 10_200)]
    assert len(tribe.find_by_key(Kind.CUSTOMER, numbers)) == 90
    assert tribe.find_by_key(Kind.CUSTOMER, []) == []


def test_of_several_leads_the_furthest_is_upgraded() -> None:
    organization = {"ID": "9fcb346f-bd58-423d-b7da-1952f9449827"}

    def commercial(number: int, stage: str, **values: Any) -> dict[str, Any]:
        kind = f"Relationship.Organization.CommercialRelationship.{stage}"
        own: dict[str, Any] = {"Relation": {"ID": "me"}, "Organization": organization}
        return {"ID": f"role-{number}", "_Type": kind, **own, **values}

    rows = {
        "Relationship_Organization_Identity": [{"ID": "i", "Relation": {"ID": "me"}}],
        "Relation_Organization": [{**organization, "Name": "Ny AS", "DebtorNumber": "1"}],
        "Relationship_Organization_CommercialRelationship": [
            commercial(1, "Lead"),
            commercial(2, "Prospect"),
            commercial(3, "Suspect"),
            commercial(4, "HotProspect"),
            commercial(5, "Prospect", IsFormer=True),
            commercial(6, "Customer"),
            commercial(7, "Prospect", Relation={"ID": "someone"}),
        ],
    }

    def say(_method: str, path: str, query: dict[str, str], _body: Any) -> Answer:
        found = [] if "$skip" in query else rows.get(path.rpartition("/")[2], [])
        return answer({"value": found})

    tribe, _connection = scripted_tribe(say)
    (record,) = tribe.find_by_key(Kind.CUSTOMER, ["1"])
    assert record.id == "role-2"


def test_records_by_mark(peer: Peer) -> None:
    tenant = peer.tenant
    marks = ["poweroffice:customer:12", "poweroffice:customer:123", "Poweroffice:customer:12"]
    ids = [
        tenant.add_customer(tenant.add_organization(Name=f"Kunde {n}"), ImportId=mark)
        for n, mark in enumerate(marks)
    ]
    person = tenant.add_customer(tenant.add_person(LastName="Vik"), ImportId="poweroffice:x:'1'")
    tribe = peer.tribe()
    (found,) = tribe.find_by_mark(Kind.CUSTOMER, "poweroffice:customer:12")
    assert (found.id, found.mark) == (ids[0], marks[0])
    assert [r.id for r in tribe.find_by_mark(Kind.CUSTOMER, "poweroffice:x:'1'")] == [person]
    assert tribe.find_by_mark(Kind.CUSTOMER, "poweroffice:customer:1") == []
    assert tribe.find_by_mark(Kind.SUPPLIER, marks[0]) == []


def test_without_import_id_nothing_can_be_looked_for_by_its_mark(peer: Peer) -> None:
    peer.answer_otherwise(import_id="absent")
    with pytest.raises(Untraceable, match="cannot tell which customer") as caught:
        peer.tribe().find_by_mark(Kind.CUSTOMER, "poweroffice:customer:12")
    assert "no ImportId" in caught.value.why
