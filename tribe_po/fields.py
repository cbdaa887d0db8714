"""The field table: one row for each synchronised field of a relation, product or invoice.

Translation, comparison, merging, the labels of the dry run and the documentation are derived from
it. To synchronise another field, add a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from tribe_po import values
from tribe_po.records import Form, Kind, System, Value, Values


class Owner(StrEnum):
    """Who wins when both sides differ. `SHARED` fields are merged, see `tribe_po.sync.merge`."""

    SHARED = "shared"
    POWEROFFICE = "PowerOffice"


OF_ROLE = "relationship."
"""What begins the place of a value that Tribe keeps on the role."""


@dataclass(frozen=True, slots=True)
class Field:
    """One row of the table.

    `poweroffice` is the DTO's member that is read; `poweroffice_written` the one that is written
    when it is another. `organization`, `person`, `product` and `invoice` say where Tribe keeps the
    value: a property of the relation, product or invoice, or `relationship.` and a property of the
    role; empty where Tribe has no place for it. `read_instead` lists properties to read, in order,
    while the first one is empty. `normal` gives the form in which two values are compared.
    `refusal` tells why a value cannot be written to a system; `required` fields must have a value
    before a record can be created. A field of invoices may be known to one side alone, or to
    this tool.
    """

    name: str
    label: str
    poweroffice: str
    organization: str = ""
    person: str = ""
    product: str = ""
    invoice: str = ""
    kinds: frozenset[Kind] = frozenset(Kind)
    owner: Owner = Owner.SHARED
    normal: Callable[[Value], Value] = values.text
    refusal: Callable[[Value, System], str | None] = values.always_fits
    required: bool = False
    poweroffice_written: str = ""
    read_instead: tuple[str, ...] = ()

    @property
    def forms(self) -> frozenset[Form]:
        """The forms of record that have this field."""
        if self.kinds == _INVOICE:
            return frozenset({Form.INVOICE})
        return frozenset(form for form in Form if self.place(form))

    @property
    def one_sided(self) -> bool:
        """Whether there is nothing to compare the value with."""
        return self.kinds == _INVOICE and not (self.poweroffice and self.invoice)

    def place(self, form: Form) -> str:
        """Where Tribe keeps the value, for one form of record."""
        place: str = getattr(self, form.value)
        return place

    def is_of_role(self, form: Form) -> bool:
        """Whether Tribe keeps the value on the role, not on the organisation or person."""
        return self.place(form).startswith(OF_ROLE)

    def same(self, one: Value, other: Value) -> bool:
        """Whether two values mean the same to a bookkeeper."""
        return one == other or self.normal(one) == self.normal(other)


_CUSTOMER = frozenset({Kind.CUSTOMER})
_SUPPLIER = frozenset({Kind.SUPPLIER})
_INVOICE = frozenset({Kind.INVOICE})


def _of_invoices(
    name: str,
    label: str,
    *,
    poweroffice: str = "",
    tribe: str = "",
    normal: Callable[[Value], Value] = values.text,
) -> Field:
    return Field(name, label, poweroffice=poweroffice, invoice=tribe, kinds=_INVOICE, normal=normal)


FIELDS: tuple[Field, ...] = (
    Field(
        name="name",
        label="name",
        poweroffice="Name",
        organization="Name",
        refusal=values.needs_a_value,
        required=True,
    ),
    Field(
        name="first_name",
        label="first name",
        poweroffice="FirstName",
        person="FirstName",
        refusal=values.needs_a_value,
        required=True,
    ),
    Field(
        name="last_name",
        label="last name",
        poweroffice="LastName",
        person="LastName",
        refusal=values.needs_a_value,
        required=True,
    ),
    Field(
        name="number",
        label="debtor number",
        poweroffice="Number",
        organization="DebtorNumber",
        person="DebtorNumber",
        kinds=_CUSTOMER,
        owner=Owner.POWEROFFICE,
        normal=values.number,
    ),
    Field(
        name="number",
        label="creditor number",
        poweroffice="Number",
        organization="CreditorNumber",
        kinds=_SUPPLIER,
        owner=Owner.POWEROFFICE,
        normal=values.number,
    ),
    Field(
        name="organization_number",
        label="organisation number",
        poweroffice="OrganizationNumber",
        organization="ChamberOfCommerceNumber",
        normal=values.organization_number,
        read_instead=("VATNumber",),
    ),
    Field(
        name="email",
        label="e-mail",
        poweroffice="EmailAddress",
        organization="EmailAddress",
        person="EmailAddress",
        normal=values.folded,
    ),
    Field(
        name="invoice_email",
        label="invoice e-mail",
        poweroffice="InvoiceEmailAddress",
        organization="FinancialEmailAddress",
        kinds=_CUSTOMER,
        normal=values.folded,
    ),
    Field(
        name="phone",
        label="phone",
        poweroffice="PhoneNumber",
        organization="PhoneNumber",
        person="PhoneNumber",
        normal=values.phone,
    ),
    Field(
        name="website",
        label="website",
        poweroffice="WebsiteUrl",
        organization="Website",
        normal=values.website,
    ),
    Field(
        name="address",
        label="address",
        poweroffice="MailAddress",
        organization="InvoiceAddress",
        person="Address",
        normal=values.address,
        refusal=values.needs_postal_code_and_city,
        read_instead=("PostalAddress", "VisitingAddress"),
    ),
    Field(
        name="payment_days",
        label="payment days",
        poweroffice="PaymentTerm",
        poweroffice_written="PaymentTermId",
        organization="relationship.PaymentTermInDays",
        person="relationship.PaymentTermInDays",
        kinds=_CUSTOMER,
        normal=values.days,
    ),
    Field(
        name="inactive",
        label="inactive",
        poweroffice="IsArchived",
        organization="relationship.IsFormer",
        person="relationship.IsFormer",
        normal=values.flag,
    ),
    Field(
        name="code",
        label="code",
        poweroffice="Code",
        product="Code",
        refusal=values.fits_as_code,
    ),
    Field(
        name="name",
        label="name",
        poweroffice="Name",
        product="Name",
        refusal=values.needs_a_value,
        required=True,
    ),
    Field(
        name="description",
        label="description",
        poweroffice="Description",
        product="Description",
    ),
    Field(
        name="price",
        label="price without VAT",
        poweroffice="UnitPrice",
        product="SalesPrice",
        normal=values.amount,
    ),
    Field(
        name="cost",
        label="cost",
        poweroffice="UnitCost",
        product="PurchasePrice",
        normal=values.amount,
    ),
    Field(
        name="unit",
        label="unit",
        poweroffice="UnitOfMeasureCode",
        product="Unit",
        normal=values.folded,
        refusal=values.is_mapped,
    ),
    Field(
        name="group",
        label="product group",
        poweroffice="ProductGroupId",
        product="ProductGroup",
        normal=values.folded,
    ),
    Field(
        name="vat",
        label="VAT per cent",
        poweroffice="StandardSalesAccountId",
        product="VatGroup",
        normal=values.amount,
    ),
    Field(
        name="inactive",
        label="inactive",
        poweroffice="IsArchived",
        product="IsInactive",
        normal=values.flag,
    ),
    _of_invoices("number", "number in Tribe", tribe="Number"),
    _of_invoices("date", "date", tribe="InvoiceDate"),
    _of_invoices("due_date", "due date", tribe="DueDate"),
    _of_invoices("content", "content", tribe="ProductLines", poweroffice="SalesOrderLines"),
    _of_invoices(
        "currency", "currency", tribe="Currency", poweroffice="CurrencyCode", normal=values.folded
    ),
    _of_invoices(
        "net",
        "sum without VAT",
        tribe="TotalExcludingVat",
        poweroffice="NetAmount",
        normal=values.total,
    ),
    _of_invoices(
        "total",
        "sum with VAT",
        tribe="TotalIncludingVat",
        poweroffice="TotalAmount",
        normal=values.total,
    ),
    _of_invoices(
        "vat",
        "VAT per cent of the lines",
        tribe="ProductLines.VatPercentage",
        poweroffice="SalesOrderLines.VatRate",
    ),
    _of_invoices(
        "issued", "issued", tribe="Phase", poweroffice="SentDateTimeOffset", normal=values.flag
    ),
    _of_invoices("order_number", "order number", poweroffice="SalesOrderNo"),
    _of_invoices("invoice_number", "number in PowerOffice", poweroffice="InvoiceNo"),
    _of_invoices("kid", "KID", poweroffice="Cid"),
    _of_invoices("delivery_error", "delivery", poweroffice="LastErrorMessage"),
    _of_invoices(
        "pdf", "PDF", tribe="Attachment", poweroffice="VoucherDocumentation", normal=values.flag
    ),
    _of_invoices("payment", "in the ledger", poweroffice="Balance"),
    _of_invoices("settled", "settled", tribe="Payment", poweroffice="Balance", normal=values.total),
    _of_invoices("phase", "phase", tribe="Phase", normal=values.folded),
    _of_invoices("phase_before", "phase before that"),
    _of_invoices("phase_intended", "phase about to be given"),
)


@cache
def fields_of(kind: Kind, form: Form) -> tuple[Field, ...]:
    """The rows that apply to one kind and form of record, in the table's order."""
    return tuple(row for row in FIELDS if kind in row.kinds and form in row.forms)


