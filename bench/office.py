"""Both systems on loopback with made-up customers, and the tool at work on them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stdnum.no import orgnr

from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.poweroffice.tenant import PowerOfficeTenant
from tribe_po.sandbox.requests_log import System
from tribe_po.sandbox.server import Sandbox

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
"""Longer than the overlap with which changes are read."""

LAUNCH = (sys.executable, str(Path(__file__).with_name("launch.py")))
ROOT = Path(__file__).parent.parent
NUMBERS = 1_000_000
"""Where the customers' numbers begin: room for 100 000 and more."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost: seconds on the clock and of the processors, the peak of memory in MB, the
    requests to each system with their statuses; of the state, seconds spent opening and saving."""

    wall: float
    cpu: float
    peak: float
    statuses: dict[System, list[int]] = field(default_factory=dict)
    opening: float = 0.0
    saving: float = 0.0
    paths: tuple[str, ...] = ()

    @property
    def requests(self) -> int:
        """How many requests, to both systems."""
        return sum(map(len, self.statuses.values()))


@dataclass
class Office:
    """A sandbox, a folder for the state, and who is in the books: PowerOffice's ids and Tribe's,
    of the organisations, in the same order."""

    sandbox: Sandbox
    clock: ManualClock
    folder: Path
    customers: list[int] = field(default_factory=list)
    organizations: list[str] = field(default_factory=list)

    @property
    def state(self) -> Path:
        """Where the state file is."""
        return self.folder / "tribe-po.json"

    def environment(self, state: Path | None = None) -> dict[str, str]:
        """The settings that lead to this sandbox, and no others."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        own = {
            "TRIBE_PO_STATE": str(state or self.state),
            "TRIBE_PO_MAX_CHANGE_PERCENT": "100",
            "PYTHONPATH": str(ROOT),
            "PYTHONHASHSEED": "0",
            # The pace is shared by all that use one key: here by all profiles of this office alone.
            "TMPDIR": str(self.folder),
        }
        return kept | self.sandbox.environment() | own

    def fill(self, number: int) -> None:
        """Add customers that both systems know, alike in every field,
        some with other spaces."""
        for position in range(len(self.customers), len(self.customers) + number):
            self.add_pair(position)
        self.clock.advance(HOUR)

    def add_pair(self, position: int) -> None:
        """Add one customer to both systems."""
        identifier = self.sandbox.poweroffice.add_customer(**company(position))
        debtor = str(self.sandbox.poweroffice.customer(identifier)["Number"])
        self.customers.append(identifier)
        self.organizations.append(self.add_to_tribe(position, DebtorNumber=debtor))

    def add_to_tribe(self, position: int, **more: Any) -> str:
        """Add one customer to Tribe; the id of the organisation."""
        tribe, members = self.sandbox.tribe, company(position)
        phone = members["PhoneNumber"]
        if position % 3 == 0:  # the same number to a person, not to a computer
            phone = f"{phone[:3]} {phone[3:6]} {phone[6:]}"
        organization = tribe.add_organization(
            Name=members["Name"],
            ChamberOfCommerceNumber=members["OrganizationNumber"],
            EmailAddress=members["EmailAddress"],
            FinancialEmailAddress=members["InvoiceEmailAddress"],
            PhoneNumber=phone,
            Website=members["WebsiteUrl"],
            InvoiceAddress={
                "Street": "Storgata",
                "HouseNumber": position % 900 + 1,
                "Postalcode": "0155",
                "City": "Oslo",
                "Country": "NO",
            },
            **more,
        )
        tribe.add_customer(organization, PaymentTermInDays=members["PaymentTerm"])
        return organization

    def run(
        self,
        *arguments: str,
        paced: bool = False,
        state: Path | None = None,
        figures: str = "figures.json",
    ) -> Cost:
        """Run the tool with a stop watch on its state. Raise RuntimeError when it ends badly. Runs
        at the same time need different names for their `figures`, and do not count their requests
        apart."""
        file = self.folder / figures
        pace = "paced" if paced else "unpaced"
        command = (sys.executable, "-m", "bench.tool", str(file), pace, *arguments)
        cost = self.timed(command, self.environment(state))
        spent = json.loads(file.read_text())
        return Cost(
            cost.wall, cost.cpu, cost.peak, cost.statuses, spent["open"], spent["save"], cost.paths
        )

    def floor(self, work: str, since: datetime, rate: float | None = None) -> Cost:
        """Let the hand-written client do the work of one pass, with what changed since then."""
        pairs = zip(self.organizations, self.customers, strict=True)
        known = {**dict(pairs), "own": self.sandbox.tribe.own_organization_id}
        given = self.folder / f"floor-{work}.json"
        stamp = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        given.write_text(json.dumps({"since": stamp, "rate": rate, "known": known}))
        command = (sys.executable, "-m", "bench.floor", work, str(given))
        return self.timed(command, self.environment())

    def plain(self, *arguments: str) -> Cost:
        """Run the tool as a user does."""
        return self.timed((sys.executable, "-m", "tribe_po", *arguments), self.environment())

    def timed(self, command: Sequence[str], environment: dict[str, str]) -> Cost:
        """Run a command against the sandbox and count what it asks."""
        before = len(self.sandbox.requests)
        made = launch(command, environment, self.folder)
        asked = self.sandbox.requests.all()[before:]
        systems: tuple[System, ...] = ("poweroffice", "tribe")
        statuses = {
            system: [one.status for one in asked if one.system == system] for system in systems
        }
        paths = tuple(f"{one.method} {one.path}" for one in asked)
        return Cost(made.wall, made.cpu, made.peak, statuses, paths=paths)


