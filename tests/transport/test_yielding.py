"""A pace that slows down when a server that names no rate says that it is too much."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Barrier, Thread

import pytest

from tribe_po.sandbox.pace import SlidingWindow, TokenBucket
from tribe_po.transport.pace import FIRST_DISTANCE, Yielding

ANSWER = 0.15
IN_FLIGHT = 4


@dataclass
class Time:
    now: float = 1000.0
    naps: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Noted; whoever slept goes on when the test says so."""
        self.naps.append(seconds)


def yielding() -> tuple[Yielding, Time]:
    clock = Time()
    return Yielding(clock=clock, sleep=clock.sleep), clock


def test_nobody_waits_while_nothing_was_refused() -> None:
    pace, clock = yielding()
    for _ in range(1000):
        pace.wait()
    assert clock.naps == []


def test_nothing_goes_for_as_long_as_the_server_asks() -> None:
    pace, clock = yielding()
    pace.too_many(7)
    clock.now += 2
    pace.wait()
    pace.wait()
    assert clock.naps == [pytest.approx(5), pytest.approx(5 + FIRST_DISTANCE)]


def test_refusals_of_what_was_under_way_count_as_one() -> None:
    pace, clock = yielding()
    for _ in range(IN_FLIGHT):
        pace.too_many(1)
    clock.now += 1
    pace.wait()
    pace.wait()
    assert clock.naps == [pytest.approx(FIRST_DISTANCE)]


def test_after_enough_requests_nobody_waits_any_more() -> None:
    pace, clock = yielding()
    pace.too_many(1)
    clock.now += 1
    for _ in range(1000):
        pace.wait()
        clock.now += 1
    clock.naps.clear()
    pace.wait()
    pace.wait()
    assert clock.naps == []


def test_threads_take_turns() -> None:
    clock, together = Time(), Barrier(8)
    pace = Yielding(clock=clock, sleep=clock.sleep)
    pace.too_many(1)

    def ask() -> None:
        together.wait()
        pace.wait()

    threads = [Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    naps = sorted(clock.naps)
    assert len(naps) == 8
    assert all(later - earlier > FIRST_DISTANCE / 2 for earlier, later in pairwise(naps))


@pytest.mark.parametrize("limit", [2, 5, 10, 20])
@pytest.mark.parametrize("counts", [SlidingWindow, TokenBucket])
def test_it_finds_the_rate_of_a_server_that_names_none(
    limit: int, counts: type[SlidingWindow] | type[TokenBucket]
) -> None:
    """A thousand requests, four in flight, in a simulated time: few are refused, none so often
    that it is given up, and at least half of what the server takes is done."""
    pace, clock = yielding()
    server = counts(limit, elapsed=clock)
    begin = clock.now
    free = [(begin, worker, False) for worker in range(IN_FLIGHT)]
    tries = [0] * IN_FLIGHT
    refused = done = most_tries = 0
    while done < 1000:
        clock.now, worker, sent = heapq.heappop(free)
        if not sent:
            clock.naps.clear()
            pace.wait()
            tries[worker] += 1
            heapq.heappush(free, (clock.now + sum(clock.naps), worker, True))
        elif server.admit():
            done += 1
            most_tries, tries[worker] = max(most_tries, tries[worker]), 0
            heapq.heappush(free, (clock.now + ANSWER, worker, False))
        else:
            refused += 1
            pace.too_many(1)
            heapq.heappush(free, (clock.now + ANSWER + 1, worker, False))
    reached = done / (clock.now - begin)
    assert reached > 0.5 * limit
    assert refused < 0.05 * done
    assert most_tries <= 5, "as often as a request is sent before it is given up"
