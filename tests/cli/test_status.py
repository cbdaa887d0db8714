"""`tribe-po status` as people and monitoring call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.calls import change, command, document_of
from tests.scenarios.world import World
from tribe_po.cli import opened
from tribe_po.cli.app import app
from tribe_po.passes.schedule import SCHEDULE
from tribe_po.records import Intent, Kind, Link, Memory, System
from tribe_po.state.lock import lock
from tribe_po.state.store import Store

MINUTE = timedelta(minutes=1)


call = partial(command, "status")
document = partial(document_of, "status")


def row_of(made: dict[str, Any], name: str) -> dict[str, Any]:
    row: dict[str, Any] = next(one for one in made["passes"] if one["pass"] == name)
    return row


def all_passes(w: World) -> None:
    """Every pass, one right after the other."""
    others = (w.pull_payments, w.invoice, w.pull_products, w.push_products)
    for one in (*others, w.pull, w.push):
        one(after=timedelta(seconds=1))


@pytest.fixture
def synced(w: World) -> World:
    w.company("Fjord Kaffe AS", EmailAddress="post@fjord.example")
    assert w.init().exit_code == 0
    all_passes(w)
    return w


def test_without_a_state_it_says_so_and_makes_no_file(w: World) -> None:
    result = call()
    assert result.exit_code == 1
    assert "There is no state file" in result.stderr
    assert "tribe-po init-sync --dry-run" in result.stderr
    assert list(w.folder.iterdir()) == []
    made = document()
    assert (made["schema"], made["command"], made["outcome"]) == (1, "status", "failed")
    assert made["error"]["exit_code"] == 1


def test_all_is_well(synced: World) -> None:
    files = {path: path.stat().st_mtime_ns for path in synced.folder.iterdir()}
    result = call()
    assert (result.exit_code, result.stderr) == (0, "")
    assert "status: healthy" in result.stdout
    assert {path: path.stat().st_mtime_ns for path in synced.folder.iterdir()} == files
    made = document()
    assert made["healthy"] is True
    assert made["problems"] == []
    assert made["links"] == 1
    assert [one["pass"] for one in made["passes"]] == [one.name for one in SCHEDULE]
    assert all(one["last"]["outcome"] == "ok" for one in made["passes"])


def test_no_server_is_asked(synced: World) -> None:
    synced.sandbox.requests.clear()
    call()
    assert synced.sandbox.requests.all() == []


def test_late_after_three_intervals_and_not_before(synced: World) -> None:
    synced.later(3 * MINUTE)
    assert call().exit_code == 0
    synced.later(timedelta(seconds=1))
    result = call()
    assert result.exit_code == 1
    assert "push-relations is late: it last ended 3 min ago, due every 1 min" in result.stdout
    assert "tribe-po push-relations --output table" in result.stdout
    made = document()
    assert [one["pass"] for one in made["passes"] if one["late"]] == ["push-relations"]
    assert row_of(made, "push-relations")["age_seconds"] == 181


def test_every_pass_is_late_in_the_end(synced: World) -> None:
    synced.later(timedelta(hours=13))
    made = document()
    assert len([one for one in made["passes"] if one["late"]]) == 6
    assert len(made["problems"]) == 6
    assert all(" 13 h 0 min" in one["text"] for one in made["problems"])


def test_a_pass_that_has_never_run_has_its_intervals_from_the_first_round_on(w: World) -> None:
    w.company("Fjord Kaffe AS")
    w.init()
    assert call().exit_code == 0
    w.later(4 * MINUTE)
    made = document()
    assert made["problems"][0]["text"].startswith("push-relations is late: it has not run yet")
    assert [one["late"] for one in made["passes"]] == [True, *[False] * 5]
    assert row_of(made, "push-relations")["last"] is None


def test_a_clock_that_was_set_back_is_told(synced: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "now", lambda: synced.clock.now() - timedelta(hours=5))
    made = document()
    assert not made["healthy"]
    assert "clock was changed" in made["problems"][0]["text"]


def test_a_long_pass_that_holds_up_the_others_is_named(
    synced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["tribe-po", "pull-relations", "--full"])
    synced.later(timedelta(minutes=10))
    with lock(synced.state):
        made, shown = document(), call().stdout
    assert made["running"]["pid"] == os.getpid()
    assert made["problems"][0]["next_step"].endswith(f"ps -p {os.getpid()} -o etime,args")
    assert f"tribe-po pull-relations --full (process {os.getpid()}), since" in shown
    assert document()["running"] is None


def test_kinds_that_are_not_synchronised_do_not_count(
    synced: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBE_PO_KINDS", "customers")
    synced.later(timedelta(hours=1))
    names = [one["pass"] for one in document()["passes"]]
    assert names == ["push-relations", "pull-relations"]


def test_a_first_round_that_is_missing(w: World) -> None:
    w.overrides["TRIBE_PO_KINDS"] = "customers"
    w.company("Fjord Kaffe AS")
    w.init()
    w.pull(after=timedelta(0))
    w.push(after=timedelta(0))
    made = document()
    assert made["uninitialised"] == ["supplier", "product", "invoice"]
    assert [one["text"] for one in made["problems"]] == [
        "No init-sync has finished for suppliers and products and invoices: "
        "their passes refuse to run"
    ]


def test_the_backlog_of_changes(synced: World) -> None:
    contact = int(synced.link("Fjord Kaffe AS").poweroffice_id)
    synced.later()
    synced.poweroffice.edit_customer(contact, EmailAddress="ny@fjord.example")
    synced.push(full=True)  # sees the change; writing it is the pull's
    made = document()
    assert row_of(made, "pull-relations")["waiting"] == {"update": 1, "create": 0, "link": 0}
    assert row_of(made, "push-relations")["waiting"] == {"update": 0, "create": 0, "link": 0}
    assert "1 to update" in call().stdout
    synced.pull()
    assert row_of(document(), "pull-relations")["waiting"]["update"] == 0


def test_the_backlog_of_new_records(synced: World) -> None:
    synced.company("Skog Bygg AS")
    synced.push(full=True)
    made = document()
    assert row_of(made, "pull-relations")["waiting"] == {"update": 0, "create": 1, "link": 0}


def test_what_is_left_alone_and_archived_is_no_backlog(w: World) -> None:
    w.tribe_customer("Bare i Tribe AS")
    w.poweroffice.archive(w.company("Gammel Kunde AS"))
    w.init()
    all_passes(w)
    made = document()
    assert made["healthy"]
    assert made["left_alone"] == 1
    assert all(not any(one["waiting"].values()) for one in made["passes"])
    assert "1 only in Tribe and left alone" in call().stdout


def test_what_is_quarantined(w: World) -> None:
    w.company("Fjord Kaffe AS")
    for name in ("Fjord Kaffe AS", "Fjord Kaffe avd. Bergen"):
        w.tribe_customer(name, DebtorNumber="10000")
    w.init()
    all_passes(w)
    made = document()
    assert call().exit_code == 1
    assert made["quarantine"]["count"] == 3
    assert made["quarantine"]["oldest"] <= made["quarantine"]["next_retry"]
    assert made["problems"] == [
        {"text": "3 records are quarantined", "next_step": "See: tribe-po quarantine list"}
    ]


def test_what_is_in_conflict(synced: World) -> None:
    synced.overrides["TRIBE_PO_CONFLICTS"] = "manual"
    link = synced.link("Fjord Kaffe AS")
    synced.later()
    synced.tribe.edit(link.tribe_relation_id, EmailAddress="tribe@fjord.example")
    synced.poweroffice.edit_customer(int(link.poweroffice_id), EmailAddress="po@fjord.example")
    synced.pull(full=True)
    all_passes(synced)
    made = document()
    assert made["conflicts"] == {"open": 1, "settled": 0}
    assert [one["next_step"] for one in made["problems"]] == ["See: tribe-po conflicts list"]


def test_what_is_parked_is_named(synced: World) -> None:
    link = synced.link("Fjord Kaffe AS")
    change(synced, links={link.key: replace(link, parked="gone from Tribe")})
    result = call()
    assert result.exit_code == 1
    assert "gone from Tribe" in result.stdout
    made = document()
    assert [(one["label"], one["reason"]) for one in made["parked"]] == [
        ("Fjord Kaffe AS", "gone from Tribe")
    ]
    assert made["problems"][0]["next_step"].endswith(f"tribe-po explain {link.poweroffice_id}")


def test_creates_that_were_begun(synced: World) -> None:
    since = synced.clock.now()
    intent = Intent(Kind.CUSTOMER, System.TRIBE, "7", "poweroffice:customer:7", since)
    change(synced, intents={(System.TRIBE, Kind.CUSTOMER, "7"): intent})
    made = document()
    assert made["intents"]["open"] == 1
    assert made["healthy"], "a create that was just begun is nothing to worry about"
    assert "1 without a known answer" in call().stdout


def test_a_pass_that_an_error_stopped(synced: World) -> None:
    memory = synced.memory()
    last = replace(memory.runs[-1], run_id="abc", outcome="failed")
    change(synced, runs=[*memory.runs, last])
    made = document()
    assert not made["healthy"]
    assert (
        f"{last.name} was stopped by an error in its last run (abc)"
        in (made["problems"][0]["text"])
    )


@pytest.mark.parametrize(
    ("outcome", "told"), [("failed", "stopped by an error"), ("refused", "refused")]
)
def test_why_a_pass_ended_badly(synced: World, outcome: str, told: str) -> None:
    memory = synced.memory()
    last = replace(memory.runs[-1], run_id="abc", outcome=outcome, reason="Tribe is down: 503")
    change(synced, runs=[*memory.runs, last])
    made = document()
    assert not made["healthy"]
    said = f"{last.name} was {told} in its last run (abc): Tribe is down: 503"
    assert said in [one["text"] for one in made["problems"]]


def test_parked_links_are_named_as_far_as_they_fit(synced: World) -> None:
    link = synced.link("Fjord Kaffe AS")
    many = [replace(link, poweroffice_id=f"1{n:04}", parked="gone") for n in range(12)]
    change(synced, links={one.key: one for one in many})
    assert "2 more, see --output json" in call().stdout
    assert len(document()["parked"]) == 12


def test_a_bug_is_told_without_a_traceback(synced: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret-key-4711")

    monkeypatch.setattr("tribe_po.passes.overview.overview", broken)
    result = call()
    assert result.exit_code == 70
    assert "ZeroDivisionError" in result.stderr
    assert "secret-key-4711" not in result.output
    assert "Traceback" not in result.output


def test_what_takes_time_to_load_is_not_loaded(synced: World) -> None:
    """It may be asked every minute: the transport and the adapters are none of its business."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "tribe_po", "status"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Pass" in done.stdout
    for package in ("requests", "tribe_po.transport", "tribe_po.poweroffice"):
        assert package not in done.stderr


