"""What the tests of products start from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.tribe.peer import Peer, one
from tribe_po.records import Form, Kind, Record, Values
from tribe_po.sides import Creation, Edit
from tribe_po.tribe.client import Tribe

MARK = "poweroffice:product:77"
UNITS = {"pcs": "EA", "hr": "HUR"}
COFFEE: Values = {
    "code": "K-1",
    "name": "Kaffe",
    "description": "Hele bønner\nBrent i Oslo",
    "price": Decimal("49.90"),
    "cost": Decimal("21.5"),
    "unit": "EA",
    "group": "General",
    "vat": Decimal(15),
    "inactive": False,
}


def client(peer: Peer, **options: Any) -> Tribe:
    """A client that knows what the units mean."""
    return peer.tribe(**({"units": UNITS} | options))


def ready(peer: Peer, **options: Any) -> Tribe:
    """A client that has read the metadata; what it asks next is what counts."""
    tribe = client(peer, **options)
    assert tribe.names
    peer.forget()
    return tribe


def product(tribe: Tribe, product_id: str) -> Record:
    """The product with an ID."""
    return one(tribe, Kind.PRODUCT, product_id)


def creation(values: Values = COFFEE, **changes: Any) -> Creation:
    """A product to create."""
    return Creation(Kind.PRODUCT, Form.PRODUCT, {**values, **changes}, MARK)


def edit(product_id: str, **values: Any) -> Edit:
    """New values for a product."""
    return Edit(Kind.PRODUCT, Form.PRODUCT, product_id, product_id, None, values, {})
