"""Which sets and exact names hold one kind and form of record in this tenant's Tribe."""

from __future__ import annotations

from dataclasses import dataclass

from tribe_po.fields import OF_ROLE, Field, fields_of
from tribe_po.records import Form, Kind
from tribe_po.tribe.countries import country_selection
from tribe_po.tribe.errors import unusable
from tribe_po.tribe.metadata import (
    ADDRESS,
    ORGANIZATION,
    ORGANIZATION_CUSTOMER,
    PERSON,
    PERSON_CUSTOMER,
    SUPPLIER,
    Names,
)
from tribe_po.tribe.query import Selection

ROLE_SETS: dict[tuple[Kind, Form], str] = {
    (Kind.CUSTOMER, Form.ORGANIZATION): ORGANIZATION_CUSTOMER,
    (Kind.CUSTOMER, Form.PERSON): PERSON_CUSTOMER,
    (Kind.SUPPLIER, Form.ORGANIZATION): SUPPLIER,
}
"""The relationship sets. Tribe documents no supplier that is a person (tribe.md section 6.6)."""

RELATIONS = {Form.ORGANIZATION: ORGANIZATION, Form.PERSON: PERSON}
CHILDREN = {Form.ORGANIZATION: "Organization", Form.PERSON: "Person"}
MIDDLE_NAME = "MiddleName"
IMPORT_ID = "ImportId"

_ADDRESS_PARTS = ("ID", "Street", "HouseNumber", "HouseNumberSuffix", "Extra", "Postalcode", "City")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one row of the field table is kept: on the role or on the relation, under which exact
    names.

    `name` is written, None where Tribe has no such property. `names` are read in order, each while
    those before it are empty. `is_address` tells that they are navigations to an address.
    """

    row: Field
    on_role: bool
    name: str | None
    names: tuple[str, ...]
    is_address: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind and form of record: its sets, its places, and what to select when reading it.

    `role` selects relationships with their relation, `relation` the relation alone.
    """

    kind: Kind
    form: Form
    role_set: str
    relation_set: str
    child: str
    places: tuple[Place, ...]
    middle_name: str | None
    import_id: str | None
    role: Selection
    relation: Selection


def shape_of(names: Names, kind: Kind, form: Form) -> Shape:
    """Resolve the field table against a tenant's names. Raises KeyError when Tribe has no set for
    the kind and form, `NotAllowed` when it lacks a property that no record can do without."""
    role_set, relation_set = ROLE_SETS[kind, form], RELATIONS[form]
    places = tuple(_place(names, row, form, role_set) for row in fields_of(kind, form))
    for place in places:
        if place.row.required and place.name is None:
            raise unusable(relation_set, place.row.place(form))
    middle_name = names.resolve(relation_set, (MIDDLE_NAME,)) if form is Form.PERSON else None
    import_id = names.resolve(role_set, (IMPORT_ID,))
    relation = _relation_selection(names, relation_set, places, middle_name)
    child = CHILDREN[form]
    on_role = [name for place in places if place.on_role for name in place.names]
    role = Selection(
        role_set,
        ("ID", *on_role, *([import_id] if import_id else ())),
        (("Relation", Selection("Relation", ("ID",))), (child, relation)),
    )
    return Shape(
        kind, form, role_set, relation_set, child, places, middle_name, import_id, role, relation
    )


def _place(names: Names, row: Field, form: Form, role_set: str) -> Place:
    wanted, on_role = row.place(form), row.is_of_role(form)
    entity_set = role_set if on_role else RELATIONS[form]
    name = names.resolve(entity_set, (wanted.removeprefix(OF_ROLE),))
    instead = names.known_of(entity_set, row.read_instead)
    readable = (name, *instead) if name else instead
    return Place(row, on_role, name, readable, is_address=row.name == "address")


def _relation_selection(
    names: Names, relation_set: str, places: tuple[Place, ...], middle_name: str | None
) -> Selection:
    properties = ["ID", *([middle_name] if middle_name else ())]
    expansions: list[tuple[str, Selection]] = []
    for place in places:
        if place.is_address:
            expansions += [(name, _address_selection(names)) for name in place.names]
        elif not place.on_role:
            properties += place.names
    return Selection(relation_set, tuple(properties), tuple(expansions))


def _address_selection(names: Names) -> Selection:
    country = names.resolve(ADDRESS, ("Country",))
    expansions = ((country, country_selection(names)),) if country else ()
    return Selection(ADDRESS, names.known_of(ADDRESS, _ADDRESS_PARTS), expansions)
