"""The client against the sandbox's PowerOffice, over HTTP."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.poweroffice.samples import STORGATA, creation, edit
from tribe_po.errors import (
    AlreadyExists,
    LostAnswer,
    NotAllowed,
    RecordGone,
    RecordMoved,
    RecordRefused,
)
from tribe_po.poweroffice.client import PowerOffice
from tribe_po.poweroffice.lists import PAGE_SIZE
from tribe_po.records import RELATIONS, Address, Form, Kind, Record
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.faults import DropAfter, Fault, Run, Status
from tribe_po.sandbox.server import Sandbox

ADDRESS = {"AddressLine1": "Storgata 1", "ZipCode": "0155", "City": "Oslo"}


def only(side: PowerOffice, identity: int, kind: Kind = Kind.CUSTOMER) -> Record:
    (record,) = side.get(kind, [str(identity)])
    return record


def test_who_am_i(sandbox: Sandbox, side: PowerOffice) -> None:
    told = side.who_am_i()
    assert told.client_id == sandbox.poweroffice.client_id
    assert told.client_name == "Sandkasse Regnskap AS"
    assert "Customer_Full" in told.valid_privileges


def test_everything_and_then_only_what_changed(
    sandbox: Sandbox, side: PowerOffice, clock: ManualClock
) -> None:
    first = sandbox.poweroffice.add_customer(Name="Fjord Kaffe AS", MailAddress=ADDRESS)
    sandbox.poweroffice.add_supplier(IsPerson=True, FirstName="Kari", LastName="Nordmann")
    everything = side.changed(RELATIONS, None)
    assert everything.cursor == clock.now()
    assert [record.label for record in everything.records] == ["Fjord Kaffe AS", "Kari Nordmann"]
    assert everything.records[0].values["address"] == STORGATA

    clock.advance(timedelta(hours=1))
    idle = side.changed(RELATIONS, everything.cursor)
    assert idle.records == everything.records  # the overlap reaches back to them
    clock.advance(timedelta(hours=1))
    assert side.changed(RELATIONS, idle.cursor).records == ()
    sandbox.poweroffice.edit_customer(first, EmailAddress="post@fjordkaffe.example")
    (changed,) = side.changed(RELATIONS, idle.cursor).records
    assert changed.values["email"] == "post@fjordkaffe.example"


@pytest.mark.parametrize("announced", [True, False])
def test_several_pages(sandbox: Sandbox, side: PowerOffice, announced: bool) -> None:
    sandbox.poweroffice.paginate_header = announced
    for number in range(PAGE_SIZE + 2):
        sandbox.poweroffice.add_supplier(Name=f"Leverandør {number}")
    seen = side.changed([Kind.SUPPLIER], None)
    assert len({record.id for record in seen.records}) == PAGE_SIZE + 2
    assert len(sandbox.requests.all("poweroffice")) == 3


def test_a_record_edited_while_pages_are_read_hides_no_other(
    sandbox: Sandbox, side: PowerOffice, clock: ManualClock
) -> None:
    ids = [
        sandbox.poweroffice.add_supplier(Name=f"Leverandør {number}")
        for number in range(PAGE_SIZE + 2)
    ]

    def somebody_edits() -> None:
        clock.advance(timedelta(seconds=1))
        for identity in (ids[0], ids[-1]):  # one of them is on the page that was read
            sandbox.poweroffice.edit_supplier(identity, PhoneNumber="22000000")

    page_two = Fault("poweroffice", "GET", "/Suppliers", Run(somebody_edits), skip=1)
    sandbox.faults.add(page_two)
    seen = side.changed([Kind.SUPPLIER], None)
    assert sandbox.faults.pending() == []
    assert {int(record.id) for record in seen.records} == set(ids)


def test_a_company_is_created_with_number_and_mark(sandbox: Sandbox, side: PowerOffice) -> None:
    new = creation(
        {
            "name": "Fjord Kaffe AS",
            "organization_number": "923456783",
            "email": "post@fjordkaffe.example",
            "payment_days": 30,
            "address": STORGATA,
        }
    )
    written = side.create(new)
    assert written.record is not None
    assert written.record.values["number"] == "10000"
    (row,) = sandbox.poweroffice.customers()
    assert (row["PaymentTermId"], row["IsPerson"]) == (1230, False)
    assert row["MailAddress"]["City"] == "Oslo"
    (found,) = side.find_by_mark(Kind.CUSTOMER, new.mark)
    assert found == written.record
    assert side.find_by_key(Kind.CUSTOMER, ["10000", "10001"]) == [found]


def test_a_person_is_created(sandbox: Sandbox, side: PowerOffice) -> None:
    new = creation({"first_name": "Kari", "last_name": "Nordmann"}, form=Form.PERSON)
    written = side.create(new)
    assert written.record is not None
    assert written.record.form is Form.PERSON
    assert sandbox.poweroffice.customers()[0]["LastName"] == "Nordmann"


def test_nothing_is_created_twice(sandbox: Sandbox, side: PowerOffice) -> None:
    new = creation({"name": "Leverandør AS"}, Kind.SUPPLIER)
    sandbox.faults.add(Fault("poweroffice", "POST", "/Suppliers", DropAfter()))
    with pytest.raises(LostAnswer):
        side.create(new)
    with pytest.raises(AlreadyExists):
        side.create(new)
    assert len(sandbox.poweroffice.suppliers()) == 1


def test_customers_are_created_one_at_a_time(sandbox: Sandbox, side: PowerOffice) -> None:
    sandbox.latency = 0.02  # PowerOffice's lane is taken until its answer is out
    start = threading.Barrier(4)

    def create(number: int) -> None:
        start.wait()
        new = creation({"name": f"Kunde {number} AS"})
        side.create(type(new)(new.kind, new.form, new.values, f"tribe:{number}"))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(create, range(4)))
    assert len(sandbox.poweroffice.customers()) == 4
    assert 503 not in {request.status for request in sandbox.requests.writes("poweroffice")}


def test_an_update_writes_exactly_the_fields_given(sandbox: Sandbox, side: PowerOffice) -> None:
    identity = sandbox.poweroffice.add_customer(
        Name="Fjord Kaffe AS", PhoneNumber="22000000", MailAddress=ADDRESS
    )
    before = sandbox.poweroffice.customer(identity)
    written = side.update(
        edit(
            {
                "name": "Fjord Kaffe Norge AS",
                "phone": None,
                "payment_days": 10,
                "inactive": True,
                "address": Address("Storgata 2", "", "0155", "Oslo", "NO"),
            },
            dict(only(side, identity).values),
            identity=str(identity),
        )
    )
    assert written.record == only(side, identity)
    after = sandbox.poweroffice.customer(identity)
    differing = {name for name in after if after[name] != before[name]}
    assert differing == {
        "Name",
        "PhoneNumber",
        "PaymentTerm",
        "PaymentTermId",
        "IsArchived",
        "MailAddress",
    }
    assert after["MailAddress"]["AddressLine1"] == "Storgata 2"
    assert len(sandbox.requests.writes("poweroffice")) == 1


def test_a_first_address_is_made(sandbox: Sandbox, side: PowerOffice) -> None:
    identity = sandbox.poweroffice.add_customer(Name="Fjord Kaffe AS")
    written = side.update(edit({"address": STORGATA}, {"address": None}, identity=str(identity)))
    assert written.record is not None
    assert written.record.values["address"] == STORGATA
    assert len(sandbox.requests.writes("poweroffice")) == 1


def test_an_edit_made_meanwhile_is_not_overwritten(sandbox: Sandbox, side: PowerOffice) -> None:
    identity = sandbox.poweroffice.add_customer(Name="Fjord Kaffe AS", PhoneNumber="22000000")
    sandbox.poweroffice.edit_customer(identity, PhoneNumber="22000001")
    stale = edit({"phone": "22000002"}, {"phone": "22000000"}, identity=str(identity))
    with pytest.raises(RecordMoved):
        side.update(stale)
    assert sandbox.poweroffice.customer(identity)["PhoneNumber"] == "22000001"


def test_a_value_that_poweroffice_refuses(sandbox: Sandbox, side: PowerOffice) -> None:
    identity = sandbox.poweroffice.add_customer(Name="Fjord Kaffe AS", EmailAddress="a@x.example")
    bad = edit({"email": "no address"}, {"email": "a@x.example"}, identity=str(identity))
    with pytest.raises(RecordRefused) as caught:
        side.update(bad)
    assert type(caught.value) is RecordRefused
    assert sandbox.poweroffice.customer(identity)["EmailAddress"] == "a@x.example"


def test_a_private_supplier_keeps_first_and_last_name(sandbox: Sandbox, side: PowerOffice) -> None:
    identity = sandbox.poweroffice.add_supplier(
        IsPerson=True, FirstName="Kari", LastName="Nordmann"
    )
    renamed = edit(
        {"name": "Kari Hansen"}, {"name": "Kari Nordmann"}, Kind.SUPPLIER, identity=str(identity)
    )
    written = side.update(renamed)
    assert written.record is not None
    assert written.record.values["name"] == "Kari Hansen"
    row = sandbox.poweroffice.supplier(identity)
    assert (row["FirstName"], row["LastName"]) == ("Kari", "Hansen")


def test_a_deleted_record_is_gone(sandbox: Sandbox, side: PowerOffice) -> None:
    identity = sandbox.poweroffice.add_customer(Name="Fjord Kaffe AS")
    sandbox.poweroffice.delete("customer", identity)
    assert side.get(Kind.CUSTOMER, [str(identity)]) == []
    with pytest.raises(RecordGone):
        side.update(edit({"name": "X AS"}, {"name": "Fjord Kaffe AS"}, identity=str(identity)))


def test_a_missing_privilege(sandbox: Sandbox, side: PowerOffice) -> None:
    sandbox.poweroffice.privileges = {"Customer"}
    assert side.changed([Kind.CUSTOMER], None).records == ()
    with pytest.raises(NotAllowed, match="Customer_Full"):
        side.create(creation({"name": "X AS"}))
    with pytest.raises(NotAllowed, match="privilege Supplier is needed"):
        side.changed([Kind.SUPPLIER], None)


def test_a_route_that_the_gateway_does_not_know(sandbox: Sandbox, side: PowerOffice) -> None:
    identity = sandbox.poweroffice.add_customer(Name="Fjord Kaffe AS")
    lost = Status(404, b'{"statusCode": 404, "message": "Resource not found"}')
    sandbox.faults.add(Fault("poweroffice", "GET", "/Customers", lost))
    with pytest.raises(Exception, match="Resource not found"):
        side.get(Kind.CUSTOMER, [str(identity)])


def test_a_server_that_takes_no_remove_is_written_null_from_then_on(
    sandbox: Sandbox, side: PowerOffice
) -> None:
    sandbox.poweroffice.switches.patch_remove = False
    sandbox.poweroffice.switches.new_address_by_parts = False
    for name in ("Fjord Kaffe AS", "Skog Bygg AS"):
        sandbox.poweroffice.add_customer(Name=name, PhoneNumber="22334455")
    counts = []
    for record in side.changed(RELATIONS, None).records:
        sandbox.requests.clear()
        side.update(
            edit(
                {"phone": None, "address": STORGATA},
                {"phone": "22334455", "address": None},
                identity=record.id,
            )
        )
        counts.append(len(sandbox.requests.writes("poweroffice")))
        after = only(side, int(record.id))
        assert (after.values["phone"], after.values["address"]) == (None, STORGATA)
    assert counts[1] < counts[0]
