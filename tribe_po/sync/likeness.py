"""What two records have in common besides their number: it links nothing by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from tribe_po.fields import normal_of
from tribe_po.records import Address, Record

Key = tuple[str, ...]


def by_field(name: str) -> Callable[[Record], Key | None]:
    """What gives the normal form of one field, None where there is nothing in it."""

    def key(record: Record) -> Key | None:
        value = normal_of(record.kind, record.form, name, record.values)
        return None if value is None else (str(value),)

    return key


def by_name_and_postal_code(record: Record) -> Key | None:
    """The name and the postal code, whatever the case; None without a postal code."""
    address = record.values.get("address")
    if not isinstance(address, Address) or not address.postal_code:
        return None
    return record.label.casefold(), "".join(address.postal_code.split())


def by_name(record: Record) -> Key | None:
    """The name, whatever the case and the spaces in it."""
    return (" ".join(record.label.split()).casefold(),)


_organization_number = by_field("organization_number")


def look_alike(ours: Sequence[Record], theirs: Sequence[Record]) -> Iterator[tuple[Record, str]]:
    """Records without a counterpart that look like one on the other side, and why: to create them
    there might double them.

    They have the same organisation number, or, where one of them has none, the same name and
    postal code. Of a relation that is no customer or supplier yet, a prospect say, the name is
    enough. A number that differs proves nothing: somebody may just have changed it. A record that
    is linked is no counterpart, so that the branches of a chain, which share an organisation
    number, do not stand in each other's way.
    """
    yield from _like(ours, theirs)
    yield from _like(theirs, ours)


def _like(records: Iterable[Record], others: Iterable[Record]) -> Iterator[tuple[Record, str]]:
    others = list(others)
    by_organization = _grouped(others, _organization_number)
    by_place = _grouped(others, by_name_and_postal_code)
    without_role = _grouped((one for one in others if one.role_missing), by_name)
    for record in records:
        organization = _organization_number(record)
        same = by_organization[organization] if organization else []
        why = f"organisation number {organization[0]}" if organization else ""
        weaker = (
            ("name and postal code", by_place, by_name_and_postal_code(record)),
            ("name", without_role, by_name(record)),
        )
        for what, groups, key in weaker:
            if not same and key is not None:
                why = what
                same = [
                    one for one in groups[key] if not (organization and _organization_number(one))
                ]
        inactive = record.values.get("inactive")
        other = next((one for one in same if not (inactive and one.values.get("inactive"))), None)
        if other is not None:
            is_none = f" and is no {other.kind}" if other.role_missing else ""
            yield record, f"{other.label} in {other.system.title} has the same {why}{is_none}"


def _grouped(
    records: Iterable[Record], key_of: Callable[[Record], Key | None]
) -> defaultdict[Key, list[Record]]:
    groups: defaultdict[Key, list[Record]] = defaultdict(list)
    for record in records:
        key = key_of(record)
        if key is not None:
            groups[key].append(record)
    return groups
