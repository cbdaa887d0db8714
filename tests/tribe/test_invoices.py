"""Reading invoices in all the ways in which a tenant may keep them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.tribe.invoice_samples import HOUR, document, draft, invoice, sent
from tests.tribe.peer import Peer
from tribe_po.errors import NotAllowed, RecordRefused
from tribe_po.records import Form, Kind, System
from tribe_po.sandbox.faults import Fault, Run, Status
from tribe_po.sides import Creation
from tribe_po.tribe.invoice_values import record_of_invoice
from tribe_po.tribe.metadata import Names

NOWHERE = "00000000-0000-4000-8000-000000000000"
ROW: dict[str, Any] = {"ID": "i-1", "ProductLines": []}


def test_everything_of_an_invoice(peer: Peer) -> None:
    product = peer.tenant.add_product(Name="Kaffe", Code="K-1", SalesPrice=Decimal("49.90"))
    lines = ({"Product": product, "Quantity": 3, "DiscountPercentage": 10}, {"Description": "Takk"})
    found = invoice(peer.tribe(), sent(peer, *lines))
    assert (found.kind, found.system, found.form) == (Kind.INVOICE, System.TRIBE, Form.INVOICE)
    assert (found.id == found.relation_id, found.mark) == (True, None)
    whole = document(found)
    assert found.values == {
        "number": "1601",
        "phase": "Sent",
        "date": "2026-03-01",
        "due_date": "2026-03-21",
        "currency": "NOK",
        "content": whole.digest(),
        "net": Decimal("134.73"),
        "total": Decimal("168.41"),
        "vat": "25",
    }
    (customer,) = peer.tenant.customers()
    assert whole.customer_id == customer["ID"]
    goods, words = whole.lines
    assert (goods.product_id, goods.product_code, goods.text) == (product, "K-1", "Kaffe")
    assert (goods.quantity, goods.price, goods.discount, goods.vat) == (
        Decimal(3),
        Decimal("49.9"),
        Decimal(10),
        Decimal(25),
    )
    assert (words.text, words.price, words.vat, words.product_id) == ("Takk", None, None, "")


def test_a_draft_has_neither_number_nor_dates(peer: Peer) -> None:
    values = invoice(peer.tribe(), draft(peer)).values
    shown = [values[name] for name in ("number", "phase", "date", "due_date")]
    assert shown == [None, "Draft", None, None]


def test_one_that_was_sent_without_a_number(peer: Peer) -> None:
    invoice_id = draft(peer)
    peer.tenant.set_phase(invoice_id, "Sent")
    values = invoice(peer.tribe(), invoice_id).values
    assert (values["number"], values["phase"], values["date"]) == (None, "Sent", None)


@pytest.mark.parametrize("metadata", [True, False])
@pytest.mark.parametrize("invoice_date", ["InvoiceDate", "Date", "StartDate", "Start", None])
@pytest.mark.parametrize("due_date", ["ExpirationDate", "DueDate", "PaymentDueDate", None])
def test_dates_go_by_the_names_of_the_tenant(
    peer: Peer, invoice_date: str | None, due_date: str | None, metadata: bool
) -> None:
    peer.answer_otherwise(invoice_date=invoice_date, due_date=due_date, metadata=metadata)
    values = invoice(peer.tribe(), sent(peer)).values
    assert values["date"] == ("2026-03-01" if invoice_date else None)
    assert values["due_date"] == ("2026-03-21" if due_date else None)


@pytest.mark.parametrize("due_date", ["EndDate", "Deadline"])
def test_moments_are_read_as_the_day_that_begins_then_in_norway(peer: Peer, due_date: str) -> None:
    peer.answer_otherwise(invoice_date="StartDate", due_date=due_date)
    values = invoice(peer.tribe(), sent(peer)).values
    assert (values["date"], values["due_date"]) == ("2026-03-01", "2026-03-21")


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2026-07-01", date(2026, 7, 1)),
        ("2026-06-30T22:00:00Z", date(2026, 7, 1)),
        ("2026-07-01T00:00:00+02:00", date(2026, 7, 1)),
        ("2026-07-01T00:00:00", date(2026, 7, 1)),
        ("snart", None),
        ("2026-07-01Tsnart", None),
        (20260701.5, None),
    ],
)
def test_what_a_date_may_look_like(told: object, day: date | None) -> None:
    assert document(record_of_invoice({**ROW, "invoicedate": told}, [])).date == day


def test_names_of_an_earlier_version_that_do_not_fit(peer: Peer) -> None:
    peer.answer_otherwise(invoice_date="Date", due_date="DueDate")
    kept = peer.tribe().names.to_dict()
    del kept["sets"]["Activity_Invoice"]
    found = invoice(peer.tribe(names=Names.from_dict(kept)), sent(peer))
    assert (found.values["date"], found.values["due_date"]) == ("2026-03-01", "2026-03-21")


@pytest.mark.parametrize(
    ("lines", "fields", "sums"),
    [
        ([HOUR], {"IsVatIncluded": True}, ("80.00", "100.00", "25")),
        ([HOUR], {"DiscountPercentage": 12.5}, ("87.50", "109.38", "25")),
        ([{"Price": 1.005, "VatGroup": 0}], {}, ("1.01", "1.01", "0")),
        ([{"Price": 0.333, "Quantity": 1.5, "VatGroup": 15}], {}, ("0.50", "0.58", "15")),
        ([{**HOUR, "Quantity": -2}], {}, ("-200.00", "-250.00", "25")),
        ([{**HOUR, "Price": -100}], {}, ("-100.00", "-125.00", "25")),
        ([HOUR, {"Description": "Takk"}, {**HOUR, "VatGroup": 15}], {}, ("200", "240", "25 15")),
        ([HOUR, {"Price": 5, "Quantity": None, "VatGroup": 15}], {}, ("100", "125", "25 15")),
        ([{"Description": "Takk"}], {}, ("0", "0", "")),
    ],
)
def test_sums(
    peer: Peer, lines: list[dict[str, Any]], fields: dict[str, Any], sums: tuple[str, str, str]
) -> None:
    found = invoice(peer.tribe(), sent(peer, *lines, **fields))
    told = [found.values["net"], found.values["total"], found.values["vat"]]
    assert told == [Decimal(sums[0]), Decimal(sums[1]), sums[2]]
    whole = document(found)
    assert whole.includes_vat is fields.get("IsVatIncluded", False)
    assert whole.discount == Decimal(str(fields.get("DiscountPercentage", 0)))


def test_amounts_are_what_the_answer_spells(peer: Peer) -> None:
    found = invoice(peer.tribe(), sent(peer, {"Price": Decimal("0.1"), "Quantity": 3}))
    (line,) = document(found).lines
    assert (line.price, found.values["net"]) == (Decimal("0.1"), Decimal("0.30"))


def test_a_foreign_invoice_goes_by_its_own_currency(peer: Peer) -> None:
    line = {"Price": 1150, "PriceInCurrency": 100, "VatGroup": 25}
    found = invoice(peer.tribe(), sent(peer, line, Currency="eur"))
    assert document(found).lines[0].price == Decimal(100)
    shown = [found.values[name] for name in ("currency", "net", "total")]
    assert shown == ["EUR", Decimal(100), Decimal(125)]


def test_a_foreign_invoice_never_shows_the_sums_in_kroner() -> None:
    row = {**ROW, "Currency": "EUR", "TotalExcludingVat": 1150, "TotalIncludingVat": 1150}
    line = {"ID": "l-1", "Price": 1150, "PriceInCurrency": 100, "Quantity": 1, "VatPercentage": 25}
    values = record_of_invoice(row, [line]).values
    assert (values["net"], values["total"]) == (Decimal(100), Decimal(125))


def test_sums_are_tribes_own_where_it_tells_both() -> None:
    line = {"ID": "l-1", "Price": 100, "Quantity": 1, "VatGroup": {"Percentage": 25}}
    told = record_of_invoice({**ROW, "TotalExcludingVat": 99, "TotalIncludingVat": 124}, [line])
    half = record_of_invoice({**ROW, "TotalExcludingVat": 99}, [line])
    assert (told.values["net"], told.values["total"]) == (Decimal(99), Decimal(124))
    assert (half.values["net"], half.values["total"]) == (Decimal(100), Decimal(125))
    assert told.values["vat"] == "25"


def test_lines_stand_by_their_sort_index_and_those_without_come_last_by_age() -> None:
    rows: list[dict[str, Any]] = [
        {"ID": "d", "CreationDate": "2026-03-02T08:00:01Z", "SortIndex": None},
        {"ID": "e", "CreationDate": "2026-03-02T08:00:00Z"},
        {"ID": "b", "SortIndex": Decimal("1.5")},
        {"ID": "a", "SortIndex": 10},
        {"ID": "c", "SortIndex": 2},
    ]
    for arrived in (rows, rows[::-1]):
        lines = document(record_of_invoice(ROW, arrived)).lines
        assert "".join(line.id for line in lines) == "bcaed"


def test_the_content_changes_with_what_is_copied_and_not_with_how_it_is_spelled() -> None:
    def content(**fields: Any) -> object:
        line = {"ID": "l-1", "Price": 100, "VatPercentage": 25, "Quantity": 1, **fields}
        return record_of_invoice(ROW, [line]).values["content"]

    assert content() == content(Price=Decimal("100.00"), VatPercentage=Decimal("25.0"))
    assert content(DiscountPercentage=0) == content(DiscountPercentage=None)
    assert content() != content(Price=Decimal("100.01"))
    assert content() != content(Description="Timer")


def test_the_wording_of_a_line() -> None:
    row = {"Description": " Timer\r\nmars ", "ExtraDescription": "Utført av Kari"}
    rows: list[dict[str, Any]] = [
        {"ID": "1", **row},
        {"ID": "2", "LocalizedDescription": "Timer", "Product": {"ID": "p", "Name": "Kaffe"}},
        {"ID": "3", "Product": {"ID": "p", "Name": "Kaffe"}},
    ]
    lines = document(record_of_invoice(ROW, rows)).lines
    assert [line.text for line in lines] == ["Timer\nmars\nUtført av Kari", "Timer", "Kaffe"]
    assert record_of_invoice({**ROW, "Phase": None}, []).values["phase"] is None


@pytest.mark.parametrize("casing", ["declared", "lower", "upper", "camel"])
@pytest.mark.parametrize("nested", [True, False])
def test_capitals_and_a_refused_expand(peer: Peer, casing: str, nested: bool) -> None:
    product = peer.tenant.add_product(Name="Kaffe", Code="K-1", SalesPrice=40)
    invoice_id = sent(peer, {"Product": product}, {"Description": "Takk"})
    usual = invoice(peer.tribe(), invoice_id)
    peer.answer_otherwise(casing=casing, nested_line_expand=nested)
    assert invoice(peer.tribe(), invoice_id) == usual


def test_a_refused_expand_is_remembered(peer: Peer) -> None:
    peer.answer_otherwise(nested_line_expand=False)
    invoice_id = sent(peer)
    learned: dict[str, str] = {}
    invoice(peer.tribe(learned=learned), invoice_id)
    tribe = peer.tribe(learned=learned)
    assert tribe.names
    peer.forget()
    invoice(tribe, invoice_id)
    path = f"GET Activity_Invoice({invoice_id})/ProductLines"
    assert peer.asked()[0] == "GET Activity_Invoice"
    assert set(peer.asked()[1:]) == {path}


def test_an_invoice_that_goes_before_its_lines_are_read(peer: Peer) -> None:
    peer.answer_otherwise(nested_line_expand=False)
    invoice_id = draft(peer)
    gone = Run(lambda: peer.tenant.delete(invoice_id))
    peer.sandbox.faults.add(Fault("tribe", "GET", r"\)/ProductLines", gone))
    assert peer.tribe().get(Kind.INVOICE, [invoice_id]) == []


def test_lines_that_may_not_be_read_are_not_taken_for_none(peer: Peer) -> None:
    peer.answer_otherwise(nested_line_expand=False)
    invoice_id = sent(peer)
    peer.sandbox.faults.add(Fault("tribe", "GET", r"\)/ProductLines", Status(403), times=2))
    with pytest.raises(NotAllowed, match="read"):
        invoice(peer.tribe(), invoice_id)


def test_what_changed(peer: Peer) -> None:
    old = sent(peer)
    since = peer.later(hours=1)
    new = draft(peer)
    assert [record.id for record in peer.tribe().changed([Kind.INVOICE], since).records] == [new]
    peer.tenant.set_phase(old, "Paid")
    found = peer.tribe().changed([Kind.INVOICE], since)
    assert {record.id: record.values["phase"] for record in found.records} == {
        new: "Draft",
        old: "Paid",
    }
    assert (found.complete, found.cursor) == (False, since)
    peer.tenant.delete(new)
    everything = peer.tribe().changed([Kind.INVOICE], None)
    assert ([record.id for record in everything.records], everything.complete) == ([old], True)


def test_what_changed_takes_one_request(peer: Peer) -> None:
    sent(peer)
    tribe = peer.tribe()
    assert tribe.names
    peer.forget()
    assert tribe.changed([Kind.INVOICE], peer.later(minutes=30)).records == ()
    assert peer.asked() == ["GET Activity_Invoice"]


def test_own_phases_are_spelled_as_they_are(peer: Peer) -> None:
    peer.tenant.add_phase("Reminder 1", "Første purring")
    invoice_id = sent(peer)
    peer.tenant.set_phase(invoice_id, "Reminder 1")
    assert invoice(peer.tribe(), invoice_id).values["phase"] == "Reminder 1"


def test_several_by_id_and_never_by_key_or_mark(peer: Peer) -> None:
    first, second = sent(peer), sent(peer, number="1602")
    tribe = peer.tribe()
    found = tribe.get(Kind.INVOICE, [second, NOWHERE, "x", first, second])
    assert [record.id for record in found] == [second, first]
    assert tribe.find_by_key(Kind.INVOICE, ["1601"]) == []
    assert tribe.find_by_mark(Kind.INVOICE, "tribe:1") == []
    with pytest.raises(RecordRefused, match="not created in Tribe"):
        tribe.create(Creation(Kind.INVOICE, Form.INVOICE, {}, "m"))


@pytest.mark.parametrize("metadata", [True, False])
def test_without_the_billing_module_there_are_no_invoices(peer: Peer, metadata: bool) -> None:
    peer.answer_otherwise(billing=False, metadata=metadata)
    tribe = peer.tribe()
    assert [tribe.offers(kind) for kind in Kind] == [True, True, True, False]
    peer.answer_otherwise(billing=True)
    assert tribe.offers(Kind.INVOICE)


def test_that_there_are_invoices_is_asked_once(peer: Peer) -> None:
    learned: dict[str, str] = {}
    assert peer.tribe(learned=learned).offers(Kind.INVOICE)
    tribe = peer.tribe(learned=learned, names=Names.usual())
    peer.forget()
    assert tribe.offers(Kind.INVOICE)
    assert peer.asked() == []
