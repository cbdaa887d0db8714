"""Giving relations their role in Tribe, and changing records: every write of a record."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from tribe_po.errors import LostAnswer, NotAllowed, RecordRefused, Temporary, Untraceable
from tribe_po.fields import differing, fields_of
from tribe_po.records import Address, Record, System, Values
from tribe_po.sides import Creation, Edit, Written
from tribe_po.transport.http import Answer
from tribe_po.tribe.address import parts_of
from tribe_po.tribe.countries import Countries
from tribe_po.tribe.errors import (
    gone,
    left_out,
    marked_already,
    not_readable,
    not_told,
    not_writable,
)
from tribe_po.tribe.finding import Finder, Lead
from tribe_po.tribe.metadata import ADDRESS, COMMERCIAL
from tribe_po.tribe.shapes import IMPORT_ID, Shape
from tribe_po.tribe.translate import bodies, place_of, record_of_role, written_name
from tribe_po.tribe.writing import Writer, created_id, done

Body = dict[str, Any]

_HOME = "NO"
_UPGRADE_TYPE = "_UpgradeType"
_INVALID = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
_CANNOT_CONVERT = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.NOT_IMPLEMENTED,
)


class Roles:
    """Creates and changes customers and suppliers."""

    def __init__(self, finder: Finder, writer: Writer) -> None:
        self._finder = finder
        self._writer = writer
        self._countries = Countries(finder.reader)

    def create(self, creation: Creation) -> Written:
        """Create a relation with its role, or give the role to a relation that is there."""
        shape = self._shape(creation)
        if creation.upgrade_id:
            return self._upgraded(shape, creation)
        if creation.relation_id:
            return self._given(shape, creation)
        return self._posted(shape, creation, self._new_relation(shape, creation.values))

    def update(self, edit: Edit) -> Written:
        """Write the given values of one record."""
        shape = self._shape(edit)
        if not edit.relation_id:
            found = self._finder.by_id(edit.kind, [edit.id])
            if not found:
                raise gone(shape.role_set, edit.id)
            known = found[0]
            edit = replace(edit, relation_id=known.relation_id, address_id=known.address_id)
        self._apply(shape, edit, {})
        return Written(edit.id, None)

    def _shape(self, wanted: Creation | Edit) -> Shape:
        try:
            return self._finder.shape(wanted.kind, wanted.form)
        except KeyError:
            what = f"Tribe has no {wanted.kind} that is a {wanted.form}"
            why = "a supplier in Tribe is always an organisation"
            raise RecordRefused(what, why, "make it a company in PowerOffice") from None

    def _new_relation(self, shape: Shape, values: Values) -> Body:
        body = _without_null(bodies(shape, values).relation)
        address = values.get("address")
        if isinstance(address, Address):
            body[written_name(shape, place_of(shape, "address"))] = self._new_address(address)
        return body

    def _new_address(self, address: Address) -> Body:
        body = _without_null(parts_of(address))
        country = self._countries.link(address.country) if address.country else None
        return {**body, "Country": country} if country else body

    def _posted(self, shape: Shape, creation: Creation, relation: Body) -> Written:
        """Create the relationship to a relation: `{"ID": …}`, or a new one in full."""
        body: Body = {"Relation": {"ID": self._finder.own_organization()}, shape.child: relation}
        if shape.import_id:
            body[shape.import_id] = creation.mark
        role = bodies(shape, _given_values(creation.values)).role
        body.update({name: value for name, value in role.items() if value is not False})
        answer = self._writer.post(shape.role_set, body)
        address = written_name(shape, place_of(shape, "address"))
        if answer.status in _INVALID and address in relation:
            return self._without_address(shape, creation, body, answer)
        if not done(answer):
            raise self._not_created(shape, creation, answer)
        role_id = created_id(answer)
        return Written(role_id, None) if role_id else self._found_by_mark(creation)

    def _without_address(
        self, shape: Shape, creation: Creation, body: Body, refusal: Answer
    ) -> Written:
        """Create what was refused without its address, which may be what Tribe does not take where
        it stands (tribe.md section 15, 19). The next pass misses it, and lists the record."""
        address = written_name(shape, place_of(shape, "address"))
        relation = {name: value for name, value in body[shape.child].items() if name != address}
        answer = self._writer.post(shape.role_set, {**body, shape.child: relation})
        if not done(answer):
            raise self._not_created(shape, creation, refusal)
        role_id = created_id(answer)
        if not role_id:
            return self._found_by_mark(creation)
        found = self._finder.by_id(creation.kind, [role_id])
        return Written(role_id, found[0] if found else _as_sent(creation, role_id))

    def _not_created(self, shape: Shape, creation: Creation, answer: Answer) -> Exception:
        conflict = answer.status == HTTPStatus.CONFLICT
        if conflict and shape.import_id and self._finder.by_mark(creation.kind, creation.mark):
            return marked_already(answer, creation.mark)
        if answer.status != HTTPStatus.NOT_FOUND:
            return not_writable(answer, shape.role_set)
        if creation.relation_id:
            return gone(shape.relation_set, creation.relation_id)
        return not_readable(answer, shape.role_set)

    def _found_by_mark(self, creation: Creation) -> Written:
        try:
            found = self._finder.by_mark(creation.kind, creation.mark)
        except (Untraceable, Temporary, NotAllowed) as error:
            raise not_told(0, creation.mark) from error
        if len(found) == 1:
            return Written(found[0].id, found[0])
        raise not_told(len(found), creation.mark)

    def _given(self, shape: Shape, creation: Creation) -> Written:
        known = self._finder.candidate(shape, creation.relation_id)
        if known is None:
            raise gone(shape.relation_set, creation.relation_id)
        written = self._posted(shape, creation, {"ID": creation.relation_id})
        on_role = {place.row.name for place in shape.places if place.on_role}
        left = {
            name: value
            for name, value in _left_to_write(creation, known.values).items()
            if name not in on_role
        }
        return self._completed(shape, creation, replace(known, id=written.id), left, {})

    def _upgraded(self, shape: Shape, creation: Creation) -> Written:
        lead = self._finder.lead(creation.upgrade_id)
        if lead is None:
            raise gone(COMMERCIAL, creation.upgrade_id)
        self._mark_lead(shape, lead, creation.mark)
        answer = self._converted(shape, lead)
        if answer.status in _CANNOT_CONVERT:
            # The lead stays beside the new role, on the same organisation.
            return self._given(shape, replace(creation, relation_id=lead.relation_id))
        if not done(answer):
            raise not_writable(answer, lead.entity_set)
        known = self._after_upgrade(shape, lead, created_id(answer) or lead.id)
        left = _left_to_write(creation, known.values)
        # Nobody tells whether the new role keeps the lead's mark. A foreign ImportId stays.
        kept = known.mark == creation.mark or lead.import_id not in ("", creation.mark)
        mark = {shape.import_id: creation.mark} if shape.import_id and not kept else {}
        return self._completed(shape, creation, known, left, mark)

    def _mark_lead(self, shape: Shape, lead: Lead, mark: str) -> None:
        """Mark a lead before it turns into the role: whoever is killed in between, or never gets
        the answer, finds the role by its mark. One that takes no mark is upgraded all the same."""
        if shape.import_id and not lead.import_id:
            with suppress(RecordRefused):
                self._writer.update(lead.entity_set, lead.id, {IMPORT_ID: mark})

    def _converted(self, shape: Shape, lead: Lead) -> Answer:
        """Ask for the new type by its name, spelled as in URLs, else with dots as in `_Type`
        (tribe.md section 15, 17). Gives the last answer."""
        for name in (shape.role_set, shape.role_set.replace("_", ".")):
            answer = self._writer.post(lead.entity_set, {"ID": lead.id, _UPGRADE_TYPE: name})
            if answer.status not in _CANNOT_CONVERT:
                break
        return answer

    def _after_upgrade(self, shape: Shape, lead: Lead, answered_id: str) -> Record:
        """The new role, whose ID need not be the lead's (tribe.md section 6.5)."""
        rows = self._finder.roles_of(shape, [lead.relation_id])
        found = [record for record in (record_of_role(shape, row) for row in rows) if record]
        found.sort(key=lambda record: (record.id == answered_id, not record.values["inactive"]))
        if found:
            return found[-1]
        known = self._finder.candidate(shape, lead.relation_id)
        if known is None:
            raise gone(shape.relation_set, lead.relation_id)
        return replace(known, id=answered_id)

    def _completed(
        self, shape: Shape, creation: Creation, known: Record, left: Values, mark: Body
    ) -> Written:
        """Write what the creation itself could not. The role exists by now, so a refusal is no
        failure of the creation: the record as it is tells what is still to be written."""
        edit = Edit(
            kind=creation.kind,
            form=creation.form,
            id=known.id,
            relation_id=known.relation_id,
            address_id=known.address_id,
            values=left,
            expected=known.values,
        )
        try:
            self._apply(shape, edit, mark)
        except RecordRefused:
            actual = self._finder.by_id(creation.kind, [known.id])
            if not actual:
                raise
            return Written(known.id, actual[0])
        except (Temporary, NotAllowed) as error:  # what it has by now, the next pass sees
            raise LostAnswer(error.what, error.why, error.next_step) from error
        return Written(known.id, None)

    def _apply(self, shape: Shape, edit: Edit, mark: Body) -> None:
        written = bodies(shape, edit.values)
        address, role = self._address_change(shape, edit), written.role | mark
        refused = self._write_relation(shape, edit, written.relation, address)
        if role and not self._writer.update(shape.role_set, edit.id, role):
            raise gone(shape.role_set, edit.id)
        if refused is not None:
            rest_written = bool(written.relation or role)
            raise left_out([refused], rest_written=rest_written) from refused

    def _write_relation(
        self, shape: Shape, edit: Edit, relation: Body, address: Body
    ) -> RecordRefused | None:
        """Write the fields of a relation and its address. Gives the refusal of a new address that
        Tribe does not take where it stands: everything else is written."""
        refused = None
        try:
            if not (relation or address) or self._update_relation(shape, edit, relation | address):
                return None
        except RecordRefused as error:
            if not any(address.values()):
                raise
            refused = error
        if refused is not None and (not relation or self._update_relation(shape, edit, relation)):
            return refused
        raise gone(shape.relation_set, edit.relation_id)

    def _update_relation(self, shape: Shape, edit: Edit, body: Body) -> bool:
        return self._writer.update(shape.relation_set, edit.relation_id, body)

    def _address_change(self, shape: Shape, edit: Edit) -> Body:
        """Change the address in place where there is one; give what to write on the relation where
        there is none, or none any more."""
        if "address" not in edit.values:
            return {}
        navigation = written_name(shape, place_of(shape, "address"))
        address = edit.values["address"]
        if not isinstance(address, Address):
            return {navigation: None}
        if edit.address_id:
            change = self._changed_parts(address, edit.expected.get("address"))
            if not change or self._writer.update(ADDRESS, edit.address_id, change):
                return {}
        return {navigation: self._new_address(address)}

    def _changed_parts(self, address: Address, previous: object) -> Body:
        known = previous if isinstance(previous, Address) else None
        change: Body = dict(parts_of(address, known))
        before = known.country if known else ""
        if (address.country or _HOME) == (before or _HOME) and known:
            return change
        if address.country:
            country = self._countries.link(address.country)
            return {**change, "Country": country} if country else change
        return {**change, "Country": None} if known else change


def _as_sent(creation: Creation, role_id: str) -> Record:
    """A record that does not show yet, as it was created: without its address."""
    values = {
        row.name: creation.values.get(row.name) for row in fields_of(creation.kind, creation.form)
    }
    return Record(
        kind=creation.kind,
        system=System.TRIBE,
        id=role_id,
        relation_id=creation.relation_id,
        form=creation.form,
        values={**values, "address": None},
    )


def _given_values(values: Values) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def _left_to_write(creation: Creation, there: Values) -> Values:
    """The values that are given and not there yet."""
    rows = differing(creation.kind, creation.form, creation.values, there)
    return _given_values({row.name: creation.values.get(row.name) for row in rows})


def _without_null(body: Mapping[str, Any]) -> Body:
    return {name: value for name, value in body.items() if value is not None}
