"""Access tokens: asked for with the keys, kept, renewed before they end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from tribe_po.errors import NotAllowed, Temporary
from tribe_po.records import System
from tribe_po.transport.answer import NEXT_RUN, Answer
from tribe_po.transport.pace import Pace
from tribe_po.transport.wire import KEY_SETTINGS, NO_HEADERS, Call, Keys, Wire

FALLBACK_LIFETIME = 600.0
LONGEST_LIFETIME = 30 * 86400.0
LONGEST_WORDS = 300

log = logging.getLogger("tribe_po.http")


class TokenSource(Protocol):
    """Where a connection gets its token."""

    def bearer(self) -> str:
        """A token that is good for a while yet."""
        ...

    def drop(self) -> None:
        """Forget the token that `bearer` gave last: the server did not accept it."""
        ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, good from `obtained` on and renewed after `renew_after` (aware, UTC)."""

    text: str = field(repr=False)
    obtained: datetime
    renew_after: datetime

    def fresh(self, now: datetime) -> bool:
        """Whether it may be used. One from the future was obtained before the clock was set back;
        nobody knows how long that one lasts."""
        return self.obtained <= now < self.renew_after


class TokenCache:
    """Tokens on disk, so that a pass every minute does not ask for one every minute.

    `path` None, or a file that cannot be read, is an empty cache. A cache that is not `writable` is
    only read.
    """

    def __init__(self, path: Path | None, writable: bool) -> None:
        self._path = path
        self._writable = writable and path is not None
        self._lock = threading.Lock()

    def read(self, key: str, now: datetime) -> Token | None:
        """The token kept under a key, if it is still fresh."""
        return self._tokens(now).get(key)

    def store(self, key: str, token: Token, now: datetime) -> None:
        """Keep a token, and let go of those that are no longer fresh. The file is replaced as a
        whole and only its owner can read it; if that fails, nothing is kept."""
        if self._path is None or not self._writable:
            return
        with self._lock:
            tokens = {**self._tokens(now), key: token}
            try:
                _replace(self._path, json.dumps({name: _plain(tokens[name]) for name in tokens}))
            except OSError as error:
                log.debug(
                    "the token cache was not written: %s",
                    error.strerror,
                    extra={"id": "token.not-kept"},
                )

    def _tokens(self, now: datetime) -> dict[str, Token]:
        if self._path is None:
            return {}
        try:
            kept = json.loads(self._path.read_bytes())
            tokens = {str(key): _token(entry) for key, entry in kept.items()}
            return {key: token for key, token in tokens.items() if token.fresh(now)}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return {}


def _plain(token: Token) -> dict[str, str]:
    return {
        "token": token.text,
        "obtained": token.obtained.isoformat(),
        "renew_after": token.renew_after.isoformat(),
    }


def _token(entry: Mapping[str, str]) -> Token:
    obtained, renew_after = (
        datetime.fromisoformat(entry[name]) for name in ("obtained", "renew_after")
    )
    return Token(str(entry["token"]), obtained, renew_after)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(file, "w", encoding="utf-8") as out:
            out.write(text)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


