"""A Tribe tenant on loopback, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.tribe.peer import Peer
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.server import Sandbox

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A started sandbox with its clock at `START`."""
    with Sandbox(ManualClock(START)) as sandbox:
        yield Peer(sandbox)
