"""How long 1 000 writes take at PowerOffice's limit, and whether it ever is too much for it.

`python -m bench.writing GATEWAY PROFILES WHO` measures one case, of the tool or of the hand-written
client. Both run at the same time, each against a server in a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.measure import Measure
from bench.office import HOUR, ROOT, Cost, Office, office, run_and_read
from tribe_po.sandbox.pace import SlidingWindow, TokenBucket

WRITES = 1000
LIMIT = 10
RATE = 9.0
"""The tool's own pace unless told otherwise; the hand-written client keeps to it too."""

LATENCY = 0.15
LINKED = 10_000
GATEWAYS: dict[str, Callable[[int], SlidingWindow | TokenBucket]] = {
    "sliding window": SlidingWindow,
    "token bucket": TokenBucket,
}
TOOL, FLOOR = "tool", "floor"
CASES = (("sliding window", 1), ("token bucket", 1), ("sliding window", 3))


def writing() -> Sequence[Measure]:
    """1 000 updates pushed to PowerOffice: by one profile against either sort of gateway, and by
    three profiles with one subscription key, each beside the hand-written client."""
    return [row for case in CASES for row in _case(*case)]


def _case(gateway: str, profiles: int) -> list[Measure]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

    def figures(who: str) -> dict[str, float]:
        command = (sys.executable, "-m", "bench.writing", gateway, str(profiles), who)
        found: dict[str, float] = json.loads(run_and_read(command, environment))
        return found

    with ThreadPoolExecutor(2) as pool:
        tool, floor = pool.map(figures, (TOOL, FLOOR))
    who = "1 profile" if profiles == 1 else f"{profiles} profiles"
    name, seconds = f"{WRITES} writes, {who}, {gateway}", tool["seconds"]
    beside = f"{name} / hand-written client at the same {RATE}/s"
    rows = [
        Measure("writing", beside, seconds, "s", floor["seconds"], 1.05),
        Measure("writing", f"{name} / {LIMIT} a second", seconds, "s", WRITES / LIMIT, 1.05),
        Measure("writing", f"{name}: answers 429", tool["too_many"], "answers", None, 0),
        Measure("writing", f"{name}: share spent saving state", tool["saving"], "of 1", None, 0.05),
    ]
    if profiles > 1:
        fair = f"{name}: slowest profile / quickest"
        rows.append(Measure("writing", fair, tool["slowest"], "s", tool["quickest"], 1.05))
    return rows


def case(gateway: str, profiles: int, who: str) -> dict[str, float]:
    """One case: the seconds that all writes took, how many requests were too many, and the greatest
    share of its time that a profile spent saving the state."""
    with office(LINKED) as opened:
        states = [opened.folder / f"profile-{number}.json" for number in range(profiles)]
        for state in states:
            shutil.copy(opened.state, state)
        opened.clock.advance(HOUR)
        since = opened.clock.now()
        opened.clock.advance(HOUR)
        for position in range(WRITES // profiles):
            opened.sandbox.tribe.edit(
                opened.organizations[position], EmailAddress=f"ny@kaffe{position}.example"
            )
        opened.clock.advance(HOUR)
        opened.sandbox.latency = LATENCY
        opened.sandbox.poweroffice.pace = GATEWAYS[gateway](LIMIT)
        opened.sandbox.requests.clear()
        if who == TOOL:
            made = _together(opened, states)
        else:  # one client does the work of all profiles, one after the other
            made = [opened.floor("push-relations", since, RATE) for _ in states]
        too_many = sum(one.status == 429 for one in opened.sandbox.requests.all("poweroffice"))
    walls = [cost.wall for cost in made]
    return {
        "seconds": max(walls) if who == TOOL else sum(walls),
        "slowest": max(walls),
        "quickest": min(walls),
        "too_many": too_many,
        "saving": max(cost.saving / cost.wall for cost in made),
    }


def _together(opened: Office, states: Sequence[Path]) -> list[Cost]:
    def push(numbered: tuple[int, Path]) -> Cost:
        number, state = numbered
        return opened.run("push-relations", paced=True, state=state, figures=f"{number}.json")

    with ThreadPoolExecutor(len(states)) as pool:
        return list(pool.map(push, enumerate(states)))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(case(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
