"""What the people of the demo do, in words and in deed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tribe_po.sandbox.samples import Cast
from tribe_po.sandbox.server import Sandbox

FREE_TEXT_PRODUCT = "FRITEKST"
"""PowerOffice's product for lines without one, at 25 % VAT."""


@dataclass(frozen=True, slots=True)
class Known:
    """A company that both systems have as a customer: its name and where to find it."""

    name: str
    contact_id: int
    relationship_id: str
    organization_id: str


def known_customers(sandbox: Sandbox, cast: Cast) -> list[Known]:
    companies = {
        row["Organization"]["DebtorNumber"]: row
        for row in sandbox.tribe.customers()
        if row.get("Organization")
    }
    return [
        Known(row["Name"], row["Id"], relationship["ID"], relationship["Organization"]["ID"])
        for row in sandbox.poweroffice.customers()
        if not row["IsArchived"]
        and str(row["Number"]) != cast.ambiguous
        and (relationship := companies.get(str(row["Number"])))
    ]


def edits(sandbox: Sandbox, cast: Cast) -> list[tuple[str, Callable[[], object]]]:
    """What people change in both systems, in words and in deed."""
    poweroffice, tribe = sandbox.poweroffice, sandbox.tribe
    one, two, three, four = known_customers(sandbox, cast)[:4]
    twins = [row for row in tribe.organizations() if row["DebtorNumber"] == cast.ambiguous]
    twin = max(twins, key=lambda row: len(row["Name"]))
    cup = next(row for row in poweroffice.products() if row["Code"] == "KOPP")
    coffee_beans = next(row for row in tribe.products() if row["Code"] == "KAFFE")
    coffee = {
        "Name": "Nordlys Kaffebrenneri AS",
        "EmailAddress": "post@nordlys.example",
        "DebtorNumber": "T-77",
        "InvoiceAddress": {
            "Street": "Storgata",
            "HouseNumber": 12,
            "HouseNumberSuffix": "B",
            "Postalcode": "0155",
            "City": "Oslo",
            "Country": "NO",
        },
    }
    boxes = {"Name": "Havblikk Emballasje AS", "InvoiceAddress": {"Street": "Kaia 1"}}
    return [
        (
            f"{one.name}: a new phone in Tribe",
            lambda: tribe.edit(one.organization_id, PhoneNumber="+47 00 12 34 56"),
        ),
        (
            f"{one.name}: a new e-mail in PowerOffice, so different fields of one customer",
            lambda: poweroffice.edit_customer(one.contact_id, EmailAddress="ny@epost.example"),
        ),
        (
            f"{two.name}: a new website in Tribe",
            lambda: tribe.edit(two.organization_id, Website="https://tribe.example"),
        ),
        (
            f"{two.name}: another new website in PowerOffice, so the same field",
            lambda: poweroffice.edit_customer(two.contact_id, WebsiteUrl="https://go.example"),
        ),
        (
            f"{three.name}: a new address in PowerOffice, which moves no time stamp there",
            lambda: poweroffice.edit_address(three.contact_id, AddressLine1="Nygata 7 C"),
        ),
        (
            f"{four.name}: a former customer in Tribe now, with other payment days",
            lambda: tribe.edit(four.relationship_id, IsFormer=True, PaymentTermInDays=30),
        ),
        (
            f"{coffee['Name']}: a new customer in Tribe, with a number of Tribe's own",
            lambda: tribe.add_customer(tribe.add_organization(**coffee), PaymentTermInDays=14),
        ),
        (
            f"{boxes['Name']}: a new supplier in Tribe, with an address without a city",
            lambda: tribe.add_supplier(tribe.add_organization(**boxes)),
        ),
        (
            "Fjellstova Drift AS: a new customer in PowerOffice",
            lambda: poweroffice.add_customer(
                Name="Fjellstova Drift AS", EmailAddress="post@fjellstova.example"
            ),
        ),
        (
            "Kopp: a new price in PowerOffice",
            lambda: poweroffice.edit_product(cup["Id"], UnitPrice=119),
        ),
        (
            "Kaffebønner, 1 kg: a new price in Tribe, where it includes VAT",
            lambda: tribe.edit(coffee_beans["ID"], SalesPrice=207),
        ),
        (
            "Kaffekvern: a new product in Tribe, without a code",
            lambda: tribe.add_product(
                Name="Kaffekvern", ProductGroup="Standard", SalesPrice=899, VatGroup=25
            ),
        ),
        (
            f"{twin['Name']}: the debtor number that it shares is taken out in Tribe",
            lambda: tribe.edit(twin["ID"], DebtorNumber=None),
        ),
    ]


@dataclass(frozen=True, slots=True)
class Sale:
    """An invoice that is sent in Tribe: in words, its lines by wire name with products by code,
    the discount on all of it in per cent, the phase that it is to end in once everybody has paid,
    and whether it may be booked."""

    text: str
    lines: tuple[dict[str, object], ...]
    discount: int = 0
    phase: str = "Paid"
    is_booked: bool = True


SALES = (
    Sale(
        "three VAT rates, a line of text, and a discount on one line",
        (
            {"Description": "Åpning av ny kaffebar"},
            {"Product": "TIME", "Quantity": 6.5, "Price": 1250, "DiscountPercentage": 10},
            {"Product": "KAFFE", "Quantity": 4, "Price": 180},
            {"Product": "BOK", "Quantity": 2, "Price": 349},
        ),
    ),
    Sale(
        "free text without a product, and a discount on everything",
        (
            {"Product": "KOPP", "Quantity": 12, "Price": 119},
            {"Description": "Frakt og emballasje", "Quantity": 1, "Price": 150, "VatGroup": 25},
        ),
        discount=5,
    ),
    Sale(
        "a credit note for a bag of coffee that was stale",
        ({"Product": "KAFFE", "Quantity": -1, "Price": 180},),
        phase="Sent",
    ),
    Sale(
        "cups at the VAT of food, which PowerOffice sells at 25 %",
        ({"Product": "KOPP", "Quantity": 1, "Price": 119, "VatGroup": 15},),
        phase="Sent",
        is_booked=False,
    ),
)


def send_invoices(sandbox: Sandbox, cast: Cast) -> dict[str, tuple[Sale, str]]:
    """Send the invoices in Tribe, to three customers in turn. Gives each with the name of its
    customer, by the invoice's ID."""
    tribe = sandbox.tribe
    customers = known_customers(sandbox, cast)[:3]
    products = {row["Code"]: row["ID"] for row in tribe.products()}
    sent = {}
    for position, sale in enumerate(SALES):
        customer = customers[position % len(customers)]
        lines = [
            {**line, "Product": products[line["Product"]]} if "Product" in line else line
            for line in sale.lines
        ]
        fields = {"DiscountPercentage": sale.discount} if sale.discount else {}
        invoice_id = tribe.add_invoice(customer.relationship_id, lines, **fields)
        tribe.send_invoice(invoice_id)
        sent[invoice_id] = sale, customer.name
    return sent


def pay_invoices(sandbox: Sandbox) -> list[str]:
    """Let the bank register a payment for each booked invoice, in full. Gives their numbers."""
    poweroffice = sandbox.poweroffice
    owed = [row for row in poweroffice.invoices() if row["Balance"] and row["Balance"] > 0]
    for row in owed:
        poweroffice.pay(row["Id"])
    return [str(row["InvoiceNo"]) for row in owed]
