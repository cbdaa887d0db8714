"""The operations on settings and look-up data (poweroffice.md sections 13.1-13.3 and 13.6)."""

from collections.abc import Callable
from decimal import Decimal

from flask import Response

from tribe_po.sandbox.poweroffice.errors import GatewayError, ProblemError, not_found
from tribe_po.sandbox.poweroffice.fields import Values
from tribe_po.sandbox.poweroffice.lists import (
    SERIES_FILTERS,
    Filter,
    boolean,
    boolean_is,
    cannot_cast,
    day,
    in_ranges,
    newer_than,
    one_of,
    one_of_kinds,
    without_effect,
)
from tribe_po.sandbox.poweroffice.routing import (
    Call,
    Route,
    json_response,
    page_response,
    pattern,
    reading,
)
from tribe_po.sandbox.poweroffice.tenant import PowerOfficeTenant

_AGRICULTURE = (
    "None",
    "Finance",
    "Farming",
    "Forestry",
    "FurAnimals",
    "OtherIndustries",
    "Private",
)
ACCOUNT_FILTERS = {
    "accountNos": Filter(in_ranges("AccountNo")),
    "agricultureDepartments": Filter(one_of_kinds("AgricultureDepartment", _AGRICULTURE)),
    "lastChangedDateTimeOffsetGreaterThan": Filter(newer_than("LastChangedDateTimeOffset")),
}
VAT_FILTERS = {
    "includeExpired": Filter(without_effect),
    "isActive": Filter(boolean_is("IsActive")),
}
CURRENCY_FILTERS = {
    "currencyCode": Filter(one_of("Code")),
    "isActive": Filter(boolean_is("IsActive")),
}
RATE_PARAMETERS = ("fromCurrency", "toCurrency", "asOnDate")
TERM_FILTERS: dict[str, Filter] = {}


def _payment_terms(call: Call) -> Response:
    rows = call.tenant.payment_terms()
    return page_response(call, rows, rows[0] if rows else (), TERM_FILTERS)


def _number_series(call: Call) -> Response:
    rows = [series.row() for series in call.tenant.books.number_series]
    return page_response(call, rows, rows[0] if rows else (), SERIES_FILTERS)


def _one_number_series(call: Call) -> Response:
    for series in call.tenant.books.number_series:
        if series.id == call.key.lower():
            return json_response(200, series.row())
    raise not_found("Sub ledger number series", call.key)


def _accounts(call: Call) -> Response:
    rows = call.tenant.books.settings.account_rows()
    return page_response(call, rows, rows[0] if rows else (), ACCOUNT_FILTERS)


def _one_of_rows(rows: Callable[[PowerOfficeTenant], list[Values]]) -> Callable[[Call], Response]:
    def answer(call: Call) -> Response:
        identifier = call.identifier()
        for row in rows(call.tenant):
            if row["Id"] == identifier:
                return json_response(200, row)
        raise not_found(call.resource, identifier)

    return answer


def _vat_codes(call: Call) -> Response:
    text = call.query.get("includeExpired", "false")
    rows = call.tenant.books.settings.vat_rows(
        call.tenant.clock.now().date(), include_expired=boolean("includeExpired", text)
    )
    return page_response(call, rows, rows[0] if rows else (), VAT_FILTERS)


def _currencies(call: Call) -> Response:
    rows = call.tenant.books.settings.currency_rows()
    return page_response(call, rows, rows[0] if rows else (), CURRENCY_FILTERS)


