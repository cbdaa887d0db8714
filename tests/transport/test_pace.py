"""Requests follow each other at one pace, over threads and processes."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from tribe_po.transport.pace import SECOND, SharedPace, Unpaced

SPACING = SECOND // 10
NOON = 1_000 * SECOND


class Clock:
    """A clock that only sleeping moves on."""

    def __init__(self, time: int = NOON) -> None:
        self.time = time
        self.slept: list[float] = []

    def read(self) -> int:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += round(seconds * SECOND)


def pace(path: Path, clock: Clock) -> SharedPace:
    return SharedPace(path, 10, clock=clock.read, sleep=clock.sleep)


def test_requests_are_spaced_and_never_bunch(tmp_path: Path) -> None:
    clock = Clock()
    one = pace(tmp_path / "pace", clock)
    clock.time += 5 * SECOND
    times = []
    for _ in range(30):
        one.wait()
        times.append(clock.time)
    assert {later - earlier for earlier, later in pairwise(times)} == {SPACING}
    assert clock.slept == [pytest.approx(0.1)] * 29


def test_a_pause_earns_no_burst(tmp_path: Path) -> None:
    clock = Clock()
    one = pace(tmp_path / "pace", clock)
    one.wait()
    clock.time += 60 * SECOND
    assert [one.reserve() - clock.time for _ in range(3)] == [0, SPACING, 2 * SPACING]


def test_two_with_one_file_share_a_pace(tmp_path: Path) -> None:
    clock = Clock()
    first, second = pace(tmp_path / "pace", clock), pace(tmp_path / "pace", clock)
    slots = [each.reserve() for each in (first, second, second, first)]
    assert slots == [NOON + turn * SPACING for turn in range(4)]


def test_other_keys_have_another_pace(tmp_path: Path) -> None:
    for key in ("key-one", "key-two", "key-one"):
        SharedPace.for_key(key, 10, tmp_path / "folder").reserve()
    names = [file.name for file in (tmp_path / "folder").iterdir()]
    assert len(names) == 2
    assert not any("key" in name for name in names)


@pytest.mark.parametrize(
    ("content", "ahead"),
    [
        (b"", 0),
        (b"half a numb", 0),
        (b"%20d" % (NOON + 61 * SECOND), 0),
        (b"%20d" % (NOON - 61 * SECOND), 0),
        (b"%20d" % (NOON + 59 * SECOND), 59 * SECOND),
        (b"\xff" * 40, 0),
    ],
)
def test_what_the_file_may_hold(tmp_path: Path, content: bytes, ahead: int) -> None:
    path = tmp_path / "pace"
    path.write_bytes(content)
    one = pace(path, Clock())
    assert one.reserve() == NOON + ahead
    assert one.reserve() == NOON + ahead + SPACING


def no_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.write_text("in the way")


def no_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    path.parent.mkdir()
    monkeypatch.setattr(fcntl, "flock", refuse)


def a_symlink(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    path.symlink_to(path.parent / "somebody else's")


def no_space(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path.parent.mkdir()
    monkeypatch.setattr(os, "pwrite", refuse)


@pytest.mark.parametrize("trouble", [no_folder, no_locks, a_symlink, no_space])
def test_without_the_file_the_pace_is_its_own_and_slow(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    trouble: object,
) -> None:
    """Four processes that do not know of each other keep to the rate together."""
    path = tmp_path / "folder" / "pace"
    assert callable(trouble)
    trouble(path, monkeypatch)
    one = pace(path, Clock())
    assert [one.reserve() for _ in range(3)] == [NOON, NOON + 4 * SPACING, NOON + 8 * SPACING]
    (told,) = caplog.records
    assert told.levelname == "WARNING"
    assert "goes on alone, at 2.5 requests a second" in told.getMessage()


def lowest_free_descriptor() -> int:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    one = pace(tmp_path / "pace", Clock())
    before = lowest_free_descriptor()
    one.reserve()
    assert lowest_free_descriptor() == before


def test_threads_share_the_pace(tmp_path: Path) -> None:
    one = pace(tmp_path / "pace", Clock())
    with ThreadPoolExecutor(8) as pool:
        slots = sorted(pool.map(lambda _: one.reserve(), range(200)))
    assert slots == [NOON + turn * SPACING for turn in range(200)]


RESERVE = textwrap.dedent(
    """
    import json, sys
    from pathlib import Path
    from tribe_po.transport.pace import SharedPace
    pace = SharedPace(Path(sys.argv[1]), 1000)
    sys.stdin.readline()
    print(json.dumps([pace.reserve() for _ in range(250)]), flush=True)
    sys.stdin.readline()
    """
)


def test_processes_share_the_pace(tmp_path: Path) -> None:
    """Four processes take slots as fast as they can; no two slots are nearer than the spacing."""
    command = [sys.executable, "-c", RESERVE, str(tmp_path / "pace")]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    slots = sorted(
        slot for process in processes for slot in json.loads(process.communicate("\n")[0])
    )
    assert len(slots) == 1000
    assert min(later - earlier for earlier, later in pairwise(slots)) >= SECOND // 1000


HOLD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from tribe_po.transport import pace
    with pace._locked(Path(sys.argv[1])):
        print("locked", flush=True)
        sys.stdin.readline()
    """
)


def test_a_process_killed_with_the_lock_holds_nobody_up(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "pace")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    one = pace(tmp_path / "pace", Clock())
    assert [one.reserve(), one.reserve()] == [NOON, NOON + SPACING]


def test_the_machines_clock_is_used(tmp_path: Path) -> None:
    clock_id = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    before = time.clock_gettime_ns(clock_id)
    slot = SharedPace(tmp_path / "pace", 10).reserve()
    assert before <= slot <= time.clock_gettime_ns(clock_id)


def test_no_pace() -> None:
    Unpaced().wait()
