"""Payments, credit notes and the customer ledger in the imitated PowerOffice Go."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.poweroffice.peer import Shop, assert_problem
from tribe_po.sandbox.poweroffice.errors import ProblemError

WHOLE = {"fromDate": "2015-01-01", "toDate": "2099-12-31"}
CHANGED = "BalanceLastChangedDateTimeOffset"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


def group(shop: Shop, invoice_id: str) -> dict[str, Any]:
    """Return the entries of an invoice's match group by voucher type."""
    match_id = shop.tenant.invoice(invoice_id)["MatchId"]
    rows = shop.get("/Customerledger/EntriesByMatchId", matchId=match_id).json()
    return {row["VoucherType"]: row for row in rows}


def test_payment_in_full(shop: Shop) -> None:
    invoice = shop.issue()
    before = shop.tenant.invoice(invoice)
    shop.wait(1)
    payment = shop.tenant.pay(invoice, "1562.5", date(2026, 9, 12))
    after = shop.tenant.invoice(invoice)
    assert after["Balance"] == 0
    assert after[CHANGED] > before[CHANGED]
    assert after["LastChangedDateTimeOffset"] == before["LastChangedDateTimeOffset"]
    entries = group(shop, invoice)
    paid = entries["IncomingOcrGiro"]
    assert (paid["Id"], paid["Amount"], paid["Balance"]) == (payment, -1562.5, 0)
    assert (paid["PostingDate"], paid["Cid"]) == ("2026-09-12", after["Cid"])
    billed = entries["OutgoingInvoice"]
    assert (billed["VoucherId"], billed["InvoiceNo"], billed["Amount"]) == (
        invoice,
        "10001",
        1562.5,
    )
    assert billed["CustomerName"] == "Fjord Kaffe AS"


def test_partial_payments_and_one_taken_back(shop: Shop) -> None:
    invoice = shop.issue()
    first = shop.tenant.pay(invoice, "500")
    match_id = shop.tenant.invoice(invoice)["MatchId"]
    shop.tenant.pay(invoice)
    assert shop.tenant.invoice(invoice)["Balance"] == 0
    assert shop.tenant.invoice(invoice)["MatchId"] == match_id
    shop.wait(1)
    mark = shop.tenant.invoice(invoice)[CHANGED]
    shop.tenant.unpay(first)
    after = shop.tenant.invoice(invoice)
    assert after["Balance"] == 500
    assert after[CHANGED] > mark
    kinds = {row["VoucherType"] for row in shop.tenant.ledger()}
    assert "ReversalVoucher" in kinds
    assert "ReversalVoucher" not in group(shop, invoice)


def test_the_only_payment_taken_back(shop: Shop) -> None:
    invoice = shop.issue()
    payment = shop.tenant.pay(invoice)
    shop.tenant.unpay(payment)
    after = shop.tenant.invoice(invoice)
    assert (after["Balance"], after["MatchId"]) == (1562.5, None)


def test_overpayment_stays_on_the_payment(shop: Shop) -> None:
    invoice = shop.issue()
    shop.tenant.pay(invoice, Decimal("1600"))
    assert shop.tenant.invoice(invoice)["Balance"] == 0
    assert group(shop, invoice)["IncomingOcrGiro"]["Balance"] == -37.5


def test_one_payment_for_several(shop: Shop) -> None:
    a, b = shop.issue(), shop.issue()
    payment = shop.tenant.pay_many({a: "1562.50", b: 1000})
    one, other = shop.tenant.invoice(a), shop.tenant.invoice(b)
    assert (one["Balance"], other["Balance"]) == (0, 562.5)
    assert one["MatchId"] == other["MatchId"] is not None
    assert len(group(shop, a)) == 2
    shop.tenant.unpay(payment)
    assert [shop.tenant.invoice(each)["MatchId"] for each in (a, b)] == [None, None]
    other_customer = shop.tenant.add_customer(Name="Skog AS", InvoiceEmailAddress="a@b.example")
    with pytest.raises(ValueError, match="one customer"):
        shop.tenant.pay_many({a: 1, shop.issue(CustomerId=other_customer): 1})


