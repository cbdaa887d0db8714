"""The operations on customers and suppliers (poweroffice.md sections 9.1 and 9.2)."""

from flask import Response

from tribe_po.sandbox.poweroffice.fields import Role, fields_with
from tribe_po.sandbox.poweroffice.lists import contact_filters
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


def _routes(role: Role) -> list[Route]:
    filters = contact_filters(role)

    def list_all(call: Call) -> Response:
        members = fields_with(role, "R", call.tenant.books.edition_2026)
        return page_response(call, call.tenant.rows(role), members, filters)

    def get(call: Call) -> Response:
        return json_response(200, call.tenant.get(role, call.identifier()))

    def post(call: Call) -> Response:
        return json_response(201, call.tenant.post(role, call.body()))

    def patch(call: Call) -> Response:
        operations = call.operations()
        return json_response(200, call.tenant.patch(role, call.identifier(), operations))

    def delete(call: Call) -> Response:
        call.tenant.remove(role, call.identifier())
        return empty_response(200)

    many, one = pattern(f"{role}s"), pattern(f"{role}s/{{key}}")
    lane = "customer" if role is Role.CUSTOMER else None
    return [
        Route("GET", many, role, reading(role), list_all, filters, lists=True),
        Route("POST", many, role, writing(role), post, lane=lane),
        Route("GET", one, role, reading(role), get),
        Route("PATCH", one, role, writing(role), patch),
        Route("DELETE", one, role, writing(role), delete),
    ]


CONTACT_ROUTES = (*_routes(Role.CUSTOMER), *_routes(Role.SUPPLIER))
