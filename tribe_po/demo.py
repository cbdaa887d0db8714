"""The demo: the main job from end to end on the sandbox, told as it happens.

Every command is run as a user would run it, in a process of its own. What the two systems hold
afterwards is then read from both and compared, field by field.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from tribe_po import fields
from tribe_po.passes.observe import observe
from tribe_po.passes.session import Session, open_session
from tribe_po.records import Kind, Record, System
from tribe_po.sandbox import samples, story
from tribe_po.sandbox.server import Sandbox
from tribe_po.settings import Settings
from tribe_po.sync.invoices import SUMS

PASSES = (
    ("push-relations",),
    ("pull-relations",),
    ("pull-relations", "--full"),
    ("push-products",),
    ("pull-products",),
    ("invoice",),
    ("pull-payments",),
)
SETTLED = PASSES[:-2]
"""The passes that bring what was edited to the other side."""

ACCOUNTS = "25=3000,15=3010,12=3020,0=3100"
"""The sales account for each VAT rate, as the sandbox's chart of accounts has them."""

WIDTH = 120
"""Columns of what is shown where there is no terminal."""

ENDED_WELL = (0, 1)
"""Exit codes of a pass that went through; 1 says that records are quarantined, as some are here."""


@dataclass(slots=True)
class Demo:
    """One run of the demo. `failures` collects what did not come out as it should."""

    sandbox: Sandbox
    folder: Path
    console: Console
    failures: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command: the sandbox's, and a state file of its own."""
        width = {} if self.console.is_terminal else {"COLUMNS": str(WIDTH)}
        state = {
            "TRIBE_PO_STATE": str(self.folder / "tribe-po.json"),
            "TRIBE_PO_SALES_ACCOUNTS": ACCOUNTS,
            "TRIBE_PO_INVOICE_MODE": "book",
            "TRIBE_PO_FREE_TEXT_PRODUCTS": f"25={story.FREE_TEXT_PRODUCT}",
        }
        return {**os.environ, **width, **self.sandbox.environment(), **state}

    def run(self, *arguments: str, show: bool = True) -> dict[str, object]:
        """Run one command, show it with its tables, and give its JSON report instead if hidden."""
        if show:
            self.say(f"$ tribe-po {' '.join(arguments)}", "bold green")
        done = subprocess.run(  # noqa: S603 - this very program
            [sys.executable, "-m", "tribe_po", *arguments, "--output", "table" if show else "json"],
            env=self.environment,
            cwd=self.folder,
            check=False,
            stdout=None if show else subprocess.PIPE,
        )
        if done.returncode not in ENDED_WELL:
            self.failures.append(f"{' '.join(arguments)} ended with {done.returncode}")
        document: dict[str, object] = {} if show else json.loads(done.stdout)
        return document

    def say(self, text: str, style: str = "") -> None:
        """Tell what happens next."""
        self.console.print(Text(f"\n{text}", style))

    def edit(self, cast: samples.Cast) -> None:
        """Let people work in both systems, as a story."""
        for text, act in story.edits(self.sandbox, cast):
            self._item(text)
            act()

    def invoice(self, cast: samples.Cast) -> None:
        """Let invoices go from Tribe to PowerOffice, be paid there, and be Paid in Tribe."""
        self.say("Invoices are sent in Tribe:")
        sent = story.send_invoices(self.sandbox, cast)
        for sale, customer in sent.values():
            self._item(f"{customer}: {sale.text}")
        self.run("invoice", "--dry-run")
        self.say("The one whose sums differ is created as a draft, and not booked:")
        self.run("invoice")
        paid = story.pay_invoices(self.sandbox)
        self.say(f"The customers pay: invoices {', '.join(paid)} in PowerOffice.")
        self.run("pull-payments", "--dry-run")
        self.run("pull-payments")
        self.failures += _wrong_phases(self.sandbox, {key: one for key, (one, _) in sent.items()})

    def _item(self, text: str) -> None:
        self.console.print(f"  - {text}", highlight=False, markup=False)

    def compare(self) -> str:
        """Read everything from both systems, and compare each linked pair in every field."""
        settings = Settings.load(self.environment)
        with open_session(settings, "demo", dry_run=True) as session:
            pairs, values, different = _compared(session)
        self.failures += different
        return f"{pairs} pairs in {values} values"


