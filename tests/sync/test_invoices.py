"""What becomes of an exported invoice: booked, held, paid; and how the engine carries it out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.sync.test_orders import INVOICE, LINKED, RULES, VOUCHERS
from tribe_po.errors import RecordRefused, StillWorking
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
)
from tribe_po.settings import ConflictPolicy, InvoiceMode, Invoicing, PartialPayments
from tribe_po.sides import Creation, Edit, Written
from tribe_po.sync import guard
from tribe_po.sync.acknowledged import with_differences
from tribe_po.sync.apply import Outcome, apply
from tribe_po.sync.change import Change, Plan, Status, Task
from tribe_po.sync.draft import update_for
from tribe_po.sync.invoices import (
    FOUND_AGAIN,
    about_to_be_given,
    decisions_for,
    given,
    held,
    is_to_be_issued,
    misposted,
    next_step,
    phase_for,
    settled_phase,
    shown_given,
)
from tribe_po.sync.left_out import LeftOut, left_out
from tribe_po.sync.match import Matching, Pair
from tribe_po.sync.plan import make_plan
from tribe_po.sync.trees import lay_over, pair, see

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SUMS: dict[str, Value] = {"net": Decimal(100), "total": Decimal(125), "vat": "25"}
BOOK = replace(RULES, mode=InvoiceMode.BOOK)


def link(
    base: dict[str, Value] | None = None,
    tribe: dict[str, Value] | None = None,
    poweroffice: dict[str, Value] | None = None,
) -> Link:
    return Link(
        kind=Kind.INVOICE,
        form=Form.INVOICE,
        poweroffice_id="uuid",
        tribe_id="i",
        tribe_relation_id="i",
        matched_by="created",
        base=base or {},
        tribe=tribe or {},
        poweroffice=poweroffice or {},
    )


def task(rules: Invoicing | None = BOOK, target: System = System.POWEROFFICE) -> Task:
    return Task(
        name="invoice",
        kinds=(Kind.INVOICE,),
        creates_in=frozenset({target} & {System.POWEROFFICE}),
        updates_in=frozenset({target}),
        conflicts=ConflictPolicy.POWEROFFICE,
        invoicing=rules,
    )


def source(**values: Value) -> Record:
    return Record(
        kind=Kind.INVOICE,
        system=System.TRIBE,
        id="i",
        relation_id="i",
        form=Form.INVOICE,
        values={"number": "2026001", "phase": "Sent", "currency": "NOK", **SUMS, **values},
        document=INVOICE,
    )


def planned(*links: Link, rules: Invoicing | None = BOOK, **parts: object) -> Plan:
    memory = Memory(links={one.key: one for one in (*LINKED.values(), *links)}, **parts)  # type: ignore[arg-type]
    return make_plan(memory, Matching((), (), ()), task(rules), NOW)


def names(one: Link, target: System, rules: Invoicing = BOOK) -> list[str]:
    return [decision.row.name for decision in decisions_for(one, target, rules)]


WANTED = link(base=SUMS, tribe={"issued": True}, poweroffice={"issued": None})


def test_an_order_is_issued_when_its_sums_are_the_same() -> None:
    assert names(WANTED, System.POWEROFFICE) == ["issued"]
    assert names(replace(WANTED, base={"total": Decimal(125)}), System.POWEROFFICE) == []
    off = replace(
        WANTED,
        tribe={"issued": True, "total": Decimal("125.01")},
        poweroffice={"issued": None, "total": Decimal(125)},
    )
    assert names(off, System.POWEROFFICE) == []
    assert held(off, System.POWEROFFICE, BOOK) == {"total": "125.01 in Tribe, 125 in PowerOffice"}


def test_a_draft_of_what_has_changed_since_is_not_issued() -> None:
    changed = replace(
        WANTED,
        base={**SUMS, "content": "a"},
        tribe={"issued": True, "content": "b"},
    )
    assert names(changed, System.POWEROFFICE) == []
    assert set(held(changed, System.POWEROFFICE, BOOK)) == {"content"}


def test_a_pdf_goes_where_it_is_missing() -> None:
    one = link(tribe={"pdf": True}, poweroffice={"pdf": False})
    assert names(one, System.POWEROFFICE) == ["pdf"]


def test_what_a_person_has_to_look_at() -> None:
    told = {"delivery_error": "no EHF", "payment": "open", "phase": "Sent"}
    one = link(base={"content": "a", **told}, tribe={"content": "b"})
    found = held(one, System.POWEROFFICE, BOOK)
    assert set(found) == {"content", "delivery_error"}
    assert "no EHF" in found["delivery_error"]
    for settled in ({"payment": "paid"}, {"phase": "Called"}):
        later = link(base={**told, **settled})
        assert held(later, System.POWEROFFICE, BOOK) == {}


def posted_as(total: str, **base: Value) -> Link:
    """A voucher of 125.00 that came to a total in PowerOffice."""
    known: dict[str, Value] = {"issued": True, "net": Decimal(100), "vat": "25"}
    found = link(
        base={**known, "invoice_number": "2026000", **base},
        tribe={"total": Decimal(125)},
        poweroffice={"total": Decimal(total)},
    )
    return replace(found, tribe_id="earlier")


def exported_after(earlier: Link) -> Plan:
    memory = Memory(links={one.key: one for one in (*LINKED.values(), earlier)})
    return make_plan(memory, Matching((), (), (source(),)), task(VOUCHERS), NOW)


def test_no_voucher_is_posted_after_one_that_came_to_another_sum() -> None:
    plan = exported_after(posted_as("156.25"))
    assert plan.changes == ()
    (entry,) = (one for key, one in plan.quarantined.items() if key[2] == "i")
    assert entry.reason == (
        "the voucher 2026000 was posted with 125 and came to 156.25 in PowerOffice, "
        "so that no other is posted"
    )
    assert "tribe-po quarantine accept uuid" in entry.next_step


@pytest.mark.parametrize(
    "earlier",
    [
        posted_as("125.00"),
        posted_as("156.25", order_number="10001"),
        with_differences(posted_as("156.25"), System.POWEROFFICE, ["total"]),
    ],
    ids=["the same sum", "an order", "accepted"],
)
def test_a_voucher_is_posted_after_any_other(earlier: Link) -> None:
    (change,) = exported_after(earlier).changes
    assert change.tribe_id == "i"


def test_a_draft_that_was_found_again_is_for_a_person() -> None:
    found = replace(link(base=SUMS, poweroffice={"issued": None}), matched_by="mark")
    assert names(found, System.POWEROFFICE) == []
    assert held(found, System.POWEROFFICE, BOOK) == {"issued": FOUND_AGAIN}
    assert held(found, System.POWEROFFICE, RULES) == {}
    assert held(replace(found, matched_by="created"), System.POWEROFFICE, BOOK) == {}
    sent = replace(found, base={**SUMS, "issued": True}, poweroffice={})
    assert held(sent, System.POWEROFFICE, BOOK) == {}
    interrupted = replace(found, tribe={"issued": True})
    assert (is_to_be_issued(interrupted), is_to_be_issued(found)) == (True, False)
    assert names(interrupted, System.POWEROFFICE) == ["issued"]
    assert held(interrupted, System.POWEROFFICE, BOOK) == {}


def test_what_a_person_can_do_about_it() -> None:
    assert next_step(["net", "total"]) == next_step(["vat"])
    both = next_step(["total", "content"])
    assert both == f"{next_step(['total'])} {next_step(['content'])}"


@pytest.mark.parametrize(
    ("payment", "phase", "before", "wanted"),
    [
        ("paid", "Sent", None, "Paid"),
        ("paid", "Reminder1", None, "Paid"),
        ("paid", "PAID", None, None),
        ("paid", "Disputed", None, None),
        ("paid", "Sent", "Sent", None),
        ("open", "Paid", "Sent", "Sent"),
        ("open", "Paid", None, None),
        ("open", "Sent", "Sent", None),
        (None, "Sent", None, None),
    ],
)
def test_the_phase_for_a_payment(
    payment: str | None, phase: str, before: str | None, wanted: str | None
) -> None:
    one = link(base={"payment": payment, "phase": phase, "phase_before": before})
    assert phase_for(one, BOOK) == wanted


def test_an_earlier_phase_is_forgotten_when_the_invoice_is_back_in_it() -> None:
    one = link(base={"payment": "open", "phase": "Sent", "phase_before": "Sent"})
    assert "phase_before" not in settled_phase(one).base
    paid = link(base={"payment": "paid", "phase": "Sent", "phase_before": "Sent"})
    assert settled_phase(paid) is paid


@pytest.mark.parametrize(
    ("payment", "phase", "wanted"),
    [
        ("paid", "Sent", "Paid"),  # it ended before Tribe did it
        ("open", "Sent", None),
        ("paid", "Paid", None),  # it ended after Tribe did it
        ("open", "Paid", "Sent"),
        ("paid", "Disputed", None),
        ("open", "Disputed", None),
    ],
)
def test_a_run_that_ended_while_it_gave_a_phase(
    payment: str, phase: str, wanted: str | None
) -> None:
    ended = about_to_be_given(link(base={"payment": "paid", "phase": "Sent"}), "Paid")
    found = replace(ended, base={**ended.base, "payment": payment, "phase": phase})
    assert phase_for(found, BOOK) == wanted


def test_of_several_phases_that_were_given_the_first_one_before_them_is_remembered() -> None:
    paid = link(base={"payment": "paid", "phase": "Paid", "phase_before": "Sent"})
    credited = about_to_be_given(paid, "Credited")
    assert (credited.base["phase_before"], credited.base["phase_intended"]) == ("Sent", "Credited")


def test_an_earlier_phase_is_kept_while_nobody_knows_what_became_of_a_new_one() -> None:
    ended = about_to_be_given(link(base={"payment": "open", "phase": "Sent"}), "Paid")
    assert settled_phase(ended) is ended


@pytest.mark.parametrize(("phase", "shown"), [("PAID", True), ("Sent", False), (None, False)])
def test_a_phase_that_tribe_shows_is_no_longer_about_to_be_given(
    phase: str | None, shown: bool
) -> None:
    ended = about_to_be_given(link(base={"payment": "paid", "phase": "Sent"}), "Paid")
    seen = lay_over(
        Memory(links={ended.key: ended}),
        Observation(System.TRIBE, (replace(source(), values={"phase": phase}),), NOW, False),
        (Kind.INVOICE,),
    ).links[ended.key]
    assert (seen.base["phase"], seen.base["phase_before"]) == (phase, "Sent")
    assert seen.base.get("phase_intended") == (None if shown else "Paid")


def test_a_phase_that_nobody_meant_to_give_is_laid_over_as_it_is() -> None:
    one = link(base={"payment": "paid", "phase": None})
    assert shown_given(one) is one


def test_a_phase_that_was_given_is_remembered_until_it_is_given_back() -> None:
    before = link(base={"payment": "paid", "phase": "Reminder1"})
    paid = given(about_to_be_given(before, "Paid"), "Paid", "Reminder1")
    assert (paid.base["phase_before"], "phase_intended" in paid.base) == ("Reminder1", False)
    back = given(about_to_be_given(paid, "Reminder1"), "Reminder1", "Paid")
    assert back.base.keys() == before.base.keys()


def test_what_was_settled_otherwise_is_reported_until_somebody_acts() -> None:
    credited = link(base={"payment": Payment.CREDITED.value, "phase": "Sent"})
    assert "credited" in held(credited, System.TRIBE, BOOK)["payment"]
    acted = link(base={"payment": Payment.CREDITED.value, "phase": "Closed"})
    assert held(acted, System.TRIBE, BOOK) == {}


def test_partial_payments() -> None:
    note = replace(BOOK, partial_payments=PartialPayments.NOTE)
    part = link(base={"payment": "partly paid"}, poweroffice={"settled": Decimal(50)})
    at_once = link(base={"payment": "paid", "phase": "Paid"}, poweroffice={"settled": Decimal(125)})
    assert names(part, System.TRIBE, note) == ["settled"]
    assert names(at_once, System.TRIBE, note) == []
    assert names(link(), System.TRIBE, note) == []
    assert names(part, System.TRIBE) == []


def test_without_rules_invoices_are_left() -> None:
    assert left_out(source(), Memory(), task(None), NOW) is LeftOut.NOT_SENT
    assert planned(WANTED, rules=None).changes == ()
    assert update_for(WANTED, System.POWEROFFICE, ConflictPolicy.POWEROFFICE) is None
    again = update_for(WANTED, System.POWEROFFICE, ConflictPolicy.POWEROFFICE, BOOK)
    assert again is not None


def test_an_interrupted_export_is_issued_after_all() -> None:
    key = (System.POWEROFFICE, Kind.INVOICE, "i")
    intent = Intent(Kind.INVOICE, System.POWEROFFICE, "i", "tribe:i", NOW)
    order = replace(source(), system=System.POWEROFFICE, id="uuid", values=SUMS, document=None)
    for intents, wanted in (({key: intent}, True), ({}, None)):
        matching = Matching((Pair(order, source(), "mark"),), (), ())
        plan = make_plan(Memory(intents=intents), matching, task(), NOW)
        made = plan.memory.links[Kind.INVOICE, "uuid"]
        assert made.seen_in(System.TRIBE).get("issued") is wanted


class Office:
    """PowerOffice, which answers one thing."""

    system = System.POWEROFFICE

    def __init__(self, answer: Written | RecordRefused) -> None:
        self.answer = answer
        self.edits: list[Edit] = []
        self.files: list[tuple[Kind, str]] = []

    def offers(self, kind: Kind) -> bool:
        return True

    def changed(self, kinds: Collection[Kind], since: datetime | None) -> Observation:
        return Observation(self.system, (), None, complete=False)

    def get(self, kind: Kind, ids: Sequence[str]) -> list[Record]:
        return []

    def find_by_key(self, kind: Kind, keys: Sequence[str]) -> list[Record]:
        return []

    def find_alike(self, kind: Kind, records: Sequence[Record]) -> list[Record]:
        return []

    def find_by_mark(self, kind: Kind, mark: str) -> list[Record]:
        return []

    def create(self, creation: Creation) -> Written:
        return self._answered()

    def update(self, edit: Edit) -> Written:
        self.edits.append(edit)
        return self._answered()

    def file(self, kind: Kind, record_id: str) -> bytes | None:
        self.files.append((kind, record_id))
        return b"%PDF-1.7"

    def _answered(self) -> Written:
        if isinstance(self.answer, RecordRefused):
            raise self.answer
        return self.answer


class Quiet:
    """Keeps nothing."""

    def save(self, memory: Memory) -> None:
        pass

    def wrote(self, change: Change) -> None:
        pass

    def note(self, change: Change) -> None:
        pass


def carried_out(plan: Plan, office: Office) -> Outcome:
    return apply(plan, dict.fromkeys(System, office), Quiet(), lambda: NOW)


def test_what_poweroffice_still_works_on_is_asked_for_later() -> None:
    outcome = carried_out(planned(WANTED), Office(StillWorking("It is sent", "queued", "wait")))
    assert [one.status for one in outcome.changes] == [Status.SKIPPED]
    assert outcome.memory.quarantine == {}


def test_what_poweroffice_refuses_waits() -> None:
    outcome = carried_out(planned(WANTED), Office(RecordRefused("No", "locked", "open it")))
    assert len(outcome.memory.quarantine) == 1
    again = make_plan(outcome.memory, Matching((), (), ()), task(), NOW)
    assert again.changes == ()


def test_an_export_that_was_refused_waits() -> None:
    new = Matching((), (), (source(),))
    memory = Memory(links={one.key: one for one in LINKED.values()})
    plan = make_plan(memory, new, task(), NOW)
    outcome = carried_out(plan, Office(RecordRefused("No", "archived", "open it")))
    assert make_plan(outcome.memory, new, task(), NOW).changes == ()


def test_the_pdf_comes_from_the_other_side() -> None:
    one = link(tribe={"pdf": True}, poweroffice={"pdf": False})
    seen = replace(source(), id="uuid", values={"pdf": True})
    office = Office(Written("uuid", seen))
    carried_out(planned(one), office)
    assert office.edits[0].file == b"%PDF-1.7"
    assert office.files == [(Kind.INVOICE, "i")]


def test_booking_counts_for_the_guards() -> None:
    plan = planned(replace(WANTED, base={**SUMS, "currency": "NOK"}))
    for amount, tripped in ((Decimal(125), 0), (Decimal("124.99"), 1)):
        limits = guard.Limits(100, 100, max_amount=amount)
        assert len(guard.refusals(guard.Situation(plan, Memory(), (), limits))) == tripped


def test_a_change_after_an_order_was_found_again_is_told() -> None:
    """Nobody knows what it was made of: what Tribe has at that time counts."""

    def seen(system: System, **more: Value) -> Record:
        values = {**SUMS, **more}
        return Record(Kind.INVOICE, system, "i", "i", Form.INVOICE, values=values)

    copy = seen(System.POWEROFFICE, issued=True)
    found = pair(copy, seen(System.TRIBE, content="a digest"), "mark")
    assert held(found, System.POWEROFFICE, BOOK) == {}
    changed = see(found, System.TRIBE, {**SUMS, "content": "another"})
    assert list(held(changed, System.POWEROFFICE, BOOK)) == ["content"]


def test_a_voucher_that_came_to_another_sum_is_told_unless_tribe_changed_it_since() -> None:
    one = link(
        base={"issued": True, "invoice_number": "7", "total": Decimal(156), "content": "a"},
        tribe={"total": Decimal(125)},
    )
    found = misposted([one])
    assert found is not None
    assert (found.id, found.number, found.posted, found.came_to) == ("uuid", "7", "125", "156")
    assert misposted([replace(one, tribe={**one.tribe, "content": "b"})]) is None
