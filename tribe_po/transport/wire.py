"""One request at a time: sending it, sending it again, and knowing when its answer is lost."""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from tribe_po.errors import LostAnswer, SettingsError, Temporary
from tribe_po.records import System
from tribe_po.transport.answer import LOOKED_UP, NEXT_RUN, Answer, http_date
from tribe_po.transport.pace import Pace

Query = Sequence[tuple[str, str]]
"""Query parameters in order, names and values not encoded."""

CONNECT_TIMEOUT = 10.0
BODY_LIMIT = 64 * 1024 * 1024
FILES = "/v1/odata-file/"
LONGEST_PAUSE = 120.0
LEAST_PAUSE = 1.0
LITERAL = "$(),';=/:"
TOO_MANY = 429
NOT_PROCESSED = frozenset({TOO_MANY, 503})
PERHAPS_PROCESSED = frozenset({408, 425})
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
KEY_SETTINGS: Mapping[System, str] = MappingProxyType(
    {
        System.TRIBE: "TRIBECRM_CLIENT_ID and TRIBECRM_CLIENT_SECRET",
        System.POWEROFFICE: (
            "POWEROFFICE_APP_KEY, POWEROFFICE_CLIENT_KEY and POWEROFFICE_SUBSCRIPTION_KEY"
        ),
    }
)

log = logging.getLogger("tribe_po.http")
# urllib3 logs whole URLs, and query values may be names or e-mail addresses.
logging.getLogger("urllib3").setLevel(logging.ERROR)


def target(path: str, query: Query = ()) -> str:
    """A path and its query, percent-encoded: space is %20 and plus %2B (tribe.md section 4.4)."""
    encoded = quote(path if path.startswith("/") else f"/{path}", safe=LITERAL + "@")
    pairs = "&".join(f"{quote(name, safe='$')}={quote(text, safe=LITERAL)}" for name, text in query)
    return f"{encoded}?{pairs}" if pairs else encoded


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it is sent, and sent again. `repeatable`: doing it twice does no harm."""

    system: System
    base_url: str
    method: str
    path: str
    query: Query = ()
    body: bytes | None = field(default=None, repr=False)
    content_type: str | None = None
    repeatable: bool = True

    @property
    def url(self) -> str:
        """Where it goes."""
        return self.base_url.rstrip("/") + target(self.path, self.query)

    @property
    def name(self) -> str:
        """How errors and the log call it: the method and the path, never the query's values."""
        return f"{self.method} {self.path}"


class Keys:
    """The headers that carry a system's keys, and the spare ones that take their place."""

    def __init__(
        self, headers: Mapping[str, str] = NO_HEADERS, spare: Mapping[str, str] | None = None
    ) -> None:
        self.current: Mapping[str, str] = dict(headers)
        self._spare = spare
        self._lock = threading.Lock()

    def switch(self, refused: Mapping[str, str]) -> bool:
        """Given the headers that were refused, say whether others are now in `current`."""
        with self._lock:
            if self.current is refused and self._spare:
                self.current, self._spare = {**refused, **self._spare}, None
            return self.current is not refused


class _Broken(Exception):
    """A request that ended without an answer. `sent`: the server may have got it whole."""

    def __init__(self, reason: str, *, sent: bool, again: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.again = again


@dataclass(frozen=True, slots=True)
class _Setback:
    """A try that failed and may be made again, after `pause` seconds if the server named any."""

    reason: str
    pause: float | None = None


class _Body(io.BytesIO):
    """A request's body that knows whether sending it has begun.

    It is read only after the connection stands and the headers are out, so a server cannot have
    acted on a request whose body was never read. No exception tells that as surely.
    """

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)


