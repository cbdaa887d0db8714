"""Who is who: which PowerOffice record and which Tribe record are the same customer or supplier.

The rules are tried in order and the first hit wins. A key that two records of one side carry is
ambiguous: such records are neither linked nor created, a person has to look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tribe_po.fields import KEYS, key_row
from tribe_po.records import RELATIONS, Kind, Link, Memory, Record, RecordKey, System, Value
from tribe_po.settings import MatchRule
from tribe_po.sync.contacts import SEPARATE, held_by_another, one_contact
from tribe_po.sync.lag import SETTLE
from tribe_po.sync.likeness import by_field, by_name_and_postal_code, look_alike
from tribe_po.sync.trees import GONE

Key = tuple[str, ...]

MADE_CODE = "TRIBE-"
"""What begins the code of a product that had none in Tribe: 13 characters of its ID follow."""

MARK = "mark"

IF_NOT = "If not: tribe-po quarantine retry"
"""Ends the next step, before the id, where a person can release a record to be created."""

BY_CONTACT = "the same contact in its other role"
"""The rule by which a contact's second role belongs to the relation of its first one."""

FORM_DIFFERS = "it is a company on one side and a private person on the other"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that are the same, and the rule that says so.

    The Tribe record may be a relation that lacks the role (`role_missing`): it gets the role.
    """

    poweroffice: Record
    tribe: Record
    rule: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A record that is left for a person to sort out; the reason names what it collides with."""

    record: Record
    reason: str
    next_step: str = "Correct the number in Tribe, or merge the records there."


@dataclass(frozen=True, slots=True)
class Matching:
    """The outcome of matching: pairs, what is ambiguous, and what has no counterpart."""

    pairs: tuple[Pair, ...]
    ambiguous: tuple[Ambiguous, ...]
    unmatched: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    poweroffice_key: Callable[[Record], Key | None]
    tribe_key: Callable[[Record], Key | None]


def mark_for(source: Record) -> str:
    """The mark to leave on the copy of a record (design: matching).

    PowerOffice's external reference is unique for each kind, so that it need not name the kind;
    Tribe's is one for all, so that it must. A product has no such reference in PowerOffice: its
    code is the mark, and where Tribe gave it none, one that follows from Tribe's ID.
    """
    if source.system is System.POWEROFFICE:
        return f"poweroffice:{source.kind}:{source.id}"
    if source.kind is Kind.PRODUCT:
        return str(source.values.get("code") or f"{MADE_CODE}{source.id[:13].upper()}")
    return f"tribe:{source.relation_id}"


def _own_mark(record: Record) -> Key | None:
    return (record.mark,) if record.mark else None


def _mark_of_copy(record: Record) -> Key | None:
    return (mark_for(record),)


def _by_contact(memory: Memory) -> _Rule:
    """A PowerOffice contact that is linked in its other role belongs to the same relation."""
    relations = {
        (link.kind, link.poweroffice_id): link.tribe_relation_id for link in memory.links.values()
    }

    def relation_of(record: Record) -> Key | None:
        others = [relations.get((kind, record.id)) for kind in RELATIONS if kind is not record.kind]
        return next(((relation,) for relation in others if relation), None)

    return _Rule(BY_CONTACT, relation_of, lambda tribe: (tribe.relation_id,))


_OPTIONAL: dict[MatchRule, tuple[_Rule, ...]] = {
    MatchRule.NUMBER: (),
    MatchRule.ORGANIZATION_NUMBER: (
        _Rule(
            "organisation number",
            by_field("organization_number"),
            by_field("organization_number"),
        ),
    ),
    MatchRule.NAME_POSTCODE: (
        _Rule("name and postal code", by_name_and_postal_code, by_name_and_postal_code),
    ),
}


def _rules(memory: Memory, optional: Iterable[MatchRule], kind: Kind) -> tuple[_Rule, ...]:
    marks = (
        _Rule(MARK, _own_mark, _mark_of_copy),
        _Rule(MARK, _mark_of_copy, _own_mark),
    )
    if kind is Kind.INVOICE:
        return marks
    return (
        *marks,
        _by_contact(memory),
        _Rule(KEYS[kind], by_field(KEYS[kind]), by_field(KEYS[kind])),
        *(rule for name in optional for rule in _OPTIONAL[name]),
    )


