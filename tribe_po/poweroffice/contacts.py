"""PowerOffice's customers and suppliers (poweroffice.md sections 9.1 and 9.2)."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

from tribe_po.errors import RecordRefused
from tribe_po.poweroffice.lists import CONTACTS, Dto, Lists
from tribe_po.poweroffice.patch import Patch, as_person, patch_for
from tribe_po.poweroffice.patcher import Patcher
from tribe_po.poweroffice.register import Register
from tribe_po.poweroffice.terms import PaymentTerms
from tribe_po.poweroffice.translate import is_person, new_dto, record_from, split_name
from tribe_po.records import Kind, Record, Values
from tribe_po.sides import Creation, Edit
from tribe_po.transport.http import Connection

_NUMBERS_AT_ONCE = 100
_GREATEST_NUMBER = 2**63 - 1


class Contacts(Register):
    """The customers or the suppliers. PowerOffice assigns their numbers."""

    def __init__(
        self,
        kind: Kind,
        connection: Connection,
        lists: Lists,
        patcher: Patcher,
        terms: PaymentTerms,
    ) -> None:
        super().__init__(kind, CONTACTS[kind], connection, lists, patcher)
        self._terms = terms
        if kind is Kind.CUSTOMER:
            # PowerOffice wants new customers one at a time (poweroffice.md section 3).
            self._lane = Lock()

    def record(self, dto: Dto) -> Record:
        return record_from(self.kind, dto)

    def find_by_key(self, keys: Sequence[str]) -> list[Record]:
        """Records with one of these numbers. What is no whole number is no number in PowerOffice,
        and is skipped."""
        wanted = list(dict.fromkeys(int(each) for each in keys if _is_number(each)))
        found: dict[str, Record] = {}
        for start in range(0, len(wanted), _NUMBERS_AT_ONCE):
            chunk = [str(number) for number in wanted[start : start + _NUMBERS_AT_ONCE]]
            records = self._found(self._resource.number_filter, chunk)
            found |= {each.id: each for each in records if each.values.get("number") in chunk}
        return list(found.values())

    def find_by_mark(self, mark: str) -> list[Record]:
        """Records that carry a mark; PowerOffice keeps it unique within a kind."""
        records = self._found("externalImportReference", [mark])
        return [record for record in records if record.mark == mark]

    def _body(self, creation: Creation) -> dict[str, Any]:
        return new_dto(creation, self._payment_term(creation.values))

    def _patch(self, edit: Edit) -> Patch:
        return patch_for(edit, {"payment_days": self._payment_term(edit.values)})

    def _forget(self) -> None:
        self._terms.forget()

    def _rephrased(self, edit: Edit) -> Edit:
        """Name a supplier who is a private person by first and last name."""
        if self.kind is not Kind.SUPPLIER or "name" not in edit.values:
            return edit
        dto = self._existing(edit)
        if not is_person(dto):
            return edit
        self._check_unmoved(edit, dto)
        names = split_name(str(edit.values["name"] or ""), dto)
        if not all(names):
            raise _needs_two_names(edit)
        return as_person(edit, names, dto)

    def _payment_term(self, values: Values) -> int | None:
        days = values.get("payment_days")
        return self._terms.id_for(days) if isinstance(days, int) else None


def _is_number(text: str) -> bool:
    """Whether it is a whole number in PowerOffice's range. In its filter a dash means a range."""
    return text.isascii() and text.isdigit() and int(text) <= _GREATEST_NUMBER


def _needs_two_names(edit: Edit) -> RecordRefused:
    return RecordRefused(
        f"PowerOffice's {edit.kind} {edit.id} needs a first and a last name.",
        "It is a private person in PowerOffice, and the name in Tribe is a single word.",
        "Write both names in Tribe, or make it a company in PowerOffice.",
    )
