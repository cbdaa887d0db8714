"""`tribe-po conflicts list`, `resolve` and `clear`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from tests.cli.calls import change, command, document_of, files
from tests.scenarios.world import OSLO, World
from tribe_po.records import Conflict, Kind, Link, System

KAFFE = "Fjord Kaffe AS"

call = partial(command, "conflicts")
document = partial(document_of, "conflicts")


def link_of(w: World) -> Link:
    (only,) = w.memory().links.values()
    return only


def conflict_of(w: World) -> Conflict:
    (only,) = w.memory().conflicts.values()
    return only


def both_edit(w: World, **values: str) -> None:
    """Somebody changes the e-mail address on each side."""
    link = link_of(w)
    w.later()
    w.tribe.edit(link.tribe_relation_id, EmailAddress=values["tribe"])
    w.poweroffice.edit_customer(int(link.poweroffice_id), EmailAddress=values["poweroffice"])


@pytest.fixture
def contested(w: World) -> World:
    """A customer whose e-mail address both sides changed, and where a person is to decide."""
    w.overrides["TRIBE_PO_CONFLICTS"] = "manual"
    w.company(KAFFE, EmailAddress="post@fjord.example", MailAddress=OSLO)
    w.init()
    both_edit(w, tribe="tribe@fjord.example", poweroffice="po@fjord.example")
    w.pull()
    w.push()
    w.sandbox.requests.clear()
    return w


def emails(w: World) -> tuple[str, str]:
    link = link_of(w)
    organization = w.tribe.entity(link.tribe_relation_id)
    customer = w.poweroffice.customer(int(link.poweroffice_id))
    return organization["EmailAddress"], customer["EmailAddress"]


def test_the_list_shows_all_three_values(contested: World) -> None:
    before = files(contested)
    result = call("list")
    assert (result.exit_code, result.stderr) == (0, "")
    for part in (
        "Waiting for a decision",
        f"customer {link_of(contested).poweroffice_id}",
        "post@fjord.example",
        "tribe@fjord.example",
        "po@fjord.example",
        "1 open, 0 settled",
        "tribe-po conflicts resolve ID FIELD",
    ):
        assert part in result.stdout
    assert files(contested) == before


def test_the_list_as_a_document(contested: World) -> None:
    made = document("list")
    (one,) = made["conflicts"]
    assert (made["schema"], made["command"]) == (1, "conflicts list")
    assert (one["field"], one["winner"]) == ("email", None)
    assert (one["tribe"], one["poweroffice"]) == ("tribe@fjord.example", "po@fjord.example")


@pytest.mark.parametrize(
    ("keep", "kept", "carrier"),
    [
        ("tribe", "tribe@fjord.example", "push-relations"),
        ("poweroffice", "po@fjord.example", "pull-relations"),
    ],
)
def test_the_chosen_value_reaches_the_other_side(
    contested: World, keep: str, kept: str, carrier: str
) -> None:
    w = contested
    result = call("resolve", link_of(w).poweroffice_id, "email", "--keep", keep)

    assert result.exit_code == 0
    assert f"email is {kept}" in result.stdout
    assert f"The next {carrier} writes it" in result.stdout
    w.push()
    w.pull()
    assert emails(w) == (kept, kept)
    assert len(w.wrote()) == 1
    settled = conflict_of(w)
    assert settled.winner is System(keep)
    assert {settled.tribe, settled.poweroffice} == {"tribe@fjord.example", "po@fjord.example"}
    w.sandbox.requests.clear()
    w.pull(full=True)
    w.push(full=True)
    assert w.wrote() == []
    assert w.differences() == []


def test_the_other_order_of_the_passes_does_the_same(contested: World) -> None:
    call("resolve", link_of(contested).tribe_id, "e-mail", "--keep", "tribe")
    contested.pull(full=True)
    contested.push(full=True)
    assert emails(contested) == ("tribe@fjord.example",) * 2


def test_the_decision_does_not_hang_on_the_policy(contested: World) -> None:
    call("resolve", link_of(contested).poweroffice_id, "email", "--keep", "tribe")
    contested.overrides["TRIBE_PO_CONFLICTS"] = "poweroffice"
    contested.pull()
    contested.push()
    assert emails(contested) == ("tribe@fjord.example",) * 2


def test_only_the_field_that_was_decided_is_settled(w: World) -> None:
    w.overrides["TRIBE_PO_CONFLICTS"] = "manual"
    w.company(KAFFE, EmailAddress="post@fjord.example", PhoneNumber="+4700123456")
    w.init()
    both_edit(w, tribe="tribe@fjord.example", poweroffice="po@fjord.example")
    w.tribe.edit(link_of(w).tribe_relation_id, PhoneNumber="+4700111111")
    w.poweroffice.edit_customer(int(link_of(w).poweroffice_id), PhoneNumber="+4700222222")
    w.pull()
    call("resolve", link_of(w).poweroffice_id, "phone", "--keep", "tribe")
    w.push()
    assert emails(w) == ("tribe@fjord.example", "po@fjord.example")
    assert w.customer_in_poweroffice(KAFFE)["PhoneNumber"] == "+4700111111"
    found = document("list")["conflicts"]
    assert [(one["field"], one["winner"]) for one in found] == [("email", None), ("phone", "tribe")]


def test_a_value_that_came_after_the_decision_is_a_new_conflict(contested: World) -> None:
    w = contested
    call("resolve", link_of(w).poweroffice_id, "email", "--keep", "tribe")
    both_edit(w, tribe="tribe@fjord.example", poweroffice="enda-nyere@fjord.example")
    w.push(full=True)
    assert emails(w) == ("tribe@fjord.example", "enda-nyere@fjord.example")
    assert conflict_of(w).winner is None


def test_an_empty_value_can_be_kept(w: World) -> None:
    w.overrides["TRIBE_PO_CONFLICTS"] = "manual"
    w.company(KAFFE, EmailAddress="post@fjord.example")
    w.init()
    w.later()
    w.tribe.edit(link_of(w).tribe_relation_id, EmailAddress=None)
    w.poweroffice.edit_customer(int(link_of(w).poweroffice_id), EmailAddress="po@fjord.example")
    w.pull()
    assert "email is -, as in Tribe" in (
        call("resolve", link_of(w).poweroffice_id, "email", "--keep", "tribe").stdout
    )
    w.push()
    assert w.customer_in_poweroffice(KAFFE)["EmailAddress"] is None


def test_a_settled_conflict_is_not_decided_again(contested: World) -> None:
    contact = link_of(contested).poweroffice_id
    assert document("resolve", contact, "email", "--keep", "tribe")["carried_by"] == (
        "push-relations"
    )
    before = contested.state.read_bytes()
    result = call("resolve", contact, "email", "--keep", "poweroffice")
    assert result.exit_code == 2
    assert "It was settled before: Tribe's value was kept" in result.stderr
    assert contested.state.read_bytes() == before


@pytest.mark.parametrize(
    ("record_id", "field"), [("4711", "email"), (None, "phone"), (None, "shoe size")]
)
def test_what_is_no_open_conflict(contested: World, record_id: str | None, field: str) -> None:
    before = contested.state.read_bytes()
    asked = record_id or link_of(contested).poweroffice_id
    result = call("resolve", asked, field, "--keep", "tribe")
    assert result.exit_code == 2
    assert f"No open conflict about the {field} of {asked}" in result.stderr
    assert ("about: email" in result.stderr) == (record_id is None)
    assert "tribe-po conflicts list" in result.stderr
    assert contested.state.read_bytes() == before


def test_a_conflict_that_is_over_is_not_decided(contested: World) -> None:
    link = link_of(contested)
    change(contested, links={link.key: replace(link, parked="gone from Tribe")})
    result = call("resolve", link.poweroffice_id, "email", "--keep", "tribe")
    assert result.exit_code == 2
    assert f"tribe-po explain {link.poweroffice_id}" in result.stderr


def test_a_contact_with_both_roles_needs_its_kind(contested: World) -> None:
    one, link = conflict_of(contested), link_of(contested)
    twin = replace(link, kind=Kind.SUPPLIER)
    change(
        contested,
        links={link.key: link, twin.key: twin},
        conflicts={
            (kind, one.poweroffice_id, "email"): replace(one, kind=kind)
            for kind in (Kind.CUSTOMER, Kind.SUPPLIER)
        },
    )
    asked = ("resolve", link.poweroffice_id, "email", "--keep", "tribe")
    result = call(*asked)
    assert result.exit_code == 2
    assert "--kind" in result.stderr
    assert document(*asked, "--kind", "supplier")["conflict"]["kind"] == "supplier"


def test_settled_ones_are_kept_until_they_are_cleared(w: World) -> None:
    w.company(KAFFE, EmailAddress="post@fjord.example")
    w.init()
    both_edit(w, tribe="tribe@fjord.example", poweroffice="po@fjord.example")
    w.pull()
    shown = call("list").stdout
    assert "Settled, the other value is kept here" in shown
    assert "tribe@fjord.example" in shown
    result = call("clear")
    assert (result.exit_code, result.stdout) == (0, "1 settled conflict forgotten.\n")
    assert w.memory().conflicts == {}
    assert call("list").stdout == "No field was changed on both sides.\n"


def test_what_waits_is_not_cleared(contested: World) -> None:
    assert document("clear")["cleared"] == 0
    assert conflict_of(contested).winner is None


def test_labels_cannot_steer_the_terminal(contested: World) -> None:
    one = conflict_of(contested)
    bad = replace(one, label="Ond \x1b[2J AS", tribe="\x1b[1m")
    change(contested, conflicts={(one.kind, one.poweroffice_id, one.field): bad})
    asked = ("resolve", one.poweroffice_id, "email", "--keep", "tribe")
    shown = call("list").stdout + call(*asked).stdout
    assert "\x1b" not in shown
    assert shown.count("\\x1b[2J") == 2


@pytest.mark.parametrize("one", [("list",), ("clear",), ("resolve", "1", "email", "--keep=tribe")])
def test_without_a_state_no_file_is_made(w: World, one: tuple[str, ...]) -> None:
    result = call(*one)
    assert result.exit_code == 1
    assert "There is no state file" in result.stderr
    assert files(w) == {}


@pytest.mark.parametrize("one", ["list", "resolve", "clear"])
def test_every_command_shows_an_example(one: str) -> None:
    result = call(one, "--help")
    assert result.exit_code == 0
    assert f"Example: tribe-po conflicts {one}" in result.stdout
