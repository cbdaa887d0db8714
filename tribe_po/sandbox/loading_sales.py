"""Puts a copy's orders, invoices and ledger entries into an imitated PowerOffice client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tribe_po.sandbox.compare import Served, kept
from tribe_po.sandbox.poweroffice.dtos import INVOICE, LEDGER_ENTRY, SALES_ORDER, SALES_ORDER_LINE
from tribe_po.sandbox.poweroffice.fields import Role
from tribe_po.sandbox.poweroffice.records import Entry, Invoice, Line, Order, Voucher
from tribe_po.sandbox.poweroffice.tenant import PowerOfficeTenant
from tribe_po.sandbox.poweroffice.values import completed

Document = Mapping[str, Any]
Documents = Mapping[str, Sequence[Document]]

ORDERS, INVOICES, ENTRIES = "SalesOrders", "OutgoingInvoices", "CustomerLedgerStatement"


def load(tenant: PowerOfficeTenant, documents: Documents) -> None:
    """What hangs on a customer or product that the copy has not is left out. Raise KeyError,
    TypeError or ValueError for a document that lacks what PowerOffice always tells."""
    contacts = tenant.books.contacts.values()
    customers = {each.id for each in contacts if Role.CUSTOMER in each.roles}
    entries = [row for row in documents.get(ENTRIES, ()) if row["CustomerId"] in customers]
    balances = {row["Id"]: Decimal(row["Balance"]) for row in entries}
    tenant.ledger_desk.adopt(map(_entry, entries), balances)
    posted = {row["VoucherId"]: row["Id"] for row in entries}
    tenant.invoice_desk.adopt(
        _invoice(row, posted[row["Id"]])
        for row in documents.get(INVOICES, ())
        if row["Id"] in posted
    )
    products = tenant.books.products.keys() | {None}
    tenant.order_desk.adopt(
        _order(row)
        for row in documents.get(ORDERS, ())
        if row["CustomerId"] in customers
        and products >= {line.get("ProductId") for line in row.get("SalesOrderLines") or ()}
    )
    tenant.books.number_vouchers_after(
        max((row["VoucherNo"] or 0 for row in entries), default=15_000)
    )


def served(tenant: PowerOfficeTenant, documents: Documents) -> Iterator[Served]:
    """Each list of the copy beside what the tenant serves for it."""
    orders = tenant.books.orders.values()
    rows = {
        ORDERS: [tenant.order_desk.complete_row(each) for each in orders],
        INVOICES: tenant.invoice_desk.rows(),
        ENTRIES: tenant.ledger_desk.rows(),
    }
    for name, shown in rows.items():
        yield Served(name, documents.get(name, ()), shown)


def _entry(row: Document) -> Entry:
    voucher = Voucher(
        row["VoucherId"], row["VoucherNo"], row["VoucherType"], _day(row["VoucherDate"])
    )
    return Entry(
        row["Id"],
        row["CustomerId"],
        voucher,
        _day(row["PostingDate"]),
        Decimal(row["Amount"]),
        row["CreatedDateTimeOffset"],
        row["LastChangedDateTimeOffset"],
        {name: kept(row.get(name)) for name in LEDGER_ENTRY},
        row.get("MatchId"),
        bool(row.get("IsWriteOff")),
    )


def _invoice(row: Document, entry_id: int) -> Invoice:
    sent = row.get("SentDateTimeOffset")
    return Invoice(
        row["Id"],
        {name: kept(row.get(name)) for name in INVOICE},
        [],
        entry_id,
        sent,
        _day(row.get("DueDate") or row["VoucherDate"]),
        is_reversed=bool(row.get("IsReversed")),
        has_pdf=False,
    )


def _order(row: Document) -> Order:
    lines = [_line(each) for each in row.get("SalesOrderLines") or ()]
    return Order(
        row["Id"],
        row["SalesOrderNo"],
        completed(SALES_ORDER.patchable.values(), kept(dict(row))),
        row["CreatedDateTimeOffset"],
        row["LastChangedDateTimeOffset"],
        bool(row.get("IsCreatedByCurrentIntegration")),
        lines,
    )


def _line(row: Document) -> Line:
    return Line(row["Id"], completed(SALES_ORDER_LINE.patchable.values(), kept(dict(row))))


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])
