"""JSON Patch as PowerOffice takes it (RFC 6902; poweroffice.md section 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from tribe_po.errors import RecordRefused
from tribe_po.fields import FIELDS, Field, Owner
from tribe_po.poweroffice.lists import Dto
from tribe_po.poweroffice.translate import address_members, member_of, plain_value
from tribe_po.records import Address
from tribe_po.sides import Edit

CONTENT_TYPE = "application/json-patch+json"

Operations = list[dict[str, object]]
"""The body of a patch."""

_REFERENCES = frozenset({"payment_days", "group", "vat"})
"""The fields that are written as the id of something else."""

_ADDRESS = "/MailAddress"


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a patch. `path` begins with a slash; `remove` has no value."""

    op: Literal["test", "replace", "add", "remove"]
    path: str
    value: object = None

    def as_json(self, *, removing: bool = True) -> dict[str, object]:
        """The step as it is sent; without `removing`, a removal writes null."""
        if self.op == "remove":
            bare: dict[str, object] = {"op": "remove", "path": self.path}
            return bare if removing else {**bare, "op": "replace", "value": None}
        return {"op": self.op, "path": self.path, "value": self.value}


@dataclass(frozen=True, slots=True)
class Patch:
    """What is written, and the `tests` that hold while what is replaced is what was expected.

    `new_address` has the parts of an address where there was none, else it is empty.
    """

    tests: tuple[Operation, ...]
    changes: tuple[Operation, ...]
    new_address: Mapping[str, str]

    def body(self, *, guarded: bool, removing: bool = True, by_parts: bool = True) -> Operations:
        """The patch as it is sent, with its tests in front when `guarded`. Without `removing` it
        clears by writing null, and without `by_parts` it gives a new address as one object."""
        new = [Operation("add", f"{_ADDRESS}/{name}", v) for name, v in self.new_address.items()]
        if self.new_address and not by_parts:
            new = [Operation("add", _ADDRESS, dict(self.new_address))]
        tests = self.tests if guarded else ()
        return [step.as_json(removing=removing) for step in (*tests, *self.changes, *new)]

    @property
    def removes(self) -> bool:
        """Whether it clears anything."""
        return any(step.op == "remove" for step in self.changes)

    def tests_hold(self, dto: Dto) -> bool:
        """Whether a record holds exactly what the tests ask for."""
        return all(dto.get(test.path.lstrip("/")) == test.value for test in self.tests)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.changes or self.new_address)


def patch_for(edit: Edit, references: Mapping[str, int | None]) -> Patch:
    """The patch that writes exactly the edit's values. The number is never written.

    `references` has the id to write for each of the edit's fields that PowerOffice keeps as the id
    of something else, None to clear it. Raise `RecordRefused` where an address would have to be
    cleared, which PowerOffice cannot do.
    """
    known = {row.name: row for row in FIELDS if edit.kind in row.kinds}
    rows = [
        row
        for name, row in known.items()
        if name in edit.values and row.owner is not Owner.POWEROFFICE
    ]
    plain = [row for row in rows if row.name not in _REFERENCES and row.name != "address"]
    changes = [step for row in plain for step in _plain(row, edit)]
    changes += [
        _set(f"/{member_of(row)}", references[row.name]) for row in rows if row.name in _REFERENCES
    ]
    parts, new_address = _address_change(edit)
    return Patch(tuple(_tests(plain, edit)), (*changes, *parts), new_address)


def _set(path: str, value: object) -> Operation:
    return Operation("remove", path) if value is None else Operation("replace", path, value)


def _plain(row: Field, edit: Edit) -> Iterator[Operation]:
    value = edit.values[row.name]
    is_empty_already = row.name in edit.expected and edit.expected[row.name] is None
    if value is not None or not is_empty_already:
        yield _set(f"/{member_of(row)}", plain_value(row, value))


def _tests(plain: list[Field], edit: Edit) -> Iterator[Operation]:
    for row in plain:
        expected = edit.expected.get(row.name)
        if expected is not None:
            yield Operation("test", f"/{member_of(row)}", plain_value(row, expected))


def _address_change(edit: Edit) -> tuple[list[Operation], dict[str, str]]:
    """The steps that change an address, or the parts of a new one."""
    new, old = edit.values.get("address"), edit.expected.get("address")
    if isinstance(new, Address) and isinstance(old, Address):
        return list(_address_parts(address_members(new), address_members(old))), {}
    if isinstance(new, Address):
        return [], {name: part for name, part in address_members(new).items() if part}
    if isinstance(old, Address) and "address" in edit.values:
        raise _cannot_clear_address(edit)
    return [], {}


def _address_parts(new: Mapping[str, str], old: Mapping[str, str]) -> Iterator[Operation]:
    for name, part in new.items():
        if _folded(part) == _folded(old[name]):
            continue
        path = f"{_ADDRESS}/{name}"
        if part:
            yield Operation("replace" if old[name] else "add", path, part)
        else:
            yield Operation("remove", path)


def _folded(part: str) -> str:
    """White space and capitals do not tell two parts apart, as in the field table."""
    return "".join(part.split()).casefold()


def _cannot_clear_address(edit: Edit) -> RecordRefused:
    return RecordRefused(
        f"The address of {edit.kind} {edit.id} cannot be cleared in PowerOffice.",
        "PowerOffice's API changes an address, but has no way to remove one.",
        "Remove it in PowerOffice by hand, or enter an address in Tribe again.",
    )


def as_person(edit: Edit, names: tuple[str, str], before: Dto) -> Edit:
    """The edit of a supplier who is a private person: first and last name in place of the name."""
    given: dict[str, Any] = dict(zip(("first_name", "last_name"), names, strict=True))
    members = {"first_name": before.get("FirstName"), "last_name": before.get("LastName")}
    changed = {name: text for name, text in given.items() if text != members[name]}
    others = {name: value for name, value in edit.values.items() if name != "name"}
    return replace(edit, values={**others, **changed}, expected={**edit.expected, **members})
