"""`init`: asks for the keys, tests them, and saves them."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from textwrap import TextWrapper
from typing import TYPE_CHECKING

import typer

from tribe_po.cli.options import Common, Verbose
from tribe_po.errors import ExitCode, NobodyToAsk, SettingsError
from tribe_po.records import System

if TYPE_CHECKING:
    from tribe_po.passes.check import CheckReport
    from tribe_po.settings import Setting
    from tribe_po.settings.sources import Source

PREFIXES = {System.POWEROFFICE: "POWEROFFICE_", System.TRIBE: "TRIBECRM_"}
"""How the names of each system's settings begin."""
WRAPPED = TextWrapper(width=78, initial_indent="  ", subsequent_indent="  ")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("init")(init)


def init(context: typer.Context, verbose: Verbose = False) -> None:
    """Ask for the keys of both systems, test them, and save them for you alone. By hand, once.

    They go to .env, to NAME.env with --profile NAME, or to the file of --env-file. What else such a
    file holds stays in it. Nothing is saved before both systems have accepted the keys.

    Example: tribe-po --profile fjord init
    """
    from tribe_po.cli import opened
    from tribe_po.output import log

    common: Common = context.obj
    if common.env_file and common.profile:
        raise typer.BadParameter("give --env-file or --profile, not both")
    with opened.reported(context, "init", None):
        log.start(verbose=verbose, quiet=False, to=common.log)
        path = _target(common)
        _need_a_person(path)
        try:
            _ask_and_save(common, path)
        except typer.Abort:  # Ctrl-C, or the end of the input
            typer.echo("\nNothing was saved.", err=True)
            raise typer.Exit(ExitCode.INTERRUPTED) from None


def _target(common: Common) -> Path:
    from tribe_po.settings.sources import implied_file

    return common.env_file or implied_file(common.profile)


def is_someone_there() -> bool:
    """Whether a person can be asked, and can answer unseen."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _need_a_person(path: Path) -> None:
    if is_someone_there():
        return
    raise NobodyToAsk(
        "init asks for keys, and nobody is there to answer",
        "Standard input and standard error have to be a terminal: keys are typed unseen, and never "
        "taken from the command line.",
        f"Write them to {path} yourself, as .env.example explains, then: chmod 600 {path}; "
        "or set them in the environment, or name files that hold them: POWEROFFICE_APP_KEY_FILE",
    )


def _ask_and_save(common: Common, path: Path) -> None:
    from tribe_po.settings.saving import save, with_values

    there = path.exists()
    if there and not typer.confirm(
        f"{path} is there. Replace the keys in it, and keep its other settings?", err=True
    ):
        typer.echo("Nothing was changed.", err=True)
        raise typer.Exit(ExitCode.OK)
    text = _read(path) if there else ""
    answers = _tested_answers(path, there=there)
    save(path, with_values(text, answers))
    typer.echo(f"Saved to {path}, which only you can read.")
    for name in sorted(answers.keys() & {one.removesuffix("_FILE") for one in os.environ}):
        typer.echo(f"But {name} is set in the environment as well, and that one counts.")
    typer.echo(f"Next: {shlex.join(['tribe-po', *common.again, 'check'])}")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read",
            f"{type(error).__name__}: it would be replaced together with all that it holds.",
            f"Look at it, or move it away: mv {path} {path}.old",
        ) from None


def _tested_answers(path: Path, *, there: bool) -> dict[str, str]:
    """Ask, and ask again for the keys of a system that does not accept them. Raise `typer.Exit`
    with what the test ended with when the person gives up."""
    from tribe_po.passes.check import KEYS, Level, check_keys
    from tribe_po.settings.sources import Source, source_of

    typer.echo("Keys are tested before they are saved, and not shown as you type.", err=True)
    others = [Source("the environment", os.environ), *([source_of(path)] if there else [])]
    answers: dict[str, str] = {}
    wanted: Collection[System] = tuple(System)
    while wanted:
        for system in (System.POWEROFFICE, System.TRIBE):
            if system in wanted:
                answers |= _ask(system)
        typer.echo("Asking both systems whether they accept them …", err=True)
        report = check_keys([Source("your answers", answers), *_without(others, answers)])
        _show(report)
        failed = [one for one in report.findings if one.level is Level.ERROR]
        wanted = {KEYS[one.topic] for one in failed if one.topic in KEYS}
        if wanted:
            names = " and ".join(system.title for system in System if system in wanted)
            if not typer.confirm(f"Type those of {names} again?", default=True, err=True):
                typer.echo("Nothing was saved.", err=True)
                raise typer.Exit(report.exit_code)
    return answers


def _without(others: list[Source], answers: Mapping[str, str]) -> list[Source]:
    """The other sources, without what was answered: nothing is given twice."""
    from tribe_po.settings.sources import Source

    return [
        Source(
            one.where,
            {
                name: text
                for name, text in one.values.items()
                if name.removesuffix("_FILE") not in answers
            },
        )
        for one in others
    ]


def _ask(system: System) -> dict[str, str]:
    from tribe_po.settings import SETTINGS

    typer.secho(f"\n{system.title}", bold=True, err=True)
    return {
        setting.name: _answer(setting)
        for setting in SETTINGS
        if setting.name.startswith(PREFIXES[system])
        and (setting.required or setting.attribute == "environment")
    }


def _answer(setting: Setting) -> str:
    for told in filter(None, (setting.help, setting.found)):
        typer.echo(WRAPPED.fill(f"{told[0].upper()}{told[1:]}."), err=True)

    def checked(raw: str) -> str:
        text = raw.strip()
        if not text:
            raise typer.BadParameter("expected a value")
        try:
            setting.parse(text)
        except ValueError as expected:
            raise typer.BadParameter(f"expected {expected}") from None
        return text

    answer: str = typer.prompt(
        setting.name,
        default=setting.default,
        hide_input=setting.secret,
        value_proc=checked,
        err=True,
    )
    return answer


def _show(report: CheckReport) -> None:
    from rich.console import Console

    from tribe_po.output.check import screen

    findings, _summary = screen(report)
    Console(stderr=True).print(findings)
