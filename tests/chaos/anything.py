"""People and passes in any order, with anything going wrong: what must be so once it is quiet.

What people do is in `any_people` and `any_sales`, what must be so in `quiet`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.chaos import quiet
from tests.chaos.any_people import FIELDS, SIDES
from tests.chaos.any_sales import Sellers
from tests.chaos.crash import FOUR_WAYS, Crash, Killed, Way
from tests.chaos.histories import check_nothing_twice, check_silence
from tests.chaos.office import AHEAD, Picture
from tests.chaos.reference import (
    AFTER,
    PULL,
    PUSH,
    SALES_PASSES,
    EndedEarlyError,
)
from tribe_po.errors import ExitCode, NotFound, TribePoError
from tribe_po.passes import by_hand
from tribe_po.records import Memory, System
from tribe_po.sandbox.faults import DropAfter, DropBefore, Fault, Run, Status
from tribe_po.settings import ConflictPolicy, InvoiceMode
from tribe_po.state.store import Store

PASSES = (*SALES_PASSES, PULL)

FAULTS: dict[str, Callable[[], Any]] = {
    "429": lambda: Status(429, headers={"Retry-After": "1"}),
    "500": lambda: Status(500),
    "503": lambda: Status(503),
    "the answer is lost": DropAfter,
    "nobody answers": DropBefore,
}


class Anything(Sellers):
    """One history: what goes wrong, and how it ends."""

    start: Picture

    def __init__(self) -> None:
        super().__init__()
        self.office.put_back(self.start)
        self.office.local = self.office.ahead
        self.booked: dict[str, Any] = {}

    @initialize(mode=st.sampled_from(InvoiceMode), conflicts=st.sampled_from(ConflictPolicy))
    def choose_the_settings(self, mode: InvoiceMode, conflicts: ConflictPolicy) -> None:
        self.office.overrides["TRIBE_PO_INVOICE_MODE"] = mode
        self.office.overrides["TRIBE_PO_CONFLICTS"] = conflicts

    @rule(
        step=st.sampled_from(PASSES),
        fault=st.sampled_from([None, *FAULTS]),
        skip=st.integers(0, 20),
        system=SIDES,
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

    @rule()
    def run_a_round(self) -> None:
        for step in SALES_PASSES:
            self._run(step)

    @rule(step=st.sampled_from(PASSES), at=st.integers(1, 40), way=st.sampled_from(FOUR_WAYS))
    def run_and_die(self, step: Any, at: int, way: Way) -> None:
        crash = Crash(at, way)
        with crash.armed():
            self._run(step)
        assert not crash.signs_of_life, crash.signs_of_life

    @rule(
        data=st.data(),
        step=st.sampled_from(PASSES),
        field=st.sampled_from(sorted(FIELDS)),
        side=SIDES,
        skip=st.integers(0, 15),
    )
    def run_with_an_edit(
        self, data: st.DataObject, step: Any, field: str, side: System, skip: int
    ) -> None:
        role = self.one_of_them(data)
        edit = Run(lambda: self.edit_field(role, field, side))
        self.office.sandbox.faults.add(Fault(None, None, "", edit, skip=skip))
        self._run(step)
        self.office.sandbox.faults.clear()

    @rule(minutes=st.integers(-60, 60))
    def step_the_local_clock(self, minutes: int) -> None:
        ahead = AHEAD + timedelta(minutes=minutes)
        self.office.local = lambda: self.office.clock.now() + ahead

    @rule(hours=st.integers(1, 100))
    def let_time_pass(self, hours: int) -> None:
        self.office.later(timedelta(hours=hours))

    @rule(
        data=st.data(),
        step=st.sampled_from((PUSH, PULL)),
        field=st.sampled_from(sorted(FIELDS)),
        side=SIDES,
    )
    def edit_and_answer(self, data: st.DataObject, step: Any, field: str, side: System) -> None:
        """Somebody writes, a pass carries it, and on the other side somebody answers."""
        role = self.one_of_them(data)
        self.edit_field(role, field, side)
        self._run(step)
        self.edit_field(role, field, side.other)

    @rule(data=st.data(), keep=SIDES)
    def resolve_a_conflict(self, data: st.DataObject, keep: System) -> None:
        memory = self.memory()
        waiting = [key for key, conflict in memory.conflicts.items() if conflict.winner is None]
        if not waiting:
            return
        kind, contact, field = data.draw(st.sampled_from(sorted(waiting)))
        with suppress(NotFound):  # it is over: both sides have changed since
            self._save(by_hand.resolve(memory, contact, field, keep, kind).memory)

    @rule()
    def retry_what_is_quarantined(self) -> None:
        if self.memory().quarantine:
            self._save(by_hand.retry(self.memory(), (), self.office.local()).memory)

    def _save(self, memory: Memory) -> None:
        Store(self.office.state).save(memory)

    @rule()
    def lose_the_state(self) -> None:
        """A first sync does not know what was deleted in Tribe and is in PowerOffice still."""
        self.office.lose_state()
        self.gone = {(side, role) for side, role in self.gone if side is System.POWEROFFICE}
        for name, field in self.unanswered:
            self.let_poweroffice_lead(name, field)

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
        self.office.later(timedelta(days=1))
        for _ in range(2):
            for step in SALES_PASSES:
                self.office.later(AFTER)
                step.act(self.office)
        assert not self.office.memory().intents
        check_nothing_twice(self.office)
        check_silence(self.office, SALES_PASSES, quiet.refused_writes(self.office.memory()))
        self._look_at_the_books()
        quiet.check_both_sides_agree(self.office)
        quiet.check_no_edit_is_lost(self)
        quiet.check_what_is_gone(self)
        quiet.check_invoices(self)
