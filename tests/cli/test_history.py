"""`tribe-po runs` and `tribe-po audit`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from tests.cli.calls import command, document_of, files
from tests.scenarios.world import LONG, MORNING, World
from tribe_po.records import Kind, Memory
from tribe_po.state.store import Store

KAFFE = "Fjord Kaffe AS"

audit = partial(command, "audit")
audit_document = partial(document_of, "audit")


@pytest.fixture
def worked(w: World) -> World:
    """Two customers, one of whom got a new address and then a new name."""
    contact = w.company(KAFFE, EmailAddress="post@fjord.example")
    w.company("Skog Bygg AS")
    w.init()
    w.later()
    w.poweroffice.edit_customer(contact, EmailAddress="ny@fjord.example")
    w.pull()
    w.tribe.edit(w.link(KAFFE).tribe_relation_id, Name="Fjord Te AS")
    w.push()
    return w


def labels(*arguments: str) -> list[str]:
    return [one["label"] for one in audit_document(*arguments)["writes"]]


def test_the_runs_newest_last(worked: World) -> None:
    before = files(worked)
    made = document_of("runs")
    assert [one["pass"] for one in made["runs"]] == [
        "init-sync",
        "pull-relations",
        "push-relations",
    ]
    assert made["runs"][0]["counts"]["create"] == 2
    assert made["runs"][-1]["finished"] == "2026-03-02T10:00:00Z"
    shown = command("runs")
    assert (shown.exit_code, shown.stderr) == (0, "")
    for part in ("2 created", "1 updated", made["runs"][0]["run_id"]):
        assert part in shown.stdout
    assert files(worked) == before


def test_the_last_runs(worked: World) -> None:
    made = document_of("runs", "--last", "1")
    assert [one["pass"] for one in made["runs"]] == ["push-relations"]
    assert made["earlier"] == 2
    assert "2 earlier, see --last N" in command("runs", "--last", "1").stdout


def test_why_a_run_ended_early(worked: World) -> None:
    memory = worked.memory()
    reason = "41 of 100 linked records would change: the limit is 30 %"
    made = replace(memory.runs[-1], run_id="abc", outcome="refused", counts={}, reason=reason)
    Store(worked.state).save(replace(memory, runs=[*memory.runs, made]))
    assert [one["reason"] for one in document_of("runs")["runs"]][-2:] == [None, reason]
    assert reason[:20] in " ".join(command("runs").stdout.split())


def test_no_run_yet(w: World) -> None:
    Store(w.state).save(Memory())
    assert command("runs").stdout == "No pass has run yet.\n"
    assert document_of("runs")["runs"] == []


def test_none_at_all_is_no_number_of_runs(worked: World) -> None:
    assert command("runs", "--last", "0").exit_code == 2


def test_every_write_newest_last(worked: World) -> None:
    before = files(worked)
    made = audit_document()
    assert (made["schema"], made["command"], made["damaged"]) == (1, "audit", 0)
    told = [(one["label"], one["system"], one["action"]) for one in made["writes"]]
    first = told[:2]  # both were written at once, in either order
    assert [*sorted(first), *told[2:]] == [
        (KAFFE, "tribe", "create"),
        ("Skog Bygg AS", "tribe", "create"),
        (KAFFE, "tribe", "update"),
        (KAFFE, "poweroffice", "update"),
    ]
    (field,) = made["writes"][2]["fields"]
    assert field == {"field": "email", "from": "post@fjord.example", "to": "ny@fjord.example"}
    shown = audit()
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "post@fjord.example" in shown.stdout
    assert "Fjord Te AS" in shown.stdout
    assert files(worked) == before


@pytest.mark.parametrize(
    ("kind", "name", "label"),
    [
        (Kind.CUSTOMER, "number", "debtor number"),
        (Kind.SUPPLIER, "number", "creditor number"),
        (Kind.PRODUCT, "vat", "VAT per cent"),
        (Kind.INVOICE, "vat", "VAT per cent of the lines"),
        (Kind.INVOICE, "an_older_one", "an older one"),
    ],
)
def test_fields_go_by_their_names(worked: World, kind: Kind, name: str, label: str) -> None:
    path = worked.folder / "tribe-po.audit.jsonl"
    (*_, line) = path.read_text(encoding="utf-8").splitlines()
    entry = json.loads(line)
    entry |= {"kind": kind.value, "fields": [{**entry["fields"][0], "field": name}]}
    path.write_text(json.dumps(entry) + "\n", encoding="utf-8")
    assert f" {label}  " in audit().stdout


def test_a_record_by_either_id_by_its_number_and_by_its_names(worked: World) -> None:
    link = worked.link("Fjord Te AS")
    for asked in (
        link.poweroffice_id,
        link.tribe_id,
        link.tribe_relation_id,
        "10000",
        "Fjord Te AS",
        "fjord kaffe",
    ):
        assert labels(asked) == [KAFFE] * 3, asked
    assert labels("skog") == ["Skog Bygg AS"]


def test_of_one_run(worked: World) -> None:
    run_id = worked.memory().runs[0].run_id
    assert sorted(labels("--run", run_id)) == [KAFFE, "Skog Bygg AS"], "several are written at once"
    assert labels(KAFFE, "--run", run_id[:6]) == [KAFFE]


def test_since_a_day_or_a_time(worked: World) -> None:
    assert len(labels("--since", "2026-03-02T00:00+00:00")) == 4
    push = MORNING + 4 * LONG
    assert len(labels("--since", push.isoformat())) == 1
    assert labels("--since", (push + timedelta(days=2)).date().isoformat()) == []
    assert "none is like that" in audit("--since", "2027-01-01").stdout


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", ""])
def test_what_is_no_date(worked: World, since: str) -> None:
    result = audit("--since", since)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 3
    assert "2026-03-02" in result.stderr


def test_the_last_writes(worked: World) -> None:
    made = audit_document("--last", "1")
    assert [one["system"] for one in made["writes"]] == ["poweroffice"]
    assert made["earlier"] == 3
    assert "3 earlier, see --last N" in audit("--last", "1").stdout


def test_a_table_shows_twenty_and_a_document_all(w: World) -> None:
    for number in range(21):
        w.company(f"Kunde {number} AS")
    w.init()
    assert "1 earlier, see --last N" in audit().stdout
    assert len(labels()) == 21


def test_damaged_lines_are_told_and_skipped(worked: World) -> None:
    path = worked.folder / "tribe-po.audit.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"run_id": "torn\n' + b"".join(lines[1:]))
    result = audit()
    assert result.exit_code == 0
    assert "Skipped 1 damaged line of the audit trail" in result.stderr
    made = audit_document()
    assert (len(made["writes"]), made["damaged"]) == (4, 1)


def test_the_trail_is_readable_without_its_state(worked: World) -> None:
    worked.state.write_bytes(b"{")
    result = audit("fjord")
    assert result.exit_code == 0
    assert KAFFE in result.stdout
    assert "Only the names of that time are searched" in result.stderr


def test_nothing_was_written_yet(w: World) -> None:
    result = audit()
    assert result.exit_code == 0
    assert "No write is in the audit trail" in result.stdout
    assert files(w) == {}


def test_labels_cannot_steer_the_terminal(w: World) -> None:
    w.company("Ond \x1b[2J AS")
    w.init()
    shown = audit().stdout
    assert "\x1b" not in shown
    assert "\\x1b[2J" in shown


@pytest.mark.parametrize("width", ["80", "160"])
@pytest.mark.parametrize("name", ["runs", "audit"])
def test_they_fit_the_terminal(
    worked: World, monkeypatch: pytest.MonkeyPatch, name: str, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    lines = command(name).stdout.splitlines()
    assert max(map(len, lines)) <= int(width)
    assert any("2026-03-02" in line for line in lines)


@pytest.mark.parametrize("name", ["runs", "audit", "explain", "fields", "status"])
def test_every_command_shows_an_example(name: str) -> None:
    result = command(name, "--help")
    assert result.exit_code == 0
    assert f"Example: tribe-po {name}" in result.stdout
