"""Compares pairs of customers in memory, as a pass does, and prints the processor seconds."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from time import process_time

from tribe_po.cli.perform import RARELY
from tribe_po.records import Address, Form, Kind, Memory, Observation, Record, System, Value
from tribe_po.settings import ConflictPolicy
from tribe_po.sync.change import Task
from tribe_po.sync.match import match
from tribe_po.sync.plan import make_plan
from tribe_po.sync.trees import join, lay_over, pair, settle

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KINDS = (Kind.CUSTOMER,)
TEXTS = ("name", "organization_number", "email", "invoice_email", "phone", "website")


def record(system: System, position: int) -> Record:
    """One customer on one side, alike on both."""
    values: dict[str, Value] = {name: f"{name} {position}" for name in TEXTS}
    values |= {"number": str(position), "payment_days": 14, "inactive": False}
    values["address"] = Address(f"Storgata {position}", "", "0155", "Oslo", "NO")
    identity = f"{system}-{position}"
    return Record(Kind.CUSTOMER, system, identity, identity, Form.ORGANIZATION, values)


def main() -> None:
    """Make the pairs known, then compare them anew."""
    gc.set_threshold(RARELY)
    number = int(sys.argv[1])
    sides = {system: [record(system, one) for one in range(number)] for system in System}
    pairs = zip(sides[System.POWEROFFICE], sides[System.TRIBE], strict=True)
    memory = join(Memory(), [pair(ours, theirs, "number") for ours, theirs in pairs])
    begin = process_time()
    for system in System:
        seen = Observation(
            system, tuple(record(system, one) for one in range(number)), NOW, complete=True
        )
        memory = lay_over(memory, seen, KINDS)
    memory = settle(memory)
    side = frozenset({System.TRIBE})
    task = Task("pull-relations", KINDS, side, side, ConflictPolicy.POWEROFFICE)
    plan = make_plan(memory, match(memory, (), KINDS, ()), task, NOW)
    if plan.changes:
        sys.exit("there are changes")
    sys.stdout.write(f"{process_time() - begin}\n")


if __name__ == "__main__":
    main()