class ClientCredentials:
    """The OAuth client-credentials grant (RFC 6749 section 4.4), for both systems.

    The keys go in `form` (tribe.md section 2.2) or in `basic` (poweroffice.md section 2). `scopes`
    are tried in turn while the server calls them invalid; None asks for no scope. Safe for use by
    several threads: one renews, the others wait for it.
    """

    def __init__(
        self,
        system: System,
        url: str,
        *,
        form: Mapping[str, str] = NO_HEADERS,
        headers: Mapping[str, str] = NO_HEADERS,
        basic: tuple[str, str] | None = None,
        cache: TokenCache,
        pace: Pace,
        scopes: Sequence[str | None] = (None,),
        spare_headers: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        tries: int = 5,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._system = system
        self._url = url
        self._form = dict(form)
        self._basic = basic
        self._keys = Keys(headers, spare_headers)
        self._secrets = _secrets(form, basic, headers, spare_headers or {})
        self._cache = cache
        self._cache_key = _digest([url, list(basic or ()), sorted(form.items())])
        self._scopes = list(scopes)
        self._wire = Wire(pace, timeout=timeout, tries=tries, sleep=sleep)
        self._now = now
        self._token: Token | None = None
        self._refused: str | None = None
        self._lock = threading.Lock()

    @property
    def requests(self) -> int:
        """How many token requests were made."""
        return self._wire.requests

    def bearer(self) -> str:
        """A token that is good for a while yet: the one in hand, one from the cache, or a new one.

        Raise `NotAllowed` when the server does not accept the keys, `Temporary` when it does not
        answer.
        """
        with self._lock:
            if self._token is None or not self._token.fresh(self._now()):
                self._token = self._kept() or self._new()
            return self._token.text

    def drop(self) -> None:
        """Forget the token in hand; the same one in the cache no longer counts either."""
        with self._lock:
            if self._token is not None:
                self._refused, self._token = self._token.text, None

    def _kept(self) -> Token | None:
        token = self._cache.read(self._cache_key, self._now())
        return token if token is not None and token.text != self._refused else None

    def _new(self) -> Token:
        asked = self._now()
        token = self._understand(self._request(), asked)
        self._cache.store(self._cache_key, token, asked)
        return token

    def _understand(self, answer: Answer, asked: datetime) -> Token:
        body = answer.json()
        text = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(text, str) or not text:
            what = f"{self._system.title} answered {answer.call} without a token"
            raise Temporary(what, f"status {answer.status}", NEXT_RUN)
        life = _lifetime(body.get("expires_in"))
        # A minute before the end, but a short-lived token is used for at least half its life:
        # else one that lasts a minute would be renewed for every request.
        usable = max(min(0.8 * life, life - 60), 0.5 * life)
        return Token(text, asked, asked + timedelta(seconds=usable))

    def _request(self) -> Answer:
        """The first answer that grants a token, with the scopes and the spare keys tried."""
        while True:
            keys = self._keys.current
            answer = self._send(keys)
            if 200 <= answer.status < 300:
                return answer
            if answer.status == 401 and answer.from_gateway and self._keys.switch(keys):
                continue
            if _words(answer)[0] == "invalid_scope" and len(self._scopes) > 1:
                del self._scopes[0]
                continue
            what = f"{self._system.title} did not accept the keys"
            why = f"status {answer.status} {': '.join(self._clean(_words(answer)))}".rstrip()
            raise NotAllowed(what, why, f"check {KEY_SETTINGS[self._system]}")

    def _send(self, keys: Mapping[str, str]) -> Answer:
        scope = self._scopes[0] if self._scopes else None
        form = {"grant_type": "client_credentials", **self._form}
        if scope:
            form["scope"] = scope
        split = urlsplit(self._url)
        call = Call(
            self._system,
            f"{split.scheme}://{split.netloc}",
            "POST",
            split.path,
            body=urlencode(form, quote_via=quote).encode(),
            content_type="application/x-www-form-urlencoded",
        )
        return self._wire.send(call, {**keys, **_authorization(self._basic)})

    def _clean(self, words: Sequence[str]) -> list[str]:
        """The server's words with the keys struck out, on one line and not too long."""
        cleaned = []
        for text in filter(None, words):
            for secret in self._secrets:
                text = text.replace(secret, "***")
            cleaned.append(" ".join(text.split())[:LONGEST_WORDS])
        return cleaned


def _authorization(basic: tuple[str, str] | None) -> dict[str, str]:
    if basic is None:
        return {}
    return {"Authorization": f"Basic {b64encode(':'.join(basic).encode()).decode()}"}


def _words(answer: Answer) -> tuple[str, str]:
    """The error's code and text; empty where the body is no OAuth or gateway error (tribe.md
    section 2.3, poweroffice.md section 6)."""
    try:
        body = answer.json()
    except Temporary:
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    given = {str(key).lower(): text for key, text in body.items() if isinstance(text, str)}
    detail = given.get("error_description") or given.get("message") or given.get("error_hint")
    return given.get("error", ""), detail or ""


def _lifetime(given: Any) -> float:
    """`expires_in` in seconds; 600 when it is missing or makes no sense."""
    try:
        seconds = float(given)
    except (TypeError, ValueError, OverflowError):
        return FALLBACK_LIFETIME
    return min(seconds, LONGEST_LIFETIME) if seconds > 0 else FALLBACK_LIFETIME


def _digest(identity: list[Any]) -> str:
    """A cache entry's name: other keys, another name, so that they never use an old token."""
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def _secrets(
    form: Mapping[str, str], basic: tuple[str, str] | None, *headers: Mapping[str, str]
) -> list[str]:
    """Every key in all the spellings that a server might repeat, the longest first."""
    words = [text for name, text in form.items() if name not in ("grant_type", "scope")]
    words += [*(basic or ()), *(text for group in headers for text in group.values())]
    words += [quote(text, safe="") for text in words] + list(_authorization(basic).values())
    return sorted({text for text in words if text}, key=len, reverse=True)
