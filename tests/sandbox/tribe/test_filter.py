"""$filter: what it understands, what it refuses, and what absent values do."""

from datetime import timedelta

import pytest

from tests.sandbox.tribe.client import CUSTOMER, ORGANIZATION, PERSON, TribeClient


@pytest.fixture
def client() -> TribeClient:
    client = TribeClient()
    client.tenant.add_organization(
        Name="Alfa AS", DebtorNumber="10001", NumberOfEmployees=5, ImportId="poweroffice:customer:1"
    )
    client.tenant.add_organization(
        Name="Bør og Bør's AS", DebtorNumber="10002", NumberOfEmployees=50
    )
    client.tenant.add_organization(
        Name="Charlie ALFA", c7d09a3e__51f2__4b86__8e4d__9a0f63b2d718=True
    )
    return client


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Name eq 'Alfa AS'", ["Alfa AS"]),
        ("Name eq 'alfa as'", []),
        ("Name eq 'Bør og Bør''s AS'", ["Bør og Bør's AS"]),
        ("contains(Name,'alfa')", ["Alfa AS", "Charlie ALFA"]),
        ("startswith(Name,'BØR')", ["Bør og Bør's AS"]),
        ("endswith(Name,'alfa')", ["Charlie ALFA"]),
        ("NumberOfEmployees gt 5", ["Bør og Bør's AS"]),
        ("NumberOfEmployees ge 5 and NumberOfEmployees lt 50", ["Alfa AS"]),
        ("NumberOfEmployees le 5.5", ["Alfa AS"]),
        ("NumberOfEmployees gt null", []),
        ("NumberOfEmployees eq -5", []),
        ("DebtorNumber eq '10002' or Name eq 'Alfa AS'", ["Alfa AS", "Bør og Bør's AS"]),
        ("DebtorNumber ne null and not (DebtorNumber eq '10001')", ["Bør og Bør's AS"]),
        ("DebtorNumber eq null and Name ne 'Fjordvik Handel AS'", ["Charlie ALFA"]),
        ("ImportId eq 'poweroffice:customer:1'", ["Alfa AS"]),
        ("contains(ImportId,'poweroffice:')", ["Alfa AS"]),
        ("startswith(ImportId,'poweroffice:supplier')", []),
        ("c7d09a3e__51f2__4b86__8e4d__9a0f63b2d718 eq true", ["Charlie ALFA"]),
        ("Name eq 'a' or Name eq 'b' and Name eq 'Alfa AS' or Name eq 'Alfa AS'", ["Alfa AS"]),
    ],
)
def test_filters_that_tribe_understands(client: TribeClient, text: str, names: list[str]) -> None:
    assert client.names(filter=text) == names


@pytest.mark.parametrize(
    "text",
    [
        "DebtorNumber ne '10001'",
        "not (DebtorNumber eq '10001')",
        "not (DebtorNumber ne '10002')",
        "not contains(DebtorNumber,'10001')",
        "not (DebtorNumber eq '10001' or Name eq 'nobody')",
    ],
)
def test_absent_values_fail_every_comparison_also_negated(client: TribeClient, text: str) -> None:
    assert client.names(filter=text) == ["Bør og Bør's AS"]


