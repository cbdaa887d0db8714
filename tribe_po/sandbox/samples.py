"""Made-up Norwegian companies and people in both systems, the same ones for the same seed."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stdnum.no import orgnr

from tribe_po.sandbox.poweroffice.tenant import PowerOfficeTenant
from tribe_po.sandbox.sample_products import fill_products
from tribe_po.sandbox.server import Sandbox
from tribe_po.sandbox.tribe.tenant import TribeTenant

_TERMS = (10, 14, 14, 30)
_WHOLE_SERIES = 9_000
_KNOWN_IN_TRIBE = 3
"""Every so many-th contact exists in Tribe before the first sync."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST_WORDS = _words(
    """Fjord Skog Nord Vestland Polar Havbris Granli Solsiden Bekkestua Kvist Lyng Viddas Storm
    Furulund Havn Breen Bjørke Ørn Måke Rype Elgtråkk Tinde Strand Åsen Myrull Sæter"""
)
_TRADES = _words(
    """Kaffe Bygg Rør Elektro Regnskap Transport Fisk Bakeri Maskin Eiendom Data Renhold Hage
    Trykkeri Møbler Verksted Catering Design Reklame Tak Glass Papir Sport Blomster"""
)
_GIVEN_NAMES = _words("Kari Ola Ingrid Lars Åse Bjørn Sigrid Øystein Marit Håkon Ragnhild Geir")
_FAMILY_NAMES = _words(
    """Nordmann Haugland Fossvik Granlund Tveitås Bjørkelund Lyngmo Sætermo Åsheim Viksund Rødli"""
)
_STREETS = (
    "Storgata",
    "Strandveien",
    "Kirkegata",
    "Nedre Torggate",
    "Skolebakken",
    "Industriveien",
    "Åsveien",
    "Øvre Bergsgate",
)
_PLACES = (
    ("0155", "Oslo"),
    ("5003", "Bergen"),
    ("7011", "Trondheim"),
    ("4006", "Stavanger"),
    ("9008", "Tromsø"),
    ("6003", "Ålesund"),
    ("8006", "Bodø"),
    ("3015", "Drammen"),
    ("2317", "Hamar"),
    ("3717", "Skien"),
    ("6509", "Kristiansund N"),
    ("9510", "Alta"),
)
_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})


@dataclass(frozen=True, slots=True)
class Cast:
    """The numbers of the special cases in Tribe; None where there were too few contacts.

    `ambiguous` is a debtor number that two organisations carry, `lead` one of an organisation
    that is only a lead, `without_role` a creditor number of an organisation that is no supplier.
    """

    ambiguous: str | None = None
    lead: str | None = None
    without_role: str | None = None


@dataclass(slots=True)
class _Party:
    """One made-up company or person: members for PowerOffice, an address for Tribe."""

    members: dict[str, Any]
    tribe_address: dict[str, Any] | None
    numbers: dict[str, str] = field(default_factory=dict)
    archived: bool = False

    @property
    def is_person(self) -> bool:
        return bool(self.members.get("IsPerson"))

    @property
    def is_plain_company(self) -> bool:
        return not self.is_person and not self.archived


