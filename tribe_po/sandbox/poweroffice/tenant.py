"""One PowerOffice Go client company: its keys, its books, and the people who work in it.

What the API does with it is in `poweroffice_http`. The methods that add and edit here are what
a person does in PowerOffice: the same rules hold and the same stamps move.
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tribe_po.sandbox.clock import Clock
from tribe_po.sandbox.pace import SlidingWindow, TokenBucket
from tribe_po.sandbox.poweroffice.books import Books, Contact, RoleRecord
from tribe_po.sandbox.poweroffice.errors import ProblemError
from tribe_po.sandbox.poweroffice.fields import (
    Role,
    Values,
    fields_of,
    fields_with,
    kept_fields,
)
from tribe_po.sandbox.poweroffice.patch import Patcher
from tribe_po.sandbox.poweroffice.people import SalesDesk
from tribe_po.sandbox.poweroffice.rules import (
    Change,
    check,
    check_body,
    contact_to_join,
    series_to_draw_from,
    term_of_days,
)
from tribe_po.sandbox.poweroffice.stamps import stamp
from tribe_po.sandbox.poweroffice.switches import Switches
from tribe_po.sandbox.poweroffice.values import completed

FULL_PRIVILEGES = frozenset(
    {
        "CommonServices",
        "CustomerLedger",
        "Customer_Full",
        "GeneralLedgerAccount",
        "OutgoingInvoice",
        "OutgoingInvoiceVoucher_Full",
        "Product_Full",
        "ReverseVoucher_Full",
        "SalesOrders_Full",
        "Supplier_Full",
        "VoucherDocumentation_Full",
    }
)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the integration. These are no secrets: they open nothing but a sandbox."""

    app: str = "sandbox-app-key-not-a-secret"
    client: str = "sandbox-client-key-not-a-secret"
    subscription: str = "sandbox-subscription-key-not-a-secret"
    subscription_secondary: str = "sandbox-secondary-key-not-a-secret"


