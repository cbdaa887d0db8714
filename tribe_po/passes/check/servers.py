"""The look at what earlier runs found out about the two servers, which the state remembers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from tribe_po.passes.check.examination import Examination
from tribe_po.passes.check.findings import Finding, Topic
from tribe_po.passes.session import FOUND_OUT, GOOD_FOR, KEYS, NAMES, keys_of
from tribe_po.poweroffice.lists import ORDER as NO_ORDER
from tribe_po.poweroffice.marks import REFERENCES
from tribe_po.poweroffice.patcher import REMOVE, TESTS
from tribe_po.records import System
from tribe_po.tribe.finding import PATHS
from tribe_po.tribe.invoices import APART, BILLING
from tribe_po.tribe.marks import MARKS
from tribe_po.tribe.metadata import Names
from tribe_po.tribe.phases import PHASE
from tribe_po.tribe.reading import ORDER
from tribe_po.tribe.writing import UPDATE

WAYS: Mapping[str, tuple[System, str]] = {
    UPDATE: (System.TRIBE, "records are changed by POST with their ID, for PUT was refused"),
    PHASE: (System.TRIBE, "phases of invoices are changed by POST, for PUT was refused"),
    ORDER: (System.TRIBE, "lists cannot be ordered by ID, so they are read until none comes twice"),
    PATHS: (System.TRIBE, "no filter by a linked record, so whole sets are read instead"),
    MARKS: (System.TRIBE, "no filter by ImportId, so whole sets are read instead"),
    APART: (System.TRIBE, "lines do not come along with invoices, so each has a request"),
    BILLING: (System.TRIBE, "has invoices"),
    NO_ORDER: (System.POWEROFFICE, "lists cannot be ordered"),
    REFERENCES: (System.POWEROFFICE, "orders cannot be asked for by reference: an older edition"),
    TESTS: (
        System.POWEROFFICE,
        "tests in patches are not honoured, so records are looked at first",
    ),
    REMOVE: (System.POWEROFFICE, "values are cleared by null, for remove was refused"),
}
"""What each thing that was found out means, by the key under which it is remembered."""


def servers(it: Examination) -> Iterator[Finding]:
    """What passes go by, and until when. Nothing is tried out here: a refusal shows in a pass."""
    known = it.memory.meta.servers if it.memory else {}
    if FOUND_OUT not in known or known.get(KEYS) != keys_of(it.settings):
        yield Finding.ok(Topic.SERVERS, "Nothing is remembered of them: the next pass finds out.")
        return
    until = datetime.fromisoformat(known[FOUND_OUT]) + GOOD_FOR
    names = Names.from_dict(json.loads(known[NAMES])) if NAMES in known else None
    metadata = "the names of Tribe's metadata" if names and names.known else "no names of Tribe's"
    yield Finding.ok(
        Topic.SERVERS,
        f"remembered until {until:%Y-%m-%d %H:%M} UTC, then found out again: {metadata}",
    )
    for name, (system, meaning) in WAYS.items():
        if name in known:
            yield Finding.ok(Topic.SERVERS, f"{system.title}: {meaning}")
