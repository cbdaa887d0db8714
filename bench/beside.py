"""Well-known tools on the same work, in a virtual environment of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.measure import Measure
from bench.office import HOUR, ROOT, Office, launch, office, run_and_read

PEERS = Path(__file__).with_name("peers")
FOLDER = ROOT / ".venv-peers"
PACKAGES = ("dlt[duckdb]", "diffsync", "tinydb", "requests")
LINKED = 10_000
NAIVE = 1000
RUNS = 3


def peers() -> Sequence[Measure]:
    """dlt pulls the same customers, diffsync compares the same pairs, plain TinyDB keeps links."""
    python = _python()
    return [*_pulling(python), *_comparing(python), *_keeping(python)]


def _python() -> str:
    """The interpreter of the peers' own environment, made on first use."""
    python = FOLDER / "bin" / "python"
    if not (FOLDER / "ready").exists():
        venv.create(FOLDER, with_pip=True, clear=True)
        install = (str(python), "-m", "pip", "install", "--quiet", *PACKAGES)
        subprocess.run(install, check=True)  # noqa: S603 - our own command
        (FOLDER / "ready").touch()
    return str(python)


def _pulling(python: str) -> list[Measure]:
    with office(LINKED) as opened:
        own, others = [], []
        script = (python, str(PEERS / "dlt_pull.py"), str(LINKED))
        for _ in range(RUNS):
            opened.clock.advance(HOUR)
            own.append(opened.plain("pull-relations", "--full"))
            others.append(launch(script, opened.environment(), opened.folder))
    name = f"pulling {LINKED:,} customers (ours reads both systems and compares) / dlt to DuckDB"
    rows = [("CPU", "s", [c.cpu for c in own], [c.cpu for c in others])]
    rows.append(("peak memory", "MB", [c.peak for c in own], [c.peak for c in others]))
    return [
        Measure("peers", f"{what}: {name}", median(ours), unit, median(theirs))
        for what, unit, ours, theirs in rows
    ]


def _comparing(python: str) -> list[Measure]:
    ours, theirs = _told(
        (sys.executable, "-m", "bench.comparing", str(LINKED)),
        (python, str(PEERS / "diffsync_compare.py"), str(LINKED)),
    )
    return [Measure("peers", f"comparing {LINKED:,} pairs in memory / diffsync", ours, "s", theirs)]


def _keeping(python: str) -> list[Measure]:
    ours, theirs = _told(
        (sys.executable, "-m", "bench.keeping", str(NAIVE)),
        (python, str(PEERS / "tinydb_loop.py"), str(NAIVE)),
    )
    name = f"keeping {NAIVE:,} new links, saved by the hundred / plain TinyDB, one by one"
    return [Measure("peers", name, ours, "s", theirs)]


def _told(*commands: tuple[str, ...]) -> list[float]:
    """The median of what each command prints, the commands run in turn."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    said: list[list[float]] = [[] for _ in commands]
    with office(0, linked=False) as opened:
        for _ in range(RUNS):
            for left in opened.folder.iterdir():
                left.unlink()
            for command, told in zip(commands, said, strict=True):
                told.append(float(run_and_read(command, environment, opened.folder)))
    return [median(told) for told in said]


def linear() -> Sequence[Measure]:
    """An idle `pull-relations --full` over 100 000 links, beside one over 10 000."""
    costs = []
    for number in (LINKED, 10 * LINKED):
        with office(number) as opened:
            costs.append(_full(opened))
    (cpu, peak), (more_cpu, more_peak) = costs
    name = "an idle pull-relations --full over 100,000 links / over 10,000"
    return [
        Measure("linear", f"CPU of {name}", more_cpu, "s", cpu, 11),
        Measure("linear", f"peak memory of {name}", more_peak, "MB", peak, 11),
    ]


def _full(opened: Office) -> tuple[float, float]:
    costs = [opened.run("pull-relations", "--full") for _ in range(RUNS)]
    return median(cost.cpu for cost in costs), max(cost.peak for cost in costs)
