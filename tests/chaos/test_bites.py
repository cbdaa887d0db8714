"""The harness bites: builds that are broken on purpose do not get through it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.chaos.conftest import Round
from tests.chaos.crash import Way
from tests.chaos.histories import (
    Point,
    check,
    check_nothing_twice,
    check_outcome,
    crash_and_lag,
    crash_at,
)
from tests.chaos.office import Office
from tests.chaos.reference import INIT, INVOICE, PULL, PUSH, Step
from tribe_po.errors import StateUnreadable
from tribe_po.passes import run as running
from tribe_po.poweroffice import client as poweroffice
from tribe_po.records import Observation
from tribe_po.state import storage
from tribe_po.sync import remember
from tribe_po.transport import wire
from tribe_po.tribe import changes, entity, invoice_values
from tribe_po.tribe.client import Tribe

Break = Callable[[pytest.MonkeyPatch, Office], None]
Play = Callable[[Round], None]


def _no_intents(patch: pytest.MonkeyPatch, office: Office) -> None:
    patch.setattr(remember, "intended", lambda memory, changes, now: None)


def _no_marks(patch: pytest.MonkeyPatch, office: Office) -> None:
    original = poweroffice.PowerOffice.create

    def create(self: poweroffice.PowerOffice, creation: Any) -> Any:
        return original(self, replace(creation, mark=None))

    patch.setattr(poweroffice.PowerOffice, "create", create)


def _cursors_from_the_local_clock(patch: pytest.MonkeyPatch, office: Office) -> None:
    patch.setattr(poweroffice, "OVERLAP", timedelta(0))
    patch.setattr(changes, "OVERLAP", timedelta(0))
    for side in (poweroffice.PowerOffice, Tribe):
        original = side.changed

        def changed(*arguments: Any, original: Any = original) -> Observation:
            seen: Observation = original(*arguments)
            return replace(seen, cursor=office.local())

        patch.setattr(side, "changed", changed)


def _lost_creates_sent_again(patch: pytest.MonkeyPatch, office: Office) -> None:
    original = wire.Wire.send

    def send(self: wire.Wire, call: wire.Call, headers: Any) -> Any:
        return original(self, replace(call, repeatable=True), headers)

    def at_once() -> Iterator[float]:
        while True:
            yield 0.0

    patch.setattr(wire.Wire, "send", send)
    patch.setattr(wire, "_waits", at_once)


def _echoes_taken_for_edits(patch: pytest.MonkeyPatch, office: Office) -> None:
    patch.setattr(remember, "updated", lambda memory, change, written, now: [])


def _state_written_in_place(patch: pytest.MonkeyPatch, office: Office) -> None:
    def in_place(self: storage.CheckedStorage, content: bytes) -> None:
        self.path.unlink(missing_ok=True)
        storage.write_new(self.path, content)

    patch.setattr(storage.CheckedStorage, "_replace", in_place)


def _saves_while_dying(patch: pytest.MonkeyPatch, office: Office) -> None:
    original = running._apply

    def saving(session: Any, plan: Any, options: Any) -> Any:
        try:
            return original(session, plan, options)
        finally:
            session.keeper.save(plan.memory)

    patch.setattr(running, "_apply", saving)


def _float_money(patch: pytest.MonkeyPatch, office: Office) -> None:
    def amount(value: object) -> Decimal | None:
        exact = entity.amount(value)
        return None if exact is None else Decimal(float(exact))

    patch.setattr(invoice_values, "amount", amount)


def _crash(
    step: Step,
    call: str,
    way: Way,
    check_it: Callable[[Office], None],
    play: Callable[[Office, Any, Point], None] = crash_at,
) -> Play:
    """Play a crash at a request in the middle of those that begin like a pattern, and check what
    came of it."""

    def run(played: Round) -> None:
        index = played.reference.steps.index(step)
        made = played.reference.requests[index]
        such = [number for number, one in enumerate(made, 1) if re.match(call, one)]
        play(played.office, played.reference, Point(index, such[len(such) // 2], way))
        check_it(played.office)

    return run


def _undisturbed(played: Round) -> None:
    steps = played.reference.steps
    first = steps.index(INIT)
    played.office.put_back(played.reference.before[first])
    for step in steps[first:]:
        step.act(played.office)
    check_outcome(played.office, played.reference)


def _goes_on(office: Office) -> None:
    office.memory()


def _sent_once(office: Office) -> None:
    """PowerOffice refuses a second order with one mark, and to book an order that is booked. Who
    relies on that sends them again; who looks them up is never refused."""
    writes = office.sandbox.requests.writes("poweroffice")
    refused = [one.path for one in writes if "/SalesOrders" in one.path and one.status >= 400]
    assert not refused, f"sent again: {refused}"


NEW_IN_TRIBE = "POST /tribe/v1/odata/Relationship_Organization_CommercialRelationship_Customer"
NEW_IN_POWEROFFICE = "POST /poweroffice/v2/Customers"
NEW_PRODUCT = "POST /poweroffice/v2/Products"
NEW_ORDER = "POST /poweroffice/v2/SalesOrders/Complete"
BOOKING = "POST /poweroffice/v2/SalesOrders/.*/createAndSendInvoice"


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken build, what it does not get through, and what is then said."""

    name: str
    broken: Break
    play: Play
    said: str
    error: type[Exception] = AssertionError


