"""`init-sync`: the first round, by hand. PowerOffice's records come into Tribe."""

from __future__ import annotations

from dataclasses import dataclass

from tribe_po.passes.run import Options, Report, run
from tribe_po.passes.schedule import INITIAL
from tribe_po.passes.session import Session
from tribe_po.records import Kind, System
from tribe_po.sync.change import Task


@dataclass(frozen=True, slots=True)
class Scope:
    """What else to take along: archived PowerOffice records, and what only Tribe has."""

    include_archived: bool = False
    push_unmatched: bool = False


def init_sync(session: Session, options: Options, scope: Scope) -> Report:
    """Link what both sides have, import into Tribe what it lacks, and give it PowerOffice's
    numbers. Relations that only Tribe has are counted and left alone, unless they are to be pushed.
    Invoices that were sent before are left alone for good.
    """
    kinds = tuple(
        kind
        for kind in session.settings.kinds
        if kind is not Kind.INVOICE or all(side.offers(kind) for side in session.sides.values())
    )
    pushes = {System.POWEROFFICE} if scope.push_unmatched else set()
    task = Task(
        name=INITIAL,
        kinds=kinds,
        creates_in=frozenset({System.TRIBE} | pushes),
        updates_in=frozenset({System.TRIBE}),
        conflicts=session.settings.conflicts,
        initial=True,
        include_archived=scope.include_archived,
        push_unmatched=scope.push_unmatched,
        invoicing=session.settings.invoicing,
    )
    return run(session, task, options)
