"""From Tribe's invoices to the plain records. Pure: nothing here asks a server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tribe_po.invoices import Invoice, InvoiceLine, Sums, rounded, sums_of
from tribe_po.records import Form, Kind, Record, System, Values
from tribe_po.tribe.entity import Entity, amount, identifier, linked, read, text
from tribe_po.tribe.metadata import INVOICE_DATES, INVOICE_DUE_DATES

HOME_CURRENCY = "NOK"

_OFFICE = ZoneInfo("Europe/Oslo")
_NOTHING = Decimal(0)
_ONE = Decimal(1)


def record_of_invoice(
    row: Entity, lines: Iterable[Entity], kid_names: Sequence[str] = ()
) -> Record:
    """Give the record of an invoice and its lines, in whatever order these came. The KID is in a
    field that has one of the `kid_names`."""
    document = _document(row, lines, kid_names)
    sums = _sums(row, document)
    phase = linked(row, "Phase")
    values: Values = {
        "number": document.number or None,
        "phase": text(read(phase, "Code")) or None if phase is not None else None,
        "date": document.date.isoformat() if document.date else None,
        "due_date": document.due_date.isoformat() if document.due_date else None,
        "currency": document.currency,
        "content": document.digest(),
        "net": sums.net,
        "total": sums.total,
        "vat": sums.vat,
    }
    return Record(
        kind=Kind.INVOICE,
        system=System.TRIBE,
        id=identifier(row),
        relation_id=identifier(row),
        form=Form.INVOICE,
        values=values,
        document=document,
    )


def _document(row: Entity, lines: Iterable[Entity], kid_names: Sequence[str]) -> Invoice:
    currency = text(read(row, "Currency")).upper() or HOME_CURRENCY
    price = "Price" if currency == HOME_CURRENCY else "PriceInCurrency"
    return Invoice(
        number=text(read(row, "Number")),
        date=_day(row, INVOICE_DATES),
        due_date=_day(row, INVOICE_DUE_DATES),
        currency=currency,
        customer_id=identifier(linked(row, "Relationship")),
        customer_reference=text(read(row, "CustomerReference")),
        includes_vat=read(row, "IsVatIncluded") is True,
        discount=_number(row, "DiscountPercentage") or _NOTHING,
        lines=tuple(_line(line, price) for line in sorted(lines, key=_place)),
        payment_reference=next(filter(None, (text(read(row, name)) for name in kid_names)), ""),
    )


def _sums(row: Entity, document: Invoice) -> Sums:
    """Tribe's own sums where it tells both, else those of the lines."""
    own = sums_of(document)
    suffix = "" if document.currency == HOME_CURRENCY else "InCurrency"
    net = amount(read(row, f"TotalExcludingVat{suffix}"))
    total = amount(read(row, f"TotalIncludingVat{suffix}"))
    return own if net is None or total is None else Sums(rounded(net), rounded(total), own.vat)


def _line(line: Entity, price_name: str) -> InvoiceLine:
    price, quantity = _number(line, price_name), _number(line, "Quantity")
    product = linked(line, "Product") or {}
    return InvoiceLine(
        id=identifier(line),
        text=_wording(line) or text(read(product, "Name")),
        product_id=identifier(product),
        product_code=text(read(product, "Code")),
        quantity=quantity if quantity is not None else _ONE if price is None else _NOTHING,
        price=price,
        discount=_number(line, "DiscountPercentage") or _NOTHING,
        vat=_vat(line),
    )


def _vat(line: Entity) -> Decimal | None:
    told, group = _number(line, "VatPercentage"), linked(line, "VatGroup")
    return _number(group, "Percentage") if told is None and group is not None else told


def _wording(line: Entity) -> str:
    """The text of a line with its line breaks, and below it the extra text."""
    main = _lines_of(line, "Description") or _lines_of(line, "LocalizedDescription")
    return "\n".join(part for part in (main, _lines_of(line, "ExtraDescription")) if part)


def _lines_of(line: Entity, name: str) -> str:
    found = read(line, name)
    return "\n".join(found.strip().splitlines()) if isinstance(found, str) else ""


def _place(line: Entity) -> tuple[bool, Decimal, str, str]:
    """Where a line stands: by SortIndex, which may be null, then by age."""
    index = amount(read(line, "SortIndex"))
    return index is None, index or _NOTHING, text(read(line, "CreationDate")), identifier(line)


def _number(entity: Entity, name: str) -> Decimal | None:
    """A number without needless zeros: they must not look like another content."""
    found = amount(read(entity, name))
    return None if found is None else Decimal(f"{found.normalize():f}") + 0


def _day(row: Entity, candidates: Iterable[str]) -> date | None:
    """The first day that a property of one of these names tells. A moment is the one at which the
    day begins in Norway."""
    days = (_read_day(read(row, name)) for name in candidates)
    return next((day for day in days if day is not None), None)


def _read_day(told: object) -> date | None:
    if not isinstance(told, str):
        return None
    try:
        if "T" not in told:
            return date.fromisoformat(told)
        moment = datetime.fromisoformat(told)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(_OFFICE).date()
