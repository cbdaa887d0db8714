"""`$filter` of the imitated Tribe API: parsed by odata-query, turned into a predicate.

Three-valued as in SQL: a comparison with an absent value is neither true nor false, also under
`not`. Only what tribe.md 4.4 lists is understood; everything else is a 400.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from odata_query import ast, exceptions
from odata_query.grammar import ODataLexer, ODataParser

from tribe_po.sandbox.tribe.computed import value_reader
from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.error import bad_request, unknown_property
from tribe_po.sandbox.tribe.metadata import EntityModel, Kind, Property
from tribe_po.sandbox.tribe.store import Record, Store

Predicate = Callable[[Store, Record], bool | None]
_Getter = Callable[[Store, Record], Any]

_MOST_NAVIGATIONS = 2
_STRING_LITERAL = re.compile(r"'(?:[^']|'')*'")
_KEYWORD = re.compile(r"(?<!\w)(?:eq|ne|gt|ge|lt|le|and|or|not|null|true|false)(?!\w)", re.I)

_COMPARATORS: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_LITERALS: dict[Kind, tuple[type, ...]] = {
    Kind.STRING: (ast.String,),
    Kind.DOUBLE: (ast.Integer, ast.Float),
    Kind.INTEGER: (ast.Integer,),
    Kind.BOOLEAN: (ast.Boolean,),
    Kind.DATE: (ast.Date,),
    Kind.MOMENT: (ast.DateTime,),
    Kind.GUID: (ast.GUID,),
}
_STRING_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def compile_filter(
    model: EntityModel, type_name: str, text: str, dialect: TribeDialect
) -> Predicate:
    """The predicate that `text` states about records of `type_name`. Raises a 400."""
    for keyword in _KEYWORD.findall(_STRING_LITERAL.sub("''", text)):
        if keyword != keyword.lower():
            raise bad_request(f"Invalid $filter: '{keyword}' is no operator; write it lower-case.")
    try:
        tree = ODataParser().parse(ODataLexer().tokenize(text))
    except exceptions.ODataException as error:
        raise bad_request(f"Invalid $filter: {error}") from error
    return _Compiler(model, type_name, dialect).condition(tree)


class _Compiler:
    def __init__(self, model: EntityModel, type_name: str, dialect: TribeDialect) -> None:
        self._model = model
        self._type_name = type_name
        self._dialect = dialect

    def condition(self, node: object) -> Predicate:
        match node:
            case ast.BoolOp(op=ast.And(), left=left, right=right):
                return _both(self.condition(left), self.condition(right))
            case ast.BoolOp(op=ast.Or(), left=left, right=right):
                return _either(self.condition(left), self.condition(right))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _negated(self.condition(operand))
            case ast.Compare(comparator=comparator, left=left, right=right):
                return self._comparison(comparator, left, right)
            case ast.Call(func=func, args=args):
                return self._function(".".join((*func.namespace, func.name)), args)
        raise bad_request("Invalid $filter: a comparison or a string function is expected.")

    def _comparison(self, comparator: object, left: object, right: object) -> Predicate:
        compare = _COMPARATORS.get(type(comparator))
        if compare is None:
            raise bad_request("Invalid $filter: the operator 'in' is not supported.")
        get, kind = self._path(left)
        if isinstance(right, ast.Null):
            return _null_test(comparator, get)
        if kind is Kind.BOOLEAN and compare not in (operator.eq, operator.ne):
            raise bad_request("Invalid $filter: a boolean has no order.")
        wanted = _literal(kind, right)

        def predicate(store: Store, record: Record) -> bool | None:
            value = get(store, record)
            return None if value is None else compare(value, wanted)

        return predicate

    def _function(self, name: str, args: list[Any]) -> Predicate:
        function = _STRING_FUNCTIONS.get(name)
        if function is None:
            raise bad_request(f"Invalid $filter: the function '{name}' is not supported.")
        get, kind = self._path(args[0])
        if kind is not Kind.STRING or not isinstance(args[1], ast.String):
            raise bad_request(f"Invalid $filter: '{name}' takes a string property and a string.")
        wanted = str(args[1].py_val).casefold()

        def predicate(store: Store, record: Record) -> bool | None:
            value = get(store, record)
            return None if value is None else function(value.casefold(), wanted)

        return predicate

    def _path(self, node: object) -> tuple[_Getter, Kind]:
        *navigations, name = _names(node)
        if len(navigations) > (_MOST_NAVIGATIONS if self._dialect.nested_filter else 0):
            raise bad_request("Invalid $filter: the path is too long.")
        if name == "ImportId" and self._dialect.import_id == "unfilterable":
            raise bad_request("Invalid $filter: ImportId cannot be filtered by.")
        type_name = self._type_name
        for step in navigations:
            navigation = self._model.navigations(type_name).get(step)
            if navigation is None:
                raise unknown_property(type_name, step)
            if navigation.is_collection:
                raise bad_request(f"Invalid $filter: '{step}' leads to a collection.")
            type_name = navigation.target
        found = self._model.readable(type_name, name)
        return _getter(tuple(navigations), found), found.kind


def _names(node: object) -> list[str]:
    match node:
        case ast.Identifier(name=name, namespace=()):
            return [name]
        case ast.Attribute(owner=owner, attr=attr):
            return [*_names(owner), attr]
    raise bad_request("Invalid $filter: a property belongs on the left, a literal on the right.")


def _getter(navigations: tuple[str, ...], item: Property) -> _Getter:
    read = value_reader(item)

    def get(store: Store, record: Record) -> Any:
        for step in navigations:
            target = store.follow(record, step)
            if target is None:
                return None
            record = target
        value = read(store, record)
        return value[:-1] if item.kind is Kind.MOMENT and isinstance(value, str) else value

    return get


def _literal(kind: Kind, node: Any) -> Any:
    if type(node) not in _LITERALS[kind]:
        raise bad_request(f"Invalid $filter: the literal does not fit a property of type {kind}.")
    try:
        value = node.py_val
    except ValueError as error:
        raise bad_request(f"Invalid $filter: {error}") from error
    if kind is Kind.MOMENT:
        return _comparable_moment(value)
    return str(value) if kind in (Kind.GUID, Kind.DATE) else value


def _comparable_moment(value: datetime) -> str:
    """UTC without zone, so that text order is time order, also with a fraction of a second."""
    if value.tzinfo is None:
        raise bad_request("Invalid $filter: a date and time needs Z or an offset.")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat()


def _null_test(comparator: object, get: _Getter) -> Predicate:
    match comparator:
        case ast.Eq():
            return lambda store, record: get(store, record) is None
        case ast.NotEq():
            return lambda store, record: get(store, record) is not None
    return lambda _store, _record: None


def _both(left: Predicate, right: Predicate) -> Predicate:
    def predicate(store: Store, record: Record) -> bool | None:
        first = left(store, record)
        if first is False:
            return False
        second = right(store, record)
        return second if first or second is False else None

    return predicate


def _either(left: Predicate, right: Predicate) -> Predicate:
    def predicate(store: Store, record: Record) -> bool | None:
        first = left(store, record)
        if first:
            return True
        second = right(store, record)
        return second if first is False or second else None

    return predicate


def _negated(inner: Predicate) -> Predicate:
    def predicate(store: Store, record: Record) -> bool | None:
        outcome = inner(store, record)
        return None if outcome is None else not outcome

    return predicate
