"""`tribe-po sync` as one line of a crontab."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from signal import Signals
from typing import Any

import pytest

from tests.cli.calls import change, command, document_of, files
from tests.scenarios.world import World, world
from tribe_po.cli.signals import Stopping
from tribe_po.errors import ExitCode, NotAllowed, Temporary, most_urgent
from tribe_po.output.monitoring import Watched
from tribe_po.passes import by_name
from tribe_po.passes.run import Options, Report
from tribe_po.passes.schedule import SCHEDULE
from tribe_po.passes.session import Session
from tribe_po.state.lock import lock

HOUR = timedelta(hours=1)
NAMES = [one.name for one in SCHEDULE]
call = partial(command, "sync")
document = partial(document_of, "sync")


@pytest.fixture
def w(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    with world(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        made.company("Fjord Kaffe AS", EmailAddress="post@fjord.example")
        yield made


@pytest.fixture
def synced(w: World) -> World:
    assert command("init-sync", "--yes").exit_code == 0
    w.later()
    return w


def passes(made: Mapping[str, Any]) -> list[str]:
    (profile,) = made["profiles"]
    return [one["pass"] for one in profile["passes"]]


def age(w: World, by: timedelta) -> None:
    """Let all runs have been so much longer ago."""
    change(
        w,
        runs=[
            replace(one, started=one.started - by, finished=one.finished - by)
            for one in w.memory().runs
        ],
    )


def failing(monkeypatch: pytest.MonkeyPatch, **errors: Exception) -> None:
    """Let passes fail before they write anything."""

    def fail(error: Exception) -> Callable[[Session, Options], Report]:
        def make(session: Session, options: Options) -> Report:
            raise error

        return make

    broken = {name.replace("_", "-"): fail(error) for name, error in errors.items()}
    monkeypatch.setattr(by_name, "PASSES", {**by_name.PASSES, **broken})


def test_all_passes_once_and_then_each_when_it_is_due(synced: World) -> None:
    assert passes(document()) == NAMES
    assert passes(document()) == []
    age(synced, timedelta(minutes=1))
    assert passes(document()) == ["push-relations"]
    age(synced, timedelta(minutes=5))
    assert passes(document()) == ["push-relations", "invoice"]
    age(synced, 4 * HOUR)
    assert passes(document()) == NAMES


def test_what_is_not_due_costs_nothing(synced: World) -> None:
    call()
    synced.sandbox.requests.clear()
    before = files(synced)
    result = call()
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert synced.sandbox.requests.all() == []
    assert files(synced) == before


def test_both_sides_come_to_agree_and_silence_means_that_all_is_well(synced: World) -> None:
    organization = synced.customer_in_tribe("Fjord Kaffe AS")["Organization"]["ID"]
    synced.tribe.edit(organization, EmailAddress="ny@fjord.example")
    synced.tribe_customer("Skog Bygg AS")
    synced.company("Bakeriet AS")
    result = call()
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert synced.customer_in_poweroffice("Fjord Kaffe AS")["EmailAddress"] == "ny@fjord.example"
    assert synced.customer_in_poweroffice("Skog Bygg AS")
    assert synced.customer_in_tribe("Bakeriet AS")
    assert synced.differences() == []
    synced.later()
    age(synced, 5 * HOUR)
    synced.sandbox.requests.clear()
    assert call().exit_code == 0
    assert synced.wrote() == []


def test_one_session_serves_all_passes(synced: World) -> None:
    """They ask for one token of each system at most, and each pass counts its own requests."""
    for path in synced.folder.glob("*.tokens.json"):
        path.unlink()
    synced.sandbox.requests.clear()
    made = document()
    asked = synced.sandbox.requests.all()
    assert sum("token" in one.path.lower() for one in asked) == 2
    counted = sum(sum(one["requests"].values()) for one in made["profiles"][0]["passes"])
    assert counted == len(asked)


def test_each_run_is_in_the_history_and_in_the_trail_under_its_own_id(synced: World) -> None:
    synced.tribe_customer("Skog Bygg AS")
    synced.company("Bakeriet AS")
    made = document()
    ids = {one["pass"]: one["run_id"] for one in made["profiles"][0]["passes"]}
    assert len(set(ids.values())) == len(NAMES)
    assert {run.name: run.run_id for run in synced.memory().runs if run.name in ids} == ids
    writes = document_of("audit")["writes"]
    by = {one["label"]: one["run_id"] for one in writes if one["action"] == "create"}
    assert by["Skog Bygg AS"] == ids["push-relations"]
    assert by["Bakeriet AS"] == ids["pull-relations"]


def test_a_dry_run_writes_nothing_and_shows_each_plan(synced: World) -> None:
    synced.tribe_customer("Skog Bygg AS")
    synced.company("Bakeriet AS")
    before = files(synced)
    synced.sandbox.requests.clear()
    shown = call("--dry-run").stdout
    assert "New in PowerOffice: 1 customer" in shown
    assert "New in Tribe: 1 customer" in shown
    made = document("--dry-run")
    assert made["dry_run"] is True
    assert passes(made) == NAMES
    assert synced.wrote() == []
    assert files(synced) == before


def test_full_makes_every_pass_and_compares_everything(synced: World) -> None:
    call()
    assert passes(document("--full")) == NAMES
    assert {run.name for run in synced.memory().runs if run.full} == {*NAMES, "init-sync"}


def test_at_night_the_pulls_compare_everything(synced: World) -> None:
    call()
    age(synced, timedelta(days=2))
    call()
    last = {run.name: run.full for run in synced.memory().runs}
    assert {name for name in NAMES if last[name]} == {
        "pull-relations",
        "pull-products",
        "pull-payments",
    }


def test_a_guard_stops_one_pass_and_not_the_next(synced: World) -> None:
    for number in range(3):
        synced.tribe_customer(f"Kunde {number} AS")
    synced.company("Bakeriet AS")
    result = call("--max-changes", "2")
    assert result.exit_code == 3
    assert "push-relations: " in result.stderr
    assert "3 would be created" in result.stderr
    assert synced.customer_in_tribe("Bakeriet AS")
    assert len(synced.poweroffice.customers()) == 2
    age(synced, HOUR)
    assert call("--max-changes", "3").exit_code == 0


def test_an_error_of_one_pass_is_not_that_of_the_next(
    synced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(
        monkeypatch,
        push_relations=Temporary("PowerOffice is down", "503", "Wait"),
        push_products=NotAllowed("Products may not be read", "403", "Ask for it"),
    )
    made = document()
    assert passes(made) == NAMES
    assert made["exit_code"] == 77, "what needs a person is more urgent"
    codes = {
        one["pass"]: one["error"]["exit_code"]
        for one in made["profiles"][0]["passes"]
        if one["error"]
    }
    assert codes == {"push-relations": 75, "push-products": 77}


def test_a_bug_ends_the_round_without_a_traceback(
    synced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, pull_relations=ZeroDivisionError("secret-key-4711"))
    result = call()
    assert result.exit_code == 70
    assert "ZeroDivisionError" in result.stderr
    assert "secret-key-4711" not in result.output
    assert "Traceback" not in result.output


def test_without_an_init_sync_it_is_said_once(w: World) -> None:
    result = call()
    assert result.exit_code == 3
    assert result.stderr.count("tribe-po init-sync --dry-run") == 1
    assert document()["profiles"][0]["error"]["exit_code"] == 3


def test_a_tenant_without_invoices_is_no_trouble(w: World) -> None:
    """Nobody can take a pass out of the one line."""
    w.tribe.dialect = replace(w.tribe.dialect, billing=False)
    assert command("init-sync", "--yes").exit_code == 0
    result = call()
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_a_second_one_leaves_quietly_while_one_runs(
    synced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tribe_po.passes.session.lock", partial(lock, patience=0))
    with lock(synced.state):
        result = call()
    assert (result.exit_code, result.stdout, result.stderr) == (75, "", "")


def test_the_lock_is_held_from_the_first_pass_to_the_last(
    synced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[str] = []

    def started(run: Watched) -> None:
        with pytest.raises(Temporary), lock(synced.state, patience=0):
            raise AssertionError("the lock was free")
        held.append(run.pass_name)

    monkeypatch.setattr(Watched, "started", started)
    assert call().exit_code == 0
    assert held == NAMES


def test_a_signal_ends_it_after_the_request_in_flight(
    synced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[Stopping] = []
    made = Stopping.__init__

    def noted(stop: Stopping) -> None:
        made(stop)
        stops.append(stop)

    def stopping(session: Session, options: Options) -> Report:
        report = push(session, options)
        stops[-1].ask(Signals.SIGTERM)
        return report

    push = by_name.PASSES["push-relations"]
    monkeypatch.setattr(Stopping, "__init__", noted)
    monkeypatch.setattr(by_name, "PASSES", {**by_name.PASSES, "push-relations": stopping})
    result = call()
    assert result.exit_code == 143
    assert result.stderr.count("SIGTERM") == 1
    assert [run.name for run in synced.memory().runs] == ["init-sync", "push-relations"]


def test_wrong_settings(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBE_PO_CONFLICTS", "mine")
    result = call()
    assert result.exit_code == 78
    assert "TRIBE_PO_CONFLICTS" in result.stderr


def test_profile_and_all_profiles_are_one_too_many() -> None:
    assert command("--profile", "fjord", "sync", "--all-profiles").exit_code == 2


def test_no_profile_at_all(w: World) -> None:
    (w.folder / ".env").write_text("TRIBE_PO_KINDS=customers\n")
    result = call("--all-profiles")
    assert result.exit_code == 78
    assert "no file NAME.env" in result.stderr


@contextmanager
def clients(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, World]]:
    """Two clients, each with a sandbox of its own, and a broken third one between them."""
    for name in os.environ:
        if name.startswith(("POWEROFFICE_", "TRIBECRM_", "TRIBE_PO_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
    with world(folder) as fjord, world(folder) as skog:
        made = {"fjord": fjord, "skog": skog}
        for name, its in made.items():
            settings = {**its.sandbox.environment(), "TRIBE_PO_KINDS": "customers"}
            text = "".join(f"{key}={value}\n" for key, value in settings.items())
            (folder / f"{name}.env").write_text(text)
            (folder / f"{name}.env").chmod(0o600)
            assert command("--profile", name, "init-sync", "--yes").exit_code == 0
            its.tribe_customer(f"{name} AS")
            its.later()
        (folder / "hav.env").write_text("POWEROFFICE_APP_KEY=\n")
        yield made


def test_one_profiles_failure_never_stops_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clients(tmp_path, monkeypatch) as made:
        result = call("--all-profiles")
        assert result.exit_code == 78
        assert "hav: " in result.stderr
        assert "POWEROFFICE_APP_KEY" in result.stderr
        for name, its in made.items():
            assert its.customer_in_poweroffice(f"{name} AS")
            assert (tmp_path / f"{name}.json").exists()
        told = document("--all-profiles")
        assert [one["profile"] for one in told["profiles"]] == ["fjord", "hav", "skog"]
        assert [one["exit_code"] for one in told["profiles"]] == [0, 78, 0]
        assert told["exit_code"] == 78


def test_a_profile_with_news_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with clients(tmp_path, monkeypatch) as made:
        (tmp_path / "hav.env").unlink()
        for number in "01":
            made["skog"].tribe_customer(f"Tvilling {number} AS", DebtorNumber="10000")
        made["skog"].company("Tvilling AS", Number=10000)
        result = call("--all-profiles")
        assert result.exit_code == 1
        assert result.stdout.splitlines()[0] == "Profile skog"
        assert "fjord" not in result.stdout


def test_every_exit_code_has_its_urgency() -> None:
    for code in ExitCode:
        assert most_urgent([ExitCode.OK, code]) is code
    assert most_urgent([]) is ExitCode.OK
    assert most_urgent([ExitCode.TEMPORARY, ExitCode.RECORDS_LEFT]) is ExitCode.RECORDS_LEFT
