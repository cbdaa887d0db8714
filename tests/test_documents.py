"""What the documents say is so."""

from __future__ import annotations

import ast
import html
import re
from pathlib import Path

import pytest

from tests import generated
from tests.cli.lines import problem
from tests.pictures import pictures
from tribe_po.cli.app import app
from tribe_po.errors import ExitCode

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = {one.name for one in app.registered_commands}
COMMANDS |= {family.name for family in app.registered_groups}


@pytest.mark.parametrize("name", generated.PARTS)
def test_what_follows_from_the_declarations_is_up_to_date(name: str) -> None:
    """After a change of a declaration: make documents."""
    assert (ROOT / name).read_text(encoding="utf-8") == generated.written(name)


def test_every_promise_links_to_tests_that_exist() -> None:
    promised = re.findall(r"\[`(test_\w+)`\]\(([\w/.]+)\)", README)
    assert len(promised) >= 15
    assert len(promised) == len(re.findall(r"`test_\w+`", README))
    for name, path in promised:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\b", text, re.MULTILINE), f"{path} has no {name}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_that_is_named_exists(path: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", path.read_text(encoding="utf-8")))
    written = {
        name
        for one in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)", one.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named - {one.stem for one in (ROOT / "tests").rglob("test_*.py")} <= written


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)(?:#([\w-]+))?\)", text)
    assert [link for link, _ in links if not (path.parent / link).exists()] == []


def test_every_document_can_be_found_from_the_readme() -> None:
    listed = set(re.findall(r"\]\((docs/[\w-]+\.md)\)", README))
    assert listed == {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}


def test_every_exit_code_is_in_the_readme() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert listed == {int(code) for code in ExitCode}


def test_the_readme_lists_the_commands_that_there_are() -> None:
    table = re.search(r"\| Command \|.*?\n\n", README, re.DOTALL)
    assert table
    assert set(re.findall(r"^\| `([\w-]+)`", table[0], re.MULTILINE)) == COMMANDS


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


def test_every_error_in_the_reference_can_happen() -> None:
    """What stands between the dots is in the program, word by word."""
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    # As the compiler joins them: parts of one message may stand on several lines.
    written = " ".join(
        node.value
        for path in (ROOT / "tribe_po").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    told = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    parts = [part.strip() for one in told for part in one.split("…")]
    assert len(told) >= 40
    assert [part for part in parts if part not in written] == []


def test_every_exit_code_has_its_place_in_the_reference() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    headings = " ".join(re.findall(r"^## ([\d, ]+):", text, re.MULTILINE))
    assert {int(code) for code in re.findall(r"\d+", headings)} == {int(code) for code in ExitCode}
