"""Ctrl-C and SIGTERM, sent to real processes while the servers hold their requests."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from signal import Signals

import pytest

from tests.scenarios.world import NO_LIMITS, World, world
from tribe_po.cli.signals import handled
from tribe_po.errors import Stopped
from tribe_po.passes.pull_relations import pull_relations
from tribe_po.passes.run import Options
from tribe_po.passes.session import open_session
from tribe_po.sandbox.faults import Fault, Run
from tribe_po.settings import Settings
from tribe_po.state.store import Store
from tribe_po.transport.stop import Stop

COMPANIES = 30
IN_FLIGHT = 4
"""Writes that apply has on the way at once."""
PATIENCE = 60.0
"""Seconds after which a test that waits in vain fails."""

START = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the test runner inherited
from tribe_po.cli import main
main()
"""
BOTH = pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])


class Gate:
    """Holds every write to Tribe until it is opened."""

    def __init__(self, w: World) -> None:
        self.held = threading.Semaphore(0)
        self.opened = threading.Event()
        self.arrived = 0
        self._lock = threading.Lock()
        w.sandbox.faults.add(Fault("tribe", "POST", r"/odata/", Run(self._hold), times=1000))

    def _hold(self) -> None:
        if self.opened.is_set():
            return
        with self._lock:
            self.arrived += 1
        self.held.release()
        assert self.opened.wait(PATIENCE)


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, TRIBE_PO_MAX_CHANGE_PERCENT="100") as made:
        for number in range(COMPANIES):
            made.company(f"Kunde {number:02} AS")
        yield made


def start(w: World, *arguments: str, **streams: int) -> subprocess.Popen[bytes]:
    ours = ("POWEROFFICE_", "TRIBECRM_", "TRIBE_PO_")
    plain = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", START, *arguments],
        env={**plain, **w.environment, "PYTHONPATH": root, "TMPDIR": str(w.folder)},
        cwd=w.folder,
        stdin=streams.get("stdin", subprocess.DEVNULL),
        stdout=streams.get("stdout", subprocess.PIPE),
        stderr=streams.get("stderr", subprocess.PIPE),
    )


def names(w: World) -> list[str]:
    return sorted(one["Organization"]["Name"] for one in w.tribe.customers())


def run_again(w: World) -> None:
    process = start(w, "init-sync", "--yes")
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert names(w) == [f"Kunde {number:02} AS" for number in range(COMPANIES)]


def let_the_intents_grow_old(w: World) -> None:
    """What may be about to show up in Tribe is not created again before a while has passed."""
    store = Store(w.state)
    memory = store.open()
    for key, intent in memory.intents.items():
        memory.intents[key] = replace(intent, since=intent.since - timedelta(hours=1))
    store.save(memory)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def first_signal(process: subprocess.Popen[bytes], by: Signals) -> None:
    """Send it, and come back when the process has got it."""
    process.send_signal(by)
    assert process.stderr
    assert b"Stopping after the request in flight" in process.stderr.readline()


@BOTH
def test_the_first_signal_finishes_what_is_in_flight_and_saves(w: World, by: Signals) -> None:
    gate = Gate(w)
    process = start(w, "init-sync", "--yes")
    assert gate.held.acquire(timeout=PATIENCE)
    first_signal(process, by)
    w.sandbox.requests.clear()
    held = gate.arrived
    gate.opened.set()
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + by
    told = said.decode().splitlines()
    assert told[0] == f"Stopped by {by.name}, as asked"
    assert len(told) == 3
    assert "Traceback" not in said.decode()
    assert 1 <= held <= len(w.tribe.customers()) <= IN_FLIGHT
    assert len(w.sandbox.requests.writes()) == len(w.tribe.customers())
    memory = w.memory()
    assert sorted(link.label for link in memory.links.values()) == names(w)
    assert memory.intents == {}
    assert memory.runs[-1].outcome == "stopped"
    run_again(w)


@BOTH
def test_a_signal_while_reading_writes_nothing(w: World, by: Signals) -> None:
    asked, answer = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        assert answer.wait(PATIENCE)

    w.sandbox.faults.add(Fault("poweroffice", "GET", "/Customers", Run(hold)))
    process = start(w, "init-sync", "--yes")
    assert asked.wait(PATIENCE)
    first_signal(process, by)
    answer.set()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + by
    assert w.wrote() == []
    run_again(w)


def test_a_pass_that_was_stopped_did_not_fail(w: World) -> None:
    """Its turn had not come for what it did not write, and the history says what ended it."""
    run_again(w)
    for customer in w.poweroffice.customers():
        w.poweroffice.edit_customer(customer["Id"], EmailAddress="ny@kunde.example")
    w.later()
    stop = Stop()
    w.sandbox.faults.add(Fault("tribe", "PUT", "", Run(lambda: stop.ask(Signals.SIGTERM))))
    with open_session(
        Settings.load(w.environment), "pull", dry_run=False, now=w.clock.now, stop=stop
    ) as session:
        report = pull_relations(session, Options(limits=NO_LIMITS))
    assert report.exit_code == 128 + Signals.SIGTERM
    assert report.counts["failed"] == 0
    assert report.counts["update"] + report.counts["skipped"] == COMPANIES
    assert report.counts["update"] >= 1
    last = w.memory().runs[-1]
    assert last.outcome == "stopped"
    assert "Stopped by SIGTERM" in str(last.reason)
    run_again(w)


@BOTH
def test_a_signal_at_the_question_is_a_no(w: World, by: Signals) -> None:
    master, slave = pty.openpty()
    process = start(w, "init-sync", stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(master, 4096)
    process.send_signal(by)
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        shown += part
        if not part:
            break
    os.close(master)
    assert process.wait(PATIENCE) == 128 + by
    assert f"Stopped by {by.name}" in shown.decode()
    assert b"bug" not in shown
    assert w.wrote() == []


def test_a_signal_just_before_the_wait_for_a_key_is_not_missed() -> None:
    """A handler that ran in another thread leaves the wait of this one as it is."""
    reading, writing = os.pipe()

    def signal_and_give_up_later() -> None:
        time.sleep(0.3)
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        if not done.wait(5):
            missed.append(signal.SIGTERM)
            os.write(writing, b"nobody came")

    missed: list[Signals] = []
    done = threading.Event()
    thread = threading.Thread(target=signal_and_give_up_later)
    with handled() as stop:
        thread.start()
        with pytest.raises(Stopped), stop.prompting():
            os.read(reading, 20)
    done.set()
    thread.join()
    os.close(reading)
    os.close(writing)
    assert not missed


def test_a_signal_that_is_ignored_stays_ignored(w: World) -> None:
    """As under nohup, or for a job in the background of a script."""
    gate = Gate(w)
    ignoring = START.replace("signal.default_int_handler", "signal.SIG_IGN")
    process = subprocess.Popen(
        [sys.executable, "-c", ignoring, "init-sync", "--yes"],
        env={**os.environ, **w.environment, "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=w.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert gate.held.acquire(timeout=PATIENCE)
    process.send_signal(signal.SIGINT)
    gate.opened.set()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert len(w.tribe.customers()) == COMPANIES
