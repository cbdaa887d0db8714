"""`pull-relations`: what is new or changed in PowerOffice comes to Tribe."""

from __future__ import annotations

from tribe_po.passes.run import Options, Report, chosen, run
from tribe_po.passes.session import Session
from tribe_po.records import RELATIONS, System
from tribe_po.sync.change import Task

NAME = "pull-relations"


def pull_relations(session: Session, options: Options) -> Report:
    """Create and update customers and suppliers in Tribe.

    PowerOffice tells by its time stamps of every change but an address's (poweroffice.md
    section 5), and of no deletion: `options.full` finds those too.
    """
    task = Task(
        name=NAME,
        kinds=chosen(session, RELATIONS, NAME),
        creates_in=frozenset({System.TRIBE}),
        updates_in=frozenset({System.TRIBE}),
        conflicts=session.settings.conflicts,
    )
    return run(session, task, options)
