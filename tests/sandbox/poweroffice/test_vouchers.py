"""Invoices issued elsewhere and posted as vouchers in the imitated PowerOffice Go."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import requests

from tests.sandbox.poweroffice.peer import Shop, assert_problem
from tribe_po.sandbox.poweroffice.settings import ACCOUNT_ID_OFFSET

INVOICES = "/Vouchers/OutgoingInvoiceJournals"
NOTES = "/Vouchers/OutgoingCreditNoteJournals"
NOWHERE = "00000000-0000-4000-8000-000000000000"
HIGH, LOW = ACCOUNT_ID_OFFSET + 3000, ACCOUNT_ID_OFFSET + 3020


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


def voucher(shop: Shop, **members: Any) -> dict[str, Any]:
    """Return a POST body of 1250 + 112 kroner; None leaves a member out."""
    body = {
        "CustomerAccountId": shop.tenant.customer(shop.customer)["SubledgerAccountId"],
        "InvoiceNo": 202600017,
        "VoucherDate": "2026-09-01",
        "DueDate": "2026-09-15",
        "CurrencyCode": "NOK",
        "CurrencyAmount": 1362,
        "Cid": "9235400011927001",
        "ExternalImportReference": "tribe-1",
        "ImportedOrderNo": 17,
        "VoucherLines": [
            {"AccountId": HIGH, "VatId": 33, "CurrencyAmount": 1250},
            {"AccountId": LOW, "VatId": 35, "CurrencyAmount": 112, "ExternalLineReference": "l2"},
        ],
    }
    return {name: value for name, value in (body | members).items() if value is not None}


def post(shop: Shop, path: str = INVOICES, **members: Any) -> requests.Response:
    return shop.post(path, **voucher(shop, **members))


def test_post_invoice(shop: Shop) -> None:
    answer = post(shop)
    assert answer.status_code == 201
    posted = answer.json()
    assert (posted["InvoiceNo"], posted["CurrencyAmount"]) == (202600017, 1362)
    assert (posted["IsReversed"], posted["VoucherNo"]) == (False, 15_001)
    assert posted["VoucherLines"][1]["ExternalLineReference"] == "l2"
    assert shop.get(f"{INVOICES}/{posted['Id']}").json() == posted
    assert_problem(shop.get(f"{NOTES}/{posted['Id']}"), 404, posted["Id"])
    (invoice,) = shop.get("/OutgoingInvoices", externalImportReferences="tribe-1").json()
    assert (invoice["Id"], invoice["Balance"], invoice["NetAmount"]) == (posted["Id"], 1362, 1100)
    assert (invoice["OrderNo"], invoice["SentDateTimeOffset"]) == (None, None)
    assert (invoice["Cid"], invoice["DueDate"]) == ("9235400011927001", "2026-09-15")
    assert invoice["IsCreatedByCurrentIntegration"] is True
    shop.tenant.pay(posted["Id"])
    assert shop.tenant.invoice(posted["Id"])["Balance"] == 0


@pytest.mark.parametrize(
    ("members", "fragment"),
    [
        ({"CurrencyAmount": None}, "CurrencyAmount is required"),
        ({"DueDate": None}, "DueDate is required"),
        ({"VoucherLines": []}, "VoucherLines is required"),
        ({"CurrencyAmount": 1361.99}, "Not in balance"),
        ({"CurrencyAmount": -1362}, "must be positive"),
        ({"VoucherDate": "2025-12-31"}, "lock date"),
        ({"VoucherDate": "2020-01-01"}, "lock date"),
        ({"CustomerAccountId": 5}, "Customer account with id = 5"),
        ({"Cid": "1" * 26}, "maximum is 25"),
        ({"InvoiceNo": "17"}, "'InvoiceNo'"),
        ({"InvoiceNo": 0}, "positive"),
        ({"IsReversed": True}, "IsReversed"),
        ({"CurrencyCode": "JPY"}, "no rate"),
        ({"OutgoingInvoiceLines": []}, "'OutgoingInvoiceLines'"),
        ({"DeliveryTermId": 3}, "Delivery term"),
        ({"VoucherLines": [{"AccountId": HIGH, "CurrencyAmount": 1362}]}, "VatId is required"),
        (
            {"VoucherLines": [{"AccountId": 3000, "VatId": 33, "CurrencyAmount": 1362}]},
            "General ledger account",
        ),
        (
            {"VoucherLines": [{"AccountId": HIGH, "VatId": 3, "CurrencyAmount": 1362}]},
            "Vat code",
        ),
    ],
)
def test_refused(shop: Shop, members: dict[str, Any], fragment: str) -> None:
    assert_problem(post(shop, **members), 400, fragment)
    assert shop.tenant.invoices() == []


def test_number_and_reference_are_unique(shop: Shop) -> None:
    sent = shop.tenant.invoice(shop.issue(ExternalImportReference="order"))
    assert post(shop).status_code == 201
    taken = post(shop, ExternalImportReference="other")
    assert_problem(taken, 409, "InvoiceNo '202600017'")
    assert_problem(post(shop, InvoiceNo=5), 409, "ExternalImportReference 'tribe-1'")
    assert_problem(post(shop, InvoiceNo=5, ExternalImportReference="order"), 409, "'order'")
    own = post(shop, InvoiceNo=sent["InvoiceNo"], ExternalImportReference="x")
    assert_problem(own, 409, "InvoiceNo")
    assert post(shop, InvoiceNo=sent["InvoiceNo"] + 1, ExternalImportReference="y").ok
    assert shop.tenant.invoice(shop.issue())["InvoiceNo"] == sent["InvoiceNo"] + 2


def test_credit_note(shop: Shop) -> None:
    lines = [{"AccountId": HIGH, "VatId": 33, "CurrencyAmount": -125}]
    answer = post(shop, NOTES, CurrencyAmount=-125, VoucherLines=lines)
    assert answer.status_code == 201
    note = answer.json()
    assert shop.get(f"{NOTES}/{note['Id']}").json() == note
    shown = shop.tenant.invoice(note["Id"])
    assert (shown["VoucherType"], shown["Balance"]) == ("OutgoingCreditNote", -125)
    assert_problem(post(shop, NOTES, InvoiceNo=9), 400, "must be negative")
    unknown = post(shop, NOTES, CurrencyAmount=-125, VoucherLines=lines, CustomerAccountId=5)
    assert_problem(unknown, 404, "id = 5")


def test_an_archived_customer(shop: Shop) -> None:
    shop.tenant.archive(shop.customer)
    assert_problem(post(shop), 400, "archived")


def test_reverse_in_a_locked_period(shop: Shop) -> None:
    posted = post(shop).json()["Id"]
    shop.tenant.books.settings.lock_date = date(2026, 9, 30)
    assert_problem(shop.ask("POST", f"/Vouchers/Reverse/{posted}"), 400, "lock date")
    assert shop.tenant.invoice(posted)["IsReversed"] is False


def test_reverse(shop: Shop) -> None:
    first = post(shop).json()["Id"]
    shop.tenant.pay(first)
    shop.wait(1)
    answer = shop.ask("POST", f"/Vouchers/Reverse/{first}")
    assert (answer.status_code, answer.json()) == (200, {"IsReversed": True, "VoucherId": first})
    reversed_one = shop.tenant.invoice(first)
    assert (reversed_one["IsReversed"], reversed_one["Balance"]) == (True, 0)
    assert shop.get(f"{INVOICES}/{first}").json()["IsReversed"] is True
    assert_problem(shop.ask("POST", f"/Vouchers/Reverse/{first}"), 400, "already reversed")
    assert post(shop).status_code == 201
    sent = shop.issue()
    assert_problem(shop.ask("POST", f"/Vouchers/Reverse/{sent}"), 404, sent)


def test_documentation(shop: Shop) -> None:
    posted, sent = post(shop).json(), shop.issue()
    path, pdf = "/VoucherDocumentation", {"file": ("faktura.pdf", b"%PDF-1.7 ...")}

    def shown(voucher_id: str) -> tuple[bool, bool]:
        (row,) = shop.get(path, id=voucher_id).json()
        return row["IsImported"], row["HasPdf"]

    assert shown(posted["Id"].upper()) == (True, False)
    assert shop.get(path, id=NOWHERE).status_code == 204
    assert shown(sent) == (False, True)
    put = shop.ask("PUT", path, params={"id": posted["Id"]}, files=pdf)
    assert (put.status_code, put.content) == (202, b"")
    assert shown(posted["Id"]) == (True, True)
    assert shop.get(path, voucherNo=posted["VoucherNo"]).json()[0]["VoucherId"] == posted["Id"]
    assert_problem(shop.ask("PUT", path, params={"id": sent}, files=pdf), 400, "imported")
    assert_problem(shop.ask("PUT", path, params={"id": NOWHERE}, files=pdf), 400, "imported")
    text = {"file": ("faktura.txt", b"faktura")}
    assert_problem(shop.ask("PUT", path, params={"id": posted["Id"]}, files=text), 400, "PDF")
    assert_problem(shop.ask("PUT", path, params={"id": posted["Id"]}), 400, "PDF")
    assert shop.ask("PUT", path, files=pdf).status_code == 404


def test_older_edition(shop: Shop) -> None:
    shop.tenant.configure(edition_2026=False)
    assert post(shop).json() == {"statusCode": 404, "message": "Resource not found"}
    assert_problem(shop.get(f"{INVOICES}/{NOWHERE}"), 404, NOWHERE)
    assert "message" in shop.get(f"{NOTES}/{NOWHERE}").json()


@pytest.mark.parametrize(
    ("privilege", "method", "path"),
    [
        ("OutgoingInvoiceVoucher_Full", "POST", INVOICES),
        ("OutgoingInvoiceVoucher_Full", "GET", f"{NOTES}/{NOWHERE}"),
        ("ReverseVoucher_Full", "POST", f"/Vouchers/Reverse/{NOWHERE}"),
        ("VoucherDocumentation_Full", "PUT", f"/VoucherDocumentation?id={NOWHERE}"),
    ],
)
def test_privileges(shop: Shop, privilege: str, method: str, path: str) -> None:
    shop.tenant.privileges.discard(privilege)
    assert shop.ask(method, path, json={}).status_code == 403
    shop.tenant.privileges.add(privilege)
    assert shop.ask(method, path, json={}).status_code in (400, 404)
