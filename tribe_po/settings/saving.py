"""Writing a file of settings, as a whole and for its owner alone."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tribe_po.errors import SettingsError

HEADER = """\
# Settings of tribe-po. Others that there are: .env.example, and the README's table.
"""
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,-]+")


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text of a file of settings, with these values at its end in the place of those that it
    had; everything else in it stays."""
    from dotenv.parser import parse_stream

    kept = [one for one in parse_stream(io.StringIO(text)) if one.key not in values]
    before = "".join(one.original.string for one in kept) or HEADER
    ending = "" if before.endswith("\n") else "\n"
    return before + ending + "".join(f"{name}={_quoted(one)}\n" for name, one in values.items())


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", r"\\").replace("'", r"\'")
    return f"'{escaped}'"


def save(path: Path, text: str) -> None:
    """Put the file in place with mode 0600, in one step: a kill leaves the old one or the new one.

    Raise `SettingsError` when it cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        # mkstemp makes a file that only its owner can read.
        descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            Path(name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise SettingsError(
            f"{path} could not be written",
            f"{error.strerror} (errno {error.errno}). It is as it was before.",
            f"Look at the folder and its rights: ls -la {target.parent}",
        ) from error
