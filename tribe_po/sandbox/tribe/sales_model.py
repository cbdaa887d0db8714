"""The table of what Tribe sells and bills with: lookups, products, invoices, payments, files
(tribe.md 8 to 10); and the whole model of a tenant."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.metadata import (
    BY_BASE,
    FULL,
    EntityModel,
    EntityType,
    Kind,
    Navigation,
    Property,
    Right,
)
from tribe_po.sandbox.tribe.model import COUNTRY, NOTES, RELATION_TYPES, several, strings

UNIT = "Datastore_Unit"
VAT_GROUP = "Datastore_VatGroup"
LEDGER_ACCOUNT = "Datastore_GeneralLedgerAccount"
PAYMENT_METHOD = "Datastore_PaymentMethod"
PAYMENT_STATUS = "Datastore_PaymentStatus"
INVOICE_PHASE = "Datastore_Phase_ActivityInvoice"
OFFER_PHASE = "Datastore_Phase_ActivityOffer"
PRODUCT_GROUP = "ProductGroup"
PRODUCT = "Product"
INVOICE = "Activity_Invoice"
PRODUCT_LINE = "ProductLine"
PAYMENT = "Payment"
NOTE = "Note"
ATTACHMENT = "Attachment"
FILE = "File"

INVOICE_DAY = "$InvoiceDay"
DUE_DAY = "$DueDay"
_MOMENT_NAMES = frozenset({"Start", "End", "StartDate", "EndDate", "Deadline"})
_TOTALS = ("TotalExcludingVat", "TotalIncludingVat", "VatAmount")

_LOOKUPS = (
    EntityType(
        UNIT, "Datastore", navigations=(Navigation("Product", PRODUCT, inverse_of=("Unit",)),)
    ),
    EntityType(
        VAT_GROUP,
        "Datastore",
        (Property("Percentage", Kind.DOUBLE),),
        (
            Navigation("Country", COUNTRY),
            Navigation("Product", PRODUCT, inverse_of=("VatGroup",)),
            Navigation("ProductLine", PRODUCT_LINE, inverse_of=("VatGroup",)),
        ),
    ),
    EntityType(
        LEDGER_ACCOUNT,
        "Datastore",
        navigations=(Navigation("Product", PRODUCT, inverse_of=("GeneralLedgerAccount",)),),
    ),
    EntityType(
        PAYMENT_METHOD,
        "Datastore",
        navigations=(
            Navigation("Payment", PAYMENT, inverse_of=("PaymentMethod",)),
            Navigation("Invoice", INVOICE, inverse_of=("PaymentMethod",)),
        ),
    ),
    EntityType(PAYMENT_STATUS, "Datastore"),
    EntityType("Datastore_Phase", "Datastore", abstract=True),
    EntityType(INVOICE_PHASE, "Datastore_Phase"),
    EntityType(OFFER_PHASE, "Datastore_Phase"),
)

_PRODUCT_TYPE = EntityType(
    PRODUCT,
    "Entity",
    (
        *strings("Name", "LocalizedName", "Code", "Description"),
        *several(Kind.DOUBLE, "SalesPrice", "PurchasePrice", "StockLevel"),
        *several(Kind.BOOLEAN, "IsVatIncluded", "IsInactive", "IsDividable"),
        *several(Kind.BOOLEAN, "IsPriceEditable", "IsVatEditable", "IsDescriptionEditable"),
    ),
    (
        Navigation("ProductGroup", PRODUCT_GROUP),
        Navigation("Unit", UNIT),
        Navigation("VatGroup", VAT_GROUP),
        Navigation("GeneralLedgerAccount", LEDGER_ACCOUNT),
        Navigation("RepeatInterval", "DateInterval"),
        Navigation("Price", "Price", inverse_of=("Product",)),
        Navigation("ProductLine", PRODUCT_LINE, inverse_of=("Product",)),
    ),
    rights=FULL,
)
_DEMANDED_OF_PRODUCTS = frozenset({"Name", "ProductGroup", "Unit", "VatGroup"})

_GOODS = (
    EntityType(PRODUCT_GROUP, "Entity", strings("Name")),
    EntityType("DateInterval", "Entity", has_set=False),
    EntityType(
        "Price",
        "Entity",
        (
            *several(Kind.DOUBLE, "BasePrice", "Price", "DiscountPercentage", "Quantity"),
            Property("Currency"),
            *several(Kind.DATE, "StartDate", "EndDate"),
        ),
        (Navigation("Product", PRODUCT),),
        rights=FULL,
    ),
)

_LINE_TOTALS = ("Total", *_TOTALS, "VatAmountIncludingDiscount")
_LINE_TYPE = EntityType(
    PRODUCT_LINE,
    "Entity",
    (
        *strings("Description", "LocalizedDescription", "ExtraDescription"),
        *several(Kind.DOUBLE, "Quantity", "Price", "PriceInCurrency", "PurchasePrice"),
        *several(Kind.DOUBLE, "TotalPurchasePrice", "VatPercentage", read_only=True),
        Property("DiscountPercentage", Kind.DOUBLE),
        Property("Currency"),
        *several(Kind.BOOLEAN, "IsPriceManuallyChanged", "IsBilled", "IsProcessableInParent"),
        *several(Kind.DOUBLE, *_LINE_TOTALS, read_only=True),
        *several(Kind.DOUBLE, *(f"{name}InCurrency" for name in _LINE_TOTALS), read_only=True),
        *several(Kind.MOMENT, "StartDate", "EndDate"),
    ),
    (
        Navigation("Activity", "Activity", required=True, fixed=True),
        Navigation("Product", PRODUCT),
        Navigation("VatGroup", VAT_GROUP),
    ),
    rights=FULL,
)

# The base declares little, so that its set can neither show a number nor reach the lines.
_ACTIVITY = EntityType(
    "Activity", "Entity", strings("Subject"), (NOTES,), rights=BY_BASE, abstract=True
)

_PAPERS = (
    EntityType(
        PAYMENT,
        "Entity",
        (
            Property("Amount", Kind.DOUBLE),
            *strings("Currency", "Reference", "Provider", "PayLink", "ExtraInfo", "Metadata"),
            *several(Kind.MOMENT, "CreatedAt", "UpdatedAt"),
        ),
        (
            Navigation("Invoice", INVOICE),
            Navigation("PaymentMethod", PAYMENT_METHOD),
            Navigation("PaymentStatus", PAYMENT_STATUS),
        ),
        rights=FULL,
    ),
    EntityType(
        NOTE,
        "Entity",
        (Property("Content", required=True), Property("IsPinned", Kind.BOOLEAN)),
        (Navigation("Entity", "Entity", required=True, fixed=True),),
        rights=FULL,
    ),
    EntityType(
        FILE,
        "Entity",
        (
            Property("Name", required=True),
            Property("MimeType", required=True),
            Property("Data", Kind.BINARY, required=True, write_only=True),
            Property("Url", read_only=True),
        ),
        rights=Right.CREATE,
        has_set=False,
    ),
    EntityType(
        ATTACHMENT,
        "Entity",
        strings("Description"),
        (
            Navigation("Entity", "Entity"),
            Navigation("Invoice", INVOICE),
            Navigation("File", FILE, required=True, fixed=True),
        ),
        rights=FULL,
    ),
)


@lru_cache(maxsize=64)
def tenant_model(dialect: TribeDialect) -> EntityModel:
    """All types of a tenant that speaks `dialect`."""
    product = _demanding(_PRODUCT_TYPE) if dialect.product_requires else _PRODUCT_TYPE
    sales = (*_LOOKUPS, *_GOODS, product, _LINE_TYPE, _ACTIVITY, _invoice_type(dialect))
    types: tuple[EntityType, ...] = (*RELATION_TYPES, *sales, *_PAPERS)
    if dialect.import_id == "absent":
        types = tuple(_without(one, "ImportId") for one in types)
    return EntityModel(types)


def _without(entity_type: EntityType, name: str) -> EntityType:
    return replace(
        entity_type, properties=tuple(p for p in entity_type.properties if p.name != name)
    )


def _demanding(product: EntityType) -> EntityType:
    return replace(
        product,
        properties=tuple(
            replace(p, required=p.name in _DEMANDED_OF_PRODUCTS) for p in product.properties
        ),
        navigations=tuple(
            replace(n, required=n.name in _DEMANDED_OF_PRODUCTS) for n in product.navigations
        ),
    )


def _invoice_type(dialect: TribeDialect) -> EntityType:
    return EntityType(
        INVOICE,
        "Activity",
        (
            *(Property(name, read_only=True) for name in ("Number", "RelationDescription")),
            Property("Amount", Kind.DOUBLE, read_only=True),
            Property("Currency"),
            Property("IsVatIncluded", Kind.BOOLEAN),
            Property("DiscountPercentage", Kind.DOUBLE),
            *several(Kind.DOUBLE, *_TOTALS, read_only=True),
            *several(Kind.DOUBLE, *(f"{name}InCurrency" for name in _TOTALS), read_only=True),
            *_day(dialect.invoice_date, INVOICE_DAY),
            *_day(dialect.due_date, DUE_DAY),
            *strings(*([dialect.invoice_field] if dialect.invoice_field else [])),
        ),
        (
            Navigation("Phase", INVOICE_PHASE, required=True),
            Navigation(
                "ProductLines",
                PRODUCT_LINE,
                inverse_of=("Activity",),
                scattered=True,
                flat=not dialect.nested_line_expand,
            ),
            Navigation("Relationship", "Relationship", required=True),
            Navigation("Contact", "Relationship_Person_Contact"),
            Navigation("PaymentMethod", PAYMENT_METHOD),
        ),
        rights=FULL,
        available=dialect.billing,
    )


def _day(name: str | None, key: str) -> tuple[Property, ...]:
    if name is None:
        return ()
    kind = Kind.MOMENT if name in _MOMENT_NAMES else Kind.DATE
    return (Property(name, kind, read_only=True, key=key),)
