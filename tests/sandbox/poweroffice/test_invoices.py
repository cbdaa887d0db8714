"""Sending orders, and the invoices they become, in the imitated PowerOffice Go."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from stdnum import luhn

from tests.sandbox.poweroffice.peer import Shop, assert_problem
from tribe_po.sandbox.poweroffice.errors import ProblemError

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


def test_order_becomes_invoice_under_its_id(shop: Shop) -> None:
    order = shop.order(ExternalImportReference="tribe-1", ImportedOrderNo=77)
    identifier = order["Id"]
    answer = shop.send(identifier, DeliveryType="Auto", VoucherDate="2026-09-01")
    assert answer.status_code == 202
    location = f"/poweroffice/v2/SalesOrders/sentState?id={identifier}"
    assert answer.headers["Location"].endswith(location)
    assert answer.json()["Id"] == identifier
    state = shop.state(identifier)
    assert state["IsInvoiceBeingProcessed"] is True
    assert (state["InvoiceNo"], state["SentDateTimeOffset"]) == (None, None)
    assert shop.get(f"/SalesOrders/{identifier}").status_code == 200
    assert shop.get(f"/OutgoingInvoices/{identifier}").status_code == 404
    shop.wait(2)
    state = shop.state(identifier)
    assert state["IsInvoiceBeingProcessed"] is False
    assert (state["InvoiceNo"], state["DueDate"]) == (10_001, "2026-09-15")
    assert state["SentDateTimeOffset"] == "2026-09-01T06:00:02.0000000+00:00"
    assert_problem(shop.get(f"/SalesOrders/{identifier}"), 404, identifier)
    assert shop.get("/SalesOrders").status_code == 204
    invoice = shop.get(f"/OutgoingInvoices/{identifier}").json()
    assert (invoice["InvoiceNo"], invoice["OrderNo"]) == (10_001, order["SalesOrderNo"])
    assert (invoice["ExternalImportReference"], invoice["ImportedOrderNo"]) == ("tribe-1", 77)
    assert (invoice["TotalAmount"], invoice["Balance"]) == (1562.5, 1562.5)
    assert (invoice["VoucherType"], invoice["VoucherNo"]) == ("OutgoingInvoice", 15_001)
    assert (invoice["PaymentTerm"], invoice["CurrencyCode"]) == (14, "NOK")
    assert invoice["InvoiceDeliveryType"] == "PdfByEmail"
    assert invoice["CreatedDateTimeOffset"] == order["CreatedDateTimeOffset"]
    assert invoice["IsCreatedByCurrentIntegration"] is True
    assert luhn.is_valid(invoice["Cid"])
    (line,) = shop.get(f"/OutgoingInvoices/{identifier}/Lines").json()
    assert (line["AccountNo"], line["VatRate"], line["TotalAmount"]) == (3000, 0.25, 1562.5)
    assert line["Id"] != order["SalesOrderLines"][0]["Id"]
    assert shop.tenant.invoices() == [invoice]


def test_without_the_right_to_send(shop: Shop) -> None:
    shop.tenant.switches.allow_send_invoice = False
    order = shop.order()
    answer = shop.send(order["Id"])
    assert_problem(answer, 400, "required privileges to send invoices")
    assert answer.json()["title"] == "Missing privilege"


def test_sending_twice(shop: Shop) -> None:
    order = shop.order()
    assert shop.send(order["Id"]).status_code == 202
    assert_problem(shop.send(order["Id"]), 400, "sent already")
    shop.wait(2)
    assert_problem(shop.send(order["Id"]), 400, "sent already")
    assert_problem(shop.send(NOWHERE), 404, NOWHERE)
    assert len(shop.tenant.invoices()) == 1


def test_an_order_in_the_queue_is_locked(shop: Shop) -> None:
    order = shop.order()
    shop.send(order["Id"])
    assert_problem(shop.ask("DELETE", f"/SalesOrders/{order['Id']}"), 409, "in use")
    line = {"ProductId": shop.hour, "Quantity": 1}
    assert_problem(shop.post(f"/SalesOrders/{order['Id']}/Lines", **line), 400, "being sent")


@pytest.mark.parametrize(
    ("request_body", "fragment"),
    [
        ({"VoucherDate": "2025-12-31"}, "locked period"),
        ({"DeliveryType": "EHF"}, "EHF"),
        ({"DeliveryType": "AvtaleGiro"}, "AvtaleGiro"),
    ],
)
def test_failures_leave_a_draft(shop: Shop, request_body: dict[str, Any], fragment: str) -> None:
    order = shop.order()
    assert shop.send(order["Id"], **request_body).status_code == 202
    shop.wait(2)
    state = shop.state(order["Id"])
    assert (state["IsInvoiceBeingProcessed"], state["SentDateTimeOffset"]) == (False, None)
    assert fragment in state["LastErrorMessage"]
    assert shop.get(f"/SalesOrders/{order['Id']}").status_code == 200
    assert shop.get(f"/OutgoingInvoices/{order['Id']}").status_code == 404
    assert shop.send(order["Id"], DeliveryType="PdfPrintForDownload").status_code == 202
    shop.wait(2)
    state = shop.state(order["Id"])
    assert (state["InvoiceNo"], state["LastErrorMessage"]) == (10_001, None)


@pytest.mark.parametrize("delivery", ["Auto", "PdfByEmail"])
def test_email_is_needed(shop: Shop, delivery: str) -> None:
    shop.tenant.edit_customer(shop.customer, InvoiceEmailAddress=None)
    order = shop.order()
    shop.send(order["Id"], DeliveryType=delivery)
    shop.wait(2)
    assert "e-mail" in shop.state(order["Id"])["LastErrorMessage"]
    shop.send(order["Id"], DeliveryType=delivery, EmailAddress="kari@fjord.example")
    shop.wait(2)
    assert shop.tenant.invoice(order["Id"])["InvoiceNo"] == 10_001


def test_an_order_without_amounts_cannot_be_issued(shop: Shop) -> None:
    order = shop.order({"LineType": "Text", "Description": "x"})
    shop.send(order["Id"])
    shop.wait(2)
    assert "no lines" in shop.state(order["Id"])["LastErrorMessage"]


@pytest.mark.parametrize(
    "request_body",
    [
        {"DeliveryType": "Post"},
        {"EmailAddress": "x"},
        {"VoucherDate": "1/9"},
        {"VoucherDate": "2026-9-1"},
        {"OverrideDueDate": "20260901"},
        {"Email": "a@b.example"},
    ],
)
def test_malformed_requests(shop: Shop, request_body: dict[str, Any]) -> None:
    order = shop.order()
    assert_problem(shop.send(order["Id"], **request_body), 400, next(iter(request_body)))


def test_delivery_types_of_2026(shop: Shop) -> None:
    shop.tenant.configure(edition_2026=False)
    order = shop.order()
    assert_problem(shop.send(order["Id"], DeliveryType="EHF"), 400, "DeliveryType")


def test_ehf_goes_to_registered_receivers(shop: Shop) -> None:
    shop.tenant.edit_customer(shop.customer, OrganizationNumber="974760673")
    shop.tenant.books.elma.add("974760673")
    assert shop.tenant.invoice(shop.issue())["InvoiceDeliveryType"] == "EHF"


def test_delivery_fails_after_posting(shop: Shop) -> None:
    shop.tenant.switches.delivery_error = "Fjord Kaffe AS no longer receives EHF"
    state = shop.state(shop.issue())
    assert state["SentDateTimeOffset"] is not None
    assert state["LastErrorMessage"] == "Fjord Kaffe AS no longer receives EHF"
    assert shop.tenant.invoice(state["Id"])["InvoiceNo"] == state["InvoiceNo"]


def test_an_old_error_may_stay(shop: Shop) -> None:
    shop.tenant.switches.keep_last_error = True
    order = shop.order()
    shop.send(order["Id"], VoucherDate="2025-01-01")
    shop.wait(2)
    shop.send(order["Id"])
    shop.wait(2)
    state = shop.state(order["Id"])
    assert (state["InvoiceNo"], "locked" in state["LastErrorMessage"]) == (10_001, True)


def test_state_may_lag(shop: Shop) -> None:
    shop.tenant.switches.sent_state_seconds = 1
    order = shop.order()
    assert shop.get("/SalesOrders/sentState", id=order["Id"]).status_code == 204
    shop.send(order["Id"])
    assert shop.get("/SalesOrders/SentState", id=order["Id"]).status_code == 204
    shop.wait(1)
    assert shop.state(order["Id"])["IsInvoiceBeingProcessed"] is True
    assert len(shop.get("/SalesOrders/sentState").json()) == 1
    assert_problem(shop.get("/SalesOrders/sentState", id="7"), 400, "UUID")


def test_send_by_hand(shop: Shop) -> None:
    order = shop.order()
    assert shop.tenant.send_by_hand(order["Id"]) == order["Id"]
    invoice = shop.get(f"/OutgoingInvoices/{order['Id']}").json()
    assert invoice["IsCreatedByCurrentIntegration"] is False
    assert invoice["SentDateTimeOffset"] is not None
    own = shop.get("/OutgoingInvoices", onlyCreatedByCurrentIntegration="true")
    assert own.status_code == 204
    with pytest.raises(ProblemError, match="not found"):
        shop.tenant.send_by_hand(order["Id"])


def test_send_by_hand_while_queued(shop: Shop) -> None:
    order = shop.order()
    shop.send(order["Id"])
    shop.tenant.send_by_hand(order["Id"])
    shop.wait(2)
    assert len(shop.tenant.invoices()) == 1
    assert shop.state(order["Id"])["IsInvoiceBeingProcessed"] is False


def test_credit_note_order(shop: Shop) -> None:
    invoice = shop.tenant.invoice(shop.issue())
    lines = [{"ProductId": shop.hour, "Quantity": -1}]
    refused = shop.post(
        "/SalesOrders/Complete",
        CustomerId=shop.customer,
        SalesOrderLines=lines,
        RelatedInvoiceNo=1,
    )
    assert_problem(refused, 404, "number = 1")
    note_id = shop.issue(*lines, RelatedInvoiceNo=invoice["InvoiceNo"])
    note = shop.tenant.invoice(note_id)
    assert (note["VoucherType"], note["TotalAmount"]) == ("OutgoingCreditNote", -1562.5)
    assert (note["RelatedInvoiceNo"], note["Balance"]) == (10_001, -1562.5)
    assert note["Cid"] is None
    shop.tenant.match(invoice["Id"], note_id)
    assert shop.tenant.invoice(note_id)["Balance"] == 0


def test_foreign_currency(shop: Shop) -> None:
    invoice = shop.tenant.invoice(shop.issue(CurrencyCode="EUR", CurrencyExchangeRate=11.5))
    assert (invoice["TotalAmount"], invoice["CurrencyCode"]) == (1562.5, "EUR")
    assert (invoice["TotalPostedAmount"], invoice["Balance"]) == (17968.75, 17968.75)
    assert shop.tenant.invoice(shop.issue(CurrencyCode="SEK"))["Balance"] == 1625
    order = shop.order(CurrencyCode="JPY")
    shop.send(order["Id"])
    shop.wait(2)
    assert "JPY" in shop.state(order["Id"])["LastErrorMessage"]


def test_due_date(shop: Shop) -> None:
    order = shop.order(PaymentTerm=30)
    shop.send(order["Id"], VoucherDate="2026-08-20")
    shop.wait(2)
    assert shop.tenant.invoice(order["Id"])["DueDate"] == "2026-09-19"
    other = shop.order()
    shop.send(other["Id"], OverrideDueDate="2026-09-03")
    shop.wait(2)
    before = shop.tenant.invoice(other["Id"])
    assert before["DueDate"] == "2026-09-03"
    shop.wait(3 * 86_400)
    after = shop.tenant.invoice(other["Id"])
    assert after["LastChangedDateTimeOffset"] == "2026-09-04T00:00:00.0000000+00:00"
    changed = "BalanceLastChangedDateTimeOffset"
    assert after[changed] == before[changed]


def test_without_payment_references(shop: Shop) -> None:
    shop.tenant.switches.uses_kid = False
    invoice = shop.issue()
    assert shop.tenant.invoice(invoice)["Cid"] is None
    shop.tenant.pay(invoice)
    assert [row["VoucherType"] for row in shop.tenant.ledger()][-1] == "BankJournal"


def test_filters(shop: Shop) -> None:
    other = shop.tenant.add_customer(Name="Skog AS", InvoiceEmailAddress="skog@skog.example")
    a = shop.issue(ExternalImportReference="a", ImportedOrderNo=5, CustomMatchingReference="m")
    mark = shop.tenant.invoice(a)["BalanceLastChangedDateTimeOffset"]
    b = shop.issue(CustomerId=other)
    shop.wait(1)

    def found(**query: str) -> set[str]:
        answer = shop.get("/OutgoingInvoices", **query)
        assert answer.status_code in (200, 204), answer.text
        return {row["Id"] for row in answer.json()} if answer.content else set()

    assert found() == {a, b}
    assert found(externalImportReferences="a") == {a}
    assert found(importedOrderNos="5") == {a}
    assert found(customMatchingReferences="m,n") == {a}
    assert found(orderNos="6002-") == {b}
    assert found(invoiceNos="10001") == {a}
    assert found(voucherNos="15002-") == {b}
    assert found(customerNos="10000") == {a}
    assert found(invoiceIds=f"{a},{b.upper()}") == {a, b}
    assert found(balanceLastChangedDateTimeOffsetGreaterThan=mark) == {b}
    assert found(sentDateTimeOffsetGreaterThan=mark) == {b}
    assert found(fromDate="2026-09-01T23:59:59", toDate="2026-09-01") == {a, b}
    assert found(fromDate="2026-09-02") == set()
    shop.tenant.pay(a)
    assert found(onlyUnpaidInvoices="true") == {b}
    assert found(balanceLastChangedDateTimeOffsetGreaterThan=mark) == {a, b}
    assert_problem(shop.get("/OutgoingInvoices", invoiceIds=f"{a},{NOWHERE}"), 404, NOWHERE)
    shop.tenant.switches.missing_ids_are_refused = False
    assert found(invoiceIds=f"{a},{NOWHERE}") == {a}
    assert_problem(shop.get("/OutgoingInvoices", invoiceIds="7"), 400, "UUID")
    unknown = {"lastChangedDateTimeOffsetGreaterThan": mark}
    assert_problem(shop.get("/OutgoingInvoices", **unknown), 400, "lastChanged")
    shop.tenant.configure(edition_2026=False)
    assert shop.get("/OutgoingInvoices", orderNos="1").status_code == 400


def test_numbers_ascend_over_many(shop: Shop) -> None:
    orders = [shop.order()["Id"] for _ in range(3)]
    for order in orders:
        shop.send(order)
    shop.wait(2)
    numbers = [shop.tenant.invoice(order)["InvoiceNo"] for order in orders]
    assert numbers == [10_001, 10_002, 10_003]


def test_the_locked_period_is_a_setting(shop: Shop) -> None:
    shop.tenant.books.settings.lock_date = date(2026, 9, 1)
    order = shop.order()
    with pytest.raises(ProblemError, match="locked"):
        shop.tenant.send_by_hand(order["Id"])
    assert shop.get("/LockDateSettings").json() == {"LockDate": "2026-09-01"}


def test_privileges(shop: Shop) -> None:
    shop.tenant.privileges = {"OutgoingInvoice"}
    assert shop.get("/OutgoingInvoices").status_code == 204
    assert shop.get("/Customerledger/Statement").status_code == 403


def test_an_archived_customer_gets_no_invoice(shop: Shop) -> None:
    order = shop.order()
    shop.send(order["Id"])
    shop.tenant.archive(shop.customer)
    shop.wait(2)
    assert "archived" in shop.state(order["Id"])["LastErrorMessage"]
