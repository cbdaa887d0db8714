"""Marks: found by a filter, else by reading the set; and tenants that have no place for one."""

from __future__ import annotations

import pytest

from tests.tribe.peer import Peer, Scripted, answer
from tribe_po.errors import Temporary
from tribe_po.records import Kind
from tribe_po.transport.http import Answer
from tribe_po.tribe.marks import MARKS, OFF
from tribe_po.tribe.metadata import ORGANIZATION_CUSTOMER, PRODUCT, SUPPLIER, Names

MARK = "poweroffice:c:customer:1"


@pytest.mark.parametrize("kind", [Kind.CUSTOMER, Kind.PRODUCT])
def test_a_mark_that_cannot_be_filtered_by_is_found_all_the_same(peer: Peer, kind: Kind) -> None:
    peer.answer_otherwise(import_id="unfilterable")
    if kind is Kind.PRODUCT:
        wanted = peer.tenant.add_product(Name="Kopp", ImportId=MARK)
        peer.tenant.add_product(Name="Bok", ImportId=f"{MARK}1")
    else:
        wanted = peer.tenant.add_customer(peer.tenant.add_organization(Name="A"), ImportId=MARK)
        peer.tenant.add_customer(peer.tenant.add_organization(Name="B"), ImportId=f"{MARK}1")
    tribe = peer.tribe()
    assert [record.id for record in tribe.find_by_mark(kind, MARK)] == [wanted]
    assert tribe.learned[MARKS] == OFF
    peer.forget()
    assert tribe.find_by_mark(kind, "poweroffice:c:other") == []
    assert not any("contains" in query for query in peer.queries())


@pytest.mark.parametrize(("import_id", "there"), [("told", True), ("absent", False)])
def test_without_metadata_it_is_found_out_whether_there_is_a_place_for_marks(
    peer: Peer, import_id: str, there: bool
) -> None:
    peer.answer_otherwise(metadata=False, import_id=import_id)
    names = Names.load(peer.connection())
    for entity_set in (ORGANIZATION_CUSTOMER, SUPPLIER, PRODUCT):
        assert (names.resolve(entity_set, ["ImportId"]) is not None) is there
    assert Names.from_dict(names.to_dict()) == names
    assert peer.bodies() == []


@pytest.mark.parametrize(
    ("row", "there"), [({"ID": "1"}, False), ({"ID": "1", "importId": None}, True)]
)
def test_a_row_that_does_not_show_the_mark_it_was_asked_for_has_none(
    row: dict[str, object], there: bool
) -> None:
    def say(_method: str, path: str, _query: object, _body: object) -> Answer:
        return answer("", 404) if path.endswith("$metadata") else answer({"value": [row]})

    names = Names.load(Scripted(say))
    assert (names.resolve(PRODUCT, ["ImportId"]) is not None) is there


def test_a_server_that_is_busy_then_proves_nothing() -> None:
    def say(_method: str, path: str, _query: object, _body: object) -> Answer:
        if path.endswith("$metadata"):
            return answer("", 404)
        raise Temporary("a", "b", "c")

    assert Names.load(Scripted(say)).resolve(PRODUCT, ["ImportId"]) == "ImportId"


def test_a_server_that_is_down_is_not_asked_for_each_set() -> None:
    asked = []

    def say(_method: str, path: str, _query: object, _body: object) -> Answer:
        asked.append(path)
        raise Temporary("a", "b", "c")

    assert Names.load(Scripted(say)).resolve(PRODUCT, ["ImportId"]) == "ImportId"
    assert len(asked) == 2


def test_also_where_the_metadata_takes_longer_than_anybody_waits() -> None:
    def say(_method: str, path: str, _query: object, _body: object) -> Answer:
        if path.endswith("$metadata"):
            raise Temporary("a", "b", "c")
        return answer({"error": "no such property"}, 400)

    assert Names.load(Scripted(say)).resolve(PRODUCT, ["ImportId"]) is None
