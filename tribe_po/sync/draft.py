"""Drawing up a single change: what to create or write, and from what it follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tribe_po.fields import Field, Refusal, fields_of
from tribe_po.records import Link, Record, System
from tribe_po.settings import ConflictPolicy
from tribe_po.sides import Creation, Edit
from tribe_po.sync.change import Action, Change, FieldChange
from tribe_po.sync.match import Pair, mark_for, number_row
from tribe_po.sync.merge import Decision, decisions


def rows_of(record: Record) -> tuple[Field, ...]:
    return fields_of(record.kind, record.form)


def refusals_of(source: Record, target: System) -> dict[str, Refusal]:
    """The fields of a record that a side would refuse as they are."""
    return {
        row.name: refusal
        for row in rows_of(source)
        if (refusal := row.refusal(source.values.get(row.name), target)) is not None
    }


def creation(source: Record, refusals: dict[str, Refusal], matched: Pair | None) -> Change:
    """The change that copies a record to the other side, without the fields that would be refused.

    With a matched Tribe relation, that one gets the role, and only values that differ are written.
    """
    target = source.system.other
    existing = matched.tribe if matched else None
    # PowerOffice assigns its own number: one from Tribe may lie outside its series.
    withheld = {*refusals, *({"number"} if target is System.POWEROFFICE else ())}
    written = [
        row
        for row in rows_of(source)
        if row.name not in withheld
        and row.normal(source.values.get(row.name)) is not None
        and (existing or row.normal(source.values.get(row.name)) is not False)
        and not (existing and row.same(existing.values.get(row.name), source.values[row.name]))
    ]
    return Change(
        action=Action.ADD_ROLE if existing else Action.CREATE,
        kind=source.kind,
        system=target,
        poweroffice_id=source.id if target is System.TRIBE else "",
        tribe_id=source.id if target is System.POWEROFFICE else "",
        label=source.label,
        fields=_number_to_come(source)
        + tuple(
            FieldChange(
                row.name,
                row.label,
                existing.values.get(row.name) if existing else None,
                source.values.get(row.name),
                f"new in {source.system.title}",
            )
            for row in written
        ),
        creation=Creation(
            kind=source.kind,
            form=source.form,
            values={row.name: source.values.get(row.name) for row in written},
            mark=mark_for(source),
            relation_id=existing.relation_id if existing else "",
            upgrade_id=existing.id if existing else "",
        ),
        source=source,
        reason=f"matched by {matched.rule}" if matched else None,
    )


def _number_to_come(source: Record) -> tuple[FieldChange, ...]:
    """The number that PowerOffice will assign and Tribe will get: not known before the create."""
    if source.system is System.POWEROFFICE:
        return ()
    row = number_row(source.kind)
    before = source.values.get(row.name)
    return (
        FieldChange(row.name, row.label, before, None, "PowerOffice assigns it, Tribe gets it"),
    )


def number_write_back(link: Link) -> Change | None:
    """The change that gives Tribe the number that PowerOffice assigned, or None if it has it."""
    rows = [
        decision
        for decision in decisions(link, ConflictPolicy.POWEROFFICE)
        if decision.row.name == "number" and decision.winner is System.POWEROFFICE
    ]
    return update(link, System.TRIBE, rows) if rows else None


def update_for(link: Link, target: System, policy: ConflictPolicy) -> Change | None:
    """The update that one linked record needs on one side now, or None."""
    fitting, _held = split_by_fit(link, target, decisions(link, policy))
    return update(link, target, fitting) if fitting else None


def split_by_fit(
    link: Link, target: System, decided: Iterable[Decision]
) -> tuple[list[Decision], dict[str, Refusal]]:
    """The decisions to write to one side, and the fields whose value it would refuse."""
    fitting: list[Decision] = []
    held: dict[str, Refusal] = {}
    source = link.seen_in(target.other)
    for decision in decided:
        if decision.winner is target.other:
            refusal = decision.row.refusal(source.get(decision.row.name), target)
            if refusal is None:
                fitting.append(decision)
            else:
                held[decision.row.name] = refusal
    return fitting, held


def update(link: Link, target: System, decided: Sequence[Decision]) -> Change:
    """The change that writes the decided fields to one side of a link."""
    before, after = link.seen_in(target), link.seen_in(target.other)
    names = [decision.row.name for decision in decided]
    return Change(
        action=Action.UPDATE,
        kind=link.kind,
        system=target,
        poweroffice_id=link.poweroffice_id,
        tribe_id=link.tribe_id,
        label=link.label,
        fields=tuple(
            FieldChange(
                decision.row.name,
                decision.row.label,
                before.get(decision.row.name),
                after.get(decision.row.name),
                decision.because,
            )
            for decision in decided
        ),
        edit=Edit(
            kind=link.kind,
            form=link.form,
            id=link.id_in(target),
            relation_id=link.tribe_relation_id if target is System.TRIBE else link.poweroffice_id,
            address_id=link.tribe_address_id if target is System.TRIBE else None,
            values={name: after.get(name) for name in names},
            expected={name: before.get(name) for name in names},
        ),
    )
