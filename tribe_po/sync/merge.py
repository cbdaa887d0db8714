"""Who wins, field by field. The whole policy of the three-way merge stands in `decide`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from tribe_po.fields import Field, Owner, fields_of
from tribe_po.records import Conflict, Kind, Link, Memory, System, Value
from tribe_po.settings import ConflictPolicy


class Never(StrEnum):
    """Stands for "the two sides never agreed on this field", which no value can."""

    AGREED = "never agreed"


NEVER: Final = Never.AGREED


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one field.

    `winner` is the side whose value goes to the other one, or None: the two agree, or the conflict
    waits for a person. `conflict` is true when both sides changed since they last agreed.
    """

    row: Field
    winner: System | None
    because: str
    conflict: bool = False


def decide(
    row: Field, base: Value | Never, tribe: Value, poweroffice: Value, policy: ConflictPolicy
) -> Decision:
    """Decide one field from what both sides last agreed on and what each holds now.

    Time stamps play no part: they say when a record was touched, not which field was meant.
    """
    empty_in_tribe = row.normal(tribe) is None
    empty_in_poweroffice = row.normal(poweroffice) is None

    if row.same(tribe, poweroffice):
        return Decision(row, None, "the same on both sides")

    if row.owner is Owner.POWEROFFICE:
        # A record without PowerOffice's number keeps the one it has until there is one.
        winner = None if empty_in_poweroffice else System.POWEROFFICE
        return Decision(row, winner, "PowerOffice owns it")

    if base is NEVER:
        if empty_in_tribe:
            return Decision(row, System.POWEROFFICE, "empty in Tribe")
        if empty_in_poweroffice:
            return Decision(row, System.TRIBE, "empty in PowerOffice")
        return Decision(row, System.POWEROFFICE, "PowerOffice leads when first linked")

    if row.same(base, poweroffice):
        return Decision(row, System.TRIBE, "changed in Tribe")
    if row.same(base, tribe):
        return Decision(row, System.POWEROFFICE, "changed in PowerOffice")

    if policy is ConflictPolicy.MANUAL:
        return Decision(row, None, "changed on both sides, waits for a decision", conflict=True)
    winner = System(policy.value)
    return Decision(row, winner, f"changed on both sides, {winner.title} wins", conflict=True)


def decisions(link: Link, policy: ConflictPolicy) -> Iterator[Decision]:
    """Decide every field of a linked pair that the two sides do not agree on. Invoices are not
    merged: `tribe_po.sync.invoices` decides about them."""
    if link.kind is Kind.INVOICE:
        return
    for row in fields_of(link.kind, link.form):
        name = row.name
        seen_in = sum(name in tree for tree in (link.tribe, link.poweroffice))
        if seen_in == 2 or (seen_in and name in link.base):
            base: Value | Never = link.base.get(name) if name in link.base else NEVER
            seen_in_tribe = link.tribe.get(name, link.base.get(name))
            seen_in_poweroffice = link.poweroffice.get(name, link.base.get(name))
            yield decide(row, base, seen_in_tribe, seen_in_poweroffice, policy)


def conflicts_of(
    link: Link, decided: Iterable[Decision], memory: Memory, now: datetime
) -> Iterator[Conflict]:
    """The fields that both sides changed, with all three values, so that none is lost."""
    for decision in decided:
        if decision.conflict:
            name = decision.row.name
            known = memory.conflicts.get((link.kind, link.poweroffice_id, name))
            yield Conflict(
                kind=link.kind,
                poweroffice_id=link.poweroffice_id,
                tribe_id=link.tribe_id,
                label=link.label,
                field=name,
                base=link.base.get(name),
                tribe=link.seen_in(System.TRIBE).get(name),
                poweroffice=link.seen_in(System.POWEROFFICE).get(name),
                winner=decision.winner,
                since=known.since if known and known.winner is None else now,
            )
