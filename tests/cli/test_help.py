"""`--help` of every command: what it is for, and examples that can be typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tests.cli.calls import command
from tests.cli.lines import problem
from tribe_po.cli.app import PANELS, app


def _all(one: Any, *path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every command and family with what it says of itself."""
    yield path, one.help or ""
    for name, below in getattr(one, "commands", {}).items():
        yield from _all(below, *path, name)


HELP = dict(_all(typer.main.get_command(app)))


@pytest.mark.parametrize("path", HELP, ids=" ".join)
def test_each_has_examples_of_itself_that_can_be_typed(path: tuple[str, ...]) -> None:
    examples = re.findall(r"^Example: (tribe-po [^\n&>]*)", HELP[path], re.MULTILINE)
    assert examples
    for line in examples:
        assert problem(line.strip()) is None, line
        words = [word for word in line.split() if not word.startswith("-")]
        assert set(path) <= set(words)


@pytest.mark.parametrize("path", HELP, ids=" ".join)
def test_each_is_shown_and_fits_the_terminal(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = command(*path, "--help")
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert "Example: tribe-po" in shown.stdout
    assert max(map(len, lines)) <= 80
    first = HELP[path].split("\n\n")[0]
    assert " ".join(first.split()) in " ".join(shown.stdout.split())


def test_each_command_has_its_place_in_the_list() -> None:
    named = [name for names in PANELS.values() for name in names]
    assert sorted(named) == sorted(path[0] for path in HELP if len(path) == 1)
