"""Keeps new links in the tool's own state file, saved by the hundred, and prints the seconds."""

from __future__ import annotations

import sys
from pathlib import Path
from time import monotonic

from bench.comparing import record
from tribe_po.records import Memory, System
from tribe_po.state.store import Store
from tribe_po.sync.attempts import BATCH
from tribe_po.sync.trees import pair


def main() -> None:
    """Keep as many links as asked for."""
    memory, store = Memory(), Store(Path("kept.json"))
    begin = monotonic()
    for position in range(int(sys.argv[1])):
        link = pair(record(System.POWEROFFICE, position), record(System.TRIBE, position), "number")
        memory.links[link.key] = link
        if (position + 1) % BATCH == 0:
            store.save(memory)
    store.save(memory)
    sys.stdout.write(f"{monotonic() - begin}\n")


if __name__ == "__main__":
    main()
