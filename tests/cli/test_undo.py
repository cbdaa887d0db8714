"""`tribe-po undo`: a run is taken back, as far as nobody went on from it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calls import command, document_of, files
from tests.scenarios.office import Office
from tests.scenarios.world import World, world
from tribe_po.errors import Temporary
from tribe_po.passes.run import carry_out
from tribe_po.poweroffice.client import PowerOffice

KAFFE = "Fjord Kaffe AS"
OLD, NEW = "post@fjord.example", "ny@fjord.example"
call = partial(command, "undo")
document = partial(document_of, "undo")


@pytest.fixture
def w(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    with world(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        made.company(
            KAFFE,
            EmailAddress=OLD,
            WebsiteUrl="https://fjord.example",
            MailAddress={"AddressLine1": "Storgata 1", "ZipCode": "0155", "City": "Oslo"},
        )
        made.company("Skog Bygg AS")
        assert made.init().exit_code == 0
        made.later()
        yield made


def relation(w: World) -> str:
    return w.link(KAFFE).tribe_relation_id


def in_tribe(w: World) -> dict[str, Any]:
    held: dict[str, Any] = w.customer_in_tribe(KAFFE)["Organization"]
    return held


def in_poweroffice(w: World) -> dict[str, Any]:
    return w.customer_in_poweroffice(KAFFE)


def pushed(w: World, **values: Any) -> str:
    """An edit in Tribe that a push took to PowerOffice. Gives the run's id."""
    w.tribe.edit(relation(w), **(values or {"EmailAddress": NEW}))
    return w.push().run_id


def pulled(w: World, **values: Any) -> str:
    contact = int(w.link(KAFFE).poweroffice_id)
    w.poweroffice.edit_customer(contact, **(values or {"EmailAddress": NEW}))
    return w.pull().run_id


def assert_silent(w: World) -> None:
    """Both sides agree, and no pass finds anything to write."""
    assert w.differences() == []
    w.sandbox.requests.clear()
    for one in (w.push, w.pull):
        for full in (False, True):
            report = one(full=full)
            assert report.changes == (), report.changes
    assert w.wrote() == []


def test_a_push_is_taken_back_on_both_sides(w: World) -> None:
    run = pushed(w)
    assert in_poweroffice(w)["EmailAddress"] == NEW
    result = call(run, "--yes")
    assert result.exit_code == 0, result.output
    assert in_poweroffice(w)["EmailAddress"] == OLD
    assert in_tribe(w)["EmailAddress"] == OLD
    assert_silent(w)


def test_a_pull_is_taken_back_on_both_sides(w: World) -> None:
    run = pulled(w, EmailAddress=NEW, WebsiteUrl=None)
    assert in_tribe(w)["EmailAddress"] == NEW
    assert call(run, "--yes").exit_code == 0
    assert in_poweroffice(w)["EmailAddress"] == in_tribe(w)["EmailAddress"] == OLD
    assert in_tribe(w)["Website"] == "https://fjord.example"
    assert_silent(w)


def test_an_address_and_a_flag(w: World) -> None:
    contact = int(w.link(KAFFE).poweroffice_id)
    before = w.link(KAFFE).base["address"]
    w.poweroffice.archive(contact)
    w.poweroffice.edit_address(
        contact, AddressLine1="Havnegata 7", ZipCode="7010", City="Trondheim"
    )
    run = w.pull(full=True).run_id
    assert w.link(KAFFE).base["inactive"] is True
    assert call(run, "--yes").exit_code == 0
    assert w.link(KAFFE).base["inactive"] is False
    assert w.link(KAFFE).base["address"] == before
    assert_silent(w)


def test_without_a_yes_it_is_only_shown(w: World) -> None:
    run = pushed(w)
    before = files(w)
    w.sandbox.requests.clear()
    result = call(run)
    assert result.exit_code == 0
    for part in ("Updates in PowerOffice: 1 customer", "Updates in Tribe: 1 customer", OLD, NEW):
        assert part in result.stdout
    assert result.stdout.endswith(f"To write it: tribe-po undo {run} --yes\n")
    assert w.wrote() == []
    assert files(w) == before


