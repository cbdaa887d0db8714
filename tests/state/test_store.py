"""Opening and saving memories."""

from __future__ import annotations

import gc
import logging
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from tinydb import TinyDB, where

from tests.state.memories import a_link, a_memory, a_run, full_memory, random_memories
from tests.state.test_storage import sealed
from tribe_po import __version__
from tribe_po.errors import ExitCode, GuardRefused, StateNotSaved, StateUnreadable
from tribe_po.records import (
    Kind,
    Memory,
)
from tribe_po.state.storage import CheckedStorage, Tables
from tribe_po.state.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tribe-po.json"


def opened(path: Path) -> Memory:
    return Store(path).open()


def doc_ids(path: Path, table: str, field: str) -> dict[str, int]:
    with TinyDB(path) as database:
        return {document[field]: document.doc_id for document in database.table(table).all()}


def tables_of(path: Path) -> Tables:
    tables = CheckedStorage(path).read()
    assert tables is not None
    return tables


def test_without_a_file_the_memory_is_empty(path: Path) -> None:
    assert opened(path) == Memory()
    assert not path.exists()


def test_a_full_memory_comes_back(path: Path) -> None:
    Store(path).save(full_memory())
    assert opened(path) == full_memory()


@given(first=random_memories, second=random_memories)
def test_any_memory_comes_back(
    tmp_path_factory: pytest.TempPathFactory, first: Memory, second: Memory
) -> None:
    path = tmp_path_factory.mktemp("any") / "state.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)  # no power cut is tested here
        _come_back(path, first, second)


def _come_back(path: Path, first: Memory, second: Memory) -> None:
    store = Store(path)
    store.save(first)
    assert opened(path) == first
    reopened = Store(path)
    reopened.open()
    content = path.read_bytes()
    reopened.save(first)
    assert path.read_bytes() == content
    second.runs = [replace(run, run_id=f"later {run.run_id}") for run in second.runs]
    for writer in (store, reopened):
        writer.save(second)
        assert opened(path) == second
        writer.save(first)
    assert opened(path) == first


def test_stock_tinydb_opens_it(path: Path) -> None:
    Store(path).save(full_memory())
    with TinyDB(path) as database:
        found = database.table("links").search(where("base")["name"] == "Fjord Kaffe 7 AS")
        assert [(document.doc_id, document["poweroffice_id"]) for document in found] == [
            (2, "100007")
        ]
        assert found[0]["tribe"]["address"] == {
            "line1": "Havnegata 2",
            "line2": "Oppgang B",
            "postal_code": "5003",
            "city": "Bergen",
        }
        assert database.table("cursors").get(doc_id=1) == {
            "system": "tribe",
            "kind": "customer",
            "until": "2025-01-31T12:00:00Z",
        }
        meta = database.table("meta").get(doc_id=1)
        assert isinstance(meta, dict)
        assert (meta["schema"], meta["tenant"]) == (1, "pair-1")


def test_an_idle_save_changes_no_byte_and_no_time(path: Path) -> None:
    Store(path).save(full_memory())
    store = Store(path)
    memory = store.open()
    os.utime(path, ns=(1, 1))
    content, before = path.read_bytes(), path.stat()
    store.save(memory)
    store.save(full_memory())
    assert path.read_bytes() == content
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_the_order_of_a_dictionary_changes_no_byte(path: Path) -> None:
    memory = a_memory(5)
    store = Store(path)
    store.save(memory)
    content = path.read_bytes()
    memory.links = dict(reversed(memory.links.items()))
    link = next(iter(memory.links.values()))
    memory.links[link.key] = replace(link, base=dict(reversed(list(link.base.items()))))
    store.save(memory)
    assert path.read_bytes() == content
    Store(path).save(replace(memory, links=dict(reversed(memory.links.items()))))
    assert path.read_bytes() == content


def test_document_ids_stay_while_others_come_and_go(path: Path) -> None:
    memory = a_memory(4)
    Store(path).save(memory)
    before = path.read_text().splitlines()
    assert doc_ids(path, "links", "poweroffice_id") == {
        "100000": 1,
        "100001": 2,
        "100002": 3,
        "100003": 4,
    }
    store = Store(path)
    memory = store.open()
    del memory.links[Kind.CUSTOMER, "100001"]
    memory.links = {link.key: link for link in [a_link(9), *memory.links.values()]}
    memory.links[Kind.CUSTOMER, "100002"] = a_link(2, name="Ås Bygg AS")
    store.save(memory)
    assert doc_ids(path, "links", "poweroffice_id") == {
        "100000": 1,
        "100002": 3,
        "100003": 4,
        "100009": 5,
    }
    after = path.read_text().splitlines()
    kept = [line.rstrip(",") for line in before if "100000" in line or "100003" in line]
    assert len(kept) == 2
    assert set(kept) <= {line.rstrip(",") for line in after}
    assert opened(path).links == memory.links


def test_a_change_in_one_link_changes_one_line(path: Path) -> None:
    store = Store(path)
    memory = a_memory(50)
    store.save(memory)
    memory.links[Kind.CUSTOMER, "100020"] = a_link(20, name="Ås Bygg AS")
    store.save(memory)
    old = Path(f"{path}.previous").read_text().splitlines()
    new = path.read_text().splitlines()
    changed = [line for line, other in zip(new, old, strict=True) if line != other]
    assert len(changed) == 2
    assert "Bygg AS" in changed[0]
    assert changed[1].startswith('"checksum"')