class _Session(requests.Session):
    """Keeps connections alive, and does not even look where a redirect leads."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


class Wire:
    """Sends calls at their pace, and again after what passes. Safe for use by several threads."""

    def __init__(
        self, pace: Pace, *, timeout: float, tries: int, sleep: Callable[[float], None]
    ) -> None:
        self.requests = 0
        self._pace = pace
        self._timeout = timeout
        self._tries = tries
        self._sleep = sleep
        self._lock = threading.Lock()
        self._local = threading.local()
        self._environment: dict[str, dict[str, Any]] = {}

    def send(self, call: Call, headers: Mapping[str, str]) -> Answer:
        """Send until there is an answer that trying again would not change: 2xx, 501, or 4xx
        except 408, 425 and 429.

        Raise `Temporary` when the tries are used up, on a redirect, or when the server asks for a
        long pause; `LostAnswer` at once when a call that is not repeatable may have been done.
        """
        reason = "not tried"
        waits = _waits()
        for left in reversed(range(self._tries)):
            outcome = self._try(call, headers)
            if isinstance(outcome, Answer):
                return outcome
            reason = outcome.reason
            pause = next(waits) if outcome.pause is None else outcome.pause
            if pause > LONGEST_PAUSE:
                asked = f"it asked to wait {pause:.0f} s, more than {LONGEST_PAUSE:.0f} s"
                raise Temporary(_unanswered(call), f"{reason}; {asked}", NEXT_RUN)
            if left:
                self._sleep(pause)
        raise Temporary(_unanswered(call), f"tried {self._tries}x, at last: {reason}", NEXT_RUN)

    def _try(self, call: Call, headers: Mapping[str, str]) -> Answer | _Setback:
        try:
            answer = self._exchange(call, headers)
        except _Broken as broken:
            return _after_break(call, broken)
        if answer.status in NOT_PROCESSED:
            pause = _asked_pause(answer)
            if answer.status == TOO_MANY:
                self._pace.too_many(LEAST_PAUSE if pause is None else min(pause, LONGEST_PAUSE))
            return _Setback(f"status {answer.status}", pause)
        if 300 <= answer.status < 400:
            _refuse_redirect(call, answer)
        if answer.status not in PERHAPS_PROCESSED and (answer.status < 500 or answer.status == 501):
            return answer
        if not call.repeatable:
            what = f"{call.system.title} answered {answer.status} to {call.name}"
            raise LostAnswer(what, "the write may or may not have been done", LOOKED_UP)
        return _Setback(f"status {answer.status}", _asked_pause(answer))

    def _exchange(self, call: Call, headers: Mapping[str, str]) -> Answer:
        request, body = _prepare(call, headers)
        self._pace.wait()
        with self._lock:
            self.requests += 1
        begin = time.monotonic()
        outcome = "no answer"
        try:
            status, answer_headers, content = self._send(request)
            outcome = str(status)
        except (requests.RequestException, HTTPError) as error:
            outcome = type(error).__name__
            sent = body is None or body.begun
            raise _Broken(_reason(error, self._timeout), sent=sent) from None
        finally:
            names = ",".join(name for name, _ in call.query) or "-"
            taken = 1000 * (time.monotonic() - begin)
            said = ("%s query %s: %s in %.0f ms", call.name, names, outcome, taken)
            data = {"system": call.system.value, "call": call.name, "query": names}
            data |= {"outcome": outcome, "milliseconds": f"{taken:.0f}"}
            log.debug(*said, extra={"id": "request", "data": data})
        # JSON is UTF-8 (RFC 8259). What is not turns into \x escapes, which JSON does not allow:
        # a damaged answer is then refused instead of read as other letters.
        text = content.decode("utf-8-sig", errors="backslashreplace")
        title, once = call.system.title, not call.repeatable
        return Answer(status, answer_headers, text, call.path, title, call.name, once, content)

    def _send(self, request: requests.PreparedRequest) -> tuple[int, Mapping[str, str], bytes]:
        session, timeout = self._session(), (CONNECT_TIMEOUT, self._timeout)
        settings = self._settings(request.url or "", session)
        with session.send(request, allow_redirects=False, timeout=timeout, **settings) as response:
            return response.status_code, response.headers, _read(response)

    def _settings(self, url: str, session: requests.Session) -> dict[str, Any]:
        """Proxies and certificates from the environment, looked up once for each host."""
        host = urlsplit(url).netloc
        if host not in self._environment:
            found = session.merge_environment_settings(url, {}, True, None, None)
            self._environment[host] = dict(found)
        return self._environment[host]

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = _Session()
        session: requests.Session = self._local.session
        return session


def _prepare(
    call: Call, headers: Mapping[str, str]
) -> tuple[requests.PreparedRequest, _Body | None]:
    """The request and its body. Made without the session, which would put a .netrc entry in the
    place of the token."""
    accept = "application/xml" if call.path.endswith("$metadata") else "application/json"
    accept = "*/*" if call.path.startswith(FILES) else accept
    own = {"Accept": accept, "Accept-Encoding": "gzip, deflate", "User-Agent": "tribe-po"}
    if call.content_type:
        own["Content-Type"] = call.content_type
    try:
        for text in headers.values():
            text.encode("latin-1")
        request = requests.Request(call.method, call.url, headers={**own, **headers}).prepare()
    except (requests.RequestException, UnicodeError) as error:
        what = f"{call.name} to {call.system.title} cannot be sent"
        why = f"its address or keys make no sense ({type(error).__name__})"
        raise SettingsError(what, why, f"check {KEY_SETTINGS[call.system]} and the URL") from None
    if call.method == "GET":
        return request, None
    content = call.body or b""
    body = _Body(content)
    request.headers["Content-Length"] = str(len(content))
    request.body = body  # type: ignore[assignment]  # the stubs know no file-like body
    return request, body


def _read(response: requests.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_content(65536):
        size += len(part)
        if size > BODY_LIMIT:
            reason = f"the answer is larger than {BODY_LIMIT // 2**20} MiB"
            raise _Broken(reason, sent=True, again=False)
        parts.append(part)
    return b"".join(parts)


def _waits() -> Iterator[float]:
    """Seconds between tries: 1, 2, 4, ... 30, each with up to a second of jitter."""
    import backoff  # brings asyncio along; most passes never wait

    seconds = backoff.expo(factor=LEAST_PAUSE, max_value=30)
    next(seconds)
    return (backoff.random_jitter(second) for second in seconds)


def _asked_pause(answer: Answer) -> float | None:
    """Retry-After in seconds, given as a number or an HTTP date; None if it is neither."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return max(LEAST_PAUSE, float(text))
    moment = http_date(text)
    if moment is None:
        return None
    server_now = answer.server_time or datetime.now(UTC)
    return max(LEAST_PAUSE, (moment - server_now).total_seconds())