def test_what_was_changed_since_is_left_alone_and_shown(w: World) -> None:
    run = pushed(w, EmailAddress=NEW, Website="https://ny.example")
    w.poweroffice.edit_customer(
        int(w.link(KAFFE).poweroffice_id), EmailAddress="siden@fjord.example"
    )
    shown = call(run).stdout
    assert "changed since in PowerOffice" in shown
    assert "siden@fjord.example" in shown
    made = document(run, "--yes")
    told = {
        (one["system"], field["field"]): one["status"]
        for one in made["changes"]
        for field in one["fields"]
    }
    assert told == {
        ("tribe", "website"): "done",
        ("poweroffice", "website"): "done",
        ("poweroffice", "email"): "skipped",
    }
    assert in_poweroffice(w)["EmailAddress"] == "siden@fjord.example"
    assert in_poweroffice(w)["WebsiteUrl"] == "https://fjord.example"
    w.pull()
    assert in_tribe(w)["EmailAddress"] == "siden@fjord.example"
    assert_silent(w)


def test_what_was_created_stays(w: World) -> None:
    w.tribe_customer("Bakeriet AS")
    run = w.push().run_id
    shown = call(run).stdout
    assert "--yes" not in shown, "there is nothing to write"
    assert "Bakeriet AS" in shown
    assert "nothing is ever deleted" in shown
    made = document(run, "--yes")
    assert made["outcome"] == "ok"
    assert {one["status"] for one in made["changes"]} == {"skipped"}
    assert w.customer_in_poweroffice("Bakeriet AS")
    number = w.customer_in_poweroffice("Bakeriet AS")["Number"]
    assert w.link("Bakeriet AS").base["number"] == str(number), "Tribe keeps what it was given"
    assert_silent(w)


def test_the_trail_tells_of_it_and_it_can_be_taken_back_itself(w: World) -> None:
    run = pushed(w)
    made = document(run, "--yes")
    writes = document_of("audit", "--run", made["run_id"])["writes"]
    assert {(one["system"], one["fields"][0]["to"]) for one in writes} == {
        ("tribe", OLD),
        ("poweroffice", OLD),
    }
    assert [one.name for one in w.memory().runs][-1] == "undo"
    w.later()
    again = document(made["run_id"], "--yes")
    assert again["counts"]["update"] == 2
    assert in_poweroffice(w)["EmailAddress"] == in_tribe(w)["EmailAddress"] == NEW
    assert_silent(w)


def test_a_second_time_there_is_nothing_left_to_do(w: World) -> None:
    run = pushed(w)
    call(run, "--yes")
    w.sandbox.requests.clear()
    made = document(run, "--yes")
    assert [(one["status"], one["reason"]) for one in made["changes"]] == [
        ("skipped", "it is as it was before already")
    ]
    assert w.wrote() == []


def test_two_runs_are_taken_back_one_after_the_other(w: World) -> None:
    first = pushed(w)
    second = pushed(w, EmailAddress="enda@fjord.example")
    shown = document(first)
    assert {one["reason"] for one in shown["changes"]} == {
        "changed since in Tribe and in PowerOffice"
    }
    assert call(second, "--yes").exit_code == 0
    assert in_poweroffice(w)["EmailAddress"] == NEW
    w.later()
    assert call(first, "--yes").exit_code == 0
    assert in_poweroffice(w)["EmailAddress"] == OLD
    assert_silent(w)


def test_the_beginning_of_an_id_is_enough(w: World) -> None:
    run = pushed(w)
    assert call(run[:8], "--yes").exit_code == 0
    assert in_poweroffice(w)["EmailAddress"] == OLD


@pytest.mark.parametrize("asked", ["nothing", ""])
def test_a_run_that_nobody_knows(w: World, asked: str) -> None:
    result = call(asked)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 3
    assert "tribe-po audit" in result.stderr


def test_a_record_that_is_gone(w: World) -> None:
    run = pushed(w)
    w.poweroffice.delete("customer", int(w.link(KAFFE).poweroffice_id))
    made = document(run, "--yes")
    assert [(one["status"], one["reason"]) for one in made["changes"]] == [
        ("skipped", "it is gone, or no longer linked")
    ]
    assert in_tribe(w)["EmailAddress"] == NEW


