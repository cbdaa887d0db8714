"""What `check` finds, and how a look at one thing becomes findings whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from tribe_po.errors import ExitCode, TribePoError
from tribe_po.records import System

_log = logging.getLogger(__name__)


class Level(StrEnum):
    """How much a finding matters. Only an error keeps a pass from its work."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Topic(StrEnum):
    """What a finding is about."""

    SETTINGS = "settings"
    POWEROFFICE_KEYS = "PowerOffice keys"
    CLIENT = "PowerOffice client"
    PRIVILEGES = "privileges"
    SERIES = "number series"
    TERMS = "payment terms"
    UNITS = "units"
    ACCOUNTS = "sales accounts"
    GROUP = "product group"
    INVOICES = "invoices"
    POWEROFFICE_LISTS = "PowerOffice lists"
    TRIBE_KEYS = "Tribe keys"
    OWN = "own organisation"
    FIELDS = "fields"
    TRIBE_SETS = "Tribe sets"
    STATE = "state"
    SERVERS = "servers"
    CONNECTOR = "official connector"
    CLOCKS = "clocks"
    BUDGET = "request budget"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found out.

    `text` says what and why, a line each; `next_step` what to type or where to look, empty where
    nothing is to be done. `exit_code` is what an error ends the process with.
    """

    topic: Topic
    level: Level
    text: str
    next_step: str = ""
    exit_code: ExitCode = ExitCode.OK

    @classmethod
    def ok(cls, topic: Topic, text: str, next_step: str = "") -> Finding:
        """Give one that is as it should be."""
        return cls(topic, Level.OK, text, next_step)

    @classmethod
    def warning(cls, topic: Topic, text: str, next_step: str = "") -> Finding:
        """Give one that a person should know of."""
        return cls(topic, Level.WARNING, text, next_step)

    @classmethod
    def failed(cls, topic: Topic, error: TribePoError) -> Finding:
        """Give the finding that an error amounts to."""
        text = f"{error.what}\n{error.why}"
        return cls(topic, Level.ERROR, text, error.next_step, error.exit_code)


def guarded(topic: Topic, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What a look yields, then the error that ended it if one did; first what was logged
    meanwhile. Nothing that a look raises keeps the others from being made."""
    found: list[Finding] = []
    with _log_kept() as warnings:
        try:
            for finding in look():
                found.append(finding)
        except TribePoError as error:
            found.append(Finding.failed(topic, error))
        except Exception as error:  # noqa: BLE001 - a bug in one look must not hide the others
            _log.debug("a look at the %s failed", topic, exc_info=True, extra={"id": "check.bug"})
            found.append(_bug(topic, error))
    return [*(Finding.warning(topic, text) for text in dict.fromkeys(warnings)), *found]


def _bug(topic: Topic, error: Exception) -> Finding:
    """An error nobody thought of. Its own words may hold anything, so only its kind is told."""
    return Finding(
        topic,
        Level.ERROR,
        f"tribe-po has a bug\nAn unexpected {type(error).__name__} ended the look at it.",
        "Run tribe-po check --verbose and report what it prints.",
        ExitCode.BUG,
    )


def not_asked(topic: Topic, systems: Iterable[System]) -> Finding:
    """The finding in the place of what could not be asked."""
    who = " and ".join(system.title for system in systems)
    return Finding.warning(topic, f"Not asked: {who} cannot be reached with these keys.")


class _Kept(logging.Handler):
    def __init__(self, into: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._into = into

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self._into.append(record.getMessage())


@contextmanager
def _log_kept() -> Iterator[list[str]]:
    """Keep the log's warnings, which are findings here. They go to stderr only in a log of
    everything."""
    logger = logging.getLogger("tribe_po")
    handlers, level = logger.handlers[:], logger.level
    kept: list[str] = []
    if not logger.isEnabledFor(logging.DEBUG):
        logger.handlers.clear()
        logger.setLevel(logging.WARNING)
    logger.addHandler(_Kept(kept))
    try:
        yield kept
    finally:
        logger.handlers[:] = handlers
        logger.setLevel(level)
