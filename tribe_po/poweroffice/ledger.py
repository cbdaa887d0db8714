"""How invoices stand in the customer ledger (poweroffice.md sections 12.1 and 15 f)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from tribe_po.invoices import Payment
from tribe_po.poweroffice.lists import ENTRIES_BY_MATCH, STATEMENT, Dto, Lists
from tribe_po.poweroffice.refusals import MisunderstoodError

MOST_GROUPS = 20
"""So many groups of matched entries are asked for one by one; more are cheaper in one list."""

_ALL_DAYS = (("fromDate", "1900-01-01"), ("toDate", "2999-12-31"))
_PAYMENTS = frozenset(
    {"IncomingOcrGiro", "BankJournal", "IncomingPayments", "OutgoingPayments"}
    | {"CashJournal", "ManualJournal"}
)
_SETTLES = {
    **dict.fromkeys(_PAYMENTS, Payment.PAID),
    "OutgoingCreditNote": Payment.CREDITED,
    "OutgoingInvoice": Payment.CREDITED,
}
"""How an invoice or credit note stands that was settled by entries of one kind alone. A credit note
is settled by an invoice."""


class CustomerLedger:
    """Finds out by what invoices were settled."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def payments(self, invoices: Sequence[Dto]) -> dict[str, Payment | None]:
        """How invoices stand, by id. None where it changed while it was read.

        Raise `NotAllowed` without the privilege CustomerLedger, if it takes the ledger to tell.
        """
        matches = {_match(dto): None for dto in invoices if _needs_group(dto)}
        groups = self._groups([match for match in matches if match])
        return {str(dto["Id"]): payment_of(dto, groups.get(_match(dto), ())) for dto in invoices}

    def _groups(self, matches: Collection[str]) -> Mapping[str, Sequence[Dto]]:
        if len(matches) <= MOST_GROUPS:
            return {match: self._group(match) for match in matches}
        query = [*_ALL_DAYS, ("onlyBalancesLessThanAmount", "true")]
        groups: defaultdict[str, list[Dto]] = defaultdict(list)
        for entry in self._lists.read(STATEMENT, query).rows:
            groups[_match(entry)].append(entry)
        return groups

    def _group(self, match: str) -> Sequence[Dto]:
        try:
            return self._lists.read(ENTRIES_BY_MATCH, [("matchId", match)]).rows
        except MisunderstoodError as error:
            if error.status != 404:
                raise
            return ()


def payment_of(invoice: Dto, group: Iterable[Dto]) -> Payment | None:
    """How an invoice or credit note stands; `group` are the entries matched with it, its own among
    them. None where they do not fit together, since something was matched anew in between."""
    if invoice.get("IsReversed"):
        return Payment.REVERSED
    if invoice.get("Balance") is None:
        return None
    posted, balance = Decimal(invoice["TotalPostedAmount"]), Decimal(invoice["Balance"])
    sign = -1 if posted < 0 else 1
    if balance:
        return _unsettled(posted * sign, balance * sign)
    if not posted:
        return Payment.PAID
    return _settled(invoice, list(group), sign)


def _unsettled(posted: Decimal, balance: Decimal) -> Payment:
    if balance < 0:
        return Payment.OVERPAID
    if balance > posted:
        return Payment.SETTLED_OTHERWISE
    return Payment.OPEN if balance == posted else Payment.PARTLY


def _settled(invoice: Dto, group: list[Dto], sign: int) -> Payment | None:
    """Only entries of the other side settle it; others of its own side are further invoices that
    the same payment covers, or fees."""
    if not _match(invoice):
        return Payment.SETTLED_OTHERWISE
    own = str(invoice["Id"]).casefold()
    if all(str(entry.get("VoucherId")).casefold() != own for entry in group):
        return None
    ways = {_way(entry) for entry in group if Decimal(entry["Amount"]) * sign < 0}
    return ways.pop() if len(ways) == 1 else Payment.SETTLED_OTHERWISE


def _way(entry: Dto) -> Payment:
    if entry.get("IsWriteOff"):
        return Payment.WRITTEN_OFF
    return _SETTLES.get(str(entry.get("VoucherType")), Payment.SETTLED_OTHERWISE)


def _needs_group(invoice: Dto) -> bool:
    balance = invoice.get("Balance")
    return balance is not None and not balance and not invoice.get("IsReversed")


def _match(dto: Dto) -> str:
    return str(dto.get("MatchId") or "")
