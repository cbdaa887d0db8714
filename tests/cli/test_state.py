"""`tribe-po state`: verify, backup, restore, rebuild, export."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.cli.calls import change, command, document_of, files
from tests.scenarios.world import World
from tribe_po.errors import ExitCode
from tribe_po.records import Kind, Memory
from tribe_po.state.lock import lock
from tribe_po.state.storage import CheckedStorage
from tribe_po.state.store import Store

call = partial(command, "state")
document = partial(document_of, "state")


@pytest.fixture
def keyed(w: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose keys the commands have."""
    for name, text in w.environment.items():
        monkeypatch.setenv(name, text)
    return w


@pytest.fixture
def used(keyed: World) -> World:
    """Two customers in step, of which one was imported, and one that only Tribe has."""
    w = keyed
    w.company("Fjord Kaffe AS", EmailAddress="post@fjord.example")
    w.tribe_customer("Bare Tribe AS")
    w.init()
    w.tribe_customer("Skog Bygg AS")
    w.push()
    w.sandbox.requests.clear()
    return w


def pairs(memory: Memory) -> set[tuple[Kind, str, str]]:
    return {(one.kind, one.poweroffice_id, one.tribe_id) for one in memory.links.values()}


def cut(w: World) -> None:
    w.state.write_bytes(w.state.read_bytes()[:-10])


def missing(w: World) -> None:
    w.state.unlink()


def newer(w: World) -> None:
    storage = CheckedStorage(w.state)
    tables = storage.read()
    assert tables is not None
    tables["meta"]["1"] |= {"schema": 99, "version": "9.0"}
    storage.write(tables)


DAMAGES: dict[str, Callable[[World], None]] = {"cut": cut, "missing": missing, "newer": newer}


