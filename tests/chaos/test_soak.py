"""Nothing grows and nothing drifts, however long it goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.soak import live
from tests.scenarios.world import world

ROOT = Path(__file__).parents[2]


def test_a_hundred_minutes(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        live(w, 100)


@pytest.mark.chaos
def test_a_week_of_minutes(tmp_path: Path) -> None:
    """In a process of its own: this one keeps what was asked, to hold it against the contracts."""
    command = [sys.executable, "-m", "tests.chaos.soak", "10000", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)
