"""What a value means: when two are the same to a bookkeeper, and why one cannot be written.

The field table names these functions. Those that make values comparable give a normal form, None
where nothing is left; those that say why a value cannot be written to a system, known before asking
it, give None where it can.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from sys import intern

from tribe_po.records import Address, System, Value

MISSING = "a name is required"
INCOMPLETE_ADDRESS = "PowerOffice requires a postal code and a city in an address"
LONGEST_CODE = 100
UNFIT_CODE = "PowerOffice takes a code of at most 100 characters, and cannot find one with a comma"
UNMAPPED = "?"
"""What begins the name of a unit that is not PowerOffice's and not mapped to one of them."""
UNKNOWN_UNIT = "the unit {} stands for none of PowerOffice's; name it in TRIBE_PO_UNITS"


def clean(value: object) -> str | None:
    """Give text without surrounding or doubled white space; None where nothing is left.

    Both systems hand out empty strings for "nothing", and Tribe's computed names carry stray
    newlines (tribe.md section 5.2).
    """
    if value is None:
        return None
    text = value if type(value) is str else str(value)
    return intern(" ".join(text.split())) or None


def text(value: Value) -> Value:
    """White space does not tell two texts apart."""
    return clean(value)


def folded(value: Value) -> Value:
    """Nor do capitals."""
    cleaned = clean(value)
    return cleaned.casefold() if cleaned else None


def number(value: Value) -> Value:
    """Leading zeros count only where letters stand beside them (tribe.md section 6.1)."""
    cleaned = clean(value)
    return (cleaned.lstrip("0") or "0") if cleaned and cleaned.isdigit() else cleaned


def organization_number(value: Value) -> Value:
    """A Norwegian one is the same in every way it is written."""
    from stdnum.no import orgnr

    written = folded(value)
    if not isinstance(written, str):
        return None
    bare = re.sub(r"^no|mva$|[\s.]", "", written)
    return str(orgnr.compact(bare)) if orgnr.is_valid(bare) else written


def phone(value: Value) -> Value:
    """A Norwegian number is the same with and without its country code."""
    written = folded(value)
    if not isinstance(written, str):
        return None
    digits = re.sub(r"^00(?=\d{7})", "+", re.sub(r"[\s().\-/]", "", written))
    return re.sub(r"^\+47(?=\d{8}$)", "", digits)


def website(value: Value) -> Value:
    """The same with and without its scheme."""
    written = folded(value)
    if not isinstance(written, str):
        return None
    return re.sub(r"^https?://", "", written).rstrip("/") or None


def address(value: Value) -> Value:
    """White space and capitals do not tell two addresses apart; a missing country is Norway."""
    if not isinstance(value, Address):
        return None
    parts = {
        part: "".join(getattr(value, part).split()).casefold()
        for part in ("line1", "line2", "postal_code", "city")
    }
    country = value.country.strip().upper() or "NO"
    return Address(**parts, country=country) if any(parts.values()) else None


def days(value: Value) -> Value:
    """A whole number, however it is written."""
    return None if value is None or isinstance(value, Address) else int(value)


def amount(value: Value) -> Value:
    """Four decimals: a net price worked out from a gross one has more than two."""
    if not isinstance(value, int | Decimal):
        return None
    return Decimal(value).quantize(Decimal("0.0001"), ROUND_HALF_UP, Context(prec=40))


def total(value: Value) -> Value:
    """Nothing settled is settled by nothing."""
    return amount(value) or Decimal(0)


def flag(value: Value) -> Value:
    """What is not told is not so."""
    return bool(value)


def always_fits(value: Value, target: System) -> str | None:  # noqa: ARG001
    """Any value can be written."""
    return None


def needs_a_value(value: Value, target: System) -> str | None:  # noqa: ARG001
    """Neither system takes a record without it."""
    return MISSING if clean(value) is None else None


def needs_postal_code_and_city(value: Value, target: System) -> str | None:
    """PowerOffice takes no address without both (poweroffice.md section 9.1)."""
    if target is not System.POWEROFFICE or not isinstance(value, Address):
        return None
    return None if value.postal_code and value.city else INCOMPLETE_ADDRESS


def fits_as_code(value: Value, target: System) -> str | None:
    """PowerOffice is asked for products by a list of codes with commas between them."""
    code = str(value or "")
    unfit = target is System.POWEROFFICE and ("," in code or len(code) > LONGEST_CODE)
    return UNFIT_CODE if unfit else None


def is_mapped(value: Value, target: System) -> str | None:
    """PowerOffice has a fixed list of units."""
    unit = str(value or "")
    unknown = target is System.POWEROFFICE and unit.startswith(UNMAPPED)
    return UNKNOWN_UNIT.format(unit.removeprefix(UNMAPPED)) if unknown else None
