"""Reading through the imitated Tribe API: query options, pages and entities (tribe.md 4.4, 4.5)."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from tribe_po.sandbox.tribe.computed import value_reader
from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.error import bad_request, unknown_property
from tribe_po.sandbox.tribe.filter import Predicate, compile_filter
from tribe_po.sandbox.tribe.metadata import EntityModel, Navigation, Property
from tribe_po.sandbox.tribe.store import Compute, Record, Store

Entity = dict[str, Any]

ENTITY_OPTIONS = frozenset({"$select", "$expand"})
COLLECTION_OPTIONS = ENTITY_OPTIONS | {"$filter", "$orderby", "$top", "$skip", "$count"}
SKIP_TOKEN = "$skiptoken"  # noqa: S105 - the name of a query option
_EXPAND_ITEM = re.compile(r"(?P<name>\w+)(?:\((?P<options>.*)\))?", re.DOTALL)
_TOKEN = re.compile(r"(?P<seed>[0-9a-f]{8})-(?P<offset>\d{1,9})")


@dataclass(frozen=True, slots=True)
class View:
    """What to show of a record: these properties, and these navigations expanded."""

    type_name: str
    properties: tuple[tuple[str, Compute], ...]
    expands: tuple[Expand, ...] = ()


@dataclass(frozen=True, slots=True)
class Expand:
    """One navigation to expand and what to show of its targets."""

    navigation: Navigation
    view: View


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of `$orderby`."""

    item: Property
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A collection request. `stated`: its `$filter` and `$orderby` as text. `seed` and `offset`
    come from a `$skiptoken`."""

    view: View
    stated: tuple[str, str]
    predicate: Predicate | None
    order: tuple[OrderKey, ...]
    top: int | None
    skip: int
    count: bool
    seed: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """The records of one page, the number that match in all, and the token of the next page."""

    records: tuple[Record, ...]
    total: int
    next_token: str | None


def raw_options(query_string: bytes, allowed: Iterable[str]) -> dict[str, str]:
    """The query options by name, percent-decoded; a plus stays a plus. Raises a 400."""
    options: dict[str, str] = {}
    for part in query_string.split(b"&") if query_string else ():
        raw_name, _, raw_value = part.partition(b"=")
        try:
            name = unquote_to_bytes(raw_name).decode()
            value = unquote_to_bytes(raw_value).decode()
        except UnicodeDecodeError as error:
            raise bad_request("The query is not UTF-8.") from error
        if name not in allowed:
            raise bad_request(f"The query option '{name}' is not supported here.")
        if name in options:
            raise bad_request(f"The query option '{name}' is given twice.")
        options[name] = value
    return options


def default_view(model: EntityModel, type_name: str) -> View:
    """What an answer shows without `$select` and `$expand`."""
    properties = model.properties(type_name).values()
    return View(type_name, _readers(p for p in properties if p.shown and not p.write_only))


def view(model: EntityModel, type_name: str, options: dict[str, str]) -> View:
    """The view that `$select` and `$expand` ask for. Raises a 400."""
    expands: tuple[Expand, ...] = ()
    if "$select" in options:
        properties = _selected(model, type_name, options["$select"])
    else:
        properties = default_view(model, type_name).properties
    if "$expand" in options:
        expands = tuple(_expands(model, type_name, options["$expand"]))
    return View(type_name, properties, expands)


def query(
    model: EntityModel, type_name: str, options: dict[str, str], dialect: TribeDialect
) -> Query:
    """The collection request that `options` state. Raises a 400."""
    predicate = None
    if "$filter" in options:
        predicate = compile_filter(model, type_name, options["$filter"], dialect)
    order: tuple[OrderKey, ...] = ()
    if "$orderby" in options:
        order = tuple(_order(model, type_name, options["$orderby"], dialect))
    count = options.get("$count", "false")
    if count not in ("true", "false"):
        raise bad_request("$count is true or false.")
    seed, offset = _token(options.get(SKIP_TOKEN))
    return Query(
        view(model, type_name, options),
        (options.get("$filter", ""), options.get("$orderby", "")),
        predicate,
        order,
        _whole(options, "$top"),
        _whole(options, "$skip") or 0,
        count == "true",
        seed,
        offset,
    )


def page(
    store: Store, wanted: Query, dialect: TribeDialect, among: Iterable[Record] | None = None
) -> Page:
    """One page of the records that match, of the set or `among` these. Without a complete
    `$orderby` the order is shuffled anew for each request, except along `@odata.nextLink`s."""
    seed = store.random.getrandbits(32) if wanted.seed is None else wanted.seed
    if among is not None:
        matching = _ordered(store, wanted, seed, among)
    elif any(key.item.name == "ID" for key in wanted.order):
        key = (wanted.view.type_name, wanted.stated)
        matching = store.remembered(key, lambda: _ordered(store, wanted, None, _all(store, wanted)))
    else:
        matching = _ordered(store, wanted, seed, _all(store, wanted))
    start = wanted.offset or wanted.skip
    end = len(matching) if wanted.top is None else min(len(matching), wanted.skip + wanted.top)
    stop = min(start + dialect.page_cap, end)
    token = f"{seed:08x}-{stop}" if dialect.next_link and stop < end else None
    return Page(tuple(matching[start:stop]), len(matching), token)


def _all(store: Store, wanted: Query) -> Iterable[Record]:
    return store.of_type(wanted.view.type_name)


def _ordered(
    store: Store, wanted: Query, seed: int | None, records: Iterable[Record]
) -> list[Record]:
    matching = [
        record for record in records if wanted.predicate is None or wanted.predicate(store, record)
    ]
    if seed is not None:
        random.Random(seed).shuffle(matching)  # noqa: S311 - an order, not a secret
    for key in reversed(wanted.order):
        _sort(store, matching, key)
    return matching


def render(store: Store, record: Record, shown: View) -> Entity:
    """The entity as JSON. Absent values are null; only expanded navigations appear."""
    entity: Entity = {name: read(store, record) for name, read in shown.properties}
    for expand in shown.expands:
        if expand.navigation.is_collection:
            targets = related(store, record, expand.navigation)
            entity[expand.navigation.name] = [_nested(store, t, expand.view) for t in targets]
        else:
            target = store.follow(record, expand.navigation.name)
            entity[expand.navigation.name] = target and _nested(store, target, expand.view)
    return entity


def related(store: Store, record: Record, navigation: Navigation) -> list[Record]:
    """The records of a collection navigation, in the order in which an answer shows them."""
    found = store.inverse(record, navigation)
    return sorted(found, key=lambda r: r.id) if navigation.scattered else found


def _nested(store: Store, record: Record, shown: View) -> Entity:
    identity = {"@odata.id": f"{shown.type_name}({record.id})"}
    return identity | render(store, record, shown)


def _selected(model: EntityModel, type_name: str, text: str) -> tuple[tuple[str, Compute], ...]:
    names = text.split(",")
    return _readers(model.readable(type_name, name) for name in dict.fromkeys(["ID", *names]))


def _readers(properties: Iterable[Property]) -> tuple[tuple[str, Compute], ...]:
    return tuple((item.name, value_reader(item)) for item in properties)


def _expands(model: EntityModel, type_name: str, text: str) -> Iterator[Expand]:
    seen: set[str] = set()
    for item in _split(text, ","):
        found = _EXPAND_ITEM.fullmatch(item)
        if found is None:
            raise bad_request(f"Invalid $expand: '{item}'.")
        name = found["name"]
        navigation = model.navigations(type_name).get(name)
        if navigation is None:
            raise unknown_property(type_name, name)
        if name in seen:
            raise bad_request(f"Invalid $expand: '{name}' is given twice.")
        seen.add(name)
        options = {} if found["options"] is None else _nested_options(found["options"])
        if navigation.flat and "$expand" in options:
            raise bad_request(f"Invalid $expand: '{name}' takes no $expand inside.")
        yield Expand(navigation, view(model, navigation.target, options))


def _nested_options(text: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in _split(text, ";"):
        name, equals, value = part.partition("=")
        if name not in ENTITY_OPTIONS or not equals or name in options:
            raise bad_request(f"Invalid $expand: '{part}' is not supported inside parentheses.")
        options[name] = value
    return options


def _split(text: str, separator: str) -> Iterator[str]:
    """The parts of `text` between separators that stand outside parentheses."""
    depth = start = 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
        if character == separator and depth == 0:
            yield text[start:index]
            start = index + 1
    if depth != 0:
        raise bad_request("Invalid $expand: the parentheses do not match.")
    yield text[start:]


def _order(
    model: EntityModel, type_name: str, text: str, dialect: TribeDialect
) -> Iterator[OrderKey]:
    for item in text.split(","):
        name, _, direction = item.strip(" ").partition(" ")
        if direction not in ("", "asc", "desc"):
            raise bad_request(f"Invalid $orderby: '{item}'.")
        found = model.readable(type_name, name)
        if name == "ID" and not dialect.order_by_id:
            raise bad_request("Invalid $orderby: ID is no sort key.")
        yield OrderKey(found, direction == "desc")


def _sort(store: Store, records: list[Record], key: OrderKey) -> None:
    """Stable, absent values last, as in the PostgreSQL query store (tribe.md 1)."""

    read = value_reader(key.item)

    def rank(record: Record) -> tuple[bool, Any]:
        value = read(store, record)
        return (value is None, 0 if value is None else value)

    records.sort(key=rank, reverse=key.descending)


def _whole(options: dict[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise bad_request(f"{name} is a whole number from 0.")
    return int(text)


def _token(text: str | None) -> tuple[int | None, int]:
    if text is None:
        return None, 0
    found = _TOKEN.fullmatch(text)
    if found is None:
        raise bad_request("The $skiptoken is not one of ours.")
    return int(found["seed"], 16), int(found["offset"])


def whole_view(model: EntityModel, type_name: str, expand: str = "") -> View:
    """Every property, also those that answers leave out, at the first level."""
    shown = view(model, type_name, {"$expand": expand} if expand else {})
    properties = model.properties(type_name).values()
    return View(type_name, _readers(p for p in properties if not p.write_only), shown.expands)
