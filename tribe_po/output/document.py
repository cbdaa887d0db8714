"""Reports as one JSON document. Members are added to it over time, never renamed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tribe_po.errors import TribePoError
from tribe_po.passes.run import Report, Result
from tribe_po.records import Address, Conflict, Quarantined, Value
from tribe_po.sync.change import Change

SCHEMA = 1

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
    return _text(
        {
            "schema": SCHEMA,
            "pass": made.plan.task.name,
            "profile": made.profile,
            "dry_run": made.dry_run,
            "run_id": made.run_id,
            "started": _time(made.started),
            "finished": _time(made.finished),
            "outcome": made.result.value,
            "counts": {name.replace("-", "_"): made.counts[name] for name in COUNTED},
            "requests": {system.value: number for system, number in made.requests.items()},
            "changes": [_change(one) for one in made.changes],
            "conflicts": [_conflict(one) for one in made.plan.conflicts],
            "quarantine": [_quarantined(one) for one in made.quarantined],
            "error": _error(made.error),
        }
    )


def failure(name: str, profile: str, dry_run: bool, error: TribePoError) -> str:
    """The document of a pass that ended before it had a plan."""
    return _text(
        {
            "schema": SCHEMA,
            "pass": name,
            "profile": profile,
            "dry_run": dry_run,
            "outcome": Result.FAILED.value,
            "error": _error(error),
        }
    )


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


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
                "from": _value(one.before),
                "to": _value(one.after),
                "because": one.because,
            }
            for one in change.fields
        ],
        "status": change.status.value,
        "reason": change.reason,
    }


def _conflict(one: Conflict) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "poweroffice_id": one.poweroffice_id,
        "tribe_id": one.tribe_id,
        "label": one.label,
        "field": one.field,
        "base": _value(one.base),
        "tribe": _value(one.tribe),
        "poweroffice": _value(one.poweroffice),
        "winner": one.winner.value if one.winner else None,
        "since": _time(one.since),
    }


def _quarantined(one: Quarantined) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "system": one.system.value,
        "id": one.id,
        "label": one.label,
        "reason": one.reason,
        "next_step": one.next_step,
        "held_fields": list(one.held_fields),
        "since": _time(one.since),
        "attempts": one.attempts,
        "retry_after": _time(one.retry_after) if one.retry_after else None,
    }


def _error(error: TribePoError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {
        "what": error.what,
        "why": error.why,
        "next_step": error.next_step,
        "exit_code": int(error.exit_code),
    }


def _value(value: Value) -> Any:
    if isinstance(value, Address):
        return {part: getattr(value, part) for part in Address.__dataclass_fields__}
    # An amount as text keeps its digits; a JSON number would not everywhere.
    return str(value) if isinstance(value, Decimal) else value


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
