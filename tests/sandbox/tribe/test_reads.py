"""Reading: sets, views, pages, order."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sandbox.tribe.client import (
    CUSTOMER,
    NOBODY,
    ORGANIZATION,
    PERSON,
    SUPPLIER,
    TribeClient,
)


@pytest.fixture
def client() -> TribeClient:
    return TribeClient()


def add_many(client: TribeClient, number: int) -> list[str]:
    return [client.tenant.add_organization(Name=f"Firma {i:03d} AS") for i in range(number)]


def test_identity_leads_to_the_own_organization(client: TribeClient) -> None:
    rows = client.rows(
        "Relationship_Organization_Identity", expand="Relation($select=ID)", select="Name"
    )
    assert [row["Relation"]["ID"] for row in rows] == [client.own["ID"]]
    assert set(rows[0]) == {"ID", "Name", "Relation"}


def test_the_current_employee_is_one_entity(client: TribeClient) -> None:
    employee = client.get("GetCurrentEmployee()", expand="Person").get_json()
    assert employee["_Type"] == "Relationship.Person.Contact.Employee"
    assert employee["Person"]["LastName"] == "Integration"
    client.refusal(client.send("POST", "GetCurrentEmployee()", {}), 405)


def test_a_collection_has_context_and_value_only(client: TribeClient) -> None:
    body = client.get(SUPPLIER).get_json()
    assert body == {"@odata.context": f"$metadata#OData.{SUPPLIER}", "value": []}


def test_absent_values_are_null_and_import_id_and_navigations_are_left_out(
    client: TribeClient,
) -> None:
    identifier = client.tenant.add_organization(Name="Alfa AS", ImportId="x")
    entity = client.get(f"{ORGANIZATION}({identifier})").get_json()
    assert entity["_Type"] == "Relation.Organization"
    assert entity["_Name"] == "Alfa AS"
    assert entity["CreationDate"] == "2026-03-01T08:00:00Z"
    absent = ("LastMutationDate", "DebtorNumber", "VATNumber", "IsActive", "SortIndex")
    assert [entity[name] for name in absent] == [None] * 5
    assert {"ImportId", "InvoiceAddress", "Branch"}.isdisjoint(entity)


def test_select_adds_id_and_reaches_import_id(client: TribeClient) -> None:
    identifier = client.tenant.add_organization(Name="Alfa AS", ImportId="poweroffice:customer:7")
    entity = client.get(f"{ORGANIZATION}({identifier})", select="ImportId").get_json()
    assert entity["ID"] == identifier
    assert entity["ImportId"] == "poweroffice:customer:7"
    assert "Name" not in entity


def test_a_person_name_is_computed_with_stray_lines(client: TribeClient) -> None:
    identifier = client.tenant.add_person(
        FirstName="Kari", LastName="Nordmann", BirthDate="1980-05-17"
    )
    entity = client.get(f"{PERSON}({identifier})").get_json()
    assert entity["Name"] == "\n\nKari Nordmann"
    assert entity["SortName"] == "Nordmann, Kari"
    assert entity["BirthDay"] == "05-17"


def test_expand_nests_with_select_and_expand_inside(client: TribeClient) -> None:
    organization = client.tenant.add_organization(
        Name="Alfa AS", InvoiceAddress={"Street": "Storgata", "HouseNumber": 12, "Country": "NO"}
    )
    client.tenant.add_customer(organization, PaymentTermInDays=14)
    [row] = client.rows(
        CUSTOMER,
        select="PaymentTermInDays",
        expand="Organization($select=Name;$expand=InvoiceAddress($select=HouseNumber;"
        "$expand=Country($select=Code,LocalizedName)),VisitingAddress)",
    )
    organization_row = row["Organization"]
    assert organization_row["VisitingAddress"] is None
    assert organization_row["InvoiceAddress"]["HouseNumber"] == 12
    assert organization_row["InvoiceAddress"]["Country"]["Code"] == "NO"
    assert organization_row["InvoiceAddress"]["Country"]["LocalizedName"] == "Norge"
    assert "Street" not in organization_row["InvoiceAddress"]
    assert "DebtorNumber" not in organization_row


def test_collections_expand_to_lists(client: TribeClient) -> None:
    organization = client.tenant.add_organization(
        Name="Alfa AS", InvoiceAddress={"City": "Oslo"}, VisitingAddress={"City": "Bergen"}
    )
    role = client.tenant.add_supplier(organization)
    entity = client.get(f"Relation({organization})", expand="Addresses,Relationships").get_json()
    assert [address["City"] for address in entity["Addresses"]] == ["Oslo", "Bergen"]
    assert [relationship["ID"] for relationship in entity["Relationships"]] == [role]


@pytest.mark.parametrize(
    "options",
    [
        {"select": "VatNumber"},
        {"select": "name"},
        {"select": "Name, DebtorNumber"},
        {"select": "InvoiceAddress"},
        {"select": ""},
        {"expand": "Invoiceaddress"},
        {"expand": "InvoiceAddress($select=PostalCode)"},
        {"expand": "InvoiceAddress($filter=City eq 'Oslo')"},
        {"expand": "InvoiceAddress($select=City"},
        {"expand": "InvoiceAddress,InvoiceAddress"},
        {"orderby": "Nothing"},
        {"orderby": "Name down"},
        {"top": "-1"},
        {"top": "many"},
        {"count": "yes"},
        {"search": "Alfa"},
        {"skiptoken": "00000000-100"},
        {"format": "json"},
    ],
)
def test_what_the_api_does_not_know_is_a_400(client: TribeClient, options: dict[str, str]) -> None:
    client.refusal(client.get(ORGANIZATION, **options), 400)


@pytest.mark.parametrize("query", ["$top=1&$top=2", "top=1", "$filter=Name%20eq%20'%E6'"])
def test_malformed_queries_are_a_400(client: TribeClient, query: str) -> None:
    client.refusal(client.send("GET", f"{ORGANIZATION}?{query}"), 400)


def test_a_plus_is_not_a_space(client: TribeClient) -> None:
    client.refusal(client.send("GET", f"{ORGANIZATION}?$orderby=Name+desc"), 400)
    client.refusal(client.send("GET", f"{ORGANIZATION}?$filter=Name+eq+'Alfa'"), 400)
    answer = client.send(
        "GET", f"{ORGANIZATION}?$filter=CreationDate%20ge%202026-03-01T09:00:00+01:00"
    )
    assert len(answer.get_json()["value"]) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Activity_SalesOrder", 404),
        ("Relationship_Organization", 404),
        (f"{ORGANIZATION}({NOBODY})", 404),
        (f"{ORGANIZATION}('{NOBODY}')", 400),
        (f"{ORGANIZATION}(7)", 400),
        (f"{ORGANIZATION}/$count", 404),
        ("$batch", 404),
        ("GetEverything()", 404),
    ],
)
def test_unknown_resources(client: TribeClient, path: str, status: int) -> None:
    client.refusal(client.get(path), status)


def test_an_unknown_set_is_named(client: TribeClient) -> None:
    assert client.refusal(client.get("Activity_SalesOrder"), 404) == (
        "Entity type not found: 'Activity_SalesOrder'."
    )


def test_a_record_is_not_found_in_the_set_of_another_type(client: TribeClient) -> None:
    organization = client.tenant.add_organization(Name="Alfa AS")
    supplier = client.tenant.add_supplier(organization)
    client.refusal(client.get(f"{CUSTOMER}({supplier})"), 404)
    assert client.get(f"Relationship({supplier})").status_code == 200


def test_a_base_set_shows_only_what_the_base_declares(client: TribeClient) -> None:
    organization = client.tenant.add_organization(Name="Alfa AS")
    client.tenant.add_customer(organization, PaymentTermInDays=30)
    client.tenant.add_lead(organization)
    rows = client.rows("Relationship_Organization_CommercialRelationship", expand="Organization")
    assert {row["_Type"].rpartition(".")[2] for row in rows} == {"Customer", "Lead"}
    assert all("PaymentTermInDays" not in row for row in rows)
    client.refusal(client.get("Relationship", expand="Organization"), 400)
    client.refusal(client.get("Relation", select="Name"), 400)


def test_a_navigation_is_a_resource(client: TribeClient) -> None:
    organization = client.tenant.add_organization(Name="Alfa AS", InvoiceAddress={"City": "Oslo"})
    path = f"{ORGANIZATION}({organization})"
    assert client.get(f"{path}/InvoiceAddress", select="City").get_json()["City"] == "Oslo"
    assert client.get(f"{path}/PostalAddress").status_code == 204
    assert len(client.rows(f"{path}/Addresses")) == 1
    client.refusal(client.get(f"{path}/Nowhere"), 404)


def test_a_page_has_at_most_100_rows_whatever_top_says(client: TribeClient) -> None:
    add_many(client, 120)
    body = client.get(ORGANIZATION, top="500", count="true").get_json()
    assert len(body["value"]) == 100
    assert body["@odata.count"] == 121
    assert "@odata.nextLink" not in body
    assert len(client.rows(ORGANIZATION, skip="100")) == 21
    assert client.rows(ORGANIZATION, skip="121") == []
    assert client.rows(ORGANIZATION, top="0") == []


def test_without_orderby_no_two_requests_agree_on_the_order(client: TribeClient) -> None:
    add_many(client, 30)
    orders = {tuple(row["ID"] for row in client.rows(ORGANIZATION)) for _ in range(5)}
    assert len(orders) > 1
    ordered = {
        tuple(row["ID"] for row in client.rows(ORGANIZATION, orderby="CreationDate asc,ID asc"))
        for _ in range(5)
    }
    assert len(ordered) == 1


def test_equal_sort_keys_leave_the_order_open(client: TribeClient) -> None:
    add_many(client, 30)
    orders = {
        tuple(row["ID"] for row in client.rows(ORGANIZATION, orderby="CreationDate"))
        for _ in range(5)
    }
    assert len(orders) > 1


def test_paging_by_skip_with_a_whole_order_sees_each_row_once(client: TribeClient) -> None:
    expected = {*add_many(client, 230), client.own["ID"]}
    seen: list[str] = []
    while page := client.rows(
        ORGANIZATION, top="100", skip=str(len(seen)), orderby="CreationDate asc,ID asc"
    ):
        seen += [row["ID"] for row in page]
    assert len(seen) == 231
    assert set(seen) == expected


def test_a_write_between_pages_is_seen(client: TribeClient) -> None:
    options = {"orderby": "Name,ID", "filter": "startswith(Name,'Firma')"}
    add_many(client, 3)
    before = client.names(**options)
    client.tenant.add_organization(Name="Firma ny AS")
    assert client.names(**options) == [*before, "Firma ny AS"]


def test_order_by_several_keys_with_absent_values_last(client: TribeClient) -> None:
    rows = (("B", "2"), ("A", None), ("C", "1"), ("D", "2"))
    for name, number in rows:
        client.tenant.add_organization(Name=name, DebtorNumber=number)
    found = client.rows(
        ORGANIZATION, orderby="DebtorNumber desc,Name", filter=f"ID ne {client.own['ID']}"
    )
    assert [row["Name"] for row in found] == ["A", "B", "D", "C"]
    found = client.rows(
        ORGANIZATION, orderby="DebtorNumber,Name desc", filter=f"ID ne {client.own['ID']}"
    )
    assert [row["Name"] for row in found] == ["C", "D", "B", "A"]


def test_id_can_be_refused_as_a_sort_key() -> None:
    client = TribeClient(order_by_id=False)
    client.refusal(client.get(ORGANIZATION, orderby="CreationDate asc,ID asc"), 400)
    assert client.get(ORGANIZATION, orderby="CreationDate asc").status_code == 200


def follow(client: TribeClient, first: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    path = first
    for _ in range(20):
        body = client.send("GET", path).get_json()
        rows += body["value"]
        if "@odata.nextLink" not in body:
            return rows
        link = urlsplit(body["@odata.nextLink"])
        path = f"{link.path.rpartition('/')[2]}?{link.query}"
    raise AssertionError("the links do not end")


def test_next_links_lead_through_one_order_and_keep_the_options() -> None:
    client = TribeClient(next_link=True, page_cap=10)
    add_many(client, 34)
    rows = follow(client, f"{ORGANIZATION}?$filter=startswith(Name,'Firma')&$select=Name")
    assert sorted(row["Name"] for row in rows) == [f"Firma {i:03d} AS" for i in range(34)]
    assert set(rows[-1]) == {"ID", "Name"}


def test_next_links_stop_at_top() -> None:
    client = TribeClient(next_link=True, page_cap=10)
    add_many(client, 34)
    assert len(follow(client, f"{ORGANIZATION}?$top=25&$skip=3")) == 25
    client.refusal(client.get(ORGANIZATION, skiptoken="mine"), 400)


def test_reads_may_lag_behind_all_writes() -> None:
    client = TribeClient(query_lag=60)
    alfa = client.tenant.add_organization(Name="Alfa AS", OIN="1")
    city = {"InvoiceAddress": {"City": "Oslo"}}
    client.refusal(client.get(f"{ORGANIZATION}({alfa})"), 404)
    client.clock.advance(timedelta(seconds=60))
    assert client.entity(f"{ORGANIZATION}({alfa})")["OIN"] == "1"
    answer = client.send("PUT", f"{ORGANIZATION}({alfa})", {"OIN": "2", **city})
    assert answer.get_json()["OIN"] == "2"
    client.clock.advance(timedelta(seconds=59))
    client.tenant.edit(alfa, OIN="3")
    shown = client.rows(ORGANIZATION, filter="Name eq 'Alfa AS'", expand="InvoiceAddress")[0]
    assert (shown["OIN"], shown["InvoiceAddress"]) == ("1", None)
    assert client.get(f"{ORGANIZATION}({alfa})/InvoiceAddress").status_code == 204
    client.clock.advance(timedelta(seconds=1))
    shown = client.rows(ORGANIZATION, filter="Name eq 'Alfa AS'", expand="InvoiceAddress")[0]
    assert (shown["OIN"], shown["InvoiceAddress"]["City"]) == ("2", "Oslo")
    client.tenant.delete(alfa)
    assert client.entity(f"{ORGANIZATION}({alfa})")["OIN"] == "2"
    client.clock.advance(timedelta(seconds=60))
    client.refusal(client.get(f"{ORGANIZATION}({alfa})"), 404)
