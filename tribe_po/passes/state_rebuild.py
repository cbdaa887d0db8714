"""`state rebuild`: the links of a lost or damaged state, found again on both servers.

Nothing is written to either server. What comes back are the links, by mark and then by number as
in `init-sync`; the values that both sides agree on; and what they differ in, which the next passes
treat as after a first sync: an empty side is filled, else PowerOffice leads.

That `init-sync` has finished for a kind is only believed where a linked record of that kind carries
the tool's mark: equal numbers alone may come from people. Of such kinds, everything that only Tribe
has is left alone, as `init-sync` does, of invoices all that are sent: the state alone knew which of
it was to be pushed. What was known of quarantine, conflicts, runs, and records with a side gone
does not come back.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from tribe_po.errors import GuardRefused
from tribe_po.passes.observe import observe, plan_for
from tribe_po.passes.run import forget_the_unneeded, is_old
from tribe_po.passes.session import Now, open_session, utc_now
from tribe_po.records import Kind, Memory, Record, System
from tribe_po.settings import Settings
from tribe_po.state.generations import look_at, set_aside
from tribe_po.state.lock import lock
from tribe_po.state.store import Store
from tribe_po.sync import remember
from tribe_po.sync.change import Task
from tribe_po.transport.pace import Pace
from tribe_po.transport.stop import Stop

NAME = "state rebuild"

_MARKS = tuple(f"{system}:" for system in System)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A state that was found again. `differing` links have a field that the sides differ in,
    `aside` are the copies of what was there."""

    memory: Memory
    differing: int
    ambiguous: int
    aside: tuple[Path, ...]


def rebuild(
    settings: Settings,
    *,
    dry_run: bool = False,
    force: bool = False,
    now: Now = utc_now,
    pace: Pace | None = None,
    stop: Stop | None = None,
) -> Rebuilt:
    """Find the links again and save them in a new state; a dry run saves nothing.

    A damaged file is copied aside and stays in use until the new one is whole. Raise `GuardRefused`
    when the state is whole and this is not forced, or when there is nothing to link; what
    `open_session` raises; and `StateNotSaved`. No file is changed then.
    """
    with nullcontext() if dry_run else lock(settings.state):
        _check_lost(settings.state, force=force)
        memory, ambiguous = _found(settings, now, pace, stop)
        aside: list[Path] = []
        if not dry_run:
            aside = set_aside(settings.state, now())
            Store(settings.state).save(memory)
    differing = sum(bool(link.tribe or link.poweroffice) for link in memory.links.values())
    return Rebuilt(memory, differing, ambiguous, tuple(aside))


def _check_lost(path: Path, *, force: bool) -> None:
    current = look_at(path)
    if current is None or current.memory is None or force:
        return
    raise GuardRefused(
        f"{path} is whole",
        f"It holds {len(current.memory.links)} links. A new state would not know what is "
        "quarantined, in conflict or left alone.",
        "Look at it: tribe-po state verify. To build a new one anyway: tribe-po state rebuild "
        "--force",
    )


def _found(
    settings: Settings, now: Now, pace: Pace | None, stop: Stop | None
) -> tuple[Memory, int]:
    # A path where nothing is, beside the state so that its tokens can be used.
    nowhere = settings.state.with_name(f"{settings.state.stem}.rebuilt")
    task = Task(
        name=NAME,
        kinds=settings.kinds,
        creates_in=frozenset(),
        updates_in=frozenset(),
        conflicts=settings.conflicts,
        initial=True,
        invoicing=settings.invoicing,
    )
    with open_session(
        replace(settings, state=nowhere), NAME, dry_run=True, now=now, pace=pace, stop=stop
    ) as session:
        seen = observe(session, task.kinds, full=True)
        plan = plan_for(session, task, seen)
    memory = remember.start(plan)
    if not memory.links:
        counts = ", ".join(f"{one.system.title} {len(one.records)}" for one in seen)
        raise GuardRefused(
            "No record was found on both sides",
            f"Records read: {counts}. No file was changed.",
            "Look at what a first round would do: tribe-po init-sync --dry-run",
        )
    _believe_marks(memory, [record for one in seen for record in one.records], task)
    forget_the_unneeded(memory, task)
    return memory, len(plan.quarantined)


def _believe_marks(memory: Memory, records: Iterable[Record], task: Task) -> None:
    """Note for which kinds `init-sync` has been there, and what it is to be left alone for them."""
    linked = {(link.kind, link.id_in(side)) for link in memory.links.values() for side in System}
    marked = {
        record.kind
        for record in records
        if record.mark and record.mark.startswith(_MARKS) and (record.kind, record.id) in linked
    }
    memory.meta.initialised = tuple(kind for kind in Kind if kind in marked)
    memory.left_alone |= {
        (record.kind, record.id)
        for record in memory.unlinked.values()
        if record.system is System.TRIBE and record.kind in marked and is_old(record, task)
    }
