"""Invoices against the sandbox's PowerOffice, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.poweroffice.conftest import connect
from tribe_po.errors import (
    AlreadyExists,
    LostAnswer,
    NotAllowed,
    RecordGone,
    RecordRefused,
    StillWorking,
)
from tribe_po.invoices import Order, OrderLine, Voucher, VoucherLine
from tribe_po.poweroffice.client import PowerOffice
from tribe_po.poweroffice.invoices import Selling
from tribe_po.records import NO_VALUES, Form, Kind, Record, Values
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.faults import DropAfter, DropBefore, Fault
from tribe_po.sandbox.server import Sandbox
from tribe_po.sides import Creation, Edit

MARK = "tribe:3f0c5f5e-0000-4000-8000-000000000001"
ACCOUNTS = {Decimal(25): 3000, Decimal(15): 3010, Decimal(0): 3100}
INVOICE = Kind.INVOICE


@pytest.fixture
def side(sandbox: Sandbox, clock: ManualClock) -> PowerOffice:
    """A client that may send invoices; waiting moves the sandbox's clock."""
    sandbox.poweroffice.switches.allow_send_invoice = True
    return selling(sandbox, clock)


def selling(sandbox: Sandbox, clock: ManualClock, *, delivers: bool = False) -> PowerOffice:
    def sleep(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    return PowerOffice(connect(sandbox), None, Selling(delivers, ACCOUNTS, sleep))


def new(sandbox: Sandbox, mark: str = MARK, quantity: int = 10, currency: str = "NOK") -> Creation:
    """Ten hours at 1250 kroner, and a text."""
    office = sandbox.poweroffice
    customer = office.add_customer(Name="Fjord Kaffe AS", IsPerson=False)
    shelf = office.products()
    product = shelf[0]["Id"] if shelf else office.add_product(Code="TIME", Name="Time")
    lines = (
        OrderLine("line-1", "Project Alpha"),
        OrderLine("line-2", "Work", str(product), "", Decimal(quantity), Decimal(1250)),
        OrderLine("line-3", "By code", "", "TIME", Decimal(1), Decimal(500), Decimal(10)),
    )
    order = Order(str(customer), "Kari Nordmann", 77, date(2026, 9, 1), currency, lines)
    return Creation(INVOICE, Form.INVOICE, {"content": "abc"}, mark, order=order)


def known(record: Record) -> Values:
    sums = {name: record.values[name] for name in ("net", "total", "vat")}
    return {**sums, "date": "2026-09-01", "due_date": "2026-09-20"}


def issue(record: Record, *, fresh: bool = False, more: Values = NO_VALUES) -> Edit:
    told = {**known(record), **({"fresh": True} if fresh else {}), **more}
    return Edit(INVOICE, Form.INVOICE, record.id, record.id, None, {"issued": True}, {}, told)


def draft(side: PowerOffice, creation: Creation) -> Record:
    record = side.create(creation).record
    assert record is not None
    return record


def invoice(sandbox: Sandbox, side: PowerOffice, mark: str = MARK) -> str:
    return side.update(issue(draft(side, new(sandbox, mark)), fresh=True)).id


def seen(side: PowerOffice) -> dict[str, Record]:
    return {each.id: each for each in side.changed([INVOICE], None).records}


def sends(sandbox: Sandbox) -> int:
    writes = sandbox.requests.writes("poweroffice")
    return sum("createandsend" in each.path.casefold() for each in writes)


def test_a_draft_is_created_once_and_read_back(sandbox: Sandbox, side: PowerOffice) -> None:
    creation = new(sandbox)
    record = draft(side, creation)
    assert record.values == {
        "net": Decimal("12950.00"),
        "total": Decimal("16187.50"),
        "currency": "NOK",
        "order_number": "6001",
        "issued": None,
        "payment": "open",
        "vat": "25 25",
        "content": "abc",
    }
    with pytest.raises(AlreadyExists):
        side.create(creation)
    told = {name: value for name, value in record.values.items() if name != "content"}
    assert [each.values for each in side.get(INVOICE, [record.id])] == [told]
    assert [each.id for each in side.find_by_mark(INVOICE, MARK)] == [record.id]
    assert list(seen(side)) == [record.id]
    lines = sandbox.poweroffice.orders()[0]["SalesOrderLines"]
    assert [line["LineType"] for line in lines] == ["Text", "Normal", "Normal"]
    assert [line["ExternalImportReference"] for line in lines] == ["line-1", "line-2", "line-3"]


def test_what_others_wrote_is_left_out(sandbox: Sandbox, side: PowerOffice) -> None:
    record = draft(side, new(sandbox))
    order = sandbox.poweroffice.orders()[0]
    sandbox.poweroffice.add_order(CustomerId=order["CustomerId"])
    assert list(seen(side)) == [record.id]
    assert side.find_by_key(INVOICE, ["6001"]) == []
    assert side.file(INVOICE, record.id) is None


@pytest.mark.parametrize("edition_2026", [True, False])
def test_a_lost_create_is_found_by_its_mark(
    sandbox: Sandbox, side: PowerOffice, edition_2026: bool
) -> None:
    sandbox.poweroffice.configure(edition_2026=edition_2026)
    sandbox.faults.add(Fault("poweroffice", "POST", "SalesOrders/Complete", DropAfter()))
    with pytest.raises(LostAnswer):
        side.create(new(sandbox))
    (found,) = side.find_by_mark(INVOICE, MARK)
    assert found.values["vat"] == "25 25"
    sandbox.poweroffice.send_by_hand(found.id)
    (sent,) = side.find_by_mark(INVOICE, MARK)
    assert (sent.id, sent.values["issued"]) == (found.id, True)
    assert side.find_by_mark(INVOICE, "tribe:other") == []


def test_an_answer_without_a_body_is_a_lost_one(sandbox: Sandbox, side: PowerOffice) -> None:
    creation = new(sandbox)
    sandbox.poweroffice.switches.post_body = False
    with pytest.raises(LostAnswer):
        side.create(creation)
    assert len(side.find_by_mark(INVOICE, MARK)) == 1


def test_an_unknown_product_or_customer_is_refused(sandbox: Sandbox, side: PowerOffice) -> None:
    creation = new(sandbox)
    assert isinstance(creation.order, Order)
    for order in (
        replace(creation.order, customer_id="1"),
        replace(creation.order, lines=(replace(creation.order.lines[2], product_code="NO"),)),
    ):
        with pytest.raises(RecordRefused, match="not found") as refused:
            side.create(replace(creation, order=order))
        assert not isinstance(refused.value, AlreadyExists)
    assert sandbox.poweroffice.orders() == []


def test_an_archived_product_is_refused(sandbox: Sandbox, side: PowerOffice) -> None:
    creation = new(sandbox)
    product = sandbox.poweroffice.products()[0]["Id"]
    sandbox.poweroffice.edit_product(product, IsArchived=True)
    with pytest.raises(RecordRefused, match="archived"):
        side.create(creation)


@pytest.mark.parametrize(("delivers", "channel"), [(False, "Print"), (True, "PdfByEmail")])
def test_a_draft_is_issued(
    sandbox: Sandbox, side: PowerOffice, clock: ManualClock, delivers: bool, channel: str
) -> None:
    del side
    chosen = selling(sandbox, clock, delivers=delivers)
    creation = new(sandbox)
    assert isinstance(creation.order, Order)
    sandbox.poweroffice.edit_customer(
        int(creation.order.customer_id), InvoiceEmailAddress="faktura@fjordkaffe.example"
    )
    record = draft(chosen, creation)
    written = chosen.update(issue(record))
    assert written.record is not None
    assert written.record.values == {
        "issued": True,
        "invoice_number": "10001",
        "delivery_error": None,
    }
    posted = sandbox.poweroffice.invoice(record.id)
    assert (posted["VoucherDate"], posted["DueDate"]) == ("2026-09-01", "2026-09-20")
    assert posted["InvoiceDeliveryType"] == channel
    (read,) = chosen.get(INVOICE, [record.id])
    assert read.values["kid"] == posted["Cid"]
    assert (read.values["payment"], read.values["settled"]) == ("open", 0)


def test_sums_that_differ_are_never_issued(sandbox: Sandbox, side: PowerOffice) -> None:
    record = draft(side, new(sandbox))
    wrong: Values = {"net": Decimal(1), "total": Decimal("16187.49"), "vat": "25 15"}
    for name, value in wrong.items():
        with pytest.raises(RecordRefused, match=f"{record.values[name]} in PowerOffice, {value}"):
            side.update(issue(record, more={name: value}))
    assert sends(sandbox) == 0


@pytest.mark.parametrize("fresh", [True, False])
def test_a_lost_answer_to_sending_sends_once(
    sandbox: Sandbox, side: PowerOffice, fresh: bool
) -> None:
    record = draft(side, new(sandbox))
    sandbox.faults.add(Fault("poweroffice", "POST", "createAndSendInvoice", DropAfter()))
    side.update(issue(record, fresh=fresh))
    assert sends(sandbox) == 1
    assert len(sandbox.poweroffice.invoices()) == 1
    side.update(issue(record))
    assert sends(sandbox) == 1


def test_sending_that_never_arrived_is_left_to_the_next_pass(
    sandbox: Sandbox, side: PowerOffice
) -> None:
    record = draft(side, new(sandbox))
    sandbox.faults.add(Fault("poweroffice", "POST", "createAndSendInvoice", DropBefore()))
    with pytest.raises(StillWorking):
        side.update(issue(record, fresh=True))
    assert sandbox.poweroffice.invoices() == []
    side.update(issue(record))
    assert len(sandbox.poweroffice.invoices()) == 1


def test_a_slow_sending_is_not_repeated(
    sandbox: Sandbox, side: PowerOffice, clock: ManualClock
) -> None:
    sandbox.poweroffice.switches.send_seconds = 300
    record = draft(side, new(sandbox))
    for _ in range(2):
        with pytest.raises(StillWorking):
            side.update(issue(record))
    clock.advance(timedelta(seconds=300))
    written = side.update(issue(record))
    assert written.record is not None
    assert written.record.values["invoice_number"] == "10001"
    assert sends(sandbox) == 1


def test_a_hidden_state_is_waited_for(sandbox: Sandbox, side: PowerOffice) -> None:
    sandbox.poweroffice.switches.sent_state_seconds = 12
    side.update(issue(draft(side, new(sandbox)), fresh=True))
    assert sends(sandbox) == 1


def test_a_state_hidden_for_long_never_sends_twice(
    sandbox: Sandbox, side: PowerOffice, clock: ManualClock
) -> None:
    sandbox.poweroffice.switches.sent_state_seconds = 600
    sandbox.poweroffice.switches.send_seconds = 500
    record = draft(side, new(sandbox))
    for _ in range(2):
        with pytest.raises((StillWorking, RecordRefused)):
            side.update(issue(record))
    clock.advance(timedelta(seconds=600))
    side.update(issue(record))
    assert len(sandbox.poweroffice.invoices()) == 1


def test_posted_but_not_delivered_is_told(sandbox: Sandbox, side: PowerOffice) -> None:
    sandbox.poweroffice.switches.delivery_error = "The receiver takes no EHF"
    record = draft(side, new(sandbox))
    written = side.update(issue(record))
    assert written.record is not None
    assert written.record.values["delivery_error"] == "The receiver takes no EHF"
    assert written.record.values["issued"] is True


def test_a_locked_period_fails_until_it_is_opened(sandbox: Sandbox, side: PowerOffice) -> None:
    office = sandbox.poweroffice
    office.switches.keep_last_error = True
    locked, office.books.settings.lock_date = office.books.settings.lock_date, date(2026, 9, 5)
    record = draft(side, new(sandbox))
    for _ in range(2):
        with pytest.raises(RecordRefused, match="locked period") as refused:
            side.update(issue(record))
        assert not isinstance(refused.value, StillWorking)
    office.books.settings.lock_date = locked
    written = side.update(issue(record))
    assert written.record is not None
    assert written.record.values["issued"] is True
    assert written.record.values["delivery_error"] is None


def test_the_right_to_send_is_missing(sandbox: Sandbox, side: PowerOffice) -> None:
    sandbox.poweroffice.switches.allow_send_invoice = False
    with pytest.raises(NotAllowed, match="TRIBE_PO_INVOICE_MODE"):
        side.update(issue(draft(side, new(sandbox))))


def test_a_draft_that_someone_else_sent_or_deleted(sandbox: Sandbox, side: PowerOffice) -> None:
    sent, deleted = draft(side, new(sandbox)), draft(side, new(sandbox, "tribe:2"))
    sandbox.poweroffice.send_by_hand(sent.id)
    sandbox.poweroffice.delete_order(deleted.id)
    assert side.update(issue(sent)).id == sent.id
    assert side.update(issue(sent, fresh=True)).id == sent.id
    for fresh in (True, False):
        with pytest.raises(RecordGone):
            side.update(issue(deleted, fresh=fresh))
    assert [each.id for each in side.get(INVOICE, [sent.id, deleted.id])] == [sent.id]


def test_the_poll_costs_one_request_when_nothing_changed(
    sandbox: Sandbox, side: PowerOffice, clock: ManualClock
) -> None:
    identity = invoice(sandbox, side)
    clock.advance(timedelta(hours=1))
    cursor = side.changed([INVOICE], None).cursor
    clock.advance(timedelta(hours=1))
    before = sandbox.poweroffice.received
    assert side.changed([INVOICE], cursor).records == ()
    assert sandbox.poweroffice.received == before + 1
    sandbox.poweroffice.pay(identity)
    (paid,) = side.changed([INVOICE], cursor).records
    assert (paid.values["payment"], paid.values["settled"]) == ("paid", Decimal("16187.50"))


def test_ways_of_being_settled(sandbox: Sandbox, side: PowerOffice) -> None:
    office = sandbox.poweroffice
    ids = [invoice(sandbox, side, mark=f"tribe:{n}") for n in range(7)]
    partly, paid, twice, credited, lost, mixed, back = ids
    office.pay(partly, 1000)
    office.pay(paid)
    office.pay(twice, 6000)
    office.pay(twice)
    office.credit(credited)
    office.write_off(lost)
    office.pay(mixed, 6000)
    office.write_off(mixed)
    office.unpay(office.pay(back))
    read = seen(side)
    told = {each: (read[each].values["payment"], read[each].values["settled"]) for each in ids}
    whole = Decimal("16187.50")
    assert told == {
        partly: ("partly paid", Decimal(1000)),
        paid: ("paid", whole),
        twice: ("paid", whole),
        credited: ("credited", whole),
        lost: ("written off", whole),
        mixed: ("settled in several ways", whole),
        back: ("open", Decimal(0)),
    }


@pytest.mark.parametrize("count", [2, 25])
def test_many_invoices_by_one_payment_or_many(
    sandbox: Sandbox, side: PowerOffice, count: int
) -> None:
    office, first = sandbox.poweroffice, new(sandbox)
    ids = [
        side.update(issue(draft(side, replace(first, mark=f"tribe:{n}")), fresh=True)).id
        for n in range(count)
    ]
    if count == 2:
        office.pay_many(dict.fromkeys(ids, Decimal("16187.5")))
    else:
        for each in ids:
            office.pay(each)
    sandbox.requests.clear()
    assert {each.values["payment"] for each in seen(side).values()} == {"paid"}
    paths = [each.path.rpartition("/")[2] for each in sandbox.requests.all("poweroffice")]
    assert ("Statement" in paths) is (count == 25)
    assert ("EntriesByMatchId" in paths) is (count == 2)
    assert paths.count("EntriesByMatchId") <= 2
    assert len(side.get(INVOICE, ids)) == count


def test_overpaid_stays_on_the_payment(sandbox: Sandbox, side: PowerOffice) -> None:
    identity = invoice(sandbox, side)
    sandbox.poweroffice.pay(identity, 20000)
    assert seen(side)[identity].values["payment"] == "paid"


def test_foreign_currency_is_settled_in_kroner(sandbox: Sandbox, side: PowerOffice) -> None:
    identity = side.update(issue(draft(side, new(sandbox, currency="EUR")), fresh=True)).id
    sandbox.poweroffice.pay(identity)
    values = seen(side)[identity].values
    assert (values["currency"], values["total"]) == ("EUR", Decimal("16187.50"))
    assert values["settled"] == Decimal("189879.38")


def test_a_credit_note_is_issued_and_settled_by_its_invoice(
    sandbox: Sandbox, side: PowerOffice
) -> None:
    creation = new(sandbox)
    first = side.update(issue(draft(side, creation), fresh=True)).id
    assert isinstance(creation.order, Order)
    lines = tuple(replace(each, quantity=-each.quantity) for each in creation.order.lines)
    order = replace(creation.order, lines=lines, credits=10001)
    note = draft(side, replace(creation, mark="tribe:note", order=order))
    assert note.values["total"] == Decimal("-16187.50")
    side.update(issue(note))
    sandbox.poweroffice.match(first, note.id)
    read = seen(side)
    assert read[note.id].values["payment"] == "credited"
    assert read[note.id].values["settled"] == Decimal("-16187.50")
    assert read[first].values["payment"] == "credited"


def voucher(sandbox: Sandbox, mark: str = MARK, sign: int = 1, number: int = 900) -> Creation:
    customer = sandbox.poweroffice.add_customer(Name="Fjord Kaffe AS", IsPerson=False)
    lines = (
        VoucherLine(Decimal(25), Decimal(1250) * sign),
        VoucherLine(Decimal(15), Decimal("115.5") * sign),
    )
    posted = Voucher(
        str(customer), "", number, date(2026, 9, 1), date(2026, 9, 15), "NOK", "9235400011927001",
        Decimal("1365.5") * sign, lines,
    )  # fmt: skip
    return Creation(INVOICE, Form.INVOICE, {"content": "abc"}, mark, order=posted)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_voucher_is_posted_with_its_pdf(sandbox: Sandbox, side: PowerOffice, sign: int) -> None:
    record = draft(side, voucher(sandbox, sign=sign))
    assert record.values == {
        "issued": True,
        "invoice_number": "900",
        "kid": "9235400011927001",
        "currency": "NOK",
        "total": Decimal("1365.5") * sign,
        "payment": "open",
        "pdf": False,
        "content": "abc",
    }
    posted = sandbox.poweroffice.invoice(record.id)
    assert posted["TotalAmount"] == 1365.5 * sign
    assert posted["NetAmount"] == 1100.43 * sign
    edit = Edit(INVOICE, Form.INVOICE, record.id, record.id, None, {"pdf": True}, {})
    written = side.update(replace(edit, file=b"%PDF-1.7 made up"))
    assert written.record is not None
    assert written.record.values == {"pdf": True}
    assert sandbox.poweroffice.voucher_desk.documentation_rows()[0]["HasPdf"] is True
    for file in (None, b"GIF89a"):
        with pytest.raises(RecordRefused, match="PDF"):
            side.update(replace(edit, file=file))


def test_a_number_that_is_taken(sandbox: Sandbox, side: PowerOffice) -> None:
    first = voucher(sandbox)
    side.create(first)
    with pytest.raises(AlreadyExists):
        side.create(first)
    with pytest.raises(RecordRefused, match="InvoiceNo") as refused:
        side.create(replace(first, mark="tribe:2"))
    assert not isinstance(refused.value, AlreadyExists)
    assert len(sandbox.poweroffice.invoices()) == 1


def test_a_lost_voucher_is_found_and_a_reversed_one_makes_room(
    sandbox: Sandbox, side: PowerOffice
) -> None:
    creation = voucher(sandbox)
    sandbox.faults.add(Fault("poweroffice", "POST", "OutgoingInvoiceJournals", DropAfter()))
    with pytest.raises(LostAnswer):
        side.create(creation)
    (found,) = side.find_by_mark(INVOICE, MARK)
    sandbox.poweroffice.voucher_desk.reverse(found.id)
    (reversed_one,) = side.find_by_mark(INVOICE, MARK)
    assert reversed_one.values["payment"] == "reversed"
    again = side.create(creation)
    assert [each.id for each in side.find_by_mark(INVOICE, MARK)] == [again.id]


def test_vouchers_that_cannot_be(sandbox: Sandbox, side: PowerOffice) -> None:
    creation = voucher(sandbox)
    assert isinstance(creation.order, Voucher)
    for order, told in (
        (replace(creation.order, date=date(2020, 1, 1)), "lock date"),
        (replace(creation.order, customer_id="1"), "Customer 1"),
        (replace(creation.order, payment_reference="9" * 26), "26"),
        (replace(creation.order, lines=(VoucherLine(Decimal(12), Decimal(112)),)), "12 %"),
    ):
        with pytest.raises(RecordRefused, match=told):
            side.create(replace(creation, order=order))
    sandbox.poweroffice.configure(edition_2026=False)
    with pytest.raises(NotAllowed, match="TRIBE_PO_INVOICE_MODE"):
        side.create(creation)


@pytest.mark.parametrize("missing", ["SalesOrders_Full", "OutgoingInvoice"])
def test_invoices_are_not_offered_without_the_privileges(
    sandbox: Sandbox, side: PowerOffice, missing: str
) -> None:
    assert side.offers(INVOICE)
    sandbox.poweroffice.privileges.discard(missing)
    assert not side.offers(INVOICE)
    assert side.offers(Kind.CUSTOMER)
