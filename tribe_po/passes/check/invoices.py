"""The look at what invoices need: phases and dates in Tribe, the right to send in PowerOffice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tribe_po.errors import ExitCode
from tribe_po.invoices import Payment
from tribe_po.passes.check.examination import Examination
from tribe_po.passes.check.findings import Finding, Level, Topic
from tribe_po.records import Kind
from tribe_po.settings import InvoiceMode
from tribe_po.tribe.metadata import INVOICE, INVOICE_DATES, INVOICE_DUE_DATES

SENT_SETTING = "TRIBE_PO_SENT_PHASES"

PHASE_SETTINGS: Mapping[Payment, str] = {
    Payment.PAID: "TRIBE_PO_PAID_PHASE",
    Payment.CREDITED: "TRIBE_PO_CREDITED_PHASE",
    Payment.WRITTEN_OFF: "TRIBE_PO_WRITTEN_OFF_PHASE",
}


ON_EVERY_RECORD = frozenset({"Start", "Deadline"})
"""What an invoice's dates may be called, and what every record has besides (tribe.md 5.1)."""


def invoices(it: Examination) -> Iterator[Finding]:
    """Whether the phases of the settings exist, where the dates are kept, and whether what the mode
    asks for is allowed."""
    if not it.tribe.offers(Kind.INVOICE):
        yield Finding.ok(Topic.INVOICES, "Not asked: Tribe shows no invoices.")
        return
    yield from _phases(it)
    yield from _dates(it)
    yield from _sending(it)


def _phases(it: Examination) -> Iterator[Finding]:
    rules, known = it.settings.invoicing, sorted(it.tribe.invoice_phases(), key=str.casefold)
    wanted = [(code, SENT_SETTING) for code in rules.sent_phases]
    wanted += [(code, PHASE_SETTINGS[payment]) for payment, code in rules.phases.items()]
    folded = {code.casefold() for code in known}
    told = ", ".join(
        f"{code} (exported)" if rules.is_to_be_exported(code) else code for code in known
    )
    if known:
        yield Finding.ok(Topic.INVOICES, f"phases in Tribe: {told}")
    for code, setting in wanted:
        if code.casefold() not in folded:
            yield _no_such_phase(code, setting, known)


def _no_such_phase(code: str, setting: str, known: Sequence[str]) -> Finding:
    consequence = (
        "No invoice with it is ever exported."
        if setting == SENT_SETTING
        else "No invoice can be given it."
    )
    text = f"Tribe has no phase {code} of invoices\n{consequence}"
    next_step = f"Set {setting} to one of: {', '.join(known) or 'none that Tribe shows'}."
    return Finding(Topic.INVOICES, Level.ERROR, text, next_step, ExitCode.SETTINGS)


def _dates(it: Examination) -> Iterator[Finding]:
    names = it.tribe.names
    if not names.known:
        text = "dates: looked for in Tribe under every name that they may have"
        yield Finding.ok(Topic.INVOICES, text)
        return
    found = {
        "invoice date": names.known_of(INVOICE, INVOICE_DATES),
        "due date": names.known_of(INVOICE, INVOICE_DUE_DATES),
    }
    for what, candidates in found.items():
        if set(candidates) - ON_EVERY_RECORD:
            yield Finding.ok(Topic.INVOICES, f"{what}: {', else '.join(candidates)} in Tribe")
            continue
        posts = it.settings.invoice_mode is InvoiceMode.VOUCHER
        then = "no voucher can be posted" if posts else "PowerOffice chooses the date"
        yield Finding.warning(
            Topic.INVOICES,
            f"{what}: Tribe names {f'only {candidates[0]}' if candidates else 'none'}\n"
            f"Every record in Tribe has Start and Deadline, mostly empty. Without a date, {then}.",
        )


def _sending(it: Examination) -> Iterator[Finding]:
    mode, may_send = it.settings.invoice_mode, it.client.may_send
    if not mode.issues:
        yield Finding.ok(Topic.INVOICES, f"mode {mode}")
    elif may_send is None:
        yield Finding.ok(
            Topic.INVOICES, f"mode {mode}; PowerOffice does not tell whether the keys may send"
        )
    elif may_send:
        yield Finding.ok(Topic.INVOICES, f"mode {mode}; the keys may send invoices")
    else:
        yield Finding(
            Topic.INVOICES,
            Level.ERROR,
            f"the keys may not send invoices\nIn the mode {mode} all of them would stay drafts.",
            "Grant it in PowerOffice Go under Menu, Settings, Extensions, or set "
            "TRIBE_PO_INVOICE_MODE=draft.",
            ExitCode.NOT_ALLOWED,
        )
