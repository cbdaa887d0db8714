"""Reading PowerOffice's lists, page by page (poweroffice.md section 4), and single records."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Generic, TypeVar

from tribe_po.errors import Temporary
from tribe_po.poweroffice.refusals import general_error, is_success, problem_of
from tribe_po.records import Kind
from tribe_po.transport.http import Answer, Connection, Query

Dto = Mapping[str, Any]
"""A record as PowerOffice's JSON has it, members in PascalCase."""

Row = TypeVar("Row")

ORDER = "PowerOffice's order"
"""The key under which `Lists.learned` keeps that the server takes no OrderBy."""

REFUSED = "refused"

PAGE_SIZE = 1000
"""Rows to a page. PowerOffice's own limit is 5000 (poweroffice.md section 17, 4)."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resource:
    """A set of PowerOffice's API, and the privileges to read and to write it. `key` is the member
    that tells its records apart."""

    path: str
    reads: str
    writes: str = ""
    number_filter: str = ""
    key: str = "Id"


CONTACTS: Mapping[Kind, Resource] = {
    Kind.CUSTOMER: Resource("/Customers", "Customer", "Customer_Full", "customerNos"),
    Kind.SUPPLIER: Resource("/Suppliers", "Supplier", "Supplier_Full", "supplierNos"),
}
PRODUCTS = Resource("/Products", "Product", "Product_Full")
SALES_ORDERS = Resource("/SalesOrders", "SalesOrders", "SalesOrders_Full")
OUTGOING_INVOICES = Resource("/OutgoingInvoices", "OutgoingInvoice")
RESOURCES: Mapping[Kind, Resource] = {
    **CONTACTS,
    Kind.PRODUCT: PRODUCTS,
    Kind.INVOICE: OUTGOING_INVOICES,
}
STATEMENT = Resource("/Customerledger/Statement", "CustomerLedger")
ENTRIES_BY_MATCH = Resource("/Customerledger/EntriesByMatchId", "CustomerLedger")
VOUCHERS = Resource("/Vouchers", "OutgoingInvoiceVoucher_Full", "OutgoingInvoiceVoucher_Full")
VOUCHER_DOCUMENTATION = Resource(
    "/VoucherDocumentation", "VoucherDocumentation", "VoucherDocumentation_Full", key="VoucherId"
)
PRODUCT_GROUPS = Resource("/ProductGroups", "Product")
PAYMENT_TERMS = Resource("/PaymentTerms", "CommonServices")
ACCOUNTS = Resource("/GeneralLedgerAccounts", "GeneralLedgerAccount")
VAT_CODES = Resource("/VatCodes", "CommonServices")
INVOICE_SETTINGS = Resource("/InvoiceSettings", "CommonServices")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """A whole list. `started` is the server's time at the first page; where it told none,
    `last_changed` is the latest change of any row."""

    rows: tuple[Row, ...]
    started: datetime | None
    last_changed: datetime | None = None


def instant(stamp: str) -> datetime:
    """Read a time stamp with up to 7 fraction digits; without an offset it is UTC."""
    parsed = datetime.fromisoformat(stamp)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


class Lists:
    """Reads whole lists, and what stands alone.

    Pages are ordered by id, which no edit moves: ordered by the time of change, a record that is
    edited during the read moves to the end, and one that was not read yet slips to a page that was.
    `learned` may come from an earlier process, and is written to.
    """

    def __init__(self, connection: Connection, learned: dict[str, str] | None = None) -> None:
        self._connection = connection
        self.learned = {} if learned is None else learned
        self._announces: bool | None = None
        self._most_at_once: dict[str, int] = {}

    def read(self, resource: Resource, filters: Query = ()) -> Listing[Dto]:
        """Read every row that the filters let through, each id once, in its last version read."""
        return self.read_as(_itself, resource, filters)

    def read_as(
        self, of: Callable[[Dto], Row], resource: Resource, filters: Query = ()
    ) -> Listing[Row]:
        """Read every row, and keep only what is made of it: a row is much larger than a record.

        The next page is announced in a header. From a server that announces none, pages are read
        until nothing new comes, for they may be smaller than what was asked for (poweroffice.md
        section 17, 3 and 4).
        """
        rows: dict[str, Row] = {}
        started = last_changed = None
        for number in count(1):
            page = (("PageNumber", str(number)), ("PageSize", str(PAGE_SIZE)))
            answer = self._get(resource, [*filters, *page])
            started = answer.server_time if number == 1 else started
            page_rows = _rows(answer, resource.key)
            read = {str(row[resource.key]): of(row) for row in page_rows}
            is_new = not read.keys() <= rows.keys()
            if number > 1 and read and not is_new and (self._announces or len(read) >= PAGE_SIZE):
                raise _same_page_again(resource, number)
            rows |= read
            if started is None:
                last_changed = _latest(page_rows, last_changed)
            link, is_short = _next_page_link(answer), self._is_short(resource, len(read))
            self._announces = True if link is not None else self._announces
            if self._announces is None and not is_short and len(read) < PAGE_SIZE:
                self._announces = self._would_announce(resource, filters)
            may_follow = is_new and not is_short
            if not (link if self._announces else may_follow):
                break
        return Listing(tuple(rows.values()), started, last_changed)

    def _would_announce(self, resource: Resource, filters: Query) -> bool:
        """Whether the server announces the next page of a list of several rows, asked for one. A
        last page may come without the header from either sort of server."""
        answer = self._get(resource, [*filters, ("PageNumber", "1"), ("PageSize", "1")])
        return _next_page_link(answer) is not None

    def _is_short(self, resource: Resource, length: int) -> bool:
        """Whether a page has fewer rows than the server is known to give at once, and so is the
        last. No server is taken to give a single row at once."""
        most = self._most_at_once[resource.path] = max(
            length, self._most_at_once.get(resource.path, 2)
        )
        return length < most

    def one(self, resource: Resource, identity: str) -> Dto | None:
        """Read one record as it is, None when there is no such record."""
        answer = self._connection.get(f"{resource.path}/{identity}")
        if answer.status == 404 and not problem_of(answer).gateway:
            return None
        dto: Dto = _checked(answer, resource).json()
        return dto

    def settings(self, resource: Resource) -> Dto | None:
        """Read settings that there is one set of, None where the server is too old to know them."""
        answer = self._connection.get(resource.path)
        if answer.status == 404:
            return None
        dto: Dto = _checked(answer, resource).json() or {}
        return dto

    def _get(self, resource: Resource, query: Sequence[tuple[str, str]]) -> Answer:
        takes_order = ORDER not in self.learned
        if takes_order:
            answer = self._connection.get(
                resource.path, [*query, ("OrderBy", f"{resource.key} asc")]
            )
            if answer.status != 400:
                return _checked(answer, resource)
        answer = _checked(self._connection.get(resource.path, query), resource)
        if takes_order:
            _log.info(
                "PowerOffice takes no OrderBy; going on without", extra={"id": "server.learned"}
            )
            self.learned[ORDER] = REFUSED
        return answer


def _itself(row: Dto) -> Dto:
    return row


def _latest(rows: Sequence[Dto], known: datetime | None) -> datetime | None:
    stamps = (row.get("LastChangedDateTimeOffset") for row in rows)
    times = [instant(stamp) for stamp in stamps if stamp]
    return max(times if known is None else [*times, known], default=None)


def _checked(answer: Answer, resource: Resource) -> Answer:
    if not is_success(answer):
        raise general_error(answer, resource.reads)
    return answer


def _rows(answer: Answer, key: str) -> list[Dto]:
    """The rows of a page. Only 204 says that a list is empty; a body that got lost does not."""
    rows = [] if answer.status == 204 else answer.json()
    if isinstance(rows, list) and all(isinstance(row, Mapping) and key in row for row in rows):
        return rows
    raise Temporary(
        f"PowerOffice's answer to {answer.path} is no list of records.",
        f"It is a {type(rows).__name__}; expected a list in which every record has an {key}.",
        "Check the API's URL (POWEROFFICE_API_URL), then type: tribe-po check",
    )


def _next_page_link(answer: Answer) -> str | None:
    """The link in an answer's header, empty on the last page, None where the header does not tell.

    Only whether there is one counts: its host may be one inside PowerOffice's own network.
    """
    try:
        pagination = json.loads(answer.headers.get("X-Pagination", ""))
    except ValueError:
        return None
    if isinstance(pagination, dict):
        for name, link in pagination.items():
            if name.casefold() == "nextpagelink":
                return str(link or "")
    return None


def _same_page_again(resource: Resource, number: int) -> Temporary:
    return Temporary(
        f"PowerOffice's list {resource.path} could not be read to its end.",
        f"Page {number} held no record that earlier pages had not held already.",
        "Nothing was changed; the next pass reads it again.",
    )
