"""Writing through the API: creates, partial updates, links, upgrades, refusals, stamps."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.tribe.client import (
    CUSTOMER,
    LEAD,
    NOBODY,
    ORGANIZATION,
    PERSON,
    PERSON_CUSTOMER,
    SUPPLIER,
    TribeClient,
)
from tribe_po.sandbox.tribe.dialect import TribeDialect


@pytest.fixture
def client() -> TribeClient:
    return TribeClient()


def organization(client: TribeClient, **fields: Any) -> str:
    return client.tenant.add_organization(**{"Name": "Alfa AS", **fields})


def country(client: TribeClient, code: str) -> dict[str, str]:
    [row] = client.rows("Datastore_Country", filter=f"Code eq '{code}'")
    return {"ID": row["ID"]}


def stamp(client: TribeClient, identifier: str) -> str | None:
    value: str | None = client.tenant.entity(identifier)["LastMutationDate"]
    return value


def test_a_create_answers_201_with_the_entity(client: TribeClient) -> None:
    answer = client.send("POST", ORGANIZATION, {"Name": "Alfa AS", "ImportId": "mark"})
    entity = answer.get_json()
    assert answer.status_code == 201
    assert entity["Name"] == "Alfa AS"
    assert entity["LastMutationDate"] is None
    assert "ImportId" not in entity
    assert client.tenant.entity(entity["ID"])["ImportId"] == "mark"


def test_a_customer_with_a_new_organization_and_address_in_one_body(client: TribeClient) -> None:
    body = {
        "Relation": client.own,
        "PaymentTermInDays": 14,
        "Organization": {
            "Name": "Ny Kunde AS",
            "DebtorNumber": "10007",
            "InvoiceAddress": {"Street": "Storgata", "Country": country(client, "SE")},
        },
    }
    answer = client.send("POST", CUSTOMER, body)
    assert "Organization" not in answer.get_json()
    [customer] = client.tenant.customers()
    assert customer["ID"] == answer.get_json()["ID"]
    assert customer["Organization"]["DebtorNumber"] == "10007"
    assert customer["Organization"]["InvoiceAddress"]["Country"]["Code"] == "SE"


def test_a_customer_of_an_existing_organization_may_be_created_twice(client: TribeClient) -> None:
    body = {"Relation": client.own, "Organization": {"ID": organization(client)}}
    for _ in range(2):
        assert client.send("POST", CUSTOMER, body).status_code == 201
    assert len(client.tenant.customers()) == 2


def test_a_private_customer(client: TribeClient) -> None:
    body = {"Relation": client.own, "Person": {"FirstName": "Kari", "LastName": "Nordmann"}}
    assert client.send("POST", PERSON_CUSTOMER, body).status_code == 201
    [customer] = client.tenant.customers()
    assert customer["Person"]["Name"] == "\n\nKari Nordmann"


def test_numbers_and_marks_are_not_unique(client: TribeClient) -> None:
    body = {"Name": "Alfa AS", "DebtorNumber": "10001", "ImportId": "mark"}
    assert [client.send("POST", ORGANIZATION, body).status_code for _ in range(2)] == [201, 201]


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        (ORGANIZATION, {}, "Name"),
        (ORGANIZATION, {"Name": ""}, "Name"),
        (ORGANIZATION, {"Name": "A", "VatNumber": "1"}, "VatNumber"),
        (ORGANIZATION, {"Name": "A", "name": "B"}, "name"),
        (ORGANIZATION, {"Name": "A", "CreationDate": "2026-01-01T00:00:00Z"}, "CreationDate"),
        (ORGANIZATION, {"Name": "A", "DebtorNumber": 10001}, "DebtorNumber"),
        (ORGANIZATION, {"Name": "A", "NumberOfEmployees": "5"}, "NumberOfEmployees"),
        (ORGANIZATION, {"Name": "A", "Number": 1.5}, "Number"),
        (ORGANIZATION, {"Name": "A", "Number": True}, "Number"),
        (ORGANIZATION, {"Name": "A", "IsActive": "true"}, "IsActive"),
        (ORGANIZATION, {"Name": "A", "FoundingDate": "20200101"}, "FoundingDate"),
        (ORGANIZATION, {"Name": "A", "FoundingDate": "1.1.2020"}, "FoundingDate"),
        (ORGANIZATION, {"Name": "A", "Start": "2026-01-01T00:00:00"}, "Start"),
        (ORGANIZATION, {"Name": "A", "InvoiceAddress": {"HouseNumber": "12"}}, "HouseNumber"),
        (ORGANIZATION, {"Name": "A", "InvoiceAddress": {"HouseNumber": True}}, "HouseNumber"),
        (ORGANIZATION, {"Name": "A", "InvoiceAddress": {"PostalCode": "0150"}}, "PostalCode"),
        (ORGANIZATION, {"Name": "A", "InvoiceAddress": NOBODY}, "InvoiceAddress"),
        (ORGANIZATION, {"Name": "A", "InvoiceAddress": {"ID": NOBODY}}, "InvoiceAddress"),
        (ORGANIZATION, {"Name": "A", "Addresses": []}, "Addresses"),
        (ORGANIZATION, {"Name": "A", "_Type": "Relation.Person"}, "_Type"),
        (ORGANIZATION, {"Name": "A", "@odata.type": "#OData.x"}, "@odata.type"),
        (PERSON, {"FirstName": "Kari"}, "LastName"),
        (PERSON, {"LastName": "N", "Name": "Kari N"}, "Name"),
        (PERSON, {"LastName": "N", "Address": {"Country": {"Code": "NO"}}}, "Country"),
        ("Address", {"Country": "NO"}, "Country"),
        (SUPPLIER, {"Organization": {"Name": "A"}}, "Relation"),
        (SUPPLIER, {"Relation": {"Name": "A"}, "Organization": {"Name": "A"}}, "Relation"),
    ],
)
def test_a_bad_body_is_a_400_that_names_the_property(
    client: TribeClient, path: str, body: dict[str, Any], named: str
) -> None:
    before = len(client.rows(ORGANIZATION))
    assert f"'{named}'" in client.refusal(client.send("POST", path, body), 400)
    assert len(client.rows(ORGANIZATION)) == before


def test_a_role_needs_its_child_and_the_own_organization(client: TribeClient) -> None:
    other = {"ID": organization(client)}
    for body in (
        {"Relation": client.own},
        {"Relation": other, "Organization": other},
        {"Relation": client.own, "Organization": {"DebtorNumber": "1"}},
        {"Relation": client.own, "Organization": other, "IsFormer": "false"},
        {"Relation": client.own, "Organization": other, "PaymentTermInDays": "14"},
        {"Relation": client.own, "Organization": {**other, "Name": "Ny"}},
        {"Relation": client.own, "Organization": {"ID": client.tenant.add_person(LastName="N")}},
    ):
        client.refusal(client.send("POST", CUSTOMER, body), 400)
    assert client.tenant.customers() == []


@pytest.mark.parametrize(
    "path",
    [
        "Relation",
        "Relationship",
        "Relationship_Organization_CommercialRelationship",
        "Datastore_Country",
        "Relationship_Organization_Identity",
    ],
)
def test_base_and_read_only_sets_take_no_create(client: TribeClient, path: str) -> None:
    client.refusal(client.send("POST", path, {"Name": "x"}), 405)


def test_put_changes_only_what_it_names(client: TribeClient) -> None:
    identifier = organization(client, DebtorNumber="1", Website="https://alfa.example")
    answer = client.send("PUT", f"{ORGANIZATION}({identifier})", {"DebtorNumber": "10001"})
    assert answer.status_code == 200
    assert answer.get_json()["DebtorNumber"] == "10001"
    assert answer.get_json()["Website"] == "https://alfa.example"


def test_null_clears(client: TribeClient) -> None:
    identifier = organization(client, DebtorNumber="1")
    client.send("PUT", f"{ORGANIZATION}({identifier})", {"DebtorNumber": None})
    assert client.tenant.entity(identifier)["DebtorNumber"] is None
    client.refusal(client.send("PUT", f"{ORGANIZATION}({identifier})", {"Name": None}), 400)


def test_post_with_an_id_is_a_partial_update(client: TribeClient) -> None:
    identifier = organization(client, Website="https://alfa.example")
    answer = client.send("POST", ORGANIZATION, {"ID": identifier, "DebtorNumber": "10001"})
    assert answer.status_code == 200
    assert answer.get_json()["ID"] == identifier
    assert answer.get_json()["Website"] == "https://alfa.example"


def test_updates_of_what_is_not_there_are_404(client: TribeClient) -> None:
    supplier = client.tenant.add_supplier(organization(client))
    client.refusal(client.send("PUT", f"{ORGANIZATION}({NOBODY})", {"Name": "x"}), 404)
    client.refusal(client.send("POST", ORGANIZATION, {"ID": NOBODY, "Name": "x"}), 404)
    client.refusal(client.send("PUT", f"{CUSTOMER}({supplier})", {"IsFormer": True}), 404)
    client.refusal(client.send("DELETE", f"{ORGANIZATION}({NOBODY})"), 404)


def test_a_base_set_updates_what_the_base_declares(client: TribeClient) -> None:
    role = client.tenant.add_customer(organization(client), PaymentTermInDays=14)
    assert client.send("PUT", f"Relationship({role})", {"IsFormer": True}).status_code == 200
    client.refusal(client.send("PUT", f"Relationship({role})", {"PaymentTermInDays": 30}), 400)
    assert client.tenant.entity(role)["PaymentTermInDays"] == 14


def test_the_parties_of_a_role_are_fixed(client: TribeClient) -> None:
    first, second = organization(client), organization(client)
    path = f"{CUSTOMER}({client.tenant.add_customer(first)})"
    assert client.send("PUT", path, {"Organization": {"ID": first}}).status_code == 200
    for target in ({"ID": second}, {"Name": "Ny AS"}, None):
        client.refusal(client.send("PUT", path, {"Organization": target}), 400)


def test_a_nested_address_in_an_update_is_a_second_address(client: TribeClient) -> None:
    identifier = organization(client, InvoiceAddress={"City": "Oslo", "Postalcode": "0150"})
    old = client.tenant.entity(identifier)["InvoiceAddress"]["ID"]
    client.send("PUT", f"{ORGANIZATION}({identifier})", {"InvoiceAddress": {"City": "Bergen"}})
    new = client.tenant.entity(identifier)["InvoiceAddress"]
    assert new["ID"] != old
    assert (new["City"], new["Postalcode"]) == ("Bergen", None)
    assert len(client.rows(f"{ORGANIZATION}({identifier})/Addresses")) == 2


def test_an_address_is_linked_by_id_and_unlinked_by_null(client: TribeClient) -> None:
    identifier = organization(client, VisitingAddress={"City": "Oslo"})
    address = client.tenant.entity(identifier)["VisitingAddress"]["ID"]
    path = f"{ORGANIZATION}({identifier})"
    client.send("PUT", path, {"InvoiceAddress": {"ID": address}})
    assert client.tenant.entity(identifier)["InvoiceAddress"]["ID"] == address
    client.send("PUT", path, {"InvoiceAddress": None})
    assert client.tenant.entity(identifier)["InvoiceAddress"] is None
    assert client.get(f"Address({address})").status_code == 200


def test_an_address_posted_by_itself_lands_under_a_name_only_by_its_type(
    client: TribeClient,
) -> None:
    owner = {"ID": organization(client)}
    client.send("POST", "Address", {"City": "Oslo", "Organization": owner})
    assert client.tenant.entity(owner["ID"])["InvoiceAddress"] is None
    [kind] = client.rows("Datastore_AdressType", filter="Code eq 'Invoice'")
    body = {"City": "Bergen", "Organization": owner, "AddressType": {"ID": kind["ID"]}}
    assert client.send("POST", "Address", body).status_code == 201
    assert client.tenant.entity(owner["ID"])["InvoiceAddress"]["City"] == "Bergen"
    assert len(client.rows(f"{ORGANIZATION}({owner['ID']})/Addresses")) == 2


def test_an_address_of_a_person_is_created_and_updated_by_post(client: TribeClient) -> None:
    person = {"ID": client.tenant.add_person(LastName="Nordmann")}
    created = client.send("POST", "Address", {"City": "Oslo", "HouseNumber": 34, "Person": person})
    identifier = created.get_json()["ID"]
    update = {"ID": identifier, "City": "Bergen", "Person": person}
    assert client.send("POST", "Address", update).status_code == 200
    address = client.tenant.entity(person["ID"])["Address"]
    assert (address["ID"], address["City"], address["HouseNumber"]) == (identifier, "Bergen", 34)


def test_whole_doubles_have_no_fraction_on_the_wire(client: TribeClient) -> None:
    answer = client.send("POST", "Address", {"HouseNumber": 34.0, "Latitude": 59.5})
    assert '"HouseNumber":34,' in answer.get_data(as_text=True)
    assert answer.get_json()["Latitude"] == 59.5


def test_a_lead_becomes_a_customer_under_its_id(client: TribeClient) -> None:
    lead = client.tenant.add_lead(organization(client))
    answer = client.send("POST", LEAD, {"ID": lead, "_UpgradeType": CUSTOMER})
    assert answer.status_code == 200
    assert answer.get_json()["_Type"].endswith(".Customer")
    assert [row["ID"] for row in client.tenant.customers()] == [lead]
    assert client.rows(LEAD) == []


def test_an_upgrade_can_give_a_new_id() -> None:
    client = TribeClient(upgrade_keeps_id=False)
    alfa = organization(client)
    lead = client.tenant.add_lead(alfa, Name="Alfa")
    client.send("POST", LEAD, {"ID": lead, "_UpgradeType": CUSTOMER})
    [customer] = client.tenant.customers()
    assert customer["ID"] != lead
    assert (customer["Organization"]["ID"], customer["Name"]) == (alfa, "Alfa")
    client.refusal(client.get(f"Relationship({lead})"), 404)


@pytest.mark.parametrize(
    "target",
    [CUSTOMER.replace("_", "."), SUPPLIER, "Relationship", PERSON_CUSTOMER, LEAD, "Nothing", 7],
)
def test_upgrades_stay_on_their_level(client: TribeClient, target: object) -> None:
    lead = client.tenant.add_lead(organization(client))
    client.refusal(client.send("POST", LEAD, {"ID": lead, "_UpgradeType": target}), 400)
    assert [row["ID"] for row in client.rows(LEAD)] == [lead]


def test_an_upgrade_comes_alone_and_by_post(client: TribeClient) -> None:
    lead = client.tenant.add_lead(organization(client))
    body = {"ID": lead, "_UpgradeType": CUSTOMER, "Name": "x"}
    client.refusal(client.send("POST", LEAD, body), 400)
    client.refusal(client.send("PUT", f"{LEAD}({lead})", {"_UpgradeType": CUSTOMER}), 400)


def test_deleting_a_role_leaves_the_organization(client: TribeClient) -> None:
    alfa = organization(client, InvoiceAddress={"City": "Oslo"})
    role = client.tenant.add_supplier(alfa)
    client.refusal(client.send("DELETE", f"{ORGANIZATION}({alfa})"), 409)
    assert client.send("DELETE", f"{SUPPLIER}({role})").status_code == 204
    assert client.get(f"{ORGANIZATION}({alfa})").status_code == 200
    assert client.send("DELETE", f"Relation({alfa})").status_code == 204
    client.refusal(client.get(f"{ORGANIZATION}({alfa})"), 404)
    assert client.rows("Address") == []


def test_employees_and_the_own_organization_stay(client: TribeClient) -> None:
    employee = client.get("GetCurrentEmployee()").get_json()["ID"]
    client.refusal(client.send("DELETE", f"Relationship({employee})"), 405)
    client.refusal(client.send("DELETE", f"{ORGANIZATION}({client.own['ID']})"), 409)


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "one"), ("POST", "one"), ("PUT", "all"), ("DELETE", "all"), ("PATCH", "all")],
)
def test_verbs_that_do_not_exist(client: TribeClient, method: str, path: str) -> None:
    where = f"{ORGANIZATION}({organization(client)})" if path == "one" else ORGANIZATION
    answer = client.send(method, where, {"Name": "x"})
    client.refusal(answer, 405)
    assert "GET" in answer.headers["Allow"]


def test_a_tenant_without_put_still_takes_post_with_an_id() -> None:
    client = TribeClient(put=False)
    identifier = organization(client)
    client.refusal(client.send("PUT", f"{ORGANIZATION}({identifier})", {"Website": "x"}), 405)
    assert client.send("POST", ORGANIZATION, {"ID": identifier}).status_code == 200


def test_writes_can_answer_without_a_body() -> None:
    client = TribeClient(write_body=False)
    answer = client.send("POST", ORGANIZATION, {"Name": "Alfa AS"})
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Location" not in answer.headers
    [alfa] = client.rows(ORGANIZATION, filter="Name eq 'Alfa AS'")
    assert client.send("PUT", f"{ORGANIZATION}({alfa['ID']})", {"OIN": "1"}).status_code == 204


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"SortIndex": NaN, "Name": "A"}'])
def test_a_body_that_is_no_json_object_is_a_400(client: TribeClient, data: bytes) -> None:
    answer = client.http.post(
        f"/tribe/v1/odata/{ORGANIZATION}",
        data=data,
        content_type="application/json",
        headers={"Authorization": client.authorization},
    )
    client.refusal(answer, 400)


def test_a_body_must_say_that_it_is_json(client: TribeClient) -> None:
    answer = client.http.post(
        f"/tribe/v1/odata/{ORGANIZATION}",
        data='{"Name": "A"}',
        headers={"Authorization": client.authorization},
    )
    client.refusal(answer, 415)


def test_a_write_takes_no_query_options(client: TribeClient) -> None:
    client.refusal(client.send("POST", f"{ORGANIZATION}?$select=ID", {"Name": "A"}), 400)


def test_an_id_in_the_body_must_be_the_one_in_the_url(client: TribeClient) -> None:
    first, second = organization(client), organization(client)
    path = f"{ORGANIZATION}({first})"
    assert client.send("PUT", path, {"ID": first, "OIN": "1"}).status_code == 200
    client.refusal(client.send("PUT", path, {"ID": second, "OIN": "1"}), 400)


def test_missing_rights_are_403(client: TribeClient) -> None:
    alfa, beta = organization(client), organization(client)
    client.tenant.locked.add(alfa)
    client.refusal(client.send("PUT", f"{ORGANIZATION}({alfa})", {"OIN": "1"}), 403)
    client.refusal(client.send("POST", ORGANIZATION, {"ID": alfa, "OIN": "1"}), 403)
    assert client.send("PUT", f"{ORGANIZATION}({beta})", {"OIN": "1"}).status_code == 200
    client.tenant.read_only = True
    client.refusal(client.send("PUT", f"{ORGANIZATION}({beta})", {"OIN": "1"}), 403)
    client.refusal(client.send("POST", ORGANIZATION, {"Name": "A"}), 403)
    assert client.get(f"{ORGANIZATION}({alfa})").status_code == 200


def test_auto_numbering_overrides_the_number_that_a_client_sent() -> None:
    client = TribeClient(auto_number=True)
    created = client.send("POST", ORGANIZATION, {"Name": "A", "DebtorNumber": "77"}).get_json()
    assert created["DebtorNumber"] == "1000"
    path = f"{ORGANIZATION}({created['ID']})"
    put = client.send("PUT", path, {"DebtorNumber": "77"}).get_json()
    assert put["DebtorNumber"] == "77"
    assert client.tenant.entity(organization(client))["DebtorNumber"] == "1001"
    assert client.tenant.entity(organization(client, DebtorNumber="5"))["DebtorNumber"] == "5"


def test_a_stamp_moves_for_own_fields_only(client: TribeClient) -> None:
    alfa = organization(client, InvoiceAddress={"City": "Oslo"})
    role = client.tenant.add_customer(alfa)
    address = client.tenant.entity(alfa)["InvoiceAddress"]["ID"]
    client.clock.advance(timedelta(minutes=1, milliseconds=400))
    client.send("PUT", f"Address({address})", {"City": "Bergen"})
    at_one = "2026-03-01T08:01:00Z"
    assert [stamp(client, i) for i in (address, alfa, role)] == [at_one, None, None]
    client.clock.advance(timedelta(minutes=1))
    client.send("PUT", f"{ORGANIZATION}({alfa})", {"Name": "Alfa Norge AS"})
    at_two = "2026-03-01T08:02:00Z"
    assert [stamp(client, i) for i in (address, alfa, role)] == [at_one, at_two, None]
    client.clock.advance(timedelta(minutes=1))
    client.send("PUT", f"{CUSTOMER}({role})", {"PaymentTermInDays": 30})
    at_three = "2026-03-01T08:03:00Z"
    assert [stamp(client, i) for i in (address, alfa, role)] == [at_one, at_two, at_three]


def test_a_new_nested_address_shows_by_its_own_creation_only(client: TribeClient) -> None:
    alfa = organization(client)
    client.clock.advance(timedelta(minutes=1))
    client.send("PUT", f"{ORGANIZATION}({alfa})", {"InvoiceAddress": {"City": "Oslo"}})
    assert stamp(client, alfa) is None
    address = client.tenant.entity(alfa)["InvoiceAddress"]
    assert (address["CreationDate"], address["LastMutationDate"]) == ("2026-03-01T08:01:00Z", None)


def test_a_tenant_may_stamp_at_creation() -> None:
    client = TribeClient(stamp_on_create=True)
    assert stamp(client, organization(client)) == "2026-03-01T08:00:00Z"


def test_the_dialect_may_change_while_the_tenant_runs(client: TribeClient) -> None:
    alfa = organization(client)
    client.tenant.dialect = TribeDialect(put=False)
    client.refusal(client.send("PUT", f"{ORGANIZATION}({alfa})", {"OIN": "1"}), 405)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_without_put_refuses_it_as_it_likes(status: int) -> None:
    client = TribeClient(put=False, put_refusal=status)
    alfa = organization(client)
    client.refusal(client.send("PUT", f"{ORGANIZATION}({alfa})", {"OIN": "1"}), status)
    assert client.send("POST", ORGANIZATION, {"ID": alfa, "OIN": "1"}).status_code == 200


def test_a_post_with_an_unknown_id_may_create_it() -> None:
    client = TribeClient(post_creates_unknown=True)
    unknown = "0a1b2c3d-0000-4000-8000-000000000001"
    answer = client.send("POST", ORGANIZATION, {"ID": unknown, "Name": "Alfa AS"})
    assert (answer.status_code, answer.get_json()["ID"]) == (201, unknown)
    assert client.send("POST", ORGANIZATION, {"ID": unknown, "OIN": "1"}).status_code == 200
    assert client.tenant.entity(unknown)["OIN"] == "1"
