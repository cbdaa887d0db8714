"""Many processes at once on one state file: one does the work, the others leave."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter

from tests.chaos.conftest import Round
from tests.chaos.executioner import start
from tests.chaos.histories import check
from tests.chaos.reference import PUSH, ROUND
from tribe_po.errors import ExitCode
from tribe_po.sandbox.faults import Fault, Run

PROCESSES = 20
TRIES = 10
"""More often than a read that gets no answer is tried again."""

LONG_ENOUGH = 300


def test_twenty_pushes_at_once_do_the_work_of_one(played: Round) -> None:
    """The one that gets the lock is kept waiting at its first read until the others have left."""
    office, index = played.office, ROUND.index(PUSH)
    office.put_back(played.reference.before[index])
    others_left = threading.Event()
    wait = Run(lambda: others_left.wait(LONG_ENOUGH))
    held = Fault("tribe", "GET", "/Relationship_", wait, times=TRIES)
    office.sandbox.faults.add(held)
    processes = [start(PUSH.arguments, office.environment, office.folder) for _ in range(PROCESSES)]
    watchers = [threading.Thread(target=_end, args=(one,)) for one in processes]
    for watcher in watchers:
        watcher.start()
    while sum(watcher.is_alive() for watcher in watchers) > 1:
        for watcher in watchers:
            watcher.join(0.05)
    others_left.set()
    for watcher in watchers:
        watcher.join()

    codes = Counter(process.returncode for process in processes)
    assert codes == {ExitCode.RECORDS_LEFT: 1, ExitCode.TEMPORARY: PROCESSES - 1}
    made = Counter(one.partition(" ")[0] for one in office.wrote())
    expected = Counter(
        call.partition(" ")[0]
        for call in played.reference.requests[index]
        if not call.startswith("GET") and not call.lower().endswith("token")
    )
    assert made == expected
    for step in ROUND[index + 1 :]:
        step.act(office)
    check(office, played.reference)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.communicate()
