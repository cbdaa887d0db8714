"""Documents that are not as they should be: refused by name, never guessed at."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.state.memories import NOON, a_memory, full_memory
from tests.state.test_store import opened, tables_of
from tribe_po.errors import StateUnreadable
from tribe_po.records import Kind, Memory, Run, System
from tribe_po.state.storage import CheckedStorage
from tribe_po.state.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tribe-po.json"


def test_unknown_keys_and_tables_do_no_harm(path: Path) -> None:
    Store(path).save(full_memory())
    tables = tables_of(path)
    for documents in tables.values():
        for document in documents.values():
            document["a later idea"] = {"x": [1]}
    CheckedStorage(path).write({**tables, "invoices": {"1": {"number": 7}}})
    assert opened(path) == full_memory()


TABLES = (
    "links",
    "unlinked",
    "left_alone",
    "intents",
    "quarantine",
    "conflicts",
    "cursors",
    "runs",
    "meta",
)


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_table(path: Path, table: str) -> None:
    Store(path).save(full_memory())
    tables = tables_of(path)
    assert set(tables) == set(TABLES)
    del tables[table]
    CheckedStorage(path).write(tables)
    with pytest.raises(StateUnreadable, match=f"no table {table}"):
        opened(path)


_OF_LINKS = (
    *("base", "tribe", "poweroffice", "tribe_address_id"),
    *("parked", "acknowledged", "sent"),
)
OPTIONAL = {
    *(("links", key) for key in _OF_LINKS),
    *(("unlinked", key) for key in ("values", "mark", "address_id", "role_missing")),
    *(("quarantine", key) for key in ("retry_after", "held_fields")),
    *(("conflicts", key) for key in ("base", "tribe", "poweroffice", "winner")),
    *(("intents", key) for key in ("key", "label")),
    ("meta", "version"),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_document_without_a_part_that_it_needs(path: Path, table: str) -> None:
    Store(path).save(full_memory())
    tables = tables_of(path)
    for doc_id, document in tables[table].items():
        for key in document:
            broken = {name: value for name, value in document.items() if name != key}
            CheckedStorage(path).write({**tables, table: {**tables[table], doc_id: broken}})
            if (table, key) in OPTIONAL:
                opened(path)
            else:
                with pytest.raises(StateUnreadable, match="schema" if key == "schema" else table):
                    opened(path)


def is_nothing(table: str, key: str, wrong: Any) -> bool:
    """No field is held or acknowledged, or an address has none of the parts that are known."""
    return (
        key == "version"
        or (key in ("held_fields", "acknowledged") and wrong == [])
        or (table == "conflicts" and isinstance(wrong, dict))
    )


@pytest.mark.parametrize("before", [None, "22334455", {"x": 1}, [["x"]]])
def test_what_was_replaced_in_tribe_is_a_list_of_values(path: Path, before: Any) -> None:
    Store(path).save(full_memory())
    tables = tables_of(path)
    for doc_id, document in tables["links"].items():
        if "sent" in document:
            sent = {"phone": {**document["sent"]["phone"], "before": before}}
            CheckedStorage(path).write(
                {**tables, "links": {**tables["links"], doc_id: {**document, "sent": sent}}}
            )
            with pytest.raises(StateUnreadable, match="links"):
                opened(path)


@pytest.mark.parametrize("wrong", [1.5, 7, True, "nonsense", [], ["x"], {"x": 1.5}, {"x": []}])
@pytest.mark.parametrize("table", TABLES)
def test_a_part_of_the_wrong_type(path: Path, table: str, wrong: Any) -> None:
    """It is refused, or read as what it says: then saving it gives it back."""
    Store(path).save(full_memory())
    tables = tables_of(path)
    refused = 0
    for doc_id, document in tables[table].items():
        for key in document:
            broken = {**document, key: wrong}
            CheckedStorage(path).write({**tables, table: {**tables[table], doc_id: broken}})
            try:
                memory = opened(path)
            except StateUnreadable:
                refused += 1
                continue
            again = path.with_name("again.json")
            Store(again).save(memory)
            kept = [json.dumps(one.get(key)) for one in tables_of(again)[table].values()]
            assert json.dumps(wrong) in kept or is_nothing(table, key, wrong)
    assert refused


@pytest.mark.parametrize("document", [None, 1, "x", []])
@pytest.mark.parametrize("table", TABLES)
def test_a_document_that_is_no_object(path: Path, table: str, document: Any) -> None:
    Store(path).save(full_memory())
    tables = tables_of(path)
    tables[table]["1"] = document
    CheckedStorage(path).write(tables)
    with pytest.raises(StateUnreadable):
        opened(path)


@pytest.mark.parametrize(
    ("table", "part"),
    [
        ("cursors", {"until": "2025-01-31T12:00:00"}),
        ("links", {"base": {"address": {"city": 5003}}}),
        ("intents", {"key": ["tribe", "customer", 1]}),
        ("quarantine", {"held_fields": [1]}),
    ],
)
def test_a_wrong_part_is_named(path: Path, table: str, part: dict[str, Any]) -> None:
    Store(path).save(full_memory())
    tables = tables_of(path)
    tables[table]["1"] |= part
    CheckedStorage(path).write(tables)
    with pytest.raises(StateUnreadable, match=f"Document 1 of the table {table}") as caught:
        opened(path)
    assert "5003" not in str(caught.value)


def test_a_document_id_that_is_no_number(path: Path) -> None:
    Store(path).save(full_memory())
    tables = tables_of(path)
    tables["links"]["first"] = tables["links"].pop("1")
    CheckedStorage(path).write(tables)
    with pytest.raises(StateUnreadable, match="Document first of the table links"):
        opened(path)


def test_a_time_in_another_zone_is_read_as_utc(path: Path) -> None:
    Store(path).save(a_memory(0))
    tables = tables_of(path)
    tables["cursors"]["1"]["until"] = "2025-01-31T13:00:00+01:00"
    CheckedStorage(path).write(tables)
    found = opened(path).cursors[System.TRIBE, Kind.CUSTOMER]
    assert (found, found.utcoffset()) == (NOON, NOON.utcoffset())


def test_a_run_without_counts(path: Path) -> None:
    run = Run("run-1", "status", NOON, NOON, "failed")
    Store(path).save(Memory(runs=[run]))
    assert opened(path).runs == [run]


@pytest.mark.parametrize("text", ["1.10", "-0.0001", "12345678901234567890.5", "0.0000"])
def test_an_amount_keeps_its_digits(path: Path, text: str) -> None:
    memory = a_memory(1)
    ((key, link),) = memory.links.items()
    memory.links[key] = replace(link, base={"price": Decimal(text)})
    Store(path).save(memory)
    price = opened(path).links[key].base["price"]
    assert isinstance(price, Decimal)
    assert str(price) == text


@pytest.mark.parametrize("amount", ["twelve", 12, None])
def test_an_amount_that_is_none(path: Path, amount: object) -> None:
    Store(path).save(a_memory(1))
    tables = tables_of(path)
    (document,) = tables["links"].values()
    document["base"] = {"price": {"decimal": amount}}
    CheckedStorage(path).write(tables)
    with pytest.raises(StateUnreadable, match="links"):
        opened(path)


def test_a_run_of_an_earlier_version_has_no_reason(path: Path) -> None:
    made = Run("r1", "push-relations", NOON, NOON, "failed", {}, "Tribe is down: status 503")
    Store(path).save(replace(full_memory(), runs=[made]))
    assert opened(path).runs == [made]
    tables = tables_of(path)
    for document in tables["runs"].values():
        del document["reason"]
    CheckedStorage(path).write(tables)
    assert opened(path).runs == [replace(made, reason=None)]
