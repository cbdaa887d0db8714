"""A file of metrics for node_exporter's textfile collector.

One file holds all passes, of all profiles that name it. Each pass replaces its own samples and
keeps the others; its counters go on from what the file says.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tribe_po.errors import ExitCode
from tribe_po.output import log
from tribe_po.output.healthcheck import WENT
from tribe_po.passes.run import Report
from tribe_po.sync.change import Status

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_log = logging.getLogger(__name__)

PREFIX = "tribe_po_"
LABELS = ("pass", "profile")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric. `label` is the one it has besides pass and profile; a counter grows from run to
    run, all others are as the last run left them."""

    name: str
    help: str
    label: str | None = None
    counter: bool = False


LAST_RUN = Family("last_run_timestamp_seconds", "When the pass last ended.")
LAST_SUCCESS = Family(
    "last_success_timestamp_seconds", "When the pass last ended with exit code 0 or 1."
)
DURATION = Family("last_run_duration_seconds", "How long the last run took.")
EXIT_CODE = Family("last_run_exit_code", "The exit code of the last run.")
QUARANTINED = Family("quarantined_records", "Records left out, of the kinds of the pass.")
CONFLICTS = Family("conflicts", "Fields changed on both sides that wait for a decision.")
CHANGES = Family("changes", "Changes made.", "action", counter=True)
FAILED = Family("failed_changes", "Changes that failed.", "action", counter=True)
REQUESTS = Family("requests", "Requests sent.", "system", counter=True)
FAMILIES = (
    LAST_RUN, LAST_SUCCESS, DURATION, EXIT_CODE, QUARANTINED, CONFLICTS, CHANGES, FAILED, REQUESTS,
)  # fmt: skip
"""All metrics; each name gets `tribe_po_` in front, a counter's `_total` behind."""

Samples = dict[tuple[str, ...], float]
"""Values by pass, profile, and the family's own label where it has one."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. `report` is None where an error ended it before it had one; `requests` are
    then those that were sent until then."""

    pass_name: str
    profile: str
    started: datetime
    finished: datetime
    code: ExitCode
    report: Report | None
    requests: Mapping[str, int]


def write(path: Path, ended: Ended) -> None:
    """Put a run into the file, which is replaced as a whole. A failure is a warning."""
    from prometheus_client import CollectorRegistry, write_to_textfile

    try:
        with _locked(path):
            families = _with(_read(path), ended)
            registry = CollectorRegistry()
            registry.register(_Collected(families))
            write_to_textfile(str(path), registry)
    except OSError as error:
        why = error.strerror or type(error).__name__
        said = log.event("metrics.failed", path=str(path), why=why)
        _log.warning("The metrics were not written to %s: %s", path, why, extra=said)


def _with(kept: dict[Family, Samples], ended: Ended) -> dict[Family, Samples]:
    """What the file holds after a run."""
    own = (ended.pass_name, ended.profile)
    finished = ended.finished.timestamp()
    kept[LAST_RUN][own] = finished
    if ended.code in WENT:
        kept[LAST_SUCCESS][own] = finished
    kept[DURATION][own] = (ended.finished - ended.started).total_seconds()
    kept[EXIT_CODE][own] = int(ended.code)
    for system, number in ended.requests.items():
        _add(kept[REQUESTS], (*own, system), number)
    report = ended.report
    if report is None:
        return kept
    kept[QUARANTINED][own] = len(report.quarantined)
    kept[CONFLICTS][own] = sum(
        one.winner is None and one.kind in report.plan.task.kinds
        for one in report.memory.conflicts.values()
    )
    for family, status in ((CHANGES, Status.DONE), (FAILED, Status.FAILED)):
        made = Counter(one.action.value for one in report.changes if one.status is status)
        for action, number in made.items():
            _add(kept[family], (*own, action), number)
    return kept


def _add(samples: Samples, key: tuple[str, ...], number: int) -> None:
    samples[key] = samples.get(key, 0) + number


def _read(path: Path) -> dict[Family, Samples]:
    """What the file holds; nothing where there is none, or where it is not ours to understand."""
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[Family, Samples] = {family: {} for family in FAMILIES}
    try:
        metrics = list(text_string_to_metric_families(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return found
    except ValueError:
        said = log.event("metrics.begun-anew", path=str(path))
        _log.warning("%s made no sense and is written anew", path, extra=said)
        return found
    by_name = {f"{PREFIX}{family.name}": family for family in FAMILIES}
    for metric in metrics:
        family = by_name.get(metric.name)
        if family is None:
            continue
        for sample in metric.samples:
            labels = tuple(sample.labels.get(name, "") for name in _labels(family))
            found[family][labels] = sample.value
    return found


def _labels(family: Family) -> tuple[str, ...]:
    return (*LABELS, family.label) if family.label else LABELS


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other passes from reading what is about to be replaced. The file beside it stays; the
    collector reads only names that end in .prom."""
    beside = path.with_name(f".{path.name}.lock")
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True, eq=False)  # the registry knows it by identity
class _Collected:
    families: dict[Family, Samples]

    def collect(self) -> Iterator[Metric]:
        """Give the families that have samples."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        for family, samples in self.families.items():
            kind = CounterMetricFamily if family.counter else GaugeMetricFamily
            metric = kind(f"{PREFIX}{family.name}", family.help, labels=_labels(family))
            for labels, number in samples.items():
                metric.add_metric(labels, number)
            if samples:
                yield metric
