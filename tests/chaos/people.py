"""What people do in both systems in the course of the reference round.

Whom they do it to is said by the place in PowerOffice's list, which the tool does not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.chaos.office import Office
from tribe_po.sandbox import samples
from tribe_po.sandbox.faults import Fault, Run

CUSTOMERS, SUPPLIERS = 21, 10
FIRST_CUSTOMERS, FIRST_SUPPLIERS = CUSTOMERS + 2, SUPPLIERS + 1

OSLO = {"AddressLine1": "Storgata 12 B", "ZipCode": "0155", "City": "Oslo", "CountryCode": "NO"}
BERGEN = {
    "Street": "Havnegata",
    "HouseNumber": 3,
    "Postalcode": "5003",
    "City": "Bergen",
    "Country": "NO",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A customer or supplier that was there from the beginning."""

    office: Office
    row: dict[str, Any]
    number_name: str

    @property
    def contact(self) -> int:
        return int(self.row["Id"])

    @property
    def relation(self) -> dict[str, Any]:
        return self.office.numbered(self.number_name, self.row["Number"])

    @property
    def role(self) -> str:
        """The relationship's ID."""
        rows = self.office.tribe.customers()
        if self.number_name == "CreditorNumber":
            rows = self.office.tribe.suppliers()
        (found,) = [one["ID"] for one in rows if _owner(one) == self.relation["ID"]]
        return str(found)

    def in_tribe(self, **fields: Any) -> None:
        self.office.tribe.edit(self.relation["ID"], **fields)

    def in_poweroffice(self, **members: Any) -> None:
        edit = self.office.poweroffice.edit_customer
        if self.number_name == "CreditorNumber":
            edit = self.office.poweroffice.edit_supplier
        edit(self.contact, **members)


def _owner(role: dict[str, Any]) -> str:
    return str((role.get("Organization") or role["Person"])["ID"])


def companies(office: Office) -> list[Known]:
    """Customers from the first days that are companies, no suppliers, and known by their number to
    one organisation in Tribe."""
    suppliers = {row["Id"] for row in office.poweroffice.suppliers()}
    return [
        known
        for known in _first(office, office.poweroffice.customers(), "DebtorNumber", FIRST_CUSTOMERS)
        if not known.row["IsPerson"] and known.contact not in suppliers
    ]


def persons(office: Office) -> list[Known]:
    rows = office.poweroffice.customers()
    found = _first(office, rows, "DebtorNumber", FIRST_CUSTOMERS)
    return [known for known in found if known.row["IsPerson"]]


def suppliers(office: Office) -> list[Known]:
    """Suppliers from the first days that are not customers too."""
    customers = {row["Id"] for row in office.poweroffice.customers()}
    rows = office.poweroffice.suppliers()
    found = _first(office, rows, "CreditorNumber", FIRST_SUPPLIERS)
    return [known for known in found if known.contact not in customers]


def both_roles(office: Office) -> list[Known]:
    """Customers from the first days that are suppliers as well."""
    also = {row["Id"] for row in office.poweroffice.suppliers()}
    found = _first(office, office.poweroffice.customers(), "DebtorNumber", FIRST_CUSTOMERS)
    return [known for known in found if known.contact in also]


def _first(office: Office, rows: list[dict[str, Any]], number_name: str, count: int) -> list[Known]:
    relations = [*office.tribe.organizations(), *office.tribe.persons()]
    numbers = [relation.get(number_name) for relation in relations]
    return [
        Known(office, row, number_name)
        for row in rows[:count]
        if numbers.count(str(row["Number"])) == 1
    ]


