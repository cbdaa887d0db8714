"""What an operator is told about the state, word by word: they type what it says."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.state.memories import a_link, a_memory
from tests.state.test_trail import entry
from tribe_po import __version__
from tribe_po.errors import GuardRefused, StateNotSaved, StateUnreadable, TribePoError
from tribe_po.records import Kind, Memory, Meta
from tribe_po.state.audit import Audit
from tribe_po.state.generations import back_up
from tribe_po.state.lock import lock
from tribe_po.state.storage import CheckedStorage
from tribe_po.state.store import Store
from tribe_po.state.trail import Trail


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder" / "tribe-po.json"


@pytest.fixture
def saved(path: Path) -> Path:
    path.parent.mkdir()
    Store(path).save(a_memory(1))
    return path


def told(error: pytest.ExceptionInfo[TribePoError]) -> tuple[str, str, str]:
    return error.value.what, error.value.why, error.value.next_step


def with_meta(path: Path, **members: Any) -> None:
    storage = CheckedStorage(path)
    tables = storage.read()
    assert tables is not None
    for name, value in members.items():
        if value is None:
            del tables["meta"]["1"][name]
        else:
            tables["meta"]["1"][name] = value
    storage.write(tables)


def test_another_pair_of_tenants(path: Path) -> None:
    with pytest.raises(GuardRefused) as caught:
        Store(path).bind(Memory(meta=Meta(tenant="pair-1")), "pair-2")
    assert told(caught) == (
        "The state file belongs to another pair of tenants",
        f"{path} was written for pair-1; the settings lead to pair-2.",
        "Set TRIBE_PO_STATE to the state file of this pair (--profile NAME does), "
        "or to a new file and run tribe-po init-sync.",
    )


def test_a_save_that_failed(path: Path) -> None:
    with pytest.raises(StateNotSaved) as caught:
        Store(path).save(a_memory(1))
    folder = f"'{path.parent}'"
    assert told(caught) == (
        f"The state could not be saved to {path}.",
        f"{os.strerror(errno.ENOENT)} (errno 2). The last saved state is still there.",
        f"Look at the space and the rights there: df -h {folder}; ls -la {folder}; "
        "then run the command again.",
    )


def test_a_file_that_cannot_be_read(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StateUnreadable) as caught:
        Store(path).open()
    assert told(caught) == (
        f"The state file {path} cannot be read.",
        f"{os.strerror(errno.EISDIR)} (errno 21).",
        f"Look at its owner, its mode and the disk: ls -l '{path}'; then run the command again.",
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "It is empty (0 bytes)."),
        (
            b"{}",
            "It does not end with a checksum (2 bytes): "
            "it was cut off, or another program wrote it.",
        ),
        (None, "It is missing, but its previous generation is there."),
    ],
)
def test_a_file_that_cannot_be_used(saved: Path, content: bytes | None, why: str) -> None:
    Store(saved).save(a_memory(2))
    if content is None:
        saved.unlink()
    else:
        saved.write_bytes(content)
    with pytest.raises(StateUnreadable) as caught:
        Store(saved).open()
    assert told(caught) == (
        f"The state file {saved} cannot be used.",
        why,
        "Go back one save: tribe-po state restore; "
        "or find all links again on both sides: tribe-po state rebuild",
    )


def test_a_copy_that_cannot_be_made(saved: Path, tmp_path: Path) -> None:
    to = tmp_path / "no such folder" / "copy.json"
    with pytest.raises(StateNotSaved) as caught:
        back_up(saved, to, datetime(2026, 3, 2, tzinfo=UTC))
    folder = f"'{to.parent}'"
    assert told(caught) == (
        f"The copy of the state {to} could not be made.",
        f"{os.strerror(errno.ENOENT)} (errno 2). The state itself is as it was.",
        f"Look at the space and the rights there: df -h {folder}; ls -la {folder}; "
        "or name another file: tribe-po state backup FILE",
    )


def test_a_copy_of_a_state_that_never_was(path: Path) -> None:
    with pytest.raises(StateUnreadable) as caught:
        back_up(path, None, datetime(2026, 3, 2, tzinfo=UTC))
    assert told(caught) == (
        f"There is no state file {path}.",
        "Nothing has been synchronised with these settings yet.",
        "See what a first round would do: tribe-po init-sync --dry-run",
    )


def test_a_checksum_that_does_not_fit(saved: Path) -> None:
    content = saved.read_bytes().replace(b"Fjord", b"Fjerd")
    saved.write_bytes(content)
    with pytest.raises(StateUnreadable) as caught:
        Store(saved).open()
    expected = f"It is damaged: its checksum does not match its {len(content)} bytes."
    assert caught.value.why == expected


def test_a_file_that_is_no_tinydb_file(saved: Path) -> None:
    body = b'{\n"links":[],\n'
    seal = f'"checksum": {{"1": {{"sha256": "{hashlib.sha256(body).hexdigest()}"}}}}}}\n'
    saved.write_bytes(body + seal.encode())
    with pytest.raises(StateUnreadable) as caught:
        Store(saved).open()
    expected = "It is JSON, but not a TinyDB file: a table is not an object."
    assert caught.value.why == expected


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (None, "It does not say which schema it has."),
        ("1", "It does not say which schema it has."),
        (0, "It has schema 0, which never was released."),
    ],
)
def test_a_schema_that_never_was(saved: Path, schema: Any, why: str) -> None:
    with_meta(saved, schema=schema)
    with pytest.raises(StateUnreadable) as caught:
        Store(saved).open()
    assert caught.value.why == why


@pytest.mark.parametrize("version", ["9.1.0", None])
def test_a_newer_schema(saved: Path, version: str | None) -> None:
    with_meta(saved, schema=2, version=version)
    by = version or "of an unknown version"
    with pytest.raises(StateUnreadable) as caught:
        Store(saved).open()
    assert told(caught) == (
        f"The state file {saved} was written by a newer tribe-po.",
        f"It has schema 2, written by tribe-po {by}; "
        f"this is tribe-po {__version__}, which reads schema 1.",
        f"Install tribe-po {by} or later.",
    )


@pytest.mark.parametrize(
    ("table", "part", "why"),
    [
        ("links", {"poweroffice_id": 7}, "poweroffice_id is int, not text"),
        ("links", {"base": [1]}, "base is list, not an object"),
        ("links", {"base": {"name": ["x"]}}, "a value is list, not an object"),
        ("links", {"base": {"price": {"decimal": "x"}}}, "a decimal is no number"),
        (
            "links",
            {"base": {"address": {"city": 7}}},
            "a part of an address is int, not text",
        ),
        ("meta", {"servers": []}, "servers is list, not an object"),
        ("meta", {"initialised": "customer"}, "initialised is not a list of texts"),
        ("runs", {"counts": []}, "counts is list, not an object"),
    ],
)
def test_a_document_of_another_shape(saved: Path, table: str, part: Any, why: str) -> None:
    storage = CheckedStorage(saved)
    tables = storage.read()
    assert tables is not None
    tables[table]["1"] |= part
    storage.write(tables)
    with pytest.raises(StateUnreadable) as caught:
        Store(saved).open()
    assert caught.value.why == (
        f"Document 1 of the table {table} does not have the expected shape: Malformed: {why}"
    )


def test_a_history_of_another_shape(saved: Path) -> None:
    with_meta(saved, servers=[])
    with pytest.raises(StateUnreadable) as caught:
        Store(saved).history()
    assert caught.value.why == (
        "Document 1 of the table meta does not have the expected shape: "
        "Malformed: servers is list, not an object"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{]}", "Document 7 of the table links does not have the expected shape: JSONDecodeError"),
        ("{},{}", "Table links has more documents than ids."),
    ],
)
def test_a_line_that_is_no_document(saved: Path, text: str, why: str) -> None:
    storage = CheckedStorage(saved)
    texts = storage.read_texts()
    assert texts is not None
    storage.write_texts({**texts, "links": {"7": text}})
    with pytest.raises(StateUnreadable) as caught:
        Store(saved).open()
    assert caught.value.why.startswith(why)


def test_a_lock_file_that_cannot_be_used(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(StateNotSaved) as caught, lock(saved):
        pass
    assert told(caught) == (
        f"The lock file {saved}.lock cannot be used.",
        "No locks available (errno 37). Nothing was read or written.",
        f"Look at the folder and its rights: ls -la '{saved.parent}'; "
        "or set TRIBE_PO_STATE to a file in a folder on a local disk.",
    )


def test_a_trail_that_cannot_be_read(saved: Path) -> None:
    trail = saved.with_name("tribe-po.audit.jsonl")
    trail.mkdir()
    with pytest.raises(StateUnreadable) as caught:
        list(Trail(saved).entries())
    assert caught.value.what == f"The audit trail {trail} cannot be read."
    assert caught.value.why == f"{os.strerror(errno.EISDIR)} (errno 21)."


class TestTheTrail:
    def test_an_id_in_tribe_is_read_back(self, saved: Path) -> None:
        one = replace(entry(1), tribe_id="t1", poweroffice_id=None)
        audit = Audit(saved)
        audit.write(one)
        audit.close()
        assert list(Trail(saved).entries()) == [one]

    def test_a_file_that_is_missing_among_the_rotated_ones_hides_no_older_one(
        self, saved: Path
    ) -> None:
        audit = Audit(saved, max_bytes=1)
        for number in range(4):
            audit.write(entry(number))
        audit.close()
        saved.with_name("tribe-po.audit.jsonl.1").unlink()
        assert [one.run_id for one in Trail(saved).entries()] == ["run0", "run1", "run3"]

    def test_every_damaged_line_counts(self, saved: Path) -> None:
        saved.with_name("tribe-po.audit.jsonl").write_bytes(b"{\n[]\nx\n")
        trail = Trail(saved)
        assert list(trail.entries()) == []
        assert trail.damaged == 3

    def test_a_file_is_full_when_the_next_line_would_pass_the_limit(self, saved: Path) -> None:
        audit = Audit(saved)
        audit.write(entry(1))
        length = audit.path.stat().st_size
        audit.close()
        exact = Audit(saved, max_bytes=2 * length)
        exact.write(entry(2))
        assert not exact.path.with_name(f"{exact.path.name}.1").exists()
        exact.write(entry(3))
        assert exact.path.with_name(f"{exact.path.name}.1").exists()
        exact.close()

    def test_five_full_files_are_kept(self, saved: Path) -> None:
        audit = Audit(saved, max_bytes=1)
        for number in range(9):
            audit.write(entry(number))
        audit.close()
        kept = [one for one in saved.parent.iterdir() if one.name.startswith("tribe-po.audit")]
        assert len(kept) == 1 + 5


def test_a_changed_entry_keeps_the_key_that_it_is_kept_under(saved: Path) -> None:
    store = Store(saved)
    memory = store.open()
    link = a_link(0, name="Ås Bygg AS")
    memory.links[Kind.CUSTOMER, link.poweroffice_id] = link
    store.save(memory)
    assert Store(saved).open().links == memory.links