BUILDS = (
    Broken(
        "no intents are saved",
        _no_intents,
        _crash(PULL, NEW_IN_TRIBE, Way.UNREAD, check_nothing_twice, crash_and_lag),
        "there twice",
    ),
    Broken(
        "no marks are written",
        _no_marks,
        _crash(PUSH, NEW_IN_POWEROFFICE, Way.UNREAD, check_nothing_twice),
        "there twice",
    ),
    Broken(
        "cursors come from the local clock, without an overlap",
        _cursors_from_the_local_clock,
        _undisturbed,
        "not as undisturbed",
    ),
    Broken(
        "a lost create is sent again",
        _lost_creates_sent_again,
        _crash(PULL, NEW_IN_TRIBE, Way.LOST, check_nothing_twice),
        "there twice",
    ),
    Broken(
        "the base stays after a write",
        _echoes_taken_for_edits,
        _undisturbed,
        "igjen@go.example",
    ),
    Broken(
        "the state is written in place",
        _state_written_in_place,
        _crash(PUSH, "PATCH", Way.MID_SAVE, _goes_on),
        "cannot be used",
        StateUnreadable,
    ),
    Broken(
        "the state is saved while the pass is torn down",
        _saves_while_dying,
        _crash(PUSH, "PATCH", Way.BEFORE, _goes_on),
        "saved the state",
    ),
)


SALES_BUILDS = (
    Broken(
        "a lost product is sent again",
        _lost_creates_sent_again,
        _crash(INVOICE, NEW_PRODUCT, Way.LOST, check_nothing_twice),
        "there twice",
    ),
    Broken(
        "a lost order is sent again",
        _lost_creates_sent_again,
        _crash(INVOICE, NEW_ORDER, Way.LOST, _sent_once),
        "sent again",
    ),
    Broken(
        "a lost order to book is sent again",
        _lost_creates_sent_again,
        _crash(INVOICE, BOOKING, Way.LOST, _sent_once),
        "sent again",
    ),
    Broken(
        "money is counted in binary fractions",
        _float_money,
        _undisturbed,
        "no invoice to Ny Kunde AS was booked",
    ),
)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.name)
def test_a_broken_build_does_not_get_through(
    played: Round, build: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.broken(monkeypatch, played.office)
    with pytest.raises(build.error, match=build.said):
        build.play(played)


@pytest.mark.parametrize("build", SALES_BUILDS, ids=lambda build: build.name)
def test_a_build_that_sells_brokenly_does_not_get_through(
    sold: Round, build: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.broken(monkeypatch, sold.office)
    with pytest.raises(build.error, match=build.said):
        build.play(sold)


@pytest.mark.parametrize("build", SALES_BUILDS, ids=lambda build: build.name)
def test_a_whole_build_that_sells_does(sold: Round, build: Broken) -> None:
    build.play(sold)
    check(sold.office, sold.reference)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.name)
@pytest.mark.chaos
def test_a_whole_build_does(played: Round, build: Broken) -> None:
    build.play(played)
    check(played.office, played.reference)