class PowerOfficeTenant(SalesDesk):
    """A client company in PowerOffice Go, as the API and as its people see it. Thread-safe.

    Attributes that a test may set: `privileges`, `invalid_privileges`, `integration_active`
    (False: no more tokens), `subscription_keys` (those the gateway accepts), `paginate_header`
    (False: no X-Pagination), `client_name`, `switches`, and `books` for terms, series, groups,
    ELMA and `books.settings`. `received` counts the requests with a good key. What people do with
    products and invoices is in `SalesDesk`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        requests_per_second: int | None = 10,
        token_seconds: int = 1200,
        keys: Keys | None = None,
    ) -> None:
        super().__init__(Books(clock.now()), clock)
        self.keys = keys or Keys()
        self.pace: SlidingWindow | TokenBucket = SlidingWindow(requests_per_second)
        self.token_seconds = token_seconds
        self.client_id = "7f3c2a10-0000-4000-8000-00000000c11e"
        self.client_name = "Sandkasse Regnskap AS"
        self.integration_active = True
        self.paginate_header = True
        self.received = 0
        self.subscription_keys = {self.keys.subscription, self.keys.subscription_secondary}
        self.privileges: set[str] = set(FULL_PRIVILEGES)
        self.invalid_privileges: set[str] = set()
        self.lanes = {"customer": threading.Lock(), "order": threading.Lock()}
        self._tokens: dict[str, datetime] = {}

    @property
    def switches(self) -> Switches:
        """What a test may switch: see `Switches`."""
        return self.books.switches

    def payment_terms(self) -> list[Values]:
        """Return the payment terms as the API would."""
        with self.lock:
            return [term.row(self.books.opened) for term in self.books.payment_terms.values()]

    def issue_token(self) -> str:
        """Return a new access token that ends `token_seconds` from now by the sandbox clock."""
        token = f"sandbox.{secrets.token_urlsafe(24)}"
        with self.lock:
            self._tokens[token] = self.clock.now() + timedelta(seconds=self.token_seconds)
        return token

    def accepts_token(self, token: str) -> bool:
        with self.lock:
            ends = self._tokens.get(token)
            return ends is not None and self.clock.now() < ends

    def revoke_tokens(self) -> None:
        """End all tokens at once."""
        with self.lock:
            self._tokens.clear()

    def configure(self, *, edition_2026: bool = True, person_names: bool = True) -> None:
        """Imitate an older environment (no fields and filters of 2026), or one that returns no
        Name for persons."""
        with self.lock:
            self.books.edition_2026 = edition_2026
            self.books.person_names = person_names
            for contact in self.books.contacts.values():
                contact.forget_rows()

    def post(self, role: Role, body: object) -> Values:
        """Create a contact in this role from a POST body, or let one join it, and return its DTO.

        Raise ProblemError: 400 for what breaks a rule, 404 for a reference to nothing.
        """
        with self.lock:
            fields = fields_with(role, "C", self.books.edition_2026)
            values = check_body(role, body, fields)
            contact, values = contact_to_join(self.books, role, values)
            return self._create(role, values, contact, by_user=False)

    def patch(self, role: Role, contact_id: int, operations: object) -> Values:
        """Apply JSON Patch operations and return the DTO.

        Raise ProblemError: 404 for an unknown Id, 400 for what breaks a rule.
        """
        with self.lock:
            contact, record = self.books.find(role, contact_id)
            fields = fields_with(role, "U", self.books.edition_2026)
            kept = contact.kept(record)
            document = {name: kept.get(name) for name in fields}
            patcher = Patcher(role, fields, self.switches.new_address_by_parts)
            patched, touched = patcher.apply(document, operations)
            return self._update(contact, record, patched, touched, by_user=False)

    def remove(self, role: Role, contact_id: int) -> None:
        """Delete the contact. Raise ProblemError: 404 for an unknown Id, 409 while in use."""
        with self.lock:
            self.settle()
            contact, _record = self.books.find(role, contact_id)
            others = [each for each in contact.roles.values() if each.role is not role]
            in_use = contact.balance or self.books.has_dealings(contact)
            if in_use or any(each.is_active for each in others):
                raise ProblemError(
                    409,
                    f"{role} conflict",
                    f"{role} with id = {contact_id} is in use and cannot be deleted.",
                )
            self.books.remove(contact)

    def get(self, role: Role, contact_id: int) -> Values:
        """Return one DTO; do not change it. Raise ProblemError (404) for an unknown Id."""
        with self.lock:
            return self.books.row(*self.books.find(role, contact_id))

    def rows(self, role: Role) -> list[Values]:
        """Return the DTOs of all in this role, oldest contact first; do not change them."""
        with self.lock:
            return [self.books.row(*each) for each in self.books.records(role)]

    def add_customer(self, *, contact_id: int | None = None, **fields: Any) -> int:
        """Add a customer, or make the contact `contact_id` one, and return the Id.

        Members as in the POST body. Raise ProblemError for what breaks a rule.
        """
        return self._add(Role.CUSTOMER, contact_id, fields)

    def add_supplier(self, *, contact_id: int | None = None, **fields: Any) -> int:
        """Add a supplier, or make the contact `contact_id` one, and return the Id.

        Members as in the POST body. Raise ProblemError for what breaks a rule.
        """
        return self._add(Role.SUPPLIER, contact_id, fields)

    def edit_customer(self, contact_id: int, **fields: Any) -> None:
        """Set members of a customer; IsActive and PaymentTerm (days) too."""
        self._edit(Role.CUSTOMER, contact_id, fields)

    def edit_supplier(self, contact_id: int, **fields: Any) -> None:
        """Set members of a supplier; IsActive too."""
        self._edit(Role.SUPPLIER, contact_id, fields)

    def edit_address(self, contact_id: int, **fields: Any) -> None:
        """Set members of the mail address, which is made if there is none."""
        with self.lock:
            contact = self._contact(contact_id)
            before = contact.address.values if contact.address else {}
            self._edit(next(iter(contact.roles)), contact_id, {"MailAddress": before | fields})

    def archive(self, contact_id: int, archived: bool = True) -> None:
        """Archive a contact in all its roles. Raise ProblemError (400) while it has a balance."""
        with self.lock:
            role = next(iter(self._contact(contact_id).roles))
            self._edit(role, contact_id, {"IsArchived": archived})

    def delete(self, kind: str, contact_id: int) -> None:
        """Delete a "customer" or "supplier". Raise ProblemError (409) while it is in use."""
        self.remove(Role(kind.capitalize()), contact_id)

    def set_balance(self, contact_id: int, balance: Decimal | int) -> None:
        """Let the contact's ledger balance be so many kroner."""
        with self.lock:
            self._contact(contact_id).balance = Decimal(balance)

    def customers(self) -> list[Values]:
        """Return all customers as the API would."""
        return [_copied(row) for row in self.rows(Role.CUSTOMER)]

    def suppliers(self) -> list[Values]:
        """Return all suppliers as the API would."""
        return [_copied(row) for row in self.rows(Role.SUPPLIER)]

    def customer(self, contact_id: int) -> Values:
        """Return one customer as the API would. Raise ProblemError (404) for an unknown Id."""
        return _copied(self.get(Role.CUSTOMER, contact_id))

    def supplier(self, contact_id: int) -> Values:
        """Return one supplier as the API would. Raise ProblemError (404) for an unknown Id."""
        return _copied(self.get(Role.SUPPLIER, contact_id))

    def _contact(self, contact_id: int) -> Contact:
        contact = self.books.contacts.get(contact_id)
        if contact is None:
            raise KeyError(f"no contact with Id {contact_id}")
        return contact

    def _add(self, role: Role, contact_id: int | None, members: Values) -> int:
        with self.lock:
            body = check_body(role, members, fields_with(role, "C", True))
            contact = None if contact_id is None else self._contact(contact_id)
            if contact is not None and role in contact.roles:
                raise ValueError(f"contact {contact_id} is a {role.lower()} already")
            return int(self._create(role, body, contact, by_user=True)["Id"])

    def _edit(self, role: Role, contact_id: int, members: Values) -> None:
        with self.lock:
            self.settle()
            contact, record = self.books.find(role, contact_id)
            editable = fields_with(role, "C", True) | {
                "IsActive": fields_of(role, True)["IsActive"]
            }
            check_body(role, members, editable)
            sent = {name: value for name, value in members.items() if name != "IsActive"}
            if "PaymentTerm" in sent:
                days = sent.pop("PaymentTerm")
                sent["PaymentTermId"] = days and term_of_days(self.books, role, days)
            self._update(contact, record, sent, frozenset(sent), by_user=True)
            self._set_active(contact, record, members.get("IsActive"))

    def _set_active(self, contact: Contact, record: RoleRecord, active: bool | None) -> None:
        if active is not None and active is not record.is_active:
            record.is_active = active
            record.changed = stamp(self.clock.now())
            contact.forget_rows()

    def _create(
        self, role: Role, body: Values, contact: Contact | None, *, by_user: bool
    ) -> Values:
        books, now = self.books, stamp(self.clock.now())
        series = series_to_draw_from(books, role, body.get("SubLedgerNumberSeriesId"))
        if "PaymentTerm" in body and "PaymentTermId" not in body:
            body = body | {"PaymentTermId": term_of_days(books, role, body["PaymentTerm"])}
        shared = contact.shared() if contact else {}
        values = body | completed(kept_fields(role).values(), shared | body)
        contact_id = contact.id if contact else None
        check(books, Change(role, values, body.keys(), contact_id, by_user=by_user))
        if values["Number"] is None:
            values["Number"] = books.next_number(role, series)
        contact = contact or books.new_contact(now)
        record = books.new_role(contact, role, now)
        books.store(contact, record, values, now)
        return books.row(contact, record)

    def _update(
        self,
        contact: Contact,
        record: RoleRecord,
        members: Mapping[str, object],
        sent: frozenset[str],
        *,
        by_user: bool,
    ) -> Values:
        kept = kept_fields(record.role)
        values = completed(kept.values(), contact.kept(record) | dict(members))
        balance = bool(self.books.owes(contact))
        check(self.books, Change(record.role, values, sent, contact.id, balance, by_user))
        self.books.store(contact, record, values, stamp(self.clock.now()))
        return self.books.row(contact, record)


def _copied(row: Values) -> Values:
    address = row["MailAddress"]
    return row | {"MailAddress": address and dict(address)}
