"""Finding relations and their roles in Tribe: by ID, by relation, by number and by mark."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tribe_po.errors import NotAllowed, SettingsError
from tribe_po.fields import Field
from tribe_po.records import Form, Kind, Record
from tribe_po.tribe.entity import Entity, identifier, linked, read, text
from tribe_po.tribe.errors import QueryRefused, printable, untraceable
from tribe_po.tribe.marks import marked
from tribe_po.tribe.metadata import COMMERCIAL, IDENTITY, ORGANIZATION_CUSTOMER
from tribe_po.tribe.query import Selection, any_of, chunks, equals_any, is_guid, quoted
from tribe_po.tribe.reading import Reader
from tribe_po.tribe.shapes import IMPORT_ID, ROLE_SETS, Shape, shape_of
from tribe_po.tribe.translate import place_of, record_of_relation, record_of_role
from tribe_po.values import clean

OWN = "own organisation"
"""The key under which `learned` keeps the ID of the own organisation."""

PATHS = "paths"
"""The key under which `learned` keeps that the server filters by no property of a linked record."""

OFF = "off"

_IDS_AT_ONCE = 60
_RELATIONS_AT_ONCE = 40
_NUMBERS_AT_ONCE = 100
"""An ID takes some 60 characters of a query, a number some 40: URLs stay below 5 000, so that with
the token the head of a request stays below the 8 000 that servers are known to take."""

_LONGEST_CONDITION = 4_000
"""Characters of a condition as they stand in the URL."""

_LIKENESS = ("organization_number", "name")
_IDENTITIES_SHOWN = 5

_FUNNEL = ("Suspect", "Lead", "HotProspect", "Prospect")
_PARENT = ("Relation", Selection("Relation", ("ID",)))
_IDENTITIES = Selection(IDENTITY, ("Name",), (_PARENT,))
_LEADS = Selection(
    COMMERCIAL,
    ("ID", "_Type", "IsFormer", IMPORT_ID),
    (_PARENT, ("Organization", Selection("Relation_Organization", ("ID",)))),
)


@dataclass(frozen=True, slots=True)
class Lead:
    """A commercial relationship that is no customer yet: a lead, a prospect."""

    id: str
    relation_id: str
    entity_set: str
    import_id: str

    @property
    def stage(self) -> int:
        """How far along the way to a customer it is; unknown stages come first."""
        name = self.entity_set.rpartition("_")[2]
        return _FUNNEL.index(name) if name in _FUNNEL else -1


class Finder:
    """Reads records of one tenant. Relationships of other parents than the own organisation are
    nobody's customers or suppliers here, and are left out."""

    def __init__(self, reader: Reader, organization_id: str) -> None:
        self.reader = reader
        self._configured = organization_id
        self._own = ""
        self._shapes: dict[tuple[Kind, Form], Shape] = {}
        self._leads: dict[str, Lead] = {}
        self._candidates: dict[tuple[Kind, str], Record] = {}

    def own_organization(self) -> str:
        """The ID of the company that the tenant belongs to (tribe.md section 2.5).

        Raises `NotAllowed` when Tribe shows none, `SettingsError` when it shows several and none
        of them is the configured one.
        """
        self._own = self._own or self.reader.learned.get(OWN, "")
        if not self._own:
            rows = self.reader.rows(_IDENTITIES, enough=1)
            named = {identifier(linked(row, "Relation")): text(read(row, "Name")) for row in rows}
            named.pop("", None)
            self._own = self.reader.learned[OWN] = self._chosen(named)
        return self._own

    def _chosen(self, named: dict[str, str]) -> str:
        if not named:
            what = "Tribe does not show the own organisation"
            why = f"{IDENTITY} has no record that this application may read"
            raise NotAllowed(
                what, why, "give the application's user rights in Tribe, then: tribe-po check"
            )
        if len(named) == 1:
            return next(iter(named))
        for own in named:
            if own.lower() == self._configured.lower():
                return own
        shown = list(named.items())[:_IDENTITIES_SHOWN]
        listed = ", ".join(f"{own} ({printable(name)})" for own, name in shown)
        raise SettingsError(
            "it is not clear which organisation in Tribe is the own one",
            f"Tribe has {len(named)}: {listed}{', …' if len(named) > len(shown) else ''}",
            "set TRIBECRM_ORGANIZATION_ID to the ID of one of them",
        )

    def shape(self, kind: Kind, form: Form) -> Shape:
        """The sets and names of one kind and form. Raises KeyError when Tribe has no such set."""
        if (kind, form) not in self._shapes:
            self._shapes[kind, form] = shape_of(self.reader.names, kind, form)
        return self._shapes[kind, form]

    def shapes(self, kinds: Collection[Kind]) -> list[Shape]:
        """The shapes of some kinds, organisations before persons."""
        return [self.shape(kind, form) for kind, form in ROLE_SETS if kind in kinds]

    def roles(
        self, shape: Shape, condition: str = "", *, enough: int | None = None
    ) -> list[Entity]:
        """Relationships of the own organisation that meet a condition."""
        rows = self.reader.rows(shape.role, condition, enough=enough)
        return [row for row in rows if self._is_ours(row)]

    def records(self, shape: Shape) -> list[Record]:
        """All records of a shape, made of each page as it comes."""

        def record(row: Entity) -> Record | None:
            return record_of_role(shape, row) if self._is_ours(row) else None

        found = self.reader.rows_as(record, shape.role)
        return [one for one in found if one is not None]

    def _is_ours(self, role: Entity) -> bool:
        parent = identifier(linked(role, "Relation"))
        return not parent or parent == self.own_organization()

    def roles_of(self, shape: Shape, relation_ids: Collection[str]) -> list[Entity]:
        """The relationships of some organisations or persons."""
        return [
            row
            for row in self._by_child(shape.role, shape.child, relation_ids)
            if self._is_ours(row)
        ]

    def _by_child(
        self, selection: Selection, child: str, relation_ids: Collection[str]
    ) -> list[Entity]:
        """Where the server refuses to filter by a linked record's ID, the whole set is read."""
        wanted = sorted({relation for relation in relation_ids if is_guid(relation)})
        try:
            return [
                row
                for chunk in chunks(wanted, _RELATIONS_AT_ONCE)
                for row in self.reader.rows(selection, equals_any(f"{child}/ID", chunk))
            ]
        except QueryRefused:
            rows = self.reader.rows(selection)
        return [row for row in rows if identifier(linked(row, child)) in wanted]

    def by_id(self, kind: Kind, ids: Sequence[str]) -> list[Record]:
        """Records by relationship ID, in the order asked for; what is gone is left out."""
        found: dict[str, Record] = {}
        for shape in self.shapes((kind,)):
            missing = [role_id for role_id in dict.fromkeys(ids) if role_id not in found]
            for chunk in chunks([role_id for role_id in missing if is_guid(role_id)], _IDS_AT_ONCE):
                rows = self.roles(shape, equals_any("ID", chunk), enough=len(chunk))
                found.update((record.id, record) for record in records(shape, rows))
        return [found[role_id] for role_id in dict.fromkeys(ids) if role_id in found]

    def by_mark(self, kind: Kind, mark: str) -> list[Record]:
        """Records that carry a mark. Raises `Untraceable` when none is found and a form of record
        has no property for it (tribe.md section 5.4)."""
        found: list[str] = []
        unmarked: list[str] = []
        for shape in self.shapes((kind,)):
            if shape.import_id is None:
                unmarked.append(shape.role_set)
            else:
                found += marked(self.reader, shape.role_set, shape.import_id, mark)
        if unmarked and not found:
            raise untraceable(kind, unmarked)
        return self.by_id(kind, found)

    def by_number(self, kind: Kind, numbers: Sequence[str]) -> list[Record]:
        """Records with one of these numbers, and relations that have it but not the role."""
        return [
            record for shape in self.shapes((kind,)) for record in self._numbered(shape, numbers)
        ]

    def _numbered(self, shape: Shape, numbers: Sequence[str]) -> list[Record]:
        place = place_of(shape, "number")
        if place.name is None:
            return []
        wanted = {place.row.normal(number) for number in numbers} - {None}
        relations: dict[str, Entity] = {}
        for chunk in chunks(_spellings(numbers, place.row), _NUMBERS_AT_ONCE):
            condition = equals_any(place.name, (quoted(number) for number in chunk))
            for row in self.reader.rows(shape.relation, condition):
                if place.row.normal(text(read(row, place.name))) in wanted:
                    relations[identifier(row)] = row
        having = records(shape, self.roles_of(shape, relations))
        for record in having:
            relations.pop(record.relation_id, None)
        return having + self._lacking(shape, relations)

    def by_likeness(self, kind: Kind, records: Sequence[Record]) -> list[Record]:
        """Organisations without the role that have the organisation number or the name of one of
        these records, to the letter. Persons are too many of one name to tell anything."""
        shape = self.shape(kind, Form.ORGANIZATION)
        conditions = dict.fromkeys(
            f"{name} eq {quoted(str(value))}"
            for record in records
            if record.form is Form.ORGANIZATION
            for field in _LIKENESS
            if (name := place_of(shape, field).name) and (value := record.values.get(field))
        )
        relations = {
            identifier(row): row
            for condition in any_of(list(conditions), _LONGEST_CONDITION)
            for row in self.reader.rows(shape.relation, condition)
        }
        for role in self.roles_of(shape, relations):
            relations.pop(identifier(linked(role, shape.child)), None)
        return self._lacking(shape, relations)

    def _lacking(self, shape: Shape, relations: dict[str, Entity]) -> list[Record]:
        leads = self._leads_of(relations) if shape.role_set == ORGANIZATION_CUSTOMER else {}
        found = []
        for relation_id, row in relations.items():
            record = record_of_relation(shape, row, leads.get(relation_id, ""))
            self._candidates[shape.kind, relation_id] = record
            found.append(record)
        return found

    def _leads_of(self, relation_ids: Collection[str]) -> dict[str, str]:
        """The relationship to upgrade for each organisation that has one."""
        if not relation_ids:
            return {}
        rows = self._by_child(_LEADS, "Organization", relation_ids)
        leads = [_lead(row) for row in rows if self._is_open(row)]
        self._leads.update((lead.id, lead) for lead in leads)
        leads.sort(key=lambda lead: lead.stage)
        return {lead.relation_id: lead.id for lead in leads}

    def _is_open(self, row: Entity) -> bool:
        """Whether it can become a customer: ours, not yet one, and not ended."""
        entity_set = _set_of(row)
        return (
            entity_set.startswith(f"{COMMERCIAL}_")
            and entity_set != ORGANIZATION_CUSTOMER
            and read(row, "IsFormer") is not True
            and self._is_ours(row)
        )

    def lead(self, lead_id: str) -> Lead | None:
        """A lead by its ID, None when there is none any more."""
        if lead_id not in self._leads and is_guid(lead_id):
            rows = self.reader.rows(_LEADS, f"ID eq {lead_id}", enough=1)
            self._leads.update((identifier(row), _lead(row)) for row in rows if self._is_open(row))
        return self._leads.get(lead_id)

    def candidate(self, shape: Shape, relation_id: str) -> Record | None:
        """A relation that lacks the role, None when it is gone."""
        known = self._candidates.get((shape.kind, relation_id))
        if known is not None or not is_guid(relation_id):
            return known
        rows = self.reader.rows(shape.relation, f"ID eq {relation_id}", enough=1)
        return record_of_relation(shape, rows[0]) if rows else None


def records(shape: Shape, rows: Iterable[Entity]) -> list[Record]:
    """The records of relationships; those without a relation are left out."""
    found = (record_of_role(shape, row) for row in rows)
    return [record for record in found if record is not None]


def _lead(row: Entity) -> Lead:
    relation_id = identifier(linked(row, "Organization"))
    return Lead(identifier(row), relation_id, _set_of(row), text(read(row, IMPORT_ID)))


def _set_of(row: Entity) -> str:
    """The set of a record's own type, which `_Type` spells with dots (tribe.md section 3.1)."""
    return text(read(row, "_Type")).replace(".", "_")


def _spellings(numbers: Sequence[str], row: Field) -> list[str]:
    """The numbers as given and in their normal form."""
    both = (form for number in numbers for form in (clean(number), row.normal(number)))
    return list(dict.fromkeys(str(form) for form in both if form))
