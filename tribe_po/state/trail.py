"""Reading the audit trail: every write that was made, oldest first."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tribe_po.errors import StateUnreadable
from tribe_po.state.audit import AuditEntry, FieldChange, trail_of
from tribe_po.state.shape import text_in, text_or_none_in, time_in
from tribe_po.state.values import KINDS, SYSTEMS, value_in


@dataclass(slots=True)
class Trail:
    """The audit trail beside the state file `state`, with its rotated files.

    `damaged` counts the lines that `entries` had to skip.
    """

    state: Path
    damaged: int = 0

    def entries(self) -> Iterator[AuditEntry]:
        """Read all entries, oldest first. Nothing is locked and no file is made.

        Raise StateUnreadable when a file is there that cannot be read.
        """
        self.damaged = 0
        with ExitStack() as stack:
            for file in reversed(_opened(trail_of(self.state), stack)):
                for line in file:
                    entry = _entry(line)
                    if entry is not None:
                        yield entry
                    elif line.strip():
                        self.damaged += 1


def _opened(newest: Path, stack: ExitStack) -> list[BinaryIO]:
    """Open all files, newest first. A pass may rotate them meanwhile: a file only ever moves on to
    a name that is opened later, and one that was opened before is not taken twice."""
    files: dict[tuple[int, int], BinaryIO] = {}
    number = len(list(newest.parent.glob(f"{glob.escape(newest.name)}*")))
    for age in range(number + 1):
        path = newest.with_name(f"{newest.name}.{age}") if age else newest
        try:
            file = stack.enter_context(path.open("rb"))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StateUnreadable(
                f"The audit trail {path} cannot be read.",
                f"{error.strerror} (errno {error.errno}).",
                f"Look at its owner and mode: ls -l {path}; then run the command again.",
            ) from error
        status = os.fstat(file.fileno())
        files.setdefault((status.st_dev, status.st_ino), file)
    return list(files.values())


def _entry(line: bytes) -> AuditEntry | None:
    """One entry; None for a line that a full disk cut short or that somebody edited."""
    try:
        found: dict[str, Any] = json.loads(line)
        return AuditEntry(
            run_id=text_in(found, "run_id"),
            time=time_in(found, "time"),
            system=SYSTEMS[found["system"]],
            action=text_in(found, "action"),
            kind=KINDS[found["kind"]],
            poweroffice_id=text_or_none_in(found, "poweroffice_id"),
            tribe_id=text_or_none_in(found, "tribe_id"),
            label=text_in(found, "label"),
            fields=tuple(
                FieldChange(text_in(one, "field"), value_in(one, "old"), value_in(one, "new"))
                for one in found["fields"]
            ),
        )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None
