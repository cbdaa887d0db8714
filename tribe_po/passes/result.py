"""How a pass ends, in one word: what a report says and the history keeps."""

from __future__ import annotations

from enum import StrEnum

STOPPED = "stopped"
"""The outcome under which the history keeps a run that a signal ended, which is no failure."""


class Result(StrEnum):
    """How a pass ended."""

    OK = "ok"
    PARTIAL = "partial"
    REFUSED = "refused"
    FAILED = "failed"
