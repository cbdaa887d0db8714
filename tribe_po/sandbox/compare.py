"""Whether the sandbox serves a copy's documents as they are in the copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Served:
    """A collection as it is in the copy, and as the sandbox serves it, both by `key`."""

    name: str
    copied: Sequence[Document]
    served: Sequence[Document]
    key: str = "Id"


def kept(value: Any) -> Any:
    """A value of a copy as the sandbox keeps it: a fraction as float, which has the same digits
    unless these are more than 15; `differences` tells of those."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: kept(each) for name, each in value.items()}
    return [kept(each) for each in value] if isinstance(value, list) else value


def differences(collection: Served) -> Iterator[str]:
    """A line for what is not served at all, for each member that is served in another way, and for
    records that the copy does not hold. What a copy has no value for cannot differ."""
    name, key = collection.name, collection.key
    served = {str(_by_name(row).get(key.lower())): row for row in collection.served}
    absent, differing = 0, Counter[str]()
    for row in collection.copied:
        shown = served.pop(str(_by_name(row).get(key.lower())), None)
        if shown is None:
            absent += 1
            continue
        differing.update(_differing(row, shown))
    if absent:
        yield f"{name}: {absent} records"
    for member, number in sorted(differing.items()):
        yield f"{name}.{member}: in {number} records"
    if served:
        yield f"{name}: {len(served)} records of the sandbox's own are there as well"


def _differing(copied: Document, served: Document) -> Iterator[str]:
    shown = _by_name(served)
    for name, value in copied.items():
        if name.startswith("@") or value is None or value == "":
            continue
        found = shown.get(name.lower())
        if isinstance(value, dict) and isinstance(found, dict):
            yield from (f"{name}.{inner}" for inner in _differing(value, found))
        elif isinstance(value, list) and isinstance(found, list) and len(value) == len(found):
            yield from sorted({f"{name}{each}" for each in _in_lists(value, found)})
        elif not _same(value, found):
            yield name


def _in_lists(copied: list[Any], served: list[Any]) -> Iterator[str]:
    for one, other in zip(copied, served, strict=True):
        if isinstance(one, dict) and isinstance(other, dict):
            yield from (f".{inner}" for inner in _differing(one, other))
        elif not _same(one, other):
            yield ""


def _same(copied: Any, served: Any) -> bool:
    if isinstance(copied, bool) or isinstance(served, bool):
        return copied is served
    if isinstance(served, float):
        served = Decimal(repr(served))
    return bool(copied == served)


def _by_name(row: Document) -> dict[str, Any]:
    """Tribe's names are the same in any capitals (tribe.md section 3.2)."""
    return {name.lower(): value for name, value in row.items()}
