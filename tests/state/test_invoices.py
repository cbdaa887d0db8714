from __future__ import annotations

import pytest

from tests.sync.test_orders import INVOICE
from tribe_po.state.invoices import decode_invoice, encode_invoice


def test_an_invoice_comes_back_as_it_was() -> None:
    assert decode_invoice(encode_invoice(INVOICE)) == INVOICE


def test_an_amount_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="amount"):
        decode_invoice({**encode_invoice(INVOICE), "discount": "much"})
