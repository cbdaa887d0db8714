"""What goes wrong in real life: a clear error or a quarantined record, and the rest goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.scenarios.world import World
from tribe_po.errors import ExitCode, GuardRefused, NotAllowed, StateUnreadable, Temporary
from tribe_po.sandbox.faults import DropAfter, DropBefore, Fault, Status
from tribe_po.sync.change import Status as ChangeStatus


def _three_parts(error: pytest.ExceptionInfo[GuardRefused | NotAllowed | StateUnreadable]) -> None:
    for part in (error.value.what, error.value.why, error.value.next_step):
        assert part.strip()


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("POWEROFFICE_CLIENT_KEY", "POWEROFFICE_CLIENT_KEY"),
        ("POWEROFFICE_SUBSCRIPTION_KEY", "POWEROFFICE_SUBSCRIPTION_KEY"),
        ("TRIBECRM_CLIENT_SECRET", "TRIBECRM_CLIENT_SECRET"),
    ],
)
def test_a_wrong_key(w: World, setting: str, named: str) -> None:
    w.overrides[setting] = "wrong-Key-0815"
    with pytest.raises(NotAllowed) as error:
        w.init()
    _three_parts(error)
    assert error.value.exit_code is ExitCode.NOT_ALLOWED
    assert named in error.value.next_step
    assert "wrong-Key-0815" not in str(error.value)


def test_a_missing_privilege_to_write(w: World) -> None:
    w.poweroffice.privileges.discard("Customer_Full")
    w.poweroffice.privileges.add("Customer")
    w.init()
    w.tribe_customer("Ny Kunde AS")
    report = w.push()
    assert report.exit_code is ExitCode.NOT_ALLOWED
    assert report.error is not None
    assert "Customer_Full" in str(report.error)
    assert w.memory().intents == {}, "it surely was not created"
    w.poweroffice.privileges.add("Customer_Full")
    assert w.push().counts["create"] == 1


def test_a_missing_privilege_to_read(w: World) -> None:
    w.poweroffice.privileges -= {"Supplier", "Supplier_Full"}
    with pytest.raises(NotAllowed) as error:
        w.init()
    assert "Supplier" in str(error.value)


def test_the_state_of_other_tenants(w: World) -> None:
    w.company("Fjord Kaffe AS")
    w.init()
    before = w.state.read_bytes()
    with World.strangers(w) as others:
        others.company("Annet Firma AS")
        with pytest.raises(GuardRefused) as error:
            others.init()
        assert others.wrote() == []
    _three_parts(error)
    assert error.value.exit_code is ExitCode.REFUSED
    assert w.state.read_bytes() == before


def test_a_state_file_that_is_not_json(w: World) -> None:
    w.state.write_text("this was a shopping list\n")
    w.state.chmod(0o600)
    with pytest.raises(StateUnreadable) as error:
        w.init()
    _three_parts(error)
    assert error.value.exit_code is ExitCode.STATE_UNREADABLE
    assert w.state.read_text() == "this was a shopping list\n"
    assert w.wrote() == []


def test_a_pass_before_the_first_sync(w: World) -> None:
    w.tribe_customer("Fjord Kaffe AS")
    with pytest.raises(GuardRefused) as error:
        w.push()
    assert "init-sync" in error.value.next_step
    assert w.wrote() == []


def test_an_email_that_poweroffice_refuses(w: World) -> None:
    w.init()
    organization = w.tribe_customer("Feil Epost AS", EmailAddress="feil@")
    w.tribe_customer("Rett Epost AS", EmailAddress="rett@epost.example")

    report = w.push()

    assert report.exit_code is ExitCode.RECORDS_LEFT
    assert [one["Name"] for one in w.poweroffice.customers()] == ["Rett Epost AS"]
    (entry,) = w.memory().quarantine.values()
    assert entry.label == "Feil Epost AS"
    assert "mail" in entry.reason

    w.sandbox.requests.clear()
    w.push(after=timedelta(minutes=1))
    assert w.wrote("poweroffice") == [], "it is not tried again before something changes"

    w.tribe.edit(organization, EmailAddress="rettet@epost.example")
    assert w.push().exit_code is ExitCode.OK
    assert w.customer_in_poweroffice("Feil Epost AS")["EmailAddress"] == "rettet@epost.example"
    assert w.memory().quarantine == {}


def test_a_refused_record_is_tried_again_when_its_time_has_come(w: World) -> None:
    w.init()
    w.tribe_customer("Sen Kunde AS", PaymentTermInDays=37)
    (change,) = w.push().changes
    assert change.status is ChangeStatus.FAILED
    assert "37" in str(change.reason)
    assert "14" in str(change.reason), "the known terms are named"
    w.add_payment_term(37)
    assert w.push().counts["create"] == 1


def test_a_number_series_that_is_used_up(w: World) -> None:
    w.init()
    w.use_up_customer_numbers()
    w.tribe_customer("Ny Kunde AS")
    w.tribe.add_supplier(w.tribe.add_organization(Name="Ny Leverandør AS"))
    report = w.push()
    assert report.exit_code is ExitCode.RECORDS_LEFT
    assert [entry.label for entry in w.memory().quarantine.values()] == ["Ny Kunde AS"]
    assert len(w.poweroffice.suppliers()) == 1


def test_an_address_without_a_city_is_held_back_and_nothing_else(w: World) -> None:
    w.init()
    organization = w.tribe_customer(
        "Uten By AS", EmailAddress="post@uten.example", InvoiceAddress={"Street": "Kaia 1"}
    )
    report = w.push()
    assert report.exit_code is ExitCode.RECORDS_LEFT
    customer = w.customer_in_poweroffice("Uten By AS")
    assert customer["EmailAddress"] == "post@uten.example"
    assert customer["MailAddress"] is None
    (entry,) = w.memory().quarantine.values()
    assert entry.held_fields == ("address",)

    w.pull()
    w.pull(full=True)
    address = w.customer_in_tribe("Uten By AS")["Organization"]["InvoiceAddress"]
    assert address["Street"] == "Kaia 1", "what a person wrote stays"

    w.tribe.edit_address(organization, Postalcode="5003", City="Bergen")
    assert w.push().exit_code is ExitCode.OK
    assert w.customer_in_poweroffice("Uten By AS")["MailAddress"]["City"] == "Bergen"
    assert w.differences() == []


def test_a_network_that_drops_before_the_request_arrives(w: World) -> None:
    w.init()
    w.tribe_customer("Ny Kunde AS")
    w.sandbox.faults.add(Fault("poweroffice", "POST", r"/Customers$", DropBefore()))
    (change,) = w.push().changes
    assert change.status is ChangeStatus.FAILED
    assert w.poweroffice.customers() == []
    assert w.push().counts["create"] == 1
    assert len(w.poweroffice.customers()) == 1


@pytest.mark.parametrize("kind", ["customer", "supplier"])
def test_a_network_that_drops_the_answer_to_a_create_in_poweroffice(w: World, kind: str) -> None:
    w.init()
    organization = w.tribe.add_organization(Name="Ny AS")
    (w.tribe.add_customer if kind == "customer" else w.tribe.add_supplier)(organization)
    w.sandbox.faults.add(Fault("poweroffice", "POST", r"/(Customers|Suppliers)$", DropAfter()))
    (change,) = w.push().changes
    assert change.status is ChangeStatus.DONE, "it was looked up by its mark and adopted"
    assert len(w.poweroffice.customers() + w.poweroffice.suppliers()) == 1
    assert w.differences() == []


def test_a_network_that_drops_the_answer_to_a_create_in_tribe(w: World) -> None:
    w.init()
    w.company("Ny Kunde AS")
    w.sandbox.faults.add(Fault("tribe", "POST", r"_Customer$", DropAfter()))
    w.pull()
    w.pull()
    assert len(w.tribe.customers()) == 1
    assert w.differences() == []


def test_a_server_that_is_down_is_for_the_next_run(w: World) -> None:
    w.company("Fjord Kaffe AS")
    w.init()
    before = replace(w.memory(), runs=[])
    w.sandbox.faults.add(
        Fault(
            "poweroffice", "GET", r"/Customers", Status(503, b"", {"Retry-After": "600"}), times=9
        )
    )
    with pytest.raises(Temporary) as error:
        w.pull()
    assert error.value.exit_code is ExitCode.TEMPORARY
    assert replace(w.memory(), runs=[]) == before


def test_a_server_that_goes_down_half_way_keeps_what_was_done(w: World) -> None:
    w.init()
    for number in range(6):
        w.tribe_customer(f"Kunde {number} AS")
    down = Status(503, b"", {"Retry-After": "600"})
    w.sandbox.faults.add(Fault("poweroffice", "POST", r"/Customers$", down, times=9, skip=3))
    report = w.push()
    assert report.exit_code is ExitCode.TEMPORARY
    assert report.counts["create"] == len(w.poweroffice.customers())
    w.sandbox.faults.clear()
    w.push()
    assert len(w.poweroffice.customers()) == 6
    assert w.differences() == []


def test_one_side_suddenly_empty(w: World) -> None:
    for number in range(3):
        w.company(f"Kunde {number} AS")
    w.init()
    before = replace(w.memory(), runs=[])
    w.sandbox.faults.add(
        Fault("poweroffice", "GET", r"/(Customers|Suppliers)$", Status(204), times=2)
    )
    report = w.pull(full=True)
    assert report.exit_code is ExitCode.REFUSED
    assert "3 are linked" in str(report.error)
    assert replace(w.memory(), runs=[]) == before


def test_a_private_person_whose_number_is_a_companys_in_tribe(w: World) -> None:
    w.poweroffice.add_customer(IsPerson=True, FirstName="Kari", LastName="Nordmann")
    w.tribe_customer("Nordmann AS", DebtorNumber="10000")
    report = w.init()
    assert report.exit_code is ExitCode.RECORDS_LEFT
    assert len(w.tribe.customers()) == 1
