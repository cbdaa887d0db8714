"""The looks at Tribe: whose keys, which company is the own one, and what can be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tribe_po.errors import NotAllowed
from tribe_po.passes.check.examination import Examination, passes_of
from tribe_po.passes.check.findings import Finding, Level, Topic
from tribe_po.passes.session import tribe_of
from tribe_po.records import Kind, System
from tribe_po.tribe.metadata import INVOICE, PRODUCT


def keys(it: Examination) -> Iterator[Finding]:
    """Whether client id and secret are accepted."""
    names: list[str] = []

    def ask() -> datetime | None:
        user = it.tribe.who_am_i()
        names.append(user.name)
        return user.server_time

    it.hear(System.TRIBE, ask)
    acts = f"; the application acts as {names[0]}" if names[0] else ""
    yield Finding.ok(Topic.TRIBE_KEYS, f"accepted ({it.settings.tribe_api_url}){acts}")


def own_organization(it: Examination) -> Iterator[Finding]:
    """Which company in Tribe is the own one: with none or several, no pass can start."""
    it.own = it.tribe.own_organization()
    named = it.tribe.own_organizations()
    several = f", one of {len(named)}" if len(named) > 1 else ""
    yield Finding.ok(Topic.OWN, f"{named.get(it.own) or 'without a name'} ({it.own}){several}")
    configured = it.settings.tribe_organization_id or it.own
    if configured.lower() != it.own.lower():
        yield Finding.warning(
            Topic.OWN,
            f"TRIBECRM_ORGANIZATION_ID names another\nTribe shows only {it.own}, so that is used.",
            "Correct TRIBECRM_ORGANIZATION_ID, or take it out.",
        )


def sets(it: Examination) -> Iterator[Finding]:
    """Whether the sets that the passes read can be read, and what that costs in an idle minute."""
    later = it.later(System.TRIBE)
    for name, kinds in passes_of(System.TRIBE, it.settings.kinds).items():
        if kinds == (Kind.INVOICE,) and not it.tribe.offers(Kind.INVOICE):
            yield Finding(
                Topic.TRIBE_SETS,
                Level.WARNING,
                "no invoices: the Billing module is missing, or the keys may not read them",
                "Take invoices out of TRIBE_PO_KINDS if that is as it should be.",
            )
            continue
        try:
            it.tribe.changed(kinds, later)
        except NotAllowed as error:
            yield Finding.failed(Topic.TRIBE_SETS, error)
            continue
        if it.own:
            it.idle[name] = _idle_cost(it, kinds, later)
        read = [shape.role_set for shape in it.tribe.shapes(kinds)]
        read += [PRODUCT] if Kind.PRODUCT in kinds else []
        read += [INVOICE] if Kind.INVOICE in kinds else []
        yield Finding.ok(Topic.TRIBE_SETS, f"{', '.join(read)}: can be read")


def _idle_cost(it: Examination, kinds: tuple[Kind, ...], later: datetime) -> int:
    """Do what a pass does, which knows the tenant's names and ways from earlier ones."""
    connection = it.connections[System.TRIBE]
    before = connection.requests
    again = tribe_of(it.settings, connection, it.tribe.names, it.tribe.learned)
    again.own_organization()
    again.changed(kinds, later)
    return connection.requests - before
