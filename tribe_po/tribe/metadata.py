"""Tribe's own names of sets and properties, which differ in capitals from the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from xml.parsers import expat

from tribe_po.errors import Temporary
from tribe_po.transport.http import Connection

ROOT = "/v1/odata"

IDENTITY = "Relationship_Organization_Identity"
ORGANIZATION = "Relation_Organization"
PERSON = "Relation_Person"
COMMERCIAL = "Relationship_Organization_CommercialRelationship"
ORGANIZATION_CUSTOMER = f"{COMMERCIAL}_Customer"
PERSON_CUSTOMER = "Relationship_Person_CommercialRelationship_Customer"
SUPPLIER = "Relationship_Organization_Supplier"
ADDRESS = "Address"
COUNTRY = "Datastore_Country"
PRODUCT = "Product"
PRODUCT_GROUP = "ProductGroup"
UNIT = "Datastore_Unit"
VAT_GROUP = "Datastore_VatGroup"
INVOICE = "Activity_Invoice"
INVOICE_PHASE = "Datastore_Phase_ActivityInvoice"
PRODUCT_LINE = "ProductLine"
PAYMENT = "Payment"
NOTE = "Note"
ATTACHMENT = "Attachment"

INVOICE_DATES = ("InvoiceDate", "Date", "StartDate", "Start")
INVOICE_DUE_DATES = ("ExpirationDate", "DueDate", "PaymentDueDate", "EndDate", "Deadline")
"""What an invoice's two dates may be called, the likeliest first (tribe.md section 14)."""

_IMPORT_ID = "ImportId"
_ENTITY = ("ID", "_Type", "CreationDate", "LastMutationDate", "ImportId")
_RELATION = (*_ENTITY, "DebtorNumber", "CreditorNumber", "PhoneNumber", "EmailAddress")
_ROLE = (*_ENTITY, "Name", "Relation", "IsFormer")
_DATASTORE = (*_ENTITY, "Code", "Name", "LocalizedName", "IsDefault")

USUAL: Mapping[str, tuple[str, ...]] = {
    IDENTITY: (*_ROLE, "Organization"),
    ORGANIZATION: (
        *_RELATION,
        *("Name", "FinancialEmailAddress", "Website", "VATNumber", "ChamberOfCommerceNumber"),
        *("VisitingAddress", "PostalAddress", "InvoiceAddress"),
    ),
    PERSON: (*_RELATION, "FirstName", "MiddleName", "LastName", "Address"),
    COMMERCIAL: (*_ROLE, "Organization"),
    ORGANIZATION_CUSTOMER: (*_ROLE, "Organization", "PaymentTermInDays"),
    PERSON_CUSTOMER: (*_ROLE, "Person", "PaymentTermInDays"),
    SUPPLIER: (*_ROLE, "Organization", "PaymentTermInDays"),
    ADDRESS: (
        *_ENTITY,
        *("Street", "HouseNumber", "HouseNumberSuffix", "Extra", "Postalcode", "City"),
        *("Organization", "Person", "Country"),
    ),
    COUNTRY: _DATASTORE,
    PRODUCT: (
        *_ENTITY,
        *("Code", "Name", "Description", "SalesPrice", "PurchasePrice"),
        *("IsVatIncluded", "IsInactive", "ProductGroup", "Unit", "VatGroup"),
    ),
    PRODUCT_GROUP: (*_ENTITY, "Name"),
    UNIT: _DATASTORE,
    VAT_GROUP: (*_DATASTORE, "Percentage", "Country"),
    INVOICE: (
        *_ENTITY,
        *("Number", "Currency", "IsVatIncluded", "DiscountPercentage"),
        *("TotalExcludingVat", "TotalIncludingVat"),
        *("TotalExcludingVatInCurrency", "TotalIncludingVatInCurrency"),
    ),
    PRODUCT_LINE: (
        *_ENTITY,
        *("SortIndex", "Description", "LocalizedDescription", "ExtraDescription", "Quantity"),
        *("Price", "PriceInCurrency", "DiscountPercentage", "VatPercentage"),
    ),
}
"""The names to try when the tenant's cannot be read (tribe.md section 14), by set."""

_MARKED = (ORGANIZATION_CUSTOMER, PERSON_CUSTOMER, SUPPLIER, PRODUCT)
"""The sets whose records are marked."""


