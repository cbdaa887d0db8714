"""The looks at Tribe: whose keys, which company is the own one, and where the fields are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tribe_po.errors import NotAllowed
from tribe_po.fields import FIELDS, Field
from tribe_po.passes.check.examination import Examination
from tribe_po.passes.check.findings import Finding, Topic
from tribe_po.records import Form, Kind, System
from tribe_po.tribe.client import Tribe
from tribe_po.tribe.metadata import ROOT
from tribe_po.tribe.shapes import IMPORT_ID, Place, Shape

FORMS: Mapping[Form, str] = {Form.ORGANIZATION: "company", Form.PERSON: "person"}

Members = Mapping[Kind, frozenset[str]]


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


def fields(it: Examination) -> Iterator[Finding]:
    """Where each row of the field table is kept on either side, and what is missing there."""
    if not it.tribe.names.known:
        yield Finding.warning(
            Topic.FIELDS,
            "Tribe's names could not be read\n"
            f"{ROOT}/$metadata gave none, so the documented names are used and may be wrong.",
            "Give the application's user the right to read it, if Tribe has such a right.",
        )
    try:
        shapes = it.tribe.shapes(it.settings.kinds)
    except NotAllowed as error:
        yield Finding.failed(Topic.FIELDS, _without_a_name(it, error))
        return
    members = _members(it)
    for row in FIELDS:
        if row.kinds & set(it.settings.kinds):
            yield from _row(row, shapes, members)
    if not any(members.values()):
        text = "PowerOffice's names are the documented ones: it shows no record to compare"
        yield Finding.ok(Topic.FIELDS, f"{text} with")
    yield from _marks(shapes)


def _without_a_name(it: Examination, error: NotAllowed) -> NotAllowed:
    where = f"{it.settings.tribe_api_url}{ROOT}/$metadata"
    return NotAllowed(error.what, error.why, f"Compare the names in {where}.")


def _members(it: Examination) -> Members:
    """What PowerOffice's records tell of themselves, by kind; nothing where it cannot be asked."""
    if System.POWEROFFICE not in it.heard:
        return {}
    return {kind: it.poweroffice.members(kind) for kind in it.readable()}


def _row(row: Field, shapes: Sequence[Shape], members: Members) -> Iterator[Finding]:
    spots = [(shape, one) for shape in shapes for one in shape.places if one.row is row]
    kept = _kept(spots)
    if kept:
        written = row.poweroffice_written
        also = f" (written as {written})" if written else ""
        text = f"{row.label}: {kept} in Tribe, {row.poweroffice}{also} in PowerOffice"
        yield Finding.ok(Topic.FIELDS, text)
    for shape, place in spots:
        if place.name is None:
            yield _missing_in_tribe(shape, place)
    for kind, known in members.items():
        if known and kind in row.kinds and row.poweroffice not in known:
            yield _missing_in_poweroffice(row, kind)


def _kept(spots: Sequence[tuple[Shape, Place]]) -> str:
    """The names in Tribe; who has them is told only where companies and persons differ."""
    forms: dict[str, list[str]] = {}
    for shape, place in spots:
        if place.names:
            owner = "the role's " if place.on_role else ""
            who = forms.setdefault(owner + ", else ".join(place.names), [])
            who += [FORMS[shape.form]] if FORMS[shape.form] not in who else []
    if len(forms) == 1:
        return next(iter(forms))
    return "; ".join(f"{names} ({', '.join(who)})" for names, who in forms.items())


def _missing_in_tribe(shape: Shape, place: Place) -> Finding:
    on = shape.role_set if place.on_role else shape.relation_set
    wanted = place.row.place(shape.form).rpartition(".")[2]
    return Finding.warning(
        Topic.FIELDS,
        f"{place.row.label}: Tribe has no {wanted}\n"
        f"Its metadata names none of {on}. A {shape.kind} with that value is quarantined.",
        "Ask Tribe which module or right brings it.",
    )


def _missing_in_poweroffice(row: Field, kind: Kind) -> Finding:
    return Finding.warning(
        Topic.FIELDS,
        f"{row.label}: PowerOffice has no {row.poweroffice}\n"
        f"No {kind} that was read has it, so it looks empty there.",
        "Report it: PowerOffice may have changed.",
    )


def _marks(shapes: Sequence[Shape]) -> Iterator[Finding]:
    unmarked = [shape.role_set for shape in shapes if shape.import_id is None]
    if unmarked:
        yield Finding.warning(
            Topic.FIELDS,
            f"Tribe has no {IMPORT_ID}\nMissing in {', '.join(unmarked)}. A record whose creation "
            "was interrupted is then found by its number alone.",
            "Nothing to do, unless Tribe can show it to the application.",
        )


def sets(it: Examination) -> Iterator[Finding]:
    """Whether the sets that the passes read can be read, and what that costs in an idle minute."""
    kinds, later = it.settings.kinds, it.later(System.TRIBE)
    it.tribe.changed(kinds, later)
    if it.own:
        it.idle[System.TRIBE] = _idle_cost(it, later)
    names = ", ".join(shape.role_set for shape in it.tribe.shapes(kinds))
    yield Finding.ok(Topic.TRIBE_SETS, f"{names}: can be read")


def _idle_cost(it: Examination, later: datetime) -> int:
    """Do what a pass does, which knows the tenant's names and ways from earlier ones."""
    connection = it.connections[System.TRIBE]
    before = connection.requests
    again = Tribe(
        connection,
        it.settings.tribe_organization_id or "",
        names=it.tribe.names,
        learned=it.tribe.learned,
    )
    again.own_organization()
    again.changed(it.settings.kinds, later)
    return connection.requests - before
