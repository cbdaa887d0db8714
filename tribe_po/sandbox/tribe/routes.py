"""The HTTP face of an imitated Tribe tenant: the token endpoint and the OData resources."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.error import OAuthError, ODataError, bad_request, not_found
from tribe_po.sandbox.tribe.files import file_answer
from tribe_po.sandbox.tribe.invoice_rules import refuse_frozen_phase, refuse_phase_by_put
from tribe_po.sandbox.tribe.metadata import (
    NAMESPACE,
    EntityModel,
    EntityType,
    Navigation,
    Right,
    csdl,
)
from tribe_po.sandbox.tribe.model import FUNCTIONS
from tribe_po.sandbox.tribe.odata import (
    COLLECTION_OPTIONS,
    ENTITY_OPTIONS,
    SKIP_TOKEN,
    Query,
    default_view,
    page,
    query,
    raw_options,
    related,
    render,
    view,
)
from tribe_po.sandbox.tribe.spelling import spelled
from tribe_po.sandbox.tribe.store import Record
from tribe_po.sandbox.tribe.values import guid, wire_moment
from tribe_po.sandbox.tribe.writes import UPGRADE, Body, Writer, existing

if TYPE_CHECKING:
    from tribe_po.sandbox.tribe.tenant import TribeTenant

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_RESOURCE = re.compile(
    r"(?P<set>[A-Za-z]\w*)(?:\((?P<key>[^()/]+)\)(?:/(?P<navigation>[A-Za-z_]\w*))?)?"
)
_JSON = "application/json;odata.metadata=minimal"


@dataclass(frozen=True, slots=True)
class _Resource:
    """What a path below the root names."""

    entity_type: EntityType
    key: str | None
    navigation: str | None

    @property
    def shape(self) -> str:
        if self.navigation is not None:
            return "navigation"
        return "collection" if self.key is None else "entity"


def blueprint(tenant: TribeTenant) -> Blueprint:
    """Tribe's routes for `tenant`, relative: `/v1/odata/...`, `/v1/odata-file/...` and
    `/oauth2/token`."""
    routes = Blueprint("tribe", __name__)
    api = _Api(tenant)
    routes.add_url_rule("/oauth2/token", view_func=api.token, methods=["POST"])
    routes.add_url_rule("/v1/odata/<path:path>", view_func=api.resource, methods=[*_METHODS])
    routes.add_url_rule(
        "/v1/odata-file/<set_name>/<key>/<name>", view_func=api.file, methods=[*_METHODS]
    )
    routes.register_error_handler(ODataError, lambda error: _odata_error(error, tenant.dialect))
    routes.register_error_handler(OAuthError, _oauth_error)
    return routes


class _Api:
    def __init__(self, tenant: TribeTenant) -> None:
        self._tenant = tenant
        self._handlers: dict[tuple[str, str], Callable[[_Resource], Response]] = {
            ("collection", "GET"): self._list,
            ("collection", "POST"): self._post,
            ("entity", "GET"): self._read,
            ("entity", "PUT"): self._put,
            ("entity", "DELETE"): self._delete,
            ("navigation", "GET"): self._follow,
        }

    def token(self) -> Response:
        tenant = self._tenant
        with tenant.lock:
            answer = tenant.tokens.issue(request.form, tenant.clock.now(), tenant.dialect)
        return _json(answer, content_type="application/json;charset=UTF-8")

    def file(self, set_name: str, key: str, name: str) -> Response:
        with self._tenant.lock:
            self._authorize("GET")
            if request.method not in ("GET", "HEAD"):
                raise ODataError(405, f"{request.method} is not allowed here.", allow=("GET",))
            entity_type = self._model.entity_set(set_name)
            record = existing(self._tenant.store, entity_type.name, key)
            return file_answer(self._tenant.store, entity_type, record, name)

    def resource(self, path: str) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        with self._tenant.lock:
            self._authorize(method)
            self._throttle()
            if path == "$metadata":
                return self._metadata(method)
            if path.endswith("()"):
                return self._function(path.removesuffix("()"), method)
            resource = _resource(self._model, path)
            handler = self._handlers.get((resource.shape, method))
            if handler is None:
                allow = tuple(m for shape, m in self._handlers if shape == resource.shape)
                raise ODataError(405, f"{method} is not allowed here.", allow=allow)
            return handler(resource)

    @property
    def _model(self) -> EntityModel:
        return self._tenant.store.model

    def _authorize(self, method: str) -> None:
        tenant = self._tenant
        scope = "read" if method == "GET" else "write"
        tenant.tokens.authorize(request.headers.get("Authorization"), tenant.clock.now(), scope)
        if tenant.read_only and method != "GET":
            raise ODataError(403, "The user has no right to change records.")

    def _throttle(self) -> None:
        every = self._tenant.dialect.throttle_every
        self._tenant.received += 1
        if every and self._tenant.received % every == 0:
            raise ODataError(429, "Too many requests.")

    def _metadata(self, method: str) -> Response:
        if method != "GET":
            raise ODataError(405, f"{method} is not allowed here.", allow=("GET",))
        raw_options(request.query_string, {"$format"})
        if not self._tenant.dialect.metadata:
            raise not_found("No such resource: '$metadata'.")
        untold = {"ImportId"} if self._tenant.dialect.import_id == "untold" else set()
        document = csdl(self._model, FUNCTIONS, untold)
        return Response(document, content_type="application/xml;charset=utf-8")

    def _function(self, name: str, method: str) -> Response:
        target = FUNCTIONS.get(name)
        if target is None:
            raise not_found(f"No such function: '{name}'.")
        if method != "GET":
            raise ODataError(405, f"{method} is not allowed here.", allow=("GET",))
        return self._entity(target, self._tenant.employee())

    def _list(self, resource: _Resource) -> Response:
        type_name = resource.entity_type.name
        options, wanted = self._query(type_name)
        return self._page(type_name, options, wanted, self._visible(type_name))

    def _visible(self, type_name: str) -> list[Record] | None:
        """The records that lists show by now; None for all."""
        tenant = self._tenant
        if not tenant.dialect.read_lag:
            return None
        latest = wire_moment(tenant.clock.now() - timedelta(seconds=tenant.dialect.read_lag))
        records = tenant.shown().of_type(type_name)
        return [one for one in records if str(one.values["CreationDate"]) <= latest]

    def _query(self, type_name: str) -> tuple[dict[str, str], Query]:
        dialect = self._tenant.dialect
        allowed = COLLECTION_OPTIONS | ({SKIP_TOKEN} if dialect.next_link else set())
        options = raw_options(request.query_string, allowed)
        return options, query(self._model, type_name, options, dialect)

    def _page(
        self,
        type_name: str,
        options: dict[str, str],
        wanted: Query,
        among: list[Record] | None,
    ) -> Response:
        tenant, store = self._tenant, self._tenant.shown()
        found = page(store, wanted, tenant.dialect, among)
        body = _envelope([render(store, r, wanted.view) for r in found.records], type_name)
        if wanted.count:
            body["@odata.count"] = found.total
        if found.next_token is not None:
            body["@odata.nextLink"] = _next_link(options, found.next_token)
        return _json(spelled(body, tenant.dialect))

    def _read(self, resource: _Resource) -> Response:
        return self._entity(resource.entity_type.name, self._existing(resource))

    def _follow(self, resource: _Resource) -> Response:
        navigation = _navigation(self._model, resource)
        owner, store = self._existing(resource), self._tenant.shown()
        if navigation.is_collection:
            options, wanted = self._query(navigation.target)
            return self._page(navigation.target, options, wanted, related(store, owner, navigation))
        target = store.follow(owner, navigation.name)
        if target is None:
            return Response(status=204)
        return self._entity(navigation.target, target)

    def _post(self, resource: _Resource) -> Response:
        entity_type, body = resource.entity_type, _body()
        if Right.CREATE not in entity_type.rights:
            raise ODataError(405, f"'{entity_type.name}' does not allow create.", allow=("GET",))
        self._former(body)
        if "ID" not in body:
            return self._written(entity_type, self._writer().create(entity_type.name, body), 201)
        if self._is_unknown(body):
            unknown = guid(body.pop("ID"))
            created = self._writer().create(entity_type.name, body, unknown)
            return self._written(entity_type, created, 201)
        record = self._writable(entity_type.name, body["ID"])
        if UPGRADE in body:
            upgraded = self._writer().upgrade(record, body)
            return self._written(self._model.get(upgraded.type_name), upgraded, 200)
        refuse_frozen_phase(self._tenant.dialect, self._tenant.store, record, body)
        del body["ID"]
        self._writer().update(entity_type.name, record, body)
        return self._written(entity_type, record, 200)

    def _is_unknown(self, body: Body) -> bool:
        """Whether this is the ID of no record, and a POST creates one under it."""
        if not self._tenant.dialect.post_creates_unknown or UPGRADE in body:
            return False
        try:
            self._tenant.store.get(guid(body["ID"]))
        except KeyError:
            return True
        return False

    def _put(self, resource: _Resource) -> Response:
        if not self._tenant.dialect.put:
            raise _no_put(self._tenant.dialect.put_refusal)
        entity_type, body = resource.entity_type, _body()
        self._former(body)
        record = self._writable(entity_type.name, resource.key)
        refuse_phase_by_put(self._tenant.dialect, record, body)
        refuse_frozen_phase(self._tenant.dialect, self._tenant.store, record, body)
        if "ID" in body and guid(body.pop("ID")) != record.id:
            raise bad_request("The ID in the body is not the one in the URL.")
        self._writer().update(entity_type.name, record, body)
        return self._written(entity_type, record, 200)

    def _former(self, body: Body) -> None:
        """Refuse IsFormer, or take it out of the body, where the API does not write it."""
        match self._tenant.dialect.former:
            case "refused" if "IsFormer" in body:
                raise bad_request("'IsFormer' is read-only.")
            case "forbidden" if "IsFormer" in body:
                raise ODataError(403, "The user has no right to end a relationship.")
            case "ignored":
                body.pop("IsFormer", None)

    def _delete(self, resource: _Resource) -> Response:
        raw_options(request.query_string, ())
        type_name = resource.entity_type.name
        self._writer().delete(type_name, self._writable(type_name, resource.key))
        return Response(status=204)

    def _writer(self) -> Writer:
        return self._tenant.writer()

    def _existing(self, resource: _Resource) -> Record:
        return existing(self._tenant.shown(), resource.entity_type.name, resource.key)

    def _writable(self, type_name: str, identifier: object) -> Record:
        record = existing(self._tenant.store, type_name, identifier)
        if record.id in self._tenant.locked:
            raise ODataError(403, "The user has no right to change this record.")
        return record

    def _entity(self, type_name: str, record: Record) -> Response:
        options = raw_options(request.query_string, ENTITY_OPTIONS)
        shown = view(self._model, type_name, options)
        body = _context(type_name) | render(self._tenant.shown(), record, shown)
        return _json(spelled(body, self._tenant.dialect))

    def _written(self, entity_type: EntityType, record: Record, status: int) -> Response:
        dialect, created = self._tenant.dialect, status == 201
        if not dialect.write_body or not (created or dialect.update_body):
            response = Response(status=dialect.empty_status)
        else:
            shown = default_view(self._model, entity_type.name)
            body = _context(entity_type.name) | render(self._tenant.store, record, shown)
            answered = dialect.created_status if created else status
            response = _json(spelled(body, dialect), status=answered)
        if created and dialect.location:
            address = f"{request.base_url}({record.id})"
            response.headers.update({"Location": address, "OData-EntityId": address})
        return response


def _no_put(status: int) -> ODataError:
    allow = ("GET", "DELETE") if status == 405 else ()
    return ODataError(status, f"There is no PUT {request.path}.", allow=allow)


def _resource(model: EntityModel, path: str) -> _Resource:
    found = _RESOURCE.fullmatch(path)
    if found is None:
        raise not_found(f"No such resource: '{path}'.")
    entity_type = model.entity_set(found["set"])
    return _Resource(entity_type, found["key"], found["navigation"])


def _navigation(model: EntityModel, resource: _Resource) -> Navigation:
    name = str(resource.navigation)
    navigation = model.navigations(resource.entity_type.name).get(name)
    if navigation is None:
        raise not_found(f"'{resource.entity_type.name}' has no navigation '{name}'.")
    return navigation


def _body() -> Body:
    raw_options(request.query_string, ())
    if request.mimetype != "application/json":
        raise ODataError(415, "The body must be application/json.")
    try:
        body = json.loads(request.get_data(), parse_constant=_no_constant)
    except ValueError as error:
        raise bad_request("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise bad_request("The body is not a JSON object.")
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _context(type_name: str) -> dict[str, Any]:
    return {"@odata.context": f"$metadata#{NAMESPACE}.{type_name}"}


def _envelope(entities: list[dict[str, Any]], type_name: str) -> dict[str, Any]:
    return {**_context(type_name), "value": entities}


def _next_link(options: dict[str, str], token: str) -> str:
    following = options | {SKIP_TOKEN: token}
    parts = (f"{quote(name, safe='$')}={quote(value)}" for name, value in following.items())
    return f"{request.base_url}?{'&'.join(parts)}"


def _json(body: Any, *, status: int = 200, content_type: str = _JSON) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status=status, content_type=content_type)


def _odata_error(error: ODataError, dialect: TribeDialect) -> Response:
    response = _refusal(error, dialect)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.allow:
        response.headers["Allow"] = ", ".join(error.allow)
    if error.status == 429 and dialect.retry_after:
        response.headers["Retry-After"] = "1"
    return response


def _refusal(error: ODataError, dialect: TribeDialect) -> Response:
    match dialect.error_body:
        case "spring":
            body = {"status": error.status, "error": "Error", "message": error.message}
            return _json({**body, "path": request.path}, status=error.status)
        case "html":
            page = f"<html><head><title>Error</title></head><body>{escape(error.message)}</body>"
            return Response(f"{page}</html>", status=error.status, content_type="text/html")
        case "nothing":
            return Response(status=error.status)
    return _json(error.body(), status=error.status)


def _oauth_error(error: OAuthError) -> Response:
    return _json(error.body(), status=error.status, content_type="application/json;charset=UTF-8")
