"""The pictures of the documents: what the commands show, drawn from the demo's data.

    make pictures

Clock, ids and pace are fixed, so that the same program draws the same pictures.
"""

from __future__ import annotations

import io
import os
import random
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from rich.console import Console, RenderableType

from tribe_po.demo import ACCOUNTS
from tribe_po.output import explanation, status, tables
from tribe_po.passes.explanation import explain
from tribe_po.passes.init_sync import Scope, init_sync
from tribe_po.passes.invoice import invoice
from tribe_po.passes.overview import overview
from tribe_po.passes.pull_payments import pull_payments
from tribe_po.passes.pull_products import pull_products
from tribe_po.passes.pull_relations import pull_relations
from tribe_po.passes.push_products import push_products
from tribe_po.passes.push_relations import push_relations
from tribe_po.passes.run import Options, Report
from tribe_po.passes.session import Session, open_session
from tribe_po.passes.subjects import find
from tribe_po.records import Memory
from tribe_po.sandbox import samples, story
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.server import Sandbox
from tribe_po.settings import LocalSettings, Settings
from tribe_po.state.store import Store
from tribe_po.state.trail import Trail
from tribe_po.sync.guard import Limits
from tribe_po.transport.pace import Unpaced

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
WIDTH = 108
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NO_LIMITS = Limits(max_change_percent=100, max_creates=1000)

OnePass = Callable[[Session, Options], Report]


@dataclass
class _Studio:
    """The demo's two tenants at a fixed time, and the pictures made so far, by name."""

    sandbox: Sandbox
    clock: ManualClock
    folder: Path
    pictures: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.sandbox.environment(),
            "TRIBE_PO_STATE": str(self.folder / "tribe-po.json"),
            "TRIBE_PO_SALES_ACCOUNTS": ACCOUNTS,
            "TRIBE_PO_INVOICE_MODE": "book",
            "TRIBE_PO_FREE_TEXT_PRODUCTS": f"25={story.FREE_TEXT_PRODUCT}",
        }

    @property
    def memory(self) -> Memory:
        return Store(self.folder / "tribe-po.json").open()

    def make(self, one_pass: OnePass, *, dry_run: bool = False, minutes: int = 20) -> Report:
        self.clock.advance(timedelta(minutes=minutes))
        with open_session(
            Settings.load(self.environment),
            "picture",
            dry_run=dry_run,
            now=self.clock.now,
            pace=Unpaced(),
            run_id=self.clock.now().strftime("%d%H%M"),
        ) as session:
            return one_pass(session, Options(limits=NO_LIMITS, dry_run=dry_run))

    def draw_pass(self, name: str, one_pass: OnePass) -> None:
        """A picture of a dry run."""
        report = self.make(one_pass, dry_run=True)
        parts = tables.tables(report.changes, report.plan.conflicts, report.quarantined)
        command = f"tribe-po {report.plan.task.name} --dry-run"
        self.draw(name, command, [*parts, "", tables.summary(report)])

    def draw(self, name: str, command: str, parts: Iterable[RenderableType]) -> None:
        console = Console(
            record=True,
            width=WIDTH,
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
            legacy_windows=False,
        )
        for part in parts:
            console.print(part)
        svg = console.export_svg(title=command, unique_id=name)
        # No font is fetched from anywhere: any that is monospaced will do.
        svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
        self.pictures[name] = "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"

    def draw_status(self) -> None:
        settings = LocalSettings.load(self.environment)
        self.clock.advance(timedelta(minutes=1))
        seen = overview(self.memory, settings, self.clock.now())
        self.draw("status", "tribe-po status", status.screen(seen, Path("tribe-po.json")))

    def draw_explanation(self, number: str) -> None:
        settings, memory = LocalSettings.load(self.environment), self.memory
        (subject,) = find(memory, number)
        writes = tuple(
            entry for entry in Trail(settings.state).entries() if entry.tribe_id == subject.tribe_id
        )
        told = explanation.Told(explain(memory, subject, settings, self.clock.now()), writes)
        self.draw(
            "explain", f"tribe-po explain {number}", explanation.screen(told, self.clock.now())
        )


def pictures() -> dict[str, str]:
    """Draw all pictures. Gives them as SVG, by name."""
    clock = ManualClock(MORNING)
    with (
        _fixed(),
        TemporaryDirectory() as folder,
        Sandbox(clock, requests_per_second=None) as sandbox,
    ):
        studio = _Studio(sandbox, clock, Path(folder))
        cast = samples.fill(sandbox, 24, 8)
        sandbox.poweroffice.switches.allow_send_invoice = True
        sandbox.poweroffice.switches.send_seconds = 0

        def first(session: Session, options: Options) -> Report:
            return init_sync(session, options, Scope())

        studio.draw_pass("init-sync", first)
        studio.make(first)
        for _, act in story.edits(sandbox, cast):
            act()
        studio.make(push_relations)
        studio.draw_pass("pull-relations", pull_relations)
        for one in (pull_relations, push_products, pull_products):
            studio.make(one)
        # How often the tenant was read until here is a matter of threads, and reads draw as well.
        sandbox.tribe.store.random.seed(2026)
        sent = story.send_invoices(sandbox, cast)
        studio.draw_pass("invoice", invoice)
        studio.make(invoice)
        story.pay_invoices(sandbox)
        studio.draw_pass("pull-payments", pull_payments)
        studio.make(pull_payments)
        for one in (pull_products, push_products, pull_relations, invoice, push_relations):
            studio.make(one, minutes=1)
        studio.draw_status()
        numbers = {row["ID"]: str(row["Number"]) for row in sandbox.tribe.invoices()}
        studio.draw_explanation(numbers[next(iter(sent))])
        return studio.pictures


@contextmanager
def _fixed() -> Iterator[None]:
    """Draw ids from a seed, and tell the time as a clock in Oslo does."""
    draw = random.Random(1)

    def drawn() -> Any:
        return uuid.UUID(int=draw.getrandbits(128), version=4)

    with mock.patch("uuid.uuid4", drawn), mock.patch.dict(os.environ, {"TZ": "Europe/Oslo"}):
        time.tzset()
        try:
            yield
        finally:
            os.environ.pop("TZ")
            time.tzset()


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, svg in pictures().items():
        (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
