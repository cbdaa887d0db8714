"""Commands to type, as they have to be typed: with the options that led to the settings in use.

Whoever keeps several clients in step would otherwise be told to type what is about another one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from tribe_po.output.words import printable

_OPTIONS: ContextVar[str] = ContextVar("options before the command", default="")

COMMANDS = (
    *("init", "init-sync", "check", "export", "sync", "invoice", "pull-payments"),
    *("push-relations", "pull-relations", "push-products", "pull-products"),
    *("status", "explain", "runs", "audit", "fields", "quarantine", "conflicts", "undo", "state"),
)
"""Those that read settings. The sandbox has its own."""

_COMMAND = re.compile(rf"\btribe-po (?=(?:{'|'.join(COMMANDS)})\b)")


@contextmanager
def given(options: Sequence[str]) -> Iterator[None]:
    """Let these options stand before every command that is told meanwhile."""
    before = _OPTIONS.set(shlex.join(options))
    try:
        yield
    finally:
        _OPTIONS.reset(before)


def to_type(text: str) -> str:
    """A text with the options put into the commands that it names."""
    options = _OPTIONS.get()
    return _COMMAND.sub(lambda found: f"{found[0]}{options} ", text) if options else text


def on_a_line(next_step: str) -> str:
    """What a person does next, safe to show, on a line of its own below what it is about."""
    return f"\n→ {printable(to_type(next_step))}"
