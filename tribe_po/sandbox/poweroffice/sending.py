"""The invoice queue: orders become invoices some time after the 202 (poweroffice.md 11.4)."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from tribe_po.sandbox.clock import Clock
from tribe_po.sandbox.poweroffice.books import Books
from tribe_po.sandbox.poweroffice.dtos import SEND_REQUEST, SENT_STATE
from tribe_po.sandbox.poweroffice.errors import ProblemError, not_found
from tribe_po.sandbox.poweroffice.fields import Role, Values
from tribe_po.sandbox.poweroffice.invoices import Invoices
from tribe_po.sandbox.poweroffice.ledger import Ledger
from tribe_po.sandbox.poweroffice.orders import Orders
from tribe_po.sandbox.poweroffice.records import (
    Invoice,
    Order,
    Sending,
    SendRequest,
    Valued,
    exact,
)
from tribe_po.sandbox.poweroffice.rules import check_body
from tribe_po.sandbox.poweroffice.stamps import stamp
from tribe_po.sandbox.poweroffice.values import is_email

_SINCE_2026 = frozenset({"EHF", "Efaktura", "AvtaleGiro"})
_MAILED = frozenset({"Auto", "PdfByEmail"})
_REPORTED = {
    "PdfByEmail": "PdfByEmail",
    "PdfPrintForDownload": "Print",
    "EHF": "EHF",
    "Efaktura": "Efaktura",
    "AvtaleGiro": "AvtaleGiro",
}
"""The InvoiceDeliveryType that a posted invoice shows for what was asked."""


class _Failure(Exception):
    """The invoice cannot be issued; the text is LastErrorMessage."""


class Sendings:
    """Issues, posts and delivers. Not thread-safe; the tenant holds its lock."""

    def __init__(
        self, books: Books, clock: Clock, orders: Orders, invoices: Invoices, ledger: Ledger
    ) -> None:
        self._books = books
        self._clock = clock
        self._orders = orders
        self._invoices = invoices
        self._ledger = ledger

    def ask(self, order_id: str, body: object) -> Values:
        """Queue an order and return the SendInvoiceRequestDto.

        Raise ProblemError: 400 without the right to send, for a malformed request or one for an
        order that is queued or sent already, 404 for an unknown order.
        """
        if not self._books.switches.allow_send_invoice:
            raise ProblemError(
                400,
                "Missing privilege",
                "The integration does not have the required privileges to send invoices.",
            )
        sent = check_body(SEND_REQUEST.resource, body, SEND_REQUEST.accepted, SEND_REQUEST.post)
        delivery = sent.get("DeliveryType", "Auto")
        if delivery in _SINCE_2026 and not self._books.edition_2026:
            raise self._refusal("The value of 'DeliveryType' is invalid.")
        self._check_waiting(order_id)
        self._queue(
            SendRequest(
                order_id,
                delivery,
                sent.get("EmailAddress"),
                _day(sent.get("VoucherDate")),
                _day(sent.get("OverrideDueDate")),
            )
        )
        return SEND_REQUEST.row(sent | {"DeliveryType": delivery, "Id": order_id})

    def _check_waiting(self, order_id: str) -> None:
        sending = self._books.sendings.get(order_id)
        if order_id in self._books.invoices or (sending is not None and sending.waiting):
            raise self._refusal(f"Sales order with id = {order_id} is sent already.")
        if order_id not in self._books.orders:
            raise not_found("Sales order", order_id)

    def _queue(self, request: SendRequest) -> None:
        now, previous = self._clock.now(), self._books.sendings.get(request.order_id)
        due = now + timedelta(seconds=self._books.switches.send_seconds)
        error = previous.error if previous else None
        self._books.sendings[request.order_id] = Sending(request, now, due, error=error)

    def settle(self) -> None:
        """Issue what is due by the clock, in the order in which it is due."""
        now = self._clock.now()
        sendings = self._books.sendings.values()
        ready = [each for each in sendings if each.waiting and each.due <= now]
        for sending in sorted(ready, key=lambda each: each.due):
            self._finish(sending)

    def send_by_hand(self, order_id: str) -> Invoice:
        """Let a person send an order at once. Raise ProblemError (400) if it cannot be issued."""
        order = self._orders.find(order_id)
        request = SendRequest(order_id, "PdfPrintForDownload", by_integration=False)
        try:
            return self._issue(order, request, self._clock.now())
        except _Failure as failure:
            raise self._refusal(str(failure)) from None

    def state_rows(self, order_id: str | None) -> list[Values]:
        """Return the InvoiceSentStateDto of one order, or of all that were asked to be sent."""
        known = [order_id] if order_id else [*self._books.sendings]
        states = (self._state(each) for each in known)
        return [state for state in states if state is not None]

    def _state(self, order_id: str) -> Values | None:
        sending, invoice = self._books.sendings.get(order_id), self._books.invoices.get(order_id)
        if sending is None and (invoice is None or invoice.sent is None):
            return None
        if sending is not None and self._is_hidden(sending):
            return None
        values = invoice.values if invoice else {}
        shown = {
            "DueDate": values.get("DueDate"),
            "Id": order_id,
            "InvoiceDeliveryType": values.get("InvoiceDeliveryType"),
            "InvoiceNo": values.get("InvoiceNo"),
            "IsInvoiceBeingProcessed": bool(sending and sending.waiting),
            "LastErrorMessage": sending.error if sending else None,
            "SentDateTimeOffset": values.get("SentDateTimeOffset"),
        }
        return {name: shown[name] for name in SENT_STATE}

    def _is_hidden(self, sending: Sending) -> bool:
        lag = timedelta(seconds=self._books.switches.sent_state_seconds)
        return self._clock.now() < sending.asked + lag

    def _finish(self, sending: Sending) -> None:
        sending.waiting = False
        order = self._books.orders.get(sending.request.order_id)
        if order is None:  # a person deleted or sent it meanwhile
            return
        try:
            self._issue(order, sending.request, sending.due)
        except _Failure as failure:
            sending.error = str(failure)
            return
        if self._books.switches.delivery_error or not self._books.switches.keep_last_error:
            sending.error = self._books.switches.delivery_error

    def _issue(self, order: Order, request: SendRequest, moment: datetime) -> Invoice:
        """Turn an order into an invoice under the same Id. Raise _Failure if that cannot be."""
        dated = request.voucher_date or moment.date()
        self._check_date(dated)
        channel = self._channel(order, request)
        valued = [self._orders.lines.valued(order, line) for line in order.lines]
        if not any(each.account_id for each in valued):
            raise _Failure("The sales order has no lines to invoice.")
        values = self._orders.effective(order)
        rate = self._rate(values)
        due = request.due_date or dated + timedelta(days=self._days(values))
        total = self._orders.amounts(order).total
        kind = _Kind.CREDIT_NOTE if total < 0 else _Kind.INVOICE
        voucher = self._ledger.new_voucher(kind.value, dated, order.id)
        members = self._members(order, values, request) | {"InvoiceDeliveryType": channel}
        lines = [self._line(order, each) for each in valued]
        del self._books.orders[order.id]
        sent = stamp(moment)
        return self._invoices.post(voucher, members, lines, due=due, rate=rate, sent=sent)

    def _members(self, order: Order, values: Values, request: SendRequest) -> Values:
        row, number = self._orders.row(order, inherited=True), self._invoices.next_number()
        is_credit = row["TotalAmount"] < 0
        reference = None if is_credit else self._invoices.reference_of(values["CustomerId"], number)
        return row | {
            "Cid": reference,
            "InvoiceNo": number,
            "IsCreatedByCurrentIntegration": request.by_integration,
            "OrderDate": values["SalesOrderDate"],
            "OrderNo": order.number,
        }

    def _line(self, order: Order, valued: Valued) -> Values:
        row = self._orders.lines.row(order, valued.line)
        return row | {
            "AccountId": valued.account_id,
            "IsAccrued": row["Accrual"] is not None,
            "ProductUnitPrice": row["ProductUnitPrice"] or 0,
            "VatRate": row["VatRate"] or 0,
        }

    def _check_date(self, dated: date) -> None:
        settings = self._books.settings
        if dated <= settings.lock_date:
            raise _Failure(f"Voucher date {dated} is in a locked period ({settings.lock_date}).")
        if dated < settings.conversion_date:
            raise _Failure(f"Voucher date {dated} is before {settings.conversion_date}.")

    def _channel(self, order: Order, request: SendRequest) -> str:
        """Return the InvoiceDeliveryType used. Raise _Failure where the receiver cannot."""
        contact = self._books.contacts[order.values["CustomerId"]]
        if contact.values["IsArchived"]:
            raise _Failure(f"Customer with id = {contact.id} is archived.")
        customer = contact.roles[Role.CUSTOMER].values
        receives_ehf = contact.values["OrganizationNumber"] in self._books.elma
        if request.delivery in _MAILED and not is_email(
            request.email or customer["InvoiceEmailAddress"]
        ):
            raise _Failure("The customer has no e-mail address for invoices.")
        if request.delivery == "EHF" and not receives_ehf:
            raise _Failure("The customer cannot receive EHF invoices.")
        if request.delivery in ("Efaktura", "AvtaleGiro"):
            raise _Failure(f"The customer has no agreement on {request.delivery}.")
        if request.delivery == "Auto":
            return "EHF" if receives_ehf else "PdfByEmail"
        return _REPORTED[request.delivery]

    def _rate(self, values: Values) -> Decimal:
        if values["CurrencyExchangeRate"] is not None:
            return exact(values["CurrencyExchangeRate"])
        rate = self._books.settings.rates.get(values["CurrencyCode"])
        if rate is None:
            raise _Failure(f"There is no exchange rate for {values['CurrencyCode']}.")
        return rate

    def _days(self, values: Values) -> int:
        return self._books.payment_terms[values["PaymentTermId"]].days

    def _refusal(self, detail: str) -> ProblemError:
        return ProblemError(400, "Sales order validation error(s)", detail)


class _Kind(Enum):
    INVOICE = "OutgoingInvoice"
    CREDIT_NOTE = "OutgoingCreditNote"


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
