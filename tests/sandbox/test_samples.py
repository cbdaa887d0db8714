"""The sample data: the same for a seed, and with every case that the demo shows."""

from collections import Counter

import pytest
from stdnum.no import orgnr

from tests.sandbox.poweroffice.peer import START
from tribe_po.sandbox import samples, story
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.samples import Cast, fill
from tribe_po.sandbox.server import Sandbox


def filled(**options: int) -> tuple[Sandbox, Cast]:
    sandbox = Sandbox(ManualClock(START))
    return sandbox, fill(sandbox, **options)


def test_the_usual_cast() -> None:
    sandbox, _ = filled()
    customers, suppliers = sandbox.poweroffice.customers(), sandbox.poweroffice.suppliers()
    assert (len(customers), len(suppliers)) == (140, 60)
    assert sum(row["IsPerson"] for row in customers) == 20
    assert sum(row["IsArchived"] for row in customers) == 4
    assert {row["PaymentTerm"] for row in customers} == {10, 14, 30}
    assert len({row["Id"] for row in customers} & {row["Id"] for row in suppliers}) == 6
    numbers = [row["OrganizationNumber"] for row in customers if not row["IsPerson"]]
    assert all(orgnr.is_valid(number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    lines = {(row["MailAddress"] or {}).get("AddressLine1", "") for row in customers}
    for shape in (" B", "Postboks", "c/o ", "Drottninggatan", "gård"):
        assert any(shape in line for line in lines), shape
    assert any(row["MailAddress"] is None for row in customers)


def test_special_cases_in_tribe() -> None:
    sandbox, cast = filled()
    debtors = Counter(row["DebtorNumber"] for row in sandbox.tribe.organizations())
    assert debtors[cast.ambiguous] == 2
    assert debtors[cast.lead] == 1
    customer_numbers = {
        row["Organization" if "Organization" in row else "Person"]["DebtorNumber"]
        for row in sandbox.tribe.customers()
    }
    supplier_numbers = {row["Organization"]["CreditorNumber"] for row in sandbox.tribe.suppliers()}
    assert cast.ambiguous in customer_numbers
    assert cast.lead not in customer_numbers
    assert cast.without_role not in supplier_numbers
    assert None in customer_numbers
    held = {str(row["Number"]) for row in sandbox.poweroffice.customers()}
    assert customer_numbers - {None} < held


def test_same_seed_same_data() -> None:
    first, second, other = filled(seed=3), filled(seed=3), filled(seed=4)
    assert first[0].poweroffice.customers() == second[0].poweroffice.customers()
    assert first[0].tribe.customers() == second[0].tribe.customers()
    assert first[0].poweroffice.customers() != other[0].poweroffice.customers()


@pytest.mark.parametrize(("customers", "suppliers"), [(0, 0), (1, 1), (4, 30)])
def test_small_and_lopsided(customers: int, suppliers: int) -> None:
    sandbox, _ = filled(customers=customers, suppliers=suppliers)
    assert len(sandbox.poweroffice.customers()) == customers
    assert len(sandbox.poweroffice.suppliers()) == suppliers


def test_more_than_a_number_series_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "_WHOLE_SERIES", 3)
    sandbox, _ = filled(customers=4, suppliers=0)
    assert sandbox.poweroffice.customers()[-1]["Number"] == 1_000_003


def test_a_catalogue_with_every_rate() -> None:
    sandbox, _ = filled(customers=1, suppliers=1)
    products = sandbox.poweroffice.products()
    assert {row["Code"] for row in products if row["IsArchived"]} == {"GAMMEL"}
    assert None in {row["Code"] for row in products}
    codes = {"TIME", "REISE", "KAFFE", "BOK"}
    assert codes <= {row["Code"] for row in products}
    customer = sandbox.poweroffice.customers()[0]["Id"]
    lines = [{"ProductCode": code, "Quantity": 1} for code in sorted(codes)]
    sandbox.poweroffice.add_order(CustomerId=customer, SalesOrderLines=lines)
    (order,) = sandbox.poweroffice.orders()
    rates = {line["VatRate"] for line in order["SalesOrderLines"]}
    assert rates == {0.25, 0.15, 0.12, 0.0}


def test_invoices_are_sent_and_those_that_were_booked_are_paid() -> None:
    sandbox, cast = filled(customers=40, suppliers=12)
    for code in ("TIME", "BOK", "KOPP"):
        sandbox.tribe.add_product(Name=code, Code=code)
    sent = story.send_invoices(sandbox, cast)
    rows = {row["ID"]: row for row in sandbox.tribe.invoices()}
    assert set(rows) == set(sent)
    assert {row["Phase"]["Code"] for row in rows.values()} == {"Sent"}
    assert sum(row["TotalIncludingVat"] < 0 for row in rows.values()) == 1
    lines = [line for row in rows.values() for line in row["ProductLines"]]
    assert any(line["Price"] is None for line in lines)
    assert any(line["Price"] is not None and line["Product"] is None for line in lines)
    assert any(line["DiscountPercentage"] for line in lines)
    assert story.pay_invoices(sandbox) == []
