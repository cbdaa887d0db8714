"""`push-relations`: what is new or changed in Tribe goes to PowerOffice."""

from __future__ import annotations

from dataclasses import replace

from tribe_po.passes.run import Options, Report, run, task_of
from tribe_po.passes.schedule import PUSH_RELATIONS
from tribe_po.passes.session import Session


def push_relations(session: Session, options: Options, *, push_unmatched: bool = False) -> Report:
    """Create and update customers and suppliers in PowerOffice. Tribe gets their numbers."""
    task = task_of(session, PUSH_RELATIONS)
    return run(session, replace(task, push_unmatched=push_unmatched), options)
