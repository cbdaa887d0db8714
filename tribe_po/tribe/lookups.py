"""The rows that a product refers to: its group, its unit, its VAT group."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from decimal import Decimal

from tribe_po.errors import RecordRefused
from tribe_po.records import Value
from tribe_po.tribe.countries import alpha_2_of
from tribe_po.tribe.entity import Entity, amount, identifier, linked, read, text
from tribe_po.tribe.errors import printable
from tribe_po.tribe.metadata import PRODUCT_GROUP, UNIT, VAT_GROUP
from tribe_po.tribe.product_shape import lookup_selection
from tribe_po.tribe.reading import Reader
from tribe_po.tribe.units import Units
from tribe_po.values import UNMAPPED, clean

_HOME = "NO"
_LISTED = 12


class Lookups:
    """Finds the ID of a row by what a record says. Each set is read once, when first needed.

    `default_group` is the name of the group for products whose own one Tribe does not have.
    """

    def __init__(self, reader: Reader, units: Units, default_group: str | None) -> None:
        self._reader = reader
        self._units = units
        self._default_group = default_group
        self._rows: dict[str, list[Entity]] = {}
        self._lock = threading.Lock()

    def group(self, name: Value) -> str:
        """The ID of the product group with a name or code. Raises `RecordRefused`."""
        groups = self._read(PRODUCT_GROUP)
        return _first(_called(groups, name)) or self._no_group(name, groups)

    def group_of_new(self, name: Value) -> str:
        """The ID of the group for a new product: its own, else the default one, else the only one.
        Raises `RecordRefused`."""
        groups = self._read(PRODUCT_GROUP)
        found = _first(_called(groups, name)) or _first(_called(groups, self._default_group))
        return found or _only(groups) or self._no_group(name, groups)

    def unit(self, code: Value) -> str:
        """The ID of the first unit that stands for a code of PowerOffice's. Raises
        `RecordRefused`."""
        wanted, units = str(code or ""), self._read(UNIT)
        for unit in units:
            meaning = self._units.meaning(unit) or UNMAPPED
            if meaning.casefold() == wanted.casefold():
                return identifier(unit)
        what = f"Tribe has no unit that stands for {printable(wanted)}"
        why = f"its units are {_listed(units, _code)}"
        raise RecordRefused(what, why, f"let one stand for it: TRIBE_PO_UNITS=unit={wanted}")

    def unit_of_new(self, code: Value) -> str:
        """The ID of the unit for a new product: its own, or where it has none Tribe's default one,
        else the only one. Raises `RecordRefused`."""
        if code is not None:
            return self.unit(code)
        units = self._read(UNIT)
        found = _first(unit for unit in units if _is_default(unit)) or _only(units)
        if found:
            return found
        what, why = "the product has no unit", f"Tribe's units are {_listed(units, _code)}"
        raise RecordRefused(what, why, "give it a unit in PowerOffice")

    def vat(self, percentage: Value) -> str:
        """The ID of the VAT group with a per cent, rather Norway's or the default one when several
        have it. Raises `RecordRefused`."""
        groups = self._read(VAT_GROUP)
        wanted = amount(percentage)
        found = [row for row in groups if wanted is not None and _percentage(row) == wanted]
        if found:
            return identifier(max(found, key=lambda row: (_is_norwegian(row), _is_default(row))))
        known = sorted({per_cent for row in groups if (per_cent := _percentage(row)) is not None})
        why = f"its VAT groups have {', '.join(map(shown, known)) or 'no per cent at all'}"
        if wanted is None:
            what = "the product has no VAT per cent, which Tribe asks for"
            raise RecordRefused(what, why, "give it a sales account with VAT in PowerOffice")
        what = f"Tribe has no VAT group of {shown(wanted)}"
        raise RecordRefused(what, why, "add one in Tribe, or correct the account in PowerOffice")

    def _read(self, entity_set: str) -> list[Entity]:
        with self._lock:
            if entity_set not in self._rows:
                selection = lookup_selection(self._reader.names, entity_set)
                self._rows[entity_set] = self._reader.rows(selection)
            return self._rows[entity_set]

    def _no_group(self, name: Value, groups: list[Entity]) -> str:
        named = f"no product group {printable(str(name))}" if name else "no group for the product"
        why = f"its product groups are {_listed(groups, lambda row: text(read(row, 'Name')))}"
        next_step = "add it in Tribe, or set TRIBE_PO_PRODUCT_GROUP for new products"
        raise RecordRefused(f"Tribe has {named}", why, next_step)


def shown(percentage: Decimal) -> str:
    """A VAT rate as people write it: 25 %, 12.5 %."""
    return f"{percentage.normalize():f} %"


def _called(rows: Iterable[Entity], name: Value) -> Iterable[Entity]:
    """The rows with a name or code: by capitals and all first, then without regard to them."""
    wanted = clean(name)
    if wanted is None:
        return []
    called = [
        (text(read(row, property_name)), row) for property_name in ("Name", "Code") for row in rows
    ]
    exact = [row for found, row in called if found == wanted]
    return exact + [row for found, row in called if found.casefold() == wanted.casefold()]


def _first(rows: Iterable[Entity]) -> str:
    return identifier(next(iter(rows), None))


def _only(rows: list[Entity]) -> str:
    return identifier(rows[0]) if len(rows) == 1 else ""


def _code(row: Entity) -> str:
    return text(read(row, "Code")) or text(read(row, "Name"))


def _percentage(row: Entity) -> Decimal | None:
    return amount(read(row, "Percentage"))


def _is_norwegian(row: Entity) -> bool:
    return alpha_2_of(linked(row, "Country")) == _HOME


def _is_default(row: Entity) -> bool:
    return read(row, "IsDefault") is True


def _listed(rows: list[Entity], name: Callable[[Entity], str]) -> str:
    names = [printable(name(row)) for row in rows]
    return ", ".join(names[:_LISTED] + ["…"] * (len(names) > _LISTED)) or "none"
