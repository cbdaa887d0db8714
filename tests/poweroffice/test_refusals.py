"""What PowerOffice's refusals mean."""

from __future__ import annotations

from typing import Any

import pytest

from tests.poweroffice.scripted import answer, problem
from tribe_po.errors import (
    AlreadyExists,
    ExitCode,
    NotAllowed,
    RecordRefused,
    Temporary,
    TribePoError,
)
from tribe_po.poweroffice.refusals import (
    MisunderstoodError,
    general_error,
    printable,
    problem_of,
    write_error,
)
from tribe_po.transport.http import Answer

MARK = "tribe:9fcb1d52"


def error_of(given: Answer, mark: str = "") -> TribePoError:
    return write_error(given, "Customer_Full", "customer 12345", mark)


@pytest.mark.parametrize(
    "body",
    [
        {"title": "T", "detail": "City is required."},
        {"Title": "T", "Detail": "City is required.", "Status": 400},
        {"TITLE": "T", "errors": {"City": ["is required."]}},
        {"title": "City is required."},
    ],
)
def test_a_problem_is_read_in_any_letter_case(body: dict[str, Any]) -> None:
    told = problem_of(answer(400, body))
    assert "is required." in told.detail
    assert not told.gateway


@pytest.mark.parametrize("code", [404, "404"])
def test_the_gateway_is_told_from_the_application(code: object) -> None:
    told = problem_of(answer(404, {"statusCode": code, "message": "Resource not found"}))
    assert told.gateway
    assert told.detail == "Resource not found"


@pytest.mark.parametrize("body", [None, [], "3"])
def test_a_body_without_a_problem_is_no_problem(body: Any) -> None:
    assert problem_of(answer(400, body)).detail == ""


def test_a_proxys_page_is_temporary() -> None:
    with pytest.raises(Temporary):
        problem_of(answer(400, "<html>Bad Request</html>"))


def test_text_is_cut_and_its_control_characters_escaped() -> None:
    assert printable("a\x1b[31m\nb\u202e") == "a\\x1b[31m\\nb\\u202e"
    assert len(printable("x" * 1000)) == 300


@pytest.mark.parametrize("status", [400, 404, 409, 412, 422])
def test_a_refused_write_is_about_its_record(status: int) -> None:
    error = error_of(problem(status, "EmailAddress is invalid."))
    assert type(error) is RecordRefused
    assert error.exit_code is ExitCode.RECORDS_LEFT
    assert "customer 12345" in error.what
    assert f"{status}: EmailAddress is invalid." in error.why


def test_an_empty_refusal_still_says_its_status() -> None:
    assert "400: no reason given" in error_of(answer(400)).why


@pytest.mark.parametrize(
    "given",
    [answer(403), problem(403, "No."), problem(400, "No.", title="Missing privilege")],
)
def test_a_missing_privilege_is_named_with_the_place_to_grant_it(given: Answer) -> None:
    error = error_of(given)
    assert isinstance(error, NotAllowed)
    assert "Customer_Full" in error.why
    assert "Extensions" in error.next_step


@pytest.mark.parametrize(
    "given",
    [
        problem(
            400,
            f"ExternalImportReference is already in use. '{MARK}' is used on (contact) Id = 123.",
        ),
        problem(409, f"Reference {MARK} exists."),
        answer(409),
    ],
)
def test_a_reference_in_use_is_told_from_other_refusals(given: Answer) -> None:
    assert isinstance(error_of(given, MARK), AlreadyExists)
    assert type(error_of(given)) is RecordRefused


@pytest.mark.parametrize(
    "given",
    [
        problem(400, "ExternalImportReference must not be longer than 50."),
        problem(400, "Number is already in use. '10010' is used on (contact) Id = 123."),
        problem(409, "Number is already in use."),
    ],
)
def test_other_duplicates_are_plain_refusals(given: Answer) -> None:
    assert type(error_of(given, MARK)) is RecordRefused


@pytest.mark.parametrize(
    "given",
    [
        answer(404, {"statusCode": 404, "message": "Resource not found"}),
        answer(405),
        answer(415),
        answer(501),
    ],
)
def test_a_request_that_the_server_does_not_know_is_a_bug(given: Answer) -> None:
    for error in (error_of(given), general_error(given, "Customer")):
        assert isinstance(error, MisunderstoodError)
        assert error.exit_code is ExitCode.BUG
        assert str(given.status) in error.why
