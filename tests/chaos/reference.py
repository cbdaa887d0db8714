"""The reference round: what is done in which order, and what comes of it undisturbed.

To take another kind of record into the round, add what people do with it to a step of people's,
and its passes as steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tests.chaos import people, sales
from tests.chaos.office import Office, Picture
from tests.chaos.outcome import Outcome, outcome_of
from tribe_po.passes.run import Report

AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the round. A pass has the arguments by which it is run from a command line;
    what people do has none."""

    name: str
    act: Callable[[Office], object]
    arguments: tuple[str, ...] = ()


def _init(office: Office) -> Report:
    return _went_through(office.init(after=timedelta(0)))


def _push(office: Office) -> Report:
    return _went_through(office.push(after=timedelta(0)))


def _pull(office: Office) -> Report:
    return _went_through(office.pull(after=timedelta(0)))


def _pull_full(office: Office) -> Report:
    return _went_through(office.pull(full=True, after=timedelta(0)))


class EndedEarlyError(AssertionError):
    """A pass did not go through."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.error)
        self.report = report


def _went_through(report: Report) -> Report:
    """Some records are left to people, hence 1."""
    if report.exit_code not in (0, 1):
        raise EndedEarlyError(report)
    return report


def _wait(office: Office) -> None:
    office.later(AFTER)


def _push_products(office: Office) -> Report:
    return _went_through(office.push_products(after=timedelta(0)))


def _pull_products(office: Office) -> Report:
    return _went_through(office.pull_products(after=timedelta(0)))


def _pull_products_full(office: Office) -> Report:
    return _went_through(office.pull_products(full=True, after=timedelta(0)))


def _invoice(office: Office) -> Report:
    return _went_through(office.invoice(confirmed=True, after=timedelta(0)))


def _pull_payments(office: Office) -> Report:
    return _went_through(office.pull_payments(after=timedelta(0)))


INIT = Step("init-sync", _init, ("init-sync", "--yes"))
PUSH = Step("push", _push, ("push-relations",))
PULL = Step("pull", _pull, ("pull-relations",))
PULL_FULL = Step("pull --full", _pull_full, ("pull-relations", "--full"))
PUSH_PRODUCTS = Step("push-products", _push_products, ("push-products",))
PULL_PRODUCTS = Step("pull-products", _pull_products, ("pull-products",))
PULL_PRODUCTS_FULL = Step("pull-products --full", _pull_products_full, ("pull-products", "--full"))
INVOICE = Step("invoice", _invoice, ("invoice",))
PAYMENTS = Step("pull-payments", _pull_payments, ("pull-payments",))
WAIT = Step("wait", _wait)

ROUND: tuple[Step, ...] = (
    Step("move in", people.move_in),
    WAIT,
    INIT,
    Step("work a day", people.work_a_day),
    WAIT,
    PUSH,
    Step("work at noon", people.work_at_noon),
    WAIT,
    PULL,
    Step("work an afternoon", people.work_an_afternoon),
    Step("wait a minute", lambda office: office.later(timedelta(minutes=1))),
    PUSH,
    WAIT,
    PULL_FULL,
)

PASSES = (INIT, PUSH, PULL, PULL_FULL)
"""All passes of that round, for a look whether they are silent."""

SALES_ROUND: tuple[Step, ...] = (
    Step("open the shop", sales.open_the_shop),
    WAIT,
    INIT,
    Step("sell in the morning", sales.sell_in_the_morning),
    WAIT,
    INVOICE,
    PUSH_PRODUCTS,
    Step("sell at noon", sales.sell_at_noon),
    WAIT,
    PAYMENTS,
    PULL_PRODUCTS,
    INVOICE,
    Step("settle up", sales.settle_up),
    WAIT,
    PAYMENTS,
    PUSH_PRODUCTS,
    PUSH,
    PULL_PRODUCTS_FULL,
)
"""Products, invoices and payments, among a few customers."""

SALES_PASSES = (
    *(INIT, PUSH, PULL_FULL, PUSH_PRODUCTS, PULL_PRODUCTS, PULL_PRODUCTS_FULL),
    *(INVOICE, PAYMENTS),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """An undisturbed round of these steps; `passes` are all that are silent after it.

    `before` shows the office before each pass, by the step's index; `requests` what that pass asked
    of the servers, token requests included, as "METHOD path" in order.
    """

    steps: tuple[Step, ...]
    passes: tuple[Step, ...]
    before: dict[int, Picture]
    requests: dict[int, list[str]]
    after: Picture
    outcome: Outcome

    @property
    def count(self) -> int:
        """How many requests the round has in all."""
        return sum(len(made) for made in self.requests.values())


def play(
    office: Office, steps: tuple[Step, ...] = ROUND, passes: tuple[Step, ...] = PASSES
) -> Reference:
    """Play a round undisturbed from its beginning, in a new office."""
    before: dict[int, Picture] = {}
    requests: dict[int, list[str]] = {}
    for index, step in enumerate(steps):
        if step.arguments:
            before[index] = office.picture()
            office.sandbox.requests.clear()
        step.act(office)
        if step.arguments:
            made = office.sandbox.requests.all()
            requests[index] = [f"{one.method} {one.path}" for one in made]
    return Reference(steps, passes, before, requests, office.picture(), outcome_of(office))
