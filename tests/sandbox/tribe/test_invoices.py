"""Invoices through the API: their names, their phases, and what freezes when they are sent."""

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.sandbox.tribe.client import CUSTOMER, INVOICE, INVOICE_PHASE, TribeClient
from tribe_po.sandbox.tribe.dialect import TribeDialect

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.fixture
def client() -> TribeClient:
    return TribeClient()


def phase(client: TribeClient, code: str) -> dict[str, str]:
    return client.link(INVOICE_PHASE, f"Code eq '{code}'")


def sent(client: TribeClient, *lines: dict[str, Any]) -> str:
    invoice = client.draft(*lines or ({"Description": "Timer", "Price": 100, "VatGroup": 25},))
    client.tenant.send_invoice(invoice, "1601", date(2026, 3, 1))
    return invoice


def declared(client: TribeClient, name: str) -> dict[str, str | None] | None:
    schema = ElementTree.fromstring(client.get("$metadata").data)
    found = schema.find(f".//{EDM}EntityType[@Name='{name}']")
    if found is None:
        return None
    return {item.get("Name", ""): item.get("Type") for item in found.findall(f"{EDM}Property")}


def test_a_draft_has_neither_number_nor_dates(client: TribeClient) -> None:
    invoice = client.draft(Subject="Mars")
    row = client.entity(f"{INVOICE}({invoice})", expand="Phase($select=Code)")
    assert row["Phase"]["Code"] == "Draft"
    assert (row["Number"], row["InvoiceDate"], row["ExpirationDate"]) == (None, None, None)
    assert (row["Subject"], row["Amount"], row["TotalIncludingVat"]) == ("Mars", None, 0)
    assert row["RelationDescription"] == "Alfa AS"


def test_a_sent_invoice_has_them_and_shows_by_its_phase(client: TribeClient) -> None:
    client.draft()
    invoice = sent(client)
    rows = client.rows(
        INVOICE,
        filter="Phase/Code eq 'Sent'",
        select="Number,InvoiceDate,ExpirationDate,TotalIncludingVat",
        expand="Phase($select=Code),Relationship($select=Name),Contact,PaymentMethod",
    )
    assert [row["ID"] for row in rows] == [invoice]
    row = rows[0]
    assert (row["Number"], row["InvoiceDate"], row["ExpirationDate"]) == (
        "1601",
        "2026-03-01",
        "2026-03-21",
    )
    assert (row["TotalIncludingVat"], row["Contact"], row["PaymentMethod"]) == (125, None, None)


def test_a_number_is_text_also_in_filters(client: TribeClient) -> None:
    invoice = sent(client)
    client.refusal(client.get(INVOICE, filter="Number eq 1601"), 400)
    assert [r["ID"] for r in client.rows(INVOICE, filter="Number eq '1601'")] == [invoice]


def test_the_debtor_is_not_reached_through_the_abstract_relationship(client: TribeClient) -> None:
    invoice = client.draft()
    client.refusal(client.get(INVOICE, expand="Relationship($expand=Organization)"), 400)
    client.refusal(client.get(INVOICE, expand="Relationship($expand=Person)"), 400)
    client.refusal(client.get(INVOICE, filter="Relationship/Organization/Name eq 'Alfa AS'"), 400)
    row = client.entity(f"{INVOICE}({invoice})", expand="Relationship($select=ID,_Type)")
    role = row["Relationship"]
    assert role["_Type"].endswith(".Customer")
    customer = client.entity(f"{CUSTOMER}({role['ID']})", expand="Organization")
    assert customer["Organization"]["Name"] == "Alfa AS"
    assert len(client.rows(INVOICE, filter=f"Relationship/ID eq {role['ID']}")) == 1


