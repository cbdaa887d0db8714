"""`pull-relations`: what is new or changed in PowerOffice comes to Tribe."""

from __future__ import annotations

from tribe_po.passes.run import Options, Report, run, task_of
from tribe_po.passes.schedule import PULL_RELATIONS
from tribe_po.passes.session import Session


def pull_relations(session: Session, options: Options) -> Report:
    """Create and update customers and suppliers in Tribe.

    PowerOffice tells by its time stamps of every change but an address's (poweroffice.md
    section 5), and of no deletion: `options.full` finds those too.
    """
    return run(session, task_of(session, PULL_RELATIONS), options)
