"""The document of `sync`: what became of each profile, pass by pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tribe_po.errors import ExitCode, TribePoError
from tribe_po.output import parts

Made = tuple[Sequence[dict[str, Any]], TribePoError | None, ExitCode]
"""The documents of a profile's passes, what ended them early, and the most urgent exit code."""


def document(profiles: Mapping[str, Made], *, dry_run: bool, code: ExitCode) -> str:
    """The document. Each pass in it is as the pass alone would give it."""
    return parts.text(
        {
            "schema": parts.SCHEMA,
            "command": "sync",
            "dry_run": dry_run,
            "exit_code": int(code),
            "profiles": [
                {
                    "profile": profile,
                    "exit_code": int(its),
                    "passes": list(passes),
                    "error": parts.error(error),
                }
                for profile, (passes, error, its) in profiles.items()
            ],
        }
    )
