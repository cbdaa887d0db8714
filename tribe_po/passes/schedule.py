"""The passes that a crontab makes: what each is called, what it does, and how often it runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from tribe_po.records import RELATIONS, Kind, System
from tribe_po.settings import Rules
from tribe_po.sync.change import Task

INITIAL = "init-sync"
"""The pass before all others, which a person makes by hand."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One pass: which side its news come from, and how often it runs. With `nightly`, it compares
    everything once a night. Without `creates`, it only updates what is linked."""

    name: str
    source: System
    kinds: tuple[Kind, ...]
    every: timedelta
    nightly: bool = False
    creates: bool = True

    def task(self, kinds: Collection[Kind], rules: Rules) -> Task:
        """What the pass is asked to do about some of its kinds."""
        target = frozenset({self.source.other})
        return Task(
            name=self.name,
            kinds=tuple(kind for kind in self.kinds if kind in kinds),
            creates_in=target if self.creates else frozenset(),
            updates_in=target,
            conflicts=rules.conflicts,
            keys_to_tribe=self.source is System.TRIBE,
            invoicing=rules.invoicing,
        )


_RARELY = timedelta(minutes=15)
PUSH_RELATIONS = Scheduled("push-relations", System.TRIBE, RELATIONS, timedelta(minutes=1))
PULL_RELATIONS = Scheduled("pull-relations", System.POWEROFFICE, RELATIONS, _RARELY, nightly=True)
PUSH_PRODUCTS = Scheduled("push-products", System.TRIBE, (Kind.PRODUCT,), _RARELY)
PULL_PRODUCTS = Scheduled(
    "pull-products", System.POWEROFFICE, (Kind.PRODUCT,), _RARELY, nightly=True
)
INVOICE = Scheduled("invoice", System.TRIBE, (Kind.INVOICE,), timedelta(minutes=5))
PULL_PAYMENTS = Scheduled(
    "pull-payments",
    System.POWEROFFICE,
    (Kind.INVOICE,),
    timedelta(hours=4),
    nightly=True,
    creates=False,
)

SCHEDULE: tuple[Scheduled, ...] = (
    PUSH_RELATIONS,
    PULL_RELATIONS,
    PUSH_PRODUCTS,
    PULL_PRODUCTS,
    INVOICE,
    PULL_PAYMENTS,
)
"""The passes of the crontab, as crontab.example has them; `sync` makes them in this order."""


def scheduled_for(source: System, kind: Kind) -> Scheduled:
    """The pass that takes news of one kind from one side to the other."""
    return next(one for one in SCHEDULE if one.source is source and kind in one.kinds)
