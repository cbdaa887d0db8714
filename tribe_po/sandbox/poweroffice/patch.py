"""JSON Patch as PowerOffice Go applies it (poweroffice.md section 8)."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import jsonpatch

from tribe_po.sandbox.poweroffice.errors import ProblemError
from tribe_po.sandbox.poweroffice.fields import ADDRESS_FIELDS, Field, Type, Values
from tribe_po.sandbox.poweroffice.values import allows

_NEEDS_VALUE = frozenset({"add", "replace", "test"})
_NEEDS_FROM = frozenset({"copy", "move"})
_OPERATIONS = _NEEDS_VALUE | _NEEDS_FROM | {"remove"}
_CREATES_PARENT = frozenset({"add", "copy", "move"})


@dataclass(frozen=True, slots=True)
class Patcher:
    """Applies operations to the patchable members of one kind of object.

    `resource` is its name in texts ("Product group"), `fields` the members that may be touched.
    `creates_address`: adding a part of an address that is not there makes one.
    """

    resource: str
    fields: Mapping[str, Field]
    creates_address: bool = True

    def apply(self, document: Values, operations: object) -> tuple[Values, frozenset[str]]:
        """Return the patched copy of `document`, and the members written to. All or nothing.

        Every member in `fields` must be in `document`. Raise ProblemError (400) for an operation
        that is malformed, names an unknown target, fails its test, or leaves a wrong type.
        """
        if not isinstance(operations, list) or not operations:
            raise self._refusal("A JSON Patch document was expected.")
        patched = copy.deepcopy(document)
        touched: set[str] = set()
        for operation in operations:
            touched |= self._apply_one(patched, operation)
        for name in touched:
            self._check_type(name, patched)
        return patched, frozenset(touched)

    def _apply_one(self, document: Values, operation: object) -> set[str]:
        parsed = self._parsed(operation)
        target = self._target(document, parsed["path"], creates=parsed["op"] in _CREATES_PARENT)
        parsed["path"] = jsonpatch.JsonPointer.from_parts(
            _last_index(document, target) if parsed["op"] == "remove" else target
        ).path
        if parsed["op"] in _NEEDS_FROM:
            source = self._target(document, parsed["from"], creates=False)
            parsed["from"] = jsonpatch.JsonPointer.from_parts(source).path
        self._run(document, parsed)
        self._restore(document)
        return set() if parsed["op"] == "test" else _written(parsed)

    def _parsed(self, operation: object) -> Values:
        if not isinstance(operation, dict) or operation.get("op") not in _OPERATIONS:
            raise self._refusal("Invalid JSON Patch operation.")
        name = operation["op"]
        needed = {"path"}
        needed |= {"value"} if name in _NEEDS_VALUE else set()
        needed |= {"from"} if name in _NEEDS_FROM else set()
        missing = sorted(needed - operation.keys())
        if missing:
            raise self._refusal(f"The '{name}' operation lacks '{missing[0]}'.")
        return {"op": name} | {part: operation[part] for part in needed}

    def _target(self, document: Values, path: object, *, creates: bool) -> list[str]:
        """Return the parts of `path` in exact spelling; make the parent if `creates`."""
        try:
            parts = jsonpatch.JsonPointer(path).parts if isinstance(path, str) else None
        except jsonpatch.JsonPointerException:
            parts = None
        if parts is None:
            raise self._refusal(f"The path '{path}' is malformed.")
        if not parts:
            raise self._not_found("")
        name = self._exact(self.fields, parts[0])
        if len(parts) == 1:
            return [name]
        field = self.fields[name]
        if len(parts) > 2 or field.type not in (Type.ADDRESS, Type.INT64_LIST):
            raise self._not_found(parts[1])
        if field.type is Type.INT64_LIST:
            document[name] = document[name] or []
            return [name, parts[1]]
        inner = self._exact(ADDRESS_FIELDS, parts[1])
        if document[name] is None:
            if not (creates and self.creates_address):
                raise self._not_found(parts[1])
            document[name] = {}
            self._restore(document)
        return [name, inner]

    def _exact(self, fields: Mapping[str, Field], segment: str) -> str:
        for name in fields:
            if name.lower() == segment.lower():
                return name
        raise self._not_found(segment)

    def _run(self, document: Values, operation: Values) -> None:
        try:
            jsonpatch.JsonPatch([operation]).apply(document, in_place=True)
        except jsonpatch.JsonPatchTestFailed:
            raise self._refusal(
                f"The current value at path '{operation['path']}' is not equal to the test value."
            ) from None
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError):
            raise self._not_found(operation["path"].rpartition("/")[2]) from None

    def _restore(self, document: Values) -> None:
        """Give removed members back as null: the object is typed, it cannot lose a member."""
        for name, field in self.fields.items():
            document.setdefault(name, None)
            if field.type is Type.ADDRESS and isinstance(document[name], dict):
                for inner in ADDRESS_FIELDS:
                    document[name].setdefault(inner, None)

    def _check_type(self, name: str, document: Values) -> None:
        field, value = self.fields[name], document[name]
        if field.type is Type.ADDRESS and value is None:
            raise self._refusal("MailAddress cannot be removed.")
        if field.type is Type.INT64_LIST and isinstance(value, list):
            document[name] = value = [_as_integer(each) for each in value]
        if value is not None and not allows(field, value):
            shown = _wrong_part(value) if field.type is Type.ADDRESS else value
            raise self._refusal(f"The value '{shown}' is invalid for target location.")

    def _not_found(self, segment: str) -> ProblemError:
        return self._refusal(
            f"The target location specified by path segment '{segment}' was not found."
        )

    def _refusal(self, text: str) -> ProblemError:
        return ProblemError(
            400, f"{self.resource} validation error(s)", f"{self._dto}PatchDto: {text}"
        )

    @property
    def _dto(self) -> str:
        """Return the resource's name as it stands in the names of its bodies."""
        return "".join(word.capitalize() for word in self.resource.split())


def _written(operation: Values) -> set[str]:
    paths = [operation["path"]]
    if operation["op"] == "move":
        paths.append(operation["from"])
    return {path.split("/")[1] for path in paths}


def _last_index(document: Values, target: list[str]) -> list[str]:
    """Return `target` with "-" made the last index: a removal may name the last one so."""
    if target[1:] != ["-"] or not document[target[0]]:
        return target
    return [target[0], str(len(document[target[0]]) - 1)]


def _as_integer(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _wrong_part(address: object) -> object:
    if not isinstance(address, dict):
        return address
    for name, part in address.items():
        if name not in ADDRESS_FIELDS:
            return name
        if part is not None and not allows(ADDRESS_FIELDS[name], part):
            return part
    return address
