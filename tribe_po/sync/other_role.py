"""A contact that is customer and supplier at once: one relation in Tribe, and a link for each role.

What the two roles have in common was agreed on before the second one came. As at any first meeting
PowerOffice would lead otherwise, over what somebody has just changed in Tribe.
"""

from __future__ import annotations

from tribe_po.fields import fields_of
from tribe_po.records import NO_VALUES, RELATIONS, Form, Link, Memory, Record, System, Values


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
    """The relation of a link as one that lacks the role that its contact has in PowerOffice now."""
    seen = link.seen_in(System.TRIBE)
    return Record(
        kind=contact.kind,
        system=System.TRIBE,
        id="",
        relation_id=link.tribe_relation_id,
        form=link.form,
        values={name: seen.get(name) for name in shared(link.form)},
        role_missing=True,
    )


def agreed_before(memory: Memory, contact: Record, relation_id: str) -> Values:
    """What both sides last agreed on about a contact and a relation in Tribe that are linked in
    their other role already; nothing where they are not."""
    link = other_role(memory, contact)
    if link is None or link.tribe_relation_id != relation_id:
        return NO_VALUES
    return {name: link.base[name] for name in shared(link.form) if name in link.base}
