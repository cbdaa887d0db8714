"""A connection that answers from a script, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from requests.structures import CaseInsensitiveDict

from tribe_po.records import System
from tribe_po.transport.http import Answer, Connection, Query
from tribe_po.transport.pace import Unpaced


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str = ""
    repeatable: bool = False


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    """An answer with a JSON body; a text is sent as it is, None is an empty body."""
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, CaseInsensitiveDict(named), text, "/scripted")


def problem(status: int, detail: str, title: str = "Customer validation error(s)") -> Answer:
    """A refusal in the shape of the application's own."""
    return answer(status, {"title": title, "status": status, "detail": detail})


class _NoToken:
    def bearer(self) -> str:
        raise AssertionError("a scripted connection asks for no token")

    def drop(self) -> None:
        raise AssertionError("a scripted connection has no token")


class Scripted(Connection):
    """Gives the script's answers in turn, or what a function makes of each request.

    A page of a single row, by which a client finds out whether the server announces pages, is
    answered aside, and counted: it `announces` them, or not.
    """

    def __init__(
        self,
        *script: Answer | Exception,
        answers: Callable[[Asked], Answer] | None = None,
        announces: bool = True,
    ):
        super().__init__(System.POWEROFFICE, "https://x.invalid", token=_NoToken(), pace=Unpaced())
        self.asked: list[Asked] = []
        self.announces, self.probed = announces, 0
        self._script = list(script)
        self._answers = answers

    def get(self, path: str, query: Query = ()) -> Answer:
        assert len(dict(query)) == len(query), "a parameter was given twice"
        if dict(query).get("PageSize") == "1":
            self.probed += 1
            link = {"X_Pagination": '{"nextPageLink": "https://x/"}'} if self.announces else {}
            return answer(200, [{"Id": 1}], **link)
        return self._next(Asked("GET", path, dict(query)))

    def write(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        content_type: str = "application/json",
        repeatable: bool = False,
        query: Query = (),
    ) -> Answer:
        return self._next(Asked(method, path, dict(query), body, content_type, repeatable))

    def _next(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self._answers:
            return self._answers(asked)
        assert self._script, f"unexpected request: {asked}"
        following = self._script.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    @property
    def used_up(self) -> bool:
        """Whether every scripted answer was asked for."""
        return not self._script
