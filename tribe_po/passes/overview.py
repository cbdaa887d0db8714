"""How the synchronisation fares, as far as the state tells. Asks no server.

What a pass would do now is planned from what was last seen: that is the backlog.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from tribe_po.passes.schedule import INITIAL, SCHEDULE, Scheduled
from tribe_po.records import (
    Conflict,
    Intent,
    Kind,
    Link,
    Memory,
    Quarantined,
    Run,
)
from tribe_po.settings import LocalSettings
from tribe_po.state.lock import Holder
from tribe_po.sync.acknowledged import is_parking_to_tell
from tribe_po.sync.change import Action, Plan
from tribe_po.sync.match import match
from tribe_po.sync.plan import make_plan

LATE_AFTER = 3
"""A pass is late when so many of its intervals have gone by since it last ended."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a pass would do now: so many links to update, records to create, records to link."""

    updates: int = 0
    creates: int = 0
    links: int = 0

    def __bool__(self) -> bool:
        return bool(self.updates or self.creates or self.links)


@dataclass(frozen=True, slots=True)
class PassState:
    """How one scheduled pass fares. `age` is the time since it last ended; None if it never did."""

    scheduled: Scheduled
    last: Run | None
    age: timedelta | None
    late: bool
    waiting: Waiting


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person has to look at, and what to type."""

    text: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the state says at one moment, about the kinds that are synchronised.

    `uninitialised` are the kinds that no init-sync has finished for; `quarantine` begins with the
    oldest entry. `left_alone` and `archived` count records that are not copied on purpose,
    and `parked` leaves out what a person has acknowledged.
    `running` is the process that keeps all others from the state at this moment.
    """

    now: datetime
    passes: tuple[PassState, ...]
    initial: Run | None
    uninitialised: tuple[Kind, ...]
    links: int
    parked: tuple[Link, ...]
    quarantine: tuple[Quarantined, ...]
    open_conflicts: tuple[Conflict, ...]
    settled_conflicts: int
    intents: tuple[Intent, ...]
    left_alone: int
    archived: int
    running: Holder | None = None

    @property
    def next_retry(self) -> datetime | None:
        """When a quarantined record is tried again first; one that is overdue counts as now."""
        times = [entry.retry_after for entry in self.quarantine if entry.retry_after]
        return max(min(times), self.now) if times else None


def backlog(memory: Memory, one: Scheduled, settings: LocalSettings, now: datetime) -> Plan | None:
    """What one pass would do now, if it saw nothing new. None where it may not run yet.

    A record that would be created may still turn out to be there: the pass asks before it creates.
    """
    kinds = [kind for kind in settings.kinds if kind in memory.meta.initialised]
    task = one.task(kinds, settings)
    if not task.kinds:
        return None
    return make_plan(memory, match(memory, (), task.kinds, settings.match_by), task, now)


def overview(
    memory: Memory, settings: LocalSettings, now: datetime, running: Holder | None = None
) -> Overview:
    """Read the state of everything that the settings ask for."""
    kinds = settings.kinds
    passes = [one for one in SCHEDULE if set(one.kinds) & set(kinds)]
    plans = {one.name: backlog(memory, one, settings, now) for one in passes}
    links = [link for link in memory.links.values() if link.kind in kinds]
    conflicts = [entry for entry in memory.conflicts.values() if entry.kind in kinds]
    still_open = [entry for entry in conflicts if entry.winner is None]
    return Overview(
        now=now,
        passes=tuple(_pass_state(one, memory, plans[one.name], now) for one in passes),
        initial=_last(memory, INITIAL),
        uninitialised=tuple(kind for kind in kinds if kind not in memory.meta.initialised),
        links=len(links),
        parked=tuple(link for link in links if is_parking_to_tell(link)),
        quarantine=tuple(quarantine_of(memory, kinds)),
        open_conflicts=tuple(sorted(still_open, key=lambda one: one.since)),
        settled_conflicts=len(conflicts) - len(still_open),
        intents=tuple(one for one in memory.intents.values() if one.kind in kinds),
        left_alone=sum(plan.left_alone for plan in plans.values() if plan),
        archived=sum(plan.archived for plan in plans.values() if plan),
        running=running,
    )


def quarantine_of(memory: Memory, kinds: Collection[Kind] = tuple(Kind)) -> list[Quarantined]:
    """The quarantined records of some kinds, oldest first."""
    entries = [entry for entry in memory.quarantine.values() if entry.kind in kinds]
    return sorted(entries, key=lambda entry: entry.since)


def conflicts_in_order(memory: Memory) -> list[Conflict]:
    """All conflicts: first those that wait for a person, each part oldest first."""
    return sorted(memory.conflicts.values(), key=lambda one: (one.winner is not None, one.since))


def _last(memory: Memory, name: str) -> Run | None:
    return next((run for run in reversed(memory.runs) if run.name == name), None)


def _pass_state(one: Scheduled, memory: Memory, plan: Plan | None, now: datetime) -> PassState:
    last = _last(memory, one.name)
    return PassState(
        scheduled=one,
        last=last,
        age=now - last.finished if last else None,
        late=plan is not None and overdue(one, memory, now),
        waiting=_waiting(plan) if plan else Waiting(),
    )


def overdue(one: Scheduled, memory: Memory, at: datetime) -> bool:
    """Whether a pass had not ended for too long at a moment, whatever it is for.

    Before its first run it has as long to come as between two, from the init-sync on.
    """
    began = _last(memory, one.name) or _last(memory, INITIAL)
    age = at - began.finished if began else None
    return age is None or not -one.every <= age <= LATE_AFTER * one.every


def _waiting(plan: Plan) -> Waiting:
    counts = plan.counts
    return Waiting(
        updates=counts[Action.UPDATE],
        creates=counts[Action.CREATE] + counts[Action.ADD_ROLE],
        links=counts[Action.LINK],
    )
