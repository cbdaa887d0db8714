"""A company that is customer and supplier: whether PowerOffice makes it one contact, two, or
refuses the second, by its organisation number (poweroffice.md section 17, 12)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.wireless import office
from tests.scenarios.world import World
from tribe_po.passes.by_hand import retry

BEGGE = "Begge Deler AS"
ANNET = "Noe Annet AS"
NUMBER = "923456783"
JOINED = ("joined", "joined as it is")


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with office(tmp_path) as w:
        w.tribe.add_product_group("Standard")
        w.init()
        yield w


def _both_roles(w: World) -> str:
    organization = w.tribe_customer(BEGGE, ChamberOfCommerceNumber=NUMBER, PhoneNumber="1")
    w.tribe.add_supplier(organization)
    return organization


def _ids(w: World) -> tuple[list[int], list[int]]:
    return (
        [one["Id"] for one in w.poweroffice.customers()],
        [one["Id"] for one in w.poweroffice.suppliers()],
    )


def _settles(w: World) -> None:
    for _ in range(3):
        w.push()
        w.pull(full=True)
    w.sandbox.requests.clear()
    w.push(full=True)
    w.pull(full=True)
    assert [(one.path, one.body) for one in w.sandbox.requests.writes() if one.status < 400] == []
    assert w.differences() == []


def _retry(w: World, record_id: str) -> None:
    with w.session() as session:
        again = retry(session.memory, [record_id], w.clock.now()).memory
        session.keeper.save(again)


def _of(w: World, organization: str) -> dict[str, Any]:
    (row,) = [one for one in w.tribe.organizations() if one["ID"] == organization]
    found: dict[str, Any] = row
    return found


@pytest.mark.parametrize("way", ["apart", *JOINED])
def test_both_roles_of_one_relation(w: World, way: Any) -> None:
    w.poweroffice.switches.same_company = way
    organization = _both_roles(w)
    _settles(w)
    (customer,), (supplier,) = _ids(w)
    assert (customer == supplier) is (way in JOINED)
    assert {link.tribe_relation_id for link in w.memory().links.values()} == {organization}
    w.tribe.edit(organization, PhoneNumber="2")
    _settles(w)
    assert w.poweroffice.customer(customer)["PhoneNumber"] == "2"
    w.poweroffice.edit_supplier(supplier, EmailAddress="ny@begge.example")
    _settles(w)
    assert w.poweroffice.customer(customer)["EmailAddress"] == "ny@begge.example"
    there = _of(w, organization)
    assert (there["PhoneNumber"], there["EmailAddress"]) == ("2", "ny@begge.example")
    assert w.memory().conflicts == {}


@pytest.mark.parametrize("way", JOINED)
def test_a_second_role_joins_while_its_relation_is_edited(w: World, way: Any) -> None:
    w.poweroffice.switches.same_company = way
    organization = w.tribe_customer(BEGGE, ChamberOfCommerceNumber=NUMBER, PhoneNumber="1")
    _settles(w)
    w.tribe.add_supplier(organization)
    w.tribe.edit(organization, PhoneNumber="2", Website=None)
    _settles(w)
    there = _of(w, organization)
    assert there["PhoneNumber"] == "2"


@pytest.mark.parametrize("way", JOINED)
def test_a_second_role_joins_while_its_contact_is_edited(w: World, way: Any) -> None:
    w.poweroffice.switches.same_company = way
    organization = w.tribe_customer(BEGGE, ChamberOfCommerceNumber=NUMBER, PhoneNumber="1")
    _settles(w)
    (customer,), _ = _ids(w)
    w.poweroffice.edit_customer(customer, PhoneNumber="2")
    w.tribe.add_supplier(organization)
    _settles(w)
    there = _of(w, organization)
    assert there["PhoneNumber"] == "2"


def _two_relations(w: World) -> tuple[str, str]:
    one = w.tribe_customer(BEGGE, ChamberOfCommerceNumber=NUMBER, PhoneNumber="1")
    other: str = w.tribe.add_organization(Name=ANNET, ChamberOfCommerceNumber=NUMBER)
    w.tribe.add_supplier(other)
    return one, other


def _as_they_were(w: World, one: str, other: str) -> None:
    assert (_of(w, one)["Name"], _of(w, other)["Name"]) == (BEGGE, ANNET)
    _linked_is(w, one)


def _linked_is(w: World, one: str) -> None:
    assert [link.tribe_relation_id for link in w.memory().links.values()] == [one]


@pytest.mark.parametrize("way", ["apart", *JOINED, "refused"])
def test_two_relations_of_one_number_wait_for_a_person(w: World, way: Any) -> None:
    """Where PowerOffice makes one contact of them, each would overwrite the other's name."""
    w.poweroffice.switches.same_company = way
    one, other = _two_relations(w)
    _settles(w)
    _as_they_were(w, one, other)
    assert _ids(w)[1] == []
    (entry,) = w.memory().quarantine.values()
    assert (entry.label, entry.attempts) == (ANNET, 1)
    assert f"one contact with the customer {BEGGE}" in entry.reason
    assert f"tribe-po quarantine retry {entry.id}" in entry.next_step


@pytest.mark.parametrize("way", JOINED)
def test_two_relations_that_poweroffice_makes_one_are_not_linked_to_it(w: World, way: Any) -> None:
    """A person said that they are two, and PowerOffice has another opinion."""
    w.poweroffice.switches.same_company = way
    one, other = _two_relations(w)
    w.push()
    (entry,) = w.memory().quarantine.values()
    _retry(w, entry.id)
    w.push()
    (customer,), (supplier,) = _ids(w)
    assert customer == supplier
    _settles(w)
    _linked_is(w, one)
    assert _of(w, other)["Name"] == ANNET
    assert "made it one contact with" in next(iter(w.memory().quarantine.values())).reason
    w.tribe.delete(w.tribe.suppliers()[0]["ID"])
    w.tribe.add_supplier(one)
    _settles(w)
    assert w.memory().quarantine == {}
    assert {link.tribe_relation_id for link in w.memory().links.values()} == {one}


def test_two_relations_that_poweroffice_keeps_apart(w: World) -> None:
    one, other = _two_relations(w)
    w.push()
    (entry,) = w.memory().quarantine.values()
    _retry(w, entry.id)
    _settles(w)
    assert {link.tribe_relation_id for link in w.memory().links.values()} == {one, other}
    assert w.memory().quarantine == {}


def test_a_number_in_use_that_is_refused(w: World) -> None:
    w.poweroffice.switches.same_company = "refused"
    organization = _both_roles(w)
    _settles(w)
    (entry,) = w.memory().quarantine.values()
    assert "OrganizationNumber is already in use" in entry.reason
    (customer,), none = _ids(w)
    assert none == []
    w.poweroffice.add_supplier(contact_id=customer)
    _settles(w)
    assert w.memory().quarantine == {}
    assert {link.tribe_relation_id for link in w.memory().links.values()} == {organization}
