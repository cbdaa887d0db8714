"""Invoices from their export to their payment, with a crash at one request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.chaos.crash import Crash, Killed
from tests.scenarios.office import Office, lose_state
from tests.scenarios.world import World, world
from tribe_po.passes.init_sync import Scope
from tribe_po.records import Kind, System

PDF = b"%PDF-1.7 made up"
SOON = timedelta(minutes=5)

Outcome = tuple[str, list[float], list[tuple[float, float | None]], list[bool | None]]
"""The phase and the payments of an invoice in Tribe; sum and balance of each copy in PowerOffice,
no balance of a draft, and whether it has a PDF."""


@dataclass
class Story:
    """Two invoices of one office: one to a new customer, one with a line of free text. The first is
    paid in part and then in full, the second in full, which is taken back again."""

    world: World
    mode: str
    crash: Crash
    then: Callable[[Story], None]
    """What happens between the crash and the next run of the same pass."""
    invoices: list[str] = field(default_factory=list)
    passes: int = 0

    def play(self) -> None:
        """Play it to its end, and a few rounds more."""
        w = self.world
        w.overrides["TRIBE_PO_PARTIAL_PAYMENTS"] = "payment"
        self.office = Office(w, self.mode)
        w.poweroffice.add_product(Name="Fritt", Code="FREE-25", UnitPrice=1)
        self.office.export(confirmed=True)
        w.sandbox.requests.clear()
        self._sell()
        with self.crash.armed():
            self._export()
            self._pay(0, 100)
            payment = self._pay(1, 250)
            self._payments()
            self._pay(0, 150)
            if payment is not None:
                w.poweroffice.unpay(payment)
            self._payments()
            for _ in range(2):
                self._export()
                self._payments()

    def _sell(self) -> None:
        w, office = self.world, self.office
        known = office.customer
        w.tribe_customer("Ny Kunde AS", EmailAddress="post@ny.example")
        office.customer = w.customer_in_tribe("Ny Kunde AS")["ID"]
        self.invoices.append(office.sent())
        office.customer = known
        line = {"Description": "Timer", "Quantity": 2, "Price": 100, "VatGroup": 25}
        self.invoices.append(office.sent(line))
        for one in self.invoices:
            w.tribe.attach_pdf(one, "faktura.pdf", PDF)

    def _export(self) -> None:
        self._run(lambda: self.office.export(after=SOON))

    def _payments(self) -> None:
        self._run(lambda: self.office.payments(after=SOON))

    def _run(self, one_pass: Callable[[], object]) -> None:
        self.passes += 1
        happened = self.crash.happened
        with suppress(Killed):
            one_pass()
        assert not self.crash.signs_of_life, self.crash.signs_of_life
        self.crash.revive()
        if self.crash.happened and not happened:
            self.then(self)
            one_pass()

    def _pay(self, index: int, amount: int) -> int | None:
        """A person registers a payment, if there is an invoice to pay."""
        (copy,) = self.copies(index) or (None,)
        if copy is None or copy["Balance"] is None:
            return None
        return int(self.world.poweroffice.pay(copy["Id"], amount))

    def copies(self, index: int) -> list[dict[str, Any]]:
        """What PowerOffice has of an invoice."""
        mark = f"tribe:{self.invoices[index]}"
        w = self.world.poweroffice
        rows = [{**one, "Balance": None} for one in w.orders()] + w.invoices()
        return [one for one in rows if one["ExternalImportReference"] == mark]

    def outcome(self) -> list[Outcome]:
        """How each invoice stands."""
        return [self._outcome_of(index) for index in range(len(self.invoices))]

    def _outcome_of(self, index: int) -> Outcome:
        identity = self.invoices[index]
        told = sorted(
            one["Amount"] for one in self.world.tribe.payments() if one["Invoice"]["ID"] == identity
        )
        copies = [(one["TotalAmount"], one["Balance"]) for one in self.copies(index)]
        having = {
            one["VoucherId"]: one["HasPdf"]
            for one in self.world.poweroffice.voucher_desk.documentation_rows()
        }
        pdfs = [having.get(one["Id"]) for one in self.copies(index)]
        return self.office.phase(identity), told, copies, pdfs

    def nothing_twice(self) -> None:
        """Raise AssertionError where something is in PowerOffice twice, or was told twice."""
        poweroffice = self.world.poweroffice
        names = Counter(one["Name"] for one in poweroffice.customers())
        assert names.most_common(1)[0][1] == 1, names
        for index in range(len(self.invoices)):
            assert len(self.copies(index)) <= 1, f"invoice {index} is there twice"
            told = self.outcome()[index][1]
            assert max(Counter(told).values(), default=1) == 1, f"{told} was told twice"

    def told_of(self, index: int) -> bool:
        """Whether an invoice is listed for a person, or left alone for being older than the state:
        whatever it is, it is not forgotten."""
        memory, identity = self.world.memory(), self.invoices[index]
        return (System.POWEROFFICE, Kind.INVOICE, identity) in memory.quarantine or (
            Kind.INVOICE,
            identity,
        ) in memory.left_alone


Check = Callable[[Story], None]


def goes_on(_story: Story) -> None:
    """The next run finds the state as the crash has left it."""


def starts_anew(story: Story) -> None:
    """The state is lost with the crash, and the office begins with `init-sync` again."""
    lose_state(story.world)
    story.world.init(Scope())
    story.office.export(confirmed=True, after=SOON)


def play(
    folder: Path, mode: str, crash: Crash, then: Callable[[Story], None], check: Check
) -> None:
    """Play the story in a world of its own, and check what came of it."""
    with world(folder) as w:
        story = Story(w, mode, crash, then)
        story.play()
        check(story)
