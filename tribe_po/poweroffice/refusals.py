"""What PowerOffice's answers mean when they are no success (poweroffice.md section 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tribe_po.errors import AlreadyExists, NotAllowed, RecordGone, RecordRefused, TribePoError
from tribe_po.transport.http import Answer

_LONGEST_DETAIL = 300
_IN_USE = re.compile(r"in use|already|exists|duplicate|unique", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """PowerOffice's own words. `gateway` is true when the gateway answered in the API's place:
    a 404 then means that the route does not exist, not the object."""

    title: str
    detail: str
    gateway: bool


class MisunderstoodError(TribePoError):
    """An answer that no caller has a better meaning for, `status` is 0 where it is
    the gateway's, which knows no records."""

    def __init__(self, status: int, what: str, why: str, next_step: str) -> None:
        super().__init__(what, why, next_step)
        self.status = status


def is_success(answer: Answer) -> bool:
    """Any 2xx will do: 200, 201, 202 and 204 are all seen for writes (poweroffice.md section 6)."""
    return 200 <= answer.status < 300


def problem_of(answer: Answer) -> Problem:
    """Read the body of a failed answer. It may be empty, and its members in any letter case."""
    body = answer.json()
    members = {str(name).casefold(): value for name, value in _members(body)}
    title, detail = str(members.get("title") or ""), str(members.get("detail") or "")
    told = [detail or str(members.get("message") or ""), *_field_errors(members.get("errors"))]
    return Problem(
        title, printable(" ".join(part for part in told if part) or title), answer.from_gateway
    )


def _members(body: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(body, Mapping):
        yield from body.items()


def _field_errors(errors: Any) -> Iterator[str]:
    for name, messages in _members(errors):
        shown = messages if isinstance(messages, list) else [messages]
        yield f"{name}: {' '.join(str(message) for message in shown)}"


def printable(text: str) -> str:
    """Cut a server's text to a length for one line, its control characters escaped."""
    cut = text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
    return "".join(escaped)


def general_error(answer: Answer, privilege: str) -> TribePoError:
    """The error for an answer that no caller has a better meaning for."""
    problem = problem_of(answer)
    if answer.status == 403 or problem.title.casefold() == "missing privilege":
        return _not_allowed(problem, privilege)
    return MisunderstoodError(
        0 if problem.gateway else answer.status,
        f"PowerOffice did not understand a request to {answer.path}.",
        f"It answered {answer.status}: {problem.detail or 'no reason given'}",
        "This is a bug in tribe-po, or PowerOffice has changed. Report it with these lines.",
    )


def _not_allowed(problem: Problem, privilege: str) -> NotAllowed:
    needed = f"The privilege {privilege} is needed. " if privilege else ""
    return NotAllowed(
        "PowerOffice does not allow this to the keys in use.",
        f"{needed}PowerOffice says: {problem.detail or 'nothing'}",
        "Grant it in PowerOffice Go under Menu, Settings, Extensions (the client also needs the "
        "module it belongs to), then type: tribe-po check",
    )


def write_error(answer: Answer, privilege: str, what: str, mark: str = "") -> TribePoError:
    """The error for a write that PowerOffice refused. `what` names the record, and `mark` is the
    reference that a new record was to carry."""
    problem = problem_of(answer)
    if answer.status not in (400, 404, 409, 412, 422) or problem.gateway:
        return general_error(answer, privilege)
    if problem.title.casefold() == "missing privilege":
        return general_error(answer, privilege)
    if mark and _is_duplicate(answer.status, problem, mark):
        return AlreadyExists(
            f"PowerOffice already has the {what}.",
            f"It says: {problem.detail or 'conflict'}",
            "Nothing to do: the next pass looks it up and links it.",
        )
    return RecordRefused(
        f"PowerOffice refused the {what}.",
        f"It answered {answer.status}: {problem.detail or 'no reason given'}",
        "Correct the record; the next pass tries again.",
    )


def _is_duplicate(status: int, problem: Problem, mark: str) -> bool:
    """Contacts answer 400 to a reference in use, newer resources 409 (poweroffice.md section 6)."""
    told = f"{problem.title} {problem.detail}"
    names_it = "externalimportreference" in told.casefold() or mark in told
    return (status == 409 and not problem.detail) or bool(names_it and _IN_USE.search(told))


def gone(what: str) -> RecordGone:
    """The error for a record that PowerOffice no longer has."""
    return RecordGone(
        f"PowerOffice no longer has the {what}.",
        "It answered 404: it was deleted, or merged into another.",
        "If that was a mistake, create it again in PowerOffice; it is not created by itself.",
    )
