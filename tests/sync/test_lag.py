"""What was written to Tribe a moment ago and may not show there yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.sync.builders import (
    BOTH_KINDS,
    NOON,
    POWEROFFICE,
    TRIBE,
    edited,
    in_poweroffice,
    in_tribe,
    linked,
    memory_of,
    planned,
    pull,
    saw,
    the_change,
)
from tribe_po.records import Kind, Link, Memory, Record, Sent, System, Values
from tribe_po.sync.lag import (
    SETTLE,
    as_believed,
    laid_over,
    not_taken,
    to_be_sent_again,
    wrote,
)
from tribe_po.tribe.changes import OVERLAP

OLD, NEW = "+4700111111", "+4700222222"
SOON = NOON + timedelta(seconds=30)
LATE = NOON + SETTLE


def shown(phone: str, email: str = "post@fjordkaffe.example") -> Record:
    """The linked customer as Tribe shows it."""
    return in_tribe(number=linked().base["number"], phone=phone, email=email)


def just_written() -> Link:
    """Both sides agree on a phone number that was written to Tribe at noon."""
    return wrote(linked(phone=NEW), {"phone": OLD}, NOON)


def read(link: Link, system: System, record: Record, now: datetime) -> Memory:
    return laid_over(memory_of(link), saw(system, record), BOTH_KINDS, now)


def after(link: Link, record: Record, now: datetime) -> Link:
    return read(link, TRIBE, record, now).links[link.key]


def test_the_value_before_is_no_edit() -> None:
    link = just_written()
    assert after(link, shown(phone=OLD), SOON) == link


def test_a_field_that_was_not_written_is_believed_at_once() -> None:
    seen = after(just_written(), shown(phone=OLD, email="ny@fjordkaffe.example"), SOON)
    assert seen.tribe == {"email": "ny@fjordkaffe.example"}
    assert seen.sent == {"phone": Sent(NOON, (OLD,))}


@pytest.mark.parametrize("now", [SOON, LATE])
def test_once_it_shows_the_next_value_is_an_edit(now: datetime) -> None:
    seen = after(just_written(), shown(phone=NEW), SOON)
    assert seen.sent == {}
    assert after(seen, shown(phone=OLD), now).tribe == {"phone": OLD}


def test_what_does_not_show_in_time_is_no_edit_either() -> None:
    """Tribe may have taken nothing: the old value must not replace the new one elsewhere."""
    seen = after(just_written(), shown(phone=OLD), LATE)
    assert (seen.tribe, seen.sent) == ({}, {"phone": Sent(NOON, (OLD,), overdue=True)})


def test_nothing_is_overdue_before_its_time() -> None:
    seen = after(just_written(), shown(phone=OLD), LATE - timedelta(seconds=1))
    assert seen.sent == {"phone": Sent(NOON, (OLD,))}


@pytest.mark.parametrize(("phone", "edit"), [(NEW, {}), ("333", {"phone": "333"})])
def test_what_is_overdue_may_still_show_or_be_changed(phone: str, edit: Values) -> None:
    seen = after(after(just_written(), shown(phone=OLD), LATE), shown(phone=phone), LATE)
    assert (seen.tribe, seen.sent) == (edit, {})


def test_what_was_overdue_stays_so_when_nothing_tells_or_a_clock_is_set_back() -> None:
    late = after(just_written(), shown(phone=OLD), LATE)
    silent = replace(shown(phone=OLD), values={"email": "post@fjordkaffe.example"})
    assert after(late, silent, LATE) == late
    assert after(late, shown(phone=OLD), NOON) == late


def test_another_value_is_an_edit_at_once() -> None:
    seen = after(just_written(), shown(phone="+4700333333"), SOON)
    assert (seen.tribe, seen.sent) == ({"phone": "+4700333333"}, {})


def test_what_two_writes_replaced_is_no_edit() -> None:
    twice = wrote(
        replace(just_written(), base={**just_written().base, "phone": "+4700333333"}),
        {"phone": NEW},
        SOON,
    )
    assert after(twice, shown(phone=OLD), SOON).tribe == {}
    assert after(twice, shown(phone=NEW), SOON).tribe == {}


@pytest.mark.parametrize("elsewhere", [OLD, "+4700333333"])
def test_what_was_written_back_shows_at_once(elsewhere: str) -> None:
    back = wrote(wrote(linked(phone=OLD), {"phone": OLD}, NOON), {"phone": NEW}, NOON)
    seen = after(edited(back, POWEROFFICE, phone=elsewhere), shown(phone=OLD), SOON)
    assert (seen.tribe, seen.sent) == ({}, {})


@pytest.mark.parametrize("now", [SOON, LATE])
def test_what_nothing_is_told_of_goes_on_waiting(now: datetime) -> None:
    silent = replace(shown(phone=OLD), values={"email": "post@fjordkaffe.example"})
    assert after(just_written(), silent, now) == just_written()


def test_a_clock_that_was_set_back_makes_nobody_wait() -> None:
    seen = after(just_written(), shown(phone=OLD), NOON - timedelta(hours=1))
    assert seen.sent == {"phone": Sent(NOON, (OLD,), overdue=True)}


def test_an_edit_of_that_time_is_read_again_afterwards() -> None:
    assert SETTLE < OVERLAP


def test_a_second_write_begins_anew() -> None:
    again = wrote(just_written(), {"phone": NEW}, SOON)
    assert not after(again, shown(phone=OLD), LATE).sent["phone"].overdue
    assert after(again, shown(phone=OLD), SOON + SETTLE).sent["phone"].overdue


def written_twice() -> Link:
    """Of two phone numbers that were written, Tribe shows none, but the one before."""
    newer = replace(just_written(), base={**just_written().base, "phone": "+4700333333"})
    return after(wrote(newer, {"phone": NEW}, NOON), shown(phone=OLD), LATE)


def test_what_shows_instead_is_the_last_that_is_remembered() -> None:
    assert written_twice().sent == {"phone": Sent(NOON, (NEW, OLD), overdue=True)}


def test_what_was_not_taken_is_told_for_tribe() -> None:
    assert list(not_taken(written_twice(), TRIBE)) == ["phone"]
    assert not_taken(written_twice(), POWEROFFICE) == {}
    assert not_taken(just_written(), TRIBE) == {}


def test_what_is_to_be_sent_again_was_never_sent() -> None:
    again = to_be_sent_again(wrote(written_twice(), {"email": None}, LATE))
    assert again.seen_in(TRIBE)["phone"] == OLD
    assert again.seen_in(POWEROFFICE)["phone"] == "+4700333333"
    assert list(again.sent) == ["email"]
    change = the_change(planned(memory_of(again), pull()))
    assert change.edit is not None
    assert change.edit.values == {"phone": "+4700333333"}


def test_what_was_believed_of_it_goes_as_well() -> None:
    again = to_be_sent_again(edited(written_twice(), TRIBE, phone=NEW))
    assert (again.tribe, again.seen_in(TRIBE)["phone"]) == ({}, OLD)


def test_poweroffice_shows_at_once_what_it_took() -> None:
    link = just_written()
    seen = read(link, POWEROFFICE, in_poweroffice(phone=OLD), SOON).links[link.key]
    assert seen.poweroffice == {"phone": OLD}


def test_it_shows_also_when_poweroffice_has_moved_on_meanwhile() -> None:
    moved_on = edited(just_written(), POWEROFFICE, phone="+4700333333")
    assert after(moved_on, shown(phone=NEW), SOON).sent == {}


def test_records_beside_it_are_believed() -> None:
    link = just_written()
    others = in_tribe("t2", number="10011"), in_tribe("t3", number="10012")
    observation = saw(TRIBE, others[0], shown(phone=NEW), others[1])
    _, told = as_believed(memory_of(link, linked("p3", "t3", number="10012")), observation, SOON)
    assert told == observation


def test_nothing_is_looked_at_where_nothing_was_written() -> None:
    memory = memory_of(linked(phone=NEW))
    observation = saw(TRIBE, shown(phone=OLD))
    assert as_believed(memory, observation, SOON) == (memory, observation)


def test_an_invoice_remembers_its_phase_by_itself() -> None:
    link = replace(linked(), kind=Kind.INVOICE)
    assert wrote(link, {"phase": "Sent"}, NOON) is link
