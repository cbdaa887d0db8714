"""`python -m bench [PART...]`: measure, print one table, write `bench/results.json`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from time import monotonic

from bench import asking, beside, machine, writing
from bench.measure import Measure, Part, keep

PARTS: Mapping[str, Part] = {
    "idle": asking.idle,
    "changes": asking.changes,
    "writing": writing.writing,
    "full": machine.full,
    "saving": machine.saving,
    "startup": machine.startup,
    "drawing": machine.drawing,
    "linear": beside.linear,
    "peers": beside.peers,
}


def main() -> None:
    """Run the parts that were named, or all of them."""
    names = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        sys.exit(f"No such part: {', '.join(unknown)}. There are: {', '.join(PARTS)}")
    measures: list[Measure] = []
    for name in names:
        begin = monotonic()
        measures += PARTS[name]()
        sys.stderr.write(f"{name}: {monotonic() - begin:.0f} s\n")
    keep(measures)


if __name__ == "__main__":
    main()
