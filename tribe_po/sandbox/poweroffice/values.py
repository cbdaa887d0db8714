"""Whether a single value may stand in a member (poweroffice.md sections 6, 7, 9 and 14)."""

import datetime
import math
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import cache

import pycountry
from stdnum.no import fodselsnummer

from tribe_po.sandbox.poweroffice.errors import ProblemError
from tribe_po.sandbox.poweroffice.fields import ADDRESS_FIELDS, Field, Type, Values, words

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_INT32 = 2**31
_INT64 = 2**63

INVOICE_DELIVERY = frozenset(
    {"PdfByEmail", "Print", "EHF", "AvtaleGiro", "External", "Efaktura", "Factoring"}
)
REMINDER_DELIVERY = frozenset({"PdfByEmail", "Print"})

ENUMERATIONS: dict[Type, frozenset[str]] = {
    Type.INVOICE_DELIVERY: INVOICE_DELIVERY,
    Type.REMINDER_DELIVERY: REMINDER_DELIVERY,
    Type.PRODUCT_TYPE: frozenset({"Product", "Service"}),
    Type.ORDER_STATUS: frozenset({"Draft", "Confirmed"}),
    Type.LINE_TYPE: frozenset({"Normal", "Text", "Summary", "InvoiceFee", "TotalHours"}),
    Type.SEND_DELIVERY: frozenset(
        {"Auto", "PdfByEmail", "PdfPrintForDownload", "EHF", "Efaktura", "AvtaleGiro"}
    ),
    Type.AGRICULTURE: frozenset(
        {"None", "Finance", "Farming", "Forestry", "FurAnimals", "OtherIndustries", "Private"}
    ),
    Type.VAT_RETURN: frozenset(
        {
            "None",
            "Adjustment",
            "LossesOnClaims",
            "ReversalOfInputValueAddedTax",
            "Withdrawals",
            "AdjustmentVatCompensationRealProperty",
            "PurchasesEligibleForCompensation",
        }
    ),
    Type.UNIT: frozenset(
        words(
            """BX MTR KMT KGM EA LTR HUR DAY MTK MTQ TNE MON ANN QAN NL XRO XBA XPL XPC PR XCI XBG
            SET XTY
    XOF FTK KWH MWH LBR CMT DMT LM XPK GRM HGM XFL XBE E54 MMT DAA H18 MLT HLT DLT AK XCR
    E14 MJ J57 XJG XCT XSA XTU WEE XCA XCN NAR M4 XVQ P1 MFU KMK LM3 FOT FM3 E34 E35"""
        )
    ),
}

ACCRUAL_FIELDS: dict[str, Type] = {
    "BalanceAccountAgricultureDepartment": Type.AGRICULTURE,
    "BalanceAccountId": Type.INT64,
    "BalanceAccountNo": Type.INT64,
    "FromDate": Type.DATE,
    "IsActive": Type.BOOLEAN,
    "ResultAccountAgricultureDepartment": Type.AGRICULTURE,
    "ResultAccountId": Type.INT64,
    "ResultAccountNo": Type.INT64,
    "ToDate": Type.DATE,
}


def is_email(value: object) -> bool:
    """Tell whether `value` is one e-mail address by syntax."""
    return isinstance(value, str) and _EMAIL.fullmatch(value) is not None


def is_integer(value: object, bound: int = _INT64) -> bool:
    return type(value) is int and -bound <= value < bound


@cache
def _currencies() -> frozenset[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


@cache
def _countries() -> frozenset[str]:
    return frozenset(country.alpha_2 for country in pycountry.countries)


def _parses(parse: Callable[[str], object]) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        if not isinstance(value, str):
            return False
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return check


_is_date = _parses(datetime.date.fromisoformat)


def _is_list_of_integers(value: object) -> bool:
    return isinstance(value, list) and all(is_integer(each) for each in value)


def _is_address(value: object) -> bool:
    return isinstance(value, dict) and all(
        name in ADDRESS_FIELDS and (part is None or allows(ADDRESS_FIELDS[name], part))
        for name, part in value.items()
    )


def _is_accrual(value: object) -> bool:
    return isinstance(value, dict) and all(
        name in ACCRUAL_FIELDS
        and (part is None or allows(Field(name, ACCRUAL_FIELDS[name], "RCU"), part))
        for name, part in value.items()
    )


_CHECKS: dict[Type, Callable[[object], bool]] = {
    Type.TEXT: lambda value: isinstance(value, str),
    Type.EMAIL: is_email,
    Type.CURRENCY: lambda value: value in _currencies(),
    Type.COUNTRY: lambda value: value == "" or value in _countries(),
    Type.NATIONAL_ID: lambda value: isinstance(value, str) and fodselsnummer.is_valid(value),
    Type.DIGITS: lambda value: isinstance(value, str) and re.fullmatch(r"\d+", value) is not None,
    Type.BOOLEAN: lambda value: isinstance(value, bool),
    Type.INT32: lambda value: is_integer(value, _INT32),
    Type.INT64: is_integer,
    Type.INT64_LIST: _is_list_of_integers,
    Type.NUMBER: lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    ),
    Type.DATE: lambda value: _DATE.fullmatch(str(value)) is not None and _is_date(value),
    Type.STAMP: _parses(datetime.datetime.fromisoformat),
    Type.UUID: _parses(uuid.UUID),
    Type.ADDRESS: _is_address,
    Type.ACCRUAL: _is_accrual,
    Type.OBJECTS: lambda value: (
        isinstance(value, list) and all(isinstance(each, dict) for each in value)
    ),
}


def allows(field: Field, value: object) -> bool:
    """Tell whether `value`, not None, has the field's type."""
    try:
        if field.type in ENUMERATIONS:
            return value in ENUMERATIONS[field.type]
        return _CHECKS[field.type](value)
    except TypeError:  # an unhashable value for an enumeration
        return False


def check_lengths(title: str, fields: Mapping[str, Field], values: Values) -> None:
    """Raise ProblemError for the first text that is longer than its field allows."""
    for name, value in values.items():
        limit = fields[name].length if name in fields else None
        if limit is not None and isinstance(value, str) and len(value) > limit:
            raise ProblemError(
                400, title, f"{name} is too long: {len(value)} characters, maximum is {limit}."
            )


def completed(fields: Iterable[Field], values: Mapping[str, object]) -> Values:
    """Return a value for each field: the given one, or else (also for None) its default."""
    given = ((field, values.get(field.name)) for field in fields)
    return {field.name: field.default if value is None else value for field, value in given}
