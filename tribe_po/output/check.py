"""The findings of `check`, as one screen for people or one document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tribe_po.errors import ExitCode
from tribe_po.output import commands, parts, words
from tribe_po.output.parts import SCHEMA
from tribe_po.passes.check import NAME, CheckReport, Finding, Level

MARKS = {
    Level.OK: ("✓", "green"),
    Level.WARNING: ("!", "bold yellow"),
    Level.ERROR: ("✗", "bold red"),
}
TEXT_STYLES = {Level.OK: "", Level.WARNING: "yellow", Level.ERROR: "red"}


def document(report: CheckReport) -> str:
    """The document. Members are added to it over time, never renamed."""
    return parts.text(
        {
            "schema": SCHEMA,
            "command": NAME,
            "profile": report.profile,
            "outcome": "ok" if report.exit_code is ExitCode.OK else "failed",
            "exit_code": int(report.exit_code),
            "requests": {system.value: number for system, number in report.requests.items()},
            "findings": [
                {
                    "topic": one.topic.value,
                    "level": one.level.value,
                    "text": one.text,
                    "next_step": one.next_step or None,
                }
                for one in report.findings
            ],
        },
    )


def screen(report: CheckReport) -> Iterator[RenderableType]:
    """A table with a row a finding, what to do under what was found, and a line that sums up."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for index, one in enumerate(report.findings):
        mark, style = MARKS[one.level]
        known = index and report.findings[index - 1].topic is one.topic
        topic = "" if known else one.topic.value
        table.add_row(Text(mark, style), topic, _told(report.findings, index))
    yield table
    yield _summary(report)


def _told(findings: Sequence[Finding], index: int) -> Text:
    """The text, and the next step once for several findings in a row that share it."""
    one = findings[index]
    text = Text(words.printable_lines(one.text.splitlines()), TEXT_STYLES[one.level])
    shared = index + 1 < len(findings) and findings[index + 1].next_step == one.next_step
    if one.next_step and not shared:
        text.append(commands.on_a_line(one.next_step), "dim")
    return text


def _summary(report: CheckReport) -> Text:
    errors, warnings = report.count(Level.ERROR), report.count(Level.WARNING)
    verdict = words.count(errors, "error") if errors else "no error"
    requests = ", ".join(f"{number} to {side.title}" for side, number in report.requests.items())
    return Text.assemble(
        (f"{NAME}: ", "bold"),
        (verdict, "bold red" if errors else "bold green"),
        f", {words.count(warnings, 'warning')}" if warnings else "",
        (f"  [nothing written; requests: {requests or 'none'}]", "dim"),
    )
