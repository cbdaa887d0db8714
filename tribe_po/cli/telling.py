"""How an error is told to a person."""

from __future__ import annotations

import logging

from rich.console import Console

from tribe_po.errors import TribePoError
from tribe_po.output import commands, log, words

_log = logging.getLogger(__name__)


def tell(error: TribePoError, of: str = "") -> None:
    """Tell an error in three lines on stderr: what, why, and what to type next. `of` says what it
    is about, where that may be one of several. The log gets it too; where stderr is for machines,
    only the log."""
    note(error)
    if log.is_for_machines():
        return
    console = Console(stderr=True, highlight=False)
    what = f"{of}: {error.what}" if of else error.what
    console.print(words.printable(what), style="bold red", markup=False, soft_wrap=True)
    for line in (*error.why.splitlines(), error.next_step):
        console.print(f"  {words.printable(commands.to_type(line))}", markup=False, soft_wrap=True)


def note(error: TribePoError, level: int = logging.ERROR) -> None:
    """Put an error into the log, for those who read only that."""
    data = log.event(
        "error",
        told=True,
        why=error.why,
        next_step=commands.to_type(error.next_step),
        exit_code=int(error.exit_code),
    )
    _log.log(level, error.reason, extra=data)
