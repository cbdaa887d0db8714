"""Tribe's entity model: the machinery that reads the table in `tribe_model.py`, and its CSDL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Flag, StrEnum, auto
from xml.etree import ElementTree

from tribe_po.sandbox.tribe.error import not_found, unknown_property

NAMESPACE = "OData"
_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


class Kind(StrEnum):
    """The primitive types, by their EDM names."""

    STRING = "Edm.String"
    DOUBLE = "Edm.Double"
    INTEGER = "Edm.Int64"
    BOOLEAN = "Edm.Boolean"
    DATE = "Edm.Date"
    MOMENT = "Edm.DateTimeOffset"
    GUID = "Edm.Guid"
    BINARY = "Edm.Binary"


class Right(Flag):
    """What the API allows on a set besides reading it."""

    NONE = 0
    CREATE = auto()
    UPDATE = auto()
    DELETE = auto()


FULL = Right.CREATE | Right.UPDATE | Right.DELETE
BY_BASE = Right.UPDATE | Right.DELETE


@dataclass(frozen=True, slots=True)
class Property:
    """A primitive property.

    Not `shown`: left out of answers unless `$select` names it. `write_only`: never in an answer.
    `key`: the name under which a record keeps the value, when the wire name is the tenant's choice;
    such a value is a day.
    """

    name: str
    kind: Kind = Kind.STRING
    read_only: bool = False
    shown: bool = True
    required: bool = False
    write_only: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Navigation:
    """A link to another type.

    `fixed`: given at creation and never re-pointed. `inverse_of`: a collection, made of the
    records whose links of these names point here; empty for a to-one navigation.
    Of collections only: `nested`: its records may be created inside their owner's creation;
    `scattered`: they come in no useful order; `flat`: its `$expand` takes no `$expand` inside.
    """

    name: str
    target: str
    required: bool = False
    fixed: bool = False
    inverse_of: tuple[str, ...] = ()
    nested: bool = False
    scattered: bool = False
    flat: bool = False

    @property
    def is_collection(self) -> bool:
        """Whether it leads to many records."""
        return bool(self.inverse_of)


@dataclass(frozen=True, slots=True)
class EntityType:
    """One row of the model. `has_set`: whether the URL of its name is a collection.
    Not `available`: it belongs to a module that the tenant does not have, and shows nowhere."""

    name: str
    base: str | None
    properties: tuple[Property, ...] = ()
    navigations: tuple[Navigation, ...] = ()
    rights: Right = Right.NONE
    abstract: bool = False
    has_set: bool = True
    available: bool = True

    @property
    def dotted(self) -> str:
        """The name as `_Type` spells it (tribe.md 3.1)."""
        return self.name.replace("_", ".")


class EntityModel:
    """The types with their inheritance resolved. Bases must come before their subtypes."""

    def __init__(self, types: Iterable[EntityType]) -> None:
        self._types: dict[str, EntityType] = {}
        self._properties: dict[str, dict[str, Property]] = {}
        self._navigations: dict[str, dict[str, Navigation]] = {}
        self._ancestors: dict[str, tuple[str, ...]] = {}
        for entity_type in types:
            self._add(entity_type)
        self._navigations = {
            name: {n.name: n for n in navigations.values() if self._types[n.target].available}
            for name, navigations in self._navigations.items()
        }

    def _add(self, entity_type: EntityType) -> None:
        name, base = entity_type.name, entity_type.base
        self._types[name] = entity_type
        self._properties[name] = dict(self._properties[base]) if base else {}
        self._properties[name].update({p.name: p for p in entity_type.properties})
        self._navigations[name] = dict(self._navigations[base]) if base else {}
        self._navigations[name].update({n.name: n for n in entity_type.navigations})
        self._ancestors[name] = (*self._ancestors[base], name) if base else (name,)

    def types(self) -> tuple[EntityType, ...]:
        """All types that the tenant has, bases first."""
        return tuple(t for t in self._types.values() if t.available)

    def get(self, name: str) -> EntityType:
        """The type called `name`. Raises KeyError when there is none."""
        return self._types[name]

    def entity_set(self, name: str) -> EntityType:
        """The type behind the set `name`. Raises a 404 as Tribe does for a module that the
        tenant does not have (tribe.md 1)."""
        found = self._types.get(name)
        if found is None or not found.has_set or not found.available:
            raise not_found(f"Entity type not found: '{name}'.")
        return found

    def properties(self, name: str) -> Mapping[str, Property]:
        """The properties of the type and its bases, by name."""
        return self._properties[name]

    def readable(self, type_name: str, name: str) -> Property:
        """The property of that name that answers may show. Raises a 400 when there is none."""
        found = self._properties[type_name].get(name)
        if found is None or found.write_only:
            raise unknown_property(type_name, name)
        return found

    def navigations(self, name: str) -> Mapping[str, Navigation]:
        """The navigations of the type and its bases, by name."""
        return self._navigations[name]

    def is_a(self, name: str, base: str) -> bool:
        """Whether `name` is `base` or inherits from it."""
        return base in self._ancestors[name]

    def concrete(self, base: str) -> tuple[str, ...]:
        """The types of which records exist that are `base`."""
        return tuple(t.name for t in self.types() if not t.abstract and self.is_a(t.name, base))


def csdl(model: EntityModel, functions: Mapping[str, str], untold: Collection[str] = ()) -> bytes:
    """The model as CSDL XML (tribe.md 4.6). `functions`: function name to the type it returns;
    `untold`: properties that the document is silent about."""
    ElementTree.register_namespace("edmx", _EDMX)
    ElementTree.register_namespace("", _EDM)
    root = ElementTree.Element(f"{{{_EDMX}}}Edmx", Version="4.0")
    services = ElementTree.SubElement(root, f"{{{_EDMX}}}DataServices")
    schema = ElementTree.SubElement(services, f"{{{_EDM}}}Schema", Namespace=NAMESPACE)
    for entity_type in model.types():
        _type_element(schema, model, entity_type, untold)
    for name, target in functions.items():
        function = ElementTree.SubElement(schema, f"{{{_EDM}}}Function", Name=name)
        ElementTree.SubElement(function, f"{{{_EDM}}}ReturnType", Type=f"{NAMESPACE}.{target}")
    _container_element(schema, model, functions)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _type_element(
    schema: ElementTree.Element,
    model: EntityModel,
    entity_type: EntityType,
    untold: Collection[str],
) -> None:
    attributes = {"Name": entity_type.name}
    if entity_type.base:
        attributes["BaseType"] = f"{NAMESPACE}.{entity_type.base}"
    if entity_type.abstract:
        attributes["Abstract"] = "true"
    element = ElementTree.SubElement(schema, f"{{{_EDM}}}EntityType", attributes)
    if entity_type.base is None:
        key = ElementTree.SubElement(element, f"{{{_EDM}}}Key")
        ElementTree.SubElement(key, f"{{{_EDM}}}PropertyRef", Name="ID")
    inherited = model.properties(entity_type.base) if entity_type.base else {}
    for item in entity_type.properties:
        if item.name in inherited or item.name in untold:
            continue
        nullable = {"Nullable": "false"} if item.required or item.name == "ID" else {}
        ElementTree.SubElement(
            element, f"{{{_EDM}}}Property", {"Name": item.name, "Type": item.kind.value, **nullable}
        )
    known = model.navigations(entity_type.name)
    for navigation in (n for n in entity_type.navigations if n.name in known):
        target = f"{NAMESPACE}.{navigation.target}"
        kind = f"Collection({target})" if navigation.is_collection else target
        ElementTree.SubElement(
            element, f"{{{_EDM}}}NavigationProperty", Name=navigation.name, Type=kind
        )


def _container_element(
    schema: ElementTree.Element, model: EntityModel, functions: Mapping[str, str]
) -> None:
    container = ElementTree.SubElement(schema, f"{{{_EDM}}}EntityContainer", Name="Container")
    for entity_type in model.types():
        if entity_type.has_set:
            ElementTree.SubElement(
                container,
                f"{{{_EDM}}}EntitySet",
                Name=entity_type.name,
                EntityType=f"{NAMESPACE}.{entity_type.name}",
            )
    for name in functions:
        ElementTree.SubElement(
            container, f"{{{_EDM}}}FunctionImport", Name=name, Function=f"{NAMESPACE}.{name}"
        )
