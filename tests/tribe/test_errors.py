"""Tribe's refusals, in every shape that they come in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tribe.peer import answer
from tribe_po.errors import ExitCode, NotAllowed, RecordRefused
from tribe_po.tribe.errors import LONGEST, QueryRefused, not_readable, not_writable, words


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"code": "400", "message": "No such  property\n'X'."}}, "No such property 'X'."),
        ({"error": {"code": "E17"}}, "E17"),
        ({"error": "not today"}, "not today"),
        ({"message": "too long"}, "too long"),
        ({"error": "invalid", "error_description": "bad token"}, "bad token"),
        (
            {"timestamp": "2026-01-01", "status": 404, "error": "Not Found", "path": "/v1"},
            "Not Found",
        ),
        ({"detail": 1}, '{"detail": 1}'),
        ("plain words", "plain words"),
        ('"quoted words"', "quoted words"),
        (
            "<!DOCTYPE html><html><head><title>t</title><style>p {}</style></head>"
            "<body><h1>502</h1><!-- no --><p>Bad gateway</p></body></html>",
            "502 Bad gateway",
        ),
        ("", "no explanation"),
        ("null", "no explanation"),
        ("red \x1b[31m and \u202e back", "red \\x1b[31m and \\u202e back"),
    ],
)
def test_the_words_of_an_answer(body: Any, said: str) -> None:
    assert words(answer(body, 400)) == said


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, 100_000])
@pytest.mark.parametrize("letter", ["x", "\x07"])
def test_long_words_are_clipped(length: int, letter: str) -> None:
    said = words(answer(letter * length, 400))
    assert len(said) <= LONGEST
    assert said.endswith("…") == (length > LONGEST or letter != "x")
    assert said.isprintable()


def test_a_deeply_nested_body_is_still_printed() -> None:
    assert words(answer("[" * 100_000, 400)).startswith("[[[")


@pytest.mark.parametrize(
    ("status", "kind"), [(400, QueryRefused), (403, NotAllowed), (404, NotAllowed)]
)
def test_what_cannot_be_read_ends_the_pass(status: int, kind: type[NotAllowed]) -> None:
    error = not_readable(answer({"message": "no"}, status), "Relation_Person")
    assert type(error) is kind
    assert error.exit_code is ExitCode.NOT_ALLOWED
    assert "Relation_Person" in error.what
    assert error.why == f"status {status}: no"


@pytest.mark.parametrize("status", [400, 403, 409, 412, 422])
def test_what_cannot_be_written_is_about_one_record(status: int) -> None:
    error = not_writable(answer({"message": "no"}, status), "Address")
    assert isinstance(error, RecordRefused)
    assert error.why == f"status {status}: no"
    assert "next pass" in error.next_step
