"""What the tests of the Tribe client talk to: the sandbox, or answers written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from requests.structures import CaseInsensitiveDict

from tribe_po.records import Kind, Record, System
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.server import Sandbox
from tribe_po.sandbox.tribe.tenant import TribeTenant
from tribe_po.transport.http import Answer, Connection
from tribe_po.transport.pace import Unpaced
from tribe_po.transport.token import ClientCredentials, TokenCache
from tribe_po.tribe.client import Tribe
from tribe_po.tribe.metadata import Names

_ROOT = "/tribe/v1/odata/"


class Peer:
    """The sandbox's Tribe: its users, its log, its clock, and clients of it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    @property
    def tenant(self) -> TribeTenant:
        return self.sandbox.tribe

    def connection(self) -> Connection:
        settings = self.sandbox.environment()
        token = ClientCredentials(
            System.TRIBE,
            f"{settings['TRIBECRM_AUTH_URL']}/oauth2/token",
            form={
                "client_id": settings["TRIBECRM_CLIENT_ID"],
                "client_secret": settings["TRIBECRM_CLIENT_SECRET"],
            },
            cache=TokenCache(None, writable=False),
            pace=Unpaced(),
        )
        return Connection(
            System.TRIBE,
            settings["TRIBECRM_API_URL"],
            token=token,
            pace=Unpaced(),
            sleep=lambda _seconds: None,
        )

    def tribe(self, **options: Any) -> Tribe:
        return Tribe(self.connection(), **options)

    def answer_otherwise(self, **switches: Any) -> None:
        """Change what the tenant's dialect leaves open."""
        self.tenant.dialect = replace(self.tenant.dialect, **switches)

    def later(self, **step: float) -> datetime:
        assert isinstance(self.sandbox.clock, ManualClock)
        return self.sandbox.clock.advance(timedelta(**step))

    def forget(self) -> None:
        self.sandbox.requests.clear()

    def asked(self) -> list[str]:
        """Method and resource of each request since `forget`, those for tokens aside."""
        return [
            f"{request.method} {request.path.removeprefix(_ROOT)}"
            for request in self.sandbox.requests.all("tribe")
            if not request.asks_for_token
        ]

    def queries(self) -> list[str]:
        """The decoded query of each GET since `forget`."""
        reads = (r for r in self.sandbox.requests.all("tribe") if r.method == "GET")
        return [unquote(request.query) for request in reads]

    def bodies(self) -> list[Any]:
        """The body of each write since `forget`."""
        return [json.loads(request.body) for request in self.sandbox.requests.writes("tribe")]


def one(tribe: Tribe, kind: Kind, role_id: str) -> Record:
    """The record with an ID, which must be there."""
    (record,) = tribe.get(kind, [role_id])
    return record


class Scripted(Connection):
    """A connection whose answers a test writes: `answer(method, path, query, body)`."""

    def __init__(self, answer: Callable[[str, str, dict[str, str], Any], Answer]) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Answer:
        return self._say("GET", path, dict(query), None)

    def write(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        content_type: str = "application/json",
        repeatable: bool = False,
        query: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        return self._say(method, path, dict(query), body)

    def _say(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        self.asked.append((method, path, query, body))
        return self._answer(method, path, query, body)


def answer(
    body: Any = "", status: int = 200, headers: Mapping[str, str] | None = None, path: str = "/x"
) -> Answer:
    """An answer with a JSON body, or with a text as it is."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, CaseInsensitiveDict(headers or {}), text, path)


def scripted_tribe(
    said: Callable[[str, str, dict[str, str], Any], Answer], **options: Any
) -> tuple[Tribe, Scripted]:
    """A client of written answers that does not ask for metadata."""
    connection = Scripted(said)
    return Tribe(connection, names=Names.usual(), **options), connection
