"""One writing pass per state file."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tribe_po.errors import Busy, ExitCode, StateNotSaved
from tribe_po.state.lock import POLL_SECONDS, Holder, holder, lock

HOLDER = """
import sys
from pathlib import Path
from tribe_po.errors import Busy
from tribe_po.state.lock import lock

sys.stdin.readline()
try:
    with lock(Path(sys.argv[1]), patience=0.0):
        print("held", flush=True)
        sys.stdin.readline()
except Busy as error:
    print("busy:", error.why, flush=True)
"""


def start(path: Path, *words: str) -> subprocess.Popen[str]:
    """A process that takes the lock on the first line that it is sent, and lets go on the next."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tribe-po.json"


def never(seconds: float) -> None:
    raise AssertionError("nobody was to wait")


def test_the_lock_is_a_file_beside_the_state(path: Path) -> None:
    with lock(path, sleep=never):
        found = path.with_name("tribe-po.json.lock")
        assert stat.S_IMODE(found.stat().st_mode) == 0o600
        assert str(os.getpid()) in found.read_text()
    assert not path.exists()


def test_it_can_be_taken_again_after_it_was_released(path: Path) -> None:
    for _ in range(3):
        with lock(path, sleep=never):
            pass


def test_nothing_stays_of_a_holder_with_a_longer_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (["tribe-po", "pull-relations", "--full"], ["tribe-po", "sync"]):
        monkeypatch.setattr(sys, "argv", words)
        with lock(path):
            found = json.loads(path.with_name("tribe-po.json.lock").read_bytes())
            assert found["command"] == " ".join(words)


def test_it_is_released_when_the_pass_fails(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), lock(path, sleep=never):
        raise ZeroDivisionError
    with lock(path, sleep=never):
        pass


def test_the_second_waits_and_then_says_who_holds_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/tribe-po", "push-relations", "--profile", "a b"])
    naps: list[float] = []
    with lock(path), pytest.raises(Busy) as caught, lock(path, patience=2.0, sleep=naps.append):
        raise AssertionError("two held the lock")
    assert naps == [POLL_SECONDS] * 20
    assert caught.value.what == f"Another pass is running on {path}."
    assert f"Process {os.getpid()} (tribe-po push-relations --profile 'a b')" in caught.value.why
    assert "since 20" in caught.value.why
    assert caught.value.why.endswith("waited 2 s.")
    assert f"ps -p {os.getpid()}" in caught.value.next_step
    assert caught.value.exit_code is ExitCode.TEMPORARY


def test_it_is_taken_as_soon_as_it_is_free(path: Path) -> None:
    with ExitStack() as first:
        first.enter_context(lock(path))
        naps: list[float] = []

        def release_at_the_third(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) == 3:
                first.close()

        with lock(path, patience=5.0, sleep=release_at_the_third):
            assert len(naps) == 3


def test_without_patience_nobody_waits(path: Path) -> None:
    with lock(path), pytest.raises(Busy), lock(path, patience=0.0, sleep=never):
        pass


@pytest.mark.parametrize("content", [b"", b'{"pid": 1', b"[]", b'{"pid": 1}', b"\xff"])
def test_a_holder_that_has_not_said_who_it_is(path: Path, content: bytes) -> None:
    with lock(path):
        lock_file = path.with_name("tribe-po.json.lock")
        lock_file.write_bytes(content)
        with pytest.raises(Busy, match="has not said who it is") as caught, lock(path, patience=0):
            pass
    assert f"fuser -v {lock_file}" in caught.value.next_step


def test_the_lock_holds_on_a_full_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with lock(path), pytest.raises(Busy), lock(path, patience=0.0):
            pass


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StateNotSaved, match="errno 2"), lock(tmp_path / "nowhere" / "state.json"):
        pass


def test_a_file_system_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(StateNotSaved, match="errno 37"), lock(path):
        pass


def test_a_symbolic_link_leads_to_the_same_lock(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.symlink_to(path)
    with lock(path), pytest.raises(Busy), lock(other, patience=0.0):
        pass


def test_a_killed_holder_does_not_block_the_next(path: Path) -> None:
    for _ in range(3):
        with start(path) as holder:
            tell(holder)
            assert heard(holder) == "held"
            with pytest.raises(Busy, match=f"Process {holder.pid} "), lock(path, patience=0.0):
                pass
            holder.kill()
        with lock(path, sleep=never):
            pass


def test_of_forty_processes_one_holds_it(path: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(start(path, f"number-{n}")) for n in range(40)]
        for process in processes:
            tell(process)
        answers = {process.pid: heard(process) for process in processes}
        holders = [pid for pid, answer in answers.items() if answer == "held"]
        busy = [answer for answer in answers.values() if answer.startswith("busy: ")]
        assert len(holders) == 1
        assert len(busy) == 39
        assert all(
            f"Process {holders[0]} " in answer or "has not said" in answer for answer in busy
        )
        for process in processes:
            if process.pid in holders:
                tell(process)
            assert process.wait() == 0
    with lock(path, sleep=never):
        pass


def test_who_holds_it_is_told_without_taking_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/tribe-po", "pull-relations"])
    assert holder(path) is None
    assert list(path.parent.iterdir()) == []
    with lock(path):
        found = holder(path)
        assert found is not None
        assert (found.pid, found.command) == (os.getpid(), "tribe-po pull-relations")
        assert found.since.endswith("Z")
    assert holder(path) is None
    with lock(path, sleep=never):
        assert isinstance(holder(path), Holder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"pid": "x", "command": 1}'])
def test_a_holder_that_does_not_say_who_it_is_is_not_told(path: Path, content: bytes) -> None:
    with lock(path):
        path.with_name("tribe-po.json.lock").write_bytes(content)
        assert holder(path) is None


def test_where_no_lock_can_be_looked_at_none_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    with lock(path):
        monkeypatch.setattr(fcntl, "flock", no_locks)
        assert holder(path) is None
