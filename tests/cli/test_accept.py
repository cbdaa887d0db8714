"""`tribe-po quarantine accept`: what a person leaves as it is, until it changes."""

from __future__ import annotations

from functools import partial

import pytest

from tests.cli.calls import command, document_of, files
from tests.scenarios.office import Office, cause
from tests.scenarios.test_invoice_cases import change_after_all
from tests.scenarios.world import OSLO, World
from tribe_po.cli import opened
from tribe_po.errors import ExitCode
from tribe_po.records import Kind
from tribe_po.state.lock import lock
from tribe_po.state.trail import Trail

call = partial(command, "quarantine", "accept")
document = partial(document_of, "quarantine", "accept")


@pytest.fixture
def changed(w: World) -> tuple[Office, str]:
    """An invoice that was changed in Tribe after it had been copied."""
    office = Office(w)
    sent = office.sent()
    office.export()
    w.later()
    change_after_all(office, sent, "Description", "Te")
    assert "changed in Tribe" in cause(office.export())
    return office, sent


def acceptances(w: World) -> list[tuple[str, str, str]]:
    """Run, field and who, of all that was accepted."""
    return [
        (one.run_id, each.field, str(each.new))
        for one in Trail(w.state).entries()
        if one.action == "accept"
        for each in one.fields
    ]


@pytest.mark.parametrize("by", ["tribe", "poweroffice", "its beginning"])
def test_what_is_accepted_is_told_no_more(changed: tuple[Office, str], by: str) -> None:
    office, sent = changed
    w = office.world
    known = office.link(sent)
    ids = {"tribe": sent, "poweroffice": known.poweroffice_id, "its beginning": sent[:8]}
    w.sandbox.requests.clear()

    result = call(ids[by])

    assert result.exit_code == 0
    assert "content is left as it is" in result.stdout
    assert w.sandbox.requests.all("tribe") == w.sandbox.requests.all("poweroffice") == []
    assert w.memory().quarantine == {}
    report = office.export(full=True)
    assert (report.exit_code, report.quarantined) == (ExitCode.OK, [])
    assert office.silent()
    copy = office.link(sent)
    assert (copy.base, copy.tribe, copy.poweroffice) == (known.base, known.tribe, known.poweroffice)


def test_it_is_told_again_when_it_changes_and_the_old_one_never(
    changed: tuple[Office, str],
) -> None:
    office, sent = changed
    w = office.world
    call(sent)
    w.later()
    change_after_all(office, sent, "Description", "Melk")
    assert "changed in Tribe" in cause(office.export())
    w.later()
    change_after_all(office, sent, "Description", "Te")
    assert office.export().exit_code is ExitCode.OK, "that one was accepted"


def test_what_else_happens_to_the_invoice_does_not_bring_it_back(w: World) -> None:
    office = Office(w, "book")
    sent = office.sent()
    office.export()
    w.later()
    change_after_all(office, sent, "Description", "Te")
    assert "changed in Tribe" in cause(office.export())
    call(sent)
    w.poweroffice.pay(office.booked()["Id"], 250)
    w.later()
    assert office.payments().counts["update"] == 1
    assert office.phase(sent) == "Paid"
    assert office.export(full=True).quarantined == []


def test_the_trail_says_who_accepted_what_and_when(changed: tuple[Office, str]) -> None:
    office, sent = changed
    made = document(sent)

    assert made["command"] == "quarantine accept"
    assert (made["tribe_id"], made["parked"]) == (sent, None)
    assert made["held"] == [{"system": "poweroffice", "field": "content"}]
    assert acceptances(office.world) == [
        (made["run_id"], "content", f"accepted by {opened.person()}")
    ]
    (entry,) = [one for one in Trail(office.world.state).entries() if one.action == "accept"]
    assert entry.time == office.world.clock.now()
    assert (entry.kind, entry.tribe_id) == (Kind.INVOICE, sent)
    old = str(entry.fields[0].old)
    known = office.link(sent)
    assert old == f"{known.tribe['content']} in Tribe, {known.base['content']} in PowerOffice"
    shown = command("audit", sent, "--output", "json").stdout
    assert made["run_id"] in shown


def test_sums_that_differ_are_accepted_and_never_booked(w: World) -> None:
    office = Office(w, "book")
    # Tribe says 15 %, the product's account in PowerOffice 25 %.
    sent = office.sent({"Product": office.product, "Quantity": 1, "Price": 100, "VatGroup": 15})
    assert "115" in cause(office.export())

    assert call(sent).exit_code == 0

    for full in (False, True):
        report = office.export(full=full)
        assert (report.exit_code, report.changes) == (ExitCode.OK, ())
    assert (len(office.orders()), office.invoices()) == (1, [])
    assert office.silent()