class TestVerify:
    def test_a_whole_state(self, used: World) -> None:
        before = files(used)
        result = call("verify")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith(f"whole    {used.state}: 2 links, saved 2026-")
        assert files(used) == before
        assert used.sandbox.requests.writes() == []

    def test_as_a_document(self, used: World) -> None:
        found = document("verify")
        assert (found["command"], found["tenant"]) == ("state verify", "same keys")
        assert (found["current"]["whole"], found["current"]["links"]) == (True, 2)
        assert [Path(one["file"]).name for one in found["others"]] == ["tribe-po.json.previous"]

    @pytest.mark.parametrize("damage", DAMAGES)
    def test_what_cannot_be_used_is_65_with_a_way_out(self, used: World, damage: str) -> None:
        DAMAGES[damage](used)
        before = files(used)
        result = call("verify")
        assert result.exit_code == ExitCode.STATE_UNREADABLE
        assert len(result.stderr.splitlines()) == 3
        assert ("Install" if damage == "newer" else "tribe-po state restore") in result.stderr
        assert files(used) == before

    def test_other_keys(self, used: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("POWEROFFICE_CLIENT_KEY", "another")
        result = call("verify")
        assert result.exit_code == ExitCode.RECORDS_LEFT
        assert "not those of the last run" in result.stdout

    def test_an_open_file_of_settings_is_told_once(
        self, used: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = "POWEROFFICE_CLIENT_KEY"
        Path(".env").write_text(f"{name}={os.environ[name]}\n", encoding="utf-8")
        Path(".env").chmod(0o644)
        monkeypatch.delenv(name)
        assert call("verify").stderr.count("open to other users") == 1

    def test_without_keys_nothing_is_said_of_them(
        self, used: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("POWEROFFICE_CLIENT_KEY")
        assert call("verify").exit_code == 0
        assert document("verify")["tenant"] == "unknown"


class TestBackupAndRestore:
    def test_a_backup_comes_back(self, used: World) -> None:
        made = Path(document("backup")["file"])
        kept = used.memory()
        change(used, links={})
        cut(used)
        damaged = used.state.read_bytes()
        result = call("restore", str(made))
        assert result.exit_code == 0
        assert used.memory() == kept
        aside = [one for one in used.folder.iterdir() if ".aside-" in one.name]
        assert damaged in [one.read_bytes() for one in aside]
        assert all(str(one) in result.stdout.replace("\n", "") for one in aside)

    @pytest.mark.parametrize("damage", DAMAGES)
    def test_the_generation_before_is_in_use_again_and_nothing_is_done_twice(
        self, used: World, damage: str
    ) -> None:
        w = used
        w.tribe_customer("Elv Drift AS")
        w.push()
        in_step = pairs(w.memory())
        DAMAGES[damage](w)
        refused = w.state.read_bytes() if w.state.exists() else None
        w.sandbox.requests.clear()
        assert command("push-relations").exit_code == ExitCode.STATE_UNREADABLE
        assert w.wrote() == []
        assert (w.state.read_bytes() if w.state.exists() else None) == refused

        assert call("restore").exit_code == 0

        for _ in range(2):
            w.push()
            w.pull(full=True)
        assert pairs(w.memory()) == in_step
        assert w.wrote() == []
        assert w.differences() == []

    def test_a_whole_state_is_replaced_only_by_force(self, used: World) -> None:
        before = files(used)
        result = call("restore")
        assert result.exit_code == ExitCode.REFUSED
        assert "It holds 2 links" in result.stderr
        assert files(used) == before
        earlier = Store(CheckedStorage(used.state).previous).open()
        assert call("restore", "--force").exit_code == 0
        assert used.memory() == earlier

    def test_of_other_tenants_nothing_is_taken(self, used: World, tmp_path: Path) -> None:
        foreign = tmp_path / "foreign.json"
        memory = used.memory()
        Store(foreign).save(replace(memory, meta=replace(memory.meta, tenant="other pair")))
        before = files(used)
        result = call("restore", str(foreign), "--force")
        assert result.exit_code == ExitCode.REFUSED
        assert "another pair of tenants" in result.stderr
        assert files(used) == before

    @pytest.mark.parametrize("content", [None, b"", b"{}"])
    def test_a_source_that_cannot_be_used(
        self, used: World, tmp_path: Path, content: bytes | None
    ) -> None:
        source = tmp_path / "source.json"
        if content is not None:
            source.write_bytes(content)
        cut(used)
        before = files(used)
        assert call("restore", str(source)).exit_code == ExitCode.STATE_UNREADABLE
        assert files(used) == before

    def test_while_a_pass_runs(self, used: World, monkeypatch: pytest.MonkeyPatch) -> None:
        impatient = partial(lock, patience=0)
        monkeypatch.setattr("tribe_po.passes.state_files.lock", impatient)
        monkeypatch.setattr("tribe_po.passes.state_rebuild.lock", impatient)
        with lock(used.state):
            for one in ("restore", "rebuild"):
                assert call(one, "--force").exit_code == ExitCode.TEMPORARY
            assert call("backup").exit_code == 0

    def test_a_full_disk(self, used: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        cut(used)
        before = used.state.read_bytes()
        monkeypatch.setattr("os.fsync", full)
        for one in ("restore", "rebuild"):
            assert call(one).exit_code == ExitCode.STATE_NOT_SAVED
        assert used.state.read_bytes() == before


class TestRebuild:
    @pytest.mark.parametrize("damage", ["cut", "missing", "deleted"])
    def test_all_links_come_back_and_nothing_is_written(self, used: World, damage: str) -> None:
        w = used
        before = w.memory()
        if damage == "deleted":
            missing(w)
            CheckedStorage(w.state).previous.unlink(missing_ok=True)
        else:
            DAMAGES[damage](w)
        lost = w.state.read_bytes() if w.state.exists() else None

        found = document("rebuild")

        after = w.memory()
        assert pairs(after) == pairs(before)
        assert (found["links"], found["initialised"]) == (2, ["customer"])
        assert (after.meta.initialised, after.meta.tenant) == (
            (Kind.CUSTOMER,),
            before.meta.tenant,
        )
        assert w.wrote() == []
        if lost is not None:
            assert lost in [Path(one).read_bytes() for one in found["aside"]]

    def test_what_only_tribe_has_is_left_alone(self, used: World) -> None:
        w = used
        w.tribe_customer("Etterpå AS")
        cut(w)
        result = call("rebuild")
        assert "2 records only in Tribe left alone" in result.stdout
        assert "init-sync was done for suppliers and products" in result.stdout
        assert w.init().exit_code == 0
        w.sandbox.requests.clear()
        for _ in range(2):
            w.push()
            w.pull(full=True)
        assert w.wrote() == []

    def test_equal_numbers_alone_do_not_show_that_a_first_sync_was_made(self, keyed: World) -> None:
        w = keyed
        number = w.poweroffice.customer(w.company("Fjord Kaffe AS"))["Number"]
        w.tribe_customer("Fjord Kaffe AS", DebtorNumber=str(number))
        assert document("rebuild")["initialised"] == []
        assert w.memory().left_alone == set()
        assert command("push-relations").exit_code == ExitCode.REFUSED
        assert w.wrote() == []

    def test_an_edit_made_meanwhile_is_for_the_next_pass(self, used: World) -> None:
        w = used
        fjord = w.link("Fjord Kaffe AS")
        w.tribe.edit(fjord.tribe_relation_id, PhoneNumber="+4700123456")
        cut(w)
        assert document("rebuild")["differing"] == 1
        assert w.customer_in_poweroffice("Fjord Kaffe AS")["PhoneNumber"] in (None, "")

    def test_a_dry_run_changes_no_file(self, used: World) -> None:
        cut(used)
        before = files(used)
        assert "Would find 2 links" in call("rebuild", "--dry-run").stdout
        assert files(used) == before

    def test_a_whole_state_is_replaced_only_by_force(self, used: World) -> None:
        before = files(used)
        assert call("rebuild").exit_code == ExitCode.REFUSED
        assert {name: files(used)[name] for name in before} == before
        assert call("rebuild", "--force").exit_code == 0

    def test_nothing_on_both_sides_is_no_state(self, keyed: World) -> None:
        keyed.company("Fjord Kaffe AS")
        result = call("rebuild")
        assert result.exit_code == ExitCode.REFUSED
        assert "PowerOffice 1" in result.stderr
        assert not keyed.state.exists()

    def test_a_server_that_is_down_changes_no_file(
        self, used: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRIBECRM_CLIENT_SECRET", "no longer")
        used.folder.joinpath("tribe-po.tokens.json").unlink(missing_ok=True)
        cut(used)
        before = used.state.read_bytes()
        assert call("rebuild").exit_code == ExitCode.NOT_ALLOWED
        assert used.state.read_bytes() == before


def test_the_export_is_all_that_the_state_holds(used: World) -> None:
    made = json.loads(call("export").stdout)
    assert made["command"] == "state export"
    assert {one["poweroffice_id"] for one in made["tables"]["links"]} == {
        link.poweroffice_id for link in used.memory().links.values()
    }
    assert set(made["tables"]) >= {"meta", "links", "cursors", "quarantine", "conflicts"}


@pytest.mark.parametrize("one", ["verify", "export"])
def test_without_a_state_no_file_is_made(w: World, one: str) -> None:
    result = call(one)
    assert result.exit_code == 1
    assert "There is no state file" in result.stderr
    assert files(w) == {}


@pytest.mark.parametrize("one", ["verify", "backup", "restore", "rebuild", "export"])
def test_every_command_shows_an_example(one: str) -> None:
    result = call(one, "--help")
    assert result.exit_code == 0
    assert f"Example: tribe-po state {one}" in result.stdout


def test_time_passes_between_backups(used: World) -> None:
    first = document("backup")["file"]
    used.clock.advance(timedelta(seconds=1))
    assert document("backup")["file"] > first
