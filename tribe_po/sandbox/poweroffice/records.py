"""Products, orders, invoices and ledger entries as the books keep them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from tribe_po.sandbox.poweroffice.fields import Values
from tribe_po.sandbox.poweroffice.settings import VatCode

_CENT = Decimal("0.01")


def exact(number: float | Decimal | None) -> Decimal:
    """Return a JSON number as the decimal it was written as; null as 0."""
    return Decimal(0) if number is None else Decimal(str(number))


def rounded(amount: Decimal, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Round to two decimals, a half away from zero unless said otherwise."""
    return amount.quantize(_CENT, rounding)


@dataclass(slots=True)
class SalesItem:
    """A product or product group: what was stored, with its stamps."""

    id: int
    values: Values
    created: str
    changed: str
    stock_changed: str | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Net, VAT and gross of a line or a whole order, in the order's currency."""

    net: Decimal = Decimal(0)
    vat: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.net + self.vat

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.net + other.net, self.vat + other.vat)


@dataclass(slots=True)
class Line:
    """An order line as stored."""

    id: str
    values: Values


@dataclass(frozen=True, slots=True)
class Valued:
    """A line with what follows from its product's sales account; `vat` is None for texts."""

    line: Line
    amounts: Amounts = Amounts()
    account_id: int | None = None
    vat: VatCode | None = None


@dataclass(slots=True)
class Order:
    """An order that has not been sent."""

    id: str
    number: int
    values: Values
    created: str
    changed: str
    by_integration: bool
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SendRequest:
    """What was asked with createAndSendInvoice; `by_integration` is false for a person."""

    order_id: str
    delivery: str = "Auto"
    email: str | None = None
    voucher_date: date | None = None
    due_date: date | None = None
    by_integration: bool = True


@dataclass(slots=True)
class Sending:
    """A send request in the invoice queue, or what became of it."""

    request: SendRequest
    asked: datetime
    due: datetime
    waiting: bool = True
    error: str | None = None


@dataclass(slots=True)
class Invoice:
    """An invoice or credit note that has been posted. `row` caches the rendered DTO."""

    id: str
    values: Values
    lines: list[Values]
    entry_id: int
    sent: str | None
    due: date
    is_imported: bool = False
    is_reversed: bool = False
    has_pdf: bool = True
    row: tuple[object, Values] | None = None


@dataclass(frozen=True, slots=True)
class Voucher:
    """A posted voucher: one number of the client's ascending series."""

    id: str
    number: int
    kind: str
    dated: date


@dataclass(slots=True)
class Entry:
    """An entry on a customer's account in kroner: debit positive, credit negative.

    `version` counts the changes of its match state; `changed` is the stamp of the last one.
    """

    id: int
    contact_id: int
    voucher: Voucher
    posted: date
    amount: Decimal
    created: str
    changed: str
    values: Values
    match_id: int | None = None
    is_write_off: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class Matching:
    """So much of a debit entry is settled by so much of a credit entry, from a day on."""

    debit_id: int
    credit_id: int
    amount: Decimal
    dated: date
