"""Tribe's side of an exchange: its URL, read by a parser that neither tribe-po nor the sandbox
uses, against the sandbox's `$metadata`. The parser also compares types: no text for a GUID."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from odatapy.edm.model import Edm
from odatapy.edm.xml_io import XmlEdmProvider
from odatapy.errors import ODataException
from odatapy.server.uri.parser import Parser

from tests.contract.exchanges import Exchange

_ROOT = "/v1/odata/"


def faults(exchange: Exchange, *, by_hand: bool) -> Iterator[str]:
    """Say what is wrong with the URL. `by_hand` as for PowerOffice. A tenant without `$metadata`
    tells nobody its names: nothing is said of it."""
    root, path = exchange.path[: len(_ROOT)], exchange.path[len(_ROOT) :]
    if root != _ROOT or not exchange.metadata or (by_hand and exchange.refused):
        return
    try:
        # A plus is a plus in Tribe's URLs; the parser reads it as in a form.
        _parser(exchange.metadata).parse_uri(path, exchange.query.replace("+", "%2B"))
    except ODataException as error:
        yield f"request: {error}"


@cache
def _parser(metadata: bytes) -> Parser:
    return Parser(Edm(XmlEdmProvider(metadata)))
