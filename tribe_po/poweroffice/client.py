"""PowerOffice Go's customers and suppliers, as the decisions see them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from tribe_po.errors import LostAnswer, RecordMoved, RecordRefused, Temporary, TribePoError
from tribe_po.fields import clean, fields_of
from tribe_po.poweroffice.lists import CONTACTS, PAYMENT_TERMS, Dto, Lists, Resource
from tribe_po.poweroffice.patch import CONTENT_TYPE, Patch, as_person, patch_for
from tribe_po.poweroffice.refusals import (
    general_error,
    gone,
    is_success,
    problem_of,
    write_error,
)
from tribe_po.poweroffice.terms import PaymentTerms
from tribe_po.poweroffice.translate import is_person, new_dto, record_from, split_name
from tribe_po.records import Kind, Observation, Record, System, Values
from tribe_po.sides import Creation, Edit, Written
from tribe_po.transport.http import Answer, Connection

OVERLAP = timedelta(minutes=5)
"""How far a read of changes reaches back, since a change may become visible late."""

NUMBER_SERIES = Resource("/SubLedgerNumberSeries", "CommonServices")
SERIES_TYPE = "SubLedgerNumberSeriesType"
SERIES_FILTER = "subLedgerNumberSeriesType"

_SAMPLE = 50
_NUMBERS_AT_ONCE = 100
_GREATEST_NUMBER = 2**63 - 1
_REFUSED = (400, 409, 412, 422)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClientInformation:
    """Which PowerOffice client the keys belong to, and what they may do there.

    The invalid privileges are those that the integration asks for and cannot use, since the client
    lacks the Go module. `modules` are those it has. `server_time` is the time of the answer.
    """

    client_id: str
    client_name: str
    valid_privileges: tuple[str, ...]
    invalid_privileges: tuple[str, ...]
    modules: tuple[str, ...] = ()
    server_time: datetime | None = None


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


class PowerOffice:
    """PowerOffice's side of the synchronisation (`tribe_po.sides.Side`)."""

    system = System.POWEROFFICE

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lists = Lists(connection)
        self._terms = PaymentTerms(self._lists)
        self._customers_lane = Lock()
        self._tests_help = True

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
        )

    def number_series(self, kinds: Collection[Kind]) -> list[NumberSeries]:
        """The number series of some kinds (poweroffice.md section 13.6). Raise `NotAllowed` without
        the privilege CommonServices."""
        by_name = {kind.capitalize(): kind for kind in Kind if kind in kinds}
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

    def members(self, kind: Kind) -> frozenset[str]:
        """The names of what the first records of a kind tell of themselves.

        None where there are no records, or where they never tell of something empty: what a name
        is missing for is then unknown.
        """
        resource = CONTACTS[kind]
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

        Changes of an address alone are seen in a read of everything only (poweroffice.md
        section 5).
        """
        filters = [("lastChangedDateTimeOffsetGreaterThan", _stamp(since))] if since else []
        listings = {
            kind: self._lists.read(CONTACTS[kind], filters) for kind in Kind if kind in kinds
        }
        started = next((listing.started for listing in listings.values()), None)
        latest = [stamp for listing in listings.values() if (stamp := listing.last_changed)]
        return Observation(
            System.POWEROFFICE,
            tuple(record_from(kind, dto) for kind in listings for dto in listings[kind].rows),
            started or max(latest, default=None),
            complete=since is None,
        )

    def get(self, kind: Kind, ids: Sequence[str]) -> list[Record]:
        """Read records by id, a request for each. What is gone is left out."""
        found = (self._dto(kind, each) for each in ids)
        return [record_from(kind, dto) for dto in found if dto is not None]

    def find_by_key(self, kind: Kind, numbers: Sequence[str]) -> list[Record]:
        """Records with one of these numbers. What is no whole number is no number in PowerOffice,
        and is skipped."""
        resource = CONTACTS[kind]
        wanted = list(dict.fromkeys(int(each) for each in numbers if _is_number(each)))
        found: dict[str, Record] = {}
        for start in range(0, len(wanted), _NUMBERS_AT_ONCE):
            chunk = [str(number) for number in wanted[start : start + _NUMBERS_AT_ONCE]]
            listing = self._lists.read(resource, [(resource.number_filter, ",".join(chunk))])
            records = (record_from(kind, dto) for dto in listing.rows)
            found |= {each.id: each for each in records if each.values.get("number") in chunk}
        return list(found.values())

    def find_by_mark(self, kind: Kind, mark: str) -> list[Record]:
        """Records that carry a mark; PowerOffice keeps it unique within a kind."""
        listing = self._lists.read(CONTACTS[kind], [("externalImportReference", mark)])
        records = (record_from(kind, dto) for dto in listing.rows)
        return [record for record in records if record.mark == mark]

    def create(self, creation: Creation) -> Written:
        """Create a customer or supplier; PowerOffice assigns the number.

        Raise `AlreadyExists` when the mark is in use, `RecordRefused` when something else is
        wrong with it, and `LostAnswer` when nobody knows whether it was created.
        """
        resource = CONTACTS[creation.kind]
        body = new_dto(creation, self._payment_term(creation.values))
        with self._lane(creation.kind):
            answer = self._connection.write("POST", resource.path, body)
        if answer.status == 404:
            self._terms.forget()
        if not is_success(answer):
            raise write_error(answer, resource.writes, f"new {creation.kind}", creation.mark)
        dto = _dto_in(answer)
        if dto is None:
            raise _lost(creation)
        return _written(creation.kind, dto)

    def update(self, edit: Edit) -> Written:
        """Write the given fields with one JSON Patch.

        Raise `RecordMoved` when an expected value is no longer there, as far as PowerOffice
        honours the patch's tests.
        """
        if edit.kind is Kind.SUPPLIER and "name" in edit.values:
            edit = self._with_names_split(edit)
        patch = patch_for(edit, self._payment_term(edit.values))
        if patch.is_empty:
            return Written(edit.id, None)
        answer = self._apply(edit, patch)
        if not is_success(answer):
            raise self._update_error(edit, answer)
        dto = _dto_in(answer)
        return Written(edit.id, None) if dto is None else _written(edit.kind, dto)

    def _lane(self, kind: Kind) -> AbstractContextManager[Any]:
        """PowerOffice wants new customers one at a time (poweroffice.md section 3)."""
        return self._customers_lane if kind is Kind.CUSTOMER else nullcontext()

    def _payment_term(self, values: Values) -> int | None:
        days = values.get("payment_days")
        return self._terms.id_for(days) if isinstance(days, int) else None

    def _dto(self, kind: Kind, identity: str) -> Dto | None:
        """One record as it is, None when there is no such record."""
        resource = CONTACTS[kind]
        answer = self._connection.get(_path(kind, identity))
        if answer.status == 404 and not problem_of(answer).gateway:
            return None
        if not is_success(answer):
            raise general_error(answer, resource.reads)
        dto: Dto = answer.json()
        return dto

    def _existing(self, edit: Edit) -> Dto:
        dto = self._dto(edit.kind, edit.id)
        if dto is None:
            raise gone(_what(edit))
        return dto

    def _with_names_split(self, edit: Edit) -> Edit:
        """Name a supplier who is a private person by first and last name."""
        dto = self._existing(edit)
        if not is_person(dto):
            return edit
        _check_unmoved(edit, dto)
        names = split_name(str(edit.values["name"] or ""), dto)
        if not all(names):
            raise _needs_two_names(edit)
        return as_person(edit, names, dto)

    def _apply(self, edit: Edit, patch: Patch) -> Answer:
        """Send the patch; where it is refused, in the other ways that it can be put."""
        guarded = self._tests_help and bool(patch.tests)
        answer = self._patch(edit, patch.body(guarded=guarded))
        if guarded and answer.status in _REFUSED:
            answer = self._apply_without_tests(edit, patch)
        if patch.new_address and answer.status in _REFUSED:
            again = self._patch(edit, patch.body_with_whole_address())
            answer = again if is_success(again) else answer
        return answer

    def _apply_without_tests(self, edit: Edit, patch: Patch) -> Answer:
        """Find out what was refused: the tests, rightly or not, or the values."""
        dto = self._existing(edit)
        _check_unmoved(edit, dto)
        answer = self._patch(edit, patch.body(guarded=False))
        if is_success(answer) and patch.tests_hold(dto):
            _log.info("PowerOffice does not honour tests in patches; going on without")
            self._tests_help = False
        return answer

    def _patch(self, edit: Edit, body: list[dict[str, object]]) -> Answer:
        path = _path(edit.kind, edit.id)
        return self._connection.write(
            "PATCH", path, body, content_type=CONTENT_TYPE, repeatable=True
        )

    def _update_error(self, edit: Edit, answer: Answer) -> TribePoError:
        """A 404 may also be about something that the patch refers to (poweroffice.md section 17,
        31): only the record's own 404 says that it is gone."""
        if answer.status == 404 and not problem_of(answer).gateway:
            self._terms.forget()
            self._existing(edit)
        return write_error(answer, CONTACTS[edit.kind].writes, _what(edit))


