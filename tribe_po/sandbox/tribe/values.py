"""Which JSON value fits which property of the imitated Tribe API (tribe.md 5.2)."""

from __future__ import annotations

import base64
import math
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tribe_po.sandbox.tribe.error import bad_request
from tribe_po.sandbox.tribe.metadata import Kind, Property
from tribe_po.sandbox.tribe.store import Scalar

# Where the tenant's days begin and end.
OFFICE_ZONE = ZoneInfo("Europe/Oslo")


def guid(value: object) -> str:
    """A bare GUID in lower case. Raises a 400 for anything else, quotes and braces included."""
    try:
        parsed = str(uuid.UUID(value)) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed != str(value).lower():
        raise bad_request(f"Not a GUID: {value!r}.")
    return parsed


def wire_moment(moment: datetime) -> str:
    """A moment as Tribe writes it: UTC, whole seconds (tribe.md 4.7)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def checked_value(item: Property, value: object) -> Scalar:
    """`value` as it is stored. Raises a 400 when the property is read-only, required and emptied,
    or of another type: nothing is converted between JSON types."""
    if item.read_only:
        raise bad_request(f"'{item.name}' is read-only.")
    if item.required and (value is None or value == ""):
        raise bad_request(f"'{item.name}' is required.")
    if value is None:
        return None
    try:
        return _READERS[item.kind](value)
    except (TypeError, ValueError) as error:
        raise bad_request(f"The value of '{item.name}' is no {item.kind}.") from error


def _string(value: object) -> Scalar:
    if not isinstance(value, str):
        raise TypeError
    return value


def _double(value: object) -> Scalar:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return int(value) if value == int(value) else value


def _integer(value: object) -> Scalar:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _boolean(value: object) -> Scalar:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _date(value: object) -> Scalar:
    text = str(_string(value))
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError(text)
    return text


def _moment(value: object) -> Scalar:
    moment = datetime.fromisoformat(str(_string(value)))
    if moment.tzinfo is None:
        raise ValueError(value)
    return wire_moment(moment)


def _binary(value: object) -> Scalar:
    text = str(_string(value))
    base64.b64decode(text, validate=True)
    return text


_READERS: dict[Kind, Callable[[object], Scalar]] = {
    Kind.STRING: _string,
    Kind.DOUBLE: _double,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.GUID: guid,
    Kind.BINARY: _binary,
}
