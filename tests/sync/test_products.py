"""Products on the engine of the relations: their code is the key and, in PowerOffice, the mark."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.sync.fakes import FakeKeeper, two_sides
from tribe_po import fields
from tribe_po.records import Form, Kind, Link, Memory, Record, System, Value
from tribe_po.settings import ConflictPolicy
from tribe_po.sync.apply import apply
from tribe_po.sync.change import Action, Change, Plan, Status, Task
from tribe_po.sync.draft import key_write_back
from tribe_po.sync.match import MADE_CODE, mark_for, match
from tribe_po.sync.plan import make_plan
from tribe_po.sync.trees import pair, see

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TRIBE_ID = "9fcb346f-bd58-423d-b7da-1952f9449827"
COFFEE: dict[str, Value] = {
    "code": "K-1",
    "name": "Coffee",
    "price": Decimal("80.00"),
    "unit": "KGM",
    "vat": Decimal(15),
    "inactive": False,
}
PUSH = Task(
    name="push-products",
    kinds=(Kind.PRODUCT,),
    creates_in=frozenset({System.POWEROFFICE}),
    updates_in=frozenset({System.POWEROFFICE}),
    conflicts=ConflictPolicy.POWEROFFICE,
    keys_to_tribe=True,
)


def product(system: System, record_id: str, **values: Value) -> Record:
    code = values.get("code")
    made = system is System.POWEROFFICE and str(code).startswith(MADE_CODE)
    return Record(
        kind=Kind.PRODUCT,
        system=system,
        id=record_id,
        relation_id=record_id,
        form=Form.PRODUCT,
        values={**COFFEE, **values},
        mark=str(code) if made else None,
    )


def planned(*records: Record, task: Task = PUSH, links: tuple[Link, ...] = ()) -> Plan:
    memory = Memory(
        links={link.key: link for link in links},
        unlinked={(one.system, one.kind, one.id): one for one in records},
    )
    return make_plan(memory, match(memory, (), task.kinds, ()), task, NOW)


def the_change(plan: Plan) -> Change:
    (change,) = plan.changes
    return change


def test_the_same_code_is_the_same_product() -> None:
    plan = planned(product(System.TRIBE, "t1"), product(System.POWEROFFICE, "7"))
    assert the_change(plan).action is Action.LINK


def test_a_code_that_two_products_carry_is_left_to_a_person() -> None:
    plan = planned(
        product(System.TRIBE, "t1"),
        product(System.TRIBE, "t2", name="Coffee, old"),
        product(System.POWEROFFICE, "7"),
    )
    assert plan.changes == ()
    (reason,) = {entry.reason for entry in plan.quarantined.values()}
    assert "K-1" in reason
    assert "Coffee, old" in reason


def test_a_new_product_keeps_its_code() -> None:
    change = the_change(planned(product(System.TRIBE, TRIBE_ID)))
    assert change.creation is not None
    assert change.creation.values["code"] == change.creation.mark == "K-1"


def test_a_product_without_a_code_gets_one_that_follows_from_its_id() -> None:
    change = the_change(planned(product(System.TRIBE, TRIBE_ID, code=None)))
    assert change.creation is not None
    assert change.creation.values["code"] == change.creation.mark == "TRIBE-9FCB346F-BD58"
    assert ("code", "TRIBE-9FCB346F-BD58") in {(one.name, one.after) for one in change.fields}


def test_a_made_code_is_found_again_after_a_crash() -> None:
    source = product(System.TRIBE, TRIBE_ID, code=None)
    copy = product(System.POWEROFFICE, "7", code=mark_for(source))
    plan = planned(source, copy)
    assert [change.action for change in plan.changes] == [Action.LINK, Action.UPDATE]
    back = plan.changes[1]
    assert back.system is System.TRIBE
    assert back.edit is not None
    assert back.edit.values == {"code": "TRIBE-9FCB346F-BD58"}


def test_a_code_that_tribe_has_is_not_overwritten_by_the_way() -> None:
    link = pair(product(System.POWEROFFICE, "7"), product(System.TRIBE, "t1"), "number")
    link = see(link, System.POWEROFFICE, {**COFFEE, "code": "K-2"})
    assert key_write_back(link) is None


def test_products_and_contacts_with_one_id_have_nothing_to_do_with_each_other() -> None:
    contact = Link(
        Kind.CUSTOMER, Form.ORGANIZATION, "7", "r1", "o1", "number", base={"name": "Fjord AS"}
    )
    plan = planned(product(System.POWEROFFICE, "7"), links=(contact,))
    assert plan.quarantined == {}
    pull = replace(PUSH, creates_in=frozenset({System.TRIBE}), updates_in=frozenset({System.TRIBE}))
    change = the_change(planned(product(System.POWEROFFICE, "7"), task=pull, links=(contact,)))
    assert change.creation is not None
    assert change.creation.relation_id == ""


@pytest.mark.parametrize("code", ["A,B", "x" * 101])
def test_a_code_that_poweroffice_cannot_find_is_held_back(code: str) -> None:
    plan = planned(product(System.TRIBE, TRIBE_ID, code=code))
    (entry,) = plan.quarantined.values()
    assert "100 characters" in entry.reason
    assert plan.changes == ()


def test_an_unknown_unit_is_held_back_and_named() -> None:
    plan = planned(product(System.TRIBE, TRIBE_ID, unit="?palle"))
    change = the_change(plan)
    assert change.creation is not None
    assert "unit" not in change.creation.values
    (entry,) = plan.quarantined.values()
    assert "palle" in entry.reason
    assert "TRIBE_PO_UNITS" in entry.reason
    assert entry.held_fields == ("unit",)


def test_a_price_of_nothing_is_a_price() -> None:
    change = the_change(planned(product(System.TRIBE, TRIBE_ID, price=Decimal(0))))
    assert change.creation is not None
    assert change.creation.values["price"] == Decimal(0)


def test_prices_are_compared_to_four_decimals() -> None:
    row = next(one for one in fields.FIELDS if one.name == "price")
    assert row.same(Decimal("80"), Decimal("80.0000"))
    assert not row.same(Decimal("80.0001"), Decimal("80"))
    assert not row.same(None, Decimal(0))


def test_a_product_is_created_in_tribe_whatever_contact_has_its_id() -> None:
    """Its number may be that of a contact whose relation does not show up in Tribe yet."""
    sides = two_sides()
    hidden = Link(Kind.CUSTOMER, Form.ORGANIZATION, "7", "r1", "", "created")
    pull = replace(PUSH, creates_in=frozenset({System.TRIBE}), updates_in=frozenset({System.TRIBE}))
    plan = planned(product(System.POWEROFFICE, "7"), task=pull, links=(hidden,))
    outcome = apply(plan, sides, FakeKeeper(), sides[System.TRIBE].clock.now)
    (change,) = outcome.changes
    assert (change.action, change.status) == (Action.CREATE, Status.DONE)
    assert outcome.memory.links[Kind.PRODUCT, "7"].base["price"] == Decimal("80.00")
