"""The plain records that travel between the two systems. They know no API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from tribe_po.invoices import Invoice


class System(StrEnum):
    """One of the two sides."""

    TRIBE = "tribe"
    POWEROFFICE = "poweroffice"

    @property
    def other(self) -> System:
        """The opposite side."""
        return System.POWEROFFICE if self is System.TRIBE else System.TRIBE

    @property
    def title(self) -> str:  # type: ignore[override]
        """The product's name as people write it."""
        return {"tribe": "Tribe", "poweroffice": "PowerOffice"}[self.value]


class Kind(StrEnum):
    """What a record is. A contact with two roles is two records, one of each kind."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"
    PRODUCT = "product"
    INVOICE = "invoice"


RELATIONS = (Kind.CUSTOMER, Kind.SUPPLIER)
"""The kinds that are roles of a contact in PowerOffice and of a relation in Tribe."""


class Form(StrEnum):
    """Whether a relation is a company or a private person; products and invoices are neither."""

    ORGANIZATION = "organization"
    PERSON = "person"
    PRODUCT = "product"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address in the shape of an envelope.

    `country` is ISO 3166-1 alpha-2. Empty parts are empty strings.
    """

    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""

    def __str__(self) -> str:
        place = " ".join(part for part in (self.postal_code, self.city) if part)
        country = self.country if self.country not in ("", "NO") else ""
        return ", ".join(part for part in (self.line1, self.line2, place, country) if part)


Value = str | int | bool | Decimal | Address | None
"""One field's value. Amounts and percentages are decimals. `None` is "nothing there"; an empty
string is never used."""

Values = Mapping[str, Value]
"""Values by the field's name in the field table (`tribe_po.fields`)."""

NO_VALUES: Values = MappingProxyType({})
"""Nothing seen: one for all links that agree, which nearly all do."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A field that was written to Tribe, when, and what Tribe may show in its place for a while.

    `overdue` says that Tribe still showed one of those when the while was over: the last of them.
    """

    at: datetime
    before: tuple[Value, ...]
    overdue: bool = False


NOTHING_SENT: Mapping[str, Sent] = MappingProxyType({})
"""No field waits to show: one for all links."""


def label_of(values: Values) -> str:
    """How people call what holds these values: by name, else by number; "" when it has neither."""
    person = " ".join(str(values.get(part) or "") for part in ("first_name", "last_name")).strip()
    return str(values.get("name") or person or values.get("number") or "")


@dataclass(frozen=True, slots=True)
class Record:
    """A customer, supplier, product or invoice as one system holds it.

    `id` identifies the role: the contact id in PowerOffice, the relationship ID in Tribe.
    `relation_id` identifies who has the role: Tribe's organisation or person. In PowerOffice, and
    for a product or an invoice, it equals `id`. `address_id` is the Tribe address that an address
    change goes to, if there is one.
    `mark` is what this tool left on a record that it created (design: matching), else None.
    `role_missing` is true for a Tribe organisation or person that was found by number or mark but
    does not have the role yet; `id` is then the lead's relationship ID to upgrade, or empty.
    `document` is the whole of an invoice in Tribe: what a sales order is made of.
    """

    kind: Kind
    system: System
    id: str
    relation_id: str
    form: Form
    values: Values
    mark: str | None = None
    address_id: str | None = None
    role_missing: bool = False
    document: Invoice | None = None

    @property
    def label(self) -> str:
        """How people call it: the name, else the number, else the id."""
        return label_of(self.values) or self.id


