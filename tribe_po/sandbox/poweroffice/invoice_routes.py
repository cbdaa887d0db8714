"""The operations on invoices, ledgers and vouchers (poweroffice.md 11.5, 11.6, 12.1, 13.6)."""

from datetime import date

import flask
from flask import Response

from tribe_po.sandbox.poweroffice.books import Books
from tribe_po.sandbox.poweroffice.dtos import (
    CREDIT_NOTE_VOUCHER,
    CUSTOMER_BALANCE,
    INVOICE,
    INVOICE_LINE,
    INVOICE_VOUCHER,
    LEDGER_ENTRY,
    VOUCHER_TYPES,
    Dto,
)
from tribe_po.sandbox.poweroffice.errors import OBJECT_NOT_FOUND, ProblemError
from tribe_po.sandbox.poweroffice.fields import Values
from tribe_po.sandbox.poweroffice.lists import (
    CURRENT_INTEGRATION,
    DIMENSION_FILTERS,
    Filter,
    Predicate,
    boolean,
    cannot_cast,
    contacts_in_groups,
    day,
    from_day,
    in_ranges,
    newer_than,
    one_of,
    one_of_kinds,
    only_if,
    parts_of,
    to_day,
    uuid_parameter,
    without_effect,
)
from tribe_po.sandbox.poweroffice.routing import (
    Call,
    Route,
    empty_response,
    json_response,
    page_response,
    pattern,
    reading,
    writing,
)


def _uuids(name: str, text: str) -> set[str]:
    return {uuid_parameter(name, part) for part in parts_of(name, text)}


def _refuse_missing(books: Books, what: str, missing: set[str]) -> None:
    """Internal ids that name nothing are refused (section 4), unless switched off."""
    if missing and books.switches.missing_ids_are_refused:
        listed = ", ".join(sorted(missing))
        raise ProblemError(404, OBJECT_NOT_FOUND, f"Could not find {what} with id = {listed}.")


def _invoice_ids(books: Books, name: str, text: str) -> Predicate:
    wanted = _uuids(name, text)
    _refuse_missing(books, "invoice(s)", wanted - books.invoices.keys())
    return lambda row: row["Id"] in wanted


def _voucher_ids(_books: Books, name: str, text: str) -> Predicate:
    wanted = _uuids(name, text)
    return lambda row: row["VoucherId"] in wanted


def _customer_ids(books: Books, name: str, text: str) -> Predicate:
    parts = parts_of(name, text)
    if not all(part.isdecimal() for part in parts):
        raise cannot_cast(name, f"contains '{text}', which is no list of numbers.")
    wanted = {int(part) for part in parts}
    _refuse_missing(books, "customer(s)", {str(each) for each in wanted - books.contacts.keys()})
    return lambda row: row["CustomerId"] in wanted


def _series_ids(books: Books, name: str, text: str) -> Predicate:
    wanted = _uuids(name, text)
    chosen = [series for series in books.number_series if series.id in wanted]
    _refuse_missing(books, "number series", wanted - {series.id for series in chosen})
    return lambda row: any(
        series.first <= row["CustomerAccountNo"] <= series.last for series in chosen
    )


