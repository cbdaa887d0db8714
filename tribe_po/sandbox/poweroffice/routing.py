"""Routes of the imitated PowerOffice Go, and what all answers are made of (sections 4 and 6)."""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import flask
from flask import Response

from tribe_po.sandbox.poweroffice.errors import GatewayError, ProblemError
from tribe_po.sandbox.poweroffice.fields import Values
from tribe_po.sandbox.poweroffice.lists import PAGING, Filter, pagination_header, select
from tribe_po.sandbox.poweroffice.tenant import PowerOfficeTenant

JSON_TYPE = "application/json; charset=utf-8"

_POST_TYPE = re.compile(r"(application|text)/json|application/[\w.-]+\+json")
_PATCH_TYPE = re.compile(r"application/json-patch\+json")
_INT64 = re.compile(r"-?\d{1,18}")
_ASKS = frozenset({"customerNos", "supplierNos", "codes", "externalImportReference"})


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed the gateway: the tenant, the keys in the URL, the query."""

    tenant: PowerOfficeTenant
    keys: Mapping[str, str]
    query: Mapping[str, str]
    resource: str

    @property
    def key(self) -> str:
        return self.keys["key"]

    def identifier(self) -> int:
        """Return the key as int64. Raise ProblemError (400) if it is none."""
        if not _INT64.fullmatch(self.key):
            raise self._invalid(self.key)
        return int(self.key)

    def uuid(self, name: str = "key") -> str:
        """Return a key as UUID in lower case. Raise ProblemError (400) if it is none."""
        try:
            return str(uuid.UUID(self.keys[name]))
        except ValueError:
            raise self._invalid(self.keys[name]) from None

    def _invalid(self, value: str) -> ProblemError:
        return ProblemError(
            400, f"{self.resource} validation error(s)", f"The value '{value}' is not valid."
        )

    def body(self) -> object:
        """Return the JSON of a POST body."""
        return self._json_body(_POST_TYPE)

    def operations(self) -> object:
        """Return the JSON of a PATCH body. Raise ProblemError (400) for an operation that this
        environment does not take."""
        operations = self._json_body(_PATCH_TYPE)
        if not isinstance(operations, list):
            return operations
        switches = self.tenant.switches
        refused = {"test"} if switches.patch_test == "refused" else set()
        refused |= set() if switches.patch_remove else {"remove"}
        names = [step.get("op") if isinstance(step, dict) else None for step in operations]
        for name in refused.intersection(filter(None, names)):
            raise ProblemError(
                400, f"{self.resource} validation error(s)", f"The operation '{name}' is unknown."
            )
        ignored = switches.patch_test == "ignored"
        return [
            step
            for step, name in zip(operations, names, strict=True)
            if not (ignored and name == "test")
        ]

    def _json_body(self, accepted: re.Pattern[str]) -> object:
        if not accepted.fullmatch(flask.request.mimetype):
            raise ProblemError(415, "Unsupported Media Type", "The content type is not supported.")
        try:
            return json.loads(flask.request.get_data())
        except ValueError:
            raise ProblemError(
                400, f"{self.resource} validation error(s)", f"{self.resource} object is missing."
            ) from None


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. Any of `privileges` opens it; none means that none is needed.

    `required` names parameters without which the gateway finds no route, `lane` the lane of
    POSTs that must come one at a time (section 3).
    """

    method: str
    pattern: re.Pattern[str]
    resource: str
    privileges: frozenset[str]
    answer: Callable[[Call], Response]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    lists: bool = False
    required: frozenset[str] = frozenset()
    lane: str | None = None
    since_2026: bool = False

    def parameters(self, edition_2026: bool) -> frozenset[str]:
        """Return the query parameters that are known; any other is refused (section 4)."""
        names = {name for name, each in self.filters.items() if edition_2026 or not each.since_2026}
        return frozenset(names | (PAGING if self.lists else frozenset()))

    def check_required(self, query: Mapping[str, str]) -> None:
        """Raise GatewayError (404) if a required parameter is missing."""
        if not self.required <= query.keys():
            raise GatewayError(404, "Resource not found")


def json_response(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, headers, content_type=JSON_TYPE)


def empty_response(status: int) -> Response:
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def page_response(
    call: Call, rows: list[Values], members: Iterable[str], filters: Mapping[str, Filter]
) -> Response:
    """Answer the page of `rows` that the query asks for: 204 if there are none."""
    hidden = call.tenant.switches.archived
    if hidden == "hidden" or (hidden == "asked for" and not _ASKS.intersection(call.query)):
        rows = [row for row in rows if not row.get("IsArchived")]
    page = select(call.tenant.books, rows, list(members), filters, call.query)
    if not page.rows:
        return empty_response(204)
    headers = {}
    if page.next_number and call.tenant.paginate_header:
        path = flask.request.path.removeprefix("/poweroffice")
        headers["X-Pagination"] = pagination_header(path, call.query, page.next_number)
    return json_response(200, page.rows, headers)


def pattern(template: str) -> re.Pattern[str]:
    """Return the pattern of a path such as "Products/{key}"; case does not matter."""
    keyed = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
    return re.compile(f"v2/{keyed}", re.IGNORECASE)


def reading(name: str) -> frozenset[str]:
    """Return the privileges that let somebody read: the full one includes the other."""
    return frozenset({name, f"{name}_Full"})


def writing(name: str) -> frozenset[str]:
    return frozenset({f"{name}_Full"})
