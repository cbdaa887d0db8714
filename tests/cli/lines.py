"""Command lines, as documents and examples show them, held against what can be typed."""

from __future__ import annotations

import shlex
from typing import Any

import typer

from tribe_po.cli.app import app

USAGE = 2


def problem(line: str) -> str | None:
    """What is wrong with a line that begins with tribe-po; None where it could be typed. Nothing is
    carried out, but options that act while they are read would."""
    assert "-completion" not in line
    program, *arguments = shlex.split(line, comments=True)
    assert program.rsplit("/", 1)[-1] == "tribe-po", line
    # Typer brings its own Click in some versions, so that its classes have no fixed place.
    command: Any = typer.main.get_command(app)
    name, parent = "tribe-po", None
    try:
        while True:
            context = command.make_context(name, arguments, parent=parent)
            if not hasattr(command, "resolve_command"):
                return None
            rest = [*context._protected_args, *context.args]
            name, following, arguments = command.resolve_command(context, rest)
            command, parent = following, context
    except typer.Exit:
        return None
    except Exception as error:
        if getattr(error, "exit_code", None) != USAGE:
            raise
        return str(error) or "incomplete"