def test_an_absent_flag_is_not_false(client: TribeClient) -> None:
    assert client.names(filter="IsClosed ne true") == []
    assert client.names(filter="IsClosed eq false") == []
    assert len(client.names(filter="IsClosed eq null")) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Name",
        "Name eq",
        "name eq 'Alfa AS'",
        "Name EQ 'Alfa AS'",
        "Name eq 'a' AND Name eq 'b'",
        "Name eq 'Bør's AS'",
        "Name eq 7",
        "DebtorNumber eq 10001",
        "NumberOfEmployees eq '5'",
        "Name in ('Alfa AS','Beta AS')",
        "Name has 'Alfa'",
        "'Alfa AS' eq Name",
        "Name eq DebtorNumber",
        "tolower(Name) eq 'alfa as'",
        "contains(tolower(Name),'alfa')",
        "contains(NumberOfEmployees,'5')",
        "matches(Name,'a')",
        "CreationDate ge '2026-01-01T00:00:00Z'",
        "CreationDate ge 2026-01-01T00:00:00",
        "CreationDate ge 2026-02-31T00:00:00Z",
        "CreationDate ge 2026-01-01",
        "IsActive gt false",
        "IsActive",
        "VatNumber eq 'x'",
        "InvoiceAddress eq null",
        "InvoiceAddress/Nothing eq null",
        "Addresses/City eq 'Oslo'",
        "Addresses/any(a:a/City eq 'Oslo')",
        "InvoiceAddress/Organization/InvoiceAddress/City eq 'Oslo'",
        "ID eq '6a8ac4ba-0580-4975-ad2f-89d94a2f20aa'",
        "NumberOfEmployees add 1 eq 6",
    ],
)
def test_filters_that_tribe_refuses(client: TribeClient, text: str) -> None:
    client.refusal(client.get(ORGANIZATION, filter=text), 400)


def test_guids_are_bare_and_paths_reach_two_steps(client: TribeClient) -> None:
    organization = client.tenant.add_organization(
        Name="Delta AS", InvoiceAddress={"City": "Oslo", "Country": "NO"}
    )
    role = client.tenant.add_customer(organization)
    client.tenant.add_customer(client.tenant.add_organization(Name="Echo AS"))
    for text in (
        f"Organization/ID eq {organization.upper()}",
        f"ID eq {role}",
        "Organization/InvoiceAddress/City eq 'Oslo'",
        "contains(Organization/Name,'delta')",
    ):
        assert [row["ID"] for row in client.rows(CUSTOMER, filter=text)] == [role]


def test_a_custom_field_of_a_person_is_reached_with_its_underscore(client: TribeClient) -> None:
    name = "_4be1c0d2__7a15__4c0e__9d3f__20c1b6a7e541"
    client.tenant.add_organization(Name="Delta AS", **{name: "gull"})
    assert client.names(filter=f"{name} eq 'gull'") == ["Delta AS"]


def test_times_compare_across_zones_and_to_the_second(client: TribeClient) -> None:
    client.clock.advance(timedelta(minutes=10, milliseconds=700))
    client.tenant.add_organization(Name="Delta AS")
    for since in (
        "2026-03-01T08:10:00Z",
        "2026-03-01T09:10:00+01:00",
        "2026-03-01T08:09:59.999Z",
    ):
        assert client.names(filter=f"CreationDate ge {since}") == ["Delta AS"]
    for since in ("2026-03-01T08:10:00.001Z", "2026-03-01T08:10:01Z"):
        assert client.names(filter=f"CreationDate ge {since}") == []


def test_polling_needs_the_or_because_an_unchanged_record_has_no_mutation_date(
    client: TribeClient,
) -> None:
    client.clock.advance(timedelta(minutes=10))
    client.tenant.add_organization(Name="Delta AS")
    [alfa] = client.rows(ORGANIZATION, filter="Name eq 'Alfa AS'")
    client.tenant.edit(alfa["ID"], Website="https://alfa.example")
    since = "2026-03-01T08:05:00Z"
    assert client.names(filter=f"LastMutationDate ge {since}") == ["Alfa AS"]
    assert client.names(filter=f"CreationDate ge {since}") == ["Delta AS"]
    both = f"(CreationDate ge {since}) or (LastMutationDate ge {since})"
    assert client.names(filter=both) == ["Alfa AS", "Delta AS"]


def test_a_person_is_not_found_by_the_name_as_people_write_it(client: TribeClient) -> None:
    client.tenant.add_person(FirstName="Kari", LastName="Nordmann")
    assert client.rows(PERSON, filter="Name eq 'Kari Nordmann'") == []
    assert len(client.rows(PERSON, filter="contains(Name,'kari nordmann')")) == 1
