"""What the users of the tenant do with products and invoices, as the API then shows it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.sandbox.tribe.client import INVOICE, INVOICE_PHASE, NOBODY, TribeClient
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.error import ODataError
from tribe_po.sandbox.tribe.tenant import TribeTenant


@pytest.fixture
def client() -> TribeClient:
    return TribeClient()


def test_a_product_by_the_names_of_its_lookups(client: TribeClient) -> None:
    tenant = client.tenant
    tenant.add_unit("kg", "Kilo")
    tenant.add_vat_group(11.11)
    tenant.add_product_group("Kaffe")
    tenant.add_product(
        Name="Bønner",
        Unit="kg",
        VatGroup=11.11,
        ProductGroup="Kaffe",
        GeneralLedgerAccount="3100",
        SalesPrice=Decimal("249.90"),
    )
    [row] = client.rows("Product", expand="Unit,VatGroup,ProductGroup,GeneralLedgerAccount")
    assert (row["Unit"]["_Name"], row["VatGroup"]["Name"]) == ("Kilo", "NO - 11.11%")
    assert row["ProductGroup"]["Name"] == "Kaffe"
    assert (row["GeneralLedgerAccount"]["Code"], row["SalesPrice"]) == ("3100", 249.9)


def test_a_product_has_the_usual_lookups_when_none_are_named(client: TribeClient) -> None:
    client.tenant.add_product(Name="Kaffe")
    [row] = client.tenant.products()
    names = (row["Unit"]["Code"], row["VatGroup"]["Percentage"], row["ProductGroup"]["Name"])
    assert names == ("pcs", 25, "General")


def test_lookups_that_do_not_exist_are_key_errors(client: TribeClient) -> None:
    for fields in ({"Unit": "box"}, {"VatGroup": 24}, {"ProductGroup": "None"}):
        with pytest.raises(KeyError):
            client.tenant.add_product(Name="Kaffe", **fields)
    with pytest.raises(KeyError):
        client.tenant.set_phase(client.draft(), "Lost")
    with pytest.raises(KeyError):
        client.tenant.send_invoice(NOBODY)


def test_an_edit_names_lookups_too_and_reaches_them(client: TribeClient) -> None:
    product = client.tenant.add_product(Name="Kaffe")
    client.tenant.edit(product, Unit="hr", IsInactive=True)
    unit = client.link("Datastore_Unit", "Code eq 'hr'")
    client.tenant.edit(unit["ID"], LocalizedName="timer")
    [row] = client.tenant.products()
    assert (row["Unit"]["LocalizedName"], row["IsInactive"]) == ("timer", True)
    with pytest.raises(ODataError, match="'Unit'"):
        client.tenant.edit(product, Unit=None)


def test_lines_take_over_what_the_product_lends(client: TribeClient) -> None:
    product = client.tenant.add_product(Name="Kaffe", SalesPrice=50, VatGroup=15, PurchasePrice=20)
    client.draft(
        {"Product": product, "Quantity": 3},
        {"Product": product, "Price": Decimal("45.50"), "VatGroup": 0, "Description": "Svinn"},
        {"Description": "Takk for handelen"},
    )
    [invoice] = client.tenant.invoices()
    first, second, third = invoice["ProductLines"]
    assert (first["Description"], first["TotalIncludingVat"]) == ("Kaffe", 172.5)
    assert (first["Product"]["ID"], first["TotalPurchasePrice"]) == (product, 60)
    assert (second["Description"], second["TotalIncludingVat"], second["Quantity"]) == (
        "Svinn",
        45.5,
        1,
    )
    assert (third["Product"], third["Quantity"], third["TotalIncludingVat"]) == (None, None, None)


def test_a_draft_is_edited_and_its_lines_deleted(client: TribeClient) -> None:
    invoice = client.draft({"Price": 1}, {"Price": 2})
    first, second = client.tenant.invoices()[0]["ProductLines"]
    client.tenant.edit(first["ID"], Quantity=10, VatGroup=25)
    client.tenant.delete(second["ID"])
    client.tenant.edit(invoice, DiscountPercentage=50, PaymentMethod="Card")
    [row] = client.tenant.invoices()
    assert (row["TotalIncludingVat"], row["PaymentMethod"]["Code"]) == (6.25, "Card")


def test_sending_numbers_in_sequence_and_dates_by_the_terms(client: TribeClient) -> None:
    first, second = client.draft(), client.draft()
    client.clock.advance(timedelta(hours=1))
    assert client.tenant.send_invoice(first) == "20260001"
    assert client.tenant.send_invoice(second) == "20260002"
    row = client.tenant.entity(first)
    assert (row["InvoiceDate"], row["ExpirationDate"]) == ("2026-03-01", "2026-03-21")
    assert (row["Phase"]["Code"], row["LastMutationDate"]) == ("Sent", "2026-03-01T09:00:00Z")


def test_sending_with_a_number_and_dates_of_ones_own(client: TribeClient) -> None:
    invoice = client.draft()
    number = client.tenant.send_invoice(invoice, "F-2026/17", date(2026, 2, 28), date(2026, 4, 1))
    row = client.entity(f"{INVOICE}({invoice})")
    assert row["Number"] == number == "F-2026/17"
    assert (row["InvoiceDate"], row["ExpirationDate"]) == ("2026-02-28", "2026-04-01")


def test_without_terms_an_invoice_is_due_in_14_days(client: TribeClient) -> None:
    role = client.tenant.add_customer(client.tenant.add_organization(Name="Beta AS"))
    invoice = client.tenant.add_invoice(role)
    client.tenant.send_invoice(invoice)
    assert client.tenant.entity(invoice)["ExpirationDate"] == "2026-03-15"


def test_today_is_the_day_in_norway() -> None:
    tenant = TribeTenant(ManualClock(datetime(2026, 6, 30, 22, 30, tzinfo=UTC)))
    role = tenant.add_customer(tenant.add_organization(Name="Alfa AS"))
    invoice = tenant.add_invoice(role)
    tenant.send_invoice(invoice)
    assert tenant.entity(invoice)["InvoiceDate"] == "2026-07-01"


def test_users_cannot_change_what_was_sent_either(client: TribeClient) -> None:
    invoice = client.draft({"Price": 1})
    client.tenant.send_invoice(invoice)
    [line] = client.tenant.entity(invoice)["ProductLines"]
    for attempt in (
        lambda: client.tenant.send_invoice(invoice),
        lambda: client.tenant.edit(invoice, Subject="x"),
        lambda: client.tenant.edit(line["ID"], Price=2),
        lambda: client.tenant.add_line(invoice, Price=2),
        lambda: client.tenant.delete(line["ID"]),
        lambda: client.tenant.delete(invoice),
        lambda: client.tenant.set_phase(invoice, "Draft"),
    ):
        with pytest.raises(ODataError, match="sent"):
            attempt()


def test_an_invoice_may_be_sent_before_it_has_its_number(client: TribeClient) -> None:
    invoice = client.draft()
    client.tenant.set_phase(invoice, "Sent")
    row = client.entity(f"{INVOICE}({invoice})", expand="Phase")
    assert (row["Phase"]["Code"], row["Number"]) == ("Sent", None)
    client.tenant.send_invoice(invoice, "1601")
    assert client.entity(f"{INVOICE}({invoice})")["Number"] == "1601"


def test_a_phase_that_the_tenant_made(client: TribeClient) -> None:
    added = client.tenant.add_phase("Collection", "Inkasso")
    invoice = client.draft()
    client.tenant.send_invoice(invoice)
    client.clock.advance(timedelta(minutes=1))
    client.tenant.set_phase(invoice, "Collection")
    [row] = client.rows(INVOICE, filter="Phase/Code eq 'Collection'", expand="Phase")
    assert (row["Phase"]["ID"], row["LastMutationDate"]) == (added, "2026-03-01T08:01:00Z")
    assert len(client.rows(INVOICE_PHASE)) == 5


def test_a_renamed_first_phase_is_still_the_first(client: TribeClient) -> None:
    draft = client.link(INVOICE_PHASE, "Code eq 'Draft'")
    client.tenant.edit(draft["ID"], Code="Concept")
    invoice = client.draft()
    client.tenant.edit(invoice, Subject="x")
    assert client.tenant.entity(invoice)["Phase"]["Code"] == "Concept"


def test_users_see_their_invoices_whatever_the_api_offers(client: TribeClient) -> None:
    invoice = client.draft({"Price": 1})
    client.tenant.dialect = TribeDialect(nested_line_expand=False, due_date=None)
    assert [row["ID"] for row in client.tenant.invoices()] == [invoice]
    client.tenant.dialect = TribeDialect(billing=False)
    assert client.tenant.invoices() == []
    assert client.tenant.entity(invoice)["Phase"]["Code"] == "Draft"
