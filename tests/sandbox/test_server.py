"""The core that both imitations share: clock, log, faults, connections."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.sandbox.poweroffice.peer import START, Peer
from tribe_po.sandbox.clock import ManualClock, SystemClock
from tribe_po.sandbox.faults import DropAfter, DropBefore, Fault, Status
from tribe_po.sandbox.server import Sandbox


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def test_clocks() -> None:
    clock = ManualClock(START)
    assert clock.advance(timedelta(hours=2)) == clock.now() == START + timedelta(hours=2)
    assert SystemClock().now().tzinfo is UTC
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("path", ["/poweroffice/v2/Customers", "/tribe/v1/odata/Relation_Person"])
def test_one_date_header_from_the_sandbox_clock(peer: Peer, path: str) -> None:
    peer.clock.advance(timedelta(days=3))
    answer = peer.session.get(peer.sandbox.url + path, timeout=5)
    dates = answer.raw.headers.getlist("Date")
    assert [parsedate_to_datetime(date) for date in dates] == [START + timedelta(days=3)]


def test_log_tells_writes_from_reads_and_tokens(peer: Peer) -> None:
    peer.token()
    peer.get("/Customers", customerNos="1-")
    peer.post("/Customers", Name="Fjord Kaffe AS")
    peer.session.get(peer.sandbox.url + "/tribe/v1/odata/Relation_Person", timeout=5)
    log = peer.sandbox.requests
    assert [(each.system, each.method, each.status) for each in log.all()] == [
        ("poweroffice", "POST", 200),
        ("poweroffice", "GET", 204),
        ("poweroffice", "POST", 201),
        ("tribe", "GET", 401),
    ]
    assert log.all()[1].query == "customerNos=1-"
    (write,) = log.writes()
    assert (write.path, write.body) == ("/poweroffice/v2/Customers", b'{"Name": "Fjord Kaffe AS"}')
    assert log.writes("tribe") == []
    assert len(log.all("tribe")) == 1
    log.clear()
    assert len(log) == 0


def test_ordered_status(peer: Peer) -> None:
    kind = Status(503, "busy", {"Retry-After": "7"}, "text/plain")
    peer.sandbox.faults.add(Fault("poweroffice", "POST", "/Customers$", kind, times=2, skip=1))
    answers = [peer.post("/Customers", Name="A") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 503, 503, 201]
    assert (answers[1].text, answers[1].headers["Retry-After"]) == ("busy", "7")
    assert answers[1].headers["Content-Type"] == "text/plain"
    assert len(peer.tenant.customers()) == 2
    assert peer.sandbox.faults.pending() == []


def test_faults_are_used_in_order_and_by_system(peer: Peer) -> None:
    for code in (500, 502):
        peer.sandbox.faults.add(Fault("poweroffice", None, "customers", Status(code)))
    peer.sandbox.faults.add(Fault("tribe", None, ".", Status(504)))
    codes = [peer.get("/Customers").status_code for _ in range(3)]
    assert codes == [500, 502, 204]
    assert len(peer.sandbox.faults.pending()) == 1
    peer.sandbox.faults.clear()
    assert peer.sandbox.faults.pending() == []


@pytest.mark.parametrize(
    ("kind", "created", "status"), [(DropBefore(), 0, 0), (DropAfter(), 1, 201)]
)
def test_dropped_connection(
    peer: Peer, kind: DropBefore | DropAfter, created: int, status: int
) -> None:
    peer.get("/Customers")  # the connection is in use already
    peer.sandbox.faults.add(Fault("poweroffice", "POST", "/Customers$", kind))
    with pytest.raises(requests.ConnectionError):
        peer.post("/Customers", Name="Fjord Kaffe AS")
    assert len(peer.tenant.customers()) == created
    assert peer.sandbox.requests.writes()[-1].status == status
    assert peer.post("/Customers", Name="Skog AS").status_code == 201


def test_connection_is_kept_alive(peer: Peer) -> None:
    host, port = "127.0.0.1", int(peer.sandbox.url.rpartition(":")[2])
    key = peer.tenant.keys.subscription
    with socket.create_connection((host, port), timeout=5) as connection:
        stream = connection.makefile("rb")
        for method, body in (("POST", b'{"ignored": true}'), ("GET", b"")):
            head = (
                f"{method} /poweroffice/v2/Nothing HTTP/1.1\r\nHost: sandbox\r\n"
                f"Ocp-Apim-Subscription-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body)
            assert stream.readline() == b"HTTP/1.1 404 NOT FOUND\r\n"
            headers = dict(line.split(b": ", 1) for line in iter(stream.readline, b"\r\n"))
            assert b"Connection" not in headers
            assert b"Resource not found" in stream.read(int(headers[b"Content-Length"]))


def test_stopped_sandbox_is_silent_and_keeps_its_data(peer: Peer) -> None:
    peer.tenant.add_customer(Name="Fjord Kaffe AS")
    assert peer.get("/Customers").status_code == 200
    peer.sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        peer.get("/Customers")
    with pytest.raises(RuntimeError, match="not been started"):
        _ = peer.sandbox.url
    peer.sandbox.start()
    peer.settings = peer.sandbox.environment()
    assert peer.get("/Customers").status_code == 200
    with pytest.raises(RuntimeError, match="already"):
        peer.sandbox.start()


def test_latency_makes_answers_late() -> None:
    peer = Peer(latency=0.05)
    answer = peer.post("/Suppliers", Name="Fjord Kaffe AS")
    peer.close()
    assert answer.elapsed.total_seconds() >= 0.05


def test_path_outside_both_systems(peer: Peer) -> None:
    assert peer.session.get(peer.sandbox.url + "/other", timeout=5).status_code == 404
    assert len(peer.sandbox.requests) == 0


def test_environment_reaches_both_systems() -> None:
    with Sandbox() as sandbox:
        settings = sandbox.environment()
        answer = requests.post(
            settings["POWEROFFICE_TOKEN_URL"],
            data={"grant_type": "client_credentials"},
            auth=(settings["POWEROFFICE_APP_KEY"], settings["POWEROFFICE_CLIENT_KEY"]),
            headers={"Ocp-Apim-Subscription-Key": settings["POWEROFFICE_SUBSCRIPTION_KEY"]},
            timeout=5,
        )
        assert answer.status_code == 200
        answer = requests.post(
            settings["TRIBECRM_AUTH_URL"] + "/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": settings["TRIBECRM_CLIENT_ID"],
                "client_secret": settings["TRIBECRM_CLIENT_SECRET"],
                "scope": "read write offline",
            },
            timeout=5,
        )
        assert answer.status_code == 200
        assert len(sandbox.requests.writes()) == 0
        assert len(sandbox.requests) == 2
