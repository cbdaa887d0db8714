"""Under which exact names this tenant's Tribe keeps products and what they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tribe_po.fields import Field, fields_of
from tribe_po.records import Form, Kind
from tribe_po.tribe.countries import country_selection
from tribe_po.tribe.errors import no_place, unusable
from tribe_po.tribe.metadata import PRODUCT, PRODUCT_GROUP, UNIT, VAT_GROUP, Names
from tribe_po.tribe.query import Selection
from tribe_po.tribe.shapes import IMPORT_ID

VAT_INCLUDED = "IsVatIncluded"
LOOKUPS = {"group": PRODUCT_GROUP, "unit": UNIT, "vat": VAT_GROUP}
"""The fields that Tribe keeps as a link to a row of another set."""

_OF_ROW = ("ID", "Code", "Name", "Percentage")


@dataclass(frozen=True, slots=True)
class ProductShape:
    """The names of a product's properties and links by the field table's names; None where Tribe
    has no place for a field. `selection` reads a product with what it refers to."""

    names: Mapping[str, str | None]
    vat_included: str | None
    import_id: str | None
    selection: Selection

    def written_name(self, name: str) -> str:
        """The exact name under which a field is written. Raises `RecordRefused` when there is
        none."""
        found = self.names[name]
        if found is None:
            raise no_place(PRODUCT, row_of(name).label)
        return found


def product_shape(names: Names) -> ProductShape:
    """Resolve the field table against a tenant's names. Raises `NotAllowed` when it lacks a
    property that no product can do without."""
    found: dict[str, str | None] = {}
    for row in fields_of(Kind.PRODUCT, Form.PRODUCT):
        place = row.place(Form.PRODUCT)
        found[row.name] = names.resolve(PRODUCT, (place,))
        if row.required and found[row.name] is None:
            raise unusable(PRODUCT, place)
    vat_included = names.resolve(PRODUCT, (VAT_INCLUDED,))
    import_id = names.resolve(PRODUCT, (IMPORT_ID,))
    plain = [name for row, name in found.items() if row not in LOOKUPS]
    properties = [name for name in ("ID", *plain, vat_included, import_id) if name]
    expansions = tuple(
        (name, _row_selection(names, entity_set))
        for field, entity_set in LOOKUPS.items()
        if (name := found[field])
    )
    return ProductShape(
        found, vat_included, import_id, Selection(PRODUCT, tuple(properties), expansions)
    )


def _row_selection(names: Names, entity_set: str) -> Selection:
    return Selection(entity_set, names.known_of(entity_set, _OF_ROW))


def lookup_selection(names: Names, entity_set: str) -> Selection:
    """What it takes to choose one of all groups, units or VAT groups."""
    country = names.resolve(entity_set, ("Country",))
    expansions = ((country, country_selection(names)),) if country else ()
    return Selection(entity_set, names.known_of(entity_set, (*_OF_ROW, "IsDefault")), expansions)


def row_of(name: str) -> Field:
    """The field table's row for a field of products."""
    return next(row for row in fields_of(Kind.PRODUCT, Form.PRODUCT) if row.name == name)
