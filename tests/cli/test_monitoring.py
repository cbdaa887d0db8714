"""Those who watch the passes: healthcheck pings, metrics, and the word about a late pass."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from tests.cli.calls import change
from tests.scenarios.world import World, world
from tribe_po.cli.app import app
from tribe_po.errors import ExitCode
from tribe_po.output import metrics
from tribe_po.output.metrics import Ended
from tribe_po.passes.health import newly_late
from tribe_po.passes.session import utc_now
from tribe_po.records import Kind, Run
from tribe_po.sandbox.faults import Fault, Status
from tribe_po.settings import Settings
from tribe_po.state.lock import lock
from tribe_po.transport import ping

ROOT = Path(__file__).parents[2]
METRICS = "metrics.prom"


@dataclass
class Listener:
    """A healthchecks server: what it was sent, as (path, run id, body)."""

    port: int = 0
    status: int = 200
    pings: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.pings]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            parts = urlsplit(self.path)
            run = parse_qs(parts.query)["rid"][0]
            made.pings.append((parts.path, run, body))
            self.send_response(made.status)
            if made.status == 302:
                self.send_header("Location", made.url("/elsewhere"))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def w(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    with world(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


def call(*arguments: str) -> Result:
    result: Result = CliRunner().invoke(app, arguments)
    return result


def samples(text: str | None = None) -> dict[str, float]:
    """The metrics file by its own words: `name{labels}` and the value."""
    text = Path(METRICS).read_text() if text is None else text
    rows = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in rows}


@pytest.fixture
def pinging(w: World, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Listener:
    monkeypatch.setenv("TRIBE_PO_HEALTHCHECK_URL", listener.url("/abc"))
    return listener


def test_start_and_success_carry_the_runs_id(w: World, pinging: Listener) -> None:
    assert call("init-sync", "--yes").exit_code == 0
    assert pinging.paths == ["/abc/start", "/abc"]
    first, second = (run for _, run, _ in pinging.pings)
    assert first == second == str(UUID(first))
    (made,) = w.memory().runs
    assert UUID(first).hex.startswith(made.run_id)
    assert pinging.pings[1][2] == "init-sync default: exit code 0"


def test_what_is_left_out_is_no_failure_of_the_pass(w: World, pinging: Listener) -> None:
    w.company("Fjord Kaffe AS")
    for name in ("Fjord Kaffe AS", "Fjord Kaffe avd. Bergen"):
        w.tribe_customer(name, DebtorNumber="10000")
    assert call("init-sync", "--yes").exit_code == 1
    assert pinging.paths == ["/abc/start", "/abc"]


def test_a_failure_says_its_exit_code(w: World, pinging: Listener) -> None:
    call("push-relations")
    assert pinging.pings[-1][::2] == ("/abc/fail", "push-relations default: exit code 3")
    w.sandbox.faults.add(Fault("tribe", "POST", "token", Status(401), times=100))
    Path("tribe-po.tokens.json").unlink()
    pinging.pings.clear()
    assert call("push-relations").exit_code == 77
    assert pinging.pings[-1][::2] == ("/abc/fail", "push-relations default: exit code 77")


def test_a_bug_is_a_failure_too(
    w: World, pinging: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tribe_po.passes.push_relations.push_relations", broken)
    assert call("push-relations").exit_code == 70
    assert pinging.pings[-1][::2] == ("/abc/fail", "push-relations default: exit code 70")


def test_a_dry_run_tells_nobody(
    w: World, pinging: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBE_PO_METRICS_FILE", METRICS)
    assert call("init-sync", "--dry-run").exit_code == 0
    assert call("push-relations", "--dry-run").exit_code == 3
    assert pinging.pings == []
    assert not Path(METRICS).exists()


def test_a_pass_that_finds_another_one_tells_nobody(
    w: World, pinging: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBE_PO_METRICS_FILE", METRICS)
    monkeypatch.setattr("tribe_po.passes.session.lock", lambda state: lock(state, patience=0))
    with lock(w.state):
        assert call("push-relations").exit_code == 75
    assert pinging.pings == []
    assert not Path(METRICS).exists()


def test_each_pass_and_profile_may_have_its_own_check(
    w: World, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = listener.url("/key/tribe-po-{profile}-{pass}?create=1")
    monkeypatch.setenv("TRIBE_PO_HEALTHCHECK_URL", url)
    Path("fjord.env").touch()
    call("--profile", "fjord", "init-sync", "--yes")
    slug = "/key/tribe-po-fjord-init-sync"
    assert listener.paths == [f"{slug}/start", slug]


@pytest.mark.parametrize(("status", "why"), [(500, "status 500"), (302, "status 302")])
def test_a_ping_that_fails_only_warns(w: World, pinging: Listener, status: int, why: str) -> None:
    pinging.status = status
    done = call("init-sync", "--yes")
    assert done.exit_code == 0
    assert pinging.paths == ["/abc/start", "/abc"], "no redirect is followed"
    assert done.stderr.count("The healthcheck could not be told") == 2
    assert why in done.stderr
    assert "abc" not in done.stderr, "who knows the URL can speak for the pass"


def test_a_healthcheck_that_is_not_there_or_silent_only_warns(
    w: World, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    monkeypatch.setattr(ping, "TIMEOUT", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/abc"
        monkeypatch.setenv("TRIBE_PO_HEALTHCHECK_URL", url)
        done = call("init-sync", "--yes")
    assert done.exit_code == 0
    assert "no answer within" in done.stderr
    done = call("pull-relations")
    assert done.exit_code == 0
    assert "no connection" in done.stderr


@pytest.mark.parametrize(
    "url", ["http://hc.example/abc", "https://u:p@hc.example/a", "https://hc.example/{who}", "abc"]
)
def test_only_an_encrypted_url_is_taken_and_it_is_never_shown(
    w: World, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("TRIBE_PO_HEALTHCHECK_URL", url)
    done = call("init-sync", "--yes")
    assert done.exit_code == 78
    assert "TRIBE_PO_HEALTHCHECK_URL" in done.stderr
    assert url not in done.stderr
    assert w.sandbox.requests.all() == []


def test_the_metrics_of_a_run(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBE_PO_METRICS_FILE", METRICS)
    before = datetime.now(UTC).timestamp()
    w.company("Fjord Kaffe AS")
    w.company("Skog Bygg AS")
    call("init-sync", "--yes")
    own = '{pass="init-sync",profile="default"}'
    seen = samples()
    for name in ("last_run", "last_success"):
        assert before <= seen[f"tribe_po_{name}_timestamp_seconds{own}"] < before + 600
    assert 0 < seen[f"tribe_po_last_run_duration_seconds{own}"] < 600
    assert seen[f"tribe_po_last_run_exit_code{own}"] == 0
    assert seen[f"tribe_po_quarantined_records{own}"] == 0
    assert seen[f"tribe_po_conflicts{own}"] == 0
    labels = 'pass="init-sync",profile="default"'
    assert _with(seen, "tribe_po_changes_total", labels, 'action="create"') == 2
    assert _with(seen, "tribe_po_requests_total", labels, 'system="tribe"') >= 3


def _with(seen: dict[str, float], name: str, *labels: str) -> float:
    """The one sample of a name with these labels, in whatever order."""
    (value,) = [
        value
        for key, value in seen.items()
        if key.startswith(name + "{") and all(one in key for one in labels)
    ]
    return value


def test_passes_and_profiles_share_a_file_and_a_failure_keeps_the_last_success(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBE_PO_METRICS_FILE", METRICS)
    w.company("Fjord Kaffe AS")
    call("init-sync", "--yes")
    call("push-relations")
    good = samples()
    w.sandbox.faults.add(Fault("tribe", "POST", "token", Status(401), times=100))
    Path("tribe-po.tokens.json").unlink()
    assert call("push-relations").exit_code == 77
    Path("fjord.env").touch()
    monkeypatch.setenv("TRIBE_PO_STATE", "fjord.json")
    call("--profile", "fjord", "push-relations")
    seen = samples()
    push = '{pass="push-relations",profile="default"}'
    success = f"tribe_po_last_success_timestamp_seconds{push}"
    run = f"tribe_po_last_run_timestamp_seconds{push}"
    assert seen[success] == good[success]
    assert seen[run] > good[run]
    assert seen[f"tribe_po_last_run_exit_code{push}"] == 77
    first = f"tribe_po_last_run_exit_code{push.replace('push-relations', 'init-sync')}"
    assert seen[first] == good[first] == 0
    other = push.replace("default", "fjord")
    assert seen[f"tribe_po_last_run_exit_code{other}"] == 77
    assert f"tribe_po_last_success_timestamp_seconds{other}" not in seen


def ended(profile: str, requests: int = 1) -> Ended:
    now = datetime.now(UTC)
    return Ended("push-relations", profile, now, now, ExitCode.OK, None, {"tribe": requests})


def test_counters_go_on_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / METRICS
    for requests in (3, 4, 5):
        metrics.write(path, ended("fjord", requests))
    seen = samples(path.read_text())
    assert _with(seen, "tribe_po_requests_total", 'profile="fjord"', 'system="tribe"') == 12


def test_many_at_once_lose_nothing_and_leave_one_file_for_the_collector(tmp_path: Path) -> None:
    path = tmp_path / METRICS
    profiles = [f"client{number}" for number in range(12)]
    threads = [threading.Thread(target=metrics.write, args=(path, ended(p))) for p in profiles]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    text = path.read_text()
    assert set(re.findall(r'last_run_exit_code{.*profile="(\w+)"', text)) == set(profiles)
    assert [one.name for one in tmp_path.glob("*.prom")] == [METRICS]
    assert path.stat().st_mode & 0o777 == 0o644, "node_exporter is another user"


def test_a_file_that_makes_no_sense_is_begun_anew_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / METRICS
    path.write_bytes(b"tribe_po_last_run_exit_code{pass= 1\n\xff\xfe")
    metrics.write(path, ended("fjord"))
    assert "is written anew" in caplog.text
    assert samples(path.read_text())


def test_metrics_that_cannot_be_written_only_warn(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBE_PO_METRICS_FILE", "nowhere/metrics.prom")
    done = call("init-sync", "--yes")
    assert done.exit_code == 0
    assert "nowhere/metrics.prom" in done.stderr


def test_every_metric_is_documented() -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(tribe_po_\w+)` \|", text, re.MULTILINE))
    names = {f"tribe_po_{one.name}" + ("_total" if one.counter else "") for one in metrics.FAMILIES}
    assert documented == names


def run_of(name: str, ago: timedelta, now: datetime) -> Run:
    at = now - ago
    return Run(f"run-of-{name}", name, at, at, "ok", {})


def age(w: World, **minutes: int) -> None:
    """Let each pass have ended so many minutes ago."""
    now = utc_now()
    change(
        w,
        runs=[
            run_of(name.replace("_", "-"), timedelta(minutes=past), now)
            for name, past in minutes.items()
        ],
    )


def test_a_late_pass_is_told_of_once_by_the_others(w: World) -> None:
    w.company("Fjord Kaffe AS")
    call("init-sync", "--yes")
    age(w, init_sync=500, push_relations=2, pull_relations=46, push_products=5, pull_products=5)
    first = call("push-relations")
    assert first.exit_code == 0
    told = "pull-relations is late: it last ended 46 min ago, due every 15 min"
    assert first.stderr.count(told) == 1
    assert "tribe-po status" in first.stderr
    for command in ("push-relations", "push-products", "pull-products"):
        assert "pull-relations is late" not in call(command).stderr


def test_a_dry_run_does_not_use_up_the_word(w: World) -> None:
    call("init-sync", "--yes")
    age(w, init_sync=500, push_relations=2, pull_relations=46, push_products=5, pull_products=5)
    call("push-relations", "--dry-run")
    assert "pull-relations is late" in call("push-relations").stderr


@pytest.mark.parametrize(("past", "told"), [(44, False), (46, True), (60 * 24, True)])
def test_late_means_three_intervals(w: World, past: int, told: bool) -> None:
    w.init()
    now = utc_now()
    names = {"push-relations": 40, "pull-relations": past}
    runs = [run_of(name, timedelta(minutes=one), now) for name, one in names.items()]
    memory = replace(w.memory(), runs=runs)
    kinds = (Kind.CUSTOMER, Kind.SUPPLIER)
    found = newly_late(memory, kinds, now, "push-relations")
    # What was late already when another pass ended has been told by that one.
    assert bool(found) is (told and past < 85)


def test_passes_for_kinds_that_are_not_synchronised_are_not_missed(w: World) -> None:
    w.init()
    now = utc_now()
    memory = replace(w.memory(), runs=[run_of("push-relations", timedelta(minutes=40), now)])
    assert newly_late(memory, (), now, "push-relations") == []


def test_the_settings_are_read(tmp_path: Path, w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = w.environment | {"TRIBE_PO_HEALTHCHECK_URL": "https://hc.example/abc/"}
    made = Settings.load(environment)
    assert made.healthcheck_url
    assert "abc" not in repr(made)
    assert made.metrics_file is None
