"""What an invoice comes to on both sides, and what was paid of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.sync.test_invoices import SUMS
from tests.sync.test_invoices import link as invoice_link
from tests.sync.test_orders import INVOICE, LINE, LINKED, RULES, VOUCHERS, link
from tribe_po.invoices import Comparison, Invoice, Sums, sums_of
from tribe_po.records import Form, Kind, Record, System, Value
from tribe_po.settings import Invoicing
from tribe_po.sync.orders import Hindrance, Linked, order_for
from tribe_po.sync.totals import before_export, of_link, settled_of


def comparison(
    invoice: Invoice, vat: Value, rules: Invoicing = RULES, linked: Linked = LINKED
) -> Comparison:
    """What is shown of an invoice whose product has this VAT in PowerOffice."""
    product = link(Kind.PRODUCT, "p", "22", name="Kaffe", vat=vat)
    linked = {**linked, (Kind.PRODUCT, "p"): product}
    sums = sums_of(invoice)
    record = Record(
        kind=Kind.INVOICE,
        system=System.TRIBE,
        id="i",
        relation_id="i",
        form=Form.INVOICE,
        values={"net": sums.net, "total": sums.total, "vat": sums.vat},
        document=invoice,
    )
    order = order_for(record, linked, rules)
    assert not isinstance(order, Hindrance)
    return before_export(record, order, linked)


def of(*lines: object, **fields: object) -> Invoice:
    return replace(INVOICE, lines=lines, **fields)  # type: ignore[arg-type]


def test_the_products_vat_counts_not_the_lines() -> None:
    seen = comparison(of(LINE, replace(LINE, price=None)), Decimal(15))
    assert seen.customer == "Fjord Kaffe AS"
    assert seen.poweroffice == Sums(Decimal(100), Decimal(115), "15")
    assert (seen.difference, seen.expected) == (Decimal(-10), True)


def test_free_text_has_the_vat_that_its_product_was_chosen_for() -> None:
    free = replace(LINE, product_id="", quantity=Decimal(3), price=Decimal("33.33"))
    seen = comparison(of(free, discount=Decimal(5)), Decimal(0))
    assert seen.poweroffice == Sums(Decimal("94.99"), Decimal("118.74"), "25")
    assert seen.difference == 0


def test_without_the_products_vat_nothing_is_expected() -> None:
    seen = comparison(of(LINE), None)
    assert (seen.poweroffice, seen.difference) == (None, None)


def test_a_voucher_takes_tribes_sums() -> None:
    lines = LINE, replace(LINE, vat=Decimal(15), price=Decimal(200))
    seen = comparison(of(*lines), Decimal(25), VOUCHERS)
    assert seen.poweroffice == Sums(Decimal(300), Decimal(355), "25 15")
    assert seen.difference == 0


def test_a_customer_without_a_link_has_no_name() -> None:
    product = link(Kind.PRODUCT, "p", "22", vat=Decimal(25))
    record = Record(Kind.INVOICE, System.TRIBE, "i", "i", Form.INVOICE, {}, document=of(LINE))
    order = order_for(record, LINKED, RULES)
    assert not isinstance(order, Hindrance)
    seen = before_export(record, order, {(Kind.PRODUCT, "p"): product})
    assert (seen.customer, seen.tribe, seen.difference) == ("", None, None)


def test_what_both_sides_told() -> None:
    seen = of_link(invoice_link(SUMS, poweroffice={"total": Decimal("125.01")}))
    assert (seen.difference, seen.expected) == (Decimal("0.01"), False)


@pytest.mark.parametrize(
    ("tribe", "ledger", "open_amounts"),
    [
        ({}, {}, (Decimal(125), Decimal(125))),
        ({}, {"settled": Decimal(25)}, (Decimal(125), Decimal(100))),
        ({"settled": Decimal(25)}, {"settled": Decimal(125)}, (Decimal(100), Decimal(0))),
        ({"phase": "paid"}, {"settled": Decimal(25)}, (Decimal(0), Decimal(100))),
        ({"currency": "EUR"}, {"settled": Decimal(25)}, (None, None)),
    ],
)
def test_what_is_open(
    tribe: dict[str, Value],
    ledger: dict[str, Value],
    open_amounts: tuple[Decimal | None, Decimal | None],
) -> None:
    base: dict[str, Value] = {**SUMS, "currency": "NOK", "phase": "Sent"}
    seen = settled_of(invoice_link(base, tribe, ledger), RULES)
    assert (seen.open_before, seen.open_after) == open_amounts


@pytest.mark.parametrize(
    ("base", "tribe", "poweroffice"),
    [
        ({**SUMS}, Sums(Decimal(100), Decimal(125), "25"), Sums(Decimal(100), Decimal(125), "25")),
        ({"net": Decimal(100)}, None, None),
        ({"total": Decimal(125)}, None, None),
        (
            {"net": Decimal(100), "total": Decimal(125)},
            Sums(Decimal(100), Decimal(125), ""),
            Sums(Decimal(100), Decimal(125), ""),
        ),
    ],
)
def test_sums_are_compared_where_both_of_a_side_are_known(
    base: dict[str, Value], tribe: Sums | None, poweroffice: Sums | None
) -> None:
    seen = of_link(invoice_link(base))
    assert seen == Comparison("", "", tribe, poweroffice, expected=False)


def test_lines_of_several_rates_come_to_one_sum_in_their_order() -> None:
    free = replace(LINE, product_id="", price=Decimal("10.10"))
    zero = replace(LINE, price=Decimal(0))
    seen = comparison(of(free, LINE, zero, replace(LINE, price=None)), Decimal(15))
    assert seen.currency == "NOK"
    assert seen.poweroffice == Sums(Decimal("110.10"), Decimal("127.63"), "25 15 15")


def test_free_text_without_vat_has_none() -> None:
    rules = replace(RULES, free_text_products={Decimal(0): "FREE-0"})
    seen = comparison(of(replace(LINE, product_id="", vat=None)), Decimal(25), rules)
    assert seen.poweroffice == Sums(Decimal(100), Decimal(100), "0")


def test_a_rate_that_is_no_number_is_not_known() -> None:
    assert comparison(of(LINE), "25").poweroffice is None


def test_a_product_whose_link_is_gone_has_no_rate() -> None:
    record = Record(Kind.INVOICE, System.TRIBE, "i", "i", Form.INVOICE, {}, document=of(LINE))
    order = order_for(record, LINKED, RULES)
    assert not isinstance(order, Hindrance)
    assert before_export(record, order, {}).poweroffice is None


def test_an_order_and_its_invoice_have_the_same_lines() -> None:
    record = Record(Kind.INVOICE, System.TRIBE, "i", "i", Form.INVOICE, {}, document=of(LINE, LINE))
    order = order_for(replace(record, document=of(LINE)), LINKED, RULES)
    assert not isinstance(order, Hindrance)
    with pytest.raises(ValueError, match="zip"):
        before_export(record, order, LINKED)
