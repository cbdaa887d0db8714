"""`pull-payments`: what PowerOffice's customer ledger says of an invoice becomes its phase."""

from __future__ import annotations

from tribe_po.passes.invoice import need_billing
from tribe_po.passes.run import Options, Report, chosen, run
from tribe_po.passes.session import Session
from tribe_po.records import Kind, System
from tribe_po.sync.change import Task

NAME = "pull-payments"


def pull_payments(session: Session, options: Options) -> Report:
    """Give exported invoices in Tribe the phase that their payment asks for, and tell of partial
    payments as the settings say. Raise `ModuleMissing` where Tribe has no invoices."""
    task = Task(
        name=NAME,
        kinds=chosen(session, (Kind.INVOICE,), NAME),
        creates_in=frozenset(),
        updates_in=frozenset({System.TRIBE}),
        conflicts=session.settings.conflicts,
        invoicing=session.settings.invoicing,
    )
    need_billing(session)
    return run(session, task, options)
