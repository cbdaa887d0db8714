"""The command line: arguments in, exit code out."""

from __future__ import annotations

import sys

from tribe_po import __version__


def main() -> None:
    """Run `tribe-po`. The version is told without loading anything else."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"tribe-po {__version__}\n")
        return
    from tribe_po.cli.app import app

    app()
