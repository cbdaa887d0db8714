"""What Tribe's refusals mean, and how to say them so that they can be printed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from tribe_po.errors import (
    AlreadyExists,
    LostAnswer,
    NotAllowed,
    RecordGone,
    RecordRefused,
    Temporary,
    Untraceable,
)
from tribe_po.transport.http import Answer

LONGEST = 300
"""The most characters of a server's words that are repeated to the operator."""

_UNSEEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_LOOKS_LIKE_MARKUP = re.compile(r"\s*<(!doctype|!--|html|head|body|\?xml)", re.IGNORECASE)


class QueryRefused(NotAllowed):
    """Tribe does not take a query (400), whatever optional parts were left out of it."""


def words(answer: Answer) -> str:
    """Give what an error answer says, as one printable line of at most `LONGEST` characters.

    Takes an OData error, `{"error": "text"}`, `{"message": …}`, Spring's shape, plain text, HTML
    and an empty body (tribe.md section 4.8).
    """
    return printable(_said(answer.text)) or "no explanation"


def printable(text: str) -> str:
    """Collapse white space, escape what a terminal would act upon, and clip."""
    line = " ".join(text.split())
    shown = "".join(_escaped(character) for character in line[: LONGEST + 1])
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def _said(text: str) -> str:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return _TAG.sub(" ", _UNSEEN.sub(" ", text)) if _LOOKS_LIKE_MARKUP.match(text) else text
    return "" if body is None else _said_in(body) or text


def _said_in(body: Any) -> str:
    if not isinstance(body, dict):
        return body if isinstance(body, str) else ""
    error = body.get("error")
    if isinstance(error, dict):
        return str(error.get("message") or error.get("code") or "")
    return str(body.get("message") or body.get("error_description") or error or "")


def _answered(answer: Answer) -> str:
    return f"status {answer.status}: {words(answer)}"


def not_readable(answer: Answer, entity_set: str) -> NotAllowed:
    """The error for a collection that cannot be read."""
    why = _answered(answer)
    if answer.status == HTTPStatus.BAD_REQUEST:
        what = f"Tribe does not take a query of {entity_set}"
        return QueryRefused(what, why, "see which names Tribe knows with: tribe-po check")
    if answer.status == HTTPStatus.NOT_FOUND:
        what = f"Tribe has no set {entity_set}"
        return NotAllowed(what, why, "check TRIBECRM_API_URL and the modules of the tenant")
    what = f"Tribe does not let this application read {entity_set}"
    return NotAllowed(what, why, "give the application that right in Tribe, then: tribe-po check")


def not_writable(answer: Answer, entity_set: str) -> RecordRefused:
    """The error for one record that Tribe does not accept. A missing right is about the record
    too: rights can depend on it, and must not stop the others (tribe.md section 15)."""
    cure = "correct the record"
    if answer.status == HTTPStatus.FORBIDDEN:
        cure = "give the application the right to write it"
    what = f"Tribe refused to write {entity_set}"
    return RecordRefused(what, _answered(answer), f"{cure}; the next pass tries again")


def still_listed(answer: Answer, entity_set: str) -> RecordRefused:
    """The error for a record that Tribe lists and says not to have: it was deleted a moment ago, or
    updates take another way now. To write it by that could make it anew (tribe.md section 4.2)."""
    what = f"Tribe lists a {entity_set} and does not find it"
    why = f"{_answered(answer)}; other updates were accepted"
    return RecordRefused(what, why, "nothing to do: the next pass tries again")


def gone(entity_set: str, identifier: str) -> RecordGone:
    """The error for a record that was deleted, or merged into another one."""
    what = "the record is no longer in Tribe"
    why = f"{entity_set} {printable(identifier)} was deleted, or merged into another record"
    return RecordGone(what, why, "if that was a mistake, create it again in Tribe")


def no_place(entity_set: str, label: str) -> RecordRefused:
    """The error for a value that this tenant's Tribe has no property for."""
    what = f"Tribe has no place for the {label}"
    why = f"its metadata names no such property of {entity_set}"
    return RecordRefused(what, why, "compare the names with: tribe-po check")


def unusable(entity_set: str, name: str) -> NotAllowed:
    """The error for a tenant whose metadata lacks what no record can do without."""
    what = f"Tribe's metadata names no {name} of {entity_set}"
    return NotAllowed(what, "records cannot be told apart without it", "type: tribe-po check")


def not_cleared(entity_set: str, label: str) -> RecordRefused:
    """The error for a value that was taken away and that Tribe does not do without."""
    what = f"the {label} cannot be cleared in Tribe"
    return RecordRefused(what, f"{entity_set} asks for one", "enter one in PowerOffice")


def price_with_unknown_vat(entity_set: str) -> RecordRefused:
    """The error for a price that must include VAT nobody knows the rate of."""
    what = "the price cannot be written to Tribe"
    why = f"this {entity_set} has a price that includes VAT, and no VAT group"
    return RecordRefused(what, why, "choose its VAT group in Tribe")


def left_out(refusals: Sequence[RecordRefused], *, rest_written: bool) -> RecordRefused:
    """One error for all that was left out of a write."""
    first = refusals[0]
    whats = "; ".join(refusal.what for refusal in refusals)
    why = "; ".join(refusal.why for refusal in refusals)
    why += "; everything else was written" if rest_written else ""
    return RecordRefused(whats, why, first.next_step)


def marked_already(answer: Answer, mark: str) -> AlreadyExists:
    """The error for a record that an earlier attempt has created."""
    what = f"Tribe already has a record with the mark {mark}"
    why = f"status {answer.status}; the mark was found"
    return AlreadyExists(what, why, "nothing to do: the next run links it")


def not_told(found: int, mark: str) -> LostAnswer:
    """The error for a record whose ID Tribe did not say, and that its mark does not tell either."""
    what = "Tribe created a record and did not say which"
    why = f"{found} records carry the mark {mark}"
    return LostAnswer(what, why, "nothing to do: the next run looks the record up")


def untraceable(kind: str, entity_sets: Sequence[str]) -> Untraceable:
    """No record of a kind can be looked for by its mark."""
    return Untraceable(
        f"Tribe cannot tell which {kind} this tool created",
        f"{' and '.join(entity_sets)} has no ImportId that this application may use",
        "look for it in Tribe by hand",
    )


def senseless(path: str, why: str) -> Temporary:
    """The error for an answer that cannot be one of Tribe's."""
    what = f"Tribe's answer to {printable(path)} makes no sense"
    return Temporary(
        what,
        why,
        "nothing to do: the next run tries again; if it lasts, look for a proxy in between",
    )
