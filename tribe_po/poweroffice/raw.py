"""What a PowerOffice client holds, as the documents that the API answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tribe_po.poweroffice.client import NUMBER_SERIES
from tribe_po.poweroffice.lists import (
    ACCOUNTS,
    CONTACTS,
    INVOICE_SETTINGS,
    PAYMENT_TERMS,
    PRODUCT_GROUPS,
    PRODUCTS,
    VAT_CODES,
    Lists,
    Resource,
)
from tribe_po.transport.http import Connection, Query

Document = dict[str, Any]

NATIONAL_ID = "NationalIdNumber"
HIDDEN = "hidden"
"""What stands for a national identity number where the client does not show it
(poweroffice.md section 9.1)."""

_ALL_DAYS = (("fromDate", "1900-01-01"), ("toDate", "2999-12-31"))


@dataclass(frozen=True, slots=True)
class RawList:
    """A list to copy: its name, where it is, and what to ask for. `single`: one object, no list.
    `complete`: its documents with their lines, by a request for each. Not `required`: the passes
    can do without it, and so can a copy."""

    name: str
    resource: Resource
    query: Query = ()
    single: bool = False
    complete: bool = False
    required: bool = False


RAW_LISTS = (
    RawList(
        "ClientIntegrationInformation",
        Resource("/ClientIntegrationInformation", ""),
        single=True,
        required=True,
    ),
    RawList("PaymentTerms", PAYMENT_TERMS),
    RawList("SubLedgerNumberSeries", NUMBER_SERIES),
    RawList("VatCodes", VAT_CODES, (("includeExpired", "true"),)),
    RawList("GeneralLedgerAccounts", ACCOUNTS),
    RawList("Currencies", Resource("/Currencies", "CommonServices", key="Code")),
    RawList("InvoiceSettings", INVOICE_SETTINGS, single=True),
    RawList("ProductGroups", PRODUCT_GROUPS),
    RawList("Products", PRODUCTS),
    *(RawList(each.path.removeprefix("/"), each, required=True) for each in CONTACTS.values()),
    RawList("SalesOrders", Resource("/SalesOrders", "SalesOrders"), complete=True),
    RawList("OutgoingInvoices", Resource("/OutgoingInvoices", "OutgoingInvoice")),
    RawList(
        "CustomerLedgerStatement",
        Resource("/Customerledger/Statement", "CustomerLedger"),
        _ALL_DAYS,
    ),
)
"""What a copy holds of PowerOffice (poweroffice.md sections 9 to 13). Lines of invoices are not
among it: they cost a request for each invoice, and no pass reads them."""


class RawReader:
    """Reads whole documents. Nothing but GET is asked."""

    def __init__(self, connection: Connection) -> None:
        self._lists = Lists(connection)

    def read(self, wanted: RawList) -> list[Document]:
        """All documents of a list, the single one in a list too; none where the server has no such
        thing. National identity numbers are left out. Raise `NotAllowed`, `Temporary`."""
        if wanted.single:
            found = self._lists.settings(wanted.resource)
            return [] if found is None else [dict(found)]
        rows = self._lists.read(wanted.resource, wanted.query).rows
        if wanted.complete:
            return [self._complete(wanted.resource, row) for row in rows]
        return [_without_national_id(row) for row in rows]

    def _complete(self, resource: Resource, row: Mapping[str, Any]) -> Document:
        whole = replace(resource, path=f"{resource.path}/{row['Id']}/Complete")
        found = self._lists.settings(whole)
        return dict(row) if found is None else dict(found)


def _without_national_id(row: Mapping[str, Any]) -> Document:
    """The passes never read it, and a copy is no place for it."""
    return dict(row) | ({NATIONAL_ID: HIDDEN} if row.get(NATIONAL_ID) else {})
