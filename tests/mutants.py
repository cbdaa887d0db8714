"""How many mutants the tests noticed, file by file, from what mutmut left in `mutants/`.

A mutant that no test reaches counts as one that survived.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

SURVIVED, UNREACHED, NOT_RUN = 0, (5, 33), None
"""What mutmut notes as the exit code of the tests; any other one means that they noticed."""


def verdicts(root: Path) -> dict[str, list[int | None]]:
    """The exit codes for the mutants of each file that has any, by its path below `root`."""
    found = {}
    for notes in sorted(root.rglob("*.py.meta")):
        codes = list(json.loads(notes.read_text())["exit_code_by_key"].values())
        if codes:
            found[str(notes.relative_to(root).with_suffix(""))] = codes
    return found


def table_of(files: dict[str, list[int | None]]) -> Table:
    """One row for each file, worst first, and one for all."""
    table = Table("Mutants", "Noticed", "Survived", "Not reached", "Score", "Not run", "File")
    rows = sorted(files.items(), key=lambda file: _score(file[1]))
    together = [code for _, of_file in rows for code in of_file]
    for name, codes in [*rows, ("all", together)]:
        survived, unreached = codes.count(SURVIVED), _unreached(codes)
        not_run = codes.count(NOT_RUN)
        noticed = len(codes) - survived - unreached - not_run
        score = "-" if not_run == len(codes) else f"{_score(codes):.1%}"
        numbers = [len(codes), noticed, survived, unreached, score, not_run]
        table.add_row(*map(str, numbers), name)
    return table


def _unreached(codes: Sequence[int | None]) -> int:
    return sum(code in UNREACHED for code in codes)


def _score(codes: Sequence[int | None]) -> float:
    run = [code for code in codes if code is not NOT_RUN]
    missed = run.count(SURVIVED) + _unreached(run)
    return 1 - missed / len(run) if run else 1.0


if __name__ == "__main__":
    files = verdicts(Path("mutants"))
    if not files:
        sys.exit("mutmut has left nothing to count. Type: make mutants")
    Console(width=100).print(table_of(files))
