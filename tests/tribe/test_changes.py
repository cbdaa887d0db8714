"""What changed in a tenant, and at the price of how many requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.tribe.conftest import START
from tests.tribe.peer import Peer, answer, scripted_tribe
from tribe_po.records import Address, Form, Kind, Observation, System
from tribe_po.sandbox.tribe.model import ORGANIZATION, SUPPLIER
from tribe_po.transport.http import Answer
from tribe_po.tribe.client import Tribe
from tribe_po.tribe.finding import OFF, PATHS

BOTH = (Kind.CUSTOMER, Kind.SUPPLIER)


def labels(observation: Observation) -> list[str]:
    return sorted(f"{record.kind} {record.label}" for record in observation.records)


@pytest.fixture
def people(peer: Peer) -> dict[str, str]:
    """Relations by name: a customer and supplier, a supplier, a private customer."""
    tenant = peer.tenant
    kaffe = tenant.add_organization(
        Name="Fjord Kaffe AS",
        DebtorNumber="10001",
        InvoiceAddress={"Street": "Storgata", "HouseNumber": 12, "City": "Oslo", "Country": "NO"},
    )
    snekker = tenant.add_organization(Name="Vik Snekkeri AS")
    kari = tenant.add_person(FirstName="Kari", LastName="Vik", Address={"City": "Bergen"})
    tenant.add_customer(kaffe)
    tenant.add_supplier(kaffe)
    tenant.add_supplier(snekker)
    tenant.add_customer(kari)
    return {"kaffe": kaffe, "snekker": snekker, "kari": kari}


EVERYONE = [
    "customer Fjord Kaffe AS",
    "customer Kari Vik",
    "supplier Fjord Kaffe AS",
    "supplier Vik Snekkeri AS",
]


def test_everything(peer: Peer, people: dict[str, str]) -> None:
    peer.later(days=1)
    seen = peer.tribe().changed(BOTH, None)
    assert labels(seen) == EVERYONE
    assert seen.complete
    assert seen.system is System.TRIBE
    assert seen.cursor == START + timedelta(days=1)
    kaffe = next(record for record in seen.records if record.kind is Kind.CUSTOMER)
    assert kaffe.relation_id == people["kaffe"]
    assert kaffe.form is Form.ORGANIZATION
    assert kaffe.values["address"] == Address("Storgata 12", "", "", "Oslo", "NO")


def test_one_kind(peer: Peer, people: dict[str, str]) -> None:
    assert labels(peer.tribe().changed([Kind.SUPPLIER], None)) == EVERYONE[2:]


def test_an_idle_read_is_four_requests(peer: Peer, people: dict[str, str]) -> None:
    tribe = peer.tribe()
    since = peer.later(hours=1)
    assert tribe.names.known
    peer.forget()
    seen = tribe.changed(BOTH, since)
    assert seen.records == ()
    assert not seen.complete
    assert seen.cursor == since
    assert peer.asked() == [
        "GET Relationship_Organization_CommercialRelationship_Customer",
        "GET Relationship_Person_CommercialRelationship_Customer",
        "GET Relationship_Organization_Supplier",
        "GET Address",
    ]


def test_an_overlap_is_read_again(peer: Peer, people: dict[str, str]) -> None:
    tribe = peer.tribe()
    assert labels(tribe.changed(BOTH, peer.later(minutes=5))) == EVERYONE
    assert labels(tribe.changed(BOTH, peer.later(seconds=1))) == []


@pytest.mark.parametrize("paths", [True, False])
def test_changes_of_role_relation_and_address(
    peer: Peer, people: dict[str, str], paths: bool
) -> None:
    learned = {} if paths else {PATHS: OFF}
    tribe = peer.tribe(learned=learned)
    since = peer.later(hours=1)
    peer.tenant.edit(people["kaffe"], EmailAddress="ny@kaffe.example")
    seen = tribe.changed(BOTH, since)
    assert labels(seen) == ["customer Fjord Kaffe AS", "supplier Fjord Kaffe AS"]
    assert all(record.values["email"] == "ny@kaffe.example" for record in seen.records)

    since = peer.later(hours=1)
    (customer,) = (r.id for r in seen.records if r.kind is Kind.CUSTOMER)
    peer.tenant.edit(customer, PaymentTermInDays=30)
    seen = tribe.changed(BOTH, since)
    assert labels(seen) == ["customer Fjord Kaffe AS"]
    assert seen.records[0].values["payment_days"] == 30

    since = peer.later(hours=1)
    peer.tenant.edit_address(people["kaffe"], City="Bodø")
    peer.tenant.edit_address(people["kari"], "Address", City="Voss")
    seen = tribe.changed(BOTH, since)
    assert labels(seen) == [EVERYONE[0], EVERYONE[1], EVERYONE[2]]
    cities = {a.city for r in seen.records if isinstance(a := r.values["address"], Address)}
    assert cities == {"Bodø", "Voss"}

    since = peer.later(hours=1)
    peer.tenant.edit_address(people["kaffe"], City="Molde")
    assert labels(tribe.changed([Kind.SUPPLIER], since)) == ["supplier Fjord Kaffe AS"]


def test_a_change_that_is_seen_already_is_not_read_again(
    peer: Peer, people: dict[str, str]
) -> None:
    tribe = peer.tribe()
    tribe.own_organization()
    since = peer.later(hours=1)
    peer.tenant.edit(people["kari"], PhoneNumber="22334455")
    peer.tenant.edit_address(people["kari"], "Address", City="Voss")
    peer.forget()
    assert labels(tribe.changed(BOTH, since)) == ["customer Kari Vik"]
    persons = [call for call in peer.asked() if "Person" in call]
    # The page with the change, and the empty one after it.
    assert len(persons) == 2


def test_whoever_changed_is_not_looked_up_by_the_address(
    peer: Peer, people: dict[str, str]
) -> None:
    tribe = peer.tribe()
    since = peer.later(hours=1)
    assert tribe.names.known
    peer.tenant.edit(people["snekker"], PhoneNumber="22334455")
    peer.tenant.edit_address(people["snekker"], City="Voss")
    peer.forget()
    assert labels(tribe.changed(BOTH, since)) == ["supplier Vik Snekkeri AS"]
    customers = [call for call in peer.asked() if "Organization_CommercialRelationship" in call]
    assert len(customers) == 1


def test_a_new_address_is_a_change(peer: Peer, people: dict[str, str]) -> None:
    tribe = peer.tribe()
    since = peer.later(hours=1)
    peer.tenant.edit_address(people["snekker"], City="Voss")
    assert labels(tribe.changed(BOTH, since)) == ["supplier Vik Snekkeri AS"]


def test_relationships_of_another_parent_are_left_out() -> None:
    mine, other = {"ID": "me"}, {"ID": "someone"}

    def say(_method: str, path: str, query: dict[str, str], _body: Any) -> Answer:
        if "$skip" in query or "Person" in path:
            return answer({"value": []})
        if path.endswith("Identity"):
            return answer({"value": [{"ID": "i", "Relation": mine}]})
        rows = [
            {"ID": "a", "Relation": mine, "Organization": {"ID": "1", "Name": "Ours"}},
            {"ID": "b", "Relation": other, "Organization": {"ID": "2", "Name": "Theirs"}},
        ]
        return answer({"value": rows})

    tribe, _connection = scripted_tribe(say)
    assert labels(tribe.changed(BOTH, None)) == ["customer Ours", "supplier Ours"]


def test_a_server_that_filters_by_no_path(peer: Peer, people: dict[str, str]) -> None:
    """It refuses `Organization/LastMutationDate`, and `Organization/ID` too."""
    tribe, learned = refusing_paths(peer)
    since = peer.later(hours=1)
    peer.tenant.edit(people["kaffe"], PhoneNumber="22334455")
    peer.tenant.edit_address(people["snekker"], City="Voss")
    assert labels(tribe.changed(BOTH, since)) == [EVERYONE[0], EVERYONE[2], EVERYONE[3]]
    assert learned[PATHS] == OFF


def refusing_paths(peer: Peer) -> tuple[Tribe, dict[str, str]]:
    connection, learned = peer.connection(), dict[str, str]()
    really = connection.get

    def get(path: str, query: Any = ()) -> Answer:
        condition = dict(query).get("$filter", "")
        if any(path in condition for path in ("Organization/", "Person/")):
            return answer({"error": {"message": "no paths"}}, 400)
        return really(path, query)

    connection.get = get  # type: ignore[method-assign]
    return Tribe(connection, learned=learned), learned


@pytest.mark.parametrize(
    "switches",
    [
        {"page_cap": 2},
        {"page_cap": 2, "next_link": True},
        {"order_by_id": False},
        {"metadata": False},
        {"stamp_on_create": True},
    ],
)
def test_every_dialect_shows_the_same(
    peer: Peer, people: dict[str, str], switches: dict[str, Any]
) -> None:
    for number in range(5):
        peer.tenant.add_customer(peer.tenant.add_organization(Name=f"Kunde {number}"))
    peer.answer_otherwise(**switches)
    tribe = peer.tribe()
    expected = sorted([*EVERYONE, *(f"customer Kunde {number}" for number in range(5))])
    assert labels(tribe.changed(BOTH, None)) == expected
    since = peer.later(hours=1)
    peer.tenant.edit_address(people["kaffe"], City="Voss")
    assert labels(tribe.changed(BOTH, since)) == [EVERYONE[0], EVERYONE[2]]


def test_more_relations_than_fit_one_query(peer: Peer) -> None:
    owners = [peer.tenant.add_organization(Name=f"Kunde {number:02}") for number in range(45)]
    for owner in owners:
        peer.tenant.add_customer(owner)
    tribe = peer.tribe()
    since = peer.later(hours=1)
    for owner in owners:
        peer.tenant.edit_address(owner, City="Voss")
    assert len(tribe.changed(BOTH, since).records) == 45


def test_deletions_are_not_seen(peer: Peer, people: dict[str, str]) -> None:
    tribe = peer.tribe()
    roles = {r.kind: r.id for r in tribe.changed(BOTH, None).records if r.label == "Kari Vik"}
    since = peer.later(hours=1)
    peer.tenant.delete(roles[Kind.CUSTOMER])
    assert tribe.changed(BOTH, since).records == ()
    assert tribe.get(Kind.CUSTOMER, [roles[Kind.CUSTOMER]]) == []


def test_the_sets_are_those_of_the_tenant(peer: Peer) -> None:
    assert SUPPLIER in peer.tribe().names.by_set
    assert ORGANIZATION in peer.tribe().names.by_set
