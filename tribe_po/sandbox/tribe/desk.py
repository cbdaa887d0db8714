"""The records of an imitated Tribe tenant and the moves that every user's action is made of."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tribe_po.sandbox.clock import Clock
from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.model import (
    ADDRESS,
    COUNTRY,
    ORGANIZATION,
    ORGANIZATION_CUSTOMER,
    ORGANIZATION_LEAD,
    PERSON,
    PERSON_CUSTOMER,
    SUPPLIER,
)
from tribe_po.sandbox.tribe.odata import Entity, render, whole_view
from tribe_po.sandbox.tribe.sales_model import (
    ATTACHMENT,
    INVOICE,
    INVOICE_PHASE,
    LEDGER_ACCOUNT,
    NOTE,
    PAYMENT,
    PAYMENT_METHOD,
    PAYMENT_STATUS,
    PRODUCT,
    PRODUCT_GROUP,
    PRODUCT_LINE,
    UNIT,
    VAT_GROUP,
    tenant_model,
)
from tribe_po.sandbox.tribe.seed import furnish
from tribe_po.sandbox.tribe.store import Record, Store
from tribe_po.sandbox.tribe.values import wire_moment
from tribe_po.sandbox.tribe.writes import ADDRESS_CODES, Writer

_ADDRESS_NAVIGATIONS = (*ADDRESS_CODES, "Address")
_WITH_COUNTRY = "($expand=Country)"
_ORGANIZATION_EXPAND = ",".join(name + _WITH_COUNTRY for name in ADDRESS_CODES)
_PERSON_EXPAND = f"Address{_WITH_COUNTRY}"
_LINES = "ProductLines($expand=Product,VatGroup)"
_EXPANDS = {
    ORGANIZATION: _ORGANIZATION_EXPAND,
    PERSON: _PERSON_EXPAND,
    ADDRESS: "Country,AddressType",
    ORGANIZATION_CUSTOMER: f"Relation,Organization($expand={_ORGANIZATION_EXPAND})",
    ORGANIZATION_LEAD: f"Relation,Organization($expand={_ORGANIZATION_EXPAND})",
    SUPPLIER: f"Relation,Organization($expand={_ORGANIZATION_EXPAND})",
    PERSON_CUSTOMER: f"Relation,Person($expand={_PERSON_EXPAND})",
    PRODUCT: "ProductGroup,Unit,VatGroup,GeneralLedgerAccount",
    INVOICE: f"Phase,{_LINES},Relationship,Contact,PaymentMethod,Notes",
    PRODUCT_LINE: "Activity,Product,VatGroup",
    PAYMENT: "Invoice,PaymentMethod,PaymentStatus",
    NOTE: "Entity",
    ATTACHMENT: "Entity,Invoice,File",
}
# How users name the target of a navigation: by this property of that type.
_LOOKUPS = {
    "Country": (COUNTRY, "Code"),
    "Unit": (UNIT, "Code"),
    "VatGroup": (VAT_GROUP, "Percentage"),
    "ProductGroup": (PRODUCT_GROUP, "Name"),
    "GeneralLedgerAccount": (LEDGER_ACCOUNT, "Code"),
    "PaymentMethod": (PAYMENT_METHOD, "Code"),
    "PaymentStatus": (PAYMENT_STATUS, "Code"),
    "Phase": (INVOICE_PHASE, "Code"),
}
_NAMED_BY_ID = frozenset({"Product", "Relationship", "Contact", "Activity", "Invoice", "Entity"})


class Desk:
    """One tenant's records and clock. Thread-safe.

    dialect: may be replaced at any time, and keeps every record.
    """

    def __init__(
        self, clock: Clock, dialect: TribeDialect, organization_name: str, seed: int
    ) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.store = Store(tenant_model(dialect), seed)
        self._earlier: list[tuple[datetime, Store]] = []
        self.dialect = dialect
        self.own_organization_id = furnish(self.store, wire_moment(clock.now()), organization_name)

    @property
    def dialect(self) -> TribeDialect:
        """How the API answers where the contract is silent."""
        return self._dialect

    @dialect.setter
    def dialect(self, dialect: TribeDialect) -> None:
        with self.lock:
            self._dialect = dialect
            self.store.model = tenant_model(dialect)
            self.store.vat_of_sums = dialect.vat_of == "sums"
            self.store.half_to_even = dialect.rounding == "even"
            # The screen shows lines in full, whatever the API's `$expand` understands.
            self._screen = tenant_model(
                replace(dialect, nested_line_expand=True, billing=True, import_id="told")
            )
            self.store.changed()

    def writer(self, *, by_hand: bool = False) -> Writer:
        """A writer for one action at the present moment. Hold the lock around it."""
        if self.dialect.query_lag:
            self._keep_picture()
        return Writer(
            self.store,
            self.clock.now(),
            self.own_organization_id,
            self.dialect,
            by_hand=by_hand,
        )

    def shown(self) -> Store:
        """The records as the API's reads show them by now. Hold the lock around it."""
        horizon = self.clock.now() - timedelta(seconds=self.dialect.query_lag)
        self._earlier = [(moment, store) for moment, store in self._earlier if moment > horizon]
        return self._earlier[0][1] if self._earlier else self.store

    def _keep_picture(self) -> None:
        """Keep how everything was before the first write of this moment."""
        now = self.clock.now()
        if not self._earlier or self._earlier[-1][0] != now:
            self._earlier.append((now, self.store.picture()))

    def edit(self, identifier: str, **fields: Any) -> None:
        """Change fields of any record. An address given as a dict becomes a new address."""
        with self.lock:
            record = self.store.get(identifier)
            self.writer(by_hand=True).update(record.type_name, record, self._body(fields))

    def delete(self, identifier: str) -> None:
        """Delete a record for good. A relation with relationships is refused, and so are a
        relationship with activities and an invoice that was sent."""
        with self.lock:
            record = self.store.get(identifier)
            self.writer(by_hand=True).delete(record.type_name, record)

    def entity(self, identifier: str) -> Entity:
        """Every property of a record, ImportId too, with what belongs to it expanded."""
        with self.lock:
            return self._picture(self.store.get(identifier))

    def _add(self, type_name: str, fields: dict[str, Any]) -> str:
        with self.lock:
            return self.writer(by_hand=True).create(type_name, self._body(fields)).id

    def _body(self, fields: dict[str, Any]) -> dict[str, Any]:
        body = {name: self._value(name, value) for name, value in fields.items()}
        for name in _ADDRESS_NAVIGATIONS:
            if isinstance(body.get(name), dict):
                body[name] = self._body(body[name])
        return body

    def _value(self, name: str, value: Any) -> Any:
        if name in _LOOKUPS and isinstance(value, str | int | float | Decimal):
            type_name, key = _LOOKUPS[name]
            return {"ID": self._lookup(type_name, key, value)}
        if name in _NAMED_BY_ID and isinstance(value, str):
            return {"ID": value}
        return float(value) if isinstance(value, Decimal) else value

    def _lookup(self, type_name: str, key: str, value: object) -> str:
        for record in self.store.of_type(type_name):
            if record.values.get(key) == value:
                return record.id
        raise KeyError(value)

    def _pictures(self, type_names: Iterable[str]) -> list[Entity]:
        with self.lock:
            return [self._picture(r) for name in type_names for r in self.store.of_type(name)]

    def _picture(self, record: Record) -> Entity:
        view = whole_view(self._screen, record.type_name, _EXPANDS.get(record.type_name, ""))
        entity = render(self.store, record, view)
        entity.get("ProductLines", []).sort(key=_line_order)
        return entity


def _line_order(line: Entity) -> tuple[bool, float]:
    index = line["SortIndex"]
    return index is None, index or 0
