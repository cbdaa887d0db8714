"""Progress on a terminal: how far, how fast, how long yet, and what is being done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from tribe_po.output import words
from tribe_po.records import System
from tribe_po.sync.change import Action, Change

READING = "Reading both systems"
WRITING = "Writing"

_DONE = {
    Action.CREATE: "new",
    Action.ADD_ROLE: "new role",
    Action.LINK: "linked",
    Action.UPDATE: "updated",
}
_WIDTH = 30
_SETTLED = 2.0
"""Seconds after which a rate says something."""


class _Count(ProgressColumn):
    """How many of all changes, with their rate; while reading, how many requests."""

    def __init__(self, requests: Callable[[], Mapping[System, int]]) -> None:
        super().__init__(Column(no_wrap=True))
        self._requests = requests

    def render(self, task: Task) -> Text:
        """Say how far it is."""
        if task.total is None:
            return Text(words.count(sum(self._requests().values()), "request"), "dim")
        done, total = (words.grouped(int(number)) for number in (task.completed, task.total))
        rate = rate_of(task.completed, task.elapsed)
        return Text(f"{done} of {total}" + (f", {rate:.1f}/s" if rate else ""), "dim")


class _Left(ProgressColumn):
    """How long it takes yet, from the rate so far."""

    def __init__(self) -> None:
        super().__init__(Column(no_wrap=True))

    def render(self, task: Task) -> Text:
        """Say how long, or nothing while that is a guess."""
        rate = rate_of(task.completed, task.elapsed)
        if task.total is None or not rate or task.completed >= task.total:
            return Text("")
        seconds = (task.total - task.completed) / rate
        return Text(f"{words.span(timedelta(seconds=max(seconds, 1)))} left", "dim")


def rate_of(done: float, elapsed: float | None) -> float | None:
    """Changes in a second since the writing began, None while that says little: links take no
    request, and a burst at the beginning is not how it goes on."""
    return done / elapsed if elapsed is not None and elapsed >= _SETTLED and done else None


class Following:
    """A line on the terminal that follows a pass, and goes when the pass is over.

    Where the console is not a terminal, nothing is shown. `requests` counts what was sent.
    """

    def __init__(self, console: Console, requests: Callable[[], Mapping[System, int]]) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", table_column=Column(width=_WIDTH, no_wrap=True)),
            BarColumn(bar_width=10),
            _Count(requests),
            _Left(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(READING, total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def pause(self) -> None:
        """Clear the line, so that something can be shown or asked."""
        self._progress.stop()

    def expect(self, number: int) -> None:
        """Go on to the writing of so many changes."""
        self._progress.reset(self._task, total=number, description=WRITING)
        self._progress.start()

    def watch(self, change: Change) -> None:
        """Take note of one finished change."""
        self._progress.update(self._task, advance=1, description=doing(change))


def doing(change: Change) -> str:
    """What was done last, cut to the width of its column: `Tribe, new: Fjord Kaffe AS`."""
    text = f"{change.system.title}, {_DONE[change.action]}: {words.printable(change.label)}"
    # A bracket in a name is no markup.
    return (text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…").replace("[", "\\[")
