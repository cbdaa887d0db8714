"""The memory as TinyDB documents, and back.

One codec for each table. Encoders are written out because `dataclasses.asdict` is too slow for
10 000 links. What has its default value is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tribe_po.records import (
    NOTHING_SENT,
    Conflict,
    Intent,
    Kind,
    Link,
    Memory,
    Meta,
    Quarantined,
    Record,
    RecordKey,
    Run,
    Sent,
    System,
)
from tribe_po.state.invoices import decode_invoice, encode_invoice
from tribe_po.state.shape import (
    Malformed,
    flag_in,
    object_of,
    text_in,
    text_or_none_in,
    texts_in,
    time_in,
    whole_number_in,
)
from tribe_po.state.storage import Document
from tribe_po.state.values import (
    FORMS,
    KINDS,
    SYSTEMS,
    decode_value,
    encode_time,
    encode_value,
    encode_values,
    value_in,
    values_in,
)

SCHEMA = 1
"""The number of the layout described here. A file of a higher one is not read."""


RUNS_KEPT = 200
"""How many of the last runs are saved, besides the last of each pass and the last full one."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How the entries of one part of the memory become documents.

    `entries` gives the entries by key, in the order in which new ones are numbered; `encode` turns
    one into a document; `decode` gives key and entry back, and raises ValueError, KeyError,
    TypeError or AttributeError for what it cannot read.
    """

    table: str
    entries: Callable[[Memory], Mapping[Any, Any]]
    encode: Callable[[Any, Any], Document]
    decode: Callable[[Document], tuple[Any, Any]]


def encode_meta(meta: Meta, version: str) -> Document:
    """Give the one document of the table `meta`. `version` is the version that writes it."""
    return {
        "schema": SCHEMA,
        "version": version,
        "tenant": meta.tenant,
        "initialised": sorted(meta.initialised),
        "fields": meta.fields,
        "servers": dict(sorted(meta.servers.items())),
    }


def decode_meta(document: Document) -> Meta:
    """Read the document of the table `meta`; raises as a codec's `decode` does."""
    servers = object_of(document["servers"], "servers")
    return Meta(
        tenant=text_in(document, "tenant"),
        initialised=tuple(KINDS[kind] for kind in texts_in(document, "initialised")),
        fields=text_in(document, "fields"),
        servers={name: text_in(servers, name) for name in servers},
    )


def _with_key(document: Document, key: RecordKey, usual: RecordKey) -> Document:
    """Note the key that an entry is kept under where it is not the usual one."""
    return document if key == usual else {"key": list(key), **document}


def _key(document: Document, usual: RecordKey) -> RecordKey:
    if "key" not in document:
        return usual
    system, kind, record_id = document["key"]
    return SYSTEMS[system], KINDS[kind], text_in({"key": record_id}, "key")


def _encode_link(_: Any, link: Link) -> Document:
    document: Document = {
        "kind": link.kind,
        "form": link.form,
        "poweroffice_id": link.poweroffice_id,
        "tribe_id": link.tribe_id,
        "tribe_relation_id": link.tribe_relation_id,
        "matched_by": link.matched_by,
        "base": encode_values(link.base),
    }
    if link.tribe:
        document["tribe"] = encode_values(link.tribe)
    if link.poweroffice:
        document["poweroffice"] = encode_values(link.poweroffice)
    if link.tribe_address_id is not None:
        document["tribe_address_id"] = link.tribe_address_id
    if link.parked is not None:
        document["parked"] = link.parked
    if link.acknowledged:
        document["acknowledged"] = list(link.acknowledged)
    if link.sent:
        document["sent"] = {name: _encode_sent(one) for name, one in link.sent.items()}
    return document


def _decode_link(document: Document) -> tuple[tuple[Kind, str], Link]:
    link = Link(
        kind=KINDS[document["kind"]],
        form=FORMS[document["form"]],
        poweroffice_id=text_in(document, "poweroffice_id"),
        tribe_id=text_in(document, "tribe_id"),
        tribe_relation_id=text_in(document, "tribe_relation_id"),
        matched_by=text_in(document, "matched_by"),
        base=values_in(document, "base"),
        tribe=values_in(document, "tribe"),
        poweroffice=values_in(document, "poweroffice"),
        tribe_address_id=text_or_none_in(document, "tribe_address_id"),
        parked=text_or_none_in(document, "parked"),
        acknowledged=texts_in(document, "acknowledged") if "acknowledged" in document else (),
        sent=_decode_sent(document["sent"]) if "sent" in document else NOTHING_SENT,
    )
    return link.key, link


