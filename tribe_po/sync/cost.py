"""What carrying out a plan takes: how many requests, and about how long. Pure.

Counted is what every change needs when nothing goes wrong. What a refusal, an invoice that
PowerOffice delivers slowly, or an edit in the meantime adds, nobody knows before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from tribe_po.fields import Owner, fields_of, key_row
from tribe_po.records import Kind, System
from tribe_po.sync.attempts import BATCH, IN_FLIGHT
from tribe_po.sync.change import Action, Change, Plan

READ_BACK = 60
SETS = {Kind.CUSTOMER: 2, Kind.SUPPLIER: 1, Kind.PRODUCT: 1, Kind.INVOICE: 1}
"""How many sets Tribe keeps a kind in: companies and persons apart."""
SHARED = 3
"""Requests to find out which roles a relation has that gets one more."""
ANSWER = 0.2
"""Seconds that a server takes to answer: what Tribe's own users measure, give or take half."""


@dataclass(frozen=True, slots=True)
class Cost:
    """How many requests go to each system, and about how many seconds they take together."""

    requests: Counter[System]
    seconds: float

    @property
    def total(self) -> int:
        """All requests."""
        return self.requests.total()


def cost_of(plan: Plan, rate: float) -> Cost:
    """The cost of a plan, with `rate` requests a second to PowerOffice."""
    writes = plan.writes()
    requests: Counter[System] = Counter()
    for change in writes:
        requests += _requests_of(change)
    requests += _looks(writes)
    one_by_one = sum(map(_is_alone, writes))
    seconds = max(
        requests[System.POWEROFFICE] / rate,
        requests[System.TRIBE] * ANSWER / IN_FLIGHT[System.TRIBE],
        one_by_one * ANSWER,
    )
    return Cost(requests, seconds)


def _requests_of(change: Change) -> Counter[System]:
    """A write, and what brings the key of a new record in PowerOffice back to Tribe."""
    if change.edit is not None:
        return Counter({change.system: max(1, len(_places_of(change)))})
    made = Counter([change.system])
    if change.system is System.POWEROFFICE:
        made[System.TRIBE] = _brings_back(change)
    elif change.action is Action.ADD_ROLE:
        made[System.TRIBE] += SHARED
    return made


def _brings_back(change: Change) -> bool:
    """Whether Tribe gets the number that PowerOffice assigns, or the code that a product lacks."""
    assert change.source is not None
    row = key_row(change.kind)
    return row.owner is Owner.POWEROFFICE or change.source.values.get(row.name) is None


def _places_of(change: Change) -> set[str]:
    """Tribe keeps what belongs to the role, to its relation and to the address apart; PowerOffice
    takes one patch."""
    assert change.edit is not None
    if change.system is System.POWEROFFICE:
        return set()
    written = [
        row for row in fields_of(change.kind, change.edit.form) if row.name in change.edit.values
    ]
    return {
        "address" if row.name == "address" else row.place(change.edit.form).rpartition(".")[0]
        for row in written
    }


def _looks(writes: Sequence[Change]) -> Counter[System]:
    """Before each batch of updates its side is asked once more what changed meanwhile, Tribe also
    for its addresses. What was created in Tribe is read, for its answer to a create does not show
    all."""
    looks: Counter[System] = Counter()
    created = Counter(one.kind for one in writes if _is_new_in_tribe(one))
    for system in System:
        updated = Counter(one.kind for one in writes if one.system is system and one.edit)
        batches = ceil(updated.total() / BATCH)
        if system is System.POWEROFFICE:
            looks[system] += batches * len(updated)
            continue
        address = bool(updated.keys() & {Kind.CUSTOMER, Kind.SUPPLIER})
        # What was created before shows up among the changes: a page more of each set.
        pages = 2 if created else 1
        looks[system] += batches * pages * (sum(SETS[kind] for kind in updated) + address)
    for kind, number in created.items():
        looks[System.TRIBE] += SETS[kind] * ceil(number / READ_BACK)
    return looks


def _is_new_in_tribe(change: Change) -> bool:
    return change.creation is not None and change.system is System.TRIBE


def _is_alone(change: Change) -> bool:
    """Whether PowerOffice wants it one at a time (poweroffice.md section 3)."""
    wanted = change.kind in (Kind.CUSTOMER, Kind.INVOICE)
    return wanted and change.action is Action.CREATE and change.system is System.POWEROFFICE
