"""What a server answered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from tribe_po.errors import LostAnswer, Temporary

NEXT_RUN = "nothing to do: the next run tries again"
LOOKED_UP = "nothing to do: the next run looks the record up before trying again"

_MOST_DIGITS = 400
"""A double, the widest number that either API documents, has fewer."""

_HALF_A_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `headers` are case-insensitive; `path` is the path asked for.

    `title` and `call` name the server and the request in errors ("PowerOffice", "GET /Customers").
    `once` is true for a write that must not be sent twice. `content` is the text as it came:
    what counts of an answer that is a file.
    """

    status: int
    headers: Mapping[str, str]
    text: str
    path: str
    title: str = "the server"
    call: str = "a request"
    once: bool = False
    content: bytes = field(default=b"", repr=False)

    def json(self) -> Any:
        """The text as JSON, with every fraction as `Decimal`; None for an empty text.

        Half a character (a surrogate without its other half) becomes U+FFFD, the sign for that.
        Raise `Temporary` when it is not JSON (a proxy's page, an answer cut short); that is a
        `LostAnswer` for a write that must not be sent twice.
        """
        if not self.text.strip():
            return None
        try:
            found = json.loads(self.text, parse_float=_decimal, parse_constant=_no_constant)
            return _mended(found) if _HALF_A_CHARACTER.search(self.text) else found
        except (ValueError, RecursionError):
            pass
        kind = self.headers.get("Content-Type", "no content type").partition(";")[0]
        what = f"{self.title} did not answer {self.call} with JSON"
        why = f"status {self.status}, {len(self.text)} characters of {kind}"
        if self.once:
            raise LostAnswer(what, f"{why}; the write may or may not have been done", LOOKED_UP)
        raise Temporary(what, why, f"{NEXT_RUN}; if it lasts, look for a proxy in between")

    @property
    def server_time(self) -> datetime | None:
        """The `Date` header as an aware UTC datetime, to the second; None if there is none."""
        return http_date(self.headers.get("Date", ""))

    @property
    def from_gateway(self) -> bool:
        """Whether PowerOffice's gateway answered instead of the API (poweroffice.md section 6)."""
        try:
            body = self.json()
        except Temporary:
            return False
        return isinstance(body, dict) and {"statuscode", "message"} <= {key.lower() for key in body}


def _decimal(text: str) -> Decimal:
    """Raise ValueError for a number of more digits than anybody counts in: writing it out would
    take all memory."""
    if "e" not in text.lower() and len(text) <= _MOST_DIGITS:
        return Decimal(text)
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise ValueError("an exponent") from None
    if len(text) > _MOST_DIGITS or abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError("a number")
    return number


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass")
        return whole.decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mended(one) for one in value]
    if isinstance(value, dict):
        return {_mended(name): _mended(one) for name, one in value.items()}
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def http_date(text: str) -> datetime | None:
    """A date in a header as an aware UTC datetime; None if it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
