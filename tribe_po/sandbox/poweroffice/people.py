"""What people do with products, orders and invoices in PowerOffice Go itself."""

import copy
import threading
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tribe_po.sandbox.clock import Clock
from tribe_po.sandbox.poweroffice.books import Books
from tribe_po.sandbox.poweroffice.fields import Values
from tribe_po.sandbox.poweroffice.invoices import Invoices
from tribe_po.sandbox.poweroffice.ledger import Ledger
from tribe_po.sandbox.poweroffice.orders import Orders
from tribe_po.sandbox.poweroffice.products import Products
from tribe_po.sandbox.poweroffice.records import Entry, Invoice, exact, rounded
from tribe_po.sandbox.poweroffice.sending import Sendings
from tribe_po.sandbox.poweroffice.stamps import stamp
from tribe_po.sandbox.poweroffice.vouchers import Vouchers


class SalesDesk:
    """Products, sales and receivables of a client, as its people handle them. Thread-safe.

    Amounts are in kroner with VAT and positive; dates default to today by the sandbox clock.
    Invoices are named by their Id, which is that of the order they came from. Methods that
    change something raise ProblemError where PowerOffice would refuse, 404 for an unknown Id.
    """

    def __init__(self, books: Books, clock: Clock) -> None:
        self.books = books
        self.clock = clock
        self.lock = threading.RLock()
        self.product_shelf = Products(books, clock)
        self.ledger_desk = Ledger(books, clock)
        self.order_desk = Orders(books, clock, self.product_shelf)
        self.invoice_desk = Invoices(books, clock, self.ledger_desk)
        self.sending_desk = Sendings(
            books, clock, self.order_desk, self.invoice_desk, self.ledger_desk
        )
        self._reversed: set[int] = set()
        self.voucher_desk = Vouchers(books, clock, self.invoice_desk, self.ledger_desk)

    def settle(self) -> None:
        """Let happen what is due by the clock: queued invoices are issued."""
        with self.lock:
            self.sending_desk.settle()

    def add_product(self, **members: Any) -> int:
        """Add a product, members as in the POST body, and return its Id."""
        with self.lock:
            return int(self.product_shelf.post(self.product_shelf.shelf, members)["Id"])

    def edit_product(self, product_id: int, **members: Any) -> None:
        """Set members of a product; None clears one."""
        with self.lock:
            self.settle()
            self.product_shelf.edit(self.product_shelf.shelf, product_id, members)

    def delete_product(self, product_id: int) -> None:
        """Delete a product that no order or invoice has used."""
        with self.lock:
            self.settle()
            self.product_shelf.remove(self.product_shelf.shelf, product_id)

    def add_product_group(self, **members: Any) -> int:
        """Add a product group, members as in the POST body, and return its Id."""
        with self.lock:
            return int(self.product_shelf.post(self.product_shelf.groups, members)["Id"])

    def products(self) -> list[Values]:
        """Return all products as the API would."""
        with self.lock:
            return self.product_shelf.rows(self.product_shelf.shelf)

    def add_order(self, **members: Any) -> str:
        """Write an order in the GUI, members as in POST /SalesOrders/Complete; return its Id."""
        with self.lock:
            self.settle()
            return self.order_desk.post(members, by_integration=False).id

    def delete_order(self, order_id: str) -> None:
        """Delete a draft."""
        with self.lock:
            self.settle()
            self.order_desk.remove(order_id)

    def send_by_hand(self, order_id: str) -> str:
        """Send a draft in the GUI, at once; return the Id of the invoice, which is the same."""
        with self.lock:
            self.settle()
            return self.sending_desk.send_by_hand(order_id).id

    def orders(self) -> list[Values]:
        """Return the unsent orders with their lines as the API would."""
        with self.lock:
            self.settle()
            desk = self.order_desk
            return copy.deepcopy([desk.complete_row(each) for each in self.books.orders.values()])

    def invoices(self) -> list[Values]:
        """Return the posted invoices and credit notes as the API would."""
        with self.lock:
            self.settle()
            return [dict(row) for row in self.invoice_desk.rows()]

    def invoice(self, invoice_id: str) -> Values:
        """Return one invoice as the API would. Raise ProblemError (404) for an unknown Id."""
        with self.lock:
            return dict(self.invoice_desk.row(self._invoice(invoice_id)))

    def ledger(self) -> list[Values]:
        """Return all customer ledger entries, oldest first, with the balances of now."""
        with self.lock:
            self.settle()
            return self.ledger_desk.rows()

    def pay(
        self, invoice_id: str, amount: Decimal | int | str | None = None, on: date | None = None
    ) -> int:
        """Register a payment of one invoice, in full if no amount is given; return its Id.

        What exceeds the invoice stays open on the payment. Raise ValueError if nothing is paid.
        """
        with self.lock:
            invoice = self._invoice(invoice_id)
            paid = self.invoice_desk.balance(invoice) if amount is None else Decimal(amount)
            return self._pay({invoice_id: paid}, on)

    def pay_many(self, amounts: Mapping[str, Decimal | int | str], on: date | None = None) -> int:
        """Register one payment for several invoices of one customer; return its Id.

        Raise ValueError if they are not all the same customer's.
        """
        with self.lock:
            return self._pay({each: Decimal(amount) for each, amount in amounts.items()}, on)

    def unpay(self, payment_id: int) -> None:
        """Reverse a payment: the invoices it settled are open again.

        Raise KeyError for an unknown payment, ValueError for one that is reversed already.
        """
        with self.lock:
            entry = self.books.entries[payment_id]
            if payment_id in self._reversed or entry.amount >= 0:
                raise ValueError(f"entry {payment_id} is no payment, or is reversed already")
            self._reversed.add(payment_id)
            self.ledger_desk.unmatch(entry)
            voucher = self.ledger_desk.new_voucher("ReversalVoucher", self._today())
            counter = self.ledger_desk.post(
                entry.contact_id, voucher, -entry.amount, _in_kroner(-entry.amount)
            )
            self.ledger_desk.match(entry, counter)

    def credit(self, invoice_id: str, amount: Decimal | int | str | None = None) -> str:
        """Credit an invoice by what is open or by `amount`; return the Id of the credit note."""
        with self.lock:
            invoice = self._invoice(invoice_id)
            wanted = self.invoice_desk.balance(invoice) if amount is None else Decimal(amount)
            note = self._credit_note(invoice, _positive(wanted))
            self.ledger_desk.match(
                self.invoice_desk.entry_of(invoice), self.invoice_desk.entry_of(note)
            )
            return note.id

    def write_off(self, invoice_id: str) -> int:
        """Write off what is open of an invoice; return the Id of the entry."""
        with self.lock:
            entry = self.invoice_desk.entry_of(self._invoice(invoice_id))
            balance = _positive(self.ledger_desk.balance(entry))
            voucher = self.ledger_desk.new_voucher("ManualJournal", self._today())
            loss = self.ledger_desk.post(
                entry.contact_id, voucher, -balance, _in_kroner(-balance), is_write_off=True
            )
            self.ledger_desk.match(entry, loss)
            return loss.id

    def match(self, invoice_id: str, other_id: str) -> None:
        """Match an invoice with a credit note, both by Id, as far as they go."""
        with self.lock:
            one, other = self._invoice(invoice_id), self._invoice(other_id)
            self.ledger_desk.match(
                self.invoice_desk.entry_of(one), self.invoice_desk.entry_of(other)
            )

    def _invoice(self, invoice_id: str) -> Invoice:
        self.settle()
        return self.invoice_desk.find(invoice_id)

    def _today(self) -> date:
        return self.clock.now().date()

    def _pay(self, amounts: dict[str, Decimal], on: date | None) -> int:
        entries = {each: self.invoice_desk.entry_of(self._invoice(each)) for each in amounts}
        payers = {entry.contact_id for entry in entries.values()}
        if len(payers) != 1:
            raise ValueError("a payment is for invoices of one customer")
        dated, total = on or self._today(), sum(map(_positive, amounts.values()), Decimal(0))
        payment = self._payment(payers.pop(), total, dated, [*entries.values()])
        for invoice_id, entry in entries.items():
            self.ledger_desk.match(entry, payment, amounts[invoice_id])
        return payment.id

    def _payment(self, payer: int, total: Decimal, dated: date, entries: list[Entry]) -> Entry:
        """Post a payment: with the KID of a single invoice by OCR, otherwise from the bank."""
        reference = entries[0].values["Cid"] if len(entries) == 1 else None
        kind = "IncomingOcrGiro" if reference else "BankJournal"
        voucher = self.ledger_desk.new_voucher(kind, dated)
        values = _in_kroner(-total) | {"Cid": reference}
        if reference:
            values["PaidFromBankAccount"] = "97100000000"
        return self.ledger_desk.post(payer, voucher, -total, values)

    def _credit_note(self, invoice: Invoice, amount: Decimal) -> Invoice:
        original, number = invoice.values, self.invoice_desk.next_number()
        voucher = self.ledger_desk.new_voucher("OutgoingCreditNote", self._today())
        rate = exact(original["CurrencyExchangeRate"])
        total, posted = exact(original["TotalAmount"]), exact(original["TotalPostedAmount"])
        share, sent = amount / posted, stamp(self.clock.now())
        values = original | {
            "Cid": None,
            "CreatedDateTimeOffset": sent,
            "CustomMatchingReference": None,
            "ExternalImportReference": None,
            "ImportedOrderNo": None,
            "InvoiceNo": number,
            "IsCreatedByCurrentIntegration": False,
            "NetAmount": float(rounded(-exact(original["NetAmount"]) * share)),
            "OrderNo": None,
            "RelatedInvoiceNo": original["InvoiceNo"],
            "TotalAmount": float(rounded(-total * share)),
        }
        return self.invoice_desk.post(voucher, values, [], due=self._today(), rate=rate, sent=sent)


def _positive(amount: Decimal) -> Decimal:
    """Return the amount in whole øre. Raise ValueError unless it is greater than 0."""
    if amount <= 0:
        raise ValueError(f"the amount must be greater than 0, not {amount}")
    return rounded(amount)


def _in_kroner(amount: Decimal) -> Values:
    return {
        "CurrencyAmount": float(amount),
        "CurrencyCode": "NOK",
        "IsCreatedByCurrentIntegration": False,
    }
