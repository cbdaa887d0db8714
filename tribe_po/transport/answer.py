"""What a server answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from tribe_po.errors import LostAnswer, Temporary

NEXT_RUN = "nothing to do: the next run tries again"
LOOKED_UP = "nothing to do: the next run looks the record up before trying again"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `headers` are case-insensitive; `path` is the path asked for.

    `title` and `call` name the server and the request in errors ("PowerOffice", "GET /Customers").
    `once` is true for a write that must not be sent twice.
    """

    status: int
    headers: Mapping[str, str]
    text: str
    path: str
    title: str = "the server"
    call: str = "a request"
    once: bool = False

    def json(self) -> Any:
        """The text as JSON, with every fraction as `Decimal`; None for an empty text.

        Raise `Temporary` when it is not JSON (a proxy's page, an answer cut short); that is a
        `LostAnswer` for a write that must not be sent twice.
        """
        if not self.text.strip():
            return None
        try:
            return json.loads(self.text, parse_float=Decimal, parse_constant=_no_constant)
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


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def http_date(text: str) -> datetime | None:
    """A date in a header as an aware UTC datetime; None if it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
