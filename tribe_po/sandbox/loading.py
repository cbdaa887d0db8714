"""Fills the sandbox with a copy of real tenants, and says what of it the sandbox cannot hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tribe_po.copies import Manifest, read_documents, read_manifest
from tribe_po.errors import SettingsError
from tribe_po.sandbox import loading_poweroffice, loading_sales, loading_tribe
from tribe_po.sandbox.compare import Served, differences
from tribe_po.sandbox.server import Sandbox

Documents = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a copy is of, and a line for each thing of it that is not served as it was."""

    manifest: Manifest
    left_out: tuple[str, ...]


def load(sandbox: Sandbox, folder: Path) -> Loaded:
    """Put a copy that `tribe-po export` made in the place of what both tenants hold.

    IDs, numbers, stamps and amounts stay what they were. Afterwards each document of the copy is
    compared with what the sandbox serves. Raise SettingsError when the folder is no copy.
    """
    try:
        manifest = read_manifest(folder)
        held: dict[str, dict[str, list[dict[str, Any]]]] = {"poweroffice": {}, "tribe": {}}
        for collection in manifest.collections:
            held[collection.system][collection.name] = read_documents(folder, collection)
    except (OSError, ValueError, KeyError) as error:
        raise _no_copy(folder, error) from error
    try:
        served = [
            *_poweroffice(sandbox, held["poweroffice"]),
            *loading_tribe.load(sandbox.tribe, held["tribe"]),
        ]
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise _no_copy(folder, error) from error
    told = [f"{each.name} ({each.system}): not read by export" for each in manifest.missing]
    told += [line for each in served for line in differences(each)]
    if held["poweroffice"].get("OutgoingInvoices"):
        told.append("OutgoingInvoices: their lines, which export does not read")
    return Loaded(manifest, tuple(told))


def _poweroffice(sandbox: Sandbox, documents: Documents) -> Iterable[Served]:
    tenant = sandbox.poweroffice
    with tenant.lock:
        loading_poweroffice.load(tenant, documents)
        loading_sales.load(tenant, documents)
        yield from loading_poweroffice.served(tenant, documents)
        yield from loading_sales.served(tenant, documents)


def _no_copy(folder: Path, error: Exception) -> SettingsError:
    kind = error.strerror if isinstance(error, OSError) else None
    return SettingsError(
        f"{folder} holds no copy that the sandbox can serve",
        f"Its manifest or one of its files cannot be read: {kind or type(error).__name__}.",
        f"Make a new one: tribe-po export {folder} --replace, or in another folder",
    )
