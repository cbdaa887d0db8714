"""Payments, notes, attachments and downloads through the API."""

import base64
from datetime import date
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.sandbox.tribe.client import INVOICE, NOBODY, ORGANIZATION, TribeClient

PDF = b"%PDF-1.7 \x00\xff made up"


@pytest.fixture
def client() -> TribeClient:
    return TribeClient()


@pytest.fixture
def invoice(client: TribeClient) -> str:
    identifier = client.draft({"Price": 100, "VatGroup": 25})
    client.tenant.send_invoice(identifier, "1601", date(2026, 3, 1))
    return identifier


def download(client: TribeClient, path: str, method: str = "GET") -> TestResponse:
    headers = {"Authorization": client.authorization}
    return client.http.open(f"/tribe/v1/odata-file/{path}", method=method, headers=headers)


def attachment(invoice: str, **file: Any) -> dict[str, Any]:
    data = base64.b64encode(PDF).decode()
    whole = {"Name": "faktura.pdf", "MimeType": "application/pdf", "Data": data} | file
    return {"Description": "Faktura", "Entity": {"ID": invoice}, "File": whole}


def test_a_payment_changes_neither_phase_nor_sums(client: TribeClient, invoice: str) -> None:
    before = client.tenant.entity(invoice)
    body = {
        "Amount": 125,
        "Currency": "NOK",
        "Reference": "po:77",
        "Metadata": "{}",
        "CreatedAt": "2026-03-05T10:00:00+01:00",
        "Invoice": {"ID": invoice},
        "PaymentStatus": client.link("Datastore_PaymentStatus", "Code eq 'Paid'"),
    }
    created = client.send("POST", "Payment", body)
    assert created.status_code == 201
    assert created.get_json()["CreatedAt"] == "2026-03-05T09:00:00Z"
    assert client.tenant.entity(invoice) == before
    [payment] = client.tenant.payments()
    assert (payment["Invoice"]["ID"], payment["PaymentStatus"]["Code"]) == (invoice, "Paid")


def test_payments_are_found_by_their_invoice(client: TribeClient, invoice: str) -> None:
    body = {"Amount": 25, "Invoice": {"ID": invoice}}
    client.send("POST", "Payment", body)
    client.send("POST", "Payment", {"Amount": 1})
    [row] = client.rows("Payment", filter=f"Invoice/ID eq {invoice}", expand="Invoice")
    assert (row["Amount"], row["Invoice"]["Number"]) == (25, "1601")
    for name in ("Payments", "Payment"):
        client.refusal(client.get(INVOICE, expand=name), 400)


def test_a_payment_is_updated_and_deleted(client: TribeClient, invoice: str) -> None:
    created = client.send("POST", "Payment", {"Amount": 25, "Invoice": {"ID": invoice}}).get_json()
    path = f"Payment({created['ID']})"
    assert client.send("PUT", path, {"Amount": 30}).get_json()["Amount"] == 30
    assert client.send("DELETE", path).status_code == 204
    client.refusal(client.get(path), 404)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"Amount": "25"}, "Amount"),
        ({"Date": "2026-03-01"}, "Date"),
        ({"PaymentDate": "2026-03-01"}, "PaymentDate"),
        ({"Invoice": {"ID": NOBODY}}, "Invoice"),
        ({"PaymentStatus": {"Code": "Paid"}}, "PaymentStatus"),
        ({"CreatedAt": "2026-03-01"}, "CreatedAt"),
        ({"Metadata": {}}, "Metadata"),
    ],
)
def test_a_bad_payment_is_a_400(client: TribeClient, fields: dict[str, Any], named: str) -> None:
    assert f"'{named}'" in client.refusal(client.send("POST", "Payment", fields), 400)
    assert client.rows("Payment") == []


def test_a_note_on_a_sent_invoice(client: TribeClient, invoice: str) -> None:
    before = client.tenant.entity(invoice)["LastMutationDate"]
    body = {"Content": "Delbetalt 25,00", "Entity": {"ID": invoice}}
    assert client.send("POST", "Note", body).status_code == 201
    row = client.entity(f"{INVOICE}({invoice})", expand="Notes($select=Content)")
    assert [note["Content"] for note in row["Notes"]] == ["Delbetalt 25,00"]
    assert row["LastMutationDate"] == before


@pytest.mark.parametrize(
    "notes",
    [
        {"Content": "x"},
        ["x"],
        [{"IsPinned": True}],
        [{"ID": NOBODY}],
        [{"Content": "x", "Entity": {"ID": NOBODY}}],
    ],
)
def test_notes_in_a_creation_are_new_ones(client: TribeClient, notes: Any) -> None:
    body = {"Name": "Alfa AS", "Notes": notes}
    client.refusal(client.send("POST", ORGANIZATION, body), 400)
    assert client.rows("Note") == []


