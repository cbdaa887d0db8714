"""PowerOffice Go API v2 over HTTP: gateway, token endpoint, routes (poweroffice.md 2, 3, 6)."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import flask
from flask import Response

from tribe_po.sandbox.poweroffice import PowerOfficeTenant
from tribe_po.sandbox.poweroffice_errors import GatewayError, ProblemError, not_found
from tribe_po.sandbox.poweroffice_fields import Role, Values, fields_with
from tribe_po.sandbox.poweroffice_lists import (
    PAGING,
    SERIES_FILTERS,
    Filter,
    contact_filters,
    pagination_header,
    select,
)

JSON_TYPE = "application/json; charset=utf-8"
PATCH_TYPE = "application/json-patch+json"
MAXIMUM_URL = 4096
"""Very long comma lists are answered with 414; the real limit is not documented."""

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_POST_TYPE = re.compile(r"(application|text)/json|application/[\w.-]+\+json")
_INT64 = re.compile(r"-?\d{1,18}")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed the gateway: the tenant, the key in the URL, the query."""

    tenant: PowerOfficeTenant
    key: str
    query: Mapping[str, str]
    resource: str

    def identifier(self) -> int:
        """Raise ProblemError (400) if the key in the URL is not an int64."""
        if not _INT64.fullmatch(self.key):
            raise ProblemError(
                400, f"{self.resource} validation error(s)", f"The value '{self.key}' is not valid."
            )
        return int(self.key)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. Any of `privileges` opens it; none means that none is needed."""

    method: str
    pattern: re.Pattern[str]
    resource: str
    privileges: frozenset[str]
    answer: Callable[[Call], Response]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    lists: bool = False

    def parameters(self, edition_2026: bool) -> frozenset[str]:
        """Return the query parameters that are known; any other is refused (section 4)."""
        names = {name for name, each in self.filters.items() if edition_2026 or not each.since_2026}
        return frozenset(names | (PAGING if self.lists else frozenset()))


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, headers, content_type=JSON_TYPE)


def _empty(status: int) -> Response:
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def _page(
    call: Call, rows: list[Values], members: Iterable[str], filters: Mapping[str, Filter]
) -> Response:
    page = select(call.tenant.books, rows, list(members), filters, call.query)
    if not page.rows:
        return _empty(204)
    headers = {}
    if page.next_number and call.tenant.paginate_header:
        path = flask.request.path.removeprefix("/poweroffice")
        headers["X-Pagination"] = pagination_header(path, call.query, page.next_number)
    return _json(200, page.rows, headers)


def _body(call: Call, accepted: re.Pattern[str]) -> object:
    if not accepted.fullmatch(flask.request.mimetype):
        raise ProblemError(415, "Unsupported Media Type", "The content type is not supported.")
    try:
        return json.loads(flask.request.get_data())
    except ValueError:
        raise ProblemError(
            400, f"{call.resource} validation error(s)", f"{call.resource} object is missing."
        ) from None


def _contact_routes(role: Role) -> list[Route]:
    filters = contact_filters(role)

    def list_all(call: Call) -> Response:
        members = fields_with(role, "R", call.tenant.books.edition_2026)
        return _page(call, call.tenant.rows(role), members, filters)

    def get(call: Call) -> Response:
        return _json(200, call.tenant.get(role, call.identifier()))

    def post(call: Call) -> Response:
        return _json(201, call.tenant.post(role, _body(call, _POST_TYPE)))

    def patch(call: Call) -> Response:
        operations = _body(call, re.compile(re.escape(PATCH_TYPE)))
        return _json(200, call.tenant.patch(role, call.identifier(), operations))

    def delete(call: Call) -> Response:
        call.tenant.remove(role, call.identifier())
        return _empty(200)

    many, one = _paths(f"{role}s")
    write = frozenset({f"{role}_Full"})
    read = write | {role.value}
    return [
        Route("GET", many, role, read, list_all, filters, lists=True),
        Route("POST", many, role, write, post),
        Route("GET", one, role, read, get),
        Route("PATCH", one, role, write, patch),
        Route("DELETE", one, role, write, delete),
    ]


def _paths(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return patterns for the collection and one of its objects; case does not matter."""
    many = re.compile(f"v2/{name}", re.IGNORECASE)
    return many, re.compile(f"v2/{name}/(?P<key>[^/]+)", re.IGNORECASE)


def _payment_term_rows(tenant: PowerOfficeTenant) -> list[Values]:
    return [term.row(tenant.books.opened) for term in tenant.books.payment_terms.values()]


def _payment_terms(call: Call) -> Response:
    rows = _payment_term_rows(call.tenant)
    return _page(call, rows, rows[0] if rows else (), {})


def _payment_term(call: Call) -> Response:
    identifier = call.identifier()
    for row in _payment_term_rows(call.tenant):
        if row["Id"] == identifier:
            return _json(200, row)
    raise not_found("Payment term", identifier)


def _number_series(call: Call) -> Response:
    rows = [series.row() for series in call.tenant.books.number_series]
    return _page(call, rows, rows[0] if rows else (), SERIES_FILTERS)


def _one_number_series(call: Call) -> Response:
    for series in call.tenant.books.number_series:
        if series.id == call.key.lower():
            return _json(200, series.row())
    raise not_found("Sub ledger number series", call.key)


def _client_information(call: Call) -> Response:
    tenant = call.tenant
    return _json(
        200,
        {
            "ActiveClientSubscriptions": ["Accounting"],
            "AllowSendInvoice": False,
            "AllowShowCustomerSSN": False,
            "AllowShowEmployeeSSN": False,
            "ClientId": tenant.client_id,
            "ClientName": tenant.client_name,
            "InvalidPrivileges": sorted(tenant.invalid_privileges),
            "ValidPrivileges": sorted(tenant.privileges),
        },
    )


