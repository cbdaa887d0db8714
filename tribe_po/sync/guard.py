"""What stops a pass before it writes: a plan that looks more like an accident than like work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tribe_po import fields
from tribe_po.errors import GuardRefused
from tribe_po.records import NO_VALUES, Kind, Memory, Observation, System, Values
from tribe_po.sync.change import Action, Plan

FEWEST_LINKS = 10
"""Below so many linked records a share of them says nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pass may do at most. `force` passes every guard that can be passed."""

    max_change_percent: int
    max_creates: int
    max_invoices: int | None = None
    max_amount: Decimal | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What the guards look at: the plan, the memory from before, and what was read."""

    plan: Plan
    before: Memory
    observations: Sequence[Observation]
    limits: Limits


def _side_is_empty(situation: Situation) -> GuardRefused | None:
    kinds = situation.plan.task.kinds
    linked = sum(link.kind in kinds for link in situation.before.links.values())
    for seen in situation.observations:
        if seen.complete and not seen.records and linked:
            return GuardRefused(
                f"{seen.system.title} is suddenly empty",
                f"It returned 0 records, but {linked} are linked.",
                "Check its keys and privileges first. If it really is empty: --force",
            )
    return None


def _field_table_changed(situation: Situation) -> GuardRefused | None:
    known = situation.before.meta.fields
    if not known or known == fields.fingerprint():
        return None
    return GuardRefused(
        "The field table has changed since the last run",
        f"It was {known} and is {fields.fingerprint()}: a pass may now rewrite many records.",
        f"Read what it would do: tribe-po {situation.plan.task.name} --dry-run --full --force",
    )


def _too_many_changes(situation: Situation) -> GuardRefused | None:
    """Updates and vanished records together, as a share of what was linked before this run."""
    # Invoices only ever go forward: paying many at once is no accident.
    kinds = [kind for kind in situation.plan.task.kinds if kind is not Kind.INVOICE]
    before = {key: link for key, link in situation.before.links.items() if link.kind in kinds}
    updated = {
        change.link_key for change in situation.plan.changes if change.action is Action.UPDATE
    }
    vanished = {
        key
        for key, link in situation.plan.memory.links.items()
        if link.parked and key in before and not before[key].parked
    }
    changed, linked = len((updated | vanished) & set(before)), len(before)
    percent, limit = 100 * changed / max(linked, 1), situation.limits.max_change_percent
    if linked < FEWEST_LINKS or percent <= limit:
        return None
    return GuardRefused(
        "Too many changes at once",
        f"{changed} of {linked} linked records would change or are gone, "
        f"{percent:.1f} % is over {limit} %.",
        f"Read them: tribe-po {situation.plan.task.name} --dry-run. If they are right: --force, "
        "or a higher TRIBE_PO_MAX_CHANGE_PERCENT",
    )


def _too_many_creates(situation: Situation) -> GuardRefused | None:
    counts = situation.plan.counts
    creates, limit = counts[Action.CREATE] + counts[Action.ADD_ROLE], situation.limits.max_creates
    if creates <= limit:
        return None
    return GuardRefused(
        "Too many new records at once",
        f"{creates} would be created, the limit is {limit}.",
        f"Read them: tribe-po {situation.plan.task.name} --dry-run. "
        f"If they are right: --max-changes {creates}, or --force",
    )


def _invoices(plan: Plan) -> list[tuple[str, Decimal]]:
    """The invoices that a plan exports or books: currency and sum with VAT, without its sign."""
    touched = []
    for change in plan.changes:
        is_money = change.kind is Kind.INVOICE and change.system is System.POWEROFFICE
        values: Values = change.creation.values if change.creation else NO_VALUES
        if change.edit is not None and change.edit.values.get("issued"):
            values = change.edit.known
        total = values.get("total")
        if is_money and isinstance(total, Decimal):
            touched.append((str(values.get("currency")), abs(total)))
    return touched


def _too_many_invoices(situation: Situation) -> GuardRefused | None:
    count, limit = len(_invoices(situation.plan)), situation.limits.max_invoices
    if limit is None or count <= limit:
        return None
    return GuardRefused(
        "Too many invoices at once",
        f"{count} would be exported or booked, the limit is {limit}.",
        f"Read them: tribe-po {situation.plan.task.name} --dry-run. "
        f"If they are right: --max-invoices {count}",
    )


def _too_much_money(situation: Situation) -> GuardRefused | None:
    limit = situation.limits.max_amount
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for currency, total in _invoices(situation.plan):
        sums[currency] += total
    if limit is None or not sums or max(sums.values()) <= limit:
        return None
    told = ", ".join(f"{total} {currency}" for currency, total in sorted(sums.items()))
    return GuardRefused(
        "Too large a sum of invoices at once",
        f"{told} would be exported or booked, the limit is {limit}.",
        f"Read them: tribe-po {situation.plan.task.name} --dry-run. "
        f"If they are right: --max-amount {max(sums.values())}",
    )


GUARDS: tuple[Callable[[Situation], GuardRefused | None], ...] = (
    _side_is_empty,
    _field_table_changed,
    _too_many_changes,
    _too_many_creates,
    _too_many_invoices,
    _too_much_money,
)


def refusals(situation: Situation) -> list[GuardRefused]:
    """Every guard that the plan trips, most telling first; none when forced."""
    if situation.limits.force:
        return []
    return [trip for guard in GUARDS if (trip := guard(situation)) is not None]


def check_initialised(memory: Memory, name: str, kinds: Sequence[Kind]) -> None:
    """Raise `GuardRefused` unless an `init-sync` has finished for all kinds. Cannot be forced:
    without it, a pass takes everything for new."""
    missing = [kind for kind in kinds if kind not in memory.meta.initialised]
    if missing:
        raise GuardRefused(
            f"{name} needs a finished init-sync",
            f"None has finished for {' and '.join(f'{kind}s' for kind in missing)}.",
            "See what it would do: tribe-po init-sync --dry-run",
        )
