"""Lists that change, or break off, while they are being read page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.world import World
from tribe_po.errors import Temporary
from tribe_po.poweroffice import lists
from tribe_po.sandbox.faults import DropBefore, Fault, Run, Status
from tribe_po.tribe import reading

NAMES = [f"Kunde {number} AS" for number in range(9)]

PAGES = {"poweroffice": r"/Customers$", "tribe": r"/Relationship_"}


@pytest.fixture
def paged(w: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Nine linked customers, in pages of two."""
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    monkeypatch.setattr(reading, "PAGE", 2)
    w.tribe.dialect = replace(w.tribe.dialect, page_cap=2)
    for name in NAMES:
        w.company(name)
    assert w.init().exit_code == 0
    w.sandbox.requests.clear()
    return w


def pages_read(w: World, system: Any) -> int:
    asked = w.sandbox.requests.all(system)
    return sum(PAGES[system].strip("$") in one.path and one.method == "GET" for one in asked)


@pytest.mark.parametrize("system", ["poweroffice", "tribe"])
@pytest.mark.parametrize("failure", [Status(500), Status(504, "<html>"), DropBefore()])
def test_a_page_missing_in_the_middle_is_no_shorter_list(
    paged: World, system: Any, failure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = paged
    monkeypatch.setattr("tribe_po.transport.stop.Stop.sleep", lambda *_: None)
    before = w.memory()
    w.poweroffice.edit_customer(
        int(w.link(NAMES[8]).poweroffice_id), EmailAddress="ny@kunde.example"
    )
    w.sandbox.faults.add(Fault(system, "GET", PAGES[system], failure, times=5, skip=2))
    with pytest.raises(Temporary):
        w.pull(full=True)
    assert pages_read(w, system) >= 3
    assert w.wrote() == []
    assert (w.memory().links, w.memory().cursors) == (before.links, before.cursors)
    w.pull(full=True)
    assert w.differences() == []


@pytest.mark.parametrize("system", ["poweroffice", "tribe"])
@pytest.mark.parametrize(
    "answer",
    [
        Status(200, '[{"Id": 1, "Na'),
        Status(200, "<html>Sign in</html>", content_type="text/html"),
        Status(200),
        Status(200, "{}"),
        Status(200, "null"),
        Status(200, '["text"]'),
    ],
    ids=["cut off", "HTML", "empty", "an object", "null", "texts"],
)
@pytest.mark.parametrize("page", [0, 2])
def test_a_page_that_makes_no_sense_is_no_shorter_list(
    paged: World, system: Any, answer: Status, page: int
) -> None:
    w = paged
    before = w.memory()
    w.poweroffice.edit_customer(
        int(w.link(NAMES[8]).poweroffice_id), EmailAddress="ny@kunde.example"
    )
    w.sandbox.faults.add(Fault(system, "GET", PAGES[system], answer, skip=page))
    with pytest.raises(Temporary):
        w.pull(full=True)
    assert w.sandbox.faults.pending() == []
    assert w.wrote() == []
    assert (w.memory().links, w.memory().cursors) == (before.links, before.cursors)
    w.pull(full=True)
    assert w.differences() == []


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
@pytest.mark.parametrize("edited", [0, 4, 8])
def test_a_record_that_is_modified_during_the_read_is_not_missed(
    paged: World, moment: int, edited: int
) -> None:
    """Whether its page was read before or is still to come."""
    w = paged
    contact = int(w.link(NAMES[edited]).poweroffice_id)
    relation = w.link(NAMES[edited]).tribe_relation_id

    def edit() -> None:
        w.clock.advance(timedelta(seconds=1))
        w.poweroffice.edit_customer(contact, EmailAddress="ny@kunde.example")
        w.tribe.edit(relation, PhoneNumber="+4700123456")

    w.sandbox.faults.add(Fault("poweroffice", "GET", r"/Customers$", Run(edit), skip=moment))
    w.pull(full=True)
    for _ in range(2):
        w.push()
        w.pull()
    assert w.tribe.entity(relation)["EmailAddress"] == "ny@kunde.example"
    assert w.poweroffice.customer(contact)["PhoneNumber"] == "+4700123456"
    assert w.differences() == []


@pytest.mark.parametrize("system", ["poweroffice", "tribe"])
def test_a_deletion_that_moves_the_pages_parks_only_what_was_deleted(
    paged: World, system: Any
) -> None:
    """The rows after it move up, and one of them slips to a page that was read already."""
    w = paged
    first = w.link(NAMES[0])

    def delete() -> None:
        if system == "poweroffice":
            w.poweroffice.delete("customer", int(first.poweroffice_id))
        else:
            w.tribe.delete(first.tribe_id)

    w.sandbox.faults.add(Fault(system, "GET", PAGES[system], Run(delete), skip=1))
    w.pull(full=True)
    w.push(full=True)
    parked = {link.label for link in w.memory().links.values() if link.parked}
    assert parked == {NAMES[0]}
    assert w.wrote() == []


def test_rows_that_come_in_another_order_on_every_page(paged: World) -> None:
    """A Tribe that cannot order by ID shuffles rows with equal keys anew for each request."""
    w = paged
    w.tribe.dialect = replace(w.tribe.dialect, order_by_id=False)
    before = w.memory().links
    w.push(full=True)
    w.pull(full=True)
    assert w.memory().links == before
    assert w.wrote() == []


def test_the_pages_are_small_enough_for_the_tests_here(paged: World) -> None:
    paged.pull(full=True)
    assert pages_read(paged, "poweroffice") >= 5
    assert pages_read(paged, "tribe") >= 5
