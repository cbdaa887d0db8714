"""What a plan costs before it is carried out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.sync.builders import (
    PERSON,
    POWEROFFICE,
    SUPPLIER,
    TRIBE,
    edited,
    in_poweroffice,
    in_tribe,
    linked,
    memory_of,
    planned,
    pull,
    push,
)
from tests.sync.test_invoice_changes import exported
from tests.sync.test_invoices import BOOK, NOW, SUMS, link, source, task
from tests.sync.test_orders import INVOICE, RULES, VOUCHERS
from tests.sync.test_products import PUSH as PUSH_PRODUCTS
from tests.sync.test_products import planned as planned_products
from tests.sync.test_products import product
from tribe_po.records import Address, Kind, Memory, Value
from tribe_po.settings import InvoiceMode, PartialPayments
from tribe_po.sync.change import Plan
from tribe_po.sync.cost import ANSWER, ISSUE_WAIT, SHARED, cost_of
from tribe_po.sync.match import Matching
from tribe_po.sync.plan import make_plan
from tribe_po.sync.trees import pair

RATE = 10.0
PULL_PRODUCTS = replace(
    PUSH_PRODUCTS,
    creates_in=frozenset({TRIBE}),
    updates_in=frozenset({TRIBE}),
    keys_to_tribe=False,
)
OSLO = Address("Storgata 1", "", "0155", "Oslo", "NO")


def test_nothing_to_do_costs_nothing() -> None:
    cost = cost_of(planned(memory_of(linked()), pull()), RATE)
    assert (cost.total, cost.seconds) == (0, 0)


def test_updates_of_poweroffice_are_a_patch_each_and_a_look_for_a_hundred() -> None:
    links = [
        edited(linked(f"p{n}", f"t{n}", number=str(n)), TRIBE, email="a@b.example")
        for n in range(250)
    ]
    cost = cost_of(planned(memory_of(*links), push()), RATE)
    assert cost.requests == {POWEROFFICE: 253}
    assert cost.seconds == pytest.approx(25.3)


@pytest.mark.parametrize(
    ("values", "writes"),
    [
        ({"email": "a@b.example"}, 1),
        ({"email": "a@b.example", "phone": "22334455"}, 1),
        ({"address": OSLO}, 1),
        ({"payment_days": 30}, 1),
        ({"email": "a@b.example", "address": OSLO, "payment_days": 30, "inactive": True}, 3),
    ],
)
def test_tribe_keeps_role_relation_and_address_apart(values: dict[str, Value], writes: int) -> None:
    cost = cost_of(planned(memory_of(edited(linked(), POWEROFFICE, **values)), pull()), RATE)
    # Looked at before: companies, persons, and the addresses of both. Read back: a company.
    assert cost.requests == {TRIBE: writes + 3 + 1}


def test_both_sides_are_looked_at_where_both_are_updated() -> None:
    memory = memory_of(
        edited(linked("p1", "t1"), TRIBE, number="77"),
        edited(linked("p2", "t2", number="2"), TRIBE, email="a@b.example"),
    )
    cost = cost_of(planned(memory, push()), RATE)
    # One number goes back to Tribe, one e-mail address to PowerOffice.
    assert cost.requests == {TRIBE: 1 + 3 + 1, POWEROFFICE: 1 + 1}


def test_a_create_in_poweroffice_brings_a_number_back_and_is_made_alone() -> None:
    new = [in_tribe(f"t{n}", email=f"{n}@b.example", name=f"Kunde {n}") for n in range(4)]
    cost = cost_of(planned(memory_of(*new), push()), RATE)
    assert cost.requests == {POWEROFFICE: 4, TRIBE: 4}
    assert cost.seconds == pytest.approx(4 * ANSWER)


@pytest.mark.parametrize(("code", "back"), [("K-1", 0), (None, 1)])
def test_a_new_product_brings_back_the_code_that_tribe_lacks(code: str | None, back: int) -> None:
    new = product(TRIBE, "9fcb346f-bd58-423d-b7da-1952f9449827", code=code)
    requests = cost_of(planned_products(new), RATE).requests
    assert (requests[POWEROFFICE], requests[TRIBE]) == (1, back)


@pytest.mark.parametrize(
    ("mode", "requests", "seconds"),
    [
        (InvoiceMode.DRAFT, 1, ANSWER),
        (InvoiceMode.BOOK, 1 + 2, 3 * ANSWER + ISSUE_WAIT),
        (InvoiceMode.SEND, 1 + 2, 3 * ANSWER + ISSUE_WAIT),
    ],
)
def test_an_order_is_created_and_then_issued_where_it_is_to_be(
    mode: InvoiceMode, requests: int, seconds: float
) -> None:
    plan = exported(
        *(replace(source(vat=None, content="c0ffee"), id=f"i{n}") for n in range(3)),
        rules=replace(RULES, mode=mode),
    )
    cost = cost_of(plan, RATE)
    assert cost.requests == {POWEROFFICE: 3 * requests}
    assert cost.seconds == pytest.approx(3 * seconds)


def vouchers(*vats: int, **values: Value) -> Plan:
    """The export of an invoice for each VAT per cent, in that order."""
    sources = []
    for n, vat in enumerate(vats):
        line = replace(INVOICE.lines[0], vat=Decimal(vat))
        invoice = replace(INVOICE, number=str(n), lines=(line,))
        record = source(number=str(n), total=Decimal(100 + vat), **values)
        sources.append(replace(record, id=f"i{n}", document=invoice))
    return exported(*sources, rules=VOUCHERS)


@pytest.mark.parametrize(
    ("vats", "read_back"),
    [([25], 1), ([25, 25, 25], 1), ([0, 0, 25, 15, 0], 3), ([0, 0], 2)],
)
def test_vouchers_are_read_back_up_to_the_first_one_with_vat(
    vats: list[int], read_back: int
) -> None:
    cost = cost_of(vouchers(*vats), RATE)
    # Of each, its customer's account is asked for before it is posted.
    assert cost.requests == {POWEROFFICE: 2 * len(vats) + read_back}
    assert cost.seconds == pytest.approx(cost.total / RATE)


def test_the_pdf_of_a_voucher_is_fetched_and_attached() -> None:
    post, read_back, pdf = 2 * 2, 1, 2
    cost = cost_of(vouchers(25, 25, pdf=True), RATE)
    assert cost.requests == {POWEROFFICE: post + read_back + pdf, TRIBE: pdf}


@pytest.mark.parametrize(
    ("seen", "poweroffice", "tribe"),
    [
        ({"issued": True}, 4 + 1, 0),
        ({"issued": False, "pdf": True}, 1 + 1, 1),
    ],
)
def test_what_an_exported_invoice_still_needs(
    seen: dict[str, Value], poweroffice: int, tribe: int
) -> None:
    waiting = link(base=SUMS, tribe=seen, poweroffice={"issued": None, "pdf": False})
    memory = Memory(links={waiting.key: waiting})
    cost = cost_of(make_plan(memory, Matching((), (), ()), task(), NOW), RATE)
    assert cost.requests == Counter({POWEROFFICE: poweroffice, TRIBE: tribe})


@pytest.mark.parametrize(
    ("partial", "settled", "writes"),
    [
        (PartialPayments.OFF, "paid", 1),
        (PartialPayments.PAYMENT, "paid", 1 + 3),
        (PartialPayments.NOTE, "partly paid", 3),
    ],
)
def test_a_phase_is_written_and_what_is_settled_is_looked_up_before(
    partial: PartialPayments, settled: str, writes: int
) -> None:
    rules = replace(BOOK, partial_payments=partial)
    paid = link(
        base={**SUMS, "phase": "Sent", "payment": settled}, poweroffice={"settled": Decimal(100)}
    )
    plan = make_plan(Memory(links={paid.key: paid}), Matching((), (), ()), task(rules, TRIBE), NOW)
    assert cost_of(plan, RATE).requests == {TRIBE: writes + 1}


def test_new_suppliers_are_not_made_alone() -> None:
    new = [in_tribe(f"t{n}", SUPPLIER, name=f"Lever {n}", email=f"{n}@b.example") for n in range(4)]
    assert cost_of(planned(memory_of(*new), push()), RATE).seconds == pytest.approx(4 / RATE)


def test_creates_in_tribe_are_read_back() -> None:
    new = [
        in_poweroffice(f"p{n}", name=f"Kunde {n}", number=str(n), email=f"{n}@b.example")
        for n in range(1, 62)
    ]
    cost = cost_of(planned(memory_of(*new), pull()), RATE)
    # Two readings of at most 60 records, all of them companies.
    assert cost.requests == {TRIBE: 61 + 2}


def test_each_kind_is_read_back_by_itself() -> None:
    new = in_poweroffice("p1", number="1"), in_poweroffice("p2", SUPPLIER, number="2")
    cost = cost_of(planned(memory_of(*new), pull()), RATE)
    assert cost.requests == {TRIBE: 2 + 2}


@pytest.mark.parametrize(("companies", "persons", "read_back"), [(0, 1, 2), (1, 1, 3), (2, 0, 1)])
def test_persons_are_looked_for_after_companies(
    companies: int, persons: int, read_back: int
) -> None:
    new = [
        *(in_poweroffice(f"c{n}", name=f"Kunde {n}", number=f"1{n}") for n in range(companies)),
        *(
            in_poweroffice(f"p{n}", form=PERSON, last_name=f"Hansen {n}", number=f"2{n}")
            for n in range(persons)
        ),
    ]
    cost = cost_of(planned(memory_of(*new), pull()), RATE)
    assert cost.requests == {TRIBE: companies + persons + read_back}
    assert cost.seconds > 0


def test_of_a_relation_that_gets_a_role_its_other_roles_are_read() -> None:
    lead = replace(in_tribe("lead", number="10010"), role_missing=True)
    plan = planned(memory_of(in_poweroffice()), pull(), candidates=[lead])
    read = 1
    assert cost_of(plan, RATE).requests == {TRIBE: 1 + SHARED + read}


def test_products_have_no_addresses_to_look_at() -> None:
    records = product(POWEROFFICE, "7"), product(TRIBE, "t1", name="Coffee, old")
    plan = planned_products(links=(pair(*records, "code"),), task=PULL_PRODUCTS)
    write, look, read_back = 1, 1, 1
    assert cost_of(plan, RATE).requests == {TRIBE: write + look + read_back}


def test_a_link_costs_nothing() -> None:
    memory = memory_of(in_poweroffice(), in_tribe(number="10010"))
    plan = planned(memory, pull())
    assert [change.kind for change in plan.changes] == [Kind.CUSTOMER]
    assert cost_of(plan, RATE).total == 0


def test_what_was_created_shows_up_when_changes_are_looked_for() -> None:
    memory = memory_of(
        edited(linked(), POWEROFFICE, email="a@b.example"),
        in_poweroffice("p2", name="Kunde 2", number="2", email="2@b.example"),
    )
    cost = cost_of(planned(memory, pull()), RATE)
    look_for_changes, read_back = 2 * 3, 1 + 1
    assert cost.requests == {TRIBE: 2 + look_for_changes + read_back}
