"""Whether a single value may stand in a member (poweroffice.md sections 6, 7, 9 and 14)."""

import datetime
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import cache

import pycountry
from stdnum.no import fodselsnummer

from tribe_po.sandbox.poweroffice_errors import ProblemError
from tribe_po.sandbox.poweroffice_fields import ADDRESS_FIELDS, Field, Type, Values

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+")
_INT32 = 2**31
_INT64 = 2**63

INVOICE_DELIVERY = frozenset(
    {"PdfByEmail", "Print", "EHF", "AvtaleGiro", "External", "Efaktura", "Factoring"}
)
REMINDER_DELIVERY = frozenset({"PdfByEmail", "Print"})


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


def _is_list_of_integers(value: object) -> bool:
    return isinstance(value, list) and all(is_integer(each) for each in value)


def _is_address(value: object) -> bool:
    return isinstance(value, dict) and all(
        name in ADDRESS_FIELDS and (part is None or allows(ADDRESS_FIELDS[name], part))
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
    Type.NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    Type.DATE: _parses(lambda text: datetime.datetime.strptime(text, "%Y-%m-%d")),  # noqa: DTZ007
    Type.STAMP: _parses(datetime.datetime.fromisoformat),
    Type.UUID: _parses(uuid.UUID),
    Type.INVOICE_DELIVERY: lambda value: value in INVOICE_DELIVERY,
    Type.REMINDER_DELIVERY: lambda value: value in REMINDER_DELIVERY,
    Type.ADDRESS: _is_address,
}


def allows(field: Field, value: object) -> bool:
    """Tell whether `value`, not None, has the field's type."""
    try:
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
