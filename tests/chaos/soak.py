"""A week of minutes: `python -m tests.chaos.soak ROUNDS FOLDER`."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

from tests.scenarios.world import OSLO, World, world

CUSTOMERS = 10
EDIT_EVERY = 10
FULL_EVERY = 500
SETTLED = 0.3
"""The share of the rounds after which everything that is loaded once has been."""

MEGABYTE = 1_000_000
GROWTH = 10 * MEGABYTE
"""What the process may still grow by: less than a thousandth of it a round would be seen."""

STATE = 200_000
"""Bytes: more than ten links and the last 200 runs take."""

FILES = 40 * MEGABYTE
"""The state, its previous generation, and an audit trail that is rotated at 10 MB."""


def memory_in_use() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def live(w: World, rounds: int) -> None:
    """A minute a round: somebody edits now and then, here and there; the passes run. Nothing grows,
    nothing drifts, nothing is written that nobody edited."""
    ids = [w.company(f"Kunde {number} AS", MailAddress=OSLO) for number in range(CUSTOMERS)]
    w.init()
    organizations = {
        int(link.poweroffice_id): link.tribe_relation_id for link in w.memory().links.values()
    }
    w.sandbox.requests.clear()
    edits, settled = 0, 0
    for number in range(rounds):
        if number % EDIT_EVERY == 0:
            contact, email = ids[edits % CUSTOMERS], f"post{number}@kunde.example"
            if edits % 2:
                w.poweroffice.edit_customer(contact, EmailAddress=email)
            else:
                w.tribe.edit(organizations[contact], EmailAddress=email)
            edits += 1
        full = number % FULL_EVERY == 0
        w.push(after=timedelta(minutes=1), full=full)
        w.pull(after=timedelta(seconds=1), full=full)
        assert len(w.wrote()) == (number % EDIT_EVERY == 0), f"round {number}: {w.wrote()}"
        w.sandbox.requests.clear()
        if number == int(rounds * SETTLED):
            settled = memory_in_use()
    assert memory_in_use() - settled < GROWTH
    assert w.state.stat().st_size < STATE
    assert sum(file.stat().st_size for file in w.folder.iterdir()) < FILES
    assert w.differences() == []
    memory = w.memory()
    assert len(memory.links) == CUSTOMERS
    assert (memory.unlinked, memory.intents, memory.quarantine) == ({}, {}, {})


if __name__ == "__main__":
    with world(Path(sys.argv[2])) as lived_in:
        live(lived_in, int(sys.argv[1]))
