"""Drawing up a single change: what to create or write, and from what it follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from tribe_po.fields import KEYS, Field, Owner, fields_of, key_row
from tribe_po.invoices import Order, Voucher
from tribe_po.records import Kind, Link, Record, System, Value, Values
from tribe_po.settings import ConflictPolicy, Invoicing
from tribe_po.sides import Creation, Edit
from tribe_po.sync import invoices, totals
from tribe_po.sync.change import Action, Change, FieldChange
from tribe_po.sync.lag import shown_instead
from tribe_po.sync.match import Pair, mark_for
from tribe_po.sync.merge import Decision, decisions
from tribe_po.sync.orders import Linked


def rows_of(record: Record) -> tuple[Field, ...]:
    return fields_of(record.kind, record.form)


def refusals_of(source: Record, target: System) -> dict[str, str]:
    """The fields of a record that a side would refuse as they are."""
    return {
        row.name: refusal
        for row in rows_of(source)
        if (refusal := row.refusal(source.values.get(row.name), target)) is not None
    }


def creation(
    source: Record,
    refusals: dict[str, str],
    matched: Pair | None,
    agreed: Collection[str] = (),
    *,
    beside: Link | None = None,
) -> Change:
    """The change that copies a record to the other side, without the fields that would be refused.

    With a matched Tribe relation, that one gets the role, and only values that differ are written;
    those that were `agreed` on in its other role are left to the merge. `beside` is the link of a
    relation's other role, to whose contact PowerOffice may add this one (poweroffice.md section
    17, 12).
    """
    target = source.system.other
    existing = matched.tribe if matched else None
    values = _with_key(source)
    if beside is not None:
        values = {**values, **_edited_in_its_contact(source, beside)}
    written = [
        row
        for row in rows_of(source)
        if row.name not in refusals
        and row.name not in agreed
        and _is_given(row, values.get(row.name), to_new=existing is None)
        and not (existing and row.same(existing.values.get(row.name), values[row.name]))
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
                values[row.name],
                f"new in {source.system.title}",
            )
            for row in written
        ),
        creation=Creation(
            kind=source.kind,
            form=source.form,
            values={row.name: values[row.name] for row in written},
            mark=mark_for(source),
            relation_id=existing.relation_id if existing else "",
            upgrade_id=existing.id if existing else "",
        ),
        source=source,
        reason=f"matched by {matched.rule}" if matched else None,
    )


def export(source: Record, order: Order | Voucher, rules: Invoicing, linked: Linked) -> Change:
    """The change that copies an invoice to PowerOffice. The link that comes of it knows what is
    wanted of the copy."""
    told = invoices.wanted_of(source.values, rules)
    shown = [row for row in rows_of(source) if row.name in told and row.name != "content"]
    return Change(
        action=Action.CREATE,
        kind=source.kind,
        system=System.POWEROFFICE,
        poweroffice_id="",
        tribe_id=source.id,
        label=source.label,
        fields=tuple(
            FieldChange(row.name, row.label, None, told[row.name], f"{rules.mode} in PowerOffice")
            for row in shown
        ),
        creation=Creation(
            kind=source.kind,
            form=source.form,
            values=told,
            mark=mark_for(source),
            order=order,
        ),
        source=source,
        comparison=totals.before_export(source, order, linked),
    )


def _with_key(source: Record) -> Values:
    """The values to copy, with the key that the copy is to have.

    PowerOffice assigns debtor and creditor numbers itself: one from Tribe may lie outside its
    series. A product needs a code there, so that it is found again.
    """
    if source.system is System.POWEROFFICE:
        return source.values
    key = mark_for(source) if source.kind is Kind.PRODUCT else None
    return {**source.values, KEYS[source.kind]: key}


def _edited_in_its_contact(source: Record, beside: Link) -> Values:
    """What somebody wrote into a contact in PowerOffice and Tribe does not have yet, is not
    overwritten by a second role: it stays away until that edit has reached Tribe."""
    edited = beside.poweroffice
    return {
        row.name: edited[row.name] if row.required else None
        for row in rows_of(source)
        if row.name in edited
    }


def _is_given(row: Field, value: Value, *, to_new: bool) -> bool:
    """Whether a value is worth writing: a new record is empty, and in use anyway."""
    normal = row.normal(value)
    return normal is not None and not (to_new and normal is False)


def _number_to_come(source: Record) -> tuple[FieldChange, ...]:
    """The number that PowerOffice will assign and Tribe will get: not known before the create."""
    row = key_row(source.kind)
    if source.system is System.POWEROFFICE or row.owner is not Owner.POWEROFFICE:
        return ()
    before = source.values.get(row.name)
    return (
        FieldChange(row.name, row.label, before, None, "PowerOffice assigns it, Tribe gets it"),
    )


def key_write_back(link: Link) -> Change | None:
    """The change that gives Tribe the number that PowerOffice assigned, or the code that a product
    had to get there; None if it has it."""
    if link.kind is Kind.INVOICE:
        return None
    row = key_row(link.kind)
    overwritten = row.owner is Owner.POWEROFFICE or link.seen_in(System.TRIBE).get(row.name) is None
    rows = [
        decision
        for decision in decisions(link, ConflictPolicy.POWEROFFICE)
        if overwritten and decision.row.name == row.name and decision.winner is System.POWEROFFICE
    ]
    return update(link, System.TRIBE, rows) if rows else None


def update_for(
    link: Link, target: System, policy: ConflictPolicy, rules: Invoicing | None = None
) -> Change | None:
    """The update that one linked record needs on one side now, or None."""
    if link.kind is Kind.INVOICE:
        return invoice_update(link, target, rules) if rules else None
    fitting, _held = split_by_fit(link, target, decisions(link, policy))
    return update(link, target, fitting) if fitting else None


def invoice_update(
    link: Link, target: System, rules: Invoicing, *, fresh: bool = False
) -> Change | None:
    """The update that an exported invoice needs on one side now, or None. A `fresh` order was
    created in this run, with the sums that the link has."""
    decided = invoices.decisions_for(link, target, rules)
    if not decided:
        return None
    change = update(link, target, decided)
    assert change.edit is not None
    values = invoices.values_to_write(link, decided, rules)
    known = {**link.seen_in(System.POWEROFFICE), **link.seen_in(System.TRIBE)}
    if target is System.TRIBE:
        known |= {"settled": link.seen_in(System.TRIBE).get("settled")}
        known |= {"partial": rules.partial_payments.value, "payment": link.base.get("payment")}
    if fresh:
        known["fresh"] = True
    return replace(
        change,
        fields=tuple(replace(one, after=values[one.name]) for one in change.fields),
        edit=replace(change.edit, values=values, known=known),
        comparison=totals.of_link(link),
        settled=totals.settled_of(link, rules) if target is System.TRIBE else None,
    )


def split_by_fit(
    link: Link, target: System, decided: Iterable[Decision]
) -> tuple[list[Decision], dict[str, str]]:
    """The decisions to write to one side, and the fields whose value it would refuse."""
    fitting: list[Decision] = []
    held: dict[str, str] = {}
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
    before = {**link.seen_in(target), **shown_instead(link, target)}
    after = link.seen_in(target.other)
    return update_of(
        link,
        target,
        [
            FieldChange(
                decision.row.name,
                decision.row.label,
                before.get(decision.row.name),
                after.get(decision.row.name),
                decision.because,
            )
            for decision in decided
        ],
    )


def update_of(link: Link, target: System, fields: Sequence[FieldChange]) -> Change:
    """The change that writes some fields to one side of a link, where they are as `before`."""
    return Change(
        action=Action.UPDATE,
        kind=link.kind,
        system=target,
        poweroffice_id=link.poweroffice_id,
        tribe_id=link.tribe_id,
        label=link.label,
        fields=tuple(fields),
        edit=Edit(
            kind=link.kind,
            form=link.form,
            id=link.id_in(target),
            relation_id=link.tribe_relation_id if target is System.TRIBE else link.poweroffice_id,
            address_id=link.tribe_address_id if target is System.TRIBE else None,
            values={one.name: one.after for one in fields},
            expected={one.name: one.before for one in fields},
        ),
    )
