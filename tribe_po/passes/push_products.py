"""`push-products`: what is new or changed among Tribe's products goes to PowerOffice."""

from __future__ import annotations

from tribe_po.passes.run import Options, Report, chosen, run
from tribe_po.passes.session import Session
from tribe_po.records import Kind, System
from tribe_po.sync.change import Task

NAME = "push-products"


def push_products(session: Session, options: Options, *, push_unmatched: bool = False) -> Report:
    """Create and update products in PowerOffice. One that has no code in Tribe gets the one that it
    had to have in PowerOffice."""
    task = Task(
        name=NAME,
        kinds=chosen(session, (Kind.PRODUCT,), NAME),
        creates_in=frozenset({System.POWEROFFICE}),
        updates_in=frozenset({System.POWEROFFICE}),
        conflicts=session.settings.conflicts,
        keys_to_tribe=True,
        push_unmatched=push_unmatched,
    )
    return run(session, task, options)
