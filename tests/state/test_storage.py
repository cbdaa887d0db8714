"""The storage class: what it writes, and that it never mistakes a damaged file for an empty one."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinydb import TinyDB, where

from tribe_po.errors import ExitCode, StateNotSaved, StateUnreadable
from tribe_po.state.storage import CheckedStorage, Tables, as_text

OLD: Tables = {"links": {"1": {"name": "Fjord Kaffe AS"}, "2": {"name": "Bjørk"}}, "runs": {}}
NEW: Tables = {"links": {"1": {"name": "Fjord Kaffe AS"}, "3": {"name": "Ås Bygg"}}, "runs": {}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tribe-po.json"


@pytest.fixture
def storage(path: Path) -> CheckedStorage:
    return CheckedStorage(path)


def sealed(body: bytes) -> bytes:
    """Content with a right checksum, whatever it is."""
    digest = hashlib.sha256(body).hexdigest().encode()
    return body + b'"checksum": {"1": {"sha256": "' + digest + b'"}}}\n'


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_no_file_is_no_state(storage: CheckedStorage) -> None:
    assert storage.read() is None
    assert storage.read_texts() is None


def test_what_was_written_is_read(storage: CheckedStorage, path: Path) -> None:
    storage.write(OLD)
    assert storage.read() == OLD
    assert mode(path) == 0o600
    assert names(path.parent) == ["tribe-po.json"]


def test_no_tables_at_all(storage: CheckedStorage) -> None:
    storage.write({})
    assert storage.read() == {}


def test_stock_tinydb_opens_the_file(storage: CheckedStorage, path: Path) -> None:
    storage.write(OLD)
    with TinyDB(path) as database:
        assert database.table("links").get(doc_id=2) == {"name": "Bjørk"}
        assert database.table("links").search(where("name") == "Fjord Kaffe AS")
        assert database.tables() == {"links", "runs", "checksum"}


def test_tinydb_works_on_top_of_it(path: Path) -> None:
    with TinyDB(path, storage=CheckedStorage) as database:
        doc_id = database.table("links").insert({"name": "Fjord Kaffe AS"})
        database.table("links").update({"name": "Ås Bygg"}, doc_ids=[doc_id])
    assert CheckedStorage(path).read() == {"links": {"1": {"name": "Ås Bygg"}}}


def test_the_checksum_is_the_last_table_and_covers_the_text_before_it(
    storage: CheckedStorage, path: Path
) -> None:
    storage.write(OLD)
    content = path.read_bytes()
    body, _ = content.split(b'"checksum": ')
    assert sealed(body) == content
    assert list(json.loads(content)) == ["links", "runs", "checksum"]


def test_a_write_of_stock_tinydb_is_noticed(storage: CheckedStorage, path: Path) -> None:
    storage.write(OLD)
    with TinyDB(path) as database:
        database.table("links").insert({"name": "Ås Bygg"})
    with pytest.raises(StateUnreadable, match="does not end with a checksum"):
        storage.read()


def test_the_texts_are_the_documents(storage: CheckedStorage) -> None:
    storage.write(OLD)
    texts = storage.read_texts()
    assert texts is not None
    assert texts["links"]["2"] == as_text({"name": "Bjørk"})
    assert {
        table: {doc_id: json.loads(text) for doc_id, text in documents.items()}
        for table, documents in texts.items()
    } == OLD


@pytest.mark.parametrize(
    "body",
    [
        b'{"links": {"1": {"name": "Bj\xc3\xb8rk"}, "2": {}}, "runs": {}, ',
        b'{\n"links":{\n"1":{"name":\n"x"},\n"2":{}\n},\n',
        b"{",
    ],
)
def test_another_layout_gives_the_same_texts(
    storage: CheckedStorage, path: Path, body: bytes
) -> None:
    path.write_bytes(sealed(body))
    tables = storage.read()
    assert tables is not None
    assert storage.read_texts() == {
        table: {doc_id: as_text(document) for doc_id, document in documents.items()}
        for table, documents in tables.items()
    }


@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda name: name != "checksum"),
        st.dictionaries(
            st.integers(1, 99).map(str),
            st.dictionaries(st.text(), st.text() | st.none()),
            max_size=3,
        ),
        max_size=3,
    )
)
def test_any_tables_come_back(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> None:
    storage = CheckedStorage(tmp_path_factory.mktemp("any") / "state.json")
    storage.write(tables)
    assert storage.read() == tables
    found = storage.read_texts()
    assert found is not None
    assert {
        table: {doc_id: json.loads(text) for doc_id, text in documents.items()}
        for table, documents in found.items()
    } == tables


def test_a_text_is_read_as_it_stands_in_the_file(storage: CheckedStorage) -> None:
    texts = {
        "links": {"1": '{"name" : "Fjord Kaffe AS"}', "7": "{}"},
        'a "table"': {"2": '{"a":1.0}'},
    }
    storage.write_texts(texts)
    assert storage.read_texts() == texts


def test_the_previous_generation_is_kept(storage: CheckedStorage, path: Path) -> None:
    storage.write(OLD)
    storage.write(NEW)
    assert storage.read() == NEW
    assert CheckedStorage(storage.previous).read() == OLD
    storage.write(OLD)
    assert CheckedStorage(storage.previous).read() == NEW
    assert mode(storage.previous) == 0o600
    assert names(path.parent) == ["tribe-po.json", "tribe-po.json.previous"]


def test_an_unchanged_write_touches_nothing(storage: CheckedStorage, path: Path) -> None:
    storage.write(OLD)
    os.utime(path, ns=(1, 1))
    before = path.stat()
    storage.write(OLD)
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )
    assert not storage.previous.exists()


@pytest.mark.parametrize("damaged", [b"", b"{"])
def test_a_damaged_generation_never_becomes_the_previous_one(
    storage: CheckedStorage, path: Path, damaged: bytes
) -> None:
    storage.write(OLD)
    storage.write(NEW)
    path.write_bytes(damaged)
    storage.write(NEW)
    assert storage.read() == NEW
    assert CheckedStorage(storage.previous).read() == OLD


def test_a_symbolic_link_stays_one(storage: CheckedStorage, path: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    path.symlink_to(tmp_path / "disk" / "state.json")
    linked = CheckedStorage(path)
    linked.write(OLD)
    linked.write(NEW)
    assert path.is_symlink()
    assert CheckedStorage(tmp_path / "disk" / "state.json").read() == NEW


def test_leftovers_of_a_killed_writer_are_removed(storage: CheckedStorage, path: Path) -> None:
    for name in ("tribe-po.json.1.new", "tribe-po.json.previous.1.new", "other.json.1.new"):
        (path.parent / name).write_text("{")
    storage.write(OLD)
    assert names(path.parent) == ["other.json.1.new", "tribe-po.json"]


def test_a_missing_file_with_a_previous_generation_is_not_an_empty_state(
    storage: CheckedStorage, path: Path
) -> None:
    storage.write(OLD)
    storage.write(NEW)
    path.unlink()
    with pytest.raises(StateUnreadable, match="It is missing") as caught:
        storage.read()
    assert caught.value.next_step.startswith("Go back one save: tribe-po state restore; or find")
    assert caught.value.exit_code is ExitCode.STATE_UNREADABLE


def test_truncation_anywhere_is_noticed(storage: CheckedStorage, path: Path) -> None:
    storage.write(OLD)
    content = path.read_bytes()
    places = {*range(64), *range(len(content) - 64, len(content)), len(content) // 2}
    for length in sorted(place for place in places if place < len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(StateUnreadable, match="empty" if length == 0 else f"{length} bytes"):
            storage.read()


def test_every_flipped_bit_is_noticed(storage: CheckedStorage, path: Path) -> None:
    storage.write(OLD)
    content = path.read_bytes()
    for place in range(len(content) * 8):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(StateUnreadable):
            storage.read()


@pytest.mark.parametrize("extra", [b"\n", b"}", b"\x00" * 4096])
def test_text_after_the_end_is_noticed(storage: CheckedStorage, path: Path, extra: bytes) -> None:
    storage.write(OLD)
    path.write_bytes(path.read_bytes() + extra)
    with pytest.raises(StateUnreadable):
        storage.read()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"links":{}', "not JSON"),
        (b"\xff{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"links":[],', "a table is not an object"),
    ],
)
def test_a_right_checksum_over_nonsense(
    storage: CheckedStorage, path: Path, body: bytes, why: str
) -> None:
    path.write_bytes(sealed(body))
    with pytest.raises(StateUnreadable, match=why):
        storage.read()


def test_the_advice_names_a_previous_generation_only_when_it_is_whole(
    storage: CheckedStorage, path: Path
) -> None:
    path.write_bytes(b"{")
    with pytest.raises(StateUnreadable) as alone:
        storage.read()
    assert alone.value.next_step == "Find all links again on both sides: tribe-po state rebuild"
    storage.previous.write_bytes(b"{")
    with pytest.raises(StateUnreadable) as damaged:
        storage.read()
    assert damaged.value.next_step == alone.value.next_step
    CheckedStorage(storage.previous).write(OLD)
    with pytest.raises(StateUnreadable) as whole:
        storage.read()
    assert whole.value.next_step == (
        "Go back one save: tribe-po state restore; "
        "or find all links again on both sides: tribe-po state rebuild"
    )


def test_a_file_that_cannot_be_read_is_not_to_be_deleted(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StateUnreadable, match="errno 21") as caught:
        CheckedStorage(path).read()
    assert "rm" not in caught.value.next_step
    assert f"ls -l {path}" in caught.value.next_step


def test_a_missing_folder(tmp_path: Path) -> None:
    storage = CheckedStorage(tmp_path / "nowhere" / "state.json")
    assert storage.read() is None
    with pytest.raises(StateNotSaved, match="errno 2") as caught:
        storage.write(OLD)
    assert caught.value.exit_code is ExitCode.STATE_NOT_SAVED