def test_notes_come_in_a_creation_and_in_no_update(client: TribeClient) -> None:
    body = {"Name": "Alfa AS", "Notes": [{"Content": "a"}, {"Content": "b"}]}
    created = client.send("POST", ORGANIZATION, body).get_json()
    path = f"{ORGANIZATION}({created['ID']})"
    assert {row["Content"] for row in client.rows(f"{path}/Notes")} == {"a", "b"}
    client.refusal(client.send("PUT", path, {"Notes": [{"Content": "c"}]}), 400)
    client.refusal(client.send("POST", "Note", {"Content": "c"}), 400)


def test_a_file_is_uploaded_and_downloaded(client: TribeClient, invoice: str) -> None:
    created = client.send("POST", "Attachment", attachment(invoice, Name="faktura å.pdf"))
    assert created.status_code == 201
    [row] = client.rows("Attachment", filter=f"Entity/ID eq {invoice}", expand="File,Invoice")
    assert (row["File"]["Name"], row["File"]["MimeType"]) == ("faktura å.pdf", "application/pdf")
    assert (row["Invoice"], row["File"]["Url"]) == (None, None)
    assert "Data" not in row["File"]
    answer = download(client, f"Attachment/{row['ID']}/File")
    assert (answer.status_code, answer.data) == (200, PDF)
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"].endswith("''faktura%20%C3%A5.pdf")


def test_the_data_of_a_file_is_never_shown(client: TribeClient, invoice: str) -> None:
    client.send("POST", "Attachment", attachment(invoice))
    client.refusal(client.get("Attachment", expand="File($select=Data)"), 400)
    client.refusal(client.get("Attachment", filter="File/Data eq 'x'"), 400)
    client.refusal(client.get("File"), 404)
    [row] = client.rows("Attachment", select="ID")
    assert "Data" not in client.tenant.entity(row["ID"])["File"]


@pytest.mark.parametrize(
    "file",
    [{"Data": "not base64!"}, {"Data": None}, {"Name": ""}, {"MimeType": None}, {"Url": "x"}],
)
def test_a_bad_file_is_a_400(client: TribeClient, invoice: str, file: dict[str, Any]) -> None:
    client.refusal(client.send("POST", "Attachment", attachment(invoice, **file)), 400)
    assert client.rows("Attachment") == []


def test_an_attachment_needs_its_file_and_keeps_it(client: TribeClient, invoice: str) -> None:
    client.refusal(client.send("POST", "Attachment", {"Entity": {"ID": invoice}}), 400)
    created = client.send("POST", "Attachment", attachment(invoice)).get_json()
    path = f"Attachment({created['ID']})"
    new_file = {"File": attachment(invoice)["File"]}
    client.refusal(client.send("PUT", path, new_file), 400)
    assert client.send("PUT", path, {"Description": "Ny tekst"}).status_code == 200
    assert client.send("DELETE", path).status_code == 204
    client.refusal(download(client, f"Attachment/{created['ID']}/File"), 404)


def test_the_pdf_that_a_person_attached(client: TribeClient, invoice: str) -> None:
    identifier = client.tenant.attach_pdf(invoice, "1601.pdf", PDF)
    [row] = client.rows("Attachment", filter=f"Invoice/ID eq {invoice}", expand="Entity")
    assert (row["ID"], row["Entity"]["ID"]) == (identifier, invoice)
    assert download(client, f"Attachment/{identifier}/File").data == PDF


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"Attachment/{NOBODY}/File", 404),
        ("Attachment/7/File", 400),
        (f"File/{NOBODY}/Data", 404),
        (f"Nothing/{NOBODY}/File", 404),
    ],
)
def test_downloads_that_lead_nowhere(client: TribeClient, path: str, status: int) -> None:
    client.refusal(download(client, path), status)


def test_only_file_navigations_are_downloaded(client: TribeClient, invoice: str) -> None:
    identifier = client.tenant.attach_pdf(invoice, "1601.pdf", PDF)
    client.refusal(download(client, f"Attachment/{identifier}/Entity"), 404)
    client.refusal(download(client, f"Attachment/{identifier}/Data"), 404)
    client.refusal(download(client, f"{INVOICE}/{invoice}/File"), 404)


def test_downloads_need_a_token_and_are_read_only(client: TribeClient, invoice: str) -> None:
    path = f"Attachment/{client.tenant.attach_pdf(invoice, '1601.pdf', PDF)}/File"
    client.refusal(download(client, path, "PUT"), 405)
    client.tenant.read_only = True
    assert download(client, path).status_code == 200
    client.tenant.revoke_tokens()
    client.refusal(download(client, path), 401)
