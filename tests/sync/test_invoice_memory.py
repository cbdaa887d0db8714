"""What is kept of an invoice after a write, and what a plan leaves out, holds and waits for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.sync.test_invoice_changes import (
    KNOWN,
    POWEROFFICE,
    TRIBE,
    WAITING,
    exported,
)
from tests.sync.test_invoices import BOOK, NOW, SUMS, WANTED, link, planned, source, task
from tests.sync.test_orders import INVOICE, LINKED
from tribe_po.invoices import Payment
from tribe_po.records import Form, Kind, Link, Memory, Record, System, Value
from tribe_po.sides import Written
from tribe_po.sync import remember
from tribe_po.sync.acknowledged import fingerprint
from tribe_po.sync.change import Change, Plan
from tribe_po.sync.draft import invoice_update
from tribe_po.sync.invoices import CHANGED
from tribe_po.sync.match import Matching
from tribe_po.sync.plan import FIRST_RETRY, LeftOut, left_out, link_fingerprint, make_plan


def paid(link_: Link) -> tuple[Memory, Change]:
    change = invoice_update(link_, TRIBE, BOOK)
    assert change is not None
    memory = Memory(links={link_.key: link_})
    assert remember.updated(memory, change, Written("i", None), NOW) == []
    return memory, change


def test_the_phase_before_the_first_one_given_is_remembered_and_no_later_one() -> None:
    first = link(base={**KNOWN, "payment": "paid"})
    memory, _ = paid(first)
    assert memory.links[first.key].base == {
        **KNOWN,
        "payment": "paid",
        "phase": "Paid",
        "phase_before": "Sent",
    }
    rules = replace(BOOK, phases={**BOOK.phases, Payment.CREDITED: "Credited"})
    credited = replace(
        memory.links[first.key], base={**memory.links[first.key].base, "payment": "credited"}
    )
    change = invoice_update(credited, TRIBE, rules)
    assert change is not None
    memory.links[first.key] = credited
    remember.updated(memory, change, Written("i", None), NOW)
    after = memory.links[first.key].base
    assert (after["phase"], after["phase_before"]) == ("Credited", "Sent")


def test_back_in_the_phase_before_there_is_none_to_remember() -> None:
    one = link(base={**KNOWN, "payment": "open", "phase": "Paid", "phase_before": "Sent"})
    memory, change = paid(one)
    assert [each.after for each in change.fields] == ["Sent"]
    assert memory.links[one.key].base == {**KNOWN, "payment": "open"}


def test_a_booking_leaves_the_phase_alone() -> None:
    change = invoice_update(WAITING, POWEROFFICE, BOOK)
    assert change is not None
    memory = Memory(links={WAITING.key: WAITING})
    remember.updated(memory, change, Written("uuid", None), NOW)
    assert memory.links[WAITING.key].base == {**KNOWN, "issued": True}


def copied(written: Written, seen: Record | None = None, **values: Value) -> Link:
    (change,) = exported(source(content="c0ffee", **values)).changes
    memory = remember.created(Memory(), change, written, seen)
    (made,) = memory.links.values()
    return made


def test_a_copy_is_linked_with_what_is_wanted_of_it_and_what_it_was_made_of() -> None:
    order_read = Record(
        Kind.INVOICE, POWEROFFICE, "uuid", "uuid", Form.INVOICE, {**SUMS, "issued": None}
    )
    made = copied(Written("uuid", order_read))
    assert (made.poweroffice_id, made.tribe_id, made.matched_by) == ("uuid", "i", "created")
    assert made.base == {**SUMS, "number": "2026001", "phase": "Sent", "content": "c0ffee"} | {
        name: value for name, value in made.base.items() if name == "currency"
    }
    assert made.seen_in(TRIBE)["issued"] is True
    assert made.seen_in(POWEROFFICE)["issued"] is None
    assert copied(Written("uuid", None), order_read) == made


def test_a_copy_that_does_not_show_up_yet_is_linked_as_it_was_sent() -> None:
    made = copied(Written("uuid", None))
    assert (made.kind, made.form, made.poweroffice_id) == (Kind.INVOICE, Form.INVOICE, "uuid")
    assert made.base["content"] == "c0ffee"
    assert made.tribe == {}
    assert set(made.poweroffice.values()) == {None}


@pytest.mark.parametrize(
    ("phase", "number", "reason"),
    [
        ("Sent", "2026001", None),
        ("SENT", "2026001", None),
        ("Draft", "2026001", LeftOut.NOT_SENT),
        ("Reminder1", "2026001", LeftOut.NOT_SENT),
        (None, "2026001", LeftOut.NOT_SENT),
        ("Sent", "", LeftOut.UNNUMBERED),
        ("Sent", None, LeftOut.UNNUMBERED),
        ("Draft", None, LeftOut.NOT_SENT),
    ],
)
def test_which_invoices_are_exported(
    phase: str | None, number: str | None, reason: LeftOut | None
) -> None:
    record = source(phase=phase, number=number)
    assert left_out(record, Memory(), task(), NOW) is reason
    plan = exported(record, replace(record, id="j", relation_id="j"))
    assert len(plan.changes) == (0 if reason else 2)
    assert plan.unnumbered == (2 if reason is LeftOut.UNNUMBERED else 0)


def test_a_hindered_invoice_is_listed_and_says_what_it_waits_for() -> None:
    record = replace(source(), document=replace(INVOICE, customer_id="new"))
    plan = exported(record)
    assert plan.changes == ()
    assert plan.awaited == {(Kind.CUSTOMER, "new")}
    ((key, entry),) = plan.quarantined.items()
    assert key == (POWEROFFICE, Kind.INVOICE, "i")
    assert (entry.kind, entry.system, entry.id) == (Kind.INVOICE, POWEROFFICE, "i")
    assert entry.label == record.label
    assert entry.reason == "its customer is not in PowerOffice"
    assert entry.next_step == "See why: tribe-po push-relations --dry-run"
    assert entry.held_fields == ()
    assert entry.fingerprint == fingerprint({**record.values, "hindrance": entry.reason})


def test_an_invoice_that_nothing_hinders_any_more_goes_at_once() -> None:
    hindered = replace(source(), document=replace(INVOICE, customer_id="new"))
    before = exported(hindered)
    memory = replace(
        Memory(links={one.key: one for one in LINKED.values()}), quarantine=before.quarantined
    )
    assert len(exported(source(), memory=memory).changes) == 1
    assert exported(hindered, memory=memory).quarantined == before.quarantined


def test_a_hindrance_that_waits_for_nobody_awaits_nobody() -> None:
    record = replace(source(), document=replace(INVOICE, customer_id="c"))
    linked = {one.key: one for one in LINKED.values()}
    gone = {key: replace(one, parked="gone") for key, one in linked.items()}
    assert exported(record, memory=Memory(links=gone)).awaited == frozenset()


def test_what_is_held_of_an_invoice_is_listed_with_all_there_is_to_do() -> None:
    one = link(
        base={**KNOWN, "content": "a"},
        tribe={"content": "b", "total": Decimal(115), "issued": True},
        poweroffice={"issued": None},
    )
    plan = planned(one)
    assert plan.changes == ()
    ((key, entry),) = plan.quarantined.items()
    assert key == (POWEROFFICE, Kind.INVOICE, "i")
    assert entry.label == one.label
    assert entry.reason == f"sum with VAT: 115 in Tribe, 125 in PowerOffice; content: {CHANGED}"
    assert entry.next_step == (
        "Correct the draft in PowerOffice, which is not booked while they differ; "
        "then type: tribe-po invoice --full "
        "Make the same change in PowerOffice, or undo it in Tribe."
    )
    assert entry.held_fields == ("total", "content")
    assert entry.fingerprint == link_fingerprint(one)
    assert entry.retry_after is None or entry.retry_after >= NOW + FIRST_RETRY


def test_what_is_held_of_a_payment_is_listed_for_tribe() -> None:
    one = link(base={**KNOWN, "payment": "credited"})
    memory = Memory(links={one.key: one})
    plan = make_plan(memory, Matching((), (), ()), task(BOOK, TRIBE), NOW)
    ((key, entry),) = plan.quarantined.items()
    assert key == (TRIBE, Kind.INVOICE, "uuid")
    assert entry.next_step == "Move it to the phase that fits in Tribe, by hand."


def test_one_side_that_waits_does_not_keep_the_other_from_its_news() -> None:
    one = replace(WANTED, base={**KNOWN, "payment": "paid"}, tribe={"issued": True}, poweroffice={})
    both = replace(task(), updates_in=frozenset(System))
    refused = Plan(task=both, memory=Memory(links={one.key: one}), changes=())
    changes = make_plan(refused.memory, Matching((), (), ()), both, NOW).changes
    assert {change.system for change in changes} == set(System)
    booking = next(change for change in changes if change.system is POWEROFFICE)
    memory = remember.start(refused)
    remember.refused(memory, refused, booking, "locked", "open it", NOW)
    left = make_plan(memory, Matching((), (), ()), both, NOW).changes
    assert {change.system for change in left} == {TRIBE}
