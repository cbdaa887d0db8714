"""The connection to one system's API: token and keys on every request, and nothing but answers
that its caller decides about."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tribe_po.errors import NotAllowed, RecordRefused, Temporary
from tribe_po.records import System
from tribe_po.transport.answer import NEXT_RUN, Answer
from tribe_po.transport.pace import Pace
from tribe_po.transport.token import TokenSource
from tribe_po.transport.wire import KEY_SETTINGS, NO_HEADERS, Call, Keys, Query, Wire

__all__ = ["Answer", "Connection", "Query"]

LEFT_TO_CALLER = frozenset({400, 403, 404, 405, 409, 412, 414, 415, 422, 501})


class Connection:
    """One system's API: sends calls with token and keys, and answers with what the caller decides
    about (2xx, and the statuses in `LEFT_TO_CALLER`). Safe for use by several threads.

    `base_url` is what paths are appended to. `headers` go with every call; `spare_headers` take
    their place when the gateway does not accept them. `timeout` is in seconds between two bytes.
    """

    def __init__(
        self,
        system: System,
        base_url: str,
        *,
        token: TokenSource,
        pace: Pace,
        headers: Mapping[str, str] = NO_HEADERS,
        spare_headers: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        tries: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._system = system
        self._base_url = base_url
        self._token = token
        self._keys = Keys(headers, spare_headers)
        self._wire = Wire(pace, timeout=timeout, tries=tries, sleep=sleep)
        self._lock = threading.Lock()

    @property
    def requests(self) -> int:
        """How many HTTP requests were made, those for the token included."""
        return self._wire.requests + int(getattr(self._token, "requests", 0))

    def get(self, path: str, query: Query = ()) -> Answer:
        """Read. `path` is not encoded.

        Raise `Temporary`, or `NotAllowed` when the keys are not accepted.
        """
        return self._ask(Call(self._system, self._base_url, "GET", path, query))

    def write(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        content_type: str = "application/json",
        repeatable: bool = False,
        query: Query = (),
    ) -> Answer:
        """Write `body` as JSON (`Decimal` as a number), or as it is if it is bytes; None sends no
        body.

        Raise `LostAnswer` when a write that is not `repeatable` may have been done, else as `get`;
        `RecordRefused` on a 4xx that neither this class nor its callers know.
        """
        content = body if body is None or isinstance(body, bytes) else _dump(body)
        kind = None if body is None else content_type
        call = Call(self._system, self._base_url, method, path, query, content, kind, repeatable)
        return self._ask(call)

    def _ask(self, call: Call) -> Answer:
        answer = self._authorised(call)
        if 200 <= answer.status < 300 or answer.status in LEFT_TO_CALLER:
            return answer
        title = self._system.title
        if answer.status == 401:
            what = f"{title} did not accept the token for {call.name}"
            why = "status 401, also to a new token"
            raise NotAllowed(what, why, f"check {KEY_SETTINGS[self._system]}")
        what, why = f"{title} refused {call.name}", f"status {answer.status}"
        if call.method == "GET":
            raise Temporary(what, why, NEXT_RUN)
        raise RecordRefused(what, why, f"look at the record in {title}")

    def _authorised(self, call: Call) -> Answer:
        """The answer, after a new token on the first 401 and the spare keys on the second."""
        bearer, keys = self._token.bearer(), self._keys.current
        answer = self._send(call, bearer, keys)
        if answer.status == 401:
            self._renew(bearer)
            bearer, keys = self._token.bearer(), self._keys.current
            answer = self._send(call, bearer, keys)
        if answer.status == 401 and answer.from_gateway and self._keys.switch(keys):
            answer = self._send(call, self._token.bearer(), self._keys.current)
        return answer

    def _send(self, call: Call, bearer: str, keys: Mapping[str, str]) -> Answer:
        return self._wire.send(call, {**keys, "Authorization": f"Bearer {bearer}"})

    def _renew(self, refused: str) -> None:
        """Drop the token, unless another thread has already got a new one."""
        with self._lock:
            if self._token.bearer() == refused:
                self._token.drop()


def _dump(body: Any) -> bytes:
    return json.dumps(body, default=_number, separators=(",", ":"), allow_nan=False).encode()


def _number(value: object) -> float | int:
    """A `Decimal` as the JSON number of exactly that value."""
    if not isinstance(value, Decimal):
        raise TypeError(f"a {type(value).__name__} is not JSON")
    number = int(value) if value == value.to_integral_value() else float(value)
    if Decimal(repr(number)) != value:
        raise ValueError("a number has more digits than JSON's readers keep")
    return number
