"""`pull-products`: what is new or changed among PowerOffice's products comes to Tribe."""

from __future__ import annotations

from tribe_po.passes.run import Options, Report, run, task_of
from tribe_po.passes.schedule import PULL_PRODUCTS
from tribe_po.passes.session import Session


def pull_products(session: Session, options: Options) -> Report:
    """Create and update products in Tribe. A change of a group, an account or a VAT code moves no
    product's time stamp in PowerOffice: `options.full` finds what follows from it."""
    return run(session, task_of(session, PULL_PRODUCTS), options)
