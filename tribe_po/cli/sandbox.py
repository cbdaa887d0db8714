"""`sandbox` and `demo`: trying everything without any key."""

from __future__ import annotations

import importlib.util
import time
from typing import Annotated

import typer

from tribe_po.errors import ExitCode, SettingsError

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
) -> None:
    """Serve both APIs on loopback with sample data, until Ctrl-C.

    Prints the settings that lead to it, in the form of a settings file.

    Example: tribe-po sandbox > sandbox.env
    """
    _need_the_extra()
    from tribe_po.sandbox import samples
    from tribe_po.sandbox.server import Sandbox

    with Sandbox(port=port) as served:
        samples.fill(served, customers, suppliers, seed)
        for name, value in served.environment().items():
            typer.echo(f"{name}={value}")
        typer.echo(f"Serving both APIs on {served.url} until Ctrl-C.", err=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)


def demo(customers: Customers = 140, suppliers: Suppliers = 60) -> None:
    """Show the whole round on the sandbox: dry run, first sync, edits on both sides, both ways.

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
            "Install them: pip install 'tribe-po[sandbox]'",
        )
        typer.echo(str(error), err=True)
        raise typer.Exit(ExitCode.SETTINGS)
