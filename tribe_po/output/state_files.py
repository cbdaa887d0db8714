"""The state's files in words, and as JSON documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tribe_po.output import parts, words
from tribe_po.passes.state_files import Tenant, Verified
from tribe_po.records import Memory
from tribe_po.state.generations import Generation
from tribe_po.state.storage import Tables

OTHER_KEYS = (
    "The keys in the settings are not those of the last run. If they lead to another pair of "
    "tenants, every pass refuses."
)


def verified(found: Verified) -> Iterator[str]:
    """One line for each generation, the one in use first."""
    if found.current is None:
        yield f"missing  {words.printable(str(found.path))}"
    for one in (found.current, *found.others):
        if one is not None:
            yield _line(one)
    if found.tenant is Tenant.OTHER_KEYS:
        yield OTHER_KEYS


def _line(one: Generation) -> str:
    name = words.printable(str(one.path))
    if one.problem is not None:
        return f"damaged  {name}: {words.printable(one.problem.why)}"
    links = words.count(len(one.memory.links) if one.memory else 0, "link")
    return f"whole    {name}: {links}, saved {words.moment(one.saved)}"


def verified_document(found: Verified, profile: str) -> dict[str, Any]:
    """The same, as a document."""
    return _document(
        "state verify",
        profile,
        current=_generation(found.current),
        others=[_generation(one) for one in found.others],
        tenant=found.tenant.value,
    )


def _generation(one: Generation | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "file": str(one.path),
        "saved": parts.time(one.saved),
        "bytes": one.size,
        "whole": one.problem is None,
        "links": len(one.memory.links) if one.memory else None,
        "problem": one.problem.why if one.problem else None,
    }


def done(command: str, profile: str, memory: Memory | None, **more: Any) -> dict[str, Any]:
    """The document of a command that made or replaced a file."""
    counts: dict[str, Any] = {} if memory is None else {"links": len(memory.links)}
    return _document(command, profile, **counts, **more)


def exported(tables: Tables, profile: str) -> dict[str, Any]:
    """All that a state holds: its tables, each a list of documents."""
    rows = {name: list(documents.values()) for name, documents in tables.items()}
    return _document("state export", profile, tables=rows)


def _document(command: str, profile: str, **more: Any) -> dict[str, Any]:
    plain = {name: _plain(value) for name, value in more.items()}
    return {"schema": parts.SCHEMA, "command": command, "profile": profile, **plain}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
