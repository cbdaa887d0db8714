"""One of PowerOffice's registers: its customers, suppliers or products.

What reading and writing is the same for is here; what each register has for itself, in
`tribe_po.poweroffice.contacts` and `tribe_po.poweroffice.products`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from tribe_po.errors import LostAnswer, NotAllowed, RecordMoved, Temporary, TribePoError
from tribe_po.fields import fields_of
from tribe_po.poweroffice.lists import Dto, Listing, Lists, Resource
from tribe_po.poweroffice.patch import Operations, Patch
from tribe_po.poweroffice.patcher import Patcher
from tribe_po.poweroffice.refusals import gone, is_success, problem_of, write_error
from tribe_po.records import Kind, Record
from tribe_po.sides import Creation, Edit, Written
from tribe_po.transport.http import Answer, Connection, Query

_REFUSED = (400, 409, 412, 422)


class Register(ABC):
    """The records of one kind. The operations are those of `tribe_po.sides.Side`."""

    _lane: AbstractContextManager[Any] = nullcontext()
    """What creates take in turn."""

    def __init__(
        self,
        kind: Kind,
        resource: Resource,
        connection: Connection,
        lists: Lists,
        patcher: Patcher,
    ) -> None:
        self.kind = kind
        self._resource = resource
        self._connection = connection
        self._lists = lists
        self._patcher = patcher

    @abstractmethod
    def record(self, dto: Dto) -> Record:
        """Read a record. Every field of its kind and form is there, None where empty."""

    @abstractmethod
    def find_by_key(self, keys: Sequence[str]) -> list[Record]:
        """Records with one of these numbers or codes."""

    @abstractmethod
    def find_by_mark(self, mark: str) -> list[Record]:
        """Records that carry a mark."""

    @abstractmethod
    def _body(self, creation: Creation) -> dict[str, Any]:
        """The body that creates a record. Raise `RecordRefused` where there can be none."""

    @abstractmethod
    def _patch(self, edit: Edit) -> Patch:
        """The patch that writes an edit's values. Raise `RecordRefused` where there can be none."""

    @abstractmethod
    def _forget(self) -> None:
        """Read look-up data again when next needed: something that it names may be gone."""

    def _rephrased(self, edit: Edit) -> Edit:
        """The edit in the terms of the record that it is for."""
        return edit

    def listing(self, filters: Query) -> Listing[Record]:
        """The records that the filters let through."""
        return self._lists.read_as(self.record, self._resource, filters)

    def get(self, ids: Sequence[str]) -> list[Record]:
        """Read records by id, a request for each. What is gone is left out."""
        found = (self._lists.one(self._resource, each) for each in ids)
        return [self.record(dto) for dto in found if dto is not None]

    def _found(self, name: str, values: Iterable[str]) -> list[Record]:
        """The records that a filter by a list of values finds."""
        return list(self.listing([(name, ",".join(values))]).rows)

    def create(self, creation: Creation) -> Written:
        """Create a record.

        Raise `AlreadyExists` when the mark is in use, `RecordRefused` when something else is
        wrong with it, and `LostAnswer` when nobody knows whether it was created.
        """
        body = self._body(creation)
        with self._lane:
            answer = self._connection.write("POST", self._resource.path, body)
        if answer.status == 404:
            self._forget()
        if not is_success(answer):
            what = f"new {self.kind}"
            raise write_error(answer, self._resource.writes, what, creation.mark)
        dto = _dto_in(answer)
        if dto is None:
            raise _lost(creation)
        return self._written(dto)

    def update(self, edit: Edit) -> Written:
        """Write the given fields with one JSON Patch.

        Raise `RecordMoved` when an expected value is no longer there, as far as PowerOffice
        honours the patch's tests.
        """
        edit = self._rephrased(edit)
        patch = self._patch(edit)
        if patch.is_empty:
            return Written(edit.id, None)
        answer = self._apply(edit, patch)
        if not is_success(answer):
            raise self._update_error(edit, answer)
        dto = _dto_in(answer)
        return Written(edit.id, None) if dto is None else self._written(dto)

    def _written(self, dto: Dto) -> Written:
        """What came back from a write. That it was made counts, even where reading it in full
        takes more than the server can tell now."""
        try:
            return Written(str(dto["Id"]), self.record(dto))
        except (Temporary, NotAllowed):
            return Written(str(dto["Id"]), None)

    def _existing(self, edit: Edit) -> Dto:
        dto = self._lists.one(self._resource, edit.id)
        if dto is None:
            raise gone(_what(edit))
        return dto

    def _apply(self, edit: Edit, patch: Patch) -> Answer:
        """Send the patch; where it is refused, in the other ways that it can be put."""
        guarded, removing = self._patcher.guards(patch), self._patcher.removing
        answer = self._send(edit, patch.body(guarded=guarded, removing=removing))
        if guarded and answer.status in _REFUSED:
            answer = self._apply_without_tests(edit, patch)
        return self._put_otherwise(edit, patch, answer)

    def _put_otherwise(self, edit: Edit, patch: Patch, answer: Answer) -> Answer:
        """Send a refused patch in its other ways. Where none is taken, the first refusal counts."""
        known = self._patcher.removing
        ways_to_clear = (True, False) if known and patch.removes else (known,)
        ways_to_add = (True, False) if patch.new_address else (True,)
        for by_parts, removing in [
            (parts, removing) for parts in ways_to_add for removing in ways_to_clear
        ][1:]:
            if answer.status not in _REFUSED:
                break
            body = patch.body(guarded=False, removing=removing, by_parts=by_parts)
            again = self._send(edit, body)
            if is_success(again):
                answer = again
                if removing is not known:
                    self._patcher.go_on_without_remove()
        return answer

    def _apply_without_tests(self, edit: Edit, patch: Patch) -> Answer:
        """Find out what was refused: the tests, rightly or not, or the values."""
        dto = self._existing(edit)
        self._check_unmoved(edit, dto)
        body = patch.body(guarded=False, removing=self._patcher.removing)
        answer = self._send(edit, body)
        if is_success(answer) and patch.tests_hold(dto):
            self._patcher.go_on_without_tests()
        return answer

    def _send(self, edit: Edit, body: Operations) -> Answer:
        return self._patcher.send(f"{self._resource.path}/{edit.id}", body)

    def _check_unmoved(self, edit: Edit, dto: Dto) -> None:
        """Raise `RecordMoved` where an expected value is not what the record holds."""
        record = self.record(dto)
        moved = [
            row.label
            for row in fields_of(record.kind, record.form)
            if row.name in edit.values and row.name in edit.expected
            if not row.same(record.values.get(row.name), edit.expected[row.name])
        ]
        if moved:
            raise RecordMoved(
                f"PowerOffice's {_what(edit)} was changed while this pass ran.",
                f"Changed meanwhile: {', '.join(moved)}",
                "Nothing was overwritten; the next pass compares it anew.",
            )

    def _update_error(self, edit: Edit, answer: Answer) -> TribePoError:
        """A 404 may also be about something that the patch refers to (poweroffice.md section 17,
        31): only the record's own 404 says that it is gone."""
        if answer.status == 404 and not problem_of(answer).gateway:
            self._forget()
            self._existing(edit)
        return write_error(answer, self._resource.writes, _what(edit))


def _what(edit: Edit) -> str:
    return f"{edit.kind} {edit.id}"


def _dto_in(answer: Answer) -> Dto | None:
    """The record in the answer to a write that succeeded, None where none came back whole."""
    try:
        dto = answer.json()
    except Temporary:
        return None
    return dto if isinstance(dto, dict) and dto.get("Id") is not None else None


def _lost(creation: Creation) -> LostAnswer:
    return LostAnswer(
        f"PowerOffice took a new {creation.kind}, but its answer did not say which it became.",
        "The answer was empty or cut short.",
        "Nothing to do: it is looked up before anything else is created.",
    )
