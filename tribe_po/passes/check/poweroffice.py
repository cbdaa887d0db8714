"""The looks at PowerOffice: whose keys, what they may do, and what the passes meet there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tribe_po.errors import ExitCode
from tribe_po.passes import init_sync, pull_relations, push_relations
from tribe_po.passes.check.examination import FULL, Examination
from tribe_po.passes.check.findings import Finding, Level, Topic
from tribe_po.poweroffice.client import NumberSeries
from tribe_po.poweroffice.lists import CONTACTS
from tribe_po.records import Kind, System

SERVICES = "CommonServices"

NEEDED: Mapping[str, Mapping[Kind, tuple[str, ...]]] = {
    init_sync.NAME: {Kind.CUSTOMER: ("Customer",), Kind.SUPPLIER: ("Supplier",)},
    push_relations.NAME: {
        Kind.CUSTOMER: ("Customer_Full", SERVICES),
        Kind.SUPPLIER: ("Supplier_Full",),
    },
    pull_relations.NAME: {Kind.CUSTOMER: ("Customer",), Kind.SUPPLIER: ("Supplier",)},
}
"""The privileges that each command needs for each kind (poweroffice.md section 13.1). Payment terms
come with CommonServices, and only customers have them here."""


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
        needed = [each for kind in it.settings.kinds for each in by_kind[kind]]
        missing = [each for each in dict.fromkeys(needed) if not it.may(each)]
        missed.update(missing)
        if missing:
            yield _lacking(it, command, missing)
    unused = sorted(set(it.client.invalid_privileges) - missed - {f"{one}{FULL}" for one in missed})
    if unused:
        text = f"not in force for want of a Go module, and not needed: {', '.join(unused)}"
        yield Finding.ok(Topic.PRIVILEGES, text)


def _lacking(it: Examination, command: str, missing: Sequence[str]) -> Finding:
    """`InvalidPrivileges` tells a client without the module from a grant that was never made."""
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
    text = f"{command} lacks {', '.join(missing)}\n{' '.join(reasons)}"
    return Finding(Topic.PRIVILEGES, Level.ERROR, text, " ".join(steps), ExitCode.NOT_ALLOWED)


def series(it: Examination) -> Iterator[Finding]:
    """Which numbers PowerOffice gives to new customers and suppliers."""
    if not it.may(SERVICES):
        yield _unknown(Topic.SERIES)
        return
    found = it.poweroffice.number_series(it.settings.kinds)
    for kind in it.settings.kinds:
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
    if Kind.CUSTOMER not in it.settings.kinds:
        return
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
    it.poweroffice.changed(kinds, later)
    before = connection.requests
    it.poweroffice.changed(kinds, later)
    if kinds == list(it.settings.kinds):
        it.idle[System.POWEROFFICE] = connection.requests - before
    names = ", ".join(CONTACTS[kind].path.removeprefix("/") for kind in kinds)
    yield Finding.ok(Topic.POWEROFFICE_LISTS, f"{names}: can be read")
