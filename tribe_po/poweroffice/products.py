"""PowerOffice's products (poweroffice.md section 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from tribe_po.errors import RecordRefused
from tribe_po.fields import Field, fields_of
from tribe_po.poweroffice.accounts import SalesAccounts
from tribe_po.poweroffice.groups import ProductGroups
from tribe_po.poweroffice.lists import PRODUCTS, Dto, Lists
from tribe_po.poweroffice.patch import Patch, patch_for
from tribe_po.poweroffice.patcher import Patcher
from tribe_po.poweroffice.register import Register
from tribe_po.poweroffice.translate import member_of, plain_value
from tribe_po.records import Form, Kind, Record, System, Value
from tribe_po.sides import Creation, Edit
from tribe_po.transport.http import Connection
from tribe_po.values import LONGEST_CODE, clean

MADE_CODE = "TRIBE-"
"""What begins the code that a product got here for want of one in Tribe: its mark."""

_LONGEST_FILTER = 1500
"""Characters of codes, as a URL has them, to ask for at once."""

_REFERENCES = frozenset({"group", "vat"})


@dataclass(frozen=True, slots=True)
class Catalogue:
    """How products are entered: the numbers of the sales accounts by VAT in per cent, and the name
    or code of the group for products whose own group is not there."""

    sales_accounts: Mapping[Decimal, int] = field(default_factory=dict)
    product_group: str | None = None


class Products(Register):
    """The products. A code is what people know them by; PowerOffice does not keep it unique."""

    def __init__(
        self, connection: Connection, lists: Lists, patcher: Patcher, catalogue: Catalogue
    ) -> None:
        super().__init__(Kind.PRODUCT, PRODUCTS, connection, lists, patcher)
        self._groups = ProductGroups(lists, catalogue.product_group)
        self._accounts = SalesAccounts(lists, catalogue.sales_accounts)

    def record(self, dto: Dto) -> Record:
        values = {row.name: _read(row, dto) for row in _rows()}
        group, own = dto.get("ProductGroupId"), dto.get("StandardSalesAccountId")
        account = self._groups.account_of(group) if own is None else int(own)
        values["group"] = self._groups.name_of(group)
        vat = self._accounts.vat_of(account)
        if vat is None:
            # Nobody told: not the same as none, which would travel to Tribe as a change.
            values.pop("vat")
        else:
            values["vat"] = vat
        code, identity = str(values["code"] or ""), str(dto["Id"])
        return Record(
            kind=Kind.PRODUCT,
            system=System.POWEROFFICE,
            id=identity,
            relation_id=identity,
            form=Form.PRODUCT,
            values=values,
            mark=code if code.startswith(MADE_CODE) else None,
        )

    def find_by_key(self, keys: Sequence[str]) -> list[Record]:
        """Products with one of these codes. One with a comma cannot be asked for, and is
        skipped."""
        wanted = dict.fromkeys(code for key in keys if (code := clean(key)) and _can_be_asked(code))
        found = {
            record.id: record
            for chunk in _chunks(wanted)
            for record in self._found("codes", chunk)
            if record.values["code"] in wanted
        }
        return list(found.values())

    def find_by_mark(self, mark: str) -> list[Record]:
        """Products whose code is the mark."""
        return self.find_by_key([mark])

    def _body(self, creation: Creation) -> dict[str, Any]:
        if not creation.values.get("code"):
            raise _needs_a_code(creation)
        plain = {
            member_of(row): plain_value(row, value)
            for row in _rows()
            if row.name not in _REFERENCES
            and (value := creation.values.get(row.name)) is not None
            and value is not False
        }
        group = self._groups.id_for_new(clean(creation.values.get("group")))
        account = self._account(creation.values.get("vat"), group, is_new=True)
        references = {"ProductGroupId": group, "StandardSalesAccountId": account}
        given = {name: identity for name, identity in references.items() if identity is not None}
        return {**plain, "ProductType": "Product", **given}

    def _patch(self, edit: Edit) -> Patch:
        references: dict[str, int | None] = {}
        if "group" in edit.values:
            name = clean(edit.values["group"])
            references["group"] = self._groups.id_for(name) if name else None
        if "vat" in edit.values:
            group = references["group"] if "group" in references else self._group_of(edit)
            references["vat"] = self._account(edit.values["vat"], group, is_new=False)
        return patch_for(edit, references)

    def _forget(self) -> None:
        self._groups.forget()
        self._accounts.forget()

    def _group_of(self, edit: Edit) -> int | None:
        group = self._existing(edit).get("ProductGroupId")
        return None if group is None else int(group)

    def _account(self, vat: Value, group: int | None, *, is_new: bool) -> int | None:
        """The account to write for a VAT, None to inherit it.

        Without a group a product goes to PowerOffice's default one, of which nothing tells which it
        is: where groups have accounts, that one may have any, so that nothing is left to it.
        """
        if not isinstance(vat, Decimal):
            return None
        account = self._accounts.id_for(vat, self._groups.account_of(group), is_new=is_new)
        if account is not None or group is not None or not self._groups.have_accounts():
            return account
        return self._accounts.default_id() if self._accounts.vat_of(None) == vat else None


def _rows() -> tuple[Field, ...]:
    return fields_of(Kind.PRODUCT, Form.PRODUCT)


def _amount(value: Any) -> Value:
    return None if value is None else Decimal(value)


def _text_of_lines(value: Any) -> Value:
    return str(value or "").strip() or None


_READERS: Mapping[str, Callable[[Any], Value]] = {
    "description": _text_of_lines,
    "price": _amount,
    "cost": _amount,
    "inactive": bool,
}


def _read(row: Field, dto: Dto) -> Value:
    return _READERS.get(row.name, clean)(dto.get(row.poweroffice))


def _can_be_asked(code: str) -> bool:
    return "," not in code and len(code) <= LONGEST_CODE


def _chunks(codes: Iterable[str]) -> Iterator[list[str]]:
    """Lists of codes that a URL has room for, each."""
    chunk: list[str] = []
    length = 0
    for code in codes:
        taken = len(quote(f"{code},", safe=""))
        if chunk and length + taken > _LONGEST_FILTER:
            yield chunk
            chunk, length = [], 0
        chunk.append(code)
        length += taken
    if chunk:
        yield chunk


def _needs_a_code(creation: Creation) -> RecordRefused:
    return RecordRefused(
        f"The new product {creation.values.get('name')} has no code for PowerOffice.",
        "Without one it would not be found again, and might be created twice.",
        "Give it a code without a comma, of at most 100 characters, in Tribe.",
    )