@pytest.mark.parametrize(
    ("switches", "names"),
    [
        ({}, ("InvoiceDate", "ExpirationDate")),
        ({"invoice_date": "Date", "due_date": "DueDate"}, ("Date", "DueDate")),
        ({"due_date": "PaymentDueDate"}, ("InvoiceDate", "PaymentDueDate")),
    ],
)
def test_the_dates_go_by_the_names_of_the_tenant(
    switches: dict[str, str], names: tuple[str, str]
) -> None:
    client = TribeClient(**switches)
    invoice = sent(client)
    properties = declared(client, INVOICE) or {}
    assert [properties[name] for name in names] == ["Edm.Date", "Edm.Date"]
    row = client.entity(f"{INVOICE}({invoice})", select=",".join(names))
    assert [row[name] for name in names] == ["2026-03-01", "2026-03-21"]
    assert client.rows(INVOICE, filter=f"{names[0]} ge 2026-03-02") == []
    others = {"InvoiceDate", "Date", "ExpirationDate", "DueDate", "PaymentDueDate"} - {*names}
    assert others.isdisjoint(properties)
    client.refusal(client.get(INVOICE, select=others.pop()), 400)


def test_dates_under_the_names_of_moments_are_where_the_day_begins_in_norway() -> None:
    client = TribeClient(invoice_date="StartDate", due_date="Deadline")
    invoice = sent(client)
    row = client.entity(f"{INVOICE}({invoice})")
    assert (row["StartDate"], row["Deadline"]) == ("2026-02-28T23:00:00Z", "2026-03-20T23:00:00Z")
    properties = declared(client, INVOICE) or {}
    assert properties["StartDate"] == "Edm.DateTimeOffset"
    assert "Deadline" not in properties
    assert "Deadline" in (declared(client, "Entity") or {})
    found = client.rows(INVOICE, filter="Deadline ge 2026-03-20T23:00:00Z")
    assert [r["ID"] for r in found] == [invoice]


def test_a_tenant_may_show_no_due_date_at_all() -> None:
    client = TribeClient(due_date=None)
    row = client.entity(f"{INVOICE}({sent(client)})")
    assert "InvoiceDate" in row
    assert {"ExpirationDate", "DueDate", "EndDate"}.isdisjoint(row)
    assert row["Deadline"] is None


def test_another_dialect_keeps_the_dates_of_old_invoices(client: TribeClient) -> None:
    invoice = sent(client)
    client.tenant.dialect = TribeDialect(invoice_date="Date")
    assert client.entity(f"{INVOICE}({invoice})")["Date"] == "2026-03-01"


def test_without_the_billing_module_there_are_no_invoices(client: TribeClient) -> None:
    invoice = sent(client)
    client.send("POST", "Payment", {"Amount": 1, "Invoice": {"ID": invoice}})
    client.tenant.dialect = TribeDialect(billing=False)
    assert client.refusal(client.get(INVOICE), 404) == "Entity type not found: 'Activity_Invoice'."
    client.refusal(client.get(f"{INVOICE}({invoice})"), 404)
    client.refusal(client.get(f"Activity({invoice})"), 404)
    client.refusal(client.send("POST", INVOICE, {"ID": invoice}), 404)
    assert declared(client, INVOICE) is None
    assert INVOICE not in client.get("$metadata").get_data(as_text=True)
    assert client.rows("Activity") == []
    assert len(client.rows("Payment")) == 1
    client.refusal(client.get("Payment", expand="Invoice"), 400)
    assert [row["Activity"] for row in client.rows("ProductLine", expand="Activity")] == [None]
    client.tenant.dialect = TribeDialect()
    assert client.entity(f"{INVOICE}({invoice})")["Number"] == "1601"


def test_the_base_set_knows_neither_number_nor_phase(client: TribeClient) -> None:
    invoice = sent(client)
    [row] = client.rows("Activity")
    assert (row["ID"], row["_Type"]) == (invoice, "Activity.Invoice")
    assert "Number" not in row
    client.refusal(client.get("Activity", expand="Phase"), 400)
    client.refusal(client.send("POST", "Activity", {"Subject": "x"}), 405)
    client.refusal(client.send("PUT", f"Activity({invoice})", {"Subject": "x"}), 409)


