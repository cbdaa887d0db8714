"""Several machines share one pace through a Redis server, and go on without it."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.test_settings import REQUIRED
from tribe_po.errors import SettingsError
from tribe_po.passes.session import shared_pace
from tribe_po.settings import Settings
from tribe_po.transport.pace import Pace, name_for
from tribe_po.transport.redis_pace import RedisPace

SERVER = shutil.which("redis-server")
KEY = "sandbox-subscription-key-not-a-secret"
SPACING = 20  # milliseconds


class Counting(Pace):
    """A pace that counts who asks."""

    def __init__(self) -> None:
        self.asked = 0

    def wait(self) -> None:
        self.asked += 1


@dataclass
class Server:
    url: str
    process: subprocess.Popen[bytes]

    def client(self) -> Any:
        return Redis.from_url(self.url)

    def now(self) -> int:
        """The server's time in microseconds."""
        seconds, microseconds = self.client().time()
        return int(seconds) * 1_000_000 + int(microseconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if SERVER is None:
        pytest.skip("there is no redis-server on this machine")
    port = free_port()
    options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
    command = [SERVER, "--port", str(port), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        started = Server(f"redis://127.0.0.1:{port}/0", process)
        assert process.stdout is not None
        while b"Ready to accept connections" not in (line := process.stdout.readline()):
            assert line, "redis-server ended before it was ready"
        yield started
        started.kill()


def no_sleep(_: float) -> None: ...


def pace(url: str, instead: Counting, sleep: Callable[[float], None] = no_sleep) -> RedisPace:
    return RedisPace(url, KEY, 1000 / SPACING, instead, sleep=sleep)


def test_machines_share_one_pace(server: Server) -> None:
    """Three machines with four threads each take slots as fast as they can: however the server
    orders them, the last of 60 begins 59 spacings after the first."""
    naps: list[float] = []
    instead = Counting()
    machines = [pace(server.url, instead, naps.append) for _ in range(3)]
    begin = server.now()
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda turn: machines[turn % 3].wait(), range(60)))
    free = float(server.client().get(name_for(KEY)) or 0)
    assert free >= begin + 60 * SPACING * 1000
    assert len(naps) == len(set(naps)) >= 1
    assert instead.asked == 0


def test_slots_follow_each_other_and_a_pause_earns_no_burst(server: Server) -> None:
    naps: list[float] = []
    one = pace(server.url, Counting(), naps.append)
    ahead = server.now() + 10_000_000
    server.client().set(name_for(KEY), ahead)
    for _ in range(4):
        one.wait()
    assert int(server.client().get(name_for(KEY)) or 0) == ahead + 4 * SPACING * 1000
    assert all(later - earlier <= SPACING / 1000 for earlier, later in pairwise(naps))
    server.client().set(name_for(KEY), 0)
    begin = server.now()
    for _ in range(4):
        one.wait()
    assert int(server.client().get(name_for(KEY)) or 0) >= begin + 4 * SPACING * 1000


def test_the_record_goes_by_itself_and_does_not_give_the_key_away(server: Server) -> None:
    pace(server.url, Counting()).wait()
    (name,) = server.client().scan_iter()
    assert KEY.encode() not in name
    assert 0 < int(server.client().pttl(name)) <= 60_000


def test_a_server_that_goes_is_told_once(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    instead = Counting()
    one = pace(server.url, instead)
    one.wait()
    assert instead.asked == 0
    server.kill()
    for _ in range(3):
        one.wait()
    assert instead.asked == 3
    (told,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "goes on alone, at a share of the rate" in told.getMessage()


def test_a_server_that_was_restarted_is_used_again(server: Server) -> None:
    instead = Counting()
    one = pace(server.url, instead)
    one.wait()
    server.client().script_flush()
    one.wait()
    assert instead.asked == 0


def test_no_server_at_all(caplog: pytest.LogCaptureFixture) -> None:
    instead = Counting()
    one = pace(f"redis://:secret-word@127.0.0.1:{free_port()}/0", instead)
    one.wait()
    one.wait()
    assert instead.asked == 2
    assert len(caplog.records) == 1
    assert "secret-word" not in caplog.text


def test_the_setting_chooses_it() -> None:
    url = "redis://127.0.0.1:6379/0"
    chosen = shared_pace(Settings.load({**REQUIRED, "TRIBE_PO_PACE": url}))
    assert isinstance(chosen, RedisPace)
    assert not isinstance(shared_pace(Settings.load(REQUIRED)), RedisPace)


@pytest.mark.parametrize("url", ["http://127.0.0.1:6379", "redis://127.0.0.1:port"])
def test_what_is_no_redis_url_is_refused(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        shared_pace(Settings.load({**REQUIRED, "TRIBE_PO_PACE": url}))
    assert url not in str(caught.value)
