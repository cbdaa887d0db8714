"""People and passes in any order, with anything going wrong: what must be so once it is quiet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.chaos.crash import FOUR_WAYS, Crash, Killed, Way
from tests.chaos.histories import check_nothing_twice, check_silence
from tests.chaos.office import AHEAD, Office, Picture
from tests.chaos.reference import AFTER, SALES_PASSES, EndedEarlyError
from tests.scenarios.world import OSLO
from tribe_po import fields
from tribe_po.errors import ExitCode, TribePoError
from tribe_po.passes.observe import observe
from tribe_po.records import Kind, System
from tribe_po.sandbox.faults import DropAfter, DropBefore, Fault, Run, Status
from tribe_po.state.trail import Trail

NAMES = ("Fjord Kaffe AS", "Skog Bygg AS", "Elv Drift AS")
FIELDS = {
    "email": ("EmailAddress", "EmailAddress", "{}@kunde.example"),
    "phone": ("PhoneNumber", "PhoneNumber", "+47001{:05}"),
    "website": ("WebsiteUrl", "Website", "https://{}.example"),
}
"""By field: its names in PowerOffice and in Tribe, and the form of a value."""

FAULTS: dict[str, Callable[[], Any]] = {
    "429": lambda: Status(429, headers={"Retry-After": "1"}),
    "500": lambda: Status(500),
    "503": lambda: Status(503),
    "the answer is lost": DropAfter,
    "nobody answers": DropBefore,
}

Edit = tuple[str, str]
"""The name of a customer, and of a field."""


def _customers(office: Office) -> list[dict[str, Any]]:
    return [row for row in office.tribe.customers() if row.get("Organization")]


def _nothing(**_members: object) -> None:
    """Nobody is there to be changed."""


class Anything(RuleBasedStateMachine):
    """One history. `unanswered` are what people wrote and nobody has seen and replaced since."""

    office: Office
    start: Picture

    def __init__(self) -> None:
        super().__init__()
        self.office.put_back(self.start)
        self.office.local = self.office.ahead
        self.names = list(NAMES)
        self.unanswered: defaultdict[Edit, set[str]] = defaultdict(set)
        self.booked: dict[str, Any] = {}
        self.counter = 0

    def _fresh(self) -> int:
        self.counter += 1
        return self.counter

    @rule(data=st.data(), field=st.sampled_from(sorted(FIELDS)), side=st.sampled_from(System))
    def edit(self, data: st.DataObject, field: str, side: System) -> None:
        self._edit(data.draw(st.sampled_from(self.names)), field, side)

    def _edit(self, name: str, field: str, side: System) -> None:
        in_poweroffice, in_tribe, form = FIELDS[field]
        value = form.format(self._fresh())
        row, change = self._on(side, name)
        if row is None:
            return
        member = in_poweroffice if side is System.POWEROFFICE else in_tribe
        change(**{member: value})
        open_edits = self.unanswered[name, field]
        open_edits.discard(str(row[member]))
        open_edits.add(value)

    def _on(self, side: System, name: str) -> tuple[dict[str, Any] | None, Callable[..., None]]:
        """A customer as a person sees it on one side, if it is there, and how to change it."""
        office = self.office
        if side is System.POWEROFFICE:
            rows = {row["Name"]: row for row in office.poweroffice.customers()}
            edit, key = office.poweroffice.edit_customer, "Id"
        else:
            rows = {one["Organization"]["Name"]: one["Organization"] for one in _customers(office)}
            edit, key = office.tribe.edit, "ID"
        found = rows.get(name)
        return found, partial(edit, found[key]) if found else _nothing

    @rule(side=st.sampled_from(System))
    def create(self, side: System) -> None:
        name = f"Ny {self._fresh()} AS"
        if side is System.POWEROFFICE:
            self.office.poweroffice.add_customer(Name=name, MailAddress=OSLO)
        else:
            self.office.tribe.add_customer(self.office.tribe.add_organization(Name=name))
        self.names.append(name)

    @rule(data=st.data(), archived=st.booleans(), side=st.sampled_from(System))
    def archive(self, data: st.DataObject, archived: bool, side: System) -> None:
        name = data.draw(st.sampled_from(self.names))
        row, _ = self._on(side, name)
        if row is None:
            return
        if side is System.POWEROFFICE:
            self.office.poweroffice.archive(row["Id"], archived)
        else:
            role = self.office.customer_in_tribe(name)["ID"]
            self.office.tribe.edit(role, IsFormer=archived)

    @rule(data=st.data())
    def delete_in_tribe(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.names))
        row, _ = self._on(System.TRIBE, name)
        if row is None or self._is_invoiced(self.office.customer_in_tribe(name)["ID"]):
            return
        self.office.tribe.delete(self.office.customer_in_tribe(name)["ID"])
        self._forget(name)

    def _is_invoiced(self, role: str) -> bool:
        return role in [one["Relationship"]["ID"] for one in self.office.tribe.invoices()]

    @rule(data=st.data())
    def merge_in_tribe(self, data: st.DataObject) -> None:
        kept, lost = (data.draw(st.sampled_from(self.names)) for _ in range(2))
        (one, _), (other, _) = (self._on(System.TRIBE, name) for name in (kept, lost))
        if kept == lost or one is None or other is None:
            return
        roles = [self.office.customer_in_tribe(name)["ID"] for name in (kept, lost)]
        if any(self._is_invoiced(role) for role in roles):
            return
        self.office.tribe.merge(one["ID"], other["ID"])
        self.office.tribe.delete(roles[1])  # the role that came along
        self._forget(lost)
        self._forget(kept)

    def _forget(self, name: str) -> None:
        """A person has to settle what becomes of it in PowerOffice."""
        self.names.remove(name)
        if len(self.names) < 2:
            self.create(System.POWEROFFICE)
        for edit in [one for one in self.unanswered if one[0] == name]:
            del self.unanswered[edit]

    @rule(price=st.integers(1, 10**6), side=st.sampled_from(System))
    def reprice(self, price: int, side: System) -> None:
        amount = price / 100
        if side is System.POWEROFFICE:
            products = self.office.poweroffice.products()
            kopp = next(one["Id"] for one in products if one["Code"] == "KOPP")
            self.office.poweroffice.edit_product(kopp, UnitPrice=amount)
        else:
            self.office.tribe.edit(self._kopp(), SalesPrice=amount)

    def _kopp(self) -> str:
        products = self.office.tribe.products()
        return str(next(one["ID"] for one in products if one["Code"] == "KOPP"))

    @rule(data=st.data(), quantity=st.integers(1, 9))
    def sell(self, data: st.DataObject, quantity: int) -> None:
        name = data.draw(st.sampled_from(self.names))
        if self._on(System.TRIBE, name)[0] is None:
            return
        customer = self.office.customer_in_tribe(name)["ID"]
        line = {"Product": self._kopp(), "Quantity": quantity, "Price": 99.95, "VatGroup": 25}
        self.office.tribe.send_invoice(self.office.tribe.add_invoice(customer, [line]))

    @rule(data=st.data())
    def pay(self, data: st.DataObject) -> None:
        unpaid = [one["Id"] for one in self.office.poweroffice.invoices() if one["Balance"] > 0]
        if unpaid:
            self.office.poweroffice.pay(data.draw(st.sampled_from(sorted(unpaid))))

    @rule(
        step=st.sampled_from(SALES_PASSES),
        fault=st.sampled_from([None, *FAULTS]),
        skip=st.integers(0, 20),
        system=st.sampled_from(System),
        wait=st.integers(0, 60),
    )
    def run_with_a_fault(
        self, step: Any, fault: str | None, skip: int, system: System, wait: int
    ) -> None:
        self.office.later(timedelta(minutes=wait))
        if fault is not None:
            self.office.sandbox.faults.add(
                Fault(system.value, None, "", FAULTS[fault](), skip=skip)
            )
        self._run(step)
        self.office.sandbox.faults.clear()

    @rule(step=st.sampled_from(SALES_PASSES), at=st.integers(1, 40), way=st.sampled_from(FOUR_WAYS))
    def run_and_die(self, step: Any, at: int, way: Way) -> None:
        crash = Crash(at, way)
        with crash.armed():
            self._run(step)
        assert not crash.signs_of_life, crash.signs_of_life

    @rule(
        data=st.data(),
        step=st.sampled_from(SALES_PASSES),
        field=st.sampled_from(sorted(FIELDS)),
        side=st.sampled_from(System),
        skip=st.integers(0, 15),
    )
    def run_with_an_edit(
        self, data: st.DataObject, step: Any, field: str, side: System, skip: int
    ) -> None:
        name = data.draw(st.sampled_from(self.names))
        edit = Run(lambda: self._edit(name, field, side))
        self.office.sandbox.faults.add(Fault(None, None, "", edit, skip=skip))
        self._run(step)
        self.office.sandbox.faults.clear()

    @rule(minutes=st.integers(-60, 60))
    def step_the_local_clock(self, minutes: int) -> None:
        ahead = AHEAD + timedelta(minutes=minutes)
        self.office.local = lambda: self.office.clock.now() + ahead

    def _run(self, step: Any) -> None:
        # A step expects its pass to go through; here it may end as it likes, but for a bug.
        try:
            step.act(self.office)
        except EndedEarlyError as ended:
            if ended.report.exit_code is ExitCode.BUG:
                raise
        except (Killed, TribePoError):
            pass
        self._look_at_the_books()

    def _look_at_the_books(self) -> None:
        """What is booked stays as it is, but for what is paid of it."""
        for row in self.office.poweroffice.invoices():
            shown = {name: row[name] for name in ("TotalAmount", "InvoiceNo", "CustomerId")}
            assert self.booked.setdefault(row["Id"], shown) == shown

    def teardown(self) -> None:
        """Two quiet rounds, and then everything must be well."""
        self.office.sandbox.faults.clear()
        self.office.local = self.office.ahead
        self.office.later(timedelta(hours=3))
        for _ in range(2):
            for step in SALES_PASSES:
                self.office.later(AFTER)
                step.act(self.office)
        assert not self.office.memory().intents
        check_nothing_twice(self.office)
        check_silence(self.office, SALES_PASSES)
        self._look_at_the_books()
        self._check_that_both_sides_agree()
        self._check_that_no_edit_is_lost()

    def _check_that_both_sides_agree(self) -> None:
        with self.office.session(dry_run=True) as session:
            seen = observe(session, (Kind.CUSTOMER, Kind.PRODUCT), full=True)
        there = {(one.system, one.kind, one.id): one for each in seen for one in each.records}
        for link in self.office.memory().links.values():
            if link.kind is Kind.INVOICE or link.parked:
                continue
            tribe, poweroffice = (there[side, link.kind, link.id_in(side)] for side in System)
            apart = fields.differing(link.kind, link.form, tribe.values, poweroffice.values)
            assert not [row.label for row in apart], f"{link.label} differs"

    def _check_that_no_edit_is_lost(self) -> None:
        memory = self.office.memory()
        kept = {
            str(one) for each in memory.conflicts.values() for one in (each.tribe, each.poweroffice)
        }
        kept |= {
            str(one.old) for entry in Trail(self.office.state).entries() for one in entry.fields
        }
        for (name, field), values in self.unanswered.items():
            in_poweroffice, in_tribe, _ = FIELDS[field]
            for side, member in ((System.POWEROFFICE, in_poweroffice), (System.TRIBE, in_tribe)):
                row, _ = self._on(side, name)
                live = row and row[member]
                lost = {value for value in values if value != live} - kept
                # Whoever is archived before the other side knew of him is not copied.
                assert row is None or not lost, f"{lost} for the {field} of {name} is lost"
