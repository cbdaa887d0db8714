"""Puts a copy's settings, contacts and products into an imitated PowerOffice client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tribe_po.sandbox.compare import Served, kept
from tribe_po.sandbox.poweroffice.books import (
    Address,
    Contact,
    NumberSeries,
    PaymentTerm,
    RoleRecord,
)
from tribe_po.sandbox.poweroffice.dtos import Dto
from tribe_po.sandbox.poweroffice.fields import (
    ADDRESS_FIELDS,
    Home,
    Role,
    Values,
    kept_fields,
    kept_names,
)
from tribe_po.sandbox.poweroffice.records import SalesItem
from tribe_po.sandbox.poweroffice.settings import Account, VatCode
from tribe_po.sandbox.poweroffice.tenant import PowerOfficeTenant
from tribe_po.sandbox.poweroffice.values import completed

Documents = Mapping[str, Sequence[Mapping[str, Any]]]

_CREATED, _CHANGED = "CreatedDateTimeOffset", "LastChangedDateTimeOffset"


def load(tenant: PowerOfficeTenant, documents: Documents) -> None:
    """Raise KeyError, TypeError or ValueError for a document that lacks what PowerOffice always
    tells. A list that the copy has not stays as the sandbox has it."""
    _client(tenant, documents)
    _lookups(tenant, documents)
    tenant.books.contacts.clear()
    tenant.books.adopt(_contacts(documents))
    shelves = tenant.product_shelf
    shelves.adopt(
        _items(shelves.groups.dto, documents.get("ProductGroups", ())),
        _items(shelves.shelf.dto, documents.get("Products", ())),
    )


def served(tenant: PowerOfficeTenant, documents: Documents) -> Iterator[Served]:
    """Each list of the copy beside what the tenant serves for it."""
    settings, shelves = tenant.books.settings, tenant.product_shelf
    rows: dict[str, tuple[str, Sequence[Values]]] = {
        "PaymentTerms": ("Id", tenant.payment_terms()),
        "SubLedgerNumberSeries": ("Id", [each.row() for each in tenant.books.number_series]),
        "VatCodes": ("Id", settings.vat_rows(date.max, include_expired=True)),
        "GeneralLedgerAccounts": ("Id", settings.account_rows()),
        "Currencies": ("Code", settings.currency_rows()),
        "InvoiceSettings": ("", [settings.invoice_settings()]),
        "ProductGroups": ("Id", shelves.rows(shelves.groups)),
        "Products": ("Id", shelves.rows(shelves.shelf)),
        "Customers": ("Id", tenant.customers()),
        "Suppliers": ("Id", tenant.suppliers()),
    }
    for name, (key, shown) in rows.items():
        if name in documents and (documents[name] or key):
            yield Served(name, documents[name], shown, key)


def _client(tenant: PowerOfficeTenant, documents: Documents) -> None:
    told = documents["ClientIntegrationInformation"][0]
    tenant.client_id = str(told["ClientId"])
    tenant.client_name = str(told.get("ClientName") or "")
    tenant.privileges = set(told.get("ValidPrivileges") or ())
    tenant.invalid_privileges = set(told.get("InvalidPrivileges") or ())
    contacts = [*documents["Customers"], *documents["Suppliers"]]
    persons = [row for row in contacts if row.get("IsPerson")]
    tenant.configure(
        edition_2026="AllowSendInvoice" in told,
        person_names=not persons or any(row.get("Name") for row in persons),
    )
    tenant.switches.allow_send_invoice = bool(told.get("AllowSendInvoice"))
    tenant.switches.invoice_settings = bool(documents.get("InvoiceSettings"))


def _lookups(tenant: PowerOfficeTenant, documents: Documents) -> None:
    books, settings = tenant.books, tenant.books.settings
    if terms := documents.get("PaymentTerms"):
        books.payment_terms = {row["Id"]: _term(row) for row in terms}
    if series := documents.get("SubLedgerNumberSeries"):
        books.number_series = tuple(map(_series, series))
    if codes := documents.get("VatCodes"):
        settings.vat_codes = {row["Id"]: _vat_code(row) for row in codes}
    if accounts := documents.get("GeneralLedgerAccounts"):
        known = [row for row in accounts if row.get("VatCodeId") in settings.vat_codes]
        settings.accounts = {row["AccountNo"]: _account(row) for row in known}
    if currencies := documents.get("Currencies"):
        settings.currencies = tuple(
            (row["Code"], row.get("Notation") or "", bool(row.get("IsActive")))
            for row in currencies
        )
    for row in documents.get("InvoiceSettings", ()):
        standard = settings.number_of(row.get("StandardSalesAccountId"))
        optional = settings.number_of(row.get("OptionalSalesAccountId"))
        settings.standard_sales_account = standard or settings.standard_sales_account
        settings.optional_sales_account = optional or settings.optional_sales_account
    groups = (row.get("ContactGroupIds") for name in _ROLES for row in documents[name])
    books.contact_groups |= {each for some in groups for each in some or ()}


def _term(row: Mapping[str, Any]) -> PaymentTerm:
    return PaymentTerm(
        row["Id"],
        row.get("Name") or "",
        row["CreditDays"],
        bool(row.get("IsDefault")),
        row.get("IsActive") is not False,
    )


def _series(row: Mapping[str, Any]) -> NumberSeries:
    return NumberSeries(
        row.get("Name") or "",
        row["SubLedgerNumberSeriesType"],
        row["FromInclusive"],
        row["ToInclusive"],
        row.get("GeneralLedgerAccountNo") or 0,
        bool(row.get("IsDefault")),
        str(row["Id"]),
        row.get("GeneralLedgerAccountId"),
    )


def _vat_code(row: Mapping[str, Any]) -> VatCode:
    ends = row.get("ValidTo")
    return VatCode(
        row["Id"],
        row["Code"],
        row.get("Name") or "",
        Decimal(row.get("Rate") or 0),
        date.fromisoformat((row.get("ValidFrom") or "1970-01-01")[:10]),
        ends and date.fromisoformat(ends[:10]),
        row.get("IsActive") is not False,
    )


def _account(row: Mapping[str, Any]) -> Account:
    return Account(
        row["AccountNo"],
        row.get("Name") or "",
        row.get("GeneralLedgerAccountType") or "",
        row["VatCodeId"],
        row.get("IsActive") is not False,
        row["Id"],
    )


_ROLES = {"Customers": Role.CUSTOMER, "Suppliers": Role.SUPPLIER}


def _contacts(documents: Documents) -> list[Contact]:
    """Contacts, oldest first; one that is both has one Id and two roles (section 9)."""
    found: dict[int, Contact] = {}
    for name, role in _ROLES.items():
        for row in documents[name]:
            contact = found.get(row["Id"]) or _contact(row, role)
            found[contact.id] = contact
            contact.roles[role] = _role(row, role)
    return [found[identifier] for identifier in sorted(found)]


def _contact(row: Mapping[str, Any], role: Role) -> Contact:
    values = _values(row, role, Home.CONTACT)
    if values["IsPerson"]:
        values["Name"] = None
    created = row.get("ContactCreatedDateTimeOffset") or row[_CHANGED]
    return Contact(row["Id"], created, values, address=_address(row.get("MailAddress")))


def _address(row: Mapping[str, Any] | None) -> Address | None:
    if not row:
        return None
    values = {name: kept(row.get(name)) for name in ADDRESS_FIELDS}
    return Address(row.get("Id") or 0, values, row.get(_CHANGED) or "")


def _role(row: Mapping[str, Any], role: Role) -> RoleRecord:
    return RoleRecord(
        role,
        _values(row, role, Home.ROLE),
        row.get("SubledgerAccountId") or 0,
        row.get(f"{role}{_CREATED}") or row[_CHANGED],
        row[_CHANGED],
        row.get("IsActive") is not False,
    )


def _values(row: Mapping[str, Any], role: Role, home: Home) -> Values:
    values = completed(kept_fields(role).values(), kept(dict(row)))
    return {name: values[name] for name in kept_names(role, home)}


def _items(dto: Dto, rows: Sequence[Mapping[str, Any]]) -> list[SalesItem]:
    return [
        SalesItem(
            row["Id"],
            completed(dto.patchable.values(), kept(dict(row))),
            row[_CREATED],
            row[_CHANGED],
            row.get("StockOnHandLastChangedDatetimeOffset"),
        )
        for row in rows
    ]
