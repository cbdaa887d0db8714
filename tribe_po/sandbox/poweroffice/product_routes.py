"""The operations on products and product groups (poweroffice.md section 10)."""

from collections.abc import Callable

from flask import Response

from tribe_po.sandbox.poweroffice.dtos import PRODUCT, PRODUCT_GROUP, Dto
from tribe_po.sandbox.poweroffice.lists import (
    Filter,
    boolean_is,
    newer_than,
    one_of,
    one_of_kinds,
)
from tribe_po.sandbox.poweroffice.products import Products, Shelf
from tribe_po.sandbox.poweroffice.routing import (
    Call,
    Route,
    empty_response,
    json_response,
    page_response,
    pattern,
    reading,
    writing,
)

GROUP_FILTERS = {
    "codes": Filter(one_of("Code")),
    "createdDateTimeOffsetGreaterThan": Filter(newer_than("CreatedDateTimeOffset")),
    "isArchived": Filter(boolean_is("IsArchived")),
    "lastChangedDateTimeOffsetGreaterThan": Filter(newer_than("LastChangedDateTimeOffset")),
    "names": Filter(one_of("Name")),
    "type": Filter(one_of_kinds("ProductType", ("Product", "Service"))),
}
PRODUCT_FILTERS = GROUP_FILTERS | {
    "productGroupCodes": Filter(one_of("ProductGroupCode")),
    "stockOnHandLastChangedDatetimeOffsetGreaterThan": Filter(
        newer_than("StockOnHandLastChangedDatetimeOffset")
    ),
}


def _routes(
    path: str, dto: Dto, shelf_of: Callable[[Products], Shelf], filters: dict[str, Filter]
) -> list[Route]:
    def list_all(call: Call) -> Response:
        products = call.tenant.product_shelf
        return page_response(call, products.rows(shelf_of(products)), dto.returned, filters)

    def get(call: Call) -> Response:
        products = call.tenant.product_shelf
        shelf = shelf_of(products)
        return json_response(200, products.row(shelf, products.find(shelf, call.identifier())))

    def post(call: Call) -> Response:
        products = call.tenant.product_shelf
        row = products.post(shelf_of(products), call.body())
        status = call.tenant.switches.product_created_status if dto is PRODUCT else 201
        return json_response(status, row)

    def patch(call: Call) -> Response:
        products, operations = call.tenant.product_shelf, call.operations()
        row = products.patch(shelf_of(products), call.identifier(), operations)
        return json_response(200, row)

    def delete(call: Call) -> Response:
        products = call.tenant.product_shelf
        products.remove(shelf_of(products), call.identifier())
        return empty_response(200)

    many, one = pattern(path), pattern(f"{path}/{{key}}")
    read, write = reading("Product"), writing("Product")
    return [
        Route("GET", many, dto.resource, read, list_all, filters, lists=True),
        Route("POST", many, dto.resource, write, post),
        Route("GET", one, dto.resource, read, get),
        Route("PATCH", one, dto.resource, write, patch),
        Route("DELETE", one, dto.resource, write, delete),
    ]


PRODUCT_ROUTES = (
    *_routes("Products", PRODUCT, lambda products: products.shelf, PRODUCT_FILTERS),
    *_routes("ProductGroups", PRODUCT_GROUP, lambda products: products.groups, GROUP_FILTERS),
)
