"""Ending a pass at one request, as kill -9 would: nothing is sent or saved any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import requests

from tribe_po.state import storage
from tribe_po.state.audit import Audit
from tribe_po.state.store import Store
from tribe_po.transport.wire import Wire


class Way(StrEnum):
    """When a pass ends, seen from its k-th request; or what happens to that request instead."""

    BEFORE = "before it is sent"
    UNREAD = "after the server did it, before the answer is read"
    ANSWERED = "after the answer, before anything else"
    SAVED = "after the next save of the state"
    MID_SAVE = "in the middle of the next write of the state file"
    LOST = "not at all, but the answer is lost"


FOUR_WAYS = (Way.BEFORE, Way.UNREAD, Way.ANSWERED, Way.SAVED)


class Killed(BaseException):
    """The process is dead. Nothing may catch it."""


@dataclass(slots=True)
class Crash:
    """Ends whatever runs at request number `at` (from 1), once.

    `signs_of_life` lists what was sent, saved or written to the trail after that: a process that is
    dead does no such thing.
    """

    at: int
    way: Way
    seen: int = 0
    happened: bool = False
    dead: bool = False
    signs_of_life: list[str] = field(default_factory=list)
    _due: bool = False
    _lock: Any = field(default_factory=threading.Lock)

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Stand between the tool, the servers and the disk."""
        with pytest.MonkeyPatch.context() as patch:
            for place, name, around in (
                (requests.Session, "send", self._sending),
                (Wire, "send", self._answering),
                (Store, "save", self._saving),
                (Audit, "write", self._noting),
                (storage, "write_new", self._writing),
            ):
                patch.setattr(place, name, _wrapped(getattr(place, name), around))
            yield

    def revive(self) -> None:
        """Let another process begin, which nothing happens to."""
        self.dead = False

    def _die(self) -> None:
        self.happened = self.dead = True
        self._due = False
        raise Killed

    def _count(self) -> bool:
        """Count a request, and say whether it is the one."""
        with self._lock:
            self.seen += 1
            return self.seen == self.at

    def _sending(self, go_on: Callable[[], Any], *_: Any) -> Any:
        if self.dead:
            # Another thread's turn never comes. The pass's own thread has no turn any more.
            if threading.current_thread() is threading.main_thread():
                self.signs_of_life.append("sent a request")
            raise Killed
        mine = self._count()
        if mine and self.way is Way.BEFORE:
            self._die()
        response = go_on()
        if not mine:
            return response
        if self.way is Way.UNREAD:
            response.close()
            self._die()
        if self.way is Way.LOST:
            response.close()
            self.happened = True
            raise requests.ConnectionError("the answer got lost")
        self._due = True
        return response

    def _answering(self, go_on: Callable[[], Any], *_: Any) -> Any:
        answer = go_on()
        if self._due and self.way is Way.ANSWERED:
            self._die()
        return answer

    def _saving(self, go_on: Callable[[], Any], *_: Any) -> Any:
        self._must_live("saved the state")
        go_on()
        if self._due and self.way is Way.SAVED:
            self._die()

    def _noting(self, go_on: Callable[[], Any], *_: Any) -> Any:
        if self.dead and threading.current_thread() is not threading.main_thread():
            raise Killed
        self._must_live("wrote to the trail")
        go_on()

    def _writing(self, go_on: Callable[[], Any], path: Path, content: bytes) -> Any:
        if self._due and self.way is Way.MID_SAVE:
            path.write_bytes(content[: len(content) // 2])
            self._die()
        return go_on()

    def _must_live(self, sign: str) -> None:
        if self.dead:
            self.signs_of_life.append(sign)


def _wrapped(original: Callable[..., Any], around: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        def go_on() -> Any:
            return original(*args, **options)

        return around(go_on, *args)

    return call
