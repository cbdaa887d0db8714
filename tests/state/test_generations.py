"""The files that hold a state: looked at, copied, set aside."""

from __future__ import annotations

import errno
import os
import stat
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.state.memories import a_memory
from tests.state.test_storage_faults import Faults, faulty_disk
from tribe_po.errors import StateNotSaved, StateUnreadable
from tribe_po.state.generations import back_up, copies_of, look_at, previous_of, set_aside
from tribe_po.state.store import Store

NOW = datetime(2026, 3, 2, 9, 30, 5, tzinfo=timezone(timedelta(hours=1)))
DATE = "20260302-083005"
"""In UTC, so that names sort by time also when clocks change."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state in its second generation."""
    path = tmp_path / "tribe-po.json"
    store = Store(path)
    store.save(a_memory(2))
    store.save(a_memory(3))
    return path


def names(path: Path) -> set[str]:
    return {one.name for one in path.parent.iterdir()}


def test_a_whole_generation_is_told_with_what_it_holds(path: Path) -> None:
    os.utime(path, (1_772_440_205, 1_772_440_205))
    found = look_at(path)
    assert found is not None
    assert (found.path, found.size, found.problem) == (path, path.stat().st_size, None)
    assert found.memory == a_memory(3)
    assert found.saved == datetime.fromtimestamp(1_772_440_205, UTC)
    assert found.saved.tzinfo is UTC
    before = look_at(previous_of(path))
    assert before is not None
    assert before.memory == a_memory(2)


def test_a_damaged_one_is_told_with_its_problem(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
    found = look_at(path)
    assert found is not None
    assert found.memory is None
    assert isinstance(found.problem, StateUnreadable)


def test_where_there_is_no_file_none_is_told(tmp_path: Path) -> None:
    assert look_at(tmp_path / "tribe-po.json") is None
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_the_same_bytes_for_its_owner_alone(path: Path) -> None:
    content = path.read_bytes()
    made = back_up(path, None, NOW)
    assert made == path.with_name(f"tribe-po.json.backup-{DATE}")
    assert made.read_bytes() == path.read_bytes() == content
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_two_backups_in_one_second_are_two_files(path: Path) -> None:
    first, second, third = (back_up(path, None, NOW) for _ in range(3))
    assert [one.name.removeprefix(first.name) for one in (second, third)] == ["-1", "-2"]
    assert copies_of(path) == [first, second, third]


def test_a_copy_is_dated_in_utc_wherever_the_machine_stands(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert back_up(path, None, NOW).name == f"tribe-po.json.backup-{DATE}"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_backup_overwrites_no_file(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear Kari")
    with pytest.raises(StateNotSaved, match=f"errno {errno.EEXIST}") as caught:
        back_up(path, other, NOW)
    assert other.read_text() == "Dear Kari"
    assert "tribe-po state backup FILE" in caught.value.next_step
    assert back_up(path, tmp_path / "mine.json", NOW).read_bytes() == path.read_bytes()


def test_what_is_damaged_or_not_there_is_not_backed_up(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"{")
    with pytest.raises(StateUnreadable, match="does not end with a checksum"):
        back_up(path, tmp_path / "copy.json", NOW)
    with pytest.raises(StateUnreadable, match="There is no state file"):
        back_up(tmp_path / "never.json", tmp_path / "copy.json", NOW)
    assert not (tmp_path / "copy.json").exists()


def test_setting_aside_copies_whatever_is_there(path: Path) -> None:
    path.write_bytes(b"{ damaged")
    before = previous_of(path).read_bytes()
    first, second = set_aside(path, NOW)
    assert (first.read_bytes(), second.read_bytes()) == (b"{ damaged", before)
    assert [first.name, second.name] == [
        f"tribe-po.json.aside-{DATE}",
        f"tribe-po.json.aside-{DATE}-1",
    ]
    assert path.read_bytes() == b"{ damaged"
    assert copies_of(path) == [first, second]


def test_the_generation_before_is_set_aside_also_where_the_state_is_missing(path: Path) -> None:
    before = previous_of(path).read_bytes()
    path.unlink()
    (made,) = set_aside(path, NOW)
    assert made.read_bytes() == before


def test_where_nothing_is_nothing_is_set_aside(tmp_path: Path) -> None:
    assert set_aside(tmp_path / "tribe-po.json", NOW) == []
    assert copies_of(tmp_path / "nowhere" / "tribe-po.json") == []


def test_what_cannot_be_read_cannot_be_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "tribe-po.json"
    path.mkdir()
    with pytest.raises(StateNotSaved, match=f"errno {errno.EISDIR}"):
        set_aside(path, NOW)


def attempt(path: Path) -> str:
    """Back up; gives why that was refused."""
    try:
        back_up(path, None, NOW)
    except (StateNotSaved, StateUnreadable) as error:
        return error.why
    return ""


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_copy_that_fails_leaves_no_part_of_it(path: Path, number: int) -> None:
    before, refused = names(path), set()
    for fail_at in range(1, 50):
        faults = Faults(fail_at, number, lasting=False)
        with faulty_disk(faults):
            refusal = attempt(path)
        assert f"errno {number}" in refusal or not faults.failed
        if not faults.failed:
            break
        refused.update(faults.failed)
        assert names(path) == before
    assert refused >= {"read", "open", "write", "flush", "fsync"}
    assert not faults.failed
