"""Every status and every way to fail, for each method as the tool uses it.

GET, PATCH and PUT can be sent again: a patch guards what it replaces, and a partial PUT sets the
same values. A POST that creates cannot.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

import tribe_po
from tests.transport.loopback import (
    Deed,
    Handler,
    Server,
    answer,
    closed_port,
    drop,
    hang_up,
    keep_waiting,
    served,
    truncate,
)
from tests.transport.test_http import API_401, BODY, HTML, Clock, Tokens, connect
from tribe_po.errors import TribePoError
from tribe_po.transport.http import Connection

Method = Literal["GET", "PATCH", "PUT", "POST"]

METHODS: tuple[Method, ...] = ("GET", "PATCH", "PUT", "POST")


@dataclass(frozen=True)
class Expected:
    """The error or status, how many requests are sent, and for how many seconds is waited in
    between: None for what the tool chooses itself."""

    outcome: str
    requests: int
    waits: tuple[float | None, ...] = ()


def returned(status: int) -> dict[Method, Expected]:
    """The adapter decides: the answer is handed over after one request."""
    return dict.fromkeys(METHODS, Expected(str(status), 1))


GROWING = (None,) * 4
PASSES = Expected("Temporary", 5, GROWING)
LOST = Expected("LostAnswer", 1)

NOT_DONE = dict.fromkeys(METHODS, PASSES)
"""The server surely did nothing, so that a POST is sent again, too."""

PERHAPS_DONE: dict[Method, Expected] = {**NOT_DONE, "POST": LOST}

HAVE_TO_WAIT = dict.fromkeys(METHODS, Expected("Temporary", 5, (7.0,) * 4))
NOT_ALLOWED = dict.fromkeys(METHODS, Expected("NotAllowed", 2))
UNREADABLE: dict[Method, Expected] = {
    **dict.fromkeys(METHODS, Expected("Temporary", 1)),
    "POST": LOST,
}

CASES: dict[str, tuple[Deed, dict[Method, Expected]]] = {
    "400": (answer(400, {"title": "no"}), returned(400)),
    "401": (API_401, NOT_ALLOWED),
    "403": (answer(403, {"title": "no"}), returned(403)),
    "404": (answer(404, {"title": "no"}), returned(404)),
    "409": (answer(409, {"title": "no"}), returned(409)),
    "412": (answer(412, {"title": "no"}), returned(412)),
    "422": (answer(422, {"title": "no"}), returned(422)),
    "429": (answer(429), NOT_DONE),
    "429 with Retry-After": (answer(429, None, [("Retry-After", "7")]), HAVE_TO_WAIT),
    "429 for an hour": (
        answer(429, None, [("Retry-After", "3600")]),
        dict.fromkeys(METHODS, Expected("Temporary", 1)),
    ),
    "500": (answer(500), PERHAPS_DONE),
    "502": (answer(502, HTML), PERHAPS_DONE),
    "503": (answer(503), NOT_DONE),
    "503 with Retry-After": (answer(503, None, [("Retry-After", "7")]), HAVE_TO_WAIT),
    "504": (answer(504), PERHAPS_DONE),
    "closed without an answer": (drop, PERHAPS_DONE),
    "closed before the body was read": (hang_up, PERHAPS_DONE),
    "answer cut off": (truncate, PERHAPS_DONE),
    "truncated JSON": (answer(200, '{"Id": 1, "Na'), UNREADABLE),
    "HTML with 200": (answer(200, HTML, [("Content-Type", "text/html")]), UNREADABLE),
    "empty 200": (answer(200), returned(200)),
    "JSON as text/plain": (answer(200, "{}", [("Content-Type", "text/plain")]), returned(200)),
    "another host": (
        answer(302, HTML, [("Location", "https://login.example.net/")]),
        UNREADABLE,
    ),
    "the same host": (answer(307, "", [("Location", "/elsewhere")]), UNREADABLE),
}


def ask(connection: Connection, method: Method) -> str:
    """The status of an answer that could be read, or the name of the error."""
    try:
        if method == "GET":
            found = connection.get("/Customers")
        else:
            again = method != "POST"
            found = connection.write(method, "/Customers", BODY, repeatable=again)
        found.json()
    except TribePoError as error:
        return type(error).__name__
    return str(found.status)


def check(server: Server, clock: Clock, outcome: str, expected: Expected) -> None:
    assert (outcome, len(server.seen)) == (expected.outcome, expected.requests)
    assert len(clock.slept) == len(expected.waits)
    for slept, wait in zip(clock.slept, expected.waits, strict=True):
        assert wait in (None, slept)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_a_failure_that_lasts(server: Server, case: str, method: Method) -> None:
    deed, expected = CASES[case]
    server.will(deed)
    clock = Clock()
    outcome = ask(connect(server.url, clock), method)
    check(server, clock, outcome, expected[method])
    assert {seen.method for seen in server.seen} == {method}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_a_failure_that_passes(server: Server, case: str, method: Method) -> None:
    deed, expected = CASES[case]
    server.will(deed, answer(200, {"Id": 1}))
    outcome = ask(connect(server.url), method)
    tried_again = expected[method].requests > 1
    assert outcome == ("200" if tried_again else expected[method].outcome)
    assert len(server.seen) == (2 if tried_again else 1)


def refused(_: Server, __: pytest.MonkeyPatch) -> str:
    return closed_port()


def unknown_name(_: Server, patch: pytest.MonkeyPatch) -> str:
    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    patch.setattr(socket, "getaddrinfo", no_such_name)
    return "http://nowhere.invalid"


def bad_certificate(server: Server, patch: pytest.MonkeyPatch) -> str:
    def refuse(*_: object, **__: object) -> None:
        raise ssl.SSLCertVerificationError(1, "certificate verify failed: it has expired")

    patch.setattr(ssl.SSLContext, "wrap_socket", refuse)
    return server.url.replace("http:", "https:")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("nowhere", [refused, unknown_name, bad_certificate])
def test_what_never_reached_a_server_is_never_a_lost_answer(
    server: Server,
    method: Method,
    nowhere: Callable[[Server, pytest.MonkeyPatch], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.will(answer(200, {}))
    connection = connect(nowhere(server, monkeypatch))
    assert ask(connection, method) == "Temporary"
    assert connection.requests == 5


@pytest.mark.parametrize("method", METHODS)
def test_a_server_that_never_answers(server: Server, method: Method) -> None:
    server.will(keep_waiting)
    connection = connect(server.url, timeout=0.05, tries=2)
    assert ask(connection, method) == PERHAPS_DONE[method].outcome
    assert connection.requests == (1 if method == "POST" else 2)


def headers_without_end(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 1000 + b"\r\n")
    handler.wfile.flush()
    drop(handler)


def header_too_long(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"1" * 100_000 + b"\r\n\r\n")
    handler.wfile.flush()
    drop(handler)


def no_http(handler: Handler) -> None:
    handler.wfile.write(b"\x16\x03\x01 220 mail.example ESMTP\r\n")
    handler.wfile.flush()
    drop(handler)


def bad_length(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}")
    handler.wfile.flush()
    drop(handler)


def bad_chunks(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")
    handler.wfile.flush()
    drop(handler)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("deed", [headers_without_end, header_too_long, no_http, bad_chunks])
def test_what_is_no_http_ends_as_a_broken_connection_does(
    server: Server, deed: Deed, method: Method
) -> None:
    server.will(deed)
    clock = Clock()
    outcome = ask(connect(server.url, clock), method)
    check(server, clock, outcome, PERHAPS_DONE[method])


@pytest.mark.parametrize("method", METHODS)
def test_a_length_that_makes_no_sense_counts_as_none(server: Server, method: Method) -> None:
    """The body then ends with the connection (RFC 9112 section 6.3)."""
    server.will(bad_length)
    assert ask(connect(server.url), method) == "200"


@pytest.mark.parametrize("location", ["http://{other}/", "//{other}/x", "/v2/Customers", ""])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_keys_go_to_no_other_host(status: int, location: str) -> None:
    with served() as server, served() as other:
        other.will(answer(200, {}))
        host = other.url.removeprefix("http://")
        server.will(answer(status, "", [("Location", location.format(other=host))]))
        tokens: Any = Tokens()
        for method in METHODS:
            ask(connect(server.url, token=tokens, headers={"Key": "secret"}), method)
        assert other.seen == []
        assert {seen.target for seen in server.seen} == {"/Customers"}


def test_nothing_is_ever_deleted() -> None:
    """No room but the sandbox, which imitates servers, knows the method."""
    package = Path(tribe_po.__file__).parent
    spoken = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"""["']DELETE["']|\.delete\(""", path.read_text(encoding="utf-8"))
    ]
    assert spoken, "the sandbox does"
    assert [path for path in spoken if not path.startswith("sandbox/")] == []