def _path(kind: Kind, identity: str) -> str:
    return f"{CONTACTS[kind].path}/{identity}"


def _what(edit: Edit) -> str:
    return f"{edit.kind} {edit.id}"


def _stamp(since: datetime) -> str:
    """PowerOffice's filter leaves out the very instant it is given; the overlap makes up for it."""
    return (since - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _is_number(text: str) -> bool:
    """Whether it is a whole number in PowerOffice's range. In its filter a dash means a range."""
    return text.isascii() and text.isdigit() and int(text) <= _GREATEST_NUMBER


def _dto_in(answer: Answer) -> Dto | None:
    """The record in the answer to a write that succeeded, None where none came back whole."""
    try:
        dto = answer.json()
    except Temporary:
        return None
    return dto if isinstance(dto, dict) and dto.get("Id") is not None else None


def _written(kind: Kind, dto: Dto) -> Written:
    record = record_from(kind, dto)
    return Written(record.id, record)


def _check_unmoved(edit: Edit, dto: Dto) -> None:
    """Raise `RecordMoved` where an expected value is not what the record holds."""
    record = record_from(edit.kind, dto)
    moved = [
        row.label
        for row in fields_of(record.kind, record.form)
        if row.name in edit.values and row.name in edit.expected
        if not row.same(record.values.get(row.name), edit.expected[row.name])
    ]
    if moved:
        raise RecordMoved(
            f"PowerOffice's {_what(edit)} was changed while this pass ran.",
            f"Changed meanwhile: {', '.join(moved)}",
            "Nothing was overwritten; the next pass compares it anew.",
        )


def _needs_two_names(edit: Edit) -> RecordRefused:
    return RecordRefused(
        f"PowerOffice's {_what(edit)} needs a first and a last name.",
        "It is a private person in PowerOffice, and the name in Tribe is a single word.",
        "Write both names in Tribe, or make it a company in PowerOffice.",
    )


def _lost(creation: Creation) -> LostAnswer:
    return LostAnswer(
        f"PowerOffice took a new {creation.kind}, but its answer did not say which it became.",
        "The answer was empty or cut short.",
        "Nothing to do: it is looked up by its reference before anything else is created.",
    )