def test_groups_that_meet_and_part(shop: Shop) -> None:
    a, b = shop.issue(), shop.issue()
    shop.tenant.pay(a, 100)
    shop.tenant.pay(b, 100)
    first, second = (shop.tenant.invoice(each)["MatchId"] for each in (a, b))
    assert first != second
    both = shop.tenant.pay_many({a: 50, b: 50})
    assert shop.tenant.invoice(b)["MatchId"] == first
    shop.tenant.unpay(both)
    parted = {shop.tenant.invoice(each)["MatchId"] for each in (a, b)}
    assert len(parted) == 2
    assert first in parted


def test_credit_note(shop: Shop) -> None:
    invoice = shop.issue()
    part = shop.tenant.invoice(shop.tenant.credit(invoice, 500))
    assert (part["TotalAmount"], part["Balance"], part["NetAmount"]) == (-500, 0, -400)
    assert (part["VoucherType"], part["RelatedInvoiceNo"]) == ("OutgoingCreditNote", 10_001)
    assert part["ExternalImportReference"] is None
    assert shop.tenant.invoice(invoice)["Balance"] == 1062.5
    rest = shop.tenant.invoice(shop.tenant.credit(invoice))
    assert (rest["TotalAmount"], rest["InvoiceNo"]) == (-1062.5, 10_003)
    assert shop.tenant.invoice(invoice)["Balance"] == 0
    assert group(shop, invoice).keys() == {"OutgoingInvoice", "OutgoingCreditNote"}


def test_write_off(shop: Shop) -> None:
    invoice = shop.issue()
    shop.tenant.pay(invoice, 1000)
    shop.tenant.write_off(invoice)
    assert shop.tenant.invoice(invoice)["Balance"] == 0
    entries = group(shop, invoice)
    assert entries["ManualJournal"]["IsWriteOff"] is True
    assert entries["ManualJournal"]["Amount"] == -562.5
    assert entries["IncomingOcrGiro"]["IsWriteOff"] is False


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("Statement", {}),
        ("Statement", {"fromDate": "2026-01-01"}),
        ("OpenItems", {}),
        ("CustomerBalances", {}),
        ("EntriesByMatchId", {}),
    ],
)
def test_dates_are_mandatory(shop: Shop, path: str, query: dict[str, str]) -> None:
    assert shop.get(f"/Customerledger/{path}", **query).status_code == 404


def test_statement_filters(shop: Shop) -> None:
    a = shop.issue(CustomMatchingReference="m")
    shop.wait(86_400)
    b = shop.issue()
    mark = shop.tenant.ledger()[-1]["LastChangedDateTimeOffset"]

    def found(**query: str) -> list[tuple[str, str]]:
        answer = shop.get("/Customerledger/Statement", OrderBy="Id", **WHOLE | query)
        assert answer.status_code in (200, 204), answer.text
        rows = answer.json() if answer.content else []
        return [(row["VoucherType"], row["InvoiceNo"]) for row in rows]

    first, second = ("OutgoingInvoice", "10001"), ("OutgoingInvoice", "10002")
    assert found() == [first, second]
    assert found(lastChangedDateTimeOffsetGreaterThan=mark) == []
    shop.wait(1)
    shop.tenant.pay(a, 100)
    paid = ("IncomingOcrGiro", None)
    assert found(lastChangedDateTimeOffsetGreaterThan=mark) == [first, paid]
    assert found(voucherTypes="OutgoingInvoice", onlyBalancesLessThanAmount="true") == [first]
    assert found(invoiceNos="10002") == [second]
    assert found(invoiceNos="10001-10002") == []
    assert found(toDate="2026-09-01") == [first]
    assert found(fromDate="2026-09-02") == [second, paid]
    assert found(customMatchingReferences="m") == [first]
    assert found(onlyCreatedByCurrentIntegration="true") == [first, second]
    assert found(externalNos="1-") == []
    series = shop.tenant.books.number_series
    assert len(found(subLedgerNumberSeriesIds=series[0].id)) == 3
    assert found(subLedgerNumberSeriesIds=series[2].id) == []
    shop.tenant.edit_customer(shop.customer, ContactGroupIds=[1001])
    assert len(found(contactGroupIds="1001")) == 3
    assert found(contactGroupIds="1002") == []
    bad = shop.get("/Customerledger/Statement", **WHOLE, voucherTypes="Invoice")
    assert_problem(bad, 400, "Invoice")
    assert b


