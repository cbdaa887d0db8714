"""What is read from a server when it is first needed, and not again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """The outcome of a read that is made when first needed. Safe for use by several threads.

    A read that raises is made again when next needed.
    """

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = Lock()
        self._kept: list[T] = []

    def get(self) -> T:
        """What was read. Raises what the read raises."""
        with self._lock:
            if not self._kept:
                self._kept.append(self._read())
            return self._kept[0]

    def forget(self) -> None:
        """Read it again when next needed."""
        with self._lock:
            self._kept.clear()
