"""The main story: two offices meet, work, and make new records while answers get lost and passes
die."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.dialects import selling, sight
from tests.dialects.wireless import Killed, Unserved
from tests.scenarios.world import OSLO, World
from tribe_po.errors import ExitCode, ModuleMissing
from tribe_po.passes.run import Report
from tribe_po.sandbox.faults import DropAfter, Fault, Run
from tribe_po.sandbox.requests_log import System

ACCOUNTS = "25=3000,15=3010,12=3020,0=3100"

KAFFE = "Fjord Kaffe AS"
BYGG = "Skog Bygg AS"
REDERI = "Havn Rederi AS"
RENAMED = "Havn Rederi Norge AS"
KARI = ("Kari Anne", "Nordmann")
PAPIR = "Papir og Penn AS"
ARCHIVED = "Gammel Kunde AS"
FROM_TRIBE = "Ny Kunde AS"
SUPPLIER_FROM_TRIBE = "Ny Vare AS"
BOTH_ROLES = "Begge Deler AS"
FROM_POWEROFFICE = "Nytt Firma AS"

_HAVNEGATA = {"Street": "Havnegata", "HouseNumber": 3, "Postalcode": "5003", "City": "Bergen"}
_MOST_ROUNDS = 3
"""After the one in which answers got lost: one looks for the records, one makes those that a server
had been too busy for, one gives them their numbers."""

_LOST: tuple[tuple[System, str], ...] = (
    ("poweroffice", r"/Customers$"),
    ("tribe", r"/Product$"),
    ("poweroffice", r"/createAndSendInvoice$"),
)
"""Of what is created by these requests the answer gets lost."""

_KILLS = (
    r"POST .*/Products$",
    r"POST .*_Customer$",
    r"POST .*/SalesOrders/Complete$",
)
"""The pass that creates by these requests dies as soon as that is done."""

_FREE = ("Product", "SalesOrders", "createAndSend")
"""Where no product or no invoice can be created, no answer to that gets lost."""


def play(w: World) -> None:
    """Play the story to its end. A pass may leave records to people, and nothing worse."""
    selling.open_shop(w)
    move_in(w)
    _made(w.init)
    _made(w.push)
    w.later()
    work_a_day(w)
    with_new_records(w)
    selling.sell(w, w.customer_in_tribe(KAFFE)["ID"], w.customer_in_tribe(REDERI)["ID"])
    for system, path in _LOST:
        w.sandbox.faults.add(Fault(system, "POST", path, DropAfter()))
    sandbox = _unserved(w)
    sandbox.kills.extend(_KILLS)
    _round(w, full=True)
    selling.pay(w)
    w.tribe.edit(_organization(w, BOTH_ROLES)["ID"], PhoneNumber="+47 00 11 22 33")
    for _ in range(_MOST_ROUNDS):
        w.sandbox.requests.clear()
        _round(w)
        selling.pay(w)
        if not (_accepted(w) or w.memory().intents):
            break
    missed = [*(one.path_pattern for one in w.sandbox.faults.pending()), *sandbox.kills]
    assert [one for one in missed if not any(free in one for free in _FREE)] == []
    w.sandbox.faults.clear()
    sandbox.kills.clear()


def _unserved(w: World) -> Unserved:
    assert isinstance(w.sandbox, Unserved)
    return w.sandbox


def move_in(w: World) -> None:
    """What both offices have before the first sync."""
    kaffe = w.company(
        KAFFE,
        EmailAddress="post@fjord.example",
        PhoneNumber="+4700123456",
        WebsiteUrl="https://fjord.example",
        InvoiceEmailAddress="faktura@fjord.example",
        OrganizationNumber="923609016",
        PaymentTerm=14,
        MailAddress=OSLO,
    )
    w.poweroffice.add_supplier(contact_id=kaffe)
    w.company(BYGG, EmailAddress="post@skog.example", PaymentTerm=14)
    w.company(REDERI, EmailAddress="post@havn.example", PaymentTerm=14)
    first, last = KARI
    w.poweroffice.add_customer(
        IsPerson=True, FirstName=first, LastName=last, MailAddress=OSLO, PaymentTerm=14
    )
    w.poweroffice.add_supplier(Name=PAPIR)
    w.poweroffice.archive(w.company(ARCHIVED))
    w.tribe_customer(BYGG, DebtorNumber="0010001", PhoneNumber="+47 00 44 55 66")
    w.tribe.add_lead(w.tribe.add_organization(Name=REDERI, DebtorNumber="10002"))
    w.tribe.add_product_group("Standard")
    w.poweroffice.add_product(Code="KOPP", Name="Kopp", UnitOfMeasureCode="EA", UnitPrice=100)
    w.poweroffice.add_product(Code="BOK", Name="Bok", UnitOfMeasureCode="EA", UnitPrice=349.5)
    w.tribe.add_product(Name="Bok", Code="BOK", ProductGroup="Standard", SalesPrice=349.5)


def work_a_day(w: World) -> None:
    """Edits of linked records on both sides, some of the same record."""
    kaffe, papir = _organization(w, KAFFE), _organization(w, PAPIR)
    w.tribe.edit(kaffe["ID"], PhoneNumber="+47 00 99 88 77", Website=None)
    _move(w, kaffe)
    w.tribe.edit(papir["ID"], InvoiceAddress=_HAVNEGATA, EmailAddress="post@papir.example")
    w.tribe.edit(w.customer_in_tribe(BYGG)["ID"], IsFormer=True)
    w.tribe.edit(_product(w, "BOK")["ID"], SalesPrice=299)
    w.poweroffice.edit_customer(
        _contact(w, Name=KAFFE), EmailAddress="ny@fjord.example", PaymentTerm=30
    )
    w.poweroffice.edit_customer(
        _contact(w, Name=REDERI), Name=RENAMED, OrganizationNumber="974760673"
    )
    kari = _contact(w, LastName=KARI[1])
    w.poweroffice.edit_address(kari, AddressLine1="Nygata 7 C")
    w.poweroffice.archive(kari)
    (book,) = [one for one in w.poweroffice.products() if one["Code"] == "BOK"]
    w.poweroffice.edit_product(book["Id"], Name="Håndbok", Description="Innbundet")


def _move(w: World, organization: dict[str, Any]) -> None:
    """A person in Tribe writes another street, and the rest of the address where there is none."""
    shown = sight.address_of(organization)
    if shown:
        w.tribe.edit(shown["ID"], Street="Havnegata")
        return
    whole = {**_HAVNEGATA, "HouseNumber": 12, "HouseNumberSuffix": "B"}
    w.tribe.edit(organization["ID"], InvoiceAddress={**whole, "Postalcode": "0155", "City": "Oslo"})


def with_new_records(w: World) -> None:
    """New records on both sides."""
    w.tribe_customer(FROM_TRIBE, DebtorNumber="77", PaymentTermInDays=14, InvoiceAddress=_HAVNEGATA)
    organization = w.tribe.add_organization(Name=SUPPLIER_FROM_TRIBE)
    w.tribe.add_supplier(organization)
    both = w.tribe_customer(
        BOTH_ROLES, ChamberOfCommerceNumber="923456783", EmailAddress="post@begge.example"
    )
    w.tribe.add_supplier(both)
    twin = {"Name": SUPPLIER_FROM_TRIBE, "ExternalImportReference": f"tribe:{organization}"}
    _just_before(w, r"/Suppliers$", lambda: w.poweroffice.add_supplier(**twin))
    w.tribe.add_product(Name="Krus", Code="KRUS", ProductGroup="Standard", SalesPrice=99)
    w.company(FROM_POWEROFFICE, MailAddress=OSLO, PaymentTerm=10, PhoneNumber="+4700777777")
    w.poweroffice.add_product(Code="SKAL", Name="Skål", UnitOfMeasureCode="EA", UnitPrice=80)


def _just_before(w: World, path: str, action: Callable[[], object]) -> None:
    """Let an earlier attempt, of which nobody knows, have come through before the next one."""
    w.sandbox.faults.add(Fault("poweroffice", "POST", path, Run(action)))


def _round(w: World, *, full: bool = False) -> None:
    _made(w.push)
    _made(w.pull, full=full)
    _made(w.push_products)
    _made(w.pull_products, full=full)
    _made(w.invoice, full=full)
    _made(w.pull_payments, full=full)


def _made(run: Callable[..., Report], **options: Any) -> None:
    try:
        report = run(**options)
    except (Killed, ModuleMissing):
        return
    assert report.exit_code in (ExitCode.OK, ExitCode.RECORDS_LEFT), report.error


def written_in_one_more_round(w: World) -> list[str]:
    """What one more round of every pass, the first sync included, writes with success."""
    w.sandbox.requests.clear()
    _round(w, full=True)
    _made(w.init)
    return _accepted(w)


def _accepted(w: World) -> list[str]:
    """The writes since the log was cleared that a server has accepted."""
    return [
        f"{one.method} {one.path} {one.body.decode()}"
        for one in w.sandbox.requests.writes()
        if one.status < 400
    ]


def differences(w: World) -> set[str]:
    """In what the two screens differ."""
    there = sight.poweroffice(w)
    seen = sight.tribe(w).differences(there) - {f"customer {ARCHIVED}: only there"}
    return seen.union(selling.amiss(w))


WORK: Mapping[str, Mapping[str, object]] = {
    f"customer {KAFFE}": {
        "PhoneNumber": "+47 00 99 88 77",
        "Website": "",
        "address": "Havnegata 12 B 0155 Oslo",
        "EmailAddress": "ny@fjord.example",
        "payment days": 30,
    },
    f"customer {BYGG}": {"inactive": True, "PhoneNumber": "+47 00 44 55 66"},
    f"customer {RENAMED}": {"ChamberOfCommerceNumber": "974760673"},
    f"customer {' '.join(KARI)}": {"inactive": True, "address": "Nygata 7 C 0155 Oslo"},
    f"supplier {PAPIR}": {
        "address": "Havnegata 3 5003 Bergen",
        "EmailAddress": "post@papir.example",
    },
    "product Håndbok": {"SalesPrice": 299.0, "Description": "Innbundet"},
    f"customer {FROM_TRIBE}": {"payment days": 14, "address": "Havnegata 3 5003 Bergen"},
    f"supplier {SUPPLIER_FROM_TRIBE}": {},
    **{
        f"{kind} {BOTH_ROLES}": {
            "PhoneNumber": "+47 00 11 22 33",
            "EmailAddress": "post@begge.example",
            "ChamberOfCommerceNumber": "923456783",
        }
        for kind in ("customer", "supplier")
    },
    f"customer {FROM_POWEROFFICE}": {"payment days": 10, "PhoneNumber": "+4700777777"},
    "product Krus": {"Code": "KRUS"},
    "product Skål": {"Code": "SKAL"},
}
"""What people meant, whichever side they wrote it on."""


def undone(w: World) -> set[str]:
    """What people wrote and is on neither screen now, as "kind name: field"."""
    screens = (sight.tribe(w).records, sight.poweroffice(w).records)
    return {
        f"{title}: {name}"
        for title, meant in WORK.items()
        for name, value in meant.items()
        if all(screen.get(title, {}).get(name) != value for screen in screens)
    }


def undone_where_written(w: World) -> set[str]:
    """What a side no longer shows of what was written there."""
    there = sight.poweroffice(w).records[f"customer {' '.join(KARI)}"]
    here = sight.tribe(w).records[f"customer {BYGG}"]
    found = {"Kari's archiving in PowerOffice": there, "Skog Bygg's ending in Tribe": here}
    return {name for name, fields in found.items() if fields["inactive"] is not True}


def twice(w: World) -> tuple[str, ...]:
    """What is there more than once, on either side."""
    return sight.tribe(w).twice + sight.poweroffice(w).twice


def _organization(w: World, name: str) -> dict[str, Any]:
    found = [one for one in w.tribe.organizations() if one["Name"] == name]
    assert len(found) == 1, f"{len(found)} organisations in Tribe are called {name}"
    row: dict[str, Any] = found[0]
    return row


def _contact(w: World, **wanted: str) -> int:
    ((name, value),) = wanted.items()
    (row,) = [one for one in w.poweroffice.customers() if one[name] == value]
    return int(row["Id"])


def _product(w: World, code: str) -> dict[str, Any]:
    (row,) = [one for one in w.tribe.products() if one["Code"] == code]
    found: dict[str, Any] = row
    return found
