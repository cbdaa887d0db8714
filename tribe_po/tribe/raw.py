"""What a Tribe tenant holds, as the documents that the API answers with."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tribe_po.errors import NotAllowed, Temporary
from tribe_po.transport.http import Connection
from tribe_po.tribe.entity import identifier, read
from tribe_po.tribe.errors import not_readable
from tribe_po.tribe.metadata import (
    ADDRESS,
    COMMERCIAL,
    COUNTRY,
    IDENTITY,
    ORGANIZATION,
    ORGANIZATION_CUSTOMER,
    PERSON,
    PERSON_CUSTOMER,
    PRODUCT,
    PRODUCT_GROUP,
    ROOT,
    SUPPLIER,
    UNIT,
    VAT_GROUP,
    Names,
    members_of,
)
from tribe_po.tribe.query import Selection
from tribe_po.tribe.reading import Reader
from tribe_po.tribe.shapes import IMPORT_ID

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RawSet:
    """A set to copy, with the navigations to one record each whose IDs belong to its documents.
    Not `required`: the passes can do without it, and so can a copy."""

    name: str
    links: tuple[str, ...] = ()
    required: bool = False


_ON_ORGANIZATION = ("Relation", "Organization")
_ON_PERSON = ("Relation", "Person")

RAW_SETS = (
    RawSet(IDENTITY, _ON_ORGANIZATION, required=True),
    RawSet(COUNTRY),
    RawSet("Datastore_AdressType"),
    RawSet(UNIT),
    RawSet(VAT_GROUP, ("Country",)),
    RawSet("Datastore_GeneralLedgerAccount"),
    RawSet("Datastore_PaymentMethod"),
    RawSet("Datastore_PaymentStatus"),
    RawSet("Datastore_Phase_ActivityInvoice"),
    RawSet(PRODUCT_GROUP),
    RawSet(PRODUCT, ("ProductGroup", "Unit", "VatGroup", "GeneralLedgerAccount")),
    RawSet(ORGANIZATION, ("VisitingAddress", "PostalAddress", "InvoiceAddress"), required=True),
    RawSet(PERSON, ("Address",), required=True),
    RawSet(ADDRESS, ("Relation", "Organization", "Person", "AddressType", "Country")),
    RawSet(f"{COMMERCIAL}_Lead", _ON_ORGANIZATION),
    RawSet(f"{COMMERCIAL}_Prospect", _ON_ORGANIZATION),
    RawSet(ORGANIZATION_CUSTOMER, _ON_ORGANIZATION, required=True),
    RawSet(PERSON_CUSTOMER, _ON_PERSON, required=True),
    RawSet(SUPPLIER, _ON_ORGANIZATION, required=True),
    RawSet("Activity_Invoice", ("Phase", "Relationship", "Contact", "PaymentMethod")),
    RawSet("ProductLine", ("Activity", "Product", "VatGroup")),
    RawSet("Payment", ("Invoice", "PaymentMethod", "PaymentStatus")),
)
"""What a copy holds of Tribe (tribe.md sections 5 to 10)."""


class RawReader:
    """Reads whole documents. Nothing but GET is asked.

    `metadata` is the tenant's `$metadata`, "" where it cannot be read.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.metadata = self._metadata()
        names = Names.parse(self.metadata) if self.metadata else Names.usual()
        self._reader = Reader(connection, names, {})

    def _metadata(self) -> str:
        try:
            answer = self._connection.get(f"{ROOT}/$metadata")
        except Temporary:
            return ""
        return answer.text if answer.status == HTTPStatus.OK else ""

    def read(self, wanted: RawSet) -> list[Document]:
        """All documents of a set, each with the IDs of what it links to, and with its ImportId
        where Tribe gives that. Raise `NotAllowed`, `Temporary`."""
        known = members_of(self.metadata, wanted.name)
        links = [known.get(name.lower(), name) for name in wanted.links]
        if known:
            links = [name for name in links if name.lower() in known]
        expansions = tuple((name, Selection(name, ("ID",))) for name in links)
        rows = self._reader.rows(Selection(wanted.name, (), expansions))
        marks = self._marks(wanted.name)
        return [dict(row) | marks.get(identifier(row), {}) for row in rows]

    def current_employee(self) -> list[Document]:
        """The employee that the application acts as (tribe.md section 2.5); none where it may not
        ask."""
        links = [("$expand", "Relation,Person")]
        answer = self._connection.get(f"{ROOT}/GetCurrentEmployee()", links)
        if answer.status != HTTPStatus.OK:
            raise not_readable(answer, "GetCurrentEmployee")
        found = answer.json()
        return [found] if isinstance(found, dict) else []

    def _marks(self, entity_set: str) -> dict[str, Document]:
        """The ImportIds, by ID. Answers hold them only when they are selected
        (tribe.md section 5.4)."""
        try:
            rows = self._reader.rows(Selection(entity_set, ("ID", IMPORT_ID)))
        except NotAllowed:
            return {}
        found = ((identifier(row), read(row, IMPORT_ID)) for row in rows)
        return {record: {IMPORT_ID: mark} for record, mark in found if mark}
