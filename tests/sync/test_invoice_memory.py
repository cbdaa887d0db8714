"""What is kept of an invoice after a write, and what a plan leaves out, holds and waits for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from tests.sync.builders import in_poweroffice, in_tribe
from tests.sync.test_invoice_changes import (
    KNOWN,
    POWEROFFICE,
    TRIBE,
    WAITING,
    exported,
)
from tests.sync.test_invoices import BOOK, NOW, SUMS, WANTED, Office, link, planned, source, task
from tests.sync.test_orders import INVOICE, LINKED
from tribe_po.errors import LostAnswer, TribePoError
from tribe_po.invoices import Payment
from tribe_po.records import (
    Form,
    Intent,
    Kind,
    Link,
    Memory,
    Observation,
    Record,
    System,
    Value,
    Values,
)
from tribe_po.settings import PartialPayments
from tribe_po.sides import Edit, Written
from tribe_po.sync import remember
from tribe_po.sync.acknowledged import fingerprint
from tribe_po.sync.apply import Outcome, apply
from tribe_po.sync.change import Change, Plan
from tribe_po.sync.draft import invoice_update
from tribe_po.sync.invoices import CHANGED
from tribe_po.sync.left_out import LeftOut, left_out
from tribe_po.sync.match import Matching, Pair
from tribe_po.sync.plan import make_plan
from tribe_po.sync.quarantine import FIRST_RETRY, link_fingerprint


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
    memory = remember.created(Memory(), change, written, seen, NOW)
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


TASK = task(BOOK, TRIBE)
PAID = link(base={"payment": "paid", "phase": "Sent"})


class Crm(Office):
    """Tribe, which is asked for a phase and may have been edited meanwhile."""

    system = TRIBE

    def __init__(self, answer: Written | TribePoError, *edited: Record) -> None:
        super().__init__(Written("i", None))
        self.will = answer
        self.edited = edited
        self.bases: list[Values] = []
        self.saved: list[Values] = []

    def changed(self, kinds: Collection[Kind], since: datetime | None) -> Observation:
        return Observation(TRIBE, self.edited, None, complete=False)

    def update(self, edit: Edit) -> Written:
        self.edits.append(edit)
        self.saved = list(self.bases)
        if isinstance(self.will, TribePoError):
            raise self.will
        return self.will

    def save(self, memory: Memory) -> None:
        self.bases.append(memory.links[PAID.key].base)

    def wrote(self, change: Change) -> None:
        pass

    def note(self, change: Change) -> None:
        pass

    def carries_out(self, one: Link) -> Outcome:
        plan = make_plan(Memory(links={one.key: one}), Matching((), (), ()), TASK, NOW)
        return apply(plan, dict.fromkeys(System, self), self, lambda: NOW)


@pytest.mark.parametrize("lost", [False, True])
def test_that_a_phase_is_about_to_be_given_is_on_disk_before_it_is_given(lost: bool) -> None:
    crm = Crm(LostAnswer("It was lost", "no answer", "wait") if lost else Written("i", None))
    outcome = crm.carries_out(PAID)
    noted = {**PAID.base, "phase_before": "Sent", "phase_intended": "Paid"}
    assert crm.saved == [noted]
    given = {"payment": "paid", "phase": "Paid", "phase_before": "Sent"}
    assert outcome.memory.links[PAID.key].base == (noted if lost else given)


def test_where_no_phase_is_given_none_is_noted() -> None:
    rules = replace(BOOK, partial_payments=PartialPayments.PAYMENT)
    one = link(
        base={"payment": "partly paid", "phase": "Sent"}, poweroffice={"settled": Decimal(50)}
    )
    change = invoice_update(one, TRIBE, rules)
    assert change is not None
    memory = Memory(links={one.key: one})
    assert remember.about_to_move(memory, change) is False
    assert memory.links[one.key] is one


def test_of_a_new_invoice_no_phase_is_noted() -> None:
    (change,) = exported(source()).changes
    assert remember.about_to_move(Memory(), change) is False


@pytest.mark.parametrize(("phase", "written"), [("Reminder1", True), ("Closed", False)])
def test_a_phase_that_somebody_gave_meanwhile_is_looked_at_by_the_rules(
    phase: str, written: bool
) -> None:
    meanwhile = replace(source(), values={"phase": phase})
    crm = Crm(Written("i", None), meanwhile)
    (change,) = crm.carries_out(PAID).changes
    assert [(one.values, one.expected) for one in crm.edits] == (
        [({"phase": "Paid"}, {"phase": phase})] if written else []
    )
    assert change.reason == (None if written else "someone changed it meanwhile")


def test_invoices_go_in_the_order_of_their_days_and_numbers() -> None:
    told = [
        ("2026-03-02", "8"),
        ("2026-03-01", "101"),
        ("2026-03-01", "99"),
        ("2026-03-01", "11"),
        ("2026-03-01", "9"),
    ]
    new = [
        replace(source(date=date, number=number), id=number, relation_id=number)
        for date, number in told
    ]
    made = exported(*new).changes
    assert [change.tribe_id for change in made] == ["9", "11", "99", "101", "8"]


def test_only_an_invoice_whose_export_was_interrupted_is_meant_to_be_issued() -> None:
    customer = in_tribe("t1", number="10010")
    pairs = (Pair(in_poweroffice("p1"), customer, "mark"),)
    intent = Intent(Kind.CUSTOMER, POWEROFFICE, "t1", "tribe:relation of t1", NOW)
    memory = Memory(intents={(POWEROFFICE, Kind.CUSTOMER, "t1"): intent})
    plan = make_plan(memory, Matching(pairs, (), ()), task(), NOW)
    assert "issued" not in plan.memory.links[Kind.CUSTOMER, "p1"].seen_in(TRIBE)


def test_without_rules_an_interrupted_export_is_linked_as_it_is() -> None:
    order_read = replace(
        source(), system=POWEROFFICE, id="uuid", values={**SUMS, "issued": None}, document=None
    )
    intent = Intent(Kind.INVOICE, POWEROFFICE, "i", "tribe:i", NOW)
    memory = Memory(intents={(POWEROFFICE, Kind.INVOICE, "i"): intent})
    pairs = (Pair(order_read, source(), "mark"),)
    plan = make_plan(memory, Matching(pairs, (), ()), task(None), NOW)
    assert plan.memory.links[Kind.INVOICE, "uuid"].seen_in(TRIBE).get("issued") is None


@pytest.mark.parametrize("number", [1, 2, 3])
def test_invoices_that_need_nothing_are_counted(number: int) -> None:
    done = [replace(PAID, poweroffice_id=f"u{n}", tribe_id=f"i{n}") for n in range(number)]
    memory = Memory(links={one.key: one for one in done})
    assert make_plan(memory, Matching((), (), ()), task(), NOW).unchanged == number
