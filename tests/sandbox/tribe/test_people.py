"""What the users of the tenant do at the screen, as the API then shows it."""

import threading
from datetime import timedelta

import pytest

from tests.sandbox.tribe.client import CUSTOMER, NOBODY, ORGANIZATION, PERSON, TribeClient
from tribe_po.sandbox.tribe.error import ODataError


@pytest.fixture
def client() -> TribeClient:
    return TribeClient()


def test_an_organization_with_addresses_by_country_code(client: TribeClient) -> None:
    alfa = client.tenant.add_organization(
        Name="Alfa AS",
        InvoiceAddress={"Street": "Storgata", "HouseNumber": 1, "Country": "NO"},
        PostalAddress={"City": "Oslo"},
    )
    entity = client.tenant.entity(alfa)
    assert entity["InvoiceAddress"]["Country"]["Name"] == "Norway"
    assert entity["PostalAddress"]["Country"] is None
    assert entity["VisitingAddress"] is None


def test_customers_and_suppliers_list_both_kinds_of_relation(client: TribeClient) -> None:
    alfa = client.tenant.add_organization(Name="Alfa AS", DebtorNumber="1", CreditorNumber="2")
    kari = client.tenant.add_person(LastName="Nordmann", Address={"City": "Oslo"})
    roles = [client.tenant.add_customer(alfa), client.tenant.add_customer(kari)]
    supplier = client.tenant.add_supplier(alfa, PaymentTermInDays=30)
    first, second = client.tenant.customers()
    assert [first["ID"], second["ID"]] == roles
    assert first["Organization"]["DebtorNumber"] == "1"
    assert second["Person"]["Address"]["City"] == "Oslo"
    [row] = client.tenant.suppliers()
    assert (row["ID"], row["PaymentTermInDays"]) == (supplier, 30)
    assert row["Organization"]["CreditorNumber"] == "2"


def test_an_edit_moves_the_stamp_that_the_api_shows(client: TribeClient) -> None:
    kari = client.tenant.add_person(FirstName="Kari", LastName="Nordmann")
    client.clock.advance(timedelta(minutes=30))
    client.tenant.edit(kari, LastName="Hansen")
    entity = client.get(f"{PERSON}({kari})").get_json()
    assert entity["Name"] == "\n\nKari Hansen"
    assert entity["LastMutationDate"] == "2026-03-01T08:30:00Z"


def test_an_address_is_edited_in_place_or_added(client: TribeClient) -> None:
    alfa = client.tenant.add_organization(Name="Alfa AS")
    added = client.tenant.edit_address(alfa, City="Oslo", Country="NO")
    edited = client.tenant.edit_address(alfa, City="Bergen")
    assert added == edited
    address = client.tenant.entity(alfa)["InvoiceAddress"]
    assert (address["City"], address["Country"]["Code"]) == ("Bergen", "NO")
    assert client.tenant.edit_address(alfa, "VisitingAddress", City="Voss") != added


def test_refusals_reach_the_users_too(client: TribeClient) -> None:
    alfa = client.tenant.add_organization(Name="Alfa AS")
    role = client.tenant.add_customer(alfa)
    with pytest.raises(ODataError, match="still has relationships"):
        client.tenant.delete(alfa)
    with pytest.raises(ODataError, match="'HouseNumber'"):
        client.tenant.edit_address(alfa, HouseNumber="12 B")
    with pytest.raises(KeyError):
        client.tenant.edit(NOBODY, Name="x")
    with pytest.raises(KeyError):
        client.tenant.edit_address(alfa, Country="no")
    client.tenant.delete(role)
    client.tenant.delete(alfa)
    assert client.get(f"{ORGANIZATION}({alfa})").status_code == 404


def test_read_only_binds_the_api_and_not_the_users(client: TribeClient) -> None:
    client.tenant.read_only = True
    alfa = client.tenant.add_organization(Name="Alfa AS")
    client.tenant.edit(alfa, Name="Beta AS")
    assert client.tenant.entity(alfa)["Name"] == "Beta AS"


def test_a_merge_moves_the_role_and_the_number_and_removes_the_other(client: TribeClient) -> None:
    kept = client.tenant.add_organization(Name="Alfa AS", Website="https://alfa.example")
    lost = client.tenant.add_organization(
        Name="Alfa A/S", DebtorNumber="10001", InvoiceAddress={"City": "Oslo"}
    )
    role = client.tenant.add_customer(lost)
    client.clock.advance(timedelta(minutes=1))
    client.tenant.merge(kept, lost)
    assert client.get(f"{ORGANIZATION}({lost})").status_code == 404
    [customer] = client.tenant.customers()
    organization = customer["Organization"]
    assert (customer["ID"], organization["ID"]) == (role, kept)
    assert (organization["Name"], organization["DebtorNumber"]) == ("Alfa AS", "10001")
    assert organization["InvoiceAddress"]["City"] == "Oslo"
    assert organization["LastMutationDate"] == "2026-03-01T08:01:00Z"


def test_organizations_and_persons_include_the_tenant_itself(client: TribeClient) -> None:
    assert [row["ID"] for row in client.tenant.organizations()] == [client.own["ID"]]
    assert [row["LastName"] for row in client.tenant.persons()] == ["Integration"]


def test_many_hands_at_once(client: TribeClient) -> None:
    def work(number: int) -> None:
        for index in range(20):
            alfa = client.tenant.add_organization(Name=f"Firma {number}-{index}")
            client.tenant.add_customer(alfa)
            client.tenant.edit_address(alfa, City="Oslo")
            client.tenant.customers()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(client.tenant.customers()) == 80
    assert client.get(CUSTOMER, count="true", top="1").get_json()["@odata.count"] == 80
