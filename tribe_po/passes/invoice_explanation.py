"""Where an invoice stands, field by field, and what keeps it from going on.

Nothing is decided here: verdicts are those of `tribe_po.sync.invoices`, for what was last seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tribe_po.fields import Field, fields_of
from tribe_po.invoices import Comparison, Payment
from tribe_po.records import Link, Memory, Record, System, Value
from tribe_po.settings import Invoicing, PartialPayments
from tribe_po.sync import invoices
from tribe_po.sync.acknowledged import still_to_tell
from tribe_po.sync.merge import NEVER, Never
from tribe_po.sync.orders import Hindrance, order_for
from tribe_po.sync.totals import of_link


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field of a linked pair: what both agreed on, what each holds, and what follows.

    `winner` is the side whose value is to be written to the other one, if any; `accepted` is what a
    person leaves as it is, while it stays so.
    """

    row: Field
    base: Value | Never
    tribe: Value
    poweroffice: Value
    winner: System | None
    verdict: str
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class InvoiceState:
    """What an invoice is called in PowerOffice, "" where it has no such number; what it comes to
    on both sides; and in words where it stands. A sales order keeps its id as an invoice."""

    order_id: str
    order_number: str
    invoice_number: str
    kid: str
    payment: str
    comparison: Comparison
    situation: str


def state_of(link: Link, rules: Invoicing) -> InvoiceState:
    """Where an exported invoice stands."""
    told = link.seen_in(System.POWEROFFICE)
    order, number, kid, payment = (
        str(told.get(name) or "") for name in ("order_number", "invoice_number", "kid", "payment")
    )
    return InvoiceState(
        order_id=link.poweroffice_id,
        order_number=order,
        invoice_number=number,
        kid=kid,
        payment=payment,
        comparison=of_link(link),
        situation=_situation(link, rules),
    )


def _situation(link: Link, rules: Invoicing) -> str:
    tribe, poweroffice = (link.seen_in(side) for side in (System.TRIBE, System.POWEROFFICE))
    order = f"sales order {poweroffice.get('order_number') or link.poweroffice_id}"
    if not poweroffice.get("issued"):
        if not tribe.get("issued"):
            return f"{order} is a draft in PowerOffice, to be sent there by hand"
        if invoices.differing_sums(link):
            return f"{order} is a draft in PowerOffice, and not booked while the sums differ"
        return f"{order} is a draft in PowerOffice, which the next invoice pass books"
    number = poweroffice.get("invoice_number") or link.poweroffice_id
    standing = (
        f"booked as invoice {number}, {poweroffice.get('payment') or 'not in the ledger yet'}"
    )
    return f"{standing}{_left_alone(link, rules)}"


def _left_alone(link: Link, rules: Invoicing) -> str:
    """Why its phase does not follow its payment, where a person had another phase in mind."""
    payment, phase = link.base.get("payment"), str(link.base.get("phase") or "")
    wanted = rules.phases.get(Payment(str(payment))) if payment else None
    if wanted is None or phase.casefold() == wanted.casefold():
        return ""
    if invoices.phase_for(link, rules) is not None:
        return f"; the next pull-payments gives it the phase {wanted}"
    return f"; its phase {phase} was set by a person, and is left alone"


def field_states(link: Link, rules: Invoicing) -> Iterator[FieldState]:
    """Every field of an exported invoice, with what follows for it."""
    tribe, poweroffice = (link.seen_in(side) for side in (System.TRIBE, System.POWEROFFICE))
    held: dict[str, str] = {}
    to_tell: dict[str, str] = {}
    winners: dict[str, tuple[System, str]] = {}
    for target in System:
        of_side = invoices.held(link, target, rules)
        held |= of_side
        to_tell |= still_to_tell(link, target, of_side)
        for one in invoices.decisions_for(link, target, rules):
            winners[one.row.name] = target.other, f"{one.because}, goes to {target.title}"
    for row in fields_of(link.kind, link.form):
        name = row.name
        winner, verdict = winners.get(name, (None, ""))
        in_tribe, in_poweroffice = bool(row.invoice), bool(row.poweroffice)
        yield FieldState(
            row=row,
            base=link.base.get(name, NEVER),
            tribe=tribe.get(name) if in_tribe or not in_poweroffice else None,
            poweroffice=poweroffice.get(name) if in_poweroffice else None,
            winner=winner,
            verdict=held.get(name) or verdict or _verdict(link, row, rules),
            accepted=name in held and name not in to_tell,
        )


_ONE_SIDED = {
    "delivery_error": "what PowerOffice said last of the delivery",
    "payment": "as the customer ledger says",
    "phase_before": "remembered, for a payment that is taken back",
    "phase_intended": "noted before it is written, in case the run ends there",
}


def _verdict(link: Link, row: Field, rules: Invoicing) -> str:
    """Why nothing is to be done about a field."""
    tribe, poweroffice = (link.seen_in(side) for side in (System.TRIBE, System.POWEROFFICE))
    name = row.name
    if row.one_sided:
        side = System.TRIBE if row.invoice else System.POWEROFFICE
        return _ONE_SIDED.get(name, f"only {side.title} has it")
    if name == "content":
        return "unchanged since it was copied"
    if name == "issued":
        return _of_issue(tribe, poweroffice)
    if name == "settled" and not row.same(tribe.get(name), poweroffice.get(name)):
        off = rules.partial_payments is PartialPayments.OFF
        return "Tribe is not told: TRIBE_PO_PARTIAL_PAYMENTS is off" if off else "its phase says it"
    if name in poweroffice and name in tribe:
        return "the same on both sides"
    return "not told by both sides yet"


def _of_issue(tribe: Mapping[str, Value], poweroffice: Mapping[str, Value]) -> str:
    if poweroffice.get("issued"):
        return "booked in PowerOffice"
    return "not booked yet" if tribe.get("issued") else "a draft is all that was asked for"


def awaited_by(memory: Memory, record: Record, rules: Invoicing) -> Record | None:
    """The record of Tribe that an invoice waits for, if it is known: its customer, a product."""
    linked = {(link.kind, link.tribe_id): link for link in memory.links.values()}
    order = order_for(record, linked, rules)
    if not isinstance(order, Hindrance) or order.awaits is None:
        return None
    return memory.unlinked.get((System.TRIBE, *order.awaits))
