"""`tribe-po check` as people and programs call it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.scenarios.world import World, world
from tribe_po.cli.app import app
from tribe_po.sandbox.clock import SystemClock


@pytest.fixture
def w(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("POWEROFFICE_", "TRIBECRM_", "TRIBE_PO_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TRIBE_PO_SALES_ACCOUNTS", "25=3000,15=3010,12=3020,0=3100")
    with world(tmp_path) as made:
        made.sandbox.clock = SystemClock()  # the command's own clock
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """The command sets the level of the log for its process, which goes on with other tests."""
    logger = logging.getLogger("tribe_po")
    handlers, level = logger.handlers[:], logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


def call(*arguments: str) -> Any:
    """The result, whose type is another one in each version of Typer."""
    return CliRunner().invoke(app, ["check", *arguments])


def test_its_help_shows_an_example() -> None:
    result = call("--help")
    assert result.exit_code == 0
    assert "Example: tribe-po check" in result.stdout


def test_the_table_is_there_without_a_terminal_too(w: World) -> None:
    result = call()
    assert result.exit_code == 0
    assert result.stderr == ""
    for part in ("Sandkasse Regnskap AS", "Fjordvik Handel AS", "10000-19999", "Reminder", "= HUR"):
        assert part in result.stdout
    assert "nothing written" in result.stdout


def test_keys_that_are_refused(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBECRM_CLIENT_SECRET", "wrong-key-4711")
    result = call()
    assert result.exit_code == 77
    assert "1 error" in result.stdout
    assert "→ check TRIBECRM_CLIENT_ID and TRIBECRM_CLIENT_SECRET" in result.stdout
    assert "wrong-key-4711" not in result.output
    assert "Sandkasse Regnskap AS" in result.stdout


def test_settings_that_are_missing(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POWEROFFICE_APP_KEY")
    monkeypatch.delenv("TRIBECRM_CLIENT_ID")
    result = call()
    assert result.exit_code == 78
    assert "POWEROFFICE_APP_KEY is missing" in result.stdout
    assert "TRIBECRM_CLIENT_ID is missing" in result.stdout
    assert result.stdout.count("Correct them in the environment") == 1
    assert "requests: none" in result.stdout


def test_the_json_document(w: World) -> None:
    w.poweroffice.privileges = {"Customer_Full", "CommonServices"}
    result = call("--output", "json")
    assert result.exit_code == 77
    made = json.loads(result.stdout)
    assert (made["schema"], made["command"], made["profile"]) == (1, "check", "default")
    assert made["outcome"] == "failed"
    assert made["requests"]["tribe"] >= 5
    assert {tuple(one) for one in made["findings"]} == {("topic", "level", "text", "next_step")}
    errors = [one for one in made["findings"] if one["level"] == "error"]
    assert {one["topic"] for one in errors} == {"privileges"}
    assert all(one["next_step"] for one in errors)


def test_the_document_when_all_is_well(w: World) -> None:
    made = json.loads(call("--output", "json").stdout)
    assert (made["outcome"], made["exit_code"]) == ("ok", 0)
    assert {one["level"] for one in made["findings"]} == {"ok"}


@pytest.mark.parametrize("arguments", [(), ("--verbose",), ("--output", "json")])
def test_no_secret_is_ever_shown(w: World, arguments: tuple[str, ...]) -> None:
    secrets = [value for name, value in w.environment.items() if "KEY" in name or "SECRET" in name]
    result = call(*arguments)
    assert len(secrets) == 4
    for secret in secrets:
        assert secret not in result.output


def test_what_a_server_sends_cannot_steer_the_terminal(w: World) -> None:
    w.poweroffice.client_name = "Ond \x1b[2J\x07 Klient AS"
    result = call()
    assert "\x1b" not in result.stdout
    assert "\\x1b" in result.stdout


def test_a_misspelt_setting_is_told_once(w: World) -> None:
    (w.folder / ".env").write_text("TRIBE_PO_RAET=5\n")
    result = call()
    assert result.output.count("TRIBE_PO_RAET") == 1
    assert "1 warning" in result.stdout


def test_the_log_of_everything_is_on_stderr(w: World) -> None:
    result = call("--verbose")
    assert "GET /ClientIntegrationInformation" in result.stderr
    assert "GET /ClientIntegrationInformation" not in result.stdout


def test_it_can_be_interrupted(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tribe_po.passes.check.check", interrupted)
    assert call().exit_code == 130


def test_it_leaves_no_file_behind(w: World) -> None:
    call()
    assert list(w.folder.iterdir()) == []