def test_an_invoice_created_through_the_api_is_a_draft(client: TribeClient) -> None:
    role = client.tenant.add_customer(client.tenant.add_organization(Name="Beta AS"))
    body = {
        "Subject": "Mars",
        "Relationship": {"ID": role},
        "Notes": [{"Content": "Husk rabatt", "ImportId": "n-1", "IsPinned": True}],
    }
    created = client.send("POST", INVOICE, body)
    assert created.status_code == 201
    [row] = client.tenant.invoices()
    assert (row["ID"], row["Phase"]["Code"]) == (created.get_json()["ID"], "Draft")
    assert [note["Content"] for note in row["Notes"]] == ["Husk rabatt"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"Number": "1"}, "Number"),
        ({"InvoiceDate": "2026-03-01"}, "InvoiceDate"),
        ({"ExpirationDate": "2026-03-01"}, "ExpirationDate"),
        ({"TotalIncludingVat": 1}, "TotalIncludingVat"),
        ({"Amount": 1}, "Amount"),
        ({"Phase": None}, "Phase"),
        ({"Phase": {"Code": "Sent"}}, "Phase"),
        ({"Relationship": None}, "Relationship"),
        ({"ProductLines": [{"Description": "x"}]}, "ProductLines"),
        ({"DiscountPercentage": "10"}, "DiscountPercentage"),
    ],
)
def test_what_nobody_may_write_to_an_invoice(
    client: TribeClient, fields: dict[str, Any], named: str
) -> None:
    invoice = client.draft()
    answer = client.send("PUT", f"{INVOICE}({invoice})", fields)
    assert f"'{named}'" in client.refusal(answer, 400)
    role = client.tenant.entity(invoice)["Relationship"]["ID"]
    body = {"Relationship": {"ID": role}} | fields
    assert f"'{named}'" in client.refusal(client.send("POST", INVOICE, body), 400)


def test_an_invoice_needs_its_relationship(client: TribeClient) -> None:
    assert "'Relationship'" in client.refusal(client.send("POST", INVOICE, {"Subject": "x"}), 400)


def test_a_phase_of_offers_is_none_of_invoices(client: TribeClient) -> None:
    invoice = sent(client)
    wrong = client.link("Datastore_Phase_ActivityOffer", "Code eq 'Sent'")
    client.refusal(client.send("POST", INVOICE, {"ID": invoice, "Phase": wrong}), 400)


@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_a_sent_invoice_moves_to_paid_and_its_stamp_with_it(client: TribeClient, verb: str) -> None:
    invoice = sent(client)
    client.clock.advance(timedelta(minutes=5))
    body = {"Phase": phase(client, "Paid")}
    if verb == "POST":
        answer = client.send("POST", INVOICE, {"ID": invoice, **body})
    else:
        answer = client.send("PUT", f"{INVOICE}({invoice})", body)
    assert answer.status_code == 200
    row = client.tenant.entity(invoice)
    assert (row["Phase"]["Code"], row["Number"]) == ("Paid", "1601")
    assert row["LastMutationDate"] == "2026-03-01T08:05:00Z"


def test_a_tenant_may_take_phases_by_post_only() -> None:
    client = TribeClient(phase_by_put=False)
    invoice = sent(client)
    body = {"Phase": phase(client, "Paid")}
    client.refusal(client.send("PUT", f"{INVOICE}({invoice})", body), 400)
    assert client.tenant.entity(invoice)["Phase"]["Code"] == "Sent"
    assert client.send("POST", INVOICE, {"ID": invoice, **body}).status_code == 200


def test_the_api_sets_sent_without_number_or_date_and_freezes(client: TribeClient) -> None:
    invoice = client.draft({"Description": "Timer", "Price": 1})
    body = {"ID": invoice, "Phase": phase(client, "Sent")}
    assert client.send("POST", INVOICE, body).status_code == 200
    row = client.entity(f"{INVOICE}({invoice})")
    assert (row["Number"], row["InvoiceDate"]) == (None, None)
    client.refusal(client.send("PUT", f"{INVOICE}({invoice})", {"Subject": "x"}), 409)


