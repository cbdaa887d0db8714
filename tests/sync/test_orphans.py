"""What a run made of a record that was deleted before the next run is brought back by nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sync.builders import (
    CUSTOMER,
    NOON,
    POWEROFFICE,
    TRIBE,
    in_poweroffice,
    in_tribe,
    memory_of,
    planned,
    pull,
    push,
)
from tribe_po.records import Intent, Kind, Observation, Record
from tribe_po.sync.match import mark_for
from tribe_po.sync.orphans import link_orphans
from tribe_po.sync.trees import GONE, lay_over

OURS, THEIRS = in_poweroffice("p1"), in_tribe("t1", number="10010")
COPIES = {
    POWEROFFICE: replace(THEIRS, mark=mark_for(OURS)),
    TRIBE: replace(OURS, mark=mark_for(THEIRS)),
}
"""By the side that the source was on."""


def intent_of(source: Record, mark: str) -> Intent:
    return Intent(source.kind, source.system.other, source.id, mark, NOON)


@pytest.mark.parametrize("source", [OURS, THEIRS], ids=["from PowerOffice", "from Tribe"])
def test_the_copy_is_linked_to_what_is_gone(source: Record) -> None:
    copy = COPIES[source.system]
    assert copy.mark is not None

    memory = link_orphans(memory_of(copy, intent_of(source, copy.mark)))

    (link,) = memory.links.values()
    assert (link.poweroffice_id, link.tribe_id) == ("p1", "t1")
    assert (link.parked, link.matched_by) == (GONE[source.system], "created")
    assert (link.tribe_relation_id, link.base["name"]) == (THEIRS.relation_id, "Fjord Kaffe AS")
    assert not memory.intents
    assert not memory.unlinked
    for task in (pull(), push()):
        assert not planned(memory, task).changes


def test_a_source_that_comes_back_goes_on_as_linked() -> None:
    copy = COPIES[POWEROFFICE]
    assert copy.mark is not None
    memory = link_orphans(memory_of(copy, intent_of(OURS, copy.mark)))
    seen = replace(OURS, values={**OURS.values, "phone": "22334455"})

    memory = lay_over(memory, Observation(POWEROFFICE, (seen,), NOON, complete=True), (CUSTOMER,))

    (link,) = memory.links.values()
    assert (link.parked, link.poweroffice) == (None, {"phone": "22334455"})


def test_a_source_that_is_there_is_matched_as_ever() -> None:
    copy = COPIES[POWEROFFICE]
    assert copy.mark is not None
    memory = memory_of(OURS, copy, intent_of(OURS, copy.mark))

    assert link_orphans(memory).links == {}


def test_without_a_copy_nothing_is_linked() -> None:
    memory = memory_of(THEIRS, intent_of(OURS, mark_for(OURS)))

    assert link_orphans(memory).links == {}


def test_an_invoice_may_be_forgotten_without_being_gone() -> None:
    copy = replace(COPIES[TRIBE], kind=Kind.INVOICE)
    assert copy.mark is not None
    intent = replace(intent_of(THEIRS, copy.mark), kind=Kind.INVOICE)

    assert link_orphans(memory_of(copy, intent)).links == {}


def test_a_product_is_its_own_relation() -> None:
    copy = replace(COPIES[TRIBE], kind=Kind.PRODUCT, mark="TRIBE-9FCB346FBD58")
    intent = Intent(Kind.PRODUCT, POWEROFFICE, "t1", "TRIBE-9FCB346FBD58", NOON)

    (link,) = link_orphans(memory_of(copy, intent)).links.values()

    assert (link.kind, link.tribe_relation_id) == (Kind.PRODUCT, "t1")
