"""Opening the state from the command line, to read it or to note what a person decides."""

from __future__ import annotations

import logging
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import typer

from tribe_po.cli.options import Common, Output
from tribe_po.cli.telling import tell
from tribe_po.errors import ExitCode, StateAbsent, TribePoError
from tribe_po.output import log, parts, words
from tribe_po.records import Memory
from tribe_po.settings import LocalSettings
from tribe_po.state.lock import lock
from tribe_po.state.store import Store
from tribe_po.state.trail import Trail

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """The state as it is now, and what leads to it."""

    settings: LocalSettings
    store: Store
    memory: Memory


def now() -> datetime:
    """The time on this machine's clock."""
    return datetime.now(UTC)


def person() -> str:
    """Who types: the name of the account, its number where it has none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@contextmanager
def reported(context: typer.Context, command: str, output: Output | None) -> Iterator[None]:
    """Turn every error into three lines, with JSON also into a document, and an exit code."""
    common: Common = context.obj
    try:
        log.start(verbose=False, quiet=False, to=common.log)
        yield
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 - nobody is to see a traceback
        said = error if isinstance(error, TribePoError) else _as_bug(error)
        if output is Output.JSON:
            typer.echo(parts.failed(command, common.profile or "default", said))
        tell(said)
        raise typer.Exit(said.exit_code) from None


def read(context: typer.Context) -> Opened:
    """Read the state; no file is made and no lock is taken.

    Raise `StateAbsent` where there is none yet, `StateUnreadable`, and `SettingsError`.
    """
    return _opened(settings_of(context))


@contextmanager
def to_change(context: typer.Context) -> Iterator[Opened]:
    """Read the state under its lock, for a change of it. Raises as `read` does, and `Busy`."""
    settings = settings_of(context)
    _opened(settings)  # where there is no state, no lock file is left either
    with lock(settings.state):
        yield _opened(settings)


def settings_of(context: typer.Context) -> LocalSettings:
    """Read the settings that lead to the state. Raise `SettingsError`."""
    common: Common = context.obj
    return LocalSettings.load(os.environ, common.env_file, common.profile)


def _opened(settings: LocalSettings) -> Opened:
    store = Store(settings.state)
    memory = store.open()
    if not settings.state.exists():
        raise StateAbsent(
            f"There is no state file {settings.state}",
            "Nothing has been synchronised with these settings yet.",
            "See what a first round would do: tribe-po init-sync --dry-run; "
            "or name the right settings: --profile NAME, --env-file FILE",
        )
    return Opened(settings, store, memory)


def _as_bug(error: Exception) -> TribePoError:
    """An error nobody thought of. Its own words may hold anything, so only its kind is told."""
    return TribePoError(
        "tribe-po has a bug",
        f"An unexpected {type(error).__name__} ended the command; neither system was written to.",
        "Report it with the command that you typed and with what tribe-po --version says.",
    )


def tell_of_damage(trail: Trail) -> None:
    """Warn of the lines of a trail that was read which made no sense, if there were any."""
    if trail.damaged:
        _log.warning(
            "Skipped %s of the audit trail",
            words.count(trail.damaged, "damaged line"),
            extra={"id": "audit.damaged"},
        )
