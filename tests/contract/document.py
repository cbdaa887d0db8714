"""An OpenAPI 3.0 document, read more strictly than it is written.

What it says nothing about is refused: query parameters, members of objects, statuses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jsonschema.exceptions import best_match
from openapi_schema_validator import (
    OAS30ReadValidator,
    OAS30WriteValidator,
    oas30_format_checker,
)
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

Schema = Mapping[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_ROOT = "document"
_INTEGER = re.compile(r"-?\d+")
_VARYING = re.compile(r"\d{4,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    document: Document
    template: str
    method: str
    content: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.template}"

    def parameters(self, place: str) -> dict[str, Any]:
        """Return the parameters in "query" or "path", by name."""
        listed = [self.document.resolved(one) for one in self.content.get("parameters", ())]
        return {one["name"]: one for one in listed if one["in"] == place}

    def request_body(self) -> Mapping[str, Any] | None:
        body: Mapping[str, Any] | None = self.content.get("requestBody")
        return body

    def response(self, status: int) -> Mapping[str, Any] | None:
        """Return what is documented for a status; None for an undocumented one."""
        found = self.content["responses"].get(str(status))
        return None if found is None else self.document.resolved(found)


@dataclass(slots=True, weakref_slot=True)
class Document:
    """The whole document; `content` is changed to the stricter reading."""

    content: dict[str, Any]
    _valid: set[tuple[str, str]] = field(default_factory=set)
    _validators: dict[tuple[str, bool], Any] = field(default_factory=dict)
    _registry: Any = None
    _routes: tuple[tuple[re.Pattern[str], Operation], ...] = ()

    def __post_init__(self) -> None:
        _close(self.content["components"]["schemas"])
        _close(self.content["paths"])
        resource = Resource.from_contents(self.content, default_specification=DRAFT4)
        self._registry = Registry().with_resource(_ROOT, resource)
        self._routes = tuple(self._read_routes())

    @classmethod
    def load(cls, path: Path) -> Document:
        text = path.read_text(encoding="utf-8")
        return cls(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))

    def _read_routes(self) -> Iterator[tuple[re.Pattern[str], Operation]]:
        # A fixed segment before a key: /SalesOrders/sentState is no order's address.
        for template in sorted(self.content["paths"], key=lambda path: path.count("{")):
            item = self.content["paths"][template]
            base = "" if template == "/OAuth/Token" else "/v2"
            keyed = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template)
            for method in _METHODS:
                if method in item:
                    pattern = re.compile(f"{base}{keyed}", re.IGNORECASE)
                    yield pattern, Operation(self, template, method, item[method])

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation and the keys in the path. Case of the route does not matter."""
        for pattern, operation in self._routes:
            found = pattern.fullmatch(path)
            if found and operation.method == method.lower():
                return operation, found.groupdict()
        return None

    def resolved(self, node: Mapping[str, Any]) -> Any:
        """Return the node, or what its $ref (or its only allOf) points to."""
        while True:
            if len(node.get("allOf", ())) == 1:
                node = node["allOf"][0]
            elif "$ref" in node:
                target: Any = self.content
                for step in node["$ref"].removeprefix("#/").split("/"):
                    target = target[step]
                node = target
            else:
                return node

    def schema(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.content["components"]["schemas"][name]
        return found

    def faults(self, value: Any, schema: Schema, *, written: bool) -> Iterator[str]:
        """Say what of `value` contradicts the schema, the same thing in many rows once.

        `written`: by a client, so that what is read-only must not be there.
        """
        found = self.resolved(schema)
        if found.get("type") == "array" and isinstance(value, list):
            rows = (self.faults(row, found["items"], written=written) for row in value)
            yield from dict.fromkeys(fault for row in rows for fault in row)
            return
        text = json.dumps(schema, sort_keys=True)
        shape = _VARYING.sub(_blank, json.dumps(value))
        if (text, f"{written}{shape}") in self._valid:
            return
        error = best_match(self._validator(text, schema, written).iter_errors(value))
        if error is None:
            self._valid.add((text, f"{written}{shape}"))
        else:
            yield f"{error.json_path}: {error.message}"

    def _validator(self, text: str, schema: Schema, written: bool) -> Any:
        if (text, written) not in self._validators:
            kind = OAS30WriteValidator if written else OAS30ReadValidator
            self._validators[text, written] = kind(
                _rooted(schema),
                registry=self._registry,
                format_checker=oas30_format_checker,
            )
        return self._validators[text, written]

    def parameter_faults(self, text: str, parameter: Mapping[str, Any]) -> Iterator[str]:
        """Say what contradicts a parameter's schema in its text, as the URL has it."""
        schema = parameter["schema"]
        kind = self.resolved(schema).get("type")
        value: object = text
        if kind == "integer" and _INTEGER.fullmatch(text):
            value = int(text)
        elif kind == "boolean" and text.lower() in ("true", "false"):
            value = text.lower() == "true"
        for fault in self.faults(value, schema, written=True):
            yield f"parameter {parameter['name']}: {fault}"


def _close(node: Any) -> None:
    """Close every object, in place; and let null be one of the values of a nullable enumeration
    (poweroffice.md 7), though OpenAPI 3.0.3 wants it among those that are listed."""
    if isinstance(node, list):
        for each in node:
            _close(each)
    elif isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and node.get("type") == "object":
            node.setdefault("additionalProperties", False)
        if node.get("nullable") is True and isinstance(node.get("enum"), list):
            node["enum"] = [*node["enum"], None]
        for each in node.values():
            _close(each)


def _rooted(node: Any) -> Any:
    """The schema with its references made absolute."""
    if isinstance(node, list):
        return [_rooted(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    return {
        name: f"{_ROOT}{each}" if name == "$ref" else _rooted(each) for name, each in node.items()
    }


def _blank(found: re.Match[str]) -> str:
    """Rows that differ in numbers and keys alone are one; a text's length stays."""
    return "0" * len(found[0]) if found[0].isdigit() else "key"
