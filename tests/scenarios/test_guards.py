"""The guards at their edges, from end to end: when one trips, the servers are sent no write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.scenarios.world import World
from tribe_po.errors import ExitCode, GuardRefused
from tribe_po.passes.run import Report
from tribe_po.records import Memory
from tribe_po.sandbox.faults import Fault, Status
from tribe_po.state.store import Store
from tribe_po.sync.guard import Limits

USUAL = Limits(max_change_percent=30, max_creates=1000)


def customers(w: World, number: int) -> list[int]:
    """So many customers that are linked."""
    made = [w.company(f"Kunde {one} AS") for one in range(number)]
    assert w.init().exit_code == 0
    w.sandbox.requests.clear()
    return made


def known(memory: Memory) -> Memory:
    """What is known but for the history of runs, in which a refusal is noted."""
    return replace(memory, runs=[])


def check_refused(w: World, one_pass: Callable[..., Report], **options: Any) -> Report:
    """Make a pass that a guard is to refuse, dry and in earnest: neither writes anything."""
    before = known(w.memory())
    one_pass(dry_run=True, **options)
    report = one_pass(**options)
    assert report.exit_code is ExitCode.REFUSED
    assert report.error is not None
    assert all(part.strip() for part in (report.error.why, report.error.next_step))
    assert w.wrote() == []
    assert known(w.memory()) == before
    return report


@pytest.mark.parametrize(
    ("linked", "changed", "refused"),
    [(9, 9, False), (10, 3, False), (10, 4, True), (11, 3, False), (11, 4, True)],
)
def test_the_share_of_changes(w: World, linked: int, changed: int, refused: bool) -> None:
    for contact in customers(w, linked)[:changed]:
        w.poweroffice.edit_customer(contact, EmailAddress="ny@kunde.example")
    if refused:
        report = check_refused(w, w.pull, limits=USUAL)
        assert f"{changed} of {linked}" in str(report.error)
        assert w.pull(limits=replace(USUAL, force=True)).exit_code == 0
    else:
        assert w.pull(limits=USUAL).exit_code == 0
    assert len([one for one in w.wrote("tribe") if "Organization" in one]) == changed


@pytest.mark.parametrize(
    ("percent", "changed", "refused"),
    [(30, 30, False), (30, 31, True), (31, 31, False), (29, 30, True)],
)
def test_the_share_of_a_hundred(w: World, percent: int, changed: int, refused: bool) -> None:
    for contact in customers(w, 100)[:changed]:
        w.poweroffice.edit_customer(contact, EmailAddress="ny@kunde.example")
    limits = replace(USUAL, max_change_percent=percent)
    if refused:
        check_refused(w, w.pull, limits=limits)
    else:
        assert w.pull(limits=limits).exit_code == 0
        assert w.differences() == []


@pytest.mark.parametrize(("new", "refused"), [(9, False), (10, False), (11, True)])
def test_the_number_of_new_records(w: World, new: int, refused: bool) -> None:
    customers(w, 0)
    for number in range(new):
        w.tribe_customer(f"Ny kunde {number} AS")
    limits = replace(USUAL, max_creates=10)
    if refused:
        report = check_refused(w, w.push, limits=limits)
        assert "11 would be created, the limit is 10" in str(report.error)
        assert w.poweroffice.customers() == []
    else:
        assert w.push(limits=limits).counts["create"] == new


def test_archiving_counts_as_a_change(w: World) -> None:
    for contact in customers(w, 10)[:4]:
        w.poweroffice.edit_customer(contact, IsArchived=True)
    check_refused(w, w.pull, limits=USUAL)


def test_records_that_are_gone_count_as_changes(w: World) -> None:
    for contact in customers(w, 10)[:4]:
        w.poweroffice.delete("customer", contact)
    check_refused(w, w.pull, limits=USUAL, full=True)


@pytest.mark.parametrize(
    ("system", "path", "empty", "one_pass"),
    [
        ("poweroffice", r"/(Customers|Suppliers)$", Status(204), "pull"),
        ("poweroffice", r"/(Customers|Suppliers)$", Status(200, "[]"), "push"),
        ("tribe", r"/Relationship_", Status(200, '{"value": []}'), "push"),
        ("tribe", r"/Relationship_", Status(200, '{"value": []}'), "pull"),
    ],
)
def test_an_empty_side(w: World, system: Any, path: str, empty: Status, one_pass: str) -> None:
    """One linked record is enough: nobody deletes the last customer."""
    customers(w, 1)
    w.sandbox.faults.add(Fault(system, "GET", path, empty, times=1000))
    check_refused(w, getattr(w, one_pass), limits=USUAL, full=True)
    w.sandbox.faults.clear()
    assert getattr(w, one_pass)(limits=USUAL, full=True).exit_code == 0
    assert w.wrote() == []


@pytest.mark.parametrize("one_pass", ["init", "push", "pull", "push_products", "pull_products"])
def test_another_tenants_state(w: World, one_pass: str) -> None:
    customers(w, 1)
    before = w.state.read_bytes()
    with w.strangers() as others:
        others.company("Annet Firma AS")
        others.tribe_customer("Enda et firma AS")
        with pytest.raises(GuardRefused, match="another pair of tenants"):
            getattr(others, one_pass)()
        assert others.wrote() == []
    assert w.state.read_bytes() == before
    assert w.wrote() == []


def test_another_field_table(w: World) -> None:
    (contact,) = customers(w, 1)
    store = Store(w.state)
    memory = store.open()
    store.save(replace(memory, meta=replace(memory.meta, fields="an older table")))
    w.poweroffice.edit_customer(contact, EmailAddress="ny@kunde.example")
    for one_pass in (w.pull, w.push):
        report = check_refused(w, one_pass, limits=USUAL)
        assert "an older table" in str(report.error)
    assert w.pull(limits=replace(USUAL, force=True)).exit_code == 0
    w.push(limits=USUAL)
    assert w.differences() == []


@pytest.mark.parametrize("one_pass", ["push", "pull", "push_products", "pull_products"])
def test_no_first_sync_cannot_be_forced(w: World, one_pass: str) -> None:
    w.company("Fjord Kaffe AS")
    w.tribe_customer("Skog Bygg AS")
    with pytest.raises(GuardRefused, match="needs a finished init-sync"):
        getattr(w, one_pass)(limits=replace(USUAL, force=True))
    assert w.wrote() == []
