"""What people do with products, invoices and payments in the course of the round of sales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.chaos.office import Office
from tests.scenarios.world import OSLO
from tribe_po.records import Memory
from tribe_po.sandbox.sample_products import fill_products

SETTINGS: Mapping[str, str] = {
    "TRIBE_PO_KINDS": "customers,products,invoices",
    # An edit that is taken for a conflict by mistake is then lost, instead of listed.
    "TRIBE_PO_CONFLICTS": "tribe",
    "TRIBE_PO_INVOICE_MODE": "book",
    "TRIBE_PO_SALES_ACCOUNTS": "25=3000,15=3010,12=3020,0=3100",
    "TRIBE_PO_FREE_TEXT_PRODUCTS": "25=TIME,15=KAFFE,0=BOK",
    "TRIBE_PO_PARTIAL_PAYMENTS": "payment",
}

SECONDS_TO_SEND = 3
"""PowerOffice has not issued an invoice yet when the tool looks for the first time."""


def open_the_shop(office: Office) -> None:
    """Some customers and a catalogue, and an invoice that was sent before the first sync."""
    poweroffice, tribe = office.poweroffice, office.tribe
    poweroffice.switches.allow_send_invoice = True
    poweroffice.switches.send_seconds = SECONDS_TO_SEND
    poweroffice.switches.sent_state_seconds = SECONDS_TO_SEND - 1
    for number, name in enumerate(("Fjord Kaffe AS", "Skog Bygg AS", "Elv Drift AS"), 10001):
        poweroffice.add_customer(Name=name, Number=number, MailAddress=OSLO)
    fjord = tribe.add_organization(Name="Fjord Kaffe AS", DebtorNumber="10001")
    old = tribe.add_invoice(tribe.add_customer(fjord), [{"Description": "Før", "Price": 100}])
    fill_products(poweroffice, tribe)
    tribe.send_invoice(old)


def sell_in_the_morning(office: Office) -> None:
    """Changes of products on both sides, new ones, and the first invoices: one of them for a
    customer and with a product that PowerOffice does not have, one that must not be booked."""
    poweroffice, tribe = office.poweroffice, office.tribe
    tribe.edit(_in_tribe(office, "Kopp"), SalesPrice=109, Description="Porselen")
    tribe.edit(_in_tribe(office, "Konsulenttime"), Name="Rådgivning, time")
    poweroffice.edit_product(_in_poweroffice(office, "TIME"), UnitPrice=1300)
    poweroffice.edit_product(_in_poweroffice(office, "BOK"), UnitPrice=399)
    tribe.edit(_in_tribe(office, "Togreise"), SalesPrice=500)
    poweroffice.edit_product(_in_poweroffice(office, "REISE"), UnitPrice=510)
    poweroffice.add_product(Name="Te", Code="TE", UnitOfMeasureCode="EA", UnitPrice=79.9)
    brand_new = tribe.add_product(Name="Krus", Code="KRUS", ProductGroup="Standard", SalesPrice=129)
    without_code = tribe.add_product(Name="Fat", ProductGroup="Standard", SalesPrice=88.88)
    new = tribe.add_customer(tribe.add_organization(Name="Ny Kunde AS"), PaymentTermInDays=30)
    _send(
        office,
        "Fjord Kaffe AS",
        {"Description": "Ordre 1"},
        {"Product": _in_tribe(office, "Kopp"), "Quantity": 3, "Price": 99.99, "VatGroup": 25},
        {"Description": "Kaffe", "Quantity": 1.5, "Price": 33.33, "VatGroup": 15},
        DiscountPercentage=5,
    )
    line = {"Product": brand_new, "Quantity": 2, "Price": 129, "VatGroup": 25}
    cents = {**line, "Quantity": 1, "Price": 1.005}  # half an øre, which no binary fraction is
    tribe.send_invoice(
        tribe.add_invoice(new, [line, {**line, "Product": without_code, "Price": 88.88}, cents])
    )
    _send(
        office,
        "Skog Bygg AS",
        {"Product": _in_tribe(office, "Kaffe"), "Quantity": 2, "Price": 229, "VatGroup": 15},
        IsVatIncluded=True,
    )
    _send(
        office,
        "Elv Drift AS",
        # Tribe says 15 %, the product's account in PowerOffice 25 %.
        {"Product": _in_tribe(office, "Kopp"), "Quantity": 1, "Price": 100, "VatGroup": 15},
    )
    tribe.add_invoice(_customer(office, "Fjord Kaffe AS"), [line], Subject="Utkast")


def sell_at_noon(office: Office) -> None:
    """One invoice is paid and one in part, one is credited, and there is a new one."""
    poweroffice, tribe = office.poweroffice, office.tribe
    poweroffice.pay(_invoice_for(office, "Ny Kunde AS"))
    poweroffice.pay(_invoice_for(office, "Fjord Kaffe AS"), 100)
    line = {"Product": _in_tribe(office, "Kaffe"), "Quantity": 1, "Price": -50, "VatGroup": 15}
    _send(office, "Fjord Kaffe AS", line)
    poweroffice.edit_product(_in_poweroffice(office, "KOPP"), UnitPrice=119)
    poweroffice.edit_product(_in_poweroffice(office, "TE"), IsArchived=True)
    tribe.edit(_in_tribe(office, "Krus"), Description="Steintøy")


def settle_up(office: Office) -> None:
    """The rest is paid, and the last products change."""
    poweroffice = office.poweroffice
    poweroffice.pay(_invoice_for(office, "Fjord Kaffe AS"))
    poweroffice.pay(_invoice_for(office, "Skog Bygg AS"), 50)
    poweroffice.add_product(Name="Lys", Code="LYS", UnitOfMeasureCode="EA", UnitPrice=19)
    office.tribe.edit(_in_tribe(office, "Håndbok"), Description="Annen utgave")


def refused_bookings(memory: Memory) -> set[str]:
    """The bookings that PowerOffice has refused, as "METHOD path": they are tried again when their
    time comes."""
    copies = {link.tribe_id: link.poweroffice_id for link in memory.links.values()}
    return {
        f"POST /poweroffice/v2/SalesOrders/{copies[one.id]}/createAndSendInvoice"
        for one in memory.quarantine.values()
        if one.id in copies and not one.held_fields
    }


def _send(office: Office, customer: str, *lines: dict[str, Any], **fields: Any) -> None:
    tribe = office.tribe
    tribe.send_invoice(tribe.add_invoice(_customer(office, customer), lines, **fields))


def _customer(office: Office, name: str) -> str:
    return str(office.customer_in_tribe(name)["ID"])


def _in_tribe(office: Office, name: str) -> str:
    """The ID of the product whose name begins so."""
    products = office.tribe.products()
    (found,) = [one["ID"] for one in products if one["Name"].startswith(name)]
    return str(found)


def _in_poweroffice(office: Office, code: str) -> int:
    (found,) = [one["Id"] for one in office.poweroffice.products() if one["Code"] == code]
    return int(found)


def _invoice_for(office: Office, customer: str) -> str:
    """The ID of the first invoice in PowerOffice to a customer."""
    number = office.customer_in_poweroffice(customer)["Number"]
    rows = [one for one in office.poweroffice.invoices() if one["CustomerNo"] == number]
    assert rows, f"no invoice to {customer} was booked"
    return str(min((one["InvoiceNo"], one["Id"]) for one in rows)[1])