def _encode_sent(one: Sent) -> Document:
    document = {"at": encode_time(one.at), "before": [encode_value(value) for value in one.before]}
    return {**document, "overdue": True} if one.overdue else document


def _decode_sent(document: Any) -> Mapping[str, Sent]:
    sent = object_of(document, "sent")
    return {name: _decode_one_sent(object_of(one, name)) for name, one in sent.items()}


def _decode_one_sent(document: Document) -> Sent:
    before = document.get("before")
    if not isinstance(before, list):
        raise Malformed(f"before is {type(before).__name__}, not a list")
    values = (decode_value(one) for one in before)
    return Sent(time_in(document, "at"), tuple(values), document.get("overdue") is True)


def _encode_record(key: RecordKey, record: Record) -> Document:
    document: Document = {
        "kind": record.kind,
        "system": record.system,
        "id": record.id,
        "relation_id": record.relation_id,
        "form": record.form,
        "values": encode_values(record.values),
    }
    if record.mark is not None:
        document["mark"] = record.mark
    if record.address_id is not None:
        document["address_id"] = record.address_id
    if record.role_missing:
        document["role_missing"] = True
    if record.document is not None:
        document["document"] = encode_invoice(record.document)
    return _with_key(document, key, (record.system, record.kind, record.id))


def _decode_record(document: Document) -> tuple[RecordKey, Record]:
    record = Record(
        kind=KINDS[document["kind"]],
        system=SYSTEMS[document["system"]],
        id=text_in(document, "id"),
        relation_id=text_in(document, "relation_id"),
        form=FORMS[document["form"]],
        values=values_in(document, "values"),
        mark=text_or_none_in(document, "mark"),
        address_id=text_or_none_in(document, "address_id"),
        role_missing="role_missing" in document and flag_in(document, "role_missing"),
        document=decode_invoice(document["document"]) if "document" in document else None,
    )
    return _key(document, (record.system, record.kind, record.id)), record


def _encode_left_alone(key: tuple[Kind, str], _: None) -> Document:
    kind, tribe_id = key
    return {"kind": kind, "tribe_id": tribe_id}


def _decode_left_alone(document: Document) -> tuple[tuple[Kind, str], None]:
    return (KINDS[document["kind"]], text_in(document, "tribe_id")), None


def _encode_intent(key: RecordKey, intent: Intent) -> Document:
    document = {
        "kind": intent.kind,
        "target": intent.target,
        "source_id": intent.source_id,
        "mark": intent.mark,
        "since": encode_time(intent.since),
        "label": intent.label,
    }
    return _with_key(document, key, (intent.target, intent.kind, intent.source_id))


def _decode_intent(document: Document) -> tuple[RecordKey, Intent]:
    intent = Intent(
        kind=KINDS[document["kind"]],
        target=SYSTEMS[document["target"]],
        source_id=text_in(document, "source_id"),
        mark=text_in(document, "mark"),
        since=time_in(document, "since"),
        label=text_in(document, "label") if "label" in document else "",
    )
    return _key(document, (intent.target, intent.kind, intent.source_id)), intent


def _encode_quarantined(key: RecordKey, record: Quarantined) -> Document:
    document: Document = {
        "kind": record.kind,
        "system": record.system,
        "id": record.id,
        "label": record.label,
        "reason": record.reason,
        "next_step": record.next_step,
        "fingerprint": record.fingerprint,
        "since": encode_time(record.since),
        "attempts": record.attempts,
    }
    if record.retry_after is not None:
        document["retry_after"] = encode_time(record.retry_after)
    if record.held_fields:
        document["held_fields"] = list(record.held_fields)
    return _with_key(document, key, (record.system, record.kind, record.id))


def _decode_quarantined(document: Document) -> tuple[RecordKey, Quarantined]:
    record = Quarantined(
        kind=KINDS[document["kind"]],
        system=SYSTEMS[document["system"]],
        id=text_in(document, "id"),
        label=text_in(document, "label"),
        reason=text_in(document, "reason"),
        next_step=text_in(document, "next_step"),
        fingerprint=text_in(document, "fingerprint"),
        since=time_in(document, "since"),
        attempts=whole_number_in(document, "attempts"),
        retry_after=time_in(document, "retry_after") if "retry_after" in document else None,
        held_fields=texts_in(document, "held_fields") if "held_fields" in document else (),
    )
    return _key(document, (record.system, record.kind, record.id)), record


