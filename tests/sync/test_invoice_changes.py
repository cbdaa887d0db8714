"""What is done about an invoice, as a whole: each field, its two values and why; what is held."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.sync.test_invoices import BOOK, NOW, SUMS, link, planned, source, task
from tests.sync.test_orders import INVOICE, LINKED, RULES, order
from tribe_po.invoices import Comparison, Payment, Settled, Sums
from tribe_po.records import Form, Kind, Memory, Record, System, Value, Values
from tribe_po.settings import InvoiceMode, Invoicing, PartialPayments
from tribe_po.sides import Creation, Edit
from tribe_po.sync.change import Action, Change, FieldChange, Plan
from tribe_po.sync.draft import invoice_update
from tribe_po.sync.invoices import CHANGED, decisions_for, held, settled_phase, wanted_of
from tribe_po.sync.match import Matching
from tribe_po.sync.plan import make_plan
from tribe_po.sync.totals import settled_of

TRIBE, POWEROFFICE = System.TRIBE, System.POWEROFFICE
TOLD = Sums(Decimal(100), Decimal(125), "25")
KNOWN: dict[str, Value] = {**SUMS, "currency": "NOK", "number": "2026001", "phase": "Sent"}
PAYMENTS = replace(BOOK, partial_payments=PartialPayments.PAYMENT)


def exported(*sources: Record, rules: Invoicing = BOOK, memory: Memory | None = None) -> Plan:
    known = memory or Memory(links={one.key: one for one in LINKED.values()})
    return make_plan(known, Matching((), (), sources), task(rules), NOW)


def test_a_whole_export() -> None:
    record = source(content="c0ffee")
    (change,) = exported(record).changes
    because = "book in PowerOffice"
    values: Values = {**record.values, "issued": True}
    assert change == Change(
        action=Action.CREATE,
        kind=Kind.INVOICE,
        system=POWEROFFICE,
        poweroffice_id="",
        tribe_id="i",
        label=record.label,
        fields=(
            FieldChange("number", "number in Tribe", None, "2026001", because),
            FieldChange("currency", "currency", None, "NOK", because),
            FieldChange("net", "sum without VAT", None, Decimal(100), because),
            FieldChange("total", "sum with VAT", None, Decimal(125), because),
            FieldChange("vat", "VAT per cent of the lines", None, "25", because),
            FieldChange("issued", "issued", None, True, because),
            FieldChange("phase", "phase", None, "Sent", because),
        ),
        creation=Creation(
            kind=Kind.INVOICE,
            form=Form.INVOICE,
            values=values,
            mark="tribe:i",
            order=order(INVOICE),
        ),
        source=record,
        comparison=Comparison("Fjord Kaffe AS", "NOK", TOLD, None, expected=True),
    )


def test_a_draft_is_not_meant_to_be_issued() -> None:
    (change,) = exported(source(), rules=RULES).changes
    assert change.creation is not None
    assert "issued" not in change.creation.values
    assert {one.because for one in change.fields} == {"draft in PowerOffice"}


@pytest.mark.parametrize("mode", list(InvoiceMode))
def test_what_is_issued_is_settled_by_the_mode(mode: InvoiceMode) -> None:
    told = wanted_of({"number": "1"}, replace(RULES, mode=mode))
    later = mode in (InvoiceMode.BOOK, InvoiceMode.SEND)
    assert told == ({"number": "1", "issued": True} if later else {"number": "1"})


WAITING = link(base=KNOWN, tribe={"issued": True}, poweroffice={"issued": None})


@pytest.mark.parametrize("fresh", [False, True])
def test_a_whole_booking(fresh: bool) -> None:
    known: Values = {**KNOWN, "issued": True, **({"fresh": True} if fresh else {})}
    assert invoice_update(WAITING, POWEROFFICE, BOOK, fresh=fresh) == Change(
        action=Action.UPDATE,
        kind=Kind.INVOICE,
        system=POWEROFFICE,
        poweroffice_id="uuid",
        tribe_id="i",
        label=WAITING.label,
        fields=(FieldChange("issued", "issued", None, True, "the sums are the same"),),
        edit=Edit(
            kind=Kind.INVOICE,
            form=Form.INVOICE,
            id="uuid",
            relation_id="uuid",
            address_id=None,
            values={"issued": True},
            expected={"issued": None},
            known=known,
        ),
        comparison=Comparison("", "NOK", TOLD, TOLD, expected=False),
    )


def test_an_order_is_not_fresh_unless_it_was_created_just_now() -> None:
    change = invoice_update(WAITING, POWEROFFICE, BOOK)
    assert change is not None
    assert change.edit is not None
    assert "fresh" not in change.edit.known
    assert planned(WAITING).changes == (change,)


PAID = link(
    base={**KNOWN, "payment": "paid"},
    tribe={"settled": Decimal(25)},
    poweroffice={"settled": Decimal(125)},
)


def test_a_whole_payment() -> None:
    expected = Change(
        action=Action.UPDATE,
        kind=Kind.INVOICE,
        system=TRIBE,
        poweroffice_id="uuid",
        tribe_id="i",
        label=PAID.label,
        fields=(
            FieldChange("phase", "phase", "Sent", "Paid", "paid in PowerOffice"),
            FieldChange("settled", "settled", Decimal(25), Decimal(125), "changed in PowerOffice"),
        ),
        edit=Edit(
            kind=Kind.INVOICE,
            form=Form.INVOICE,
            id="i",
            relation_id="i",
            address_id=None,
            values={"phase": "Paid", "settled": Decimal(125)},
            expected={"phase": "Sent", "settled": Decimal(25)},
            known={
                **KNOWN,
                "payment": "paid",
                "settled": Decimal(25),
                "partial": PartialPayments.PAYMENT.value,
            },
        ),
        comparison=Comparison("", "NOK", TOLD, TOLD, expected=False),
        settled=Settled("paid", Decimal(125), Decimal(25), Decimal(125)),
    )
    assert invoice_update(PAID, TRIBE, PAYMENTS) == expected
    memory = Memory(links={PAID.key: PAID})
    plan = make_plan(memory, Matching((), (), ()), task(PAYMENTS, TRIBE), NOW)
    assert plan.changes == (expected,)


def test_each_field_goes_to_its_side_for_its_reason() -> None:
    (pdf,) = decisions_for(
        link(tribe={"pdf": True}, poweroffice={"pdf": False}), POWEROFFICE, RULES
    )
    assert (pdf.row.name, pdf.winner, pdf.because) == ("pdf", TRIBE, "Tribe has it")
    (issued,) = decisions_for(WAITING, POWEROFFICE, BOOK)
    assert (issued.row.name, issued.winner) == ("issued", TRIBE)
    phase, settled = decisions_for(PAID, TRIBE, PAYMENTS)
    assert (phase.row.name, phase.winner) == ("phase", POWEROFFICE)
    assert (settled.row.name, settled.winner) == ("settled", POWEROFFICE)


@pytest.mark.parametrize(
    ("tribe", "poweroffice", "wanted"),
    [
        ({"issued": True}, {"issued": None}, ["issued"]),
        ({"issued": True}, {"issued": True}, []),
        ({}, {"issued": None}, []),
        ({}, {"issued": True}, []),
        ({"pdf": True}, {"pdf": False}, ["pdf"]),
        ({"pdf": True}, {"pdf": True}, []),
        ({"pdf": True}, {}, []),
        ({"pdf": False}, {"pdf": False}, []),
        ({}, {"pdf": False}, []),
        ({}, {"pdf": True}, []),
    ],
)
def test_what_poweroffice_is_asked_for(
    tribe: Values, poweroffice: Values, wanted: list[str]
) -> None:
    one = link(base=SUMS, tribe=dict(tribe), poweroffice=dict(poweroffice))
    assert [made.row.name for made in decisions_for(one, POWEROFFICE, BOOK)] == wanted


@pytest.mark.parametrize("missing", sorted(SUMS))
def test_an_order_of_which_poweroffice_told_no_sum_is_not_booked(missing: str) -> None:
    kept = {name: value for name, value in SUMS.items() if name != missing}
    one = link(base=kept, tribe={**SUMS, "issued": True}, poweroffice={"issued": None})
    assert decisions_for(one, POWEROFFICE, BOOK) == []


@pytest.mark.parametrize(
    ("base", "tribe", "told"),
    [
        ({"content": "a"}, {"content": "b"}, {"content": CHANGED}),
        ({"content": "a"}, {}, {}),
        ({}, {"content": "b"}, {}),
    ],
)
def test_a_change_is_told_of_a_copy_whose_content_is_known(
    base: dict[str, Value], tribe: dict[str, Value], told: dict[str, str]
) -> None:
    assert held(link(base=base, tribe=tribe), POWEROFFICE, BOOK) == told


@pytest.mark.parametrize(
    ("payment", "phase", "told"),
    [
        ("credited", "Sent", "credited in PowerOffice, in the phase Sent in Tribe"),
        ("credited", "PAID", "credited in PowerOffice, in the phase PAID in Tribe"),
        ("written off", "Reminder1", "written off in PowerOffice, in the phase Reminder1 in Tribe"),
        ("overpaid", "Sent", "overpaid in PowerOffice, in the phase Sent in Tribe"),
        ("reversed", "Sent", "reversed in PowerOffice, in the phase Sent in Tribe"),
        ("credited", "Closed", None),
        ("credited", None, None),
        ("paid", "Sent", None),
        ("open", "Sent", None),
        ("partly paid", "Sent", None),
        (None, "Sent", None),
    ],
)
def test_what_was_settled_otherwise_is_told_in_a_phase_that_says_another_thing(
    payment: str | None, phase: str | None, told: str | None
) -> None:
    one = link(base={"payment": payment, "phase": phase})
    assert held(one, TRIBE, BOOK) == ({"payment": told} if told else {})


def test_what_has_a_phase_of_its_own_is_not_told() -> None:
    one = link(base={"payment": "credited", "phase": "Sent"})
    rules = replace(BOOK, phases={**BOOK.phases, Payment.CREDITED: "Credited"})
    assert held(one, TRIBE, rules) == {}


@pytest.mark.parametrize(
    ("tribe", "ledger", "payment", "news"),
    [
        ({}, {"settled": Decimal(50)}, "partly paid", (True, True)),
        ({"settled": Decimal(50)}, {"settled": Decimal(50)}, "partly paid", (False, False)),
        ({"settled": Decimal(50)}, {"settled": Decimal(125)}, "paid", (True, True)),
        ({}, {"settled": Decimal(125)}, "paid", (False, True)),
        ({"settled": Decimal(0)}, {"settled": Decimal(125)}, "paid", (False, True)),
        ({"settled": Decimal(50)}, {"settled": Decimal(0)}, "open", (True, True)),
        ({}, {"settled": Decimal(0)}, "open", (False, False)),
        ({"settled": Decimal(50)}, {}, "open", (False, False)),
    ],
)
def test_tribe_is_told_what_it_does_not_know_yet(
    tribe: dict[str, Value], ledger: dict[str, Value], payment: str, news: tuple[bool, bool]
) -> None:
    one = link(base={"payment": payment, "phase": "Closed"}, tribe=tribe, poweroffice=ledger)
    for policy, told in zip((PartialPayments.NOTE, PartialPayments.PAYMENT), news, strict=True):
        decided = decisions_for(one, TRIBE, replace(BOOK, partial_payments=policy))
        assert [made.row.name for made in decided] == ["settled"] * told
    assert decisions_for(one, TRIBE, BOOK) == []


@pytest.mark.parametrize(
    ("base", "forgotten"),
    [
        ({"payment": "open", "phase": "Sent", "phase_before": "sent"}, True),
        ({"payment": "open", "phase": "Paid", "phase_before": "Sent"}, False),
        ({"payment": "open", "phase": None, "phase_before": None}, False),
        ({"payment": "open", "phase": None}, False),
    ],
)
def test_an_earlier_phase_is_kept_until_the_invoice_is_back_in_it(
    base: dict[str, Value], forgotten: bool
) -> None:
    before = link(base=base)
    after = settled_phase(before)
    assert (after is before) is not forgotten
    kept = {name: value for name, value in base.items() if name != "phase_before"}
    assert after.base == (kept if forgotten else base)


@pytest.mark.parametrize(
    ("phase", "before", "wanted"),
    [("Paid", None, []), ("Closed", "Sent", []), ("Sent", None, ["phase"]), ("Paid", "Sent", [])],
)
def test_a_phase_is_only_given_where_nobody_else_chose_one(
    phase: str, before: str | None, wanted: list[str]
) -> None:
    one = link(base={"payment": "paid", "phase": phase, "phase_before": before})
    assert [made.row.name for made in decisions_for(one, TRIBE, BOOK)] == wanted


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (
            {"payment": "paid", "total": Decimal(5)},
            Settled("paid", Decimal(5), Decimal(0), Decimal(0)),
        ),
        ({"total": "5"}, Settled("", None, Decimal(0), Decimal(0))),
        ({}, Settled("", None, Decimal(0), Decimal(0))),
    ],
)
def test_what_is_not_known_of_a_payment(base: dict[str, Value], expected: Settled) -> None:
    assert settled_of(link(base=base), replace(RULES, phases={})) == expected
    assert settled_of(link(base=base), RULES) == expected
