"""What a person leaves as it is: told no more while it stays the same, and never acted upon."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.sync.builders import NOON, POWEROFFICE, TRIBE, in_tribe, linked, saw
from tests.sync.test_invoices import BOOK, SUMS, link, task
from tribe_po.records import Kind, Link, Memory, Value
from tribe_po.sync import acknowledged
from tribe_po.sync.invoices import decisions_for, held
from tribe_po.sync.match import Matching
from tribe_po.sync.plan import make_plan
from tribe_po.sync.trees import GONE, lay_over

OFF = link(
    base={**SUMS, "content": "a"},
    tribe={"issued": True, "total": Decimal(115), "content": "b"},
    poweroffice={"issued": None},
)
HELD = held(OFF, POWEROFFICE, BOOK)


def told(one: Link) -> set[str]:
    """The fields that a pass lists of an invoice."""
    memory = Memory(links={one.key: one})
    plan = make_plan(memory, Matching((), (), ()), task(), NOON)
    assert plan.changes == ()
    return {name for entry in plan.quarantined.values() for name in entry.held_fields}


def accepted(one: Link, *names: str) -> Link:
    return acknowledged.with_differences(one, POWEROFFICE, names)


def test_everything_is_told_before_somebody_accepts_it() -> None:
    assert told(OFF) == set(HELD) == {"total", "content"}
    assert acknowledged.still_to_tell(OFF, POWEROFFICE, HELD) == HELD


def test_what_is_accepted_is_told_no_more_and_the_rest_still_is() -> None:
    assert told(accepted(OFF, "content")) == {"total"}
    assert told(accepted(OFF, "total", "content")) == set()
    assert told(accepted(accepted(OFF, "total"), "content")) == set()


@pytest.mark.parametrize("accept", [(), ("total",), ("content",), ("total", "content")])
def test_an_order_whose_sums_or_content_differ_is_never_booked(accept: tuple[str, ...]) -> None:
    assert decisions_for(accepted(OFF, *accept), POWEROFFICE, BOOK) == []


def test_a_difference_is_about_one_side_that_is_written_to() -> None:
    elsewhere = acknowledged.with_differences(OFF, TRIBE, ("total", "content"))
    assert told(elsewhere) == {"total", "content"}


@pytest.mark.parametrize(
    ("tribe", "poweroffice", "again"),
    [
        ({"total": Decimal(116)}, {}, {"total"}),
        ({}, {"total": Decimal(126)}, {"total"}),
        ({"content": "c"}, {}, {"content"}),
        ({"phase": "Reminder1", "number": "7"}, {"payment": "open"}, set()),
    ],
)
def test_a_difference_that_changes_is_told_again(
    tribe: dict[str, Value], poweroffice: dict[str, Value], again: set[str]
) -> None:
    done = accepted(OFF, "total", "content")
    changed = replace(
        done, tribe={**done.tribe, **tribe}, poweroffice={**done.poweroffice, **poweroffice}
    )
    assert told(changed) == again
    assert told(replace(changed, tribe=done.tribe, poweroffice=done.poweroffice)) == set()


def test_accepting_twice_notes_it_once_and_in_one_order() -> None:
    one = accepted(OFF, "total", "content")
    assert accepted(one, "content") == one == accepted(OFF, "content", "total")
    assert len(one.acknowledged) == 2


PARKED = replace(OFF, parked=GONE[POWEROFFICE])


def test_a_parked_link_is_told_until_somebody_accepts_it() -> None:
    assert not acknowledged.is_parking_to_tell(OFF)
    assert acknowledged.is_parking_to_tell(PARKED)
    assert not acknowledged.is_parking_to_tell(acknowledged.with_parking(PARKED))


@pytest.mark.parametrize(
    "changed",
    [{"parked": GONE[TRIBE]}, {"tribe": {"content": "c"}}],
    ids=["for another reason", "with other content"],
)
def test_a_link_that_is_parked_otherwise_is_told_again(changed: dict[str, object]) -> None:
    done = acknowledged.with_parking(PARKED)
    assert acknowledged.is_parking_to_tell(replace(done, **changed))  # type: ignore[arg-type]


def test_a_mark_stays_the_same_for_what_an_earlier_version_saved() -> None:
    """What it is a digest of, and what that is called, is part of the state file."""
    (parking,) = acknowledged.with_parking(PARKED).acknowledged
    told = {"why": GONE[POWEROFFICE], "content": "b"}
    assert parking == f"parked:{acknowledged.fingerprint(told)}"
    (difference,) = accepted(OFF, "total").acknowledged
    sums = {"tribe": Decimal(115), "poweroffice": Decimal(125)}
    assert difference == f"poweroffice:total:{acknowledged.fingerprint(sums)}"


def test_accepting_that_a_link_is_parked_accepts_nothing_else() -> None:
    used_again = replace(acknowledged.with_parking(PARKED), parked=None)
    assert told(used_again) == {"total", "content"}


def test_a_plan_counts_the_parked_links_that_nobody_has_accepted() -> None:
    for one, number in ((PARKED, 1), (acknowledged.with_parking(PARKED), 0)):
        memory = Memory(links={one.key: one})
        assert make_plan(memory, Matching((), (), ()), task(), NOON).parked == number


def test_a_record_that_comes_back_and_goes_again_is_told_again() -> None:
    gone = replace(linked(), parked=GONE[TRIBE])
    done = accepted(acknowledged.with_parking(gone), "email")
    memory = lay_over(Memory(links={done.key: done}), saw(TRIBE, in_tribe()), (Kind.CUSTOMER,))
    back = memory.links[done.key]
    assert back.parked is None
    assert back.acknowledged == accepted(linked(), "email").acknowledged
    assert acknowledged.is_parking_to_tell(replace(back, parked=GONE[TRIBE]))
