"""What a PowerOffice Go client holds: contacts with their roles, and all that is kept on them."""

import itertools
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cached_property

from tribe_po.sandbox.poweroffice.errors import ProblemError, not_found
from tribe_po.sandbox.poweroffice.fields import (
    ADDRESS_FIELDS,
    Home,
    Role,
    Values,
    fields_with,
    kept_names,
)
from tribe_po.sandbox.poweroffice.records import (
    Entry,
    Invoice,
    Order,
    SalesItem,
    Sending,
    rounded,
)
from tribe_po.sandbox.poweroffice.settings import Settings
from tribe_po.sandbox.poweroffice.stamps import stamp
from tribe_po.sandbox.poweroffice.switches import Switches

UNIQUE = ("Number", "ExternalNumber", "ExternalImportReference")


@dataclass(slots=True)
class Address:
    """A contact's mail address, with a stamp of its own."""

    id: int
    values: Values
    changed: str


@dataclass(slots=True)
class RoleRecord:
    """A contact as customer or as supplier. `row` caches the rendered DTO."""

    role: Role
    values: Values
    account_id: int
    created: str
    changed: str
    is_active: bool = True
    row: Values | None = None


@dataclass(slots=True)
class Contact:
    """What both roles share, under one Id (poweroffice.md section 9)."""

    id: int
    created: str
    values: Values
    roles: dict[Role, RoleRecord] = field(default_factory=dict)
    address: Address | None = None
    balance: Decimal = Decimal(0)

    def kept(self, record: RoleRecord) -> Values:
        """Return all that is kept of the contact in one role, with MailAddress nested."""
        return self.shared() | record.values

    def shared(self) -> Values:
        """Return what all roles share, with MailAddress nested."""
        address = dict(self.address.values) if self.address else None
        return self.values | {"MailAddress": address}

    def forget_rows(self) -> None:
        for record in self.roles.values():
            record.row = None


@dataclass(frozen=True, slots=True)
class PaymentTerm:
    """A payment term (poweroffice.md section 13.3)."""

    id: int
    name: str
    days: int
    is_default: bool = False
    is_active: bool = True

    def row(self, created: str) -> Values:
        return {
            "CreatedDateTimeOffset": created,
            "CreditDays": self.days,
            "Id": self.id,
            "IsActive": self.is_active,
            "IsDefault": self.is_default,
            "LastChangedDateTimeOffset": created,
            "Name": self.name,
        }


@dataclass(frozen=True)
class NumberSeries:
    """A sub-ledger number series (poweroffice.md section 13.6), both ends inclusive."""

    name: str
    kind: str
    first: int
    last: int
    account_no: int
    is_default: bool = True
    own_id: str = ""
    account_id: int | None = None

    @cached_property
    def id(self) -> str:
        return self.own_id or str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.kind}/{self.name}"))

    def row(self) -> Values:
        return {
            "FromInclusive": self.first,
            "GeneralLedgerAccountId": self.account_id or 470_000_000 + self.account_no,
            "GeneralLedgerAccountNo": self.account_no,
            "Id": self.id,
            "IsClientTrust": False,
            "IsDefault": self.is_default,
            "Name": self.name,
            "SubLedgerNumberSeriesType": self.kind,
            "ToInclusive": self.last,
        }


DEFAULT_TERMS = (
    PaymentTerm(1210, "10 dager", 10),
    PaymentTerm(1214, "14 dager", 14, is_default=True),
    PaymentTerm(1230, "30 dager", 30),
)
DEFAULT_SERIES = (
    NumberSeries("Kunder", "Customer", 10_000, 19_999, 1500),
    NumberSeries("Leverandører", "Supplier", 20_000, 29_999, 2400),
    NumberSeries("Kunder utland", "Customer", 30_000, 30_999, 1500, is_default=False),
    NumberSeries("Ansatte", "Employee", 90_000, 90_999, 2930),
)


