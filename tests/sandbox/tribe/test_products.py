"""Products and their lookups through the API."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.tribe.client import NOBODY, TribeClient

LOOKUPS = (
    "Datastore_Unit",
    "Datastore_VatGroup",
    "Datastore_GeneralLedgerAccount",
    "Datastore_PaymentMethod",
    "Datastore_PaymentStatus",
    "Datastore_Phase",
    "Datastore_Phase_ActivityInvoice",
    "ProductGroup",
)


@pytest.fixture
def client() -> TribeClient:
    return TribeClient()


def body(client: TribeClient, **fields: Any) -> dict[str, Any]:
    return {
        "Name": "Kaffe",
        "ProductGroup": client.link("ProductGroup", "Name eq 'General'"),
        "Unit": client.link("Datastore_Unit", "Code eq 'pcs'"),
        "VatGroup": client.link("Datastore_VatGroup", "Percentage eq 15"),
    } | fields


def test_vat_groups_of_norway(client: TribeClient) -> None:
    rows = client.rows("Datastore_VatGroup", orderby="Percentage desc", expand="Country")
    assert [(row["Name"], row["Percentage"]) for row in rows] == [
        ("NO - 25%", 25),
        ("NO - 15%", 15),
        ("NO - 12%", 12),
        ("NO - 0%", 0),
    ]
    assert {row["Country"]["Code"] for row in rows} == {"NO"}


@pytest.mark.parametrize("path", LOOKUPS)
def test_lookups_are_read_only(client: TribeClient, path: str) -> None:
    row = client.rows(path)[0]
    client.refusal(client.send("POST", path, {"Name": "x"}), 405)
    client.refusal(client.send("POST", path, {"ID": row["ID"], "Name": "x"}), 405)
    client.refusal(client.send("PUT", f"{path}({row['ID']})", {"Name": "x"}), 405)
    client.refusal(client.send("DELETE", f"{path}({row['ID']})"), 405)


def test_a_phase_code_alone_does_not_tell_the_phases_of_invoices(client: TribeClient) -> None:
    rows = client.rows("Datastore_Phase", filter="Code eq 'Sent'")
    assert sorted(row["_Type"] for row in rows) == [
        "Datastore.Phase.ActivityInvoice",
        "Datastore.Phase.ActivityOffer",
    ]
    codes = {row["Code"] for row in client.rows("Datastore_Phase_ActivityInvoice")}
    assert codes == {"Draft", "Sent", "Reminder1", "Paid"}


def test_names_of_lookups_follow_the_language_of_the_user(client: TribeClient) -> None:
    [unit] = client.rows("Datastore_Unit", filter="Code eq 'hr'")
    assert (unit["Name"], unit["LocalizedName"], unit["_Name"]) == ("Hour", "time", "time")


def test_a_product_with_all_that_it_needs(client: TribeClient) -> None:
    answer = client.send("POST", "Product", body(client, Code="K-1", SalesPrice=49.5))
    assert answer.status_code == 201
    created = answer.get_json()
    assert (created["Code"], created["SalesPrice"]) == ("K-1", 49.5)
    assert (created["IsInactive"], created["LastMutationDate"]) == (None, None)
    assert (created["_Type"], created["_Name"]) == ("Product", "Kaffe")
    assert {"Unit", "VatGroup", "ProductGroup", "ImportId"}.isdisjoint(created)
    [row] = client.rows("Product", expand="Unit,ProductGroup,VatGroup,RepeatInterval")
    assert row["Unit"]["Code"] == "pcs"
    assert row["ProductGroup"]["Name"] == "General"
    assert row["VatGroup"]["Percentage"] == 15
    assert row["RepeatInterval"] is None


@pytest.mark.parametrize("missing", ["Name", "ProductGroup", "Unit", "VatGroup"])
def test_a_product_needs_its_name_and_lookups(client: TribeClient, missing: str) -> None:
    fields = body(client)
    del fields[missing]
    assert f"'{missing}'" in client.refusal(client.send("POST", "Product", fields), 400)
    assert client.rows("Product") == []
    product = client.tenant.add_product(Name="Te")
    client.refusal(client.send("PUT", f"Product({product})", {missing: None}), 400)


def test_a_tenant_may_ask_less_of_a_product() -> None:
    client = TribeClient(product_requires=False)
    created = client.send("POST", "Product", {"Code": "K-1"}).get_json()
    [row] = client.rows("Product", expand="Unit,VatGroup")
    assert (row["ID"], row["Unit"], row["VatGroup"]) == (created["ID"], None, None)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"Unit": "pcs"}, "Unit"),
        ({"Unit": {"Code": "pcs"}}, "Unit"),
        ({"Unit": {"ID": NOBODY}}, "Unit"),
        ({"VatGroup": {"Percentage": 25}}, "VatGroup"),
        ({"ProductGroup": {"Name": "New"}}, "ProductGroup"),
        ({"SalesPrice": "49.50"}, "SalesPrice"),
        ({"Price": 49.5}, "Price"),
        ({"IsActive": "true"}, "IsActive"),
        ({"IsInactive": 1}, "IsInactive"),
        ({"Code": 17}, "Code"),
        ({"ProductLine": []}, "ProductLine"),
        ({"Barcode": "1"}, "Barcode"),
    ],
)
def test_a_bad_product_is_a_400(client: TribeClient, fields: dict[str, Any], named: str) -> None:
    answer = client.send("POST", "Product", body(client, **fields))
    assert f"'{named}'" in client.refusal(answer, 400)
    assert client.tenant.products() == []


def test_codes_are_not_unique(client: TribeClient) -> None:
    fields = body(client, Code="K-1")
    assert [client.send("POST", "Product", fields).status_code for _ in range(2)] == [201, 201]
    assert len(client.rows("Product", filter="Code eq 'K-1'")) == 2


def test_price_is_a_navigation_and_no_amount(client: TribeClient) -> None:
    product = client.tenant.add_product(Name="Kaffe", SalesPrice=10)
    client.refusal(client.get("Product", select="Name,Price"), 400)
    assert client.entity(f"Product({product})", expand="Price")["Price"] == []


def test_a_product_is_updated_in_part_and_its_stamp_moves(client: TribeClient) -> None:
    product = client.tenant.add_product(Name="Kaffe", Code="K-1", SalesPrice=10)
    client.clock.advance(timedelta(minutes=1))
    hour = client.link("Datastore_Unit", "Code eq 'hr'")
    answer = client.send("PUT", f"Product({product})", {"IsInactive": True, "Unit": hour})
    assert answer.get_json()["LastMutationDate"] == "2026-03-01T08:01:00Z"
    [row] = client.tenant.products()
    assert (row["IsInactive"], row["Unit"]["Code"], row["Code"]) == (True, "hr", "K-1")


def test_a_product_is_found_by_code_and_by_change(client: TribeClient) -> None:
    client.tenant.add_product(Name="Kaffe", Code="K-1")
    wanted = client.tenant.add_product(Name="Te", Code="T-1")
    assert [r["ID"] for r in client.rows("Product", filter="Code eq 'T-1'")] == [wanted]
    client.clock.advance(timedelta(minutes=1))
    client.tenant.edit(wanted, SalesPrice=12)
    since = "2026-03-01T08:01:00Z"
    changed = f"(CreationDate ge {since}) or (LastMutationDate ge {since})"
    assert [r["ID"] for r in client.rows("Product", filter=changed)] == [wanted]


def test_a_deleted_product_leaves_its_lines(client: TribeClient) -> None:
    product = client.tenant.add_product(Name="Kaffe", SalesPrice=10)
    invoice = client.draft({"Product": product})
    assert client.send("DELETE", f"Product({product})").status_code == 204
    [line] = client.rows(f"Activity_Invoice({invoice})/ProductLines", expand="Product")
    assert (line["Product"], line["Description"], line["Price"]) == (None, "Kaffe", 10)
