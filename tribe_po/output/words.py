"""Values and names in words, safe to show: what a server sends cannot steer the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from tribe_po.fields import fields_of
from tribe_po.records import Form, Kind, System, Value
from tribe_po.sync.change import Action


def printable(text: str) -> str:
    """Give text with control characters shown by their code, so that none of them acts."""
    return "".join(
        character if character.isprintable() else f"\\x{ord(character):02x}" for character in text
    )


def printable_lines(texts: Iterable[str]) -> str:
    """Several texts, one a line."""
    return "\n".join(printable(text) for text in texts)


def value(shown: Value) -> str:
    """One field's value, as a table shows it. A dash is "nothing there"."""
    if shown is None:
        return "-"
    if isinstance(shown, bool):
        return "yes" if shown else "no"
    return printable(_amount(shown) if isinstance(shown, Decimal) else str(shown))


def _amount(shown: Decimal) -> str:
    """A whole number as such, anything else with at least two decimals: 99, 189.50, 12.345."""
    whole, point, fraction = f"{shown.normalize():f}".partition(".")
    return f"{whole}.{fraction:0<2}" if point else whole


_OF_RELATIONS = (Form.ORGANIZATION, Form.PERSON)
_FORMS = {Kind.PRODUCT: (Form.PRODUCT,), Kind.INVOICE: (Form.INVOICE,)}


def field(kind: Kind, name: str) -> str:
    """What people call a field of a kind of record; its own name where there is no such field."""
    rows = (row for form in _FORMS.get(kind, _OF_RELATIONS) for row in fields_of(kind, form))
    called = next((row.label for row in rows if row.name == name), name.replace("_", " "))
    return printable(called)


def money(amount: Decimal | None) -> str:
    """An amount with at least two decimals and its thousands set off: 1 234.50. A dash is none."""
    if amount is None:
        return "-"
    exponent = amount.normalize().as_tuple().exponent
    decimals = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{amount:,.{decimals}f}".replace(",", " ")


def indented(text: str) -> str:
    """A text of one or several lines, set in below what it belongs to."""
    return "\n".join(f"  {printable(line)}" for line in text.splitlines())


def grouped(number: int) -> str:
    """A number with its thousands set off: 12 000."""
    return f"{number:,}".replace(",", " ")


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 customer, 2 customers."""
    return f"{grouped(number)} {noun}" if number == 1 else f"{grouped(number)} {noun}s"


def moment(at: datetime) -> str:
    """A time as the clock on this machine's wall shows it: 2026-03-02 09:00."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def moment_or_dash(at: datetime | None) -> str:
    """A time, or a dash for none."""
    return "-" if at is None else moment(at)


def span(length: timedelta) -> str:
    """A length of time in its two largest units: 2 h 5 min."""
    left = max(int(length.total_seconds()), 0)
    parts: list[str] = []
    for unit, seconds in UNITS.items():
        number, left = divmod(left, seconds)
        if number or parts:
            parts.append(f"{number} {unit}" if number else "")
    return " ".join(filter(None, parts[:2])) or "0 s"


UNITS = {"d": 86_400, "h": 3600, "min": 60, "s": 1}

HEADINGS: dict[Action, str] = {
    Action.CREATE: "New in {system}",
    Action.ADD_ROLE: "Relations in {system} that become {kind}s",
    Action.LINK: "Found on both sides",
    Action.UPDATE: "Updates in {system}",
}


def heading(action: Action, kind: Kind, system: System, number: int) -> str:
    """The title of a table of changes of one action, kind and system."""
    title = HEADINGS[action].format(system=system.title, kind=kind)
    return f"{title}: {count(number, kind)}"
