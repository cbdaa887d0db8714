"""Secrets: where they must not be, and that the watch over it bites."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calls import command
from tests.scenarios.world import World
from tests.security.leaks import Watcher
from tribe_po.errors import ExitCode
from tribe_po.passes import observe, state_rebuild
from tribe_po.sandbox.faults import DropBefore, Fault, Run, Status

LONG_ENOUGH = 120


@pytest.fixture
def keyed(w: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose keys the commands have."""
    for name, text in w.environment.items():
        monkeypatch.setenv(name, text)
    return w


def secret_of(w: World) -> str:
    return str(w.poweroffice.keys.client)


class TestTheWatchBites:
    def test_a_secret_in_the_output(self, keyed: World, no_leaks: Watcher) -> None:
        no_leaks.shown.append(f"key {secret_of(keyed)}")
        assert no_leaks.leaks(keyed.folder) == ["POWEROFFICE_CLIENT_KEY is in the output"]
        no_leaks.shown.clear()

    @pytest.mark.parametrize(
        "name", ["tribe-po.json", "tribe-po.audit.jsonl", "tribe-po.json.lock"]
    )
    def test_a_secret_in_a_file(self, keyed: World, no_leaks: Watcher, name: str) -> None:
        path = keyed.folder / name
        path.write_text(f"... {secret_of(keyed)}")
        path.chmod(0o600)
        assert no_leaks.leaks(keyed.folder) == [f"POWEROFFICE_CLIENT_KEY is in {name}"]
        path.unlink()

    def test_a_token_outside_its_file(self, keyed: World, no_leaks: Watcher) -> None:
        assert command("init-sync", "--yes").exit_code == 0
        assert no_leaks.leaks(keyed.folder) == []
        kept = json.loads((keyed.folder / "tribe-po.tokens.json").read_bytes())
        token = next(iter(kept.values()))
        text = max((one for one in _texts(token)), key=len)
        no_leaks.shown.append(f"Bearer {text}")
        assert no_leaks.leaks(keyed.folder) == ["an access token is in the output"]
        no_leaks.shown.clear()

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
    def test_a_file_that_others_can_read(self, keyed: World, no_leaks: Watcher, mode: int) -> None:
        path = keyed.folder / "tribe-po.json"
        path.write_text("{}")
        path.chmod(mode)
        (leak,) = no_leaks.leaks(keyed.folder)
        assert leak.startswith("tribe-po.json is open to others")
        path.unlink()


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    return [value] if isinstance(value, str) else []


HOSTILE_BODIES = ("{keys}", '{{"title": "{keys}", "detail": "{keys}"}}', "<html>{keys}</html>")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500])
@pytest.mark.parametrize("body", HOSTILE_BODIES)
@pytest.mark.parametrize("system", ["poweroffice", "tribe"])
def test_a_server_that_repeats_the_keys_does_not_get_them_shown(
    keyed: World, system: Any, status: int, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch over every test here looks for them; this one makes the servers say them."""
    w = keyed
    monkeypatch.setattr("tribe_po.transport.stop.Stop.sleep", lambda *_: None)
    w.company("Fjord Kaffe AS")
    keys = " ".join(
        [w.poweroffice.keys.app, secret_of(w), w.poweroffice.keys.subscription]
        if system == "poweroffice"
        else [w.tribe.client_secret]
    )
    fault = Status(status, body.format(keys=keys))
    w.sandbox.faults.add(Fault(system, None, "/[Tt]oken", fault, times=100))
    for output in ("table", "json"):
        assert command("init-sync", "--yes", "--verbose", "--output", output).exit_code != 0
    w.sandbox.faults.clear()
    w.sandbox.faults.add(Fault(system, "GET", "/[CR]", fault, times=20))
    assert command("init-sync", "--yes", "--verbose").exit_code != 0


def test_a_crash_tells_no_secret(keyed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    w = keyed

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"with {secret_of(w)}")

    monkeypatch.setattr(state_rebuild, "observe", broken)
    monkeypatch.setattr(observe, "observe", broken)
    for more in ((), ("--output", "json")):
        result = command("init-sync", "--yes", *more)
        assert result.exit_code == ExitCode.BUG
        assert "RuntimeError" in result.stderr
    assert command("state", "rebuild").exit_code == ExitCode.BUG


def test_the_process_list_and_the_lock_tell_no_secret(keyed: World, tmp_path: Path) -> None:
    """A real process, looked at while it waits for a server."""
    w = keyed
    w.company("Fjord Kaffe AS")
    assert command("init-sync", "--yes").exit_code == 0
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        go_on.wait(LONG_ENOUGH)

    w.sandbox.faults.add(Fault("poweroffice", "GET", "/Customers", Run(hold)))
    environment = "\n".join(f"{name}={text}" for name, text in w.environment.items())
    settings = tmp_path / "kunde.env"
    settings.write_text(environment)
    settings.chmod(0o600)
    arguments = ["-m", "tribe_po", "--env-file", str(settings), "pull-relations", "--verbose"]
    bare = {"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(
        [sys.executable, *arguments],
        env=bare,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert reached.wait(LONG_ENOUGH)
            listed = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode()
            lock = w.state.with_name(f"{w.state.name}.lock").read_text()
            given = Path(f"/proc/{process.pid}/environ").read_bytes().decode()
        finally:
            go_on.set()
        out, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 0
    assert "pull-relations" in listed
    assert "pull-relations" in lock
    assert "GET /Customers" in err
    keys = w.poweroffice.keys
    for secret in (keys.app, keys.client, keys.subscription, w.tribe.client_secret):
        assert secret not in listed + lock + given + out + err


def test_what_a_pass_leaves_when_a_server_goes_away_is_clean_too(
    keyed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tribe_po.transport.stop.Stop.sleep", lambda *_: None)
    keyed.company("Fjord Kaffe AS")
    assert command("init-sync", "--yes").exit_code == 0
    keyed.sandbox.faults.add(Fault("tribe", None, "", DropBefore(), times=1000))
    keyed.poweroffice.edit_customer(
        keyed.poweroffice.customers()[0]["Id"], EmailAddress="ny@kunde.example"
    )
    assert command("pull-relations", "--full").exit_code == ExitCode.TEMPORARY
