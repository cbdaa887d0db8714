"""PowerOffice's sales orders and outgoing invoices, as one kind of record (poweroffice.md
sections 11, 12 and 15 e to h): an order keeps its id when it turns into an invoice."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tribe_po.errors import NotAllowed
from tribe_po.invoices import Voucher
from tribe_po.poweroffice.accounts import SalesAccounts
from tribe_po.poweroffice.invoice_values import invoice_record, mark_of, order_record
from tribe_po.poweroffice.ledger import CustomerLedger
from tribe_po.poweroffice.lists import (
    OUTGOING_INVOICES,
    SALES_ORDERS,
    Dto,
    Lists,
    instant,
)
from tribe_po.poweroffice.marks import Marks
from tribe_po.poweroffice.orders import Orders
from tribe_po.poweroffice.refusals import MisunderstoodError, general_error, is_success
from tribe_po.poweroffice.sending import Sending
from tribe_po.poweroffice.vouchers import Vouchers, is_live
from tribe_po.records import Record
from tribe_po.sides import Creation, Edit, Written
from tribe_po.transport.http import Connection

_IDS_AT_ONCE = 40
_CHANGED = ("LastChangedDateTimeOffset", "BalanceLastChangedDateTimeOffset")


@dataclass(frozen=True, slots=True)
class Selling:
    """How invoices are made: whether PowerOffice delivers them, the numbers of the sales accounts
    by VAT in per cent, and how to wait some seconds."""

    delivers: bool = False
    sales_accounts: Mapping[Decimal, int] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Seen:
    """What a read of changes saw. `started` is the server's time at its start, if it told it, and
    `last_changed` the latest change of anything in the lists that were read."""

    records: tuple[Record, ...]
    started: datetime | None
    last_changed: datetime | None


class Invoices:
    """Sales orders and outgoing invoices. The operations are those of `tribe_po.sides.Side`."""

    def __init__(self, connection: Connection, lists: Lists, selling: Selling) -> None:
        self._connection = connection
        self._lists = lists
        self._marks = Marks(lists)
        self._ledger = CustomerLedger(lists)
        self._orders = Orders(connection)
        accounts = SalesAccounts(lists, selling.sales_accounts)
        self._vouchers = Vouchers(connection, lists, accounts, self._marks)
        self._sending = Sending(
            connection, lists, self._invoice, delivers=selling.delivers, sleep=selling.sleep
        )

    def offered(self) -> bool:
        """Whether the keys may read both orders and invoices."""
        for resource in (SALES_ORDERS, OUTGOING_INVOICES):
            answer = self._connection.get(resource.path, [("PageNumber", "1"), ("PageSize", "1")])
            if is_success(answer):
                continue
            error = general_error(answer, resource.reads)
            if isinstance(error, NotAllowed):
                return False
            raise error
        return True

    def changed(self, since: str | None) -> Seen:
        """What carries a mark: all unsent orders and all invoices; or the invoices that are new,
        or whose balance changed after a time stamp.

        Raise `NotAllowed` without the privilege CustomerLedger where something is settled.
        """
        if since is not None:
            filters = [("balanceLastChangedDateTimeOffsetGreaterThan", since)]
            listing = self._lists.read(OUTGOING_INVOICES, filters)
            records = self._invoices(listing.rows)
            return Seen(tuple(records), listing.started, _latest(listing.rows))
        # Orders first: one that is sent in between is then read as both, and the invoice counts.
        orders, listing = self._lists.read(SALES_ORDERS), self._lists.read(OUTGOING_INVOICES)
        drafts = {each.id: each for each in map(order_record, filter(mark_of, orders.rows))}
        found = drafts | {each.id: each for each in self._invoices(listing.rows)}
        records = self._vouchers.with_pdfs(list(found.values()))
        return Seen(tuple(records), orders.started, _latest((*orders.rows, *listing.rows)))

    def get(self, ids: Sequence[str]) -> list[Record]:
        """Read records by id; orders with their VAT. What is gone is left out."""
        found = self._several(ids) if len(ids) > 1 else {}
        one_by_one = {each: found.get(each) or self._order_or_invoice(each) for each in ids}
        return [record for record in one_by_one.values() if record is not None]

    def find_by_key(self, keys: Sequence[str]) -> list[Record]:
        """Nothing: each system numbers its own invoices."""
        del keys
        return []

    def find_by_mark(self, mark: str) -> list[Record]:
        """Orders and invoices with a mark. A reversed voucher has given its mark up, and is told
        only where there is nothing else."""
        found = self._vouchers.with_pdfs(self.get(self._marks.find(mark)))
        return [record for record in found if is_live(record)] or found

    def create(self, creation: Creation) -> Written:
        """Create a draft, or post a voucher, by what the creation carries."""
        order = creation.order
        assert order is not None, "an invoice is created from an order or a voucher"
        if isinstance(order, Voucher):
            return self._vouchers.create(creation, order)
        return self._orders.create(creation, order)

    def update(self, edit: Edit) -> Written:
        """Turn a draft into an invoice (`issued`), or attach the PDF to a voucher (`pdf`)."""
        if edit.values.get("issued"):
            return self._sending.issue(edit)
        if edit.values.get("pdf"):
            return self._vouchers.attach(edit)
        return Written(edit.id, None)

    def _several(self, ids: Sequence[str]) -> dict[str, Record]:
        """Those that are invoices. The server may refuse a list in which one is none."""
        found: dict[str, Record] = {}
        for start in range(0, len(ids), _IDS_AT_ONCE):
            chunk = ",".join(ids[start : start + _IDS_AT_ONCE])
            try:
                rows = self._lists.read(OUTGOING_INVOICES, [("invoiceIds", chunk)]).rows
            except MisunderstoodError as error:
                if error.status not in (400, 404, 414):
                    raise
                continue
            found |= {each.id: each for each in self._read(rows)}
        return found

    def _order_or_invoice(self, identity: str) -> Record | None:
        dto = self._lists.one(SALES_ORDERS, f"{identity}/Complete")
        return self._invoice(identity) if dto is None else order_record(dto)

    def _invoice(self, identity: str) -> Record | None:
        dto = self._lists.one(OUTGOING_INVOICES, identity)
        return None if dto is None else self._read([dto])[0]

    def _invoices(self, rows: Sequence[Dto]) -> list[Record]:
        return self._read([dto for dto in rows if mark_of(dto)])

    def _read(self, rows: Sequence[Dto]) -> list[Record]:
        payments = self._ledger.payments(rows)
        return [invoice_record(dto, payments[str(dto["Id"])]) for dto in rows]


def _latest(rows: Sequence[Dto]) -> datetime | None:
    stamps = (row.get(name) for row in rows for name in _CHANGED)
    return max((instant(stamp) for stamp in stamps if stamp), default=None)
