"""What people do with products, invoices and payments on either side, in any order."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.chaos.any_people import SIDES, People
from tribe_po.records import Kind, System
from tribe_po.sandbox.poweroffice.errors import ProblemError

PRICE = 99.95


class Sellers(People):
    """What people do with sales. `deleted_drafts` are the marks of drafts that people deleted;
    `credited` the marks of what they credited or wrote off; `payments` what is paid and not taken
    back, by the payment's Id."""

    def __init__(self) -> None:
        super().__init__()
        self.deleted_drafts: set[str] = set()
        self.credited: set[str] = set()
        self.payments: list[int] = []

    @rule(price=st.integers(1, 10**6), side=SIDES)
    def reprice(self, price: int, side: System) -> None:
        amount = price / 100
        if side is System.POWEROFFICE:
            products = self.office.poweroffice.products()
            kopp = next(one["Id"] for one in products if one["Code"] == "KOPP")
            self.office.poweroffice.edit_product(kopp, UnitPrice=amount)
        else:
            self.office.tribe.edit(self._kopp(), SalesPrice=amount)

    def _kopp(self) -> str:
        products = self.office.tribe.products()
        return str(next(one["ID"] for one in products if one["Code"] == "KOPP"))

    @rule(data=st.data(), quantity=st.integers(1, 9), credit=st.booleans())
    def sell(self, data: st.DataObject, quantity: int, credit: bool) -> None:
        """Send an invoice, or a credit note."""
        customers = [role for role in self.roles if role.kind is Kind.CUSTOMER]
        row = self.row(System.TRIBE, data.draw(st.sampled_from(customers)))
        if row is None:
            return
        line = {"Product": self._kopp(), "Quantity": quantity, "Price": PRICE, "VatGroup": 25}
        if credit:
            line["Quantity"] = -quantity
        self.office.tribe.send_invoice(self.office.tribe.add_invoice(row["ID"], [line]))

    @rule(data=st.data(), how=st.sampled_from(("pay", "pay half", "credit", "write off")))
    def settle(self, data: st.DataObject, how: str) -> None:
        rows = {one["Id"]: one for one in self.office.poweroffice.invoices() if one["Balance"] > 0}
        if not rows:
            return
        invoice = rows[data.draw(st.sampled_from(sorted(rows)))]
        poweroffice = self.office.poweroffice
        if how.startswith("pay"):
            amount = round(invoice["Balance"] / 2, 2) if how == "pay half" else None
            self.payments.append(poweroffice.pay(invoice["Id"], amount))
        else:
            (poweroffice.credit if how == "credit" else poweroffice.write_off)(invoice["Id"])
            self.credited.add(invoice["ExternalImportReference"])

    @rule(data=st.data())
    def take_a_payment_back(self, data: st.DataObject) -> None:
        if self.payments:
            payment = data.draw(st.sampled_from(self.payments))
            self.office.poweroffice.unpay(payment)
            self.payments.remove(payment)

    @rule(data=st.data(), is_sent=st.booleans())
    def send_or_delete_a_draft(self, data: st.DataObject, is_sent: bool) -> None:
        order = self._draft(data)
        if order is None:
            return
        if is_sent:
            self.office.poweroffice.send_by_hand(order["Id"])
            return
        try:
            self.office.poweroffice.delete_order(order["Id"])
        except ProblemError as refused:  # it is being sent
            if refused.status != 409:
                raise
        else:
            self.deleted_drafts.add(order["ExternalImportReference"])

    def _draft(self, data: st.DataObject) -> dict[str, Any] | None:
        rows = {one["Id"]: one for one in self.office.poweroffice.orders()}
        return rows[data.draw(st.sampled_from(sorted(rows)))] if rows else None
