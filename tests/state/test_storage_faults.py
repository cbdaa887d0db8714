"""Saving on a disk that refuses, and in a process that is killed: a whole generation stays."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.state.test_storage import NEW, OLD, mode, names
from tribe_po.errors import StateNotSaved
from tribe_po.state.storage import CheckedStorage, Tables


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tribe-po.json"


@pytest.fixture
def storage(path: Path) -> CheckedStorage:
    return CheckedStorage(path)


class Faults:
    """Counts the operations that a disk can refuse, and refuses the `fail_at`-th and later ones
    up to `until`."""

    def __init__(self, fail_at: int, number: int, lasting: bool) -> None:
        self.count = 0
        self.failed: list[str] = []
        self._fail_at = fail_at
        self._number = number
        self._lasting = lasting

    def check(self, name: str) -> None:
        self.count += 1
        if self.count == self._fail_at or (self._lasting and self.count > self._fail_at):
            self.failed.append(name)
            raise OSError(self._number, os.strerror(self._number))


class FaultyFile:
    """An open file whose writes can be refused; half of a refused write reaches the disk."""

    def __init__(self, file: Any, faults: Faults) -> None:
        self._file = file
        self._faults = faults

    def __enter__(self) -> FaultyFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, content: bytes) -> None:
        self._file.write(content[: len(content) // 2])
        self._faults.check("write")
        self._file.write(content[len(content) // 2 :])

    def flush(self) -> None:
        self._faults.check("flush")
        self._file.flush()

    def fileno(self) -> int:
        return int(self._file.fileno())


@contextmanager
def faulty_disk(faults: Faults) -> Iterator[None]:
    def refusing(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            faults.check(name)
            return operation(*args, **kwargs)

        return run

    fdopen = os.fdopen

    def faulty_fdopen(descriptor: int, *args: Any, **kwargs: Any) -> FaultyFile:
        file = fdopen(descriptor, *args, **kwargs)
        return FaultyFile(file, faults)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("open", "fsync", "link", "replace", "unlink", "listdir"):
            patch.setattr(os, name, refusing(name, getattr(os, name)))
        patch.setattr(os, "fdopen", faulty_fdopen)
        patch.setattr(Path, "read_bytes", refusing("read", Path.read_bytes))
        yield


def write(storage: CheckedStorage, tables: Tables) -> StateNotSaved | None:
    try:
        storage.write(tables)
    except StateNotSaved as error:
        return error
    return None


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from-then-on"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_whatever_operation_fails_a_whole_generation_is_there(
    tmp_path: Path, number: int, lasting: bool
) -> None:
    refused = set()
    for fail_at in range(1, 100):
        folder = tmp_path / str(fail_at)
        folder.mkdir()
        storage = CheckedStorage(folder / "state.json")
        storage.write({"links": {"1": {"name": "oldest"}}})
        storage.write(OLD)
        faults = Faults(fail_at, number, lasting)
        with faulty_disk(faults):
            refusal = write(storage, NEW)
        saved = refusal is None
        assert refusal is None or f"errno {number}" in refusal.why
        refused.update(faults.failed)
        assert storage.read() in ((NEW,) if saved else (OLD, NEW))
        assert CheckedStorage(storage.previous).read() is not None
        if saved:
            assert CheckedStorage(storage.previous).read() == OLD
        storage.write(NEW)
        assert storage.read() == NEW
        assert names(folder) == ["state.json", "state.json.previous"]
        if not faults.failed:
            break
    assert refused >= {"read", "open", "write", "flush", "fsync", "link", "replace"}
    assert not faults.failed, "some operation was still refused after 100 rounds"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_the_first_save_fails_and_leaves_nothing(tmp_path: Path, number: int) -> None:
    for fail_at in range(1, 100):
        folder = tmp_path / str(fail_at)
        folder.mkdir()
        storage = CheckedStorage(folder / "state.json")
        faults = Faults(fail_at, number, lasting=False)
        with faulty_disk(faults):
            refusal = write(storage, OLD)
        assert storage.read() in ((OLD,) if refusal is None else (None, OLD))
        assert names(folder) in ([], ["state.json"])
        if not faults.failed:
            break
    assert not faults.failed


def test_a_full_disk_leaves_the_old_generation_and_no_temporary_file(path: Path) -> None:
    """With the kernel's own refusal: no file may grow beyond 4096 bytes."""
    CheckedStorage(path).write(OLD)
    script = (
        "import resource, sys\n"
        "from tribe_po.errors import StateNotSaved\n"
        "from tribe_po.state.storage import CheckedStorage\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    CheckedStorage(sys.argv[1]).write({'links': {'1': {'name': 'x' * 9999}}})\n"
        "except StateNotSaved as error:\n"
        "    print(error.why)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    assert f"errno {errno.EFBIG}" in done.stdout
    assert CheckedStorage(path).read() == OLD
    assert names(path.parent) == ["tribe-po.json"]


@pytest.mark.parametrize("refused", ["link", "link and fsync of folders"])
def test_a_file_system_without_hard_links(
    storage: CheckedStorage, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    fsync = os.fsync

    def no_link(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    def no_folder_fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no fsync of folders here")
        fsync(descriptor)

    monkeypatch.setattr(os, "link", no_link)
    if "fsync" in refused:
        monkeypatch.setattr(os, "fsync", no_folder_fsync)
    storage.write(OLD)
    storage.write(NEW)
    assert storage.read() == NEW
    assert CheckedStorage(storage.previous).read() == OLD
    assert mode(storage.previous) == 0o600


def test_the_order_of_a_save(storage: CheckedStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """New content is on the disk before it gets the name, and the name before the save returns."""
    storage.write(OLD)
    done: list[str] = []

    def noting(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            target = Path(args[-1]).name if name in ("link", "replace") else ""
            done.append(f"{name} {target}".strip())
            return operation(*args, **kwargs)

        return run

    for name in ("fsync", "link", "replace"):
        monkeypatch.setattr(os, name, noting(name, getattr(os, name)))
    storage.write(NEW)
    assert done == [
        "fsync",
        f"link tribe-po.json.previous.{os.getpid()}.new",
        "replace tribe-po.json.previous",
        "replace tribe-po.json",
        "fsync",
    ]


WRITER = """
import sys
from tribe_po.state.storage import CheckedStorage
storage = CheckedStorage(sys.argv[1])
generation = int(sys.argv[2])
print("ready", flush=True)
while True:
    generation += 1
    storage.write({"links": {str(n): {"generation": generation} for n in range(1, 500)}})
"""


def test_a_writer_killed_at_any_moment_leaves_one_whole_generation(path: Path) -> None:
    storage = CheckedStorage(path)
    storage.write({"links": {str(n): {"generation": 0} for n in range(1, 500)}})
    last = 0
    for round_number in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(last)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            for _ in range(1 + 7 * round_number):
                assert storage.read() is not None
            writer.kill()
        tables = storage.read()
        assert tables is not None
        generations = {document["generation"] for document in tables["links"].values()}
        assert len(generations) == 1
        assert generations.pop() >= last
        last = tables["links"]["1"]["generation"]
    storage.write(NEW)
    assert not [name for name in names(path.parent) if name.endswith(".new")]
