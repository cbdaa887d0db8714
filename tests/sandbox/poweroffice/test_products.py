"""Products, product groups and settings in the imitated PowerOffice Go."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.sandbox.poweroffice.peer import Peer, assert_problem, operation
from tribe_po.sandbox.poweroffice.errors import ProblemError


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def test_create_product(peer: Peer) -> None:
    answer = peer.post(
        "/Products",
        Code="HOUR",
        Name="Time",
        ProductType="Service",
        UnitOfMeasureCode="HUR",
        UnitPrice=1250.5,
        StandardSalesAccount=3000,
    )
    assert answer.status_code == 201
    created = answer.json()
    assert created["StandardSalesAccountId"] == 470_003_000
    assert created["StandardSalesAccount"] == 3000
    assert created["OptionalSalesAccountId"] is None
    assert created["ProductGroupCode"] == "1"
    assert created["UnitPrice"] == 1250.5
    assert created["IsArchived"] is False
    assert peer.get(f"/Products/{created['Id']}").json() == created
    peer.tenant.switches.product_created_status = 200
    assert peer.post("/Products", Name="Reise").status_code == 200


@pytest.mark.parametrize(
    ("members", "status", "fragment"),
    [
        ({}, 400, "Name is required"),
        ({"Name": " "}, 400, "Name is required"),
        ({"Name": "x" * 401}, 400, "maximum is 400"),
        ({"Name": "x", "Code": "y" * 101}, 400, "maximum is 100"),
        ({"Name": "x", "VatCode": "3"}, 400, "'VatCode'"),
        ({"Name": "x", "unitPrice": 1}, 400, "'unitPrice'"),
        ({"Name": "x", "UnitPrice": "1"}, 400, "'UnitPrice'"),
        ({"Name": "x", "UnitOfMeasureCode": "stk"}, 400, "'UnitOfMeasureCode'"),
        ({"Name": "x", "StandardSalesAccount": 3001}, 404, "number = 3001"),
        ({"Name": "x", "OptionalSalesAccountId": 3000}, 404, "id = 3000"),
        ({"Name": "x", "ProductGroupCode": "none"}, 404, "code = 'none'"),
        ({"Name": "x", "ProductGroupId": 99}, 404, "id = 99"),
        ({"Name": "x", "Id": 1}, 400, "'Id'"),
    ],
)
def test_refused_products(
    peer: Peer, members: dict[str, object], status: int, fragment: str
) -> None:
    assert_problem(peer.post("/Products", **members), status, fragment)
    assert peer.tenant.products() == []


def test_the_id_of_an_account_wins(peer: Peer) -> None:
    created = peer.post(
        "/Products", Name="x", StandardSalesAccount=9999, StandardSalesAccountId=470_003_020
    ).json()
    assert created["StandardSalesAccount"] == 3020


def test_code_is_unique_only_on_demand(peer: Peer) -> None:
    first = peer.tenant.add_product(Code="A", Name="x")
    assert peer.post("/Products", Code="A", Name="y").status_code == 201
    peer.tenant.switches.unique_product_codes = True
    assert_problem(peer.post("/Products", Code="A", Name="z"), 400, "already in use")
    other = peer.tenant.add_product(Code="B", Name="x")
    patched = peer.patch(f"/Products/{other}", operation("replace", "/Code", "A"))
    assert_problem(patched, 400, "already in use")
    with pytest.raises(ProblemError, match="in use"):
        peer.tenant.edit_product(other, Code="A")
    assert first != other


def test_patch_product(peer: Peer) -> None:
    product = peer.tenant.add_product(Code="A", Name="x", StandardSalesAccount=3000)
    peer.clock.advance(timedelta(seconds=1))
    path = f"/Products/{product}"
    patched = peer.patch(
        path,
        operation("replace", "/unitPrice", 10),
        operation("remove", "/StandardSalesAccountId"),
        operation("replace", "/IsArchived", True),
    ).json()
    assert (patched["UnitPrice"], patched["StandardSalesAccount"]) == (10, None)
    assert patched["LastChangedDateTimeOffset"] > patched["CreatedDateTimeOffset"]
    by_number = peer.patch(path, operation("replace", "/StandardSalesAccount", 3000))
    assert_problem(by_number, 400, "ProductPatchDto", "'StandardSalesAccount' was not found")
    assert_problem(peer.patch(path, operation("remove", "/Name")), 400, "Name is required")
    assert_problem(peer.patch("/Products/1", operation("remove", "/Code")), 404, "id = 1")


def test_stock_has_a_stamp_of_its_own(peer: Peer) -> None:
    product = peer.tenant.add_product(Name="x")
    before = peer.get(f"/Products/{product}").json()
    peer.clock.advance(timedelta(seconds=1))
    after = peer.patch(f"/Products/{product}", operation("replace", "/StockOnHand", 3)).json()
    assert after["LastChangedDateTimeOffset"] == before["LastChangedDateTimeOffset"]
    since = before["LastChangedDateTimeOffset"]
    assert peer.ids("/Products", lastChangedDateTimeOffsetGreaterThan=since) == []
    found = peer.ids("/Products", stockOnHandLastChangedDatetimeOffsetGreaterThan=since)
    assert found == [product]


def test_filters(peer: Peer) -> None:
    group = peer.tenant.add_product_group(Code="G", Name="Tjenester")
    a = peer.tenant.add_product(Code="A", Name="Kaffe")
    b = peer.tenant.add_product(Code="B", Name="Te", ProductType="Service", ProductGroupId=group)
    peer.tenant.edit_product(a, IsArchived=True)
    assert peer.ids("/Products", codes="A, B", OrderBy="Code") == [a, b]
    assert peer.ids("/Products", names="Te") == [b]
    assert peer.ids("/Products", isArchived="true") == [a]
    assert peer.ids("/Products", isArchived="false") == [b]
    assert peer.ids("/Products", type="Service") == [b]
    assert peer.ids("/Products", productGroupCodes="G") == [b]
    assert peer.get("/Products", codes="C").status_code == 204
    assert_problem(peer.get("/Products", type="service"), 400, "service")
    assert_problem(peer.get("/Products", code="A"), 400, "code")
    row = peer.get("/Products", codes="B", Fields="Id,code").json()
    assert row == [{"Code": "B", "Id": b}]


def test_groups(peer: Peer) -> None:
    created = peer.post("/ProductGroups", Code="G", Name="Tjenester", UnitPrice=5)
    assert created.status_code == 201
    group = created.json()["Id"]
    product = peer.tenant.add_product(Name="x", ProductGroupCode="G")
    assert_problem(peer.ask("DELETE", f"/ProductGroups/{group}"), 409, "in use")
    assert peer.ask("DELETE", f"/Products/{product}").content == b""
    assert peer.ask("DELETE", f"/ProductGroups/{group}").status_code == 200
    assert_problem(peer.get(f"/ProductGroups/{group}"), 404, f"id = {group}")
    default = peer.ids("/ProductGroups")
    assert_problem(peer.ask("DELETE", f"/ProductGroups/{default[0]}"), 409, "in use")


def test_people_clear_and_delete(peer: Peer) -> None:
    product = peer.tenant.add_product(
        Code="A", Name="x", Gtin="7038010000000", StandardSalesAccount=3020
    )
    peer.tenant.edit_product(product, Gtin=None, Name="y", StandardSalesAccount=None)
    (row,) = peer.tenant.products()
    assert (row["Name"], row["Gtin"], row["StandardSalesAccountId"]) == ("y", None, None)
    peer.tenant.delete_product(product)
    assert peer.tenant.products() == []


@pytest.mark.parametrize(
    ("privileges", "reads", "writes"), [({"Product"}, 204, 403), ({"Product_Full"}, 204, 201)]
)
def test_privileges(peer: Peer, privileges: set[str], reads: int, writes: int) -> None:
    peer.tenant.privileges = privileges
    assert peer.get("/Products").status_code == reads
    assert peer.post("/Products", Name="x").status_code == writes
    assert peer.get("/GeneralLedgerAccounts").status_code == 403


def test_accounts_lead_to_vat_rates(peer: Peer) -> None:
    accounts = peer.get("/GeneralLedgerAccounts", accountNos="3000, 3010-3100").json()
    codes = {row["AccountNo"]: row["VatCodeId"] for row in accounts}
    assert sorted(codes) == [3000, 3010, 3020, 3100]
    rates = {row["Id"]: (row["Code"], row["Rate"]) for row in peer.get("/VatCodes").json()}
    found = [rates[codes[number]] for number in sorted(codes)]
    assert found == [("3", 0.25), ("31", 0.15), ("33", 0.12), ("5", 0.0)]
    assert len(peer.get("/VatCodes", includeExpired="true").json()) == len(rates) + 1
    assert [row["Code"] for row in peer.get("/VatCodes", isActive="false").json()] == ["32"]
    one = accounts[0]
    assert peer.get(f"/GeneralLedgerAccounts/{one['Id']}").json() == one
    assert_problem(peer.get("/GeneralLedgerAccounts/3000"), 404, "id = 3000")


def test_settings(peer: Peer) -> None:
    settings = peer.get("/InvoiceSettings").json()
    assert settings == {
        "OptionalSalesAccountId": 470_003_100,
        "StandardSalesAccountId": 470_003_000,
    }
    assert peer.get("/LockDateSettings").json() == {"LockDate": "2025-12-31"}
    assert peer.get("/FinancialSettings").json()["CurrencyCode"] == "NOK"
    assert len(peer.get("/Currencies", currencyCode="EUR,NOK").json()) == 2
    query = {"fromCurrency": "EUR", "toCurrency": "NOK", "asOnDate": "2030-01-01T00:00:00Z"}
    rate = peer.get("/CurrencyRates", **query).json()
    assert (rate["ExchangeRate"], rate["RateDate"]) == (11.73, "2026-09-01")
    assert_problem(peer.get("/CurrencyRates", **query | {"toCurrency": "XXX"}), 400, "Unknown")
    assert_problem(peer.get("/CurrencyRates", **query | {"asOnDate": "2030-01-01"}), 400, "time")
    assert "statusCode" in peer.get("/CurrencyRates", fromCurrency="EUR").json()


def test_invoice_settings_may_be_missing(peer: Peer) -> None:
    peer.tenant.switches.invoice_settings = False
    absent = {"statusCode": 404, "message": "Resource not found"}
    assert peer.get("/InvoiceSettings").json() == absent
    peer.tenant.switches.invoice_settings = True
    peer.tenant.configure(edition_2026=False)
    assert peer.get("/InvoiceSettings").json() == absent
    assert "AllowSendInvoice" not in peer.get("/ClientIntegrationInformation").json()


def test_allow_send_invoice_is_a_switch(peer: Peer) -> None:
    assert peer.get("/ClientIntegrationInformation").json()["AllowSendInvoice"] is False
    peer.tenant.switches.allow_send_invoice = True
    assert peer.get("/ClientIntegrationInformation").json()["AllowSendInvoice"] is True
