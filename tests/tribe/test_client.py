"""The client as one side of the synchronisation."""

from __future__ import annotations

from tests.tribe.peer import Peer
from tribe_po.records import Kind, System
from tribe_po.sides import Side
from tribe_po.tribe.metadata import Names


def test_it_is_a_side(peer: Peer) -> None:
    side: Side = peer.tribe()
    assert side.system is System.TRIBE


def test_cached_names_save_a_request(peer: Peer) -> None:
    kept = peer.tribe().names.to_dict()
    peer.forget()
    peer.tribe(names=Names.from_dict(kept)).changed([Kind.SUPPLIER], None)
    assert peer.asked() == ["GET Relationship_Organization_Supplier"]


def test_it_tells_where_each_field_is_kept(peer: Peer) -> None:
    company, person = peer.tribe().shapes([Kind.CUSTOMER])
    assert {place.row.name: place.name for place in company.places}["number"] == "DebtorNumber"
    assert {place.row.name: place.name for place in person.places}["address"] == "Address"
    assert peer.tribe().shapes([Kind.PRODUCT]) == []
