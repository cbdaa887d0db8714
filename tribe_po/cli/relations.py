"""`init-sync`, `push-relations` and `pull-relations`."""

from __future__ import annotations

import sys
from typing import Annotated

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
    app.command("init-sync")(init_sync)
    app.command("push-relations")(push_relations)
    app.command("pull-relations")(pull_relations)


def init_sync(
    context: typer.Context,
    dry_run: DryRun = False,
    output: OutputFormat = None,
    force: Force = False,
    max_changes: MaxChanges = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask. Needed where nobody can be asked.")
    ] = False,
    include_archived: Annotated[
        bool, typer.Option("--include-archived", help="Import archived records as well.")
    ] = False,
    push_unmatched: Annotated[
        bool,
        typer.Option("--push-unmatched", help="Create in PowerOffice what only Tribe has."),
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Bring PowerOffice's customers, suppliers and products into Tribe. By hand, once.

    Links what both sides have: by PowerOffice's ID, then by debtor or creditor number, or by code.
    PowerOffice's numbers overwrite Tribe's. What only Tribe has is counted and left alone.

    Example: tribe-po init-sync --dry-run

    Example: tribe-po init-sync --dry-run --include-archived --output json > plan.json
    """
    from tribe_po.cli.perform import Pass, perform
    from tribe_po.passes import init_sync as init
    from tribe_po.passes.schedule import INITIAL

    scope = init.Scope(include_archived, push_unmatched)
    chosen = Pass(
        INITIAL,
        lambda session, options: init.init_sync(session, options, scope),
        most_creates=sys.maxsize,  # a person reads this plan
        ask=not yes,
    )
    perform(context, chosen, Asked(dry_run, output, force, max_changes, True, quiet, verbose))


def push_relations(
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
    """Send new and changed customers and suppliers to PowerOffice. Cron: every minute.

    A customer or supplier created in PowerOffice gets its number there, and Tribe gets that number.

    Example: tribe-po push-relations --dry-run
    """
    from tribe_po.cli.perform import Pass, perform
    from tribe_po.passes import push_relations as push
    from tribe_po.passes.schedule import PUSH_RELATIONS

    chosen = Pass(
        PUSH_RELATIONS.name,
        lambda session, options: push.push_relations(
            session, options, push_unmatched=push_unmatched
        ),
    )
    perform(context, chosen, Asked(dry_run, output, force, max_changes, full, quiet, verbose))


def pull_relations(
    context: typer.Context,
    dry_run: DryRun = False,
    output: OutputFormat = None,
    force: Force = False,
    max_changes: MaxChanges = None,
    full: Full = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Bring new and changed customers and suppliers to Tribe. Cron: every 15 minutes.

    Nightly with --full: PowerOffice does not tell of changed addresses and of deletions otherwise.

    Example: tribe-po pull-relations --full --dry-run
    """
    from tribe_po.cli.perform import Pass, perform
    from tribe_po.passes import pull_relations as pull
    from tribe_po.passes.schedule import PULL_RELATIONS

    chosen = Pass(PULL_RELATIONS.name, pull.pull_relations)
    perform(context, chosen, Asked(dry_run, output, force, max_changes, full, quiet, verbose))
