"""What a round has led to among products, invoices and payments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.chaos.names import Names, Row, Titled, bare
from tests.chaos.office import Office

_HANDED_OUT = frozenset(
    {
        "OrderNo",
        "SalesOrderNo",
        "InvoiceNo",
        "RelatedInvoiceNo",
        "VoucherNo",
        "VoucherId",
        "Cid",
        "MatchId",
    }
    | {"ProductGroupId", "InvoiceId", "SalesOrderId"}
)
"""What PowerOffice hands out in the order in which it is asked."""


def sales_in(office: Office, names: Names) -> Iterable[Titled]:
    """All products, orders, invoices, entries of the ledger and payments."""
    poweroffice, tribe = office.poweroffice, office.tribe
    for row in poweroffice.products():
        yield f"product {row['Name']} in PowerOffice", _plain(row, names)
    for row in poweroffice.orders():
        title = f"order for {names.mark(row['ExternalImportReference'])}"
        yield title, _plain(row, names)
        for line in row["SalesOrderLines"]:
            shown = _plain(line, names) | {"ExternalImportReference": "a line's ID"}
            yield f"line {line['SortOrder']} of {title}", shown
    for row in poweroffice.invoices():
        yield f"invoice for {names.mark(row['ExternalImportReference'])}", _plain(row, names)
    for row in poweroffice.ledger():
        posted = f"{row['VoucherType']} of {row['Amount']} by {row['CustomerName']}"
        yield posted, {"balance": row["Balance"]}
    for row in tribe.products():
        yield f"product {row['Name']} in Tribe", bare(row) | {"mark": names.mark(row["ImportId"])}
    for row in tribe.invoices():
        title = f"invoice {names.roles[row['ID']]} in Tribe"
        yield title, {name: row[name] for name in row if name in _OF_AN_INVOICE}
        yield title, {"phase": row["Phase"]["Code"], "notes": len(row["Notes"])}
    for row in tribe.payments():
        of = names.roles[row["Invoice"]["ID"]]
        yield f"payment of {row['Amount']} for {of} in Tribe", {"currency": row["Currency"]}


_OF_AN_INVOICE = ("Number", "InvoiceDate", "TotalExcludingVat", "TotalIncludingVat")


def _plain(row: Mapping[str, object], names: Names) -> Row:
    kept = {name: value for name, value in bare(dict(row)).items() if name not in _HANDED_OUT}
    whose: Mapping[str, object] = {
        "CustomerId": names.in_poweroffice("customer", row.get("CustomerId")),
        "CustomerNo": names.number("customer", row.get("CustomerNo")),
        "ProductId": names.in_poweroffice("product", row.get("ProductId")),
        "ExternalImportReference": names.mark(row.get("ExternalImportReference")),
    }
    kept |= {name: value for name, value in whose.items() if name in row}
    return {name: value for name, value in kept.items() if not isinstance(value, list)}
