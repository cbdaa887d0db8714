"""Nothing secret in what a test printed, logged or left in files, and no file open to others."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from click.testing import CliRunner

from tribe_po.sandbox.server import Sandbox

FOR_SECRETS = (".env", ".tokens.json")
"""What ends the names of files that may hold keys or tokens."""

FOR_OTHERS = (".prom", ".log", ".env")
"""What ends the names of files that others may read: for monitoring, or made by a test."""


@dataclass
class Watcher:
    """Collects what a test shows, and the secrets of the sandboxes that it makes."""

    secrets: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)

    def know(self, sandbox: Sandbox) -> None:
        keys = sandbox.poweroffice.keys
        self.secrets |= {
            keys.app: "POWEROFFICE_APP_KEY",
            keys.client: "POWEROFFICE_CLIENT_KEY",
            keys.subscription: "POWEROFFICE_SUBSCRIPTION_KEY",
            sandbox.tribe.client_secret: "TRIBECRM_CLIENT_SECRET",
        }

    def leaks(self, folder: Path) -> list[str]:
        """Where a secret shows, or a file is open to others; never the secret itself."""
        secrets = {**self.secrets, **_tokens(folder)}
        found = [
            f"{name} is in the output"
            for secret, name in secrets.items()
            if any(secret in text for text in self.shown)
        ]
        for path in sorted(folder.rglob("tribe-po*")):
            if not path.is_file():
                continue
            if not path.name.endswith(FOR_SECRETS):
                content = path.read_bytes()
                found += [
                    f"{name} is in {path.name}"
                    for secret, name in secrets.items()
                    if secret.encode() in content
                ]
            if path.stat().st_mode & 0o077 and not path.name.endswith(FOR_OTHERS):
                mode = stat.filemode(path.stat().st_mode)
                found.append(f"{path.name} is open to others ({mode})")
        return found


def _tokens(folder: Path) -> dict[str, str]:
    """The access tokens that the tool keeps on disk, by their text."""
    found: dict[str, str] = {}
    for path in folder.rglob("*.tokens.json"):
        try:
            kept = json.loads(path.read_bytes())
        except ValueError:  # some tests damage it
            continue
        found |= dict.fromkeys(_long_texts(kept), "an access token")
    return found


def _long_texts(value: Any) -> Iterator[str]:
    """The texts that are no times; the keys of the cache are digests."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _long_texts(one)
    elif isinstance(value, str) and len(value) > 16 and not value.startswith("20"):
        yield value


@pytest.fixture(autouse=True)
def no_leaks(
    request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Watcher]:
    """Fail a test after which a secret can be read where it should not be."""
    watcher = Watcher()
    set_up, invoke = Sandbox.__init__, CliRunner.invoke

    def known(sandbox: Sandbox, *given: Any, **named: Any) -> None:
        set_up(sandbox, *given, **named)
        watcher.know(sandbox)

    def heard(runner: CliRunner, cli: Any, args: Any = None, **named: Any) -> Any:
        result = invoke(runner, cli, args, **named)
        if "sandbox" not in list(args or ()):  # whose task is to print its keys
            watcher.shown += [result.stdout, result.stderr]
        return result

    caplog.handler.setLevel(logging.DEBUG)
    with (
        mock.patch.object(Sandbox, "__init__", known),
        mock.patch.object(CliRunner, "invoke", heard),
    ):
        yield watcher
    watcher.shown.append(caplog.text)
    if "may_leak" not in request.keywords:
        leaks = watcher.leaks(tmp_path)
        assert not leaks, "\n".join(leaks)
