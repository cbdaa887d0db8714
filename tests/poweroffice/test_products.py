"""Products: what they are read as, found by, created with and changed by."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.poweroffice.scripted import answer, problem
from tests.poweroffice.shop import GROUP_ROWS, Shop, bare_shop, edit, new, product, shop
from tribe_po.errors import (
    AlreadyExists,
    LostAnswer,
    NotAllowed,
    RecordGone,
    RecordMoved,
    RecordRefused,
)
from tribe_po.fields import fields_of
from tribe_po.poweroffice.products import MADE_CODE
from tribe_po.records import Form, Kind, Record, Value
from tribe_po.sync import match

LOOK_UPS = ["/ProductGroups", "/GeneralLedgerAccounts", "/VatCodes", "/InvoiceSettings"]
GONE = problem(404, "Product with id = 98765 not found.", "Object(s) not found")


def read(client: Shop | None = None, **members: Any) -> Record:
    client = client or bare_shop()
    client.script.append(answer(200, product(**members)))
    (record,) = client.side.get(Kind.PRODUCT, ["98765"])
    return record


def test_a_product_is_read_whole() -> None:
    record = read(Description="Mørk\nog mild ", UnitCost=41)
    assert (record.id, record.relation_id, record.form) == ("98765", "98765", Form.PRODUCT)
    assert record.mark is None
    assert dict(record.values) == {
        "code": "KAFFE",
        "name": "Kaffebønner, 1 kg",
        "description": "Mørk\nog mild",
        "price": Decimal("189.5"),
        "cost": Decimal(41),
        "unit": "KGM",
        "group": "Standard",
        "vat": Decimal(25),
        "inactive": False,
    }
    assert list(record.values) == [row.name for row in fields_of(Kind.PRODUCT, Form.PRODUCT)]


def test_what_a_product_inherits_is_empty() -> None:
    record = read(Code="", UnitPrice=None, UnitOfMeasureCode=None, ProductGroupId=None)
    empty = {name for name, value in record.values.items() if value is None}
    assert empty == {"code", "description", "price", "cost", "unit", "group"}


def test_a_code_that_was_made_up_is_a_mark() -> None:
    assert read(Code="TRIBE-9FCB1D52-0000").mark == "TRIBE-9FCB1D52-0000"
    assert MADE_CODE == match.MADE_CODE


@pytest.mark.parametrize(
    ("members", "vat"),
    [
        ({"StandardSalesAccountId": 903010, "ProductGroupId": 1}, "15"),
        ({"ProductGroupId": 2}, "15"),
        ({"StandardSalesAccountId": 903100, "ProductGroupId": 2}, "0"),
        ({"StandardSalesAccountId": 903030}, "11.11"),
        ({"ProductGroupId": 1}, "25"),
        ({"ProductGroupId": None}, "25"),
        ({"StandardSalesAccountId": 903200}, "0"),
    ],
)
def test_vat_is_that_of_the_account_of_product_group_or_client(
    members: dict[str, Any], vat: str
) -> None:
    assert str(read(**members).values["vat"]) == vat


def test_an_account_whose_vat_code_expired_has_the_rate_of_its_successor() -> None:
    assert read(StandardSalesAccountId=903020).values["vat"] == Decimal(12)


@pytest.mark.parametrize("account", [903900, 1])
def test_an_account_that_tells_no_rate_leaves_the_vat_unknown(account: int) -> None:
    assert "vat" not in read(StandardSalesAccountId=account).values


def test_a_server_without_invoice_settings_leaves_the_vat_of_the_default_account_unknown() -> None:
    gateway = answer(404, {"statusCode": 404, "message": "Resource not found"})
    client = bare_shop(instead={"/InvoiceSettings": gateway})
    assert "vat" not in read(client).values
    assert read(client, ProductGroupId=2).values["vat"] == Decimal(15)
    assert client.looked_up.count("/InvoiceSettings") == 1


@pytest.mark.parametrize(
    ("path", "privilege"),
    [
        ("/GeneralLedgerAccounts", "GeneralLedgerAccount"),
        ("/VatCodes", "CommonServices"),
        ("/InvoiceSettings", "CommonServices"),
    ],
)
def test_vat_that_may_not_be_looked_up_is_unknown_which_is_said_once(
    path: str, privilege: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = bare_shop(instead={path: answer(403)})
    with caplog.at_level(logging.WARNING):
        records = [read(client), read(client)]
    assert not any("vat" in record.values for record in records)
    assert [record.values["group"] for record in records] == ["Standard", "Standard"]
    (said,) = caplog.messages
    assert f"privilege {privilege} is needed" in said
    assert client.looked_up.count(path) == 1


def test_groups_are_read_with_the_privilege_for_products() -> None:
    with pytest.raises(NotAllowed, match="privilege Product is needed"):
        read(bare_shop(instead={"/ProductGroups": answer(403)}))


def test_look_ups_are_made_once_and_only_for_products() -> None:
    client = bare_shop(answer(204), answer(200, [product(1), product(2, ProductGroupId=2)]))
    since = datetime(2026, 9, 1, 9, tzinfo=UTC)
    assert client.side.changed([Kind.PRODUCT], since).records == ()
    assert client.looked_up == []
    seen = client.side.changed([Kind.PRODUCT], since)
    read(client)
    assert client.looked_up == LOOK_UPS
    assert [record.id for record in seen.records] == ["1", "2"]
    assert client.asked[0].query == {
        "lastChangedDateTimeOffsetGreaterThan": "2026-09-01T08:55:00.000000Z",
        "PageNumber": "1",
        "PageSize": "1000",
        "OrderBy": "Id asc",
    }


def test_a_product_with_its_own_account_needs_no_default_one() -> None:
    client = bare_shop()
    read(client, StandardSalesAccountId=903000, ProductGroupId=None)
    assert client.looked_up == ["/GeneralLedgerAccounts", "/VatCodes"]


def test_a_group_that_the_list_leaves_out_is_asked_for_by_itself_once() -> None:
    archived = answer(200, {"Id": 9, "Code": "G", "Name": "Gammelt"})
    client = bare_shop(instead={"/ProductGroups/9": archived, "/ProductGroups/8": answer(404)})
    assert [read(client, ProductGroupId=9).values["group"] for _ in range(2)] == ["Gammelt"] * 2
    assert [read(client, ProductGroupId=8).values["group"] for _ in range(2)] == [None] * 2
    singles = [path for path in client.looked_up if path not in LOOK_UPS]
    assert singles == ["/ProductGroups/9", "/ProductGroups/8"]


def test_a_group_without_a_name_goes_by_its_code() -> None:
    assert read(ProductGroupId=5).values["group"] == "Standard"


def test_codes_are_looked_up_exactly_and_those_with_a_comma_not_at_all() -> None:
    client = bare_shop(answer(200, [product(), product(2, Code="kaffe"), product(3, Code="TE")]))
    keys = ["KAFFE", "A,B", "", "X" * 101, "KAFFE", " TE "]
    found = client.side.find_by_key(Kind.PRODUCT, keys)
    assert [record.id for record in found] == ["98765", "3"]
    assert [asked.query["codes"] for asked in client.asked] == ["KAFFE,TE"]
    assert bare_shop().side.find_by_key(Kind.PRODUCT, ["A,B"]) == []


def test_codes_are_looked_up_as_many_at_a_time_as_a_url_has_room_for() -> None:
    client = bare_shop(*[answer(204)] * 3)
    codes = [f"{number:03}{'Ø' * 47}" for number in range(15)]
    client.side.find_by_key(Kind.PRODUCT, codes)
    asked = [each.query["codes"].split(",") for each in client.asked]
    assert [code for chunk in asked for code in chunk] == codes
    assert [len(chunk) for chunk in asked] == [5, 5, 5]


def test_a_mark_is_a_code() -> None:
    client = bare_shop(answer(200, [product(1), product(2), product(3, Code="KAFFE2")]))
    assert [each.id for each in client.side.find_by_mark(Kind.PRODUCT, "KAFFE")] == ["1", "2"]
    assert client.asked[0].query["codes"] == "KAFFE"


@pytest.mark.parametrize("status", [200, 201])
def test_a_product_is_created_with_what_it_has(status: int) -> None:
    client = shop(answer(status, product(7, StandardSalesAccountId=903010)))
    values: dict[str, Value] = {
        "description": "Mørk",
        "price": Decimal("189.50"),
        "cost": Decimal(41),
        "unit": "KGM",
        "group": "mat og drikke",
        "vat": Decimal("25.0"),
        "inactive": True,
    }
    written = client.side.create(new(values))
    (asked,) = client.asked
    assert (asked.method, asked.path, asked.repeatable) == ("POST", "/Products", False)
    assert asked.body == {
        "Code": "KAFFE",
        "Name": "Kaffebønner",
        "Description": "Mørk",
        "UnitPrice": Decimal("189.5"),
        "UnitCost": Decimal(41),
        "UnitOfMeasureCode": "KGM",
        "IsArchived": True,
        "ProductType": "Product",
        "ProductGroupId": 2,
        "StandardSalesAccountId": 903000,
    }
    assert written.record is not None
    assert (written.id, written.record.values["vat"]) == ("7", Decimal(15))


def created(client: Shop, values: dict[str, Value]) -> dict[str, Any]:
    client.script.append(answer(201, product()))
    client.side.create(new(values))
    body: dict[str, Any] = client.asked[-1].body
    return body


def test_what_a_new_product_does_not_have_is_left_out() -> None:
    body = created(shop(), {"inactive": False, "price": None})
    assert body == {"Code": "KAFFE", "Name": "Kaffebønner", "ProductType": "Product"}


def test_an_amount_is_sent_without_the_digits_that_do_not_count() -> None:
    price = Decimal(100) / Decimal("1.15")
    assert created(shop(), {"price": price})["UnitPrice"] == Decimal("86.9565")


def test_a_new_product_needs_a_code() -> None:
    client = shop()
    with pytest.raises(RecordRefused, match="no code"):
        client.side.create(new({"code": None}))
    assert client.asked == []


@pytest.mark.parametrize(
    ("values", "account"),
    [
        ({"vat": Decimal(25), "group": "Standard"}, None),
        ({"vat": Decimal(15)}, 903010),
        ({"vat": Decimal("11.110")}, 903030),
        ({"vat": Decimal(0)}, 903100),
        ({"vat": Decimal(15), "group": "MAT"}, None),
        ({"vat": None, "group": "MAT"}, None),
    ],
)
def test_a_new_product_gets_an_account_where_the_inherited_one_is_wrong(
    values: dict[str, Value], account: int | None
) -> None:
    assert created(shop(), values).get("StandardSalesAccountId") == account


def test_a_default_group_that_may_have_an_account_is_left_no_choice() -> None:
    assert created(shop(), {"vat": Decimal(25)})["StandardSalesAccountId"] == 903000
    assert created(bare_shop(), {"vat": Decimal(25)})["StandardSalesAccountId"] == 903000
    plain = shop(instead={"/ProductGroups": answer(200, GROUP_ROWS[:1])})
    assert "StandardSalesAccountId" not in created(plain, {"vat": Decimal(25)})


def test_a_configured_account_counts_before_a_default_one_with_that_vat() -> None:
    client = shop(instead={"/InvoiceSettings": answer(200, {"StandardSalesAccountId": 903200})})
    assert created(client, {"vat": Decimal(0)})["StandardSalesAccountId"] == 903100


def test_without_configured_accounts_the_default_one_must_have_the_vat() -> None:
    inherited: dict[str, Value] = {"vat": Decimal(25), "group": "Standard"}
    assert "StandardSalesAccountId" not in created(bare_shop(), inherited)
    client = bare_shop()
    with pytest.raises(RecordRefused, match="15 % VAT") as caught:
        client.side.create(new({"vat": Decimal("15.00")}))
    assert "25 %" in caught.value.why
    assert "TRIBE_PO_SALES_ACCOUNTS, for example 15=" in caught.value.next_step
    assert client.asked == []


def test_a_new_product_is_left_to_a_default_account_whose_vat_is_unknown() -> None:
    client = bare_shop(instead={"/InvoiceSettings": answer(404)})
    assert "StandardSalesAccountId" not in created(client, {"vat": Decimal(15)})


def refusal(client: Shop, vat: str) -> RecordRefused:
    with pytest.raises(RecordRefused) as caught:
        client.side.create(new({"vat": Decimal(vat)}))
    assert client.asked == []
    return caught.value


def test_a_configured_account_that_is_not_there() -> None:
    told = refusal(shop(instead={"/GeneralLedgerAccounts": answer(403)}), "15")
    assert "may not read" in told.why
    rows = answer(200, [{"Id": 903000, "AccountNo": 3000, "VatCode": "3", "VatCodeId": 33}])
    told = refusal(shop(instead={"/GeneralLedgerAccounts": rows}), "15")
    assert told.why == "PowerOffice has no account 3010."


def test_a_configured_account_with_another_vat() -> None:
    rows = answer(200, [{"Id": 903010, "AccountNo": 3010, "VatCode": "3", "VatCodeId": 33}])
    told = refusal(shop(instead={"/GeneralLedgerAccounts": rows}), "15")
    assert told.why == "Account 3010 carries 25 % in PowerOffice."


@pytest.mark.parametrize(
    ("group", "identity"),
    [("Mat og drikke", 2), (" mat  OG drikke", 2), ("mat", 2), ("Diverse", 4), ("Standard", 1)],
)
def test_a_group_is_found_by_name_then_by_code_those_in_use_first(
    group: str, identity: int
) -> None:
    assert created(shop(), {"group": group})["ProductGroupId"] == identity


@pytest.mark.parametrize("group", ["Ukjent", None])
def test_a_new_product_whose_group_is_not_there_goes_to_the_configured_one(
    group: str | None,
) -> None:
    assert created(shop(group="div"), {"group": group})["ProductGroupId"] == 4
    assert "ProductGroupId" not in created(shop(), {"group": group})


def test_a_configured_group_that_is_not_there() -> None:
    client = shop(group="Borte")
    with pytest.raises(RecordRefused, match="no product group Borte") as caught:
        client.side.create(new())
    assert "TRIBE_PO_PRODUCT_GROUP" in caught.value.next_step


def test_a_new_product_whose_code_is_in_use() -> None:
    client = shop(problem(400, "Code is already in use. 'KAFFE' is used on 98001."))
    with pytest.raises(AlreadyExists):
        client.side.create(new())


def test_a_create_whose_answer_is_cut_short_is_lost() -> None:
    with pytest.raises(LostAnswer):
        shop(answer(201, '{"Id": 98')).side.create(new())


def test_a_create_counts_even_where_the_groups_cannot_be_read_afterwards() -> None:
    client = bare_shop(answer(201, product()), instead={"/ProductGroups": answer(200, "<html>")})
    written = client.side.create(new({"group": None}))
    assert (written.id, written.record) == ("98765", None)


def test_a_404_to_a_create_reads_groups_and_accounts_again() -> None:
    client = shop(problem(404, "Product group with id = 2 not found."))
    with pytest.raises(RecordRefused, match="Product group"):
        client.side.create(new({"group": "MAT", "vat": Decimal(0)}))
    client.instead["/ProductGroups"] = answer(200, [GROUP_ROWS[0], {**GROUP_ROWS[1], "Id": 20}])
    body = created(client, {"group": "MAT", "vat": Decimal(0)})
    assert body["ProductGroupId"] == 20
    assert client.looked_up.count("/GeneralLedgerAccounts") == 2


def patched(client: Shop, values: dict[str, Value], expected: dict[str, Value]) -> Any:
    client.script.append(answer(200, product()))
    client.side.update(edit(values, expected))
    assert client.asked[-1].path == "/Products/98765"
    return client.asked[-1].body


def test_an_update_writes_the_given_fields_and_tests_them() -> None:
    body = patched(
        shop(),
        {"price": Decimal("199.00"), "description": None, "unit": "EA", "inactive": True},
        {"price": Decimal("189.5"), "description": "Mørk", "unit": "KGM", "inactive": False},
    )
    assert body == [
        {"op": "test", "path": "/IsArchived", "value": False},
        {"op": "test", "path": "/Description", "value": "Mørk"},
        {"op": "test", "path": "/UnitPrice", "value": Decimal("189.5")},
        {"op": "test", "path": "/UnitOfMeasureCode", "value": "KGM"},
        {"op": "replace", "path": "/IsArchived", "value": True},
        {"op": "remove", "path": "/Description"},
        {"op": "replace", "path": "/UnitPrice", "value": Decimal(199)},
        {"op": "replace", "path": "/UnitOfMeasureCode", "value": "EA"},
    ]


def test_a_code_may_be_changed() -> None:
    body = patched(shop(), {"code": "TE"}, {"code": "KAFFE"})
    assert body[-1] == {"op": "replace", "path": "/Code", "value": "TE"}


@pytest.mark.parametrize(
    ("group_id", "vat", "step"),
    [
        (1, Decimal(15), ("replace", 903010)),
        (1, Decimal(25), ("remove", None)),
        (2, Decimal(15), ("remove", None)),
        (2, Decimal(25), ("replace", 903000)),
    ],
)
def test_vat_is_changed_by_the_account(
    group_id: int, vat: Decimal, step: tuple[str, int | None]
) -> None:
    client = shop(answer(200, product(ProductGroupId=group_id)))
    (written,) = patched(client, {"vat": vat}, {"vat": Decimal(0)})
    assert written["path"] == "/StandardSalesAccountId"
    assert (written["op"], written.get("value")) == step


def test_with_a_new_group_vat_is_compared_with_that_of_the_new_one() -> None:
    client = shop()
    body = patched(
        client,
        {"group": "MAT", "vat": Decimal(15)},
        {"group": "Standard", "vat": Decimal(25)},
    )
    assert body == [
        {"op": "replace", "path": "/ProductGroupId", "value": 2},
        {"op": "remove", "path": "/StandardSalesAccountId"},
    ]
    assert len(client.asked) == 1


def test_a_group_and_a_vat_that_are_cleared_are_removed() -> None:
    body = patched(shop(), {"group": None, "vat": None}, {"group": "Standard", "vat": Decimal(25)})
    assert [(step["op"], step["path"]) for step in body] == [
        ("remove", "/ProductGroupId"),
        ("remove", "/StandardSalesAccountId"),
    ]


def test_an_unknown_group_names_those_there_are() -> None:
    client = shop(group="DIV")
    with pytest.raises(RecordRefused, match="no product group Ukjent") as caught:
        client.side.update(edit({"group": "Ukjent"}, {"group": "Standard"}))
    assert caught.value.why == "Its groups: Standard, Mat og drikke, Diverse, Standard, Diverse"


def test_vat_is_not_changed_where_it_is_unknown_what_is_inherited() -> None:
    client = bare_shop(answer(200, product()), instead={"/InvoiceSettings": answer(404)})
    with pytest.raises(RecordRefused, match="TRIBE_PO_SALES_ACCOUNTS"):
        client.side.update(edit({"vat": Decimal(25)}, {"vat": None}))


def test_a_product_that_was_changed_meanwhile_has_moved() -> None:
    client = shop(problem(400, "not equal"), answer(200, product(UnitPrice=150)))
    with pytest.raises(RecordMoved, match="meanwhile: price"):
        client.side.update(edit({"price": Decimal(99)}, {"price": Decimal("189.5")}))


def test_a_server_that_does_not_honour_tests_is_known_for_every_kind() -> None:
    client = shop(problem(400, "no tests"), answer(200, product()), answer(200, product()))
    client.side.update(edit({"price": Decimal(99)}, {"price": Decimal("189.5000")}))
    body = patched(client, {"price": Decimal(98)}, {"price": Decimal(99)})
    assert [step["op"] for step in body] == ["replace"]


def test_a_product_that_is_gone() -> None:
    with pytest.raises(RecordGone):
        shop(GONE, GONE).side.update(edit({"name": "Te"}, {"name": "Kaffe"}))
    with pytest.raises(RecordGone):
        shop(GONE).side.update(edit({"vat": Decimal(0)}, {"vat": Decimal(25)}))


def test_an_update_without_the_privilege_names_it() -> None:
    with pytest.raises(NotAllowed, match="Product_Full"):
        shop(answer(403)).side.update(edit({"name": "Te"}))
