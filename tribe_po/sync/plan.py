"""The plan: what one pass is going to write, and why. A pure function of what was observed.

The dry run shows a plan; the real run applies the same one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tribe_po.fields import KEYS
from tribe_po.invoices import Misposted
from tribe_po.records import Conflict, Kind, Link, Memory, Record, System
from tribe_po.settings import InvoiceMode
from tribe_po.sync import invoices
from tribe_po.sync.acknowledged import fingerprint, is_parking_to_tell, still_to_tell
from tribe_po.sync.change import Action, Change, Plan, Task
from tribe_po.sync.contacts import ONE_OF_TWO, Contacts
from tribe_po.sync.draft import (
    creation,
    export,
    invoice_update,
    key_write_back,
    refusals_of,
    rows_of,
    split_by_fit,
    update,
)
from tribe_po.sync.lag import LOOK_AT_IT, not_taken
from tribe_po.sync.left_out import LeftOut, left_out
from tribe_po.sync.match import BY_CONTACT, IF_NOT, Ambiguous, Matching, Pair, released
from tribe_po.sync.merge import conflicts_of, decisions
from tribe_po.sync.orders import Hindrance, order_for
from tribe_po.sync.other_role import agreed_before, lacking, levelled, other_role, shared
from tribe_po.sync.quarantine import Quarantine, complete_in, link_fingerprint, waits
from tribe_po.sync.trees import join, pair
from tribe_po.values import MISSING


def to_look_up(
    memory: Memory, matching: Matching, task: Task, now: datetime
) -> dict[System, list[Record]]:
    """The records that are about to be created, by the side to ask first for their number."""
    wanted: dict[System, list[Record]] = {system: [] for system in task.creates_in}
    for record in matching.unmatched:
        target = record.system.other
        key = (target, record.kind, record.id)
        if (
            target in wanted
            and record.kind is not Kind.INVOICE
            and record.values.get(KEYS[record.kind])
            and left_out(record, memory, task, now) is None
            and not waits(memory, key, fingerprint(record.values), now)
        ):
            wanted[target].append(record)
    return wanted


def make_plan(memory: Memory, matching: Matching, task: Task, now: datetime) -> Plan:
    """Plan one pass over a memory that what was observed has been laid over."""
    links = [
        pair(
            p.poweroffice,
            _as_intended(p.tribe, memory, task),
            p.rule,
            agreed_before(memory, p.poweroffice, p.tribe.relation_id),
        )
        for p in matching.pairs
        if not p.tribe.role_missing
    ]
    linked = _linked_changes(links)
    memory = levelled(join(memory, links))
    planner = _Planner(memory, task, now, Quarantine(memory, now))
    planner.note_ambiguous(matching.ambiguous)
    changes = [
        *linked,
        *planner.add_roles(matching.pairs),
        *planner.create_all(matching.unmatched),
        *planner.update_all(),
    ]
    return Plan(
        task=task,
        memory=memory,
        changes=tuple(changes),
        quarantined=planner.quarantine.entries,
        conflicts=tuple(planner.conflicts),
        unchanged=planner.unchanged,
        left_alone=planner.not_created[LeftOut.LEFT_ALONE],
        archived=planner.not_created[LeftOut.ARCHIVED],
        awaited=frozenset(planner.awaited),
        parked=planner.parked,
    )


def _as_intended(tribe: Record, memory: Memory, task: Task) -> Record:
    """An invoice whose export was interrupted is issued after all; one that is found again without
    a trace of how it came to PowerOffice stays as it is there."""
    rules = task.invoicing
    interrupted = (System.POWEROFFICE, tribe.kind, tribe.id) in memory.intents
    if tribe.kind is not Kind.INVOICE or rules is None or not interrupted:
        return tribe
    return replace(tribe, values=invoices.wanted_of(tribe.values, rules))


def _linked_changes(links: Sequence[Link]) -> list[Change]:
    return [
        Change(
            action=Action.LINK,
            kind=link.kind,
            system=System.TRIBE,
            poweroffice_id=link.poweroffice_id,
            tribe_id=link.tribe_id,
            label=link.label,
            reason=f"matched by {link.matched_by}",
        )
        for link in links
    ]


def _turn(record: Record) -> tuple[str, int, str]:
    """When a record has its turn: all but invoices stay in the order in which they were seen."""
    if record.kind is not Kind.INVOICE:
        return "", 0, ""
    number = str(record.values.get("number") or "")
    return str(record.values.get("date") or ""), len(number), number


def _doubt(source: Record, contacts: Contacts, memory: Memory) -> tuple[str, str] | None:
    """Why a create might make one of two, or two of one, and what a person does about it."""
    reason = contacts.there_already(source)
    if reason is not None:
        return reason, ONE_OF_TWO
    if source.system is System.TRIBE and not released(memory, source):
        reason = contacts.may_become_one_with(source)
        if reason is not None:
            return reason, f"If they are one company, merge them in Tribe. {IF_NOT} {source.id}"
    return None


def _unfit(source: Record, refusals: Mapping[str, str]) -> str:
    """Why a record cannot be created, not even without the fields that are refused; else ""."""
    return " and ".join(
        f"{source.system.title} has no {row.label} for it"
        if refusals[row.name] == MISSING
        else f"{row.label}: {refusals[row.name]}"
        for row in rows_of(source)
        if row.name in refusals and (row.required or row.name == KEYS[source.kind])
    )


@dataclass(slots=True)
class _Planner:
    """Collects the plan of one pass: changes are returned, what is left out is noted here."""

    memory: Memory
    task: Task
    now: datetime
    quarantine: Quarantine
    conflicts: list[Conflict] = field(default_factory=list)
    unchanged: int = 0
    parked: int = 0
    awaited: set[tuple[Kind, str]] = field(default_factory=set)
    linked: dict[tuple[Kind, str], Link] | None = None
    contacts: Contacts | None = None
    misposted: Misposted | None = None
    not_created: Counter[LeftOut] = field(default_factory=Counter)

    def note_ambiguous(self, ambiguous: Iterable[Ambiguous]) -> None:
        """Quarantine what nobody can tell apart. What has no role yet cannot be listed."""
        for entry in ambiguous:
            record = entry.record
            if not record.role_missing:
                self.quarantine.put(
                    (record.system.other, record.kind, record.id),
                    record.label,
                    entry.reason,
                    entry.next_step,
                    fingerprint(record.values),
                )

    def add_roles(self, pairs: Iterable[Pair]) -> Iterator[Change]:
        """Give Tribe relations the role that their PowerOffice counterparts have."""
        for matched in pairs:
            if matched.tribe.role_missing and System.TRIBE in self.task.creates_in:
                yield from self._create(matched.poweroffice, matched)

    def create_all(self, records: Iterable[Record]) -> Iterator[Change]:
        """Create what has no counterpart on the sides that this pass creates on. Invoices in the
        order of their days and numbers, so that PowerOffice's numbers follow Tribe's."""
        for record in sorted(records, key=_turn):
            if record.system.other in self.task.creates_in:
                yield from self._create(record)
            elif self.task.initial:
                self.not_created[LeftOut.LEFT_ALONE] += 1

    def _create(self, source: Record, matched: Pair | None = None) -> Iterator[Change]:
        target = source.system.other
        key = (target, source.kind, source.id)
        omitted = left_out(source, self.memory, self.task, self.now)
        if omitted is not None:
            self.not_created[omitted] += 1
            return
        if source.kind is Kind.INVOICE:
            yield from self._export(source)
            return
        digest = fingerprint(source.values)
        if self.quarantine.waits(key, digest):
            return
        refusals = refusals_of(source, target)
        unfit = _unfit(source, refusals)
        if unfit:
            step = f"Correct it in {source.system.title}; the next run picks it up."
            self.quarantine.put(key, source.label, unfit, step, digest)
            return
        if self.contacts is None:
            self.contacts = Contacts(self.memory)
        doubt = _doubt(source, self.contacts, self.memory)
        if doubt is not None:
            self.quarantine.put(key, source.label, *doubt, digest)
            return
        beside = None
        if target is System.POWEROFFICE:
            self.contacts.about_to_get(source)
            beside = self.contacts.other_role(source)
        self.quarantine.hold(key, source.label, refusals, complete_in(source.system), digest)
        yield self._joining(source, refusals, matched, beside)

    def _joining(
        self,
        source: Record,
        refusals: dict[str, str],
        matched: Pair | None,
        beside: Link | None,
    ) -> Change:
        """The creation of a record, by giving the role to the relation of its other role where it
        has one."""
        link = other_role(self.memory, source) if source.system is System.POWEROFFICE else None
        if link is None:
            return creation(source, refusals, matched, beside=beside)
        matched = matched or Pair(source, lacking(link, source), BY_CONTACT)
        joined = matched.tribe.relation_id == link.tribe_relation_id
        return creation(source, refusals, matched, shared(source.form) if joined else ())

    def _export(self, source: Record) -> Iterator[Change]:
        """Export an invoice. What hinders it may end without a change to the invoice itself: it is
        looked at each time, which costs no request."""
        rules = self.task.invoicing
        assert rules is not None
        if self.linked is None:
            links = self.memory.links.values()
            self.linked = {(link.kind, link.tribe_id): link for link in links}
            if rules.mode is InvoiceMode.VOUCHER:
                self.misposted = invoices.misposted(links)
        key = (System.POWEROFFICE, source.kind, source.id)
        order = order_for(source, self.linked, rules)
        if self.misposted is not None and not isinstance(order, Hindrance):
            order = Hindrance(self.misposted.reason, self.misposted.next_step)
        if isinstance(order, Hindrance):
            if order.awaits is not None:
                self.awaited.add(order.awaits)
            digest = fingerprint({**source.values, "hindrance": order.reason})
            self.quarantine.put(key, source.label, order.reason, order.next_step, digest)
        elif not self.quarantine.waits(key, fingerprint(source.values)):
            yield export(source, order, rules, self.linked)

    def update_all(self) -> Iterator[Change]:
        """Update what differs on the sides that this pass updates."""
        for link in self.memory.links.values():
            if link.kind not in self.task.kinds:
                continue
            if link.parked is not None:
                self.parked += is_parking_to_tell(link)
                continue
            update_one = self._update_invoice if link.kind is Kind.INVOICE else self._update
            changes = list(update_one(link))
            self.unchanged += not changes
            yield from changes

    def _update(self, link: Link) -> Iterator[Change]:
        if not (link.tribe or link.poweroffice or link.sent):
            return
        decided = list(decisions(link, self.task.conflicts))
        self.conflicts.extend(conflicts_of(link, decided, self.memory, self.now))
        digest = link_fingerprint(link)
        if self.task.keys_to_tribe and System.TRIBE not in self.task.updates_in:
            key = (System.TRIBE, link.kind, link.poweroffice_id)
            key_change = key_write_back(link)
            if key_change is not None and not waits(self.memory, key, digest, self.now):
                yield key_change
        for target in sorted(self.task.updates_in):
            key = (target, link.kind, link.id_in(target.other))
            if self.quarantine.waits(key, digest):
                continue
            fitting, held = split_by_fit(link, target, decided)
            late = not_taken(link, target, fitting)
            told = still_to_tell(link, target, {**held, **late})
            step = LOOK_AT_IT if late.keys() & told.keys() else complete_in(target.other)
            self.quarantine.hold(key, link.label, told, step, digest)
            if fitting:
                yield update(link, target, fitting)

    def _update_invoice(self, link: Link) -> Iterator[Change]:
        rules = self.task.invoicing
        if rules is None:
            return
        digest = link_fingerprint(link)
        for target in sorted(self.task.updates_in):
            key = (target, link.kind, link.id_in(target.other))
            if self.quarantine.waits(key, digest):
                continue
            held = still_to_tell(link, target, invoices.held(link, target, rules))
            if held:
                reason, step = invoices.reason(held), invoices.next_step(held)
                self.quarantine.put(key, link.label, reason, step, digest, tuple(held))
            change = invoice_update(link, target, rules)
            if change is not None:
                yield change
