"""`state`: the state's files, checked, copied, put back, found again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tribe_po.cli.options import Common, DryRun, Output, Shown

if TYPE_CHECKING:
    from tribe_po.settings import LocalSettings, Settings

_HELP = """Check the state, copy it, get it back.

Example: tribe-po state verify
"""


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    family = typer.Typer(no_args_is_help=True, help=_HELP)
    for command in (verify, backup, restore, rebuild, export):
        family.command(command.__name__)(command)
    app.add_typer(family, name="state")


def verify(context: typer.Context, output: Shown = Output.TABLE) -> None:
    """Check the state file, the generation before it, and its backups. Asks no server.

    Exit code 0: whole; 1: whole, but the settings hold other keys; 65: it cannot be used.

    Example: tribe-po state verify
    """
    from tribe_po.cli import opened
    from tribe_po.errors import ExitCode
    from tribe_po.output import parts
    from tribe_po.output import state_files as shown
    from tribe_po.passes.state_files import Tenant
    from tribe_po.passes.state_files import verify as check

    with opened.reported(context, "state verify", None):
        settings, keys = _settings_and_keys(context)
        found = check(settings.state, keys)
        problem = found.current.problem if found.current else None
        if found.current is None:
            opened.read(context)  # raises: either it never was there, or it is missing
        if output is Output.JSON:
            typer.echo(parts.text(shown.verified_document(found, settings.profile)))
        else:
            for line in shown.verified(found):
                typer.echo(line)
        if problem is not None:
            raise problem
        if found.tenant is Tenant.OTHER_KEYS:
            raise typer.Exit(ExitCode.RECORDS_LEFT)


def backup(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A new file; else a dated one beside the state."),
    ] = None,
    output: Shown = Output.TABLE,
) -> None:
    """Copy the state to a new file that only you can read, while passes may run.

    Example: tribe-po state backup
    """
    from tribe_po.cli import opened
    from tribe_po.state.generations import back_up

    with opened.reported(context, "state backup", output):
        settings = opened.settings_of(context)
        made = back_up(settings.state, file, opened.now())
        _say(
            output,
            [f"Saved to {made}", f"To go back to it: tribe-po state restore '{made}'"],
            _done("state backup", settings.profile, None, file=made),
        )


def restore(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A backup; else the generation before."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a state that is whole as well.")
    ] = False,
    output: Shown = Output.TABLE,
) -> None:
    """Put a backup, or the generation before, in the place of the state. Asks no server.

    It is checked first, and what it replaces is kept beside it.

    Example: tribe-po state restore
    """
    from tribe_po.cli import opened
    from tribe_po.output import words
    from tribe_po.passes.state_files import restore as put_back

    with opened.reported(context, "state restore", output):
        settings = opened.settings_of(context)
        made = put_back(settings.state, file, opened.now(), force=force)
        lines = [
            f"Restored {made.source}: {words.count(len(made.memory.links), 'link')}.",
            *_kept(made.aside),
            "See what the next pass would do: tribe-po pull-relations --full --dry-run",
        ]
        fields = {"source": made.source, "aside": made.aside}
        _say(output, lines, _done("state restore", settings.profile, made.memory, **fields))


def rebuild(
    context: typer.Context,
    dry_run: DryRun = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a state that is whole as well.")
    ] = False,
    output: Shown = Output.TABLE,
) -> None:
    """Find the links of a lost or damaged state again, on both sides. Writes to neither.

    What was there is kept beside it. What only Tribe has is left alone from then on; quarantine,
    conflicts and the history of runs start anew.

    Example: tribe-po state rebuild --dry-run
    """
    from tribe_po.cli import opened, signals
    from tribe_po.passes.state_rebuild import rebuild as find_again
    from tribe_po.settings import Settings

    common: Common = context.obj
    with signals.handled() as stop, opened.reported(context, "state rebuild", output):
        settings = Settings.load(os.environ, common.env_file, common.profile)
        made = find_again(settings, dry_run=dry_run, force=force, now=opened.now, stop=stop)
        kinds = made.memory.meta.initialised
        fields = {
            "dry_run": dry_run,
            "initialised": [kind.value for kind in kinds],
            "differing": made.differing,
            "ambiguous": made.ambiguous,
            "left_alone": len(made.memory.left_alone),
            "aside": made.aside,
        }
        lines = _told(made.memory, made.differing, made.ambiguous, dry_run=dry_run)
        lines += [*_kept(made.aside), _next([kind for kind in settings.kinds if kind not in kinds])]
        _say(output, lines, _done("state rebuild", settings.profile, made.memory, **fields))


def export(context: typer.Context) -> None:
    """Print all that the state holds, as one JSON document. Asks no server.

    It holds names and addresses: mind who reads it.

    Example: tribe-po state export > state.json
    """
    from tribe_po.cli import opened
    from tribe_po.output import parts
    from tribe_po.output import state_files as shown
    from tribe_po.state.storage import CheckedStorage

    with opened.reported(context, "state export", Output.JSON):
        state = opened.read(context)
        tables = CheckedStorage(state.settings.state).read() or {}
        typer.echo(parts.text(shown.exported(tables, state.settings.profile)))


def _settings_and_keys(context: typer.Context) -> tuple[Settings | LocalSettings, str | None]:
    """What leads to the state, and the digest of the keys where all of them are there."""
    from tribe_po.cli import opened
    from tribe_po.errors import SettingsError
    from tribe_po.passes.session import keys_of
    from tribe_po.settings import Settings

    common: Common = context.obj
    try:
        settings = Settings.load(os.environ, common.env_file, common.profile)
    except SettingsError:
        return opened.settings_of(context), None
    return settings, keys_of(settings)


def _told(memory: Any, differing: int, ambiguous: int, *, dry_run: bool) -> list[str]:
    from tribe_po.output import words

    found = "Would find" if dry_run else "Found"
    lines = [f"{found} {words.count(len(memory.links), 'link')} again; {differing} of them differ."]
    if memory.left_alone:
        left = words.count(len(memory.left_alone), "record")
        lines.append(f"{left} only in Tribe left alone; push-relations --push-unmatched sends it.")
    if ambiguous:
        lines.append(f"{words.count(ambiguous, 'record')} that nobody can tell apart left out.")
    return lines


def _kept(aside: Sequence[Path]) -> list[str]:
    return [f"What was there is kept in {path}" for path in aside]


def _next(without: Sequence[Any]) -> str:
    if not without:
        return "See what the next pass would do: tribe-po pull-relations --full --dry-run"
    kinds = " and ".join(f"{kind}s" for kind in without)
    return f"No mark shows that init-sync was done for {kinds}: tribe-po init-sync --dry-run"


def _done(command: str, profile: str, memory: Any, **more: Any) -> dict[str, Any]:
    from tribe_po.output import state_files as shown

    return shown.done(command, profile, memory, **more)


def _say(output: Output, lines: Sequence[str], document: dict[str, Any]) -> None:
    from tribe_po.output import commands, parts, words

    if output is Output.JSON:
        typer.echo(parts.text(document))
        return
    for line in lines:
        typer.echo(words.printable(commands.to_type(line)))
