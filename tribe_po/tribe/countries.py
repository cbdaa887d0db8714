"""The tenant's countries, whose codes come in no documented format (tribe.md section 8)."""

from __future__ import annotations

from functools import cache
from threading import Lock

from tribe_po.errors import NotAllowed
from tribe_po.tribe.entity import Entity, identifier, read, text
from tribe_po.tribe.metadata import COUNTRY, Names
from tribe_po.tribe.query import Selection
from tribe_po.tribe.reading import Reader

_ALPHA_2 = 2
# The two codes with which the European Union departs from ISO 3166.
_EUROPEAN = {"UK": "GB", "EL": "GR"}


def country_selection(names: Names) -> Selection:
    """What tells which country a row is."""
    return Selection(COUNTRY, names.known_of(COUNTRY, ("ID", "Code", "Name", "LocalizedName")))


def alpha_2_of(country: Entity | None) -> str:
    """Give the ISO 3166-1 alpha-2 code of a row, empty where it cannot be told."""
    if country is None:
        return ""
    code = text(read(country, "Code"))
    if len(code) == _ALPHA_2 and code.isascii() and code.isalpha():
        return _EUROPEAN.get(code.upper(), code.upper())
    return _found_in(code, *(text(read(country, name)) for name in ("Name", "LocalizedName")))


@cache
def _found_in(*names: str) -> str:
    return next((found for found in map(_looked_up, names) if found), "")


def _looked_up(name: str) -> str:
    import pycountry  # reads a large file; most tenants use two letters

    try:
        return str(pycountry.countries.lookup(name).alpha_2) if name else ""
    except LookupError:
        return ""


class Countries:
    """The tenant's rows by code, read when the first one is written."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._ids: dict[str, str] | None = None
        self._one_reads = Lock()

    def link(self, alpha_2: str) -> dict[str, str] | None:
        """The object that links an address to a country; None where the tenant lacks it, or the
        keys do not allow to read the countries: an address without a country is better than
        none."""
        with self._one_reads:  # several records are written at once, and all need the first one
            if self._ids is None:
                self._ids = self._load()
        found = self._ids.get(alpha_2.upper())
        return {"ID": found} if found else None

    def _load(self) -> dict[str, str]:
        try:
            rows = self._reader.rows(country_selection(self._reader.names))
        except NotAllowed:
            return {}
        return {code: identifier(row) for row in rows if (code := alpha_2_of(row))}
