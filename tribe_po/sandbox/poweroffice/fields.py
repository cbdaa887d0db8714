"""The members of the contacts' DTOs as data (poweroffice.md sections 9.1 and 9.2).

`access` says what a member may be used for: R returned, C accepted on POST, U patchable.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache
from typing import Any

Values = dict[str, Any]
"""Members of a JSON object."""


def words(text: str) -> tuple[str, ...]:
    """Return the words of a table written as text."""
    return tuple(text.split())


class Role(StrEnum):
    """What a contact is to the company; one contact can be both (poweroffice.md section 9)."""

    CUSTOMER = "Customer"
    SUPPLIER = "Supplier"


class Type(Enum):
    """The types of members, as far as the server tells them apart."""

    TEXT = "string"
    EMAIL = "e-mail address"
    CURRENCY = "currency code"
    COUNTRY = "country code"
    NATIONAL_ID = "national identity number"
    DIGITS = "string of digits"
    BOOLEAN = "boolean"
    INT32 = "int32"
    INT64 = "int64"
    INT64_LIST = "int64[]"
    NUMBER = "number"
    DATE = "date"
    STAMP = "date-time"
    UUID = "uuid"
    INVOICE_DELIVERY = "InvoiceDeliveryType"
    REMINDER_DELIVERY = "ReminderDeliveryType"
    ADDRESS = "ContactAddressDto"
    PRODUCT_TYPE = "ProductType"
    UNIT = "UnitOfMeasureType"
    AGRICULTURE = "AgricultureDepartment"
    ORDER_STATUS = "OrderStatus"
    LINE_TYPE = "VoucherLineType"
    VAT_RETURN = "VatReturnSpecification"
    SEND_DELIVERY = "SendInvoiceDeliveryType"
    ACCRUAL = "Accrual"
    OBJECTS = "object[]"


class Home(Enum):
    """Where a value is kept: once for the contact, once for each role, or nowhere."""

    CONTACT = "contact"
    ROLE = "role"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a DTO. `since_2026` marks those that an older environment lacks."""

    name: str
    type: Type
    access: str
    home: Home = Home.ROLE
    default: bool | int | str | None = None
    length: int | None = None
    since_2026: bool = False


_SHARED: tuple[Field, ...] = (
    Field("ContactCreatedDateTimeOffset", Type.STAMP, "R", Home.DERIVED),
    Field("ContactGroupIds", Type.INT64_LIST, "RCU", Home.CONTACT),
    Field("CreatedFromImportJournalId", Type.UUID, "R", Home.DERIVED),
    Field("CurrencyCode", Type.CURRENCY, "RCU", default="NOK"),
    Field("DateOfBirth", Type.DATE, "RCU", Home.CONTACT),
    Field("EmailAddress", Type.EMAIL, "RCU", Home.CONTACT),
    Field("ExternalImportReference", Type.TEXT, "RCU", length=50),
    Field("ExternalNumber", Type.INT64, "RCU"),
    Field("FirstName", Type.TEXT, "RCU", Home.CONTACT),
    Field("Id", Type.INT64, "R", Home.DERIVED),
    Field("IsActive", Type.BOOLEAN, "R", Home.DERIVED),
    Field("IsArchived", Type.BOOLEAN, "RCU", Home.CONTACT, default=False),
    Field("IsPerson", Type.BOOLEAN, "RCU", Home.CONTACT, default=False),
    Field("LastChangedDateTimeOffset", Type.STAMP, "R", Home.DERIVED),
    Field("LastName", Type.TEXT, "RCU", Home.CONTACT),
    Field("LegalName", Type.TEXT, "RCU", Home.CONTACT),
    Field("MailAddress", Type.ADDRESS, "RCU", Home.CONTACT),
    Field("Name", Type.TEXT, "RCU", Home.CONTACT),
    Field("Number", Type.INT64, "RCU"),
    Field("OrganizationNumber", Type.TEXT, "RCU", Home.CONTACT),
    Field("PhoneNumber", Type.TEXT, "RCU", Home.CONTACT),
    Field("SubLedgerNumberSeriesId", Type.UUID, "C", Home.DERIVED),
    Field("SubledgerAccountId", Type.INT64, "R", Home.DERIVED),
    Field("WebsiteUrl", Type.TEXT, "RCU", Home.CONTACT),
)