def _settings_routes() -> list[Route]:
    services = frozenset({"CommonServices", "CommonServices_Full"})
    terms, term = _paths("PaymentTerms")
    many_series, one_series = _paths("SubLedgerNumberSeries")
    information, _ = _paths("ClientIntegrationInformation")
    return [
        Route("GET", terms, "Payment term", services, _payment_terms, lists=True),
        Route("GET", term, "Payment term", services, _payment_term),
        Route("GET", many_series, "Number series", services, _number_series, SERIES_FILTERS, True),
        Route("GET", one_series, "Number series", services, _one_number_series),
        Route("GET", information, "Client", frozenset(), _client_information),
    ]


ROUTES = (*_contact_routes(Role.CUSTOMER), *_contact_routes(Role.SUPPLIER), *_settings_routes())


def _find_route(method: str, path: str) -> tuple[Route, str]:
    for route in ROUTES:
        found = route.pattern.fullmatch(path)
        if found and route.method == method:
            return route, found.groupdict().get("key", "")
    raise GatewayError(404, "Resource not found")


def _pass_gateway(tenant: PowerOfficeTenant) -> None:
    request = flask.request
    if len(request.environ.get("RAW_URI", "")) > MAXIMUM_URL:
        raise GatewayError(414, "URI too long")
    key = request.headers.get("Ocp-Apim-Subscription-Key") or request.args.get("subscription-key")
    if not key:
        raise GatewayError(401, "Access denied due to missing subscription key.")
    if key not in tenant.subscription_keys:
        raise GatewayError(401, "Access denied due to invalid subscription key.")
    if not tenant.pace.admit():
        raise GatewayError(429, "Rate limit is exceeded. Try again in 1 seconds.", "429")


def _basic_credentials(header: str) -> str | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _token(tenant: PowerOfficeTenant) -> Response:
    """Answer the client-credentials request (section 2)."""
    request, keys = flask.request, tenant.keys
    if request.mimetype != "application/x-www-form-urlencoded":
        return _token_error("invalid_request", "The content type must be a form.")
    grant = request.form.get("grant_type")
    if grant != "client_credentials":
        error = "unsupported_grant_type" if grant else "invalid_request"
        return _token_error(error, "grant_type must be client_credentials.")
    given = _basic_credentials(request.headers.get("Authorization", ""))
    if given != f"{keys.app}:{keys.client}" or not tenant.integration_active:
        return _token_error(
            "invalid_client",
            "Client integration not found. "
            "Please ensure the provided keys are matching the desired environment.",
        )
    return _json(
        200,
        {
            "access_token": tenant.issue_token(),
            "token_type": "bearer",
            "expires_in": tenant.token_seconds,
        },
    )


def _token_error(error: str, description: str) -> Response:
    return _json(400, {"error": error, "error_description": description})


def _check_token(tenant: PowerOfficeTenant) -> None:
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not tenant.accepts_token(token):
        raise ProblemError(401)


def _check_query(route: Route, tenant: PowerOfficeTenant) -> dict[str, str]:
    query = flask.request.args.to_dict(flat=False)
    query.pop("subscription-key", None)
    unknown = sorted(query.keys() - route.parameters(tenant.books.edition_2026))
    repeated = sorted(name for name, values in query.items() if len(values) > 1)
    if unknown or repeated:
        names = ", ".join(unknown or repeated)
        raise ProblemError(400, "Invalid query parameter(s)", f"Not allowed: {names}.")
    return {name: values[0] for name, values in query.items()}


def _enter_lane(tenant: PowerOfficeTenant) -> None:
    """Let one POST /Customers in at a time, until its answer is on its way (section 3)."""
    if not tenant.customer_lane.acquire(blocking=False):
        raise ProblemError(503)
    flask.g.leave_lane = tenant.customer_lane.release


def _dispatch(tenant: PowerOfficeTenant, path: str) -> Response:
    _pass_gateway(tenant)
    method = flask.request.method
    if method == "POST" and path.lower() == "oauth/token":
        return _token(tenant)
    route, key = _find_route(method, path)
    _check_token(tenant)
    if route.privileges and not route.privileges & tenant.privileges:
        raise ProblemError(403)
    query = _check_query(route, tenant)
    if method == "POST" and route.resource == Role.CUSTOMER:
        _enter_lane(tenant)
    with tenant.lock:
        return route.answer(Call(tenant, key, query, route.resource))


def blueprint(tenant: PowerOfficeTenant) -> flask.Blueprint:
    """Return the API of one client company, to be mounted at /poweroffice."""
    api = flask.Blueprint("poweroffice", __name__)

    @api.route("/<path:path>", methods=_METHODS, provide_automatic_options=False)
    def answer(path: str) -> Response:
        return _dispatch(tenant, path)

    @api.errorhandler(ProblemError)
    def refuse(error: ProblemError) -> Response:
        body = error.body()
        return _empty(error.status) if body is None else _json(error.status, body)

    @api.errorhandler(GatewayError)
    def turn_away(error: GatewayError) -> Response:
        headers = {"Retry-After": "1"} if error.status == 429 else {}
        return _json(error.status, error.body(), headers)

    @api.teardown_request
    def leave_lane(_error: BaseException | None) -> None:
        release = flask.g.pop("leave_lane", None)
        if release is not None:
            release()

    return api
