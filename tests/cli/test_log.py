"""The log: where it goes, what a line holds, and what never stands in it."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.scenarios.world import World, world
from tribe_po.cli.app import app
from tribe_po.output import log
from tribe_po.sandbox.faults import Fault, Status

ROOT = Path(__file__).parents[2]
ID_IN_CODE = re.compile(r'"id": "([\w.-]+)"|log\.event\(\s*"([\w.-]+)"')


@pytest.fixture
def w(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    with world(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made
    log.start(verbose=False, quiet=False)


def call(*arguments: str) -> Result:
    result: Result = CliRunner().invoke(app, arguments)
    return result


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_of_json_says_what_when_and_of_which_run(w: World) -> None:
    contact = w.company("Fjord Kaffe AS", EmailAddress="post@fjord.example")
    done = call("--log-file", "log.jsonl", "--log-json", "init-sync", "--yes")
    assert (done.exit_code, done.output) == (0, ""), "a file keeps stderr silent"
    made = lines(Path("log.jsonl").read_text())
    assert [one["id"] for one in made] == ["pass.started", "change.done", "pass.finished"]
    (run,) = w.memory().runs
    for one in made:
        about = (one["run_id"], one["pass"], one["profile"], one["level"])
        assert about == (run.run_id, "init-sync", "default", "info")
        assert one["time"].endswith("Z")
        assert datetime.fromisoformat(one["time"]).utcoffset() == timedelta(0)
    _, change, finished = made
    assert (change["action"], change["kind"], change["system"]) == ("create", "customer", "tribe")
    assert change["poweroffice_id"] == str(contact)
    assert "email" in change["fields"]
    assert (finished["outcome"], finished["exit_code"]) == ("ok", 0)
    assert finished["counts"]["create"] == 1
    assert finished["requests"]["tribe"] >= 2


def test_json_alone_goes_to_stderr_and_nothing_else_does(w: World) -> None:
    call("init-sync", "--yes")
    for number in range(3):
        w.tribe_customer(f"Kunde {number} AS")
    refused = call("--log-json", "push-relations", "--max-changes", "2")
    assert refused.exit_code == 3
    made = lines(refused.stderr)
    (error,) = [one for one in made if one["id"] == "error"]
    assert (error["level"], error["exit_code"]) == ("error", 3)
    assert "--max-changes 3" in error["next_step"]
    assert "the limit is 2" in error["message"] + error["why"]
    assert call("--log-json", "pull-relations", "--quiet").stderr == ""


def test_errors_before_a_pass_are_lines_of_json_too(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBE_PO_CONFLICTS", "mine")
    for command in ("push-relations", "status"):
        (error,) = lines(call("--log-json", command).stderr)
        assert (error["id"], error["exit_code"]) == ("error", 78)


def test_a_text_file_tells_of_the_same_and_errors_once_on_stderr(w: World) -> None:
    w.company("Fjord Kaffe AS")
    call("--log-file", "log.txt", "init-sync", "--yes")
    failed = call("--log-file", "log.txt", "push-relations", "--max-changes", "0")
    assert failed.exit_code == 0
    w.sandbox.faults.add(Fault("tribe", None, "", Status(400), times=100))
    failed = call("--log-file", "log.txt", "pull-relations", "--full")
    assert failed.exit_code > 1
    assert len(failed.stderr.splitlines()) == 3
    text = Path("log.txt").read_text().splitlines()
    shape = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|ERROR) [\w-]+ default [0-9a-f]{12} "
    told = [line for line in text if re.match(shape + r"[\w.-]+: ", line)]
    assert any("pull-relations" in line and " ERROR " in line for line in text)
    assert len(told) >= 5


def test_nothing_personal_and_no_secret_stands_in_the_log(w: World) -> None:
    w.company("Fjord Kaffe AS", EmailAddress="kari@fjord.example", PhoneNumber="22334455")
    for name in ("Skog Bygg AS", "Skog Bygg avd. Bergen"):
        w.tribe_customer(name, DebtorNumber="10000")
    for arguments in (("init-sync", "--yes"), ("pull-relations", "--full")):
        call("--log-file", "log.jsonl", "--log-json", *arguments, "--verbose")
    text = Path("log.jsonl").read_text()
    assert "request" in {one["id"] for one in lines(text)}
    secrets = [value for name, value in w.environment.items() if "KEY" in name or "SECRET" in name]
    for word in ("Fjord", "Skog", "kari", "22334455", *secrets):
        assert word not in text


def test_several_passes_rotate_one_file_by_size(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "ROTATE_AT", 300)
    for _ in range(12):
        call("--log-file", "log.txt", "init-sync", "--yes")
    files = sorted(path.name for path in Path().glob("log.txt*"))
    assert files == ["log.txt", *(f"log.txt.{number}" for number in range(1, 6))]
    longest = max(len(line) + 1 for name in files for line in Path(name).read_text().splitlines())
    assert max(Path(name).stat().st_size for name in files) < 300 + longest
    modes = {name: oct(Path(name).stat().st_mode & 0o777) for name in files}
    assert set(modes.values()) == {"0o640"}, modes


def test_a_file_that_is_moved_away_is_begun_anew(w: World) -> None:
    call("--log-file", "log.txt", "init-sync", "--yes")
    Path("log.txt").rename("log.txt-20260302")
    call("--log-file", "log.txt", "pull-relations")
    assert "pull-relations" in Path("log.txt").read_text()


@pytest.mark.parametrize("command", ["push-relations", "status", "check"])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(
    w: World, command: str
) -> None:
    done = call("--log-file", "nowhere/log.txt", command)
    assert done.exit_code == 78
    assert len(done.stderr.splitlines()) == 3
    assert "nowhere/log.txt" in done.stderr
    assert w.sandbox.requests.all() == []


def test_a_disk_that_is_full_is_said_once_and_the_pass_goes_on(w: World) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full")
    w.company("Fjord Kaffe AS")
    handler = log._file(Path("log.txt"))
    handler.setFormatter(logging.Formatter())
    Path("log.txt").unlink()
    Path("log.txt").symlink_to("/dev/full")
    record = logging.LogRecord("tribe_po", logging.ERROR, "", 0, "text", (), None)
    for _ in range(3):
        handler.emit(record)
    assert getattr(handler, "failed", False)


def test_syslog_gets_a_datagram_for_each_line(
    w: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = tmp_path / "syslog"
    monkeypatch.setattr(log, "SYSLOG", str(address))
    absent = call("--syslog", "init-sync", "--yes")
    assert absent.exit_code == 78
    assert str(address) in absent.stderr.replace("\n", "")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(address))
        server.settimeout(30)
        assert call("--syslog", "init-sync", "--yes").exit_code == 0
        first = server.recv(65536).decode()
    assert re.fullmatch(
        r"<30>tribe-po\[\d+\]: INFO init-sync default [0-9a-f]{12} pass\.started: .+", first
    )


def test_every_message_has_an_id_and_every_id_is_documented() -> None:
    code = {path: path.read_text() for path in (ROOT / "tribe_po").rglob("*.py")}
    ids = {one or other for text in code.values() for one, other in ID_IN_CODE.findall(text)}
    ids |= {f"change.{status}" for status in ("done", "failed", "skipped")}
    documented = re.findall(r"^\| `([\w.-]+)` \|", section("Message ids"), re.MULTILINE)
    assert sorted(documented) == sorted(ids)
    calls = [
        re.sub(r"\s+", " ", text[found.start() : found.start() + 400])
        for text in code.values()
        for found in re.finditer(r"_?log\.(debug|info|warning|error|log)\(", text)
    ]
    assert len(calls) >= 15
    for one in calls:
        assert "extra=" in one, one


def section(title: str) -> str:
    text = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    return text.split(f"## {title}\n")[1].split("\n## ")[0]
