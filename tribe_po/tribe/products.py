"""Tribe's products: reading, finding, creating and changing them (tribe.md section 9.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from http import HTTPStatus
from typing import Any

from tribe_po.errors import NotAllowed, RecordRefused, Temporary
from tribe_po.fields import key_row
from tribe_po.records import Kind, Record, Values
from tribe_po.sides import Creation, Edit, Written
from tribe_po.transport.http import Answer
from tribe_po.tribe.changes import OVERLAP
from tribe_po.tribe.entity import Entity, amount, read, text
from tribe_po.tribe.errors import (
    gone,
    left_out,
    marked_already,
    not_cleared,
    not_readable,
    not_told,
    not_writable,
    price_with_unknown_vat,
)
from tribe_po.tribe.lookups import Lookups
from tribe_po.tribe.marks import marked
from tribe_po.tribe.metadata import PRODUCT, UNIT, VAT_GROUP
from tribe_po.tribe.price import VatUnknown
from tribe_po.tribe.product_shape import (
    ProductShape,
    lookup_selection,
    product_shape,
    row_of,
)
from tribe_po.tribe.product_values import (
    plain_body,
    price_body,
    record_of_product,
    written,
)
from tribe_po.tribe.query import chunks, equals_any, is_guid, quoted, touched_since
from tribe_po.tribe.reading import Reader
from tribe_po.tribe.units import Units
from tribe_po.tribe.writing import Writer, created_id, done
from tribe_po.values import UNMAPPED

Body = dict[str, Any]

_IDS_AT_ONCE = 40
# A code may be a hundred characters long.
_CODES_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by its code, or its name where it has none, and PowerOffice's code for what it stands
    for; None where it stands for none."""

    name: str
    meaning: str | None


