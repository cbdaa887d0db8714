"""The operations on sales orders (poweroffice.md sections 11.1-11.4)."""

import flask
from flask import Response

from tribe_po.sandbox.poweroffice.dtos import SALES_ORDER, SALES_ORDER_LINE
from tribe_po.sandbox.poweroffice.lists import (
    CURRENT_INTEGRATION,
    DIMENSION_FILTERS,
    Filter,
    boolean,
    in_ranges,
    newer_than,
    one_of,
    one_of_kinds,
    uuid_parameter,
    without_effect,
)
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

INHERITED = {"showInherited": Filter(without_effect)}
ORDER_FILTERS = (
    DIMENSION_FILTERS
    | INHERITED
    | {
        "customerNos": Filter(in_ranges("CustomerNo")),
        "externalImportReferences": Filter(one_of("ExternalImportReference"), since_2026=True),
        "importedOrderNos": Filter(in_ranges("ImportedOrderNo"), since_2026=True),
        "lastChangedDateTimeOffsetGreaterThan": Filter(newer_than("LastChangedDateTimeOffset")),
        "onlyCreatedByCurrentIntegration": CURRENT_INTEGRATION,
        "orderStatus": Filter(one_of_kinds("SalesOrderStatus", ("Draft", "Confirmed"))),
        "salesOrderNos": Filter(in_ranges("SalesOrderNo"), since_2026=True),
    }
)


def _shows_inherited(call: Call) -> bool:
    return boolean("showInherited", call.query.get("showInherited", "false"))


def _list(call: Call) -> Response:
    rows = call.tenant.order_desk.rows(inherited=_shows_inherited(call))
    return page_response(call, rows, SALES_ORDER.returned, ORDER_FILTERS)


def _get(call: Call) -> Response:
    desk = call.tenant.order_desk
    order = desk.find(call.uuid())
    return json_response(200, desk.row(order, inherited=_shows_inherited(call)))


def _get_complete(call: Call) -> Response:
    desk = call.tenant.order_desk
    order = desk.find(call.uuid())
    return json_response(200, desk.complete_row(order, inherited=_shows_inherited(call)))


def _post_complete(call: Call) -> Response:
    desk = call.tenant.order_desk
    return json_response(201, desk.complete_row(desk.post(call.body())))


def _patch(call: Call) -> Response:
    desk = call.tenant.order_desk
    return json_response(200, desk.row(desk.patch(call.uuid(), call.operations())))


def _delete(call: Call) -> Response:
    call.tenant.order_desk.remove(call.uuid())
    return empty_response(200)


def _send(call: Call) -> Response:
    order_id = call.uuid()
    request = call.tenant.sending_desk.ask(order_id, call.body())
    base = flask.request.url_root.rstrip("/")
    location = f"{base}/poweroffice/v2/SalesOrders/sentState?id={order_id}"
    return json_response(202, request, {"Location": location})


def _sent_state(call: Call) -> Response:
    text = call.query.get("id")
    if text is None:
        rows = call.tenant.sending_desk.state_rows(None)
    else:
        rows = call.tenant.sending_desk.state_rows(uuid_parameter("id", text))
    return json_response(200, rows) if rows else empty_response(204)


def _lines(call: Call) -> Response:
    desk = call.tenant.order_desk
    order = desk.find(call.uuid())
    rows = [desk.lines.row(order, line) for line in order.lines]
    return page_response(call, rows, SALES_ORDER_LINE.returned, {})


def _line(call: Call) -> Response:
    desk = call.tenant.order_desk
    order = desk.find(call.uuid())
    return json_response(200, desk.lines.row(order, desk.lines.find(order, call.uuid("line"))))


def _post_line(call: Call) -> Response:
    desk = call.tenant.order_desk
    line = desk.add_line(call.uuid(), call.body())
    return json_response(201, desk.lines.row(desk.find(call.uuid()), line))


def _patch_line(call: Call) -> Response:
    desk = call.tenant.order_desk
    line = desk.patch_line(call.uuid(), call.uuid("line"), call.operations())
    return json_response(200, desk.lines.row(desk.find(call.uuid()), line))


def _delete_line(call: Call) -> Response:
    call.tenant.order_desk.remove_line(call.uuid(), call.uuid("line"))
    return empty_response(200)


_READ, _WRITE = reading("SalesOrders"), writing("SalesOrders")
_MANY, _ONE = pattern("SalesOrders"), pattern("SalesOrders/{key}")
_COMPLETE = pattern("SalesOrders/{key}/Complete")
_LINES, _LINE = pattern("SalesOrders/{key}/Lines"), pattern("SalesOrders/{key}/Lines/{line}")
_SEND = pattern("SalesOrders/{key}/createAndSendInvoice")
_ORDER, _ORDER_LINE = SALES_ORDER.resource, SALES_ORDER_LINE.resource

SALES_ROUTES = (
    Route("GET", _MANY, _ORDER, _READ, _list, ORDER_FILTERS, lists=True),
    Route("POST", pattern("SalesOrders/Complete"), _ORDER, _WRITE, _post_complete, lane="order"),
    Route(
        "GET",
        pattern("SalesOrders/sentState"),
        _ORDER,
        _WRITE,
        _sent_state,
        {"id": Filter(without_effect)},
    ),
    Route("GET", _ONE, _ORDER, _READ, _get, INHERITED),
    Route("PATCH", _ONE, _ORDER, _WRITE, _patch),
    Route("DELETE", _ONE, _ORDER, _WRITE, _delete),
    Route("GET", _COMPLETE, _ORDER, _READ, _get_complete, INHERITED),
    Route("POST", _SEND, _ORDER, _WRITE, _send),
    Route("GET", _LINES, _ORDER_LINE, _READ, _lines, lists=True),
    Route("POST", _LINES, _ORDER_LINE, _WRITE, _post_line),
    Route("GET", _LINE, _ORDER_LINE, _READ, _line),
    Route("PATCH", _LINE, _ORDER_LINE, _WRITE, _patch_line),
    Route("DELETE", _LINE, _ORDER_LINE, _WRITE, _delete_line),
)
