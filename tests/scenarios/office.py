"""An office that sells: a customer and products that both systems have, and what people do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.scenarios.world import OSLO, World
from tribe_po.errors import ExitCode
from tribe_po.passes.invoice import invoice
from tribe_po.passes.pull_payments import pull_payments
from tribe_po.passes.run import Report
from tribe_po.records import Kind, Link

SOON = timedelta(minutes=5)
"""The time from one run to the next, as the crontab has it: too early to try again what failed."""


class Office:
    """One customer and one product that both systems have, and what people do with invoices."""

    def __init__(self, world: World, mode: str = "draft") -> None:
        self.world = world
        world.sleep = lambda seconds: world.later(timedelta(seconds=seconds))
        world.overrides |= {"TRIBE_PO_INVOICE_MODE": mode}
        world.overrides |= {"TRIBE_PO_FREE_TEXT_PRODUCTS": "25=FREE-25,15=FREE-15,0=FREE-0"}
        world.overrides |= {"TRIBE_PO_SALES_ACCOUNTS": "25=3000,15=3010,12=3020,0=3100"}
        world.poweroffice.switches.allow_send_invoice = True
        world.poweroffice.switches.send_seconds = 0
        world.company("Fjord Kaffe AS", Number=10001, MailAddress=OSLO)
        world.tribe.add_product_group("Standard")
        world.poweroffice.add_product(
            Name="Kaffe",
            Code="KAFFE",
            UnitOfMeasureCode="EA",
            UnitPrice=100,
            StandardSalesAccountId=470_003_000,
        )
        assert world.init().exit_code is ExitCode.OK
        self.customer = world.customer_in_tribe("Fjord Kaffe AS")["ID"]
        self.product = next(one["ID"] for one in world.tribe.products() if one["Code"] == "KAFFE")

    def sent(self, *lines: dict[str, Any], **fields: Any) -> str:
        rows = lines or ({"Product": self.product, "Quantity": 2, "Price": 100, "VatGroup": 25},)
        identity: str = self.world.tribe.add_invoice(self.customer, rows, **fields)
        self.world.tribe.send_invoice(identity)
        return identity

    def sent_as(self, number: str, *lines: dict[str, Any], **fields: Any) -> str:
        """An invoice that Tribe has sent under a number of its own."""
        identity: str = self.world.tribe.add_invoice(self.customer, lines, **fields)
        self.world.tribe.send_invoice(identity, number=number)
        return identity

    def export(self, *, confirmed: bool = False, **options: Any) -> Report:
        """Run `invoice`; `confirmed` as with `--yes`."""
        return self.world.make(
            lambda session, asked: invoice(session, asked, confirmed=confirmed), **options
        )

    def payments(self, **options: Any) -> Report:
        return self.world.make(pull_payments, **options)

    def phase(self, identity: str) -> str:
        return str(self.in_tribe(identity)["Phase"]["Code"])

    def link(self, identity: str) -> Link:
        links = self.world.memory().links.values()
        return next(one for one in links if one.kind is Kind.INVOICE and one.tribe_id == identity)

    def orders(self) -> list[Any]:
        return list(self.world.poweroffice.books.orders.values())

    def invoices(self) -> list[Any]:
        return list(self.world.poweroffice.books.invoices.values())

    def draft(self) -> dict[str, Any]:
        """The one unsent order, with its lines, as PowerOffice shows it."""
        (order,) = self.world.poweroffice.orders()
        return dict(order)

    def booked(self) -> dict[str, Any]:
        """The one posted invoice, as PowerOffice shows it."""
        (posted,) = self.world.poweroffice.invoices()
        return dict(posted)

    def in_tribe(self, identity: str) -> dict[str, Any]:
        return next(one for one in self.world.tribe.invoices() if one["ID"] == identity)

    def sums_agree(self) -> bool:
        """Whether every invoice in Tribe comes to what its one copy in PowerOffice does."""
        poweroffice = self.world.poweroffice
        copies = [*poweroffice.orders(), *poweroffice.invoices()]
        found = {one["ExternalImportReference"]: one for one in copies}
        invoices = self.world.tribe.invoices()
        return len(found) == len(copies) == len(invoices) and all(
            _sums_in_tribe(one) == _sums_in_poweroffice(found[f"tribe:{one['ID']}"])
            for one in invoices
        )

    def silent(self, after: timedelta = SOON) -> bool:
        """Whether both passes, run again, write nothing anywhere."""
        self.world.sandbox.requests.clear()
        for run in (self.export, self.payments):
            run(after=after)
        return self.world.wrote() == []


def _sums_in_tribe(row: dict[str, Any]) -> tuple[float, float]:
    suffix = "" if row["TotalIncludingVatInCurrency"] is None else "InCurrency"
    return row[f"TotalExcludingVat{suffix}"], row[f"TotalIncludingVat{suffix}"]


def _sums_in_poweroffice(row: dict[str, Any]) -> tuple[float, float]:
    return row["NetAmount"], row["TotalAmount"]


def cause(report: Report) -> str:
    """Why the one record that was left out was: what a bookkeeper reads."""
    (entry,) = report.quarantined
    assert report.exit_code is ExitCode.RECORDS_LEFT
    return f"{entry.reason} {entry.next_step}"


def lose_state(w: World) -> None:
    for path in w.folder.glob("tribe-po*"):
        path.unlink()
