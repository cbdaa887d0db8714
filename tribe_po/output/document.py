"""Reports as one JSON document. Members are added to it over time, never renamed."""

from __future__ import annotations

from typing import Any

from tribe_po.errors import TribePoError
from tribe_po.output import invoices, parts
from tribe_po.passes.result import Result
from tribe_po.passes.run import Report
from tribe_po.records import System
from tribe_po.sync.change import Change
from tribe_po.sync.cost import Cost

COUNTED = (
    "create",
    "add-role",
    "link",
    "update",
    "unchanged",
    "conflict",
    "quarantined",
    "failed",
    "skipped",
    "left_alone",
    "archived",
    "parked",
)
"""The members of `counts`; all of them are always there."""


def report(made: Report) -> str:
    """The document of one pass."""
    return parts.text(of_report(made))


def of_report(made: Report) -> dict[str, Any]:
    """The document of one pass, as a part of another one."""
    return {
        "schema": parts.SCHEMA,
        "pass": made.plan.task.name,
        "profile": made.profile,
        "dry_run": made.dry_run,
        "run_id": made.run_id,
        "started": parts.time(made.started),
        "finished": parts.time(made.finished),
        "outcome": made.result.value,
        "counts": {name.replace("-", "_"): made.counts[name] for name in COUNTED},
        "requests": {system.value: number for system, number in made.requests.items()},
        "cost": _cost(made.cost),
        "changes": [_change(one) for one in made.changes],
        "conflicts": [parts.conflict(one) for one in made.plan.conflicts],
        "quarantine": [parts.quarantined(one) for one in made.quarantined],
        "error": parts.error(made.error),
    }


def _cost(expected: Cost | None) -> dict[str, Any] | None:
    """What carrying out the plan was expected to take, or null."""
    if expected is None:
        return None
    requests = {system.value: expected.requests[system] for system in System}
    return {"requests": requests, "seconds": round(expected.seconds, 1)}


def failure(name: str, profile: str, dry_run: bool, error: TribePoError) -> str:
    """The document of a pass that ended before it had a plan."""
    return parts.text(of_failure(name, profile, dry_run, error))


def of_failure(name: str, profile: str, dry_run: bool, error: TribePoError) -> dict[str, Any]:
    """The document of a pass that ended before it had a plan, as a part of another one."""
    return {
        "schema": parts.SCHEMA,
        "pass": name,
        "profile": profile,
        "dry_run": dry_run,
        "outcome": Result.FAILED.value,
        "error": parts.error(error),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": change.action.value,
        "kind": change.kind.value,
        "system": change.system.value,
        "poweroffice_id": change.poweroffice_id or None,
        "tribe_id": change.tribe_id or None,
        "label": change.label,
        "fields": [
            {
                "field": one.name,
                "from": parts.value(one.before),
                "to": parts.value(one.after),
                "because": one.because,
            }
            for one in change.fields
        ],
        "invoice": invoices.document(change),
        "status": change.status.value,
        "reason": change.reason,
    }
