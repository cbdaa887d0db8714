"""The field tables against the OpenAPI document, where one is at hand (TRIBE_PO_OPENAPI)."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.sandbox.poweroffice.peer import START
from tribe_po.sandbox.poweroffice.dtos import (
    CREDIT_NOTE_VOUCHER,
    CUSTOMER_BALANCE,
    INVOICE,
    INVOICE_LINE,
    INVOICE_VOUCHER,
    LEDGER_ENTRY,
    PRODUCT,
    PRODUCT_GROUP,
    SALES_ORDER,
    SALES_ORDER_LINE,
    SEND_REQUEST,
    SENT_STATE,
    VOUCHER_LINE,
    VOUCHER_LINE_REQUIRED,
    VOUCHER_REQUIRED,
    VOUCHER_TYPES,
    Dto,
)
from tribe_po.sandbox.poweroffice.fields import (
    ADDRESS_FIELDS,
    Role,
    Type,
    fields_of,
    fields_with,
)
from tribe_po.sandbox.poweroffice.http import ROUTES
from tribe_po.sandbox.poweroffice.settings import ACCOUNTS, VAT_CODES, Settings
from tribe_po.sandbox.poweroffice.values import ACCRUAL_FIELDS, ENUMERATIONS

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
    ("dto", "returned", "accepted", "patchable"),
    [
        (PRODUCT, "ProductDto", "ProductPostDto", "ProductPatchDto"),
        (PRODUCT_GROUP, "ProductGroupDto", "ProductGroupPostDto", "ProductGroupPatchDto"),
        (SALES_ORDER, "SalesOrderDto", "SalesOrderCompletePostDto", "SalesOrderPatchDto"),
        (
            SALES_ORDER_LINE,
            "SalesOrderLineDto",
            "SalesOrderLinePostDto",
            "SalesOrderLinePatchDto",
        ),
        (SEND_REQUEST, "SendInvoiceRequestDto", "SendInvoiceRequestPostDto", None),
        (INVOICE_VOUCHER, "OutgoingInvoiceVoucherDto", "OutgoingInvoiceVoucherPostDto", None),
        (
            CREDIT_NOTE_VOUCHER,
            "OutgoingCreditNoteVoucherDto",
            "OutgoingCreditNoteVoucherPostDto",
            None,
        ),
        (
            VOUCHER_LINE,
            "OutgoingInvoiceVoucherLineDto",
            "OutgoingInvoiceVoucherLinePostDto",
            None,
        ),
    ],
)
def test_members_of_sales(dto: Dto, returned: str, accepted: str, patchable: str | None) -> None:
    assert set(dto.returned) == schema_members(returned)
    assert dto.accepted.keys() == schema_members(accepted)
    assert dto.post == accepted or dto is VOUCHER_LINE
    assert dto.patchable.keys() == (schema_members(patchable) if patchable else set())


@with_document
@pytest.mark.parametrize(
    ("members", "schema"),
    [
        (INVOICE, "OutgoingInvoiceDto"),
        (INVOICE_LINE, "OutgoingInvoiceLineDto"),
        (LEDGER_ENTRY, "CustomerLedgerEntryDto"),
        (CUSTOMER_BALANCE, "CustomerBalanceDto"),
        (SENT_STATE, "InvoiceSentStateDto"),
        (ACCRUAL_FIELDS, "SalesOrderAccrualPostDto"),
        (ACCOUNTS[0].row("0", ""), "GeneralLedgerAccountDto"),
        (VAT_CODES[0].row(), "VatCodeDto"),
        (Settings(START).currency_rows()[0], "CurrencyDto"),
        (Settings(START).invoice_settings(), "InvoiceSettingsDto"),
        (Settings(START).lock_date_settings(), "LockDateSettingsDto"),
        (Settings(START).financial_settings(), "FinancialSettingsDto"),
    ],
)
def test_members_of_rows(members: Iterable[str], schema: str) -> None:
    assert set(members) == schema_members(schema)


def enumeration(name: str) -> set[str]:
    found = (re.fullmatch(r" +- (\w+)", line) for line in block(document_lines(), f"    {name}:"))
    return {match[1] for match in found if match}


@with_document
@pytest.mark.parametrize(
    "kind",
    [
        Type.PRODUCT_TYPE,
        Type.UNIT,
        Type.AGRICULTURE,
        Type.ORDER_STATUS,
        Type.LINE_TYPE,
        Type.VAT_RETURN,
        Type.SEND_DELIVERY,
    ],
)
def test_enumerations(kind: Type) -> None:
    assert set(ENUMERATIONS[kind]) == enumeration(kind.value)


@with_document
def test_voucher_types() -> None:
    assert set(VOUCHER_TYPES) == enumeration("VoucherType")


@with_document
@pytest.mark.parametrize(
    ("schema", "required"),
    [
        ("OutgoingInvoiceVoucherPostDto", {*VOUCHER_REQUIRED, "VoucherLines"}),
        ("OutgoingCreditNoteVoucherPostDto", {*VOUCHER_REQUIRED, "VoucherLines"}),
        ("OutgoingInvoiceVoucherLinePostDto", {*VOUCHER_LINE_REQUIRED}),
    ],
)
def test_required_members(schema: str, required: set[str]) -> None:
    lines = block(document_lines(), f"    {schema}:")
    found = (re.fullmatch(r" {6}- (\w+)", line) for line in lines)
    assert {match[1] for match in found if match} == required


LIST_PATHS = (
    "/Customers",
    "/Suppliers",
    "/PaymentTerms",
    "/SubLedgerNumberSeries",
    "/Products",
    "/ProductGroups",
    "/SalesOrders",
    "/SalesOrders/sentState",
    "/OutgoingInvoices",
    "/Customerledger/Statement",
    "/Customerledger/OpenItems",
    "/Customerledger/CustomerBalances",
    "/Customerledger/EntriesByMatchId",
    "/VoucherDocumentation",
    "/VatCodes",
    "/GeneralLedgerAccounts",
    "/Currencies",
    "/CurrencyRates",
    "/LockDateSettings",
    "/InvoiceSettings",
    "/FinancialSettings",
)


@with_document
@pytest.mark.parametrize("path", LIST_PATHS)
def test_list_parameters(path: str) -> None:
    route = next(
        each for each in ROUTES if each.method == "GET" and each.pattern.fullmatch(f"v2{path}")
    )
    assert route.parameters(True) == list_parameters(path)


@with_document
def test_every_route_is_documented() -> None:
    documented = set()
    path = ""
    for line in document_lines():
        if found := re.fullmatch(r"  (/\S*):", line):
            path = re.sub(r"{\w+}", "1", found[1])
        elif found := re.fullmatch(r"    (get|post|put|patch|delete):", line):
            documented.add((found[1].upper(), path))
    for route in ROUTES:
        known = [path for method, path in documented if method == route.method]
        assert any(route.pattern.fullmatch(f"v2{each}") for each in known), route.pattern


@pytest.mark.parametrize("role", Role)
def test_older_edition_is_a_part_of_the_newer(role: Role) -> None:
    older, newer = fields_of(role, False), fields_of(role, True)
    assert older.keys() < newer.keys()
    assert "SubLedgerNumberSeriesId" not in fields_with(role, "R", True)
    assert all("R" in newer[name].access for name in fields_with(role, "U", True))
