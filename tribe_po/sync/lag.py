"""What was written to Tribe a moment ago and may not show there yet.

Tribe reads from another store than it writes to (tribe.md section 1). The old value of a field that
was just written is no person's edit: taken for one, it would go back to the other side. Nor is it
one when it does not go away, for Tribe may accept what it then does not take: that is told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from tribe_po.fields import Field, fields_of
from tribe_po.records import (
    NO_VALUES,
    Kind,
    Link,
    Memory,
    Observation,
    Record,
    Sent,
    System,
    Values,
)
from tribe_po.sync.merge import Decision
from tribe_po.sync.other_role import with_other_roles
from tribe_po.sync.trees import lay_over, without

SETTLE = timedelta(minutes=2)
"""How long what was written, or a create whose answer was lost, may take to show up in Tribe. It is
less than the overlap with which changes are read again: an edit that a person makes meanwhile is
seen after all. PowerOffice shows at once what it took."""

_NOT_TAKEN = (
    "Tribe accepted it and still shows what was there before: it did not take it, "
    "or somebody put the old one back"
)

LOOK_AT_IT = (
    "Enter the right one on both sides, or have it sent once more with tribe-po quarantine retry; "
    "everything else about the record goes on."
)
"""What a person does about what was not taken."""


def wrote(link: Link, replaced: Values, now: datetime) -> Link:
    """The link after fields were written to Tribe in place of the values given. A phase of an
    invoice has its own memory."""
    if link.kind is Kind.INVOICE:
        return link
    sent = dict(link.sent)
    for name, value in replaced.items():
        earlier = sent[name].before if name in sent else ()
        sent[name] = Sent(now, (*earlier, value))
    return replace(link, sent=sent)


def believed(link: Link, record: Record, now: datetime) -> tuple[Link, Record]:
    """The link without what shows by now or should, and the Tribe record without what does not show
    yet."""
    there, here = link.seen_in(System.TRIBE), record.values
    waiting = {
        row.name: _still_waiting(row, link.sent[row.name], here, now)
        for row in fields_of(link.kind, link.form)
        if row.name in link.sent and _is_waiting(row, link.sent[row.name], here, there)
    }
    return replace(link, sent=waiting), replace(record, values=without(here, waiting))


def _is_waiting(row: Field, sent: Sent, here: Values, there: Values) -> bool:
    """Whether what was replaced still shows, or nothing tells. Any other value is somebody's."""
    if row.name not in here:
        return True
    shown = here[row.name]
    if row.same(shown, there.get(row.name)):
        return False
    return any(row.same(shown, before) for before in sent.before)


def _still_waiting(row: Field, sent: Sent, here: Values, now: datetime) -> Sent:
    # A clock that was set back would give it as long again as it went back.
    if row.name not in here or abs(now - sent.at) < SETTLE:
        return sent
    shown = here[row.name]
    others = tuple(before for before in sent.before if not row.same(shown, before))
    return replace(sent, before=(*others, shown), overdue=True)


def not_taken(link: Link, target: System, decided: Collection[Decision] = ()) -> dict[str, str]:
    """What one side should show by now and does not, by field and in words, but for what is about
    to be written anew."""
    anew = {one.row.name for one in decided}
    return {name: _NOT_TAKEN for name in shown_instead(link, target) if name not in anew}


def shown_instead(link: Link, target: System) -> Values:
    """What one side shows in place of what it did not take."""
    if target is not System.TRIBE:
        return NO_VALUES
    return {name: one.before[-1] for name, one in link.sent.items() if one.overdue}


def to_be_sent_again(link: Link) -> Link:
    """The link with what Tribe did not take as if it had never been sent."""
    old = shown_instead(link, System.TRIBE)
    wanted = {name: link.seen_in(System.POWEROFFICE).get(name) for name in old}
    return replace(
        link,
        base={**link.base, **old},
        tribe=without(link.tribe, old),
        poweroffice={**link.poweroffice, **wanted},
        sent={name: one for name, one in link.sent.items() if name not in old},
    )


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


def laid_over(
    memory: Memory, observation: Observation, kinds: Collection[Kind], now: datetime
) -> Memory:
    """The memory with what one read of one side tells, as far as that is believed."""
    memory, told = as_believed(memory, with_other_roles(memory, observation, kinds), now)
    return lay_over(memory, told, kinds)
