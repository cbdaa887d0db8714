"""Product lines: their sums to the øre, how they are read, and whose stamp moves."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.tribe.client import INVOICE, TribeClient

SUMS = ("TotalExcludingVat", "VatAmount", "TotalIncludingVat")
EXPAND = "ProductLines($expand=Product($select=ID,Code,Name),VatGroup($select=ID,Percentage))"


@pytest.fixture
def client() -> TribeClient:
    return TribeClient()


def only_line(client: TribeClient, **fields: Any) -> dict[str, Any]:
    """The line as the API shows it, of an invoice that has no other."""
    header = fields.pop("header", {})
    invoice = client.draft(fields, **header)
    [line] = client.rows(f"{INVOICE}({invoice})/ProductLines")
    return line | {"header": client.entity(f"{INVOICE}({invoice})")}


def sums(row: dict[str, Any], suffix: str = "") -> tuple[Any, ...]:
    return tuple(row[name + suffix] for name in SUMS)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Price": 100, "VatGroup": 25}, (100, 25, 125)),
        ({"Price": 100, "VatGroup": 15, "Quantity": 3}, (300, 45, 345)),
        ({"Price": 33.33, "VatGroup": 25, "Quantity": 3}, (99.99, 25, 124.99)),
        ({"Price": 0.1, "VatGroup": 25, "Quantity": 0.5}, (0.05, 0.01, 0.06)),
        ({"Price": 0.01, "VatGroup": 0, "Quantity": 0.5}, (0.01, 0, 0.01)),
        ({"Price": 1.005, "VatGroup": 0}, (1.01, 0, 1.01)),
        ({"Price": 0.3, "VatGroup": 15}, (0.3, 0.05, 0.35)),
        ({"Price": 100, "VatGroup": 25, "DiscountPercentage": 12.5}, (87.5, 21.88, 109.38)),
        ({"Price": 100, "VatGroup": 25, "DiscountPercentage": 100}, (0, 0, 0)),
        ({"Price": 100, "VatGroup": 25, "Quantity": -2}, (-200, -50, -250)),
        ({"Price": -0.3, "VatGroup": 15}, (-0.3, -0.05, -0.35)),
        ({"Price": 100, "Quantity": 2}, (200, 0, 200)),
        ({"Price": 100, "VatGroup": 25, "Quantity": None}, (0, 0, 0)),
        ({"Price": 100, "VatGroup": 25, "header": {"IsVatIncluded": True}}, (80, 20, 100)),
        ({"Price": 99.9, "VatGroup": 15, "header": {"IsVatIncluded": True}}, (86.87, 13.03, 99.9)),
    ],
)
def test_sums_are_rounded_half_up_for_each_line(
    client: TribeClient, fields: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    line = only_line(client, **fields)
    assert sums(line) == expected
    assert sums(line["header"]) == expected


def test_whole_sums_have_no_fraction_on_the_wire(client: TribeClient) -> None:
    invoice = client.draft({"Price": 100.0, "VatGroup": 25})
    answer = client.get(f"{INVOICE}({invoice})/ProductLines").get_data(as_text=True)
    assert '"TotalIncludingVat":125,' in answer


def test_the_price_with_vat_is_the_total_where_vat_is_included(client: TribeClient) -> None:
    line = only_line(client, Price=100, VatGroup=25, header={"IsVatIncluded": True})
    assert line["Total"] == 100
    assert only_line(client, Price=100, VatGroup=25)["Total"] == 100


def test_a_line_of_text_has_no_sums(client: TribeClient) -> None:
    line = only_line(client, Description="Utført i mars")
    assert sums(line) == (None, None, None)
    assert (line["Quantity"], line["VatPercentage"], line["Total"]) == (None, None, None)
    assert sums(line["header"]) == (0, 0, 0)


def test_an_invoice_sums_its_rounded_lines(client: TribeClient) -> None:
    third = {"Price": 0.3, "VatGroup": 15}
    invoice = client.draft(third, third, third, {"Description": "Takk"}, {"Price": 1})
    assert sums(client.entity(f"{INVOICE}({invoice})")) == (1.9, 0.15, 2.05)


def test_the_discount_of_the_invoice_shows_in_its_own_sums_only(client: TribeClient) -> None:
    header = {"DiscountPercentage": 10}
    line = only_line(client, Price=33.33, VatGroup=25, DiscountPercentage=50, header=header)
    assert sums(line) == (16.67, 4.17, 20.84)
    assert line["VatAmountIncludingDiscount"] == 3.75
    assert sums(line["header"]) == (15, 3.75, 18.75)


def test_foreign_currency_has_sums_of_its_own(client: TribeClient) -> None:
    header = {"Currency": "EUR"}
    fields = {"Price": 1150, "PriceInCurrency": 100, "Currency": "EUR", "VatGroup": 25}
    line = only_line(client, **fields, header=header)
    assert sums(line) == (1150, 287.5, 1437.5)
    assert sums(line, "InCurrency") == (100, 25, 125)
    assert (line["TotalInCurrency"], line["VatAmountIncludingDiscountInCurrency"]) == (100, 25)
    assert sums(line["header"], "InCurrency") == (100, 25, 125)


def test_norwegian_invoices_have_no_sums_in_currency(client: TribeClient) -> None:
    line = only_line(client, Price=100, VatGroup=25, header={"Currency": "NOK"})
    assert sums(line, "InCurrency") == (None, None, None)
    assert sums(line["header"], "InCurrency") == (None, None, None)


def test_purchase_prices_are_summed_too(client: TribeClient) -> None:
    line = only_line(client, Price=100, Quantity=3, PurchasePrice=33.335)
    assert line["TotalPurchasePrice"] == 100.01


def test_lines_come_with_the_invoice(client: TribeClient) -> None:
    product = client.tenant.add_product(Name="Kaffe", Code="K-1", SalesPrice=49.5, VatGroup=15)
    invoice = client.draft({"Product": product, "Quantity": 2}, {"Description": "Fri tekst"})
    lines = client.entity(f"{INVOICE}({invoice})", expand=EXPAND)["ProductLines"]
    first, second = sorted(lines, key=lambda line: line["SortIndex"])
    assert first["Product"].items() >= {"ID": product, "Code": "K-1", "Name": "Kaffe"}.items()
    assert (first["VatGroup"]["Percentage"], first["VatPercentage"]) == (15, 15)
    assert (first["Description"], first["Price"], first["Total"]) == ("Kaffe", 49.5, 99)
    assert (second["Product"], second["VatGroup"]) == (None, None)


def test_lines_come_in_no_useful_order(client: TribeClient) -> None:
    invoice = client.draft(*({"Description": f"Linje {n}"} for n in range(8)))
    path = f"{INVOICE}({invoice})"
    lines = client.entity(path, expand="ProductLines")["ProductLines"]
    assert [line["SortIndex"] for line in lines] != list(range(1, 9))
    assert sorted(line["SortIndex"] for line in lines) == list(range(1, 9))
    ordered = client.rows(f"{path}/ProductLines", orderby="SortIndex")
    assert [line["Description"] for line in ordered] == [f"Linje {n}" for n in range(8)]


def test_many_lines_are_paged_by_navigation() -> None:
    client = TribeClient(page_cap=10)
    invoice = client.draft(*({"Description": f"Linje {n}"} for n in range(25)))
    path = f"{INVOICE}({invoice})/ProductLines"
    assert len(client.rows(path)) == 10
    rows = [r for skip in (0, 10, 20) for r in client.rows(path, orderby="ID", skip=str(skip))]
    assert len({row["ID"] for row in rows}) == 25
    assert client.get(path, count="true", top="1").get_json()["@odata.count"] == 25
    assert len(client.rows(path, filter="SortIndex ge 20")) == 6


def test_a_tenant_may_refuse_to_expand_inside_lines() -> None:
    client = TribeClient(nested_line_expand=False)
    invoice = client.draft({"Price": 10, "VatGroup": 25})
    client.refusal(client.get(INVOICE, expand=EXPAND), 400)
    client.refusal(client.get(f"{INVOICE}({invoice})", expand=EXPAND), 400)
    [row] = client.rows(INVOICE, expand="ProductLines($select=Price),Phase")
    assert [line["Price"] for line in row["ProductLines"]] == [10]
    [line] = client.rows(f"{INVOICE}({invoice})/ProductLines", expand="Product,VatGroup")
    assert line["VatGroup"]["Percentage"] == 25
    [shown] = client.tenant.invoices()
    assert shown["ProductLines"][0]["VatGroup"]["Percentage"] == 25


def test_a_line_is_posted_to_a_draft(client: TribeClient) -> None:
    invoice = client.draft()
    vat = client.link("Datastore_VatGroup", "Percentage eq 25")
    body = {"Activity": {"ID": invoice}, "Price": 8, "Quantity": 2, "VatGroup": vat}
    created = client.send("POST", "ProductLine", body)
    assert created.status_code == 201
    assert sums(created.get_json()) == (16, 4, 20)
    line = client.entity(f"ProductLine({created.get_json()['ID']})", expand="Activity")
    assert (line["Activity"]["ID"], line["SortIndex"]) == (invoice, None)


def test_the_api_takes_nothing_over_from_the_product(client: TribeClient) -> None:
    product = client.tenant.add_product(Name="Kaffe", SalesPrice=49.5)
    body = {"Activity": {"ID": client.draft()}, "Product": {"ID": product}, "Quantity": 1}
    line = client.send("POST", "ProductLine", body).get_json()
    assert (line["Description"], line["Price"], line["TotalExcludingVat"]) == (None, None, None)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"Total": 1}, "Total"),
        ({"VatPercentage": 25}, "VatPercentage"),
        ({"VatAmount": 1}, "VatAmount"),
        ({"Quantity": "1"}, "Quantity"),
        ({"VatGroup": {"Percentage": 25}}, "VatGroup"),
        ({"Product": {"Name": "Ny"}}, "Product"),
        ({"Activity": {"Subject": "Ny"}}, "Activity"),
        ({"Invoice": None}, "Invoice"),
    ],
)
def test_a_bad_line_is_a_400(client: TribeClient, fields: dict[str, Any], named: str) -> None:
    body = {"Activity": {"ID": client.draft()}} | fields
    assert f"'{named}'" in client.refusal(client.send("POST", "ProductLine", body), 400)
    assert client.rows("ProductLine") == []


def test_a_line_stays_with_its_invoice(client: TribeClient) -> None:
    client.refusal(client.send("POST", "ProductLine", {"Description": "x"}), 400)
    invoice = client.draft({"Description": "x"})
    [line] = client.rows("ProductLine")
    other = {"Activity": {"ID": client.draft()}}
    client.refusal(client.send("PUT", f"ProductLine({line['ID']})", other), 400)
    assert len(client.rows(f"{INVOICE}({invoice})/ProductLines")) == 1


def test_a_changed_line_moves_its_own_stamp_and_the_sums_of_the_invoice(
    client: TribeClient,
) -> None:
    invoice = client.draft({"Price": 100, "VatGroup": 25})
    [line] = client.rows("ProductLine")
    client.clock.advance(timedelta(minutes=1))
    client.send("PUT", f"ProductLine({line['ID']})", {"Quantity": 2})
    client.tenant.add_line(invoice, Price=1)
    [changed] = client.rows("ProductLine", filter="LastMutationDate ne null")
    assert (changed["ID"], changed["LastMutationDate"]) == (line["ID"], "2026-03-01T08:01:00Z")
    header = client.entity(f"{INVOICE}({invoice})")
    assert (header["LastMutationDate"], header["TotalExcludingVat"]) == (None, 201)
