"""The members of products, orders, invoices and ledger entries as data (poweroffice.md 10-12).

`access` is as in `poweroffice_fields`: R returned, C accepted on POST, U patchable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tribe_po.sandbox.poweroffice.fields import Field, Type, Values, words


@dataclass(frozen=True)
class Dto:
    """One kind of object. `resource` is its name in texts, `post` that of its POST body."""

    resource: str
    fields: Mapping[str, Field]
    post: str

    @cached_property
    def returned(self) -> tuple[str, ...]:
        return tuple(self._with("R"))

    @cached_property
    def accepted(self) -> dict[str, Field]:
        return self._with("C")

    @cached_property
    def patchable(self) -> dict[str, Field]:
        return self._with("U")

    @property
    def title(self) -> str:
        return f"{self.resource} validation error(s)"

    def row(self, values: Mapping[str, object]) -> Values:
        """Return the returned members, null where `values` has none."""
        return {name: values.get(name) for name in self.returned}

    def _with(self, access: str) -> dict[str, Field]:
        return {name: field for name, field in self.fields.items() if access in field.access}


def _group(access: str, kind: Type, names: str, length: int | None = None) -> list[Field]:
    return [Field(name, kind, access, length=length) for name in names.split()]


def _dto(resource: str, groups: list[list[Field]], post: str = "", **defaults: bool | str) -> Dto:
    fields = {field.name: field for group in groups for field in group}
    for name, default in defaults.items():
        known = fields[name]
        fields[name] = Field(name, known.type, known.access, default=default, length=known.length)
    name = post or "".join(word.capitalize() for word in resource.split()) + "PostDto"
    return Dto(resource, dict(sorted(fields.items())), name)


_SALES_ITEM: list[list[Field]] = [
    _group("R", Type.INT64, "Id"),
    _group("R", Type.STAMP, "CreatedDateTimeOffset LastChangedDateTimeOffset"),
    _group("R", Type.UUID, "CreatedFromImportJournalId"),
    _group(
        "RC",
        Type.AGRICULTURE,
        "OptionalSalesAccountAgricultureDepartment StandardSalesAccountAgricultureDepartment",
    ),
    _group("RC", Type.INT64, "OptionalSalesAccount StandardSalesAccount"),
    _group("RCU", Type.BOOLEAN, "IsArchived"),
    _group("RCU", Type.INT64, "OptionalSalesAccountId StandardSalesAccountId"),
    _group("RCU", Type.NUMBER, "UnitCost UnitPrice"),
    _group("RCU", Type.PRODUCT_TYPE, "ProductType"),
    _group("RCU", Type.TEXT, "Description"),
    _group("RCU", Type.TEXT, "Name", length=400),
    _group("RCU", Type.UNIT, "UnitOfMeasureCode"),
]
PRODUCT = _dto(
    "Product",
    [
        *_SALES_ITEM,
        _group("R", Type.NUMBER, "StockAvailable"),
        _group("R", Type.STAMP, "StockOnHandLastChangedDatetimeOffset"),
        _group("RC", Type.TEXT, "ProductGroupCode"),
        _group("RCU", Type.BOOLEAN, "IsStockItem"),
        _group("RCU", Type.INT64, "ProductGroupId"),
        _group("RCU", Type.NUMBER, "StockOnHand"),
        _group("RCU", Type.TEXT, "Code", length=100),
        _group("RCU", Type.TEXT, "Gtin"),
    ],
    IsArchived=False,
    IsStockItem=False,
    ProductType="Product",
)
PRODUCT_GROUP = _dto(
    "Product group",
    [*_SALES_ITEM, _group("RCU", Type.TEXT, "Code", length=200)],
    IsArchived=False,
    ProductType="Product",
)

_DIMENSION_CODES = "DepartmentCode Dim1Code Dim2Code Dim3Code LocationCode ProjectCode"
_DIMENSION_IDS = "DepartmentId Dim1Id Dim2Id Dim3Id LocationId ProjectId"
SALES_ORDER = _dto(
    "Sales order",
    [
        _group("R", Type.BOOLEAN, "IsCreatedByCurrentIntegration"),
        _group("R", Type.INT64, "LineCount SalesOrderNo"),
        _group("R", Type.NUMBER, "NetAmount TotalAmount"),
        _group("R", Type.STAMP, "CreatedDateTimeOffset LastChangedDateTimeOffset"),
        _group("R", Type.UUID, "Id"),
        _group("RC", Type.INT32, "PaymentTerm"),
        _group("RC", Type.INT64, "CustomerNo SalesPersonEmployeeNumber"),
        _group("C", Type.OBJECTS, "SalesOrderLines"),
        _group("RC", Type.TEXT, f"BrandingThemeCode DeliveryTerm {_DIMENSION_CODES}"),
        _group("RCU", Type.DATE, "DeliveryDate SalesOrderDate"),
        _group(
            "RCU",
            Type.INT64,
            f"""BrandingThemeId ContactDeliveryAddressId CustomerId {_DIMENSION_IDS}
            CustomerReferenceContactPersonId DeliveryTermId ImportedOrderNo PaymentTermId
            RelatedInvoiceNo SalesPersonEmployeeId""",
        ),
        _group("RCU", Type.NUMBER, "CurrencyExchangeRate"),
        _group("RCU", Type.ORDER_STATUS, "SalesOrderStatus"),
        _group("RCU", Type.CURRENCY, "CurrencyCode"),
        _group(
            "RCU",
            Type.TEXT,
            """ContractNo CustomMatchingReference CustomerReference ExternalImportReference
            PurchaseOrderReference""",
        ),
    ],
    post="SalesOrderCompletePostDto",
    SalesOrderStatus="Draft",
)
SALES_ORDER_LINE = _dto(
    "Sales order line",
    [
        _group("R", Type.INT32, "VatId"),
        _group("R", Type.NUMBER, "NetAmount TotalAmount VatAmount VatRate"),
        _group("R", Type.TEXT, "VatCode"),
        _group("R", Type.UUID, "Id SalesOrderId"),
        _group("RC", Type.INT64, "SellersReferenceEmployeeNo"),
        _group("RC", Type.TEXT, f"ProductCode {_DIMENSION_CODES}"),
        _group("RCU", Type.ACCRUAL, "Accrual"),
        _group("RCU", Type.BOOLEAN, "UseStandardSalesAccount"),
        _group("RCU", Type.INT32, "SortOrder"),
        _group("RCU", Type.INT64, f"ProductId SellersReferenceEmployeeId {_DIMENSION_IDS}"),
        _group("RCU", Type.NUMBER, "Allowance ProductUnitCost ProductUnitPrice Quantity"),
        _group("RCU", Type.TEXT, "Description ExternalImportReference"),
        _group("RCU", Type.UNIT, "UnitOfMeasureCode"),
        _group("RCU", Type.VAT_RETURN, "VatReturnSpecification"),
        _group("RCU", Type.LINE_TYPE, "LineType"),
    ],
    LineType="Normal",
)
SEND_REQUEST = _dto(
    "Send invoice request",
    [
        _group("R", Type.UUID, "Id"),
        _group("RC", Type.SEND_DELIVERY, "DeliveryType"),
        _group("RC", Type.EMAIL, "EmailAddress"),
        _group("RC", Type.DATE, "OverrideDueDate VoucherDate"),
    ],
    DeliveryType="Auto",
)
SENT_STATE = words(
    """DueDate Id InvoiceDeliveryType InvoiceNo IsInvoiceBeingProcessed LastErrorMessage
    SentDateTimeOffset"""
)

_INVOICE_REFERENCES = """BrandingThemeId CustomerId CustomerNo CustomerReferenceContactPersonId
    DeliveryTermId ImportedOrderNo InvoiceNo MatchId OrderNo PaymentTermId RelatedInvoiceNo
    SellersReferenceEmployeeId SellersReferenceEmployeeNo VoucherNo"""
_DELIVERY_ADDRESS = """DeliveryAddress1 DeliveryAddress2 DeliveryAddressCity
    DeliveryAddressCountryCode DeliveryAddressZipCode"""
INVOICE = tuple(
    sorted(
        f"""Balance BalanceLastChangedDateTimeOffset BrandingThemeCode Cid ContractNo
        CreatedDateTimeOffset CurrencyCode CurrencyExchangeRate CustomMatchingReference
        CustomerReference {_DELIVERY_ADDRESS} DeliveryDate DeliveryTerm {_DIMENSION_CODES}
        {_DIMENSION_IDS} DueDate ExternalImportReference Id InvoiceDeliveryType
        {_INVOICE_REFERENCES} IsCreatedByCurrentIntegration IsReversed LastChangedDateTimeOffset
        NetAmount NetPostedAmount OrderDate PaymentTerm PurchaseOrderReference SentDateTimeOffset
        TotalAmount TotalPostedAmount VoucherDate VoucherType""".split()
    )
)
INVOICE_LINE = tuple(
    sorted(
        f"""AccountId AccountNo AgricultureDepartment Allowance Description {_DIMENSION_CODES}
        {_DIMENSION_IDS} ExternalImportReference Id IsAccrued LineType NetAmount NetPostedAmount
        ProductCode ProductId ProductUnitCost ProductUnitPrice Quantity SellersReferenceEmployeeId
        SellersReferenceEmployeeNo SortOrder TotalAmount TotalPostedAmount UnitOfMeasureCode
        VatAmount VatCode VatId VatRate VatReturnSpecification""".split()
    )
)
LEDGER_ENTRY = tuple(
    sorted(
        f"""Amount Balance Cid CreatedDateTimeOffset CreatedFromImportJournalId CurrencyAmount
        CurrencyCode CustomMatchingReference CustomerAccountNo CustomerExternalNo CustomerId
        CustomerName {_DIMENSION_CODES} {_DIMENSION_IDS} DueDate ExternalImportReference Id
        InvoiceNo IsCreatedByCurrentIntegration IsWriteOff LastChangedDateTimeOffset MatchId
        PaidFromBankAccount PostingDate VoucherDate VoucherId VoucherNo VoucherType""".split()
    )
)
CUSTOMER_BALANCE = words("""Balance CustomerAccountNo CustomerExternalNo CustomerId CustomerName""")

_VOUCHER: list[list[Field]] = [
    _group("R", Type.INT64, "VoucherNo"),
    _group("R", Type.STAMP, "CreatedDateTimeOffset"),
    _group("R", Type.UUID, "Id"),
    _group("RC", Type.BOOLEAN, "IsReversed"),
    _group("RC", Type.DATE, "DeliveryDate DueDate VoucherDate"),
    _group(
        "RC",
        Type.INT64,
        f"""CustomerAccountId DeliveryTermId {_DIMENSION_IDS} ImportedOrderNo ImportedVoucherNo
        InvoiceNo QualityAssignmentId SalesPersonEmployeeId""",
    ),
    _group("RC", Type.NUMBER, "CurrencyAmount CurrencyExchangeRate"),
    _group("RC", Type.OBJECTS, "VoucherLines"),
    _group("RC", Type.CURRENCY, "CurrencyCode"),
    _group(
        "RC",
        Type.TEXT,
        f"""ContractNo CustomMatchingReference CustomerReference {_DELIVERY_ADDRESS} Description
        ExternalImportReference PurchaseOrderReference""",
    ),
    _group("RC", Type.TEXT, "SaftSourceId", length=35),
    _group("RC", Type.TEXT, "Cid", length=25),
]
INVOICE_VOUCHER = _dto("Outgoing invoice voucher", _VOUCHER, IsReversed=False)
CREDIT_NOTE_VOUCHER = _dto("Outgoing credit note voucher", _VOUCHER, IsReversed=False)
VOUCHER_REQUIRED = words(
    """CurrencyAmount CurrencyCode CustomerAccountId DueDate InvoiceNo VoucherDate"""
)
VOUCHER_LINE = _dto(
    "Outgoing invoice voucher line",
    [
        _group("RC", Type.ACCRUAL, "Accrual"),
        _group("RC", Type.INT32, "VatId"),
        _group("RC", Type.INT64, f"AccountId {_DIMENSION_IDS} ProductId QualityAssignmentId"),
        _group("RC", Type.NUMBER, "CurrencyAmount Quantity"),
        _group("RC", Type.TEXT, "Description ExternalLineReference"),
        _group("RC", Type.UNIT, "UnitOfMeasureType"),
        _group("RC", Type.VAT_RETURN, "VatReturnSpecification"),
    ],
)
VOUCHER_LINE_REQUIRED = ("AccountId", "CurrencyAmount", "VatId")
VOUCHER_TYPES = frozenset(
    words("""Unknown IncomingInvoice IncomingCreditNote OutgoingInvoice OutgoingCreditNote
    IncomingBankRemittance IncomingOcrGiro ManualJournal Expense CashJournal
    IncomingPayments OutgoingPayments YearEndJournal BankJournal VatReturns PayrollJournal
    OutgoingPaymentReminder OutgoingNoticeOfDebtCollection OutgoingPaymentDemand
    OutgoingWarrantOfExecution CorrectionVoucher ReversalVoucher DepreciationJournal
    TravelExpense Settlement NegativeSettlement SystemGeneratedDocumentationVoucher""")
)
