"""The looks at this machine's part: settings, state, clock, pace, and what cannot be seen."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from tribe_po import fields
from tribe_po.errors import ExitCode, GuardRefused
from tribe_po.passes.check.examination import Examination, Heard, passes_of
from tribe_po.passes.check.findings import Finding, Level, Topic
from tribe_po.passes.schedule import SCHEDULE
from tribe_po.passes.session import tenant_of
from tribe_po.records import RELATIONS, Kind, Memory, System
from tribe_po.settings import SETTINGS
from tribe_po.state.store import Store

MOST_SECONDS_APART = 60
_TOLD_IN_WHOLE_SECONDS = timedelta(seconds=1)


def settings(it: Examination) -> Iterator[Finding]:
    """Where the settings come from, and what they ask for. No secret is among what is shown."""
    chosen = it.settings
    counts: Counter[str] = Counter()
    for setting in SETTINGS:
        origin = next((one.where for one in it.sources if one.take(setting) is not None), None)
        counts[f"from {origin}" if origin else "by default"] += 1
    told = ", ".join(f"{number} {origin}" for origin, number in counts.items())
    yield Finding.ok(Topic.SETTINGS, f"profile {chosen.profile}: {told}")
    yield Finding.ok(
        Topic.SETTINGS,
        f"{_plurals(chosen.kinds)}, matched by {_rules(it)}; conflicts: {chosen.conflicts.value}; "
        f"a pass changes at most {chosen.max_change_percent} % of the linked records",
    )


def _rules(it: Examination) -> str:
    """By what records without a link are matched; products have a rule of their own."""
    kinds = it.settings.kinds
    rules = ", ".join(rule.value for rule in it.settings.match_by)
    by_kinds = {rules: set(kinds) & set(RELATIONS), "code (products)": set(kinds) & {Kind.PRODUCT}}
    return ", ".join(rule for rule, own in by_kinds.items() if own)


def _plurals(kinds: Sequence[Kind]) -> str:
    """The kinds as a sentence has them: customers, suppliers and products."""
    *most, last = (f"{kind}s" for kind in kinds)
    return f"{', '.join(most)} and {last}" if most else last


def state(it: Examination) -> Iterator[Finding]:
    """What the state file holds, and whether it is of these tenants."""
    path = it.settings.state
    store = Store(path)
    memory = it.memory = store.open()
    if not path.exists():
        yield _none_yet(it)
        return
    yield Finding.ok(Topic.STATE, f"{path}: {_counted(memory)}")
    yield from _whose(it, store, memory)
    yield from _ready(it, memory)


def _none_yet(it: Examination) -> Finding:
    path = it.settings.state
    if os.access(path.parent, os.W_OK | os.X_OK):
        text = f"{path}: none yet, nothing has been synchronised"
        return Finding.ok(Topic.STATE, text, "Type: tribe-po init-sync --dry-run")
    folder = shlex.quote(str(path.parent))
    return Finding(
        Topic.STATE,
        Level.ERROR,
        f"{path} could not be written\nIts folder is missing, or not writable for this user.",
        f"Make it: mkdir -p {folder}, look at its rights: ls -ld {folder}, or set TRIBE_PO_STATE",
        ExitCode.SETTINGS,
    )


def _counted(memory: Memory) -> str:
    linked = Counter(link.kind for link in memory.links.values())
    waiting = sum(conflict.winner is None for conflict in memory.conflicts.values())
    rest = {
        "parked": sum(link.parked is not None for link in memory.links.values()),
        "left alone in Tribe": len(memory.left_alone),
        "quarantined": len(memory.quarantine),
        "conflicts waiting": waiting,
        "creations unfinished": len(memory.intents),
    }
    counts = [_count(number, kind) for kind, number in linked.items()]
    counts += [f"{number} {what}" for what, number in rest.items() if number]
    return f"links of {', '.join(counts)}" if counts else "readable, nothing in it"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _whose(it: Examination, store: Store, memory: Memory) -> Iterator[Finding]:
    if not it.own:
        yield Finding.warning(Topic.STATE, "Not compared: whose it is cannot be asked of Tribe.")
        return
    try:
        store.bind(memory, tenant_of(it.settings, it.own))
    except GuardRefused as error:
        yield Finding.failed(Topic.STATE, error)
    else:
        yield Finding.ok(Topic.STATE, "of the two tenants that the keys open")


def _ready(it: Examination, memory: Memory) -> Iterator[Finding]:
    missing = [kind for kind in it.settings.kinds if kind not in memory.meta.initialised]
    if memory.meta.initialised:
        ready = _plurals(memory.meta.initialised)
        yield Finding.ok(Topic.STATE, f"init-sync has finished for {ready}")
    if missing:
        yield Finding.warning(
            Topic.STATE,
            f"init-sync has not finished for {_plurals(missing)}\n"
            "The passes for them refuse to start before.",
            "Type: tribe-po init-sync --dry-run",
        )
    first = next(iter(passes_of(System.TRIBE, it.settings.kinds)))
    if memory.meta.fields not in ("", fields.fingerprint()):
        yield Finding.warning(
            Topic.STATE,
            "The field table has changed since the last run\n"
            f"It was {memory.meta.fields} and is {fields.fingerprint()}: the next pass refuses.",
            f"Type: tribe-po {first} --dry-run --full --force",
        )
    if memory.runs:
        last = memory.runs[-1]
        ended = f"{last.finished:%Y-%m-%d %H:%M} UTC"
        yield Finding.ok(Topic.STATE, f"last run: {last.name}, {ended}, {last.outcome}")


def connector(_: Examination) -> Iterator[Finding]:
    """Remind of Tribe's own PowerOffice integration, which must not run beside this tool.

    A reminder is all there can be: whether it is active is a setting in Tribe's marketplace that no
    known API shows, its key for each record is hidden from the API (tribe.md sections 5.4 and
    12.2), and the debtor numbers that it writes look like anybody's.
    """
    yield Finding.ok(
        Topic.CONNECTOR,
        "Reminder: Tribe's own PowerOffice integration must be off\n"
        "It cannot be seen from outside, and both at once would overwrite each other's numbers.",
        "Look in Tribe: Marketplace, Financial, PowerOffice.",
    )


def clocks(it: Examination) -> Iterator[Finding]:
    """How far this machine's clock is from each server's. Cursors are the servers' own times."""
    for system, heard in it.heard.items():
        apart = _apart(heard)
        if apart is None:
            yield Finding.warning(Topic.CLOCKS, f"{system.title} does not tell its time.")
        elif apart > MOST_SECONDS_APART:
            yield Finding.warning(
                Topic.CLOCKS,
                f"{system.title}'s clock and this machine's are {apart} s apart\n"
                f"More than {MOST_SECONDS_APART} s: times in reports and of retries are off. "
                "No change is missed by it.",
                "Set this machine's clock: timedatectl set-ntp true",
            )
        else:
            text = f"{system.title}'s and this machine's: {apart} s apart"
            yield Finding.ok(Topic.CLOCKS, text)


def _apart(heard: Heard) -> int | None:
    """Whole seconds that the asking does not explain. Servers cut off parts of a second."""
    if heard.server is None:
        return None
    early = heard.before - _TOLD_IN_WHOLE_SECONDS - heard.server
    late = heard.server - heard.after
    return max(0, round(max(early, late).total_seconds()))


def budget(it: Examination) -> Iterator[Finding]:
    """How many requests may be made, and how many a pass takes while there is no news: each asks
    only the side that its news come from."""
    rate = it.settings.rate
    yield Finding.ok(
        Topic.BUDGET,
        f"{rate:g} requests a second to PowerOffice, {60 * rate:g} a minute, "
        "for all processes with this subscription key",
    )
    for one in SCHEDULE:
        if one.name in it.idle:
            text = f"{one.name} without news: {it.idle[one.name]} to {one.source.title}"
            yield Finding.ok(Topic.BUDGET, f"{text}, and now and then one for a token")
