"""What was written to Tribe a moment ago and may not show there yet.

Tribe reads from another store than it writes to (tribe.md section 1). The old value of a field that
was just written is no person's edit: taken for one, it would go back to the other side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from tribe_po.fields import fields_of
from tribe_po.records import Kind, Link, Memory, Observation, Record, System

SETTLE = timedelta(minutes=2)
"""How long what was written, or a create whose answer was lost, may take to show up in Tribe. It is
less than the overlap with which changes are read again: an edit that a person makes meanwhile is
seen after all. PowerOffice shows at once what it took."""


def wrote(link: Link, names: Iterable[str], now: datetime) -> Link:
    """The link after fields were written to Tribe. A phase of an invoice has its own memory."""
    if link.kind is Kind.INVOICE:
        return link
    return replace(link, sent={**link.sent, **dict.fromkeys(names, now)})


def believed(link: Link, record: Record, now: datetime) -> tuple[Link, Record]:
    """The link without what shows by now or should, and the Tribe record without what does not show
    yet."""
    there, here = link.seen_in(System.TRIBE), record.values
    waiting = {
        row.name: link.sent[row.name]
        for row in fields_of(link.kind, link.form)
        # A clock that was set back would make it wait for as long as it went back.
        if row.name in link.sent and abs(now - link.sent[row.name]) < SETTLE
        if row.name not in here or not row.same(here[row.name], there.get(row.name))
    }
    told = {name: value for name, value in here.items() if name not in waiting}
    return replace(link, sent=waiting), replace(record, values=told)


def as_believed(
    memory: Memory, observation: Observation, now: datetime
) -> tuple[Memory, Observation]:
    """The memory and what one read of one side tells, for `tribe_po.sync.trees.lay_over`."""
    if observation.system is not System.TRIBE:
        return memory, observation
    waiting = {(link.kind, link.tribe_id): link for link in memory.links.values() if link.sent}
    if not waiting:
        return memory, observation
    links, records = dict(memory.links), list[Record]()
    for record in observation.records:
        link = waiting.get((record.kind, record.id))
        if link is not None:
            links[link.key], told = believed(link, record, now)
        records.append(record if link is None else told)
    return replace(memory, links=links), replace(observation, records=tuple(records))
