"""Invoices issued elsewhere, reversals and documentation (poweroffice.md 11.6, 12.2, 13.6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tribe_po.sandbox.clock import Clock
from tribe_po.sandbox.poweroffice.books import Books, Contact
from tribe_po.sandbox.poweroffice.dtos import (
    CREDIT_NOTE_VOUCHER,
    VOUCHER_LINE,
    VOUCHER_LINE_REQUIRED,
    VOUCHER_REQUIRED,
    Dto,
)
from tribe_po.sandbox.poweroffice.errors import ProblemError, not_found
from tribe_po.sandbox.poweroffice.fields import Field, Role, Values, words
from tribe_po.sandbox.poweroffice.invoices import Invoices
from tribe_po.sandbox.poweroffice.ledger import Ledger
from tribe_po.sandbox.poweroffice.records import Invoice, exact
from tribe_po.sandbox.poweroffice.references import check_known, reference_taken
from tribe_po.sandbox.poweroffice.rules import check_body
from tribe_po.sandbox.poweroffice.values import check_lengths

MAXIMUM_PDF = 30 * 1024 * 1024
_SAME_IN_INVOICE = words(
    """ContractNo Cid CurrencyCode CustomMatchingReference CustomerReference
    DeliveryAddress1 DeliveryAddress2 DeliveryAddressCity DeliveryAddressCountryCode
    DeliveryAddressZipCode DeliveryDate DepartmentId Dim1Id Dim2Id Dim3Id ExternalImportReference
    ImportedOrderNo InvoiceNo LocationId ProjectId PurchaseOrderReference"""
)


@dataclass(frozen=True, slots=True)
class Journal:
    """A voucher that this integration posted."""

    dto: Dto
    values: Values


class Vouchers:
    """What the integration posts itself. Not thread-safe; the tenant holds its lock."""

    def __init__(self, books: Books, clock: Clock, invoices: Invoices, ledger: Ledger) -> None:
        self._books = books
        self._clock = clock
        self._invoices = invoices
        self._ledger = ledger
        self._journals: dict[str, Journal] = {}

    def post(self, dto: Dto, body: object) -> Values:
        """Post a voucher and return its DTO.

        Raise ProblemError: 409 for an InvoiceNo or ExternalImportReference in use, 400 for
        another broken rule, and for a reference to nothing 404 on credit notes, 400 on invoices.
        """
        sent = _checked(dto, body, dto.accepted, VOUCHER_REQUIRED)
        lines = [
            _checked(VOUCHER_LINE, each, VOUCHER_LINE.accepted, VOUCHER_LINE_REQUIRED)
            for each in sent.get("VoucherLines", ())
        ]
        contact = self._check(dto, sent, lines)
        self._check_free(sent)
        invoice = self._post(dto, sent, lines, contact)
        self._journals[invoice.id] = Journal(
            dto, sent | {"VoucherLines": [VOUCHER_LINE.row(line) for line in lines]}
        )
        return self.row(dto, invoice.id)

    def row(self, dto: Dto, voucher_id: str) -> Values:
        """Return a voucher of this kind that the integration posted; raise ProblemError (404)."""
        journal = self._journals.get(voucher_id)
        if journal is None or journal.dto is not dto:
            raise not_found("Voucher", voucher_id)
        invoice = self._books.invoices[voucher_id]
        entry = self._invoices.entry_of(invoice)
        return dto.row(
            journal.values
            | {
                "CreatedDateTimeOffset": entry.created,
                "CurrencyExchangeRate": invoice.values["CurrencyExchangeRate"],
                "Id": invoice.id,
                "IsReversed": invoice.is_reversed,
                "VoucherNo": entry.voucher.number,
            }
        )

    def reverse(self, voucher_id: str) -> Values:
        """Nullify a voucher of the integration; its number and reference become free.

        Raise ProblemError: 404 if it did not post such a voucher, 400 if it is reversed already
        or lies in a locked period.
        """
        if voucher_id not in self._journals:
            raise not_found("Voucher", voucher_id)
        invoice = self._books.invoices[voucher_id]
        if invoice.is_reversed:
            raise _refusal("Voucher", f"Voucher with id = {voucher_id} is already reversed.")
        entry = self._invoices.entry_of(invoice)
        self._check_date("Voucher", entry.voucher.dated)
        self._ledger.unmatch(entry)
        voucher = self._ledger.new_voucher("ReversalVoucher", entry.voucher.dated)
        values = {
            "CurrencyCode": entry.values["CurrencyCode"],
            "IsCreatedByCurrentIntegration": True,
        }
        values["CurrencyAmount"] = -entry.values["CurrencyAmount"]
        counter = self._ledger.post(entry.contact_id, voucher, -entry.amount, values)
        self._ledger.match(entry, counter)
        invoice.is_reversed = True
        return {"IsReversed": True, "VoucherId": voucher_id}

    def document(self, voucher_id: str, content: bytes | None) -> None:
        """Attach a PDF to a voucher that the integration posted; a later one replaces it.

        Raise ProblemError (400) for anything else.
        """
        if voucher_id not in self._journals:
            raise _refusal("Voucher documentation", "The voucher was not imported through the API.")
        if not content or not content.startswith(b"%PDF") or len(content) > MAXIMUM_PDF:
            raise _refusal("Voucher documentation", "A PDF file of at most 30 MB is required.")
        self._books.invoices[voucher_id].has_pdf = True

    def documentation_rows(self) -> list[Values]:
        """Return the VoucherDocumentationDto of the posted invoices."""
        return [_documentation(each) for each in self._books.invoices.values()]

    def _check(self, dto: Dto, sent: Values, lines: list[Values]) -> Contact:
        missing = 404 if dto is CREDIT_NOTE_VOUCHER else 400
        for values in (sent, *lines):
            _check_known(dto, values, missing)
        self._check_date(dto.resource, date.fromisoformat(sent["VoucherDate"]))
        for line in lines:
            self._check_line(dto, line, missing)
        _check_amounts(dto, sent, [self._amount(line) for line in lines])
        if sent.get("IsReversed") or sent["InvoiceNo"] < 1:
            raise _refusal(dto.resource, "InvoiceNo must be positive, IsReversed not true.")
        if sent.get("CurrencyExchangeRate") is None and self._rate(sent) is None:
            raise _refusal(dto.resource, f"There is no rate for {sent['CurrencyCode']}.")
        return self._customer(dto, sent["CustomerAccountId"], missing)

    def _customer(self, dto: Dto, account_id: int, missing: int) -> Contact:
        for contact in self._books.contacts.values():
            role = contact.roles.get(Role.CUSTOMER)
            if role is not None and role.account_id == account_id:
                if contact.values["IsArchived"]:
                    raise _refusal(dto.resource, f"Customer with id = {contact.id} is archived.")
                return contact
        text = f"Customer account with id = {account_id} not found."
        raise _refusal(dto.resource, text, missing)

    def _amount(self, line: Values) -> Decimal:
        """What a line adds to the amount of its voucher."""
        amount, vat = exact(line["CurrencyAmount"]), self._books.settings.vat_codes[line["VatId"]]
        net = self._books.switches.voucher_lines == "net"
        return self._books.rounded(amount * (1 + vat.rate)) if net else amount

    def _check_line(self, dto: Dto, line: Values, missing: int) -> None:
        settings = self._books.settings
        account, vat = settings.account(line["AccountId"]), settings.vat_codes.get(line["VatId"])
        if account is None or not account.is_active:
            text = f"General ledger account with id = {line['AccountId']} not found."
            raise _refusal(dto.resource, text, missing)
        if vat is None or not vat.is_active:
            raise _refusal(dto.resource, f"Vat code with id = {line['VatId']} not found.", missing)
        if line.get("ProductId") not in (None, *self._books.products):
            text = f"Product with id = {line['ProductId']} not found."
            raise _refusal(dto.resource, text, missing)

    def _check_date(self, resource: str, dated: date) -> None:
        settings = self._books.settings
        if dated <= settings.lock_date or dated < settings.conversion_date:
            raise _refusal(
                resource, f"VoucherDate {dated} must be after the lock date {settings.lock_date}."
            )

    def _check_free(self, sent: Values) -> None:
        if self._invoices.number_taken(sent["InvoiceNo"]):
            raise ProblemError(
                409, "Object conflict", f"InvoiceNo '{sent['InvoiceNo']}' is already in use."
            )
        reference = sent.get("ExternalImportReference")
        if reference is not None and reference_taken(self._books, reference, None):
            raise ProblemError(
                409, "Object conflict", f"ExternalImportReference '{reference}' is already in use."
            )

    def _rate(self, sent: Values) -> Decimal | None:
        given = sent.get("CurrencyExchangeRate")
        return exact(given) if given else self._books.settings.rates.get(sent["CurrencyCode"])

    def _post(self, dto: Dto, sent: Values, lines: list[Values], contact: Contact) -> Invoice:
        credit = dto is CREDIT_NOTE_VOUCHER
        kind = "OutgoingCreditNote" if credit else "OutgoingInvoice"
        voucher = self._ledger.new_voucher(kind, date.fromisoformat(sent["VoucherDate"]))
        rows = [self._line(line, place) for place, line in enumerate(lines)]
        values = {name: sent.get(name) for name in _SAME_IN_INVOICE} | {
            "CreatedDateTimeOffset": None,
            "CustomerId": contact.id,
            "CustomerNo": contact.roles[Role.CUSTOMER].values["Number"],
            "IsCreatedByCurrentIntegration": True,
            "NetAmount": float(sum((exact(row["NetAmount"]) for row in rows), Decimal(0))),
            "TotalAmount": float(sum((exact(row["TotalAmount"]) for row in rows), Decimal(0))),
        }
        due, rate = date.fromisoformat(sent["DueDate"]), self._rate(sent) or Decimal(1)
        invoice = self._invoices.post(voucher, values, rows, due=due, rate=rate, is_imported=True)
        invoice.values["CreatedDateTimeOffset"] = self._invoices.entry_of(invoice).created
        return invoice

    def _line(self, line: Values, place: int) -> Values:
        vat, amount = self._books.settings.vat_codes[line["VatId"]], exact(line["CurrencyAmount"])
        if self._books.switches.voucher_lines == "gross":
            net, total = self._books.rounded(amount / (1 + vat.rate)), amount
        else:
            net, total = amount, self._books.rounded(amount * (1 + vat.rate))
        return line | {
            "IsAccrued": "Accrual" in line,
            "LineType": "Normal",
            "NetAmount": float(net),
            "ProductUnitPrice": 0,
            "SortOrder": place,
            "TotalAmount": float(total),
            "VatAmount": float(total - net),
            "VatCode": vat.code,
            "VatRate": float(vat.rate),
        }


def _checked(dto: Dto, body: object, accepted: dict[str, Field], required: Iterable[str]) -> Values:
    sent = check_body(dto.resource, body, accepted, dto.post)
    check_lengths(dto.title, dto.fields, sent)
    for name in required:
        if name not in sent:
            raise _refusal(dto.resource, f"{name} is required.")
    return sent


def _check_known(dto: Dto, values: Values, missing: int) -> None:
    try:
        check_known(dto.title, values)
    except ProblemError as problem:
        raise _refusal(dto.resource, problem.detail, missing) from None


def _check_amounts(dto: Dto, sent: Values, amounts: list[Decimal]) -> None:
    """The header is the receivable, hence the sum of the lines, all of one sign (11.6)."""
    sign = -1 if dto is CREDIT_NOTE_VOUCHER else 1
    total = exact(sent["CurrencyAmount"])
    if not amounts:
        raise _refusal(dto.resource, "VoucherLines is required.")
    if any(amount * sign <= 0 for amount in (total, *amounts)):
        side = "negative" if sign < 0 else "positive"
        raise _refusal(dto.resource, f"CurrencyAmount must be {side}.")
    if sum(amounts) != total:
        raise _refusal(dto.resource, f"Not in balance: lines {sum(amounts)}, voucher {total}.")


def _refusal(resource: str, detail: str, status: int = 400) -> ProblemError:
    return ProblemError(status, f"{resource} validation error(s)", detail)


def _documentation(invoice: Invoice) -> Values:
    return {
        "HasEhf": invoice.values.get("InvoiceDeliveryType") == "EHF",
        "HasImages": False,
        "HasPdf": invoice.has_pdf,
        "HasSalesOrderAttachments": False,
        "IsImported": invoice.is_imported,
        "VoucherId": invoice.id,
        "VoucherNo": invoice.values["VoucherNo"],
        "VoucherType": invoice.values["VoucherType"],
    }
