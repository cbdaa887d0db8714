"""Posting invoices that Tribe has sent (poweroffice.md sections 11.6, 13.6 and 15 h)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from threading import Lock
from typing import Any

from urllib3.filepost import encode_multipart_formdata

from tribe_po.errors import AlreadyExists, NotAllowed, RecordRefused, TribePoError
from tribe_po.invoices import Misposted, Payment, Voucher, VoucherLine, rounded
from tribe_po.poweroffice.accounts import SalesAccounts
from tribe_po.poweroffice.invoice_values import record_of
from tribe_po.poweroffice.lists import (
    CONTACTS,
    OUTGOING_INVOICES,
    VOUCHER_DOCUMENTATION,
    VOUCHERS,
    Lists,
)
from tribe_po.poweroffice.marks import Marks
from tribe_po.poweroffice.orders import dto_in, exact, with_content
from tribe_po.poweroffice.refusals import is_success, problem_of, write_error
from tribe_po.records import Kind, Record, Value
from tribe_po.sides import Creation, Edit, Written
from tribe_po.transport.http import Answer, Connection

LONGEST_KID = 25
LARGEST_PDF = 30 * 1024 * 1024

_log = logging.getLogger(__name__)


class Vouchers:
    """Posts vouchers. One cannot be changed or deleted, only reversed."""

    def __init__(
        self, connection: Connection, lists: Lists, accounts: SalesAccounts, marks: Marks
    ) -> None:
        self._connection = connection
        self._lists = lists
        self._accounts = accounts
        self._marks = marks
        self._lane = Lock()
        self._proven = False
        self._misposted: Misposted | None = None

    def create(self, creation: Creation, voucher: Voucher) -> Written:
        """Post an invoice, or a credit note if its sum is negative.

        Raise `AlreadyExists` when the mark is in use, `RecordRefused` for a number that is taken or
        an account that cannot be used, `NotAllowed` where the server is too old for vouchers, and
        `LostAnswer` when nobody knows whether it was posted.

        Nobody states what PowerOffice makes of the amounts of lines (poweroffice.md section 17,
        32): until a voucher with VAT was read back as it was sent, they are posted one by one, and
        none after one that came to another sum.
        """
        if self._proven:
            return self._post(creation, voucher)
        with self._lane:
            if self._misposted is not None:
                raise _not_another(voucher, self._misposted)
            written = self._post(creation, voucher)
            return written if self._proven else self._read_back(written, voucher)

    def _read_back(self, written: Written, voucher: Voucher) -> Written:
        """The voucher as PowerOffice tells it now. That it was posted counts where it cannot."""
        assert written.record is not None
        try:
            dto = self._lists.one(OUTGOING_INVOICES, written.id)
        except TribePoError:
            return written
        total = dto.get("TotalAmount") if dto else None
        if total is None:
            return written
        came_to = rounded(Decimal(total))
        if came_to == voucher.gross:
            self._proven = any(line.vat for line in voucher.lines)
            return written
        self._misposted = Misposted(
            written.id, str(voucher.number), str(voucher.gross), str(came_to)
        )
        values = {**written.record.values, "total": came_to}
        return Written(written.id, replace(written.record, values=values))

    def _post(self, creation: Creation, voucher: Voucher) -> Written:
        credit = voucher.gross < 0
        path = f"{VOUCHERS.path}/{'OutgoingCreditNote' if credit else 'OutgoingInvoice'}Journals"
        answer = self._connection.write("POST", path, self._body(voucher, creation.mark))
        if not is_success(answer):
            raise self._refusal(answer, voucher, creation.mark)
        dto = dto_in(answer, "voucher")
        values: dict[str, Value] = {
            "issued": True,
            "invoice_number": str(voucher.number),
            "kid": voucher.payment_reference or None,
            "currency": voucher.currency,
            "total": voucher.gross,
            "payment": Payment.OPEN.value,
            "pdf": False,
        }
        record = record_of(str(dto["Id"]), values, creation.mark)
        return Written(record.id, with_content(record, creation))

    def with_pdfs(self, records: Sequence[Record]) -> list[Record]:
        """The records, vouchers among them with whether they have a PDF: in one list, or in one
        request for a single voucher. Without the privilege VoucherDocumentation they do not tell.
        """
        vouchers = [record.id for record in records if is_voucher(record)]
        if not vouchers:
            return list(records)
        filters = [("id", vouchers[0])] if len(vouchers) == 1 else []
        try:
            rows = self._lists.read(VOUCHER_DOCUMENTATION, filters).rows
        except NotAllowed as error:
            told = {"id": "documentation.unknown"}
            _log.warning("No PDF is looked for. %s %s", error.why, error.next_step, extra=told)
            return list(records)
        having = {str(row["VoucherId"]).casefold() for row in rows if row.get("HasPdf")}
        return [
            replace(record, values={**record.values, "pdf": record.id.casefold() in having})
            if is_voucher(record)
            else record
            for record in records
        ]

    def attach(self, edit: Edit) -> Written:
        """Attach a PDF to a voucher; a later one takes its place.

        Raise `RecordRefused` for a file that PowerOffice does not take.
        """
        content = edit.file or b""
        if not 0 < len(content) <= LARGEST_PDF:
            raise _no_such_size(edit, len(content))
        body, content_type = encode_multipart_formdata(
            {"file": ("invoice.pdf", content, "application/pdf")}
        )
        answer = self._connection.write(
            "PUT",
            VOUCHER_DOCUMENTATION.path,
            body,
            content_type=content_type,
            repeatable=True,
            query=[("id", edit.id)],
        )
        if not is_success(answer):
            what = f"PDF of the voucher {edit.id}"
            raise write_error(answer, VOUCHER_DOCUMENTATION.writes, what)
        return Written(edit.id, record_of(edit.id, {"pdf": True}, None))

    def _body(self, voucher: Voucher, mark: str) -> dict[str, Any]:
        reference = voucher.payment_reference
        if len(reference) > LONGEST_KID:
            raise _kid_too_long(voucher)
        members = {
            "CustomerAccountId": self._customer_account(voucher),
            "InvoiceNo": voucher.number,
            "VoucherDate": voucher.date.isoformat(),
            "DueDate": voucher.due_date.isoformat(),
            "CurrencyCode": voucher.currency,
            "CurrencyAmount": exact(voucher.gross),
            "Cid": reference or None,
            "CustomerReference": voucher.customer_reference or None,
            "ExternalImportReference": mark,
            "VoucherLines": [self._line(line) for line in voucher.lines],
        }
        return {name: value for name, value in members.items() if value is not None}

    def _line(self, line: VoucherLine) -> dict[str, Any]:
        account, vat = self._accounts.to_post_on(line.vat)
        return {"AccountId": account, "VatId": vat, "CurrencyAmount": exact(line.gross)}

    def _customer_account(self, voucher: Voucher) -> int:
        dto = self._lists.one(CONTACTS[Kind.CUSTOMER], voucher.customer_id)
        account = dto.get("SubledgerAccountId") if dto else None
        if account is None:
            raise RecordRefused(
                f"PowerOffice has no ledger account for the customer of the invoice "
                f"{voucher.number}.",
                f"Customer {voucher.customer_id} is not there, or has no SubledgerAccountId.",
                "Bring the customer back in PowerOffice; the next pass tries again.",
            )
        return int(account)

    def _refusal(self, answer: Answer, voucher: Voucher, mark: str) -> TribePoError:
        problem = problem_of(answer)
        if answer.status == 404 and problem.gateway:
            return _too_old()
        told = f"{problem.title} {problem.detail}".casefold()
        unexplained = answer.status == 409 and not problem.detail
        if answer.status in (400, 409) and ("invoiceno" in told or unexplained):
            # The number may be taken by this very voucher, posted when its answer got lost.
            if self._marks.find(mark):
                return _posted_already(voucher)
            return _number_taken(voucher, problem.detail)
        what = f"voucher of the invoice {voucher.number}"
        return write_error(answer, VOUCHERS.writes, what, mark)


def is_voucher(record: Record) -> bool:
    """Whether it was posted as it is, instead of made from an order (poweroffice.md 11.6)."""
    return bool(record.values.get("issued")) and record.values.get("order_number") is None


def is_live(record: Record) -> bool:
    """Whether it is no voucher that was reversed."""
    return record.values.get("payment") != Payment.REVERSED.value


def _too_old() -> NotAllowed:
    return NotAllowed(
        "This PowerOffice does not take vouchers of invoices.",
        "It answered 404: it does not know the operation.",
        "Set TRIBE_PO_INVOICE_MODE to draft, book or send.",
    )


def _posted_already(voucher: Voucher) -> AlreadyExists:
    return AlreadyExists(
        f"PowerOffice already has the voucher of the invoice {voucher.number}.",
        "A voucher with this invoice's mark was found there.",
        "Nothing to do: the next pass links it.",
    )


def _number_taken(voucher: Voucher, detail: str) -> RecordRefused:
    return RecordRefused(
        f"PowerOffice cannot post the invoice {voucher.number} under its number.",
        f"It says: {detail or 'conflict'}",
        "See which invoice has that number in PowerOffice, and enter this one there by hand.",
    )


def _not_another(voucher: Voucher, earlier: Misposted) -> RecordRefused:
    return RecordRefused(
        f"The voucher of the invoice {voucher.number} is not posted.",
        earlier.reason,
        earlier.next_step,
    )


def _kid_too_long(voucher: Voucher) -> RecordRefused:
    return RecordRefused(
        f"PowerOffice cannot take the KID of the invoice {voucher.number}.",
        f"It has {len(voucher.payment_reference)} characters; {LONGEST_KID} is the most.",
        "Correct the payment reference in Tribe; the next pass tries again.",
    )


def _no_such_size(edit: Edit, size: int) -> RecordRefused:
    return RecordRefused(
        f"The PDF of the voucher {edit.id} cannot be attached in PowerOffice.",
        f"It has {size} bytes; PowerOffice takes up to {LARGEST_PDF}.",
        "Attach a smaller PDF in Tribe, or attach it in PowerOffice by hand.",
    )