def match(
    memory: Memory,
    candidates: Sequence[Record],
    kinds: Collection[Kind],
    optional: Iterable[MatchRule],
) -> Matching:
    """Match all unlinked records of some kinds.

    `candidates` are Tribe relations without the role that were found by number, or as alike. A
    PowerOffice record whose Tribe counterpart is gone takes part again: its number may have moved
    to the relation that it was merged into (tribe.md section 6.9).
    """
    pairs: list[Pair] = []
    ambiguous: list[Ambiguous] = []
    unmatched: list[Record] = []
    optional = tuple(optional)
    for kind in kinds:
        left = {
            System.POWEROFFICE: [
                *_unlinked(memory, System.POWEROFFICE, kind),
                *_orphans(memory, kind),
            ],
            System.TRIBE: [
                *_unlinked(memory, System.TRIBE, kind),
                *(record for record in candidates if record.kind is kind),
            ],
        }
        if not any(left.values()):
            continue
        for rule in _rules(memory, optional, kind):
            _apply(rule, left, pairs, ambiguous)
        for records in left.values():
            ambiguous.extend(_doubles(memory, kind, records))
        ambiguous.extend(_taken(memory, kind, left[System.TRIBE]))
        doubtful = {id(entry.record) for entry in ambiguous}
        relations = {link.tribe_relation_id for link in memory.links.values() if not link.parked}
        unclear = {
            system: [
                record
                for record in records
                if (id(record) not in doubtful and _key_of(record) in memory.unlinked)
                or (record.role_missing and record.relation_id not in relations)
            ]
            for system, records in left.items()
        }
        ambiguous.extend(
            Ambiguous(record, reason, _if_not("If they are the same", record))
            for record, reason in look_alike(unclear[System.POWEROFFICE], unclear[System.TRIBE])
            if not released(memory, record)
        )
        unmatched.extend(left[System.POWEROFFICE] + left[System.TRIBE])
    ambiguous.extend(_of_two_relations(memory, pairs))
    doubtful = {id(entry.record) for entry in ambiguous}
    orphaned = {link.key for link in memory.links.values() if link.parked == GONE[System.TRIBE]}
    return Matching(
        pairs=tuple(pair for pair in pairs if id(pair.tribe) not in doubtful),
        ambiguous=tuple(ambiguous),
        unmatched=tuple(
            record
            for record in unmatched
            if id(record) not in doubtful
            and not record.role_missing
            and not (record.system is System.POWEROFFICE and (record.kind, record.id) in orphaned)
        ),
    )


def _of_two_relations(memory: Memory, pairs: Iterable[Pair]) -> Iterable[Ambiguous]:
    """Records that only a mark pairs with a contact whose other role is linked to another relation:
    PowerOffice made one contact of two, and nobody meant them to be the same."""
    for pair in pairs:
        if pair.rule == MARK and pair.tribe.kind in RELATIONS:
            link = held_by_another(memory, pair.poweroffice.id, pair.tribe.relation_id)
            if link is not None:
                yield Ambiguous(pair.tribe, one_contact(link), SEPARATE)
                yield Ambiguous(pair.poweroffice, one_contact(link), SEPARATE)


def released(memory: Memory, record: Record) -> bool:
    """Whether a person has said, by `quarantine retry ID`, that a record is to be created although
    it may be there already. It counts for one attempt."""
    return _is_released(memory, (record.system.other, record.kind, record.id))


def _is_released(memory: Memory, key: RecordKey) -> bool:
    entry = memory.quarantine.get(key)
    return entry is not None and not entry.attempts


def uncertain(
    matching: Matching, memory: Memory, untraceable: Collection[RecordKey], now: datetime
) -> Matching:
    """Leave to a person what an earlier run may have created already, where no mark can tell, and
    what may be the copy: it must not come back as a record of its own."""
    doubtful: list[Ambiguous] = []
    for record in matching.unmatched:
        target = record.system.other
        key = (target, record.kind, record.id)
        waiting = key in untraceable and not released(memory, record)
        if waiting and now - memory.intents[key].since >= SETTLE:
            reason = f"an earlier run may have created it in {target.title}; no mark can tell"
            doubtful.append(Ambiguous(record, reason, _if_not("If it is there", record)))
    doubtful.extend(_copies(matching.unmatched, memory, untraceable))
    left = {id(entry.record) for entry in doubtful}
    return replace(
        matching,
        ambiguous=(*matching.ambiguous, *doubtful),
        unmatched=tuple(record for record in matching.unmatched if id(record) not in left),
    )


def _copies(
    records: Iterable[Record], memory: Memory, untraceable: Collection[RecordKey]
) -> Iterable[Ambiguous]:
    """Records that an interrupted create may have made, by their name. What they were made of need
    not be seen any more: lists may leave out what was archived (poweroffice.md section 17, 10)."""
    intents = {
        (intent.target, intent.kind, _folded(intent.label)): intent
        for key, intent in memory.intents.items()
        if key in untraceable and not _is_released(memory, key)
    }
    for record in records:
        intent = intents.get((record.system, record.kind, _folded(record.label)))
        if intent is not None and not released(memory, record):
            reason = f"an earlier run may have made it of {intent.label} ({intent.source_id})"
            yield Ambiguous(record, reason, _if_not("If it did", record))


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _if_not(condition: str, record: Record) -> str:
    return f"{condition}, give both the same number in Tribe and PowerOffice. {IF_NOT} {record.id}"


