"""Copies that a run made and did not live to link, and whose source was deleted before the next."""

from __future__ import annotations

from dataclasses import replace

from tribe_po.records import RELATIONS, Intent, Kind, Link, Memory, Record, System
from tribe_po.sync.trees import GONE, join, pair


def link_orphans(memory: Memory) -> Memory:
    """Link such copies to what is no longer there, and park the links, as if the run had ended
    before the source was deleted: else the copy would bring it back.

    A source is gone when a complete read no longer showed it. Invoices are forgotten for other
    reasons, too, and are left out.
    """
    copies = {(one.system, one.kind, one.mark): one for one in memory.unlinked.values() if one.mark}
    found = (
        _parked(intent, copies.get((intent.target, intent.kind, intent.mark)))
        for intent in memory.intents.values()
        if intent.kind is not Kind.INVOICE
        if (intent.target.other, intent.kind, intent.source_id) not in memory.unlinked
    )
    return join(memory, [link for link in found if link is not None])


def _parked(intent: Intent, copy: Record | None) -> Link | None:
    if copy is None:
        return None
    gone = intent.target.other
    # A Tribe relation's ID is what it marks its copies with.
    relation_id = intent.mark.rpartition(":")[2] if copy.kind in RELATIONS else intent.source_id
    source = replace(copy, system=gone, id=intent.source_id, relation_id=relation_id)
    poweroffice, tribe = (source, copy) if gone is System.POWEROFFICE else (copy, source)
    return replace(pair(poweroffice, tribe, "created"), parked=GONE[gone])
