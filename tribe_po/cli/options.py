"""The options that commands share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tribe_po.output.log import STDERR_ONLY, Destinations


class Output(StrEnum):
    """How a report is given."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Common:
    """The options before the command: where the settings come from, where the log goes."""

    env_file: Path | None
    profile: str | None
    log: Destinations = STDERR_ONLY

    @property
    def again(self) -> list[str]:
        """The options that lead to the same settings again."""
        if self.env_file:
            return ["--env-file", str(self.env_file)]
        return ["--profile", self.profile] if self.profile else []


@dataclass(frozen=True, slots=True)
class Asked:
    """What a pass is asked for on the command line.

    `max_changes` None stands for the pass's own limit.
    """

    dry_run: bool
    output: Output | None
    force: bool
    max_changes: int | None
    full: bool
    quiet: bool
    verbose: bool


DryRun = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Show what would be written; write nothing.")
]
OutputFormat = Annotated[
    Output | None,
    typer.Option(
        "--output",
        help="Give the report as tables or JSON. On a terminal: tables; elsewhere: only trouble.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Go on although a guard objects.")]
MaxChanges = Annotated[
    int | None,
    typer.Option("--max-changes", min=0, help="Refuse to create more records than this."),
]
Full = Annotated[bool, typer.Option("--full", help="Compare everything, not only changes.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every request on stderr.")]
Shown = Annotated[
    Output, typer.Option("--output", help="Give tables for people or a JSON document.")
]
PushUnmatched = Annotated[
    bool,
    typer.Option("--push-unmatched", help="Also create what init-sync left alone in Tribe."),
]
