"""Creating, numbering, sharing and deleting customers and suppliers in the imitation."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.poweroffice.peer import ADDRESS, Peer, assert_problem, operation
from tribe_po.sandbox.poweroffice.books import NumberSeries
from tribe_po.sandbox.poweroffice.errors import ProblemError


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def test_create_company(peer: Peer) -> None:
    answer = peer.post(
        "/Customers",
        Name="Fjord Kaffe AS",
        EmailAddress="post@fjordkaffe.example",
        PaymentTerm=14,
        ExternalImportReference="tribe-1",
        MailAddress=ADDRESS,
    )
    assert answer.status_code == 201
    created = answer.json()
    assert created["Number"] == 10_000
    assert created["IsActive"] is True
    assert created["IsPerson"] is False
    assert created["PaymentTerm"] == 14
    assert created["CurrencyCode"] == "NOK"
    assert created["LastChangedDateTimeOffset"] == "2026-09-01T06:00:00.0000000+00:00"
    assert created["MailAddress"]["CountryCode"] == "NO"
    assert "SubLedgerNumberSeriesId" not in created
    assert peer.get(f"/Customers/{created['Id']}").json() == created
    assert peer.tenant.customer(created["Id"]) == created


def test_create_person(peer: Peer) -> None:
    person = peer.post("/Customers", IsPerson=True, FirstName="Kari", LastName="Nordmann").json()
    assert (person["FirstName"], person["Name"]) == ("Kari", "Kari Nordmann")
    peer.tenant.configure(person_names=False)
    assert peer.get(f"/Customers/{person['Id']}").json()["Name"] is None


@pytest.mark.parametrize(
    ("members", "fragment"),
    [
        ({}, "Name is required"),
        ({"Name": " "}, "Name is required"),
        ({"Name": None}, "Name is required"),
        ({"IsPerson": True, "FirstName": "Kari"}, "LastName is required"),
        ({"Name": "A", "EmailAddress": "kari"}, "EmailAddress"),
        ({"Name": "A", "EmailAddress": ""}, "EmailAddress"),
        ({"Name": "A", "InvoiceEmailAddressCC": "a@b.no,c@d.no"}, "InvoiceEmailAddressCC"),
        ({"Name": "A", "name": "A"}, "'name'"),
        ({"Name": "A", "Id": 5}, "'Id'"),
        ({"Name": "A", "IsActive": True}, "'IsActive'"),
        ({"Name": "A", "Number": "10000"}, "'Number'"),
        ({"Name": "A", "IsArchived": "false"}, "'IsArchived'"),
        ({"Name": "A", "CurrencyCode": "KRONER"}, "'CurrencyCode'"),
        ({"Name": "A", "DateOfBirth": "01.02.1990"}, "'DateOfBirth'"),
        ({"Name": "A", "NationalIdNumber": "hidden"}, "'NationalIdNumber'"),
        ({"Name": "A", "ExternalImportReference": "x" * 51}, "ExternalImportReference"),
        ({"Name": "A", "MailAddress": {"City": "Oslo"}}, "ZipCode is required"),
        ({"Name": "A", "MailAddress": {"ZipCode": "0155", "City": ""}}, "City is required"),
        ({"Name": "A", "MailAddress": ADDRESS | {"CountryCode": "Norge"}}, "MailAddress"),
        ({"Name": "A", "MailAddress": ADDRESS | {"city": "Oslo"}}, "MailAddress"),
        ({"Name": "A", "MailAddress": ADDRESS | {"AddressLine1": "x" * 201}}, "AddressLine1"),
        ({"Name": "A", "Number": 20_000}, "outside"),
        ({"Name": "A", "InvoiceDeliveryType": "Telegram"}, "InvoiceDeliveryType"),
        ({"Name": "A", "InvoiceDeliveryType": "AvtaleGiro"}, "cannot be set"),
        ({"Name": "A", "InvoiceDeliveryType": "Efaktura"}, "cannot be set"),
        ({"Name": "A", "InvoiceDeliveryType": "EHF"}, "ELMA"),
        ({"Name": "A", "InvoiceDeliveryType": "PdfByEmail"}, "needs EmailAddress"),
        ({"Name": "A", "Allowance": 101}, "Allowance"),
    ],
)
def test_refused_bodies(peer: Peer, members: dict[str, Any], fragment: str) -> None:
    assert_problem(peer.post("/Customers", **members), 400, fragment)
    assert peer.tenant.customers() == []


@pytest.mark.parametrize(
    ("members", "fragment"),
    [
        ({"PaymentTermId": 99}, "Payment term with id = 99 not found"),
        ({"PaymentTerm": 17}, "days = 17 not found"),
        ({"DepartmentCode": "Avdeling10"}, "Department with code = 'Avdeling10' not found"),
        ({"ContactGroupIds": [1001, 5]}, "id = 5"),
        ({"SubLedgerNumberSeriesId": "529c49e3-618e-40e6-a3b9-5ee82bc698f2"}, "Number series"),
    ],
)
def test_body_that_names_what_does_not_exist(
    peer: Peer, members: dict[str, Any], fragment: str
) -> None:
    assert_problem(peer.post("/Customers", Name="Fjord Kaffe AS", **members), 404, fragment)


def test_payment_term_id_wins(peer: Peer) -> None:
    created = peer.post("/Customers", Name="A", PaymentTerm=17, PaymentTermId=1230).json()
    assert (created["PaymentTerm"], created["PaymentTermId"]) == (30, 1230)


def test_malformed_and_missing_bodies(peer: Peer) -> None:
    json_type = {"Content-Type": "application/json"}
    for body in (b"", b"[]", b"{"):
        answer = peer.ask("POST", "/Customers", data=body, headers=json_type)
        assert_problem(answer, 400, "missing")
    answer = peer.ask("POST", "/Customers", data=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


def test_number_is_the_next_free_one(peer: Peer) -> None:
    peer.tenant.add_customer(Name="A", Number=10_001)
    numbers = [peer.post("/Customers", Name=name).json()["Number"] for name in "BCD"]
    assert numbers == [10_000, 10_002, 10_003]
    assert peer.post("/Suppliers", Name="E").json()["Number"] == 20_000
    taken = peer.post("/Customers", Name="F", Number=10_001)
    assert_problem(taken, 400, "Number is already in use")


def test_number_series_that_is_asked_for(peer: Peer) -> None:
    own = next(s for s in peer.tenant.books.number_series if s.name == "Kunder utland")
    created = peer.post("/Customers", Name="A", SubLedgerNumberSeriesId=own.id).json()
    assert created["Number"] == 30_000
    wrong_kind = peer.post("/Suppliers", Name="A", SubLedgerNumberSeriesId=own.id)
    assert_problem(wrong_kind, 400, "not for Supplier")


def test_exhausted_series(peer: Peer) -> None:
    peer.tenant.books.number_series = (NumberSeries("Få", "Customer", 10_000, 10_001, 1500),)
    codes = [peer.post("/Customers", Name=name).status_code for name in "ABC"]
    assert codes == [201, 201, 400]
    deleted = peer.tenant.customers()[0]["Id"]
    assert peer.ask("DELETE", f"/Customers/{deleted}").status_code == 200
    assert_problem(peer.post("/Customers", Name="D"), 400, "no free number")


@pytest.mark.parametrize("member", ["ExternalImportReference", "ExternalNumber"])
def test_unique_per_class(peer: Peer, member: str) -> None:
    value: Any = "tribe-1" if member == "ExternalImportReference" else 77
    holder = peer.post("/Customers", Name="A", **{member: value}).json()["Id"]
    text = f"{member} is already in use. '{value}' is used on (contact) Id = {holder}."
    assert_problem(peer.post("/Customers", Name="B", **{member: value}), 400, text)
    assert peer.post("/Suppliers", Name="B", **{member: value}).status_code == 201
    other = peer.post("/Customers", Name="B").json()["Id"]
    moved = peer.patch(f"/Customers/{other}", operation("replace", f"/{member}", value))
    assert_problem(moved, 400, text)
    peer.patch(f"/Customers/{holder}", operation("remove", f"/{member}"))
    moved = peer.patch(f"/Customers/{other}", operation("replace", f"/{member}", value))
    assert moved.json()[member] == value


def test_organization_number_is_not_unique(peer: Peer) -> None:
    for _ in range(2):
        answer = peer.post("/Customers", Name="A", OrganizationNumber="923456783")
        assert answer.status_code == 201


def test_address_code_is_unique_over_both_classes(peer: Peer) -> None:
    peer.tenant.add_supplier(Name="A", MailAddress=ADDRESS | {"ExternalCode": "x"})
    answer = peer.post("/Customers", Name="B", MailAddress=ADDRESS | {"ExternalCode": "x"})
    assert_problem(answer, 400, "ExternalCode is already in use")


def test_national_id_is_hidden(peer: Peer) -> None:
    created = peer.post("/Customers", Name="A", NationalIdNumber="15108695088").json()
    assert created["NationalIdNumber"] == "hidden"


def test_ehf_for_a_registered_receiver(peer: Peer) -> None:
    peer.tenant.books.elma.add("923456783")
    created = peer.post(
        "/Customers", Name="A", OrganizationNumber="923456783", InvoiceDeliveryType="EHF"
    )
    assert created.json()["InvoiceDeliveryType"] == "EHF"


def test_second_role_shares_the_contact(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="Fjord Kaffe AS", MailAddress=ADDRESS)
    peer.clock.advance(timedelta(minutes=5))
    assert peer.tenant.add_supplier(contact_id=customer) == customer
    supplier = peer.get(f"/Suppliers/{customer}").json()
    assert (supplier["Name"], supplier["Number"]) == ("Fjord Kaffe AS", 20_000)
    assert supplier["ContactCreatedDateTimeOffset"] < supplier["SupplierCreatedDateTimeOffset"]
    before = peer.tenant.customer(customer)["LastChangedDateTimeOffset"]
    peer.clock.advance(timedelta(minutes=5))
    peer.patch(f"/Suppliers/{customer}", operation("replace", "/Payout", False))
    assert peer.tenant.customer(customer)["LastChangedDateTimeOffset"] == before
    peer.patch(f"/Suppliers/{customer}", operation("replace", "/Name", "Fjord Te AS"))
    assert peer.tenant.customer(customer)["Name"] == "Fjord Te AS"
    assert peer.tenant.customer(customer)["LastChangedDateTimeOffset"] > before


def test_a_change_of_what_both_roles_share_may_move_one_stamp_alone(peer: Peer) -> None:
    peer.tenant.switches.shared_moves_both = False
    contact = peer.tenant.add_customer(Name="Fjord Kaffe AS")
    peer.tenant.add_supplier(contact_id=contact)
    before = peer.tenant.supplier(contact)["LastChangedDateTimeOffset"]
    peer.clock.advance(timedelta(minutes=5))
    peer.patch(f"/Customers/{contact}", operation("replace", "/Name", "Fjord Te AS"))
    assert peer.tenant.customer(contact)["LastChangedDateTimeOffset"] > before
    supplier = peer.tenant.supplier(contact)
    assert (supplier["Name"], supplier["LastChangedDateTimeOffset"]) == ("Fjord Te AS", before)


def test_post_of_a_supplier_makes_a_new_contact(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="A", OrganizationNumber="923456783")
    supplier = peer.post("/Suppliers", Name="A", OrganizationNumber="923456783").json()["Id"]
    assert supplier != customer
    assert_problem(peer.get(f"/Suppliers/{customer}"), 404, f"id = {customer}")


COMPANY: dict[str, Any] = {"Name": "A", "OrganizationNumber": "923456783"}


@pytest.mark.parametrize(
    ("way", "phone"), [("joined", "+4700000002"), ("joined as it is", "+4700000001")]
)
def test_a_supplier_may_join_the_customer_of_its_organisation_number(
    peer: Peer, way: Any, phone: str
) -> None:
    peer.tenant.switches.same_company = way
    customer = peer.tenant.add_customer(**COMPANY, PhoneNumber="+4700000001")
    sent = {**COMPANY, "PhoneNumber": "+4700000002", "EmailAddress": "a@a.example"}
    supplier = peer.post("/Suppliers", **sent)
    assert supplier.status_code == 201
    told = supplier.json()
    assert (told["Id"], told["PhoneNumber"]) == (customer, phone)
    shared = peer.tenant.customer(customer)
    assert (shared["PhoneNumber"], shared["EmailAddress"]) == (phone, "a@a.example")
    others = [peer.post("/Suppliers", **COMPANY), peer.post("/Suppliers", Name="B")]
    assert len({told["Id"], *(one.json()["Id"] for one in others)}) == 3
    assert peer.post("/Customers", **COMPANY).json()["Id"] == others[0].json()["Id"]


def test_an_organisation_number_may_be_refused_where_it_is_in_use(peer: Peer) -> None:
    peer.tenant.switches.same_company = "refused"
    customer = peer.tenant.add_customer(**COMPANY)
    for path in ("/Suppliers", "/Customers"):
        refused = peer.post(path, **COMPANY)
        assert_problem(refused, 400, "OrganizationNumber is already in use.", f"Id = {customer}")
    assert peer.post("/Suppliers", Name="B").status_code == 201
    assert [one["Name"] for one in peer.tenant.suppliers()] == ["B"]


def test_archive_needs_a_zero_balance(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="A")
    peer.tenant.set_balance(customer, 125)
    archive = operation("replace", "/IsArchived", True)
    assert_problem(peer.patch(f"/Customers/{customer}", archive), 400, "balance")
    with pytest.raises(ProblemError):
        peer.tenant.archive(customer)
    peer.tenant.set_balance(customer, 0)
    assert peer.patch(f"/Customers/{customer}", archive).json()["IsArchived"] is True
    assert peer.ids("/Customers") == [customer]


def test_delete(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="A", ExternalImportReference="r")
    peer.tenant.set_balance(customer, 1)
    refused = peer.ask("DELETE", f"/Customers/{customer}")
    assert_problem(refused, 409, f"Customer with id = {customer} is in use")
    assert refused.json()["title"] == "Customer conflict"
    peer.tenant.set_balance(customer, 0)
    peer.tenant.add_supplier(contact_id=customer)
    assert peer.ask("DELETE", f"/Customers/{customer}").status_code == 409
    peer.tenant.edit_supplier(customer, IsActive=False)
    done = peer.ask("DELETE", f"/Customers/{customer}")
    assert (done.status_code, done.content) == (200, b"")
    assert peer.get(f"/Customers/{customer}").status_code == 404
    assert peer.get("/Suppliers").status_code == 204
    assert peer.post("/Customers", Name="B", ExternalImportReference="r").status_code == 201


def test_identifier_that_is_no_number(peer: Peer) -> None:
    assert_problem(peer.get("/Customers/abc"), 400, "abc")


def test_older_environment_lacks_what_came_in_2026(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="A", KeepUpdated=False)
    peer.tenant.configure(edition_2026=False)
    assert "KeepUpdated" not in peer.get(f"/Customers/{customer}").json()
    assert peer.get("/Customers", organizationNumbers="923456783").status_code == 400
    assert_problem(peer.post("/Customers", Name="B", KeepUpdated=False), 400, "KeepUpdated")
    change = operation("replace", "/KeepUpdated", True)
    assert_problem(peer.patch(f"/Customers/{customer}", change), 400, "'KeepUpdated'")


def test_peoples_edits_move_the_same_stamps(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="A")
    created = peer.tenant.customer(customer)
    peer.clock.advance(timedelta(minutes=1))
    peer.tenant.edit_address(customer, **ADDRESS)
    with_address = peer.tenant.customer(customer)
    unmoved = created["LastChangedDateTimeOffset"]
    assert with_address["LastChangedDateTimeOffset"] == unmoved
    assert with_address["MailAddress"]["LastChangedDateTimeOffset"] > unmoved
    peer.tenant.edit_customer(customer, PaymentTerm=30, InvoiceDeliveryType="AvtaleGiro")
    edited = peer.tenant.customer(customer)
    assert edited["LastChangedDateTimeOffset"] > unmoved
    assert (edited["PaymentTerm"], edited["InvoiceDeliveryType"]) == (30, "AvtaleGiro")
    peer.tenant.delete("customer", customer)
    assert peer.tenant.customers() == []


def test_an_edit_that_changes_nothing_moves_no_stamp(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="A", MailAddress=ADDRESS)
    before = peer.tenant.customer(customer)
    peer.clock.advance(timedelta(minutes=1))
    peer.tenant.edit_customer(customer, Name="A", MailAddress=ADDRESS)
    assert peer.tenant.customer(customer) == before


def test_peoples_side_refuses_nonsense(peer: Peer) -> None:
    customer = peer.tenant.add_customer(Name="A")
    with pytest.raises(ProblemError, match="Nmae"):
        peer.tenant.edit_customer(customer, Nmae="B")
    with pytest.raises(ValueError, match="customer already"):
        peer.tenant.add_customer(contact_id=customer, Name="A")
    with pytest.raises(KeyError):
        peer.tenant.archive(1)