def _currency_rate(call: Call) -> Response:
    origin, target, text = (call.query[name] for name in RATE_PARAMETERS)
    rate = call.tenant.books.settings.rate(origin.upper(), target.upper())
    if "T" not in text:  # of all dates in parameters the one that has a time (13.6)
        raise cannot_cast("asOnDate", f"is not a date and time: '{text}'.")
    asked = min(day("asOnDate", text), call.tenant.clock.now().date())
    if not rate:
        raise ProblemError(400, "Currency rate validation error(s)", "Unknown currency.")
    return json_response(
        200,
        {
            "CurrencyCode": origin.upper(),
            "ExchangeBase": 1,
            "ExchangeRate": float(rate),
            "RateDate": asked.isoformat(),
            "ReverseExchangeRate": float(round(Decimal(1) / rate, 6)),
        },
    )


def _invoice_settings(call: Call) -> Response:
    if not call.tenant.switches.invoice_settings:
        raise GatewayError(404, "Resource not found")
    return json_response(200, call.tenant.books.settings.invoice_settings())


def _lock_date(call: Call) -> Response:
    return json_response(200, call.tenant.books.settings.lock_date_settings())


def _financial_settings(call: Call) -> Response:
    return json_response(200, call.tenant.books.settings.financial_settings())


def _client_information(call: Call) -> Response:
    tenant = call.tenant
    information: Values = {
        "ActiveClientSubscriptions": ["Accounting"],
        "ClientId": tenant.client_id,
        "ClientName": tenant.client_name,
        "InvalidPrivileges": sorted(tenant.invalid_privileges),
        "ValidPrivileges": sorted(tenant.privileges),
    }
    if tenant.books.edition_2026:
        information |= {
            "AllowSendInvoice": tenant.switches.allow_send_invoice,
            "AllowShowCustomerSSN": False,
            "AllowShowEmployeeSSN": False,
        }
    return json_response(200, dict(sorted(information.items())))


_SERVICES = reading("CommonServices")
_LEDGER = reading("GeneralLedgerAccount")

SETTINGS_ROUTES = (
    Route("GET", pattern("PaymentTerms"), "Payment term", _SERVICES, _payment_terms, lists=True),
    Route(
        "GET",
        pattern("PaymentTerms/{key}"),
        "Payment term",
        _SERVICES,
        _one_of_rows(lambda tenant: tenant.payment_terms()),
    ),
    Route(
        "GET",
        pattern("SubLedgerNumberSeries"),
        "Number series",
        _SERVICES,
        _number_series,
        SERIES_FILTERS,
        lists=True,
    ),
    Route(
        "GET",
        pattern("SubLedgerNumberSeries/{key}"),
        "Number series",
        _SERVICES,
        _one_number_series,
    ),
    Route(
        "GET",
        pattern("GeneralLedgerAccounts"),
        "General ledger account",
        _LEDGER,
        _accounts,
        ACCOUNT_FILTERS,
        lists=True,
    ),
    Route(
        "GET",
        pattern("GeneralLedgerAccounts/{key}"),
        "General ledger account",
        _LEDGER,
        _one_of_rows(lambda tenant: tenant.books.settings.account_rows()),
    ),
    Route("GET", pattern("VatCodes"), "Vat code", _SERVICES, _vat_codes, VAT_FILTERS, lists=True),
    Route(
        "GET",
        pattern("Currencies"),
        "Currency",
        _SERVICES,
        _currencies,
        CURRENCY_FILTERS,
        lists=True,
    ),
    Route(
        "GET",
        pattern("CurrencyRates"),
        "Currency rate",
        _SERVICES,
        _currency_rate,
        {name: Filter(without_effect) for name in RATE_PARAMETERS},
        required=frozenset(RATE_PARAMETERS),
    ),
    Route(
        "GET",
        pattern("InvoiceSettings"),
        "Invoice settings",
        _SERVICES,
        _invoice_settings,
        since_2026=True,
    ),
    Route("GET", pattern("LockDateSettings"), "Lock date settings", _SERVICES, _lock_date),
    Route(
        "GET", pattern("FinancialSettings"), "Financial settings", _SERVICES, _financial_settings
    ),
    Route(
        "GET", pattern("ClientIntegrationInformation"), "Client", frozenset(), _client_information
    ),
)
