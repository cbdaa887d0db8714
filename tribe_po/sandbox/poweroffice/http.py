"""PowerOffice Go API v2 over HTTP: gateway, token endpoint, routes (poweroffice.md 2, 3, 6)."""

import base64
import binascii
import threading

import flask
from flask import Response

from tribe_po.sandbox.poweroffice.contact_routes import CONTACT_ROUTES
from tribe_po.sandbox.poweroffice.errors import (
    INVALID_RESOURCE_PARAMETER,
    GatewayError,
    ProblemError,
)
from tribe_po.sandbox.poweroffice.invoice_routes import INVOICE_ROUTES
from tribe_po.sandbox.poweroffice.product_routes import PRODUCT_ROUTES
from tribe_po.sandbox.poweroffice.routing import Call, Route, json_response
from tribe_po.sandbox.poweroffice.sales_routes import SALES_ROUTES
from tribe_po.sandbox.poweroffice.settings_routes import SETTINGS_ROUTES
from tribe_po.sandbox.poweroffice.tenant import PowerOfficeTenant
from tribe_po.sandbox.poweroffice.wording import refused, worded

MAXIMUM_URL = 4096
"""Very long comma lists are answered with 414; the real limit is not documented."""

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

ROUTES = (*CONTACT_ROUTES, *SETTINGS_ROUTES, *PRODUCT_ROUTES, *SALES_ROUTES, *INVOICE_ROUTES)


def _find_route(method: str, path: str, edition_2026: bool) -> tuple[Route, dict[str, str]]:
    for route in ROUTES:
        found = route.pattern.fullmatch(path)
        if found and route.method == method and (edition_2026 or not route.since_2026):
            return route, found.groupdict()
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
    tenant.received += 1
    every = tenant.switches.throttle_every
    if not tenant.pace.admit() or (every and tenant.received % every == 0):
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
    return json_response(
        200,
        {
            "access_token": tenant.issue_token(),
            "token_type": "bearer",
            "expires_in": tenant.token_seconds,
        },
    )


def _token_error(error: str, description: str) -> Response:
    return json_response(400, {"error": error, "error_description": description})


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
    taken = {"OrderBy": tenant.switches.order_by, "Fields": tenant.switches.fields}
    for name in query:
        if not taken.get(name, True):
            raise ProblemError(400, INVALID_RESOURCE_PARAMETER, f"{name} is not supported.")
    return {name: values[0] for name, values in query.items()}


def _enter_lane(lane: threading.Lock) -> None:
    """Let one such POST in at a time, until its answer is on its way (section 3)."""
    if not lane.acquire(blocking=False):
        raise ProblemError(503)
    flask.g.leave_lane = lane.release


def _dispatch(tenant: PowerOfficeTenant, path: str) -> Response:
    _pass_gateway(tenant)
    method = flask.request.method
    if method == "POST" and path.lower() == "oauth/token":
        return _token(tenant)
    route, keys = _find_route(method, path, tenant.books.edition_2026)
    _check_token(tenant)
    if route.privileges and not route.privileges & tenant.privileges:
        raise ProblemError(403)
    query = _check_query(route, tenant)
    route.check_required(query)
    if route.lane:
        _enter_lane(tenant.lanes[route.lane])
    with tenant.lock:
        tenant.settle()
        return worded(route.answer(Call(tenant, keys, query, route.resource)), tenant.switches)


def blueprint(tenant: PowerOfficeTenant) -> flask.Blueprint:
    """Return the API of one client company, to be mounted at /poweroffice."""
    api = flask.Blueprint("poweroffice", __name__)

    @api.route("/<path:path>", methods=_METHODS, provide_automatic_options=False)
    def answer(path: str) -> Response:
        return _dispatch(tenant, path)

    @api.errorhandler(ProblemError)
    def refuse(error: ProblemError) -> Response:
        return refused(error, tenant.switches)

    @api.errorhandler(GatewayError)
    def turn_away(error: GatewayError) -> Response:
        timed = error.status == 429 and tenant.switches.retry_after
        headers = {"Retry-After": "1"} if timed else {}
        return json_response(error.status, error.body(), headers)

    @api.teardown_request
    def leave_lane(_error: BaseException | None) -> None:
        release = flask.g.pop("leave_lane", None)
        if release is not None:
            release()

    return api
