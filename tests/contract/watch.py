"""Holds exchanges against both contracts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.contract import poweroffice, tribe
from tests.contract.deviations import DEVIATIONS
from tests.contract.document import Document
from tests.contract.exchanges import Exchange

BY_HAND = ("tests/sandbox/", "tests/contract/", "tests/dialects/test_spoken.py")
"""Tests of the sandbox itself, which ask wrongly in order to be refused."""

_SHOWN = 300


@dataclass(slots=True)
class Watch:
    """What is wrong with exchanges, each thing said once. Without a document nothing is said of
    PowerOffice's."""

    document: Document | None
    _said: set[str] = field(default_factory=set)

    @classmethod
    def with_document(cls, path: Path | None) -> Watch:
        return cls(None if path is None else Document.load(path))

    def complaints(self, exchanges: Iterable[Exchange], test: str) -> list[str]:
        """Return what contradicts the contracts and is no deviation, as lines to read."""
        by_hand = test.startswith(BY_HAND)
        found = (line for each in exchanges for line in self._lines(each, by_hand))
        new = list(dict.fromkeys(line for line in found if line not in self._said))
        self._said.update(new)
        return new

    def _lines(self, exchange: Exchange, by_hand: bool) -> Iterable[str]:
        if exchange.system == "tribe":
            said = tribe.faults(exchange, by_hand=by_hand)
        elif self.document is not None:
            said = poweroffice.faults(self.document, exchange, by_hand=by_hand)
        else:
            return
        operation = f"{exchange.method} {exchange.path}"
        url = f"{operation}?{exchange.query}" if exchange.query else operation
        for fault in said:
            if not any(one.covers(operation, fault, exchange) for one in DEVIATIONS):
                yield f"{exchange.system} {url}: {fault[:_SHOWN]}"
