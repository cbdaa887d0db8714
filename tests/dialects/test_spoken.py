"""Every dialect is heard: a fixed conversation with the servers goes differently in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.dialects.dialects import DIALECTS, Dialect
from tests.dialects.wireless import office
from tests.scenarios.world import OSLO, World

_ODATA = "/tribe/v1/odata"
_CUSTOMER = "Relationship_Organization_CommercialRelationship_Customer"
_LEAD = "Relationship_Organization_CommercialRelationship_Lead"
_V2 = "/poweroffice/v2"
_COMPANY = "923456783"
_BUSY = 8


def _conversation(w: World) -> Iterator[object]:
    """What both servers answer to the same questions."""
    for number in range(21):
        w.tribe.add_organization(Name=f"Firma {number} AS", DebtorNumber=str(number))
    lead = w.tribe.add_lead(w.tribe.add_organization(Name="Emne AS"))
    first = w.company(
        "Fjord Kaffe AS",
        MailAddress=OSLO,
        ExternalImportReference="taken",
        OrganizationNumber=_COMPANY,
    )
    w.company("Skog Bygg AS")
    w.later()
    w.poweroffice.add_customer(IsPerson=True, FirstName="Kari", LastName="Nordmann")
    w.poweroffice.edit_address(first, City="Bergen")
    w.poweroffice.archive(w.company("Gammel Kunde AS", Number=10005))
    w.poweroffice.add_product(Code="KOPP", Name="Kopp", UnitOfMeasureCode="EA")
    w.poweroffice.switches.allow_send_invoice = True
    client = w.sandbox.app.test_client()
    yield from _tribe(w, client, lead)
    yield from _poweroffice(w, client, first)
    yield from _sending(w, client)


def _tribe(w: World, client: FlaskClient, lead: str) -> Iterator[object]:
    keys = {"client_id": w.tribe.client_id, "client_secret": w.tribe.client_secret}
    for scope in ("read write offline", "read write", ""):
        form = {"grant_type": "client_credentials", "scope": scope, **keys}
        granted = client.post("/tribe/oauth2/token", data=form)
        yield granted.status_code, (granted.get_json() or {}).get("expires_in")
    headers = {"Authorization": f"Bearer {granted.get_json()['access_token']}"}

    def ask(method: str, path: str, body: Any = None) -> Any:
        return client.open(f"{_ODATA}/{path}", method=method, json=body, headers=headers)

    own = {"ID": w.tribe.own_organization_id}
    organization = {"Name": "Ny AS", "InvoiceAddress": {"City": "Oslo"}}
    new = {"Relation": own, "Organization": organization, "ImportId": "mark"}
    yield _answer(ask("POST", _CUSTOMER, new))
    role = w.customer_in_tribe("Ny AS") if w.tribe.customers() else None
    yield _answer(ask("PUT", f"{_LEAD}({lead})", {"Name": "Emne"}))
    yield _answer(ask("POST", _LEAD, {"ID": lead, "Name": "Emne"}))
    yield _answer(ask("POST", _LEAD, {"ID": lead, "_UpgradeType": _CUSTOMER}))
    yield _answer(ask("POST", "Product", {"Name": "Bare et navn"}))
    for path in (
        "$metadata",
        "Relation_Organization?$orderby=Name",
        "Relation_Organization?$orderby=ID",
        "Datastore_Country?$orderby=Code",
        "Relationship_Organization_Identity?$orderby=Name",
        f"{_CUSTOMER}?$select=ImportId&$filter=contains(ImportId,'mark')",
        "Relation_Organization?$select=Name&$expand=InvoiceAddress",
        f"{_CUSTOMER}?$filter=Organization/Name%20eq%20'Ny%20AS'",
        "Nowhere",
    ):
        yield _answer(ask("GET", path))
    if role:
        yield _answer(ask("POST", _CUSTOMER, {"ID": role["ID"], "IsFormer": True}))
        yield _answer(ask("GET", f"{_CUSTOMER}({role['ID']})"))
    if w.tribe.dialect.billing:
        yield from _invoicing(w, ask)
    for _ in range(_BUSY):
        yield _answer(ask("GET", "Datastore_Unit?$orderby=Code&$top=1"))


def _invoicing(w: World, ask: Callable[..., Any]) -> Iterator[object]:
    buyer = w.tribe.add_customer(w.tribe.add_organization(Name="Kjøper AS"))
    stamp = {"Description": "Frimerke", "Quantity": 1, "Price": 0.5, "VatGroup": 25}
    invoice = w.tribe.add_invoice(buyer, [stamp, stamp])
    w.tribe.send_invoice(invoice)
    behind = "$expand=ProductLines($expand=VatGroup)"
    yield ask("GET", f"Activity_Invoice?$select=Number&{behind}").status_code
    yield ask("GET", "Activity_Invoice?$select=TotalIncludingVat").get_data()
    for code in ("Reminder1", "Paid"):
        phase = w.tribe.add_phase(f"{code}-{code}", code)
        moved = ask("PUT", f"Activity_Invoice({invoice})", {"Phase": {"ID": phase}})
        yield moved.status_code
        moved = ask("POST", "Activity_Invoice", {"ID": invoice, "Phase": {"ID": phase}})
        yield moved.status_code


def _poweroffice(w: World, client: FlaskClient, first: int) -> Iterator[object]:
    headers = {
        "Authorization": f"Bearer {w.poweroffice.issue_token()}",
        "Ocp-Apim-Subscription-Key": w.poweroffice.keys.subscription,
    }

    def ask(method: str, path: str, body: Any = None) -> Any:
        kind = "application/json-patch+json" if method == "PATCH" else "application/json"
        return client.open(
            f"{_V2}/{path}", method=method, json=body, headers={**headers, "Content-Type": kind}
        )

    for path in (
        "Customers",
        "Customers?PageSize=1",
        "Customers?customerNos=10005",
        "Customers?OrderBy=Name",
        "Customers?Fields=Name",
        "Customers?organizationNumbers=1",
        "InvoiceSettings",
    ):
        yield _answer(ask("GET", path))
    second = first + 1
    for step in (
        {"op": "test", "path": "/Name", "value": "Another"},
        {"op": "remove", "path": "/EmailAddress"},
    ):
        steps = [step, {"op": "replace", "path": "/PhoneNumber", "value": "00 11 22 33"}]
        yield _answer(ask("PATCH", f"Customers/{first}", steps))
    city = {"op": "add", "path": "/MailAddress/City", "value": "Oslo"}
    code = {"op": "add", "path": "/MailAddress/ZipCode", "value": "0155"}
    yield _answer(ask("PATCH", f"Customers/{second}", [city, code]))
    both = w.poweroffice.add_supplier(contact_id=second)
    again = {"IsPerson": False, "Name": "En til AS", "ExternalImportReference": "taken"}
    yield _answer(ask("POST", "Customers", again))
    w.later()
    site = {"op": "add", "path": "/WebsiteUrl", "value": "https://skog.example"}
    yield _answer(ask("PATCH", f"Customers/{both}", [site]))
    yield _answer(ask("GET", f"Suppliers/{both}"))
    yield _answer(ask("POST", "Suppliers", {"Name": "Fjord", "OrganizationNumber": _COMPANY}))
    cup = {"Name": "Kopp", "ProductType": "Product", "UnitOfMeasureCode": "EA", "Code": "KOPP"}
    yield _answer(ask("POST", "Products", cup))
    for _ in range(_BUSY):
        yield _answer(ask("GET", "PaymentTerms"))


def _sending(w: World, client: FlaskClient) -> Iterator[object]:
    """A draft is sent, and its state asked for again and again."""
    w.poweroffice.add_product(Code="KRUS", Name="Krus", UnitOfMeasureCode="EA")
    order = w.poweroffice.add_order(
        CustomerId=w.customer_in_poweroffice("Skog Bygg AS")["Id"],
        SalesOrderLines=[
            {"ProductCode": "KRUS", "Quantity": 1, "ProductUnitPrice": 0.5, "SortOrder": place}
            for place in (1, 2)
        ],
    )
    headers = {
        "Authorization": f"Bearer {w.poweroffice.issue_token()}",
        "Ocp-Apim-Subscription-Key": w.poweroffice.keys.subscription,
    }
    draft = client.get(f"{_V2}/SalesOrders/{order}/Complete", headers=headers).get_json()
    yield draft.get("TotalAmount")
    yield _posted(w, client, headers)
    nothing = "00000000-0000-0000-0000-000000000001"
    yield client.get(f"{_V2}/OutgoingInvoices?invoiceIds={nothing}", headers=headers).status_code
    sending = f"{_V2}/SalesOrders/{order}/createAndSendInvoice"
    body = {"DeliveryType": "PdfPrintForDownload"}
    yield client.post(sending, json=body, headers=headers).status_code
    for seconds in (0, 1, 4, 10, 30):
        w.later(timedelta(seconds=seconds))
        state = client.get(f"{_V2}/SalesOrders/sentState?id={order}", headers=headers)
        rows = state.get_json() if state.status_code == 200 else []
        yield state.status_code, [one["IsInvoiceBeingProcessed"] for one in rows]


def _posted(w: World, client: FlaskClient, headers: Mapping[str, str]) -> object:
    """The status and the sums of a voucher of 1.25 with VAT."""
    customer = w.customer_in_poweroffice("Skog Bygg AS")
    settings = w.poweroffice.books.settings
    account = settings.accounts[3000]
    vat = settings.vat_of(account.id)
    body = {
        "CustomerAccountId": customer["SubledgerAccountId"],
        "InvoiceNo": 20260077,
        "VoucherDate": "2026-03-02",
        "DueDate": "2026-03-16",
        "CurrencyCode": "NOK",
        "CurrencyAmount": 1.25,
        "VoucherLines": [{"AccountId": account.id, "VatId": vat.id, "CurrencyAmount": 1.25}],
    }
    posting = f"{_V2}/Vouchers/OutgoingInvoiceJournals"
    answer = client.post(posting, json=body, headers=headers)
    return answer.status_code, [one["TotalAmount"] for one in w.poweroffice.invoices()]


def _answer(response: Any) -> tuple[object, ...]:
    """What a client sees, but for the address and the IDs, which differ from world to world."""
    shown = sorted((name, text) for name, text in response.headers if name != "Content-Length")
    text = re.sub(r"http://[\w.:]+", "", response.get_data(as_text=True))
    return response.status_code, str(shown), text


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    with office(tmp_path_factory.mktemp("usual")) as w:
        return list(_conversation(w))


def test_the_conversation_is_always_the_same(tmp_path: Path, usual: list[object]) -> None:
    with office(tmp_path) as w:
        assert list(_conversation(w)) == usual


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_a_dialect_is_heard(tmp_path: Path, usual: list[object], dialect: Dialect) -> None:
    with office(tmp_path) as w:
        dialect.set_up(w)
        assert list(_conversation(w)) != usual
