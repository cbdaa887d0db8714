"""Finding orders and invoices by the mark that they carry (poweroffice.md section 15 g)."""

from __future__ import annotations

import logging

from tribe_po.poweroffice.invoice_values import mark_of
from tribe_po.poweroffice.lists import (
    OUTGOING_INVOICES,
    REFUSED,
    SALES_ORDERS,
    Dto,
    Lists,
    Resource,
)
from tribe_po.poweroffice.refusals import MisunderstoodError
from tribe_po.transport.http import Query

# What a user sends is that user's, so that only orders can be narrowed to this integration's own.
_INSTEAD: dict[Resource, Query] = {
    SALES_ORDERS: [("onlyCreatedByCurrentIntegration", "true")],
    OUTGOING_INVOICES: [],
}

REFERENCES = "PowerOffice's references"
"""The key under which `Lists.learned` keeps that orders cannot be asked for by their mark."""

_log = logging.getLogger(__name__)


class Marks:
    """Looks up marks. An older server cannot be asked for one, and is read in whole."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def find(self, mark: str) -> list[str]:
        """The ids of the orders and invoices with a mark, each once. Orders are read first: one
        that is sent in between is found among the invoices."""
        found = [dto for where in _INSTEAD for dto in self._rows(where, mark)]
        return list(dict.fromkeys(str(dto["Id"]) for dto in found if mark_of(dto) == mark))

    def _rows(self, where: Resource, mark: str) -> tuple[Dto, ...]:
        if REFERENCES in self._lists.learned:
            return self._lists.read(where, _INSTEAD[where]).rows
        try:
            return self._lists.read(where, [("externalImportReferences", mark)]).rows
        except MisunderstoodError as error:
            if error.status != 400:
                raise
        rows = self._lists.read(where, _INSTEAD[where]).rows
        _log.info(
            "PowerOffice cannot be asked for a reference; going on with whole lists",
            extra={"id": "server.learned"},
        )
        self._lists.learned[REFERENCES] = REFUSED
        return rows
