"""`export`: a copy of what both tenants hold, in a folder of raw documents.

Nothing but GET and token requests is sent, and the state is neither read nor written.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import simplejson

from tribe_po.copies import (
    CURRENT_EMPLOYEE,
    MANIFEST,
    METADATA,
    Collection,
    Manifest,
    Missing,
    read_manifest,
)
from tribe_po.errors import GuardRefused, NotAllowed, SettingsError
from tribe_po.passes.session import Now, beside, connect, shared_pace, utc_now
from tribe_po.poweroffice import raw as poweroffice
from tribe_po.records import System
from tribe_po.settings import Settings
from tribe_po.transport.http import Connection
from tribe_po.transport.pace import Pace
from tribe_po.transport.token import TokenCache
from tribe_po.tribe import raw as tribe
from tribe_po.tribe.metadata import IDENTITY

Document = dict[str, Any]
Tell = Callable[[str, int], None]
"""Is told the name of each collection before it is read, and which one of how many it is."""

STEPS = len(poweroffice.RAW_LISTS) + len(tribe.RAW_SETS) + 1
_PRIVATE_FOLDER, _PRIVATE_FILE = stat.S_IRWXU, stat.S_IRUSR | stat.S_IWUSR


@dataclass(slots=True)
class _Copying:
    """A copy that is being made in a folder."""

    folder: Path
    tell: Tell
    collections: list[Collection] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    tenants: dict[str, str] = field(default_factory=dict)
    step: int = 0

    def take(
        self, system: System, name: str, read: Callable[[], list[Document]], *, required: bool
    ) -> list[Document]:
        """Read one collection and keep it. Raise `NotAllowed` for a required one."""
        self.step += 1
        self.tell(f"{system.title}: {name}", self.step)
        try:
            rows = read()
        except NotAllowed as error:
            if required:
                raise
            self.missing.append(Missing(system.value, name, error.reason))
            return []
        file = f"{system.value}-{name}.json"
        _write(self.folder / file, _text(rows))
        self.collections.append(Collection(system.value, name, file, len(rows)))
        return rows


def export(
    settings: Settings,
    folder: Path,
    *,
    replace: bool = False,
    tell: Tell = lambda _name, _step: None,
    now: Now = utc_now,
    pace: Pace | None = None,
) -> Manifest:
    """Copy both tenants to a folder, which only its owner can read, and give the manifest.

    A folder that has anything in it is refused, but for an earlier copy with `replace`; that one
    stays until the new one is whole. Raise `GuardRefused` for such a folder, `SettingsError` where
    the folder cannot be written, `NotAllowed` where what every pass needs cannot be read, and
    `Temporary`. `pace` stands in for the one that all processes with the same subscription key
    share.
    """
    folder = folder.absolute()
    try:
        _check(folder, replace=replace)
        with _new_folder(folder) as made:
            connections = connect(
                settings,
                pace or shared_pace(settings),
                TokenCache(beside(settings.state, ".tokens.json"), writable=False),
            )
            copying = _Copying(made, tell)
            _copy_poweroffice(copying, connections[System.POWEROFFICE])
            _copy_tribe(copying, connections[System.TRIBE])
            manifest = Manifest(
                now().isoformat(timespec="seconds"),
                copying.tenants,
                settings.tribe_organization_id or "",
                tuple(copying.collections),
                tuple(copying.missing),
            )
            _write(made / MANIFEST, f"{simplejson.dumps(manifest.to_dict(), indent=1)}\n")
            _check(folder, replace=replace)
            _put_in_place(made, folder)
    except OSError as error:
        raise SettingsError(
            f"The copy could not be written to {folder}",
            error.strerror or type(error).__name__,
            "Name a folder on a disk with room that you may write to: tribe-po export DIR",
        ) from error
    return manifest


def _copy_poweroffice(copying: _Copying, connection: Connection) -> None:
    reader = poweroffice.RawReader(connection)
    for wanted in poweroffice.RAW_LISTS:
        rows = copying.take(
            System.POWEROFFICE,
            wanted.name,
            partial(reader.read, wanted),
            required=wanted.required,
        )
        copying.tenants |= _named(System.POWEROFFICE, wanted.name, rows)


def _copy_tribe(copying: _Copying, connection: Connection) -> None:
    reader = tribe.RawReader(connection)
    _write(copying.folder / METADATA, reader.metadata)
    copying.take(System.TRIBE, CURRENT_EMPLOYEE, reader.current_employee, required=False)
    for wanted in tribe.RAW_SETS:
        rows = copying.take(
            System.TRIBE,
            wanted.name,
            partial(reader.read, wanted),
            required=wanted.required,
        )
        copying.tenants |= _named(System.TRIBE, wanted.name, rows)


_NAMES = {
    (System.POWEROFFICE, "ClientIntegrationInformation"): "ClientName",
    (System.TRIBE, IDENTITY): "Name",
}


def _named(system: System, name: str, rows: list[Document]) -> Mapping[str, str]:
    """The tenant's name, where this collection tells it."""
    member = _NAMES.get((system, name))
    found = ", ".join(str(row.get(member) or "") for row in rows) if member else ""
    return {system.value: found} if found else {}


def _text(rows: list[Document]) -> str:
    """A JSON list with a line for each document, and every number to its last digit."""
    lines = (simplejson.dumps(row, use_decimal=True, ensure_ascii=False) for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _write(path: Path, text: str) -> None:
    """Write a new file that nobody else can read at any moment."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)


def _check(folder: Path, *, replace: bool) -> None:
    """Raise `GuardRefused` unless the folder is absent, empty, or a copy that may go."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise GuardRefused(
            f"{folder} is a file",
            "A copy needs a folder of its own. Nothing was read or written.",
            "Name another folder: tribe-po export DIR",
        )
    there = {path.name for path in folder.iterdir()}
    if not there:
        return
    foreign = sorted(there - _own_files(folder))
    if foreign:
        raise GuardRefused(
            f"{folder} is not empty",
            f"It holds {len(there)} files, {len(foreign)} of them not from a copy, such as "
            f"{foreign[0]}. Nothing was overwritten.",
            "Name a new folder: tribe-po export DIR",
        )
    if not replace:
        raise GuardRefused(
            f"{folder} holds a copy already",
            f"Its {len(there)} files are from an earlier export. Nothing was overwritten.",
            f"To have a new one in its place, type: tribe-po export {folder} --replace",
        )


def _own_files(folder: Path) -> frozenset[str]:
    try:
        return read_manifest(folder).files()
    except (OSError, ValueError):
        return frozenset()


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A folder beside the one wanted, which is gone afterwards unless it was put in its place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    made.chmod(_PRIVATE_FOLDER)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _put_in_place(made: Path, folder: Path) -> None:
    """Let the new folder take the place of an empty one, or of an earlier copy."""
    earlier = folder.with_name(f"{made.name}-earlier")
    with suppress(FileNotFoundError):
        folder.rename(earlier)
    made.rename(folder)
    shutil.rmtree(earlier, ignore_errors=True)
