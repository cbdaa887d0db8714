"""The one place that writes: carries out a plan, and remembers each step as it happens.

The order makes it safe to be killed at any moment: intents are saved before the first create, each
copy carries a mark by which it is found again, and the memory never says more than what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tribe_po.errors import (
    AlreadyExists,
    LostAnswer,
    NotAllowed,
    RecordGone,
    RecordMoved,
    RecordRefused,
    StillWorking,
    Stopped,
    Temporary,
    TribePoError,
    Untraceable,
)
from tribe_po.records import RELATIONS, Kind, Link, Memory, Record, RecordKey, System, Values
from tribe_po.sides import Side, Written
from tribe_po.sync import contacts, invoices, remember
from tribe_po.sync.attempts import (
    Attempt,
    Attempts,
    Keeper,
    in_batches,
    in_batches_apart,
    whom,
    with_key,
)
from tribe_po.sync.change import Action, Change, Plan, Status
from tribe_po.sync.draft import invoice_update, key_write_back, update_for
from tribe_po.sync.lag import SETTLE, believed
from tribe_po.sync.other_role import other_role, shared, with_other_roles
from tribe_po.sync.totals import of_link
from tribe_po.sync.trees import see, without


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a plan was carried out: every change with its status, and what stopped it early."""

    memory: Memory
    changes: tuple[Change, ...]
    stopped_by: TribePoError | None = None


def apply(
    plan: Plan,
    sides: Mapping[System, Side],
    keeper: Keeper,
    now: Callable[[], datetime],
    in_flight: int = 8,
) -> Outcome:
    """Carry out a plan, with at most so many writes in flight at once, and `IN_FLIGHT` to a system.

    Errors about one record quarantine it; others end the run early, with everything that was done
    remembered. Raises only `StateNotSaved`.
    """
    run = _Run(plan, sides, keeper, now, Attempts(keeper, in_flight), remember.start(plan))
    run.carry_out()
    return Outcome(run.memory, tuple(run.finished), run.attempts.stopped_by)


