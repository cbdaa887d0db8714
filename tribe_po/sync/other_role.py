"""A contact that is customer and supplier at once: one relation in Tribe, and a link for each role.

What the two roles have in common was agreed on before the second one came. As at any first meeting
PowerOffice would lead otherwise, over what somebody has just changed in Tribe.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

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
    links = (memory.links.get((kind, contact.id)) for kind in RELATIONS if kind is not contact.kind)
    return next(
        (
            link
            for link in links
            if link and contact.kind in RELATIONS and link.form is contact.form
            if not link.parked and link.tribe_relation_id
        ),
        None,
    )


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
    their other role already; nothing where they are not."""
    link = other_role(memory, contact)
    if link is None or link.tribe_relation_id != relation_id:
        return NO_VALUES
    return {name: link.base[name] for name in shared(link.form) if name in link.base}


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
    values = {name: record.values[name] for name in shared(link.form) if name in record.values}
    return replace(record, kind=link.kind, id=link.tribe_id, mark=None, values=values)
