"""What a shell is told when somebody types the beginning of a word and a tab."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PASSES = {"push-relations", "pull-relations", "push-products", "pull-products", "pull-payments"}


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("tribe-po pu", PASSES),
        ("tribe-po sync --all", {"--all-profiles"}),
        ("tribe-po quarantine r", {"retry"}),
        ("tribe-po conflicts resolve 1 email --keep t", {"tribe"}),
    ],
)
def test_commands_options_and_choices(typed: str, completed: set[str]) -> None:
    code = "import sys; sys.argv = ['tribe-po']; from tribe_po.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "_TRIBE_PO_COMPLETE": "complete_bash",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(typed.split()) - 1),
        },
    )
    assert (set(done.stdout.split()), done.stderr) == (completed, "")
