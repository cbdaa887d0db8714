"""The check of Tribe's URLs catches names that are not in `$metadata`, and what is no OData."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.exchanges import Exchange
from tests.contract.watch import Watch
from tribe_po.sandbox.server import Sandbox
from tribe_po.sandbox.tribe.metadata import csdl
from tribe_po.sandbox.tribe.model import FUNCTIONS

TOOL = "tests/tribe/test_reading.py::test_it"
ITSELF = "tests/sandbox/tribe/test_reads.py::test_it"
ROOT = "/v1/odata"
ROLES = "Relationship_Organization_CustomerRelationship_Standard"
ID = "7c4cb0f0-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def metadata() -> bytes:
    return csdl(Sandbox().tribe.store.model, FUNCTIONS)


def said(metadata: bytes, path: str, query: str, test: str = TOOL, status: int = 200) -> list[str]:
    exchange = Exchange("tribe", "GET", f"{ROOT}/{path}", query, "", b"", status)
    return Watch(None).complaints([replace(exchange, metadata=metadata)], test)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("Relation_Organization", "$select=ID,Name&$orderby=Name,ID%20desc&$top=5"),
        ("Relation_Organization", "$filter=contains(Name,'O''Neill%20%26%20S%C3%B8nn')"),
        (f"Relation_Organization({ID})", "$select=ID"),
        ("GetCurrentEmployee()", "$expand=Person($select=ID)"),
        ("Relation_Organization", f"$filter=ID%20eq%20{ID}%20or%20ID%20eq%20{ID}"),
        ("Relation_Organization", "$filter=LastMutationDate%20ge%202026-03-02T08:00:00Z"),
        ("$metadata", ""),
    ],
)
def test_what_is_right(metadata: bytes, path: str, query: str) -> None:
    assert said(metadata, path, query) == []


@pytest.mark.parametrize(
    ("path", "query", "part"),
    [
        ("Relation_Organisation", "", "Relation_Organisation"),
        ("Relation_Organization", "$select=ID,Nickname", "Nickname"),
        ("Relation_Organization", "$filter=Nickname%20eq%20'x'", "Nickname"),
        ("Relation_Organization", "$orderby=Nickname", "Nickname"),
        ("Relation_Organization", "$expand=Nickname", "Nickname"),
        ("GetCurrentEmployee()", "$expand=Person($select=Nickname)", "Nickname"),
        ("Relation_Organization", "$filter=Name%20like%20'x'", "like"),
        ("Relation_Organization", "$filter=ID%20eq%20'x'", "Edm.Guid"),
        ("Relation_Organization", "$filter=(Name%20eq%20'x'", ""),
        ("Relation_Organization", "$filter=Name%20eq%20'O'Neill'", ""),
        ("Relation_Organization", "$top=all", "$top"),
        ("Relation_Organization", "$where=Name", "$where"),
    ],
)
def test_what_is_wrong(metadata: bytes, path: str, query: str, part: str) -> None:
    (complaint,) = said(metadata, path, query)
    assert part in complaint.partition(": request:")[2]


def test_a_name_that_the_metadata_does_not_tell(metadata: bytes) -> None:
    untold = csdl(Sandbox().tribe.store.model, FUNCTIONS, {"ImportId"})
    path, query = "Relation_Organization", "$select=ImportId"
    assert said(metadata, path, query) == []
    assert said(untold, path, query)
    switched = Exchange("tribe", "GET", f"{ROOT}/{path}", query, "", b"", 200, metadata=untold)
    switched = replace(switched, deviating=frozenset({"import_id"}))
    assert Watch(None).complaints([switched], TOOL) == []


def test_a_tenant_without_metadata_tells_nothing() -> None:
    assert said(b"", "Relation_Organization", "$select=Nickname") == []


def test_only_the_sandboxs_own_tests_may_ask_wrongly_and_be_refused(metadata: bytes) -> None:
    wrong = "Relation_Organization", "$select=Nickname"
    assert said(metadata, *wrong, ITSELF, status=400) == []
    assert said(metadata, *wrong, ITSELF, status=200)
    assert said(metadata, *wrong, TOOL, status=400)