def fill(sandbox: Sandbox, customers: int = 140, suppliers: int = 60, seed: int = 1) -> Cast:
    """Fill both tenants, which should be empty.

    PowerOffice gets so many customers (one in seven a person, a few archived) and suppliers (one
    in ten of them a customer too). Tribe gets every third of these with small differences, the
    special cases of `Cast`, and a few that only Tribe knows. PowerOffice gets a few products.
    """
    draw = _Draw(seed)
    _make_room(sandbox.poweroffice, customers, suppliers)
    buyers = [draw.person() if n % 7 == 3 else draw.company() for n in range(customers)]
    for position, party in enumerate(buyers):
        party.archived = position % 35 == 20
        _add_customer(sandbox.poweroffice, party)
    companies = [party for party in buyers if party.is_plain_company]
    both = _spread(companies, suppliers // 10)
    sellers = [draw.company() for _ in range(suppliers - len(both))]
    for party in both:
        contact = int(party.numbers["contact"])
        _number_as_supplier(
            sandbox.poweroffice, sandbox.poweroffice.add_supplier(contact_id=contact), party
        )
    for party in sellers:
        identifier = sandbox.poweroffice.add_supplier(**_supplier_members(party))
        _number_as_supplier(sandbox.poweroffice, identifier, party)
    fill_products(sandbox.poweroffice, sandbox.tribe)
    return _fill_tribe(sandbox.tribe, draw, buyers, sellers)


def _spread(parties: Sequence[_Party], count: int) -> Sequence[_Party]:
    """Return at most `count` parties, evenly from the whole sequence."""
    return parties[1 :: max(1, len(parties) // max(1, count))][:count]


def _make_room(tenant: PowerOfficeTenant, customers: int, suppliers: int) -> None:
    """Let the numbers be six digits long where the usual series are too short."""
    if max(customers, suppliers) > _WHOLE_SERIES:
        tenant.books.number_series = tuple(
            replace(series, first=series.first * 100, last=series.last * 100 + 99)
            for series in tenant.books.number_series
        )


def _add_customer(tenant: PowerOfficeTenant, party: _Party) -> None:
    identifier = tenant.add_customer(**party.members)
    party.numbers["contact"] = str(identifier)
    party.numbers["DebtorNumber"] = str(tenant.customer(identifier)["Number"])
    if party.archived:
        tenant.archive(identifier)


def _number_as_supplier(tenant: PowerOfficeTenant, identifier: int, party: _Party) -> None:
    party.numbers["CreditorNumber"] = str(tenant.supplier(identifier)["Number"])


def _supplier_members(party: _Party) -> dict[str, Any]:
    only_customers = ("InvoiceEmailAddress", "PaymentTerm")
    return {name: value for name, value in party.members.items() if name not in only_customers}


def _fill_tribe(
    tribe: TribeTenant, draw: "_Draw", buyers: Sequence[_Party], sellers: Sequence[_Party]
) -> Cast:
    known = [*buyers[::_KNOWN_IN_TRIBE], *sellers[::_KNOWN_IN_TRIBE]]
    for party, differ in zip(known, _differences(), strict=False):
        _add_to_tribe(tribe, party, differ)
    for party in (draw.company(), draw.company(), draw.person()):
        _add_to_tribe(tribe, replace(party, numbers={"DebtorNumber": ""}), _same)
    tribe.add_lead(tribe.add_organization(Name=draw.company().members["Name"]))
    strangers = [party for party in buyers[1::_KNOWN_IN_TRIBE] if party.is_plain_company]
    pure_buyers = [party for party in strangers if "CreditorNumber" not in party.numbers]
    cast = Cast()
    if len(pure_buyers) >= 2:
        cast = replace(cast, ambiguous=_add_twice(tribe, pure_buyers[0]))
        cast = replace(cast, lead=_add_as_lead(tribe, pure_buyers[1]))
    if len(sellers) >= 2:
        cast = replace(cast, without_role=_add_without_role(tribe, sellers[1]))
    return cast


def _add_twice(tribe: TribeTenant, party: _Party) -> str:
    for name in (party.members["Name"], f"{party.members['Name']} avd. Sør"):
        tribe.add_customer(
            tribe.add_organization(Name=name, DebtorNumber=party.numbers["DebtorNumber"])
        )
    return party.numbers["DebtorNumber"]


def _add_as_lead(tribe: TribeTenant, party: _Party) -> str:
    number = party.numbers["DebtorNumber"]
    tribe.add_lead(tribe.add_organization(Name=party.members["Name"], DebtorNumber=number))
    return number


def _add_without_role(tribe: TribeTenant, party: _Party) -> str:
    number = party.numbers["CreditorNumber"]
    tribe.add_organization(Name=party.members["Name"], CreditorNumber=number)
    return number


Difference = Callable[[dict[str, Any]], dict[str, Any]]


def _same(fields: dict[str, Any]) -> dict[str, Any]:
    return fields


def _spaced_phone(fields: dict[str, Any]) -> dict[str, Any]:
    digits = fields["PhoneNumber"].removeprefix("+47")
    return fields | {"PhoneNumber": " ".join(re.findall("..", digits))}


def _other_email(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"EmailAddress": f"kontakt@{fields['EmailAddress'].partition('@')[2]}"}


def _longer_name(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | ({"Name": f"{fields['Name']} (Norge)"} if "Name" in fields else {})


def _without_phone(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"PhoneNumber": None}


def _differences() -> Iterator[Difference]:
    while True:
        yield from (_same, _spaced_phone, _other_email, _same, _longer_name, _without_phone)


def _add_to_tribe(tribe: TribeTenant, party: _Party, differ: Difference) -> None:
    """Add the relation with the roles for which the party has a number ("" for none yet)."""
    numbers = {
        name: number for name, number in party.numbers.items() if number and name != "contact"
    }
    members = party.members
    shared = {"EmailAddress": members["EmailAddress"], "PhoneNumber": members["PhoneNumber"]}
    if party.is_person:
        fields = shared | {name: members[name] for name in ("FirstName", "LastName")}
        identifier = tribe.add_person(
            **differ(fields | numbers), **_addressed("Address", party.tribe_address)
        )
    else:
        fields = shared | _organization_fields(members)
        identifier = tribe.add_organization(
            **differ(fields | numbers), **_addressed("InvoiceAddress", party.tribe_address)
        )
    if "DebtorNumber" in party.numbers:
        days = members.get("PaymentTerm")
        tribe.add_customer(identifier, PaymentTermInDays=days, IsFormer=party.archived)
    if "CreditorNumber" in party.numbers:
        tribe.add_supplier(identifier)


def _organization_fields(members: dict[str, Any]) -> dict[str, Any]:
    number = members["OrganizationNumber"]
    fields = {
        "Name": members["Name"],
        "Website": members["WebsiteUrl"],
        "FinancialEmailAddress": members["InvoiceEmailAddress"],
    }
    if number and int(number) % 3 == 0:
        return fields | {"VATNumber": f"NO{number}MVA"}
    return fields | {"ChamberOfCommerceNumber": number}


def _addressed(navigation: str, address: dict[str, Any] | None) -> dict[str, Any]:
    return {} if address is None else {navigation: address}


class _Draw:
    """Draws parties; never the same name or organisation number twice."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - sample data, no secret
        self._names: set[str] = set()
        self._numbers: set[str] = set()
        self._shape = 0

    def company(self) -> _Party:
        pick = self._random.choice
        stem = self._fresh(lambda: f"{pick(_FIRST_WORDS)} {pick(_TRADES)}")
        domain = f"{_slug(stem)}.example"
        line, tribe_address = self._address()
        members = {
            "Name": f"{stem} AS",
            "OrganizationNumber": self._organization_number(),
            "EmailAddress": f"post@{domain}",
            "InvoiceEmailAddress": pick((None, f"faktura@{domain}")),
            "PhoneNumber": self._phone(),
            "WebsiteUrl": f"https://www.{domain}",
            "PaymentTerm": pick(_TERMS),
            "MailAddress": line,
        }
        return _Party(members, tribe_address)

    def person(self) -> _Party:
        pick = self._random.choice
        name = self._fresh(lambda: f"{pick(_GIVEN_NAMES)} {pick(_FAMILY_NAMES)}")
        first, _, last = name.partition(" ")
        line, tribe_address = self._address()
        members = {
            "IsPerson": True,
            "FirstName": first,
            "LastName": last,
            "EmailAddress": f"{_slug(name)}@privat.example",
            "PhoneNumber": self._phone(),
            "PaymentTerm": pick(_TERMS),
            "MailAddress": line,
        }
        return _Party(members, tribe_address)

    def _fresh(self, draw: Callable[[], str]) -> str:
        name = draw()
        if name in self._names:
            place = self._random.choice(_PLACES)[1]
            name = f"{name} {place}"
        attempt, base = 2, name
        while name in self._names:
            name, attempt = f"{base} {attempt}", attempt + 1
        self._names.add(name)
        return name

    def _organization_number(self) -> str:
        while True:
            stem = f"9{self._random.randrange(10_000_000):07d}"
            number = next(
                (f"{stem}{digit}" for digit in range(10) if orgnr.is_valid(f"{stem}{digit}")), None
            )
            if number and number not in self._numbers:
                self._numbers.add(number)
                return number

    def _phone(self) -> str:
        """Return a number that nobody has: Norwegian subscribers' never begin with 0."""
        return f"+4700{self._random.randrange(1_000_000):06d}"

    def _address(self) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """Return one address as PowerOffice and as Tribe keep it, each shape in turn."""
        self._shape = (self._shape + 1) % 12
        zip_code, city = self._random.choice(_PLACES)
        street = self._random.choice(_STREETS)
        number = self._random.randrange(1, 120)
        place = {"ZipCode": zip_code, "City": city, "CountryCode": "NO"}
        tribe_place = {"Postalcode": zip_code, "City": city, "Country": "NO"}
        numbered = tribe_place | {"Street": street, "HouseNumber": number}
        match self._shape:
            case 1 | 2:
                line = {"AddressLine1": f"{street} {number} B"}
                return place | line, numbered | {"HouseNumberSuffix": "B"}
            case 3 | 4:
                box = f"Postboks {number} Sentrum"
                return place | {"AddressLine1": box}, tribe_place | {"Street": box}
            case 5:
                care = f"c/o {self._random.choice(_GIVEN_NAMES)} Fossvik"
                lines = {"AddressLine1": care, "AddressLine2": f"{street} {number}"}
                return place | lines, numbered | {"Extra": care}
            case 6:
                farm = "Nordre Haugen gård"
                return place | {"AddressLine1": farm}, tribe_place | {"Street": farm}
            case 7:
                return _abroad(number)
            case 8:
                return None, None
            case _:
                return place | {"AddressLine1": f"{street} {number}"}, numbered


def _abroad(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    line = f"Drottninggatan {number}"
    ours = {"AddressLine1": line, "ZipCode": "111 51", "City": "Stockholm", "CountryCode": "SE"}
    theirs = {"Street": "Drottninggatan", "HouseNumber": number, "Country": "SE"}
    return ours, theirs | {"Postalcode": "111 51", "City": "Stockholm"}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().translate(_LETTERS))
