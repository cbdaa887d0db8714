"""A TinyDB storage that a crash, a full disk or a flipped bit cannot turn into an empty state.

The file is plain JSON, one document a line, that stock TinyDB opens:

    {
    "links":{
    "1":{"kind":"customer",...},
    "2":{"kind":"customer",...}
    },
    "checksum": {"1": {"sha256": "..."}}}

The checksum is taken over all text before it, so that it is verified without serialising again. A
line of its own for each document lets `diff FILE.previous FILE` show what the last save changed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinydb.storages import Storage

from tribe_po.errors import StateNotSaved, StateUnreadable

Document = dict[str, Any]
Tables = dict[str, dict[str, Document]]
"""Documents by table and document id. The ids are whole numbers, as text."""

Texts = Mapping[str, Mapping[str, str]]
"""The same, with each document as its JSON text."""

as_text = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Give the JSON text of one document: ASCII, on one line."""

CHECKSUM = "checksum"
"""The table that the storage keeps for itself."""

_SEAL_START = b'"checksum": {"1": {"sha256": "'
_SEAL_END = b'"}}}\n'
_SEAL_LENGTH = len(_SEAL_START) + 64 + len(_SEAL_END)

_TABLE = re.compile(r'("(?:[^"\\]|\\.)*"):{')
_DOCUMENT = re.compile(r'"([0-9]+)":({.*}),?')
_BETWEEN = ("},", "")

_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})
"""What network file systems answer that cannot sync a folder."""


class CheckedStorage(Storage):
    """Reads and writes one state file; for `TinyDB(path, storage=CheckedStorage)` or by itself.

    A save replaces the file as a whole and keeps the generation before it as `<name>.previous`. At
    every moment a complete generation stands under the file's own name. One writer at a time: the
    caller holds the lock (`tribe_po.state.lock`).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(os.path.realpath(path))
        self.previous = self.path.with_name(f"{self.path.name}.previous")

    def read(self) -> Tables | None:
        """Give all tables, or None when there has never been a file.

        Raise StateUnreadable when the file is damaged, cannot be read, or is missing while its
        previous generation is there.
        """
        content = self._content()
        return None if content is None else self._tables(content)

    def read_texts(self) -> Texts | None:
        """Like `read`, but each document as its text, as it stands in the file. Documents take up
        much more as objects than as text, so that nobody should hold all of them at once."""
        content = self._content()
        if content is None:
            return None
        damage = _damage(content)
        if damage:
            raise self.unreadable(damage)
        texts = _cut(content)
        return _as_texts(self._tables(content)) if texts is None else texts

    def write(self, data: Tables) -> None:
        """Save all tables. Raise StateNotSaved when that fails; the old generation then stays."""
        self.write_texts(_as_texts(data))

    def write_texts(self, texts: Texts) -> None:
        """Like `write`, for documents that are JSON text already.

        A file that has this content already is not touched.
        """
        content = _sealed(texts)
        try:
            self._replace(content)
        except OSError as error:
            raise StateNotSaved(
                f"The state could not be saved to {self.path}.",
                f"{error.strerror} (errno {error.errno}). The last saved state is still there.",
                f"Look at the space and the rights there: df -h {self._quoted(self.path.parent)}; "
                f"ls -la {self._quoted(self.path.parent)}; then run the command again.",
            ) from error

    def unreadable(self, why: str) -> StateUnreadable:
        """Give the error for a file whose content cannot be used, with the way out."""
        restore = "go back one save: tribe-po state restore; or " if self._can_restore() else ""
        rebuild = "find all links again on both sides: tribe-po state rebuild"
        advice = f"{restore}{rebuild}"
        return StateUnreadable(
            f"The state file {self.path} cannot be used.", why, advice[0].upper() + advice[1:]
        )

    def whole_content(self) -> bytes:
        """Give the file as it is, checked as `read` does. Raise StateUnreadable also when there has
        never been a file."""
        content = self._content()
        if content is None:
            raise StateUnreadable(
                f"There is no state file {self.path}.",
                "Nothing has been synchronised with these settings yet.",
                "See what a first round would do: tribe-po init-sync --dry-run",
            )
        self._tables(content)
        return content

    def _content(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            if os.path.lexists(self.previous):
                raise self.unreadable(
                    "It is missing, but its previous generation is there."
                ) from None
            return None
        except OSError as error:
            raise StateUnreadable(
                f"The state file {self.path} cannot be read.",
                f"{error.strerror} (errno {error.errno}).",
                f"Look at its owner, its mode and the disk: ls -l {self._quoted(self.path)}; "
                "then run the command again.",
            ) from error

    def _tables(self, content: bytes) -> Tables:
        damage = _damage(content)
        if damage:
            raise self.unreadable(damage)
        try:
            tables: Tables = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self.unreadable(
                f"It is not JSON, though its checksum is right: {error}"
            ) from None
        del tables[CHECKSUM]
        if not all(isinstance(documents, dict) for documents in tables.values()):
            raise self.unreadable("It is JSON, but not a TinyDB file: a table is not an object.")
        return tables

    def _can_restore(self) -> bool:
        try:
            return not _damage(self.previous.read_bytes())
        except OSError:
            return False

    def _replace(self, content: bytes | bytearray) -> None:
        try:
            current = self.path.read_bytes()
        except FileNotFoundError:
            current = b""
        if current == content:
            return
        self._clear_leftovers()
        temporary = self._temporary(self.path)
        try:
            write_new(temporary, content)
            if not _damage(current):
                self._keep_previous(current)
            temporary.replace(self.path)
        finally:
            _remove(temporary)
        _sync_folder(self.path.parent)

    def _keep_previous(self, current: bytes) -> None:
        """Put the current generation under the previous one's name, too."""
        temporary = self._temporary(self.previous)
        try:
            try:
                temporary.hardlink_to(self.path)
            except OSError:  # FAT and some network shares know no hard links
                write_new(temporary, current)
            temporary.replace(self.previous)
        finally:
            # Renaming one name of a file onto another of the same file leaves both.
            _remove(temporary)

    def _temporary(self, path: Path) -> Path:
        return path.with_name(f"{path.name}.{os.getpid()}.new")

    def _clear_leftovers(self) -> None:
        """Remove what a killed writer left behind."""
        for path in self.path.parent.iterdir():
            if path.name.startswith(f"{self.path.name}.") and path.name.endswith(".new"):
                path.unlink()

    @staticmethod
    def _quoted(path: Path) -> str:
        return shlex.quote(str(path))


