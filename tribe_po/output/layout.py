"""How tables look, whatever they tell."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tribe_po.output import words
from tribe_po.records import System
from tribe_po.sync.change import Status

MOST_ROWS = 50
"""Records shown in one table; the JSON output has them all."""

ID_COLUMNS = ("PowerOffice id", "Tribe id")
"""Columns that are cut rather than folded."""

SIDE_STYLES = {System.TRIBE: "magenta", System.POWEROFFICE: "cyan"}


STATUS_MARKS = {
    Status.PLANNED: Text(" "),
    Status.DONE: Text("✓", "green"),
    Status.FAILED: Text("✗", "bold red"),
    Status.SKIPPED: Text("·", "yellow"),
}


def titled(title: str, style: str, table: Table) -> RenderableType:
    """A table under its title, set off from what stands before it."""
    table.title = Text(title, style=f"bold {style}")
    table.title_justify = "left"
    return Padding(table, (1, 0, 0, 0))


def rest(number: int) -> Iterator[RenderableType]:
    """How many of so many records are not shown."""
    if number > MOST_ROWS:
        more = words.grouped(number - MOST_ROWS)
        yield Text(f"  … {more} more, see --output json", style="dim")


def table(*columns: str) -> Table:
    """An empty table."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for column in columns:
        made.add_column(column, overflow="ellipsis" if column in ID_COLUMNS else "fold")
        made.columns[-1].no_wrap = column in ID_COLUMNS
    return made


def align_right(table: Table, headings: Collection[str]) -> None:
    """Let columns of numbers stand under each other, and never break one."""
    for column in table.columns:
        if column.header in headings:
            column.justify, column.no_wrap = "right", True
