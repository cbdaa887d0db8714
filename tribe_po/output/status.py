"""How the synchronisation fares, on one screen or in one document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tribe_po.output import commands, layout, parts, words
from tribe_po.passes.health import problems as problems_of
from tribe_po.passes.overview import Overview, PassState, Problem, Waiting
from tribe_po.passes.schedule import INITIAL
from tribe_po.records import Link

MOST_PARKED = 10
OUTCOME_STYLES = {
    "ok": "green",
    "partial": "yellow",
    "stopped": "yellow",
    "refused": "red",
    "failed": "bold red",
}


def document(seen: Overview, profile: str, path: Path) -> str:
    """The document. `healthy` and the exit code say the same."""
    problems = problems_of(seen)
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "status",
            "profile": profile,
            "state": str(path),
            "now": parts.time(seen.now),
            "healthy": not problems,
            "problems": [{"text": one.text, "next_step": one.next_step} for one in problems],
            "initial": parts.run(seen.initial) if seen.initial else None,
            "uninitialised": [kind.value for kind in seen.uninitialised],
            "passes": [_pass(one) for one in seen.passes],
            "links": seen.links,
            "parked": [_parked(link) for link in seen.parked],
            "quarantine": {
                "count": len(seen.quarantine),
                "oldest": parts.time(seen.quarantine[0].since) if seen.quarantine else None,
                "next_retry": parts.time_or_none(seen.next_retry),
            },
            "conflicts": {"open": len(seen.open_conflicts), "settled": seen.settled_conflicts},
            "intents": {
                "open": len(seen.intents),
                "oldest": parts.time_or_none(_oldest_intent(seen)),
            },
            "left_alone": seen.left_alone,
            "archived": seen.archived,
            "running": (
                {
                    "pid": seen.running.pid,
                    "command": seen.running.command,
                    "since": seen.running.since,
                }
                if seen.running
                else None
            ),
        }
    )


def _pass(one: PassState) -> dict[str, Any]:
    waiting = one.waiting
    return {
        "pass": one.scheduled.name,
        "every_seconds": int(one.scheduled.every.total_seconds()),
        "last": parts.run(one.last) if one.last else None,
        "age_seconds": int(one.age.total_seconds()) if one.age is not None else None,
        "late": one.late,
        "waiting": {"update": waiting.updates, "create": waiting.creates, "link": waiting.links},
    }


def _parked(link: Link) -> dict[str, Any]:
    return {
        "kind": link.kind.value,
        "poweroffice_id": link.poweroffice_id,
        "tribe_id": link.tribe_id,
        "label": link.label,
        "reason": link.parked,
    }


def _oldest_intent(seen: Overview) -> datetime | None:
    return min((one.since for one in seen.intents), default=None)


def screen(seen: Overview, path: Path) -> Iterator[RenderableType]:
    """The passes, the numbers, what to look at, and a line that sums up."""
    problems = problems_of(seen)
    yield _passes(seen)
    yield Padding(_numbers(seen, path), (1, 0, 0, 0))
    yield from _parked_table(seen.parked)
    if problems:
        yield Padding(_problems(problems), (1, 0, 0, 0))
    verdict = words.count(len(problems), "problem") if problems else "healthy"
    style = "bold red" if problems else "bold green"
    yield Text.assemble("\n", ("status: ", "bold"), (verdict, style))


def _passes(seen: Overview) -> Table:
    table = layout.table("Pass", "Last run", "Outcome", "Every", "Waiting")
    for one in seen.passes:
        table.add_row(
            Text(one.scheduled.name, "bold"),
            _last_run(one),
            _outcome(one),
            words.span(one.scheduled.every),
            Text(waiting(one.waiting), "" if one.waiting else "dim"),
        )
    if seen.initial:
        outcome = Text(seen.initial.outcome, OUTCOME_STYLES.get(seen.initial.outcome, ""))
        table.add_row(INITIAL, words.moment(seen.initial.finished), outcome, "by hand", "")
    return table


def _last_run(one: PassState) -> Text:
    told = "never" if one.age is None else f"{words.span(one.age)} ago"
    return Text(f"{told}, late" if one.late else told, "bold red" if one.late else "")


def _outcome(one: PassState) -> Text:
    if one.last is None:
        return Text("-", "dim")
    return Text(words.printable(one.last.outcome), OUTCOME_STYLES.get(one.last.outcome, ""))


def waiting(what: Waiting) -> str:
    """What a pass would do now, in words."""
    told = {"to update": what.updates, "to create": what.creates, "to link": what.links}
    return ", ".join(f"{words.grouped(n)} {verb}" for verb, n in told.items() if n) or "nothing"


def _numbers(seen: Overview, path: Path) -> Table:
    told = {
        "Linked": words.grouped(seen.links),
        "Parked": words.grouped(len(seen.parked)),
        "Quarantined": _quarantined(seen),
        "Conflicts": f"{len(seen.open_conflicts)} open, {seen.settled_conflicts} settled",
        "Creates begun": _begun(seen),
        "Not copied": f"{words.grouped(seen.left_alone)} only in Tribe and left alone, "
        f"{words.grouped(seen.archived)} archived",
        "State": words.printable(str(path)),
        **_running(seen),
    }
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in told.items():
        table.add_row(name, Text(text))
    return table


def _running(seen: Overview) -> dict[str, str]:
    if seen.running is None:
        return {}
    command, pid = words.printable(seen.running.command), seen.running.pid
    return {"Running": f"{command} (process {pid}), since {words.printable(seen.running.since)}"}


def _quarantined(seen: Overview) -> str:
    if not seen.quarantine:
        return "0"
    since = words.moment(seen.quarantine[0].since)
    return (
        f"{words.grouped(len(seen.quarantine))}, the oldest since {since}, "
        f"next retry {words.moment_or_dash(seen.next_retry)}"
    )


def _begun(seen: Overview) -> str:
    oldest = _oldest_intent(seen)
    if oldest is None:
        return "0"
    return f"{len(seen.intents)} without a known answer, the oldest since {words.moment(oldest)}"


def _parked_table(parked: Sequence[Link]) -> Iterator[RenderableType]:
    if not parked:
        return
    table = layout.table("Record", "PowerOffice id", "Why")
    for link in parked[:MOST_PARKED]:
        label = Text(words.printable(link.label), "bold")
        table.add_row(label, Text(words.printable(link.poweroffice_id)), Text(link.parked or ""))
    yield layout.titled("Parked", "yellow", table)
    if len(parked) > MOST_PARKED:
        more = words.grouped(len(parked) - MOST_PARKED)
        yield Text(f"  … {more} more, see --output json", style="dim")


def _problems(problems: Sequence[Problem]) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, style="bold yellow")
    table.add_column(overflow="fold")
    for one in problems:
        text = Text(words.printable(one.text))
        text.append(commands.on_a_line(one.next_step), "dim")
        table.add_row("!", text)
    return table
