"""`pull-products`: what is new or changed among PowerOffice's products comes to Tribe."""

from __future__ import annotations

from tribe_po.passes.run import Options, Report, chosen, run
from tribe_po.passes.session import Session
from tribe_po.records import Kind, System
from tribe_po.sync.change import Task

NAME = "pull-products"


def pull_products(session: Session, options: Options) -> Report:
    """Create and update products in Tribe. A change of a group, an account or a VAT code moves no
    product's time stamp in PowerOffice: `options.full` finds what follows from it."""
    task = Task(
        name=NAME,
        kinds=chosen(session, (Kind.PRODUCT,), NAME),
        creates_in=frozenset({System.TRIBE}),
        updates_in=frozenset({System.TRIBE}),
        conflicts=session.settings.conflicts,
    )
    return run(session, task, options)
