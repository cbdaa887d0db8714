"""The audit trail."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.state.memories import NOON
from tribe_po.errors import StateNotSaved
from tribe_po.records import Address, Kind, System
from tribe_po.state.audit import Audit, AuditEntry, FieldChange

ENTRY = AuditEntry(
    run_id="run-1",
    time=NOON,
    system=System.POWEROFFICE,
    action="update",
    kind=Kind.CUSTOMER,
    poweroffice_id="100001",
    tribe_id="relationship-1",
    label="Bjørk & Sønn AS",
    fields=(
        FieldChange("email", "a@example.no", None),
        FieldChange("address", None, Address("Storgata 1", "", "0155", "Oslo", "NO")),
        FieldChange("inactive", True, False),
    ),
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "tribe-po.json"


@pytest.fixture
def audit(state: Path) -> Iterator[Audit]:
    audit = Audit(state)
    yield audit
    audit.close()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def run_ids(path: Path) -> list[str]:
    return [line["run_id"] for line in lines(path)]


def test_an_entry_is_one_line(audit: Audit, tmp_path: Path) -> None:
    audit.write(ENTRY)
    audit.flush()
    path = tmp_path / "tribe-po.audit.jsonl"
    assert audit.path == path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert lines(path) == [
        {
            "run_id": "run-1",
            "time": "2025-01-31T12:00:00Z",
            "system": "poweroffice",
            "action": "update",
            "kind": "customer",
            "poweroffice_id": "100001",
            "tribe_id": "relationship-1",
            "label": "Bjørk & Sønn AS",
            "fields": [
                {"field": "email", "old": "a@example.no", "new": None},
                {
                    "field": "address",
                    "old": None,
                    "new": {
                        "line1": "Storgata 1",
                        "postal_code": "0155",
                        "city": "Oslo",
                        "country": "NO",
                    },
                },
                {"field": "inactive", "old": True, "new": False},
            ],
        }
    ]


def test_nothing_written_makes_no_file(audit: Audit) -> None:
    audit.flush()
    audit.close()
    assert not audit.path.exists()


def test_entries_are_appended(audit: Audit, state: Path) -> None:
    audit.write(ENTRY)
    audit.close()
    again = Audit(state)
    again.write(replace(ENTRY, run_id="run-2"))
    again.write(replace(ENTRY, run_id="run-3", poweroffice_id=None, fields=()))
    again.close()
    assert run_ids(audit.path) == ["run-1", "run-2", "run-3"]


def test_flush_has_the_disk_confirm(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    audit.write(ENTRY)
    audit.write(ENTRY)
    assert synced == []
    audit.flush()
    assert len(synced) == 1


def test_a_killed_process_loses_no_entry(state: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.state.test_audit import ENTRY\n"
        "from tribe_po.state.audit import Audit\n"
        "audit = Audit(Path(sys.argv[1]))\n"
        "for _ in range(50):\n"
        "    audit.write(ENTRY)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script, str(state)], cwd=root, check=False)
    assert len(lines(Audit(state).path)) == 50


def test_it_is_rotated_by_size(state: Path) -> None:
    one_line = 461
    audit = Audit(state, max_bytes=one_line * 2, keep=3)
    for number in range(100, 115):
        audit.write(replace(ENTRY, run_id=str(number)))
    audit.close()
    assert sorted(path.name for path in state.parent.iterdir()) == [
        "tribe-po.audit.jsonl",
        "tribe-po.audit.jsonl.1",
        "tribe-po.audit.jsonl.2",
        "tribe-po.audit.jsonl.3",
    ]
    assert run_ids(audit.path) == ["114"]
    assert run_ids(Path(f"{audit.path}.1")) == ["112", "113"]
    assert run_ids(Path(f"{audit.path}.3")) == ["108", "109"]
    for path in state.parent.iterdir():
        assert path.stat().st_size <= one_line * 2
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_longer_than_the_limit_is_written_all_the_same(state: Path) -> None:
    audit = Audit(state, max_bytes=10, keep=1)
    for number in range(3):
        audit.write(replace(ENTRY, run_id=str(number)))
    audit.close()
    assert run_ids(audit.path) == ["2"]
    assert run_ids(Path(f"{audit.path}.1")) == ["1"]


def test_a_line_that_a_full_disk_cut_short_takes_no_other_with_it(
    audit: Audit, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit.write(ENTRY)
    write = os.write
    room = [40]

    def full_after_40_bytes(descriptor: int, line: bytes) -> int:
        if not room:
            raise OSError(28, "No space left on device")
        return write(descriptor, line[: room.pop()])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full_after_40_bytes)
        with pytest.raises(StateNotSaved, match="errno 28") as caught:
            audit.write(replace(ENTRY, run_id="run-2"))
    assert str(audit.path) in caught.value.what
    assert "df -h" in caught.value.next_step
    audit.write(replace(ENTRY, run_id="run-3"))
    found = audit.path.read_text().splitlines()
    assert [json.loads(found[place])["run_id"] for place in (0, 2)] == ["run-1", "run-3"]
    assert len(found[1]) == 40


def test_a_disk_that_cannot_confirm(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    audit.write(ENTRY)

    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StateNotSaved, match="errno 5"):
        audit.flush()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StateNotSaved, match="errno 2"):
        Audit(tmp_path / "nowhere" / "state.json").write(ENTRY)


def test_a_failed_rotation_loses_nothing(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = Audit(state, max_bytes=10, keep=2)
    audit.write(ENTRY)

    def refused(*_: object) -> None:
        raise OSError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refused)
        with pytest.raises(StateNotSaved, match="errno 13"):
            audit.write(replace(ENTRY, run_id="run-2"))
    assert run_ids(audit.path) == ["run-1"]
    audit.write(replace(ENTRY, run_id="run-3"))
    audit.close()
    assert run_ids(audit.path) == ["run-3"]
    assert run_ids(Path(f"{audit.path}.1")) == ["run-1"]
