"""Reading the JSON objects that Tribe answers with, whatever their capitals and number types."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from sys import intern
from typing import Any

Entity = Mapping[str, Any]

_LONGEST_NUMBER = 18


def read(entity: Entity, name: str) -> Any:
    """The value of a property or navigation, however its name is spelled (tribe.md section 3.2)."""
    if name in entity:
        return entity[name]
    wanted = name.lower()
    return next((value for key, value in entity.items() if key.lower() == wanted), None)


def linked(entity: Entity, navigation: str) -> Entity | None:
    """The object at the other end of a to-one navigation, None where there is none."""
    found = read(entity, navigation)
    return found if isinstance(found, dict) else None


def identifier(entity: Entity | None) -> str:
    """The ID; empty where there is no object or no ID."""
    found = read(entity, "ID") if entity is not None else None
    return str(found) if found else ""


def text(value: object) -> str:
    """A text or number as text, empty where there is none. 34.0 is "34", 34.5 is "34.5"."""
    if type(value) is str:
        return intern(" ".join(value.split()))
    if value is None:
        return ""
    if isinstance(value, float | Decimal):
        return _decimal(Decimal(str(value)))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _decimal(value: Decimal) -> str:
    if not math.isfinite(value):
        return ""
    if value != value.to_integral_value() or value.adjusted() > _LONGEST_NUMBER:
        return str(value)
    return str(int(value))


def whole_number(value: object) -> int | None:
    """A whole number, also from 14.0 or "14"; None for anything else."""
    shown = text(value)
    return int(shown) if shown.isascii() and shown.isdigit() else None


def amount(value: object) -> Decimal | None:
    """A number as an exact decimal, also from "12.50"; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