def test_open_conflicts_and_quarantine_are_none_of_its_business(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    w.overrides["TRIBE_PO_CONFLICTS"] = "manual"
    monkeypatch.setenv("TRIBE_PO_CONFLICTS", "manual")
    run = pushed(w)
    link = w.link("Skog Bygg AS")
    w.tribe.edit(link.tribe_relation_id, Website="https://tribe.example")
    w.poweroffice.edit_customer(int(link.poweroffice_id), WebsiteUrl="https://go.example")
    w.pull(full=True)
    for name in ("Tvilling AS", "Tvilling Bergen AS"):
        w.tribe_customer(name, DebtorNumber="10000")
    w.push()
    before = w.memory()
    assert before.conflicts
    assert before.quarantine
    assert call(run, "--yes").exit_code == 0
    after = w.memory()
    assert (after.conflicts, after.quarantine) == (before.conflicts, before.quarantine)


def test_a_change_that_comes_while_it_runs_is_not_overwritten(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody edits the record in Tribe after it was read for the plan."""
    run = pushed(w)

    def edited_first(*given: Any) -> Any:
        w.tribe.edit(relation(w), EmailAddress="imens@fjord.example")
        w.later()
        return carry_out(*given)

    monkeypatch.setattr("tribe_po.passes.undo.carry_out", edited_first)
    document(run, "--yes")
    assert in_tribe(w)["EmailAddress"] == "imens@fjord.example"
    w.push()
    w.pull()
    assert w.differences() == []


def test_an_invoice_keeps_what_was_written_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path) as w:
        office = Office(w, "book")
        for name, value in w.environment.items():
            monkeypatch.setenv(name, value)
        sent = office.sent()
        exported = office.export()
        w.poweroffice.pay(office.invoices()[0].id, Decimal(250))
        paid = office.payments()
        assert office.phase(sent) == "Paid"
        w.sandbox.requests.clear()
        for run in (exported.run_id, paid.run_id):
            shown = call(run)
            assert shown.exit_code == 0, shown.output
            made = document(run, "--yes")
            assert {one["status"] for one in made["changes"]} == {"skipped"}
            assert {one["kind"] for one in made["changes"]} == {"invoice"}
        assert w.wrote() == []
        assert office.phase(sent) == "Paid"


def test_when_it_is_stopped_halfway_the_passes_end_it(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = pushed(w)
    with monkeypatch.context() as down:

        def update(*_: Any) -> None:
            raise Temporary("PowerOffice is down", "503", "Wait")

        down.setattr(PowerOffice, "update", update)
        assert call(run, "--yes").exit_code == 75
    assert (in_tribe(w)["EmailAddress"], in_poweroffice(w)["EmailAddress"]) == (OLD, NEW)
    w.push()
    assert in_poweroffice(w)["EmailAddress"] == OLD
    assert_silent(w)


def test_both_roles_of_one_contact_come_to_agree(w: World) -> None:
    contact = int(w.link(KAFFE).poweroffice_id)
    w.poweroffice.add_supplier(contact_id=contact)
    w.pull()
    w.push()
    run = pulled(w)
    assert call(run, "--yes").exit_code == 0
    assert in_poweroffice(w)["EmailAddress"] == in_tribe(w)["EmailAddress"] == OLD
    assert w.poweroffice.supplier(contact)["EmailAddress"] == OLD
    w.pull()
    assert_silent(w)


def test_a_price(w: World) -> None:
    w.tribe.add_product_group("Standard")
    w.poweroffice.add_product(Name="Kaffe", Code="KAFFE", UnitOfMeasureCode="EA", UnitPrice=100)
    assert w.pull_products().exit_code == 0
    (product,) = w.tribe.products()
    w.tribe.edit(product["ID"], SalesPrice=120)
    run = w.push_products().run_id
    assert call(run, "--yes").exit_code == 0
    assert [one["UnitPrice"] for one in w.poweroffice.products()] == [100]
    assert [one["SalesPrice"] for one in w.tribe.products()] == [100]
    assert w.push_products().changes == w.pull_products(full=True).changes == ()
