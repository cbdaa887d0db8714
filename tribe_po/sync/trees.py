"""The three trees: what both sides agreed on, and what was seen on each.

What a read saw is laid over the memory here. Nothing is decided and nothing is lost: a change seen
by one pass stays visible, as a difference from the base, until a pass acts on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from tribe_po.fields import fields_of
from tribe_po.records import NO_VALUES, Kind, Link, Memory, Observation, Record, System, Values
from tribe_po.sync.acknowledged import unparked
from tribe_po.sync.invoices import settled_phase, shown_given

GONE = {
    System.TRIBE: "gone from Tribe (deleted or merged)",
    System.POWEROFFICE: "gone from PowerOffice (deleted)",
}
"""Why a link is parked when one of its records is no longer there."""

FORM_CHANGED = {
    System.TRIBE: "in Tribe now a private person instead of a company, or the other way round",
    System.POWEROFFICE: "in PowerOffice now a private person instead of a company, or conversely",
}
"""Why a link is parked when one of its records became something else."""


def see(link: Link, system: System, values: Values) -> Link:
    """Lay the values seen on one side over a link, and settle what now agrees. A field that the
    values do not name was not told, which is not the same as empty: what was seen earlier stays.

    A link that nothing changed for comes back as it was.
    """
    return _settled(_laid(link, system, values))


def _laid(link: Link, system: System, values: Values) -> Link:
    if _as_agreed(link, values):
        return link
    known = link.tribe if system is System.TRIBE else link.poweroffice
    base, tree = dict(link.base), {}
    for row in fields_of(link.kind, link.form):
        name = row.name
        if name not in values:
            if name in known:
                tree[name] = known[name]
        elif row.one_sided:
            base[name] = values[name]
        elif name not in base or not row.same(values[name], base[name]):
            tree[name] = values[name]
        elif system is System.POWEROFFICE:
            base[name] = values[name]
    if base == link.base and tree == known:
        return link
    if system is System.TRIBE:
        return replace(link, base=base, tribe=tree)
    return replace(link, base=base, poweroffice=tree)


def _settled(link: Link) -> Link:
    """Agree on what both sides changed to the same, or had alike before they were linked."""
    if not (link.tribe and link.poweroffice):
        return link
    agreed = {
        row.name: link.poweroffice[row.name]
        for row in fields_of(link.kind, link.form)
        if row.name in link.tribe and row.name in link.poweroffice
        if row.same(link.tribe[row.name], link.poweroffice[row.name])
    }
    if not agreed:
        return link
    return replace(
        link,
        base={**link.base, **agreed},
        tribe=without(link.tribe, agreed),
        poweroffice=without(link.poweroffice, agreed),
    )


def without(values: Values, names: Collection[str]) -> Values:
    """Values but those of some fields."""
    return {name: value for name, value in values.items() if name not in names}


def _as_agreed(link: Link, values: Values) -> bool:
    """The quick look that nearly every record of a complete read needs."""
    return values == link.base and not (link.tribe or link.poweroffice)


def pair(poweroffice: Record, tribe: Record, rule: str, agreed: Values = NO_VALUES) -> Link:
    """A new link between two records, with nothing agreed but what is equal already and what was
    `agreed` before. No server tells what an invoice was copied from: unless it was copied just now,
    from what Tribe has."""
    copied = {"content": tribe.values["content"]} if "content" in tribe.values else {}
    link = Link(
        kind=poweroffice.kind,
        form=poweroffice.form,
        poweroffice_id=poweroffice.id,
        tribe_id=tribe.id,
        tribe_relation_id=tribe.relation_id,
        tribe_address_id=tribe.address_id,
        matched_by=rule,
        base=agreed,
    )
    told = {**copied, **poweroffice.values}
    return see(see(link, System.POWEROFFICE, told), System.TRIBE, tribe.values)


def _see_record(link: Link, record: Record) -> Link:
    """Lay one record over its link. Seeing it as it was ends a parking for its sake."""
    if record.form is not link.form:
        return replace(link, parked=FORM_CHANGED[record.system])
    if record.system is System.TRIBE and (link.tribe_relation_id, link.tribe_address_id) != (
        record.relation_id,
        record.address_id,
    ):
        link = replace(
            link, tribe_relation_id=record.relation_id, tribe_address_id=record.address_id
        )
    seen = _laid(link, record.system, record.values)
    if record.system is System.TRIBE:
        seen = shown_given(seen)
    if seen.parked in (GONE[record.system], FORM_CHANGED[record.system]):
        return unparked(seen)
    return seen


def lay_over(memory: Memory, observation: Observation, kinds: Collection[Kind]) -> Memory:
    """Give the memory as it is after one read of one side.

    What both sides hold alike is agreed on by `settle`, when both were read: a value that one side
    holds now and the other one held earlier is nothing that they agree on.

    Records without a link are kept as unlinked. After a complete read, links whose record was not
    among the rows are parked, and unlinked records that are gone are forgotten.
    """
    system = observation.system
    links = dict(memory.links)
    unlinked = dict(memory.unlinked)
    by_id = {(link.kind, link.id_in(system)): key for key, link in links.items()}
    for record in observation.records:
        key = by_id.get((record.kind, record.id))
        if key is None:
            unlinked[system, record.kind, record.id] = record
        else:
            links[key] = _see_record(links[key], record)
    if observation.complete:
        seen = {(record.kind, record.id) for record in observation.records}
        _park_the_gone(links, system, kinds, seen)
        for gone in [
            key for key in unlinked if key[0] is system and key[1] in kinds and key[1:] not in seen
        ]:
            del unlinked[gone]
    cursors = dict(memory.cursors)
    if observation.cursor is not None:
        cursors |= {(system, kind): observation.cursor for kind in kinds}
    return replace(memory, links=links, unlinked=unlinked, cursors=cursors)


def settle(memory: Memory) -> Memory:
    """Give the memory with what both sides agree on now that both were read."""
    return replace(
        memory,
        links={key: settled_phase(_settled(link)) for key, link in memory.links.items()},
    )


def _park_the_gone(
    links: dict[tuple[Kind, str], Link],
    system: System,
    kinds: Collection[Kind],
    seen: Collection[tuple[Kind, str]],
) -> None:
    for key, link in links.items():
        if (
            link.kind in kinds
            and link.parked is None
            and link.tribe_relation_id  # else the copy has not shown up in Tribe since its create
            and (link.kind, link.id_in(system)) not in seen
        ):
            links[key] = replace(link, parked=GONE[system])


def join(memory: Memory, links: Iterable[Link]) -> Memory:
    """Give the memory with new links in it; their records are unlinked no longer."""
    joined = dict(memory.links)
    unlinked = dict(memory.unlinked)
    left_alone = set(memory.left_alone)
    intents = dict(memory.intents)
    for link in links:
        joined[link.key] = link
        left_alone.discard((link.kind, link.tribe_id))
        for system in System:
            unlinked.pop((system, link.kind, link.id_in(system)), None)
            intents.pop((system.other, link.kind, link.id_in(system)), None)
    return replace(memory, links=joined, unlinked=unlinked, left_alone=left_alone, intents=intents)
