"""The parts of a document: read as they are, or refused in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tribe_po.state import shape

Reader = Callable[[dict[str, Any], str], Any]


@pytest.mark.parametrize(
    ("reader", "value", "read"),
    [
        (shape.text_in, "x", "x"),
        (shape.text_or_none_in, "x", "x"),
        (shape.text_or_none_in, None, None),
        (shape.whole_number_in, 7, 7),
        (shape.texts_in, ["a", "b"], ("a", "b")),
        (shape.texts_in, [], ()),
        (shape.flag_in, True, True),
        (shape.flag_in, False, False),
    ],
)
def test_a_part_is_read_as_it_is(reader: Reader, value: Any, read: Any) -> None:
    assert reader({"key": value, "other": object()}, "key") == read


def test_a_time_is_read_in_utc() -> None:
    read = shape.time_in({"at": "2026-03-02T13:00:00+01:00"}, "at")
    assert read == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert read.tzinfo is UTC


def test_a_text_that_is_missing_is_none_where_none_will_do() -> None:
    assert shape.text_or_none_in({}, "key") is None


@pytest.mark.parametrize(
    ("reader", "value", "why"),
    [
        (shape.text_or_none_in, 7, "key is int, not text"),
        (shape.whole_number_in, True, "key is bool, not a whole number"),
        (shape.whole_number_in, 1.0, "key is float, not a whole number"),
        (shape.time_in, "2026-03-02T13:00:00", "key has no time zone"),
        (shape.texts_in, "ab", "key is not a list of texts"),
        (shape.texts_in, ["a", 1], "key is not a list of texts"),
        (shape.flag_in, 1, "key is int, not true or false"),
    ],
)
def test_a_part_of_another_shape_is_refused(reader: Reader, value: Any, why: str) -> None:
    with pytest.raises(shape.Malformed) as caught:
        reader({"key": value}, "key")
    assert str(caught.value) == why
