"""Odd answers about invoices, and how an invoice's standing follows from the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.poweroffice.scripted import Asked, Scripted, answer, problem
from tribe_po.errors import LostAnswer, RecordRefused, StillWorking, TribePoError
from tribe_po.invoices import Order, OrderLine, Payment
from tribe_po.poweroffice.client import PowerOffice
from tribe_po.poweroffice.invoices import Selling
from tribe_po.poweroffice.ledger import payment_of
from tribe_po.poweroffice.orders import body_of
from tribe_po.records import Form, Kind, Values
from tribe_po.sides import Creation, Edit
from tribe_po.transport.http import Answer

ID = "ee373540-ca8d-4562-8fb6-6fb52de47722"
FRESH: Values = {"fresh": True, "date": "2026-09-01"}


def row(posted: str = "100", balance: str | None = "0", **members: Any) -> dict[str, Any]:
    left = None if balance is None else Decimal(balance)
    told = {"Id": ID, "TotalPostedAmount": Decimal(posted), "Balance": left, "MatchId": 7}
    return {**told, **members}


def entry(amount: str, kind: str, **members: Any) -> dict[str, Any]:
    return {"Amount": Decimal(amount), "VoucherType": kind, "VoucherId": "other", **members}


def own(amount: str = "100") -> dict[str, Any]:
    return entry(amount, "OutgoingInvoice", VoucherId=ID.upper())


PAID = entry("-60", "IncomingOcrGiro")


@pytest.mark.parametrize(
    ("invoice", "group", "expected"),
    [
        (row(balance="100"), [], Payment.OPEN),
        (row(balance="99.99"), [], Payment.PARTLY),
        (row(balance="-1"), [], Payment.OVERPAID),
        (row(balance="101"), [], Payment.SETTLED_OTHERWISE),
        (row(balance=None), [], None),
        (row(balance="0", IsReversed=True), [], Payment.REVERSED),
        (row(posted="0"), [], Payment.PAID),
        (row(posted="-100", balance="-100"), [], Payment.OPEN),
        (row(posted="-100", balance="-40"), [], Payment.PARTLY),
        (row(), [own(), PAID, entry("-40", "BankJournal")], Payment.PAID),
        (row(), [own(), PAID, entry("50", "OutgoingInvoice")], Payment.PAID),
        (row(), [own(), PAID, entry("70", "OutgoingPaymentReminder")], Payment.PAID),
        (row(), [own(), PAID, entry("-40", "OutgoingCreditNote")], Payment.SETTLED_OTHERWISE),
        (row(), [own(), entry("-100", "OutgoingCreditNote")], Payment.CREDITED),
        (row(), [own(), entry("-100", "ManualJournal", IsWriteOff=True)], Payment.WRITTEN_OFF),
        (row(), [own(), entry("-100", "Unheard")], Payment.SETTLED_OTHERWISE),
        (row(posted="-100"), [own("-100"), entry("100", "OutgoingInvoice")], Payment.CREDITED),
        (row(posted="-100"), [own("-100"), entry("100", "OutgoingPayments")], Payment.PAID),
        (row(), [PAID], None),
        (row(), [], None),
        (row(MatchId=None), [], Payment.SETTLED_OTHERWISE),
    ],
)
def test_how_an_invoice_stands(
    invoice: dict[str, Any], group: list[dict[str, Any]], expected: Payment | None
) -> None:
    assert payment_of(invoice, group) is expected


def state(**members: Any) -> Answer:
    told = {"IsInvoiceBeingProcessed": False, "SentDateTimeOffset": None, "LastErrorMessage": None}
    return answer(200, [{"Id": ID.upper(), **told, **members}])


def side(*script: Answer | Exception) -> tuple[PowerOffice, Scripted, list[float]]:
    connection, slept = Scripted(*script), list[float]()
    return PowerOffice(connection, None, Selling(sleep=slept.append)), connection, slept


def edit(known: Values) -> Edit:
    return Edit(Kind.INVOICE, Form.INVOICE, ID, ID, None, {"issued": True}, {}, known)


def test_sending_waits_longer_and_longer() -> None:
    office, connection, slept = side(answer(202), *[answer(204)] * 3, state())
    with pytest.raises(StillWorking):
        office.update(edit(FRESH))
    assert slept == [1, 4, 10, 30]
    first = connection.asked[0]
    assert first == Asked(
        "POST",
        f"/SalesOrders/{ID}/createAndSendInvoice",
        {},
        {"DeliveryType": "PdfPrintForDownload", "VoucherDate": "2026-09-01"},
        "application/json",
    )
    assert connection.used_up


def test_a_failure_ends_the_waiting_with_its_message() -> None:
    office, _, slept = side(answer(202), state(LastErrorMessage="No e-mail\naddress"))
    with pytest.raises(RecordRefused, match="No e-mail address"):
        office.update(edit(FRESH))
    assert slept == [1]


def test_a_refusal_of_what_is_on_its_way_waits_for_it() -> None:
    sent = state(SentDateTimeOffset="2026-09-01T09:20:11Z", InvoiceNo=10003)
    office, connection, _ = side(
        problem(400, "is sent already"), state(IsInvoiceBeingProcessed=True), sent
    )
    written = office.update(edit(FRESH))
    assert written.record is not None
    assert written.record.values["invoice_number"] == "10003"
    assert [each.method for each in connection.asked] == ["POST", "GET", "GET"]


def test_any_other_refusal_is_one() -> None:
    office, _, _ = side(problem(400, "DeliveryType is invalid."), answer(204))
    with pytest.raises(RecordRefused, match="DeliveryType"):
        office.update(edit(FRESH))


def test_what_is_in_process_is_not_sent_again() -> None:
    sent = state(SentDateTimeOffset="2026-09-01T09:20:11Z", InvoiceNo=10003)
    office, connection, _ = side(state(IsInvoiceBeingProcessed=True), sent)
    office.update(edit({}))
    assert {each.method for each in connection.asked} == {"GET"}


def test_nothing_expected_is_never_a_match() -> None:
    complete = {"Id": ID, "NetAmount": 1, "TotalAmount": 1, "SalesOrderLines": []}
    office, _, _ = side(answer(204), answer(200, complete))
    with pytest.raises(RecordRefused, match="None in Tribe"):
        office.update(edit({}))


def order(*lines: OrderLine) -> Order:
    return Order("12345", "", None, None, "NOK", lines)


def test_an_order_leaves_out_what_is_empty() -> None:
    line = OrderLine("", "", "", "TIME", Decimal("-1.5"), Decimal("0.1"))
    assert body_of(order(line), "tribe:1") == {
        "CustomerId": 12345,
        "ExternalImportReference": "tribe:1",
        "CurrencyCode": "NOK",
        "SalesOrderLines": [
            {
                "LineType": "Normal",
                "ProductCode": "TIME",
                "Quantity": Decimal("-1.5"),
                "ProductUnitPrice": Decimal("0.1"),
                "SortOrder": 0,
            }
        ],
    }


def test_a_number_that_json_would_cut_is_refused() -> None:
    line = OrderLine("", "", "1", "", Decimal(1), Decimal("1234567890.12345678"))
    with pytest.raises(RecordRefused, match=r"1234567890\.12345678"):
        body_of(order(line), "tribe:1")


@pytest.mark.parametrize("text", ["", "{cut", "[]", '{"Id": null}'])
def test_an_order_whose_answer_is_cut_short_is_lost(text: str) -> None:
    office, _, _ = side(answer(201, text))
    creation = Creation(Kind.INVOICE, Form.INVOICE, {}, "tribe:1", order=order())
    with pytest.raises(LostAnswer):
        office.create(creation)


def test_a_ledger_that_changes_meanwhile_leaves_the_payment_untold() -> None:
    invoice = {
        **row(),
        "TotalPostedAmount": 100,
        "Balance": 0,
        "ExternalImportReference": "tribe:1",
    }
    office, _, _ = side(
        answer(404, {"title": "Object(s) not found"}),
        answer(200, invoice),
        problem(404, "Match with id = 7 not found."),
    )
    (record,) = office.get(Kind.INVOICE, [ID])
    assert "payment" not in record.values
    assert "settled" not in record.values
    assert record.values["issued"] is True


def test_a_missing_route_is_no_missing_record() -> None:
    office, _, _ = side(answer(404, {"statusCode": 404, "message": "Resource not found"}))
    with pytest.raises(TribePoError, match="did not understand"):
        office.get(Kind.INVOICE, [ID])


def test_an_old_message_right_after_sending_again_is_waited_out() -> None:
    complete = {"Id": ID, "NetAmount": 1, "TotalAmount": 1, "SalesOrderLines": []}
    failed = state(LastErrorMessage="locked period")
    sent = state(LastErrorMessage="locked period", SentDateTimeOffset="2026-09-01T09:20:11Z")
    office, connection, _ = side(failed, answer(200, complete), answer(202), failed, sent)
    written = office.update(edit({"net": Decimal(1), "total": Decimal(1), "vat": ""}))
    assert written.record is not None
    assert written.record.values["delivery_error"] is None
    assert connection.used_up
