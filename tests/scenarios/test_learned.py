"""What is found out about the servers: remembered, shown, and found out again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.scenarios.world import World
from tribe_po.errors import ExitCode
from tribe_po.output.check import document
from tribe_po.passes import check as package
from tribe_po.passes.check import CheckReport, Topic
from tribe_po.passes.session import FOUND_OUT, VOUCHERS_WANTED
from tribe_po.poweroffice.lists import ORDER
from tribe_po.sandbox.faults import Fault, Status
from tribe_po.state.store import Store
from tribe_po.transport.pace import Unpaced
from tribe_po.tribe.writing import UPDATE

KAFFE = "Fjord Kaffe AS"
A_DAY = timedelta(days=1, minutes=1)
BY_POST = "Tribe: records are changed by POST with their ID, for PUT was refused"
NO_ORDER = "PowerOffice: lists cannot be ordered"
INVOICES = "Tribe: has invoices"


def check(w: World) -> CheckReport:
    return package.check(w.environment, now=w.clock.now, pace=Unpaced())


def shown(w: World) -> list[str]:
    return [one.text for one in check(w).findings if one.topic is Topic.SERVERS]


def refused(w: World) -> list[str]:
    """The requests since the log was cleared whose form a server did not take."""
    asked = w.sandbox.requests.all()
    return [f"{one.method} {one.path}" for one in asked if one.status in (400, 405)]


def change_in_poweroffice(w: World, phone: str) -> None:
    w.poweroffice.edit_customer(w.customer_in_poweroffice(KAFFE)["Id"], PhoneNumber=phone)


@pytest.fixture
def stubborn(w: World) -> World:
    """A linked customer, and servers that take neither PUT nor OrderBy, which is known by now."""
    w.tribe.dialect = replace(w.tribe.dialect, put=False)
    w.poweroffice.switches.order_by = False
    w.company(KAFFE)
    w.init()
    change_in_poweroffice(w, "+4700998877")
    assert w.pull().exit_code is ExitCode.OK
    w.sandbox.requests.clear()
    return w


def test_before_the_first_pass_nothing_is_known(w: World) -> None:
    assert shown(w) == ["Nothing is remembered of them: the next pass finds out."]


def test_check_shows_it_and_until_when_it_counts(stubborn: World) -> None:
    w = stubborn
    until = w.memory().meta.servers[FOUND_OUT]
    first, *others = shown(w)
    assert first.startswith("remembered until 2026-03-03 08:")
    assert until.startswith("2026-03-02T08:")
    assert others == [BY_POST, INVOICES, NO_ORDER]
    told = json.loads(document(check(w)))["findings"]
    assert [one["text"] for one in told if one["topic"] == "servers"] == [first, *others]


def test_check_tells_of_a_tribe_without_names(w: World) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, metadata=False)
    w.init()
    assert shown(w)[0].endswith("found out again: no names of Tribe's")


def test_check_does_not_tell_one_pair_of_tenants_what_is_known_of_another(stubborn: World) -> None:
    w = stubborn
    w.overrides["TRIBECRM_ORGANIZATION_ID"] = w.tribe.own_organization_id
    assert shown(w) == ["Nothing is remembered of them: the next pass finds out."]


def test_what_is_known_is_not_tried_again(stubborn: World) -> None:
    w = stubborn
    change_in_poweroffice(w, "+4700112233")
    w.pull()
    assert w.customer_in_tribe(KAFFE)["Organization"]["PhoneNumber"] == "+4700112233"
    assert refused(w) == []


def test_after_a_day_it_is_found_out_again(stubborn: World) -> None:
    w = stubborn
    w.tribe.dialect = replace(w.tribe.dialect, put=True)
    w.poweroffice.switches.order_by = True
    change_in_poweroffice(w, "+4700112233")
    w.pull(after=A_DAY)
    assert (refused(w), [one.split()[0] for one in w.wrote("tribe")]) == ([], ["PUT"])
    known = w.memory().meta.servers
    assert (UPDATE in known, ORDER in known) == (False, False)
    assert shown(w)[0].startswith("remembered until 2026-03-04")


def test_after_a_day_it_may_be_as_it_was(stubborn: World) -> None:
    w = stubborn
    change_in_poweroffice(w, "+4700112233")
    w.pull(after=A_DAY)
    assert w.customer_in_tribe(KAFFE)["Organization"]["PhoneNumber"] == "+4700112233"
    assert shown(w)[1:] == [BY_POST, NO_ORDER]


def test_a_verb_that_is_not_taken_any_more_is_found_out_at_once(stubborn: World) -> None:
    w = stubborn
    w.tribe.dialect = replace(w.tribe.dialect, put=True)
    w.sandbox.faults.add(Fault("tribe", "POST", r"/Relation_Organization$", Status(405), times=99))
    change_in_poweroffice(w, "+4700112233")
    assert w.pull().exit_code is ExitCode.OK
    assert w.customer_in_tribe(KAFFE)["Organization"]["PhoneNumber"] == "+4700112233"
    assert UPDATE not in w.memory().meta.servers


def test_names_that_tribe_gets_are_known_a_day_later(w: World) -> None:
    w.tribe.dialect = replace(w.tribe.dialect, import_id="untold")
    w.company(KAFFE)
    w.init()
    w.tribe.dialect = replace(w.tribe.dialect, import_id="told")
    w.company("Skog Bygg AS")
    w.pull(after=A_DAY)
    marks = {one["Organization"]["Name"]: one["ImportId"] for one in w.tribe.customers()}
    assert marks[KAFFE] is None
    assert marks["Skog Bygg AS"].startswith("poweroffice:customer:")


@pytest.mark.parametrize("hours", [25, -25])
def test_a_persons_yes_does_not_age(stubborn: World, hours: int) -> None:
    """Whatever the clock says; a time that is to come was told by a wrong one."""
    w = stubborn
    memory = w.memory()
    memory.meta.servers[VOUCHERS_WANTED] = "yes"
    told = w.clock.now() - timedelta(hours=hours)
    memory.meta.servers[FOUND_OUT] = told.isoformat()
    Store(w.state).save(memory)
    w.pull()
    known = w.memory().meta.servers
    assert (known[VOUCHERS_WANTED], UPDATE in known) == ("yes", False)
    assert known[FOUND_OUT].startswith("2026-03-02T")