@pytest.mark.parametrize("then", ["status", "pass"])
def test_a_deleted_draft(w: World, then: str) -> None:
    office = Office(w)
    sent, other = office.sent(), office.sent()
    office.export()
    w.poweroffice.delete_order(office.link(sent).poweroffice_id)
    assert office.export(full=True).counts["parked"] == 1
    known = office.link(sent)

    result = call(known.poweroffice_id)

    assert "gone from PowerOffice (deleted) is left as it is" in result.stdout
    assert [one[1:] for one in acceptances(w)] == [("parked", f"accepted by {opened.person()}")]
    if then == "status":
        assert document_of("status")["parked"] == []
    report = office.export(full=True)
    assert (report.exit_code, report.counts["parked"]) == (ExitCode.OK, 0)
    assert [one["Id"] for one in w.poweroffice.orders()] == [office.link(other).poweroffice_id]
    assert office.silent(), "it is never made again"


def accepted_of(identifier: str) -> tuple[list[str], bool]:
    """What `explain` calls accepted: fields, and whether the parking is."""
    (told,) = document_of("explain", identifier)["records"]
    return [one["field"] for one in told["fields"] if one["accepted"]], told["parking_accepted"]


def test_explain_tells_a_difference_that_was_accepted(changed: tuple[Office, str]) -> None:
    office, sent = changed
    assert accepted_of(sent) == ([], False)
    call(sent)
    assert accepted_of(sent) == (["content"], False)
    assert "accepted as it is" in " ".join(command("explain", sent).stdout.split())
    office.world.later()
    change_after_all(office, sent, "Description", "Melk")
    office.export()
    assert accepted_of(sent) == ([], False), "it is another difference now"


def test_explain_tells_a_value_held_back_that_was_accepted(w: World) -> None:
    w.company("Skog Drift AS", MailAddress=OSLO)
    w.init()
    link = w.link("Skog Drift AS")
    w.later()
    w.tribe.edit_address(link.tribe_relation_id, City="")
    w.push()
    assert accepted_of(link.tribe_id) == ([], False)
    assert call(link.tribe_id).exit_code == 0
    assert accepted_of(link.tribe_id) == (["address"], False)


def test_explain_tells_that_parking_was_accepted(w: World) -> None:
    office = Office(w)
    sent, _ = office.sent(), office.sent()
    office.export()
    w.poweroffice.delete_order(office.link(sent).poweroffice_id)
    office.export(full=True)
    assert accepted_of(sent) == ([], False)
    call(sent)
    assert accepted_of(sent) == ([], True)
    assert "accepted as it is" in " ".join(command("explain", sent).stdout.split())


def test_what_is_quarantined_as_a_whole_cannot_be_accepted(w: World) -> None:
    w.company("Fjord Kaffe AS")
    w.init()
    link = w.link("Fjord Kaffe AS")
    w.tribe.edit(link.tribe_relation_id, EmailAddress="not an address")
    assert w.push().counts["quarantined"] == 1
    before = w.state.read_bytes()

    result = call(link.tribe_id)

    assert result.exit_code == 2
    assert "quarantined as a whole" in result.stderr
    assert f"tribe-po quarantine retry {link.tribe_id}" in result.stderr
    assert w.state.read_bytes() == before
    assert acceptances(w) == []


@pytest.mark.parametrize("unknown", ["4711", "", "zz"])
def test_an_unknown_id_changes_nothing(changed: tuple[Office, str], unknown: str) -> None:
    w = changed[0].world
    before = files(w)
    result = call(unknown)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 3
    assert "none of 1 has that id" in result.stderr
    assert files(w) == before


def test_once_accepted_there_is_nothing_more_to_accept(changed: tuple[Office, str]) -> None:
    sent = changed[1]
    assert call(sent).exit_code == 0
    assert call(sent).exit_code == 2
    assert len(acceptances(changed[0].world)) == 1


def test_the_beginning_of_two_ids_will_not_do(changed: tuple[Office, str]) -> None:
    office, sent = changed
    w = office.world
    other = office.sent()
    office.export()
    w.later()
    change_after_all(office, other, "Description", "Te")
    office.export()
    common = next(n for n in range(len(sent) + 1) if sent[: n + 1] != other[: n + 1])
    if common:
        result = call(sent[:common])
        assert result.exit_code == 2
        assert "2 begin so" in result.stderr
    assert call(sent).exit_code == 0


def test_the_list_says_how(changed: tuple[Office, str]) -> None:
    assert "tribe-po quarantine accept ID" in command("quarantine", "list").stdout


def test_while_a_pass_runs_nothing_is_accepted(
    changed: tuple[Office, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    office, sent = changed
    monkeypatch.setattr("tribe_po.cli.opened.lock", partial(lock, patience=0))
    with lock(office.world.state):
        assert call(sent).exit_code == 75
    assert acceptances(office.world) == []


def test_without_a_name_the_number_of_the_account_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.setattr("os.getuid", lambda: 10_001)
    assert opened.person() == "10001"


def test_the_command_shows_an_example() -> None:
    assert "Example: tribe-po quarantine accept" in call("--help").stdout
