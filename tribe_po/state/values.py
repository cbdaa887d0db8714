"""What a field holds, and the names of kinds and systems, as JSON, and back.

Text, whole numbers, true, false and null are themselves; an address and a decimal are objects;
times are ISO 8601 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from sys import intern
from typing import Any

from tribe_po.records import NO_VALUES, Address, Form, Kind, System, Value, Values
from tribe_po.state.shape import Malformed, amount_of, object_of
from tribe_po.state.storage import Document

KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}
FORMS: Mapping[str, Form] = {form.value: form for form in Form}
SYSTEMS: Mapping[str, System] = {system.value: system for system in System}
_ADDRESS_PARTS = ("line1", "line2", "postal_code", "city", "country")
_DECIMAL = "decimal"
_PLAIN = frozenset({str, int, bool, type(None)})


def encode_value(value: Value) -> Any:
    """Give one value as JSON takes it. Empty parts of an address are left out; a decimal keeps its
    digits as text."""
    if type(value) is Decimal:
        return {_DECIMAL: str(value)}
    if type(value) is not Address:
        return value
    return {part: text for part in _ADDRESS_PARTS if (text := getattr(value, part))}


def encode_time(moment: datetime) -> str:
    """Give an aware time as ISO 8601 in UTC, such as `2025-01-31T12:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode_values(values: Values) -> Document:
    """Give several as one object, sorted by name: the same values are always the same text."""
    return {
        name: value if type(value := values[name]) in _PLAIN else encode_value(value)
        for name in sorted(values)
    }


def values_in(document: Document, key: str) -> Values:
    """The values of a document, none where it has no such member. They are read in place: nobody
    else has the document."""
    if document.get(key) is None:
        return NO_VALUES
    values = object_of(document[key], key)
    for name, value in values.items():
        if type(value) is str:
            values[name] = intern(value)
        elif type(value) not in _PLAIN:
            values[name] = _decode_object(value)
    return values


def value_in(document: Document, key: str) -> Value:
    """The value of a document, None where it has no such member."""
    return decode_value(document.get(key))


def decode_value(value: Any) -> Value:
    """Read one value. Raise `Malformed` for what is none."""
    return value if type(value) in _PLAIN else _decode_object(value)


def _decode_object(value: Any) -> Address | Decimal:
    found = object_of(value, "a value")
    if _DECIMAL in found:
        return amount_of(found[_DECIMAL], "a decimal")
    parts = [found.get(part, "") for part in _ADDRESS_PARTS]
    for part in parts:
        if type(part) is not str:
            raise Malformed(f"a part of an address is {type(part).__name__}, not text")
    return Address(*parts)