@dataclass(slots=True)
class _Run:
    plan: Plan
    sides: Mapping[System, Side]
    keeper: Keeper
    now: Callable[[], datetime]
    attempts: Attempts
    memory: Memory
    finished: list[Change] = field(default_factory=list)
    unsent: set[RecordKey] = field(default_factory=set)
    written_to: set[tuple[System, str]] = field(default_factory=set)

    def carry_out(self) -> None:
        changes = self.plan.changes
        for change in changes:
            if change.status is Status.SKIPPED:  # left alone from the start, and shown
                self.finished.append(change)
            elif change.action is Action.LINK:
                self._finish(change, Status.DONE, change.reason)
        self._create([change for change in changes if change.creation is not None])
        self._update([change for change in changes if change.edit is not None])
        self.keeper.save(self.memory)

    def _finish(self, change: Change, status: Status, reason: str | None = None) -> None:
        done = replace(change, status=status, reason=reason)
        self.finished.append(done)
        self.keeper.note(done)

    def _create(self, changes: Sequence[Change]) -> None:
        if not changes:
            return
        remember.intended(self.memory, changes, self.now())
        self.unsent = {change.key for change in changes}
        self.keeper.save(self.memory)
        # One kind after the other: a supplier may share the relation just created for a customer.
        batches = [
            batch
            for system, kind in ((system, kind) for system in System for kind in Kind)
            for batch in in_batches(
                [one for one in changes if (one.system, one.kind) == (system, kind)]
            )
        ]
        for batch, following in zip(batches, [*batches[1:], ()], strict=True):
            self._create_batch(self.sides[batch[0].system], batch)
            # What is sent long after the run began needs as much time to show up.
            remember.intended(self.memory, following, self.now())
            self.keeper.save(self.memory)

    def _create_batch(self, side: Side, changes: Sequence[Change]) -> None:
        batch = [change for change in changes if self._may_be_sent(change)]
        if not batch:
            return
        prepared = [self._joining_its_other_role(change) for change in batch]
        attempts = self.attempts.all(prepared, self._create_one)
        unseen = [a.written.id for a in attempts if a.written and a.written.record is None]
        seen = {record.id: record for record in self._read_back(side, batch[0].kind, unseen)}
        created = [
            self._created(attempt.change, attempt.written, seen.get(attempt.written.id))
            if attempt.written is not None
            else None
            for attempt in attempts
        ]
        self._write_keys_back([change for change in created if change is not None])
        for attempt, change in zip(attempts, created, strict=True):
            if change is None:
                self._failed(attempt)
            else:
                done = self._with_its_key(change)
                self._issue(done)
                self._finish(self._as_it_came_out(done), Status.DONE, done.reason)

    def _may_be_sent(self, change: Change) -> bool:
        """Whether a create can be told apart from the contact's other role: while that one is about
        to show up in Tribe, nobody knows yet which relation to join."""
        self.unsent.discard(change.key)
        if change.system is not System.TRIBE or not self._other_role_to_show_up(change):
            return True
        self.memory.intents.pop(change.key, None)
        self._finish(change, Status.SKIPPED, "its other role does not show up in Tribe yet")
        return False

    def _other_role_to_show_up(self, change: Change) -> bool:
        if change.kind not in RELATIONS:
            return False
        for kind in RELATIONS:
            key = (System.TRIBE, kind, change.poweroffice_id)
            link = self.memory.links.get(key[1:])
            if link is not None and not link.parked and not link.tribe_relation_id:
                return True
            intent = self.memory.intents.get(key)
            if intent is None or kind is change.kind or key in self.unsent:
                continue
            if self.now() - intent.since < SETTLE:
                return True
        return False

    def _joining_its_other_role(self, change: Change) -> Change:
        """Let a contact's second role join the relation that its first role got in this run."""
        creation, source = change.creation, change.source
        assert creation is not None
        assert source is not None
        if change.system is not System.TRIBE or creation.relation_id:
            return change
        link = other_role(self.memory, source)
        if link is None:
            return change
        values = without(creation.values, shared(creation.form))
        joining = replace(creation, relation_id=link.tribe_relation_id, values=values)
        return replace(change, creation=joining)

    def _create_one(self, change: Change) -> Written:
        """Create, and when nobody knows whether it happened, look for the mark before giving up.

        Raise `RecordRefused` where PowerOffice made it one contact with another relation: it is
        not linked then.
        """
        written = self._create_or_find(change)
        assert change.source is not None
        if change.system is System.POWEROFFICE and change.kind in RELATIONS:
            relation_id = change.source.relation_id
            link = contacts.held_by_another(self.memory, written.id, relation_id)
            if link is not None:
                what = f"The {change.kind} {change.label} is not linked."
                raise RecordRefused(what, contacts.one_contact(link), contacts.SEPARATE)
        return written

    def _create_or_find(self, change: Change) -> Written:
        assert change.creation is not None
        side = self.sides[change.system]
        try:
            return side.create(change.creation)
        except (LostAnswer, AlreadyExists) as error:
            try:
                found = side.find_by_mark(change.kind, change.creation.mark)
            except (Temporary, NotAllowed) as stopped:
                self.attempts.stopped_by = stopped
                raise LostAnswer(error.what, error.why, error.next_step) from stopped
            except Untraceable:
                raise error from None
            if not found and isinstance(error, AlreadyExists):
                raise _something_else_in_use(change, error) from error
            if len(found) != 1:
                raise
            return Written(found[0].id, found[0])

    def _read_back(self, side: Side, kind: Kind, ids: Sequence[str]) -> list[Record]:
        if not ids or self.attempts.stopped_by is not None:
            return []
        try:
            return side.get(kind, ids)
        except (Temporary, NotAllowed) as error:
            self.attempts.stopped_by = error
            return []

    def _created(self, change: Change, written: Written, seen: Record | None) -> Change:
        self.memory = remember.created(self.memory, change, written, seen, self.now())
        if change.system is System.TRIBE:
            return replace(change, tribe_id=written.id)
        return replace(change, poweroffice_id=written.id)

    def _write_keys_back(self, created: Sequence[Change]) -> None:
        """Give Tribe the numbers that PowerOffice assigned, or the codes that products had to get.
        If that fails, the next pass does it."""
        links = [
            self.memory.links[change.link_key]
            for change in created
            if change.system is System.POWEROFFICE
        ]
        write_backs = [change for link in links if (change := key_write_back(link)) is not None]
        for attempt in self.attempts.all(write_backs, self._update_one):
            if attempt.written is None:
                self._failed(attempt)
            else:
                remember.updated(self.memory, attempt.change, attempt.written, self.now())

    def _with_its_key(self, change: Change) -> Change:
        if change.system is System.TRIBE:
            return change
        link = self.memory.links[change.link_key]
        return with_key(change, link.seen_in(System.POWEROFFICE))

    def _issue(self, change: Change) -> None:
        """Do at once what a fresh order is there for: become an invoice, get its PDF. If that
        fails, the next pass does it."""
        rules = self.plan.task.invoicing
        if change.kind is not Kind.INVOICE or rules is None:
            return
        link = self.memory.links[change.link_key]
        held = invoices.held(link, System.POWEROFFICE, rules)
        if held:
            reason, step = invoices.reason(held), invoices.next_step(held)
            remember.refused(self.memory, self.plan, change, reason, step, self.now(), tuple(held))
            return
        issuing = invoice_update(link, System.POWEROFFICE, rules, fresh=True)
        if issuing is not None:
            self._updated(self.attempts.one(issuing, self._update_one))

    def _as_it_came_out(self, change: Change) -> Change:
        """An exported invoice with the sums that PowerOffice told instead of those expected."""
        if change.comparison is None:
            return change
        link = self.memory.links[change.link_key]
        return replace(change, comparison=of_link(link, change.comparison.customer))

    def _update(self, changes: Sequence[Change]) -> None:
        for system in System:
            kinds = {change.kind for change in changes if change.system is system}
            since = min(
                (
                    at
                    for (side, kind), at in self.memory.cursors.items()
                    if side is system and kind in kinds
                ),
                default=None,
            )
            for batch in in_batches_apart([one for one in changes if one.system is system]):
                current, since = self._seen_again(batch, since)
                self._keep_what_is_overruled(current)
                attempts = self.attempts.all(current, self._update_one)
                for attempt in attempts:
                    self._updated(attempt)
                if system is System.TRIBE:
                    self._see_what_shows([one.change for one in attempts if one.written])
                self.written_to |= {(system, whom(change)) for change in current}
                self.keeper.save(self.memory)

    def _see_what_shows(self, changes: Sequence[Change]) -> None:
        """See which of the values just written Tribe shows: once one was seen, the old one in its
        place is a person's. A phase is remembered by itself."""
        for kind in (*RELATIONS, Kind.PRODUCT):
            links = {one.tribe_id: one.link_key for one in changes if one.kind is kind}
            for record in self._read_back(self.sides[System.TRIBE], kind, list(links)):
                key = links[record.id]
                link, told = believed(self.memory.links[key], record, self.now())
                self.memory.links[key] = see(link, System.TRIBE, told.values)

    def _keep_what_is_overruled(self, changes: Sequence[Change]) -> None:
        """Save the values that are about to be replaced before they are, phases among them."""
        if self.attempts.stopped_by is not None:
            return
        known = dict(self.memory.conflicts)
        for change in changes:
            link = self.memory.links[change.link_key]
            remember.overruled(self.memory, link, change, self.plan, self.now())
        moving = [change for change in changes if remember.about_to_move(self.memory, change)]
        if moving or self.memory.conflicts != known:
            self.keeper.save(self.memory)

    def _seen_again(
        self, batch: Sequence[Change], since: datetime | None
    ) -> tuple[list[Change], datetime | None]:
        """Ask the target once what changed since it was read, and plan such records again."""
        if self.attempts.stopped_by is not None:
            return list(batch), since
        kinds = tuple(kind for kind in Kind if any(change.kind is kind for change in batch))
        try:
            observation = self.sides[batch[0].system].changed(kinds, since)
        except (Temporary, NotAllowed) as error:
            self.attempts.stopped_by = error
            return list(batch), since
        told = with_other_roles(self.memory, observation, kinds).records
        seen = {(record.kind, record.id): record for record in told}
        again = [
            self._plan_again(change, seen.get((change.kind, change.edit.id)))
            for change in batch
            if change.edit is not None
        ]
        return [change for change in again if change is not None], observation.cursor or since

    def _plan_again(self, change: Change, record: Record | None) -> Change | None:
        """The change as it is after its record was seen again; None when nothing is left of it."""
        if record is None:
            if change.system is System.TRIBE and (change.system, whom(change)) in self.written_to:
                # Tribe shows late what its other role was given, maybe the same address.
                self._finish(change, Status.SKIPPED, "its other role was only just written")
                return None
            return change
        link = self.memory.links[change.link_key]
        if change.system is System.TRIBE:
            link, record = believed(link, record, self.now())
        moved = see(link, change.system, record.values)
        if _trees(moved) == _trees(link):
            return change
        self.memory.links[link.key] = moved
        task = self.plan.task
        if change.system in task.updates_in:
            again = update_for(moved, change.system, task.conflicts, task.invoicing)
        else:
            again = key_write_back(moved)
        if again is None:
            by_us = (change.system, whom(change)) in self.written_to
            reason = "written with its other role" if by_us else "someone changed it meanwhile"
            self._finish(change, Status.SKIPPED, reason)
        return again

    def _update_one(self, change: Change) -> Written:
        assert change.edit is not None
        edit = change.edit
        if "pdf" in edit.values:
            edit = replace(
                edit, file=self.sides[change.system.other].file(change.kind, change.source_id)
            )
        return self.sides[change.system].update(edit)

    def _updated(self, attempt: Attempt) -> None:
        change, now = attempt.change, self.now()
        if attempt.written is None:
            self._failed(attempt)
            return
        ignored = remember.updated(self.memory, change, attempt.written, now)
        if ignored:
            reason = f"{change.system.title} did not take the {' and the '.join(ignored)}"
            remember.refused(
                self.memory, self.plan, change, reason, "Compare the record on both sides.", now
            )
            self._finish(change, Status.FAILED, reason)
        else:
            self._finish(change, Status.DONE)

    def _failed(self, attempt: Attempt) -> None:
        """Remember why a write did not happen, as far as it is about the record."""
        change, error = attempt.change, attempt.error
        match error:
            case LostAnswer():
                self._finish(change, Status.FAILED, f"{error.what}; the next run looks for it")
                return
            case RecordGone() if change.edit is not None:
                self._finish(change, Status.FAILED, remember.gone(self.memory, change))
            case StillWorking():
                self._finish(change, Status.SKIPPED, error.reason)
            case RecordMoved():
                self._finish(change, Status.SKIPPED, "someone changed it meanwhile")
            case RecordRefused():
                remember.refused(
                    self.memory, self.plan, change, error.reason, error.next_step, self.now()
                )
                self._finish(change, Status.FAILED, error.reason)
            case None | Stopped():
                self._finish(change, Status.SKIPPED, "the run ended before its turn")
            case _:
                self._finish(change, Status.FAILED, error.reason)
        # Only a create whose answer was lost may have happened.
        self.memory.intents.pop(change.key, None)


def _something_else_in_use(change: Change, error: AlreadyExists) -> RecordRefused:
    """A record that is not there although its server says so: not its mark is in use, but its
    organisation number, say."""
    return RecordRefused(
        f"{change.system.title} refused the new {change.kind}",
        f"{error.why} Nothing there carries its mark: something else of it must be in use.",
        f"Look for the same organisation number, number or code in {change.system.title}.",
    )


def _trees(link: Link) -> tuple[Values, ...]:
    """What is seen of a link. What only one side knows of an invoice, its phase, is in the base."""
    seen = link.tribe, link.poweroffice
    return (*seen, link.base) if link.kind is Kind.INVOICE else seen
