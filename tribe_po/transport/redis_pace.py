"""One pace for several machines: its record is kept by a Redis server (the extra `redis`).

Rate limiters for Redis that read the clock in one step and count in another let two requests go
within a millisecond of each other when two machines ask at once. Here one script does both.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Lock

from redis import Redis
from redis.exceptions import RedisError

from tribe_po.transport.pace import Pace, name_for

TIMEOUT = 2.0
"""Seconds after which a Redis that does not answer counts as gone."""

TAKE_SLOT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local slot = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], string.format('%.0f', slot + ARGV[1]), 'PX', 60000)
return slot - now
"""
"""Takes the next free slot and moves it on by the spacing; both in microseconds of the server's
clock, which is the same for all machines. Gives how long it is until the slot begins."""

_MICROSECONDS = 1_000_000
_log = logging.getLogger(__name__)


class RedisPace(Pace):
    """One pace for everything that uses one key, on whatever machine, with one Redis server.

    Requests are evenly spaced, in the order in which they asked. Without the server, which is told
    once, `instead` takes over for good: this machine's own pace, which must be slow enough for all
    machines to keep to it.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        per_second: float,
        instead: Pace,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`url` as redis-py takes it (redis://, rediss://, unix://); raise `ValueError` for
        others."""
        client = Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
        self._script = client.register_script(TAKE_SLOT)
        self._name = name_for(secret)
        self._spacing = round(_MICROSECONDS / per_second)
        self._instead = instead
        self._sleep = sleep
        self._lock = Lock()
        self._gone = False

    def wait(self) -> None:
        """Take the next slot and sleep until it begins."""
        ahead = self._take_slot()
        if ahead is None:
            self._instead.wait()
        elif ahead > 0:
            self._sleep(ahead / _MICROSECONDS)

    def _take_slot(self) -> int | None:
        """Microseconds until the slot begins; None when there is no server."""
        if self._gone:
            return None
        try:
            return int(self._script(keys=[self._name], args=[self._spacing]))
        except RedisError as error:
            self._give_up(error)
            return None

    def _give_up(self, error: RedisError) -> None:
        with self._lock:
            if not self._gone:
                _log.warning(
                    "The Redis server that keeps the pace (TRIBE_PO_PACE) does not answer (%s). "
                    "This process goes on alone, at a share of the rate.",
                    type(error).__name__,
                    extra={"id": "pace.alone"},
                )
            self._gone = True