def _compared(session: Session) -> tuple[int, int, list[str]]:
    seen = {
        (record.system, record.kind, record.id): record
        for observation in observe(session, session.settings.kinds, full=True)
        for record in observation.records
    }
    held = session.memory.quarantine
    values = 0
    different: list[str] = []
    for link in session.memory.links.values():
        entry = held.get((System.POWEROFFICE, link.kind, link.tribe_id))
        if entry is not None and not entry.held_fields:
            continue
        tribe, poweroffice = (seen[side, link.kind, link.id_in(side)] for side in System)
        kept_back = entry.held_fields if entry else ()
        rows = [
            row
            for row in fields.fields_of(link.kind, link.form)
            if link.kind is not Kind.INVOICE or _is_told(row.name, tribe, poweroffice)
        ]
        values += len(rows)
        different += [
            f"{link.label}: {row.label} differs"
            for row in rows
            if row.name not in kept_back
            and not row.same(tribe.values.get(row.name), poweroffice.values.get(row.name))
        ]
    return len(session.memory.links), values, different


def _is_told(name: str, *records: Record) -> bool:
    """Whether both sides tell a sum of an invoice: the rest of it is known to one side alone."""
    return name in SUMS and all(name in record.values for record in records)


def _wrong_phases(sandbox: Sandbox, sales: dict[str, story.Sale]) -> list[str]:
    """The invoices in Tribe that did not end in their phase, and those that PowerOffice booked
    although it must not, or did not book."""
    booked = {row["ExternalImportReference"] for row in sandbox.poweroffice.invoices()}
    wrong = []
    for row in sandbox.tribe.invoices():
        sale, phase = sales[row["ID"]], row["Phase"]["Code"]
        if phase != sale.phase:
            wrong.append(f"invoice {row['Number']} is {phase} in Tribe, not {sale.phase}")
        if (f"tribe:{row['ID']}" in booked) is not sale.is_booked:
            wrong.append(f"invoice {row['Number']} was booked, or left, against the rules")
    return wrong


def demo(customers: int = 140, suppliers: int = 60) -> int:
    """Run the demo on so many sample records. Gives 0, or 1 when something did not come out."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    with TemporaryDirectory() as folder, Sandbox() as sandbox:
        cast = samples.fill(sandbox, customers, suppliers)
        sandbox.poweroffice.switches.allow_send_invoice = True
        sandbox.poweroffice.switches.send_seconds = 0.5
        told = Demo(sandbox, Path(folder), console)
        told.say(
            f"PowerOffice has {customers} customers, {suppliers} suppliers and a few products; "
            "Tribe knows a third of them. First, what would happen:"
        )
        told.run("init-sync", "--dry-run")
        told.say("Nothing has been written. Now for real:")
        told.run("init-sync", "--yes")
        told.say("People go to work in both systems:")
        told.edit(cast)
        for arguments in (("push-relations", "--dry-run"), *SETTLED):
            told.run(*arguments)
        told.invoice(cast)
        told.say("Once more, all passes: nothing is left to do.")
        sandbox.requests.clear()
        for arguments in PASSES:
            told.run(*arguments, show=False)
        writes = sandbox.requests.writes()
        told.failures += [f"unexpected: {one.method} {one.path}" for one in writes]
        checked = told.compare()
    return _verdict(console, checked, told.failures)


def _verdict(console: Console, checked: str, failures: Sequence[str]) -> int:
    for failure in failures:
        console.print(Text(failure, "red"))
    outcome = "they differ, see above" if failures else "both sides agree"
    console.print(
        Text(
            f"Checked: {checked} read back from both systems, and a second round of all passes "
            f"that wrote nothing: {outcome}.",
            "bold red" if failures else "bold green",
        ),
        soft_wrap=True,
    )
    return 1 if failures else 0
