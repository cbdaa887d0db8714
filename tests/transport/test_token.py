"""Asking for tokens, keeping them, and what is said when the keys are not accepted."""

from __future__ import annotations

import base64
import json
import stat
import threading
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.transport.loopback import Deed, Server, answer, closed_port, drop
from tribe_po.errors import NotAllowed, Temporary
from tribe_po.records import System
from tribe_po.transport.http import Connection
from tribe_po.transport.pace import Unpaced
from tribe_po.transport.token import ClientCredentials, Token, TokenCache

START = datetime(2026, 3, 4, 10, tzinfo=UTC)
APP_KEY, CLIENT_KEY, SUBSCRIPTION, SPARE = "app-k3y", "client-k3y", "subscription-k3y", "spare-k3y"
CLIENT_ID, CLIENT_SECRET = "id-of-client", "s3cret of client"
TRIBE_FORM = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
SCOPES = ("read write offline", "read write", None)
NO_CACHE = TokenCache(None, writable=True)


class Clock:
    """A time that stands still until it is moved, and sleeps that only add up."""

    def __init__(self) -> None:
        self.time = START
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def granted(text: str = "token-1", **more: Any) -> Deed:
    return answer(200, {"access_token": text, "token_type": "bearer", **more})


def poweroffice(
    server: Server,
    clock: Clock,
    cache: TokenCache = NO_CACHE,
    basic: tuple[str, str] = (APP_KEY, CLIENT_KEY),
    spare: Mapping[str, str] | None = None,
) -> ClientCredentials:
    return ClientCredentials(
        System.POWEROFFICE,
        f"{server.url}/OAuth/Token",
        headers={"Ocp-Apim-Subscription-Key": SUBSCRIPTION},
        spare_headers=spare,
        basic=basic,
        cache=cache,
        pace=Unpaced(),
        sleep=clock.sleep,
        now=clock.now,
    )


def tribe(server: Server, clock: Clock, scopes: Sequence[str | None] = SCOPES) -> ClientCredentials:
    return ClientCredentials(
        System.TRIBE,
        f"{server.url}/oauth2/token",
        form=TRIBE_FORM,
        cache=NO_CACHE,
        pace=Unpaced(),
        scopes=scopes,
        sleep=clock.sleep,
        now=clock.now,
    )


def test_poweroffices_request(server: Server, clock: Clock) -> None:
    server.will(granted())
    assert poweroffice(server, clock).bearer() == "token-1"
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/OAuth/Token")
    assert seen.body == b"grant_type=client_credentials"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.headers["ocp-apim-subscription-key"] == SUBSCRIPTION
    scheme, _, given = seen.headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(given)) == ("Basic", b"app-k3y:client-k3y")


def test_tribes_request(server: Server, clock: Clock) -> None:
    server.will(granted())
    assert tribe(server, clock).bearer() == "token-1"
    (seen,) = server.seen
    assert {name: texts[0] for name, texts in parse_qs(seen.body.decode()).items()} == {
        "grant_type": "client_credentials",
        "scope": "read write offline",
        **TRIBE_FORM,
    }
    assert "authorization" not in seen.headers


@pytest.mark.parametrize(
    ("expires_in", "renewed_after"),
    [
        (1200, 960),
        ("1200", 960),
        (86400, 69120),
        (200, 140),
        (60, 30),
        (None, 480),
        (0, 480),
        ("soon", 480),
    ],
)
def test_renewal_before_the_end(
    server: Server, clock: Clock, expires_in: object, renewed_after: int
) -> None:
    server.will(granted("token-1", expires_in=expires_in), granted("token-2"))
    source = poweroffice(server, clock)
    assert source.bearer() == "token-1"
    clock.move(renewed_after - 1)
    assert source.bearer() == "token-1"
    clock.move(1)
    assert source.bearer() == "token-2"
    assert source.requests == len(server.seen) == 2


def test_a_missing_lifetime_is_ten_minutes(server: Server, clock: Clock) -> None:
    server.will(granted("token-1"), granted("token-2"))
    source = poweroffice(server, clock)
    source.bearer()
    clock.move(479)
    assert source.bearer() == "token-1"
    clock.move(1)
    assert source.bearer() == "token-2"


def test_a_clock_set_back_renews(server: Server, clock: Clock) -> None:
    server.will(granted("token-1", expires_in=1200), granted("token-2"))
    source = poweroffice(server, clock)
    source.bearer()
    clock.move(-3600)
    assert source.bearer() == "token-2"


def test_a_dropped_token_is_replaced(server: Server, clock: Clock, tmp_path: Path) -> None:
    cache = TokenCache(tmp_path / "tokens.json", writable=True)
    server.will(granted("token-1"), granted("token-2"))
    source = poweroffice(server, clock, cache)
    source.drop()
    assert source.bearer() == "token-1"
    source.drop()
    assert source.bearer() == "token-2"
    assert poweroffice(server, clock, cache).bearer() == "token-2"


