"""What carrying out a plan takes: how many requests, and about how long. Pure.

Counted is what every change needs when nothing goes wrong. What a refusal, an invoice that
PowerOffice delivers slowly, or an edit in the meantime adds, nobody knows before. Lists that are
read once for however many changes, of accounts or phases, are not counted either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from tribe_po.fields import Owner, fields_of, key_row
from tribe_po.invoices import Order, Voucher
from tribe_po.records import Form, Kind, System
from tribe_po.sides import Creation, Edit
from tribe_po.sync.attempts import BATCH, IN_FLIGHT
from tribe_po.sync.change import Action, Change, Plan

READ_BACK = 60
SETS = {Kind.CUSTOMER: 2, Kind.SUPPLIER: 1, Kind.PRODUCT: 1, Kind.INVOICE: 1}
"""How many sets Tribe keeps a kind in: companies and persons apart."""
SHARED = 3
"""Requests to find out which roles a relation has that gets one more."""
INVOICE_FIELDS: Mapping[str, Counter[System]] = {
    "issued": Counter({System.POWEROFFICE: 4}),  # on its way? what sums? then as for a fresh one
    "pdf": Counter({System.POWEROFFICE: 1, System.TRIBE: 1}),
    "phase": Counter({System.TRIBE: 1}),
    "settled": Counter({System.TRIBE: 3}),  # is it there? what was told last? then it is told
}
"""Requests to write each field of an exported invoice."""
ISSUE = 2
"""Requests that turn a fresh order into an invoice: one asks for it, one how that went."""
ISSUE_WAIT = 1.0
"""Seconds before it is asked how that went."""
POST = 2
"""Requests to post a voucher: its customer's account is asked for first."""
ANSWER = 0.2
"""Seconds that a server takes to answer: what Tribe's own users measure, give or take half."""


@dataclass(frozen=True, slots=True)
class Cost:
    """How many requests go to each system, and about how many seconds they take together."""

    requests: Counter[System]
    seconds: float

    @property
    def total(self) -> int:
        """All requests."""
        return self.requests.total()


def cost_of(plan: Plan, rate: float) -> Cost:
    """The cost of a plan, with `rate` requests a second to PowerOffice."""
    writes = plan.writes()
    requests: Counter[System] = Counter()
    for change in writes:
        requests += _requests_of(change)
    requests += _looks(writes)
    requests += Counter({System.POWEROFFICE: _vouchers_read_back(writes)})
    seconds = max(
        requests[System.POWEROFFICE] / rate,
        requests[System.TRIBE] * ANSWER / IN_FLIGHT[System.TRIBE],
        sum(map(_seconds_alone, writes)),
    )
    return Cost(requests, seconds)


def _requests_of(change: Change) -> Counter[System]:
    """A write, and what brings the key of a new record in PowerOffice back to Tribe."""
    if change.kind is Kind.INVOICE:
        return _requests_of_invoice(change)
    if change.edit is not None:
        return Counter({change.system: max(1, len(_places_of(change)))})
    made = Counter([change.system])
    if change.system is System.POWEROFFICE:
        made[System.TRIBE] = _brings_back(change)
    elif change.action is Action.ADD_ROLE:
        made[System.TRIBE] += SHARED
    return made


def _requests_of_invoice(change: Change) -> Counter[System]:
    if change.edit is not None:
        fields = (INVOICE_FIELDS[name] for name in change.edit.values)
        return sum(fields, Counter[System]())
    creation = change.creation
    assert creation is not None
    if isinstance(creation.order, Order):
        return Counter({System.POWEROFFICE: 1 + ISSUE * _is_issued(creation)})
    made = Counter({System.POWEROFFICE: POST})
    return made + INVOICE_FIELDS["pdf"] if creation.values.get("pdf") else made


def _is_issued(creation: Creation) -> bool:
    """Whether a new order is to become an invoice at once."""
    return bool(creation.values.get("issued"))


def _vouchers_read_back(writes: Sequence[Change]) -> int:
    """How many vouchers are read back: up to the first one with VAT, which shows what PowerOffice
    makes of it."""
    orders = [change.creation.order for change in writes if change.creation is not None]
    vouchers = [order for order in orders if isinstance(order, Voucher)]
    for number, voucher in enumerate(vouchers, start=1):
        if any(line.vat for line in voucher.lines):
            return number
    return len(vouchers)


def _brings_back(change: Change) -> bool:
    """Whether Tribe gets the number that PowerOffice assigns, or the code that a product lacks."""
    assert change.source is not None
    row = key_row(change.kind)
    return row.owner is Owner.POWEROFFICE or change.source.values.get(row.name) is None


def _places_of(change: Change) -> set[str]:
    """Tribe keeps what belongs to the role, to its relation and to the address apart; PowerOffice
    takes one patch."""
    assert change.edit is not None
    if change.system is System.POWEROFFICE:
        return set()
    written = [
        row for row in fields_of(change.kind, change.edit.form) if row.name in change.edit.values
    ]
    return {
        "address" if row.name == "address" else row.place(change.edit.form).rpartition(".")[0]
        for row in written
    }


def _looks(writes: Sequence[Change]) -> Counter[System]:
    """Before each batch of updates its side is asked once more what changed meanwhile, Tribe also
    for its addresses. What was written to Tribe is read back, for its answers do not show all. An
    invoice's phase is not: it is remembered by itself."""
    looks: Counter[System] = Counter()
    created = [
        one.creation for one in writes if one.system is System.TRIBE and one.creation is not None
    ]
    for system in System:
        updated = Counter(one.kind for one in writes if one.system is system and one.edit)
        batches = ceil(updated.total() / BATCH)
        if system is System.POWEROFFICE:
            looks[system] += batches * len(updated)
            continue
        address = bool(updated.keys() & {Kind.CUSTOMER, Kind.SUPPLIER})
        # What was created before shows up among the changes: a page more of each set.
        pages = 2 if created else 1
        looks[system] += batches * pages * (sum(SETS[kind] for kind in updated) + address)
    edited = [one.edit for one in writes if one.system is System.TRIBE and one.edit is not None]
    looks[System.TRIBE] += _read_back(created) + _read_back(edited)
    return looks


def _read_back(writes: Sequence[Creation | Edit]) -> int:
    """All are looked for among companies, and what is not there among persons. Where only some
    are, one more page tells that there are no others."""
    requests = 0
    for kind in {one.kind for one in writes} - {Kind.INVOICE}:
        forms = Counter(one.form for one in writes if one.kind is kind)
        requests += ceil(forms.total() / READ_BACK)
        requests += ceil(forms[Form.PERSON] / READ_BACK) * len(forms)
    return requests


def _seconds_alone(change: Change) -> float:
    """How long others wait for what PowerOffice wants one at a time: new customers and new orders
    (poweroffice.md section 3). One that becomes an invoice is waited for."""
    creation = change.creation
    if creation is None or change.system is not System.POWEROFFICE:
        return 0
    if isinstance(creation.order, Order):
        return ANSWER + (ISSUE * ANSWER + ISSUE_WAIT) * _is_issued(creation)
    return ANSWER if change.kind is Kind.CUSTOMER else 0