def _after_break(call: Call, broken: _Broken) -> _Setback:
    if broken.sent and not call.repeatable:
        raise LostAnswer(
            _unanswered(call), f"{broken.reason} after the request was sent", LOOKED_UP
        )
    if not broken.again:
        raise Temporary(_unanswered(call), broken.reason, NEXT_RUN)
    return _Setback(broken.reason)


def _refuse_redirect(call: Call, answer: Answer) -> NoReturn:
    """A redirect is a proxy, a sign-in page or a wrong URL; behind it the keys are not safe."""
    location = answer.headers.get("Location", "")
    host = _host(location) or _host(call.base_url) or "nowhere"
    what = f"{call.system.title} sent {call.name} on to {host}"
    why = f"status {answer.status}; a redirect is not followed, it would carry the keys along"
    kind = Temporary if call.repeatable else LostAnswer
    raise kind(what, why, "check the API URL in the settings, and the proxy if there is one")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _unanswered(call: Call) -> str:
    return f"{call.system.title} did not answer {call.name}"


def _reason(error: Exception, timeout: float) -> str:
    """Why a request failed. An exception's own text holds the URL with its query, so it is not
    used: only the system's words for the innermost cause, which know no URL."""
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {CONNECT_TIMEOUT:.0f} s"
    if isinstance(error, requests.ReadTimeout):
        return f"no answer within {timeout:g} s"
    cause: BaseException = error
    while inner := cause.__cause__ or cause.__context__:
        cause = inner
    words = cause.strerror if isinstance(cause, OSError) else None
    return f"the connection broke ({words or type(cause).__name__})"