def test_a_changed_meta_is_saved(path: Path) -> None:
    store = Store(path)
    memory = a_memory(1)
    store.save(memory)
    memory.meta.servers["poweroffice.patch"] = "test"
    store.save(memory)
    assert opened(path).meta.servers == {"poweroffice.patch": "test"}


def test_only_the_last_200_runs_are_kept(path: Path) -> None:
    store = Store(path)
    memory = Memory(runs=[a_run(number) for number in range(250)])
    store.save(memory)
    assert opened(path).runs == memory.runs[50:]
    reopened = Store(path)
    kept = reopened.open()
    kept.runs.append(a_run(250))
    reopened.save(kept)
    found = opened(path).runs
    assert len(found) == 200
    assert found[-1] == a_run(250)
    assert doc_ids(path, "runs", "run_id")["run-250"] == 201


def test_the_last_run_of_each_pass_and_its_last_full_one_are_kept(path: Path) -> None:
    """Else a pass that runs every four hours would be late after 200 minutes of pushing."""
    full, payments = (replace(a_run(n), run_id=f"old-{n}", name="pull") for n in range(2))
    full = replace(full, full=True)
    frequent = [a_run(number) for number in range(2, 300)]
    Store(path).save(Memory(runs=[full, payments, *frequent]))
    assert opened(path).runs == [full, payments, *frequent[-200:]]


def test_the_history_alone(path: Path) -> None:
    assert Store(path).history() == Memory()
    memory = full_memory()
    Store(path).save(memory)
    assert Store(path).history() == Memory(meta=memory.meta, runs=memory.runs)
    path.write_bytes(path.read_bytes().replace(b"run-1", b"run-2"))
    with pytest.raises(StateUnreadable, match="checksum"):
        Store(path).history()


def test_a_failed_save_can_be_repeated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(path)
    store.save(a_memory(2))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StateNotSaved, match="errno 28"):
            store.save(a_memory(3))
    assert opened(path) == a_memory(2)
    store.save(a_memory(3))
    assert opened(path) == a_memory(3)


def test_another_pair_of_tenants(path: Path) -> None:
    store = Store(path)
    memory = Memory()
    store.bind(memory, "pair-1")
    assert memory.meta.tenant == "pair-1"
    store.bind(memory, "pair-1")
    with pytest.raises(GuardRefused, match="another pair of tenants") as caught:
        store.bind(memory, "pair-2")
    assert "pair-1" in caught.value.why
    assert "pair-2" in caught.value.why
    assert "TRIBE_PO_STATE" in caught.value.next_step
    assert memory.meta.tenant == "pair-1"


def test_a_file_that_others_may_read_gets_a_warning(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Store(path).save(a_memory(1))
    with caplog.at_level(logging.WARNING):
        opened(path)
        assert caplog.messages == []
        path.chmod(0o640)
        opened(path)
    assert caplog.messages == [
        f"{path} holds customers' data and others may read it (mode 640). Type: chmod 600 {path}"
    ]
    assert [getattr(one, "id", None) for one in caplog.records] == ["state.open-to-others"]


def test_a_state_is_the_same_wherever_the_machine_stands(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(path).save(a_memory(3))
    content = path.read_bytes()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        Store(path).save(a_memory(3))
        assert path.read_bytes() == content
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_newer_schema_says_which_version_wrote_it(path: Path) -> None:
    Store(path).save(a_memory(1))
    tables = tables_of(path)
    tables["meta"]["1"] |= {"schema": 2, "version": "9.1.0"}
    del tables["links"]
    CheckedStorage(path).write(tables)
    with pytest.raises(StateUnreadable, match=r"schema 2, written by tribe-po 9\.1\.0") as caught:
        opened(path)
    assert caught.value.next_step == "Install tribe-po 9.1.0 or later."
    assert caught.value.exit_code is ExitCode.STATE_UNREADABLE


def test_the_writing_version_is_noted(path: Path) -> None:
    Store(path).save(Memory())
    assert tables_of(path)["meta"]["1"]["version"] == __version__


@pytest.mark.parametrize(
    "meta", [{}, {"1": []}, {"1": {}}, {"1": {"schema": "1"}}, {"1": {"schema": 0}}]
)
def test_an_older_schema_or_none(path: Path, meta: dict[str, Any]) -> None:
    Store(path).save(a_memory(1))
    CheckedStorage(path).write({**tables_of(path), "meta": meta})
    with pytest.raises(StateUnreadable, match="schema"):
        opened(path)


def test_an_unchanged_link_is_not_encoded_again(path: Path) -> None:
    """Its text stays as it was read, also where a later version wrote more into it."""
    Store(path).save(a_memory(2))
    tables = tables_of(path)
    for document in tables["links"].values():
        document["a later idea"] = 1
    CheckedStorage(path).write(tables)
    store = Store(path)
    memory = store.open()
    memory.links[Kind.CUSTOMER, "100001"] = a_link(1, name="Ås Bygg AS")
    memory.links[Kind.CUSTOMER, "100000"] = a_link(0)
    store.save(memory)
    saved = tables_of(path)["links"]
    assert saved["1"] == tables["links"]["1"]
    assert "a later idea" not in saved["2"]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(path: Path, enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        Store(path).save(a_memory(1))
        opened(path)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.parametrize("line", [b'"1":{},{}', b'"1":{},{"a":{}'])
def test_lines_that_are_no_documents_are_refused(path: Path, line: bytes) -> None:
    Store(path).save(Memory())
    body, _ = path.read_bytes().split(b'"checksum": ')
    path.write_bytes(sealed(body.replace(b'"links":{\n', b'"links":{\n' + line)))
    with pytest.raises(StateUnreadable):
        opened(path)
