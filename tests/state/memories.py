"""Made-up memories: random ones for Hypothesis, and one of any size for the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tribe_po.records import (
    Address,
    Conflict,
    Form,
    Intent,
    Kind,
    Link,
    Memory,
    Meta,
    Quarantined,
    Record,
    Run,
    Sent,
    System,
)

NOON = datetime(2025, 1, 31, 12, tzinfo=UTC)

texts = st.text(max_size=12) | st.sampled_from(
    ["Fjord Kaffe AS", "Bjørk & Sønn", '"}}}\n', "\u2028"]
)
kinds = st.sampled_from(Kind)
forms = st.sampled_from(Form)
systems = st.sampled_from(System)
times = st.integers(0, 3 * 10**15).map(lambda passed: NOON + timedelta(microseconds=passed))
addresses = st.builds(Address, texts, texts, texts, texts, texts)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4)
single_values = st.none() | st.booleans() | st.integers() | decimals | texts | addresses
values = st.dictionaries(texts, single_values, max_size=4)
maybe_text = st.none() | texts
record_keys = st.tuples(systems, kinds, texts)

links = st.builds(
    Link,
    kind=kinds,
    form=forms,
    poweroffice_id=texts,
    tribe_id=texts,
    tribe_relation_id=texts,
    matched_by=texts,
    base=values,
    tribe=values,
    poweroffice=values,
    tribe_address_id=maybe_text,
    parked=maybe_text,
)
records = st.builds(
    Record,
    kind=kinds,
    system=systems,
    id=texts,
    relation_id=texts,
    form=forms,
    values=values,
    mark=maybe_text,
    address_id=maybe_text,
    role_missing=st.booleans(),
)
intents = st.builds(Intent, kind=kinds, target=systems, source_id=texts, mark=texts, since=times)
quarantined = st.builds(
    Quarantined,
    kind=kinds,
    system=systems,
    id=texts,
    label=texts,
    reason=texts,
    next_step=texts,
    fingerprint=texts,
    since=times,
    attempts=st.integers(0, 99),
    retry_after=st.none() | times,
    held_fields=st.lists(texts, max_size=2).map(tuple),
)
conflicts = st.builds(
    Conflict,
    kind=kinds,
    poweroffice_id=texts,
    tribe_id=texts,
    label=texts,
    field=texts,
    base=single_values,
    tribe=single_values,
    poweroffice=single_values,
    winner=st.none() | systems,
    since=times,
)
runs = st.builds(
    Run,
    run_id=texts,
    name=texts,
    started=times,
    finished=times,
    outcome=texts,
    counts=st.dictionaries(texts, st.integers(0, 9), max_size=2),
    full=st.booleans(),
)
metas = st.builds(
    Meta,
    tenant=texts,
    initialised=st.lists(kinds, unique=True).map(lambda found: tuple(sorted(found))),
    fields=texts,
    servers=st.dictionaries(texts, texts, max_size=2),
)


def _keyed_by_link(found: Iterable[Link]) -> dict[tuple[Kind, str], Link]:
    return {link.key: link for link in found}


def _keyed_by_field(found: Iterable[Conflict]) -> dict[tuple[Kind, str, str], Conflict]:
    return {(one.kind, one.poweroffice_id, one.field): one for one in found}


def _keyed_by_record(found: Iterable[Record]) -> dict[tuple[System, Kind, str], Record]:
    return {(record.system, record.kind, record.id): record for record in found}


random_memories = st.builds(
    Memory,
    meta=metas,
    links=st.lists(links, max_size=4).map(_keyed_by_link),
    unlinked=st.lists(records, max_size=3).map(_keyed_by_record)
    | st.dictionaries(record_keys, records, max_size=3),
    left_alone=st.sets(st.tuples(kinds, texts), max_size=3),
    intents=st.dictionaries(record_keys, intents, max_size=3),
    quarantine=st.dictionaries(record_keys, quarantined, max_size=3),
    conflicts=st.lists(conflicts, max_size=3).map(_keyed_by_field),
    cursors=st.dictionaries(st.tuples(systems, kinds), times, max_size=4),
    runs=st.lists(runs, max_size=4, unique_by=lambda run: run.run_id),
)


def a_link(number: int, name: str = "") -> Link:
    """A customer's link as a finished pass leaves it."""
    return Link(
        kind=Kind.CUSTOMER,
        form=Form.ORGANIZATION,
        poweroffice_id=str(100_000 + number),
        tribe_id=f"9fcb{number:08d}-aaaa-4bbb-8ccc-dddddddddddd",
        tribe_relation_id=f"8fcb{number:08d}-aaaa-4bbb-8ccc-dddddddddddd",
        matched_by="number",
        base={
            "name": name or f"Fjord Kaffe {number} AS",
            "number": str(10_000 + number),
            "email": f"post{number}@example.no",
            "invoice_email": f"faktura{number}@example.no",
            "phone": "22334455",
            "website": "https://example.no",
            "address": Address("Storgata 1", "", "0155", "Oslo", "NO"),
            "payment_days": 14,
            "inactive": False,
        },
    )


