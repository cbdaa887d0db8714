"""The text of OData queries. Pure: nothing here asks a server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

T = TypeVar("T")

DATES = ("CreationDate", "LastMutationDate")
"""When a record came, and when it last changed, in UTC and whole seconds (tribe.md section 4.7)."""

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Selection:
    """What to read of a set: these properties, and these navigations with their own selection. No
    properties stand for all that an answer shows by itself."""

    entity_set: str
    properties: tuple[str, ...]
    expansions: tuple[tuple[str, Selection], ...] = ()

    def options(self, *, whole: bool = False) -> list[tuple[str, str]]:
        """`$select` and `$expand`. `whole` leaves out every `$select`, for a server that refuses
        one of the names."""
        options = [] if whole or not self.properties else [("$select", ",".join(self.properties))]
        if self.expansions:
            expansions = (_expansion(name, inner, whole) for name, inner in self.expansions)
            options.append(("$expand", ",".join(expansions)))
        return options


def _expansion(name: str, inner: Selection, whole: bool) -> str:
    options = ";".join(f"{key}={value}" for key, value in inner.options(whole=whole))
    return f"{name}({options})" if options else name


def quoted(text: str) -> str:
    """A string literal (tribe.md section 4.4)."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def moment(time: datetime) -> str:
    """A point in time, in whole seconds; Tribe keeps no finer ones (tribe.md section 4.7)."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def equals_any(name: str, literals: Iterable[str]) -> str:
    """`name` equals one of the literals. Tribe has no `in`."""
    return " or ".join(f"{name} eq {literal}" for literal in literals)


def any_of(conditions: Sequence[str], longest: int) -> Iterator[str]:
    """Conditions of which one holds, each of them at most so long as it stands in a URL; one that
    is longer by itself stands alone."""
    gathered: list[str] = []
    for condition in conditions:
        if gathered and len(quote(" or ".join([*gathered, condition]))) > longest:
            yield " or ".join(gathered)
            gathered = []
        gathered.append(condition)
    if gathered:
        yield " or ".join(gathered)


def touched_since(time: datetime, paths: Sequence[str] = ("",)) -> str:
    """Created or changed at or after a time: the record itself (""), or what a path leads to.

    Both dates, since the second may be null on a record that was never changed
    (tribe.md section 4.7).
    """
    names = (f"{path}{date}" for path in paths for date in DATES)
    return " or ".join(f"({name} ge {moment(time)})" for name in names)


def is_guid(identifier: str) -> bool:
    """Whether this can be an ID of Tribe's. Anything else would break the query that it is in."""
    return _GUID.fullmatch(identifier) is not None


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Parts of at most `size`, so that a query stays a URL of moderate length."""
    return (items[start : start + size] for start in range(0, len(items), size))
