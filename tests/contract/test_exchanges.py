"""What a sandbox was asked is noted once, and what it answered if it answered itself."""

from __future__ import annotations

import requests

from tests.contract.exchanges import Recorder
from tests.sandbox.poweroffice.peer import Peer
from tribe_po.sandbox.faults import DropAfter, Fault, Status

BUSY = Status(503, "<html>busy</html>", {}, "text/html")


def test_the_same_exchange_is_noted_once() -> None:
    peer, recorder = Peer(), Recorder()
    recorder.attach(peer.sandbox)
    peer.get("/PaymentTerms", PageSize=1)
    peer.get("/PaymentTerms", PageSize=1)
    peer.get("/PaymentTerms", PageSize=2)
    peer.get("/Customers", wrong=1)
    first, second, third = recorder.take()
    assert (first.method, first.path, first.query) == ("GET", "/v2/PaymentTerms", "PageSize=1")
    assert (first.status, first.answer_type) == (200, "application/json")
    assert first.answer.startswith(b'[{"')
    assert (second.query, third.status, third.refused) == ("PageSize=2", 400, True)
    assert recorder.take() == []
    peer.close()


def test_an_ordered_fault_is_no_answer_of_the_sandbox() -> None:
    peer, recorder = Peer(), Recorder()
    recorder.attach(peer.sandbox)
    peer.sandbox.faults.add(Fault("poweroffice", "GET", "/PaymentTerms", BUSY))
    assert peer.get("/PaymentTerms").status_code == 503
    (exchange,) = recorder.take()
    assert (exchange.status, exchange.answer) == (0, b"")
    peer.close()


def test_a_lost_answer_was_given_all_the_same() -> None:
    peer, recorder = Peer(), Recorder()
    recorder.attach(peer.sandbox)
    peer.sandbox.faults.add(Fault("poweroffice", "POST", "/Customers", DropAfter()))
    try:
        peer.post("/Customers", IsPerson=False, Name="Fjord Kaffe AS")
    except requests.ConnectionError:
        (exchange,) = recorder.take()
        assert (exchange.status, exchange.deviating) == (201, frozenset())
    else:
        raise AssertionError("the answer came")
    peer.close()


def test_switches_and_metadata_are_noted_as_they_stand() -> None:
    peer, recorder = Peer(), Recorder()
    recorder.attach(peer.sandbox)
    peer.tenant.switches.unknown_members = True
    peer.get("/PaymentTerms")
    requests.get(f"{peer.sandbox.url}/tribe/v1/odata/Relation_Organization", timeout=5)
    ours, theirs = recorder.take()
    assert ours.deviating == {"unknown_members"}
    assert b"<edmx" in theirs.metadata
    peer.close()


def test_every_sandbox_of_a_test_run_is_listened_to(recorder: Recorder) -> None:
    peer = Peer()
    peer.get("/PaymentTerms", PageSize=3)
    assert "PageSize=3" in [each.query for each in recorder.take()]
    peer.close()
