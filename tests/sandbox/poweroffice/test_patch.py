"""JSON Patch as the imitation applies it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.poweroffice.peer import ADDRESS, Peer, assert_problem, operation


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def customer(peer: Peer) -> int:
    return peer.tenant.add_customer(
        Name="Fjord Kaffe AS",
        PhoneNumber="+4722000000",
        EmailAddress="post@fjordkaffe.example",
        PaymentTerm=14,
        MailAddress=ADDRESS,
    )


def test_whole_dto_comes_back(peer: Peer, customer: int) -> None:
    peer.clock.advance(timedelta(minutes=1))
    answer = peer.patch(
        f"/Customers/{customer}",
        operation("replace", "/Name", "Fjord Te AS"),
        operation("remove", "/EmailAddress"),
        operation("replace", "/PhoneNumber", None),
        operation("replace", "/PaymentTermId", 1230),
        operation("test", "/Name", "Fjord Te AS"),
    )
    assert answer.status_code == 200
    changed = answer.json()
    assert changed == peer.tenant.customer(customer)
    assert (changed["Name"], changed["EmailAddress"]) == ("Fjord Te AS", None)
    assert (changed["PhoneNumber"], changed["PaymentTerm"]) == (None, 30)
    assert changed["LastChangedDateTimeOffset"] == "2026-09-01T06:01:00.0000000+00:00"


def test_paths_ignore_case(peer: Peer, customer: int) -> None:
    change = operation("replace", "/mailAddress/city", "Bergen")
    assert peer.patch(f"/Customers/{customer}", change).json()["MailAddress"]["City"] == "Bergen"


def test_address_moves_only_its_own_stamp(peer: Peer, customer: int) -> None:
    before = peer.tenant.customer(customer)
    peer.clock.advance(timedelta(minutes=1))
    change = operation("replace", "/MailAddress/AddressLine1", "Storgata 2")
    after = peer.patch(f"/Customers/{customer}", change).json()
    assert after["LastChangedDateTimeOffset"] == before["LastChangedDateTimeOffset"]
    assert (
        after["MailAddress"]["LastChangedDateTimeOffset"]
        > before["MailAddress"]["LastChangedDateTimeOffset"]
    )
    assert after["MailAddress"]["Id"] == before["MailAddress"]["Id"]


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (operation("replace", "/Name2", "x"), "path segment 'Name2' was not found"),
        (operation("replace", "/Id", 1), "path segment 'Id'"),
        (operation("replace", "/PaymentTerm", 30), "path segment 'PaymentTerm'"),
        (operation("replace", "/IsActive", False), "path segment 'IsActive'"),
        (operation("replace", "/MailAddress/Id", 1), "path segment 'Id'"),
        (operation("replace", "/MailAddress/City/x", 1), "path segment 'City'"),
        (operation("replace", "/Name/x", 1), "path segment 'x'"),
        (operation("replace", "", {}), "path segment ''"),
        (operation("replace", "Name", "x"), "malformed"),
        (operation("replace", "/ContactGroupIds/3", 1001), "path segment '3'"),
        (operation("replace", "/Name", 5), "value '5' is invalid"),
        (operation("replace", "/Number", "10001"), "value '10001' is invalid"),
        (operation("replace", "/MailAddress/City", 5), "value '5' is invalid"),
        (operation("replace", "/IsArchived", "true"), "value 'true' is invalid"),
        (operation("replace", "/EmailAddress", "kari"), "value 'kari' is invalid"),
        (operation("replace", "/Name"), "lacks 'value'"),
        (operation("merge", "/Name", "x"), "Invalid"),
        (operation("test", "/Name", "Annen AS"), "not equal"),
        (operation("replace", "/MailAddress", None), "cannot be removed"),
        (operation("remove", "/MailAddress"), "cannot be removed"),
        (operation("remove", "/MailAddress/City"), "City is required"),
        (operation("remove", "/Name"), "Name is required"),
        (operation("replace", "/Number", None), "Number is required"),
        (operation("replace", "/Number", 50_000), "outside"),
        (operation("replace", "/InvoiceDeliveryType", "AvtaleGiro"), "cannot be set"),
    ],
)
def test_refused_operations_change_nothing(
    peer: Peer, customer: int, change: dict[str, Any], fragment: str
) -> None:
    before = peer.tenant.customer(customer)
    first = operation("replace", "/PhoneNumber", "+4799999999")
    assert_problem(peer.patch(f"/Customers/{customer}", first, change), 400, fragment)
    assert peer.tenant.customer(customer) == before


def test_unknown_payment_term_is_404(peer: Peer, customer: int) -> None:
    change = operation("replace", "/PaymentTermId", 99)
    assert_problem(peer.patch(f"/Customers/{customer}", change), 404, "id = 99")


def test_channel_that_the_customer_chose_survives_other_edits(peer: Peer, customer: int) -> None:
    peer.tenant.edit_customer(customer, InvoiceDeliveryType="AvtaleGiro")
    changed = peer.patch(f"/Customers/{customer}", operation("replace", "/Name", "B")).json()
    assert changed["InvoiceDeliveryType"] == "AvtaleGiro"
    echo = operation("replace", "/InvoiceDeliveryType", "AvtaleGiro")
    assert_problem(peer.patch(f"/Customers/{customer}", echo), 400, "cannot be set")


def test_nested_add_makes_the_address(peer: Peer) -> None:
    bare = peer.tenant.add_customer(Name="Uten Adresse AS")
    replace = operation("replace", "/MailAddress/City", "Oslo")
    assert_problem(peer.patch(f"/Customers/{bare}", replace), 400, "path segment 'City'")
    half = operation("add", "/MailAddress/City", "Oslo")
    assert_problem(peer.patch(f"/Customers/{bare}", half), 400, "ZipCode is required")
    zip_code = operation("add", "/MailAddress/ZipCode", "0155")
    address = peer.patch(f"/Customers/{bare}", half, zip_code).json()["MailAddress"]
    assert (address["City"], address["ZipCode"], address["CountryCode"]) == ("Oslo", "0155", "NO")


def test_whole_address_can_be_added(peer: Peer) -> None:
    bare = peer.tenant.add_customer(Name="Uten Adresse AS")
    address = peer.patch(f"/Customers/{bare}", operation("add", "/MailAddress", ADDRESS)).json()
    assert address["MailAddress"]["AddressLine1"] == "Storgata 1"


def test_contact_groups(peer: Peer, customer: int) -> None:
    def groups(*operations: dict[str, Any]) -> object:
        return peer.patch(f"/Customers/{customer}", *operations).json()["ContactGroupIds"]

    assert groups(operation("add", "/ContactGroupIds/-", "1001")) == [1001]
    assert groups(operation("add", "/contactgroupids/-", 1002)) == [1001, 1002]
    assert groups(operation("remove", "/ContactGroupIds/-")) == [1001]
    assert groups(operation("replace", "/ContactGroupIds/0", 1002)) == [1002]
    assert groups(operation("add", "/ContactGroupIds", [1001, 1002])) == [1001, 1002]
    unknown = operation("add", "/ContactGroupIds/-", 5)
    assert_problem(peer.patch(f"/Customers/{customer}", unknown), 404, "id = 5")


def test_copy_and_move(peer: Peer, customer: int) -> None:
    copied = {"op": "copy", "from": "/name", "path": "/LegalName"}
    moved = {"op": "move", "from": "/PhoneNumber", "path": "/WebsiteUrl"}
    changed = peer.patch(f"/Customers/{customer}", copied, moved).json()
    assert changed["LegalName"] == changed["Name"] == "Fjord Kaffe AS"
    assert (changed["WebsiteUrl"], changed["PhoneNumber"]) == ("+4722000000", None)


def test_body_must_be_an_operation_array_of_its_own_type(peer: Peer, customer: int) -> None:
    path = f"/Customers/{customer}"
    assert peer.ask("PATCH", path, json=[operation("remove", "/WebsiteUrl")]).status_code == 415
    headers = {"Content-Type": "application/json-patch+json"}
    for body in (b'{"Name":"B"}', b"[]", b"[1]", b"", b"x"):
        assert peer.ask("PATCH", path, data=body, headers=headers).status_code == 400
    assert peer.patch("/Customers/1", operation("remove", "/WebsiteUrl")).status_code == 404


def test_null_restores_a_default(peer: Peer, customer: int) -> None:
    change = operation("replace", "/SendPaymentReminders", False)
    assert peer.patch(f"/Customers/{customer}", change).json()["SendPaymentReminders"] is False
    change = operation("remove", "/SendPaymentReminders")
    assert peer.patch(f"/Customers/{customer}", change).json()["SendPaymentReminders"] is True
