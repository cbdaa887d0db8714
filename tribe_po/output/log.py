"""The log: on stderr, quiet by default, with nothing secret in it; if wanted also in a file or in
syslog, for people or for machines.

Every message has an id that stays the same from version to version; docs/monitoring.md lists them.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tribe_po.errors import SettingsError
from tribe_po.output import parts, words

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
ROTATE_AT = 10 * 1024 * 1024
"""Bytes."""
KEPT_FILES = 5
FOR_OWNER_AND_GROUP = 0o640
SYSLOG = "/dev/log"
OURS = "tribe_po"


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where the log goes besides stderr, and whether as JSON lines.

    JSON without file and syslog means that a machine reads stderr: then everything goes there.
    """

    file: Path | None = None
    syslog: bool = False
    json: bool = False

    @property
    def stderr_is_for_machines(self) -> bool:
        """Whether stderr holds nothing but JSON lines."""
        return self.json and self.file is None and not self.syslog


STDERR_ONLY = Destinations()


@dataclass(slots=True)
class _Context:
    """What every line of a run carries."""

    destinations: Destinations
    run: Mapping[str, str]


_context = _Context(STDERR_ONLY, {})


def start(*, verbose: bool, quiet: bool, to: Destinations = Destinations()) -> None:
    """Send the log to stderr: warnings; with `verbose` every request; with `quiet` errors only.

    A file and syslog get what each pass did, too; with `verbose` every request. Raise
    `SettingsError` where they cannot be written to.
    """
    logger = logging.getLogger(OURS)
    for former in logger.handlers[:]:
        logger.removeHandler(former)
        former.close()
    _context.destinations, _context.run = to, {}
    handlers = [_stderr(to, verbose=verbose, quiet=quiet)]
    level = logging.DEBUG if verbose else logging.INFO
    if to.file is not None:
        handlers.append(_made(_file(to.file), level, _Lines() if not to.json else _JsonLines()))
    if to.syslog:
        handlers.append(_made(_syslog(), level, _Plain() if not to.json else _JsonLines()))
    logger.handlers[:] = handlers
    logger.setLevel(min(handler.level for handler in handlers))


def is_for_machines() -> bool:
    """Whether stderr holds nothing but JSON lines at present."""
    return _context.destinations.stderr_is_for_machines


def about(**run: str) -> None:
    """From here on let every line say which run it is of: `run_id`, `pass`, `profile`."""
    _context.run = run


def event(name: str, *, told: bool = False, **data: Any) -> dict[str, Any]:
    """The `extra` of a log call: the message's id, and what a machine reads instead of the text.

    `told`: people on stderr are told of it in another way.
    """
    return {"id": name, "data": data, "told": told}


def _stderr(to: Destinations, *, verbose: bool, quiet: bool) -> logging.Handler:
    usual = logging.INFO if to.stderr_is_for_machines else logging.WARNING
    level = logging.DEBUG if verbose else logging.ERROR if quiet else usual
    formatter = _JsonLines() if to.stderr_is_for_machines else _Safe(FORMAT)
    handler = _made(logging.StreamHandler(sys.stderr), level, formatter)
    if not to.stderr_is_for_machines:
        handler.addFilter(lambda record: not getattr(record, "told", False))
    return handler


def _made(handler: logging.Handler, level: int, formatter: logging.Formatter) -> logging.Handler:
    handler.setLevel(level)
    handler.setFormatter(formatter)
    return handler


def _file(path: Path) -> logging.Handler:
    """A file that is rotated by size, whichever of several passes meets the limit; it may also be
    moved away by logrotate at any moment."""
    from concurrent_log_handler import ConcurrentRotatingFileHandler

    class Handler(ConcurrentRotatingFileHandler):
        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002
            _say_once(self)

    try:
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, FOR_OWNER_AND_GROUP))
        return Handler(
            str(path),
            maxBytes=ROTATE_AT,
            backupCount=KEPT_FILES,
            encoding="utf-8",
            unicode_error_policy="replace",
            umask=0o777 & ~FOR_OWNER_AND_GROUP,
        )
    except OSError as error:
        raise SettingsError(
            f"The log file {path} cannot be written",
            f"{error.strerror}. Nothing was asked of any server.",
            "Make its folder, or give another --log-file.",
        ) from None


def _syslog() -> logging.Handler:
    class Handler(logging.handlers.SysLogHandler):
        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002
            _say_once(self)

    if not Path(SYSLOG).is_socket():  # the handler itself would wait for one to come
        raise SettingsError(
            f"Syslog cannot be reached at {SYSLOG}",
            "There is no such socket. Nothing was asked of any server.",
            "Start the syslog service, or leave out --syslog.",
        )
    handler = Handler(SYSLOG, Handler.LOG_DAEMON)
    handler.ident = f"tribe-po[{os.getpid()}]: "
    handler.append_nul = False
    return handler


def _say_once(handler: logging.Handler) -> None:
    """A log that cannot be written must not end a pass; that it cannot is said once."""
    if not getattr(handler, "failed", False):
        handler.failed = True  # type: ignore[attr-defined]
        cause = sys.exc_info()[1]
        why = cause.strerror if isinstance(cause, OSError) else type(cause).__name__
        sys.stderr.write(f"tribe-po: the log is incomplete: {why}\n")


class _Safe(logging.Formatter):
    """Lines in which no control character acts; what a traceback needs stays."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Give one line."""
        return words.printable(super().formatMessage(record))


class _Plain(_Safe):
    """Lines for syslog, which adds the time."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Give one line: level, pass, profile and run, id, text."""
        run = " ".join(_context.run.values())
        parts = (record.levelname, run, f"{_id(record)}:", record.message)
        return words.printable(" ".join(part for part in parts if part))


class _Lines(_Plain):
    """Lines for a file."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Give one line, with the time in UTC in front."""
        return f"{_time(record)} {super().formatMessage(record)}"


class _JsonLines(logging.Formatter):
    """One JSON object a line. Members are added over time, never renamed."""

    def format(self, record: logging.LogRecord) -> str:
        """Give one line."""
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "id": _id(record),
            **_context.run,
            "message": record.getMessage(),
            **getattr(record, "data", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return parts.harmless(json.dumps(line, ensure_ascii=False))


def _id(record: logging.LogRecord) -> str:
    return str(getattr(record, "id", "other"))


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