def move_in(office: Office) -> None:
    """Both systems before the first sync: samples, and what they leave out."""
    samples.fill(office.sandbox, CUSTOMERS, SUPPLIERS)
    poweroffice, tribe = office.poweroffice, office.tribe
    marked = poweroffice.add_customer(Name="Merket Lead AS", EmailAddress="post@merket.example")
    number = str(poweroffice.customer(marked)["Number"])
    organization = tribe.add_organization(Name="Merket Lead", DebtorNumber=number)
    tribe.add_lead(organization, ImportId="another-program:1")
    two = poweroffice.add_customer(Name="Begge Deler AS", MailAddress=OSLO)
    poweroffice.add_supplier(contact_id=two)
    number = str(poweroffice.customer(two)["Number"])
    tribe.add_customer(tribe.add_organization(Name="Begge Deler", DebtorNumber=number))
    shared = poweroffice.add_customer(Name="Begge Roller AS", MailAddress=OSLO)
    poweroffice.add_supplier(contact_id=shared)
    both = tribe.add_organization(
        Name="Begge Roller AS",
        DebtorNumber=str(poweroffice.customer(shared)["Number"]),
        CreditorNumber=str(poweroffice.supplier(shared)["Number"]),
    )
    tribe.add_customer(both)
    tribe.add_supplier(both)
    tribe.add_supplier(tribe.add_organization(Name="Bare i Tribe Leverandør AS"))


def work_a_day(office: Office) -> None:
    """Edits of every field on both sides, conflicts, and new records on both sides."""
    _edit_in_tribe(office)
    _edit_in_poweroffice(office)
    _edit_on_both_sides(office)
    _create_in_tribe(office)
    _create_in_poweroffice(office)
    _edit_while_passes_run(office)


def _edit_in_tribe(office: Office) -> None:
    known, tribe = companies(office), office.tribe
    known[0].in_tribe(Name="Omdøpt i Tribe AS", PhoneNumber="+47 00 99 88 77")
    known[1].in_tribe(EmailAddress="ny@tribe.example", Website="https://tribe.example")
    known[2].in_tribe(EmailAddress=None)
    known[3].in_tribe(
        FinancialEmailAddress="regning@tribe.example",
        ChamberOfCommerceNumber="974760673",
        VATNumber=None,
    )
    tribe.edit_address(known[4].relation["ID"], **BERGEN)
    tribe.edit(known[5].role, IsFormer=True, PaymentTermInDays=30)
    known[6].in_tribe(DebtorNumber="T-1")
    tribe.edit_address(known[7].relation["ID"], **BERGEN | {"Postalcode": None})
    persons(office)[0].in_tribe(LastName="Omdøpt", PhoneNumber="00 11 22 33")
    tribe.edit_address(persons(office)[1].relation["ID"], "Address", **BERGEN)
    suppliers(office)[0].in_tribe(EmailAddress="ny@leverandor.example", Website=None)
    both_roles(office)[0].in_tribe(PhoneNumber="00 44 55 66")


def _edit_in_poweroffice(office: Office) -> None:
    known, poweroffice = companies(office)[8:], office.poweroffice
    known[0].in_poweroffice(Name="Omdøpt i PowerOffice AS", EmailAddress="ny@go.example")
    known[1].in_poweroffice(
        EmailAddress=None, PhoneNumber="+4700998866", WebsiteUrl="https://go.example"
    )
    known[2].in_poweroffice(
        InvoiceEmailAddress="regning@go.example", OrganizationNumber="923609016"
    )
    poweroffice.edit_address(known[3].contact, **OSLO)
    known[4].in_poweroffice(PaymentTerm=10)
    poweroffice.archive(known[4].contact)
    known[5].in_poweroffice(Number=19_900)
    persons(office)[2].in_poweroffice(FirstName="Nytt", EmailAddress="nytt@privat.example")
    suppliers(office)[1].in_poweroffice(Name="Omdøpt Leverandør AS", PhoneNumber="+4700111111")
    poweroffice.archive(suppliers(office)[2].contact)
    both_roles(office)[1].in_poweroffice(WebsiteUrl="https://begge.example")


def _edit_on_both_sides(office: Office) -> None:
    """The same customer and another field; the same value; the same field."""
    known = companies(office)
    known[0].in_poweroffice(EmailAddress="begge@go.example")
    known[4].in_tribe(FinancialEmailAddress="samme@begge.example")
    known[4].in_poweroffice(InvoiceEmailAddress="samme@begge.example")
    known[6].in_tribe(Website="https://tribe.example")
    known[6].in_poweroffice(WebsiteUrl="https://go.example")
    known[11].in_tribe(PhoneNumber="00 66 66 66")
    known[11].in_poweroffice(PhoneNumber=None)
    suppliers(office)[3].in_tribe(PhoneNumber="00 55 55 55")
    suppliers(office)[3].in_poweroffice(PhoneNumber="+4700444444")


