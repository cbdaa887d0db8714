"""Small builders: records as each side holds them, links, memories, tasks and plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tribe_po.fields import fields_of
from tribe_po.records import (
    Address,
    Form,
    Intent,
    Kind,
    Link,
    Memory,
    Observation,
    Quarantined,
    Record,
    System,
    Value,
    Values,
)
from tribe_po.settings import ConflictPolicy, MatchRule
from tribe_po.sync.change import Change, FieldChange, Plan, Task
from tribe_po.sync.match import Matching, match
from tribe_po.sync.plan import make_plan
from tribe_po.sync.trees import pair, see

TRIBE, POWEROFFICE = System.TRIBE, System.POWEROFFICE
CUSTOMER, SUPPLIER = Kind.CUSTOMER, Kind.SUPPLIER
ORGANIZATION, PERSON = Form.ORGANIZATION, Form.PERSON
BOTH_KINDS = (CUSTOMER, SUPPLIER)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STORGATA = Address("Storgata 1", "", "0155", "Oslo", "NO")
HAVNEGATA = Address("Havnegata 7", "", "7010", "Trondheim", "NO")
WITHOUT_CITY = Address("Skogveien 3", "", "", "", "NO")


def every_field(kind: Kind, form: Form, values: Values) -> dict[str, Value]:
    """Values for all fields of a record: those given, and nothing in the others."""
    empty: dict[str, Value] = {row.name: None for row in fields_of(kind, form)}
    return {**empty, "inactive": False, **values}


def _record(
    system: System, id_: str, kind: Kind, form: Form, values: Values, default: Values
) -> Record:
    return Record(
        kind=kind,
        system=system,
        id=id_,
        relation_id=f"relation of {id_}" if system is TRIBE else id_,
        form=form,
        values=every_field(kind, form, {**default, **values}),
    )


_COMPANY: Values = {"name": "Fjord Kaffe AS", "email": "post@fjordkaffe.example"}
_PRIVATE: Values = {"first_name": "Kari", "last_name": "Nordmann"}


def in_tribe(
    id_: str = "t1", kind: Kind = CUSTOMER, form: Form = ORGANIZATION, **values: Value
) -> Record:
    """A record in Tribe, without a number unless one is given."""
    return _record(TRIBE, id_, kind, form, values, _PRIVATE if form is PERSON else _COMPANY)


def in_poweroffice(
    id_: str = "p1", kind: Kind = CUSTOMER, form: Form = ORGANIZATION, **values: Value
) -> Record:
    """A record in PowerOffice, with number 10010 unless another is given."""
    default = {"number": "10010", **(_PRIVATE if form is PERSON else _COMPANY)}
    return _record(POWEROFFICE, id_, kind, form, values, default)


def linked(
    poweroffice_id: str = "p1",
    tribe_id: str = "t1",
    kind: Kind = CUSTOMER,
    form: Form = ORGANIZATION,
    **values: Value,
) -> Link:
    """A link of two records that agree on everything."""
    values = {"number": "10010", **values}
    return pair(
        in_poweroffice(poweroffice_id, kind, form, **values),
        in_tribe(tribe_id, kind, form, **values),
        "number",
    )


def edited(link: Link, system: System, **values: Value) -> Link:
    """A link after somebody changed some values on one side, and they were seen there."""
    return see(link, system, {**link.seen_in(system), **values})


def memory_of(*found: Link | Record | Quarantined | Intent) -> Memory:
    """A memory that holds some links, unlinked records, quarantined records and intents."""
    memory = Memory()
    for one in found:
        match one:
            case Link():
                memory.links[one.key] = one
            case Record():
                memory.unlinked[one.system, one.kind, one.id] = one
            case Quarantined():
                memory.quarantine[one.system, one.kind, one.id] = one
            case Intent():
                memory.intents[one.target, one.kind, one.source_id] = one
    return memory


def saw(
    system: System,
    *records: Record,
    complete: bool = False,
    cursor: datetime | None = NOON,
) -> Observation:
    """What one read of one side saw."""
    return Observation(system, records, cursor, complete)


def pull(
    conflicts: ConflictPolicy = ConflictPolicy.POWEROFFICE,
    kinds: tuple[Kind, ...] = BOTH_KINDS,
    *,
    include_archived: bool = False,
) -> Task:
    """The task that writes to Tribe."""
    side = frozenset({TRIBE})
    return Task("pull-relations", kinds, side, side, conflicts, include_archived=include_archived)


def push(
    conflicts: ConflictPolicy = ConflictPolicy.POWEROFFICE,
    kinds: tuple[Kind, ...] = BOTH_KINDS,
    *,
    push_unmatched: bool = False,
) -> Task:
    """The task that writes to PowerOffice, and PowerOffice's numbers to Tribe."""
    side = frozenset({POWEROFFICE})
    return Task(
        "push-relations",
        kinds,
        side,
        side,
        conflicts,
        keys_to_tribe=True,
        push_unmatched=push_unmatched,
    )


def matched(
    memory: Memory,
    candidates: Sequence[Record] = (),
    rules: Iterable[MatchRule] = (),
    kinds: tuple[Kind, ...] = BOTH_KINDS,
) -> Matching:
    """Who is who among the unlinked records of a memory."""
    return match(memory, candidates, kinds, rules)


def planned(
    memory: Memory, task: Task, now: datetime = NOON, candidates: Sequence[Record] = ()
) -> Plan:
    """What a task does with a memory."""
    return make_plan(memory, matched(memory, candidates, kinds=task.kinds), task, now)


def the_change(plan: Plan) -> Change:
    """The only change of a plan."""
    assert len(plan.changes) == 1, plan.changes
    return plan.changes[0]


def the_field(change: Change, name: str) -> FieldChange:
    """One field of a change."""
    return next(one for one in change.fields if one.name == name)
