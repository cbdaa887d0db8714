"""Products and product groups, and what a line takes from them (poweroffice.md section 10)."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tribe_po.sandbox.clock import Clock
from tribe_po.sandbox.poweroffice.books import Books
from tribe_po.sandbox.poweroffice.dtos import PRODUCT, PRODUCT_GROUP, Dto
from tribe_po.sandbox.poweroffice.errors import ProblemError, not_found
from tribe_po.sandbox.poweroffice.fields import Values
from tribe_po.sandbox.poweroffice.patch import Patcher
from tribe_po.sandbox.poweroffice.records import SalesItem
from tribe_po.sandbox.poweroffice.rules import check_body
from tribe_po.sandbox.poweroffice.stamps import stamp
from tribe_po.sandbox.poweroffice.values import check_lengths, completed

ACCOUNTS = ("StandardSalesAccount", "OptionalSalesAccount")


@dataclass(frozen=True, slots=True)
class Shelf:
    """One of the two kinds of sales items, with the place where the books keep it."""

    dto: Dto
    items: dict[int, SalesItem]
    ids: "itertools.count[int]"


class Products:
    """The products and groups of one client. Not thread-safe; the tenant holds its lock."""

    def __init__(self, books: Books, clock: Clock) -> None:
        self._books = books
        self._clock = clock
        self.shelf = Shelf(PRODUCT, books.products, itertools.count(98_001))
        self.groups = Shelf(PRODUCT_GROUP, books.product_groups, itertools.count(1))
        standard = {"Code": "1", "Name": "Standard", "UnitOfMeasureCode": "EA"}
        self.default_group = int(self.post(self.groups, standard)["Id"])

    def find(self, shelf: Shelf, identifier: int) -> SalesItem:
        """Raise ProblemError (404) for an unknown Id."""
        if identifier not in shelf.items:
            raise not_found(shelf.dto.resource, identifier)
        return shelf.items[identifier]

    def row(self, shelf: Shelf, item: SalesItem) -> Values:
        """Return the DTO; accounts and prices that are inherited stay null (section 10.1)."""
        values = item.values
        derived: Values = {
            "CreatedDateTimeOffset": item.created,
            "Id": item.id,
            "LastChangedDateTimeOffset": item.changed,
            "StockAvailable": values.get("StockOnHand"),
            "StockOnHandLastChangedDatetimeOffset": item.stock_changed,
        }
        for name in ACCOUNTS:
            derived[name] = self._books.settings.number_of(values[f"{name}Id"])
            derived[f"{name}AgricultureDepartment"] = "None"
        group = self._books.product_groups.get(values.get("ProductGroupId") or 0)
        derived["ProductGroupCode"] = group and group.values["Code"]
        return shelf.dto.row(values | derived)

    def rows(self, shelf: Shelf) -> list[Values]:
        return [self.row(shelf, item) for item in shelf.items.values()]

    def adopt(self, groups: Iterable[SalesItem], products: Iterable[SalesItem]) -> None:
        """Take in groups and products as they are, in place of all others; later Ids follow on.

        Which group is the default one the API does not tell; the first one is. Without groups the
        one that every client has from the start stays.
        """
        kept = {each.id: each for each in groups}
        if kept:
            self.groups.items.clear()
            self.default_group = min(kept)
        self.groups.items.update(kept)
        self.shelf.items.clear()
        self.shelf.items.update({each.id: each for each in products})
        self.groups = replace(self.groups, ids=itertools.count(max(self.groups.items) + 1))
        if self.shelf.items:
            self.shelf = replace(self.shelf, ids=itertools.count(max(self.shelf.items) + 1))

    def post(self, shelf: Shelf, body: object) -> Values:
        """Create an item from a POST body and return its DTO.

        Raise ProblemError: 400 for what breaks a rule, 404 for a reference to nothing.
        """
        dto = shelf.dto
        sent = self._resolved(dto, check_body(dto.resource, body, dto.accepted, dto.post))
        values = completed(dto.patchable.values(), sent)
        if dto is PRODUCT and values["ProductGroupId"] is None:
            values["ProductGroupId"] = self.default_group
        self._check(shelf, values, None)
        now = stamp(self._clock.now())
        item = SalesItem(next(shelf.ids), values, created=now, changed=now)
        item.stock_changed = now if values.get("StockOnHand") is not None else None
        shelf.items[item.id] = item
        return self.row(shelf, item)

    def patch(self, shelf: Shelf, identifier: int, operations: object) -> Values:
        """Raise ProblemError: 404 for an unknown Id, 400 for what breaks a rule."""
        item = self.find(shelf, identifier)
        fields = shelf.dto.patchable
        patched, _touched = Patcher(shelf.dto.resource, fields).apply(item.values, operations)
        return self._store(shelf, item, completed(fields.values(), patched))

    def edit(self, shelf: Shelf, identifier: int, members: Mapping[str, object]) -> Values:
        """Set members as in a POST body; None clears."""
        item = self.find(shelf, identifier)
        dto = shelf.dto
        cleared = {name: None for name, value in members.items() if value is None}
        sent = self._resolved(dto, check_body(dto.resource, members, dto.accepted, dto.post))
        cleared |= {f"{name}Id": None for name in ACCOUNTS if name in cleared}
        kept = {name: value for name, value in cleared.items() if name in dto.patchable}
        return self._store(
            shelf, item, completed(dto.patchable.values(), item.values | kept | sent)
        )

    def remove(self, shelf: Shelf, identifier: int) -> None:
        """Raise ProblemError: 404 for an unknown Id, 409 while the item is in use."""
        item = self.find(shelf, identifier)
        in_use = self._product_used(item) if shelf.dto is PRODUCT else self._group_used(item)
        if in_use:
            resource = shelf.dto.resource
            raise ProblemError(
                409,
                f"{resource} conflict",
                f"{resource} with id = {identifier} is in use and cannot be deleted.",
            )
        del shelf.items[identifier]

    def named(self, identifier: int | None, code: str | None, title: str) -> SalesItem | None:
        """Return the product that a line names by Id or code; the Id wins.

        Raise ProblemError: 404 for an unknown one, 400 for a code that several products have.
        """
        if identifier is not None:
            if identifier not in self._books.products:
                raise ProblemError(404, title, f"Product with id = {identifier} not found.")
            return self._books.products[identifier]
        if code is None:
            return None
        found = [each for each in self._books.products.values() if each.values["Code"] == code]
        if not found:
            raise ProblemError(404, title, f"Product with code = '{code}' not found.")
        if len(found) > 1:
            raise ProblemError(400, title, f"Product code '{code}' is not unique.")
        return found[0]

    def inherited(self, product: SalesItem, name: str) -> object:
        """Return a product's member, or that of its group where it has none of its own."""
        value = product.values[name]
        if value is not None:
            return value
        group = self._books.product_groups.get(product.values["ProductGroupId"] or 0)
        return group and group.values[name]

    def sales_account(self, product: SalesItem, *, standard: bool) -> int:
        """Return the Id of the account that a sale of the product is posted on."""
        name = "StandardSalesAccountId" if standard else "OptionalSalesAccountId"
        own = self.inherited(product, name)
        return int(str(own or self._books.settings.invoice_settings()[name]))

    def _resolved(self, dto: Dto, body: Values) -> Values:
        """Turn the twins that name accounts and groups by number or code into Ids."""
        sent = {name: value for name, value in body.items() if name in dto.patchable}
        for name in ACCOUNTS:
            if name in body and f"{name}Id" not in body:
                sent[f"{name}Id"] = self._account_with(dto, body[name])
        if "ProductGroupCode" in body and "ProductGroupId" not in body:
            sent["ProductGroupId"] = self._group_with(dto, body["ProductGroupCode"])
        return sent

    def _account_with(self, dto: Dto, number: int) -> int:
        account = self._books.settings.accounts.get(number)
        if account is None:
            raise ProblemError(
                404, dto.title, f"General ledger account with number = {number} not found."
            )
        return account.id

    def _group_with(self, dto: Dto, code: str) -> int:
        for group in self._books.product_groups.values():
            if group.values["Code"] == code:
                return group.id
        raise ProblemError(404, dto.title, f"Product group with code = '{code}' not found.")

    def _check(self, shelf: Shelf, values: Values, identifier: int | None) -> None:
        dto = shelf.dto
        check_lengths(dto.title, dto.fields, values)
        if not (values["Name"] or "").strip():
            raise ProblemError(400, dto.title, "Name is required.")
        for name in ACCOUNTS:
            account = values[f"{name}Id"]
            if account is not None and self._books.settings.account(account) is None:
                raise ProblemError(
                    404, dto.title, f"General ledger account with id = {account} not found."
                )
        group = values.get("ProductGroupId")
        if group is not None and group not in self._books.product_groups:
            raise ProblemError(404, dto.title, f"Product group with id = {group} not found.")
        if self._books.switches.unique_product_codes and values["Code"] is not None:
            self._check_code(shelf, values["Code"], identifier)

    def _check_code(self, shelf: Shelf, code: str, identifier: int | None) -> None:
        for each in shelf.items.values():
            if each.id != identifier and each.values["Code"] == code:
                raise ProblemError(
                    400, shelf.dto.title, f"Code is already in use. '{code}' is used on {each.id}."
                )

    def _store(self, shelf: Shelf, item: SalesItem, values: Values) -> Values:
        """Replace the values; stock has a stamp of its own (section 5)."""
        self._check(shelf, values, item.id)
        now = stamp(self._clock.now())
        changed = {name for name in values if values[name] != item.values[name]}
        if "StockOnHand" in changed:
            item.stock_changed = now
        if changed - {"StockOnHand"}:
            item.changed = now
        item.values = values
        return self.row(shelf, item)

    def _product_used(self, product: SalesItem) -> bool:
        ordered = (
            line.values["ProductId"]
            for order in self._books.orders.values()
            for line in order.lines
        )
        invoiced = (
            line["ProductId"] for each in self._books.invoices.values() for line in each.lines
        )
        return any(each == product.id for each in itertools.chain(ordered, invoiced))

    def _group_used(self, group: SalesItem) -> bool:
        return group.id == self.default_group or any(
            each.values["ProductGroupId"] == group.id for each in self._books.products.values()
        )
