"""How answers of the imitated Tribe API spell names and values that others spell otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tribe_po.sandbox.tribe.dialect import TribeDialect

_NUMBERS = frozenset({"DebtorNumber", "CreditorNumber"})


def spelled(body: Any, dialect: TribeDialect) -> Any:
    """The body of an answer as the dialect has it; what OData itself names stays."""
    if dialect.casing == "declared" and dialect.numbers == "text":
        return body
    rename = _CASINGS[dialect.casing]

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {_renamed(name, rename): walk(number(name, item)) for name, item in value.items()}

    def number(name: str, value: Any) -> Any:
        as_number = dialect.numbers == "number" and name in _NUMBERS and isinstance(value, str)
        return int(value) if as_number and value.isdecimal() else value

    return walk(body)


def _renamed(name: str, rename: Callable[[str], str]) -> str:
    return name if name == "value" or name.startswith("@") else rename(name)


def _camel(name: str) -> str:
    """The first run of capitals in small letters, the one before a word excepted."""
    bare = name.lstrip("_")
    capitals = len(bare) - len(bare.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    lowered = capitals if capitals in (1, len(bare)) else capitals - 1
    return name[: len(name) - len(bare)] + bare[:lowered].lower() + bare[lowered:]


_CASINGS: dict[str, Callable[[str], str]] = {
    "declared": str,
    "lower": str.lower,
    "upper": str.upper,
    "camel": _camel,
}
