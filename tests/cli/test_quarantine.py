"""`tribe-po quarantine list` and `quarantine retry`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.cli.calls import change, command, document_of, files
from tests.scenarios.world import World
from tribe_po.records import Kind, Quarantined, System
from tribe_po.sandbox.faults import Fault, Status
from tribe_po.state.lock import lock

call = partial(command, "quarantine")
document = partial(document_of, "quarantine")


@pytest.fixture
def refused(w: World) -> World:
    """A customer of Tribe that PowerOffice refuses for its e-mail address."""
    w.company("Fjord Kaffe AS")
    w.init()
    w.tribe_customer("Skog Bygg AS", EmailAddress="not an address")
    assert w.push().counts["quarantined"] == 1
    return w


def entry(w: World) -> Quarantined:
    (only,) = w.memory().quarantine.values()
    return only


def another(w: World, **parts: Any) -> Quarantined:
    """One more entry beside the one that is there."""
    made = replace(entry(w), **parts)
    known = w.memory().quarantine
    change(w, quarantine={**known, (made.system, made.kind, made.id): made})
    return made


def test_the_list_says_what_why_since_when_and_what_to_do(refused: World) -> None:
    before = files(refused)
    result = call("list")
    one = entry(refused)
    assert (result.exit_code, result.stderr) == (0, "")
    for part in (
        "Skog Bygg AS",
        "customer in Tribe",
        one.id,
        "cannot be written to PowerOffice",
        "1 attempt, next retry",
        "1 record quarantined",
        "tribe-po quarantine retry ID",
    ):
        assert part in result.stdout
    assert one.reason.split()[0] in result.stdout
    assert f"→ {one.next_step.split()[0]}" in result.stdout
    assert files(refused) == before


def test_the_list_as_a_document(refused: World) -> None:
    made = document("list")
    assert (made["schema"], made["command"], made["profile"]) == (1, "quarantine list", "default")
    (one,) = made["quarantine"]
    known = entry(refused)
    assert (one["kind"], one["system"], one["id"]) == ("customer", "poweroffice", known.id)
    assert one["attempts"] == 1
    assert one["since"] < one["retry_after"]


def test_the_oldest_comes_first(refused: World) -> None:
    another(refused, id="older", label="Eldst AS", since=entry(refused).since - timedelta(days=1))
    assert [one["label"] for one in document("list")["quarantine"]] == ["Eldst AS", "Skog Bygg AS"]


def test_a_long_list_says_how_many_more(refused: World) -> None:
    one = entry(refused)
    many = [replace(one, id=f"{n}", attempts=n + 1, retry_after=None) for n in range(60)]
    change(refused, quarantine={(x.system, x.kind, x.id): x for x in many})
    shown = call("list").stdout
    assert "10 more, see --output json" in shown
    assert "2 attempts, tried again when the record changes" in shown
    assert "60 records quarantined" in shown
    assert len(document("list")["quarantine"]) == 60


def test_an_empty_list_says_so(w: World) -> None:
    w.init()
    assert call("list").stdout == "Nothing is quarantined.\n"
    assert call("retry", "--all").stdout == "Nothing is quarantined.\n"


@pytest.mark.parametrize("width", ["80", "160"])
def test_ids_are_whole_at_any_width(
    refused: World, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    shown = call("list").stdout
    assert entry(refused).id in shown
    assert max(map(len, shown.splitlines())) <= int(width)


def test_a_retry_is_made_by_the_next_pass(refused: World) -> None:
    w = refused
    w.sandbox.requests.clear()
    assert w.push(after=timedelta(minutes=1)).counts["failed"] == 0
    assert w.wrote() == [], "its time has not come"

    result = call("retry", entry(w).id)

    assert result.exit_code == 0
    assert result.stdout == "1 record will be tried again by the next pass.\n"
    assert entry(w).retry_after == w.clock.now()
    report = w.push(after=timedelta(seconds=1))
    assert report.counts["failed"] == 1
    assert entry(w).attempts == 2


def test_a_retry_of_what_was_corrected_in_poweroffice_succeeds(w: World) -> None:
    w.init()
    w.use_up_customer_numbers()
    w.pull()
    w.tribe_customer("Skog Bygg AS")
    w.push()
    known = entry(w)
    w.poweroffice.books.number_series = tuple(
        replace(series, first=20000, last=29999) if series.kind == "Customer" else series
        for series in w.poweroffice.books.number_series
    )
    assert w.push(after=timedelta(minutes=1)).counts["create"] == 0
    call("retry", known.id)
    assert w.push(after=timedelta(seconds=1)).counts["create"] == 1
    assert w.memory().quarantine == {}


@pytest.mark.parametrize("chosen", [True, False], ids=["by id", "all"])
def test_what_tribe_did_not_take_is_sent_again(w: World, chosen: bool) -> None:
    contact = w.company("Fjord Kaffe AS", PhoneNumber="+4700111111")
    w.init()
    w.later()
    w.poweroffice.edit_customer(contact, PhoneNumber="+4700222222")
    w.sandbox.faults.add(Fault("tribe", "PUT", "/Relation_Organization", Status(204)))
    w.pull()
    w.push(full=True)
    w.pull(full=True)
    assert entry(w).held_fields == ("phone",)
    w.sandbox.requests.clear()
    told = call("retry", entry(w).id if chosen else "--all").stdout
    assert told == "1 record will be tried again by the next pass.\n"
    w.pull()
    assert len(w.wrote("tribe")) == 1
    assert w.customer_in_tribe("Fjord Kaffe AS")["Organization"]["PhoneNumber"] == "+4700222222"
    w.pull(full=True)
    assert w.memory().quarantine == {}


def test_all_of_them(refused: World) -> None:
    another(refused, id="second")
    made = document("retry", "--all")
    assert (made["command"], len(made["retried"]), made["held"]) == ("quarantine retry", 2, [])
    times = {one.retry_after for one in refused.memory().quarantine.values()}
    assert times == {refused.clock.now()}


def test_the_beginning_of_an_id_will_do(refused: World) -> None:
    other = another(refused, id="second")
    assert call("retry", entry_of(refused, "Skog Bygg AS").id[:8]).exit_code == 0
    known = refused.memory().quarantine
    assert known[other.system, other.kind, other.id].retry_after == other.retry_after
    assert entry_of(refused, "Skog Bygg AS").retry_after == refused.clock.now()


def entry_of(w: World, label: str) -> Quarantined:
    found = [one for one in w.memory().quarantine.values() if one.label == label]
    return min(found, key=lambda one: one.id == "second")


def test_the_beginning_of_two_ids_will_not(refused: World) -> None:
    another(refused, id="77-a")
    another_again = replace(entry_of(refused, "Skog Bygg AS"), id="77-b")
    key = (another_again.system, another_again.kind, another_again.id)
    change(refused, quarantine={**refused.memory().quarantine, key: another_again})
    result = call("retry", "77-")
    assert result.exit_code == 2
    assert "2 quarantined ids begin so" in result.stderr


def test_one_id_in_two_kinds_is_both(refused: World) -> None:
    another(refused, kind=Kind.SUPPLIER)
    assert len(document("retry", entry_of(refused, "Skog Bygg AS").id)["retried"]) == 2


def test_what_is_held_back_in_part_needs_no_retry(refused: World) -> None:
    another(refused, id="held", held_fields=("address",), retry_after=None)
    shown = call("list").stdout
    assert "goes without some fields to PowerOffice" in shown
    assert "looked at in every pass" in shown
    result = call("retry", "--all")
    assert "1 record will be tried again" in result.stdout
    assert "1 record left as it is" in result.stdout
    held = refused.memory().quarantine[System.POWEROFFICE, Kind.CUSTOMER, "held"]
    assert held.retry_after is None


def test_an_unknown_id_changes_nothing(refused: World) -> None:
    before = refused.state.read_bytes()
    result = call("retry", entry(refused).id, "4711")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 3
    assert "none of 1 has that id" in result.stderr
    assert "tribe-po quarantine list" in result.stderr
    assert refused.state.read_bytes() == before
    assert document("retry", "4711")["error"]["exit_code"] == 2


@pytest.mark.parametrize("arguments", [(), ("--all", "4711")])
def test_what_to_retry_must_be_clear(refused: World, arguments: tuple[str, ...]) -> None:
    result = call("retry", *arguments)
    assert result.exit_code == 2
    assert "--all" in result.stderr


@pytest.mark.parametrize("one", [("list",), ("retry", "--all")])
def test_without_a_state_no_file_is_made(w: World, one: tuple[str, ...]) -> None:
    result = call(*one)
    assert result.exit_code == 1
    assert "There is no state file" in result.stderr
    assert files(w) == {}


def test_while_a_pass_runs_the_retry_says_so(
    refused: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tribe_po.cli.opened.lock", partial(lock, patience=0))
    with lock(refused.state):
        result = call("retry", "--all")
        assert call("list").exit_code == 0, "reading needs no lock"
    assert result.exit_code == 75
    assert "Another pass is running" in result.stderr


def test_labels_cannot_steer_the_terminal(refused: World) -> None:
    another(refused, id="evil\x07", label="Ond \x1b[2J AS", reason="\x1b]0;x", next_step="\x1b[1m")
    shown = call("list").stdout
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\\x1b[2J" in shown


@pytest.mark.parametrize("one", ["list", "retry"])
def test_every_command_shows_an_example(one: str) -> None:
    result = call(one, "--help")
    assert result.exit_code == 0
    assert f"Example: tribe-po quarantine {one}" in result.stdout
