"""What a document of the state is made of: read when it has the expected shape, else refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tribe_po.state.storage import Document


class Malformed(ValueError):
    """A document does not have the shape that its table asks for."""


def object_of(value: Any, name: str) -> Document:
    """Give an object as it is. Raise `Malformed` for anything else, calling it `name`."""
    if type(value) is not dict:
        raise Malformed(f"{name} is {type(value).__name__}, not an object")
    return value


def text_in(document: Document, key: str) -> str:
    """The text of a document. Raise KeyError where there is none, as do all that end in `_in`."""
    value = document[key]
    if type(value) is not str:
        raise Malformed(f"{key} is {type(value).__name__}, not text")
    return value


def text_or_none_in(document: Document, key: str) -> str | None:
    """The text of a document, None where it has none."""
    return None if document.get(key) is None else text_in(document, key)


def whole_number_in(document: Document, key: str) -> int:
    """The whole number of a document: 1, but neither 1.0 nor true."""
    value = document[key]
    if type(value) is not int:
        raise Malformed(f"{key} is {type(value).__name__}, not a whole number")
    return value


def time_in(document: Document, key: str) -> datetime:
    """The time of a document, written as ISO 8601 with an offset, in UTC."""
    moment = datetime.fromisoformat(text_in(document, key))
    if moment.tzinfo is None:
        raise Malformed(f"{key} has no time zone")
    return moment.astimezone(UTC)


def texts_in(document: Document, key: str) -> tuple[str, ...]:
    """The list of texts of a document."""
    found = document[key]
    if type(found) is not list or not all(type(text) is str for text in found):
        raise Malformed(f"{key} is not a list of texts")
    return tuple(found)


def flag_in(document: Document, key: str) -> bool:
    """The flag of a document: true or false, but neither 1 nor "true"."""
    value = document[key]
    if type(value) is not bool:
        raise Malformed(f"{key} is {type(value).__name__}, not true or false")
    return value


def amount_of(text: Any, name: str) -> Decimal:
    """The number that a text says, with all its digits. NaN and Infinity are none."""
    if type(text) is not str:
        raise Malformed(f"{name} is {type(text).__name__}, not text")
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise Malformed(f"{name} is no number") from error
    if not amount.is_finite():
        raise Malformed(f"{name} is no number")
    return amount
