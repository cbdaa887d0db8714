"""What both systems can do, as the decisions see it. The two adapters offer exactly this."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tribe_po.invoices import Order, Voucher
from tribe_po.records import NO_VALUES, Form, Kind, Observation, Record, System, Values


@dataclass(frozen=True, slots=True)
class Creation:
    """A record to create. `relation_id` names the Tribe organisation or person that gets the role
    if there is one already, and `upgrade_id` the relationship (a lead) that turns into it. `order`
    is what to create for an invoice: a sales order, or a voucher."""

    kind: Kind
    form: Form
    values: Values
    mark: str
    relation_id: str = ""
    upgrade_id: str = ""
    order: Order | Voucher | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """New values for the fields of one record, and what they are expected to replace.

    `relation_id` and `address_id` are as in `Record`. `known` is what else the write may need: the
    values last seen on both sides, for an invoice. `file` is a PDF to attach.
    """

    kind: Kind
    form: Form
    id: str
    relation_id: str
    address_id: str | None
    values: Values
    expected: Values
    known: Values = field(default_factory=lambda: NO_VALUES)
    file: bytes | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a write led to: the record's id, and the record as the server returned it, or None
    where the answer did not carry it."""

    id: str
    record: Record | None


class Side(Protocol):
    """One system's customers, suppliers, products and invoices.

    Every method may raise `Temporary` (try the pass again later) or `NotAllowed`; writes also
    `RecordRefused` and its subclasses (about this record alone) and `LostAnswer`.
    """

    @property
    def system(self) -> System:
        """Which side this is."""
        ...

    def offers(self, kind: Kind) -> bool:
        """Whether the system has such records at all, and the keys may read them: Tribe has
        invoices only with its Billing module."""
        ...

    def changed(self, kinds: Collection[Kind], since: datetime | None) -> Observation:
        """Read what changed at or after a server time; everything when `since` is None."""
        ...

    def get(self, kind: Kind, ids: Sequence[str]) -> list[Record]:
        """Read records by id. What is gone is left out."""
        ...

    def find_by_key(self, kind: Kind, keys: Sequence[str]) -> list[Record]:
        """Records of this kind, and relations that could take it on, with one of these debtor or
        creditor numbers, or product codes."""
        ...

    def find_alike(self, kind: Kind, records: Sequence[Record]) -> list[Record]:
        """Relations that are no customer or supplier yet and have the organisation number or the
        name of one of these records of the other side: to create that one might double them."""
        ...

    def find_by_mark(self, kind: Kind, mark: str) -> list[Record]:
        """Records of this kind that carry a mark. `Untraceable` where they carry none: what may
        have been created there is then for a person to look for."""
        ...

    def create(self, creation: Creation) -> Written:
        """Create one record, or give an existing relation the role. Never repeated by itself:
        `LostAnswer` says that nobody knows whether it happened, `AlreadyExists` that the mark is
        in use."""
        ...

    def update(self, edit: Edit) -> Written:
        """Write the given fields, and only them. `RecordGone` when it is no longer there,
        `RecordMoved` when what was expected is no longer what is there, `StillWorking` when the
        write was taken and its outcome is not known yet."""
        ...

    def file(self, kind: Kind, record_id: str) -> bytes | None:
        """The PDF that belongs to a record, None if there is none."""
        ...
