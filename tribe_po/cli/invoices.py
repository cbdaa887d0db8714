"""`invoice` and `pull-payments`."""

from __future__ import annotations

from typing import Annotated

import typer

from tribe_po.cli.options import (
    Asked,
    DryRun,
    Force,
    Full,
    MaxChanges,
    OutputFormat,
    Quiet,
    Verbose,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("invoice")(invoice)
    app.command("pull-payments")(pull_payments)


def invoice(
    context: typer.Context,
    dry_run: DryRun = False,
    output: OutputFormat = None,
    force: Force = False,
    max_changes: MaxChanges = None,
    max_invoices: Annotated[
        int | None,
        typer.Option("--max-invoices", min=0, help="Refuse to export or book more than so many."),
    ] = None,
    max_amount: Annotated[
        str | None,
        typer.Option("--max-amount", help="Refuse to export or book more than this, with VAT."),
    ] = None,
    full: Full = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Post vouchers, now and from now on (voucher mode).")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Export the invoices that were sent in Tribe. Cron: every 5 minutes.

    Customers and products that they need are pushed first. What becomes of them in PowerOffice is
    up to TRIBE_PO_INVOICE_MODE; sums that differ by an øre are never booked.

    Example: tribe-po invoice --dry-run

    Example: tribe-po invoice --max-invoices 20 --max-amount 50000
    """
    from dataclasses import replace

    from tribe_po.cli.perform import Pass, perform
    from tribe_po.passes import invoice as exporting
    from tribe_po.passes.run import Options, Report
    from tribe_po.passes.schedule import INVOICE
    from tribe_po.passes.session import Session
    from tribe_po.settings.values import amount

    try:
        most = None if max_amount is None else amount(max_amount)
    except ValueError as expected:
        raise typer.BadParameter(f"expected {expected}", param_hint="--max-amount") from None

    def make(session: Session, options: Options) -> Report:
        limits = exporting.limited(options.limits, session.settings, max_invoices, most)
        return exporting.invoice(session, replace(options, limits=limits), confirmed=yes)

    perform(
        context,
        Pass(INVOICE.name, make),
        Asked(dry_run, output, force, max_changes, full, quiet, verbose),
    )


def pull_payments(
    context: typer.Context,
    dry_run: DryRun = False,
    output: OutputFormat = None,
    force: Force = False,
    max_changes: MaxChanges = None,
    full: Full = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Bring payments to Tribe: paid invoices get the phase Paid. Cron: every 4 hours.

    Example: tribe-po pull-payments --dry-run

    Example: tribe-po pull-payments --full
    """
    from tribe_po.cli.perform import Pass, perform
    from tribe_po.passes import pull_payments as pull
    from tribe_po.passes.schedule import PULL_PAYMENTS

    perform(
        context,
        Pass(PULL_PAYMENTS.name, pull.pull_payments),
        Asked(dry_run, output, force, max_changes, full, quiet, verbose),
    )
