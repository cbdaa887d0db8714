"""One relation of Tribe, one contact of PowerOffice, whatever PowerOffice does by itself.

It may take a new supplier for the customer with the same organisation number, and make both one
contact (poweroffice.md section 17, 12). Two relations of Tribe that are linked to one contact would
overwrite each other's names and addresses, so that this never comes about without a person.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tribe_po.fields import normal_of
from tribe_po.records import RELATIONS, Form, Kind, Link, Memory, Record, System, Values
from tribe_po.sync.other_role import OTHER_ROLE
from tribe_po.sync.trees import GONE

SEPARATE = "Merge the two in Tribe, or make it a contact of its own in PowerOffice."
"""What a person does where PowerOffice made one contact of two relations."""

ONE_OF_TWO = "Archive one of the two in PowerOffice, or settle what else is listed of them."
"""What a person does about a second copy of one role."""


@dataclass(frozen=True, slots=True)
class _Company:
    """A customer or supplier that PowerOffice has, or is about to get. The relation is "" for one
    without a link."""

    kind: Kind
    relation_id: str
    label: str


class Contacts:
    """What may come of another role, for those that were seen."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._by_number: defaultdict[str, list[_Company]] = defaultdict(list)
        self._by_relation: dict[tuple[Kind, str], Link] = {}
        for link in memory.links.values():
            if link.kind in RELATIONS and link.tribe_relation_id and link.parked is None:
                self._by_relation[link.kind, link.tribe_relation_id] = link
            if link.kind in RELATIONS and link.parked != GONE[System.POWEROFFICE]:
                number = _number(link.kind, link.form, link.seen_in(System.POWEROFFICE))
                self._note(number, _Company(link.kind, link.tribe_relation_id, link.label))
        for record in memory.unlinked.values():
            if record.kind in RELATIONS and record.system is System.POWEROFFICE:
                self._note(_number_of(record), _Company(record.kind, "", record.label))

    def other_role(self, source: Record) -> Link | None:
        """The link of a Tribe record's relation in its other role."""
        other = OTHER_ROLE.get(source.kind)
        return self._by_relation.get((other, source.relation_id)) if other else None

    def there_already(self, source: Record) -> str | None:
        """Why a record is not to be created: its other role belongs to a contact, or to a relation,
        that has this role already."""
        memory = self._memory
        if source.system is System.TRIBE:
            link = self.other_role(source)
            if link and (System.POWEROFFICE, source.kind, link.poweroffice_id) in memory.unlinked:
                return f"PowerOffice's contact {link.poweroffice_id} is a {source.kind} already"
            return None
        other = OTHER_ROLE.get(source.kind)
        link = memory.links.get((other, source.id)) if other else None
        double = self._by_relation.get((source.kind, link.tribe_relation_id)) if link else None
        if double is None or double.poweroffice_id == source.id:
            return None
        return f"{double.label} in Tribe is a {source.kind} already, as {double.poweroffice_id}"

    def may_become_one_with(self, source: Record) -> str | None:
        """Why a new customer or supplier may become one contact with what is no copy of the same
        relation; None where it may not."""
        number = _number_of(source)
        for one in self._by_number[number] if number else ():
            if one.kind is not source.kind and one.relation_id != source.relation_id:
                return (
                    f"PowerOffice may make it one contact with the {one.kind} {one.label}, which "
                    f"has the same organisation number {number}"
                )
        return None

    def about_to_get(self, source: Record) -> None:
        """Note what is about to be created in PowerOffice."""
        self._note(_number_of(source), _Company(source.kind, source.relation_id, source.label))

    def _note(self, number: str | None, company: _Company) -> None:
        if number is not None:
            self._by_number[number].append(company)


def _number_of(record: Record) -> str | None:
    return _number(record.kind, record.form, record.values)


def _number(kind: Kind, form: Form, values: Values) -> str | None:
    number = normal_of(kind, form, "organization_number", values)
    return None if number is None else str(number)


def held_by_another(memory: Memory, poweroffice_id: str, relation_id: str) -> Link | None:
    """The link of a contact, in whichever role, to another relation of Tribe."""
    links = (memory.links.get((kind, poweroffice_id)) for kind in RELATIONS)
    return next(
        (
            link
            for link in links
            if link is not None
            and link.tribe_relation_id != relation_id
            and link.parked != GONE[System.TRIBE]
        ),
        None,
    )


def one_contact(link: Link) -> str:
    """Why a record is not linked to a contact that is linked to another relation."""
    return f"PowerOffice made it one contact with {link.label} ({link.poweroffice_id})"
