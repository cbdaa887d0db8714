"""Filters, order, paging and field selection of list operations (poweroffice.md sections 4, 9)."""

import json
import re
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlencode

from tribe_po.sandbox.poweroffice.books import Books
from tribe_po.sandbox.poweroffice.errors import (
    INVALID_RESOURCE_PARAMETER,
    OBJECT_NOT_FOUND,
    UNABLE_TO_CAST,
    ProblemError,
)
from tribe_po.sandbox.poweroffice.fields import Role, Values
from tribe_po.sandbox.poweroffice.rules import missing_groups
from tribe_po.sandbox.poweroffice.stamps import canonical

MAXIMUM_PAGE_SIZE = 5000
PAGING = frozenset({"PageNumber", "PageSize", "Fields", "OrderBy", "UseDatabaseValidation"})

_UNSORTABLE = frozenset({"MailAddress", "ContactGroupIds", "Accrual", "VatBasisRatios"})
_RANGE = re.compile(r"(\d+)(?:(-)(\d*))?")

Predicate = Callable[[Values], bool]
FilterMaker = Callable[[Books, str, str], Predicate]
"""Makes a filter from the books, the parameter's name and its value."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that selects rows."""

    make: FilterMaker
    since_2026: bool = False


def cannot_cast(name: str, why: str) -> ProblemError:
    return ProblemError(400, UNABLE_TO_CAST, f"{name} {why}")


