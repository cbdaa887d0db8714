"""What is quarantined or in conflict waits at no cost, and is tried when it should be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.cli.calls import command
from tests.scenarios.world import LONG, World
from tribe_po.passes.run import Report
from tribe_po.records import Quarantined
from tribe_po.sync.quarantine import FIRST_RETRY, LAST_RETRY

MINUTE = timedelta(minutes=1)


def requests_of(w: World, one_pass: Callable[..., Report], after: timedelta = MINUTE) -> list[str]:
    """What a pass asks for, tokens left out."""
    w.sandbox.requests.clear()
    one_pass(after=after)
    return sorted(
        f"{one.method} {one.path}" for one in w.sandbox.requests.all() if not one.asks_for_token
    )


def entry(w: World) -> Quarantined:
    (only,) = w.memory().quarantine.values()
    return only


@pytest.fixture
def refused(w: World) -> World:
    """A customer whose payment terms PowerOffice does not know."""
    w.company("Fjord Kaffe AS")
    w.init()
    w.push()
    w.tribe_customer("Sen Kunde AS", PaymentTermInDays=37)
    w.push(after=MINUTE)
    assert entry(w).attempts == 1
    return w


def test_what_waits_costs_no_request(w: World) -> None:
    """From the end of the overlap, in which its creation is read again, to its next try."""
    w.company("Fjord Kaffe AS")
    w.init()
    w.push()
    idle = requests_of(w, w.push, after=10 * MINUTE)
    w.tribe_customer("Sen Kunde AS", PaymentTermInDays=37)
    w.push(after=MINUTE)
    w.push(after=10 * MINUTE)
    for _ in range(3):
        assert requests_of(w, w.push) == idle
    assert entry(w).attempts == 1


def test_it_is_tried_later_each_time_and_never_given_up(w: World) -> None:
    w.init()
    w.tribe_customer("Sen Kunde AS", PaymentTermInDays=37)
    w.push(after=MINUTE)
    waits: list[timedelta] = []
    for attempt in range(1, 11):
        one = entry(w)
        assert one.attempts == attempt
        assert isinstance(one.retry_after, datetime)
        waits.append(one.retry_after - w.clock.now())
        before_its_time = one.retry_after - w.clock.now() - timedelta(seconds=1)
        w.push(after=before_its_time)
        assert entry(w).attempts == attempt
        w.push(after=timedelta(seconds=1))
    assert waits[0] == FIRST_RETRY
    assert waits == sorted(waits)
    assert waits[-1] == LAST_RETRY


@pytest.mark.parametrize("correct_it_in", ["tribe", "poweroffice"])
def test_it_is_tried_at_once_when_it_was_corrected(refused: World, correct_it_in: str) -> None:
    w = refused
    if correct_it_in == "tribe":
        (customer,) = [one for one in w.tribe.customers() if one["PaymentTermInDays"] == 37]
        w.tribe.edit(customer["ID"], PaymentTermInDays=14)
        w.push(after=MINUTE)
    else:
        w.add_payment_term(37)
        w.push(after=MINUTE)
        assert entry(w).attempts == 1, "nothing in either record tells that"
        assert command_in(w, "quarantine", "retry", "--all") == 0
        w.push(after=MINUTE)
    assert w.memory().quarantine == {}
    assert w.customer_in_poweroffice("Sen Kunde AS")


def command_in(w: World, *arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBE_PO_STATE", str(w.state))
        patch.setattr("tribe_po.cli.opened.now", w.clock.now)
        code: int = command(*arguments).exit_code
    return code


def test_a_conflict_that_waits_costs_no_request_and_is_settled_by_command(linked: World) -> None:
    w = linked
    w.overrides["TRIBE_PO_CONFLICTS"] = "manual"
    for one_pass in (w.push, w.pull, w.push, w.pull):
        one_pass()
    link = w.link("Fjord Kaffe AS")
    idle = [requests_of(w, w.push, after=LONG), requests_of(w, w.pull, after=LONG)]
    w.tribe.edit(link.tribe_relation_id, EmailAddress="tribe@fjord.example")
    w.poweroffice.edit_customer(int(link.poweroffice_id), EmailAddress="po@fjord.example")
    w.push()
    w.pull()
    w.later()
    w.push()
    w.pull()
    assert [one.winner for one in w.memory().conflicts.values()] == [None]
    w.later()
    w.push()
    w.pull()
    waiting = [requests_of(w, w.push, after=LONG), requests_of(w, w.pull, after=LONG)]
    assert waiting == idle
    resolve = ("conflicts", "resolve", link.poweroffice_id, "email", "--keep", "tribe")
    assert command_in(w, *resolve) == 0
    w.push()
    assert w.customer_in_poweroffice("Fjord Kaffe AS")["EmailAddress"] == "tribe@fjord.example"
    assert w.differences() == []
