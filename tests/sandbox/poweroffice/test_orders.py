"""Sales orders: lines, VAT, totals and rules in the imitated PowerOffice Go."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.sandbox.poweroffice.peer import Shop, assert_problem, operation
from tribe_po.sandbox.requests_log import Request

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


def test_complete_order(shop: Shop) -> None:
    order = shop.order(
        {"LineType": "Text", "Description": "Prosjekt Alfa"},
        {"ProductId": shop.hour, "Quantity": 10, "ExternalImportReference": "l1"},
        {"ProductCode": "TRAVEL", "Quantity": 1, "Allowance": 10, "Description": "Fly"},
        {"ProductId": shop.export, "Quantity": 1.5},
        ExternalImportReference="tribe-1",
        ImportedOrderNo=2026000123,
        PaymentTerm=30,
    )
    text, hours, travel, export = order["SalesOrderLines"]
    assert (text["NetAmount"], text["VatCode"], text["SortOrder"]) == (0, None, 0)
    assert (hours["NetAmount"], hours["VatAmount"], hours["TotalAmount"]) == (12500, 3125, 15625)
    assert (hours["Description"], hours["UnitOfMeasureCode"]) == ("Time", "HUR")
    assert (hours["VatCode"], hours["VatId"], hours["VatRate"]) == ("3", 33, 0.25)
    assert (travel["NetAmount"], travel["VatAmount"], travel["VatRate"]) == (450, 54, 0.12)
    assert (travel["Description"], travel["ProductCode"]) == ("Fly", "TRAVEL")
    assert (export["NetAmount"], export["VatAmount"], export["VatCode"]) == (120, 0, "5")
    assert (order["NetAmount"], order["TotalAmount"]) == (13070, 16249)
    assert (order["LineCount"], order["SalesOrderNo"]) == (4, 6001)
    assert (order["SalesOrderStatus"], order["PaymentTermId"]) == ("Draft", 1230)
    assert (order["CurrencyCode"], order["CustomerNo"]) == (None, 10_000)
    assert order["IsCreatedByCurrentIntegration"] is True
    header = {name: value for name, value in order.items() if name != "SalesOrderLines"}
    assert shop.get(f"/SalesOrders/{order['Id']}").json() == header
    assert shop.get(f"/SalesOrders/{order['Id'].upper()}/Complete").json() == order
    assert shop.get("/SalesOrders").json() == [header]
    assert shop.tenant.orders() == [order]


@pytest.mark.parametrize(
    ("quantity", "price", "net", "vat"),
    [
        (1, 0.1, 0.1, 0.03),  # 0.025 away from zero
        (-1, 0.1, -0.1, -0.03),
        (3, 33.335, 100.01, 25.0),  # 100.005 in decimals, not in binary floats
        (0.333, 99.99, 33.3, 8.33),
        (2, 1.005, 2.01, 0.5),
    ],
)
def test_rounding(shop: Shop, quantity: float, price: float, net: float, vat: float) -> None:
    line = {"ProductId": shop.hour, "Quantity": quantity, "ProductUnitPrice": price}
    order = shop.order(line)
    (row,) = order["SalesOrderLines"]
    assert (row["NetAmount"], row["VatAmount"]) == (net, vat)
    assert order["TotalAmount"] == pytest.approx(net + vat)


def test_account_decides_vat(shop: Shop) -> None:
    group = shop.tenant.add_product_group(Code="G", Name="Mat", StandardSalesAccount=3010)
    inherits = shop.tenant.add_product(Name="Brød", UnitPrice=10, ProductGroupId=group)
    shop.tenant.books.settings.optional_sales_account = 3200
    lines = [
        {"ProductId": inherits, "Quantity": 1},
        {"ProductId": inherits, "Quantity": 1, "UseStandardSalesAccount": False},
    ]
    codes = [line["VatCode"] for line in shop.order(*lines)["SalesOrderLines"]]
    assert codes == ["31", "6"]
    shop.tenant.edit_customer(shop.customer, IsVatFree=True)
    lines.append({"ProductId": inherits, "Quantity": 1, "UseStandardSalesAccount": True})
    codes = [line["VatCode"] for line in shop.order(*lines)["SalesOrderLines"]]
    assert codes == ["6", "6", "31"]


@pytest.mark.parametrize(
    ("line", "status", "fragment"),
    [
        ({"Description": "Fri tekst", "ProductUnitPrice": 10}, 400, "Product is required"),
        ({"LineType": "Text", "ProductUnitPrice": 10}, 400, "no amount"),
        ({"ProductCode": "HOUR"}, 400, "Quantity is required"),
        ({"ProductCode": "NONE", "Quantity": 1}, 404, "code = 'NONE'"),
        ({"ProductId": 1, "Quantity": 1}, 404, "id = 1"),
        ({"ProductCode": "HOUR", "Quantity": 1, "Allowance": 101}, 400, "Allowance"),
        ({"ProductCode": "HOUR", "Quantity": 1, "VatRate": 0.25}, 400, "'VatRate'"),
        ({"ProductCode": "HOUR", "Quantity": 1, "LineType": "normal"}, 400, "'LineType'"),
        ({"ProductCode": "HOUR", "Quantity": 1, "DepartmentId": 7}, 404, "Department"),
        ({"ProductCode": "HOUR", "Quantity": 1, "Accrual": {"Start": 1}}, 400, "'Accrual'"),
    ],
)
def test_refused_lines(shop: Shop, line: dict[str, Any], status: int, fragment: str) -> None:
    answer = shop.post("/SalesOrders/Complete", CustomerId=shop.customer, SalesOrderLines=[line])
    assert_problem(answer, status, fragment)
    order = shop.order()
    assert_problem(shop.post(f"/SalesOrders/{order['Id']}/Lines", **line), status, fragment)
    assert len(shop.tenant.orders()[0]["SalesOrderLines"]) == 1


@pytest.mark.parametrize(
    ("members", "status", "fragment"),
    [
        ({"CustomerId": None}, 400, "CustomerId or CustomerNo"),
        ({"CustomerId": 1}, 404, "Customer with id = 1"),
        ({"CustomerId": None, "CustomerNo": 99}, 404, "number = 99"),
        ({"PaymentTerm": 11}, 404, "days = 11"),
        ({"PaymentTermId": 11}, 404, "id = 11"),
        ({"CurrencyCode": "KR"}, 400, "'CurrencyCode'"),
        ({"CurrencyExchangeRate": 0}, 400, "greater than 0"),
        ({"SalesOrderDate": "1.9.2026"}, 400, "'SalesOrderDate'"),
        ({"RelatedInvoiceNo": 10_001}, 400, "credit notes"),
        ({"ContactDeliveryAddressId": 5}, 404, "delivery address"),
        ({"ProjectCode": "P"}, 404, "Project with code = 'P'"),
        ({"SalesOrderNo": 1}, 400, "'SalesOrderNo'"),
        ({"SalesOrderLines": [7]}, 400, "'SalesOrderLines'"),
    ],
)
def test_refused_headers(shop: Shop, members: dict[str, Any], status: int, fragment: str) -> None:
    body = {"CustomerId": shop.customer} | members
    assert_problem(shop.post("/SalesOrders/Complete", **body), status, fragment)
    assert shop.tenant.orders() == []


def test_dimension_explicitly_none(shop: Shop) -> None:
    order = shop.order(DepartmentCode="-1", ProjectId=-1)
    assert (order["DepartmentId"], order["ProjectId"]) == (-1, -1)


def test_archived_customer_and_product(shop: Shop) -> None:
    shop.tenant.edit_product(shop.travel, IsArchived=True)
    lines = [{"ProductId": shop.travel, "Quantity": 1}]
    answer = shop.post("/SalesOrders/Complete", CustomerId=shop.customer, SalesOrderLines=lines)
    assert_problem(answer, 400, "archived")
    shop.tenant.archive(shop.customer)
    assert_problem(shop.post("/SalesOrders/Complete", CustomerId=shop.customer), 400, "archived")


def test_reference_is_unique_over_orders_and_invoices(shop: Shop) -> None:
    invoice = shop.issue(ExternalImportReference="sent")
    shop.order(ExternalImportReference="draft")
    for reference in ("sent", "draft"):
        answer = shop.post(
            "/SalesOrders/Complete", CustomerId=shop.customer, ExternalImportReference=reference
        )
        assert_problem(answer, 400, "ExternalImportReference is already in use")
    assert invoice
    lines = [
        {"ProductId": shop.hour, "Quantity": 1, "ExternalImportReference": "same"} for _ in "ab"
    ]
    answer = shop.post("/SalesOrders/Complete", CustomerId=shop.customer, SalesOrderLines=lines)
    assert_problem(answer, 400, "already in use")


@pytest.mark.parametrize("free", [True, False])
def test_reference_of_a_deleted_order(shop: Shop, free: bool) -> None:
    shop.tenant.switches.references_free_after_delete = free
    shop.tenant.delete_order(shop.order(ExternalImportReference="r")["Id"])
    again = shop.post(
        "/SalesOrders/Complete", CustomerId=shop.customer, ExternalImportReference="r"
    )
    assert again.status_code == (201 if free else 400)


def test_filters(shop: Shop) -> None:
    other = shop.tenant.add_customer(Name="Skog AS")
    a = shop.order(ExternalImportReference="a", ImportedOrderNo=5)["Id"]
    shop.wait(1)
    mark = shop.get(f"/SalesOrders/{a}").json()["LastChangedDateTimeOffset"]
    b = shop.order(CustomerId=other, SalesOrderStatus="Confirmed")["Id"]
    c = shop.tenant.add_order(CustomerNo=10_001)

    def found(**query: str) -> set[str]:
        answer = shop.get("/SalesOrders", **query)
        return {row["Id"] for row in answer.json()} if answer.content else set()

    assert found() == {a, b, c}
    assert found(externalImportReferences="a,z") == {a}
    assert found(importedOrderNos="1-10") == {a}
    assert found(salesOrderNos="6002-") == {b, c}
    assert found(customerNos="10001") == {b, c}
    assert found(orderStatus="Confirmed") == {b}
    assert found(onlyCreatedByCurrentIntegration="true") == {a, b}
    assert found(lastChangedDateTimeOffsetGreaterThan=mark) == {b, c}
    assert found(departmentCodes="-1") == {a, b, c}
    assert found(projectCodes="x") == set()
    assert_problem(shop.get("/SalesOrders", fromDate="2026-01-01"), 400, "fromDate")
    shop.tenant.configure(edition_2026=False)
    assert shop.get("/SalesOrders", externalImportReferences="a").status_code == 400


def test_shown_as_a_person_sees_it(shop: Shop) -> None:
    order = shop.order()
    plain = shop.get(f"/SalesOrders/{order['Id']}").json()
    seen = shop.get(f"/SalesOrders/{order['Id']}", showInherited="true").json()
    assert (plain["CurrencyCode"], seen["CurrencyCode"]) == (None, "NOK")
    assert (plain["PaymentTerm"], seen["PaymentTerm"]) == (None, 14)


def test_patch_header(shop: Shop) -> None:
    order = shop.order(ExternalImportReference="a")
    path = f"/SalesOrders/{order['Id']}"
    shop.wait(1)
    patched = shop.patch(path, operation("replace", "/PurchaseOrderReference", "PO-7"))
    assert patched.json()["PurchaseOrderReference"] == "PO-7"
    assert patched.json()["LastChangedDateTimeOffset"] > order["LastChangedDateTimeOffset"]
    assert "SalesOrderLines" not in patched.json()
    assert_problem(
        shop.patch(path, operation("replace", "/PaymentTerm", 14)),
        400,
        "SalesOrderPatchDto",
        "'PaymentTerm' was not found",
    )
    assert_problem(shop.patch(path, operation("remove", "/CustomerId")), 400, "CustomerId")
    shop.order(ExternalImportReference="b")
    same = shop.patch(path, operation("replace", "/ExternalImportReference", "b"))
    assert_problem(same, 400, "already in use")


def test_confirmed_order_is_locked(shop: Shop) -> None:
    order = shop.order(SalesOrderStatus="Confirmed")
    path = f"/SalesOrders/{order['Id']}"
    change = operation("replace", "/ContractNo", "7")
    assert_problem(shop.patch(path, change), 400, "confirmed")
    line = {"ProductId": shop.hour, "Quantity": 1}
    assert_problem(shop.post(f"{path}/Lines", **line), 400, "confirmed")
    assert_problem(shop.ask("DELETE", path), 409, "in use")
    opened = shop.patch(path, operation("replace", "/SalesOrderStatus", "Draft"), change)
    assert opened.json()["ContractNo"] == "7"
    assert shop.ask("DELETE", path).status_code == 200
    assert_problem(shop.get(path), 404, "Sales order with id")


@pytest.mark.parametrize("moves", [True, False])
def test_lines(shop: Shop, moves: bool) -> None:
    shop.tenant.switches.line_changes_move_orders = moves
    order = shop.order()
    path = f"/SalesOrders/{order['Id']}/Lines"
    shop.wait(1)
    added = shop.post(path, ProductId=shop.travel, Quantity=2).json()
    assert (added["SortOrder"], added["TotalAmount"]) == (1, 1120)
    one = f"{path}/{added['Id']}"
    changed = shop.patch(one, operation("replace", "/Quantity", 1)).json()
    assert changed["TotalAmount"] == 560
    assert shop.get(one).json() == changed
    by_code = shop.patch(one, operation("replace", "/ProductCode", "HOUR"))
    assert_problem(by_code, 400, "SalesOrderLinePatchDto")
    assert_problem(shop.patch(one, operation("remove", "/ProductId")), 400, "Product is required")
    assert len(shop.get(path).json()) == 2
    header = shop.get(f"/SalesOrders/{order['Id']}").json()
    assert header["TotalAmount"] == 2122.5
    moved = header["LastChangedDateTimeOffset"] > order["LastChangedDateTimeOffset"]
    assert moved is moves
    assert shop.ask("DELETE", one).status_code == 200
    assert_problem(shop.get(one), 404, added["Id"])
    assert_problem(shop.get(f"/SalesOrders/{NOWHERE}/Lines"), 404, NOWHERE)
    assert_problem(shop.get("/SalesOrders/7"), 400, "'7'")


def test_no_other_way_to_make_orders(shop: Shop) -> None:
    for path in ("/SalesOrders", "/OutgoingInvoices", f"/SalesOrders/{NOWHERE}/invoice"):
        assert shop.post(path).json() == {"statusCode": 404, "message": "Resource not found"}


def test_used_things_cannot_be_deleted(shop: Shop) -> None:
    order = shop.order()
    assert_problem(shop.ask("DELETE", f"/Products/{shop.hour}"), 409, "in use")
    assert_problem(shop.ask("DELETE", f"/Customers/{shop.customer}"), 409, "in use")
    shop.tenant.delete_order(order["Id"])
    assert shop.ask("DELETE", f"/Products/{shop.hour}").status_code == 200


def test_two_posts_at_once(shop: Shop) -> None:
    answered, leave = threading.Event(), threading.Event()
    log = shop.sandbox.requests
    original = log.add

    def hold_back(request: Request) -> None:
        original(request)
        if request.status == 201 and not answered.is_set():
            answered.set()
            assert leave.wait(5)

    log.add = hold_back  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shop.post, "/SalesOrders/Complete", CustomerId=shop.customer)
        assert answered.wait(5)
        second = requests.post(
            shop.settings["POWEROFFICE_API_URL"] + "/SalesOrders/Complete",
            json={"CustomerId": shop.customer},
            headers=dict(shop.session.headers),
            timeout=5,
        )
        leave.set()
        assert first.result().status_code == 201
    assert (second.status_code, second.content) == (503, b"")
    assert len(shop.tenant.orders()) == 1


def test_privileges(shop: Shop) -> None:
    shop.tenant.privileges = {"SalesOrders"}
    assert shop.get("/SalesOrders").status_code == 204
    assert shop.post("/SalesOrders/Complete", CustomerId=shop.customer).status_code == 403
    assert shop.get("/SalesOrders/sentState").status_code == 403
