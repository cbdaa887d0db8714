"""The passes as cron and people call them: output, silence, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.scenarios.world import World, world
from tribe_po import __version__
from tribe_po.cli.app import app
from tribe_po.passes import push_relations as push
from tribe_po.state.lock import lock


@pytest.fixture
def w(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    with world(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


def call(*arguments: str) -> Result:
    result: Result = CliRunner().invoke(app, arguments)
    return result


def document(*arguments: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(call(*arguments, "--output", "json").stdout)
    return made


def test_the_version_is_told_without_loading_anything() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "tribe_po", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"tribe-po {__version__}\n"
    assert "typer" not in done.stderr
    assert "requests" not in done.stderr


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("POWEROFFICE_", "TRIBECRM_", "TRIBE_PO_"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "tribe_po", "push-relations"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**environment, "TRIBE_PO_CONFLICTS": "mine"},
        check=False,
    )
    assert done.returncode == 78
    for name in ("POWEROFFICE_APP_KEY", "TRIBECRM_CLIENT_SECRET", "TRIBE_PO_CONFLICTS"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_where_nobody_can_be_asked_init_sync_needs_a_yes(w: World) -> None:
    w.company("Fjord Kaffe AS")
    result = call("init-sync")
    assert result.exit_code == 3
    assert "--yes" in result.stderr
    assert w.wrote() == []
    assert call("init-sync", "--yes").exit_code == 0
    assert w.customer_in_tribe("Fjord Kaffe AS")


def test_all_well_means_silence(w: World) -> None:
    w.company("Fjord Kaffe AS")
    for arguments in (("init-sync", "--yes"), ("push-relations",), ("pull-relations",)):
        result = call(*arguments)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_new_trouble_is_told_once(w: World) -> None:
    w.company("Fjord Kaffe AS")
    for name in ("Fjord Kaffe AS", "Fjord Kaffe avd. Bergen"):
        w.tribe_customer(name, DebtorNumber="10000")
    w.company("Skog Bygg AS")
    first = call("init-sync", "--yes")
    assert first.exit_code == 1
    assert "Skog Bygg AS" not in first.stdout, "what went well is no news for a mail"
    assert "Fjord Kaffe avd. Bergen" in first.stdout
    again = call("pull-relations")
    assert (again.exit_code, again.stdout) == (1, "")


def test_a_dry_run_shows_its_table(w: World) -> None:
    w.company("Fjord Kaffe AS", EmailAddress="post@fjord.example")
    result = call("init-sync", "--dry-run")
    assert result.exit_code == 0
    assert "New in Tribe: 1 customer" in result.stdout
    assert "nothing written" in result.stdout
    assert "1 to create" in result.stdout
    assert "writing: 2 requests, about 1 s" in " ".join(result.stdout.split())


def test_the_json_document(w: World) -> None:
    contact = w.company("Fjord Kaffe AS", EmailAddress="post@fjord.example")
    shown = document("init-sync", "--dry-run")
    done = document("init-sync", "--yes")
    assert shown["schema"] == done["schema"] == 1
    assert (shown["dry_run"], done["dry_run"]) == (True, False)
    assert done["outcome"] == "ok"
    assert done["counts"]["create"] == shown["counts"]["create"] == 1
    assert done["requests"]["poweroffice"] >= 2
    (change,) = done["changes"]
    assert change["action"] == "create"
    assert (change["system"], change["status"]) == ("tribe", "done")
    assert change["poweroffice_id"] == str(contact)
    assert change["tribe_id"] == w.tribe.customers()[0]["ID"]
    (email,) = [one for one in change["fields"] if one["field"] == "email"]
    assert (email["from"], email["to"]) == (None, "post@fjord.example")
    assert shown["cost"] == {"requests": {"poweroffice": 0, "tribe": 2}, "seconds": 0.1}
    (planned,) = shown["changes"]
    assert planned["status"] == "planned"
    assert done["started"].endswith("Z")


def test_errors_are_in_the_json_document_too(w: World) -> None:
    made = document("push-relations")
    assert made["outcome"] == "failed"
    assert made["error"]["exit_code"] == 3
    assert "init-sync" in made["error"]["next_step"]


def test_a_guard_says_the_number_the_limit_and_the_way_out(w: World) -> None:
    call("init-sync", "--yes")
    for number in range(4):
        w.tribe_customer(f"Kunde {number} AS")
    result = call("push-relations", "--max-changes", "3")
    assert result.exit_code == 3
    for part in ("4 would be created", "the limit is 3", "--max-changes 4"):
        assert part in result.stderr
    assert w.poweroffice.customers() == []
    assert call("push-relations", "--max-changes", "4").exit_code == 0


def test_a_second_pass_leaves_quietly_while_one_runs(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("init-sync", "--yes")
    monkeypatch.setattr("tribe_po.passes.session.lock", partial(lock, patience=0))
    with lock(w.state):
        result = call("push-relations")
    assert (result.exit_code, result.stdout, result.stderr) == (75, "", "")


def test_a_bug_is_told_without_a_traceback(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret-key-4711")

    monkeypatch.setattr(push, "push_relations", broken)
    result = call("push-relations")
    assert result.exit_code == 70
    assert "ZeroDivisionError" in result.stderr
    assert "secret-key-4711" not in result.output
    assert "Traceback" not in result.output


def test_no_secret_is_ever_shown(w: World) -> None:
    w.company("Fjord Kaffe AS")
    secrets = [value for name, value in w.environment.items() if "KEY" in name or "SECRET" in name]
    results = [
        call("init-sync", "--yes", "--verbose"),
        call("pull-relations", "--full", "--verbose", "--output", "json"),
    ]
    shown = "".join(one.stdout + one.stderr for one in results)
    shown += "".join(path.read_text() for path in w.folder.iterdir() if "tokens" not in path.name)
    assert secrets
    for secret in secrets:
        assert secret not in shown


def test_what_a_server_sends_cannot_steer_the_terminal(w: World) -> None:
    w.company("Ond \x1b[2J\x07 Kunde AS")
    result = call("init-sync", "--dry-run")
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout
    assert "\\x1b" in result.stdout


def test_files_are_for_their_owner_only(w: World) -> None:
    w.company("Fjord Kaffe AS")
    call("init-sync", "--yes")
    files = [path for path in w.folder.iterdir() if path.is_file()]
    assert {path.name for path in files} >= {"tribe-po.json", "tribe-po.audit.jsonl"}
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}


def test_every_write_is_in_the_audit_trail(w: World) -> None:
    w.company("Fjord Kaffe AS", EmailAddress="post@fjord.example")
    call("init-sync", "--yes")
    (line,) = (w.folder / "tribe-po.audit.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert entry["label"] == "Fjord Kaffe AS"
    assert entry["system"] == "tribe"
    assert {one["field"]: one["new"] for one in entry["fields"]}["email"] == "post@fjord.example"


def test_a_conflict_is_told_by_the_pass_that_settles_it(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    contact = w.company("Fjord Kaffe AS", WebsiteUrl="https://fjord.example")
    call("init-sync", "--yes")
    organization = w.customer_in_tribe("Fjord Kaffe AS")["Organization"]["ID"]
    w.later()
    w.tribe.edit(organization, Website="https://tribe.example")
    w.poweroffice.edit_customer(contact, WebsiteUrl="https://go.example")
    w.later()
    assert call("push-relations").stdout == ""
    told = call("pull-relations").stdout
    assert "https://tribe.example" in told
    assert "https://go.example" in told
