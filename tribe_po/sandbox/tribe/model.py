"""The table of Tribe's relation types (tribe.md 5 to 7), with two fields that the tenant made."""

from __future__ import annotations

from tribe_po.sandbox.tribe.metadata import (
    BY_BASE,
    FULL,
    EntityType,
    Kind,
    Navigation,
    Property,
    Right,
)

ORGANIZATION = "Relation_Organization"
PERSON = "Relation_Person"
COMMERCIAL = "Relationship_Organization_CommercialRelationship"
ORGANIZATION_CUSTOMER = f"{COMMERCIAL}_Customer"
ORGANIZATION_LEAD = f"{COMMERCIAL}_Lead"
PERSON_CUSTOMER = "Relationship_Person_CommercialRelationship_Customer"
SUPPLIER = "Relationship_Organization_Supplier"
IDENTITY = "Relationship_Organization_Identity"
EMPLOYEE = "Relationship_Person_Contact_Employee"
ADDRESS = "Address"
COUNTRY = "Datastore_Country"
# Tribe's own spelling.
ADDRESS_TYPE = "Datastore_AdressType"

FUNCTIONS = {"GetCurrentEmployee": EMPLOYEE}


def strings(*names: str) -> tuple[Property, ...]:
    """Text properties of these names."""
    return tuple(Property(name) for name in names)


def several(kind: Kind, *names: str, read_only: bool = False) -> tuple[Property, ...]:
    """Properties of one kind."""
    return tuple(Property(name, kind, read_only=read_only) for name in names)


NOTES = Navigation("Notes", "Note", inverse_of=("Entity",), nested=True)
_PAYMENT_TERM = Property("PaymentTermInDays", Kind.DOUBLE)

_BASES = (
    EntityType(
        "Entity",
        None,
        (
            Property("ID", Kind.GUID, read_only=True),
            Property("_Type", read_only=True),
            Property("_Name", read_only=True),
            Property("SortIndex", Kind.DOUBLE),
            *several(Kind.MOMENT, "CreationDate", "LastMutationDate", read_only=True),
            *several(Kind.MOMENT, "CloseDate", "Start", "End", "Deadline"),
            *several(Kind.BOOLEAN, "IsActive", "IsClosed", "IsRoot", "IsExclusion"),
            *several(Kind.DOUBLE, "NumberOfNotes", "NumberOfAttachments", read_only=True),
            Property("ImportId", shown=False),
        ),
        abstract=True,
        has_set=False,
    ),
    EntityType(
        "Datastore",
        "Entity",
        (*strings("Name", "Code", "LocalizedName"), Property("IsDefault", Kind.BOOLEAN)),
        abstract=True,
    ),
    EntityType(
        COUNTRY,
        "Datastore",
        (Property("HasIntraCommunityVat", Kind.BOOLEAN), Property("CountryNumber")),
    ),
    EntityType(ADDRESS_TYPE, "Datastore"),
    EntityType("Datastore_Branch", "Datastore"),
)

