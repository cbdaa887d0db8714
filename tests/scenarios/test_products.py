"""Products, both ways, on the engine of the relations."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.world import World, world
from tribe_po.errors import ExitCode, SettingsError
from tribe_po.passes.init_sync import Scope
from tribe_po.sandbox.faults import DropAfter, Fault
from tribe_po.sync.change import Action, Status

ACCOUNTS = "25=3000,15=3010,12=3020,0=3100"


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, TRIBE_PO_SALES_ACCOUNTS=ACCOUNTS) as made:
        made.tribe.add_product_group("Standard")
        yield made


@pytest.fixture
def cup(w: World) -> World:
    """A cup that both systems have and the tool has linked."""
    w.poweroffice.add_product(Code="KOPP", Name="Kopp", UnitOfMeasureCode="EA", UnitPrice=100)
    assert w.init().exit_code == 0
    w.sandbox.requests.clear()
    return w


def in_tribe(w: World, name: str) -> dict[str, Any]:
    (row,) = [one for one in w.tribe.products() if one["Name"] == name]
    found: dict[str, Any] = row
    return found


def in_poweroffice(w: World, name: str) -> dict[str, Any]:
    (row,) = [one for one in w.poweroffice.products() if one["Name"] == name]
    found: dict[str, Any] = row
    return found


def is_silent(w: World) -> None:
    w.sandbox.requests.clear()
    for run in (w.push_products, w.pull_products, w.push_products):
        run()
    w.pull_products(full=True)
    assert w.wrote() == []
    assert w.differences() == []


def test_products_come_into_tribe_with_unit_vat_and_group(w: World) -> None:
    w.poweroffice.add_product(
        Code="BOK",
        Name="Håndbok",
        Description="Innbundet",
        UnitOfMeasureCode="EA",
        UnitPrice=349.5,
        UnitCost=120,
        StandardSalesAccount=3100,
    )
    assert w.init().counts["create"] == 1
    book = in_tribe(w, "Håndbok")
    assert (book["Code"], book["Description"]) == ("BOK", "Innbundet")
    assert (Decimal(str(book["SalesPrice"])), book["PurchasePrice"]) == (Decimal("349.5"), 120)
    assert book["Unit"]["Code"] == "pcs"
    assert book["VatGroup"]["Percentage"] == 0
    assert book["ProductGroup"]["Name"] == "Standard"
    is_silent(w)


def test_the_same_code_links(w: World) -> None:
    w.poweroffice.add_product(Code="KOPP", Name="Kopp", UnitOfMeasureCode="EA", UnitPrice=100)
    w.tribe.add_product(Name="Kopp", Code="KOPP", ProductGroup="Standard", SalesPrice=100)
    report = w.init()
    assert [(change.action, change.reason) for change in report.changes] == [
        (Action.LINK, "matched by code")
    ]
    is_silent(w)


def test_archived_products_stay_out(w: World) -> None:
    w.poweroffice.add_product(Code="X", Name="Utgått", UnitOfMeasureCode="EA", IsArchived=True)
    assert w.init().counts["archived"] == 1
    assert w.tribe.products() == []


@pytest.mark.parametrize(
    ("edit", "member", "expected"),
    [
        ({"SalesPrice": 119.9}, "UnitPrice", 119.9),
        ({"Name": "Krus"}, "Name", "Krus"),
        ({"Code": "KRUS"}, "Code", "KRUS"),
        ({"Description": "Steingods"}, "Description", "Steingods"),
        ({"PurchasePrice": 41}, "UnitCost", 41),
        ({"IsInactive": True}, "IsArchived", True),
    ],
)
def test_an_edit_in_tribe_reaches_poweroffice(
    cup: World, edit: dict[str, Any], member: str, expected: object
) -> None:
    cup.tribe.edit(in_tribe(cup, "Kopp")["ID"], **edit)
    assert cup.push_products().counts["update"] == 1
    (product,) = cup.poweroffice.products()
    assert product[member] == expected
    assert [one.partition(" ")[0] for one in cup.wrote()] == ["PATCH"]
    is_silent(cup)


@pytest.mark.parametrize(
    ("edit", "member", "expected"),
    [
        ({"UnitPrice": 119.9}, "SalesPrice", 119.9),
        ({"Name": "Krus"}, "Name", "Krus"),
        ({"Description": "Steingods"}, "Description", "Steingods"),
        ({"IsArchived": True}, "IsInactive", True),
    ],
)
def test_an_edit_in_poweroffice_reaches_tribe(
    cup: World, edit: dict[str, Any], member: str, expected: object
) -> None:
    cup.poweroffice.edit_product(in_poweroffice(cup, "Kopp")["Id"], **edit)
    assert cup.pull_products().counts["update"] == 1
    (product,) = cup.tribe.products()
    assert product[member] == expected
    assert [one.partition(" ")[0] for one in cup.wrote()] == ["PUT"]
    is_silent(cup)


def test_vat_changes_the_sales_account(cup: World) -> None:
    cup.tribe.edit(in_tribe(cup, "Kopp")["ID"], VatGroup=15)
    cup.push_products()
    (product,) = cup.poweroffice.products()
    assert product["StandardSalesAccountId"] == 470_003_010
    is_silent(cup)


def test_a_vat_rate_without_an_account_is_quarantined_by_name(w: World) -> None:
    w.overrides["TRIBE_PO_SALES_ACCOUNTS"] = "25=3000"
    w.init()
    w.tribe.add_product(Name="Brød", Code="BR", ProductGroup="Standard", VatGroup=15)
    w.tribe.add_product(Name="Kopp", Code="KOPP", ProductGroup="Standard", VatGroup=25)
    report = w.push_products()
    assert report.exit_code is ExitCode.RECORDS_LEFT
    (entry,) = report.quarantined
    assert entry.label == "Brød"
    assert "15" in entry.reason
    assert "TRIBE_PO_SALES_ACCOUNTS" in entry.reason + entry.next_step
    assert [one["Name"] for one in w.poweroffice.products()] == ["Kopp"]


def test_prices_with_vat_stay_with_vat_in_tribe(cup: World) -> None:
    product = in_tribe(cup, "Kopp")["ID"]
    cup.tribe.edit(product, IsVatIncluded=True, SalesPrice=149)
    cup.push_products()
    assert in_poweroffice(cup, "Kopp")["UnitPrice"] == 119.2
    cup.poweroffice.edit_product(in_poweroffice(cup, "Kopp")["Id"], UnitPrice=80)
    cup.pull_products()
    assert in_tribe(cup, "Kopp")["SalesPrice"] == 100
    is_silent(cup)


def test_an_unknown_unit_is_held_back_and_named(w: World) -> None:
    w.init()
    w.tribe.add_unit("palle", "Palle")
    w.tribe.add_product(Name="Kopp", Code="KOPP", ProductGroup="Standard", Unit="palle")
    report = w.push_products()
    (entry,) = report.quarantined
    assert "palle" in entry.reason
    assert in_poweroffice(w, "Kopp")["UnitOfMeasureCode"] != "palle"
    w.overrides["TRIBE_PO_UNITS"] = "palle=XOF"
    w.push_products(full=True)
    w.pull_products(full=True)
    assert in_poweroffice(w, "Kopp")["UnitOfMeasureCode"] == "XOF"
    is_silent(w)


def test_a_product_without_a_code_gets_one_on_both_sides(w: World) -> None:
    w.init()
    product = w.tribe.add_product(Name="Kopp", ProductGroup="Standard", SalesPrice=99)
    w.push_products()
    code = in_poweroffice(w, "Kopp")["Code"]
    assert code == f"TRIBE-{product[:13].upper()}"
    assert in_tribe(w, "Kopp")["Code"] == code
    is_silent(w)


def test_a_lost_answer_makes_no_second_product(w: World) -> None:
    w.init()
    w.tribe.add_product(Name="Kopp", ProductGroup="Standard", SalesPrice=99)
    w.sandbox.faults.add(Fault("poweroffice", "POST", r"/Products$", DropAfter()))
    (change,) = w.push_products().changes
    assert change.status is Status.DONE
    assert len(w.poweroffice.products()) == 1
    is_silent(w)


def test_with_the_state_lost_no_product_is_made_twice(w: World) -> None:
    w.poweroffice.add_product(Name="Uten kode", UnitOfMeasureCode="EA", UnitPrice=1)
    w.poweroffice.add_product(Code="KOPP", Name="Kopp", UnitOfMeasureCode="EA", UnitPrice=100)
    w.tribe.add_product(Name="Kurs", ProductGroup="Standard", SalesPrice=1990)
    w.init(Scope(push_unmatched=True))
    for path in w.folder.iterdir():
        path.unlink()
    report = w.init(Scope(push_unmatched=True))
    assert report.counts["create"] == 0
    assert report.counts["link"] == 3
    assert (len(w.tribe.products()), len(w.poweroffice.products())) == (3, 3)
    is_silent(w)


def test_a_price_of_nobody_is_no_price(cup: World) -> None:
    """Without a privilege to look up accounts, VAT is not told: Tribe's stays."""
    cup.poweroffice.privileges -= {"GeneralLedgerAccount", "GeneralLedgerAccount_Full"}
    cup.poweroffice.edit_product(in_poweroffice(cup, "Kopp")["Id"], Name="Krus")
    cup.pull_products()
    assert in_tribe(cup, "Krus")["VatGroup"]["Percentage"] == 25
    assert len(cup.wrote()) == 1


def test_products_that_nobody_asked_for(w: World) -> None:
    w.overrides["TRIBE_PO_KINDS"] = "customers"
    w.init()
    with pytest.raises(SettingsError, match="push-products has nothing to do"):
        w.push_products()
    assert w.tribe.products() == []
