"""A whole pass on a disk that refuses its N-th operation, for N = 1, 2, ... until one succeeds."""

from __future__ import annotations

import errno
from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from tests.scenarios.world import World, world
from tests.state.test_storage_faults import Faults, faulty_disk
from tribe_po.errors import ExitCode, StateNotSaved, StateUnreadable, TribePoError
from tribe_po.state.store import Store

NEW = ("Skog Bygg AS", "Elv Drift AS", "Ås Bygg AS")

IN_FLIGHT = 4
"""So many writes may be on their way when the trail of one of them cannot be kept."""

POINTS = 150


class Told(Faults):
    """Notes how many writes the servers had got when the disk first refused."""

    def __init__(self, fail_at: int, number: int, lasting: bool, w: World) -> None:
        super().__init__(fail_at, number, lasting)
        self.writes: int | None = None
        self._world = w

    def check(self, name: str) -> None:
        try:
            super().check(name)
        except OSError:
            if self.writes is None:
                self.writes = len(self._world.wrote())
            raise


def push(w: World, faults: Faults) -> TribePoError | None:
    with faulty_disk(faults):
        try:
            return w.push().error
        except (StateNotSaved, StateUnreadable) as error:
            return error


@pytest.mark.parametrize(
    ("number", "lasting"),
    [
        (errno.ENOSPC, True),
        *(
            pytest.param(number, lasting, marks=pytest.mark.chaos)
            for number, lasting in product((errno.ENOSPC, errno.EIO, errno.EACCES), (False, True))
            if (number, lasting) != (errno.ENOSPC, True)
        ),
    ],
)
def test_no_write_follows_a_save_that_failed_and_nothing_is_made_twice(
    tmp_path: Path, number: int, lasting: bool
) -> None:
    ended: Counter[ExitCode | None] = Counter()
    for fail_at in range(1, POINTS):
        folder = tmp_path / str(fail_at)
        folder.mkdir()
        with world(folder) as w:
            w.company("Fjord Kaffe AS")
            w.init()
            for name in NEW:
                w.tribe_customer(name)
            w.tribe.edit(w.link("Fjord Kaffe AS").tribe_relation_id, PhoneNumber="+4700123456")
            w.sandbox.requests.clear()
            faults = Told(fail_at, number, lasting, w)

            error = push(w, faults)

            ended[error.exit_code if error else None] += 1
            if error is not None:
                assert error.exit_code in (ExitCode.STATE_NOT_SAVED, ExitCode.STATE_UNREADABLE)
                assert faults.writes is not None
                assert len(w.wrote()) < faults.writes + IN_FLIGHT
            assert Store(w.state).open().links, "the state was emptied"
            for one_pass in (w.push, w.pull, w.push):
                one_pass()
            names = Counter(one["Name"] for one in w.poweroffice.customers())
            assert names == Counter(("Fjord Kaffe AS", *NEW))
            assert w.differences() == []
            assert not w.memory().intents
        if not faults.failed:
            break
    assert not faults.failed, f"some operation was still refused after {POINTS} rounds"
    assert ended[ExitCode.STATE_NOT_SAVED] > 5
    assert ended[ExitCode.STATE_UNREADABLE] >= 1