@dataclass(frozen=True, slots=True)
class Names:
    """The exact names of properties and navigations, by set, and by their lower-case form.

    `known` tells whether they are the tenant's or the usual ones.
    """

    by_set: Mapping[str, Mapping[str, str]]
    known: bool

    @classmethod
    def load(cls, connection: Connection) -> Self:
        """Read the tenant's names; give the usual ones where that is not possible, without the
        ImportId of sets that turn out to have none."""
        try:
            answer = connection.get(f"{ROOT}/$metadata")
            names = cls.parse(answer.text) if answer.status == 200 else cls.usual()
        except Temporary:  # it is large: the gateway may have given up on it
            names = cls.usual()
        if names.known:
            return names
        lacking = set()
        with suppress(Temporary):  # a server that is busy proves nothing
            for name in _MARKED:
                lacking |= {name} if _lacks_import_id(connection, name) else set()
        return cls(
            {
                name: {one: exact for one, exact in members.items() if one != _IMPORT_ID.lower()}
                if name in lacking
                else members
                for name, members in names.by_set.items()
            },
            known=False,
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take the names out of CSDL, XML or JSON; the usual ones where it is neither.

        A set that the document does not name keeps its usual names: whatever the reason, it must
        not look like a set without properties.
        """
        try:
            schema = _schema(text)
        except _UNREADABLE:
            return cls.usual()
        found = {name: _lowered(schema.members(schema.type_of(name))) for name in USUAL}
        if not any(found.values()):
            return cls.usual()
        return cls({name: members or _USUAL[name] for name, members in found.items()}, known=True)

    @classmethod
    def usual(cls) -> Self:
        """The names of every tenant that was seen."""
        return cls(_USUAL, known=False)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Rebuild what `to_dict` gave. Raises ValueError when it is something else.

        A set that an earlier version did not keep has its usual names.
        """
        try:
            kept = {name: _lowered(members) for name, members in document["sets"].items()}
            known = bool(document["known"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a list of Tribe's names: {error}") from error
        if not kept:
            raise ValueError("a list of none of Tribe's names")
        return cls({name: kept.get(name) or usual for name, usual in _USUAL.items()}, known)

    def to_dict(self) -> dict[str, Any]:
        """A plain form for a cache: `{"known": bool, "sets": {set: [exact name, …]}}`."""
        sets = {name: sorted(members.values()) for name, members in self.by_set.items()}
        return {"known": self.known, "sets": sets}

    def resolve(self, entity_set: str, candidates: Sequence[str]) -> str | None:
        """The exact spelling of the first candidate that the set has, else None."""
        members = self.by_set.get(entity_set, {})
        return next((members[n.lower()] for n in candidates if n.lower() in members), None)

    def known_of(self, entity_set: str, candidates: Iterable[str]) -> tuple[str, ...]:
        """The exact spellings of all candidates that the set has."""
        found = (self.resolve(entity_set, (name,)) for name in candidates)
        return tuple(name for name in found if name is not None)


def members_of(text: str, entity_set: str) -> Mapping[str, str]:
    """The exact names of all that a set's records have, by their lower-case form; nothing where
    the text is no CSDL or does not name the set."""
    try:
        schema = _schema(text)
    except _UNREADABLE:
        return {}
    return _lowered(schema.members(schema.type_of(entity_set)))


def _lacks_import_id(connection: Connection, entity_set: str) -> bool:
    """Whether a set has no ImportId, which no readable documentation promises (tribe.md section 15,
    7): it is asked for, and either refused or not in the row that comes. Nothing is written."""
    query = [("$select", f"ID,{_IMPORT_ID}"), ("$top", "1")]
    answer = connection.get(f"{ROOT}/{entity_set}", query)
    body = answer.json() if answer.status == 200 else None
    rows = body.get("value") if isinstance(body, dict) else None
    shown = [row for row in rows or () if isinstance(row, dict)] if isinstance(rows, list) else []
    unshown = any(_IMPORT_ID.lower() not in _lowered(row) for row in shown)
    return answer.status == 400 or unshown


def _lowered(names: Iterable[str]) -> dict[str, str]:
    return {name.lower(): name for name in names}


_USUAL = {name: _lowered(members) for name, members in USUAL.items()}


@dataclass(slots=True)
class _Schema:
    """Entity types with their bases and own members, and which type a set holds."""

    bases: dict[str, str] = field(default_factory=dict)
    own: dict[str, list[str]] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)

    def type_of(self, entity_set: str) -> str:
        return self.sets.get(entity_set, entity_set)

    def members(self, entity_type: str) -> list[str]:
        """Own members and those of the bases; the nearest spelling comes last and wins."""
        chain: list[str] = []
        while entity_type in self.own and entity_type not in chain:
            chain.append(entity_type)
            entity_type = self.bases.get(entity_type, "")
        return [member for name in reversed(chain) for member in self.own[name]]


def _bare(qualified: str) -> str:
    return qualified.rpartition(".")[2]


class _CsdlReader:
    """Collects a `_Schema` from the XML parser's events."""

    def __init__(self) -> None:
        self.schema = _Schema()
        self._type: str | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        element, name = tag.rpartition(":")[2], attributes.get("Name", "")
        if element == "EntityType":
            self._type = name
            self.schema.own[name] = []
            self.schema.bases[name] = _bare(attributes.get("BaseType", ""))
        elif element in ("Property", "NavigationProperty") and self._type is not None:
            self.schema.own[self._type].append(name)
        elif element == "EntitySet":
            self.schema.sets[name] = _bare(attributes.get("EntityType", ""))

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "EntityType":
            self._type = None


def _refuse_doctype(*_declaration: object) -> None:
    # CSDL has none, and entities are a way to make a parser read files or eat memory.
    raise ValueError("a document type declaration")


_UNREADABLE = (expat.ExpatError, ValueError, TypeError, AttributeError, RecursionError)


def _schema(text: str) -> _Schema:
    """Raise one of `_UNREADABLE` where the text is no CSDL."""
    return _from_json(text) if text.lstrip().startswith("{") else _from_xml(text)


def _from_xml(text: str) -> _Schema:
    reader = _CsdlReader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.Parse(text, True)
    return reader.schema


def _from_json(text: str) -> _Schema:
    """CSDL JSON: `{"OData": {"Type": {"$Kind": "EntityType", …}, "Container": {…}}}`."""
    schema = _Schema()
    for namespace in json.loads(text).values():
        for name, element in namespace.items() if isinstance(namespace, dict) else ():
            kind = element.get("$Kind") if isinstance(element, dict) else None
            if kind == "EntityType":
                schema.own[name] = [member for member in element if member[0] not in "$@"]
                schema.bases[name] = _bare(element.get("$BaseType", ""))
            elif kind == "EntityContainer":
                for member, item in element.items():
                    if isinstance(item, dict) and "$Type" in item:
                        schema.sets[member] = _bare(item["$Type"])
    return schema
