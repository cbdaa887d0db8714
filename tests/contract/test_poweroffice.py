"""The check of PowerOffice's exchanges catches what is wrong, and leaves what is right."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contract.deviations import DEVIATIONS
from tests.contract.document import Document
from tests.contract.exchanges import Exchange
from tests.contract.poweroffice import JSON_PATCH
from tests.contract.watch import Watch
from tribe_po.sandbox.poweroffice.switches import Switches
from tribe_po.sandbox.tribe.dialect import TribeDialect

TOOL = "tests/scenarios/test_first_sync.py::test_it"
ITSELF = "tests/sandbox/poweroffice/test_contacts.py::test_it"
TERM = {"Id": 7, "Code": "NET14", "Description": "14 dager"}
MINIATURE: dict[str, Any] = {
    "paths": {
        "/Terms": {
            "get": {
                "parameters": [
                    {"name": "code", "in": "query", "schema": {"type": "string"}},
                    {"name": "PageSize", "in": "query", "schema": {"type": "integer"}},
                ],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/TermDto"},
                                }
                            }
                        }
                    },
                    "204": {"description": "nothing"},
                },
            },
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/TermDto"}}
                    },
                },
                "responses": {"400": {"$ref": "#/components/responses/Refused"}},
            },
        },
        "/Terms/{id}": {
            "patch": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
                ],
                "requestBody": {
                    "required": True,
                    "content": {JSON_PATCH: {"schema": {"type": "array", "items": {}}}},
                },
                "x-patch-schema": "TermPatchDto",
                "responses": {"200": {"description": "done"}},
            }
        },
    },
    "components": {
        "responses": {"Refused": {"description": "refused"}},
        "schemas": {
            "TermDto": {
                "type": "object",
                "required": ["Code"],
                "properties": {
                    "Id": {"type": "integer", "format": "int64", "readOnly": True},
                    "Code": {"type": "string", "maxLength": 5},
                    "Description": {"type": "string", "nullable": True},
                    "Kind": {"allOf": [{"$ref": "#/components/schemas/Kind"}]},
                },
            },
            "Kind": {"type": "string", "nullable": True, "enum": ["Net", "Month"]},
            "TermPatchDto": {
                "type": "object",
                "properties": {
                    "Description": {"type": "string", "nullable": True},
                    "Groups": {"type": "array", "items": {"type": "integer"}},
                },
            },
        },
    },
}
"""A document of the same form as the real one, and small enough to be seen through."""

LIST = Exchange(
    "poweroffice", "GET", "/v2/Terms", "code=NET14", "", b"", 200, "application/json", b"[]"
)


@pytest.fixture
def watch() -> Watch:
    return Watch(Document(json.loads(json.dumps(MINIATURE))))


def listed(*rows: Mapping[str, object]) -> Exchange:
    return replace(LIST, answer=json.dumps(rows).encode())


def posted(body: Mapping[str, object], status: int = 0) -> Exchange:
    return Exchange(
        "poweroffice",
        "POST",
        "/v2/Terms",
        "",
        "application/json",
        json.dumps(body).encode(),
        status,
    )


def patched(path: str, value: object, op: str = "replace") -> Exchange:
    steps = [{"op": op, "path": path, "value": value}]
    body = json.dumps(steps).encode()
    return Exchange("poweroffice", "PATCH", "/v2/Terms/7", "", JSON_PATCH, body, 200)


@pytest.mark.parametrize(
    "right",
    [
        listed(TERM, TERM | {"Description": None}, TERM | {"Kind": None}, TERM | {"Kind": "Net"}),
        replace(LIST, path="/v2/terms", query="PageSize=5", status=204, answer=b""),
        posted({"Code": "NET14"}),
        posted({"Code": "NET14"}, 400),
        patched("/Description", None),
        patched("/description", "14 dager"),
        patched("/Groups/-", 5, "add"),
    ],
)
def test_what_is_right(watch: Watch, right: Exchange) -> None:
    assert watch.complaints([right], TOOL) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(LIST, path="/v2/Nowhere"), "no such operation"),
        (replace(LIST, method="DELETE"), "no such operation"),
        (replace(LIST, query="codes=NET14"), "unknown query parameter codes"),
        (replace(LIST, query="PageSize=many"), "parameter PageSize"),
        (posted({"Code": "NET14", "Name": "x"}), "'Name' was unexpected"),
        (posted({"Code": 14}), "14 is not of type 'string'"),
        (posted({"Code": "NET140"}), "too long"),
        (posted({"Code": None}), "None for not nullable"),
        (posted({"Description": "14 dager"}), "'Code' is a required property"),
        (posted({"Code": "NET14", "Kind": "Year"}), "'Year' is not one of"),
        (posted(TERM), "read-only"),
        (replace(posted(TERM), body=b""), "the body is missing"),
        (replace(posted({"Code": "x"}), content_type="text/plain"), "content type"),
        (replace(patched("/Description", None), path="/v2/Terms/x"), "parameter id"),
        (patched("/Name", "x"), "/Name cannot be patched"),
        (patched("/Description/Text", "x"), "/Description/Text cannot be patched"),
        (patched("/Groups/first", 1), "/Groups/first cannot be patched"),
        (patched("/Description", 14), "14 is not of type 'string'"),
        (patched("/Groups", ["x"]), "'x' is not of type 'integer'"),
        (patched("/Description", 14, "test"), "14 is not of type 'string'"),
        (listed(TERM, TERM | {"Name": "x"}), "answer 200: $: Additional properties"),
        (listed(TERM, TERM | {"Id": "7"}), "'7' is not of type 'integer'"),
        (listed({"Id": 7}), "'Code' is a required property"),
        (replace(LIST, answer=b""), "answer 200: the body is missing"),
        (replace(LIST, answer=b"{}"), "answer 200: $: {} is not of type 'array'"),
        (replace(LIST, answer=b"<html>"), "is not of type 'array'"),
        (replace(LIST, answer_type="text/html"), "content type 'text/html'"),
        (replace(LIST, status=201), "answer 201: this status is not documented"),
        (replace(LIST, status=204), "answer 204: a body where there is none"),
    ],
)
def test_what_is_wrong(watch: Watch, wrong: Exchange, said: str) -> None:
    (complaint,) = watch.complaints([wrong], TOOL)
    assert said in complaint
    assert watch.complaints([wrong], TOOL) == []  # it is said once


def test_a_row_that_was_seen_right_hides_no_wrong_one(watch: Watch) -> None:
    assert watch.complaints([listed(TERM)], TOOL) == []
    (complaint,) = watch.complaints([listed(TERM, TERM | {"Id": 8.5})], TOOL)
    assert "8.5" in complaint


@pytest.mark.parametrize(("status", "complaints"), [(400, 0), (0, 1)])
def test_the_sandboxs_own_tests_may_be_refused(watch: Watch, status: int, complaints: int) -> None:
    assert len(watch.complaints([posted({}, status)], ITSELF)) == complaints


def test_a_refusal_excuses_nothing_that_the_tool_sent(watch: Watch) -> None:
    assert len(watch.complaints([posted({}, 400)], TOOL)) == 1


def test_without_a_document_nothing_is_said() -> None:
    assert Watch(None).complaints([posted({})], TOOL) == []


def test_an_addition_is_a_fault_unless_the_sandbox_was_told_to_make_it(watch: Watch) -> None:
    added = listed(TERM | {"AddedLater": True})
    told = replace(added, deviating=frozenset({"unknown_members"}))
    assert watch.complaints([told], TOOL) == []
    (complaint,) = watch.complaints([added], TOOL)
    assert "AddedLater" in complaint


@pytest.mark.parametrize("switch", [one.switch for one in DEVIATIONS if one.switch])
def test_every_switch_is_one_of_the_sandboxs(switch: str) -> None:
    assert hasattr(Switches(), switch) or hasattr(TribeDialect(), switch)


@pytest.mark.skipif(
    not os.environ.get("TRIBE_PO_OPENAPI"), reason="TRIBE_PO_OPENAPI names no document"
)
@pytest.mark.parametrize(
    ("query", "row", "said"),
    [
        ("PageSize=1", {"Id": 10000, "Name": "Fjord Kaffe AS"}, None),
        ("createdSince=1", {"Id": 10000}, "unknown query parameter createdSince"),
        ("lastChangedDateTimeOffsetGreaterThan=yesterday", {"Id": 1}, "not a 'date-time'"),
        ("", {"Id": "10000"}, "is not of type 'integer'"),
        ("", {"Id": 10000, "Nickname": "x"}, "'Nickname' was unexpected"),
    ],
)
def test_the_real_document(query: str, row: Mapping[str, object], said: str | None) -> None:
    watch = Watch.with_document(Path(os.environ["TRIBE_PO_OPENAPI"]))
    exchange = replace(listed(row), path="/v2/Customers", query=query)
    complaints = watch.complaints([exchange], TOOL)
    assert [said in line for line in complaints if said] == [True] * bool(said)
    assert bool(complaints) == bool(said)