class Products:
    """The products of one tenant.

    `units` maps Tribe's unit codes to PowerOffice's; `default_group` is the group for new products
    whose own one Tribe does not have.
    """

    kinds: Collection[Kind] = (Kind.PRODUCT,)

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        units: Mapping[str, str],
        default_group: str | None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._units = Units(units)
        self._lookups = Lookups(reader, self._units, default_group)

    @cached_property
    def shape(self) -> ProductShape:
        """Where the tenant keeps each field."""
        return product_shape(self._reader.names)

    def changed(self, _kinds: Collection[Kind], since: datetime | None) -> list[Record]:
        """Products that were created or changed at or after a time, or all of them.

        What is renamed or revalued in a group, unit or VAT group does not show as a change.
        """
        condition = touched_since(since - OVERLAP) if since is not None else ""
        return self._records(self._reader.rows(self.shape.selection, condition))

    def get(self, _kind: Kind, ids: Sequence[str]) -> list[Record]:
        """Products by ID, in the order asked for; what is gone is left out."""
        wanted = [product_id for product_id in dict.fromkeys(ids) if is_guid(product_id)]
        found: dict[str, Record] = {}
        for chunk in chunks(wanted, _IDS_AT_ONCE):
            rows = self._rows_with(equals_any("ID", chunk), enough=len(chunk))
            found.update((record.id, record) for record in self._records(rows))
        return [found[product_id] for product_id in wanted if product_id in found]

    def find_by_key(self, kind: Kind, codes: Sequence[str]) -> list[Record]:
        """Products with one of these codes."""
        name, row = self.shape.names["code"], key_row(kind)
        wanted = [str(code) for code in dict.fromkeys(map(row.normal, codes)) if code is not None]
        if name is None:
            return []
        found = [
            record
            for chunk in chunks(wanted, _CODES_AT_ONCE)
            for record in self._records(self._rows_with(equals_any(name, map(quoted, chunk))))
        ]
        return [record for record in found if record.values["code"] in wanted]

    def find_by_mark(self, kind: Kind, mark: str) -> list[Record]:
        """Products that carry a mark."""
        name = self.shape.import_id
        return self.get(kind, marked(self._reader, PRODUCT, name, mark)) if name else []

    def create(self, creation: Creation) -> Written:
        """Create a product. It always gets a group, a unit and a VAT group, which Tribe may demand;
        `RecordRefused` says which of them cannot be told."""
        answer = self._writer.post(PRODUCT, self._new_body(creation))
        if not done(answer):
            raise self._not_created(creation, answer)
        product_id = created_id(answer)
        return Written(product_id, None) if product_id else self._found_by_mark(creation)

    def update(self, edit: Edit) -> Written:
        """Write the given values of one product.

        What cannot be written, such as a unit that Tribe does not have, is left out; the rest is
        written, and then `RecordRefused` names what was left out.
        """
        body = plain_body(self.shape, edit.values)
        links, refusals = self._links(edit.values)
        vat_moves = self.shape.names["vat"] in links
        try:
            price = price_body(self.shape, self._current(edit, vat_moves), edit.values, vat_moves)
        except VatUnknown:
            price = {}
            refusals.append(price_with_unknown_vat(PRODUCT))
        body |= links | price
        if body and not self._writer.update(PRODUCT, edit.id, body):
            raise gone(PRODUCT, edit.id)
        if refusals:
            raise left_out(refusals, rest_written=bool(body))
        return Written(edit.id, None)

    def units(self) -> list[Unit]:
        """The tenant's units, in Tribe's order. Raises `NotAllowed` when they cannot be read."""
        rows = self._reader.rows(lookup_selection(self._reader.names, UNIT))
        return [self._unit(row) for row in rows]

    def _unit(self, row: Entity) -> Unit:
        meaning = self._units.meaning(row) or UNMAPPED
        if meaning.startswith(UNMAPPED):
            return Unit(meaning.removeprefix(UNMAPPED), None)
        return Unit(text(read(row, "Code")) or text(read(row, "Name")), meaning)

    def vat_groups(self) -> dict[Decimal, list[str]]:
        """The names of the VAT groups by their per cent, the highest first. Raises `NotAllowed`
        when they cannot be read."""
        groups: dict[Decimal, list[str]] = {}
        for row in self._reader.rows(lookup_selection(self._reader.names, VAT_GROUP)):
            per_cent = amount(read(row, "Percentage"))
            if per_cent is not None:
                groups.setdefault(per_cent, []).append(text(read(row, "Name")))
        return dict(sorted(groups.items(), reverse=True))

    def check_group(self, name: str) -> None:
        """Raises `RecordRefused` when no product group has this name or code, `NotAllowed` when
        they cannot be read."""
        self._lookups.group(name)

    def _records(self, rows: Iterable[Entity]) -> list[Record]:
        return [record_of_product(self.shape, self._units, row) for row in rows]

    def _rows_with(self, condition: str, *, enough: int | None = None) -> list[Entity]:
        return self._reader.rows(self.shape.selection, condition, enough=enough)

    def _new_body(self, creation: Creation) -> Body:
        values = {name: value for name, value in creation.values.items() if value is not None}
        body = plain_body(self.shape, {n: v for n, v in values.items() if v is not False})
        if "price" in values:
            body[self.shape.written_name("price")] = written("price", values["price"])
            if self.shape.vat_included:
                body[self.shape.vat_included] = False
        if self.shape.import_id:
            body[self.shape.import_id] = creation.mark
        rows = {
            "group": self._lookups.group_of_new,
            "unit": self._lookups.unit_of_new,
            "vat": self._lookups.vat,
        }
        for field, find in rows.items():
            if field in values or self.shape.names[field]:
                body[self.shape.written_name(field)] = {"ID": find(values.get(field))}
        return body

    def _not_created(self, creation: Creation, answer: Answer) -> Exception:
        conflict = answer.status == HTTPStatus.CONFLICT
        if conflict and self.find_by_mark(creation.kind, creation.mark):
            return marked_already(answer, creation.mark)
        if answer.status == HTTPStatus.NOT_FOUND:
            return not_readable(answer, PRODUCT)
        return not_writable(answer, PRODUCT)

    def _found_by_mark(self, creation: Creation) -> Written:
        try:
            found = self.find_by_mark(creation.kind, creation.mark)
        except (Temporary, NotAllowed) as error:
            raise not_told(0, creation.mark) from error
        if len(found) != 1:
            raise not_told(len(found), creation.mark)
        return Written(found[0].id, found[0])

    def _links(self, values: Values) -> tuple[Body, list[RecordRefused]]:
        """The links to write, and why others are not written."""
        rows = {"group": self._lookups.group, "unit": self._lookups.unit, "vat": self._lookups.vat}
        links: Body = {}
        refusals: list[RecordRefused] = []
        for field, find in rows.items():
            if field in values:
                try:
                    name = self.shape.written_name(field)
                    if values[field] is None:
                        raise not_cleared(PRODUCT, row_of(field).label)
                    links[name] = {"ID": find(values[field])}
                except RecordRefused as refusal:
                    refusals.append(refusal)
        return links, refusals

    def _current(self, edit: Edit, vat_moves: bool) -> Entity:
        """The product as it is, where it matters whether its price includes VAT; else nothing."""
        matters = vat_moves or edit.values.get("price") is not None
        if not matters or self.shape.vat_included is None:
            return {}
        rows = self._rows_with(f"ID eq {edit.id}", enough=1) if is_guid(edit.id) else []
        if not rows:
            raise gone(PRODUCT, edit.id)
        return rows[0]
