"""Which of PowerOffice's units a unit in Tribe stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tribe_po.settings.units import CODES
from tribe_po.tribe.entity import Entity, read, text
from tribe_po.values import UNMAPPED


class Units:
    """The meaning of units by the settings' map: Tribe's code or name to PowerOffice's code,
    whatever the capitals. A unit that has one of PowerOffice's codes stands for itself, unless the
    map says otherwise."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        own = {code.casefold(): code for code in CODES}
        self._meanings = own | {unit.casefold(): code for unit, code in mapping.items()}

    def meaning(self, unit: Entity | None) -> str | None:
        """PowerOffice's code; after `UNMAPPED` the unit's own name where it stands for none; None
        where there is no unit."""
        names = list(_names(unit)) if unit is not None else []
        found = (self._meanings.get(name.casefold()) for name in names)
        meaning = next((code for code in found if code), None)
        return meaning or (f"{UNMAPPED}{names[0]}" if names else None)


def _names(unit: Entity) -> Iterable[str]:
    names: Iterator[str] = (text(read(unit, name)) for name in ("Code", "Name", "ID"))
    return (name for name in names if name)
