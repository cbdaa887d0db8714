"""The line that follows a pass on a terminal."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from tribe_po.output import progress
from tribe_po.output.progress import Following, doing, rate_of
from tribe_po.records import Kind, System
from tribe_po.sync.change import Action, Change

REQUESTS = {System.TRIBE: 1200, System.POWEROFFICE: 34}


def change(label: str, action: Action = Action.CREATE) -> Change:
    return Change(action, Kind.CUSTOMER, System.TRIBE, "1", "a", label)


def shown(*, width: int = 80, terminal: bool = True, changes: int = 3) -> list[str]:
    """The lines that a person could have seen, one after the other."""
    console = Console(file=StringIO(), width=width, force_terminal=terminal, color_system=None)
    with Following(console, lambda: REQUESTS) as following:
        following._progress.refresh()
        following.expect(1234)
        for _ in range(changes):
            following.watch(change("Fjord [Kaffe] AS"))
        following._progress.refresh()
    text = console.file.getvalue()  # type: ignore[attr-defined]
    bare = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    return [line.rstrip() for line in re.split(r"[\r\n]+", bare) if line.strip()]


def test_first_what_is_read_then_what_is_written() -> None:
    lines = shown()
    assert lines[0].startswith(progress.READING)
    assert lines[0].endswith("1 234 requests")
    assert lines[-1].startswith("Tribe, new: Fjord [Kaffe] AS")
    assert "3 of 1 234" in lines[-1]


@pytest.mark.parametrize("width", [80, 160])
def test_it_is_one_line(width: int) -> None:
    assert max(map(len, shown(width=width))) <= width


def test_without_a_terminal_there_is_none() -> None:
    assert shown(terminal=False) == []


def test_a_rate_needs_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rate_of(50, 0.1) is None
    assert rate_of(0, 60) is None
    assert rate_of(50, None) is None
    assert rate_of(50, 10) == 5
    monkeypatch.setattr(progress, "rate_of", lambda *_: 5.0)
    assert "3 of 1 234, 5.0/s" in shown()[-1]
    assert "4 min 6 s left" in shown()[-1]
    assert "left" not in shown(changes=1234)[-1]


@pytest.mark.parametrize(("action", "told"), [(Action.UPDATE, "updated"), (Action.LINK, "linked")])
def test_what_is_being_done(action: Action, told: str) -> None:
    assert doing(change("Skog AS", action)) == f"Tribe, {told}: Skog AS"


def test_a_long_name_is_cut_and_none_can_steer_the_terminal() -> None:
    assert len(doing(change("Nord" * 20))) == 30
    assert "\x1b" not in doing(change("a\x1b[2J"))
