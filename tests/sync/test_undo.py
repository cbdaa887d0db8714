"""The inverse of what a run updated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sync.builders import (
    CUSTOMER,
    HAVNEGATA,
    POWEROFFICE,
    STORGATA,
    TRIBE,
    WITHOUT_CITY,
    edited,
    linked,
)
from tribe_po.fields import fields_of
from tribe_po.records import Form, Kind, Link, System, Value
from tribe_po.settings import ConflictPolicy
from tribe_po.sync.change import Action, Change, FieldChange, Status
from tribe_po.sync.merge import decisions
from tribe_po.sync.trees import see
from tribe_po.sync.undo import CREATED, GONE, INVOICES, Past, Touched, created, inverse

OLD, NEW, LATER = "old@fjord.example", "new@fjord.example", "later@fjord.example"


def touched(link: Link, side: System = POWEROFFICE, **fields: tuple[Value, Value]) -> Touched:
    """What a run made of a link's fields on one side."""
    return Touched(
        link.kind,
        link.poweroffice_id,
        link.tribe_id,
        link.label,
        {name: (Past(side, *values),) for name, values in fields.items()},
    )


def written(changes: list[Change]) -> dict[tuple[System, str], Value]:
    return {
        (one.system, name): value
        for one in changes
        if one.edit
        for name, value in one.edit.values.items()
    }


def left(changes: list[Change]) -> dict[str, str | None]:
    skipped = [one for one in changes if one.status is Status.SKIPPED]
    assert all(one.edit is None for one in skipped)
    return {field.name: one.reason for one in skipped for field in one.fields}


@pytest.mark.parametrize("side", list(System))
def test_both_sides_get_the_value_from_before(side: System) -> None:
    link = linked(email=NEW)
    changes = list(inverse(touched(link, side, email=(OLD, NEW)), link))
    assert written(changes) == {(TRIBE, "email"): OLD, (POWEROFFICE, "email"): OLD}
    assert [one.edit.expected for one in changes if one.edit] == [{"email": NEW}] * 2
    assert left(changes) == {}


@pytest.mark.parametrize("side", list(System))
def test_a_field_that_one_side_changed_since_is_written_to_neither(side: System) -> None:
    link = edited(linked(email=NEW, phone="2"), side, email=LATER)
    changes = list(inverse(touched(link, email=(OLD, NEW), phone=("1", "2")), link))
    assert written(changes) == {(TRIBE, "phone"): "1", (POWEROFFICE, "phone"): "1"}
    assert left(changes) == {"email": f"changed since in {side.title}"}


def test_a_side_that_is_as_before_already_is_not_written() -> None:
    link = edited(linked(email=NEW), TRIBE, email=OLD)
    assert written(list(inverse(touched(link, email=(OLD, NEW)), link))) == {
        (POWEROFFICE, "email"): OLD
    }
    link = linked(email=OLD)
    changes = list(inverse(touched(link, email=(OLD, NEW)), link))
    assert left(changes) == {"email": "it is as it was before already"}


def test_what_was_empty_is_emptied() -> None:
    link = linked(email=NEW)
    changes = list(inverse(touched(link, email=(None, NEW)), link))
    assert written(changes) == {(TRIBE, "email"): None, (POWEROFFICE, "email"): None}


def test_what_a_side_would_refuse_stays() -> None:
    link = linked(address=STORGATA)
    changes = list(inverse(touched(link, TRIBE, address=(WITHOUT_CITY, STORGATA)), link))
    assert written(changes) == {}
    assert list(left(changes)) == ["address"]


def test_the_number_that_records_are_known_by_stays() -> None:
    link = linked()
    changes = list(inverse(touched(link, TRIBE, number=("7", "10010")), link))
    assert left(changes) == {"number": "it stays: records are known by it"}


def test_the_code_that_products_are_known_by_stays() -> None:
    link = linked(kind=Kind.PRODUCT, form=Form.PRODUCT, code="K-2")
    changes = list(inverse(touched(link, TRIBE, code=("K-1", "K-2")), link))
    assert left(changes) == {"code": "it stays: records are known by it"}


def test_a_field_that_there_is_no_longer() -> None:
    link = linked()
    assert left(list(inverse(touched(link, fax=("1", "2")), link))) == {
        "fax": "it is no longer a field that is synchronised"
    }


def test_a_run_that_found_the_sides_unlike() -> None:
    link = linked(email=NEW)
    both = (Past(TRIBE, OLD, NEW), Past(POWEROFFICE, LATER, NEW))
    record = replace(touched(link), fields={"email": both})
    assert left(list(inverse(record, link))) == {
        "email": "the two sides did not hold the same before"
    }


def test_what_is_gone_parked_or_linked_otherwise() -> None:
    link = linked(email=NEW)
    record = touched(link, email=(OLD, NEW))
    for held in (None, replace(link, parked="gone"), replace(link, tribe_id="another")):
        assert left(list(inverse(record, held))) == {"email": GONE}


