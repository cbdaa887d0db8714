"""The looks at PowerOffice: whose keys, what they may do, and what the passes meet there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tribe_po.errors import ExitCode, NotAllowed
from tribe_po.passes import schedule
from tribe_po.passes.check.examination import FULL, Examination, passes_of
from tribe_po.passes.check.findings import Finding, Level, Topic
from tribe_po.poweroffice.client import NumberSeries
from tribe_po.poweroffice.lists import ACCOUNTS, RESOURCES
from tribe_po.records import RELATIONS, Kind, System
from tribe_po.settings import InvoiceMode

SERVICES = "CommonServices"

NEEDED: Mapping[str, Mapping[Kind, tuple[str, ...]]] = {
    schedule.INITIAL: {
        Kind.CUSTOMER: ("Customer",),
        Kind.SUPPLIER: ("Supplier",),
        Kind.PRODUCT: ("Product",),
    },
    schedule.PUSH_RELATIONS.name: {
        Kind.CUSTOMER: ("Customer_Full", SERVICES),
        Kind.SUPPLIER: ("Supplier_Full",),
    },
    schedule.PULL_RELATIONS.name: {Kind.CUSTOMER: ("Customer",), Kind.SUPPLIER: ("Supplier",)},
    schedule.PUSH_PRODUCTS.name: {Kind.PRODUCT: ("Product_Full",)},
    schedule.PULL_PRODUCTS.name: {Kind.PRODUCT: ("Product",)},
    schedule.INVOICE.name: {Kind.INVOICE: ("SalesOrders_Full", "OutgoingInvoice")},
    schedule.PULL_PAYMENTS.name: {Kind.INVOICE: ("OutgoingInvoice", "CustomerLedger")},
}
"""The privileges that each command needs for each kind (poweroffice.md section 13.1). Payment terms
come with CommonServices, and only customers have them here."""

FOR_VOUCHERS = ("SalesOrders", "OutgoingInvoice", "OutgoingInvoiceVoucher_Full")
"""What `invoice` needs instead where it posts vouchers: it makes no sales order then."""

FOR_VAT = (ACCOUNTS.reads, SERVICES)
"""The privileges that tell the VAT of products; the passes go on without it."""


def keys(it: Examination) -> Iterator[Finding]:
    """Whether the three keys are accepted."""

    def ask() -> datetime | None:
        it.client = it.poweroffice.who_am_i()
        return it.client.server_time

    it.hear(System.POWEROFFICE, ask)
    yield Finding.ok(Topic.POWEROFFICE_KEYS, f"accepted ({it.settings.poweroffice_api_url})")


def client(it: Examination) -> Iterator[Finding]:
    """Which company in PowerOffice they belong to."""
    modules = ", ".join(it.client.modules) or "not told"
    name = it.client.client_name or "without a name"
    yield Finding.ok(Topic.CLIENT, f"{name} (id {it.client.client_id}); Go modules: {modules}")


def privileges(it: Examination) -> Iterator[Finding]:
    """What the keys may do there, and what is missing, by the command that needs it."""
    valid = ", ".join(sorted(it.client.valid_privileges)) or "none"
    yield Finding.ok(Topic.PRIVILEGES, f"in force: {valid}")
    missed: set[str] = set()
    for command, by_kind in NEEDED.items():
        needed = [each for kind in it.settings.kinds for each in by_kind.get(kind, ())]
        if (
            needed
            and command == schedule.INVOICE.name
            and it.settings.invoice_mode is InvoiceMode.VOUCHER
        ):
            needed = list(FOR_VOUCHERS)
        missing = [each for each in dict.fromkeys(needed) if not it.may(each)]
        missed.update(missing)
        if missing:
            reason, next_step = _why(it, missing)
            text = f"{command} lacks {', '.join(missing)}\n{reason}"
            yield Finding(Topic.PRIVILEGES, Level.ERROR, text, next_step, ExitCode.NOT_ALLOWED)
    if Kind.PRODUCT in it.settings.kinds:
        missing = [each for each in FOR_VAT if not it.may(each)]
        missed.update(missing)
        if missing:
            yield _lacking_for_vat(it, missing)
    unused = sorted(set(it.client.invalid_privileges) - missed - {f"{one}{FULL}" for one in missed})
    if unused:
        text = f"not in force for want of a Go module, and not needed: {', '.join(unused)}"
        yield Finding.ok(Topic.PRIVILEGES, text)


def _why(it: Examination, missing: Sequence[str]) -> tuple[str, str]:
    """Why privileges are missing, and what to do. `InvalidPrivileges` tells a client without the
    module from a grant that was never made."""
    invalid = set(it.client.invalid_privileges)
    moduleless = [one for one in missing if {one, f"{one}{FULL}"} & invalid]
    ungranted = [one for one in missing if one not in moduleless]
    reasons, steps = [], []
    if moduleless:
        has = ", ".join(it.client.modules) or "none that it tells of"
        reasons.append(
            f"The client has no Go module for {', '.join(moduleless)}; its modules: {has}."
        )
        steps.append("Have the module added to the client's subscription in PowerOffice Go.")
    if ungranted:
        reasons.append(f"The integration was not granted {', '.join(ungranted)}.")
        steps.append("Grant it in PowerOffice Go under Menu, Settings, Extensions.")
    return " ".join(reasons), " ".join(steps)


def _lacking_for_vat(it: Examination, missing: Sequence[str]) -> Finding:
    reason, next_step = _why(it, missing)
    return Finding.warning(
        Topic.PRIVILEGES,
        f"the VAT of products cannot be told without {', '.join(missing)}\n{reason} "
        "The VAT that products have is left alone; new ones cannot come to Tribe, which asks for "
        "it, nor to PowerOffice with an account of TRIBE_PO_SALES_ACCOUNTS.",
        next_step,
    )


def series(it: Examination) -> Iterator[Finding]:
    """Which numbers PowerOffice gives to new customers and suppliers."""
    if not it.may(SERVICES):
        yield _unknown(Topic.SERIES)
        return
    kinds = [kind for kind in it.settings.kinds if kind in RELATIONS]
    found = it.poweroffice.number_series(kinds)
    for kind in kinds:
        own = [one for one in found if one.kind is kind]
        own.sort(key=lambda one: (not one.is_default, one.first))
        if any(one.is_default for one in own):
            yield Finding.ok(Topic.SERIES, f"{kind}s: {', '.join(map(_range, own))}")
        else:
            yield _no_default(kind, own)


def _range(one: NumberSeries) -> str:
    return f"{one.first}-{one.last} {one.name}{' (default)' if one.is_default else ''}"


def _no_default(kind: Kind, own: Sequence[NumberSeries]) -> Finding:
    shown = ", ".join(map(_range, own)) or "none"
    return Finding.warning(
        Topic.SERIES,
        f"{kind}s have no default series: a new one may get no number\nTheir series: {shown}",
        "Choose a default number series in PowerOffice Go's settings.",
    )


def terms(it: Examination) -> Iterator[Finding]:
    """Which payment days can be written to PowerOffice."""
    if not it.may(SERVICES):
        yield _unknown(Topic.TERMS)
        return
    found = it.poweroffice.payment_terms()
    if found:
        shown = [f"{one.days}{' (default)' if one.is_default else ''}" for one in found]
        yield Finding.ok(Topic.TERMS, f"days: {', '.join(dict.fromkeys(shown))}")
        return
    yield Finding.warning(
        Topic.TERMS,
        "PowerOffice has no active payment term\n"
        "A customer with payment days in Tribe cannot be written to PowerOffice.",
        "Add the terms that Tribe uses in PowerOffice under Settings.",
    )


def _unknown(topic: Topic) -> Finding:
    return Finding.warning(topic, f"Not asked: the privilege {SERVICES} is not in force.")


def lists(it: Examination) -> Iterator[Finding]:
    """Whether the lists that the passes read can be read, and what that costs in an idle minute."""
    kinds = it.readable()
    if not kinds:
        yield Finding.warning(
            Topic.POWEROFFICE_LISTS, "Not asked: the privileges to read are not in force."
        )
        return
    later, connection = it.later(System.POWEROFFICE), it.connections[System.POWEROFFICE]
    whole = passes_of(System.POWEROFFICE, it.settings.kinds)
    for name, own in passes_of(System.POWEROFFICE, kinds).items():
        try:
            it.poweroffice.changed(own, later)
        except NotAllowed as error:
            yield Finding.failed(Topic.POWEROFFICE_LISTS, error)
            continue
        before = connection.requests
        it.poweroffice.changed(own, later)
        if own == whole[name]:
            it.idle[name] = connection.requests - before
        names = ", ".join(RESOURCES[kind].path.removeprefix("/") for kind in own)
        yield Finding.ok(Topic.POWEROFFICE_LISTS, f"{names}: can be read")
