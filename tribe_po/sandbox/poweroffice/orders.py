"""Sales orders: header, totals and life until they are sent (poweroffice.md sections 11.1-11.3)."""

import itertools
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from tribe_po.sandbox.clock import Clock
from tribe_po.sandbox.poweroffice.books import Books
from tribe_po.sandbox.poweroffice.dtos import SALES_ORDER
from tribe_po.sandbox.poweroffice.errors import ProblemError, not_found
from tribe_po.sandbox.poweroffice.fields import Role, Values
from tribe_po.sandbox.poweroffice.lines import Lines
from tribe_po.sandbox.poweroffice.patch import Patcher
from tribe_po.sandbox.poweroffice.products import Products
from tribe_po.sandbox.poweroffice.records import Amounts, Line, Order, exact
from tribe_po.sandbox.poweroffice.references import (
    check_known,
    reference_taken,
    without_dimension_codes,
)
from tribe_po.sandbox.poweroffice.rules import check_body
from tribe_po.sandbox.poweroffice.stamps import stamp
from tribe_po.sandbox.poweroffice.values import completed

_TITLE = SALES_ORDER.title


def _refusal(detail: str, status: int = 400) -> ProblemError:
    return ProblemError(status, _TITLE, detail)


class Orders:
    """The unsent orders of one client. Not thread-safe; the tenant holds its lock."""

    def __init__(self, books: Books, clock: Clock, products: Products) -> None:
        self._books = books
        self._clock = clock
        self.lines = Lines(books, products)
        self._numbers = itertools.count(6_001)

    def find(self, order_id: str) -> Order:
        """Raise ProblemError (404) for an unknown Id, which that of a sent order is."""
        if order_id not in self._books.orders:
            raise not_found(SALES_ORDER.resource, order_id)
        return self._books.orders[order_id]

    def post(self, body: object, *, by_integration: bool = True) -> Order:
        """Create an order from a POST body.

        Raise ProblemError: 400 for what breaks a rule, 404 for a reference to nothing.
        """
        resource, accepted = SALES_ORDER.resource, SALES_ORDER.accepted
        sent = without_dimension_codes(
            check_body(resource, body, accepted, SALES_ORDER.post),
        )
        lines = [self.lines.parsed(each) for each in sent.pop("SalesOrderLines", [])]
        values = completed(SALES_ORDER.patchable.values(), self._resolved(sent))
        now = stamp(self._clock.now())
        order = Order(str(uuid.uuid4()), 0, values, now, now, by_integration)
        order.lines = self.lines.numbered(lines)
        self._check(order, sent)
        order.number = next(self._numbers)
        self._books.orders[order.id] = order
        return order

    def adopt(self, orders: Iterable[Order]) -> None:
        """Take in unsent orders as they are; later numbers follow on."""
        self._books.orders.update({each.id: each for each in orders})
        numbers = (each.number for each in self._books.orders.values())
        self._numbers = itertools.count(max(numbers, default=6_000) + 1)

    def patch(self, order_id: str, operations: object) -> Order:
        """Change the header. Raise ProblemError: 404 for an unknown Id, 400 for broken rules."""
        order = self.find(order_id)
        fields = SALES_ORDER.patchable
        patched, touched = Patcher(SALES_ORDER.resource, fields).apply(order.values, operations)
        values = completed(fields.values(), patched)
        opens = values["SalesOrderStatus"] == "Draft"
        self._check_editable(order, opens=opens or touched == {"SalesOrderStatus"})
        self._check(replace(order, values=values), {name: values[name] for name in touched})
        if values != order.values:
            order.changed = stamp(self._clock.now())
        order.values = values
        return order

    def remove(self, order_id: str) -> None:
        """Raise ProblemError: 404 for an unknown Id, 409 while confirmed or being sent."""
        order = self.find(order_id)
        if order.values["SalesOrderStatus"] == "Confirmed" or self._is_queued(order):
            raise ProblemError(
                409,
                f"{SALES_ORDER.resource} conflict",
                f"Sales order with id = {order_id} is in use and cannot be deleted.",
            )
        reference = order.values["ExternalImportReference"]
        if reference is not None and not self._books.switches.references_free_after_delete:
            self._books.retired_references.add(reference)
        del self._books.orders[order_id]
        self._books.sendings.pop(order_id, None)

    def add_line(self, order_id: str, body: object) -> Line:
        """Add a line at the end unless it names its place. Raise ProblemError like `post`."""
        order = self.find(order_id)
        self._check_editable(order)
        line = self.lines.parsed(body)
        if line.values["SortOrder"] is None:
            line.values["SortOrder"] = self.lines.next_place(order.lines)
        self._check(replace(order, lines=[*order.lines, line]), {})
        order.lines.append(line)
        self._line_changed(order)
        return line

    def patch_line(self, order_id: str, line_id: str, operations: object) -> Line:
        """Raise ProblemError: 404 for an unknown Id, 400 for what breaks a rule."""
        order = self.find(order_id)
        line = self.lines.find(order, line_id)
        self._check_editable(order)
        changed = Line(line.id, self.lines.patched(line, operations))
        others = [changed if each is line else each for each in order.lines]
        self._check(replace(order, lines=others), {})
        line.values = changed.values
        self._line_changed(order)
        return line

    def remove_line(self, order_id: str, line_id: str) -> None:
        """Raise ProblemError: 404 for an unknown Id, 400 while the order is locked."""
        order = self.find(order_id)
        line = self.lines.find(order, line_id)
        self._check_editable(order)
        order.lines.remove(line)
        self._line_changed(order)

    def rows(self, *, inherited: bool = False) -> list[Values]:
        """Return the headers; `inherited` fills in what a person would see (showInherited)."""
        return [self.row(order, inherited=inherited) for order in self._books.orders.values()]

    def row(self, order: Order, *, inherited: bool = False) -> Values:
        values = self.effective(order) if inherited else order.values
        contact = self._books.contacts[values["CustomerId"]]
        term = self._books.payment_terms.get(values["PaymentTermId"] or 0)
        amounts = self.amounts(order)
        return SALES_ORDER.row(
            values
            | {
                "CreatedDateTimeOffset": order.created,
                "CustomerNo": contact.roles[Role.CUSTOMER].values["Number"],
                "Id": order.id,
                "IsCreatedByCurrentIntegration": order.by_integration,
                "LastChangedDateTimeOffset": order.changed,
                "LineCount": len(order.lines),
                "NetAmount": float(amounts.net),
                "PaymentTerm": term.days if term else None,
                "SalesOrderNo": order.number,
                "TotalAmount": float(amounts.total),
            }
        )

    def complete_row(self, order: Order, *, inherited: bool = False) -> Values:
        """Return the header with its lines."""
        lines = [self.lines.row(order, line) for line in order.lines]
        return self.row(order, inherited=inherited) | {"SalesOrderLines": lines}

    def amounts(self, order: Order) -> Amounts:
        """Return the sums of the lines in the order's currency."""
        valued = [self.lines.valued(order, line) for line in order.lines]
        if self._books.switches.vat_of == "lines":
            return sum((each.amounts for each in valued), Amounts())
        nets: dict[Decimal, Decimal] = {}
        for each in valued:
            rate = each.vat.rate if each.vat else Decimal(0)
            nets[rate] = nets.get(rate, Decimal(0)) + each.amounts.net
        parts = (Amounts(net, self._books.rounded(net * rate)) for rate, net in nets.items())
        return sum(parts, Amounts())

    def effective(self, order: Order) -> Values:
        """Return the values that count on sending: what is null is inherited (section 11.1)."""
        role = self._books.contacts[order.values["CustomerId"]].roles[Role.CUSTOMER]
        default = next(each.id for each in self._books.payment_terms.values() if each.is_default)
        today = self._clock.now().date().isoformat()
        inherited = {
            "CurrencyCode": role.values["CurrencyCode"],
            "DeliveryDate": today,
            "PaymentTermId": role.values["PaymentTermId"] or default,
            "SalesOrderDate": today,
        }
        return order.values | {
            name: value for name, value in inherited.items() if order.values[name] is None
        }

    def _resolved(self, body: Mapping[str, object]) -> Values:
        """Turn CustomerNo and PaymentTerm into the Ids they stand for; the Ids win."""
        values = dict(body)
        number, days = values.pop("CustomerNo", None), values.pop("PaymentTerm", None)
        if number is not None and "CustomerId" not in values:
            values["CustomerId"] = self._books.holder(Role.CUSTOMER, "Number", number)
            if values["CustomerId"] is None:
                raise _refusal(f"Customer with number = {number} not found.", 404)
        if days is not None and "PaymentTermId" not in values:
            terms = self._books.payment_terms.values()
            values["PaymentTermId"] = next((each.id for each in terms if each.days == days), None)
            if values["PaymentTermId"] is None:
                raise _refusal(f"Payment term with days = {days} not found.", 404)
        return values

    def _check(self, order: Order, sent: Mapping[str, object]) -> None:
        """Raise ProblemError for the first rule that the order as a whole breaks."""
        check_known(_TITLE, sent)
        values = order.values
        self._check_customer(values["CustomerId"])
        term = values["PaymentTermId"]
        if term is not None and term not in self._books.payment_terms:
            raise _refusal(f"Payment term with id = {term} not found.", 404)
        rate = values["CurrencyExchangeRate"]
        if rate is not None and exact(rate) <= 0:
            raise _refusal("CurrencyExchangeRate must be greater than 0.")
        reference = values["ExternalImportReference"]
        if reference is not None and reference_taken(self._books, reference, order.id):
            raise _refusal(f"ExternalImportReference is already in use. '{reference}'.")
        self.lines.check(order)
        self._check_related(order)

    def _check_customer(self, contact_id: int | None) -> None:
        if contact_id is None:
            raise _refusal("CustomerId or CustomerNo is required.")
        contact = self._books.contacts.get(contact_id)
        if contact is None or Role.CUSTOMER not in contact.roles:
            raise _refusal(f"Customer with id = {contact_id} not found.", 404)
        if contact.values["IsArchived"] or not contact.roles[Role.CUSTOMER].is_active:
            raise _refusal(f"Customer with id = {contact_id} is archived and cannot be used.")

    def _check_related(self, order: Order) -> None:
        related = order.values["RelatedInvoiceNo"]
        if related is None:
            return
        if self.amounts(order).total >= 0:
            raise _refusal("RelatedInvoiceNo can only be set on credit notes.")
        invoices = self._books.invoices.values()
        if not any(each.values["InvoiceNo"] == related for each in invoices):
            raise _refusal(f"Invoice with number = {related} not found.", 404)

    def _check_editable(self, order: Order, *, opens: bool = False) -> None:
        if self._is_queued(order):
            raise _refusal("The sales order is being sent and cannot be changed.")
        if order.values["SalesOrderStatus"] == "Confirmed" and not opens:
            raise _refusal("The sales order is confirmed and cannot be changed.")

    def _is_queued(self, order: Order) -> bool:
        sending = self._books.sendings.get(order.id)
        return sending is not None and sending.waiting

    def _line_changed(self, order: Order) -> None:
        if self._books.switches.line_changes_move_orders:
            order.changed = stamp(self._clock.now())