def _key_of(record: Record) -> RecordKey:
    return record.system, record.kind, record.id


def _unlinked(memory: Memory, system: System, kind: Kind) -> list[Record]:
    return [record for key, record in memory.unlinked.items() if key[:2] == (system, kind)]


def _orphans(memory: Memory, kind: Kind) -> list[Record]:
    return [
        Record(
            kind=kind,
            system=System.POWEROFFICE,
            id=link.poweroffice_id,
            relation_id=link.poweroffice_id,
            form=link.form,
            values=link.seen_in(System.POWEROFFICE),
        )
        for link in memory.links.values()
        if link.kind is kind and link.parked == GONE[System.TRIBE]
    ]


def _apply(
    rule: _Rule,
    left: dict[System, list[Record]],
    pairs: list[Pair],
    ambiguous: list[Ambiguous],
) -> None:
    """Pair what one rule pairs, and take it out of what is left for the next one."""
    keys = {System.POWEROFFICE: rule.poweroffice_key, System.TRIBE: rule.tribe_key}
    groups: defaultdict[Key, dict[System, list[Record]]] = defaultdict(
        lambda: {system: [] for system in System}
    )
    for system, key_of in keys.items():
        for record in left[system]:
            key = key_of(record)
            if key is not None:
                groups[key][system].append(record)
    settled: set[int] = set()
    for group in groups.values():
        ours, theirs = group[System.POWEROFFICE], group[System.TRIBE]
        if not ours or not theirs:
            continue
        settled.update(id(record) for record in ours + theirs)
        if len(ours) == len(theirs) == 1:
            if ours[0].form is theirs[0].form:
                pairs.append(Pair(ours[0], theirs[0], rule.name))
            else:
                ambiguous.extend(Ambiguous(record, FORM_DIFFERS) for record in ours + theirs)
        else:
            ambiguous.extend(_collision(rule, ours, theirs))
    for system in System:
        left[system] = [record for record in left[system] if id(record) not in settled]


def _collision(rule: _Rule, ours: list[Record], theirs: list[Record]) -> Iterable[Ambiguous]:
    places = " and ".join(
        f"in {group[0].system.title} by {', '.join(one.label for one in group[:5])}"
        for group in (ours, theirs)
    )
    name = KEYS[ours[0].kind]
    value = f" {ours[0].values.get(name)}" if rule.name == name else ""
    reason = f"the {rule.name}{value} is carried {places}"
    return [Ambiguous(record, reason) for record in ours + theirs]


def _doubles(memory: Memory, kind: Kind, records: list[Record]) -> Iterable[Ambiguous]:
    """Records of one side that carry one number and have no counterpart: the same one twice?"""
    row = key_row(kind)
    groups: defaultdict[Value, list[Record]] = defaultdict(list)
    for record in records:
        number = row.normal(record.values.get(row.name))
        if number is not None and not record.role_missing and not record.values.get("inactive"):
            groups[number].append(record)
    for number, group in groups.items():
        wanted = [one for one in group if (kind, one.id) not in memory.left_alone]
        if len(group) > 1 and wanted:
            names = " and ".join(one.label for one in group[:5])
            reason = f"the {row.label} {number} is on {len(group)} records: {names}"
            yield from (Ambiguous(record, reason) for record in wanted)


def _taken(memory: Memory, kind: Kind, records: list[Record]) -> Iterable[Ambiguous]:
    """Tribe records that would double a linked one: they carry its PowerOffice number, or they are
    the same relation once more (tribe.md section 6.9: a merge moves roles together)."""
    row = key_row(kind)
    links = [link for link in memory.links.values() if link.kind is kind]
    by_number: dict[Value, Link] = {
        row.normal(link.seen_in(System.POWEROFFICE).get(row.name)): link for link in links
    }
    relations = {link.tribe_relation_id for link in links if link.parked is None}
    for record in records:
        number = row.normal(record.values.get(row.name))
        link = by_number.get(number) if number is not None else None
        if record.values.get("inactive"):
            continue
        if record.relation_id in relations:
            yield Ambiguous(record, f"it is a {kind} twice in Tribe, and the other one is linked")
        elif link is not None:
            yield Ambiguous(
                record,
                f"{row.label} {number} belongs to {link.label} in PowerOffice, "
                "which is linked to another relation in Tribe",
            )