def _create_in_tribe(office: Office) -> None:
    tribe = office.tribe
    for values in (
        {"Name": "Ny i Tribe AS", "InvoiceAddress": BERGEN, "EmailAddress": "ny1@tribe.example"},
        {"Name": "Eget Nummer AS", "DebtorNumber": "T-77"},
        {"Name": "Uten Poststed AS", "InvoiceAddress": {"Street": "Kaia 1"}},
    ):
        tribe.add_customer(tribe.add_organization(**values), PaymentTermInDays=30)
    tribe.add_customer(tribe.add_organization(Name="Uten Betalingsfrist AS"))
    tribe.add_customer(tribe.add_person(FirstName="Jan", MiddleName="de", LastName="Vries"))
    for name in ("Papir og Penn AS", "Blekk og Blyant AS"):
        tribe.add_supplier(tribe.add_organization(Name=name))
    two = tribe.add_organization(Name="To Roller fra Tribe AS", PhoneNumber="00 12 12 12")
    tribe.add_customer(two)
    tribe.add_supplier(two)


def _create_in_poweroffice(office: Office) -> None:
    poweroffice = office.poweroffice
    poweroffice.add_customer(Name="Ny i PowerOffice AS", MailAddress=OSLO, PaymentTerm=10)
    poweroffice.add_customer(Name="Nummerert AS", Number=19_901)
    poweroffice.add_customer(IsPerson=True, FirstName="Kari Anne", LastName="Nordmann")
    poweroffice.add_supplier(Name="Ny Leverandør AS", EmailAddress="ny@leverandor.example")
    two = poweroffice.add_customer(Name="To Roller fra PowerOffice AS", MailAddress=OSLO)
    poweroffice.add_supplier(contact_id=two)
    poweroffice.add_supplier(contact_id=companies(office)[-1].contact)


def _edit_while_passes_run(office: Office) -> None:
    """Between what the passes read and what they write; the servers' clocks stand still."""
    known = companies(office)
    one, other = known[3], known[10]

    def edit_in_poweroffice() -> None:
        one.in_poweroffice(PhoneNumber="+4700333333")

    def edit_in_tribe() -> None:
        other.in_tribe(EmailAddress="imens@tribe.example")

    office.sandbox.faults.add(Fault("poweroffice", "PATCH", "/Customers", Run(edit_in_poweroffice)))
    office.sandbox.faults.add(Fault("tribe", "PUT", "/Relation_", Run(edit_in_tribe)))


def work_at_noon(office: Office) -> None:
    """Edits in PowerOffice of fields that a push has just brought there."""
    known = companies(office)
    known[0].in_poweroffice(PhoneNumber="+4700123123")
    known[1].in_poweroffice(EmailAddress="igjen@go.example")


def work_an_afternoon(office: Office) -> None:
    """Some more of it, at the very moment at which the passes before read the servers."""
    known = companies(office)
    known[1].in_tribe(PhoneNumber="00 22 22 22")
    known[2].in_poweroffice(EmailAddress="sen@go.example")
    known[8].in_tribe(Website="https://sen.example")
    office.tribe.add_supplier(known[8].relation["ID"])
    office.tribe.add_customer(office.tribe.add_organization(Name="Sen i Tribe AS"))
    office.poweroffice.add_customer(Name="Sen i PowerOffice AS", PaymentTerm=14)
    office.poweroffice.edit_address(known[9].contact, **OSLO | {"AddressLine1": "Kaia 7"})


def tidy_up(office: Office) -> None:
    """Complete the addresses in Tribe that PowerOffice would not take."""
    unfinished = (companies(office)[7].relation["ID"], office.organization("Uten Poststed AS"))
    for identifier in unfinished:
        office.tribe.edit_address(identifier, **BERGEN)
