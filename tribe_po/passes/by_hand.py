"""What a person decides about records that the passes leave: try again, as it is, who wins, forget.

Each gives a new memory, and asks no server: the next pass acts on it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from tribe_po.errors import NotFound
from tribe_po.fields import FIELDS
from tribe_po.records import (
    Conflict,
    Kind,
    Link,
    Memory,
    Quarantined,
    RecordKey,
    System,
)
from tribe_po.settings import ConflictPolicy
from tribe_po.sync import acknowledged
from tribe_po.sync.lag import not_taken, to_be_sent_again
from tribe_po.sync.match import IF_NOT
from tribe_po.sync.merge import decisions
from tribe_po.sync.trees import without


@dataclass(frozen=True, slots=True)
class Retried:
    """Which entries the next pass tries again, and which it looks at every time anyway."""

    memory: Memory
    again: tuple[Quarantined, ...]
    held: tuple[Quarantined, ...]


def retry(memory: Memory, ids: Collection[str], now: datetime) -> Retried:
    """Let the next pass try quarantined records again: those with some ids, or without ids all.

    An id is the record's, or its beginning where no other quarantined record's begins so. Raise
    `NotFound` for one that is not quarantined; nothing is retried then. What may be there already
    is only released to be created when it is named: an entry without attempts says so.
    """
    keys = set(memory.quarantine) if not ids else {k for one in ids for k in _keys(memory, one)}
    chosen = {key: entry for key, entry in memory.quarantine.items() if key in keys}
    again = {
        key: replace(
            entry,
            retry_after=now,
            attempts=0 if ids and IF_NOT in entry.next_step else entry.attempts,
        )
        for key, entry in chosen.items()
        if not entry.held_fields
    }
    untaken = {
        link.key: to_be_sent_again(link)
        for link in memory.links.values()
        if (System.TRIBE, *link.key) in chosen and not_taken(link, System.TRIBE)
    }
    sent_again = {key: entry for key, entry in chosen.items() if key[1:] in untaken}
    return Retried(
        memory=replace(
            memory,
            links={**memory.links, **untaken},
            quarantine={**memory.quarantine, **again},
        ),
        again=(*again.values(), *sent_again.values()),
        held=tuple(
            entry for key, entry in chosen.items() if entry.held_fields and key not in sent_again
        ),
    )


def _keys(memory: Memory, record_id: str) -> list[RecordKey]:
    exact = [key for key in memory.quarantine if key[2] == record_id]
    begun = [key for key in memory.quarantine if record_id and key[2].startswith(record_id)]
    found = exact or begun
    if len({key[2] for key in found}) == 1:
        return found
    number = len(memory.quarantine)
    why = f"{len(found)} quarantined ids begin so" if found else f"none of {number} has that id"
    raise NotFound(
        f"No single quarantined record has the id {record_id}",
        f"Of the quarantined records, {why}. Nothing was changed.",
        "See their ids: tribe-po quarantine list",
    )


@dataclass(frozen=True, slots=True)
class Accepted:
    """A link that stays as it is: which fields of it, by side that they are held back from, and
    whether its parking. `link` is as it was."""

    memory: Memory
    link: Link
    fields: tuple[tuple[System, str], ...]
    parking: bool


def accept(memory: Memory, record_id: str) -> Accepted:
    """Leave as it is what is held back of a linked record, or that its link is parked.

    It is told again once either side's value changes. Nothing else changes by it: an order whose
    sums differ is not booked either way. `record_id` is the id on either side, or its beginning
    where no other begins so. Raise `NotFound` for one of which nothing is held back, and for a
    record that is quarantined as a whole: what it is created from later nobody has seen yet.
    """
    link = _link_to_accept(memory, record_id)
    entries = _entries_of(memory, link)
    for target, entry in entries.items():
        if not entry.held_fields:
            raise NotFound(
                f"{link.label} is quarantined as a whole, which cannot be left as it is",
                f"It could not be written to {target.title}: {entry.reason}. Nothing was changed.",
                f"Correct it, then type: tribe-po quarantine retry {entry.id}",
            )
    settled, found = link, []
    for target, entry in entries.items():
        settled = acknowledged.with_differences(settled, target, entry.held_fields)
        found += [(target, name) for name in entry.held_fields]
    parking = acknowledged.is_parking_to_tell(link)
    if parking:
        settled = acknowledged.with_parking(settled)
    left = {key: entry for key, entry in memory.quarantine.items() if entry not in entries.values()}
    return Accepted(
        memory=replace(memory, links={**memory.links, link.key: settled}, quarantine=left),
        link=link,
        fields=tuple(found),
        parking=parking,
    )


def _link_to_accept(memory: Memory, record_id: str) -> Link:
    about = [
        link
        for link in memory.links.values()
        if _entries_of(memory, link) or acknowledged.is_parking_to_tell(link)
    ]
    exact = [one for one in about if record_id in (one.poweroffice_id, one.tribe_id)]
    begun = [
        one
        for one in about
        if record_id
        and (one.poweroffice_id.startswith(record_id) or one.tribe_id.startswith(record_id))
    ]
    found = exact or begun
    if len(found) == 1:
        return found[0]
    why = f"{len(found)} begin so" if found else f"none of {len(about)} has that id"
    raise NotFound(
        f"No single linked record to leave as it is has the id {record_id}",
        f"Of the records with held back fields or a parked link, {why}. Nothing was changed.",
        "See their ids: tribe-po quarantine list; those of parked links: tribe-po status",
    )


def _entries_of(memory: Memory, link: Link) -> dict[System, Quarantined]:
    """What is quarantined of a link, by the side that it cannot be written to."""
    keys = {system: (system, link.kind, link.id_in(system.other)) for system in System}
    return {
        system: memory.quarantine[key] for system, key in keys.items() if key in memory.quarantine
    }


@dataclass(frozen=True, slots=True)
class Resolved:
    """A conflict that was settled."""

    memory: Memory
    conflict: Conflict


def resolve(
    memory: Memory, record_id: str, field: str, keep: System, kind: Kind | None = None
) -> Resolved:
    """Settle an open conflict: one side's value counts as the newer one from now on.

    The base becomes what the other side holds, as if both had agreed on that before: so the kept
    value travels with the next pass, whatever the policy is. `record_id` is the id on either side.
    Raise `NotFound` where there is no such open conflict.
    """
    conflict = _conflict(memory, record_id, field, kind)
    link = memory.links.get((conflict.kind, conflict.poweroffice_id))
    if link is None or not _still_open(link, conflict.field):
        raise NotFound(
            f"The conflict about {conflict.label}'s {_spoken(conflict.field)} is over",
            "What was last seen of both sides is no conflict any more. Nothing was changed.",
            f"See what will happen to it: tribe-po explain {record_id}",
        )
    # What both sides hold now, which may be newer than what the conflict was noted with.
    settled = replace(
        conflict,
        winner=keep,
        tribe=link.seen_in(System.TRIBE).get(conflict.field),
        poweroffice=link.seen_in(System.POWEROFFICE).get(conflict.field),
    )
    key = (conflict.kind, conflict.poweroffice_id, conflict.field)
    return Resolved(
        memory=replace(
            memory,
            links={**memory.links, link.key: _in_favour(link, conflict.field, keep)},
            conflicts={**memory.conflicts, key: settled},
        ),
        conflict=settled,
    )


def _conflict(memory: Memory, record_id: str, field: str, kind: Kind | None) -> Conflict:
    of_record = [
        one
        for one in memory.conflicts.values()
        if record_id in (one.poweroffice_id, one.tribe_id) and kind in (None, one.kind)
    ]
    wanted = field_named(field)
    found = [one for one in of_record if one.field == wanted]
    still_open = [one for one in found if one.winner is None]
    if len(still_open) == 1:
        return still_open[0]
    raise NotFound(
        f"No open conflict about the {_spoken(field)} of {record_id}",
        _why_none(of_record, found, still_open),
        "See the conflicts, with ids and fields: tribe-po conflicts list",
    )


def _why_none(
    of_record: Collection[Conflict], found: Collection[Conflict], still_open: Collection[Conflict]
) -> str:
    if still_open:
        kinds = " and as a ".join(one.kind for one in still_open)
        return f"It has one as a {kinds}: name one of them with --kind. Nothing was changed."
    settled = [one.winner.title for one in found if one.winner]
    if settled:
        return f"It was settled before: {settled[0]}'s value was kept. Nothing was changed."
    fields = ", ".join(one.field for one in of_record if one.winner is None)
    return f"Its open conflicts are about: {fields or 'nothing'}. Nothing was changed."


def field_named(asked: str) -> str:
    """The name of the field that a person means, by name or label; as asked where there is none."""
    for row in FIELDS:
        if _folded(asked) in (row.name, _folded(row.label)):
            return row.name
    return asked


def _folded(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")


def _spoken(field: str) -> str:
    return field.replace("_", " ")


def _still_open(link: Link, field: str) -> bool:
    decided = decisions(link, ConflictPolicy.MANUAL)
    return not link.parked and any(one.conflict and one.row.name == field for one in decided)


def _in_favour(link: Link, field: str, keep: System) -> Link:
    base = {**link.base, field: link.seen_in(keep.other).get(field)}
    if keep is System.TRIBE:
        return replace(link, base=base, poweroffice=without(link.poweroffice, {field}))
    return replace(link, base=base, tribe=without(link.tribe, {field}))


def forget_settled(memory: Memory) -> tuple[Memory, int]:
    """Forget the conflicts that are settled, with the values that lost. Gives how many."""
    still_open = {key: one for key, one in memory.conflicts.items() if one.winner is None}
    number = len(memory.conflicts) - len(still_open)
    return replace(memory, conflicts=still_open), number
