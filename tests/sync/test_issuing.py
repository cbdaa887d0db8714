"""A fresh order becomes an invoice at once if its sums are Tribe's, and never otherwise."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.sync.test_invoice_changes import exported
from tests.sync.test_invoices import BOOK, NOW, SUMS, Office, Quiet, source
from tests.sync.test_orders import RULES
from tribe_po.errors import RecordRefused, Temporary, TribePoError
from tribe_po.invoices import Comparison, Sums
from tribe_po.records import Form, Kind, Quarantined, Record, System, Value
from tribe_po.sides import Creation, Edit, Written
from tribe_po.sync.acknowledged import fingerprint
from tribe_po.sync.apply import Outcome, apply
from tribe_po.sync.change import Action, Change, Status

KEY = (Kind.INVOICE, "uuid")


class Till(Office):
    """PowerOffice, which answers a create with an order and an update with an invoice."""

    def __init__(self, booking: TribePoError | None = None, /, **order: Value) -> None:
        super().__init__(Written("uuid", None))
        self.order: dict[str, Value] = {**SUMS, "currency": "NOK", "issued": None, **order}
        self.booking = booking
        self.creations: list[Creation] = []

    def create(self, creation: Creation) -> Written:
        self.creations.append(creation)
        return Written("uuid", self._read(self.order))

    def update(self, edit: Edit) -> Written:
        self.edits.append(edit)
        if self.booking is not None:
            raise self.booking
        return Written("uuid", self._read({**self.order, **edit.values}))

    def _read(self, values: dict[str, Value]) -> Record:
        return Record(Kind.INVOICE, System.POWEROFFICE, "uuid", "uuid", Form.INVOICE, values)


class Trail(Quiet):
    """Remembers the writes that were made."""

    def __init__(self) -> None:
        self.writes: list[Change] = []

    def wrote(self, change: Change) -> None:
        self.writes.append(change)


def carried_out(till: Till, trail: Trail | None = None, **parts: object) -> Outcome:
    rules = replace(BOOK, **parts)  # type: ignore[arg-type]
    plan = exported(source(content="c0ffee"), rules=rules)
    return apply(plan, dict.fromkeys(System, till), trail or Trail(), lambda: NOW)


def test_an_order_with_tribes_sums_is_booked_at_once() -> None:
    till, trail = Till(), Trail()
    outcome = carried_out(till, trail)
    assert [one.action for one in trail.writes] == [Action.CREATE, Action.UPDATE]
    (edit,) = till.edits
    assert (edit.id, edit.values, edit.expected) == ("uuid", {"issued": True}, {"issued": None})
    assert edit.known["fresh"] is True
    assert outcome.memory.links[KEY].seen_in(System.POWEROFFICE)["issued"] is True
    assert outcome.memory.quarantine == {}
    assert {one.status for one in outcome.changes} == {Status.DONE}


def test_a_draft_stays_a_draft() -> None:
    till = Till()
    outcome = carried_out(till, mode=RULES.mode)
    assert (len(till.creations), till.edits) == (1, [])
    assert [one.status for one in outcome.changes] == [Status.DONE]
    assert outcome.memory.quarantine == {}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"total": Decimal("125.01")}, "sum with VAT: 125 in Tribe, 125.01 in PowerOffice"),
        ({"vat": "15"}, "VAT per cent of the lines: 25 in Tribe, 15 in PowerOffice"),
        (
            {"net": Decimal(99), "total": Decimal(124)},
            "sum without VAT: 100 in Tribe, 99 in PowerOffice; "
            "sum with VAT: 125 in Tribe, 124 in PowerOffice",
        ),
        ({"currency": "EUR"}, "currency: NOK in Tribe, EUR in PowerOffice"),
    ],
)
def test_an_order_with_other_sums_is_held_and_not_booked(
    order: dict[str, Value], reason: str
) -> None:
    till = Till(**order)
    outcome = carried_out(till)
    assert (len(till.creations), till.edits) == (1, [])
    ((key, entry),) = outcome.memory.quarantine.items()
    record = source(content="c0ffee")
    assert key == (System.POWEROFFICE, Kind.INVOICE, "i")
    assert entry == Quarantined(
        kind=Kind.INVOICE,
        system=System.POWEROFFICE,
        id="i",
        label=record.label,
        reason=reason,
        next_step="Correct the draft in PowerOffice, which is not booked while they differ; "
        "then type: tribe-po invoice --full",
        fingerprint=fingerprint(record.values),
        since=NOW,
        attempts=1,
        retry_after=None,
        held_fields=tuple(name for name in ("currency", "net", "total", "vat") if name in order),
    )


def test_what_is_told_of_an_export_are_the_sums_that_it_came_to() -> None:
    till = Till(total=Decimal("125.01"))
    (done,) = carried_out(till).changes
    assert (done.status, done.poweroffice_id) == (Status.DONE, "uuid")
    assert done.comparison == Comparison(
        customer="Fjord Kaffe AS",
        currency="NOK",
        tribe=Sums(Decimal(100), Decimal(125), "25"),
        poweroffice=Sums(Decimal(100), Decimal("125.01"), "25"),
        expected=False,
    )


def test_a_booking_that_is_refused_leaves_a_draft_that_is_listed() -> None:
    till = Till(RecordRefused("No", "the period is locked", "open it"))
    outcome = carried_out(till)
    assert len(till.edits) == 1
    assert outcome.memory.links[KEY].seen_in(System.POWEROFFICE)["issued"] is None
    (entry,) = outcome.memory.quarantine.values()
    assert (entry.next_step, entry.held_fields) == ("open it", ())
    told = {one.action: (one.status, one.reason) for one in outcome.changes}
    assert told[Action.CREATE] == (Status.DONE, None)
    status, why = told[Action.UPDATE]
    assert status is Status.FAILED
    assert why == entry.reason


def test_a_booking_that_has_to_wait_is_left_to_the_next_pass() -> None:
    stopped = Temporary("PowerOffice is down", "503", "wait")
    outcome = carried_out(Till(stopped))
    assert outcome.stopped_by is stopped
    assert outcome.memory.links[KEY].seen_in(System.TRIBE)["issued"] is True
    assert outcome.memory.quarantine == {}
