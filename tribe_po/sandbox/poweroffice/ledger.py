"""The customer ledger: entries, and what settles what (poweroffice.md section 12.1)."""

import itertools
import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from tribe_po.sandbox.clock import Clock
from tribe_po.sandbox.poweroffice.books import Books
from tribe_po.sandbox.poweroffice.dtos import CUSTOMER_BALANCE, LEDGER_ENTRY
from tribe_po.sandbox.poweroffice.fields import Role, Values
from tribe_po.sandbox.poweroffice.records import Entry, Matching, Voucher, rounded
from tribe_po.sandbox.poweroffice.stamps import stamp

INVOICE_KINDS = frozenset({"OutgoingInvoice", "OutgoingCreditNote"})


class Ledger:
    """The entries on the customers' accounts in kroner. Not thread-safe.

    Entries that settle one another, directly or by way of others, share a MatchId.
    """

    def __init__(self, books: Books, clock: Clock) -> None:
        self._books = books
        self._clock = clock
        self._matchings: dict[int, list[Matching]] = {}
        self._entry_ids = itertools.count(640_001)
        self._match_ids = itertools.count(123_456)

    def new_voucher(self, kind: str, dated: date, voucher_id: str | None = None) -> Voucher:
        """Return a voucher with the next number of the series."""
        number = self._books.next_voucher_number()
        return Voucher(voucher_id or str(uuid.uuid4()), number, kind, dated)

    def post(
        self,
        contact_id: int,
        voucher: Voucher,
        amount: Decimal,
        values: Mapping[str, object],
        *,
        posted: date | None = None,
        is_write_off: bool = False,
    ) -> Entry:
        """Post `amount` kroner on a customer's account, debit positive; `values` as in the DTO."""
        now = stamp(self._clock.now())
        entry = Entry(
            next(self._entry_ids),
            contact_id,
            voucher,
            posted or voucher.dated,
            rounded(amount),
            now,
            now,
            dict(values),
            is_write_off=is_write_off,
        )
        self._books.entries[entry.id] = entry
        self._matchings[entry.id] = []
        return entry

    def balance(self, entry: Entry, on: date | None = None) -> Decimal:
        """Return what is open of an entry, now or at the end of a day."""
        settled = sum(
            (each.amount for each in self._matchings[entry.id] if on is None or each.dated <= on),
            Decimal(0),
        )
        return entry.amount - (settled if entry.amount > 0 else -settled)

    def match(self, one: Entry, other: Entry, amount: Decimal | None = None) -> Decimal:
        """Let two entries settle one another, as far as they go or by `amount`; return how far.

        Entries of the same side, or without anything open, are left alone.
        """
        debit, credit = (one, other) if one.amount > 0 else (other, one)
        if debit.amount <= 0 or credit.amount >= 0:
            return Decimal(0)
        able = min(self.balance(debit), -self.balance(credit))
        settled = able if amount is None else min(able, amount)
        if settled <= 0:
            return Decimal(0)
        before = self._states({*self._group(debit), *self._group(credit)})
        matching = Matching(debit.id, credit.id, settled, max(debit.posted, credit.posted))
        self._matchings[debit.id].append(matching)
        self._matchings[credit.id].append(matching)
        self._regroup(before)
        return settled

    def unmatch(self, entry: Entry) -> None:
        """Take back all that the entry settles, or is settled by."""
        before = self._states(self._group(entry))
        for matching in tuple(self._matchings[entry.id]):
            self._matchings[matching.debit_id].remove(matching)
            self._matchings[matching.credit_id].remove(matching)
        self._regroup(before)

    def adopt(self, entries: Iterable[Entry], balances: Mapping[int, Decimal]) -> None:
        """Take in entries as they are, with what is open of each; later Ids follow on.

        Those that share a MatchId settle one another so far; which one settles which the API does
        not tell.
        """
        groups: dict[int, list[Entry]] = {}
        for entry in entries:
            self._books.entries[entry.id] = entry
            self._matchings[entry.id] = []
            if entry.match_id is not None:
                groups.setdefault(entry.match_id, []).append(entry)
        for members in groups.values():
            self._settle_as_found(members, balances)
        self._entry_ids = itertools.count(max(self._books.entries, default=640_000) + 1)
        self._match_ids = itertools.count(max(groups, default=123_455) + 1)

    def _settle_as_found(self, members: list[Entry], balances: Mapping[int, Decimal]) -> None:
        settled = {each.id: abs(each.amount - balances[each.id]) for each in members}
        owed = [each for each in members if each.amount < 0]
        for debit in (each for each in members if each.amount > 0):
            for credit in owed:
                amount = min(settled[debit.id], settled[credit.id])
                if amount > 0:
                    dated = max(debit.posted, credit.posted)
                    matching = Matching(debit.id, credit.id, amount, dated)
                    self._matchings[debit.id].append(matching)
                    self._matchings[credit.id].append(matching)
                    settled[debit.id] -= amount
                    settled[credit.id] -= amount

    def match_by_reference(self, entry: Entry) -> None:
        """Match with the open entry that has the opposite amount and the same
        CustomMatchingReference, as is done on posting (section 11.2)."""
        reference = entry.values.get("CustomMatchingReference")
        if reference is None:
            return
        for other in self.of_contact(entry.contact_id):
            same = other.values.get("CustomMatchingReference") == reference
            if same and other.amount == -entry.amount and self.balance(other) == other.amount:
                self.match(entry, other)
                return

    def of_contact(self, contact_id: int) -> list[Entry]:
        return [each for each in self._books.entries.values() if each.contact_id == contact_id]

    def group_rows(self, match_id: int) -> list[Values] | None:
        """Return the entries that share a MatchId; None if there is no such match."""
        found = [each for each in self._books.entries.values() if each.match_id == match_id]
        return [self.row(each) for each in found] or None

    def rows(self, on: date | None = None, *, only_open: bool = False) -> list[Values]:
        """Return the entries with their balances of a day (None: now); optionally the open ones
        that had been posted by then."""
        entries: Iterable[Entry] = self._books.entries.values()
        rows = [self.row(entry, on) for entry in entries]
        if not only_open:
            return rows
        last = on.isoformat() if on else "9999-12-31"
        return [row for row in rows if row["Balance"] and row["PostingDate"] <= last]

    def row(self, entry: Entry, on: date | None = None) -> Values:
        """Return the DTO with the balance of a day (None: now)."""
        derived: Values = {
            "Amount": float(entry.amount),
            "Balance": float(self.balance(entry, on)),
            "CreatedDateTimeOffset": entry.created,
            "Id": entry.id,
            "IsWriteOff": entry.is_write_off,
            "LastChangedDateTimeOffset": entry.changed,
            "MatchId": entry.match_id,
            "PostingDate": entry.posted.isoformat(),
            "VoucherDate": entry.voucher.dated.isoformat(),
            "VoucherId": entry.voucher.id,
            "VoucherNo": entry.voucher.number,
            "VoucherType": entry.voucher.kind,
        }
        shown = entry.values | self._customer(entry.contact_id) | derived
        return {name: shown.get(name) for name in LEDGER_ENTRY}

    def balance_rows(self, on: date | None, *, only_open: bool) -> list[Values]:
        """Return the customers that have entries, each with the sum at the end of a day."""
        sums: dict[int, Decimal] = {}
        for entry in self._books.entries.values():
            counts = on is None or entry.posted <= on
            sums.setdefault(entry.contact_id, Decimal(0))
            sums[entry.contact_id] += entry.amount if counts else 0
        rows = [
            self._customer(contact_id) | {"Balance": float(balance)}
            for contact_id, balance in sums.items()
            if balance or not only_open
        ]
        return [{name: row[name] for name in CUSTOMER_BALANCE} for row in rows]

    def _customer(self, contact_id: int) -> Values:
        contact = self._books.contacts[contact_id]
        role = contact.roles[Role.CUSTOMER]
        return {
            "CustomerAccountNo": role.values["Number"],
            "CustomerExternalNo": role.values["ExternalNumber"],
            "CustomerId": contact_id,
            "CustomerName": self._books.row(contact, role)["Name"],
        }

    def _group(self, entry: Entry) -> set[int]:
        """Return the Ids of all entries connected with this one, and its own."""
        found, ahead = {entry.id}, [entry.id]
        while ahead:
            for matching in self._matchings[ahead.pop()]:
                for other in (matching.debit_id, matching.credit_id):
                    if other not in found:
                        found.add(other)
                        ahead.append(other)
        return found

    def _states(self, entry_ids: Iterable[int]) -> dict[int, tuple[int | None, Decimal]]:
        entries = (self._books.entries[each] for each in sorted(entry_ids))
        return {each.id: (each.match_id, self.balance(each)) for each in entries}

    def _regroup(self, before: dict[int, tuple[int | None, Decimal]]) -> None:
        """Give every group its MatchId, and move the stamps of entries that changed state."""
        taken: set[int] = set()
        seen: set[int] = set()
        for entry_id in before:
            if entry_id in seen:
                continue
            members = self._group(self._books.entries[entry_id])
            seen |= members
            match_id = self._match_id(members, taken)
            for member in members:
                self._books.entries[member].match_id = match_id
        now = stamp(self._clock.now())
        for entry_id, state in before.items():
            entry = self._books.entries[entry_id]
            if (entry.match_id, self.balance(entry)) != state:
                entry.changed = now
                entry.version += 1

    def _match_id(self, members: set[int], taken: set[int]) -> int | None:
        """Return a group's oldest MatchId that no other group has kept, or a new one."""
        if len(members) == 1:
            return None
        known = {self._books.entries[each].match_id for each in members}
        free = sorted(each for each in known if each is not None and each not in taken)
        match_id = free[0] if free else next(self._match_ids)
        taken.add(match_id)
        return match_id
