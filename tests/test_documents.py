"""What the documents say is so."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from tests.cli.lines import problem
from tests.pictures import pictures
from tribe_po.cli.app import app
from tribe_po.errors import ExitCode
from tribe_po.settings import settings_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = {one.name for one in app.registered_commands}
COMMANDS |= {family.name for family in app.registered_groups}


def test_the_settings_in_the_readme_are_the_declared_ones() -> None:
    """After a change of the declaration: paste what `settings_table` gives between the marks."""
    between = re.search(r"<!-- settings -->\n(.*?)<!-- /settings -->", README, re.DOTALL)
    assert between
    assert between[1].strip() == settings_table().strip()


def test_every_promise_names_tests_that_exist() -> None:
    invoices = (ROOT / "docs" / "invoices.md").read_text(encoding="utf-8")
    promised = set(re.findall(r"`(test_\w+)`", README + invoices))
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(promised) >= 7
    assert promised <= written


def test_every_exit_code_is_in_the_readme() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert listed == {int(code) for code in ExitCode}


def test_the_readme_lists_the_commands_that_there_are() -> None:
    table = re.search(r"\| Command \|.*?\n\n", README, re.DOTALL)
    assert table
    assert set(re.findall(r"^\| `([\w-]+)`", table[0], re.MULTILINE)) == COMMANDS


DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_can_be_typed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"(?:^|&& |`)(tribe-po -*\w[^`\n>|&]*)", text, re.MULTILINE)
    # What installs completion does so while it is read.
    asked = [line for line in found if "-completion" not in line and "…" not in line]
    assert [line for line in asked if problem(line)] == []


def _drawn(svg: str) -> list[str]:
    """The text of a picture. How rich draws it may change with its version."""
    return [html.unescape(text) for text in re.findall(r"<text [^>]*>(.*?)</text>", svg, re.DOTALL)]


def test_the_pictures_show_what_the_commands_show() -> None:
    """After a change: make pictures."""
    folder = ROOT / "docs" / "pictures"
    kept = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.svg")}
    made = pictures()
    assert set(kept) == set(made)
    for name, svg in made.items():
        assert _drawn(kept[name]) == _drawn(svg), name
        assert "@font-face" not in svg, "nothing is fetched to show it"
