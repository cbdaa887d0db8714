"""The world that commands which read the state are tested in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.world import World, world
from tests.security.leaks import no_leaks
from tribe_po.cli import opened
from tribe_po.transport.pace import SharedPace

__all__ = ["no_leaks", "unpaced", "w"]


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox has time: what a command asks here, it asks at once."""
    monkeypatch.setattr(SharedPace, "wait", lambda _: None)


@pytest.fixture
def w(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world whose state the commands read at the world's own time, and without any key."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("POWEROFFICE_", "TRIBECRM_", "TRIBE_PO_")):
            monkeypatch.delenv(name)
    with world(tmp_path) as made:
        monkeypatch.setenv("TRIBE_PO_STATE", str(made.state))
        monkeypatch.setenv("COLUMNS", "160")
        monkeypatch.setattr(opened, "now", made.clock.now)
        yield made
