from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tribe_po.errors import LostAnswer, Temporary
from tribe_po.transport.http import Answer


def answer(text: str, date: str = "") -> Answer:
    return Answer(200, {"Date": date}, text, "/Customers")


def test_fractions_are_decimals() -> None:
    body = answer('{"a": 0.1, "b": 3, "c": 1e2}').json()
    assert body == {"a": Decimal("0.1"), "b": 3, "c": Decimal("1e2")}
    assert isinstance(body["a"], Decimal)
    assert type(body["b"]) is int


@pytest.mark.parametrize(
    "number",
    ["1e999999999", "1E+401", "1e-401", "1e99999999999999999999", "0." + "1" * 400, "1" * 5000],
)
def test_a_number_that_nobody_counts_in_is_refused(number: str) -> None:
    """Written out, a hostile server's 13 characters would take all memory."""
    with pytest.raises(Temporary):
        answer(f'{{"UnitPrice": {number}}}').json()


def test_the_widest_doubles_are_read() -> None:
    body = answer("[1.7976931348623157e308, 5e-324, 0e0, 0.0]").json()
    assert body == [Decimal("1.7976931348623157e308"), Decimal("5e-324"), 0, 0]


def test_half_a_character_is_shown_as_one_that_is_missing() -> None:
    text = r'{"a\ud83d": ["Kaf\uDE00e", "\ud83d\ude00", "\\ud800", "å", 1, null]}'
    body = answer(text).json()
    assert body == {"a\ufffd": ["Kaf\ufffde", "\U0001f600", "\\ud800", "å", 1, None]}


@pytest.mark.parametrize("text", ["", "  \n"])
def test_nothing_is_none(text: str) -> None:
    assert answer(text).json() is None


@pytest.mark.parametrize("text", ["<html>", '{"value": [', "NaN", "[" * 100_000, '"\\xe5"', "oops"])
def test_what_is_not_json(text: str) -> None:
    with pytest.raises(Temporary):
        answer(text).json()


def test_a_write_whose_answer_cannot_be_read_is_lost() -> None:
    with pytest.raises(LostAnswer, match="PowerOffice did not answer POST /Customers"):
        Answer(200, {}, "<", "/Customers", "PowerOffice", "POST /Customers", once=True).json()


def test_server_time() -> None:
    expected = datetime(2026, 3, 4, 10, 0, 30, tzinfo=UTC)
    assert answer("", "Wed, 04 Mar 2026 10:00:30 GMT").server_time == expected
    assert answer("", "Wed, 04 Mar 2026 11:00:30 +0100").server_time == expected
    assert answer("", "Wed, 04 Mar 2026 10:00:30 -0000").server_time == expected


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 31 Dec 9999 23:00:00 -0500"])
def test_no_server_time(date: str) -> None:
    assert answer("", date).server_time is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"statusCode": "429", "message": "Slow down."}', True),
        ('{"StatusCode": 401, "Message": "No."}', True),
        ('{"title": "Object(s) not found", "detail": "message"}', False),
        ('["statusCode", "message"]', False),
        ("<html>", False),
        ("", False),
    ],
)
def test_the_gateways_shape(text: str, expected: bool) -> None:
    assert answer(text).from_gateway is expected
