"""One `sync` makes several passes on one memory: killed at any request, the next one makes up."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chaos.executioner import Executioner, Moment
from tests.cli.calls import change
from tests.scenarios.world import World, world

DAY = timedelta(days=1)
ENDED_WELL = (0, 1)


@contextmanager
def news_on_both_sides(folder: Path) -> Iterator[tuple[World, Executioner]]:
    """Two systems in step, and then people who edit and create on both sides."""
    folder.mkdir()
    executioner = Executioner()
    with world(folder, TRIBE_PO_KINDS="customers,suppliers,products") as w:
        executioner.attach(w.sandbox)
        w.tribe.add_product_group("Standard")
        first, second = (w.company(name) for name in ("Fjord Kaffe AS", "Skog Bygg AS"))
        assert run(executioner, w, "init-sync", "--yes") == 0
        w.later()
        w.tribe.edit(w.link("Fjord Kaffe AS").tribe_relation_id, EmailAddress="ny@fjord.example")
        w.poweroffice.edit_customer(second, WebsiteUrl="https://skog.example")
        w.poweroffice.edit_customer(first, PhoneNumber="22334455")
        w.tribe_customer("Bakeriet AS")
        w.company("Verftet AS")
        w.poweroffice.add_product(Name="Kaffe", Code="KAFFE", UnitOfMeasureCode="EA", UnitPrice=100)
        yield w, executioner


def run(executioner: Executioner, w: World, *command: str) -> int:
    return executioner.run(command, w.environment, w.folder)


def a_day_goes_by(w: World) -> None:
    """All that the state remembers is a day older."""
    w.later(DAY)
    memory = w.memory()
    change(
        w,
        runs=[
            replace(one, started=one.started - DAY, finished=one.finished - DAY)
            for one in memory.runs
        ],
        intents={k: replace(one, since=one.since - DAY) for k, one in memory.intents.items()},
        quarantine={
            k: replace(one, retry_after=one.retry_after and one.retry_after - DAY)
            for k, one in memory.quarantine.items()
        },
    )


def requests_of_one_sync(folder: Path) -> int:
    with news_on_both_sides(folder) as (w, executioner):
        w.sandbox.requests.clear()
        assert run(executioner, w, "sync") == 0
        return len(w.sandbox.requests.all())


def killed_at(folder: Path, number: int, moment: Moment) -> None:
    with news_on_both_sides(folder) as (w, executioner):
        executioner.agree(number, moment, random.Random(number))
        code = run(executioner, w, "sync")
        assert code == -signal.SIGKILL or (moment is Moment.LATER and code in ENDED_WELL)
        for _ in range(3):
            a_day_goes_by(w)
            assert run(executioner, w, "sync") in ENDED_WELL
        assert w.differences() == []
        names = ["Bakeriet AS", "Fjord Kaffe AS", "Skog Bygg AS", "Verftet AS"]
        labels = {link.label for link in w.memory().links.values()}
        assert labels == {*names, "Kaffe"}
        assert sorted(one["Name"] for one in w.poweroffice.customers()) == names
        assert len(w.tribe.customers()) == len(names)
        assert len(w.tribe.products()) == len(w.poweroffice.products()) == 1
        assert w.customer_in_poweroffice("Fjord Kaffe AS")["EmailAddress"] == "ny@fjord.example"
        a_day_goes_by(w)
        w.sandbox.requests.clear()
        assert run(executioner, w, "sync") == 0
        assert w.wrote() == []


def test_a_sync_that_is_killed_in_its_middle(tmp_path: Path) -> None:
    number = requests_of_one_sync(tmp_path / "whole")
    assert number > 10
    killed_at(tmp_path / "killed", number // 2, Moment.AFTER)


@pytest.mark.chaos
@pytest.mark.parametrize("moment", list(Moment), ids=lambda moment: moment.name.lower())
def test_a_sync_that_is_killed_at_each_request(tmp_path: Path, moment: Moment) -> None:
    for number in range(1, requests_of_one_sync(tmp_path / "whole") + 1):
        killed_at(tmp_path / str(number), number, moment)
