"""The look at the field table: where each row is kept on either side, and what is missing there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tribe_po.errors import NotAllowed
from tribe_po.fields import FIELDS, Field, fields_of
from tribe_po.passes.check.examination import Examination
from tribe_po.passes.check.findings import Finding, Topic
from tribe_po.passes.check.invoice_names import invoice_names
from tribe_po.records import RELATIONS, Form, Kind, System
from tribe_po.tribe.metadata import PRODUCT, ROOT
from tribe_po.tribe.product_shape import ProductShape
from tribe_po.tribe.shapes import IMPORT_ID, Shape

FORMS: Mapping[Form, str] = {
    Form.ORGANIZATION: "company",
    Form.PERSON: "person",
    Form.PRODUCT: "product",
}

Members = Mapping[Kind, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where Tribe keeps one row for one kind and form of record: in which set, and under which
    exact names, none where it has no place for it."""

    row: Field
    kind: Kind
    form: Form
    entity_set: str
    on_role: bool
    names: tuple[str, ...]
    missing: bool


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
        shapes, product = _shapes(it)
    except NotAllowed as error:
        yield Finding.failed(Topic.FIELDS, _without_a_name(it, error))
        return
    spots = [*_of_relations(shapes), *(_of_products(product) if product else ())]
    members = _members(it)
    for row in FIELDS:
        if any(row in _rows(kind) for kind in it.settings.kinds):
            yield from _row(row, spots, members)
    if not any(members.values()):
        text = "PowerOffice's names are the documented ones: it shows no record to compare"
        yield Finding.ok(Topic.FIELDS, f"{text} with")
    yield from _marks(shapes, product)
    if Kind.INVOICE in it.settings.kinds and it.tribe.offers(Kind.INVOICE):
        yield from invoice_names(it.tribe.names)


def _shapes(it: Examination) -> tuple[list[Shape], ProductShape | None]:
    shapes = it.tribe.shapes(it.settings.kinds)
    return shapes, it.tribe.products.shape if Kind.PRODUCT in it.settings.kinds else None


def _of_relations(shapes: Sequence[Shape]) -> Iterator[Spot]:
    for shape in shapes:
        for place in shape.places:
            yield Spot(
                place.row,
                shape.kind,
                shape.form,
                shape.role_set if place.on_role else shape.relation_set,
                place.on_role,
                place.names,
                place.name is None,
            )


def _of_products(shape: ProductShape) -> Iterator[Spot]:
    for row in fields_of(Kind.PRODUCT, Form.PRODUCT):
        name = shape.names[row.name]
        names = (name,) if name else ()
        yield Spot(row, Kind.PRODUCT, Form.PRODUCT, PRODUCT, False, names, not names)


def _rows(kind: Kind) -> list[Field]:
    """The rows of a kind, in any form that PowerOffice has of it."""
    forms = (Form.ORGANIZATION, Form.PERSON) if kind in RELATIONS else (Form.PRODUCT,)
    return [row for form in forms for row in fields_of(kind, form)]


def _without_a_name(it: Examination, error: NotAllowed) -> NotAllowed:
    where = f"{it.settings.tribe_api_url}{ROOT}/$metadata"
    return NotAllowed(error.what, error.why, f"Compare the names in {where}.")


def _members(it: Examination) -> Members:
    """What PowerOffice's records tell of themselves, by kind; nothing where it cannot be asked.
    What is known of an invoice stands in no single record of PowerOffice."""
    if System.POWEROFFICE not in it.heard:
        return {}
    return {
        kind: it.poweroffice.members(kind) for kind in it.readable() if kind is not Kind.INVOICE
    }


def _row(row: Field, spots: Sequence[Spot], members: Members) -> Iterator[Finding]:
    own = [spot for spot in spots if spot.row is row]
    kept = _kept(own)
    if kept:
        written = row.poweroffice_written
        also = f" (written as {written})" if written else ""
        text = f"{_label(row)}: {kept} in Tribe, {row.poweroffice}{also} in PowerOffice"
        yield Finding.ok(Topic.FIELDS, text)
    for spot in own:
        if spot.missing:
            yield _missing_in_tribe(spot)
    for kind, known in members.items():
        if known and row in _rows(kind) and row.poweroffice not in known:
            yield _missing_in_poweroffice(row, kind)


def _label(row: Field) -> str:
    """The row's label; relations and products have some of the same."""
    return f"{row.label} (product)" if Form.PRODUCT in row.forms else row.label


def _kept(spots: Sequence[Spot]) -> str:
    """The names in Tribe; who has them is told only where companies and persons differ."""
    forms: dict[str, list[str]] = {}
    for spot in spots:
        if spot.names:
            owner = "the role's " if spot.on_role else ""
            who = forms.setdefault(owner + ", else ".join(spot.names), [])
            who += [FORMS[spot.form]] if FORMS[spot.form] not in who else []
    if len(forms) == 1:
        return next(iter(forms))
    return "; ".join(f"{names} ({', '.join(who)})" for names, who in forms.items())


def _missing_in_tribe(spot: Spot) -> Finding:
    wanted = spot.row.place(spot.form).rpartition(".")[2]
    return Finding.warning(
        Topic.FIELDS,
        f"{_label(spot.row)}: Tribe has no {wanted}\nIts metadata names none of "
        f"{spot.entity_set}. A {spot.kind} with that value is quarantined.",
        "Ask Tribe which module or right brings it.",
    )


def _missing_in_poweroffice(row: Field, kind: Kind) -> Finding:
    return Finding.warning(
        Topic.FIELDS,
        f"{_label(row)}: PowerOffice has no {row.poweroffice}\n"
        f"No {kind} that was read has it, so it looks empty there.",
        "Report it: PowerOffice may have changed.",
    )


def _marks(shapes: Sequence[Shape], product: ProductShape | None) -> Iterator[Finding]:
    unmarked = [shape.role_set for shape in shapes if shape.import_id is None]
    if product and product.import_id is None:
        unmarked.append(PRODUCT)
    if unmarked:
        yield Finding.warning(
            Topic.FIELDS,
            f"Tribe has no {IMPORT_ID}\nMissing in {', '.join(unmarked)}. A record whose creation "
            "was interrupted is then found by its number or code alone.",
            "Nothing to do, unless Tribe can show it to the application.",
        )
