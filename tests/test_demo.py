"""The demo is what a newcomer sees first: it has to come out."""

from __future__ import annotations

import subprocess
import sys


def test_the_demo_ends_with_both_sides_in_agreement() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tribe_po", "demo", "--customers", "40", "--suppliers", "12"],
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stdout.splitlines()[-1]
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert last.startswith("Checked: ")
    assert last.endswith("both sides agree.")
    for command in (
        "init-sync --dry-run",
        "init-sync --yes",
        "push-relations",
        "pull-relations",
        "invoice --dry-run",
        "invoice",
        "pull-payments",
    ):
        assert f"$ tribe-po {command}" in done.stdout
    for told in (
        "Expected in PowerOffice",
        "Sent → Paid",
    ):
        assert told in done.stdout
    assert "someone changed it meanwhile" not in done.stdout
