"""Products against the sandbox's PowerOffice, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.poweroffice.conftest import connect
from tests.poweroffice.shop import new
from tribe_po.errors import (
    AlreadyExists,
    LostAnswer,
    NotAllowed,
    RecordGone,
    RecordMoved,
    RecordRefused,
)
from tribe_po.poweroffice.client import PowerOffice
from tribe_po.poweroffice.products import Catalogue
from tribe_po.records import Form, Kind, Record, Value
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.faults import DropAfter, Fault
from tribe_po.sandbox.server import Sandbox
from tribe_po.sides import Edit

ACCOUNTS = {Decimal(25): 3000, Decimal(15): 3010, Decimal(12): 3020, Decimal(0): 3100}


@pytest.fixture
def shop(sandbox: Sandbox) -> PowerOffice:
    """A client that configured an account for each rate."""
    return PowerOffice(connect(sandbox), Catalogue(ACCOUNTS))


def only(side: PowerOffice, identity: int) -> Record:
    (record,) = side.get(Kind.PRODUCT, [str(identity)])
    return record


def edit(before: Record, **values: Value) -> Edit:
    """An edit of the record as it was read."""
    return Edit(Kind.PRODUCT, Form.PRODUCT, before.id, before.id, None, values, before.values)


def test_everything_and_then_only_what_changed(
    sandbox: Sandbox, shop: PowerOffice, clock: ManualClock
) -> None:
    office = sandbox.poweroffice
    office.add_product_group(Code="MAT", Name="Mat og drikke", StandardSalesAccount=3010)
    coffee = office.add_product(Code="KAFFE", Name="Kaffebønner", ProductGroupCode="MAT")
    office.add_product(Name="Bok", StandardSalesAccount=3100, UnitPrice=349.5, IsArchived=True)
    clock.advance(timedelta(hours=1))
    everything = shop.changed([Kind.PRODUCT], None)
    assert everything.cursor == clock.now()
    first, second = everything.records
    assert (first.values["group"], first.values["vat"]) == ("Mat og drikke", Decimal(15))
    assert (second.values["price"], second.values["vat"]) == (Decimal("349.5"), Decimal(0))
    assert (second.values["code"], second.values["inactive"]) == (None, True)

    clock.advance(timedelta(hours=1))
    office.edit_product(coffee, StockOnHand=12)
    assert shop.changed([Kind.PRODUCT], everything.cursor).records == ()
    office.edit_product(coffee, UnitPrice=99)
    (changed,) = shop.changed([Kind.PRODUCT], everything.cursor).records
    assert changed.values["price"] == Decimal(99)


def test_every_rate_is_worked_out(sandbox: Sandbox, shop: PowerOffice) -> None:
    for vat, account in ACCOUNTS.items():
        identity = sandbox.poweroffice.add_product(Name="Vare", StandardSalesAccount=account)
        assert only(shop, identity).values["vat"] == vat


@pytest.mark.parametrize("status", [200, 201])
def test_a_product_is_created_and_found_by_its_code(
    sandbox: Sandbox, shop: PowerOffice, status: int
) -> None:
    sandbox.poweroffice.switches.product_created_status = status
    creation = new(
        {
            "description": "Mørk\nog mild",
            "price": Decimal("86.9565"),
            "cost": Decimal(41),
            "unit": "KGM",
            "vat": Decimal(15),
            "group": "standard",
        }
    )
    written = shop.create(creation)
    assert written.record == only(shop, int(written.id))
    values = dict(written.record.values) if written.record else {}
    assert values == {**creation.values, "group": "Standard", "inactive": False}
    assert shop.find_by_mark(Kind.PRODUCT, "KAFFE") == [written.record]
    assert shop.find_by_key(Kind.PRODUCT, ["TE", "KAFFE"]) == [written.record]


@pytest.mark.parametrize("vat", ACCOUNTS)
def test_a_new_product_has_the_vat_that_was_asked_for(
    sandbox: Sandbox, shop: PowerOffice, vat: Decimal
) -> None:
    written = shop.create(new({"vat": vat}))
    assert written.record is not None
    assert written.record.values["vat"] == vat
    assert (sandbox.poweroffice.products()[0]["StandardSalesAccount"] is None) is (vat == 25)


def test_without_an_account_for_its_vat_nothing_is_created(
    sandbox: Sandbox, side: PowerOffice
) -> None:
    with pytest.raises(RecordRefused, match="TRIBE_PO_SALES_ACCOUNTS"):
        side.create(new({"vat": Decimal(12)}))
    assert sandbox.poweroffice.products() == []


def test_a_lost_answer_is_found_again(sandbox: Sandbox, shop: PowerOffice) -> None:
    sandbox.faults.add(Fault("poweroffice", "POST", "/Products", DropAfter()))
    with pytest.raises(LostAnswer):
        shop.create(new())
    (found,) = shop.find_by_mark(Kind.PRODUCT, "KAFFE")
    assert found.label == "Kaffebønner"


def test_a_server_that_keeps_codes_unique(sandbox: Sandbox, shop: PowerOffice) -> None:
    sandbox.poweroffice.switches.unique_product_codes = True
    shop.create(new())
    with pytest.raises(AlreadyExists):
        shop.create(new())


def test_an_update_writes_exactly_the_fields_given(sandbox: Sandbox, shop: PowerOffice) -> None:
    office = sandbox.poweroffice
    office.add_product_group(Code="MAT", Name="Mat og drikke")
    identity = office.add_product(Code="KAFFE", Name="Kaffe", UnitPrice=99.5, Description="Mørk")
    (before,) = office.products()
    written = shop.update(
        edit(
            only(shop, identity),
            price=Decimal(109),
            description=None,
            unit="KGM",
            group="Mat og drikke",
            vat=Decimal(15),
            inactive=True,
        )
    )
    assert written.record == only(shop, identity)
    (after,) = office.products()
    assert {name for name in after if after[name] != before[name]} == {
        "Description",
        "IsArchived",
        "ProductGroupCode",
        "ProductGroupId",
        "StandardSalesAccount",
        "StandardSalesAccountId",
        "UnitOfMeasureCode",
        "UnitPrice",
    }
    assert len(sandbox.requests.writes("poweroffice")) == 1


def test_vat_that_is_changed_back_is_inherited_again(sandbox: Sandbox, shop: PowerOffice) -> None:
    identity = sandbox.poweroffice.add_product(Name="Vare", StandardSalesAccount=3010)
    written = shop.update(edit(only(shop, identity), vat=Decimal(25)))
    assert written.record is not None
    assert written.record.values["vat"] == Decimal(25)
    assert sandbox.poweroffice.products()[0]["StandardSalesAccount"] is None


def test_an_edit_made_meanwhile_is_not_overwritten(sandbox: Sandbox, shop: PowerOffice) -> None:
    identity = sandbox.poweroffice.add_product(Name="Vare", UnitPrice=10)
    stale = edit(only(shop, identity), price=Decimal(12))
    sandbox.poweroffice.edit_product(identity, UnitPrice=11)
    with pytest.raises(RecordMoved):
        shop.update(stale)
    assert sandbox.poweroffice.products()[0]["UnitPrice"] == 11


def test_a_deleted_product_is_gone(sandbox: Sandbox, shop: PowerOffice) -> None:
    identity = sandbox.poweroffice.add_product(Name="Vare")
    stale = edit(only(shop, identity), name="Ting")
    sandbox.poweroffice.delete_product(identity)
    assert shop.get(Kind.PRODUCT, [str(identity)]) == []
    with pytest.raises(RecordGone):
        shop.update(stale)


def test_vat_is_unknown_without_the_privileges_to_look_it_up(
    sandbox: Sandbox, shop: PowerOffice
) -> None:
    identity = sandbox.poweroffice.add_product(Name="Vare")
    sandbox.poweroffice.privileges = {"Product"}
    assert "vat" not in only(shop, identity).values
    with pytest.raises(NotAllowed, match="Product_Full"):
        shop.create(new())


def test_an_older_server_does_not_tell_the_default_account(
    sandbox: Sandbox, shop: PowerOffice
) -> None:
    sandbox.poweroffice.switches.invoice_settings = False
    first = sandbox.poweroffice.add_product(Name="Vare")
    assert "vat" not in only(shop, first).values
    written = shop.create(new({"vat": Decimal(25)}))
    assert written.record is not None
    assert written.record.values["vat"] == Decimal(25)