_CUSTOMER: tuple[Field, ...] = (
    Field("Allowance", Type.NUMBER, "RCU"),
    Field("BillableRate", Type.NUMBER, "RCU"),
    Field("CreateInterestNotes", Type.BOOLEAN, "RCU", default=True, since_2026=True),
    Field("CustomerCreatedDateTimeOffset", Type.STAMP, "R", Home.DERIVED),
    Field("CustomerSince", Type.DATE, "RCU"),
    Field("DeliveryTerm", Type.TEXT, "RC", Home.DERIVED),
    Field("DeliveryTermId", Type.INT64, "RCU"),
    Field("DepartmentCode", Type.TEXT, "RC", Home.DERIVED),
    Field("DepartmentId", Type.INT64, "RCU"),
    Field("DoNotAddLatePaymentFees", Type.BOOLEAN, "RCU", default=False),
    Field("DoNotAddLatePaymentInterest", Type.BOOLEAN, "RCU", default=False),
    Field("DoNotAutomatePaymentNotifications", Type.BOOLEAN, "RCU", default=False),
    Field("InterestNoteDeliveryType", Type.INVOICE_DELIVERY, "RCU", since_2026=True),
    Field("InvoiceBrandingThemeCode", Type.TEXT, "RC", Home.DERIVED),
    Field("InvoiceBrandingThemeId", Type.INT64, "RCU"),
    Field("InvoiceDeliveryType", Type.INVOICE_DELIVERY, "RCU"),
    Field("InvoiceEmailAddress", Type.EMAIL, "RCU"),
    Field("InvoiceEmailAddressCC", Type.TEXT, "RCU", length=2000),
    Field("IsVatFree", Type.BOOLEAN, "RCU", default=False),
    Field("JobStop", Type.BOOLEAN, "RCU", default=False, since_2026=True),
    Field("JobStopReason", Type.TEXT, "RCU", since_2026=True),
    Field("KeepUpdated", Type.BOOLEAN, "RCU", default=True, since_2026=True),
    Field("NationalIdNumber", Type.NATIONAL_ID, "RCU", Home.CONTACT),
    Field("NoticeOfDebtCollectionDeliveryType", Type.REMINDER_DELIVERY, "RCU"),
    Field("PaymentReminderEmailAddress", Type.EMAIL, "RCU"),
    Field("PaymentTerm", Type.INT32, "RC", Home.DERIVED),
    Field("PaymentTermId", Type.INT64, "RCU"),
    Field("ReminderDeliveryType", Type.REMINDER_DELIVERY, "RCU"),
    Field("SalesPersonEmployeeId", Type.INT64, "RCU"),
    Field("SalesPersonEmployeeNumber", Type.INT64, "RC", Home.DERIVED),
    Field("SendPaymentReminders", Type.BOOLEAN, "RCU", default=True),
    Field("TransferToDebtCollectionAgency", Type.BOOLEAN, "RCU", default=True),
    Field("UseInvoiceFee", Type.BOOLEAN, "RCU", default=True),
)

_SUPPLIER: tuple[Field, ...] = (
    Field("CurrencyRate", Type.NUMBER, "RCU", since_2026=True),
    Field("PaymentClientBankAccountId", Type.INT64, "RCU", since_2026=True),
    Field("PaymentTermSupplierId", Type.UUID, "RCU", since_2026=True),
    Field("Payout", Type.BOOLEAN, "RCU", default=True),
    Field("ScanId", Type.DIGITS, "RCU", since_2026=True),
    Field("SupplierCreatedDateTimeOffset", Type.STAMP, "R", Home.DERIVED),
)

ADDRESS_FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("AddressLine1", Type.TEXT, "RCU", Home.CONTACT, length=200),
        Field("AddressLine2", Type.TEXT, "RCU", Home.CONTACT, length=200),
        Field("City", Type.TEXT, "RCU", Home.CONTACT, length=100),
        Field("CountryCode", Type.COUNTRY, "RCU", Home.CONTACT, default="NO"),
        Field("ExternalCode", Type.TEXT, "RCU", Home.CONTACT, length=50),
        Field("ZipCode", Type.TEXT, "RCU", Home.CONTACT, length=50),
    )
}


@cache
def fields_of(role: Role, edition_2026: bool) -> dict[str, Field]:
    """Return the members of one role by name, in the order in which they are returned."""
    own = _CUSTOMER if role is Role.CUSTOMER else _SUPPLIER
    known = [field for field in _SHARED + own if edition_2026 or not field.since_2026]
    return {field.name: field for field in sorted(known, key=lambda field: field.name)}


@cache
def fields_with(role: Role, access: str, edition_2026: bool) -> dict[str, Field]:
    """Return the members whose access contains the letter `access`."""
    known = fields_of(role, edition_2026).items()
    return {name: field for name, field in known if access in field.access}


@cache
def kept_fields(role: Role) -> dict[str, Field]:
    """Return the members that a contact or its role keeps, whatever the edition."""
    known = fields_of(role, True).items()
    return {name: field for name, field in known if field.home is not Home.DERIVED}


@cache
def kept_names(role: Role, home: Home) -> tuple[str, ...]:
    """Return the names of the members that one home keeps, the address aside."""
    return tuple(
        name
        for name, field in kept_fields(role).items()
        if field.home is home and field.type is not Type.ADDRESS
    )
