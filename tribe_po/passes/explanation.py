"""Why a record is as it is: all that the state knows of one customer, product or invoice.

Nothing is decided here: verdicts are those of `tribe_po.sync`, for what was last seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tribe_po.fields import fields_of
from tribe_po.passes.invoice_explanation import (
    FieldState,
    InvoiceState,
    awaited_by,
    field_states,
    state_of,
)
from tribe_po.passes.overview import backlog
from tribe_po.passes.schedule import INITIAL, scheduled_for
from tribe_po.passes.subjects import Subject, of_record
from tribe_po.records import (
    Conflict,
    Intent,
    Kind,
    Link,
    Memory,
    Quarantined,
    Record,
    System,
)
from tribe_po.settings import LocalSettings
from tribe_po.sync.acknowledged import still_to_tell
from tribe_po.sync.change import Action, Change
from tribe_po.sync.lag import not_taken, shown_instead
from tribe_po.sync.left_out import LeftOut, left_out
from tribe_po.sync.merge import NEVER, Decision, decisions


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a record has no counterpart, and what to do about it, if anything."""

    text: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that concerns one record. `fields` is of a link, `unlinked` of a record without one,
    `invoice` of a linked invoice."""

    subject: Subject
    fields: tuple[FieldState, ...]
    unlinked: Reason | None
    quarantine: tuple[Quarantined, ...]
    conflicts: tuple[Conflict, ...]
    intents: tuple[Intent, ...]
    invoice: InvoiceState | None = None

    @property
    def next_retry(self) -> datetime | None:
        """When it is tried again at the latest, if it is quarantined."""
        times = [one.retry_after for one in self.quarantine if one.retry_after is not None]
        return min(times, default=None)


def explain(
    memory: Memory, subject: Subject, settings: LocalSettings, now: datetime
) -> Explanation:
    """Gather what the state knows of one record."""
    keys = [(side, subject.kind, subject.id_in(side.other)) for side in System]
    return Explanation(
        subject=subject,
        fields=tuple(_fields(subject.link, settings)) if subject.link else (),
        unlinked=None if subject.link else _why_unlinked(memory, subject, settings, now),
        quarantine=tuple(memory.quarantine[key] for key in keys if key in memory.quarantine),
        conflicts=tuple(
            one
            for one in memory.conflicts.values()
            if (one.kind, one.poweroffice_id) == (subject.kind, subject.poweroffice_id)
        ),
        intents=tuple(memory.intents[key] for key in keys if key in memory.intents),
        invoice=(
            state_of(subject.link, settings.invoicing)
            if subject.link and subject.kind is Kind.INVOICE
            else None
        ),
    )


def _fields(link: Link, settings: LocalSettings) -> Iterator[FieldState]:
    if link.kind is Kind.INVOICE:
        yield from field_states(link, settings.invoicing)
        return
    decided = {one.row.name: one for one in decisions(link, settings.conflicts)}
    tribe, poweroffice = (
        {**link.seen_in(side), **shown_instead(link, side)}
        for side in (System.TRIBE, System.POWEROFFICE)
    )
    for row in fields_of(link.kind, link.form):
        decision = decided.get(row.name)
        verdict, accepted = _verdict(link, decision) if decision else _agreed(link, row.name)
        yield FieldState(
            row=row,
            base=link.base.get(row.name, NEVER),
            tribe=tribe.get(row.name),
            poweroffice=poweroffice.get(row.name),
            winner=decision.winner if decision else None,
            verdict=verdict,
            accepted=accepted,
        )


def _verdict(link: Link, decision: Decision) -> tuple[str, bool]:
    """What follows from a decision, and whether a person leaves it at that."""
    if decision.winner is None:
        return decision.because, False
    target, name = decision.winner.other, decision.row.name
    refusal = decision.row.refusal(link.seen_in(decision.winner).get(name), target)
    if refusal is None:
        return f"{decision.because}, goes to {target.title}", False
    verdict = f"{decision.because}, held back from {target.title}: {refusal}"
    return verdict, not still_to_tell(link, target, {name: refusal})


def _agreed(link: Link, name: str) -> tuple[str, bool]:
    """What follows where nothing is to be written, and whether a person leaves it at that."""
    late = not_taken(link, System.TRIBE).get(name)
    if late is not None:
        accepted = not still_to_tell(link, System.TRIBE, {name: late})
        return "sent to Tribe, which does not show it", accepted
    if name in link.base:
        return "agreed", False
    for system, tree in ((System.TRIBE, link.tribe), (System.POWEROFFICE, link.poweroffice)):
        if name in tree:
            return f"seen in {system.title} only so far", False
    return "not seen yet", False


def _why_unlinked(
    memory: Memory, subject: Subject, settings: LocalSettings, now: datetime
) -> Reason:
    record = subject.record
    if record is None and (subject.kind, subject.tribe_id) in memory.left_alone:
        return _SENT_BEFORE
    if record is None:
        return Reason(
            "not seen on either side any more",
            "The next pass with --full forgets it, if it is gone.",
        )
    if record.kind not in settings.kinds:
        return Reason(
            f"{record.kind}s are not synchronised", "Add them to TRIBE_PO_KINDS to change that."
        )
    if record.kind not in memory.meta.initialised:
        return Reason(
            f"no {INITIAL} has finished for {record.kind}s", f"Type: tribe-po {INITIAL} --dry-run"
        )
    return _why_not_copied(memory, record, settings, now)


def unread(memory: Memory, settings: LocalSettings) -> str:
    """Why the state may not know a record that is there, in sentences; "" where it knows all."""
    told = ""
    kinds = [kind for kind in settings.kinds if kind not in memory.meta.initialised]
    if kinds:
        named = ", ".join(f"{kind}s" for kind in kinds)
        billing = " (Tribe has invoices with its Billing module)" * (Kind.INVOICE in kinds)
        told += f" No {INITIAL} has finished for {named}{billing}."
    if Kind.INVOICE in memory.meta.initialised:
        phases = ", ".join(settings.invoicing.sent_phases)
        told += f" Tribe's invoices are kept from the phase {phases} on, drafts are not;"
        told += f" those sent before {INITIAL} are found by Tribe's id alone."
    return told


def _why_not_copied(
    memory: Memory, record: Record, settings: LocalSettings, now: datetime
) -> Reason:
    target, carrier = record.system.other, scheduled_for(record.system, record.kind)
    entry = memory.quarantine.get((target, record.kind, record.id))
    if entry is not None and not entry.held_fields:
        return Reason(
            f"it is quarantined{_awaited(memory, record, settings, now)}",
            f"Once corrected: tribe-po quarantine retry {record.id}",
        )
    reason = left_out(record, memory, carrier.task(settings.kinds, settings), now)
    if reason is not None:
        return _on_purpose(reason, record, carrier.name)
    return _waits(memory, record, settings, now)


_SENT_BEFORE = Reason(
    f"it was sent before {INITIAL} ran, and is in the books by other ways",
    "If it is not, enter it in PowerOffice by hand.",
)


def _on_purpose(reason: LeftOut, record: Record, carrier: str) -> Reason:
    side = record.system.title
    if reason is LeftOut.NOT_SENT:
        return Reason(
            f"its phase in Tribe is {record.values.get('phase')}",
            "It goes to PowerOffice in a phase that TRIBE_PO_SENT_PHASES names.",
        )
    if reason is LeftOut.UNNUMBERED:
        return Reason("Tribe has given it no number yet", "Send it in Tribe, or finalise it there.")
    if reason is LeftOut.LEFT_ALONE and record.kind is Kind.INVOICE:
        return _SENT_BEFORE
    if reason is LeftOut.LEFT_ALONE:
        return Reason(
            f"only Tribe had it when {INITIAL} ran, which left it alone",
            f"To create it in PowerOffice: tribe-po {carrier} --push-unmatched",
        )
    if reason is LeftOut.UNCERTAIN:
        return Reason(f"{LeftOut.UNCERTAIN} in {record.system.other.title}", "Wait two minutes.")
    if record.system is System.POWEROFFICE:
        return Reason(
            f"archived in {side}, so not copied",
            f"To import what is archived: tribe-po {INITIAL} --include-archived",
        )
    return Reason(f"no longer in use in {side}, so not copied", f"Take it in use again in {side}.")


DEEDS = {
    Action.CREATE: "creates it in {target}",
    Action.ADD_ROLE: "gives its role to a relation that {target} has",
    Action.LINK: "links it",
}
"""What a pass does to a record without a counterpart."""


def _waits(memory: Memory, record: Record, settings: LocalSettings, now: datetime) -> Reason:
    """What the next pass does, as it would plan it now."""
    carrier, target = scheduled_for(record.system, record.kind), record.system.other
    plan = backlog(memory, carrier, settings, now)
    refused = plan.quarantined.get((target, record.kind, record.id)) if plan else None
    if refused is not None:
        awaited = _awaited(memory, record, settings, now)
        return Reason(f"will be quarantined: {refused.reason}{awaited}", refused.next_step)
    deeds = [
        f", which {DEEDS[change.action].format(target=target.title)}"
        + (f" ({change.reason})" if change.reason else "")
        for change in (plan.changes if plan else ())
        if _is_of(change, record)
    ]
    return Reason(
        f"waits for {carrier.name}{''.join(deeds)}",
        f"See what it does: tribe-po {carrier.name} --dry-run",
    )


def _awaited(memory: Memory, record: Record, settings: LocalSettings, now: datetime) -> str:
    """What an invoice waits for, and why that is not in PowerOffice yet."""
    if record.kind is not Kind.INVOICE:
        return ""
    awaited = awaited_by(memory, record, settings.invoicing)
    if awaited is None:
        return ""
    why = _why_unlinked(memory, of_record(awaited), settings, now)
    return f"; its {awaited.kind} {awaited.label}: {why.text}"


def _is_of(change: Change, record: Record) -> bool:
    of_side = {System.TRIBE: change.tribe_id, System.POWEROFFICE: change.poweroffice_id}
    return change.action in DEEDS and (change.kind, of_side[record.system]) == (
        record.kind,
        record.id,
    )
