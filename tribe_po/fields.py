"""The field table: one row for each synchronised field of a relation, product or invoice.

Translation, comparison, merging, the labels of the dry run and the documentation are derived from
it. To synchronise another field, add a row.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from functools import cache
from sys import intern

from tribe_po.records import Address, Form, Kind, System, Value, Values


class Owner(StrEnum):
    """Who wins when both sides differ. `SHARED` fields are merged, see `tribe_po.sync.merge`."""

    SHARED = "shared"
    POWEROFFICE = "PowerOffice"


MISSING = "a name is required"
INCOMPLETE_ADDRESS = "PowerOffice requires a postal code and a city in an address"
UNFIT_CODE = "PowerOffice takes a code of at most 100 characters, and cannot find one with a comma"
UNKNOWN_UNIT = "the unit {} stands for none of PowerOffice's; name it in TRIBE_PO_UNITS"
"""Why a value cannot be written as it is, known before asking the server."""

UNMAPPED = "?"
"""What begins the name of a unit that is not PowerOffice's and not mapped to one of them."""

LONGEST_CODE = 100


def clean(value: object) -> str | None:
    """Give text without surrounding or doubled white space; None where nothing is left.

    Both systems hand out empty strings for "nothing", and Tribe's computed names carry stray
    newlines (tribe.md section 5.2).
    """
    if value is None:
        return None
    text = value if type(value) is str else str(value)
    return intern(" ".join(text.split())) or None


def _text(value: Value) -> Value:
    return clean(value)


def _folded(value: Value) -> Value:
    text = clean(value)
    return text.casefold() if text else None


def _number(value: Value) -> Value:
    """Leading zeros count only where letters stand beside them (tribe.md section 6.1)."""
    text = clean(value)
    return (text.lstrip("0") or "0") if text and text.isdigit() else text


def _organization_number(value: Value) -> Value:
    from stdnum.no import orgnr

    text = _folded(value)
    if not isinstance(text, str):
        return None
    bare = re.sub(r"^no|mva$|[\s.]", "", text)
    return str(orgnr.compact(bare)) if orgnr.is_valid(bare) else text


def _phone(value: Value) -> Value:
    """A Norwegian number is the same with and without its country code."""
    text = _folded(value)
    if not isinstance(text, str):
        return None
    digits = re.sub(r"^00(?=\d{7})", "+", re.sub(r"[\s().\-/]", "", text))
    return re.sub(r"^\+47(?=\d{8}$)", "", digits)


def _website(value: Value) -> Value:
    text = _folded(value)
    return re.sub(r"^https?://", "", text).rstrip("/") or None if isinstance(text, str) else None


def _address(value: Value) -> Value:
    """White space and capitals do not tell two addresses apart; a missing country is Norway."""
    if not isinstance(value, Address):
        return None
    folded = {
        part: "".join(getattr(value, part).split()).casefold()
        for part in ("line1", "line2", "postal_code", "city")
    }
    country = value.country.strip().upper() or "NO"
    return Address(**folded, country=country) if any(folded.values()) else None


def _days(value: Value) -> Value:
    return None if value is None or isinstance(value, Address) else int(value)


def _amount(value: Value) -> Value:
    """Four decimals: a net price worked out from a gross one has more than two."""
    if not isinstance(value, int | Decimal):
        return None
    return Decimal(value).quantize(Decimal("0.0001"), ROUND_HALF_UP, Context(prec=40))


def _sum(value: Value) -> Value:
    """Nothing settled is settled by nothing."""
    return _amount(value) or Decimal(0)


def _flag(value: Value) -> Value:
    return bool(value)


def _always_fits(value: Value, target: System) -> str | None:  # noqa: ARG001
    return None


def _needs_a_value(value: Value, target: System) -> str | None:  # noqa: ARG001
    return MISSING if clean(value) is None else None


def _needs_postal_code_and_city(value: Value, target: System) -> str | None:
    """PowerOffice takes no address without both (poweroffice.md section 9.1)."""
    if target is not System.POWEROFFICE or not isinstance(value, Address):
        return None
    return None if value.postal_code and value.city else INCOMPLETE_ADDRESS


def _fits_as_code(value: Value, target: System) -> str | None:
    code = str(value or "")
    unfit = target is System.POWEROFFICE and ("," in code or len(code) > LONGEST_CODE)
    return UNFIT_CODE if unfit else None


def _is_mapped(value: Value, target: System) -> str | None:
    unit = str(value or "")
    unknown = target is System.POWEROFFICE and unit.startswith(UNMAPPED)
    return UNKNOWN_UNIT.format(unit.removeprefix(UNMAPPED)) if unknown else None


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
    normal: Callable[[Value], Value] = _text
    refusal: Callable[[Value, System], str | None] = _always_fits
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
    normal: Callable[[Value], Value] = _text,
) -> Field:
    return Field(name, label, poweroffice=poweroffice, invoice=tribe, kinds=_INVOICE, normal=normal)