def a_run(number: int) -> Run:
    """A run that changed nothing."""
    started = NOON + timedelta(minutes=number)
    return Run(f"run-{number}", "push-relations", started, started, "ok", {"unchanged": 40})


def a_memory(size: int, tenant: str = "pair-1") -> Memory:
    """A memory of `size` links, a cursor and a run."""
    return Memory(
        meta=Meta(tenant=tenant, initialised=(Kind.CUSTOMER,), fields="abc"),
        links={link.key: link for link in map(a_link, range(size))},
        cursors={(System.TRIBE, Kind.CUSTOMER): NOON},
        runs=[a_run(1)],
    )


def full_memory() -> Memory:
    """One entry in every table, each with all of its optional parts."""
    memory = a_memory(1)
    link = replace(
        a_link(7),
        tribe={"email": None, "address": Address("Havnegata 2", "Oppgang B", "5003", "Bergen")},
        poweroffice={"inactive": True},
        tribe_address_id="address-1",
        parked="gone in Tribe",
        acknowledged=("poweroffice:content:0123456789abcdef",),
        sent={
            "phone": Sent(NOON, ("22334455", None)),
            "price": Sent(NOON, (Decimal("9.50"),), overdue=True),
        },
    )
    record = Record(
        Kind.SUPPLIER,
        System.TRIBE,
        "relationship-1",
        "relation-1",
        Form.PERSON,
        {"first_name": "Kari", "last_name": "Åsnes"},
        mark="poweroffice:supplier:1",
        address_id="address-2",
        role_missing=True,
    )
    memory.links[link.key] = link
    memory.unlinked[System.TRIBE, Kind.SUPPLIER, "relationship-1"] = record
    memory.left_alone.add((Kind.CUSTOMER, "relationship-2"))
    memory.intents[System.POWEROFFICE, Kind.CUSTOMER, "relationship-3"] = Intent(
        Kind.CUSTOMER, System.POWEROFFICE, "relationship-3", "tribe:relation-3", NOON, "Fjord AS"
    )
    memory.intents[System.TRIBE, Kind.CUSTOMER, "kept under another key"] = Intent(
        Kind.CUSTOMER, System.POWEROFFICE, "relationship-4", "tribe:relation-4", NOON
    )
    memory.quarantine[System.TRIBE, Kind.CUSTOMER, "relationship-5"] = Quarantined(
        Kind.CUSTOMER,
        System.TRIBE,
        "relationship-5",
        "Bjørk AS",
        "two records have number 10001",
        "change one of them",
        "f00d",
        NOON,
        attempts=3,
        retry_after=NOON,
        held_fields=("address",),
    )
    memory.conflicts[Kind.CUSTOMER, "100007", "email"] = Conflict(
        Kind.CUSTOMER,
        "100007",
        link.tribe_id,
        "Fjord Kaffe 7 AS",
        "email",
        "a@example.no",
        None,
        "b@example.no",
        System.POWEROFFICE,
        NOON,
    )
    memory.meta.servers["tribe.update"] = "put"
    return memory
