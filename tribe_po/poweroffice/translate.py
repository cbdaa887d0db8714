"""Between PowerOffice's records and the plain ones, by the field table.

A private person who is a supplier is shown as an organisation with the person's name, since Tribe
has suppliers of that form only (tribe.md section 6.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from tribe_po.fields import Field, Owner, fields_of
from tribe_po.poweroffice.lists import Dto
from tribe_po.records import Address, Form, Kind, Record, System, Value
from tribe_po.sides import Creation
from tribe_po.values import clean

MARK_PREFIX = "tribe:"
"""What the references begin with that this tool leaves; any other is somebody else's."""

_ADDRESS_MEMBERS: Mapping[str, str] = {
    "line1": "AddressLine1",
    "line2": "AddressLine2",
    "postal_code": "ZipCode",
    "city": "City",
    "country": "CountryCode",
}


def record_from(kind: Kind, dto: Dto) -> Record:
    """Read a customer or supplier. Every field of its kind and form is there, None where empty;
    a record without a usable name is still one."""
    form = Form.PERSON if is_person(dto) and kind is Kind.CUSTOMER else Form.ORGANIZATION
    values = {name: read(dto.get(member)) for name, member, read in _members(kind, form)}
    if is_person(dto) and form is Form.ORGANIZATION:
        values["name"] = _full_name(dto) or values["name"]
    identity = str(dto["Id"])
    return Record(kind, System.POWEROFFICE, identity, identity, form, values, _mark(dto))


def is_person(dto: Dto) -> bool:
    """Whether the contact is a private person, in whichever role."""
    return bool(dto.get("IsPerson"))


def _full_name(dto: Dto) -> str | None:
    return clean(f"{dto.get('FirstName') or ''} {dto.get('LastName') or ''}")


def _mark(dto: Dto) -> str | None:
    reference = clean(dto.get("ExternalImportReference"))
    return reference if reference and reference.startswith(MARK_PREFIX) else None


def _address(value: Any) -> Value:
    if not isinstance(value, Mapping):
        return None
    parts = [clean(value.get(name)) or "" for name in _ADDRESS_MEMBERS.values()]
    line1, line2, postal_code, city, country = parts
    return Address(line1, line2, postal_code, city, country.upper()) if any(parts[:-1]) else None


def _days(value: Any) -> Value:
    return None if value is None else int(value)


_READERS: Mapping[str, Callable[[Any], Value]] = {
    "address": _address,
    "payment_days": _days,
    "inactive": bool,
}


@cache
def _members(kind: Kind, form: Form) -> tuple[tuple[str, str, Callable[[Any], Value]], ...]:
    """Each field's name, the member that it is read from, and how."""
    return tuple(
        (row.name, row.poweroffice, _READERS.get(row.name, clean)) for row in fields_of(kind, form)
    )


def member_of(row: Field) -> str:
    """The member that the field is written to."""
    return row.poweroffice_written or row.poweroffice


def plain_value(row: Field, value: Value) -> Value:
    """A value as it is written: an amount without the digits that do not count."""
    return row.normal(value) if isinstance(value, Decimal) else value


def address_members(address: Address) -> dict[str, str]:
    """The parts of an address by PowerOffice's names. A missing country is Norway, as PowerOffice
    itself takes it (poweroffice.md section 9.1); other empty parts stay empty."""
    parts = {name: getattr(address, part) for part, name in _ADDRESS_MEMBERS.items()}
    return {**parts, "CountryCode": address.country.upper() or "NO"}


def new_dto(creation: Creation, payment_term_id: int | None) -> dict[str, Any]:
    """The body that creates a record: what has a value, the mark, and no number, so that
    PowerOffice assigns the next free one (poweroffice.md section 9.1)."""
    dto: dict[str, Any] = {
        "IsPerson": creation.form is Form.PERSON,
        "ExternalImportReference": creation.mark,
    }
    for row in fields_of(creation.kind, creation.form):
        value = creation.values.get(row.name)
        written = payment_term_id if row.name == "payment_days" else _written(value)
        if row.owner is not Owner.POWEROFFICE and written is not None:
            dto[member_of(row)] = written
    return dto


def _written(value: Value) -> object:
    """A value for a new record; None where it is to be left out.

    PowerOffice refuses an address without postal code and city, and a new record is active anyway.
    """
    if isinstance(value, Address):
        complete = value.postal_code and value.city
        members = {name: part for name, part in address_members(value).items() if part}
        return members if complete else None
    return None if value is False else value


def split_name(name: str, before: Dto) -> tuple[str, str]:
    """Split a person's full name into first and last name, either of which may come out empty.

    A part that stayed as it was `before` tells where the border is; else it is the last space.
    """
    first, last = clean(before.get("FirstName")) or "", clean(before.get("LastName")) or ""
    if first and name.startswith(f"{first} "):
        return first, name.removeprefix(f"{first} ")
    if last and name.endswith(f" {last}"):
        return name.removesuffix(f" {last}"), last
    head, _, tail = name.rpartition(" ")
    return head, tail
