"""What stops a pass before it writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sync.builders import (
    BOTH_KINDS,
    CUSTOMER,
    NOON,
    POWEROFFICE,
    SUPPLIER,
    TRIBE,
    edited,
    in_poweroffice,
    in_tribe,
    linked,
    memory_of,
    planned,
    pull,
    push,
    saw,
)
from tribe_po import fields
from tribe_po.errors import ExitCode, GuardRefused
from tribe_po.records import Kind, Link, Memory, Meta, Observation, System
from tribe_po.sync.change import Task
from tribe_po.sync.guard import Limits, Situation, check_initialised, refusals
from tribe_po.sync.trees import lay_over

ROOMY = Limits(max_change_percent=30, max_creates=100)


def links(count: int, kind: Kind = CUSTOMER) -> list[Link]:
    return [linked(f"p{n}", f"t{n}", kind, number=str(10_000 + n)) for n in range(count)]


def with_changed(before: Memory, count: int) -> Memory:
    """The memory after so many of its links were changed in PowerOffice."""
    changed = {
        key: edited(link, POWEROFFICE, email="new@x.example")
        for key, link in list(before.links.items())[:count]
    }
    return replace(before, links={**before.links, **changed})


def trips(
    before: Memory,
    after: Memory,
    *seen: Observation,
    limits: Limits = ROOMY,
    task: Task | None = None,
) -> list[GuardRefused]:
    return refusals(Situation(planned(after, task or pull()), before, seen, limits))


@pytest.mark.parametrize(
    ("linked_records", "changed", "refused"),
    [
        (1000, 299, False),
        (1000, 300, False),
        (1000, 301, True),
        (9, 9, False),
        (10, 3, False),
        (10, 4, True),
        (11, 3, False),
        (11, 4, True),
        (0, 0, False),
    ],
)
def test_more_than_the_allowed_share_of_changes_is_refused(
    linked_records: int, changed: int, refused: bool
) -> None:
    before = memory_of(*links(linked_records))

    assert bool(trips(before, with_changed(before, changed))) is refused


def test_the_refusal_tells_numbers_limit_and_way_out() -> None:
    before = memory_of(*links(10))

    (refusal,) = trips(before, with_changed(before, 4))

    assert refusal.exit_code is ExitCode.REFUSED
    assert refusal.what == "Too many changes at once"
    assert "4 of 10" in refusal.why
    assert "40.0 % is over 30 %" in refusal.why
    assert "pull-relations --dry-run" in refusal.next_step
    assert "--force" in refusal.next_step


def test_records_that_vanished_count_as_changes() -> None:
    before = memory_of(*links(10))
    kept = [in_tribe(f"t{n}", number=str(10_000 + n)) for n in range(6)]
    observation = saw(TRIBE, *kept, complete=True)

    (refusal,) = trips(before, lay_over(before, observation, BOTH_KINDS), observation)

    assert "4 of 10" in refusal.why


def test_records_that_had_vanished_before_do_not() -> None:
    before = memory_of(*(replace(link, parked="gone") for link in links(10)))

    assert not trips(before, before)


def test_a_record_that_changed_and_vanished_counts_once() -> None:
    before = memory_of(*links(10))
    after = with_changed(before, 3)
    first = next(iter(after.links.values()))
    after.links[first.key] = replace(first, parked="gone")

    assert not trips(before, after)


def test_a_new_link_that_needs_an_update_is_no_change_of_what_was_linked() -> None:
    before = memory_of(*links(10))
    newcomers = {
        (TRIBE, CUSTOMER, f"t9{n}"): in_tribe(f"t9{n}", number=f"20{n}", email=None)
        for n in range(9)
    } | {
        (POWEROFFICE, CUSTOMER, f"p9{n}"): in_poweroffice(f"p9{n}", number=f"20{n}")
        for n in range(9)
    }

    assert not trips(before, replace(before, unlinked=newcomers))


def test_kinds_of_other_passes_do_not_count() -> None:
    before = memory_of(*links(10, SUPPLIER), *links(9, CUSTOMER))

    assert not trips(before, with_changed(before, 19), task=pull(kinds=(CUSTOMER,)))


@pytest.mark.parametrize(("percent", "refused"), [(40, False), (39, True), (0, True)])
def test_the_share_is_a_setting(percent: int, refused: bool) -> None:
    before = memory_of(*links(10))
    limits = replace(ROOMY, max_change_percent=percent)

    assert bool(trips(before, with_changed(before, 4), limits=limits)) is refused


def test_a_side_that_never_had_one_of_this_kind_is_not_suddenly_empty() -> None:
    before = memory_of(*links(20, SUPPLIER))
    task = replace(pull(), kinds=(CUSTOMER,))
    assert trips(before, before, saw(POWEROFFICE, complete=True), task=task) == []


@pytest.mark.parametrize("system", [TRIBE, POWEROFFICE])
def test_a_side_that_is_suddenly_empty_is_refused(system: System) -> None:
    before = memory_of(linked())

    (refusal,) = trips(before, before, saw(system, complete=True))

    assert refusal.what == f"{system.title} is suddenly empty"
    assert "0 records, but 1 are linked" in refusal.why


def test_an_empty_side_is_fine_when_nothing_was_linked_or_only_changes_were_read() -> None:
    assert not trips(Memory(), Memory(), saw(TRIBE, complete=True))
    assert not trips(memory_of(linked()), memory_of(linked()), saw(TRIBE, complete=False))
    assert not trips(
        memory_of(linked()), memory_of(linked()), saw(TRIBE, in_tribe(), complete=True)
    )


@pytest.mark.parametrize(
    ("known", "refused"), [("", False), (fields.fingerprint(), False), ("0123456789abcdef", True)]
)
def test_a_changed_field_table_is_refused_once_it_is_known(known: str, refused: bool) -> None:
    before = replace(memory_of(linked()), meta=Meta(fields=known))

    found = trips(before, before)

    assert bool(found) is refused
    if refused:
        assert known in found[0].why
        assert fields.fingerprint() in found[0].why
        assert "--dry-run --full --force" in found[0].next_step


@pytest.mark.parametrize(("limit", "refused"), [(3, False), (2, True), (0, True)])
def test_creates_and_added_roles_count_against_their_limit(limit: int, refused: bool) -> None:
    memory = memory_of(*(in_poweroffice(f"p{n}", number=str(n)) for n in (5, 6, 7)))
    candidate = replace(in_tribe("lead", number="7"), role_missing=True)
    plan = planned(memory, pull(), candidates=[candidate])
    assert {change.action.value for change in plan.changes} == {"create", "add-role"}

    found = refusals(Situation(plan, memory, (), Limits(30, limit)))

    assert bool(found) is refused
    if refused:
        assert f"3 would be created, the limit is {limit}" in found[0].why
        assert "--max-changes 3" in found[0].next_step


def test_force_passes_them_all() -> None:
    before = replace(memory_of(*links(10)), meta=Meta(fields="0123456789abcdef"))
    after = with_changed(before, 10)
    after.unlinked[POWEROFFICE, CUSTOMER, "p99"] = in_poweroffice("p99", number="99")
    empty = saw(TRIBE, complete=True)
    strict = Limits(0, 0)

    assert len(trips(before, after, empty, limits=strict)) == 4
    assert not trips(before, after, empty, limits=replace(strict, force=True))


class TestInitialised:
    def test_all_kinds_need_a_finished_init_sync(self) -> None:
        memory = Memory(meta=Meta(initialised=(CUSTOMER,)))

        with pytest.raises(GuardRefused) as refusal:
            check_initialised(memory, "push-relations", BOTH_KINDS)

        assert refusal.value.what == "push-relations needs a finished init-sync"
        assert refusal.value.why == "None has finished for suppliers."
        assert "init-sync --dry-run" in refusal.value.next_step

    def test_a_finished_one_opens_the_gate(self) -> None:
        check_initialised(Memory(meta=Meta(initialised=(CUSTOMER,))), "push-relations", [CUSTOMER])


def test_a_plan_within_all_limits_passes() -> None:
    before = memory_of(*links(10))
    after = with_changed(before, 1)

    assert not trips(before, after, saw(TRIBE, in_tribe(), complete=True, cursor=NOON), task=push())
