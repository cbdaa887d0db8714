"""The pieces of JSON documents. Members are added to them over time, never renamed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tribe_po.errors import TribePoError
from tribe_po.records import Address, Conflict, Quarantined, Run, Value

SCHEMA = 1


def text(document: dict[str, Any]) -> str:
    """One document as text. What could steer a terminal is escaped, as JSON allows it to be."""
    return harmless(json.dumps(document, ensure_ascii=False, indent=1))


def harmless(text: str) -> str:
    """JSON text in which nothing can steer a terminal; it says the same."""
    return _STEERING.sub(_escaped, text)


# What json leaves as it is: DEL, the C1 controls, and what turns the direction of writing.
_STEERING = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def conflict(one: Conflict) -> dict[str, Any]:
    """A field that both sides changed."""
    return {
        "kind": one.kind.value,
        "poweroffice_id": one.poweroffice_id,
        "tribe_id": one.tribe_id,
        "label": one.label,
        "field": one.field,
        "base": value(one.base),
        "tribe": value(one.tribe),
        "poweroffice": value(one.poweroffice),
        "winner": one.winner.value if one.winner else None,
        "since": time(one.since),
    }


def quarantined(one: Quarantined) -> dict[str, Any]:
    """A record that is left out."""
    return {
        "kind": one.kind.value,
        "system": one.system.value,
        "id": one.id,
        "label": one.label,
        "reason": one.reason,
        "next_step": one.next_step,
        "held_fields": list(one.held_fields),
        "since": time(one.since),
        "attempts": one.attempts,
        "retry_after": time_or_none(one.retry_after),
    }


def error(one: TribePoError | None) -> dict[str, Any] | None:
    """An error, or null."""
    if one is None:
        return None
    return {
        "what": one.what,
        "why": one.why,
        "next_step": one.next_step,
        "exit_code": int(one.exit_code),
    }


def value(one: Value) -> Any:
    """One field's value: an address is an object; an amount is text."""
    if isinstance(one, Address):
        return {part: getattr(one, part) for part in Address.__dataclass_fields__}
    # An amount as text keeps its digits; a JSON number would not everywhere.
    return str(one) if isinstance(one, Decimal) else one


def time(moment: datetime) -> str:
    """A time in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def time_or_none(moment: datetime | None) -> str | None:
    """A time, or null."""
    return None if moment is None else time(moment)


def failed(command: str, profile: str, one: TribePoError) -> str:
    """The document of a command that an error ended."""
    return text(
        {
            "schema": SCHEMA,
            "command": command,
            "profile": profile,
            "outcome": "failed",
            "exit_code": int(one.exit_code),
            "error": error(one),
        }
    )


def run(one: Run) -> dict[str, Any]:
    """A pass that was made."""
    return {
        "run_id": one.run_id,
        "pass": one.name,
        "started": time(one.started),
        "finished": time(one.finished),
        "outcome": one.outcome,
        "counts": {name.replace("-", "_"): number for name, number in one.counts.items()},
        "reason": one.reason,
        "full": one.full,
    }
