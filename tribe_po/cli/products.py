"""`push-products` and `pull-products`."""

from __future__ import annotations

import typer

from tribe_po.cli.options import (
    Asked,
    DryRun,
    Force,
    Full,
    MaxChanges,
    OutputFormat,
    PushUnmatched,
    Quiet,
    Verbose,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("push-products")(push_products)
    app.command("pull-products")(pull_products)


def push_products(
    context: typer.Context,
    dry_run: DryRun = False,
    output: OutputFormat = None,
    force: Force = False,
    max_changes: MaxChanges = None,
    full: Full = False,
    push_unmatched: PushUnmatched = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Send new and changed products to PowerOffice. Cron: every 15 minutes.

    A product without a code gets one in PowerOffice, and Tribe gets that code.

    Example: tribe-po push-products --dry-run
    """
    from tribe_po.cli.perform import Pass, perform
    from tribe_po.passes import push_products as push
    from tribe_po.passes.schedule import PUSH_PRODUCTS

    chosen = Pass(
        PUSH_PRODUCTS.name,
        lambda session, options: push.push_products(
            session, options, push_unmatched=push_unmatched
        ),
    )
    perform(context, chosen, Asked(dry_run, output, force, max_changes, full, quiet, verbose))


def pull_products(
    context: typer.Context,
    dry_run: DryRun = False,
    output: OutputFormat = None,
    force: Force = False,
    max_changes: MaxChanges = None,
    full: Full = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Bring new and changed products to Tribe. Cron: every 15 minutes.

    Nightly with --full: a changed product group or sales account shows in no product's time stamp.

    Example: tribe-po pull-products --dry-run
    """
    from tribe_po.cli.perform import Pass, perform
    from tribe_po.passes import pull_products as pull
    from tribe_po.passes.schedule import PULL_PRODUCTS

    chosen = Pass(PULL_PRODUCTS.name, pull.pull_products)
    perform(context, chosen, Asked(dry_run, output, force, max_changes, full, quiet, verbose))
