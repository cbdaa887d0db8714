"""Between Tribe's products and the plain records. Pure: nothing here asks a server."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tribe_po.records import Form, Kind, Record, System, Value, Values
from tribe_po.tribe.entity import Entity, amount, identifier, linked, read, text
from tribe_po.tribe.price import VatUnknown, gross_of, net_of
from tribe_po.tribe.product_shape import LOOKUPS, ProductShape
from tribe_po.tribe.translate import MARK
from tribe_po.tribe.units import Units
from tribe_po.values import clean


def record_of_product(shape: ProductShape, units: Units, product: Entity) -> Record:
    """Give the record of a product that was read with the shape's selection."""
    values: dict[str, Value] = {}
    for field, name in shape.names.items():
        reader = _READERS.get(field, _text)
        values[field] = reader(product, name) if name else None
    values["price"] = net_price(shape, product)
    values["unit"] = units.meaning(_row(shape, product, "unit"))
    values["vat"] = vat_of(shape, product)
    import_id = text(read(product, shape.import_id)) if shape.import_id else ""
    return Record(
        kind=Kind.PRODUCT,
        system=System.TRIBE,
        id=identifier(product),
        relation_id=identifier(product),
        form=Form.PRODUCT,
        values=values,
        mark=import_id if import_id.startswith(MARK) else None,
    )


def net_price(shape: ProductShape, product: Entity) -> Decimal | None:
    """The price without VAT; None where there is no price, and where it includes VAT at a rate that
    is not known."""
    name = shape.names["price"]
    price = amount(read(product, name)) if name else None
    if price is None or not includes_vat(shape, product):
        return price
    vat = vat_of(shape, product)
    return None if vat is None else net_of(price, vat)


def includes_vat(shape: ProductShape, product: Entity) -> bool:
    """Whether the price of a product is one with VAT. Null means no."""
    return shape.vat_included is not None and read(product, shape.vat_included) is True


def vat_of(shape: ProductShape, product: Entity) -> Decimal | None:
    """The per cent of the product's VAT group, None where it has none."""
    row = _row(shape, product, "vat")
    return amount(read(row, "Percentage")) if row is not None else None


def _row(shape: ProductShape, product: Entity, field: str) -> Entity | None:
    name = shape.names[field]
    return linked(product, name) if name else None


def _text(product: Entity, name: str) -> Value:
    return text(read(product, name)) or None


def _lines(product: Entity, name: str) -> Value:
    """A text as it is, with its line breaks."""
    found = read(product, name)
    return found if isinstance(found, str) and found.strip() else None


def _amount(product: Entity, name: str) -> Value:
    return amount(read(product, name))


def _flag(product: Entity, name: str) -> Value:
    """Null means no."""
    return read(product, name) is True


def _name_of_row(product: Entity, name: str) -> Value:
    row = linked(product, name)
    return clean(read(row, "Name")) if row is not None else None


_READERS: dict[str, Callable[[Entity, str], Value]] = {
    "description": _lines,
    "cost": _amount,
    "group": _name_of_row,
    "inactive": _flag,
}


def plain_body(shape: ProductShape, values: Values) -> dict[str, Any]:
    """Give the properties for some values; price, group, unit and VAT aside. None becomes null,
    which clears. Raises `RecordRefused` for a value that this tenant has no property for."""
    return {
        shape.written_name(name): written(name, value)
        for name, value in values.items()
        if name != "price" and name not in LOOKUPS
    }


def price_body(
    shape: ProductShape, product: Entity, values: Values, vat_moves: bool
) -> dict[str, Any]:
    """Give the price to write with some values on a product as it is.

    Where its price includes VAT, a new VAT rate (`vat_moves`) moves it too: the price without VAT
    is what both sides agree on. Raises `VatUnknown` where the product has no VAT rate.
    """
    name = shape.written_name("price") if "price" in values else shape.names["price"]
    gross = includes_vat(shape, product)
    if name is None or not ("price" in values or (gross and vat_moves)):
        return {}
    net = values["price"] if "price" in values else net_price(shape, product)
    if not gross or not isinstance(net, Decimal):
        return {name: written("price", net)} if "price" in values else {}
    vat = values["vat"] if vat_moves else vat_of(shape, product)
    if not isinstance(vat, Decimal):
        raise VatUnknown
    return {name: written("price", gross_of(net, vat))}


def written(name: str, value: Value) -> Any:
    """The JSON form of a value."""
    if name == "inactive":
        return bool(value)
    if isinstance(value, Decimal):
        # JSON's readers keep no more digits than a double has.
        return Decimal(repr(float(value)))
    return value if name == "description" or isinstance(value, int) else clean(value)
