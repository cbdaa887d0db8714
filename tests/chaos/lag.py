"""Tribe answers reads from another store than it writes to: what was just written may show late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import flask

from tribe_po.sandbox.server import Sandbox


@dataclass(slots=True)
class Lag:
    """While `stale` is set, Tribe's reads are answered from that store. One request at a time."""

    stale: Any = None
    _fresh: Any = None

    @contextmanager
    def behind(self, store: Any) -> Iterator[None]:
        """Let Tribe's reads be answered from an older store for a while."""
        self.stale = store
        try:
            yield
        finally:
            self.stale = None

    def attach(self, sandbox: Sandbox) -> None:
        """Stand before and after every request. To be called before the first one."""

        @sandbox.app.before_request
        def look_back() -> None:
            if self.stale is not None and self._reads_tribe():
                self._fresh, sandbox.tribe.store = sandbox.tribe.store, self.stale

        @sandbox.app.after_request
        def look_up(response: flask.Response) -> flask.Response:
            if self._fresh is not None:
                sandbox.tribe.store, self._fresh = self._fresh, None
            return response

    @staticmethod
    def _reads_tribe() -> bool:
        path = flask.request.path
        return flask.request.method == "GET" and path.startswith("/tribe/v1/")
