"""Reading the audit trail back: every field, every file, damage."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tribe_po.errors import StateUnreadable
from tribe_po.records import Address, Kind, System
from tribe_po.state.audit import Audit, AuditEntry, FieldChange
from tribe_po.state.trail import Trail

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def entry(number: int) -> AuditEntry:
    return AuditEntry(
        run_id=f"run{number}",
        time=MORNING + timedelta(minutes=number),
        system=System.TRIBE,
        action="update",
        kind=Kind.PRODUCT,
        poweroffice_id="7",
        tribe_id=None,
        label="Kaffe, malt",
        fields=(
            FieldChange("price", Decimal("12.50"), None),
            FieldChange("address", None, Address("Storgata 1", postal_code="0155", city="Oslo")),
            FieldChange("inactive", False, True),
        ),
    )


def written(path: Path, number: int, max_bytes: int = 10**6) -> list[AuditEntry]:
    audit = Audit(path, max_bytes=max_bytes)
    entries = [entry(one) for one in range(number)]
    for one in entries:
        audit.write(one)
    audit.close()
    return entries


def test_what_was_written_is_read(tmp_path: Path) -> None:
    state = tmp_path / "tribe-po.json"
    entries = written(state, 3)
    trail = Trail(state)
    assert list(trail.entries()) == entries
    assert trail.damaged == 0


def test_rotated_files_come_first(tmp_path: Path) -> None:
    state = tmp_path / "tribe-po.json"
    entries = written(state, 4, max_bytes=1)
    assert len(list(tmp_path.iterdir())) == 4
    assert list(Trail(state).entries()) == entries


def test_a_rotation_while_the_files_are_opened_doubles_nothing(tmp_path: Path) -> None:
    state = tmp_path / "tribe-po.json"
    entries = written(state, 2, max_bytes=1)
    newest = tmp_path / "tribe-po.audit.jsonl"
    os.link(newest, f"{newest}.2")  # as if it moved on after it was opened
    assert [one.run_id for one in Trail(state).entries()] == [
        entries[0].run_id,
        entries[1].run_id,
    ]


def test_no_trail_is_an_empty_one(tmp_path: Path) -> None:
    assert list(Trail(tmp_path / "tribe-po.json").entries()) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        b'{"run_id": "run1", "ti\n',
        b"[]\n",
        b'"text"\n',
        b'{"run_id": "x"}\n',
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
    ],
)
def test_damaged_lines_are_counted_and_skipped(tmp_path: Path, damage: bytes) -> None:
    state = tmp_path / "tribe-po.json"
    entries = written(state, 2)
    path = tmp_path / "tribe-po.audit.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + damage + b"\n" + second)
    trail = Trail(state)
    assert list(trail.entries()) == entries
    assert trail.damaged == 1
    assert list(trail.entries()) == entries
    assert trail.damaged == 1, "counted anew each time"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "tribe-po.audit.jsonl").mkdir()
    with pytest.raises(StateUnreadable) as error:
        list(Trail(tmp_path / "tribe-po.json").entries())
    assert "ls -l" in error.value.next_step
