"""What the tool costs the machine: processor, memory, start-up, the state, drawing a plan."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from statistics import median

from bench.measure import Measure, interleaved
from bench.office import ROOT, Office, launch, office, run_and_read

RUNS = 7
LINKED = 10_000
LATENCY = 0.15
NOTHING = (sys.executable, "-c", "pass")


def full() -> Sequence[Measure]:
    """An idle `pull-relations --full` over 10 000 links: processor time and memory."""
    with office(LINKED) as opened:
        return _full(opened, 0.8, 100.0)


def _full(opened: Office, seconds: float | None, megabytes: float | None) -> list[Measure]:
    costs = []

    def once() -> float:
        costs.append(opened.plain("pull-relations", "--full"))
        return costs[-1].cpu

    (cpu,) = interleaved(5, once)
    peak = max(cost.peak for cost in costs)
    size = f"{len(opened.customers):,} links"
    return [
        Measure("full", f"CPU of an idle pull-relations --full, {size}", cpu, "s", None, seconds),
        Measure("full", f"peak memory of the same, {size}", peak, "MB", None, megabytes),
    ]


def saving() -> Sequence[Measure]:
    """How much of a pass at 10 000 links goes into saving the state."""
    with office(LINKED, latency=LATENCY, rate=10) as opened:
        costs = [opened.run("pull-relations", "--full", paced=True) for _ in range(3)]
        minute = [opened.run("push-relations", paced=True) for _ in range(5)]
    rows = (("pull-relations --full", costs, 0.05), ("push-relations", minute, None))
    return [
        Measure(
            "saving",
            f"share of an idle {name} spent saving state, {LINKED:,} links",
            median(cost.saving / cost.wall for cost in taken),
            "of 1",
            None,
            target,
        )
        for name, taken, target in rows
    ]


def startup() -> Sequence[Measure]:
    """`--version` and `status` beside starting Python alone."""
    with office(200) as opened:
        environment = opened.environment()

        def seconds(*command: str) -> float:
            # On a slow machine a pass may be late by now, which status says with a 1.
            return launch(command, environment, opened.folder, (0, 1)).wall

        tool = (sys.executable, "-m", "tribe_po")
        nothing, version, status = interleaved(
            3 * RUNS,
            lambda: seconds(*NOTHING),
            lambda: seconds(*tool, "--version"),
            lambda: seconds(*tool, "status"),
        )
    return [
        Measure("startup", "--version / python -c pass", 1000 * version, "ms", 1000 * nothing, 4),
        Measure("startup", "status / python -c pass", 1000 * status, "ms", 1000 * nothing, 20),
    ]


def drawing() -> Sequence[Measure]:
    """Drawing a plan of 10 000 changes, as a table and as JSON."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    said = [run_and_read((sys.executable, "-m", "bench.drawing"), environment) for _ in range(RUNS)]
    table, document = (median(float(text.split()[column]) for text in said) for column in (0, 1))
    return [
        Measure("drawing", "drawing a plan of 10 000 changes", table, "s", None, 0.5),
        Measure("drawing", "the same plan as JSON", document, "s", None, 0.5),
    ]
