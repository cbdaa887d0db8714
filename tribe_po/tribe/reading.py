"""Reading collections from Tribe: page by page, in whatever dialect the server speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from tribe_po.transport.http import Answer, Connection
from tribe_po.tribe.entity import Entity, identifier, read
from tribe_po.tribe.errors import not_readable, printable, senseless
from tribe_po.tribe.metadata import ROOT, Names
from tribe_po.tribe.query import Selection

T = TypeVar("T")

PAGE = 100
"""Rows to ask for: the most that is known to work (tribe.md section 4.5)."""

ORDER = "order"
"""The key under which `Reader.learned` keeps the sort order that the server takes."""

_ORDERS = ("CreationDate asc,ID asc", "CreationDate asc")

_MOST_READS = 30
"""How often a set is read whose rows change places between one page and the next: because nothing
says how they are ordered, or because one came in between."""

_MOST_SAME_PAGES = 8
"""How often the same page may come in a row before the server is taken to know no pages."""

Query = list[tuple[str, str]]


class Reader:
    """Reads sets. Remembers what the server takes, and the time of its first answer.

    `learned` may come from an earlier process, and is written to.
    """

    def __init__(self, connection: Connection, names: Names, learned: dict[str, str]) -> None:
        self._connection = connection
        self.names = names
        self.learned = learned
        self.first_answer: datetime | None = None
        self._whole: set[Selection] = set()

    def rows(
        self, selection: Selection, condition: str = "", *, enough: int | None = None
    ) -> list[Entity]:
        """All records that meet a `$filter`, each once, as they were last seen."""
        return self.rows_as(_itself, selection, condition, enough=enough)

    def rows_as(
        self,
        of: Callable[[Entity], T],
        selection: Selection,
        condition: str = "",
        *,
        enough: int | None = None,
    ) -> list[T]:
        """All records that meet a `$filter`, each as what is made of it: that is much smaller.

        `enough` stops the reading when that many have come: for a query whose answer is known to
        have no more. Raises `QueryRefused` when the server takes no form of the query, `NotAllowed`
        when the set cannot be read, `Temporary` when an answer makes no sense.
        """
        found: dict[str, T] = {}
        for _ in range(_MOST_READS):
            received = self._read_into(found, of, selection, condition, enough)
            # Without ID in the order, rows of one second may change places between two pages; with
            # it, one that is created in that second may push another to the next page. One that
            # came twice then stands for one that did not come.
            if len(found) >= received:
                return list(found.values())
        path = f"{ROOT}/{selection.entity_set}"
        raise senseless(path, f"{received} rows never showed more than {len(found)} records")

    def _read_into(
        self,
        found: dict[str, T],
        of: Callable[[Entity], T],
        selection: Selection,
        condition: str,
        enough: int | None,
    ) -> int:
        """Read all pages once. Gives how many rows came, or 0 where `enough` records did."""
        path = f"{ROOT}/{selection.entity_set}"
        answer, query = self._first_page(path, selection, condition)
        received, same = 0, 1
        previous: list[str] = []
        while page := _rows_in(body := _body(answer), path):
            identifiers = [identifier(row) for row in page]
            same = same + 1 if identifiers == previous else 1
            if same > _MOST_SAME_PAGES:
                raise senseless(path, f"the same page came {same} times")
            found.update(zip(identifiers, map(of, page), strict=True))
            previous = identifiers
            received += len(page)
            if enough is not None and len(found) >= enough:
                return 0
            following = _next_link(body, path, selection.entity_set) or (
                path,
                [*query, ("$skip", str(received))],
            )
            answer = self._checked(self._get(*following), selection.entity_set)
        return received

    def _first_page(self, path: str, selection: Selection, condition: str) -> tuple[Answer, Query]:
        """Ask for the first page, leaving out of the query what the server refuses."""
        answer = None
        for order, whole in self._dialects(selection):
            query = [("$filter", condition)] if condition else []
            query += [*selection.options(whole=whole), ("$orderby", order), ("$top", str(PAGE))]
            answer = self._get(path, query)
            if answer.status != HTTPStatus.BAD_REQUEST:
                if order != _ORDERS[0]:
                    self.learned[ORDER] = order
                elif ORDER in self.learned:
                    del self.learned[ORDER]
                if whole:
                    self._whole.add(selection)
                return self._checked(answer, selection.entity_set), query
        assert answer is not None
        raise not_readable(answer, selection.entity_set)

    def _dialects(self, selection: Selection) -> Iterator[tuple[str, bool]]:
        learned = self.learned.get(ORDER)
        # What was taken once comes first; the other one is left should it not be any more.
        orders = sorted(_ORDERS, key=lambda order: order != learned)
        for whole in (True,) if selection in self._whole else (False, True):
            for order in orders:
                yield order, whole

    def _get(self, path: str, query: Query) -> Answer:
        answer = self._connection.get(path, query)
        if self.first_answer is None:
            self.first_answer = answer.server_time
        return answer

    @staticmethod
    def _checked(answer: Answer, entity_set: str) -> Answer:
        if answer.status != HTTPStatus.OK:
            raise not_readable(answer, entity_set)
        return answer


def _itself(row: Entity) -> Entity:
    return row


def _next_link(body: dict[str, Any], asked: str, entity_set: str) -> tuple[str, Query] | None:
    """Where the server says that the next page is, as a path and query of this connection.

    Only those two are taken from the link: its host may be a proxy's inner one, and the token goes
    nowhere but to the host of the settings.
    """
    link = body.get("@odata.nextLink")
    if not link:
        return None
    target = urlsplit(str(link))
    path = unquote(target.path)
    if not f"/{path}".endswith((f"{ROOT}/{entity_set}", f"/{entity_set}")):
        raise senseless(asked, f"its next page is elsewhere: {printable(path)}")
    # A plus stays one: Tribe does not read it as a space (tribe.md section 4.4).
    pairs = (part.partition("=") for part in target.query.split("&") if part)
    return f"{ROOT}/{entity_set}", [(unquote(name), unquote(value)) for name, _, value in pairs]


def _body(answer: Answer) -> dict[str, Any]:
    body = answer.json()
    return body if isinstance(body, dict) else {}


def _rows_in(body: dict[str, Any], path: str) -> list[Entity]:
    """The rows of a page. Raises `Temporary` when there is no list: that must not look empty."""
    rows = read(body, "value")
    if not isinstance(rows, list) or not all(isinstance(r, dict) and identifier(r) for r in rows):
        raise senseless(path, "there is no list of records in it")
    return rows
