"""`push-relations`: what is new or changed in Tribe goes to PowerOffice."""

from __future__ import annotations

from tribe_po.passes.run import Options, Report, chosen, run
from tribe_po.passes.session import Session
from tribe_po.records import RELATIONS, System
from tribe_po.sync.change import Task

NAME = "push-relations"


def push_relations(session: Session, options: Options, *, push_unmatched: bool = False) -> Report:
    """Create and update customers and suppliers in PowerOffice. Tribe gets their numbers."""
    task = Task(
        name=NAME,
        kinds=chosen(session, RELATIONS, NAME),
        creates_in=frozenset({System.POWEROFFICE}),
        updates_in=frozenset({System.POWEROFFICE}),
        conflicts=session.settings.conflicts,
        keys_to_tribe=True,
        push_unmatched=push_unmatched,
    )
    return run(session, task, options)
