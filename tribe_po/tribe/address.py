"""Tribe's addresses, which keep street, house number and its suffix apart."""

from __future__ import annotations

import re

from tribe_po.records import Address
from tribe_po.tribe.entity import Entity, read, text
from tribe_po.values import clean

Parts = dict[str, str | int | None]
"""The written form: Tribe's property names and JSON values."""

# Seven digits are no house number, and what begins with a nought is none either.
_NUMBERED = re.compile(r"(?P<street>.+) (?P<number>[1-9][0-9]{0,5}) ?(?P<suffix>[^\W\d_]{0,3})")
_BOX = re.compile(r"(?:(?:post|p\.? ?o\.? ?)?(?:boks|box)|p\.? ?b)\b", re.IGNORECASE)
_PROPERTIES = ("Street", "HouseNumber", "HouseNumberSuffix", "Extra", "Postalcode", "City")


def split(line: str) -> tuple[str, int | None, str]:
    """Give street, house number and suffix of a street line.

    The whole line is the street where the parts would not give the same line back (but for white
    space), and where the last number is none of a house: a post office box, a range.
    """
    line = " ".join(line.split())
    found = _NUMBERED.fullmatch(line)
    if found is None or _BOX.match(line):
        return line, None, ""
    street, house_number, suffix = found.groups()
    # Not so in ranges such as "Gate 12 - 14", which stay whole.
    named = street[-1].isalpha() or street.endswith(".")
    if not named or (suffix and not suffix.isalpha()):
        return line, None, ""
    return street, int(house_number), suffix


def joined(street: str, house_number: str, suffix: str) -> str:
    """Give the street line of the three parts."""
    return " ".join(" ".join((street, house_number, suffix)).split())


def address_of(entity: Entity, country: str) -> Address | None:
    """Give the envelope form of a Tribe address; None where nothing but a country is in it."""
    street, house_number, suffix, extra, postal_code, city = [
        text(read(entity, name)) for name in _PROPERTIES
    ]
    line = joined(street, house_number, suffix)
    if line or extra or postal_code or city:
        return Address(line, extra, postal_code, city, country)
    return None


def parts_of(address: Address, previous: Address | None = None) -> Parts:
    """Give the properties to write, by the names of tribe.md section 7; country not included.

    With `previous`, only those that differ from it. Empty parts are null, which clears them.
    """
    parts: Parts = {}
    if previous is None or previous.line1 != address.line1:
        street, house_number, suffix = split(address.line1)
        parts["Street"] = clean(street)
        parts["HouseNumber"] = house_number
        parts["HouseNumberSuffix"] = clean(suffix)
    for name, part in (("Extra", "line2"), ("Postalcode", "postal_code"), ("City", "city")):
        value = getattr(address, part)
        if previous is None or getattr(previous, part) != value:
            parts[name] = clean(value)
    return parts
