"""What a person has looked at and leaves as it is: not told again while it stays the same.

Only about telling. Whether an order is booked, and what is written, never asks here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tribe_po.records import Link, System, Values

_PARKED = "parked:"


def fingerprint(*trees: Values) -> str:
    """A digest of what was seen of a record. While it is the same, trying again is in vain."""
    seen = [sorted((name, repr(value)) for name, value in tree.items()) for tree in trees]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def still_to_tell(link: Link, target: System, held: Mapping[str, str]) -> dict[str, str]:
    """What is held back from one side, by field and in words, without what was acknowledged."""
    if not link.acknowledged:
        return dict(held)
    return {
        name: why
        for name, why in held.items()
        if _difference(link, target, name) not in link.acknowledged
    }


def is_parking_to_tell(link: Link) -> bool:
    """Whether a link is parked, and nobody has acknowledged that."""
    return link.parked is not None and _parking(link) not in link.acknowledged


def with_differences(link: Link, target: System, names: Iterable[str]) -> Link:
    """The link with some fields that are held back from one side acknowledged as they are now."""
    return _with(link, [_difference(link, target, name) for name in names])


def with_parking(link: Link) -> Link:
    """The link with its parking acknowledged."""
    return _with(link, [_parking(link)])


def unparked(link: Link) -> Link:
    """The link in use again. Once it is parked anew, that is told anew."""
    kept = tuple(one for one in link.acknowledged if not one.startswith(_PARKED))
    return replace(link, parked=None, acknowledged=kept)


def _with(link: Link, marks: Iterable[str]) -> Link:
    return replace(link, acknowledged=tuple(sorted({*link.acknowledged, *marks})))


def _difference(link: Link, target: System, name: str) -> str:
    """Changes with the value on either side, and with nothing else about the record."""
    values = {system.value: link.seen_in(system).get(name) for system in System}
    return f"{target}:{name}:{fingerprint(values)}"


def _parking(link: Link) -> str:
    """Changes with the reason, and with the content of an invoice."""
    content = link.seen_in(System.TRIBE).get("content")
    return f"{_PARKED}{fingerprint({'why': link.parked, 'content': content})}"
