"""Writing single entities to Tribe, by whichever verb the server takes for an update."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from tribe_po.errors import RecordRefused, Temporary
from tribe_po.transport.http import Answer, Connection
from tribe_po.tribe.entity import identifier
from tribe_po.tribe.errors import not_writable, still_listed
from tribe_po.tribe.metadata import ROOT
from tribe_po.tribe.query import Selection, is_guid
from tribe_po.tribe.reading import Reader

UPDATE = "update"
"""The key under which `learned` keeps that POST updates, for PUT does not."""

ROUTE = "put to "
"""What begins the key under which `learned` keeps that PUT has updated something in a set: its 404
there is about the record. The set's name follows."""

POST = "POST"
PUT = "PUT"

_NO_SUCH_ROUTE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)
_KEY_IN_URL = re.compile(r"\('?([^()']+)'?\)/?\s*$")


class Writer:
    """Writes to sets. Remembers in `reader.learned` whether PUT updates or only POST does."""

    def __init__(self, connection: Connection, reader: Reader) -> None:
        self._connection = connection
        self._reader = reader

    def post(self, entity_set: str, body: Mapping[str, Any]) -> Answer:
        """Send a body once. Raises `LostAnswer` when nobody knows whether it was done."""
        return self._connection.write(POST, f"{ROOT}/{entity_set}", body, repeatable=False)

    def update(self, entity_set: str, entity_id: str, body: Mapping[str, Any]) -> bool:
        """Change the properties in `body` and no others. False when there is no such record.

        Raises `RecordRefused` when Tribe does not accept it, `LostAnswer` when nobody knows whether
        a record that the body gives in full, an address, was made. All else may be done twice.
        """
        put = None
        by_post = self._reader.learned.get(UPDATE) == POST
        if not by_post:
            path = f"{ROOT}/{entity_set}({quote(entity_id, safe='-')})"
            put = self._connection.write(PUT, path, body, repeatable=not _makes_another(body))
            if done(put):
                self._reader.learned[ROUTE + entity_set] = PUT
                self._check_taken(put, entity_set, entity_id, body)
                return True
            if put.status not in _NO_SUCH_ROUTE:
                raise not_writable(put, entity_set)
            if put.status == HTTPStatus.NOT_FOUND and ROUTE + entity_set in self._reader.learned:
                if self._exists(entity_set, entity_id):
                    raise still_listed(put, entity_set)
                return False
        try:
            post = self._post(entity_set, entity_id, body, put)
        except RecordRefused:
            if not by_post:
                raise
            # It was POST once that worked. Now it may be PUT.
            self._reader.learned.pop(UPDATE, None)
            return self.update(entity_set, entity_id, body)
        if post is None:
            return False
        self._reader.learned[UPDATE] = POST
        self._reader.learned.pop(ROUTE + entity_set, None)
        self._check_taken(post, entity_set, entity_id, body)
        return True

    def update_by_post(self, entity_set: str, entity_id: str, body: Mapping[str, Any]) -> bool:
        """As `update`, by POST with the ID, whatever the server takes otherwise."""
        post = self._post(entity_set, entity_id, body, None)
        if post is not None:
            self._check_taken(post, entity_set, entity_id, body)
        return post is not None

    def _post(
        self, entity_set: str, entity_id: str, body: Mapping[str, Any], put: Answer | None
    ) -> Answer | None:
        """The answer, None when there is no such record. `put` is the refusal of a PUT of the same,
        which explains more."""
        # A POST could create the record anew (tribe.md section 4.2), and a 404 can mean the route
        # as well as the record.
        if not self._exists(entity_set, entity_id):
            return None
        post = self._connection.write(
            POST,
            f"{ROOT}/{entity_set}",
            {"ID": entity_id, **body},
            repeatable=not _makes_another(body),
        )
        if not done(post):
            raise not_writable(put if put is not None else post, entity_set)
        return post

    def _check_taken(
        self, answer: Answer, entity_set: str, entity_id: str, body: Mapping[str, Any]
    ) -> None:
        """Raise `RecordRefused` where a flag was accepted and not taken, as may be the case with
        `IsFormer` (tribe.md section 15, 18): the old one would look like a person's edit next
        time, and archive or revive the record on the other side. An answer that does not show the
        flags is no proof: then they are read back."""
        flags = {name: value for name, value in body.items() if isinstance(value, bool)}
        if not flags:
            return
        told = _folded(_entity_in(answer))
        if not all(name.casefold() in told for name in flags) and is_guid(entity_id):
            selection = Selection(entity_set, ("ID", *flags))
            rows = self._reader.rows(selection, f"ID eq {entity_id}", enough=1)
            told = _folded(rows[0]) if rows else {}
        ignored = [
            name
            for name, flag in flags.items()
            if bool(told.get(name.casefold(), flag)) is not flag
        ]
        if ignored:
            what = f"Tribe accepted a change of {entity_set} and did not make it"
            why = f"it still answers with the old {' and '.join(ignored)}"
            raise RecordRefused(what, why, "change it in Tribe by hand, or undo it in PowerOffice")

    def _exists(self, entity_set: str, entity_id: str) -> bool:
        selection = Selection(entity_set, ("ID",))
        return is_guid(entity_id) and bool(
            self._reader.rows(selection, f"ID eq {entity_id}", enough=1)
        )


def _makes_another(body: Mapping[str, Any]) -> bool:
    """Whether a record is given in full, which each request makes anew."""
    return any(isinstance(value, Mapping) and "ID" not in value for value in body.values())


def _entity_in(answer: Answer) -> dict[str, Any]:
    """The entity that a write answered with, empty where it came without one."""
    try:
        entity = answer.json()
    except Temporary:
        return {}
    return entity if isinstance(entity, dict) else {}


def _folded(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {name.casefold(): value for name, value in entity.items()}


def done(answer: Answer) -> bool:
    """Whether a write was accepted."""
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def created_id(answer: Answer) -> str:
    """The ID of what a POST made: in its body, else in its headers; empty where neither says.

    Raises `LostAnswer` when the body is cut short and the headers do not help.
    """
    for header in ("OData-EntityId", "Location"):
        found = _KEY_IN_URL.search(answer.headers.get(header, ""))
        if found:
            return found[1]
    body = answer.json()
    rows = body.get("value") if isinstance(body, dict) else None
    if isinstance(rows, list) and len(rows) == 1:
        body = rows[0]
    return identifier(body) if isinstance(body, dict) else ""