def _encode_conflict(_: Any, conflict: Conflict) -> Document:
    document: Document = {
        "kind": conflict.kind,
        "poweroffice_id": conflict.poweroffice_id,
        "tribe_id": conflict.tribe_id,
        "label": conflict.label,
        "field": conflict.field,
        "base": encode_value(conflict.base),
        "tribe": encode_value(conflict.tribe),
        "poweroffice": encode_value(conflict.poweroffice),
        "since": encode_time(conflict.since),
    }
    if conflict.winner is not None:
        document["winner"] = conflict.winner
    return document


def _decode_conflict(document: Document) -> tuple[tuple[Kind, str, str], Conflict]:
    conflict = Conflict(
        kind=KINDS[document["kind"]],
        poweroffice_id=text_in(document, "poweroffice_id"),
        tribe_id=text_in(document, "tribe_id"),
        label=text_in(document, "label"),
        field=text_in(document, "field"),
        base=value_in(document, "base"),
        tribe=value_in(document, "tribe"),
        poweroffice=value_in(document, "poweroffice"),
        winner=SYSTEMS[document["winner"]] if "winner" in document else None,
        since=time_in(document, "since"),
    )
    return (conflict.kind, conflict.poweroffice_id, conflict.field), conflict


def _encode_cursor(key: tuple[System, Kind], until: datetime) -> Document:
    system, kind = key
    return {"system": system, "kind": kind, "until": encode_time(until)}


def _decode_cursor(document: Document) -> tuple[tuple[System, Kind], datetime]:
    key = SYSTEMS[document["system"]], KINDS[document["kind"]]
    return key, time_in(document, "until")


def _kept_runs(runs: Sequence[Run]) -> list[Run]:
    """The last runs, and of each pass the last one however many others came after it: what is due
    and what is late is told by these."""
    last = {(run.name, run.full): run.run_id for run in runs}
    kept = {*last.values(), *(run.run_id for run in runs[-RUNS_KEPT:])}
    return [run for run in runs if run.run_id in kept]


def _encode_run(_: Any, run: Run) -> Document:
    return {
        "run_id": run.run_id,
        "name": run.name,
        "started": encode_time(run.started),
        "finished": encode_time(run.finished),
        "outcome": run.outcome,
        "counts": dict(sorted(run.counts.items())),
        **({"reason": run.reason} if run.reason is not None else {}),
        **({"full": True} if run.full else {}),
    }


def _decode_run(document: Document) -> tuple[str, Run]:
    counts = object_of(document["counts"], "counts")
    run = Run(
        run_id=text_in(document, "run_id"),
        name=text_in(document, "name"),
        started=time_in(document, "started"),
        finished=time_in(document, "finished"),
        outcome=text_in(document, "outcome"),
        counts={name: whole_number_in(counts, name) for name in counts},
        reason=text_or_none_in(document, "reason"),  # most runs have none
        full="full" in document and flag_in(document, "full"),
    )
    return run.run_id, run


RUNS = Codec(
    "runs",
    lambda memory: {run.run_id: run for run in _kept_runs(memory.runs)},
    _encode_run,
    _decode_run,
)

CODECS: tuple[Codec, ...] = (
    Codec("links", lambda memory: memory.links, _encode_link, _decode_link),
    Codec("unlinked", lambda memory: memory.unlinked, _encode_record, _decode_record),
    Codec(
        "left_alone",
        lambda memory: dict.fromkeys(sorted(memory.left_alone)),
        _encode_left_alone,
        _decode_left_alone,
    ),
    Codec("intents", lambda memory: memory.intents, _encode_intent, _decode_intent),
    Codec("quarantine", lambda memory: memory.quarantine, _encode_quarantined, _decode_quarantined),
    Codec("conflicts", lambda memory: memory.conflicts, _encode_conflict, _decode_conflict),
    Codec("cursors", lambda memory: memory.cursors, _encode_cursor, _decode_cursor),
    RUNS,
)
"""One row for each table but `meta`, which holds a single document."""


def memory_of(meta: Meta, entries: Mapping[str, dict[Any, Any]]) -> Memory:
    """Put a memory together from its decoded entries, by table and key."""
    plain = {table: entries[table] for table in entries if table not in ("left_alone", "runs")}
    return Memory(
        meta=meta,
        left_alone=set(entries["left_alone"]),
        runs=list(entries["runs"].values()),
        **plain,
    )