INVOICE_FILTERS = DIMENSION_FILTERS | {
    "balanceLastChangedDateTimeOffsetGreaterThan": Filter(
        newer_than("BalanceLastChangedDateTimeOffset")
    ),
    "customerNos": Filter(in_ranges("CustomerNo")),
    "customMatchingReferences": Filter(one_of("CustomMatchingReference")),
    "externalImportReferences": Filter(one_of("ExternalImportReference"), since_2026=True),
    "fromDate": Filter(from_day("VoucherDate")),
    "importedOrderNos": Filter(in_ranges("ImportedOrderNo"), since_2026=True),
    "invoiceIds": Filter(_invoice_ids),
    "invoiceNos": Filter(in_ranges("InvoiceNo")),
    "onlyCreatedByCurrentIntegration": CURRENT_INTEGRATION,
    "onlyUnpaidInvoices": Filter(only_if(lambda row: row["Balance"] != 0)),
    "orderNos": Filter(in_ranges("OrderNo"), since_2026=True),
    "sentDateTimeOffsetGreaterThan": Filter(newer_than("SentDateTimeOffset")),
    "toDate": Filter(to_day("VoucherDate")),
    "voucherNos": Filter(in_ranges("VoucherNo")),
}
_BALANCE_FILTERS = {
    "contactGroupIds": Filter(contacts_in_groups),
    "subLedgerNumberSeriesIds": Filter(_series_ids),
}
_ENTRY_FILTERS = (
    DIMENSION_FILTERS
    | _BALANCE_FILTERS
    | {
        "createdDateTimeOffsetGreaterThan": Filter(newer_than("CreatedDateTimeOffset")),
        "customerNos": Filter(in_ranges("CustomerAccountNo")),
        "customMatchingReferences": Filter(one_of("CustomMatchingReference")),
        "externalNos": Filter(in_ranges("CustomerExternalNo")),
        "invoiceNos": Filter(one_of("InvoiceNo")),
        "lastChangedDateTimeOffsetGreaterThan": Filter(newer_than("LastChangedDateTimeOffset")),
        "onlyBalancesLessThanAmount": Filter(
            only_if(lambda row: abs(row["Balance"]) < abs(row["Amount"]))
        ),
        "onlyCreatedByCurrentIntegration": CURRENT_INTEGRATION,
        "voucherTypes": Filter(one_of_kinds("VoucherType", VOUCHER_TYPES)),
    }
)
STATEMENT_FILTERS = _ENTRY_FILTERS | {
    "fromDate": Filter(from_day("PostingDate")),
    "toDate": Filter(to_day("PostingDate")),
}
OPEN_ITEM_FILTERS = _ENTRY_FILTERS | {"date": Filter(without_effect)}
BALANCE_FILTERS = _BALANCE_FILTERS | {
    "customerIds": Filter(_customer_ids, since_2026=True),
    "customerNos": Filter(in_ranges("CustomerAccountNo"), since_2026=True),
    "date": Filter(without_effect),
    "includeOnlyOpenItems": Filter(without_effect),
}
DOCUMENTATION_FILTERS = {
    "id": Filter(_voucher_ids),
    "voucherNo": Filter(in_ranges("VoucherNo")),
}


def _past(call: Call, name: str) -> date | None:
    """Return the day of a parameter if it is before today; later ones mean now (section 5)."""
    asked = day(name, call.query[name])
    return asked if asked < call.tenant.clock.now().date() else None


def _invoices(call: Call) -> Response:
    return page_response(call, call.tenant.invoice_desk.rows(), INVOICE, INVOICE_FILTERS)


def _invoice(call: Call) -> Response:
    desk = call.tenant.invoice_desk
    return json_response(200, desk.row(desk.find(call.uuid())))


def _invoice_lines(call: Call) -> Response:
    lines = call.tenant.invoice_desk.find(call.uuid()).lines
    return page_response(call, lines, INVOICE_LINE, {})


def _statement(call: Call) -> Response:
    rows = call.tenant.ledger_desk.rows(_past(call, "toDate"))
    return page_response(call, rows, LEDGER_ENTRY, STATEMENT_FILTERS)


def _open_items(call: Call) -> Response:
    rows = call.tenant.ledger_desk.rows(_past(call, "date"), only_open=True)
    return page_response(call, rows, LEDGER_ENTRY, OPEN_ITEM_FILTERS)


def _balances(call: Call) -> Response:
    text = call.query.get("includeOnlyOpenItems", "false")
    rows = call.tenant.ledger_desk.balance_rows(
        _past(call, "date"), only_open=boolean("includeOnlyOpenItems", text)
    )
    return page_response(call, rows, CUSTOMER_BALANCE, BALANCE_FILTERS)


def _by_match(call: Call) -> Response:
    text = call.query["matchId"]
    if not text.isdecimal():
        raise cannot_cast("matchId", f"is no number: '{text}'.")
    rows = call.tenant.ledger_desk.group_rows(int(text))
    if rows is None:
        raise ProblemError(404, OBJECT_NOT_FOUND, f"Match with id = {text} not found.")
    return page_response(call, rows, LEDGER_ENTRY, {})


