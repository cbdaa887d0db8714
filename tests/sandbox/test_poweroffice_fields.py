"""The field tables against the OpenAPI document, where one is at hand (TRIBE_PO_OPENAPI)."""

import os
import re
from pathlib import Path

import pytest

from tribe_po.sandbox.poweroffice_fields import ADDRESS_FIELDS, Role, fields_of, fields_with
from tribe_po.sandbox.poweroffice_http import ROUTES

OPENAPI = os.environ.get("TRIBE_PO_OPENAPI")
with_document = pytest.mark.skipif(not OPENAPI, reason="TRIBE_PO_OPENAPI names no document")


def document_lines() -> list[str]:
    return Path(str(OPENAPI)).read_text(encoding="utf-8").splitlines()


def block(lines: list[str], heading: str) -> list[str]:
    """Return the lines below `heading` that are indented deeper than it."""
    start = lines.index(heading) + 1
    depth = len(heading) - len(heading.lstrip())
    end = next(
        (n for n in range(start, len(lines)) if not lines[n].startswith(" " * (depth + 1))),
        len(lines),
    )
    return lines[start:end]


def schema_members(name: str) -> set[str]:
    properties = block(block(document_lines(), f"    {name}:"), "      properties:")
    found = (re.fullmatch(r" {8}(\w+):", line) for line in properties)
    return {match[1] for match in found if match}


def list_parameters(path: str) -> set[str]:
    get = block(block(document_lines(), f"  {path}:"), "    get:")
    pattern = r"      - (?:name: (\w+)|\$ref: '#/components/parameters/(\w+)')"
    found = (re.fullmatch(pattern, line) for line in get)
    return {match[1] or match[2] for match in found if match}


@with_document
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("access", "suffix"), [("R", "Dto"), ("C", "PostDto"), ("U", "PatchDto")])
def test_members(role: Role, access: str, suffix: str) -> None:
    assert fields_with(role, access, True).keys() == schema_members(f"{role}{suffix}")


@with_document
def test_address_members() -> None:
    assert ADDRESS_FIELDS.keys() == schema_members("ContactAddressPostDto")
    assert ADDRESS_FIELDS.keys() == schema_members("ContactAddressPatchDto")


@with_document
@pytest.mark.parametrize(
    "path", ["/Customers", "/Suppliers", "/PaymentTerms", "/SubLedgerNumberSeries"]
)
def test_list_parameters(path: str) -> None:
    route = next(each for each in ROUTES if each.pattern.fullmatch(f"v2{path}"))
    assert route.parameters(True) == list_parameters(path)


@pytest.mark.parametrize("role", Role)
def test_older_edition_is_a_part_of_the_newer(role: Role) -> None:
    older, newer = fields_of(role, False), fields_of(role, True)
    assert older.keys() < newer.keys()
    assert "SubLedgerNumberSeriesId" not in fields_with(role, "R", True)
    assert all("R" in newer[name].access for name in fields_with(role, "U", True))