def launch(
    command: Sequence[str],
    environment: dict[str, str],
    folder: Path,
    may_end_with: Sequence[int] = (0,),
) -> Cost:
    """Run a command. Raise RuntimeError with its last words when it ends otherwise."""
    made = subprocess.run(  # noqa: S603 - our own command
        [*LAUNCH, *command], env=environment, cwd=folder, capture_output=True, text=True, check=True
    )
    figures = json.loads(made.stdout.splitlines()[-1])
    if figures["exit"] not in may_end_with:
        raise RuntimeError(f"{' '.join(command)} ended with {figures['exit']}: {made.stderr}")
    return Cost(figures["wall"], figures["cpu"], figures["peak"])


def run_and_read(command: Sequence[str], environment: dict[str, str], folder: Path = ROOT) -> str:
    """Run a command and give what it prints."""
    return subprocess.run(  # noqa: S603 - our own command
        command, env=environment, cwd=folder, capture_output=True, text=True, check=True
    ).stdout


def company(position: int) -> dict[str, Any]:
    """A made-up company as PowerOffice's POST takes it, another one for each position."""
    stem = f"9{position:07d}"
    digits = (f"{stem}{digit}" for digit in range(10))
    return {
        "Name": f"Fjord Kaffe {position} AS",
        "OrganizationNumber": next((one for one in digits if orgnr.is_valid(one)), None),
        "EmailAddress": f"post@kaffe{position}.example",
        "InvoiceEmailAddress": f"faktura@kaffe{position}.example",
        "PhoneNumber": f"+4700{position:06d}",
        "WebsiteUrl": f"https://www.kaffe{position}.example",
        "PaymentTerm": 14,
        "MailAddress": {
            "AddressLine1": f"Storgata {position % 900 + 1}",
            "ZipCode": "0155",
            "City": "Oslo",
            "CountryCode": "NO",
        },
    }


@contextmanager
def office(
    customers: int = 0, *, rate: int | None = None, latency: float = 0.0, linked: bool = True
) -> Iterator[Office]:
    """Open an office with so many customers known on both sides, and linked by `init-sync`.

    `rate` and `latency` are the sandbox's, from when everything is linked.
    """
    clock = ManualClock(MORNING)
    folder = Path(tempfile.mkdtemp(prefix="tribe-po-bench-"))
    try:
        with Sandbox(clock, requests_per_second=None, token_seconds=10**9) as sandbox:
            make_room(sandbox.poweroffice)
            sandbox.tribe.dialect = replace(sandbox.tribe.dialect, token_seconds=10**9)
            opened = Office(sandbox, clock, folder)
            opened.fill(customers)
            if linked:
                opened.run("init-sync", "--yes", "--quiet")
                clock.advance(HOUR)
            sandbox.latency = latency
            sandbox.poweroffice.pace.limit = rate
            yield opened
    finally:
        shutil.rmtree(folder)


def make_room(tenant: PowerOfficeTenant) -> None:
    """Let the numbers be seven digits long, so that there are enough of them."""
    tenant.books.number_series = tuple(
        replace(series, first=NUMBERS * n, last=NUMBERS * (n + 1) - 1)
        for n, series in enumerate(tenant.books.number_series, start=1)
    )
