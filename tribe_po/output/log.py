"""The log: on stderr, quiet by default, with nothing secret in it."""

from __future__ import annotations

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def start(*, verbose: bool, quiet: bool) -> None:
    """Send the log to stderr: warnings; with `verbose` every request; with `quiet` errors only."""
    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    logger = logging.getLogger("tribe_po")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
