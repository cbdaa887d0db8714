"""Values and names in words, safe to show: what a server sends cannot steer the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tribe_po.records import Kind, System, Value
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
    return printable(f"{shown.normalize():f}" if isinstance(shown, Decimal) else str(shown))


def grouped(number: int) -> str:
    """A number with its thousands set off: 12 000."""
    return f"{number:,}".replace(",", " ")


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 customer, 2 customers."""
    return f"{grouped(number)} {noun}" if number == 1 else f"{grouped(number)} {noun}s"


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