def test_after_a_drop_another_process_may_have_renewed(
    server: Server, clock: Clock, tmp_path: Path
) -> None:
    cache = TokenCache(tmp_path / "tokens.json", writable=True)
    server.will(granted("token-1"), granted("token-2"))
    one, other = poweroffice(server, clock, cache), poweroffice(server, clock, cache)
    assert one.bearer() == other.bearer() == "token-1"
    for source in (other, one):
        source.drop()
        assert source.bearer() == "token-2"
    assert len(server.seen) == 2


def test_threads_renew_once(server: Server, clock: Clock) -> None:
    server.will(granted())
    source = poweroffice(server, clock)
    start = threading.Barrier(8)

    def bearer(_: int) -> str:
        start.wait(10)
        return source.bearer()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(bearer, range(8))) == {"token-1"}
    assert len(server.seen) == 1


def test_the_cache_serves_the_next_process(server: Server, clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "tokens.json"
    server.will(granted("token-1", expires_in=1200))
    assert poweroffice(server, clock, TokenCache(path, writable=True)).bearer() == "token-1"
    clock.move(959)
    reader = TokenCache(path, writable=False)
    assert poweroffice(server, clock, reader).bearer() == "token-1"
    assert len(server.seen) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["tokens.json"]
    kept = path.read_text()
    assert not any(key in kept for key in (APP_KEY, CLIENT_KEY, SUBSCRIPTION))


def test_changed_keys_do_not_use_an_old_token(server: Server, clock: Clock, tmp_path: Path) -> None:
    cache = TokenCache(tmp_path / "tokens.json", writable=True)
    server.will(granted("token-1"), granted("token-2"))
    assert poweroffice(server, clock, cache).bearer() == "token-1"
    other = (APP_KEY, "other")
    assert poweroffice(server, clock, cache, other).bearer() == "token-2"
    assert poweroffice(server, clock, cache).bearer() == "token-1"


def test_a_read_only_cache_writes_nothing(server: Server, clock: Clock, tmp_path: Path) -> None:
    server.will(granted())
    cache = TokenCache(tmp_path / "folder" / "tokens.json", writable=False)
    assert poweroffice(server, clock, cache).bearer() == "token-1"
    assert list(tmp_path.iterdir()) == []


def test_stale_entries_are_let_go_of(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    cache = TokenCache(path, writable=True)
    cache.store("a", Token("t", START, START + timedelta(seconds=10)), START)
    later = START + timedelta(seconds=10)
    cache.store("b", Token("u", later, later + timedelta(seconds=10)), later)
    assert list(json.loads(path.read_text())) == ["b"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "7",
        '{"a": 7}',
        '{"a": {"token": "t"}}',
        '{"a": {"token": "t", "obtained": "2026-03-04", "renew_after": "2030-01-01"}}',
        "\xff\xfe",
        "[" * 100_000,
    ],
)
def test_an_unreadable_cache_is_empty_and_is_replaced(
    server: Server, clock: Clock, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(content, encoding="latin-1")
    server.will(granted())
    cache = TokenCache(path, writable=True)
    assert cache.read("a", START) is None
    assert poweroffice(server, clock, cache).bearer() == "token-1"
    assert poweroffice(server, clock, cache).bearer() == "token-1"
    assert len(server.seen) == 1


def test_a_cache_that_cannot_be_written_is_done_without(
    server: Server, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    server.will(granted())
    cache = TokenCache(tmp_path / "file" / "tokens.json", writable=True)
    assert poweroffice(server, clock, cache).bearer() == "token-1"
    (tmp_path / "folder").mkdir()
    cache = TokenCache(tmp_path / "folder", writable=True)
    assert poweroffice(server, clock, cache).bearer() == "token-1"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "folder"]


def test_scopes_are_tried_in_turn_and_remembered(server: Server, clock: Clock) -> None:
    invalid = answer(400, {"error": "invalid_scope", "error_description": "no such scope"})
    server.will(invalid, invalid, granted("token-1"), granted("token-2"))
    source = tribe(server, clock)
    assert source.bearer() == "token-1"
    source.drop()
    assert source.bearer() == "token-2"
    asked = [parse_qs(seen.body.decode()).get("scope") for seen in server.seen]
    assert asked == [["read write offline"], ["read write"], None, None]


@pytest.mark.parametrize("scopes", [SCOPES, (None,), ()])
def test_no_scope_left(server: Server, clock: Clock, scopes: Sequence[str | None]) -> None:
    server.will(answer(400, {"error": "invalid_scope"}))
    with pytest.raises(NotAllowed, match="invalid_scope"):
        tribe(server, clock, scopes).bearer()
    assert len(server.seen) == max(len(scopes), 1)


def test_wrong_keys_of_poweroffice(server: Server, clock: Clock) -> None:
    description = f"Client integration not found for {CLIENT_KEY}."
    server.will(answer(400, {"error": "invalid_client", "error_description": description}))
    with pytest.raises(NotAllowed) as raised:
        poweroffice(server, clock).bearer()
    error = raised.value
    assert error.what == "PowerOffice did not accept the keys"
    assert error.why == "status 400 invalid_client: Client integration not found for ***."
    for name in ("POWEROFFICE_APP_KEY", "POWEROFFICE_CLIENT_KEY", "POWEROFFICE_SUBSCRIPTION_KEY"):
        assert name in error.next_step
    assert len(server.seen) == 1


ECHO = f"{CLIENT_ID} {CLIENT_SECRET} s3cret%20of%20client\n{'x' * 1000}"


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        (
            answer(401, {"error": "invalid_client", "error_hint": "Who?"}),
            "401 invalid_client: Who?",
        ),
        (answer(403, "<html>No</html>"), "status 403"),
        (answer(404), "status 404"),
        (answer(400, {"error": {"code": "x"}}), "status 400"),
        (answer(400, ["what"]), "status 400"),
        (answer(400, {"error": "e", "error_description": ECHO}), "400 e: *** *** *** xxx"),
    ],
)
def test_wrong_keys_of_tribe(server: Server, clock: Clock, deed: Deed, why: str) -> None:
    server.will(deed)
    with pytest.raises(NotAllowed) as raised:
        tribe(server, clock).bearer()
    assert why in raised.value.why
    assert len(raised.value.why) < 400
    shown = "".join(traceback.format_exception(raised.value))
    assert not any(key in shown for key in (CLIENT_ID, CLIENT_SECRET, "s3cret"))
    assert "TRIBECRM_CLIENT_ID and TRIBECRM_CLIENT_SECRET" in raised.value.next_step


