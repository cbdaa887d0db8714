"""`export`: a copy of what both tenants hold, to rehearse on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from tribe_po.cli.opened import reported
from tribe_po.cli.options import Common, Output, OutputFormat


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("export")(export)


def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the copy.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the copy in the place of an earlier one.")
    ] = False,
    output: OutputFormat = None,
) -> None:
    """Save what both tenants hold as JSON, to rehearse init-sync on. Writes to neither.

    The folder holds personal data: only you can read it. Delete it after the rehearsal.

    Example: tribe-po export copy && tribe-po sandbox --data copy > rehearsal.env
    """
    with reported(context, "export", output):
        from rich.console import Console

        from tribe_po.output import words
        from tribe_po.passes.export import STEPS
        from tribe_po.passes.export import export as copy
        from tribe_po.settings import Settings

        common: Common = context.obj
        settings = Settings.load(os.environ, common.env_file, common.profile)
        with Console(stderr=True).status("Reading both systems") as status:

            def tell(name: str, step: int) -> None:
                status.update(f"Reading {step} of {STEPS}: {name}")

            manifest = copy(settings, folder, replace=replace, tell=tell)
        if output is Output.JSON:
            import json

            typer.echo(json.dumps({"command": "export", **manifest.to_dict()}, indent=2))
            return
        rows = sum(one.rows for one in manifest.collections)
        for system, name in manifest.tenants.items():
            typer.echo(f"{system}: {words.printable(name)}")
        typer.echo(f"Saved {words.count(rows, 'record')} to {folder}, which only you can read.")
        for missing in manifest.missing:
            typer.echo(f"not read: {missing.name}: {words.printable(missing.why)}")
        typer.echo(f"It holds personal data. When you are done: rm -r '{folder}'")
        typer.echo(f"Next: tribe-po sandbox --data '{folder}' > rehearsal.env")
