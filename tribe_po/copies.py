"""The folder with a copy of what both tenants hold: its manifest and its files of raw documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
FORMAT = "tribe-po export"
SCHEMA = 1
"""The version of the folder's format; another one is not read."""

METADATA = "tribe-metadata.xml"
"""Tribe's `$metadata`, as it came."""

CURRENT_EMPLOYEE = "GetCurrentEmployee"
"""The collection of the one employee that the application acts as (tribe.md section 2.5)."""


@dataclass(frozen=True, slots=True)
class Collection:
    """One set or list of a system: the file with its documents, and how many these are."""

    system: str
    name: str
    file: str
    rows: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A set or list that could not be read, and why."""

    system: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy is of. `written` is ISO 8601 in UTC; `tenants` are names by system;
    `organization_id` is the own organisation in Tribe that the settings chose, "" where they chose
    none."""

    written: str
    tenants: Mapping[str, str]
    organization_id: str
    collections: tuple[Collection, ...]
    missing: tuple[Missing, ...]

    def to_dict(self) -> dict[str, Any]:
        """The form that the file has."""
        return {"format": FORMAT, "schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_dict(cls, document: Any) -> Manifest:
        """Rebuild what `to_dict` gave. Raise ValueError when it is something else."""
        try:
            if document["format"] != FORMAT or document["schema"] != SCHEMA:
                raise ValueError(f"schema {document['schema']}; this version reads {SCHEMA}")
            return cls(
                document["written"],
                dict(document["tenants"]),
                document["organization_id"],
                tuple(Collection(**one) for one in document["collections"]),
                tuple(Missing(**one) for one in document["missing"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no manifest of a copy: {error}") from error

    def files(self) -> frozenset[str]:
        """The names of all files that belong to the copy."""
        return frozenset({MANIFEST, METADATA, *(one.file for one in self.collections)})


def read_manifest(folder: Path) -> Manifest:
    """Raise OSError where there is none, ValueError where it cannot be read."""
    return Manifest.from_dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))


def read_documents(folder: Path, collection: Collection) -> list[dict[str, Any]]:
    """The documents of a collection, every fraction as `Decimal`. Raise OSError, ValueError."""
    if collection.file != Path(collection.file).name:
        raise ValueError(f"{collection.file!r} is not in the folder")
    text = (folder / collection.file).read_text(encoding="utf-8")
    rows = json.loads(text, parse_float=Decimal)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{collection.file} is no list of documents")
    return rows
