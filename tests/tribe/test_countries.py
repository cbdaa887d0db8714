"""Countries, in whatever way the tenant codes them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tribe.peer import Scripted, answer
from tribe_po.transport.http import Answer
from tribe_po.tribe.countries import Countries, alpha_2_of
from tribe_po.tribe.metadata import Names
from tribe_po.tribe.reading import Reader


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"Code": "no"}, "NO"),
        ({"Code": "NOR"}, "NO"),
        ({"Code": "swe", "Name": "?"}, "SE"),
        ({"Code": "17", "Name": "Denmark"}, "DK"),
        ({"Code": None, "Name": "?", "LocalizedName": "germany"}, "DE"),
        ({"Code": "UK"}, "GB"),
        ({"Code": "x1", "Name": "Atlantis"}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_code_of_a_row(row: dict[str, Any] | None, code: str) -> None:
    assert alpha_2_of(row) == code


def countries(*answers: Answer) -> tuple[Countries, Scripted]:
    left = list(answers)
    connection = Scripted(lambda *_asked: left.pop(0))
    return Countries(Reader(connection, Names.usual(), {})), connection


def test_countries_are_read_once_when_first_needed() -> None:
    rows = [{"ID": "1", "Code": "NOR"}, {"ID": "2", "Code": "se"}, {"ID": "3", "Code": "??"}]
    found, connection = countries(answer({"value": rows}), answer({"value": []}))
    assert connection.asked == []
    assert found.link("SE") == {"ID": "2"}
    assert found.link("no") == {"ID": "1"}
    assert found.link("FR") is None
    assert found.link("") is None
    assert len(connection.asked) == 2


def test_countries_that_may_not_be_read_are_none() -> None:
    found, connection = countries(answer({}, 403))
    assert found.link("NO") is None
    assert found.link("NO") is None
    assert len(connection.asked) == 1