def test_a_damaged_state_is_not_taken_for_an_empty_one(synced: World) -> None:
    synced.state.write_bytes(synced.state.read_bytes().replace(b"Fjord", b"Fjerd"))
    result = call()
    assert result.exit_code == 65
    assert "checksum" in result.stderr


def test_a_wrong_setting_is_told(synced: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBE_PO_CONFLICTS", "mine")
    result = call()
    assert result.exit_code == 78
    assert "TRIBE_PO_CONFLICTS" in result.stderr


def test_a_profile_has_its_own_state(synced: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIBE_PO_STATE")
    (synced.folder / "fjord.env").write_text("")
    synced.state.rename(synced.folder / "fjord.json")
    result = CliRunner().invoke(app, ["--profile", "fjord", "status", "--output", "json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["profile"] == "fjord"


@pytest.mark.parametrize("width", ["80", "160"])
def test_it_fits_the_terminal(synced: World, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    synced.later(timedelta(hours=30))
    lines = call().stdout.splitlines()
    assert max(map(len, lines)) <= int(width)
    assert any("push-relations" in line and "1 d 6 h ago, late" in line for line in lines)


def test_labels_cannot_steer_the_terminal(synced: World) -> None:
    link = synced.link("Fjord Kaffe AS")
    bad: Link = replace(link, parked="gone", base={**link.base, "name": "Ond \x1b[2J AS"})
    change(synced, links={link.key: bad})
    result = call()
    assert "\x1b" not in result.stdout
    assert "\\x1b" in result.stdout


def test_an_empty_state_is_not_healthy(w: World) -> None:
    Store(w.state).save(Memory())
    made = document()
    assert not made["healthy"]
    assert made["uninitialised"] == ["customer", "supplier", "product", "invoice"]
    assert not any(one["late"] for one in made["passes"])
