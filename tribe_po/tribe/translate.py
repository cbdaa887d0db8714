"""Between Tribe's JSON objects and the plain records. Pure: nothing here asks a server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tribe_po.records import Address, Record, System, Value, Values
from tribe_po.tribe.address import address_of
from tribe_po.tribe.countries import alpha_2_of
from tribe_po.tribe.entity import Entity, identifier, linked, read, text, whole_number
from tribe_po.tribe.errors import no_place
from tribe_po.tribe.shapes import Place, Shape
from tribe_po.values import clean

MARK = "poweroffice:"
"""What every mark of this tool begins with; other text in `ImportId` is somebody else's."""

_NORWEGIAN_VAT = re.compile(r"(?:NO)?((?:\s?\d){9})\s?(?:MVA)?", re.IGNORECASE)


def record_of_role(shape: Shape, role: Entity) -> Record | None:
    """Give the record of a relationship; None when it belongs to no relation that can be read."""
    relation = linked(role, shape.child)
    if relation is None or not identifier(relation):
        return None
    values, address_id = _values(shape, relation, role)
    import_id = text(read(role, shape.import_id)) if shape.import_id else ""
    return Record(
        kind=shape.kind,
        system=System.TRIBE,
        id=identifier(role),
        relation_id=identifier(relation),
        form=shape.form,
        values=values,
        mark=import_id if import_id.startswith(MARK) else None,
        address_id=address_id,
    )


def record_of_relation(shape: Shape, relation: Entity, upgrade_id: str = "") -> Record:
    """Give the record of an organisation or person that lacks the role. `upgrade_id` names the
    relationship that can be turned into the role."""
    values, address_id = _values(shape, relation, {})
    return Record(
        kind=shape.kind,
        system=System.TRIBE,
        id=upgrade_id,
        relation_id=identifier(relation),
        form=shape.form,
        values=values,
        address_id=address_id,
        role_missing=True,
    )


def _values(shape: Shape, relation: Entity, role: Entity) -> tuple[Values, str | None]:
    values: dict[str, Value] = {}
    address_id = None
    for place in shape.places:
        if place.is_address:
            values[place.row.name], address_id = _address(place, relation)
        else:
            reader = _READERS.get(place.row.name, _text)
            values[place.row.name] = reader(shape, place, role if place.on_role else relation)
    return values, address_id


def _address(place: Place, relation: Entity) -> tuple[Address | None, str | None]:
    """The first address with something in it; its ID only when it is the one that is written."""
    for name in place.names:
        entity = linked(relation, name)
        address = address_of(entity, alpha_2_of(linked(entity, "Country"))) if entity else None
        if entity is not None and address is not None:
            return address, identifier(entity) or None if name == place.name else None
    own = linked(relation, place.name) if place.name else None
    return None, identifier(own) or None


def _text(_shape: Shape, place: Place, entity: Entity) -> Value:
    for name in place.names:
        if found := text(read(entity, name)):
            return found
    return None


def _first_name(shape: Shape, place: Place, person: Entity) -> Value:
    """A middle name is a particle such as "van"; PowerOffice has no field of its own for it."""
    parts = [*place.names, *([shape.middle_name] if shape.middle_name else ())]
    return clean(" ".join(text(read(person, name)) for name in parts))


def _organization_number(_shape: Shape, place: Place, organization: Entity) -> Value:
    value = _text(_shape, place, organization)
    found = _NORWEGIAN_VAT.fullmatch(value) if isinstance(value, str) else None
    return "".join(found[1].split()) if found else value


def _days(_shape: Shape, place: Place, role: Entity) -> Value:
    return next((whole_number(read(role, name)) for name in place.names), None)


def _flag(_shape: Shape, place: Place, role: Entity) -> Value:
    """Null means no (tribe.md section 6.4)."""
    return any(read(role, name) is True for name in place.names)


_READERS: dict[str, Callable[[Shape, Place, Entity], Value]] = {
    "first_name": _first_name,
    "organization_number": _organization_number,
    "payment_days": _days,
    "inactive": _flag,
}


@dataclass(slots=True)
class Bodies:
    """What to write: properties of the relation, and properties of the role."""

    relation: dict[str, Any] = field(default_factory=dict)
    role: dict[str, Any] = field(default_factory=dict)


def bodies(shape: Shape, values: Values) -> Bodies:
    """Give the properties for some values, the address aside. None becomes null, which clears.

    Raises `RecordRefused` for a value that this tenant's Tribe has no property for: left out in
    silence, it would look as if somebody had cleared it.
    """
    written = Bodies()
    for place in _places_of(shape, values):
        if not place.is_address:
            body = written.role if place.on_role else written.relation
            body[written_name(shape, place)] = _written(place, values[place.row.name])
            if place.row.name == "first_name" and shape.middle_name:
                body[shape.middle_name] = None
    return written


def _places_of(shape: Shape, values: Values) -> Iterable[Place]:
    return (place for place in shape.places if place.row.name in values)


def written_name(shape: Shape, place: Place) -> str:
    """The exact name under which a value is written. Raises `RecordRefused` when there is none."""
    if place.name is None:
        raise no_place(shape.role_set if place.on_role else shape.relation_set, place.row.label)
    return place.name


def _written(place: Place, value: Value) -> str | int | bool | None:
    if place.row.name == "inactive":
        return bool(value)
    return value if isinstance(value, int) else clean(value)


def place_of(shape: Shape, name: str) -> Place:
    """Where the field with a name is kept."""
    return next(place for place in shape.places if place.row.name == name)
