"""Creating and changing customers and suppliers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.tribe.peer import Peer, answer, one, scripted_tribe
from tribe_po.errors import (
    AlreadyExists,
    LostAnswer,
    NotAllowed,
    RecordGone,
    RecordRefused,
)
from tribe_po.records import Address, Form, Kind, Record, Values
from tribe_po.sandbox.faults import DropAfter, Fault, Status
from tribe_po.sides import Creation, Edit
from tribe_po.transport.http import Answer
from tribe_po.tribe.client import Tribe
from tribe_po.tribe.writing import POST, UPDATE, created_id

MARK = "poweroffice:customer:77"
NOWHERE = "00000000-0000-4000-8000-000000000000"
OSLO = Address("Storgata 12 B", "c/o Vik", "0155", "Oslo", "NO")
COMPANY: Values = {
    "name": "Fjord Kaffe AS",
    "number": "10001",
    "organization_number": "987654325",
    "email": "post@kaffe.example",
    "invoice_email": None,
    "phone": "22334455",
    "website": None,
    "address": OSLO,
    "payment_days": 14,
    "inactive": False,
}
PERSON: Values = {
    "first_name": "Kari de",
    "last_name": "Vik",
    "number": "10002",
    "email": None,
    "phone": None,
    "address": Address("Sentrum", "", "5003", "Bergen", ""),
    "payment_days": None,
    "inactive": True,
}


def creation(values: Values = COMPANY, **changes: Any) -> Creation:
    given: dict[str, Any] = {
        "kind": Kind.CUSTOMER,
        "form": Form.ORGANIZATION,
        "values": values,
        "mark": MARK,
    }
    return Creation(**(given | changes))


def edit(record: Record, **values: Any) -> Edit:
    return Edit(
        kind=record.kind,
        form=record.form,
        id=record.id,
        relation_id=record.relation_id,
        address_id=record.address_id,
        values=values,
        expected={name: record.values.get(name) for name in values},
    )


@pytest.fixture
def customer(peer: Peer) -> Record:
    """A customer with an invoice address, as the client reads it."""
    relation = peer.tenant.add_organization(
        Name="Fjord Kaffe AS",
        EmailAddress="post@kaffe.example",
        InvoiceAddress={
            "Street": "Storgata",
            "HouseNumber": 12,
            "HouseNumberSuffix": "B",
            "Postalcode": "0155",
            "City": "Oslo",
            "Country": "NO",
        },
    )
    return one(peer.tribe(), Kind.CUSTOMER, peer.tenant.add_customer(relation))


def writes(peer: Peer) -> list[str]:
    return [call for call in peer.asked() if not call.startswith("GET")]


def ready(peer: Peer) -> Tribe:
    """A client that has asked for what it asks for once."""
    tribe = peer.tribe()
    tribe.own_organization()
    peer.forget()
    return tribe


def test_a_new_company(peer: Peer) -> None:
    tribe = peer.tribe()
    written = tribe.create(creation())
    record = one(tribe, Kind.CUSTOMER, written.id)
    assert record.values == COMPANY
    assert record.mark == MARK
    assert written.record is None
    (stored,) = peer.tenant.customers()
    assert stored["Relation"]["ID"] == peer.tenant.own_organization_id
    address = stored["Organization"]["InvoiceAddress"]
    assert (address["Street"], address["HouseNumber"], address["HouseNumberSuffix"]) == (
        "Storgata",
        12,
        "B",
    )
    assert address["Country"]["Code"] == "NO"
    assert stored["IsFormer"] is None


def test_a_new_company_is_one_request(peer: Peer) -> None:
    tribe = ready(peer)
    tribe.create(creation({**COMPANY, "address": None}))
    assert peer.asked() == ["POST Relationship_Organization_CommercialRelationship_Customer"]


def test_a_new_person(peer: Peer) -> None:
    tribe = peer.tribe()
    written = tribe.create(creation(PERSON, form=Form.PERSON))
    record = one(tribe, Kind.CUSTOMER, written.id)
    assert record.values == PERSON
    assert record.form is Form.PERSON


def test_a_new_supplier(peer: Peer) -> None:
    tribe = peer.tribe()
    values: Values = {"name": "Vik Snekkeri AS", "number": "20001", "inactive": True}
    written = tribe.create(creation(values, kind=Kind.SUPPLIER))
    record = one(tribe, Kind.SUPPLIER, written.id)
    assert (record.values["number"], record.values["inactive"]) == ("20001", True)
    assert peer.tenant.suppliers()[0]["Organization"]["CreditorNumber"] == "20001"


def test_a_country_that_the_tenant_lacks_is_left_out(peer: Peer) -> None:
    tribe = peer.tribe()
    written = tribe.create(
        creation({**COMPANY, "address": Address("Rue 1", city="X", country="MC")})
    )
    assert one(tribe, Kind.CUSTOMER, written.id).values["address"] == Address("Rue 1", city="X")


def test_a_private_supplier_is_refused_without_a_request(peer: Peer) -> None:
    tribe = ready(peer)
    with pytest.raises(RecordRefused, match="supplier that is a person"):
        tribe.create(creation(PERSON, kind=Kind.SUPPLIER, form=Form.PERSON))
    assert peer.asked() == []


def test_a_creation_without_a_body_is_found_by_its_mark(peer: Peer) -> None:
    peer.answer_otherwise(write_body=False)
    written = peer.tribe().create(creation())
    assert written.record is not None
    assert (written.id, written.record.values) == (written.record.id, COMPANY)


@pytest.mark.parametrize("header", ["Location", "OData-EntityId"])
def test_a_creation_without_a_body_may_name_its_id_in_a_header(header: str) -> None:
    def say(method: str, path: str, _query: dict[str, str], _body: Any) -> Answer:
        if method == "POST":
            return answer("", 204, {header: f"https://api.example{path}({NOWHERE})"})
        return answer({"value": [{"ID": "i", "Relation": {"ID": "me"}}]})

    tribe, _connection = scripted_tribe(say)
    assert tribe.create(creation({"name": "Vik"})).id == NOWHERE


def test_a_creation_that_cannot_be_found_again_is_lost() -> None:
    def say(method: str, path: str, query: dict[str, str], _body: Any) -> Answer:
        if method == "POST":
            return answer("", 204)
        if path.endswith("Identity"):
            return answer({"value": [{"ID": "i", "Relation": {"ID": "me"}}]})
        return answer({"value": []})

    tribe, _connection = scripted_tribe(say)
    with pytest.raises(LostAnswer, match=MARK):
        tribe.create(creation({"name": "Vik"}))


@pytest.mark.parametrize("status", [403, 503])
def test_a_creation_that_cannot_be_looked_up_now_is_lost(peer: Peer, status: int) -> None:
    """It was made. That Tribe goes down in between does not make it undone."""
    tribe = ready(peer)
    peer.answer_otherwise(write_body=False)
    peer.sandbox.faults.add(Fault("tribe", "POST", "Customer$", Status(204)))
    peer.sandbox.faults.add(Fault("tribe", "GET", "Customer", Status(status), times=100))
    with pytest.raises(LostAnswer):
        tribe.create(creation())


def test_a_role_whose_relation_cannot_be_completed_now_is_lost(peer: Peer) -> None:
    """The role is there, and the rest of it not."""
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS", DebtorNumber="10001")
    tribe = ready(peer)
    peer.sandbox.faults.add(Fault("tribe", "PUT", "/Relation_", Status(503), times=100))
    with pytest.raises(LostAnswer):
        tribe.create(creation(relation_id=relation))
    assert len(peer.tenant.customers()) == 1


def test_a_lost_answer_is_not_repeated(peer: Peer) -> None:
    tribe = ready(peer)
    peer.sandbox.faults.add(Fault("tribe", "POST", "Customer", DropAfter()))
    with pytest.raises(LostAnswer):
        tribe.create(creation())
    assert len(writes(peer)) == 1
    assert len(tribe.find_by_mark(Kind.CUSTOMER, MARK)) == 1


def test_a_refused_creation_is_about_that_record(peer: Peer) -> None:
    with pytest.raises(RecordRefused, match="requires 'Name'"):
        peer.tribe().create(creation({**COMPANY, "name": ""}))
    peer.tenant.read_only = True
    with pytest.raises(RecordRefused, match="no right"):
        peer.tribe().create(creation())
    assert peer.tenant.customers() == []


def test_a_conflict_is_looked_up(peer: Peer) -> None:
    conflict = Status(409, '{"error": {"message": "exists"}}')
    peer.sandbox.faults.add(Fault("tribe", "POST", "Customer", conflict, times=2))
    tribe = peer.tribe()
    with pytest.raises(RecordRefused) as caught:
        tribe.create(creation())
    assert type(caught.value) is RecordRefused
    peer.tenant.add_customer(peer.tenant.add_organization(Name="Vik"), ImportId=MARK)
    with pytest.raises(AlreadyExists):
        tribe.create(creation())


def test_a_set_that_is_not_there_is_named(peer: Peer) -> None:
    missing = Status(404, '{"error": {"message": "Entity type not found"}}')
    peer.sandbox.faults.add(Fault("tribe", "POST", "Supplier", missing))
    with pytest.raises(NotAllowed, match="Relationship_Organization_Supplier"):
        peer.tribe().create(creation({"name": "Vik"}, kind=Kind.SUPPLIER))


def test_a_relation_gets_the_role(peer: Peer) -> None:
    relation = peer.tenant.add_organization(
        Name="Fjord Kaffe AS", DebtorNumber="10001", PhoneNumber="+47 22 33 44 55"
    )
    peer.tenant.edit_address(relation, Street="Sentrum", City="Bergen")
    tribe = peer.tribe()
    (found,) = tribe.find_by_key(Kind.CUSTOMER, ["10001"])
    written = tribe.create(creation(relation_id=found.relation_id, upgrade_id=found.id))
    record = one(tribe, Kind.CUSTOMER, written.id)
    assert record.relation_id == relation
    # What means the same is left as it was: a country code, Norway where no country is given.
    same = {"phone": "+47 22 33 44 55", "address": replace(OSLO, country="")}
    assert record.values == {**COMPANY, **same}
    assert record.address_id == found.address_id
    assert record.mark == MARK
    assert len(peer.tenant.organizations()) == 2


def test_what_a_relation_has_already_is_not_written(peer: Peer) -> None:
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS", DebtorNumber="10001")
    tribe = ready(peer)
    tribe.find_by_key(Kind.CUSTOMER, ["10001"])
    tribe.create(creation({"name": "Fjord Kaffe AS", "number": "10001"}, relation_id=relation))
    assert len(writes(peer)) == 1


def test_a_relation_keeps_what_poweroffice_does_not_know(peer: Peer) -> None:
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS", Website="kaffe.example")
    tribe = peer.tribe()
    written = tribe.create(creation(relation_id=relation))
    assert one(tribe, Kind.CUSTOMER, written.id).values["website"] == "kaffe.example"


def test_a_relation_that_is_gone_gets_no_role(peer: Peer) -> None:
    with pytest.raises(RecordGone):
        peer.tribe().create(creation(relation_id=NOWHERE))
    assert writes(peer) == []


def test_a_role_stands_when_the_rest_is_refused(peer: Peer) -> None:
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS")
    peer.tenant.locked.add(relation)
    tribe = peer.tribe()
    written = tribe.create(creation(relation_id=relation))
    assert written.record is not None
    assert written.record.values["email"] is None
    assert written.record.values["payment_days"] == 14
    assert written.id == peer.tenant.customers()[0]["ID"]


@pytest.mark.parametrize("keeps_id", [True, False])
@pytest.mark.parametrize("write_body", [True, False])
@pytest.mark.parametrize("found_before", [True, False])
def test_a_lead_is_upgraded(
    peer: Peer, keeps_id: bool, write_body: bool, found_before: bool
) -> None:
    peer.answer_otherwise(upgrade_keeps_id=keeps_id, write_body=write_body)
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS", DebtorNumber="10001")
    lead = peer.tenant.add_lead(relation)
    tribe = peer.tribe()
    if found_before:
        assert [r.id for r in tribe.find_by_key(Kind.CUSTOMER, ["10001"])] == [lead]
    written = tribe.create(creation(relation_id=relation, upgrade_id=lead))
    record = one(tribe, Kind.CUSTOMER, written.id)
    assert (record.id == lead) == keeps_id
    assert record.values == COMPANY
    assert record.mark == MARK
    assert len(peer.tenant.customers()) == 1


@pytest.mark.parametrize("keeps_id", [True, False])
def test_a_lead_whose_upgrade_was_never_answered_is_found_by_its_mark(
    peer: Peer, keeps_id: bool
) -> None:
    peer.answer_otherwise(upgrade_keeps_id=keeps_id)
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS", DebtorNumber="10001")
    lead = peer.tenant.add_lead(relation)
    peer.sandbox.faults.add(Fault("tribe", "POST", "Lead", DropAfter()))
    tribe = peer.tribe()
    with pytest.raises(LostAnswer):
        tribe.create(creation(relation_id=relation, upgrade_id=lead))
    (found,) = tribe.find_by_mark(Kind.CUSTOMER, MARK)
    assert found.relation_id == relation


def test_a_lead_that_takes_no_mark_is_upgraded_all_the_same(peer: Peer) -> None:
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS", DebtorNumber="10001")
    lead = peer.tenant.add_lead(relation)
    refusal = Status(403, '{"error": {"message": "no right"}}')
    peer.sandbox.faults.add(Fault("tribe", "PUT", "Lead", refusal))
    written = peer.tribe().create(creation(relation_id=relation, upgrade_id=lead))
    assert peer.tenant.entity(written.id)["ImportId"] == MARK


def test_a_leads_foreign_import_id_stays(peer: Peer) -> None:
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS")
    lead = peer.tenant.add_lead(relation, ImportId="excel-7")
    written = peer.tribe().create(creation(relation_id=relation, upgrade_id=lead))
    assert peer.tenant.entity(written.id)["ImportId"] == "excel-7"


def test_a_lead_that_is_gone_is_not_upgraded(peer: Peer) -> None:
    with pytest.raises(RecordGone):
        peer.tribe().create(creation(relation_id=NOWHERE, upgrade_id=NOWHERE))
    assert writes(peer) == []


def test_one_field_is_one_request(peer: Peer, customer: Record) -> None:
    tribe = ready(peer)
    written = tribe.update(edit(customer, email="ny@kaffe.example"))
    assert (written.id, written.record) == (customer.id, None)
    assert peer.asked() == [f"PUT Relation_Organization({customer.relation_id})"]
    assert peer.bodies() == [{"EmailAddress": "ny@kaffe.example"}]


def test_fields_of_relation_role_and_address(peer: Peer, customer: Record) -> None:
    tribe = ready(peer)
    moved = Address("Storgata 12 B", "", "0156", "Oslo", "NO")
    tribe.update(edit(customer, number="10001", payment_days=30, inactive=True, address=moved))
    assert peer.bodies() == [
        {"Postalcode": "0156"},
        {"DebtorNumber": "10001"},
        {"PaymentTermInDays": 30, "IsFormer": True},
    ]
    after = one(tribe, Kind.CUSTOMER, customer.id)
    assert after.values["address"] == moved
    assert after.address_id == customer.address_id


def test_clearing_writes_null(peer: Peer, customer: Record) -> None:
    tribe = ready(peer)
    tribe.update(edit(customer, email=None, payment_days=None, inactive=None, address=None))
    assert peer.bodies() == [
        {"EmailAddress": None, "InvoiceAddress": None},
        {"PaymentTermInDays": None, "IsFormer": False},
    ]
    after = one(tribe, Kind.CUSTOMER, customer.id)
    assert (after.values["email"], after.values["address"]) == (None, None)


def test_a_first_address_goes_along_with_the_relation(peer: Peer) -> None:
    role = peer.tenant.add_customer(peer.tenant.add_organization(Name="Vik AS"))
    tribe = ready(peer)
    tribe.update(edit(one(tribe, Kind.CUSTOMER, role), phone="22334455", address=OSLO))
    assert len(writes(peer)) == 1
    after = one(tribe, Kind.CUSTOMER, role)
    assert (after.values["phone"], after.values["address"]) == ("22334455", OSLO)


@pytest.mark.parametrize("put", [True, False])
def test_a_first_address_whose_answer_is_lost_is_not_sent_again(peer: Peer, put: bool) -> None:
    peer.answer_otherwise(put=put)
    tribe = peer.tribe()
    role = peer.tenant.add_customer(peer.tenant.add_organization(Name="Fjord Kaffe AS"))
    bare = one(tribe, Kind.CUSTOMER, role)
    tribe.update(edit(bare, phone="22334455"))
    peer.sandbox.faults.add(
        Fault("tribe", "PUT" if put else "POST", "Relation_Organization", DropAfter())
    )
    with pytest.raises(LostAnswer):
        tribe.update(edit(bare, address=OSLO))
    assert len(list(peer.tenant.store.of_type("Address"))) == 1
    assert one(tribe, Kind.CUSTOMER, role).values["address"] == OSLO


def test_another_address_is_not_overwritten(peer: Peer) -> None:
    relation = peer.tenant.add_organization(Name="Vik AS", VisitingAddress={"City": "Voss"})
    tribe = peer.tribe()
    record = one(tribe, Kind.CUSTOMER, peer.tenant.add_customer(relation))
    assert record.values["address"] == Address(city="Voss")
    tribe.update(edit(record, address=OSLO))
    stored = peer.tenant.entity(relation)
    assert stored["VisitingAddress"]["City"] == "Voss"
    assert stored["InvoiceAddress"]["City"] == "Oslo"


def test_a_country_is_written_only_when_it_changes(peer: Peer, customer: Record) -> None:
    tribe = ready(peer)
    tribe.update(edit(customer, address=Address("Storgata 12 B", "", "0155", "Moss", "")))
    assert peer.bodies() == [{"City": "Moss"}]
    tribe.update(edit(customer, address=Address("Storgata 12 B", "", "0155", "Moss", "SE")))
    swedish = one(tribe, Kind.CUSTOMER, customer.id)
    assert swedish.values["address"] == Address("Storgata 12 B", "", "0155", "Moss", "SE")
    tribe.update(edit(swedish, address=Address("Storgata 12 B", "", "0155", "Moss", "")))
    after = one(tribe, Kind.CUSTOMER, customer.id)
    assert after.values["address"] == Address("Storgata 12 B", "", "0155", "Moss", "")


def test_an_address_that_is_gone_is_made_anew(peer: Peer, customer: Record) -> None:
    peer.tenant.delete(str(customer.address_id))
    tribe = peer.tribe()
    tribe.update(edit(customer, address=OSLO))
    after = one(tribe, Kind.CUSTOMER, customer.id)
    assert after.values["address"] == OSLO
    assert after.address_id not in (None, customer.address_id)


def test_a_change_of_an_unseen_record_reads_it_first(peer: Peer, customer: Record) -> None:
    tribe = peer.tribe()
    blind = Edit(
        kind=customer.kind,
        form=customer.form,
        id=customer.id,
        relation_id="",
        address_id=None,
        values={"address": OSLO, "name": "Fjord Te AS"},
        expected={},
    )
    tribe.update(blind)
    after = one(tribe, Kind.CUSTOMER, customer.id)
    assert (after.values["address"], after.values["name"]) == (OSLO, "Fjord Te AS")
    assert after.address_id == customer.address_id
    peer.tenant.delete(customer.id)
    with pytest.raises(RecordGone):
        tribe.update(blind)


def test_a_record_that_is_gone(peer: Peer, customer: Record) -> None:
    tribe = peer.tribe()
    peer.tenant.delete(customer.id)
    with pytest.raises(RecordGone):
        tribe.update(edit(customer, payment_days=7))
    peer.tenant.delete(customer.relation_id)
    with pytest.raises(RecordGone):
        tribe.update(edit(customer, name="Vik AS"))
    assert tribe.learned == {}


def test_a_record_that_may_not_be_written(peer: Peer, customer: Record) -> None:
    peer.tenant.locked.add(customer.relation_id)
    with pytest.raises(RecordRefused, match="no right to change this record"):
        peer.tribe().update(edit(customer, name="Vik AS"))


def test_an_update_whose_answer_is_lost_is_repeated(peer: Peer, customer: Record) -> None:
    peer.sandbox.faults.add(Fault("tribe", "PUT", "Relation", DropAfter()))
    tribe = ready(peer)
    tribe.update(edit(customer, name="Vik AS"))
    assert len(writes(peer)) == 2


def test_a_server_without_put_is_remembered(peer: Peer, customer: Record) -> None:
    peer.answer_otherwise(put=False)
    tribe = ready(peer)
    tribe.update(edit(customer, name="Vik AS"))
    tribe.update(edit(customer, name="Vik & Sønn AS"))
    assert writes(peer) == [
        f"PUT Relation_Organization({customer.relation_id})",
        "POST Relation_Organization",
        "POST Relation_Organization",
    ]
    assert tribe.learned[UPDATE] == POST
    assert one(tribe, Kind.CUSTOMER, customer.id).values["name"] == "Vik & Sønn AS"


def test_a_missing_route_is_told_from_a_missing_record(peer: Peer, customer: Record) -> None:
    route = Status(404, '{"status": 404, "error": "Not Found", "path": "/v1/odata"}')
    peer.sandbox.faults.add(Fault("tribe", "PUT", "Relation", route, times=9))
    tribe = peer.tribe()
    tribe.update(edit(customer, name="Vik AS"))
    assert tribe.learned == {UPDATE: POST}
    assert one(tribe, Kind.CUSTOMER, customer.id).values["name"] == "Vik AS"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_however_put_is_refused_the_record_itself_is_updated(
    peer: Peer, customer: Record, status: int
) -> None:
    peer.answer_otherwise(put=False, put_refusal=status, post_creates_unknown=True)
    tribe = peer.tribe()
    before = len(peer.tenant.organizations())
    tribe.update(edit(customer, name="Vik AS"))
    assert tribe.learned == {UPDATE: POST}
    assert one(tribe, Kind.CUSTOMER, customer.id).values["name"] == "Vik AS"
    peer.tenant.delete(customer.id)
    peer.tenant.delete(customer.relation_id)
    with pytest.raises(RecordGone):
        tribe.update(edit(customer, name="Vik & Sønn AS"))
    assert len(peer.tenant.organizations()) == before - 1


def test_where_put_works_a_record_that_it_does_not_find_is_not_posted(
    peer: Peer, customer: Record
) -> None:
    """Lists may show it a while after it was deleted, and a POST could create it anew."""
    peer.answer_otherwise(post_creates_unknown=True)
    tribe = peer.tribe()
    tribe.update(edit(customer, name="Vik AS"))
    missing = Status(404, '{"error": {"message": "no such organisation"}}')
    peer.sandbox.faults.add(Fault("tribe", "PUT", "Relation", missing))
    peer.forget()
    with pytest.raises(RecordRefused, match="lists a Relation_Organization and does not find it"):
        tribe.update(edit(customer, name="Vik & Sønn AS"))
    assert writes(peer) == [f"PUT Relation_Organization({customer.relation_id})"]
    peer.tenant.delete(customer.id)
    peer.tenant.delete(customer.relation_id)
    with pytest.raises(RecordGone):
        tribe.update(edit(customer, name="Vik & Sønn AS"))


def test_without_put_nothing_that_is_gone_is_made_anew(peer: Peer, customer: Record) -> None:
    peer.answer_otherwise(put=False)
    tribe = peer.tribe(learned={UPDATE: POST})
    peer.tenant.delete(customer.id)
    peer.tenant.delete(customer.relation_id)
    peer.forget()
    with pytest.raises(RecordGone):
        tribe.update(edit(customer, name="Vik AS"))
    assert writes(peer) == []


def test_what_neither_verb_may_do_is_refused_and_not_remembered(
    peer: Peer, customer: Record
) -> None:
    refusal = Status(405, '{"error": {"message": "read only"}}')
    peer.sandbox.faults.add(Fault("tribe", "PUT", "Relation", refusal))
    peer.sandbox.faults.add(Fault("tribe", "POST", "Relation", refusal))
    tribe = peer.tribe()
    with pytest.raises(RecordRefused, match="read only"):
        tribe.update(edit(customer, name="Vik AS"))
    assert tribe.learned == {}


def test_auto_numbering_is_overwritten_afterwards(peer: Peer) -> None:
    peer.answer_otherwise(auto_number=True)
    tribe = peer.tribe()
    written = tribe.create(creation())
    record = one(tribe, Kind.CUSTOMER, written.id)
    assert record.values["number"] == "1000"
    tribe.update(edit(record, number="10001"))
    assert one(tribe, Kind.CUSTOMER, written.id).values["number"] == "10001"


def test_it_works_without_metadata(peer: Peer) -> None:
    peer.answer_otherwise(metadata=False)
    tribe = peer.tribe()
    written = tribe.create(creation())
    record = one(tribe, Kind.CUSTOMER, written.id)
    assert record.values == COMPANY
    tribe.update(edit(record, name="Vik AS", address=None))
    assert one(tribe, Kind.CUSTOMER, written.id).values["name"] == "Vik AS"


def test_an_upgrade_that_is_not_readable_yet_is_trusted(peer: Peer) -> None:
    """What answers queries may lag behind what takes writes."""
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS", DebtorNumber="10001")
    lead = peer.tenant.add_lead(relation)
    tribe = peer.tribe()
    stale = Status(200, '{"value": []}')
    peer.sandbox.faults.add(Fault("tribe", "GET", "CommercialRelationship_Customer", stale))
    written = tribe.create(creation(relation_id=relation, upgrade_id=lead))
    record = one(tribe, Kind.CUSTOMER, lead)
    assert (written.id, record.values, record.mark) == (lead, COMPANY, MARK)


def test_an_upgrade_that_is_refused(peer: Peer) -> None:
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS")
    lead = peer.tenant.add_lead(relation)
    peer.tenant.locked.add(lead)
    with pytest.raises(RecordRefused, match="no right to change this record"):
        peer.tribe().create(creation(relation_id=relation, upgrade_id=lead))
    assert peer.tenant.customers() == []


def test_a_relation_that_disappears_before_it_gets_the_role(peer: Peer) -> None:
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS")
    missing = Status(404, '{"error": {"message": "no such organisation"}}')
    peer.sandbox.faults.add(Fault("tribe", "POST", "Customer", missing))
    with pytest.raises(RecordGone):
        peer.tribe().create(creation(relation_id=relation))


def test_a_created_entity_may_come_in_a_list() -> None:
    assert created_id(answer({"value": [{"Id": NOWHERE}]})) == NOWHERE
    assert created_id(answer({"value": []})) == ""


@pytest.mark.parametrize(
    ("answered", "taken"),
    [
        ({"IsFormer": True}, True),
        ({"IsFormer": False}, False),
        ({"IsFormer": None}, False),
        ({}, True),
    ],
)
def test_a_flag_that_tribe_accepts_and_does_not_take_is_told(
    answered: dict[str, bool | None], taken: bool
) -> None:
    """Else the next push would take the old flag for an edit, and revive what was archived."""

    def said(method: str, _path: str, _query: dict[str, str], _body: object) -> Answer:
        return answer({"ID": "r1", **answered} if method == "PUT" else {"value": []})

    tribe, _connection = scripted_tribe(said)
    edit = Edit(
        Kind.CUSTOMER, Form.ORGANIZATION, "r1", "o1", None, {"inactive": True}, {"inactive": False}
    )
    if taken:
        tribe.update(edit)
    else:
        with pytest.raises(RecordRefused, match="did not make it") as caught:
            tribe.update(edit)
        assert "IsFormer" in caught.value.why


@pytest.mark.parametrize(("write_body", "former"), [(False, "ignored"), (False, "taken")])
def test_a_flag_is_read_back_where_the_answer_has_no_body(
    peer: Peer, customer: Record, write_body: bool, former: str
) -> None:
    peer.answer_otherwise(write_body=write_body, former=former)
    tribe = ready(peer)
    if former == "ignored":
        with pytest.raises(RecordRefused, match="did not make it"):
            tribe.update(edit(customer, inactive=True))
    else:
        tribe.update(edit(customer, inactive=True))
    assert len(writes(peer)) == 1


@pytest.mark.parametrize("upgrade_type", ["dotted", None])
def test_an_upgrade_in_another_spelling_or_not_at_all(peer: Peer, upgrade_type: str | None) -> None:
    peer.answer_otherwise(upgrade_type=upgrade_type)
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS", DebtorNumber="10001")
    lead = peer.tenant.add_lead(relation)
    organizations = len(peer.tenant.organizations())
    tribe = peer.tribe()
    written = tribe.create(creation(relation_id=relation, upgrade_id=lead))
    record = one(tribe, Kind.CUSTOMER, written.id)
    assert (record.relation_id, record.values, record.mark) == (relation, COMPANY, MARK)
    assert (written.id == lead) is (upgrade_type == "dotted")
    assert len(peer.tenant.organizations()) == organizations


def test_a_create_without_an_id_or_import_id_in_the_answer_may_have_happened(peer: Peer) -> None:
    """Taken for a refusal, it would be created again."""
    peer.answer_otherwise(import_id="absent", write_body=False)
    with pytest.raises(LostAnswer):
        peer.tribe().create(creation())
    assert len(peer.tenant.customers()) == 1


def test_an_address_that_is_refused_does_not_hinder_the_creation(peer: Peer) -> None:
    peer.answer_otherwise(new_address="refused")
    tribe = peer.tribe()
    written = tribe.create(creation())
    record = one(tribe, Kind.CUSTOMER, written.id)
    assert (record.values["name"], record.values["address"]) == ("Fjord Kaffe AS", None)
    assert written.record == record
    assert len(peer.tenant.organizations()) == 2
    with pytest.raises(RecordRefused, match="takes an ID"):
        tribe.update(edit(record, address=OSLO))


@pytest.mark.parametrize("dialect", [{"read_lag": 60}, {"write_body": False}])
def test_what_was_created_without_its_address_is_told_so(
    peer: Peer, dialect: dict[str, Any]
) -> None:
    peer.later(minutes=2)
    peer.answer_otherwise(new_address="refused", **dialect)
    written = peer.tribe().create(creation())
    assert written.record is not None
    assert written.record.values["address"] is None
    assert written.record.values["email"] == "post@kaffe.example"


def test_a_creation_that_is_refused_for_another_reason_says_that(peer: Peer) -> None:
    refused = Status(400, '{"error": {"message": "no such term"}}')
    peer.sandbox.faults.add(Fault("tribe", "POST", "Customer", refused, times=2))
    with pytest.raises(RecordRefused, match="no such term"):
        peer.tribe().create(creation())
    assert peer.tenant.customers() == []


def test_an_address_that_is_refused_does_not_hinder_the_other_fields(peer: Peer) -> None:
    relation = peer.tenant.add_organization(Name="Fjord Kaffe AS")
    role = peer.tenant.add_customer(relation)
    peer.answer_otherwise(new_address="refused")
    tribe = peer.tribe()
    record = one(tribe, Kind.CUSTOMER, role)
    with pytest.raises(RecordRefused, match="everything else was written"):
        tribe.update(edit(record, address=OSLO, phone="1", payment_days=30))
    after = one(tribe, Kind.CUSTOMER, role).values
    assert (after["phone"], after["payment_days"], after["address"]) == ("1", 30, None)
    peer.tenant.edit_address(relation, Street="Sentrum", Postalcode="5003", City="Bergen")
    tribe.update(edit(one(tribe, Kind.CUSTOMER, role), address=OSLO))
    written = one(tribe, Kind.CUSTOMER, role).values["address"]
    assert isinstance(written, Address)
    assert written.line1 == OSLO.line1


def test_an_address_that_becomes_the_visiting_one_is_read_there(peer: Peer) -> None:
    peer.answer_otherwise(new_address="visiting")
    tribe = peer.tribe()
    written = tribe.create(creation())
    record = one(tribe, Kind.CUSTOMER, written.id)
    assert record.values["address"] == OSLO
    tribe.update(edit(record, address=replace(OSLO, postal_code="0150")))
    shown = peer.tenant.customers()[0]["Organization"]
    assert shown["VisitingAddress"]["Postalcode"] == "0150"
    assert shown["InvoiceAddress"] is None


def test_a_relation_that_is_gone_is_gone_whatever_was_refused(peer: Peer, customer: Record) -> None:
    peer.answer_otherwise(new_address="refused")
    tribe = peer.tribe()
    gone = replace(customer, relation_id=NOWHERE, address_id="")
    with pytest.raises(RecordGone):
        tribe.update(edit(gone, address=OSLO, phone="1"))


def test_two_writes_at_once_may_find_that_post_updates_no_longer() -> None:
    """The first one to find it has forgotten it when the second one does."""
    tribes: list[Tribe] = []

    def said(method: str, path: str, _query: dict[str, str], _body: object) -> Answer:
        if method == "GET":
            return answer({"value": [{"ID": NOWHERE}]})
        tribes[0].learned.pop(UPDATE, None)
        return answer({"error": "no"}, status=400)

    tribe, _connection = scripted_tribe(said, learned={UPDATE: POST})
    tribes.append(tribe)
    known = Edit(
        Kind.CUSTOMER, Form.ORGANIZATION, NOWHERE, NOWHERE, None, {"phone": "1"}, {"phone": "2"}
    )
    with pytest.raises(RecordRefused, match="refused to write"):
        tribe.update(known)
