"""Posted invoices and credit notes: numbers, payment references, rows (poweroffice.md 11.5)."""

import itertools
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from tribe_po.sandbox.clock import Clock
from tribe_po.sandbox.poweroffice.books import Books
from tribe_po.sandbox.poweroffice.dtos import INVOICE, INVOICE_LINE
from tribe_po.sandbox.poweroffice.errors import not_found
from tribe_po.sandbox.poweroffice.fields import Role, Values
from tribe_po.sandbox.poweroffice.ledger import Ledger
from tribe_po.sandbox.poweroffice.records import Entry, Invoice, Voucher, exact, rounded

LEDGER_VALUES = (
    "Cid",
    "CurrencyCode",
    "CustomMatchingReference",
    "DueDate",
    "ExternalImportReference",
    "IsCreatedByCurrentIntegration",
)
"""What the ledger entry of an invoice repeats."""


def payment_reference(customer_no: int, invoice_no: int) -> str:
    """Return a Norwegian KID with a MOD10 check digit."""
    stem = f"{customer_no:05d}{invoice_no:08d}"
    doubled = [
        int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(stem))
    ]
    return f"{stem}{-sum(sum(divmod(each, 10)) for each in doubled) % 10}"


class Invoices:
    """The invoices of one client. Not thread-safe; the tenant holds its lock."""

    def __init__(self, books: Books, clock: Clock, ledger: Ledger) -> None:
        self._books = books
        self._clock = clock
        self._ledger = ledger
        self._numbers = itertools.count(10_001)
        self._line_ids = itertools.count(310_001)

    def find(self, invoice_id: str) -> Invoice:
        """Raise ProblemError (404) for an unknown Id, which that of an unsent order is."""
        if invoice_id not in self._books.invoices:
            raise not_found("Outgoing invoice", invoice_id)
        return self._books.invoices[invoice_id]

    def number_taken(self, number: int) -> bool:
        """Tell whether an invoice that is not reversed has this number."""
        return any(
            each.values["InvoiceNo"] == number and not each.is_reversed
            for each in self._books.invoices.values()
        )

    def next_number(self) -> int:
        return next(each for each in self._numbers if not self.number_taken(each))

    def reference_of(self, contact_id: int, invoice_no: int) -> str | None:
        """Return the KID of an invoice, or None where the client uses none."""
        if not self._books.switches.uses_kid:
            return None
        number = self._books.contacts[contact_id].roles[Role.CUSTOMER].values["Number"]
        return payment_reference(number, invoice_no)

    def post(
        self,
        voucher: Voucher,
        values: Mapping[str, object],
        lines: list[Values],
        *,
        due: date,
        rate: Decimal,
        sent: str | None = None,
        is_imported: bool = False,
    ) -> Invoice:
        """Post an invoice or credit note on the customer's account.

        `values` are members of the DTO with at least CustomerId, InvoiceNo, CurrencyCode,
        NetAmount and TotalAmount; `rate` is kroner for one unit of the currency.
        """
        total = rounded(exact(_number(values["TotalAmount"])) * rate)
        shown = dict(values) | {
            "CurrencyExchangeRate": float(rate),
            "DueDate": due.isoformat(),
            "Id": voucher.id,
            "NetPostedAmount": float(rounded(exact(_number(values["NetAmount"])) * rate)),
            "SentDateTimeOffset": sent,
            "TotalPostedAmount": float(total),
            "VoucherDate": voucher.dated.isoformat(),
            "VoucherNo": voucher.number,
            "VoucherType": voucher.kind,
        }
        entry_values = {name: shown.get(name) for name in LEDGER_VALUES} | {
            "CurrencyAmount": values["TotalAmount"],
            "InvoiceNo": str(values["InvoiceNo"]),
        }
        contact_id = int(str(values["CustomerId"]))
        entry = self._ledger.post(contact_id, voucher, total, entry_values)
        rows = [self._line(line, rate) for line in lines]
        invoice = Invoice(voucher.id, shown, rows, entry.id, sent, due, is_imported)
        invoice.has_pdf = not is_imported
        self._books.invoices[invoice.id] = invoice
        self._ledger.match_by_reference(entry)
        return invoice

    def adopt(self, invoices: Iterable[Invoice]) -> None:
        """Take in posted invoices as they are; later numbers follow on."""
        self._books.invoices.update({each.id: each for each in invoices})
        numbers = (each.values["InvoiceNo"] or 0 for each in self._books.invoices.values())
        self._numbers = itertools.count(max(numbers, default=10_000) + 1)

    def entry_of(self, invoice: Invoice) -> Entry:
        return self._books.entries[invoice.entry_id]

    def balance(self, invoice: Invoice) -> Decimal:
        """Return what is open, in kroner; negative for a credit note."""
        return self._ledger.balance(self.entry_of(invoice))

    def rows(self) -> list[Values]:
        return [self.row(each) for each in self._books.invoices.values()]

    def row(self, invoice: Invoice) -> Values:
        """Return the DTO; do not change it. LastChanged moves only when it falls due."""
        entry = self.entry_of(invoice)
        fell_due = self._clock.now().date() > invoice.due
        state = (entry.version, invoice.is_reversed, fell_due, invoice.values["InvoiceNo"])
        if invoice.row is None or invoice.row[0] != state:
            invoice.row = (state, self._render(invoice, entry, fell_due))
        return invoice.row[1]

    def _render(self, invoice: Invoice, entry: Entry, fell_due: bool) -> Values:
        due_stamp = f"{invoice.due + timedelta(days=1)}T00:00:00.0000000+00:00"
        shown = invoice.values | {
            "Balance": float(self._ledger.balance(entry)),
            "BalanceLastChangedDateTimeOffset": entry.changed,
            "IsReversed": invoice.is_reversed,
            "LastChangedDateTimeOffset": max(entry.created, due_stamp if fell_due else ""),
            "MatchId": entry.match_id,
        }
        return {name: shown.get(name) for name in INVOICE}

    def _line(self, values: Values, rate: Decimal) -> Values:
        account = values.get("AccountId")
        shown = values | {
            "AccountNo": self._books.settings.number_of(account),
            "AgricultureDepartment": "None",
            "Id": next(self._line_ids),
            "NetPostedAmount": float(rounded(exact(values["NetAmount"]) * rate)),
            "TotalPostedAmount": float(rounded(exact(values["TotalAmount"]) * rate)),
        }
        return {name: shown.get(name) for name in INVOICE_LINE}


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return value