def normal_of(kind: Kind, form: Form, name: str, values: Values) -> Value:
    """The form in which one field of a record is compared; None where the record has no such field,
    or nothing in it."""
    rows = (row for row in fields_of(kind, form) if row.name == name)
    return next((row.normal(values.get(name)) for row in rows), None)


KEYS: Mapping[Kind, str] = {
    Kind.CUSTOMER: "number",
    Kind.SUPPLIER: "number",
    Kind.PRODUCT: "code",
    Kind.INVOICE: "number",
}
"""The field by which people know a record of each kind, and by which it is matched, except for
invoices: each system numbers its own, and only their mark tells."""


@cache
def key_row(kind: Kind) -> Field:
    """The row of the debtor or creditor number, the product code or the invoice number."""
    return next(row for row in FIELDS if row.name == KEYS[kind] and kind in row.kinds)


def differing(kind: Kind, form: Form, one: Values, other: Values) -> Iterator[Field]:
    """The rows whose values differ between two sets of values."""
    for row in fields_of(kind, form):
        if not row.same(one.get(row.name), other.get(row.name)):
            yield row


@cache
def fingerprint() -> str:
    """A digest of what the table maps to what. The state remembers it: when a row was added or
    moved since the last run, a pass could rewrite every record at once, and a guard asks first."""
    rows = [
        (
            row.name,
            row.poweroffice,
            row.poweroffice_written,
            *map(row.place, Form),
            row.read_instead,
            sorted(row.kinds),
            row.owner,
        )
        for row in FIELDS
    ]
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]
