"""Reading and finding products."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.tribe.conftest import START
from tests.tribe.peer import Peer, Scripted, answer, scripted_tribe
from tests.tribe.product_samples import UNITS, client, product, ready
from tribe_po.errors import NotAllowed
from tribe_po.fields import fields_of
from tribe_po.records import Form, Kind, Observation, Record, System
from tribe_po.transport.http import Answer
from tribe_po.tribe.client import Tribe
from tribe_po.tribe.metadata import PRODUCT, Names
from tribe_po.tribe.product_shape import product_shape
from tribe_po.tribe.product_values import record_of_product
from tribe_po.tribe.units import Units

NOWHERE = "00000000-0000-4000-8000-000000000000"
SHAPE = product_shape(Names.usual())


def codes(observation: Observation) -> list[str]:
    return sorted(str(record.values["code"]) for record in observation.records)


def read(**fields: Any) -> Record:
    """The record of a product written by hand."""
    return record_of_product(SHAPE, Units(UNITS), {"ID": "p-1", "Name": "Kaffe", **fields})


def without(*names: str) -> Names:
    usual = Names.usual()
    members = {k: v for k, v in usual.by_set[PRODUCT].items() if v not in names}
    return Names({**usual.by_set, PRODUCT: members}, known=True)


def test_everything_of_a_product(peer: Peer) -> None:
    product_id = peer.tenant.add_product(
        Name=" Kaffe ",
        Code="K-1",
        Description="Hele bønner\r\nBrent i Oslo",
        SalesPrice=Decimal("49.90"),
        PurchasePrice=21.5,
        VatGroup=15,
        ImportId="poweroffice:product:7",
    )
    found = product(client(peer), product_id)
    assert (found.kind, found.system, found.form) == (Kind.PRODUCT, System.TRIBE, Form.PRODUCT)
    assert found.id == found.relation_id == product_id
    assert (found.mark, found.role_missing, found.label) == (
        "poweroffice:product:7",
        False,
        "Kaffe",
    )
    assert found.values == {
        "code": "K-1",
        "name": "Kaffe",
        "description": "Hele bønner\r\nBrent i Oslo",
        "price": Decimal("49.9"),
        "cost": Decimal("21.5"),
        "unit": "EA",
        "group": "General",
        "vat": Decimal(15),
        "inactive": False,
    }
    amounts = [found.values[name] for name in ("price", "cost", "vat")]
    assert all(isinstance(amount, Decimal) for amount in amounts)


def test_next_to_nothing_of_a_product() -> None:
    found = read(IsInactive=None, Description=" \n", ImportId="excel-7", ProductGroup=None)
    assert found.values == {
        **{row.name: None for row in fields_of(Kind.PRODUCT, Form.PRODUCT)},
        "name": "Kaffe",
        "inactive": False,
    }
    assert found.mark is None


def test_names_are_read_in_any_capitals() -> None:
    found = read(code="K-1", salesprice=10, unit={"code": "hr"}, vatgroup={"percentage": 25})
    assert found.values["code"] == "K-1"
    assert (found.values["price"], found.values["vat"]) == (Decimal(10), Decimal(25))
    assert found.values["unit"] == "HUR"


@pytest.mark.parametrize(("inactive", "read_as"), [(True, True), (False, False), (None, False)])
def test_inactive_means_true_and_nothing_else(
    peer: Peer, inactive: bool | None, read_as: bool
) -> None:
    product_id = peer.tenant.add_product(Name="Kaffe", IsInactive=inactive)
    assert product(client(peer), product_id).values["inactive"] is read_as


@pytest.mark.parametrize(
    ("gross", "vat", "net"),
    [("125", 25, "100"), ("49.90", 15, "43.3913"), ("10", 12, "8.9286"), ("10", 0, "10")],
)
def test_a_price_with_vat_is_read_without(peer: Peer, gross: str, vat: int, net: str) -> None:
    product_id = peer.tenant.add_product(
        Name="Kaffe", SalesPrice=Decimal(gross), VatGroup=vat, IsVatIncluded=True
    )
    assert product(client(peer), product_id).values["price"] == Decimal(net)


def test_a_price_with_vat_at_an_unknown_rate_is_none(peer: Peer) -> None:
    peer.answer_otherwise(product_requires=False)
    product_id = peer.tenant.add_product(
        Name="Kaffe", SalesPrice=125, IsVatIncluded=True, VatGroup=None
    )
    values = product(client(peer), product_id).values
    assert (values["price"], values["vat"]) == (None, None)


def test_units_are_read_as_what_they_stand_for(peer: Peer) -> None:
    for code in ("spann", "KGM"):
        peer.tenant.add_unit(code)
    ids = [peer.tenant.add_product(Name=code, Unit=code) for code in ("pcs", "hr", "KGM", "spann")]
    units = [record.values["unit"] for record in client(peer).get(Kind.PRODUCT, ids)]
    assert units == ["EA", "HUR", "KGM", "?spann"]
    units = [record.values["unit"] for record in peer.tribe().get(Kind.PRODUCT, ids)]
    assert units == ["?pcs", "?hr", "KGM", "?spann"]


def test_everything(peer: Peer) -> None:
    peer.tenant.add_product(Name="Kaffe", Code="K-1")
    peer.tenant.add_product(Name="Te", Code="T-1", IsInactive=True)
    now = peer.later(days=1)
    seen = client(peer).changed([Kind.PRODUCT], None)
    assert codes(seen) == ["K-1", "T-1"]
    assert (seen.complete, seen.cursor, seen.system) == (True, now, System.TRIBE)


def test_an_idle_read_is_one_request(peer: Peer) -> None:
    peer.tenant.add_product(Name="Kaffe", Code="K-1")
    since = peer.later(hours=1)
    tribe = ready(peer)
    seen = tribe.changed([Kind.PRODUCT], since)
    assert (seen.records, seen.complete, seen.cursor) == ((), False, since)
    assert peer.asked() == ["GET Product"]


@pytest.mark.parametrize("stamped", [True, False])
def test_new_and_changed_products(peer: Peer, stamped: bool) -> None:
    peer.answer_otherwise(stamp_on_create=stamped)
    coffee = peer.tenant.add_product(Name="Kaffe", Code="K-1")
    peer.tenant.add_product(Name="Te", Code="T-1")
    since = peer.later(hours=1)
    peer.tenant.add_product(Name="Kakao", Code="C-1")
    peer.tenant.edit(coffee, SalesPrice=55)
    tribe = client(peer)
    seen = tribe.changed([Kind.PRODUCT], since)
    assert codes(seen) == ["C-1", "K-1"]
    assert codes(tribe.changed([Kind.PRODUCT], peer.later(minutes=5))) == ["C-1", "K-1"]
    assert codes(tribe.changed([Kind.PRODUCT], peer.later(seconds=1))) == []


def test_products_and_relations_in_one_read(peer: Peer) -> None:
    peer.tenant.add_customer(peer.tenant.add_organization(Name="Fjord Kaffe AS"))
    peer.tenant.add_product(Name="Kaffe", Code="K-1")
    peer.later(hours=1)
    tribe = client(peer)
    seen = tribe.changed(list(Kind), None)
    assert sorted(record.label for record in seen.records) == ["Fjord Kaffe AS", "Kaffe"]
    assert seen.cursor == START + timedelta(hours=1)
    peer.forget()
    assert tribe.changed([Kind.PRODUCT], None).records[0].kind is Kind.PRODUCT
    assert peer.asked() == ["GET Product", "GET Product"]


@pytest.mark.parametrize(
    "switches",
    [
        {"page_cap": 3},
        {"page_cap": 2, "next_link": True},
        {"order_by_id": False},
        {"metadata": False},
        {"product_requires": False},
    ],
)
def test_every_dialect_shows_the_same(peer: Peer, switches: dict[str, Any]) -> None:
    peer.answer_otherwise(**switches)
    for number in range(7):
        peer.tenant.add_product(Name="Kaffe", Code=f"K-{number}")
        peer.later(seconds=1)
    assert codes(client(peer).changed([Kind.PRODUCT], None)) == [f"K-{n}" for n in range(7)]


def test_products_by_id(peer: Peer) -> None:
    ids = [peer.tenant.add_product(Name=f"Vare {n}") for n in range(45)]
    gone = peer.tenant.add_product(Name="Borte")
    peer.tenant.delete(gone)
    tribe = ready(peer)
    wanted = [ids[3], gone, NOWHERE, "17", *ids, ids[3]]
    found = [record.id for record in tribe.get(Kind.PRODUCT, wanted)]
    assert found == [ids[3], *ids[:3], *ids[4:]]
    assert tribe.get(Kind.PRODUCT, []) == []


def test_forty_products_by_id_take_one_request(peer: Peer) -> None:
    ids = [peer.tenant.add_product(Name=f"Vare {n}") for n in range(40)]
    tribe = ready(peer)
    assert len(tribe.get(Kind.PRODUCT, ids)) == 40
    assert len(peer.asked()) == 1


def test_products_by_code(peer: Peer) -> None:
    for number in range(30):
        peer.tenant.add_product(Name=f"Vare {number}", Code=f"V-{number}")
    twice = [peer.tenant.add_product(Name=name, Code="O'BOY") for name in ("En", "To")]
    peer.tenant.add_product(Name="Uten")
    tribe = client(peer)
    found = tribe.find_by_key(Kind.PRODUCT, ["O'BOY"])
    assert sorted(record.id for record in found) == sorted(twice)
    wanted = [f"V-{number}" for number in range(60)]
    assert len(tribe.find_by_key(Kind.PRODUCT, [*wanted, " V-1 ", ""])) == 30
    assert tribe.find_by_key(Kind.PRODUCT, ["V"]) == []
    peer.forget()
    assert tribe.find_by_key(Kind.PRODUCT, []) == []
    assert peer.asked() == []


def test_products_by_mark(peer: Peer) -> None:
    marks = ["poweroffice:product:12", "poweroffice:product:123", "Poweroffice:product:12"]
    ids = [peer.tenant.add_product(Name="Vare", ImportId=mark) for mark in marks]
    tribe = client(peer)
    (found,) = tribe.find_by_mark(Kind.PRODUCT, marks[0])
    assert (found.id, found.mark) == (ids[0], marks[0])
    assert tribe.find_by_mark(Kind.PRODUCT, "poweroffice:product:1") == []
    assert tribe.find_by_mark(Kind.CUSTOMER, marks[0]) == []


def test_what_a_tenant_lacks_is_not_asked_for_and_is_none() -> None:
    shape = product_shape(without("Unit", "PurchasePrice", "ImportId", "IsVatIncluded"))
    asked = " ".join(value for _key, value in shape.selection.options())
    assert "VatGroup" in asked
    assert not any(name in asked for name in ("Unit", "PurchasePrice", "ImportId", "IsVat"))
    found = record_of_product(
        shape,
        Units({}),
        {"ID": "p", "Name": "Kaffe", "SalesPrice": 10, "VatGroup": {"Percentage": 25}},
    )
    assert (found.values["unit"], found.values["cost"]) == (None, None)
    assert found.values["price"] == Decimal(10)


def test_a_tenant_without_names_of_products_is_refused() -> None:
    with pytest.raises(NotAllowed, match="Name"):
        product_shape(without("Name"))


def test_nothing_is_found_by_what_a_tenant_lacks() -> None:
    def say(*_asked: Any) -> Answer:
        raise AssertionError("nothing to ask for")

    tribe = Tribe(Scripted(say), names=without("Code", "ImportId"))
    assert tribe.find_by_key(Kind.PRODUCT, ["K-1"]) == []
    assert tribe.find_by_mark(Kind.PRODUCT, "poweroffice:product:1") == []


@pytest.mark.parametrize(
    ("price", "read_as"),
    [("12.50", Decimal("12.5")), ("dyr", None), ("NaN", None), (True, None), ([], None)],
)
def test_a_price_is_a_number_or_none(price: object, read_as: Decimal | None) -> None:
    assert read(SalesPrice=price).values["price"] == read_as


def test_a_tenant_without_products_is_told() -> None:
    def say(*_asked: Any) -> Answer:
        return answer({"message": "entity type not found"}, 404)

    tribe, _connection = scripted_tribe(say)
    with pytest.raises(NotAllowed, match="Product"):
        tribe.changed([Kind.PRODUCT], None)
