"""A figure, what it is held against, and the table of all of them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from tribe_po import __version__

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True)
class Measure:
    """One row: what was measured, in `unit`, beside the floor that it is a multiple of.

    `floor` is in the same unit, None where the value stands for itself. `target` is the most that
    the ratio may be, or the value where there is no floor; None where the row only informs.
    """

    part: str
    name: str
    value: float
    unit: str
    floor: float | None = None
    target: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of its floor."""
        return self.value / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met, None where there is none."""
        judged = self.value if self.ratio is None else self.ratio
        return None if self.target is None else judged <= self.target


Part = Callable[[], Sequence[Measure]]


def interleaved(runs: int, *takes: Callable[[], float]) -> list[float]:
    """The median of several takes each, made in turn: what slows down the machine for a while
    slows down all of them."""
    taken = [[take() for take in takes] for _ in range(runs)]
    return [median(column) for column in zip(*taken, strict=True)]


def table(measures: Sequence[Measure]) -> Table:
    """All rows for a terminal."""
    drawn = Table("Measure", "Value", "Floor", "Ratio", "Target", "", title="tribe-po bench")
    for one in measures:
        drawn.add_row(
            f"{one.name}\n[dim]{one.note}[/]" if one.note else one.name,
            f"{one.value:,.3f} {one.unit}",
            "" if one.floor is None else f"{one.floor:,.3f}",
            "" if one.ratio is None else f"{one.ratio:.3f}",
            "" if one.target is None else f"{one.target:g}",
            {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[one.met],
        )
    return drawn


def keep(measures: Sequence[Measure]) -> None:
    """Print the table and write `bench/results.json`, in which the rows of parts that were not run
    stay as they were."""
    Console(width=130).print(table(measures))
    parts = {one.part for one in measures}
    known = json.loads(RESULTS.read_text())["measures"] if RESULTS.exists() else []
    rows = [
        {**asdict(one), "ratio": one.ratio, "met": one.met, **_circumstances()} for one in measures
    ]
    kept = [row for row in known if row["part"] not in parts]
    RESULTS.write_text(json.dumps({"measures": [*kept, *rows]}, indent=1) + "\n")


def _circumstances() -> dict[str, str | int]:
    return {
        "version": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count() or 0,
        "day": datetime.now(UTC).date().isoformat(),
    }
