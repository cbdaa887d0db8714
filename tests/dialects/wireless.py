"""The sandbox without sockets or waiting: the story is about what is said, not how it travels."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import unquote, urlsplit

from requests.structures import CaseInsensitiveDict
from werkzeug.test import create_environ, run_wsgi_app

from tests.scenarios.world import MORNING, World
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.server import Sandbox
from tribe_po.transport import wire
from tribe_po.transport.answer import Answer

_LONG = 10**7


class _Line:
    """Stands where the server's connection would: it only knows whether it was hung up."""

    def __init__(self) -> None:
        self.hung_up = False

    def shutdown(self, _how: int) -> None:
        self.hung_up = True


class Killed(BaseException):
    """The process of the pass is dead. Nothing may catch it."""


class Unserved(Sandbox):
    """Has an address, and nobody listens there.

    `kills` are regular expressions for "METHOD path": once a server has done what matches one, the
    pass that asked for it is dead before it reads the answer.
    """

    url = "http://127.0.0.1:9"

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.kills: list[str] = []

    def kill_if_due(self, method: str, path: str, status: int) -> None:
        """Raise `Killed`, for each of `kills` once."""
        for pattern in self.kills:
            if status < HTTPStatus.BAD_REQUEST and re.search(pattern, f"{method} {path}"):
                self.kills.remove(pattern)
                raise Killed(pattern)


@contextmanager
def office(folder: Path, **overrides: str) -> Iterator[World]:
    """A new world without sockets, whose tokens last as long as the story. `overrides` are
    settings."""
    clock = ManualClock(MORNING)
    sandbox = Unserved(clock, requests_per_second=None, token_seconds=_LONG)
    sandbox.tribe.dialect = replace(sandbox.tribe.dialect, token_seconds=_LONG)
    with _wireless(sandbox):
        yield World(
            sandbox,
            clock,
            folder,
            overrides,
            sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
        )


@contextmanager
def _wireless(sandbox: Unserved) -> Iterator[None]:
    """Let every connection that is opened meanwhile lead into the sandbox, and none of them wait
    before it tries again."""
    make = wire.Wire.__init__

    def impatient(self: wire.Wire, *given: Any, **options: Any) -> None:
        make(self, *given, **{**options, "sleep": lambda _seconds: None})

    def exchange(self: wire.Wire, call: wire.Call, headers: Mapping[str, str]) -> Answer:
        with self._lock:
            self.requests += 1
        return _answered(sandbox, call, headers)

    with (
        mock.patch.object(wire.Wire, "__init__", impatient),
        mock.patch.object(wire.Wire, "_exchange", exchange),
        mock.patch.object(os, "fsync", return_value=None),
    ):
        yield


def _answered(sandbox: Unserved, call: wire.Call, headers: Mapping[str, str]) -> Answer:
    """What the sandbox's application answers to a call. A line that was hung up broke after the
    request was sent, as far as the client knows."""
    address, line = urlsplit(call.url), _Line()
    environ = create_environ(
        path=unquote(address.path),
        query_string=address.query,
        method=call.method,
        headers=dict(headers),
        data=call.body or b"",
        content_type=call.content_type,
    )
    environ["werkzeug.socket"] = line
    environ["RAW_URI"] = f"{address.path}?{address.query}"
    parts, status, answered = run_wsgi_app(sandbox.app, environ, buffered=True)
    sandbox.kill_if_due(call.method, address.path, int(status.split()[0]))
    if line.hung_up:
        raise wire._Broken("hung up", sent=True)
    return Answer(
        status=int(status.split()[0]),
        headers=CaseInsensitiveDict(answered),
        text=b"".join(parts).decode(),
        path=call.path,
        title=call.system.title,
        call=call.name,
        once=not call.repeatable,
    )
