"""The state file as the rest of the tool sees it: open a memory, save a memory."""

from __future__ import annotations

import gc
import json
import logging
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any, TypeVar

from tribe_po import __version__
from tribe_po.errors import GuardRefused, StateUnreadable
from tribe_po.records import Memory
from tribe_po.state.encoding import CODECS, RUNS, SCHEMA, Codec, decode_meta, encode_meta, memory_of
from tribe_po.state.storage import CheckedStorage, Document, Texts, as_text

_log = logging.getLogger(__name__)

_META = "meta"

_AT_ONCE = 500
"""So many documents are objects at the same time."""

_Decoded = TypeVar("_Decoded")


@dataclass(frozen=True, slots=True)
class _Saved:
    """An entry as it was last read or saved: its document id, the entry, and its text."""

    doc_id: int
    entry: Any
    text: str


_Index = dict[Any, _Saved]
"""What is known of one table, by the entry's key, in the order of the document ids."""


class Store:
    """One state file. `open` it once, then `save` as often as needed, under the lock.

    An entry keeps the document id that it was first given, and only entries that changed are
    encoded again. Entries are compared by value: never change one in place.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._storage = CheckedStorage(path)
        self._index: dict[str, _Index] = {}

    def open(self) -> Memory:
        """Read the memory; an empty one when there has never been a state file.

        Raise StateUnreadable when the file is damaged, of a newer version, or cannot be read.
        """
        self._index = {}
        with _collector_resting():
            found = self._storage.read_texts()
            if found is None:
                return Memory()
            self._warn_if_others_can_read()
            return self._memory(found)

    def history(self) -> Memory:
        """Read only what the state tells of itself and of the runs, in a fraction of the time: a
        memory without records, which is not to be saved. Raises as `open` does."""
        texts = self._storage.read_texts()
        if texts is None:
            return Memory()
        meta = self._decoded(_META, "1", decode_meta, self._checked_meta(texts))
        runs = self._read(RUNS, texts).values()
        return Memory(meta=meta, runs=[saved.entry for saved in runs])

    def save(self, memory: Memory) -> None:
        """Write the memory, with its last runs. Nothing is written when nothing changed.

        Raise StateNotSaved when it could not be written; the last saved state then stays.
        """
        with _collector_resting():
            meta = as_text(encode_meta(memory.meta, __version__))
            index = {
                codec.table: _updated(self._index.get(codec.table, {}), codec, memory)
                for codec in CODECS
            }
            texts = {
                table: {str(saved.doc_id): saved.text for saved in rows.values()}
                for table, rows in index.items()
            }
            self._storage.write_texts({_META: {"1": meta}, **texts})
            self._index = index

    def bind(self, memory: Memory, tenant: str) -> None:
        """Note in the memory which pair of tenants it belongs to: the fingerprint of the pair that
        the settings lead to. Raises `GuardRefused` when it belongs to another pair."""
        if memory.meta.tenant not in ("", tenant):
            raise GuardRefused(
                "The state file belongs to another pair of tenants",
                f"{self.path} was written for {memory.meta.tenant}; the settings lead to {tenant}.",
                "Set TRIBE_PO_STATE to the state file of this pair (--profile NAME does), "
                "or to a new file and run tribe-po init-sync.",
            )
        memory.meta.tenant = tenant

    def _memory(self, texts: Texts) -> Memory:
        document = self._checked_meta(texts)
        meta = self._decoded(_META, "1", decode_meta, document)
        for codec in CODECS:
            self._index[codec.table] = self._read(codec, texts)
        entries = {
            table: {key: saved.entry for key, saved in index.items()}
            for table, index in self._index.items()
        }
        return memory_of(meta, entries)

    def _read(self, codec: Codec, texts: Texts) -> _Index:
        index = {}
        for doc_id, text, document in self._documents(texts, codec.table):
            key, entry = self._decoded(codec.table, doc_id, codec.decode, document)
            number = self._decoded(codec.table, doc_id, int, doc_id)
            index[key] = _Saved(number, entry, text)
        return index

    def _documents(self, texts: Texts, table: str) -> Iterator[tuple[str, str, Any]]:
        """The documents of a table with their ids and texts, some at a time."""
        if table not in texts:
            raise self._storage.unreadable(f"It has no table {table}.")
        rows = iter(texts[table].items())
        while chunk := list(islice(rows, _AT_ONCE)):
            first = chunk[0][0]
            joined = f"[{','.join([text for _, text in chunk])}]"
            documents = self._decoded(table, first, json.loads, joined)
            if len(documents) != len(chunk):
                raise self._storage.unreadable(f"Table {table} has more documents than ids.")
            for (doc_id, text), document in zip(chunk, documents, strict=True):
                yield doc_id, text, document

    def _decoded(
        self, table: str, doc_id: str, decode: Callable[[Any], _Decoded], document: Any
    ) -> _Decoded:
        try:
            return decode(document)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise self._storage.unreadable(
                f"Document {doc_id} of the table {table} does not have the expected shape: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _checked_meta(self, texts: Texts) -> Document:
        documents = {doc_id: document for doc_id, _, document in self._documents(texts, _META)}
        meta = documents.get("1")
        if not isinstance(meta, dict) or type(schema := meta.get("schema")) is not int:
            raise self._storage.unreadable("It does not say which schema it has.")
        if schema < SCHEMA:
            raise self._storage.unreadable(f"It has schema {schema}, which never was released.")
        if schema > SCHEMA:
            version = meta.get("version", "of an unknown version")
            raise StateUnreadable(
                f"The state file {self.path} was written by a newer tribe-po.",
                f"It has schema {schema}, written by tribe-po {version}; "
                f"this is tribe-po {__version__}, which reads schema {SCHEMA}.",
                f"Install tribe-po {version} or later.",
            )
        return meta

    def _warn_if_others_can_read(self) -> None:
        mode = self._storage.path.stat().st_mode & 0o777
        if mode & 0o077:
            path = shlex.quote(str(self.path))
            _log.warning(
                "%s holds customers' data and others may read it (mode %03o). Type: chmod 600 %s",
                self.path,
                mode,
                path,
                extra={"id": "state.open-to-others"},
            )


def _updated(known: _Index, codec: Codec, memory: Memory) -> _Index:
    """Give a table's index as the memory has it now: what was known first, then what is new."""
    entries = codec.entries(memory)
    index = {}
    for key, saved in known.items():
        if key in entries:
            entry = entries[key]
            same = entry is saved.entry or entry == saved.entry
            index[key] = saved if same else _encoded(codec, saved.doc_id, key, entry)
    numbers = count(max((saved.doc_id for saved in known.values()), default=0) + 1)
    for key, entry in entries.items():
        if key not in index:
            index[key] = _encoded(codec, next(numbers), key, entry)
    return index


def _encoded(codec: Codec, doc_id: int, key: Any, entry: Any) -> _Saved:
    return _Saved(doc_id, entry, as_text(codec.encode(key, entry)))


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Keep the garbage collector out: there are no cycles here, and looking for them among
    100 000 links takes as long as the work itself."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
