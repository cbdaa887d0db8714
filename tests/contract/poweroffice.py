"""PowerOffice's side of an exchange against the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.contract.document import Document, Operation
from tests.contract.exchanges import Exchange

JSON_PATCH = "application/json-patch+json"
_AS_JSON = re.compile(r"(application|text)/json")
_SUBSCRIPTION = "subscription-key"
_ELEMENT = re.compile(r"-|\d+")
_VALUED = frozenset({"add", "replace", "test"})


def faults(document: Document, exchange: Exchange, *, by_hand: bool) -> Iterator[str]:
    """Say what contradicts the document in the request, and in the answer if there is one.
    What refuses a wrong request may look as it likes.

    `by_hand`: the request is a test's own, which may be wrong as long as it is refused.
    """
    found = document.find(exchange.method, exchange.path)
    if found is None:
        if not (by_hand and exchange.refused):
            yield "request: no such operation"
        return
    operation, keys = found
    wrong = list(_request_faults(operation, keys, exchange))
    if not (by_hand and exchange.refused):
        yield from (f"request: {fault}" for fault in wrong)
    if exchange.status and not (wrong and exchange.refused):
        # No document says in how many ways a server may refuse what is wrong.
        yield from (f"answer {exchange.status}: {f}" for f in _answer_faults(operation, exchange))


def _request_faults(
    operation: Operation, keys: Mapping[str, str], exchange: Exchange
) -> Iterator[str]:
    document = operation.document
    for name, parameter in operation.parameters("path").items():
        yield from document.parameter_faults(keys[name], parameter)
    known = operation.parameters("query")
    given = parse_qsl(exchange.query, keep_blank_values=True)
    names = [name for name, _ in given]
    for name, text in given:
        if name in known:
            yield from document.parameter_faults(text, known[name])
        elif name != _SUBSCRIPTION:
            yield f"unknown query parameter {name}"
    for name, parameter in known.items():
        if parameter.get("required") and name not in names:
            yield f"query parameter {name} is missing"
    yield from _body_faults(operation, exchange)


def _body_faults(operation: Operation, exchange: Exchange) -> Iterator[str]:
    expected = operation.request_body()
    if expected is None:
        if exchange.body:
            yield "a body where there is none"
        return
    if not exchange.body:
        if expected.get("required"):
            yield "the body is missing"
        return
    content = expected["content"]
    if exchange.content_type not in content:
        yield f"content type {exchange.content_type!r}"
        return
    schema = content[exchange.content_type]["schema"]
    document = operation.document
    if exchange.content_type == "application/x-www-form-urlencoded":
        form = dict(parse_qsl(exchange.body.decode()))
        yield from document.faults(form, schema, written=True)
    elif exchange.content_type in ("application/json", JSON_PATCH):
        body = _parsed(exchange.body)
        yield from document.faults(body, schema, written=True)
        if exchange.content_type == JSON_PATCH and isinstance(body, list):
            named = document.schema(operation.content["x-patch-schema"])
            for step in body:
                yield from _step_faults(document, named, step)


def _step_faults(document: Document, schema: Mapping[str, Any], step: Any) -> Iterator[str]:
    """Say what is wrong with a JSON Patch operation on an object of the schema."""
    pointer = str(step.get("path", "")) if isinstance(step, dict) else ""
    target: Any = schema
    for name in pointer.split("/")[1:]:
        target = _member(document.resolved(target), name)
        if target is None:
            yield f"JSON Patch: {pointer} cannot be patched"
            return
    if not pointer or "op" not in step:
        yield f"JSON Patch: {step} is no operation on a property"
    elif step["op"] in _VALUED:
        for fault in document.faults(step.get("value"), target, written=True):
            yield f"JSON Patch {step['op']} {pointer}: {fault}"


def _member(schema: Mapping[str, Any], name: str) -> Any:
    """Return the schema of a property, in any case, or of a list's element: both are seen in the
    official examples (poweroffice.md 8). None if there is none."""
    if schema.get("type") == "array":
        return schema["items"] if _ELEMENT.fullmatch(name) else None
    named = {each.lower(): one for each, one in schema.get("properties", {}).items()}
    return named.get(name.lower())


def _answer_faults(operation: Operation, exchange: Exchange) -> Iterator[str]:
    expected = operation.response(exchange.status)
    if expected is None:
        yield "this status is not documented"
        return
    content = expected.get("content")
    if not content:
        if exchange.answer:
            yield "a body where there is none"
        return
    if not exchange.answer:
        yield "the body is missing"
        return
    if exchange.answer_type not in content:
        yield f"content type {exchange.answer_type!r}"
        return
    if not _AS_JSON.fullmatch(exchange.answer_type) and "json" not in exchange.answer_type:
        return
    body, schema = _parsed(exchange.answer), content[exchange.answer_type]["schema"]
    yield from operation.document.faults(body, schema, written=False)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
