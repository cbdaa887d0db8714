"""Both sides and the keeper, in memory. They do what `tribe_po.sides` promises, no more."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from tests.sync.builders import NOON, every_field
from tribe_po.errors import AlreadyExists, RecordGone, RecordMoved, StateNotSaved
from tribe_po.fields import fields_of, key_row
from tribe_po.records import RELATIONS, Kind, Memory, Observation, Record, System, Value, Values
from tribe_po.sides import Creation, Edit, Written
from tribe_po.sync.change import Change
from tribe_po.sync.other_role import shared

FIRST_NUMBER = 20_001

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Clock:
    """The servers' clock. Each look at it moves it on, so that no two changes are simultaneous."""

    time: datetime = NOON

    def tick(self) -> datetime:
        """The time, a second later than the last one."""
        self.time += timedelta(seconds=1)
        return self.time

    def now(self) -> datetime:
        """The time as it is."""
        return self.time

    def pass_by(self, duration: timedelta) -> None:
        """Let time pass."""
        self.time += duration


@dataclass(frozen=True, slots=True)
class Request:
    """One request that a side was sent: which method, and what it was about."""

    method: str
    about: object


@dataclass(slots=True)
class Fault:
    """What goes wrong the next times that a method is called.

    With `takes_effect`, the write is made and only its answer is lost.
    """

    method: str
    error: BaseException
    takes_effect: bool = False
    times: int = 1
    about: Callable[[object], bool] = lambda about: True


