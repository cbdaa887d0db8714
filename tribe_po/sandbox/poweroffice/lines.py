"""Order lines: what they need, and the account, VAT and amounts that follow (section 11.3)."""

import uuid
from collections import Counter
from decimal import Decimal

from tribe_po.sandbox.poweroffice.books import Books
from tribe_po.sandbox.poweroffice.dtos import SALES_ORDER_LINE
from tribe_po.sandbox.poweroffice.errors import ProblemError, not_found
from tribe_po.sandbox.poweroffice.fields import Role, Values
from tribe_po.sandbox.poweroffice.patch import Patcher
from tribe_po.sandbox.poweroffice.products import Products
from tribe_po.sandbox.poweroffice.records import (
    Amounts,
    Line,
    Order,
    SalesItem,
    Valued,
    exact,
)
from tribe_po.sandbox.poweroffice.references import check_known, without_dimension_codes
from tribe_po.sandbox.poweroffice.rules import check_body
from tribe_po.sandbox.poweroffice.values import ACCRUAL_FIELDS, completed

_TITLE = SALES_ORDER_LINE.title
_WITH_PRODUCT = frozenset({"Normal", "InvoiceFee"})
_AMOUNTS = ("Quantity", "ProductUnitPrice", "ProductUnitCost", "Allowance")


def _refusal(detail: str) -> ProblemError:
    return ProblemError(400, _TITLE, detail)


class Lines:
    """Makes, checks and values the lines of orders. Not thread-safe."""

    def __init__(self, books: Books, products: Products) -> None:
        self._books = books
        self._products = products

    def find(self, order: Order, line_id: str) -> Line:
        """Raise ProblemError (404) if the order has no such line."""
        for line in order.lines:
            if line.id == line_id:
                return line
        raise not_found(SALES_ORDER_LINE.resource, line_id)

    def parsed(self, body: object) -> Line:
        """Return the line of a POST body, completed from its product.

        Raise ProblemError: 400 for what breaks a rule, 404 for a reference to nothing.
        """
        dto = SALES_ORDER_LINE
        sent = without_dimension_codes(check_body(dto.resource, body, dto.accepted, dto.post))
        check_known(_TITLE, sent)
        product = self._products.named(sent.get("ProductId"), sent.get("ProductCode"), _TITLE)
        values = completed(dto.patchable.values(), sent)
        if product is not None:
            values["ProductId"] = product.id
            self._inherit(values, product)
        return Line(str(uuid.uuid4()), values)

    def patched(self, line: Line, operations: object) -> Values:
        """Return the line's values after JSON Patch operations; raise ProblemError likewise."""
        fields = SALES_ORDER_LINE.patchable
        patcher = Patcher(SALES_ORDER_LINE.resource, fields)
        patched, touched = patcher.apply(line.values, operations)
        check_known(_TITLE, {name: patched[name] for name in touched})
        self._products.named(patched["ProductId"], None, _TITLE)
        return completed(fields.values(), patched)

    def numbered(self, lines: list[Line]) -> list[Line]:
        """Give each line without a SortOrder the place it stands on."""
        for place, line in enumerate(lines):
            if line.values["SortOrder"] is None:
                line.values["SortOrder"] = place
        return lines

    def next_place(self, lines: list[Line]) -> int:
        return max((line.values["SortOrder"] for line in lines), default=-1) + 1

    def check(self, order: Order) -> None:
        """Raise ProblemError (400) for the first rule that a line breaks."""
        for line in order.lines:
            self._check_line(line.values)
        references = Counter(line.values["ExternalImportReference"] for line in order.lines)
        for reference, count in references.items():
            if reference is not None and count > 1:
                raise _refusal(f"ExternalImportReference is already in use. '{reference}'.")

    def valued(self, order: Order, line: Line) -> Valued:
        """Return the amounts: net, then VAT, each rounded to two decimals.

        The server's own rounding is not documented (section 17); a half goes away from zero here.
        """
        values = line.values
        if values["ProductId"] is None:
            return Valued(line)
        product = self._books.products[values["ProductId"]]
        account = self._products.sales_account(product, standard=self._standard(order, values))
        vat = self._books.settings.vat_of(account)
        price, quantity = exact(values["ProductUnitPrice"]), exact(values["Quantity"])
        share = 1 - exact(values["Allowance"]) / 100
        net = self._books.rounded(price * quantity * share)
        return Valued(line, Amounts(net, self._books.rounded(net * vat.rate)), account, vat)

    def row(self, order: Order, line: Line) -> Values:
        """Return the line's DTO."""
        valued = self.valued(order, line)
        product = self._books.products.get(line.values["ProductId"] or 0)
        accrual = line.values["Accrual"]
        return SALES_ORDER_LINE.row(
            line.values
            | {
                "Accrual": accrual and {name: accrual.get(name) for name in ACCRUAL_FIELDS},
                "Id": line.id,
                "NetAmount": float(valued.amounts.net),
                "ProductCode": product and product.values["Code"],
                "SalesOrderId": order.id,
                "TotalAmount": float(valued.amounts.total),
                "VatAmount": float(valued.amounts.vat),
                "VatCode": valued.vat and valued.vat.code,
                "VatId": valued.vat and valued.vat.id,
                "VatRate": float(valued.vat.rate) if valued.vat else None,
            }
        )

    def _inherit(self, values: Values, product: SalesItem) -> None:
        """Fill in what a line takes from its product at creation."""
        inherited = {
            "Description": product.values["Name"],
            "ProductUnitCost": self._products.inherited(product, "UnitCost"),
            "ProductUnitPrice": self._products.inherited(product, "UnitPrice"),
            "UnitOfMeasureCode": self._products.inherited(product, "UnitOfMeasureCode"),
        }
        for name, value in inherited.items():
            if values[name] is None:
                values[name] = value

    def _standard(self, order: Order, values: Values) -> bool:
        chosen: bool | None = values["UseStandardSalesAccount"]
        if chosen is not None:
            return chosen
        contact = self._books.contacts[order.values["CustomerId"]]
        return not contact.roles[Role.CUSTOMER].values["IsVatFree"]

    def _check_line(self, values: Values) -> None:
        if values["LineType"] in _WITH_PRODUCT:
            self._check_product(values)
        elif values["ProductId"] is not None or any(exact(values[name]) for name in _AMOUNTS):
            raise _refusal(f"A line of type {values['LineType']} has no product and no amount.")
        allowance = exact(values["Allowance"])
        if not Decimal(-1000) <= allowance <= Decimal(100):
            raise _refusal("Allowance must be between -1000 and 100.")
        if (values["SortOrder"] or 0) < 0:
            raise _refusal("SortOrder must not be negative.")

    def _check_product(self, values: Values) -> None:
        if values["ProductId"] is None:
            raise _refusal("Product is required.")
        product = self._books.products[values["ProductId"]]
        if product.values["IsArchived"]:
            raise _refusal(f"Product with id = {product.id} is archived and cannot be used.")
        if values["Quantity"] is None:
            raise _refusal("Quantity is required on lines with a product.")
