"""Taking back what a run wrote: the inverse of its updates, as far as nobody went on from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from tribe_po.fields import KEYS, Field, Owner, fields_of
from tribe_po.records import Kind, Link, System, Value
from tribe_po.sync.change import Action, Change, FieldChange, Status
from tribe_po.sync.draft import update_of

GONE = "it is gone, or no longer linked"
INVOICES = "what was written to an invoice stays: the books went on from it"
CREATED = "it was created, and stays: nothing is ever deleted"


@dataclass(frozen=True, slots=True)
class Past:
    """What a run made of one field on one side: the value before it, and the one that it wrote."""

    system: System
    before: Value
    written: Value


@dataclass(frozen=True, slots=True)
class Touched:
    """A record that a run updated, by the field's name what it made of it."""

    kind: Kind
    poweroffice_id: str
    tribe_id: str
    label: str
    fields: Mapping[str, Sequence[Past]]


def inverse(record: Touched, link: Link | None) -> Iterator[Change]:
    """The changes that give a record's fields the values from before the run, on both sides, so
    that no pass carries them back. `link` has what both sides hold now; None where one is gone.

    A field that cannot be taken back is in a change that is skipped from the start, which says why:
    it is written to neither side.
    """
    if record.kind is Kind.INVOICE:
        yield from _left(record, dict.fromkeys(record.fields, INVOICES))
        return
    if link is None or link.parked or link.tribe_id != record.tribe_id:
        yield from _left(record, dict.fromkeys(record.fields, GONE))
        return
    rows = {row.name: row for row in fields_of(link.kind, link.form)}
    why = {
        name: obstacle
        for name, pasts in record.fields.items()
        if (obstacle := _obstacle(link, rows.get(name), pasts)) is not None
    }
    fit = [rows[name] for name in record.fields if name not in why]
    for system in System:
        if change := _update(link, system, fit, record):
            yield change
    yield from _left(record, why, link)


def _obstacle(link: Link, row: Field | None, pasts: Sequence[Past]) -> str | None:
    """Why a field stays as it is; None where it can be taken back."""
    if row is None:
        return "it is no longer a field that is synchronised"
    if row.owner is Owner.POWEROFFICE or row.name == KEYS[link.kind]:
        return "it stays: records are known by it"
    before, written = pasts[0].before, pasts[0].written
    if not all(row.same(one.before, before) and row.same(one.written, written) for one in pasts):
        return "the two sides did not hold the same before"
    held = {system: link.seen_in(system).get(row.name) for system in System}
    moved = [
        system.title
        for system, value in held.items()
        if not (row.same(value, before) or row.same(value, written))
    ]
    if moved:
        return f"changed since in {' and in '.join(moved)}"
    targets = [system for system, value in held.items() if not row.same(value, before)]
    if not targets:
        return "it is as it was before already"
    refusals = (row.refusal(before, system) for system in targets)
    return next((refusal for refusal in refusals if refusal is not None), None)


def _update(link: Link, system: System, rows: Sequence[Field], record: Touched) -> Change | None:
    held = link.seen_in(system)
    targets = [row for row in rows if not row.same(held.get(row.name), _before(record, row))]
    if not targets:
        return None
    return update_of(
        link,
        system,
        [
            FieldChange(
                row.name,
                row.label,
                held.get(row.name),
                _before(record, row),
                _because(record.fields[row.name], system),
            )
            for row in targets
        ],
    )


def _before(record: Touched, row: Field) -> Value:
    return record.fields[row.name][0].before


def _because(pasts: Sequence[Past], system: System) -> str:
    wrote = any(one.system is system for one in pasts)
    return "as it was before the run" if wrote else "so that both sides agree again"


def _left(record: Touched, why: Mapping[str, str], link: Link | None = None) -> Iterator[Change]:
    """What stays as it is, one change for each reason and side."""
    rows = {row.name: row for row in fields_of(link.kind, link.form)} if link else {}
    left = sorted(
        (reason, one.system, name)
        for name, reason in why.items()
        for one in record.fields[name][:1]
    )
    for (reason, system), members in groupby(left, key=lambda one: one[:2]):
        held = link.seen_in(system) if link else {}
        yield _skipped(
            record,
            Action.UPDATE,
            system,
            reason,
            (
                FieldChange(
                    name,
                    rows[name].label if name in rows else name,
                    held.get(name, record.fields[name][0].written),
                    record.fields[name][0].before,
                    reason,
                )
                for _, _, name in members
            ),
        )


def created(record: Touched, action: Action, system: System) -> Change:
    """A record that a run created: it stays, and is shown."""
    return _skipped(record, action, system, CREATED, ())


def _skipped(
    record: Touched, action: Action, system: System, reason: str, fields: Iterable[FieldChange]
) -> Change:
    return Change(
        action=action,
        kind=record.kind,
        system=system,
        poweroffice_id=record.poweroffice_id,
        tribe_id=record.tribe_id,
        label=record.label,
        fields=tuple(fields),
        status=Status.SKIPPED,
        reason=reason,
    )
