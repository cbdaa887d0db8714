"""What the sandbox was asked and what it answered, noted as it happens."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field, fields
from typing import Any

import flask

from tribe_po.sandbox.poweroffice.switches import Switches
from tribe_po.sandbox.requests_log import System
from tribe_po.sandbox.server import Sandbox
from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.metadata import csdl
from tribe_po.sandbox.tribe.model import FUNCTIONS

_USUAL: tuple[Switches | TribeDialect, ...] = (Switches(), TribeDialect())


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    `path` starts below the system's root ("/v2/Customers"), `query` is as on the wire. `status` is
    0, and the rest of the answer empty, when the answer was not the sandbox's own: a fault that a
    test had ordered. `deviating`: the switches that stood otherwise than usual. `metadata`: what
    Tribe's `$metadata` says; empty when it does not exist.
    """

    system: System
    method: str
    path: str
    query: str
    content_type: str
    body: bytes
    status: int = 0
    answer_type: str = ""
    answer: bytes = b""
    deviating: frozenset[str] = frozenset()
    metadata: bytes = b""

    @property
    def refused(self) -> bool:
        return self.status >= 400


@dataclass(slots=True)
class Recorder:
    """Keeps each exchange once, until it is taken. Thread-safe."""

    _waiting: list[Exchange] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set)
    _documents: dict[tuple[int, bool], tuple[object, bytes]] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)

    def attach(self, sandbox: Sandbox) -> None:
        """Listen to all that this sandbox, which serves nothing yet, will be asked."""
        for name in sandbox.app.blueprints:
            sandbox.app.before_request_funcs.setdefault(name, []).insert(0, _reached)

        @sandbox.app.after_request
        def note(response: flask.Response) -> flask.Response:
            exchange = self._exchange(sandbox, response)
            if exchange is not None:
                self.add(exchange)
            return response

    def add(self, exchange: Exchange) -> None:
        key = _key(exchange)
        with self._lock:
            if key not in self._seen:
                self._seen.add(key)
                self._waiting.append(exchange)

    def take(self) -> list[Exchange]:
        """Return what was noted since the last call."""
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken

    def _exchange(self, sandbox: Sandbox, response: flask.Response) -> Exchange | None:
        request = flask.request
        system, _, path = request.path.removeprefix("/").partition("/")
        if system not in ("poweroffice", "tribe"):
            return None
        own = flask.g.get("reached", False)
        tribe = system == "tribe"
        return Exchange(
            "tribe" if tribe else "poweroffice",
            request.method,
            f"/{path}",
            request.query_string.decode(),
            request.mimetype,
            request.get_data(),
            response.status_code if own else 0,
            response.mimetype or "" if own else "",
            response.get_data() if own else b"",
            _deviating(sandbox.tribe.dialect if tribe else sandbox.poweroffice.switches),
            self._metadata(sandbox) if tribe else b"",
        )

    def _metadata(self, sandbox: Sandbox) -> bytes:
        dialect, model = sandbox.tribe.dialect, sandbox.tribe.store.model
        if not dialect.metadata:
            return b""
        untold = dialect.import_id == "untold"
        if (id(model), untold) not in self._documents:
            document = csdl(model, FUNCTIONS, {"ImportId"} if untold else set())
            # The model is kept too, for an id is free again when its object is gone.
            self._documents[id(model), untold] = model, document
        return self._documents[id(model), untold][1]


def _reached() -> None:
    """Run after every hook of the whole sandbox, and only if none of them answered instead."""
    flask.g.reached = True


def _deviating(stand: Switches | TribeDialect) -> frozenset[str]:
    (usual,) = (one for one in _USUAL if type(one) is type(stand))
    return frozenset(
        each.name
        for each in fields(stand)
        if getattr(stand, each.name) != getattr(usual, each.name)
    )


def _key(exchange: Exchange) -> bytes:
    parts = [getattr(exchange, each.name) for each in fields(exchange)]
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        match part:
            case bytes():
                digest.update(part)
            case frozenset():
                digest.update(",".join(sorted(part)).encode())
            case _:
                digest.update(str(part).encode())
        digest.update(b"\0")
    return digest.digest()