@dataclass(slots=True)
class FakeSide:
    """One system's customers and suppliers (`tribe_po.sides.Side`).

    PowerOffice refuses a mark that is in use, assigns numbers, answers with the record and refuses
    an edit whose expected values have moved; Tribe does none of it. What belongs to a relation or a
    contact is the same for all its roles. `ignores` names the fields that are not taken although
    the answer is yes, `lag` is how long a record that was created cannot be read, `defaults` what a
    new record gets where nothing is given. `tells_late`: no read of changes shows yet what is
    updated. Without `answers_with_record`, PowerOffice answers a create with the id alone.
    """

    system: System
    clock: Clock = field(default_factory=Clock)
    records: dict[tuple[Kind, str], Record] = field(default_factory=dict)
    changed_at: dict[tuple[Kind, str], datetime] = field(default_factory=dict)
    relations: list[Record] = field(default_factory=list)
    shown_from: dict[tuple[Kind, str], datetime] = field(default_factory=dict)
    ignores: set[str] = field(default_factory=set)
    defaults: dict[str, Value] = field(default_factory=dict)
    lag: timedelta = timedelta(0)
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    tells_late: bool = False
    answers_with_record: bool = True
    watch: Callable[[str], None] = lambda moment: None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _made: int = 0

    @property
    def counts(self) -> Counter[str]:
        """How many requests of each method."""
        return Counter(request.method for request in self.requests)

    @property
    def writes(self) -> list[Request]:
        """The requests that ask for something to be written."""
        return [one for one in self.requests if one.method in ("create", "update")]

    def hold(self, *records: Record) -> FakeSide:
        """Put records there, as people do."""
        for record in records:
            self._put(record)
        return self

    def edit(self, kind: Kind, id_: str, **values: Value) -> Record:
        """Change a record, as people do."""
        record = self.records[kind, id_]
        edited = replace(record, values={**record.values, **values})
        self._put(edited)
        return edited

    def remove(self, kind: Kind, id_: str) -> None:
        """Delete a record, as people do: no read of changes tells of it."""
        del self.records[kind, id_]

    def fail(
        self,
        method: str,
        error: BaseException,
        *,
        takes_effect: bool = False,
        times: int = 1,
        about: Callable[[object], bool] = lambda about: True,
    ) -> None:
        """Let something go wrong."""
        self.faults.append(Fault(method, error, takes_effect, times, about))

    def shows(self, key: tuple[Kind, str]) -> bool:
        """Whether a record can be read yet."""
        return key not in self.shown_from or self.shown_from[key] <= self.clock.now()

    def offers(self, kind: Kind) -> bool:
        return kind is not Kind.INVOICE

    def file(self, kind: Kind, record_id: str) -> bytes | None:
        raise AssertionError(f"no {kind} has a file here, {record_id} neither")

    def changed(self, kinds: Collection[Kind], since: datetime | None) -> Observation:
        def read() -> Observation:
            while self.meanwhile:
                self.meanwhile.pop(0)()
            cursor = self.clock.tick()
            rows = tuple(
                record
                for key, record in self.records.items()
                if key[0] in kinds
                and self.shows(key)
                and (since is None or self.changed_at[key] >= since - self.lag)
            )
            return Observation(self.system, rows, cursor, complete=since is None)

        return self._request("changed", tuple(kinds), read)

    def get(self, kind: Kind, ids: Sequence[str]) -> list[Record]:
        def read() -> list[Record]:
            keys = [(kind, id_) for id_ in ids]
            return [self.records[key] for key in keys if key in self.records and self.shows(key)]

        return self._request("get", (kind, tuple(ids)), read)

    def find_by_key(self, kind: Kind, numbers: Sequence[str]) -> list[Record]:
        def read() -> list[Record]:
            normal = key_row(kind).normal
            wanted = {normal(number) for number in numbers}
            return [
                record
                for record in (*self._shown(kind), *self.relations)
                if record.kind is kind and normal(record.values.get("number")) in wanted
            ]

        return self._request("find_by_key", (kind, tuple(numbers)), read)

    def find_alike(self, kind: Kind, records: Sequence[Record]) -> list[Record]:
        def read() -> list[Record]:
            names = {record.label for record in records}
            return [one for one in self.relations if one.kind is kind and one.label in names]

        return self._request("find_alike", (kind, tuple(records)), read)

    def find_by_mark(self, kind: Kind, mark: str) -> list[Record]:
        def read() -> list[Record]:
            return [record for record in self._shown(kind) if record.mark == mark]

        return self._request("find_by_mark", (kind, mark), read)

    def create(self, creation: Creation) -> Written:
        return self._request("create", creation, lambda: self._create(creation))

    def update(self, edit: Edit) -> Written:
        return self._request("update", edit, lambda: self._update(edit))

    def _create(self, creation: Creation) -> Written:
        poweroffice = self.system is System.POWEROFFICE
        taken = [r for r in self.records.values() if (r.kind, r.mark) == _mark_of(creation)]
        if poweroffice and taken:
            why = f"ExternalImportReference is already in use on {taken[0].id}."
            raise AlreadyExists("It exists", why, "Look it up.")
        self._made += 1
        id_ = f"{'p' if poweroffice else 't'}-new-{self._made}"
        relation = next((r for r in self.relations if r.id == creation.upgrade_id), None)
        others = (one for one in self.records.values() if one.relation_id == creation.relation_id)
        values: dict[str, Value] = {
            **self.defaults,
            **(relation.values if relation else {}),
            **next((_shared(one) for one in others), {}),
            **self._taken(creation.values),
        }
        if poweroffice:
            values["number"] = str(FIRST_NUMBER + self._made)
        record = Record(
            kind=creation.kind,
            system=self.system,
            id=id_,
            relation_id=id_ if poweroffice else creation.relation_id or f"relation of {id_}",
            form=creation.form,
            values=every_field(creation.kind, creation.form, values),
            mark=creation.mark,
        )
        self._put(record)
        if relation is not None:
            self.relations.remove(relation)
        self.shown_from[record.kind, id_] = self.clock.now() + self.lag
        return Written(id_, record if poweroffice and self.answers_with_record else None)

    def _update(self, edit: Edit) -> Written:
        record = self.records.get((edit.kind, edit.id))
        if record is None:
            raise RecordGone("It is gone", "status 404", "Nothing to do.")
        if self.system is System.POWEROFFICE and _moved(record, edit):
            raise RecordMoved("It was changed", "a test failed", "The next pass compares it anew.")
        record = replace(record, values={**record.values, **self._taken(edit.values)})
        self._put(record, is_told=not self.tells_late)
        return Written(edit.id, record if self.system is System.POWEROFFICE else None)

    def _taken(self, values: Values) -> dict[str, Value]:
        return {name: value for name, value in values.items() if name not in self.ignores}

    def _shown(self, kind: Kind) -> list[Record]:
        return [
            record for key, record in self.records.items() if key[0] is kind and self.shows(key)
        ]

    def _put(self, record: Record, *, is_told: bool = True) -> None:
        at = self.clock.tick()
        for one in (record, *self._in_other_roles(record)):
            self.records[one.kind, one.id] = one
            if is_told:
                self.changed_at[one.kind, one.id] = at

    def _in_other_roles(self, record: Record) -> list[Record]:
        """The other roles of its relation or contact, with what they share."""
        return [
            replace(one, values={**one.values, **_shared(record)})
            for one in self.records.values()
            if one.relation_id == record.relation_id
            and one.kind is not record.kind
            and one.form is record.form
            and any(one.values[name] != value for name, value in _shared(record).items())
        ]

    def _request(self, method: str, about: object, serve: Callable[[], Answer]) -> Answer:
        with self._lock:
            self.watch("before")
            self.requests.append(Request(method, about))
            fault = self._fault_of(method, about)
            if fault is not None and not fault.takes_effect:
                raise fault.error
            answer = serve()
            self.watch("after")
            if fault is not None:
                raise fault.error
            return answer

    def _fault_of(self, method: str, about: object) -> Fault | None:
        fault = next((f for f in self.faults if f.method == method and f.about(about)), None)
        if fault is not None:
            fault.times -= 1
            if not fault.times:
                self.faults.remove(fault)
        return fault


