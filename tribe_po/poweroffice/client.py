"""PowerOffice Go's customers, suppliers, products and invoices, as the decisions see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tribe_po.poweroffice.accounts import SalesAccounts
from tribe_po.poweroffice.contacts import Contacts
from tribe_po.poweroffice.groups import ProductGroups
from tribe_po.poweroffice.invoices import Invoices, Seen, Selling
from tribe_po.poweroffice.lists import PAYMENT_TERMS, RESOURCES, Dto, Listing, Lists, Resource
from tribe_po.poweroffice.patcher import Patcher
from tribe_po.poweroffice.products import Catalogue, Products
from tribe_po.poweroffice.refusals import general_error, is_success
from tribe_po.poweroffice.register import Register
from tribe_po.poweroffice.terms import PaymentTerms
from tribe_po.records import RELATIONS, Kind, Observation, Record, System
from tribe_po.sides import Creation, Edit, Written
from tribe_po.transport.http import Connection
from tribe_po.values import clean

OVERLAP = timedelta(minutes=5)
"""How far a read of changes reaches back, since a change may become visible late."""

NUMBER_SERIES = Resource("/SubLedgerNumberSeries", "CommonServices")
SERIES_TYPE = "SubLedgerNumberSeriesType"
SERIES_FILTER = "subLedgerNumberSeriesType"

_SAMPLE = 50


@dataclass(frozen=True, slots=True)
class ClientInformation:
    """Which PowerOffice client the keys belong to, and what they may do there.

    The invalid privileges are those that the integration asks for and cannot use, since the client
    lacks the Go module. `modules` are those it has. `server_time` is the time of the answer.
    `may_send` says whether the integration may issue invoices, None where the server is too old to
    tell (poweroffice.md section 11.4).
    """

    client_id: str
    client_name: str
    valid_privileges: tuple[str, ...]
    invalid_privileges: tuple[str, ...]
    modules: tuple[str, ...] = ()
    server_time: datetime | None = None
    may_send: bool | None = None


@dataclass(frozen=True, slots=True)
class NumberSeries:
    """The numbers from `first` to `last`, both included, that one kind of contact may have."""

    kind: Kind
    name: str
    first: int
    last: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class PaymentTerm:
    """An active payment term: how many days after the invoice's date it is due."""

    days: int
    name: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class SalesAccount:
    """A general-ledger account with the VAT in per cent that a sale on it carries, None if unknown.
    The default one is where a product is sold when neither it nor its group names one."""

    number: int
    vat: Decimal | None
    is_default: bool


