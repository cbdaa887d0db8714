"""Invoices that are left to chance, and what must have become of each in PowerOffice.

What is expected is worked out from what Tribe shows, not by the tool's own arithmetic.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from tests.chaos.sales import refused_bookings
from tests.scenarios.office import Office
from tests.scenarios.world import World, world
from tribe_po.records import Kind, System

VAT = (25, 15, 12, 0)
ACCOUNTS = {25: 3000, 15: 3010, 12: 3020, 0: 3100}
FREE_TEXT = (25, 15, 0)
"""The rates that a product for lines of free text is set for: for 12 % there is none."""

RATES = {"EUR": Decimal("11.73"), "SEK": Decimal("1.04"), "JPY": Decimal("0.07")}
"""Kroner for one unit. PowerOffice has no such currency as the last one."""

AT_ONCE = 50
"""Invoices between two runs."""

Rounds = Literal["lines", "sums"]


@dataclass(frozen=True, slots=True)
class Ways:
    """What becomes of invoices, and for what each system rounds their VAT."""

    mode: str
    tribe: Rounds
    poweroffice: Rounds


ALL_WAYS = (
    Ways("book", "lines", "lines"),
    Ways("book", "sums", "lines"),
    Ways("book", "lines", "sums"),
    Ways("voucher", "lines", "lines"),
    Ways("voucher", "sums", "lines"),
)


@dataclass(frozen=True, slots=True)
class Made:
    """An invoice that was sent in Tribe. `flaws` are why it must not be booked; an `even` one has
    none, and its sums are the same in both systems without more ado."""

    id: str
    flaws: frozenset[str]
    even: bool


class Shop:
    """An office with products of every rate, and the invoices that chance has it send."""

    def __init__(self, w: World, ways: Ways, chance: random.Random) -> None:
        self.world, self.ways, self.chance = w, ways, chance
        self.office = Office(w, ways.mode)
        self.made: list[Made] = []
        accounts = ",".join(f"{rate}={number}" for rate, number in ACCOUNTS.items())
        w.overrides["TRIBE_PO_SALES_ACCOUNTS"] = accounts
        w.tribe.dialect = replace(w.tribe.dialect, vat_of=ways.tribe)
        w.poweroffice.switches.vat_of = ways.poweroffice
        for rate in VAT:
            self._product(f"VARE-{rate}", rate, UnitOfMeasureCode="EA")
            if rate in FREE_TEXT:
                self._product(f"FREE-{rate}", rate)
        w.pull_products()
        codes = {one["Code"]: one["ID"] for one in w.tribe.products()}
        self.products = {rate: codes[f"VARE-{rate}"] for rate in VAT}
        self.office.export(confirmed=True)

    def _product(self, code: str, rate: int, **members: Any) -> None:
        account = 470_000_000 + ACCOUNTS[rate]
        self.world.poweroffice.add_product(
            Name=code, Code=code, UnitPrice=1, StandardSalesAccountId=account, **members
        )

    def sell(self, count: int) -> None:
        """Send so many invoices, some of them between two runs, and run once more."""
        for start in range(0, count, AT_ONCE):
            self.made += [self._invoice() for _ in range(min(AT_ONCE, count - start))]
            self.office.export()
        self.office.payments(after=timedelta())  # what comes to nothing counts as paid

    def _invoice(self) -> Made:
        chance, flaws = self.chance, set[str]()
        currency = chance.choices(["NOK", "EUR", "SEK", "JPY"], [80, 10, 8, 2])[0]
        with_vat = chance.random() < 0.35
        header = chance.choice([0, 0, 0, 5, 12.5, 33])
        sign = -1 if chance.random() < 0.15 else 1
        lines = [self._line(sign, flaws) for _ in range(chance.choice([1, 1, 2, 3, 5, 8]))]
        if currency != "NOK":
            for line in lines:
                if "Price" in line:
                    line["PriceInCurrency"] = line["Price"]
                    line["Price"] = float(round(Decimal(str(line["Price"])) * RATES[currency], 4))
        flaws |= {"currency"} if currency == "JPY" else set()
        flaws |= {"no amount"} if all("Price" not in line for line in lines) else set()
        identity = self.office.sent(
            *lines,
            Currency=None if currency == "NOK" and chance.random() < 0.5 else currency,
            IsVatIncluded=with_vat,
            DiscountPercentage=header,
        )
        even = not flaws and not with_vat and self.ways == ALL_WAYS[0]
        return Made(identity, frozenset(flaws), even)

    def _line(self, sign: int, flaws: set[str]) -> dict[str, Any]:
        chance = self.chance
        if chance.random() < 0.08:
            return {"Description": "Tekst alene"}
        rate = chance.choice(VAT)
        quantity = sign * _amount(chance, 40, (0, 0, 1, 2, 3))
        price = _amount(chance, 3000, (0, 2, 2, 3, 4))
        if chance.random() < 0.05:  # the other way to give something back
            quantity, price = -quantity, -price
        if chance.random() < 0.04:
            price = -price
        line: dict[str, Any] = {
            "Description": "Noe",
            "Quantity": quantity,
            "Price": price,
            "VatGroup": rate,
        }
        if chance.random() < 0.2:
            line["DiscountPercentage"] = chance.choice([5, 10, 7.5, 33.3, 100])
        voucher = self.ways.mode == "voucher"
        if chance.random() < 0.25:
            if rate not in FREE_TEXT and not voucher:
                flaws.add("free text")
            return line
        sold = rate
        if chance.random() < 0.02:
            sold = chance.choice([other for other in VAT if other != rate])
            if not voucher:
                flaws.add("vat")
        return {**line, "Product": self.products[sold]}


def _amount(chance: random.Random, most: int, decimals: Iterable[int]) -> float:
    places = chance.choice([*decimals])
    return float(Decimal(chance.randint(1, most * 10**places)).scaleb(-places))


def sold(folder: Path, count: int, ways: Ways, chance: random.Random) -> Counter[str]:
    """Send so many invoices and check each: how many were booked and how many were not. Raise
    AssertionError for one that is in PowerOffice with another sum or VAT than in Tribe, or twice,
    or neither booked nor quarantined with its cause."""
    with world(folder) as w:
        shop = Shop(w, ways, chance)
        shop.sell(count)
        outcome = _checked(shop)
        refused = refused_bookings(w.memory())
        shop.office.silent()
        assert set(w.wrote()) <= refused, f"the second run wrote {w.wrote()}"
        assert _checked(shop) == outcome
        return outcome


def _checked(shop: Shop) -> Counter[str]:
    w, outcome = shop.world, Counter[str]()
    booked = _by_mark(w.poweroffice.invoices())
    drafts = _by_mark(w.poweroffice.orders())
    lines = {one.id: one.lines for one in w.poweroffice.books.invoices.values()}
    tribe = {one["ID"]: one for one in w.tribe.invoices()}
    causes = {
        one.id: one.reason
        for key, one in w.memory().quarantine.items()
        if key[:2] == (System.POWEROFFICE, Kind.INVOICE)
    }
    assert len(booked) + len(drafts) == len(w.poweroffice.invoices()) + len(w.poweroffice.orders())
    for made in shop.made:
        invoice, mark = tribe[made.id], f"tribe:{made.id}"
        told = _tell(invoice)
        assert not (mark in booked and mark in drafts), f"twice: {told}"
        if mark in booked:
            posted = booked[mark]
            assert not made.flaws, f"booked in spite of {made.flaws}: {told}"
            _check_copy(shop.ways, invoice, posted, lines[posted["Id"]])
            assert made.id not in causes, f"booked, and {causes[made.id]}: {told}"
        else:
            assert causes.get(made.id), f"neither booked nor quarantined: {told}"
            assert not made.even, f"not booked although the sums agree, {causes[made.id]}: {told}"
        outcome["booked" if mark in booked else "left"] += 1
    return outcome


def _by_mark(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(row["ExternalImportReference"]): row for row in rows}


def _check_copy(
    ways: Ways, invoice: dict[str, Any], copy: dict[str, Any], lines: list[dict[str, Any]]
) -> None:
    told = f"{_tell(invoice)} became {copy['NetAmount']} and {copy['TotalAmount']}"
    foreign = invoice["Currency"] not in (None, "NOK")
    suffix = "InCurrency" if foreign else ""
    assert copy["CurrencyCode"] == (invoice["Currency"] or "NOK"), told
    assert _decimal(copy["TotalAmount"]) == _decimal(invoice[f"TotalIncludingVat{suffix}"]), told
    priced = [one for one in invoice["ProductLines"] if one[f"Price{suffix}"] is not None]
    rates = [_decimal(one["VatPercentage"]) for one in priced]
    if ways.mode == "voucher":
        posted = {_decimal(one["VatRate"]) * 100 for one in lines}
        assert posted <= set(rates), told
        return
    assert _decimal(copy["NetAmount"]) == _decimal(invoice[f"TotalExcludingVat{suffix}"]), told
    ordered = sorted(lines, key=lambda line: line["SortOrder"])
    assert [_decimal(one["VatRate"]) * 100 for one in ordered if one["ProductId"]] == rates, told


def _decimal(number: float | None) -> Decimal:
    return Decimal(str(number or 0))


def _tell(invoice: Mapping[str, Any]) -> str:
    lines = [
        {
            name: line[name]
            for name in ("Quantity", "Price", "PriceInCurrency", "DiscountPercentage")
            if line[name] is not None
        }
        | {"vat": line["VatPercentage"], "product": bool(line["Product"])}
        for line in invoice["ProductLines"]
    ]
    header = {
        name: invoice[name]
        for name in ("Number", "Currency", "IsVatIncluded", "DiscountPercentage")
    }
    return f"{header} {lines}"
