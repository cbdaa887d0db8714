"""Payment terms: Tribe counts days, PowerOffice wants a term's id (poweroffice.md section 13.3)."""

from __future__ import annotations

from tribe_po.errors import RecordRefused
from tribe_po.poweroffice.lists import PAYMENT_TERMS, Dto, Lists
from tribe_po.poweroffice.once import Once


class PaymentTerms:
    """The client's active payment terms, read once when first needed."""

    def __init__(self, lists: Lists) -> None:
        self._ids_by_days = Once(lambda: _by_days(lists.read(PAYMENT_TERMS).rows))

    def id_for(self, days: int) -> int:
        """The id of the term with so many days. Raise `RecordRefused` where there is none."""
        known = self._ids_by_days.get()
        if days not in known:
            raise _no_such_term(days, sorted(known))
        return known[days]

    def forget(self) -> None:
        """Read them again when next needed: a term may have been deleted."""
        self._ids_by_days.forget()


def _by_days(rows: tuple[Dto, ...]) -> dict[int, int]:
    """Of several terms with as many days, the client's default one, then the oldest."""
    active = [row for row in rows if row.get("IsActive") is not False]
    ranked = sorted(active, key=lambda row: (not row.get("IsDefault"), int(row["Id"])))
    ids: dict[int, int] = {}
    for row in ranked:
        if row.get("CreditDays") is not None:
            ids.setdefault(int(row["CreditDays"]), int(row["Id"]))
    return ids


def _no_such_term(days: int, known: list[int]) -> RecordRefused:
    offered = ", ".join(str(each) for each in known) or "none"
    return RecordRefused(
        f"PowerOffice has no active payment term of {days} days.",
        f"Its terms, in days: {offered}",
        "Add the term in PowerOffice under Settings, or choose another in Tribe. "
        "The next pass tries again.",
    )
