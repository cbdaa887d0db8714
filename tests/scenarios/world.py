"""Both systems on loopback, people who work in them, and the tool between: for stories."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from tribe_po import fields
from tribe_po.passes.init_sync import Scope, init_sync
from tribe_po.passes.invoice import invoice
from tribe_po.passes.observe import observe
from tribe_po.passes.pull_payments import pull_payments
from tribe_po.passes.pull_products import pull_products
from tribe_po.passes.pull_relations import pull_relations
from tribe_po.passes.push_products import push_products
from tribe_po.passes.push_relations import push_relations
from tribe_po.passes.run import Options, Report
from tribe_po.passes.session import Session, open_session
from tribe_po.records import Kind, Link, Memory, Record, System
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.server import Sandbox
from tribe_po.settings import Settings
from tribe_po.state.store import Store
from tribe_po.sync.guard import Limits
from tribe_po.transport.pace import Unpaced
from tribe_po.transport.stop import Stop

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LONG = timedelta(minutes=30)
"""Longer than any overlap, so that a read of changes sees only what comes after."""

NO_LIMITS = Limits(max_change_percent=100, max_creates=10_000)

OSLO = {"AddressLine1": "Storgata 12 B", "ZipCode": "0155", "City": "Oslo"}


@dataclass
class World:
    """A sandbox, a folder with the state file, and the passes by name."""

    sandbox: Sandbox
    clock: ManualClock
    folder: Path
    overrides: dict[str, str] = field(default_factory=dict)
    sleep: Callable[[float], object] = time.sleep

    @property
    def poweroffice(self) -> Any:
        return self.sandbox.poweroffice

    @property
    def tribe(self) -> Any:
        return self.sandbox.tribe

    @property
    def state(self) -> Path:
        return self.folder / "tribe-po.json"

    @property
    def environment(self) -> dict[str, str]:
        state = {"TRIBE_PO_STATE": str(self.state)}
        return self.sandbox.environment() | state | self.overrides

    @contextmanager
    def session(self, *, dry_run: bool = False) -> Iterator[Session]:
        settings = Settings.load(self.environment)
        with open_session(
            settings,
            "scenario",
            dry_run=dry_run,
            now=self.clock.now,
            pace=Unpaced(),
            stop=Stop(self.sleep),
        ) as session:
            yield session

    def make(
        self,
        one_pass: Callable[[Session, Options], Report],
        *,
        dry_run: bool = False,
        full: bool = False,
        limits: Limits = NO_LIMITS,
        after: timedelta = LONG,
    ) -> Report:
        """Make one pass, a while after what happened before."""
        self.later(after)
        with self.session(dry_run=dry_run) as session:
            return one_pass(session, Options(limits=limits, dry_run=dry_run, full=full))

    def init(self, scope: Scope | None = None, **options: Any) -> Report:
        return self.make(
            lambda session, asked: init_sync(session, asked, scope or Scope()), **options
        )

    def push(self, *, push_unmatched: bool = False, **options: Any) -> Report:
        return self.make(
            lambda session, asked: push_relations(session, asked, push_unmatched=push_unmatched),
            **options,
        )

    def pull(self, **options: Any) -> Report:
        return self.make(pull_relations, **options)

    def push_products(self, **options: Any) -> Report:
        return self.make(push_products, **options)

    def pull_products(self, **options: Any) -> Report:
        return self.make(pull_products, **options)

    def invoice(self, *, confirmed: bool = False, **options: Any) -> Report:
        return self.make(
            lambda session, asked: invoice(session, asked, confirmed=confirmed), **options
        )

    def pull_payments(self, **options: Any) -> Report:
        return self.make(pull_payments, **options)

    def later(self, by: timedelta = LONG) -> None:
        self.clock.advance(by)

    def memory(self) -> Memory:
        """What the state file holds."""
        return Store(self.state).open()

    def links(self) -> str:
        """The links as the state file has them, to the byte."""
        return json.dumps(json.loads(self.state.read_bytes())["links"])

    def link(self, name: str) -> Link:
        """The link of the record that is called so."""
        return next(link for link in self.memory().links.values() if link.label == name)

    def company(self, name: str, **values: Any) -> int:
        """A customer in PowerOffice."""
        identifier: int = self.poweroffice.add_customer(Name=name, **values)
        return identifier

    def lose_name(self, contact_id: int) -> None:
        """Leave a contact without a name, as old imports do although PowerOffice asks for one."""
        contact = self.poweroffice.books.contacts[contact_id]
        contact.values["Name"] = None
        contact.forget_rows()

    def tribe_customer(self, name: str, **values: Any) -> str:
        """A customer in Tribe. Gives the organisation's ID."""
        role = {key: values.pop(key) for key in ("PaymentTermInDays", "IsFormer") if key in values}
        organization: str = self.tribe.add_organization(Name=name, **values)
        self.tribe.add_customer(organization, **role)
        return organization

    def customer_in_tribe(self, name: str) -> dict[str, Any]:
        """The relationship of the one Tribe customer that is called so, with its organisation."""
        named = [one for one in self.tribe.customers() if _name(one) == name]
        assert len(named) == 1, f"{len(named)} customers in Tribe are called {name}"
        row: dict[str, Any] = named[0]
        return row

    def customer_in_poweroffice(self, name: str) -> dict[str, Any]:
        named = [one for one in self.poweroffice.customers() if one["Name"] == name]
        assert len(named) == 1, f"{len(named)} customers in PowerOffice are called {name}"
        row: dict[str, Any] = named[0]
        return row

    def add_payment_term(self, days: int) -> None:
        """A payment term more in PowerOffice's settings."""
        books = self.poweroffice.books
        known = next(iter(books.payment_terms.values()))
        term = replace(known, id=9000 + days, name=f"{days} dager", days=days)
        books.payment_terms[term.id] = term

    def use_up_customer_numbers(self) -> None:
        """Leave no free number in the customers' series."""
        books = self.poweroffice.books
        books.number_series = tuple(
            replace(series, first=1, last=1) if series.kind == "Customer" else series
            for series in books.number_series
        )
        self.company("Den siste AS", Number=1)

    @contextmanager
    def strangers(self) -> Iterator[World]:
        """Another pair of tenants that is pointed at this world's state file."""
        with world(self.folder, POWEROFFICE_CLIENT_KEY="") as others:
            others.poweroffice.keys = replace(others.poweroffice.keys, client="another-client")
            del others.overrides["POWEROFFICE_CLIENT_KEY"]
            yield others

    def wrote(self, system: Literal["poweroffice", "tribe"] | None = None) -> list[str]:
        """The writes since the log was last cleared, as "METHOD path"."""
        return [f"{one.method} {one.path}" for one in self.sandbox.requests.writes(system)]

    def differences(self) -> list[str]:
        """Read everything from both systems, and say which linked pairs differ in which field."""
        with self.session(dry_run=True) as session:
            records = [
                record
                for seen in observe(session, session.settings.kinds, full=True)
                for record in seen.records
            ]
        by_id = {(one.system, one.kind, one.id): one for one in records}
        found = []
        for link in self.memory().links.values():
            tribe, poweroffice = (by_id[side, link.kind, link.id_in(side)] for side in System)
            found += [f"{link.label}: {row.label}" for row in _differing(tribe, poweroffice)]
        return found


def _name(row: dict[str, Any]) -> str:
    relation = row.get("Organization") or row["Person"]
    return " ".join(str(relation["Name"]).split())


def _differing(tribe: Record, poweroffice: Record) -> list[fields.Field]:
    kind: Kind = tribe.kind
    return list(fields.differing(kind, tribe.form, tribe.values, poweroffice.values))


@contextmanager
def world(folder: Path, **overrides: str) -> Iterator[World]:
    """A new world. `overrides` are settings."""
    clock = ManualClock(MORNING)
    with Sandbox(clock, requests_per_second=None) as sandbox:
        yield World(sandbox, clock, folder, overrides)