def _journal_routes(path: str, dto: Dto, *, get_since_2026: bool) -> list[Route]:
    def post(call: Call) -> Response:
        return json_response(201, call.tenant.voucher_desk.post(dto, call.body()))

    def get(call: Call) -> Response:
        return json_response(200, call.tenant.voucher_desk.row(dto, call.uuid()))

    many, one = pattern(f"Vouchers/{path}"), pattern(f"Vouchers/{path}/{{key}}")
    privileges = writing("OutgoingInvoiceVoucher")
    return [
        Route("POST", many, dto.resource, privileges, post, since_2026=True),
        Route("GET", one, dto.resource, privileges, get, since_2026=get_since_2026),
    ]


def _reverse(call: Call) -> Response:
    return json_response(200, call.tenant.voucher_desk.reverse(call.uuid()))


def _documentation(call: Call) -> Response:
    rows: list[Values] = call.tenant.voucher_desk.documentation_rows()
    return page_response(call, rows, rows[0] if rows else (), DOCUMENTATION_FILTERS)


def _put_documentation(call: Call) -> Response:
    file = flask.request.files.get("file")
    voucher_id = uuid_parameter("id", call.query["id"])
    call.tenant.voucher_desk.document(voucher_id, file.read() if file else None)
    return empty_response(202)


_INVOICES, _LEDGER = reading("OutgoingInvoice"), reading("CustomerLedger")
_DOCUMENTATION = "VoucherDocumentation"
_ENTRY = "Customer ledger entry"

INVOICE_ROUTES = (
    Route(
        "GET",
        pattern("OutgoingInvoices"),
        "Outgoing invoice",
        _INVOICES,
        _invoices,
        INVOICE_FILTERS,
        lists=True,
    ),
    Route("GET", pattern("OutgoingInvoices/{key}"), "Outgoing invoice", _INVOICES, _invoice),
    Route(
        "GET",
        pattern("OutgoingInvoices/{key}/Lines"),
        "Outgoing invoice",
        _INVOICES,
        _invoice_lines,
        lists=True,
    ),
    Route(
        "GET",
        pattern("Customerledger/Statement"),
        _ENTRY,
        _LEDGER,
        _statement,
        STATEMENT_FILTERS,
        lists=True,
        required=frozenset({"fromDate", "toDate"}),
    ),
    Route(
        "GET",
        pattern("Customerledger/OpenItems"),
        _ENTRY,
        _LEDGER,
        _open_items,
        OPEN_ITEM_FILTERS,
        lists=True,
        required=frozenset({"date"}),
    ),
    Route(
        "GET",
        pattern("Customerledger/CustomerBalances"),
        _ENTRY,
        _LEDGER,
        _balances,
        BALANCE_FILTERS,
        lists=True,
        required=frozenset({"date"}),
    ),
    Route(
        "GET",
        pattern("Customerledger/EntriesByMatchId"),
        _ENTRY,
        _LEDGER,
        _by_match,
        {"matchId": Filter(without_effect)},
        lists=True,
        required=frozenset({"matchId"}),
    ),
    *_journal_routes("OutgoingInvoiceJournals", INVOICE_VOUCHER, get_since_2026=False),
    *_journal_routes("OutgoingCreditNoteJournals", CREDIT_NOTE_VOUCHER, get_since_2026=True),
    Route(
        "POST", pattern("Vouchers/Reverse/{key}"), "Voucher", writing("ReverseVoucher"), _reverse
    ),
    Route(
        "GET",
        pattern(_DOCUMENTATION),
        "Voucher documentation",
        reading(_DOCUMENTATION),
        _documentation,
        DOCUMENTATION_FILTERS,
        lists=True,
    ),
    Route(
        "PUT",
        pattern(_DOCUMENTATION),
        "Voucher documentation",
        writing(_DOCUMENTATION),
        _put_documentation,
        {"id": Filter(without_effect)},
        required=frozenset({"id"}),
    ),
)
