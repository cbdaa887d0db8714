"""A contact that is customer and supplier at once: one relation in Tribe, and a link for each role.

What the two roles have in common was agreed on before the second one came. As at any first meeting
PowerOffice would lead otherwise, over what somebody has just changed in Tribe.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache

from tribe_po.fields import fields_of
from tribe_po.records import (
    NO_VALUES,
    RELATIONS,
    Form,
    Kind,
    Link,
    Memory,
    Observation,
    Record,
    System,
    Values,
)
from tribe_po.sync.trees import see, without

OTHER_ROLE: Mapping[Kind, Kind] = {
    Kind.CUSTOMER: Kind.SUPPLIER,
    Kind.SUPPLIER: Kind.CUSTOMER,
}


@cache
def shared(form: Form) -> frozenset[str]:
    """The names of the fields that belong to the relation, whatever its roles are."""
    return frozenset(
        row.name
        for kind in RELATIONS
        for row in fields_of(kind, form)
        if row.kinds.issuperset(RELATIONS) and not row.is_of_role(form)
    )


def other_role(memory: Memory, contact: Record) -> Link | None:
    """The link of a contact of PowerOffice's in its other role. None where it has none, or one that
    waits: for a person, or to show up in Tribe."""
    if contact.kind not in OTHER_ROLE:
        return None
    link = memory.links.get((OTHER_ROLE[contact.kind], contact.id))
    if link is None or link.form is not contact.form or link.parked or not link.tribe_relation_id:
        return None
    return link


def lacking(link: Link, contact: Record) -> Record:
    """The relation of a link as one that lacks the role that its contact has in PowerOffice now:
    nothing is known of it as such."""
    return Record(
        kind=contact.kind,
        system=System.TRIBE,
        id="",
        relation_id=link.tribe_relation_id,
        form=link.form,
        values=NO_VALUES,
        role_missing=True,
    )


def agreed_before(memory: Memory, contact: Record, relation_id: str) -> Values:
    """What both sides last agreed on about a contact and a relation in Tribe that are linked in
    their other role already, as far as Tribe has shown it; nothing where they are not."""
    link = _first_role(memory, contact, relation_id)
    return _of_the_relation(link, without(link.base, link.sent)) if link else NO_VALUES


def seen_before(memory: Memory, contact: Record, relation_id: str) -> Values:
    """What was last seen in Tribe of a relation that is linked in its other role already."""
    link = _first_role(memory, contact, relation_id)
    if link is None:
        return NO_VALUES
    return _of_the_relation(link, without(link.seen_in(System.TRIBE), link.sent))


def _first_role(memory: Memory, contact: Record, relation_id: str) -> Link | None:
    link = other_role(memory, contact)
    return link if link is not None and link.tribe_relation_id == relation_id else None


def _of_the_relation(link: Link, values: Values) -> Values:
    return {name: values[name] for name in shared(link.form) if name in values}


def levelled(memory: Memory) -> Memory:
    """Take over what a contact's other role has agreed on since, where PowerOffice shows just that.

    It is an echo: PowerOffice shows in both roles what was written to one of them. Taken for
    somebody's edit there it would be written over a newer one in Tribe.
    """
    found = {link.key: _levelled(link, memory) for link in memory.links.values()}
    moved = {key: link for key, link in found.items() if link is not memory.links[key]}
    return replace(memory, links={**memory.links, **moved}) if moved else memory


def _levelled(link: Link, memory: Memory) -> Link:
    if not link.poweroffice or link.parked or link.kind not in OTHER_ROLE:
        return link
    other = memory.links.get((OTHER_ROLE[link.kind], link.poweroffice_id))
    if other is None or other.parked or other.tribe_relation_id != link.tribe_relation_id:
        return link
    echoes = {
        row.name: other.base[row.name]
        for row in fields_of(link.kind, link.form)
        if row.name in shared(link.form)
        if row.name in link.poweroffice and row.name in other.base
        if row.same(link.poweroffice[row.name], other.base[row.name])
    }
    if not echoes:
        return link
    # What was sent for the other role, and does not show in Tribe, does not show for this one.
    waiting = {name: sent for name, sent in other.sent.items() if name in echoes}
    own = {name: sent for name, sent in link.sent.items() if name not in echoes}
    in_tribe = link.seen_in(System.TRIBE)
    agreed = replace(
        link,
        base={**link.base, **echoes},
        tribe=without(link.tribe, echoes),
        poweroffice=without(link.poweroffice, echoes),
        sent={**own, **waiting},
    )
    shown = echoes.keys() - waiting.keys() - link.sent.keys()
    return see(agreed, System.TRIBE, {name: in_tribe[name] for name in shown if name in in_tribe})


def with_other_roles(
    memory: Memory, observation: Observation, kinds: Collection[Kind]
) -> Observation:
    """What a read of changes in Tribe tells, also about roles that it did not show: they have the
    same relation. One that was deleted shows no more, and only a complete read tells so; until then
    nothing old may be written to the relation for its sake."""
    if observation.system is not System.TRIBE or observation.complete:
        return observation
    shown = {(record.kind, record.id) for record in observation.records}
    relations = {one.relation_id: one for one in observation.records if one.kind in RELATIONS}
    others = (
        _in_role(link, relations[link.tribe_relation_id])
        for link in memory.links.values()
        if link.kind in kinds and link.kind in RELATIONS and not link.parked
        if link.tribe_relation_id in relations and (link.kind, link.tribe_id) not in shown
    )
    more = [record for record in others if record is not None]
    return replace(observation, records=(*observation.records, *more)) if more else observation


def _in_role(link: Link, record: Record) -> Record | None:
    """What a record of one role tells about the other one, which has this link."""
    if record.form is not link.form:
        return None
    values = _of_the_relation(link, record.values)
    return replace(record, kind=link.kind, id=link.tribe_id, mark=None, values=values)