def _shared(record: Record) -> dict[str, Value]:
    names = shared(record.form) if record.kind in RELATIONS else ()
    return {name: record.values[name] for name in names}


def _mark_of(creation: Creation) -> tuple[Kind, str]:
    return creation.kind, creation.mark


def _moved(record: Record, edit: Edit) -> bool:
    return any(
        row.name in edit.values
        and row.name in edit.expected
        and not row.same(record.values.get(row.name), edit.expected[row.name])
        for row in fields_of(record.kind, record.form)
    )


def two_sides(clock: Clock | None = None) -> dict[System, FakeSide]:
    """Two empty sides with one clock."""
    clock = clock or Clock()
    return {system: FakeSide(system, clock) for system in System}


def snapshot(memory: Memory) -> Memory:
    """A copy that no later step of a run changes, as a file is."""
    return replace(
        memory,
        links=dict(memory.links),
        unlinked=dict(memory.unlinked),
        left_alone=set(memory.left_alone),
        intents=dict(memory.intents),
        quarantine=dict(memory.quarantine),
        conflicts=dict(memory.conflicts),
        cursors=dict(memory.cursors),
        runs=list(memory.runs),
    )


@dataclass(slots=True)
class FakeKeeper:
    """Keeps every memory that was saved, every write, and every change that was noted.

    After `fails_after` saves, or `trail_fails_after` writes, the disk is full.
    """

    saved: list[Memory] = field(default_factory=list)
    noted: list[Change] = field(default_factory=list)
    written: list[Change] = field(default_factory=list)
    fails_after: int | None = None
    trail_fails_after: int | None = None
    on_save: Callable[[Memory], object] = lambda memory: None

    def save(self, memory: Memory) -> None:
        if self.fails_after is not None and len(self.saved) >= self.fails_after:
            raise StateNotSaved("The state could not be written", "disk full", "Free some space.")
        self.on_save(memory)
        self.saved.append(snapshot(memory))

    def wrote(self, change: Change) -> None:
        if self.trail_fails_after is not None and len(self.written) >= self.trail_fails_after:
            raise StateNotSaved("The trail could not be written", "disk full", "Free some space.")
        self.written.append(change)

    def note(self, change: Change) -> None:
        self.noted.append(change)