_RELATIONS = (
    EntityType(
        "Relation",
        "Entity",
        (
            *strings("DebtorNumber", "CreditorNumber"),
            Property("Number", Kind.INTEGER),
            *strings("IBAN", "BIC", "BankName", "PhoneNumber", "EmailAddress"),
            *strings("LinkedIn", "Facebook", "Twitter", "Instagram", "YouTube", "Blog"),
        ),
        (
            Navigation("Addresses", ADDRESS, inverse_of=("Relation",)),
            Navigation("Relationships", "Relationship", inverse_of=("Organization", "Person")),
            NOTES,
        ),
        rights=BY_BASE,
        abstract=True,
    ),
    EntityType(
        ORGANIZATION,
        "Relation",
        (
            Property("Name", required=True),
            *strings("FinancialEmailAddress", "Website", "VATNumber"),
            *strings("ChamberOfCommerceNumber", "ChamberOfCommerceName", "CompanyActivity"),
            *strings("CoCDescription", "OIN"),
            *several(Kind.DATE, "FoundingDate", "EstablishmentDate", "DiscontinuationDate"),
            *several(Kind.INTEGER, "RSIN", "EstablishmentNumber"),
            Property("NumberOfEmployees", Kind.DOUBLE),
            Property("_4be1c0d2__7a15__4c0e__9d3f__20c1b6a7e541"),
            Property("c7d09a3e__51f2__4b86__8e4d__9a0f63b2d718", Kind.BOOLEAN),
        ),
        (
            Navigation("VisitingAddress", ADDRESS),
            Navigation("PostalAddress", ADDRESS),
            Navigation("InvoiceAddress", ADDRESS),
            Navigation("Branch", "Datastore_Branch"),
        ),
        rights=FULL,
    ),
    EntityType(
        PERSON,
        "Relation",
        (
            *strings("FirstName", "MiddleName"),
            Property("LastName", required=True),
            *strings("Initials", "Title", "Suffix", "MobilePhoneNumber"),
            Property("BirthDate", Kind.DATE),
            Property("BirthDay", read_only=True),
            Property("Name", read_only=True),
            Property("SortName", read_only=True),
        ),
        (Navigation("Address", ADDRESS),),
        rights=FULL,
    ),
    EntityType(
        ADDRESS,
        "Entity",
        (
            Property("Street"),
            Property("HouseNumber", Kind.DOUBLE),
            *strings("HouseNumberSuffix", "Extra", "Postalcode", "City"),
            *several(Kind.DOUBLE, "Latitude", "Longitude"),
        ),
        (
            Navigation("Relation", "Relation"),
            Navigation("Person", PERSON),
            Navigation("Organization", ORGANIZATION),
            Navigation("AddressType", ADDRESS_TYPE),
            Navigation("Country", COUNTRY),
        ),
        rights=FULL,
    ),
)

# Organization and Person are declared below the root, so that the root set cannot expand them.
_RELATIONSHIPS = (
    EntityType(
        "Relationship",
        "Entity",
        (
            Property("Name"),
            Property("SortName", read_only=True),
            *several(Kind.BOOLEAN, "IsFormer", "MailingOptOut"),
            Property("FormerDate", Kind.MOMENT),
        ),
        (Navigation("Relation", "Relation", required=True, fixed=True), NOTES),
        rights=BY_BASE,
        abstract=True,
    ),
    EntityType(
        "Relationship_Organization",
        "Relationship",
        navigations=(Navigation("Organization", ORGANIZATION, required=True, fixed=True),),
        abstract=True,
        has_set=False,
    ),
    EntityType(
        "Relationship_Person",
        "Relationship",
        navigations=(Navigation("Person", PERSON, required=True, fixed=True),),
        abstract=True,
        has_set=False,
    ),
    EntityType(
        "Relationship_Person_Contact",
        "Relationship_Person",
        strings("EmailAddress", "PhoneNumber", "MobilePhoneNumber", "Department"),
        abstract=True,
    ),
    EntityType(EMPLOYEE, "Relationship_Person_Contact"),
    EntityType(IDENTITY, "Relationship_Organization"),
    EntityType(SUPPLIER, "Relationship_Organization", (_PAYMENT_TERM,), rights=FULL),
)

_COMMERCIAL_PROPERTIES = (
    *several(Kind.MOMENT, "UpgradeDate", "DowngradeDate"),
    Property("IsMasterAccount", Kind.BOOLEAN),
)
_ACCOUNT_MANAGER = Navigation("AccountManager", EMPLOYEE)

_FUNNEL = (
    EntityType(
        COMMERCIAL,
        "Relationship_Organization",
        _COMMERCIAL_PROPERTIES,
        (_ACCOUNT_MANAGER,),
        rights=BY_BASE,
        abstract=True,
    ),
    EntityType(ORGANIZATION_LEAD, COMMERCIAL, rights=FULL),
    EntityType(f"{COMMERCIAL}_Prospect", COMMERCIAL, rights=FULL),
    EntityType(ORGANIZATION_CUSTOMER, COMMERCIAL, (_PAYMENT_TERM,), rights=FULL),
    EntityType(
        "Relationship_Person_CommercialRelationship",
        "Relationship_Person",
        _COMMERCIAL_PROPERTIES,
        (_ACCOUNT_MANAGER,),
        rights=Right.NONE,
        abstract=True,
        has_set=False,
    ),
    EntityType(
        PERSON_CUSTOMER,
        "Relationship_Person_CommercialRelationship",
        (_PAYMENT_TERM,),
        rights=FULL,
    ),
)

RELATION_TYPES = (*_BASES, *_RELATIONS, *_RELATIONSHIPS, *_FUNNEL)