@dataclass(frozen=True, slots=True)
class Observation:
    """What one read of one side saw.

    `complete` tells a read of everything from a read of changes. `cursor` is the server's time at
    the start of the read: the next read asks for changes since then.
    """

    system: System
    records: tuple[Record, ...]
    cursor: datetime | None
    complete: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A pair of records that are the same, and what was seen of them.

    `base` holds the values that both sides last agreed on, and of fields that only one side knows
    the value last seen. `tribe` and `poweroffice` hold the
    values last seen there, only where they differ from the base. `parked` says why the link is
    left alone (a side is gone), else None. `acknowledged` are digests of the differences that a
    person leaves as they are. `sent` are the fields that were written to Tribe and
    that no read has shown since.
    """

    kind: Kind
    form: Form
    poweroffice_id: str
    tribe_id: str
    tribe_relation_id: str
    matched_by: str
    base: Values = field(default_factory=lambda: NO_VALUES)
    tribe: Values = field(default_factory=lambda: NO_VALUES)
    poweroffice: Values = field(default_factory=lambda: NO_VALUES)
    tribe_address_id: str | None = None
    parked: str | None = None
    acknowledged: tuple[str, ...] = ()
    sent: Mapping[str, Sent] = field(default_factory=lambda: NOTHING_SENT)

    @property
    def key(self) -> tuple[Kind, str]:
        """The link's identity: the kind and PowerOffice's id, which is the leading one."""
        return self.kind, self.poweroffice_id

    def id_in(self, system: System) -> str:
        """The record's id on one side."""
        return self.tribe_id if system is System.TRIBE else self.poweroffice_id

    def seen_in(self, system: System) -> Values:
        """All values as last seen on one side: the base, overlaid with what differs there."""
        own = self.tribe if system is System.TRIBE else self.poweroffice
        return {**self.base, **own}

    @property
    def label(self) -> str:
        """How people call it: PowerOffice's name, else the number, else the id."""
        return label_of(self.seen_in(System.POWEROFFICE)) or self.poweroffice_id


@dataclass(frozen=True, slots=True)
class Intent:
    """A create that was about to be sent. It outlives a crash, so that nothing is created twice.

    `source_id` is the record's id on the side that it comes from, `label` what it is called there,
    empty where an earlier version did not keep it; `target` the side it goes to.
    """

    kind: Kind
    target: System
    source_id: str
    mark: str
    since: datetime
    label: str = ""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that is left out until someone or something changes it.

    `fingerprint` is a digest of what was seen when it failed: as long as it is the same, the record
    is not tried again before `retry_after`, and costs no request. `held_fields` names the fields
    that are left out while the rest of the record goes on; empty means the whole record.
    """

    kind: Kind
    system: System
    id: str
    label: str
    reason: str
    next_step: str
    fingerprint: str
    since: datetime
    attempts: int = 1
    retry_after: datetime | None = None
    held_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed one field since they last agreed. The loser's value is kept here.

    `winner` is None while the conflict waits for someone to decide.
    """

    kind: Kind
    poweroffice_id: str
    tribe_id: str
    label: str
    field: str
    base: Value
    tribe: Value
    poweroffice: Value
    winner: System | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One pass that was made. `counts` are by outcome, as in the JSON output; `reason` is what
    stopped it or refused it, if something did; `full` that it compared everything."""

    run_id: str
    name: str
    started: datetime
    finished: datetime
    outcome: str
    counts: Mapping[str, int] = field(default_factory=dict)
    reason: str | None = None
    full: bool = False


RecordKey = tuple[System, Kind, str]
"""A system, a kind and an id: one record on one side; or, for a write, the side that it goes to and
the id of the record on the other side that it comes from."""


@dataclass(slots=True)
class Meta:
    """What the state remembers about itself.

    `tenant` is the fingerprint of the pair of tenants that it belongs to, `initialised` the kinds
    that an `init-sync` has finished for, `fields` the fingerprint of the field table of the last
    run, `servers` what was found out about the two servers' behaviour.
    """

    tenant: str = ""
    initialised: tuple[Kind, ...] = ()
    fields: str = ""
    servers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """All that a pass knows from earlier passes: the content of the state file.

    `unlinked` holds records seen on one side only; `left_alone` the Tribe relationships that
    `init-sync` was not asked to push. A cursor is the server time up to which one kind has been
    read from one side. Conflicts are keyed by kind, PowerOffice id and field name.
    """

    meta: Meta = field(default_factory=Meta)
    links: dict[tuple[Kind, str], Link] = field(default_factory=dict)
    unlinked: dict[RecordKey, Record] = field(default_factory=dict)
    left_alone: set[tuple[Kind, str]] = field(default_factory=set)
    intents: dict[RecordKey, Intent] = field(default_factory=dict)
    quarantine: dict[RecordKey, Quarantined] = field(default_factory=dict)
    conflicts: dict[tuple[Kind, str, str], Conflict] = field(default_factory=dict)
    cursors: dict[tuple[System, Kind], datetime] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
