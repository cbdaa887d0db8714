"""Telling those who watch the passes: log, healthcheck, metrics. A dry run tells the log alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from tribe_po.errors import Busy, ExitCode, TribePoError
from tribe_po.output import commands, log
from tribe_po.output.healthcheck import Healthcheck
from tribe_po.output.metrics import Ended, write
from tribe_po.passes.overview import Problem
from tribe_po.passes.run import Report
from tribe_po.passes.session import RUN_ID_DIGITS
from tribe_po.records import System
from tribe_po.settings import Settings
from tribe_po.sync.change import Change

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Watched:
    """One run, as those who watch it hear of it. Its id in the ping begins with that in the log."""

    settings: Settings
    pass_name: str
    dry_run: bool
    run: UUID = field(default_factory=uuid4)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    report: Report | None = None
    requests: Callable[[], Mapping[System, int]] = dict

    @property
    def run_id(self) -> str:
        """The id as the state and the trail have it."""
        return self.run.hex[:RUN_ID_DIGITS]

    def started(self) -> None:
        """Nothing stands in the way of the run: it holds the lock, and the keys are accepted."""
        said = log.event("pass.started", dry_run=self.dry_run)
        _log.info("%s started", self.pass_name, extra=said)
        healthcheck = self._healthcheck()
        if healthcheck:
            healthcheck.started()

    def changed(self, change: Change) -> None:
        """Log one finished change: ids and names of fields, nothing of what is in them."""
        said = log.event(
            f"change.{change.status.value}",
            action=change.action.value,
            kind=change.kind.value,
            system=change.system.value,
            poweroffice_id=change.poweroffice_id or None,
            tribe_id=change.tribe_id or None,
            fields=[one.name for one in change.fields],
        )
        told = (change.action.value, change.kind.value, change.system.title, change.status.value)
        ids = (change.poweroffice_id or "-", change.tribe_id or "-")
        _log.info("%s of %s in %s %s: %s, %s", *told, *ids, extra=said)

    def late(self, problems: list[Problem]) -> None:
        """Warn of other passes."""
        for problem in problems:
            next_step = commands.to_type(problem.next_step)
            said = log.event("pass.late", next_step=next_step)
            _log.warning("%s. %s", problem.text, next_step, extra=said)

    def ended(self, code: ExitCode) -> None:
        """The run is over."""
        finished = datetime.now(UTC)
        requests = {system.value: number for system, number in self.requests().items()}
        seconds = (finished - self.began).total_seconds()
        counts = dict(self.report.counts) if self.report else {}
        outcome = self.report.result.value if self.report else "failed"
        said = log.event(
            "pass.finished",
            outcome=outcome,
            exit_code=int(code),
            seconds=round(seconds, 3),
            counts=counts,
            requests=requests,
        )
        _log.info("%s: %s, exit code %d", self.pass_name, outcome, code, extra=said)
        healthcheck = self._healthcheck()
        if healthcheck:
            healthcheck.ended(code)
        if self.settings.metrics_file and not self.dry_run:
            run = (self.pass_name, self.settings.profile, self.began, finished, code)
            write(self.settings.metrics_file, Ended(*run, self.report, requests))

    def _healthcheck(self) -> Healthcheck | None:
        url = self.settings.healthcheck_url
        if url is None or self.dry_run:
            return None
        return Healthcheck(url, self.run, self.pass_name, self.settings.profile)


@contextmanager
def watched(settings: Settings, pass_name: str, *, dry_run: bool) -> Iterator[Watched]:
    """Watch one run; whoever makes it gives its report. A run that found another one in its way
    has not been one: nobody is told."""
    run = Watched(settings, pass_name, dry_run)
    about = {"pass": pass_name, "profile": settings.profile, "run_id": run.run_id}
    log.about(**about)
    try:
        yield run
    except Busy:
        _log.info("Another pass is running", extra=log.event("pass.busy"))
        raise
    except TribePoError as error:
        run.ended(error.exit_code)
        raise
    except Exception:
        run.ended(ExitCode.BUG)
        raise
    else:
        run.ended(run.report.exit_code if run.report else ExitCode.OK)
