"""Invoices that wait for their export: back as they were, or refused; never guessed at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.state.test_store import opened
from tests.sync.test_orders import INVOICE
from tribe_po.errors import ExitCode, StateUnreadable
from tribe_po.invoices import Invoice, InvoiceLine
from tribe_po.records import Form, Kind, Memory, Record, System
from tribe_po.state.invoices import decode_invoice, encode_invoice
from tribe_po.state.shape import Malformed
from tribe_po.state.storage import CheckedStorage
from tribe_po.state.store import Store

FULL = Invoice(
    number="2026001",
    date=date(2026, 3, 2),
    due_date=date(2026, 3, 16),
    currency="NOK",
    customer_id="relationship-1",
    customer_reference="PO 77",
    includes_vat=True,
    discount=Decimal("2.50"),
    credits_id="invoice-9",
    payment_reference="2026001000017",
    lines=(
        InvoiceLine(
            id="line-1",
            text="Kaffe",
            product_id="product-1",
            product_code="KAFFE",
            quantity=Decimal("1.500"),
            price=Decimal("-99.90"),
            discount=Decimal(10),
            vat=Decimal(15),
        ),
        InvoiceLine(id="line-2", text="Takk for handelen"),
    ),
)


@pytest.mark.parametrize(
    "invoice",
    [INVOICE, FULL, replace(FULL, date=None, due_date=None, includes_vat=False, lines=())],
)
def test_an_invoice_comes_back_as_it_was_to_the_last_digit(invoice: Invoice) -> None:
    back = decode_invoice(encode_invoice(invoice))

    assert back == invoice
    assert back.digest() == invoice.digest()


def test_amounts_are_text_and_days_are_iso_8601() -> None:
    document = encode_invoice(FULL)

    assert (document["date"], document["due_date"]) == ("2026-03-02", "2026-03-16")
    assert document["discount"] == "2.50"
    assert document["lines"] == [
        {
            "id": "line-1",
            "text": "Kaffe",
            "product_id": "product-1",
            "product_code": "KAFFE",
            "quantity": "1.500",
            "price": "-99.90",
            "discount": "10",
            "vat": "15",
        },
        {
            "id": "line-2",
            "text": "Takk for handelen",
            "product_id": "",
            "product_code": "",
            "quantity": "1",
            "price": None,
            "discount": "0",
            "vat": None,
        },
    ]


TEXTS = (
    "number",
    "currency",
    "customer_id",
    "customer_reference",
    "credits_id",
    "payment_reference",
)
LINE_TEXTS = ("id", "text", "product_id", "product_code")


@pytest.mark.parametrize(
    ("part", "why"),
    [
        *(({key: 7}, f"{key} is int, not text") for key in TEXTS),
        *(({key: None}, f"{key} is NoneType, not text") for key in TEXTS),
        *(({key: 20260302}, f"{key} is int, not text") for key in ("date", "due_date")),
        *(
            ({"includes_vat": flag}, f"includes_vat is {type(flag).__name__}, not true or false")
            for flag in ("true", 1, 0, None, "")
        ),
        *(
            ({"discount": text}, "discount is no number")
            for text in ("much", "NaN", "sNaN", "Infinity", "-Infinity", "")
        ),
        *(
            ({"discount": value}, f"discount is {type(value).__name__}, not text")
            for value in (7, 2.5, None, True, ["1"])
        ),
        *(
            ({"lines": lines}, f"lines is {type(lines).__name__}, not a list")
            for lines in (7, "", None)
        ),
        ({"lines": ["x"]}, "a line of an invoice is str, not an object"),
        ({"surcharge": "10", "fee": "1"}, "an invoice has the unknown members fee, surcharge"),
    ],
)
def test_an_invoice_of_another_shape_is_refused(part: dict[str, Any], why: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode_invoice(encode_invoice(FULL) | part)

    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("part", "why"),
    [
        *(({key: 7}, f"{key} is int, not text") for key in LINE_TEXTS),
        *(
            ({key: text}, f"{key} is no number")
            for key in ("quantity", "price", "discount", "vat")
            for text in ("NaN", "Infinity", "a lot")
        ),
        *(({key: 1}, f"{key} is int, not text") for key in ("quantity", "price", "vat")),
        *(({key: None}, f"{key} is NoneType, not text") for key in ("quantity", "discount")),
        ({"surcharge": "10"}, "an invoice has the unknown members surcharge"),
    ],
)
def test_a_line_of_another_shape_is_refused(part: dict[str, Any], why: str) -> None:
    document = encode_invoice(FULL)
    document["lines"][1] |= part

    with pytest.raises(Malformed) as caught:
        decode_invoice(document)

    assert str(caught.value) == why


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="month"):
        decode_invoice(encode_invoice(FULL) | {"date": "2026-13-02"})


@pytest.mark.parametrize("document", [None, [], "x", 7])
def test_what_is_no_object_is_no_invoice(document: Any) -> None:
    with pytest.raises(Malformed, match=r"an invoice is \w+, not an object"):
        decode_invoice(document)


@pytest.mark.parametrize("missing", sorted(encode_invoice(FULL)))
def test_an_invoice_without_a_part_is_refused(missing: str) -> None:
    document = encode_invoice(FULL)
    del document[missing]

    with pytest.raises(KeyError, match=missing):
        decode_invoice(document)


@pytest.mark.parametrize("missing", sorted(encode_invoice(FULL)["lines"][0]))
def test_a_line_without_a_part_is_refused(missing: str) -> None:
    document = encode_invoice(FULL)
    del document["lines"][0][missing]

    with pytest.raises(KeyError, match=missing):
        decode_invoice(document)


@pytest.mark.parametrize(
    "part",
    [{"includes_vat": "yes"}, {"discount": "NaN"}, {"lines": {}}, {"fee": "1"}, {"number": 7}],
)
def test_a_state_with_such_an_invoice_is_unreadable_never_empty(
    tmp_path: Path, part: dict[str, Any]
) -> None:
    path = tmp_path / "tribe-po.json"
    waits = Record(
        Kind.INVOICE, System.TRIBE, "i", "i", Form.INVOICE, {"number": "2026001"}, document=FULL
    )
    Store(path).save(Memory(unlinked={(System.TRIBE, Kind.INVOICE, "i"): waits}))
    assert opened(path).unlinked[System.TRIBE, Kind.INVOICE, "i"].document == FULL
    storage = CheckedStorage(path)
    tables = storage.read()
    assert tables is not None
    tables["unlinked"]["1"]["document"] |= part
    storage.write(tables)

    with pytest.raises(StateUnreadable) as caught:
        opened(path)

    assert caught.value.exit_code is ExitCode.STATE_UNREADABLE
    assert "Document 1 of the table unlinked" in caught.value.why