class Books:
    """The data of one client. Not thread-safe: the tenant holds its lock around every use."""

    def __init__(self, opened: datetime) -> None:
        self.opened = stamp(opened)
        self.contacts: dict[int, Contact] = {}
        self.payment_terms: dict[int, PaymentTerm] = {term.id: term for term in DEFAULT_TERMS}
        self.number_series: tuple[NumberSeries, ...] = DEFAULT_SERIES
        self.contact_groups: set[int] = {1001, 1002}
        self.elma: set[str] = set()
        self.settings = Settings(opened)
        self.switches = Switches()
        self.products: dict[int, SalesItem] = {}
        self.product_groups: dict[int, SalesItem] = {}
        self.orders: dict[str, Order] = {}
        self.sendings: dict[str, Sending] = {}
        self.invoices: dict[str, Invoice] = {}
        self.entries: dict[int, Entry] = {}
        self.retired_references: set[str] = set()
        self.edition_2026 = True
        self.person_names = True
        self._holders: dict[tuple[str, str], dict[object, int]] = {}
        self._next_number: dict[str, int] = {}
        self._contact_ids = itertools.count(12_001)
        self._account_ids = itertools.count(770_001)
        self._address_ids = itertools.count(5_501)
        self._voucher_numbers = itertools.count(15_001)

    def rounded(self, amount: Decimal) -> Decimal:
        """An amount of an order or a voucher to two decimals, as this client rounds."""
        even = self.switches.rounding == "even"
        return rounded(amount, ROUND_HALF_EVEN if even else ROUND_HALF_UP)

    def find(self, role: Role, contact_id: int) -> tuple[Contact, RoleRecord]:
        """Raise ProblemError (404) if no contact has this Id in this role."""
        contact = self.contacts.get(contact_id)
        if contact is None or role not in contact.roles:
            raise not_found(role, contact_id)
        return contact, contact.roles[role]

    def new_contact(self, now: str) -> Contact:
        """Return a contact that `store` will add."""
        return Contact(next(self._contact_ids), now, {})

    def adopt(self, contacts: Iterable[Contact]) -> None:
        """Take in contacts as they are, with Ids and stamps of their own; later Ids follow on."""
        for contact in contacts:
            self.contacts[contact.id] = contact
            for record in contact.roles.values():
                for name in UNIQUE:
                    self._move(record.role, name, None, record.values, contact.id)
            if contact.address:
                address = contact.address.values
                self._move("address", "ExternalCode", None, address, contact.id)
        held = self.contacts.values()
        accounts = (record.account_id for each in held for record in each.roles.values())
        addresses = (each.address.id for each in held if each.address)
        self._contact_ids = itertools.count(max(self.contacts, default=12_000) + 1)
        self._account_ids = itertools.count(max(accounts, default=770_000) + 1)
        self._address_ids = itertools.count(max(addresses, default=5_500) + 1)

    def number_vouchers_after(self, last: int) -> None:
        """Let the next voucher have the number that follows `last`."""
        self._voucher_numbers = itertools.count(last + 1)

    def new_role(self, contact: Contact, role: Role, now: str) -> RoleRecord:
        record = RoleRecord(role, {}, next(self._account_ids), created=now, changed=now)
        contact.roles[role] = record
        self.contacts[contact.id] = contact
        return record

    def store(self, contact: Contact, record: RoleRecord, values: Values, now: str) -> None:
        """Replace all that is kept of a contact in one role, moving the stamps (section 5).

        A change of what both roles share moves the stamps of both; an address moves only its own.
        """
        self._index(contact, record, values)
        own_moved = _replace(record.values, values, kept_names(record.role, Home.ROLE))
        if _replace(contact.values, values, kept_names(record.role, Home.CONTACT)):
            own_moved = True
            for each in contact.roles.values() if self.switches.shared_moves_both else ():
                each.changed = now
        if own_moved:
            record.changed = now
        self._store_address(contact, values["MailAddress"], now)
        contact.forget_rows()

    def _store_address(self, contact: Contact, address: Values | None, now: str) -> None:
        if address is None or (contact.address and contact.address.values == address):
            return
        previous = contact.address
        address_id = previous.id if previous else next(self._address_ids)
        self._move(
            "address", "ExternalCode", previous.values if previous else None, address, contact.id
        )
        contact.address = Address(address_id, address, now)
        if self.switches.address_moves_contact:
            for each in contact.roles.values():
                each.changed = now

    def _index(self, contact: Contact, record: RoleRecord, values: Values) -> None:
        for name in UNIQUE:
            self._move(record.role, name, record.values, values, contact.id)

    def _move(
        self, scope: str, name: str, old: Values | None, new: Values, contact_id: int
    ) -> None:
        holders = self._holders.setdefault((scope, name), {})
        before, after = (old or {}).get(name), new.get(name)
        if before != after:
            holders.pop(before, None)
        if after is not None:
            holders[after] = contact_id

    def remove(self, contact: Contact) -> None:
        """Take the contact away, in all its roles."""
        for record in contact.roles.values():
            self._index(contact, record, dict.fromkeys(UNIQUE))
        if contact.address:
            self._move("address", "ExternalCode", contact.address.values, {}, contact.id)
        del self.contacts[contact.id]

    def holder(self, scope: str, name: str, value: object) -> int | None:
        """Return the Id of the contact that uses a unique value; scope is a role or "address"."""
        return self._holders.get((scope, name), {}).get(value)

    def series_of(self, role: Role) -> list[NumberSeries]:
        return [series for series in self.number_series if series.kind == role]

    def next_number(self, role: Role, series: NumberSeries) -> int:
        """Return the next free number; one that was given back is not handed out again.

        Raise ProblemError (400) if the series is used up.
        """
        number = self._next_number.get(series.id, series.first)
        while self.holder(role, "Number", number) is not None:
            number += 1
        if number > series.last:
            raise ProblemError(
                400,
                f"{role} validation error(s)",
                f"There is no free number in number series {series.first} - {series.last}.",
            )
        self._next_number[series.id] = number + 1
        return number

    def owes(self, contact: Contact) -> Decimal:
        """Return the contact's balance in kroner: what a test set, and all ledger entries."""
        posted = (each.amount for each in self.entries.values() if each.contact_id == contact.id)
        return contact.balance + sum(posted, Decimal(0))

    def has_dealings(self, contact: Contact) -> bool:
        """Tell whether orders or ledger entries hang on the contact."""
        ordered = (each.values["CustomerId"] for each in self.orders.values())
        posted = (each.contact_id for each in self.entries.values())
        return any(each == contact.id for each in itertools.chain(ordered, posted))

    def next_voucher_number(self) -> int:
        return next(self._voucher_numbers)

    def records(self, role: Role) -> Iterator[tuple[Contact, RoleRecord]]:
        """Give every contact in this role, archived ones too, oldest first."""
        for contact in self.contacts.values():
            if role in contact.roles:
                yield contact, contact.roles[role]

    def row(self, contact: Contact, record: RoleRecord) -> Values:
        """Return the DTO (poweroffice.md sections 9.1 and 9.2); do not change it."""
        if record.row is None:
            record.row = self._render(contact, record)
        return record.row

    def _render(self, contact: Contact, record: RoleRecord) -> Values:
        shown = contact.values | record.values | self._derived(contact, record)
        return {name: shown.get(name) for name in fields_with(record.role, "R", self.edition_2026)}

    def _derived(self, contact: Contact, record: RoleRecord) -> Values:
        values = contact.values
        term = self.payment_terms.get(record.values.get("PaymentTermId") or 0)
        return {
            "ContactCreatedDateTimeOffset": contact.created,
            f"{record.role}CreatedDateTimeOffset": record.created,
            "Id": contact.id,
            "IsActive": record.is_active,
            "LastChangedDateTimeOffset": record.changed,
            "MailAddress": _address_row(contact.address),
            "Name": self._person_name(values) if values["IsPerson"] else values["Name"],
            "NationalIdNumber": "hidden" if values.get("NationalIdNumber") else None,
            "PaymentTerm": term.days if term else None,
            "SubledgerAccountId": record.account_id,
        }

    def _person_name(self, values: Values) -> str | None:
        return f"{values['FirstName']} {values['LastName']}" if self.person_names else None


def _replace(kept: Values, values: Values, names: Iterable[str]) -> bool:
    """Copy the named members to `kept` and tell whether any of them changed."""
    changed = [name for name in names if kept.get(name) != values[name]]
    kept.update({name: values[name] for name in names})
    return bool(changed)


def _address_row(address: Address | None) -> Values | None:
    if address is None:
        return None
    own: Values = {"Id": address.id, "LastChangedDateTimeOffset": address.changed}
    row = own | {name: address.values.get(name) for name in ADDRESS_FIELDS}
    return dict(sorted(row.items()))
