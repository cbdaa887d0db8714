"""`pull-payments`: what PowerOffice's customer ledger says of an invoice becomes its phase."""

from __future__ import annotations

from tribe_po.passes.invoice import need_billing
from tribe_po.passes.run import Options, Report, run, task_of
from tribe_po.passes.schedule import PULL_PAYMENTS
from tribe_po.passes.session import Session


def pull_payments(session: Session, options: Options) -> Report:
    """Give exported invoices in Tribe the phase that their payment asks for, and tell of partial
    payments as the settings say. Raise `ModuleMissing` where Tribe has no invoices."""
    task = task_of(session, PULL_PAYMENTS)
    need_billing(session)
    return run(session, task, options)
