"""The demo: the main job from end to end on the sandbox, told as it happens.

Every command is run as a user would run it, in a process of its own. What the two systems hold
afterwards is then read from both and compared, field by field.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from tribe_po import fields
from tribe_po.passes.run import observe
from tribe_po.passes.session import Session, open_session
from tribe_po.records import System
from tribe_po.sandbox import samples
from tribe_po.sandbox.server import Sandbox
from tribe_po.settings import Settings

PASSES = (
    ("push-relations",),
    ("pull-relations",),
    ("pull-relations", "--full"),
    ("push-products",),
    ("pull-products",),
)
ACCOUNTS = "25=3000,15=3010,12=3020,0=3100"
"""The sales account for each VAT rate, as the sandbox's chart of accounts has them."""

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
        width = {} if self.console.is_terminal else {"COLUMNS": "120"}
        state = {
            "TRIBE_PO_STATE": str(self.folder / "tribe-po.json"),
            "TRIBE_PO_SALES_ACCOUNTS": ACCOUNTS,
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
        for text, act in _story(self.sandbox, cast):
            self.console.print(f"  - {text}", highlight=False, markup=False)
            act()

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
    held = {key: entry.held_fields for key, entry in session.memory.quarantine.items()}
    values = 0
    different: list[str] = []
    for link in session.memory.links.values():
        tribe, poweroffice = (seen[side, link.kind, link.id_in(side)] for side in System)
        values += len(fields.fields_of(link.kind, link.form))
        kept_back = held.get((System.POWEROFFICE, link.kind, link.tribe_id), ())
        different += [
            f"{link.label}: {row.label} differs"
            for row in fields.differing(link.kind, link.form, tribe.values, poweroffice.values)
            if row.name not in kept_back
        ]
    return len(session.memory.links), values, different


@dataclass(frozen=True, slots=True)
class _Known:
    """A company that both systems have as a customer: its name and where to find it."""

    name: str
    contact_id: int
    relationship_id: str
    organization_id: str


def _known_customers(sandbox: Sandbox, cast: samples.Cast) -> list[_Known]:
    companies = {
        row["Organization"]["DebtorNumber"]: row
        for row in sandbox.tribe.customers()
        if row.get("Organization")
    }
    return [
        _Known(row["Name"], row["Id"], relationship["ID"], relationship["Organization"]["ID"])
        for row in sandbox.poweroffice.customers()
        if not row["IsArchived"]
        and str(row["Number"]) != cast.ambiguous
        and (relationship := companies.get(str(row["Number"])))
    ]


def _story(sandbox: Sandbox, cast: samples.Cast) -> list[tuple[str, Callable[[], object]]]:
    """What people do, in words and in deed."""
    poweroffice, tribe = sandbox.poweroffice, sandbox.tribe
    one, two, three, four = _known_customers(sandbox, cast)[:4]
    twins = [row for row in tribe.organizations() if row["DebtorNumber"] == cast.ambiguous]
    twin = max(twins, key=lambda row: len(row["Name"]))
    cup = next(row for row in poweroffice.products() if row["Code"] == "KOPP")
    coffee_beans = next(row for row in tribe.products() if row["Code"] == "KAFFE")
    coffee = {
        "Name": "Nordlys Kaffebrenneri AS",
        "EmailAddress": "post@nordlys.example",
        "DebtorNumber": "T-77",
        "InvoiceAddress": {
            "Street": "Storgata",
            "HouseNumber": 12,
            "HouseNumberSuffix": "B",
            "Postalcode": "0155",
            "City": "Oslo",
            "Country": "NO",
        },
    }
    boxes = {"Name": "Havblikk Emballasje AS", "InvoiceAddress": {"Street": "Kaia 1"}}
    return [
        (
            f"{one.name}: a new phone in Tribe",
            lambda: tribe.edit(one.organization_id, PhoneNumber="+47 00 12 34 56"),
        ),
        (
            f"{one.name}: a new e-mail in PowerOffice, so different fields of one customer",
            lambda: poweroffice.edit_customer(one.contact_id, EmailAddress="ny@epost.example"),
        ),
        (
            f"{two.name}: a new website in Tribe",
            lambda: tribe.edit(two.organization_id, Website="https://tribe.example"),
        ),
        (
            f"{two.name}: another new website in PowerOffice, so the same field",
            lambda: poweroffice.edit_customer(two.contact_id, WebsiteUrl="https://go.example"),
        ),
        (
            f"{three.name}: a new address in PowerOffice, which moves no time stamp there",
            lambda: poweroffice.edit_address(three.contact_id, AddressLine1="Nygata 7 C"),
        ),
        (
            f"{four.name}: a former customer in Tribe now, with other payment days",
            lambda: tribe.edit(four.relationship_id, IsFormer=True, PaymentTermInDays=30),
        ),
        (
            f"{coffee['Name']}: a new customer in Tribe, with a number of Tribe's own",
            lambda: tribe.add_customer(tribe.add_organization(**coffee), PaymentTermInDays=14),
        ),
        (
            f"{boxes['Name']}: a new supplier in Tribe, with an address without a city",
            lambda: tribe.add_supplier(tribe.add_organization(**boxes)),
        ),
        (
            "Fjellstova Drift AS: a new customer in PowerOffice",
            lambda: poweroffice.add_customer(
                Name="Fjellstova Drift AS", EmailAddress="post@fjellstova.example"
            ),
        ),
        (
            "Kopp: a new price in PowerOffice",
            lambda: poweroffice.edit_product(cup["Id"], UnitPrice=119),
        ),
        (
            "Kaffebønner, 1 kg: a new price in Tribe, where it includes VAT",
            lambda: tribe.edit(coffee_beans["ID"], SalesPrice=207),
        ),
        (
            "Kaffekvern: a new product in Tribe, without a code",
            lambda: tribe.add_product(
                Name="Kaffekvern", ProductGroup="Standard", SalesPrice=899, VatGroup=25
            ),
        ),
        (
            f"{twin['Name']}: the debtor number that it shares is taken out in Tribe",
            lambda: tribe.edit(twin["ID"], DebtorNumber=None),
        ),
    ]


def demo(customers: int = 140, suppliers: int = 60) -> int:
    """Run the demo on so many sample records. Gives 0, or 1 when something did not come out."""
    console = Console()
    with TemporaryDirectory() as folder, Sandbox() as sandbox:
        cast = samples.fill(sandbox, customers, suppliers)
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
        for arguments in (("push-relations", "--dry-run"), *PASSES):
            told.run(*arguments)
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
