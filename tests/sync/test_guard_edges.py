"""The guards at their edges, what each says, and that nothing is written once one trips."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.sync.builders import (
    BOTH_KINDS,
    NOON,
    TRIBE,
    in_poweroffice,
    linked,
    memory_of,
    pull,
    saw,
)
from tests.sync.builders import planned as planned_customers
from tests.sync.test_guard import ROOMY, links, trips, with_changed
from tests.sync.test_invoices import BOOK, SUMS, WANTED, planned, source, task
from tests.sync.test_orders import LINKED
from tribe_po import fields
from tribe_po.errors import GuardRefused
from tribe_po.records import Kind, Link, Memory, Meta, System, Value
from tribe_po.settings import PartialPayments
from tribe_po.sync.change import Change, Plan
from tribe_po.sync.guard import Limits, Situation, check_initialised, refusals
from tribe_po.sync.match import Matching
from tribe_po.sync.plan import make_plan

NO_LIMIT = Limits(100, 100)


def told(refusal: GuardRefused) -> tuple[str, str, str]:
    return refusal.what, refusal.why, refusal.next_step


@pytest.mark.parametrize(("changed", "refused"), [(299, False), (300, False), (301, True)])
def test_29_9_and_30_per_cent_pass_and_30_1_does_not(changed: int, refused: bool) -> None:
    before = memory_of(*links(1000))
    found = trips(before, with_changed(before, changed))
    assert [one.what for one in found] == ["Too many changes at once"] * refused
    if refused:
        assert "30.1 % is over 30 %" in found[0].why


@pytest.mark.parametrize(("known", "refused"), [(9, False), (10, True), (11, True)])
def test_a_share_of_fewer_than_ten_records_says_nothing(known: int, refused: bool) -> None:
    before = memory_of(*links(known))
    assert bool(trips(before, with_changed(before, known))) is refused


@pytest.mark.parametrize("number", [1, 2])
def test_all_of_one_or_two_records_may_change(number: int) -> None:
    before = memory_of(*links(number))
    limits = replace(ROOMY, max_change_percent=0)
    assert not trips(before, with_changed(before, number), limits=limits)


def test_an_empty_side_says_what_to_look_at() -> None:
    before = memory_of(linked())
    (refusal,) = trips(before, before, saw(TRIBE, complete=True))
    assert told(refusal) == (
        f"{TRIBE.title} is suddenly empty",
        "It returned 0 records, but 1 are linked.",
        "Check its keys and privileges first. If it really is empty: --force",
    )


def test_a_changed_field_table_says_how_to_look_at_what_it_would_do() -> None:
    before = replace(memory_of(linked()), meta=Meta(fields="0123456789abcdef"))
    (refusal,) = trips(before, before)
    assert told(refusal) == (
        "The field table has changed since the last run",
        f"It was 0123456789abcdef and is {fields.fingerprint()}: a pass may now rewrite many "
        "records.",
        "Read what it would do: tribe-po pull-relations --dry-run --full --force",
    )


def test_too_many_changes_say_what_to_type() -> None:
    before = memory_of(*links(10))
    (refusal,) = trips(before, with_changed(before, 4))
    assert told(refusal) == (
        "Too many changes at once",
        "4 of 10 linked records would change or are gone, 40.0 % is over 30 %.",
        "Read them: tribe-po pull-relations --dry-run. If they are right: --force, or a higher "
        "TRIBE_PO_MAX_CHANGE_PERCENT",
    )


def test_too_many_new_records_say_what_to_type() -> None:
    plan = new_invoices(3)
    (refusal,) = refusals(Situation(plan, Memory(), (), replace(NO_LIMIT, max_creates=2)))
    assert told(refusal) == (
        "Too many new records at once",
        "3 would be created, the limit is 2.",
        "Read them: tribe-po invoice --dry-run. If they are right: --max-changes 3, or --force",
    )


def test_a_missing_init_sync_names_all_kinds() -> None:
    with pytest.raises(GuardRefused) as caught:
        check_initialised(Memory(), "pull-relations", BOTH_KINDS)
    assert told(caught.value) == (
        "pull-relations needs a finished init-sync",
        "None has finished for customers and suppliers.",
        "See what it would do: tribe-po init-sync --dry-run",
    )


def new_invoices(number: int, **values: Value) -> Plan:
    """A plan that exports so many invoices, of 125 kroner each."""
    sources = tuple(
        replace(source(**values), id=f"i{n}", relation_id=f"i{n}") for n in range(number)
    )
    memory = Memory(links={one.key: one for one in LINKED.values()})
    plan = make_plan(memory, Matching((), (), sources), task(), NOON)
    assert len(plan.changes) == number
    return plan


def money_trips(plan: Plan, **limits: object) -> list[tuple[str, str, str]]:
    limited = replace(NO_LIMIT, **limits)  # type: ignore[arg-type]
    return [told(one) for one in refusals(Situation(plan, Memory(), (), limited))]


@pytest.mark.parametrize(("limit", "refused"), [(2, True), (3, False), (4, False), (None, False)])
def test_as_many_invoices_as_the_limit_pass_and_one_more_does_not(
    limit: int | None, refused: bool
) -> None:
    assert bool(money_trips(new_invoices(3), max_invoices=limit)) is refused


def test_too_many_invoices_say_what_to_type() -> None:
    assert money_trips(new_invoices(3), max_invoices=2) == [
        (
            "Too many invoices at once",
            "3 would be exported or booked, the limit is 2.",
            "Read them: tribe-po invoice --dry-run. If they are right: --max-invoices 3",
        )
    ]


@pytest.mark.parametrize(
    ("limit", "refused"), [("374.99", True), ("375", False), ("375.01", False), (None, False)]
)
def test_a_sum_up_to_the_limit_passes_and_an_oere_more_does_not(
    limit: str | None, refused: bool
) -> None:
    amount = None if limit is None else Decimal(limit)
    assert bool(money_trips(new_invoices(3), max_amount=amount)) is refused


def test_no_invoice_is_no_money() -> None:
    assert money_trips(new_invoices(0), max_amount=Decimal(0), max_invoices=0) == []


def of_several(*plans: Plan) -> Plan:
    changes: tuple[Change, ...] = tuple(change for plan in plans for change in plan.changes)
    return replace(plans[0], changes=changes)


def test_each_currency_has_its_own_sum_and_the_largest_counts() -> None:
    plan = of_several(
        new_invoices(2), new_invoices(2, currency="EUR", total=Decimal("99.90"), net=Decimal(80))
    )
    assert money_trips(plan, max_amount=Decimal(250)) == []
    assert money_trips(plan, max_amount=Decimal("249.99")) == [
        (
            "Too large a sum of invoices at once",
            "199.80 EUR, 250 NOK would be exported or booked, the limit is 249.99.",
            "Read them: tribe-po invoice --dry-run. If they are right: --max-amount 250",
        )
    ]


def test_a_credit_note_does_not_make_up_for_an_invoice() -> None:
    plan = of_several(new_invoices(1), new_invoices(1, total=Decimal(-125), net=Decimal(-100)))
    assert money_trips(plan, max_amount=Decimal(249)) != []
    assert money_trips(plan, max_amount=Decimal(250)) == []


def test_what_is_booked_counts_and_a_phase_or_a_product_does_not() -> None:
    currency: dict[str, Value] = {**SUMS, "currency": "NOK"}
    booking = planned(replace(WANTED, base=currency))
    assert money_trips(booking, max_invoices=0, max_amount=Decimal(124)) != []
    paid = Link(
        kind=Kind.INVOICE,
        form=WANTED.form,
        poweroffice_id="uuid",
        tribe_id="i",
        tribe_relation_id="i",
        matched_by="created",
        base={**currency, "payment": "paid", "phase": "Sent"},
        poweroffice={"settled": Decimal(125)},
    )
    rules = replace(BOOK, partial_payments=PartialPayments.PAYMENT)
    plan = make_plan(
        Memory(links={paid.key: paid}), Matching((), (), ()), task(rules, System.TRIBE), NOON
    )
    assert [change.kind for change in plan.changes] == [Kind.INVOICE]
    assert money_trips(plan, max_invoices=0, max_amount=Decimal(0)) == []


def test_new_customers_and_products_are_no_money() -> None:
    plan = planned_customers(memory_of(in_poweroffice("p1", number="1", name="Ny AS")), pull())
    (change,) = plan.changes
    assert change.creation is not None
    priced = replace(change.creation, values={**change.creation.values, "total": Decimal(500)})
    for system in System:
        other = replace(change, creation=priced, system=system)
        limits = {"max_invoices": 0, "max_amount": Decimal(0)}
        assert money_trips(replace(plan, changes=(other,)), **limits) == []
