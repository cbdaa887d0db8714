"""Progress on a terminal: how far, how fast, how long yet, and what is being done."""

from __future__ import annotations

from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from tribe_po.output import words
from tribe_po.sync.change import Change


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Records in a second, as measured lately."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "", "dim")


class Following:
    """A line on the terminal that follows a pass, and goes when the pass is over.

    Where the console is not a terminal, nothing is shown.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("Reading both sides", total=None)

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
        self._progress.reset(self._task, total=number, description="Writing")
        self._progress.start()

    def watch(self, change: Change) -> None:
        """Take note of one finished change."""
        label = words.printable(change.label)[:30]
        self._progress.update(self._task, advance=1, description=f"{change.system.title}: {label}")