FIELDS: tuple[Field, ...] = (
    Field(
        name="name",
        label="name",
        poweroffice="Name",
        organization="Name",
        refusal=_needs_a_value,
        required=True,
    ),
    Field(
        name="first_name",
        label="first name",
        poweroffice="FirstName",
        person="FirstName",
        refusal=_needs_a_value,
        required=True,
    ),
    Field(
        name="last_name",
        label="last name",
        poweroffice="LastName",
        person="LastName",
        refusal=_needs_a_value,
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
        normal=_number,
    ),
    Field(
        name="number",
        label="creditor number",
        poweroffice="Number",
        organization="CreditorNumber",
        kinds=_SUPPLIER,
        owner=Owner.POWEROFFICE,
        normal=_number,
    ),
    Field(
        name="organization_number",
        label="organisation number",
        poweroffice="OrganizationNumber",
        organization="ChamberOfCommerceNumber",
        normal=_organization_number,
        read_instead=("VATNumber",),
    ),
    Field(
        name="email",
        label="e-mail",
        poweroffice="EmailAddress",
        organization="EmailAddress",
        person="EmailAddress",
        normal=_folded,
    ),
    Field(
        name="invoice_email",
        label="invoice e-mail",
        poweroffice="InvoiceEmailAddress",
        organization="FinancialEmailAddress",
        kinds=_CUSTOMER,
        normal=_folded,
    ),
    Field(
        name="phone",
        label="phone",
        poweroffice="PhoneNumber",
        organization="PhoneNumber",
        person="PhoneNumber",
        normal=_phone,
    ),
    Field(
        name="website",
        label="website",
        poweroffice="WebsiteUrl",
        organization="Website",
        normal=_website,
    ),
    Field(
        name="address",
        label="address",
        poweroffice="MailAddress",
        organization="InvoiceAddress",
        person="Address",
        normal=_address,
        refusal=_needs_postal_code_and_city,
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
        normal=_days,
    ),
    Field(
        name="inactive",
        label="inactive",
        poweroffice="IsArchived",
        organization="relationship.IsFormer",
        person="relationship.IsFormer",
        normal=_flag,
    ),
    Field(
        name="code",
        label="code",
        poweroffice="Code",
        product="Code",
        refusal=_fits_as_code,
    ),
    Field(
        name="name",
        label="name",
        poweroffice="Name",
        product="Name",
        refusal=_needs_a_value,
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
        normal=_amount,
    ),
    Field(
        name="cost",
        label="cost",
        poweroffice="UnitCost",
        product="PurchasePrice",
        normal=_amount,
    ),
    Field(
        name="unit",
        label="unit",
        poweroffice="UnitOfMeasureCode",
        product="Unit",
        normal=_folded,
        refusal=_is_mapped,
    ),
    Field(
        name="group",
        label="product group",
        poweroffice="ProductGroupId",
        product="ProductGroup",
        normal=_folded,
    ),
    Field(
        name="vat",
        label="VAT per cent",
        poweroffice="StandardSalesAccountId",
        product="VatGroup",
        normal=_amount,
    ),
    Field(
        name="inactive",
        label="inactive",
        poweroffice="IsArchived",
        product="IsInactive",
        normal=_flag,
    ),
    _of_invoices("number", "number in Tribe", tribe="Number"),
    _of_invoices("date", "date", tribe="InvoiceDate"),
    _of_invoices("due_date", "due date", tribe="DueDate"),
    _of_invoices("content", "content", tribe="ProductLines", poweroffice="SalesOrderLines"),
    _of_invoices(
        "currency", "currency", tribe="Currency", poweroffice="CurrencyCode", normal=_folded
    ),
    _of_invoices(
        "net", "sum without VAT", tribe="TotalExcludingVat", poweroffice="NetAmount", normal=_sum
    ),
    _of_invoices(
        "total", "sum with VAT", tribe="TotalIncludingVat", poweroffice="TotalAmount", normal=_sum
    ),
    _of_invoices(
        "vat",
        "VAT per cent of the lines",
        tribe="ProductLines.VatPercentage",
        poweroffice="SalesOrderLines.VatRate",
    ),
    _of_invoices("issued", "issued", tribe="Phase", poweroffice="SentDateTimeOffset", normal=_flag),
    _of_invoices("order_number", "order number", poweroffice="SalesOrderNo"),
    _of_invoices("invoice_number", "number in PowerOffice", poweroffice="InvoiceNo"),
    _of_invoices("kid", "KID", poweroffice="Cid"),
    _of_invoices("delivery_error", "delivery", poweroffice="LastErrorMessage"),
    _of_invoices(
        "pdf", "PDF", tribe="Attachment", poweroffice="VoucherDocumentation", normal=_flag
    ),
    _of_invoices("payment", "in the ledger", poweroffice="Balance"),
    _of_invoices("settled", "settled", tribe="Payment", poweroffice="Balance", normal=_sum),
    _of_invoices("phase", "phase", tribe="Phase", normal=_folded),
    _of_invoices("phase_before", "phase before that"),
    _of_invoices("phase_intended", "phase about to be given"),
)


@cache
def fields_of(kind: Kind, form: Form) -> tuple[Field, ...]:
    """The rows that apply to one kind and form of record, in the table's order."""
    return tuple(row for row in FIELDS if kind in row.kinds and form in row.forms)


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
