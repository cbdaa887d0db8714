"""What can go wrong, sorted by what the operator does about it.

Every error says three things: what happened, why (with the numbers), and what to type next.
`exit_code` is the process's answer when the error ends a pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from signal import Signals


class ExitCode(IntEnum):
    """Exit codes of every command (`sysexits.h` where it has one)."""

    OK = 0
    RECORDS_LEFT = 1
    USAGE = 2
    REFUSED = 3
    STATE_UNREADABLE = 65
    BUG = 70
    STATE_NOT_SAVED = 74
    TEMPORARY = 75
    NOT_ALLOWED = 77
    SETTINGS = 78
    INTERRUPTED = 130
    TERMINATED = 143


URGENCY = (
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.STATE_NOT_SAVED,
    ExitCode.STATE_UNREADABLE,
    ExitCode.BUG,
    ExitCode.USAGE,
    ExitCode.SETTINGS,
    ExitCode.NOT_ALLOWED,
    ExitCode.REFUSED,
    ExitCode.RECORDS_LEFT,
    ExitCode.TEMPORARY,
    ExitCode.OK,
)
"""All exit codes, those first that need a person soonest. What is temporary needs none: it goes
away by itself, or `status` tells of it."""


def most_urgent(codes: Iterable[ExitCode]) -> ExitCode:
    """The one exit code that stands for several; OK for none."""
    return min(codes, key=URGENCY.index, default=ExitCode.OK)


class TribePoError(Exception):
    """An error that the operator can act on.

    `what` happened, `why` (numbers, limits, the server's own words), and `next_step`, a command to
    type or a place to look. None of the three may carry a secret.
    """

    exit_code: ExitCode = ExitCode.BUG

    def __init__(self, what: str, why: str, next_step: str) -> None:
        super().__init__(what, why, next_step)
        self.what = what
        self.why = why
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\n{self.why}\n{self.next_step}"

    @property
    def reason(self) -> str:
        """What happened and why, in one line."""
        return f"{self.what.rstrip('.')}: {self.why}"


class SettingsError(TribePoError):
    """A setting is missing or makes no sense; nothing was asked of any server."""

    exit_code = ExitCode.SETTINGS


class NotFound(TribePoError):
    """What the command line names is not there, or is not in a state for it. Nothing was done."""

    exit_code = ExitCode.USAGE


class NobodyToAsk(TribePoError):
    """A command that asks a person runs where there is none. Nothing was done."""

    exit_code = ExitCode.USAGE


class ModuleMissing(TribePoError):
    """A system does not have what the pass is about, which is no error: there is nothing to do."""

    exit_code = ExitCode.OK


class StateAbsent(TribePoError):
    """There is no state file yet, so that there is nothing to tell."""

    exit_code = ExitCode.RECORDS_LEFT


class NotAllowed(TribePoError):
    """The keys or their privileges do not allow it. Ends the pass."""

    exit_code = ExitCode.NOT_ALLOWED


class GuardRefused(TribePoError):
    """A guard stopped the pass before anything was written."""

    exit_code = ExitCode.REFUSED


class StateUnreadable(TribePoError):
    """The state file is damaged, of another tenant, or of a newer version. Never read as empty."""

    exit_code = ExitCode.STATE_UNREADABLE


class StateNotSaved(TribePoError):
    """The state could not be written; no further API write may follow."""

    exit_code = ExitCode.STATE_NOT_SAVED


class Temporary(TribePoError):
    """A server is down or another pass is running. The next cron run tries again."""

    exit_code = ExitCode.TEMPORARY


class Busy(Temporary):
    """Another pass holds the lock of the state file."""


class Stopped(Temporary):
    """A signal asked the process to stop; no further request was sent. What was in flight is
    finished and remembered."""

    def __init__(self, by: Signals) -> None:
        super().__init__(
            f"Stopped by {by.name}, as asked",
            "The request in flight was finished, and everything that was done is remembered.",
            "Type the same command again: it goes on from there.",
        )
        self.exit_code = ExitCode(128 + by)


class LostAnswer(Temporary):
    """A write was sent and its answer never came: it may or may not have happened.

    Whoever sent it looks the record up before doing anything else.
    """


class RecordRefused(TribePoError):
    """A server refused one record. The record is quarantined; the pass goes on."""

    exit_code = ExitCode.RECORDS_LEFT


class AlreadyExists(RecordRefused):
    """A server says that a record with this reference exists: look it up and adopt it."""


class Untraceable(RecordRefused):
    """Records of this kind carry no mark on that side, so that nobody can look for one by it."""


class RecordGone(RecordRefused):
    """The record is no longer there (deleted or merged). Its link is parked, never re-created."""


class RecordMoved(RecordRefused):
    """The record changed on the server between reading and writing it. It is planned again."""


class StillWorking(RecordRefused):
    """The server took a write and has not finished it. The next run asks how it went."""
