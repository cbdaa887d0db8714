"""The main story in whatever dialect the servers speak: a first run is no experiment."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import pytest

from tests.dialects import pairwise, selling, story
from tests.dialects.dialects import DIALECTS, POWEROFFICE, TOGETHER, TRIBE, Dialect
from tests.dialects.document import document
from tests.dialects.questions import POWEROFFICE_QUESTIONS, TRIBE_QUESTIONS, Question
from tests.dialects.wireless import Killed, Unserved, office
from tests.scenarios.world import World
from tribe_po.errors import SettingsError
from tribe_po.records import Quarantined, System
from tribe_po.sandbox.faults import DropAfter, Fault
from tribe_po.sync.trees import GONE

SEED = 1
MANY = 240

_BY_NAME = {dialect.name: dialect for dialect in DIALECTS}


def _factors(dialects: Iterable[Dialect] = DIALECTS) -> list[list[str | None]]:
    """The dialects by axis; None is how the sandbox speaks by itself."""
    factors: dict[str, list[str | None]] = {}
    for dialect in dialects:
        factors.setdefault(dialect.axis, [None]).append(dialect.name)
    return list(factors.values())


PAIRED = _factors(dialect for dialect in DIALECTS if not dialect.variant)
ROWS = pairwise.combinations(PAIRED, seed=SEED)


def _dialects(row: pairwise.Row) -> list[Dialect]:
    return [_BY_NAME[name] for name in row if name is not None]


def _name(dialects: Sequence[Dialect]) -> str:
    return "; ".join(dialect.name for dialect in dialects)


def _mixed_at_will(seed: int) -> list[pairwise.Row]:
    """Combinations by chance, beyond the pairs."""
    chance, factors = random.Random(seed), _factors()
    rows = (tuple(chance.choice(factor) for factor in factors) for _ in itertools.count())
    return list(itertools.islice(rows, MANY))


def _told(folder: Path, dialects: Sequence[Dialect]) -> World:
    """The world in which the story was told in these dialects."""
    with office(folder, TRIBE_PO_SALES_ACCOUNTS=story.ACCOUNTS) as w:
        for dialect in dialects:
            dialect.set_up(w)
        story.play(w)
        _all_is_well(w, dialects)
        _a_further_round_is_silent(w, dialects)
        _all_is_well(w, dialects)
        return w


def _all_is_well(w: World, dialects: Sequence[Dialect]) -> None:
    """What differs is what the dialects make impossible, and is listed; nothing is there twice."""
    memory = w.memory()
    doubtful = {
        key: entry for key, entry in memory.quarantine.items() if _in_doubt(entry, dialects)
    }
    titles = {f"{entry.kind} {entry.label}" for entry in doubtful.values()}
    may_differ = {name for one in dialects for name in one.expected.differs}
    assert story.twice(w) == ()
    assert _apart_from(titles, story.differences(w)) <= may_differ
    may_be_undone = may_differ.union(*(one.expected.undone for one in dialects))
    assert _apart_from(titles, story.undone(w)) <= may_be_undone
    assert story.undone_where_written(w) == set()
    listed = " ".join(entry.reason for entry in doubtful.values())
    unlisted = [
        key for key in memory.intents if key not in doubtful and f"({key[2]})" not in listed
    ]
    assert unlisted == []
    assert memory.conflicts == {}
    assert [link.label for link in memory.links.values() if link.parked] == []
    reasons = [reason for one in dialects for reason in one.expected.reasons]
    for key, entry in memory.quarantine.items():
        expected = key in doubtful or any(reason in entry.reason for reason in reasons)
        assert expected, entry.reason
        assert entry.next_step


def _in_doubt(entry: Quarantined, dialects: Iterable[Dialect]) -> bool:
    spoken = {one.name for one in dialects}
    reasons = [one.expected.doubtful for one in dialects if one.expected.doubtful]
    reasons += [why for both, doubt in TOGETHER.items() if both <= spoken for why in doubt.reasons]
    return any(reason in entry.reason for reason in reasons)


def _apart_from(titles: Collection[str], found: Iterable[str]) -> set[str]:
    return {name for name in found if name.partition(":")[0] not in titles}


def _a_further_round_is_silent(w: World, dialects: Iterable[Dialect]) -> None:
    allowed = [part for one in dialects for part in one.expected.writes_again]
    written = story.written_in_one_more_round(w)
    assert [one for one in written if not any(part in one for part in allowed)] == []


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_the_story_in_one_dialect(tmp_path: Path, dialect: Dialect) -> None:
    w = _told(tmp_path, [dialect])
    assert story.differences(w) == dialect.expected.differs
    listed = [entry.reason for entry in w.memory().quarantine.values()]
    for reason in dialect.expected.reasons:
        assert any(reason in one for one in listed), f"{reason} is not among {listed}"


@pytest.mark.parametrize("row", ROWS, ids=[str(number) for number in range(len(ROWS))])
def test_the_story_in_every_two_dialects(tmp_path: Path, row: pairwise.Row) -> None:
    print("spoken:", _name(_dialects(row)))  # noqa: T201 - shown where it fails
    _told(tmp_path, _dialects(row))


@pytest.mark.chaos
@pytest.mark.parametrize("number", range(MANY))
def test_the_story_in_many_dialects(tmp_path: Path, number: int) -> None:
    seed = int(os.environ.get("SEED", SEED))
    row = _mixed_at_will(seed)[number]
    print("spoken:", _name(_dialects(row)))  # noqa: T201 - shown where it fails
    _told(tmp_path, _dialects(row))


def test_several_own_organisations_and_no_setting(tmp_path: Path) -> None:
    with office(tmp_path) as w:
        other = w.tribe.add_identity("Fjordvik Eiendom AS")
        with pytest.raises(SettingsError) as error:
            w.init()
        assert "TRIBECRM_ORGANIZATION_ID" in error.value.next_step
        assert other in error.value.why
        assert w.wrote() == []


def test_the_document_lists_the_table() -> None:
    """After a change of the table: python -m tests.dialects.document > docs/dialects.md"""
    written = Path(__file__).parents[2].joinpath("docs", "dialects.md").read_text("utf-8")
    assert written == document()
    assert all(dialect.does for dialect in DIALECTS)
    assert len(_BY_NAME) == len(DIALECTS)


@pytest.mark.parametrize(
    ("questions", "dialects", "last"),
    [(TRIBE_QUESTIONS, TRIBE, 34), (POWEROFFICE_QUESTIONS, POWEROFFICE, 32)],
    ids=["tribe", "poweroffice"],
)
def test_every_open_question_is_answered(
    questions: Sequence[Question], dialects: Sequence[Dialect], last: int
) -> None:
    """Each by dialects, or with the reason why it needs none; and the document names it."""
    assert [one.number for one in questions] == list(range(1, last + 1))
    spoken = {number for dialect in dialects for number in dialect.numbers}
    assert spoken <= {one.number for one in questions}
    text = document()
    for one in questions:
        assert bool(one.alone) is (one.number not in spoken), one.asked
        assert one.answer.endswith(".")
        assert f".{one.number} | {one.asked} | {one.answer}" in text


def test_the_story_is_about_something(tmp_path: Path) -> None:
    """Every check of it fails when there is something to find."""
    with office(tmp_path, TRIBE_PO_SALES_ACCOUNTS=story.ACCOUNTS) as w:
        story.play(w)
        assert (story.differences(w), story.undone(w), story.twice(w)) == (set(), set(), ())
        customer = w.customer_in_tribe(story.KAFFE)
        w.tribe.edit(customer["Organization"]["ID"], PhoneNumber="00 00 00 00")
        w.company(story.KAFFE)
        assert f"customer {story.KAFFE}: PhoneNumber" in story.differences(w)
        assert f"customer {story.KAFFE}" in story.twice(w)
        (sold,) = [one["ID"] for one in w.tribe.invoices() if one["Number"] == selling.SOLD]
        w.tribe.set_phase(sold, "Sent")
        w.poweroffice.add_order(CustomerId=w.customer_in_poweroffice(story.RENAMED)["Id"])
        assert f"invoice {selling.SOLD}: paid" in story.differences(w)
        assert "3 copies of 2 invoices" in story.differences(w)
        assert story.written_in_one_more_round(w) != []


def test_pairs_are_covered() -> None:
    factors = [[None, "a", "b"], [None, "c"], [None, "d", "e"]]
    rows = pairwise.combinations(factors, seed=1)
    met = {pair for row in rows for pair in pairwise.pairs_in(row)}
    for one, other in itertools.combinations(range(3), 2):
        for first, second in itertools.product(factors[one], factors[other]):
            assert ((one, first), (other, second)) in met
    assert len(rows) < 3 * 2 * 3


@pytest.mark.parametrize("both", TOGETHER, ids=sorted)
def test_the_story_in_two_dialects_that_leave_more_to_a_person(
    tmp_path: Path, both: frozenset[str]
) -> None:
    w = _told(tmp_path, [_BY_NAME[name] for name in both])
    assert {entry.label for entry in w.memory().quarantine.values()} == {story.FROM_POWEROFFICE}


@pytest.mark.parametrize("both", TOGETHER, ids=sorted)
def test_a_copy_without_a_postal_code_waits_too(tmp_path: Path, both: frozenset[str]) -> None:
    """Nothing but its name tells what it may be the copy of."""
    with office(tmp_path) as w:
        for name in both:
            _BY_NAME[name].set_up(w)
        w.init()
        w.company(story.KAFFE)
        w.sandbox.faults.add(Fault("tribe", "POST", r"_Customer$", DropAfter()))
        w.pull()
        for _ in range(3):
            w.push()
            w.pull(full=True)
        assert story.twice(w) == ()
        assert {entry.label for entry in w.memory().quarantine.values()} == {story.KAFFE}
        assert len(w.memory().quarantine) == 2


def test_a_copy_of_what_was_archived_meanwhile_is_not_doubled(tmp_path: Path) -> None:
    """The pass that made it died before it read the answer, and no list shows the source now."""
    with office(tmp_path) as w:
        w.poweroffice.switches.archived = "hidden"
        w.init()
        contact = w.company(story.KAFFE)
        assert isinstance(w.sandbox, Unserved)
        w.sandbox.kills.append(r"POST .*_Customer$")
        with pytest.raises(Killed):
            w.pull()
        w.poweroffice.archive(contact)
        for _ in range(2):
            w.pull(full=True)
            w.push()
        assert story.twice(w) == ()
        assert len(w.poweroffice.customers()) == 1
        assert w.link(story.KAFFE).parked == GONE[System.POWEROFFICE]
        w.poweroffice.archive(contact, archived=False)
        w.pull(full=True)
        w.push()
        assert (w.link(story.KAFFE).parked, w.memory().quarantine) == (None, {})


def test_combinations_are_few_and_always_the_same() -> None:
    assert len(ROWS) <= 40
    assert pairwise.combinations(PAIRED, seed=SEED) == ROWS
