"""`push-products`: what is new or changed among Tribe's products goes to PowerOffice."""

from __future__ import annotations

from dataclasses import replace

from tribe_po.passes.run import Options, Report, run, task_of
from tribe_po.passes.schedule import PUSH_PRODUCTS
from tribe_po.passes.session import Session


def push_products(session: Session, options: Options, *, push_unmatched: bool = False) -> Report:
    """Create and update products in PowerOffice. One that has no code in Tribe gets the one that it
    had to have in PowerOffice."""
    task = task_of(session, PUSH_PRODUCTS)
    return run(session, replace(task, push_unmatched=push_unmatched), options)