def _sealed(texts: Texts) -> bytearray:
    """Lay out the file, with its checksum. `_cut` takes it apart again."""
    content = bytearray(b"{\n")
    for table, documents in texts.items():
        content += f"{as_text(table)}:{{".encode()
        separator = "\n"
        for doc_id, text in documents.items():
            content += f'{separator}"{doc_id}":{text}'.encode()
            separator = ",\n"
        content += b"\n},\n"
    content += _seal(content)
    return content


def _as_texts(tables: Tables) -> Texts:
    return {
        table: {str(doc_id): as_text(document) for doc_id, document in documents.items()}
        for table, documents in tables.items()
    }


def _cut(content: bytes) -> Texts | None:
    """Cut the file's content into its documents' texts; None where it is laid out in another way
    than `_sealed` does."""
    texts: dict[str, dict[str, str]] = {}
    documents: dict[str, str] = {}
    body = memoryview(content)[:-_SEAL_LENGTH]
    first, *lines = str(body, "utf-8", "replace").split("\n")
    if first != "{":
        return None
    for line in lines:
        if document := _DOCUMENT.fullmatch(line):
            documents[document[1]] = document[2]
        elif table := _TABLE.fullmatch(line):
            texts[json.loads(table[1])] = documents = {}
        elif line not in _BETWEEN:
            return None
    return texts


def _seal(body: bytearray | memoryview) -> bytes:
    """Give the end of the file: the checksum of everything before it."""
    return _SEAL_START + hashlib.sha256(body).hexdigest().encode("ascii") + _SEAL_END


def _damage(content: bytes) -> str:
    """Say what is wrong with a file's content; empty when it is whole."""
    if not content:
        return "It is empty (0 bytes)."
    seal = content[-_SEAL_LENGTH:]
    if seal == _seal(memoryview(content)[:-_SEAL_LENGTH]):  # a slice would copy all of it
        return ""
    if seal.startswith(_SEAL_START):
        return f"It is damaged: its checksum does not match its {len(content)} bytes."
    return (
        f"It does not end with a checksum ({len(content)} bytes): "
        "it was cut off, or another program wrote it."
    )


def write_new(path: Path, content: bytes | bytearray) -> None:
    """Write a new file that only its owner can read, down to the disk. Raise OSError, also when
    there is a file of that name; what a full disk cut short does not stay."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        _remove(path)
        raise


def _remove(path: Path) -> None:
    """Remove a temporary file if it is still there; the next save removes what stays."""
    with suppress(OSError):
        path.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