def test_invoices_are_never_touched() -> None:
    record = Touched(Kind.INVOICE, "p1", "t1", "20001", {"phase": (Past(TRIBE, "Sent", "Paid"),)})
    assert left(list(inverse(record, linked(kind=CUSTOMER)))) == {"phase": INVOICES}


def test_what_was_created_is_only_shown() -> None:
    link = linked()
    assert created(touched(link), Action.ADD_ROLE, TRIBE) == Change(
        action=Action.ADD_ROLE,
        kind=CUSTOMER,
        system=TRIBE,
        poweroffice_id="p1",
        tribe_id="t1",
        label=link.label,
        status=Status.SKIPPED,
        reason=CREATED,
    )


def test_each_side_is_told_what_it_holds_what_it_gets_and_why() -> None:
    link = linked(email=NEW)
    wrote, followed = inverse(touched(link, TRIBE, email=(OLD, NEW)), link)
    assert (wrote.system, followed.system) == (TRIBE, POWEROFFICE)
    assert wrote.fields == (FieldChange("email", "e-mail", NEW, OLD, "as it was before the run"),)
    because = "so that both sides agree again"
    assert followed.fields == (FieldChange("email", "e-mail", NEW, OLD, because),)


def test_what_both_sides_wrote_was_before_on_both() -> None:
    link = linked(email=NEW)
    both = (Past(TRIBE, OLD, NEW), Past(POWEROFFICE, OLD, NEW))
    changes = list(inverse(replace(touched(link), fields={"email": both}), link))
    assert {one.because for change in changes for one in change.fields} == {
        "as it was before the run"
    }


def test_what_stays_is_shown_as_the_side_that_the_run_wrote_to_holds_it() -> None:
    link = edited(linked(email=NEW, phone="2"), TRIBE, email=LATER, phone="3")
    record = touched(link, TRIBE, email=(OLD, NEW), phone=("1", "2"))
    reason = "changed since in Tribe"
    assert list(inverse(record, link)) == [
        Change(
            action=Action.UPDATE,
            kind=CUSTOMER,
            system=TRIBE,
            poweroffice_id="p1",
            tribe_id="t1",
            label=link.label,
            fields=(
                FieldChange("email", "e-mail", LATER, OLD, reason),
                FieldChange("phone", "phone", "3", "1", reason),
            ),
            status=Status.SKIPPED,
            reason=reason,
        )
    ]


def test_what_stays_is_told_once_although_both_sides_were_written() -> None:
    link = edited(edited(linked(email=NEW), TRIBE, email=LATER), POWEROFFICE, email="x@y.example")
    both = (Past(TRIBE, OLD, NEW), Past(POWEROFFICE, OLD, NEW))
    (change,) = inverse(replace(touched(link), fields={"email": both}), link)
    assert change.reason is not None
    assert change.reason.startswith("changed since in ")
    assert set(change.reason.removeprefix("changed since in ").split(" and in ")) == {
        "Tribe",
        "PowerOffice",
    }


def test_of_what_is_gone_the_value_that_the_run_wrote_is_shown() -> None:
    link = linked(email=NEW)
    (change,) = inverse(touched(link, email=(OLD, NEW)), None)
    assert change.fields == (FieldChange("email", "email", NEW, OLD, GONE),)


ROWS = [row for row in fields_of(CUSTOMER, linked().form) if row.name != "number"]
TEXTS: tuple[Value, ...] = ("a", "b", None)
VALUES: dict[str, tuple[Value, ...]] = {
    "address": (STORGATA, HAVNEGATA),
    "payment_days": (14, 30),
    "inactive": (True, False),
    "name": ("Fjord Kaffe AS", "Fjord Te AS"),
}
values_of_a_customer = st.fixed_dictionaries(
    {row.name: st.sampled_from(VALUES.get(row.name, TEXTS)) for row in ROWS}
)
edits = st.dictionaries(st.sampled_from([row.name for row in ROWS]), st.sampled_from([0, 1]))


@given(values_of_a_customer, values_of_a_customer, edits, edits, st.sampled_from(list(System)))
def test_what_is_taken_back_is_agreed_on_and_nobodys_edit_is_lost(
    before: dict[str, Any],
    after: dict[str, Any],
    in_tribe: dict[str, int],
    in_poweroffice: dict[str, int],
    side: System,
) -> None:
    link = linked(**after)
    for system, chosen in ((TRIBE, in_tribe), (POWEROFFICE, in_poweroffice)):
        link = edited(link, system, **{k: VALUES.get(k, TEXTS)[v] for k, v in chosen.items()})
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    changes = list(inverse(touched(link, side, **changed), link))
    held = {system: link.seen_in(system) for system in System}
    for change in changes:
        if change.edit:
            link = see(link, change.system, {**link.seen_in(change.system), **change.edit.values})
    to_do = {one.row.name for one in decisions(link, ConflictPolicy.MANUAL)}
    for name in changed:
        if name in left(changes):
            for system in System:
                assert link.seen_in(system).get(name) == held[system].get(name)
        else:
            assert name not in to_do
            assert link.base[name] == before[name]
