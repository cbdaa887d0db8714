"""What every status and every way to fail leads to, for reads and both kinds of writes."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter

from tests.transport.loopback import (
    Deed,
    Server,
    answer,
    closed_port,
    drop,
    hang_up,
    keep_waiting,
    raw,
    truncate,
)
from tribe_po.errors import (
    LostAnswer,
    NotAllowed,
    RecordRefused,
    SettingsError,
    Temporary,
    TribePoError,
)
from tribe_po.records import System
from tribe_po.transport import wire
from tribe_po.transport.http import Answer, Connection
from tribe_po.transport.pace import Unpaced

KEY = "s3cret-key"
QUERY = [("name", "Kari Nordmann")]
BODY = {"Name": "Nordlys Bakeri"}
HTML = "<html><body>Sign in</body></html>"
GATEWAY_401 = answer(401, {"statusCode": 401, "message": "Access denied: bad subscription key."})
API_401 = answer(401, {"title": "Access Token is missing or invalid"})


@dataclass
class Tokens:
    """A source of tokens that counts."""

    issued: int = 0
    dropped: int = 0
    requests: int = 0
    current: str | None = None

    def bearer(self) -> str:
        if self.current is None:
            self.issued += 1
            self.current = f"token-{self.issued}"
        return self.current

    def drop(self) -> None:
        self.dropped += 1
        self.current = None


@dataclass
class Clock:
    """Sleeps that only add up."""

    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def connect(url: str, clock: Clock | None = None, **options: Any) -> Connection:
    options = {"token": Tokens(), "pace": Unpaced(), "timeout": 5.0, **options}
    sleep = (clock or Clock()).sleep
    return Connection(System.POWEROFFICE, url, sleep=sleep, **options)


def ask(connection: Connection, how: str) -> Answer:
    if how == "GET":
        return connection.get("/Customers", QUERY)
    return connection.write("POST", "/Customers", BODY, repeatable=how == "POST again")


def outcome(connection: Connection, how: str) -> str:
    """The status, or the name of the error."""
    try:
        return str(ask(connection, how).status)
    except TribePoError as error:
        return type(error).__name__


RETURNED = [200, 201, 202, 204, 400, 403, 404, 405, 409, 412, 414, 415, 422, 501]


@pytest.mark.parametrize("how", ["GET", "POST again", "POST once"])
@pytest.mark.parametrize("status", RETURNED)
def test_what_the_adapter_decides_about_is_returned(server: Server, status: int, how: str) -> None:
    server.will(answer(status, None if status == 204 else {"title": "as it is"}))
    assert outcome(connect(server.url), how) == str(status)
    assert len(server.seen) == 1


AGAIN_OR_LOST = {
    "GET": ("Temporary", 5),
    "POST again": ("Temporary", 5),
    "POST once": ("LostAnswer", 1),
}
AGAIN = dict.fromkeys(AGAIN_OR_LOST, ("Temporary", 5))
REFUSED = {
    "GET": ("Temporary", 1),
    "POST again": ("RecordRefused", 1),
    "POST once": ("RecordRefused", 1),
}
NOT_ALLOWED = dict.fromkeys(AGAIN_OR_LOST, ("NotAllowed", 2))
ELSEWHERE = {
    "GET": ("Temporary", 1),
    "POST again": ("Temporary", 1),
    "POST once": ("LostAnswer", 1),
}

FAILURES: dict[str, tuple[Deed, dict[str, tuple[str, int]]]] = {
    "401": (API_401, NOT_ALLOWED),
    "402": (answer(402), REFUSED),
    "408": (answer(408), AGAIN_OR_LOST),
    "410": (answer(410), REFUSED),
    "413": (answer(413), REFUSED),
    "429": (answer(429, {"statusCode": "429", "message": "Rate limit is exceeded."}), AGAIN),
    "500": (answer(500, {"title": "Oops"}), AGAIN_OR_LOST),
    "502": (answer(502, HTML), AGAIN_OR_LOST),
    "503": (answer(503), AGAIN),
    "504": (answer(504), AGAIN_OR_LOST),
    "520": (answer(520), AGAIN_OR_LOST),
    "drop": (drop, AGAIN_OR_LOST),
    "hang up": (hang_up, AGAIN_OR_LOST),
    "truncate": (truncate, AGAIN_OR_LOST),
    "redirect": (answer(302, HTML, [("Location", "https://login.example.net/a?b=c")]), ELSEWHERE),
    "redirect into nothing": (answer(307, "", [("Location", "http://[bad")]), ELSEWHERE),
    "not modified": (answer(304), ELSEWHERE),
    "bad gzip": (raw(200, b"not gzip", [("Content-Encoding", "gzip")]), AGAIN_OR_LOST),
}


@pytest.mark.parametrize("how", AGAIN_OR_LOST)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_that_lasts(server: Server, failure: str, how: str) -> None:
    deed, expected = FAILURES[failure]
    server.will(deed)
    clock = Clock()
    connection = connect(server.url, clock)
    assert (outcome(connection, how), len(server.seen)) == expected[how]
    assert connection.requests == len(server.seen)
    assert len(clock.slept) == (4 if expected[how][1] == 5 else 0)


@pytest.mark.parametrize("how", AGAIN_OR_LOST)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_that_passes(server: Server, failure: str, how: str) -> None:
    deed, expected = FAILURES[failure]
    server.will(deed, answer(200, {}))
    name, requests = expected[how]
    assert outcome(connect(server.url), how) == ("200" if requests > 1 else name)
    assert len(server.seen) == min(requests, 2)


@pytest.mark.parametrize("how", AGAIN_OR_LOST)
def test_a_server_that_never_answers(server: Server, how: str) -> None:
    server.will(keep_waiting)
    connection = connect(server.url, timeout=0.05, tries=2)
    assert outcome(connection, how) == AGAIN_OR_LOST[how][0]
    assert connection.requests == (1 if how == "POST once" else 2)


@pytest.mark.parametrize("how", AGAIN_OR_LOST)
@pytest.mark.parametrize("way", ["refused", "tls", "dns", "slow"])
def test_what_was_never_sent_is_sent_again(
    server: Server, way: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.will(drop)
    urls = {"refused": closed_port(), "tls": server.url.replace("http:", "https:")}

    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    def too_slow(*_: object) -> None:
        raise TimeoutError

    if way == "slow":
        monkeypatch.setattr(socket.socket, "connect", too_slow)
    if way == "dns":
        monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    connection = connect(urls.get(way, "http://nowhere.invalid"))
    assert outcome(connection, how) == "Temporary"
    assert connection.requests == 5
    assert server.seen == []


def test_a_certificate_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ssl.SSLCertVerificationError(1, "certificate verify failed: it has expired")

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", refuse)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = connect(f"https://127.0.0.1:{listener.getsockname()[1]}", tries=1)
        with pytest.raises(Temporary, match="certificate verify failed") as raised:
            ask(connection, "POST once")
    assert not isinstance(raised.value, LostAnswer)


def test_certificates_are_checked_and_time_is_limited(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {}
    send = HTTPAdapter.send

    def spy(adapter: HTTPAdapter, request: Any, **given: Any) -> Any:
        options.update(given)
        return send(adapter, request, **given)

    monkeypatch.setattr(HTTPAdapter, "send", spy)
    server.will(answer(200, {}))
    ask(connect(server.url, timeout=7.0), "GET")
    assert options["verify"] is True
    assert options["timeout"] == (10.0, 7.0)


@pytest.mark.parametrize("how", AGAIN_OR_LOST)
def test_a_page_instead_of_json(server: Server, how: str) -> None:
    server.will(answer(200, HTML, [("Content-Type", "text/html; charset=utf-8")]))
    page = ask(connect(server.url), how)
    with pytest.raises(Temporary, match="33 characters of text/html") as raised:
        page.json()
    assert isinstance(raised.value, LostAnswer) == (how == "POST once")
    assert "Sign in" not in str(raised.value)


def test_letters_that_are_not_utf8_are_refused_and_not_replaced(server: Server) -> None:
    server.will(raw(200, '{"Name": "Bø"}'.encode("latin-1")))
    damaged = ask(connect(server.url), "GET")
    with pytest.raises(Temporary):
        damaged.json()
    server.will(raw(200, b'\xef\xbb\xbf{"Name": "B\xc3\xb8"}'))
    assert ask(connect(server.url), "GET").json() == {"Name": "Bø"}


@pytest.mark.parametrize("how", AGAIN_OR_LOST)
def test_a_body_too_large(server: Server, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "BODY_LIMIT", 2 * 2**20)
    large = gzip.compress(b"[" + b" " * (2 * 2**20) + b"]")
    server.will(raw(200, large, [("Content-Encoding", "gzip")]))
    assert outcome(connect(server.url), how) == ELSEWHERE[how][0]
    assert len(server.seen) == 1


def test_a_bodiless_write_counts_as_sent_too(server: Server) -> None:
    server.will(drop)
    with pytest.raises(LostAnswer):
        connect(server.url).write("POST", "/SalesOrders/7/Complete", None)
    assert (server.seen[0].headers["content-length"], server.seen[0].body) == ("0", b"")
    assert "content-type" not in server.seen[0].headers
    with pytest.raises(Temporary) as raised:
        connect(closed_port()).write("POST", "/SalesOrders/7/Complete", None)
    assert not isinstance(raised.value, LostAnswer)


PAUSES: dict[str, tuple[list[tuple[str, str]], float]] = {
    "seconds": ([("Retry-After", "7")], 7.0),
    "fraction": ([("Retry-After", "2.5")], 2.5),
    "zero": ([("Retry-After", "0")], 1.0),
    "date by the server's clock": (
        [
            ("Retry-After", "Wed, 04 Mar 2026 10:00:30 GMT"),
            ("Date", "Wed, 04 Mar 2026 10:00:10 GMT"),
        ],
        20.0,
    ),
    "date gone by": ([("Retry-After", "Wed, 04 Mar 2020 10:00:30 GMT")], 1.0),
}


def paused(status: int, headers: list[tuple[str, str]]) -> Deed:
    """Like `answer`, without the Date that http.server adds."""

    def deed(handler: Any) -> None:
        handler.send_response_only(status)
        for name, text in headers:
            handler.send_header(name, text)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return deed


@pytest.mark.parametrize("status", [429, 503, 500])
@pytest.mark.parametrize("form", PAUSES)
def test_retry_after_is_kept_to(server: Server, form: str, status: int) -> None:
    headers, seconds = PAUSES[form]
    server.will(paused(status, headers), answer(200, {}))
    clock = Clock()
    assert outcome(connect(server.url, clock), "POST again") == "200"
    assert clock.slept == [seconds]


@pytest.mark.parametrize("said", ["soon", "", "-3", "Wed, 99 Mar 2026 10:00:30 GMT"])
def test_without_a_usable_retry_after_the_pauses_grow(server: Server, said: str) -> None:
    server.will(paused(429, [("Retry-After", said)]))
    clock = Clock()
    assert outcome(connect(server.url, clock), "GET") == "Temporary"
    for least, slept in zip([1, 2, 4, 8], clock.slept, strict=True):
        assert least <= slept <= least + 1


def test_a_long_pause_is_left_to_the_next_run(server: Server) -> None:
    server.will(answer(429, None, [("Retry-After", "3600")]))
    clock = Clock()
    with pytest.raises(Temporary, match="3600 s, more than 120 s"):
        ask(connect(server.url, clock), "GET")
    assert clock.slept == []


def test_a_new_token_on_401(server: Server) -> None:
    server.will(API_401, answer(200, {}))
    tokens = Tokens()
    assert outcome(connect(server.url, token=tokens), "POST once") == "200"
    bearers = [seen.headers["authorization"] for seen in server.seen]
    assert bearers == ["Bearer token-1", "Bearer token-2"]
    assert server.seen[0].body == server.seen[1].body == b'{"Name":"Nordlys Bakeri"}'
    assert tokens.dropped == 1


def test_spare_keys_on_the_gateways_401(server: Server) -> None:
    connection = connect(server.url, headers={"Key": "first"}, spare_headers={"Key": "second"})
    server.will(GATEWAY_401, GATEWAY_401, answer(200, {}))
    assert outcome(connection, "POST once") == "200"
    assert [seen.headers["key"] for seen in server.seen] == ["first", "first", "second"]
    server.will(answer(200, {}))
    assert outcome(connection, "GET") == "200"
    assert server.seen[0].headers["key"] == "second"
    server.will(GATEWAY_401)
    assert outcome(connection, "GET") == "NotAllowed"
    assert len(server.seen) == 2


def test_a_thread_that_comes_late_gets_the_spare_keys_too() -> None:
    keys = wire.Keys({"Key": "first", "Other": "stays"}, {"Key": "second"})
    refused = keys.current
    assert [keys.switch(refused), keys.switch(refused)] == [True, True]
    assert keys.current == {"Key": "second", "Other": "stays"}
    assert not keys.switch(keys.current)


def test_keys_changed_meanwhile_are_tried_before_the_spare_ones() -> None:
    keys = wire.Keys({"Key": "first"}, {"Key": "second"})
    assert keys.switch({"Key": "before"})
    assert keys.current == {"Key": "first"}


def test_spare_keys_are_not_for_a_refused_token(server: Server) -> None:
    server.will(API_401)
    connection = connect(server.url, headers={"Key": "first"}, spare_headers={"Key": "second"})
    with pytest.raises(NotAllowed, match="POWEROFFICE_SUBSCRIPTION_KEY"):
        ask(connection, "GET")
    assert len(server.seen) == 2


def test_threads_that_lose_one_token_get_one_new_one(server: Server) -> None:
    tokens = Tokens()
    connection = connect(server.url, token=tokens)
    both_refused = threading.Barrier(4)

    def deed(handler: Any) -> None:
        old = handler.headers["Authorization"] == "Bearer token-1"
        if old:
            both_refused.wait(10)
        answer(401 if old else 200, {})(handler)

    server.will(deed)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: outcome(connection, "GET"), range(4)))
    assert outcomes == ["200"] * 4
    assert (tokens.issued, tokens.dropped) == (2, 1)
    assert connection.requests == 8


def test_connections_are_kept_alive(server: Server) -> None:
    server.will(answer(200, {}))
    connection = connect(server.url)
    for how in ("GET", "POST once", "GET"):
        ask(connection, how)
    assert len({seen.connection for seen in server.seen}) == 1


def test_every_request_waits_for_its_turn(server: Server) -> None:
    @dataclass
    class Counting:
        turns: int = 0

        def wait(self) -> None:
            self.turns += 1

    pace = Counting()
    server.will(answer(503), API_401, answer(200, {}))
    ask(connect(server.url, pace=pace), "GET")
    assert pace.turns == len(server.seen) == 3


def test_the_query_arrives_as_tribe_wants_it(server: Server) -> None:
    server.will(answer(200, {}))
    query = [
        ("$filter", "Name eq 'Bø & Sønn + 50%' and X ge 2024-01-01T00:00:00+01:00"),
        ("$expand", "Organization($select=Name,ID;$expand=A/B)"),
        ("empty", ""),
    ]
    connect(f"{server.url}/v1/odata/").get("Relation_Organization(9fcb)/Å b", query)
    assert server.seen[0].target == (
        "/v1/odata/Relation_Organization(9fcb)/%C3%85%20b"
        "?$filter=Name%20eq%20'B%C3%B8%20%26%20S%C3%B8nn%20%2B%2050%25'%20and%20X%20ge%20"
        "2024-01-01T00:00:00%2B01:00"
        "&$expand=Organization($select=Name,ID;$expand=A/B)&empty="
    )


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_any_query_survives_encoding(query: list[tuple[str, str]]) -> None:
    safe = [
        (name.encode("utf-8", "ignore"), text.encode("utf-8", "ignore")) for name, text in query
    ]
    pairs = [(name.decode() or "x", text.decode()) for name, text in safe]
    encoded = wire.target("/Set", pairs)
    assert encoded.isascii()
    assert not set("+ #") & set(encoded)
    assert parse_qsl(urlsplit(encoded).query, keep_blank_values=True) == pairs


def test_what_is_sent(server: Server) -> None:
    server.will(answer(200, {}))
    connection = connect(server.url, headers={"Key": "k"})
    amounts = {"a": Decimal("12.10"), "b": Decimal("1E+3"), "c": Decimal("0.1"), "å": None}
    connection.write("PATCH", "/Customers/1", [amounts], content_type="application/json-patch+json")
    connection.get("/$metadata")
    patch, metadata = server.seen
    assert patch.body == b'[{"a":12.1,"b":1000,"c":0.1,"\\u00e5":null}]'
    assert patch.headers["content-type"] == "application/json-patch+json"
    assert (patch.headers["accept"], patch.headers["key"]) == ("application/json", "k")
    assert metadata.headers["accept"] == "application/xml"


@pytest.mark.parametrize("bad", [object(), Decimal("0.12345678901234567890"), Decimal("NaN")])
def test_what_json_cannot_hold_is_not_sent(server: Server, bad: object) -> None:
    server.will(answer(200, {}))
    with pytest.raises((TypeError, ValueError)):
        connect(server.url).write("POST", "/Customers", {"x": bad})
    assert server.seen == []


@pytest.mark.parametrize("key", ["line\nbreak", "dash\u2014dash"])
def test_a_key_that_fits_no_header(server: Server, key: str) -> None:
    server.will(answer(200, {}))
    with pytest.raises(SettingsError, match="POWEROFFICE_APP_KEY") as raised:
        ask(connect(server.url, headers={"Key": key}), "GET")
    assert key not in str(raised.value)
    assert server.seen == []


def test_a_netrc_entry_does_not_replace_the_token(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.will(answer(200, {}, [("Set-Cookie", "a=b")]))
    connection = connect(server.url)
    ask(connection, "GET")
    ask(connection, "GET")
    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer token-1"] * 2
    assert "cookie" not in server.seen[1].headers


@pytest.mark.parametrize(
    ("deed", "how", "words"),
    [
        (drop, "POST once", ["did not answer POST /Customers", "after the request was sent"]),
        (answer(502), "POST once", ["answered 502 to POST /Customers", "may or may not"]),
        (drop, "GET", ["PowerOffice did not answer GET /Customers", "tried 5x", "next run"]),
        (
            answer(302, "", [("Location", "https://login.example.net/?session=1")]),
            "GET",
            ["sent GET /Customers on to login.example.net", "status 302"],
        ),
        (API_401, "GET", ["did not accept the token for GET /Customers", "POWEROFFICE_APP_KEY"]),
        (answer(410), "POST once", ["refused POST /Customers", "status 410"]),
    ],
)
def test_errors_and_log_name_the_request_and_no_content(
    server: Server, deed: Deed, how: str, words: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.will(deed)
    with pytest.raises(TribePoError) as raised:
        ask(connect(server.url, headers={"Key": KEY}), how)
    for word in words:
        assert word in str(raised.value)
    shown = "".join(traceback.format_exception(raised.value))
    for hidden in ("Kari", "Nordmann", "Nordlys", "s3cret", "token-", "session"):
        assert hidden not in shown + caplog.text


def test_the_log_line(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="tribe_po.http")
    server.will(answer(200, {}))
    ask(connect(server.url), "GET")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "tribe_po.http"]
    assert line.startswith("GET /Customers query name: 200 in ")


def test_refusals_are_of_the_record_only_for_writes(server: Server) -> None:
    server.will(answer(413))
    with pytest.raises(RecordRefused, match="status 413"):
        ask(connect(server.url), "POST once")


def test_the_pace_hears_of_a_429_and_of_nothing_else(server: Server) -> None:
    class Hearing(Unpaced):
        heard: ClassVar[list[float]] = []

        def too_many(self, pause: float) -> None:
            self.heard.append(pause)

    server.will(
        paused(429, [("Retry-After", "7")]),
        paused(503, [("Retry-After", "7")]),
        paused(429, []),
        answer(200, {}),
    )
    ask(connect(server.url, Clock(), pace=Hearing()), "GET")
    assert Hearing.heard == [7, 1]
