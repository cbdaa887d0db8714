"""Calling commands, and looking at what they leave."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from typer.testing import CliRunner

from tests.scenarios.world import World
from tribe_po.cli.app import app
from tribe_po.state.store import Store


def command(*arguments: str) -> Any:
    """The result, whose type is another one in each version of Typer."""
    return CliRunner().invoke(app, arguments)


def document_of(*arguments: str) -> dict[str, Any]:
    """The JSON document that a command gives."""
    made: dict[str, Any] = json.loads(command(*arguments, "--output", "json").stdout)
    return made


def change(w: World, **parts: Any) -> None:
    """Rewrite parts of the state, as a pass would."""
    store = Store(w.state)
    store.save(replace(store.open(), **parts))


def files(w: World) -> dict[str, bytes]:
    """Every file in the state's folder, with its content; the lock's tells a time."""
    return {
        path.name: b"" if path.suffix == ".lock" else path.read_bytes()
        for path in w.folder.iterdir()
    }
