"""`sandbox` and `demo`: trying everything without any key."""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tribe_po.cli.telling import tell
from tribe_po.errors import ExitCode, SettingsError

if TYPE_CHECKING:
    from tribe_po.sandbox.server import Sandbox

Customers = Annotated[int, typer.Option(min=0, help="Customers in PowerOffice.")]
Suppliers = Annotated[int, typer.Option(min=0, help="Suppliers in PowerOffice.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("sandbox")(sandbox)
    app.command("demo")(demo)


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 0,
    customers: Customers = 140,
    suppliers: Suppliers = 60,
    seed: Annotated[int, typer.Option(help="Other sample records for another one.")] = 1,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Serve the copy that export made, instead of samples."),
    ] = None,
) -> None:
    """Serve both APIs on loopback with sample data, or with a copy of yours, until Ctrl-C.

    Prints the settings that lead to it, in the form of a settings file.

    Example: tribe-po sandbox > sandbox.env
    """
    _need_the_extra()
    from tribe_po.sandbox import samples
    from tribe_po.sandbox.server import Sandbox

    with Sandbox(port=port) as served:
        if data is None:
            samples.fill(served, customers, suppliers, seed)
        chosen = {} if data is None else _load(served, data)
        _keep_to_oneself()
        for name, value in (served.environment() | chosen).items():
            typer.echo(f"{name}={value}")
        typer.echo(f"Serving both APIs on {served.url} until Ctrl-C.", err=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)


def _keep_to_oneself() -> None:
    """Close the file that stdout was sent to, if it is one, to other users: it is going to hold
    keys, if only made-up ones, and every command warns of an open one."""
    with suppress(OSError):
        if stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
            os.fchmod(sys.stdout.fileno(), stat.S_IRUSR | stat.S_IWUSR)


def _load(served: Sandbox, folder: Path) -> dict[str, str]:
    """Serve a copy, and give the settings that it was made with and is read with."""
    from tribe_po.output import words
    from tribe_po.sandbox.loading import load

    try:
        loaded = load(served, folder)
    except SettingsError as error:
        tell(error)
        raise typer.Exit(error.exit_code) from None
    manifest = loaded.manifest
    tenants = words.printable(" and ".join(manifest.tenants.values()))
    typer.echo(f"A copy of {tenants}, made {manifest.written}.", err=True)
    for line in loaded.left_out:
        typer.echo(f"left out: {words.printable(line)}", err=True)
    chosen = manifest.organization_id
    return {"TRIBECRM_ORGANIZATION_ID": chosen} if chosen else {}


def demo(customers: Customers = 140, suppliers: Suppliers = 60) -> None:
    """Show the whole round on the sandbox: first sync, edits both ways, invoices, payments.

    Example: tribe-po demo
    """
    _need_the_extra()
    from tribe_po.demo import demo as run

    raise typer.Exit(run(customers, suppliers))


def _need_the_extra() -> None:
    """The sandbox's own packages are not needed for the real work, so they may be missing."""
    if importlib.util.find_spec("flask") is None:
        error = SettingsError(
            "The sandbox is not installed",
            "It needs packages of its own: flask, odata-query, jsonpatch.",
            "Install them: pip install 'tribe-po[sandbox]'; "
            "with pipx, from the checkout: pipx install --force '.[sandbox]'",
        )
        typer.echo(str(error), err=True)
        raise typer.Exit(ExitCode.SETTINGS)