def parts_of(name: str, text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise cannot_cast(name, "contains an empty value.")
    return parts


def uuid_parameter(name: str, text: str) -> str:
    """Return a UUID in lower case. Raise ProblemError (400) if `text` is none."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise cannot_cast(name, f"is not a UUID: '{text}'.") from None


def newer_than(member: str) -> FilterMaker:
    def make(_books: Books, name: str, text: str) -> Predicate:
        try:
            floor = canonical(text)
        except ValueError:
            raise cannot_cast(name, f"is not a date and time: '{text}'.") from None
        return lambda row: row[member] is not None and bool(row[member] > floor)

    return make


def in_ranges(member: str) -> FilterMaker:
    def make(_books: Books, name: str, text: str) -> Predicate:
        ranges = [_range(name, part) for part in parts_of(name, text)]

        def matches(row: Values) -> bool:
            value = row[member]
            return value is not None and any(
                first <= value and (last is None or value <= last) for first, last in ranges
            )

        return matches

    return make


def _range(name: str, text: str) -> tuple[int, int | None]:
    found = _RANGE.fullmatch(text.replace(" ", ""))
    if found is None:
        raise cannot_cast(name, f"contains '{text}', which is no number or range of numbers.")
    first, dash, last = found.groups()
    if not dash:
        return int(first), int(first)
    return int(first), int(last) if last else None


def _exactly(member: str) -> FilterMaker:
    def make(_books: Books, _name: str, text: str) -> Predicate:
        return lambda row: bool(row[member] == text)

    return make


def one_of(member: str) -> FilterMaker:
    def make(_books: Books, name: str, text: str) -> Predicate:
        wanted = frozenset(parts_of(name, text))
        return lambda row: row[member] in wanted

    return make


def _groups(books: Books, name: str, text: str) -> set[int]:
    if not re.fullmatch(r"\s*\d+\s*(,\s*\d+\s*)*", text):
        raise cannot_cast(
            name,
            "contains negative numbers and/or range of numbers. '-' is not allowed, "
            "only comma ',' separated single positive numbers are allowed.",
        )
    wanted = {int(part) for part in text.split(",")}
    unknown = sorted(wanted - books.contact_groups)
    if unknown:
        raise ProblemError(404, OBJECT_NOT_FOUND, missing_groups(unknown))
    return wanted


def _in_groups(books: Books, name: str, text: str) -> Predicate:
    wanted = _groups(books, name, text)
    return lambda row: not wanted.isdisjoint(row["ContactGroupIds"] or ())


def contacts_in_groups(books: Books, name: str, text: str) -> Predicate:
    """Select rows by the groups of the customer that CustomerId names."""
    wanted, contacts = _groups(books, name, text), books.contacts
    return lambda row: (
        not wanted.isdisjoint(contacts[row["CustomerId"]].values["ContactGroupIds"] or ())
    )


def one_of_kinds(member: str, allowed: Collection[str]) -> FilterMaker:
    """Compare with a comma list of enumeration members; spelling counts."""

    def make(_books: Books, name: str, text: str) -> Predicate:
        wanted = frozenset(parts_of(name, text))
        if not wanted <= frozenset(allowed):
            raise cannot_cast(name, f"contains an unknown type: '{text}'.")
        return lambda row: row[member] in wanted

    return make


def boolean(name: str, text: str) -> bool:
    """Raise ProblemError (400) if `text` is neither true nor false."""
    if text.lower() not in ("true", "false"):
        raise cannot_cast(name, f"is not a boolean: '{text}'.")
    return text.lower() == "true"


def boolean_is(member: str) -> FilterMaker:
    def make(_books: Books, name: str, text: str) -> Predicate:
        wanted = boolean(name, text)
        return lambda row: row[member] is wanted

    return make


def only_if(holds: Predicate) -> FilterMaker:
    """Select with `holds` where the parameter is true, and nothing where it is false."""

    def make(_books: Books, name: str, text: str) -> Predicate:
        return holds if boolean(name, text) else lambda _row: True

    return make


def day(name: str, text: str) -> date:
    """Return the calendar date of a parameter, whose time and offset do not count (section 5).

    Raise ProblemError (400) if it is no date.
    """
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise cannot_cast(name, f"is not a date: '{text}'.") from None


def from_day(member: str) -> FilterMaker:
    def make(_books: Books, name: str, text: str) -> Predicate:
        first = day(name, text).isoformat()
        return lambda row: bool(row[member] >= first)

    return make


def to_day(member: str) -> FilterMaker:
    def make(_books: Books, name: str, text: str) -> Predicate:
        last = day(name, text).isoformat()
        return lambda row: bool(row[member] <= last)

    return make


def without_effect(_books: Books, _name: str, _text: str) -> Predicate:
    """Accept a parameter that selects no rows by itself."""
    return lambda _row: True


def dimension_codes(member: str) -> FilterMaker:
    """Compare with a comma list of codes, of which -1 means none."""

    def make(_books: Books, name: str, text: str) -> Predicate:
        wanted = {None if part == "-1" else part for part in parts_of(name, text)}
        return lambda row: row[member] in wanted

    return make


DIMENSION_FILTERS: dict[str, Filter] = {
    "departmentCodes": Filter(dimension_codes("DepartmentCode")),
    "includeSubProject": Filter(only_if(lambda _row: True)),
    "projectCodes": Filter(dimension_codes("ProjectCode")),
}
CURRENT_INTEGRATION = Filter(only_if(lambda row: bool(row["IsCreatedByCurrentIntegration"])))


def contact_filters(role: Role) -> dict[str, Filter]:
    """Return the filters of /Customers or /Suppliers by parameter."""
    kind = role.lower()
    return {
        "contactGroupIds": Filter(_in_groups),
        f"{kind}CreatedDateTimeOffsetGreaterThan": Filter(
            newer_than(f"{role}CreatedDateTimeOffset")
        ),
        f"{kind}Nos": Filter(in_ranges("Number")),
        "externalImportReference": Filter(_exactly("ExternalImportReference")),
        "externalNos": Filter(in_ranges("ExternalNumber")),
        "lastChangedDateTimeOffsetGreaterThan": Filter(newer_than("LastChangedDateTimeOffset")),
        "organizationNumbers": Filter(one_of("OrganizationNumber"), since_2026=True),
        "phoneNumbers": Filter(one_of("PhoneNumber"), since_2026=True),
        "emailAddresses": Filter(one_of("EmailAddress"), since_2026=True),
    }


SERIES_FILTERS = {
    "generalLedgerAccountNos": Filter(in_ranges("GeneralLedgerAccountNo")),
    "isDefault": Filter(boolean_is("IsDefault")),
    "subLedgerNumberSeriesType": Filter(
        one_of_kinds("SubLedgerNumberSeriesType", ("Customer", "Supplier", "Employee"))
    ),
}


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page, and the number of the next one (None on the last)."""

    rows: Sequence[Values]
    next_number: int | None


def select(
    books: Books,
    rows: Sequence[Values],
    members: Collection[str],
    filters: Mapping[str, Filter],
    query: Mapping[str, str],
) -> Page:
    """Return the page of `rows` that `query` asks for.

    Without OrderBy the order is not documented; here it is the newest object first, so that no
    client comes to rely on an order it did not ask for. Raise ProblemError: 400 for a value that
    cannot be parsed, 404 for a filter that names an object which does not exist.
    """
    predicates = [
        each.make(books, name, query[name]) for name, each in filters.items() if name in query
    ]
    number, size = _page_bounds(query)
    size = min(size, books.switches.page_cap or size)
    chosen = _chosen_members(query.get("Fields"), members)
    order = _order(query.get("OrderBy"), members)
    found = [row for row in reversed(rows) if all(holds(row) for holds in predicates)]
    for member, descending in reversed(order):
        found.sort(key=_sort_key(member), reverse=descending)
    page = found[(number - 1) * size : number * size]
    if chosen is not None:
        page = [{name: row[name] for name in chosen} for row in page]
    return Page(page, number + 1 if number * size < len(found) else None)


def _page_bounds(query: Mapping[str, str]) -> tuple[int, int]:
    number = _positive("PageNumber", query.get("PageNumber", "1"))
    size = _positive("PageSize", query.get("PageSize", str(MAXIMUM_PAGE_SIZE)))
    if size > MAXIMUM_PAGE_SIZE:
        raise ProblemError(
            400,
            INVALID_RESOURCE_PARAMETER,
            f"PageSize is not allowed to be larger than MaxPageSize ({MAXIMUM_PAGE_SIZE}).",
        )
    if query.get("UseDatabaseValidation", "false").lower() not in ("true", "false"):
        raise _malformed("UseDatabaseValidation")
    return number, size


def _positive(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < 1:
        raise _malformed(name)
    return int(text)


def _chosen_members(text: str | None, members: Collection[str]) -> list[str] | None:
    if text is None:
        return None
    wanted = [_member(part, members) for part in text.split(",")]
    if None in wanted:
        raise _malformed("Fields")
    return [name for name in members if name in wanted]


def _order(text: str | None, members: Collection[str]) -> list[tuple[str, bool]]:
    if text is None:
        return []
    order: list[tuple[str, bool]] = []
    for part in text.split(","):
        words = part.split()
        name = _member(words[0], members) if words else None
        direction = words[1].lower() if len(words) > 1 else "asc"
        if (
            name is None
            or name in _UNSORTABLE
            or len(words) > 2
            or direction not in ("asc", "desc")
        ):
            raise _malformed("OrderBy")
        order.append((str(name), direction == "desc"))
    return order


def _member(text: str, members: Collection[str]) -> str | None:
    lowered = text.strip().lower()
    return next((name for name in members if name.lower() == lowered), None)


def _sort_key(member: str) -> Callable[[Values], tuple[bool, object]]:
    def key(row: Values) -> tuple[bool, object]:
        value = row[member]
        if isinstance(value, str):
            value = value.casefold()
        return value is not None, value if value is not None else 0

    return key


def _malformed(name: str) -> ProblemError:
    return ProblemError(
        400,
        INVALID_RESOURCE_PARAMETER,
        f"{name} property in resourceParameter is not formatted correct.",
    )


def pagination_header(path: str, query: Mapping[str, str], next_number: int) -> str:
    """Return the value of X-Pagination. The link names a host that only the gateway can reach."""
    following = urlencode(dict(query) | {"PageNumber": str(next_number)}, quote_via=quote)
    return json.dumps({"nextPageLink": f"https://internal-gateway.example{path}?{following}"})