@pytest.mark.parametrize(
    "fields",
    [
        {"Subject": "x"},
        {"Currency": "EUR"},
        {"IsVatIncluded": True},
        {"DiscountPercentage": 0},
        {"Relationship": None},
        {"PaymentMethod": None},
    ],
)
def test_the_content_of_a_sent_invoice_is_frozen(
    client: TribeClient, fields: dict[str, Any]
) -> None:
    invoice = sent(client)
    before = client.tenant.entity(invoice)
    for answer in (
        client.send("PUT", f"{INVOICE}({invoice})", fields),
        client.send("POST", INVOICE, {"ID": invoice, "Phase": phase(client, "Paid"), **fields}),
    ):
        assert answer.status_code in (400, 409)
    assert client.tenant.entity(invoice) == before


def test_a_sent_invoice_takes_no_number_but_a_mark(client: TribeClient) -> None:
    invoice = sent(client)
    client.refusal(client.send("PUT", f"{INVOICE}({invoice})", {"Number": "10001"}), 400)
    assert client.send("PUT", f"{INVOICE}({invoice})", {"ImportId": "mark"}).status_code == 200
    assert client.tenant.entity(invoice)["ImportId"] == "mark"


def test_the_lines_of_a_sent_invoice_are_frozen(client: TribeClient) -> None:
    invoice = sent(client)
    [line] = client.rows(f"{INVOICE}({invoice})/ProductLines")
    client.refusal(client.send("PUT", f"ProductLine({line['ID']})", {"Quantity": 2}), 409)
    client.refusal(client.send("DELETE", f"ProductLine({line['ID']})"), 409)
    body = {"Activity": {"ID": invoice}, "Description": "x"}
    client.refusal(client.send("POST", "ProductLine", body), 409)
    client.refusal(client.send("DELETE", f"{INVOICE}({invoice})"), 409)
    client.refusal(client.send("DELETE", f"Activity({invoice})"), 409)
    assert client.rows(f"{INVOICE}({invoice})/ProductLines") == [line]


def test_a_paid_invoice_may_go_back_to_sent_but_not_to_draft(client: TribeClient) -> None:
    invoice = sent(client)
    client.tenant.set_phase(invoice, "Paid")
    body = {"ID": invoice, "Phase": phase(client, "Sent")}
    assert client.send("POST", INVOICE, body).status_code == 200
    body = {"ID": invoice, "Phase": phase(client, "Draft")}
    client.refusal(client.send("POST", INVOICE, body), 409)
    assert client.tenant.entity(invoice)["Phase"]["Code"] == "Sent"


def test_a_deleted_draft_takes_its_lines_along(client: TribeClient) -> None:
    invoice = client.draft({"Description": "Timer", "Price": 1})
    assert client.send("DELETE", f"{INVOICE}({invoice})").status_code == 204
    assert client.rows("ProductLine") == []


def test_a_role_with_invoices_stays(client: TribeClient) -> None:
    invoice = client.draft()
    role = client.tenant.entity(invoice)["Relationship"]["ID"]
    client.refusal(client.send("DELETE", f"{CUSTOMER}({role})"), 409)
    client.tenant.delete(invoice)
    assert client.send("DELETE", f"{CUSTOMER}({role})").status_code == 204


def test_an_invoice_follows_a_lead_to_its_new_id() -> None:
    client = TribeClient(upgrade_keeps_id=False)
    lead = client.tenant.add_lead(client.tenant.add_organization(Name="Alfa AS"))
    invoice = client.tenant.add_invoice(lead)
    path = "Relationship_Organization_CommercialRelationship_Lead"
    client.send("POST", path, {"ID": lead, "_UpgradeType": CUSTOMER})
    [customer] = client.tenant.customers()
    assert client.tenant.entity(invoice)["Relationship"]["ID"] == customer["ID"] != lead


def test_an_invoice_of_a_person(client: TribeClient) -> None:
    role = client.tenant.add_customer(client.tenant.add_person(FirstName="Kari", LastName="Moe"))
    invoice = client.tenant.add_invoice(role)
    row = client.entity(f"{INVOICE}({invoice})", expand="Relationship($select=_Type)")
    assert row["Relationship"]["_Type"] == "Relationship.Person.CommercialRelationship.Customer"
    assert row["RelationDescription"] == "Kari Moe"