def test_the_spare_subscription_key(server: Server, clock: Clock) -> None:
    refused = answer(401, {"statusCode": 401, "message": "Access denied: invalid key."})
    server.will(refused, granted())
    source = poweroffice(server, clock, spare={"Ocp-Apim-Subscription-Key": SPARE})
    assert source.bearer() == "token-1"
    used = [seen.headers["ocp-apim-subscription-key"] for seen in server.seen]
    assert used == [SUBSCRIPTION, SPARE]
    server.will(refused)
    source.drop()
    with pytest.raises(NotAllowed, match="401 Access denied: invalid key"):
        source.bearer()
    assert len(server.seen) == 1


@pytest.mark.parametrize("deed", [answer(429), answer(500), answer(503), answer(504), drop])
def test_a_token_server_in_trouble(server: Server, clock: Clock, deed: Deed) -> None:
    server.will(deed, deed, granted())
    source = poweroffice(server, clock)
    assert source.bearer() == "token-1"
    assert (source.requests, len(clock.slept)) == (3, 2)
    server.will(deed)
    source.drop()
    with pytest.raises(Temporary, match="PowerOffice did not answer POST /OAuth/Token"):
        source.bearer()
    assert len(server.seen) == 5


def test_a_token_server_that_is_gone(clock: Clock) -> None:
    source = tribe(Server(closed_port()), clock)
    with pytest.raises(Temporary, match="Connection refused"):
        source.bearer()
    assert source.requests == 5


@pytest.mark.parametrize(
    "deed",
    [
        answer(200, {"token": "x"}),
        answer(200, ["x"]),
        answer(200, {"access_token": 7}),
        answer(200, {"access_token": ""}),
        answer(200),
        answer(200, "<html>"),
        answer(302, None, [("Location", "https://elsewhere.example.net/")]),
    ],
)
def test_an_answer_without_a_token(server: Server, clock: Clock, deed: Deed) -> None:
    server.will(deed)
    with pytest.raises(Temporary):
        tribe(server, clock).bearer()
    assert len(server.seen) == 1


def test_a_connections_count_includes_the_token(server: Server, clock: Clock) -> None:
    server.will(granted("token-1"), answer(401), granted("token-2"), answer(200, {}))
    connection = Connection(
        System.POWEROFFICE,
        server.url,
        token=poweroffice(server, clock),
        pace=Unpaced(),
        sleep=clock.sleep,
    )
    assert connection.get("/Customers").status == 200
    assert connection.requests == len(server.seen) == 4
    assert server.seen[-1].headers["authorization"] == "Bearer token-2"


def test_a_token_does_not_show_itself(clock: Clock) -> None:
    assert "hidden" not in repr(Token("hidden", clock.now(), clock.now()))
