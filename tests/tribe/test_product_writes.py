"""Creating and changing products."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tribe.peer import Peer, answer, scripted_tribe
from tests.tribe.product_samples import (
    COFFEE,
    MARK,
    UNITS,
    client,
    creation,
    edit,
    product,
    ready,
)
from tribe_po.errors import AlreadyExists, LostAnswer, NotAllowed, RecordGone, RecordRefused
from tribe_po.records import Kind, Values
from tribe_po.sandbox.faults import DropAfter, Fault, Status
from tribe_po.transport.http import Answer
from tribe_po.tribe.metadata import PRODUCT, Names

NOWHERE = "00000000-0000-4000-8000-000000000000"


def stored(peer: Peer, product_id: str) -> dict[str, Any]:
    """A product as its users see it, with what it refers to."""
    return next(row for row in peer.tenant.products() if row["ID"] == product_id)


def test_a_new_product(peer: Peer) -> None:
    tribe = client(peer)
    made = tribe.create(creation())
    assert made.record is None
    record = product(tribe, made.id)
    assert (record.values, record.mark) == (COFFEE, MARK)
    kept = stored(peer, made.id)
    assert (kept["IsVatIncluded"], kept["IsInactive"]) == (False, None)
    assert kept["Unit"]["Code"] == "pcs"


def test_a_new_product_takes_one_request_once_the_lists_are_known(peer: Peer) -> None:
    tribe = ready(peer)
    tribe.create(creation())
    assert peer.asked().count("POST Product") == 1
    assert {"GET ProductGroup", "GET Datastore_Unit", "GET Datastore_VatGroup"} < set(peer.asked())
    peer.forget()
    tribe.create(creation(code="K-2"))
    assert peer.asked() == ["POST Product"]


def test_a_new_product_with_next_to_nothing(peer: Peer) -> None:
    values: Values = {"name": "Kaffe", "vat": Decimal(25), "unit": "HUR"}
    made = client(peer).create(creation(values, price=None, inactive=None))
    (body,) = peer.bodies()
    assert set(body) == {"Name", "ImportId", "ProductGroup", "Unit", "VatGroup"}
    assert stored(peer, made.id)["Unit"]["Code"] == "hr"


def test_a_new_product_that_is_inactive(peer: Peer) -> None:
    made = client(peer).create(creation(inactive=True))
    assert stored(peer, made.id)["IsInactive"] is True


@pytest.mark.parametrize("wanted", ["drikke", "Drikke", "DRIKKE", " Drikke "])
def test_the_group_goes_by_its_name(peer: Peer, wanted: str) -> None:
    peer.tenant.add_product_group("Drikke")
    made = client(peer, default_group="General").create(creation(group=wanted))
    assert stored(peer, made.id)["ProductGroup"]["Name"] == "Drikke"


@pytest.mark.parametrize("group", [None, "Drikke"])
def test_the_only_group_stands_in(peer: Peer, group: str | None) -> None:
    made = client(peer).create(creation(group=group))
    assert stored(peer, made.id)["ProductGroup"]["Name"] == "General"


@pytest.mark.parametrize("group", [None, "Drikke"])
def test_the_default_group_stands_in(peer: Peer, group: str | None) -> None:
    peer.tenant.add_product_group("Diverse")
    made = client(peer, default_group="diverse").create(creation(group=group))
    assert stored(peer, made.id)["ProductGroup"]["Name"] == "Diverse"


@pytest.mark.parametrize("default", [None, "Finnes ikke"])
def test_a_group_that_cannot_be_told_is_refused(peer: Peer, default: str | None) -> None:
    peer.tenant.add_product_group("Diverse")
    tribe = client(peer, default_group=default)
    with pytest.raises(RecordRefused, match="Drikke") as caught:
        tribe.create(creation(group="Drikke"))
    assert "Diverse" in caught.value.why
    assert "General" in caught.value.why
    assert "TRIBE_PO_PRODUCT_GROUP" in caught.value.next_step
    with pytest.raises(RecordRefused, match="no group for the product"):
        tribe.create(creation(group=None))
    assert peer.tenant.products() == []


def test_the_first_unit_with_the_meaning_is_taken(peer: Peer) -> None:
    peer.later(seconds=1)
    peer.tenant.add_unit("stk")
    peer.tenant.add_unit("KGM")
    tribe = client(peer, units={"stk": "EA", **UNITS})
    made = [tribe.create(creation(unit=unit)).id for unit in ("EA", "ea", "KGM")]
    units = [stored(peer, product_id)["Unit"]["Code"] for product_id in made]
    assert units == ["pcs", "pcs", "KGM"]


def test_a_unit_that_nothing_stands_for_is_refused(peer: Peer) -> None:
    with pytest.raises(RecordRefused, match="KGM") as caught:
        client(peer).create(creation(unit="KGM"))
    assert "pcs, hr" in caught.value.why
    assert "TRIBE_PO_UNITS" in caught.value.next_step
    assert peer.tenant.products() == []


def test_a_product_without_a_unit_gets_the_default_one(peer: Peer) -> None:
    tribe = client(peer)
    with pytest.raises(RecordRefused, match="no unit"):
        tribe.create(creation(unit=None))
    (hour,) = (
        row.id for row in peer.tenant.store.of_type("Datastore_Unit") if row.values["Code"] == "hr"
    )
    peer.tenant.edit(hour, IsDefault=True)
    made = client(peer).create(creation(unit=None))
    assert stored(peer, made.id)["Unit"]["Code"] == "hr"


def test_the_vat_group_goes_by_its_per_cent(peer: Peer) -> None:
    tribe = client(peer)
    for rate in (Decimal("25.0"), Decimal(12), Decimal(0)):
        made = tribe.create(creation(vat=rate))
        assert stored(peer, made.id)["VatGroup"]["Percentage"] == rate


def test_a_per_cent_that_no_vat_group_has_is_refused(peer: Peer) -> None:
    tribe = client(peer)
    with pytest.raises(RecordRefused, match=r"11\.11 %") as caught:
        tribe.create(creation(vat=Decimal("11.11")))
    assert "0 %, 12 %, 15 %, 25 %" in caught.value.why
    with pytest.raises(RecordRefused, match="no VAT per cent"):
        tribe.create(creation(vat=None))
    assert peer.tenant.products() == []


def lists(**rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    usual: dict[str, list[dict[str, Any]]] = {
        "ProductGroup": [{"ID": "g-1", "Name": "General"}],
        "Datastore_Unit": [{"ID": "u-1", "Code": "pcs"}],
        "Datastore_VatGroup": [{"ID": "v-1", "Percentage": 25}],
    }
    return usual | rows


def posted(rows: dict[str, list[dict[str, Any]]], **changes: Any) -> Any:
    """The body of a new product in a tenant with these lists."""

    def say(method: str, path: str, query: dict[str, str], _body: Any) -> Answer:
        if method == "POST":
            return answer({"ID": "p-1"}, 201)
        return answer({"value": [] if "$skip" in query else rows[path.rpartition("/")[2]]})

    tribe, connection = scripted_tribe(say, units=UNITS)
    assert tribe.create(creation(**({"vat": Decimal(25)} | changes))).id == "p-1"
    return connection.asked[-1][3]


@pytest.mark.parametrize(
    ("groups", "chosen"),
    [
        ([{"ID": "a"}, {"ID": "b", "Country": {"Code": "NO"}}], "b"),
        ([{"ID": "a"}, {"ID": "b", "IsDefault": True}], "b"),
        ([{"ID": "a", "IsDefault": True}, {"ID": "b", "Country": {"Code": "NO"}}], "b"),
        ([{"ID": "a", "Country": {"Code": "SE"}}, {"ID": "b"}], "a"),
        ([{"ID": "a", "Country": {"Name": "Norway"}}, {"ID": "b", "IsDefault": None}], "a"),
    ],
)
def test_of_several_vat_groups_norways_or_the_default_one_is_taken(
    groups: list[dict[str, Any]], chosen: str
) -> None:
    rows = [{**group, "Percentage": 25.0} for group in groups]
    assert posted(lists(Datastore_VatGroup=rows))["VatGroup"] == {"ID": chosen}


def test_a_group_goes_by_its_code_too() -> None:
    groups = [{"ID": "a", "Name": "Drikke", "Code": "10"}, {"ID": "b", "Name": "Mat", "Code": "20"}]
    assert posted(lists(ProductGroup=groups), group="20")["ProductGroup"] == {"ID": "b"}


def test_the_group_of_the_very_name_is_taken() -> None:
    groups = [{"ID": "a", "Name": "DRIKKE"}, {"ID": "b", "Name": "Drikke"}]
    assert posted(lists(ProductGroup=groups), group="Drikke")["ProductGroup"] == {"ID": "b"}


def test_more_digits_than_json_keeps_are_rounded() -> None:
    price = Decimal("0.12345678901234567890123")
    assert posted(lists(), price=price)["SalesPrice"] == Decimal("0.12345678901234568")


@pytest.mark.parametrize("switches", [{"write_body": False}, {"metadata": False}, {"put": False}])
def test_every_dialect_takes_a_product(peer: Peer, switches: dict[str, Any]) -> None:
    peer.answer_otherwise(**switches)
    tribe = client(peer)
    made = tribe.create(creation())
    assert product(tribe, made.id).values == COFFEE
    tribe.update(edit(made.id, name="Kaffe, hel", vat=Decimal(25), description=None, cost=None))
    assert product(tribe, made.id).values == {
        **COFFEE,
        "name": "Kaffe, hel",
        "vat": Decimal(25),
        "description": None,
        "cost": None,
    }
    assert len(peer.tenant.products()) == 1


def test_a_lost_answer_is_told_and_the_product_is_found(peer: Peer) -> None:
    tribe = client(peer)
    peer.sandbox.faults.add(Fault("tribe", "POST", "/Product$", DropAfter()))
    with pytest.raises(LostAnswer):
        tribe.create(creation())
    (found,) = tribe.find_by_mark(Kind.PRODUCT, MARK)
    assert found.values == COFFEE
    assert len(peer.tenant.products()) == 1


@pytest.mark.parametrize("status", [403, 503])
def test_a_product_that_cannot_be_looked_up_now_is_a_lost_answer(peer: Peer, status: int) -> None:
    """It was made. That Tribe goes down in between does not make it undone."""
    tribe = client(peer)
    peer.sandbox.faults.add(Fault("tribe", "POST", "/Product$", Status(204)))
    peer.sandbox.faults.add(Fault("tribe", "GET", "/Product$", Status(status), times=100))
    with pytest.raises(LostAnswer):
        tribe.create(creation())


def test_a_conflict_over_a_mark_is_told(peer: Peer) -> None:
    tribe = client(peer)
    peer.sandbox.faults.add(Fault("tribe", "POST", "/Product$", Status(409), times=2))
    with pytest.raises(RecordRefused) as caught:
        tribe.create(creation())
    assert not isinstance(caught.value, AlreadyExists)
    peer.tenant.add_product(Name="Kaffe", ImportId=MARK)
    with pytest.raises(AlreadyExists, match=MARK):
        tribe.create(creation())


def test_a_product_that_cannot_be_told_from_another_is_a_lost_answer(peer: Peer) -> None:
    peer.answer_otherwise(write_body=False)
    peer.tenant.add_product(Name="Kaffe", ImportId=MARK)
    peer.sandbox.faults.add(Fault("tribe", "POST", "/Product$", Status(204)))
    peer.tenant.add_product(Name="Kaffe", ImportId=MARK)
    with pytest.raises(LostAnswer, match="2 records"):
        client(peer).create(creation())


def test_a_product_that_tribe_does_not_take_is_refused(peer: Peer) -> None:
    tribe = client(peer)
    peer.tenant.read_only = True
    with pytest.raises(RecordRefused, match="Product"):
        tribe.create(creation())
    peer.sandbox.faults.add(Fault("tribe", "POST", "/Product$", Status(404)))
    with pytest.raises(NotAllowed, match="Product"):
        tribe.create(creation())


def test_lists_that_cannot_be_read_end_the_run(peer: Peer) -> None:
    peer.sandbox.faults.add(Fault("tribe", "GET", "/ProductGroup$", Status(403)))
    with pytest.raises(NotAllowed, match="ProductGroup"):
        client(peer).create(creation())


def lacking(*missing: str) -> Names:
    usual = Names.usual()
    members = {k: v for k, v in usual.by_set[PRODUCT].items() if v not in missing}
    return Names({**usual.by_set, PRODUCT: members}, known=True)


def test_what_a_tenant_has_no_place_for_is_not_dropped_in_silence(peer: Peer) -> None:
    product_id = peer.tenant.add_product(Name="Kaffe")
    tribe = client(peer, names=lacking("PurchasePrice", "SalesPrice", "Unit"))
    with pytest.raises(RecordRefused, match="cost"):
        tribe.create(creation())
    with pytest.raises(RecordRefused, match="price"):
        tribe.update(edit(product_id, price=Decimal(1)))
    with pytest.raises(RecordRefused, match="unit"):
        tribe.update(edit(product_id, unit="EA"))
    assert peer.bodies() == []
    tribe.update(edit(product_id, vat=Decimal(12)))
    assert stored(peer, product_id)["VatGroup"]["Percentage"] == 12


def test_only_what_changed_is_written(peer: Peer) -> None:
    product_id = peer.tenant.add_product(Name="Kaffe", Code="K-1")
    tribe = ready(peer)
    tribe.update(edit(product_id, name="Kaffe, hel", inactive=True, code="K-2"))
    assert peer.asked() == [f"PUT Product({product_id})"]
    assert peer.bodies() == [{"Name": "Kaffe, hel", "IsInactive": True, "Code": "K-2"}]
    tribe.update(edit(product_id, inactive=False))
    assert peer.bodies()[-1] == {"IsInactive": False}


def test_values_are_cleared_with_null(peer: Peer) -> None:
    product_id = peer.tenant.add_product(
        Name="Kaffe", Code="K-1", Description="x", SalesPrice=1, PurchasePrice=1
    )
    tribe = client(peer)
    tribe.update(edit(product_id, code=None, description=None, price=None, cost=None))
    assert peer.bodies() == [
        {"Code": None, "Description": None, "SalesPrice": None, "PurchasePrice": None}
    ]
    values = product(tribe, product_id).values
    assert {values[name] for name in ("code", "description", "price", "cost")} == {None}


def test_links_are_changed(peer: Peer) -> None:
    peer.tenant.add_product_group("Drikke")
    product_id = peer.tenant.add_product(Name="Kaffe", SalesPrice=10)
    tribe = client(peer)
    tribe.update(edit(product_id, group="drikke", unit="HUR", vat=Decimal(12)))
    kept = stored(peer, product_id)
    assert kept["ProductGroup"]["Name"] == "Drikke"
    assert (kept["Unit"]["Code"], kept["VatGroup"]["Percentage"]) == ("hr", 12)
    assert kept["SalesPrice"] == 10


@pytest.mark.parametrize("values", [{"group": None}, {"unit": None}, {"vat": None}])
def test_what_tribe_cannot_do_without_is_left_out_and_named(
    peer: Peer, values: dict[str, Any]
) -> None:
    product_id = peer.tenant.add_product(Name="Kaffe")
    label = {"group": "product group", "unit": "unit", "vat": "VAT per cent"}[next(iter(values))]
    tribe = client(peer)
    with pytest.raises(RecordRefused, match=label) as caught:
        tribe.update(edit(product_id, **values))
    assert "everything else" not in caught.value.why
    assert peer.bodies() == []
    with pytest.raises(RecordRefused, match=label) as caught:
        tribe.update(edit(product_id, name="Te", **values))
    assert "everything else was written" in caught.value.why
    assert peer.bodies() == [{"Name": "Te"}]


def test_all_that_is_left_out_is_named(peer: Peer) -> None:
    product_id = peer.tenant.add_product(Name="Kaffe")
    tribe = client(peer, default_group="General")
    with pytest.raises(RecordRefused) as caught:
        tribe.update(edit(product_id, group="Drikke", unit="KGM", vat=Decimal(11), code="K-9"))
    assert all(name in caught.value.what for name in ("Drikke", "KGM", "11 %"))
    assert stored(peer, product_id)["Code"] == "K-9"


def test_a_net_price_is_written_as_it_is(peer: Peer) -> None:
    product_id = peer.tenant.add_product(Name="Kaffe", SalesPrice=10)
    tribe = ready(peer)
    tribe.update(edit(product_id, price=Decimal("33.3333")))
    assert peer.bodies() == [{"SalesPrice": 33.3333}]
    assert peer.asked()[-1] == f"PUT Product({product_id})"


@pytest.mark.parametrize(
    ("net", "vat", "gross"), [("100", 25, 125), ("8.9286", 12, 10), ("33.33", 25, 41.6625)]
)
def test_a_gross_price_stays_one(peer: Peer, net: str, vat: int, gross: float) -> None:
    product_id = peer.tenant.add_product(
        Name="Kaffe", SalesPrice=1, VatGroup=vat, IsVatIncluded=True
    )
    tribe = client(peer)
    tribe.update(edit(product_id, price=Decimal(net)))
    assert peer.bodies() == [{"SalesPrice": gross}]
    assert stored(peer, product_id)["IsVatIncluded"] is True
    assert product(tribe, product_id).values["price"] == Decimal(net)


def test_a_new_vat_rate_leaves_the_net_price(peer: Peer) -> None:
    product_id = peer.tenant.add_product(
        Name="Kaffe", SalesPrice=125, VatGroup=25, IsVatIncluded=True
    )
    tribe = client(peer)
    tribe.update(edit(product_id, vat=Decimal(15)))
    assert stored(peer, product_id)["SalesPrice"] == 115
    values = product(tribe, product_id).values
    assert (values["price"], values["vat"]) == (Decimal(100), Decimal(15))
    tribe.update(edit(product_id, vat=Decimal(12), price=Decimal(200)))
    assert stored(peer, product_id)["SalesPrice"] == 224


def test_a_vat_rate_that_tribe_lacks_leaves_the_price_at_the_old_one(peer: Peer) -> None:
    product_id = peer.tenant.add_product(
        Name="Kaffe", SalesPrice=125, VatGroup=25, IsVatIncluded=True
    )
    with pytest.raises(RecordRefused, match="11 %"):
        client(peer).update(edit(product_id, vat=Decimal(11), price=Decimal(200)))
    kept = stored(peer, product_id)
    assert (kept["SalesPrice"], kept["VatGroup"]["Percentage"]) == (250, 25)


def test_a_price_with_vat_at_an_unknown_rate_is_left_alone(peer: Peer) -> None:
    peer.answer_otherwise(product_requires=False)
    product_id = peer.tenant.add_product(
        Name="Kaffe", SalesPrice=125, IsVatIncluded=True, VatGroup=None
    )
    tribe = client(peer)
    with pytest.raises(RecordRefused, match="price"):
        tribe.update(edit(product_id, price=Decimal(200), name="Te"))
    assert (stored(peer, product_id)["SalesPrice"], stored(peer, product_id)["Name"]) == (125, "Te")
    tribe.update(edit(product_id, vat=Decimal(25)))
    assert stored(peer, product_id)["SalesPrice"] == 125
    tribe.update(edit(product_id, price=None))
    assert stored(peer, product_id)["SalesPrice"] is None


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    net=st.decimals("0", "99999", places=2),
    rates=st.tuples(*[st.sampled_from([Decimal(rate) for rate in (0, 12, 15, 25)])] * 2),
)
def test_a_price_survives_the_round_and_a_change_of_vat(
    peer: Peer, net: Decimal, rates: tuple[Decimal, Decimal]
) -> None:
    product_id = peer.tenant.add_product(Name="Kaffe", VatGroup=int(rates[0]), IsVatIncluded=True)
    tribe = client(peer)
    tribe.update(edit(product_id, price=net))
    assert product(tribe, product_id).values["price"] == net
    tribe.update(edit(product_id, vat=rates[1]))
    assert product(tribe, product_id).values["price"] == net


@pytest.mark.parametrize("put", [True, False])
@pytest.mark.parametrize("values", [{"name": "Te"}, {"price": Decimal(1)}, {"vat": Decimal(12)}])
def test_a_product_that_is_gone_is_not_created_again(
    peer: Peer, put: bool, values: dict[str, Any]
) -> None:
    peer.answer_otherwise(put=put)
    product_id = peer.tenant.add_product(Name="Kaffe")
    peer.tenant.delete(product_id)
    tribe = client(peer)
    for gone in (product_id, NOWHERE):
        with pytest.raises(RecordGone):
            tribe.update(edit(gone, **values))
    assert peer.tenant.products() == []