class PowerOffice:
    """PowerOffice's side of the synchronisation (`tribe_po.sides.Side`). `learned` may come from an
    earlier run; it is written to while the server's ways are found out."""

    system = System.POWEROFFICE

    def __init__(
        self,
        connection: Connection,
        catalogue: Catalogue | None = None,
        selling: Selling | None = None,
        learned: dict[str, str] | None = None,
    ) -> None:
        self._connection = connection
        self.learned: dict[str, str] = {} if learned is None else learned
        self._lists = Lists(connection, self.learned)
        patcher, terms = Patcher(connection, self.learned), PaymentTerms(self._lists)
        self._registers: Mapping[Kind, Register] = {
            **{kind: Contacts(kind, connection, self._lists, patcher, terms) for kind in RELATIONS},
            Kind.PRODUCT: Products(connection, self._lists, patcher, catalogue or Catalogue()),
        }
        self._invoices = Invoices(connection, self._lists, selling or Selling())
        self._by_kind: Mapping[Kind, Register | Invoices] = {
            **self._registers,
            Kind.INVOICE: self._invoices,
        }

    def offers(self, kind: Kind) -> bool:
        """Whether the keys may read invoices, by a request for each of the two lists; whoever may
        not read the others is told so when they are read."""
        return kind is not Kind.INVOICE or self._invoices.offered()

    def who_am_i(self) -> ClientInformation:
        """Ask whose keys these are. Needs no privilege (poweroffice.md section 13.1)."""
        answer = self._connection.get("/ClientIntegrationInformation")
        if not is_success(answer):
            raise general_error(answer, "")
        told: Dto = answer.json() or {}
        return ClientInformation(
            clean(told.get("ClientId")) or "",
            clean(told.get("ClientName")) or "",
            tuple(told.get("ValidPrivileges") or ()),
            tuple(told.get("InvalidPrivileges") or ()),
            tuple(told.get("ActiveClientSubscriptions") or ()),
            answer.server_time,
            told.get("AllowSendInvoice"),
        )

    def number_series(self, kinds: Collection[Kind]) -> list[NumberSeries]:
        """The number series of some kinds (poweroffice.md section 13.6). Raise `NotAllowed` without
        the privilege CommonServices."""
        by_name = {kind.capitalize(): kind for kind in RELATIONS if kind in kinds}
        rows = self._lists.read(NUMBER_SERIES, [(SERIES_FILTER, ",".join(by_name))]).rows
        return [
            NumberSeries(
                by_name[row[SERIES_TYPE]],
                clean(row.get("Name")) or "",
                int(row["FromInclusive"]),
                int(row["ToInclusive"]),
                bool(row.get("IsDefault")),
            )
            for row in rows
            if row.get(SERIES_TYPE) in by_name
        ]

    def payment_terms(self) -> list[PaymentTerm]:
        """The active payment terms, shortest first (poweroffice.md section 13.3). Raise
        `NotAllowed` without the privilege CommonServices."""
        terms = [
            PaymentTerm(
                int(row["CreditDays"]), clean(row.get("Name")) or "", bool(row.get("IsDefault"))
            )
            for row in self._lists.read(PAYMENT_TERMS).rows
            if row.get("IsActive") is not False and row.get("CreditDays") is not None
        ]
        return sorted(terms, key=lambda term: (term.days, term.name))

    def sales_accounts(self) -> list[SalesAccount]:
        """All accounts by number (poweroffice.md sections 13.2 and 13.6). None without the
        privileges GeneralLedgerAccount and CommonServices, which is logged; no default one on a
        server that does not tell it."""
        accounts = SalesAccounts(self._lists, {})
        default = accounts.default_id()
        found = (SalesAccount(one.number, one.vat, one.id == default) for one in accounts.all())
        return sorted(found, key=lambda account: account.number)

    def product_group(self, name: str) -> str:
        """The name of the product group with a name or code. Raise `RecordRefused` where there is
        none, `NotAllowed` without the privilege Product."""
        groups = ProductGroups(self._lists, None)
        return groups.name_of(groups.id_for(name)) or name

    def members(self, kind: Kind) -> frozenset[str]:
        """The names of what the first records of a kind tell of themselves.

        Empty where there are no records, or where they never tell of something empty: what a name
        is missing for is then unknown.
        """
        resource = RESOURCES[kind]
        page = [("PageNumber", "1"), ("PageSize", str(_SAMPLE))]
        answer = self._connection.get(resource.path, page)
        if not is_success(answer):
            raise general_error(answer, resource.reads)
        rows: list[Dto] = answer.json() or []
        if not any(value is None for row in rows for value in row.values()):
            return frozenset()
        return frozenset(name for row in rows for name in row)

    def changed(self, kinds: Collection[Kind], since: datetime | None) -> Observation:
        """Read what changed since a server time, or everything.

        Changes of an address alone are seen in a read of everything only, and changes of a
        product's stock never (poweroffice.md section 5). Of invoices, only those with a mark are
        told, and unsent ones in a read of everything only.
        """
        stamp = _stamp(since) if since else None
        filters = [("lastChangedDateTimeOffsetGreaterThan", stamp)] if stamp else []
        listings = {
            kind: register.listing(filters)
            for kind, register in self._registers.items()
            if kind in kinds
        }
        invoices = [self._invoices.changed(stamp)] if Kind.INVOICE in kinds else []
        reads: list[Listing[Record] | Seen] = [*listings.values(), *invoices]
        started = next((read.started for read in reads), None)
        latest = [moment for read in reads if (moment := read.last_changed)]
        return Observation(
            System.POWEROFFICE,
            (
                *(record for listing in listings.values() for record in listing.rows),
                *(record for seen in invoices for record in seen.records),
            ),
            started or max(latest, default=None),
            complete=since is None,
        )

    def get(self, kind: Kind, ids: Sequence[str]) -> list[Record]:
        """Read records by id, a request for each. What is gone is left out."""
        return self._by_kind[kind].get(ids)

    def find_by_key(self, kind: Kind, keys: Sequence[str]) -> list[Record]:
        """Records with one of these numbers or codes. What can be none in PowerOffice is
        skipped."""
        return self._by_kind[kind].find_by_key(keys)

    def find_alike(self, kind: Kind, records: Sequence[Record]) -> list[Record]:
        """Nothing: every contact in PowerOffice is a customer or supplier."""
        del kind, records
        return []

    def file(self, kind: Kind, record_id: str) -> bytes | None:
        """Nothing: no PDF goes from PowerOffice to Tribe."""
        del kind, record_id
        return None

    def find_by_mark(self, kind: Kind, mark: str) -> list[Record]:
        """Records that carry a mark: an external reference, or a product's code."""
        return self._by_kind[kind].find_by_mark(mark)

    def create(self, creation: Creation) -> Written:
        """Create a record; PowerOffice assigns a customer's or supplier's number.

        Raise `AlreadyExists` when the mark is in use, `RecordRefused` when something else is
        wrong with it, and `LostAnswer` when nobody knows whether it was created.
        """
        return self._by_kind[creation.kind].create(creation)

    def update(self, edit: Edit) -> Written:
        """Write the given fields with one JSON Patch; issue an invoice, or attach its PDF.

        Raise `RecordMoved` when an expected value is no longer there, as far as PowerOffice
        honours the patch's tests.
        """
        return self._by_kind[edit.kind].update(edit)


def _stamp(since: datetime) -> str:
    """PowerOffice's filter leaves out the very instant it is given; the overlap makes up for it."""
    return (since - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
