"""What becomes of an exported invoice. The whole policy about invoices stands here.

Nothing is merged: the content goes from Tribe to PowerOffice once, what the ledger says comes back.
What differs and must not is held, with both values, until a person has looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tribe_po.fields import Field, fields_of
from tribe_po.invoices import Misposted, Payment
from tribe_po.records import Form, Kind, Link, System, Value, Values
from tribe_po.settings import Invoicing, PartialPayments
from tribe_po.sync.acknowledged import still_to_tell
from tribe_po.sync.merge import Decision

SUMS = ("currency", "net", "total", "vat")
"""What both sides must agree on before an order is booked."""

_ROWS = {row.name: row for row in fields_of(Kind.INVOICE, Form.INVOICE)}
_REPORTED = frozenset(
    {Payment.CREDITED, Payment.WRITTEN_OFF, Payment.OVERPAID, Payment.SETTLED_OTHERWISE}
    | {Payment.REVERSED}
)

_STEPS = {
    "content": "Make the same change in PowerOffice, or undo it in Tribe.",
    "delivery_error": "Deliver it from PowerOffice. It is listed until it is paid, or somebody "
    "moves it to another phase in Tribe.",
    "issued": "Send it from PowerOffice, or delete it there.",
    "payment": "Move it to the phase that fits in Tribe, by hand.",
}
_COMPARE = (
    "Correct the draft in PowerOffice, which is not booked while they differ; "
    "then type: tribe-po invoice --full"
)

FOUND_AGAIN = "a draft that was found again, but not what was wanted of it"
CHANGED = "it was changed in Tribe after it had been copied, and PowerOffice keeps the copy"


def row(name: str) -> Field:
    """The row of the field table for one field of invoices."""
    return _ROWS[name]


def wanted_of(values: Values, rules: Invoicing) -> Values:
    """What Tribe tells of an invoice, with what is wanted of it in PowerOffice. That is settled
    when it is exported: what the rules say later changes nothing about it."""
    return {**values, "issued": True} if rules.mode.issues else values


def decisions_for(link: Link, target: System, rules: Invoicing) -> list[Decision]:
    """What to write to one side of an exported invoice."""
    if target is System.POWEROFFICE:
        return list(_to_poweroffice(link))
    return list(_to_tribe(link, rules))


def held(link: Link, target: System, rules: Invoicing) -> dict[str, str]:
    """What a person has to look at, by field: what it is about, in words."""
    if target is System.POWEROFFICE:
        return _held_in_poweroffice(link, rules)
    return _held_in_tribe(link, rules)


def reason(held: Mapping[str, str]) -> str:
    """What is held, in one line."""
    return "; ".join(f"{row(name).label}: {why}" for name, why in held.items())


def next_step(held: Iterable[str]) -> str:
    """What a person can do about what is held, given by field."""
    return " ".join(dict.fromkeys(_STEPS.get(name, _COMPARE) for name in held))


def _told(link: Link) -> tuple[Values, Values]:
    return link.seen_in(System.TRIBE), link.seen_in(System.POWEROFFICE)


def differing_sums(link: Link) -> dict[str, str]:
    """The sums that the two sides do not agree on, with both values."""
    tribe, poweroffice = _told(link)
    return {
        name: f"{tribe[name]} in Tribe, {poweroffice[name]} in PowerOffice"
        for name in SUMS
        if name in tribe and name in poweroffice
        if not _ROWS[name].same(tribe[name], poweroffice[name])
    }


def misposted(links: Iterable[Link]) -> Misposted | None:
    """A voucher that came to another sum, and that nobody has accepted."""
    for link in links:
        if link.kind is not Kind.INVOICE or _changed_since_copied(link):
            continue
        tribe, poweroffice = _told(link)
        if not poweroffice.get("issued") or poweroffice.get("order_number") is not None:
            continue
        if "total" in still_to_tell(link, System.POWEROFFICE, differing_sums(link)):
            return Misposted(
                id=link.poweroffice_id,
                number=str(poweroffice.get("invoice_number")),
                posted=str(tribe["total"]),
                came_to=str(poweroffice["total"]),
            )
    return None


def _held_in_poweroffice(link: Link, rules: Invoicing) -> dict[str, str]:
    found = differing_sums(link)
    if _changed_since_copied(link):
        found["content"] = CHANGED
    if link.matched_by == "mark" and rules.mode.issues and _is_draft_without_orders(link):
        found["issued"] = FOUND_AGAIN
    error, phase = link.base.get("delivery_error"), link.base.get("phase")
    unseen = link.base.get("payment") == Payment.OPEN and rules.is_to_be_exported(phase)
    if error and unseen:
        found["delivery_error"] = f"booked, but not delivered: {error}"
    return found


def _changed_since_copied(link: Link) -> bool:
    return "content" in link.tribe and "content" in link.base


def is_to_be_issued(link: Link) -> bool:
    """Whether an order is a draft that is wanted to be an invoice."""
    tribe, poweroffice = _told(link)
    return bool(tribe.get("issued") and not poweroffice.get("issued"))


def _is_draft_without_orders(link: Link) -> bool:
    """A draft that nobody knows to be wanted as an invoice: the state was lost since its export,
    and it may have been left a draft on purpose."""
    tribe, poweroffice = _told(link)
    return not (tribe.get("issued") or poweroffice.get("issued"))


def _to_poweroffice(link: Link) -> list[Decision]:
    tribe, poweroffice = _told(link)
    wanted = []
    if is_to_be_issued(link):
        complete = all(name in poweroffice for name in ("net", "total", "vat"))
        if complete and not differing_sums(link) and not _changed_since_copied(link):
            wanted.append(Decision(row("issued"), System.TRIBE, "the sums are the same"))
    if tribe.get("pdf") and not poweroffice.get("pdf") and "pdf" in poweroffice:
        wanted.append(Decision(row("pdf"), System.TRIBE, "Tribe has it"))
    return wanted


def phase_for(link: Link, rules: Invoicing) -> str | None:
    """The phase that an invoice in Tribe is to get for how it stands in the ledger, or None.

    A phase that a person gave it is left alone: one that is none of the sent ones, and any that
    came after the phase that this tool had set.
    """
    base = link.base
    payment, phase, before = base.get("payment"), base.get("phase"), base.get("phase_before")
    if base.get("phase_intended") and _ROWS["phase"].same(phase, before):
        before = None  # a run ended just before it gave the phase
    wanted = rules.phases.get(Payment(str(payment))) if payment else None
    if wanted is not None:
        told = rules.is_told(phase)
        if _ROWS["phase"].same(phase, wanted) or (before is not None and not told):
            return None
        return wanted if before is not None or rules.is_sent(phase) else None
    return str(before) if payment and before is not None and rules.is_told(phase) else None


def _to_tribe(link: Link, rules: Invoicing) -> list[Decision]:
    wanted = []
    phase = phase_for(link, rules)
    if phase is not None:
        wanted.append(
            Decision(row("phase"), System.POWEROFFICE, f"{link.base.get('payment')} in PowerOffice")
        )
    if rules.partial_payments is not PartialPayments.OFF and _is_news(link, rules):
        wanted.append(Decision(row("settled"), System.POWEROFFICE, "changed in PowerOffice"))
    return wanted


def _is_news(link: Link, rules: Invoicing) -> bool:
    """Whether Tribe has not been told of what is settled by now. A note says nothing that the
    phase does not: one that was paid in full at once needs none."""
    tribe, poweroffice = _told(link)
    if "settled" not in poweroffice:
        return False
    if row("settled").same(tribe.get("settled"), poweroffice["settled"]):
        return False
    at_once = poweroffice.get("payment") == Payment.PAID and not tribe.get("settled")
    return not (at_once and rules.partial_payments is PartialPayments.NOTE)


def _held_in_tribe(link: Link, rules: Invoicing) -> dict[str, str]:
    payment = link.base.get("payment")
    if payment not in _REPORTED or Payment(str(payment)) in rules.phases:
        return {}
    if not (rules.is_sent(link.base.get("phase")) or rules.is_told(link.base.get("phase"))):
        return {}
    return {"payment": f"{payment} in PowerOffice, in the phase {link.base.get('phase')} in Tribe"}


def values_to_write(link: Link, decided: list[Decision], rules: Invoicing) -> dict[str, Value]:
    """The new values for what was decided, by field."""
    values: dict[str, Value] = {}
    for decision in decided:
        name = decision.row.name
        if name == "phase":
            values[name] = phase_for(link, rules)
        else:
            winner = decision.winner
            assert winner is not None
            values[name] = link.seen_in(winner).get(name)
    return values


def settled_phase(link: Link) -> Link:
    """Forget the earlier phase of an invoice that is back in it: the next payment counts anew."""
    base = link.base
    before = base.get("phase_before")
    if before is None or "phase_intended" in base:  # Tribe has not shown what became of that
        return link
    if not _ROWS["phase"].same(before, base.get("phase")):
        return link
    return link if base.get("payment") == Payment.PAID else _without_phase_before(link)


def about_to_be_given(link: Link, phase: Value) -> Link:
    """The link as it is kept before a phase is written: if the run ends there, the next one knows
    that a phase which it then finds was no person's, and which one came before it."""
    before = link.base.get("phase_before", link.base.get("phase"))
    return replace(link, base={**link.base, "phase_before": before, "phase_intended": phase})


def shown_given(link: Link) -> Link:
    """Forget what phase was about to be given once Tribe shows it: the next one is a person's."""
    base, intended = link.base, link.base.get("phase_intended")
    if intended is None or not _ROWS["phase"].same(intended, base.get("phase")):
        return link
    return replace(link, base={name: base[name] for name in base if name != "phase_intended"})


def given(link: Link, phase: Value, before: Value) -> Link:
    """The link once a phase was written in place of another one: it remembers the first one that
    came before it, unless it is back in that."""
    before = link.base.get("phase_before", before)
    rest = _without_phase_before(link)
    if _ROWS["phase"].same(phase, before):
        return rest
    return replace(rest, base={**rest.base, "phase_before": before})


def _without_phase_before(link: Link) -> Link:
    forgotten = ("phase_before", "phase_intended")
    return replace(
        link, base={name: value for name, value in link.base.items() if name not in forgotten}
    )