def test_balances_of_a_day_in_the_past(shop: Shop) -> None:
    invoice = shop.issue()
    shop.wait(5 * 86_400)
    shop.tenant.pay(invoice)

    def open_on(day: str) -> list[float]:
        answer = shop.get("/Customerledger/OpenItems", date=day)
        return [row["Balance"] for row in answer.json()] if answer.content else []

    assert open_on("2026-08-31") == []
    assert open_on("2026-09-03") == [1562.5]
    assert open_on("2026-09-06") == []
    past = shop.get("/Customerledger/Statement", fromDate="2026-09-01", toDate="2026-09-03").json()
    assert [row["Balance"] for row in past] == [1562.5]


def test_customer_balances(shop: Shop) -> None:
    shop.tenant.add_customer(Name="Skog AS")
    invoice = shop.issue()
    shop.tenant.pay(invoice, "562.5")
    (row,) = shop.get("/Customerledger/CustomerBalances", date="2026-09-30").json()
    assert (row["CustomerId"], row["Balance"]) == (shop.customer, 1000)
    path, query = "/Customerledger/CustomerBalances", {"date": "2026-09-30"}
    assert shop.get(path, customerIds=shop.customer, **query).status_code == 200
    assert_problem(shop.get(path, customerIds="1", **query), 404, "id = 1")
    assert_problem(shop.get(path, customerIds="x", **query), 400, "x")
    shop.tenant.pay(invoice)
    assert shop.get(path, includeOnlyOpenItems="true", **query).status_code == 204
    shop.tenant.configure(edition_2026=False)
    assert shop.get(path, customerIds=shop.customer, **query).status_code == 400


def test_unknown_match(shop: Shop) -> None:
    assert_problem(shop.get("/Customerledger/EntriesByMatchId", matchId="9"), 404, "id = 9")
    assert_problem(shop.get("/Customerledger/EntriesByMatchId", matchId="x"), 400, "x")


def test_custom_matching_reference(shop: Shop) -> None:
    a = shop.issue(CustomMatchingReference="m")
    note = shop.issue({"ProductId": shop.hour, "Quantity": -1}, CustomMatchingReference="m")
    assert [shop.tenant.invoice(each)["Balance"] for each in (a, note)] == [0, 0]


def test_a_customer_with_a_balance(shop: Shop) -> None:
    invoice = shop.issue()
    with pytest.raises(ProblemError, match="balance"):
        shop.tenant.archive(shop.customer)
    shop.tenant.pay(invoice)
    assert_problem(shop.ask("DELETE", f"/Customers/{shop.customer}"), 409, "in use")
    shop.tenant.archive(shop.customer)
    assert shop.tenant.customer(shop.customer)["IsArchived"] is True


def test_people_cannot_settle_nothing(shop: Shop) -> None:
    invoice = shop.issue()
    payment = shop.tenant.pay(invoice)
    for act in (shop.tenant.pay, shop.tenant.credit, shop.tenant.write_off):
        with pytest.raises(ValueError, match="greater than 0"):
            act(invoice)
    shop.tenant.unpay(payment)
    billed = shop.tenant.ledger()[0]["Id"]
    for entry in (payment, billed):
        with pytest.raises(ValueError, match="no payment"):
            shop.tenant.unpay(entry)
