"""What the documents say is so."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tribe_po.cli.app import app
from tribe_po.errors import ExitCode
from tribe_po.settings import settings_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CRONTAB = (ROOT / "crontab.example").read_text(encoding="utf-8")
COMMANDS = {one.name for one in app.registered_commands}
COMMANDS |= {family.name for family in app.registered_groups}


def test_the_settings_in_the_readme_are_the_declared_ones() -> None:
    """After a change of the declaration: paste what `settings_table` gives between the marks."""
    between = re.search(r"<!-- settings -->\n(.*?)<!-- /settings -->", README, re.DOTALL)
    assert between
    assert between[1].strip() == settings_table().strip()


def test_every_promise_names_tests_that_exist() -> None:
    promised = set(re.findall(r"`(test_\w+)`", README))
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


def test_commands_in_readme_and_crontab_exist() -> None:
    table = re.search(r"\| Command \|.*?\n\n", README, re.DOTALL)
    assert table
    assert set(re.findall(r"^\| `([\w-]+)`", table[0], re.MULTILINE)) == COMMANDS
    scheduled = re.findall(r"\$SETTINGS ([\w-]+)", CRONTAB)
    assert set(scheduled) <= COMMANDS


def test_the_crontabs_times_are_times() -> None:
    """Five fields of digits, stars, steps, ranges and lists, then the command."""
    jobs = [line for line in CRONTAB.splitlines() if re.match(r"[\d*]", line)]
    field = r"(\*|\d+(-\d+)?)(/\d+)?(,\d+)*"
    assert len(jobs) == 9
    for job in jobs:
        assert re.match(rf"({field}\s+){{5}}\$TRIBE_PO --env-file \$SETTINGS \S", job)


@pytest.mark.parametrize("code", [0, 75, 1])
def test_the_script_for_many_clients_runs_each_pass_of_each_profile(
    tmp_path: Path, code: int
) -> None:
    clients, programs = tmp_path / "clients", tmp_path / "bin"
    clients.mkdir()
    programs.mkdir()
    for name in ("fjord", "skog"):
        (clients / f"{name}.env").touch()
    fake = programs / "tribe-po"
    fake.write_text(f'#!/bin/sh\necho "$@"\nexit {code}\n')
    fake.chmod(0o755)
    done = subprocess.run(
        [ROOT / "examples" / "many-clients.sh", clients],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{programs}:{os.environ['PATH']}"},
    )
    assert done.stdout.splitlines() == [
        f"--profile {name} {one}"
        for name in ("fjord", "skog")
        for one in ("push-relations", "pull-relations", "push-products", "pull-products")
    ]
    assert done.returncode == (code if code != 75 else 0)
