"""What PowerOffice is sent for an invoice, to the last member, and what hinders it in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.sync.test_orders import (
    INVOICE,
    LINE,
    LINKED,
    RULES,
    VOUCHERS,
    link,
    made,
    order,
    parked,
    with_lines,
)
from tribe_po.invoices import Invoice, InvoiceLine, Order, OrderLine, Voucher, VoucherLine
from tribe_po.records import Kind
from tribe_po.sync.orders import Hindrance, Linked


def test_a_whole_order() -> None:
    found = order(
        with_lines(
            LINE,
            InvoiceLine(id="t", text="Takk"),
            replace(LINE, id="f", text="Frakt", product_id="", quantity=Decimal("2.5")),
            replace(LINE, id="n", price=Decimal("-19.90"), quantity=Decimal(3)),
        )
    )
    assert found == Order(
        customer_id="11",
        customer_reference="Kari",
        imported_number=2026001,
        date=INVOICE.date,
        currency="NOK",
        lines=(
            OrderLine("l", "Kaffe", "22", "", Decimal(1), Decimal(100), Decimal(0)),
            OrderLine("t", "Takk"),
            OrderLine("f", "Frakt", "", "FREE-25", Decimal("2.5"), Decimal(100), Decimal(0)),
            OrderLine("n", "Kaffe", "22", "", Decimal(-3), Decimal("19.90"), Decimal(0)),
        ),
        credits=None,
    )


def test_a_whole_voucher() -> None:
    found = made(
        replace(INVOICE, currency="EUR", payment_reference="2026001000017"), rules=VOUCHERS
    )
    assert INVOICE.date is not None
    assert INVOICE.due_date is not None
    assert found == Voucher(
        customer_id="11",
        customer_reference="Kari",
        number=2026001,
        date=INVOICE.date,
        due_date=INVOICE.due_date,
        currency="EUR",
        payment_reference="2026001000017",
        gross=Decimal(125),
        lines=(VoucherLine(Decimal(25), Decimal(125)),),
    )


@pytest.mark.parametrize(
    ("number", "taken"),
    [
        ("9" * 18, int("9" * 18)),
        ("9" * 19, None),
        ("0042", 42),
        ("²", None),
        ("٣", None),
        ("", None),
        ("-1", None),
    ],
)
def test_a_number_of_up_to_18_digits_is_one(number: str, taken: int | None) -> None:
    assert order(replace(INVOICE, number=number)).imported_number == taken


@pytest.mark.parametrize(
    ("known", "named"), [("10003", 10003), ("K-7", None), ("", None), (None, None)]
)
def test_the_credited_invoice_is_named_where_poweroffice_has_numbered_it(
    known: str | None, named: int | None
) -> None:
    linked = {**LINKED, (Kind.INVOICE, "old"): link(Kind.INVOICE, "old", "u", invoice_number=known)}
    assert order(replace(INVOICE, credits_id="old"), linked).credits == named
    assert order(replace(INVOICE, credits_id="unknown"), linked).credits is None


FREE = replace(LINE, product_id="", text="Frakt")


@pytest.mark.parametrize(
    ("invoice", "linked", "expected"),
    [
        (
            replace(INVOICE, customer_id="x"),
            LINKED,
            Hindrance(
                "its customer is not in PowerOffice",
                "See why: tribe-po push-relations --dry-run",
                (Kind.CUSTOMER, "x"),
            ),
        ),
        (
            with_lines(replace(LINE, product_id="x")),
            LINKED,
            Hindrance(
                "the product of its line 'Kaffe' is not in PowerOffice",
                "See why: tribe-po push-products --dry-run",
                (Kind.PRODUCT, "x"),
            ),
        ),
        (
            INVOICE,
            parked(Kind.CUSTOMER, "c", parked="gone"),
            Hindrance(
                "its customer Fjord Kaffe AS is gone",
                "See what is left of it: tribe-po explain 11",
            ),
        ),
        (
            INVOICE,
            parked(Kind.PRODUCT, "p", parked="gone"),
            Hindrance("its product Kaffe is gone", "See what is left of it: tribe-po explain 22"),
        ),
        (
            INVOICE,
            parked(Kind.CUSTOMER, "c", poweroffice={"inactive": True}),
            Hindrance(
                "its customer Fjord Kaffe AS is archived in PowerOffice",
                "Take the customer out of the archive there; the next run picks the invoice up.",
            ),
        ),
        (
            INVOICE,
            parked(Kind.PRODUCT, "p", poweroffice={"inactive": True}),
            Hindrance(
                "its product Kaffe is archived in PowerOffice",
                "Take the product out of the archive there; the next run picks the invoice up.",
            ),
        ),
        (
            with_lines(replace(FREE, vat=Decimal("12.0"))),
            LINKED,
            Hindrance(
                "its line 'Frakt' has no product, and PowerOffice needs one",
                "Name the product to use in TRIBE_PO_FREE_TEXT_PRODUCTS, such as 12=TRIBE-12, "
                "and create it in PowerOffice.",
            ),
        ),
        (
            with_lines(replace(FREE, vat=None)),
            LINKED,
            Hindrance(
                "its line 'Frakt' has no product, and PowerOffice needs one",
                "Name the product to use in TRIBE_PO_FREE_TEXT_PRODUCTS, such as 0=TRIBE-0, "
                "and create it in PowerOffice.",
            ),
        ),
    ],
)
def test_what_hinders_an_order_in_words(
    invoice: Invoice, linked: Linked, expected: Hindrance
) -> None:
    assert made(invoice, linked) == expected


def test_a_customer_that_is_archived_in_tribe_alone_hinders_nothing() -> None:
    linked = parked(Kind.CUSTOMER, "c", tribe={"inactive": True})
    assert order(INVOICE, linked).customer_id == "11"


@pytest.mark.parametrize(
    ("invoice", "reason", "step"),
    [
        (
            replace(INVOICE, number="2026-1"),
            "its number 2026-1 is not a whole number, which a voucher needs",
            "Let Tribe number invoices without letters, or enter it in PowerOffice by hand.",
        ),
        (
            replace(INVOICE, date=None),
            "Tribe tells no date or no due date of it, and a voucher needs both",
            "Enter it in PowerOffice by hand.",
        ),
        (
            replace(INVOICE, due_date=None),
            "Tribe tells no date or no due date of it, and a voucher needs both",
            "Enter it in PowerOffice by hand.",
        ),
        (
            with_lines(replace(LINE, price=Decimal(0))),
            "it comes to nothing, and a voucher needs an amount",
            "Enter it in PowerOffice by hand.",
        ),
    ],
)
def test_what_hinders_a_voucher_in_words(invoice: Invoice, reason: str, step: str) -> None:
    assert made(invoice, rules=VOUCHERS) == Hindrance(reason, step)


@pytest.mark.parametrize(
    ("prices", "posted"),
    [
        (("100", "0.40"), True),
        (("-100", "-0.40"), True),
        (("100", "-0.40"), False),
        (("-100", "0.40"), False),
        (("0.40", "0.40"), True),
    ],
)
def test_all_lines_of_a_voucher_have_its_sign(prices: tuple[str, str], posted: bool) -> None:
    first, second = map(Decimal, prices)
    invoice = with_lines(
        replace(LINE, price=first, vat=Decimal(25)), replace(LINE, price=second, vat=Decimal(15))
    )
    assert isinstance(made(invoice, rules=VOUCHERS), Voucher) is posted


def test_a_product_with_a_code_is_named_by_its_id_where_products_are_linked() -> None:
    (line,) = order(with_lines(replace(LINE, product_code="KAFFE"))).lines
    assert (line.product_id, line.product_code) == ("22", "")


def test_by_code_a_product_without_one_is_like_free_text() -> None:
    rules = replace(RULES, products_by_code=True)
    (line,) = order(with_lines(LINE), rules=rules).lines
    assert (line.product_id, line.product_code) == ("", "FREE-25")
    orphan = replace(LINE, product_id="", product_code="KAFFE")
    (line,) = order(with_lines(orphan), rules=rules).lines
    assert line.product_code == "FREE-25"


@pytest.mark.parametrize(
    ("price", "vat", "net"),
    [
        ("125", "25", "100.00"),
        ("100", None, "100.00"),
        ("0", "25", "0.00"),
        ("0.50", "0", "0.50"),
        ("99", "25", "79.20"),
    ],
)
def test_a_net_price_has_no_more_decimals_than_it_needs_and_no_fewer_than_two(
    price: str, vat: str | None, net: str
) -> None:
    line = replace(LINE, price=Decimal(price), vat=None if vat is None else Decimal(vat))
    (made_line,) = order(with_lines(line, includes_vat=True)).lines
    assert str(made_line.price) == net


@pytest.mark.parametrize(("quantity", "decimals"), [(10, 3), (1000, 5), (100_000, 7)])
def test_many_of_a_thing_get_the_decimals_that_their_sum_needs(
    quantity: int, decimals: int
) -> None:
    line = replace(LINE, price=Decimal("99.90"), vat=Decimal(15), quantity=Decimal(quantity))
    (made_line,) = order(with_lines(line, includes_vat=True)).lines
    assert made_line.price is not None
    wanted = (Decimal("99.90") * quantity * 100 / 115).quantize(Decimal("0.01"))
    assert (made_line.price * quantity).quantize(Decimal("0.01")) == wanted
    exponent = made_line.price.as_tuple().exponent
    assert isinstance(exponent, int)
    assert -exponent <= decimals


def test_nothing_of_a_thing_with_vat_keeps_its_price() -> None:
    line = replace(LINE, price=Decimal(125), quantity=Decimal(0))
    (made_line,) = order(with_lines(line, includes_vat=True)).lines
    assert (made_line.quantity, made_line.price) == (Decimal(0), Decimal(100))
