"""`check`: what is right, what is wrong, and that looking changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from tests.scenarios.office import Office
from tests.scenarios.world import World
from tribe_po.errors import ExitCode
from tribe_po.passes import check as package
from tribe_po.passes.check import CheckReport, Finding, Level, Topic
from tribe_po.poweroffice.client import PowerOffice
from tribe_po.records import System
from tribe_po.sandbox.faults import Fault, Status
from tribe_po.state.lock import lock
from tribe_po.transport.pace import Unpaced
from tribe_po.tribe.metadata import ROOT

SUPPLIERS = "Relationship_Organization_Supplier"
ACCOUNTS = "TRIBE_PO_SALES_ACCOUNTS"
ALL_ACCOUNTS = "25=3000,15=3010,12=3020,0=3100"
GROUP = "TRIBE_PO_PRODUCT_GROUP"
RELATIONS_ALONE = {"TRIBE_PO_KINDS": "customers,suppliers"}
OF_PRODUCTS = {Topic.UNITS, Topic.ACCOUNTS, Topic.GROUP}
LONG_DOWN = Status(503, headers={"Retry-After": "500"})
"""So long a pause that nobody waits for it."""


def check(w: World, now: Callable[[], datetime] | None = None) -> CheckReport:
    return package.check(w.environment, now=now or w.clock.now, pace=Unpaced())


def about(report: CheckReport, topic: Topic, level: Level | None = None) -> list[Finding]:
    return [one for one in report.findings if one.topic is topic and level in (None, one.level)]


def texts(report: CheckReport, topic: Topic, level: Level | None = None) -> str:
    return "\n".join(one.text for one in about(report, topic, level))


def trouble(report: CheckReport) -> list[Finding]:
    return [one for one in report.findings if one.level is not Level.OK]


def answer(
    w: World, path: str, body: object, system: Literal["poweroffice", "tribe"] = "tribe"
) -> None:
    """Let a server give this answer to every GET of a path."""
    text = body if isinstance(body, str) else json.dumps(body)
    w.sandbox.faults.add(Fault(system, "GET", path, Status(200, text), times=99))


def metadata(w: World) -> str:
    with w.session(dry_run=True) as session:
        return session.connections[System.TRIBE].get(f"{ROOT}/$metadata").text


def without(document: str, entity_type: str, name: str) -> str:
    """Tribe's metadata without one property of one type."""
    start = document.index(f'<EntityType Name="{entity_type}"')
    head, tail = document[:start], document[start:]
    return head + re.sub(rf'<Property Name="{name}"[^>]*/>', "", tail, count=1)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_is_well(linked: World) -> None:
    linked.overrides[ACCOUNTS] = ALL_ACCOUNTS
    report = check(linked)
    assert trouble(report) == []
    assert report.exit_code is ExitCode.OK
    assert [*dict.fromkeys(one.topic for one in report.findings)] == [
        step.topic for step in package.STEPS
    ]
    assert "Sandkasse Regnskap AS" in texts(report, Topic.CLIENT)
    assert "Fjordvik Handel AS" in texts(report, Topic.OWN)
    assert "10000-19999 Kunder (default), 30000-30999" in texts(report, Topic.SERIES)
    assert texts(report, Topic.TERMS) == "days: 10, 14 (default), 30"
    assert {*texts(report, Topic.UNITS).split(", ")} == {"pcs = EA", "hr = HUR"}
    assert (
        texts(report, Topic.ACCOUNTS) == "25 %: 3000 (default), 15 %: 3010, 12 %: 3020, 0 %: 3100"
    )
    assert "is not set" in texts(report, Topic.GROUP)
    assert "links of 1 customer" in texts(report, Topic.STATE)
    assert "of the two tenants that the keys open" in texts(report, Topic.STATE)


def test_it_writes_nothing(linked: World) -> None:
    before = contents(linked.folder)
    with lock(linked.state):
        during = contents(linked.folder)
        check(linked)
        assert contents(linked.folder) == during
    assert before.keys() == during.keys()
    assert linked.wrote() == []


def test_before_the_first_sync_there_is_no_file_and_none_is_made(w: World) -> None:
    report = check(w)
    (found,) = about(report, Topic.STATE)
    assert found.level is Level.OK
    assert "none yet" in found.text
    assert "init-sync --dry-run" in found.next_step
    assert list(w.folder.iterdir()) == []


def test_every_row_of_the_field_table_has_its_names(w: World) -> None:
    shown = texts(check(w), Topic.FIELDS)
    assert "debtor number: DebtorNumber in Tribe, Number in PowerOffice" in shown
    assert "creditor number: CreditorNumber in Tribe" in shown
    assert "(company); Address (person) in Tribe" in shown
    assert "PaymentTerm (written as PaymentTermId)" in shown
    assert "name: Name in Tribe" in shown
    assert "name (product): Name in Tribe, Name in PowerOffice" in shown
    assert "price without VAT (product): SalesPrice in Tribe, UnitPrice in PowerOffice" in shown
    assert "VAT per cent (product): VatGroup in Tribe, StandardSalesAccountId in" in shown
    assert "no record to compare with" in shown
    w.overrides["TRIBE_PO_KINDS"] = "suppliers"
    shown = texts(check(w), Topic.FIELDS)
    assert "creditor number" in shown
    assert "debtor number" not in shown
    assert "first name" not in shown
    assert "(product)" not in shown
    w.overrides["TRIBE_PO_KINDS"] = "products"
    shown = texts(check(w), Topic.FIELDS)
    assert "code (product): Code in Tribe, Code in PowerOffice" in shown
    assert "organisation number" not in shown


@pytest.mark.parametrize(
    ("setting", "refused", "asked"),
    [
        ("POWEROFFICE_CLIENT_KEY", Topic.POWEROFFICE_KEYS, Topic.OWN),
        ("POWEROFFICE_SUBSCRIPTION_KEY", Topic.POWEROFFICE_KEYS, Topic.TRIBE_SETS),
        ("TRIBECRM_CLIENT_SECRET", Topic.TRIBE_KEYS, Topic.PRIVILEGES),
    ],
)
def test_with_one_key_refused_the_other_side_is_still_asked(
    w: World, setting: str, refused: Topic, asked: Topic
) -> None:
    w.overrides[setting] = "wrong-key-4711"
    report = check(w)
    assert report.exit_code is ExitCode.NOT_ALLOWED
    (error,) = [one for one in report.findings if one.level is Level.ERROR]
    assert error.topic is refused
    assert setting in error.next_step
    assert about(report, asked, Level.OK)
    skipped = Topic.CLIENT if refused is Topic.POWEROFFICE_KEYS else Topic.FIELDS
    (instead,) = about(report, skipped)
    assert instead.text.startswith("Not asked")
    assert "wrong-key-4711" not in repr(report)


def test_all_keys_refused_is_a_line_for_each_side(w: World) -> None:
    w.overrides |= {"POWEROFFICE_APP_KEY": "wrong", "TRIBECRM_CLIENT_SECRET": "wrong"}
    report = check(w)
    errors = [one.topic for one in report.findings if one.level is Level.ERROR]
    assert errors == [Topic.POWEROFFICE_KEYS, Topic.TRIBE_KEYS]
    assert about(report, Topic.CONNECTOR, Level.OK)
    assert texts(report, Topic.BUDGET).startswith("9 requests a second")


def test_a_server_that_is_down_is_no_matter_of_keys(w: World) -> None:
    w.sandbox.faults.add(Fault("poweroffice", None, "", LONG_DOWN, times=99))
    report = check(w)
    assert report.exit_code is ExitCode.TEMPORARY
    assert about(report, Topic.OWN, Level.OK)


def test_missing_privileges_are_grouped_by_command(w: World) -> None:
    w.poweroffice.privileges = {"Customer", "Supplier_Full", "CommonServices"}
    report = check(w)
    errors = about(report, Topic.PRIVILEGES, Level.ERROR)
    assert [one.text.partition("\n")[0] for one in errors] == [
        "init-sync lacks Product",
        "push-relations lacks Customer_Full",
        "push-products lacks Product_Full",
        "pull-products lacks Product",
        "invoice lacks SalesOrders_Full, OutgoingInvoice",
        "pull-payments lacks OutgoingInvoice, CustomerLedger",
    ]
    assert all("not granted" in one.text for one in errors)
    assert all("Extensions" in one.next_step for one in errors)
    assert texts(report, Topic.POWEROFFICE_LISTS) == "Customers, Suppliers: can be read"
    assert report.exit_code is ExitCode.NOT_ALLOWED


def test_a_privilege_without_its_module_is_explained(w: World) -> None:
    w.overrides |= RELATIONS_ALONE
    w.poweroffice.privileges = {"Customer_Full", "CommonServices"}
    w.poweroffice.invalid_privileges = {"Supplier_Full", "TimeTracking_Full"}
    report = check(w)
    errors = about(report, Topic.PRIVILEGES, Level.ERROR)
    assert [one.text.partition("\n")[0] for one in errors] == [
        "init-sync lacks Supplier",
        "push-relations lacks Supplier_Full",
        "pull-relations lacks Supplier",
    ]
    assert all("no Go module for Supplier" in one.text for one in errors)
    assert all("Accounting" in one.text for one in errors)
    assert "not needed: TimeTracking_Full" in texts(report, Topic.PRIVILEGES, Level.OK)
    assert texts(report, Topic.POWEROFFICE_LISTS) == "Customers: can be read"
    assert "pull-relations" not in texts(report, Topic.BUDGET)


def test_without_its_privileges_the_vat_of_products_is_left_alone(w: World) -> None:
    w.poweroffice.privileges -= {"GeneralLedgerAccount"}
    report = check(w)
    (found,) = about(report, Topic.PRIVILEGES, Level.WARNING)
    assert found.text.startswith(
        "the VAT of products cannot be told without GeneralLedgerAccount\n"
    )
    assert "left alone" in found.text
    assert "Extensions" in found.next_step
    (accounts,) = about(report, Topic.ACCOUNTS)
    assert (accounts.level, "GeneralLedgerAccount" in accounts.text) == (Level.WARNING, True)
    assert not [one for one in w.sandbox.requests.all("poweroffice") if one.status == 403]
    assert report.exit_code is ExitCode.OK


def test_a_module_for_the_vat_of_products_is_not_called_needless(w: World) -> None:
    w.poweroffice.privileges -= {"GeneralLedgerAccount"}
    w.poweroffice.invalid_privileges = {"GeneralLedgerAccount", "TimeTracking_Full"}
    report = check(w)
    (found,) = about(report, Topic.PRIVILEGES, Level.WARNING)
    assert "no Go module for GeneralLedgerAccount" in found.text
    needless = texts(report, Topic.PRIVILEGES, Level.OK).partition("not needed: ")[2]
    assert needless == "TimeTracking_Full"


def test_where_products_are_not_synchronised_nothing_about_them_is_asked(w: World) -> None:
    w.overrides |= RELATIONS_ALONE | {ACCOUNTS: "25=9999", GROUP: "Nowhere"}
    w.poweroffice.privileges = {"Customer_Full", "Supplier_Full", "CommonServices"}
    report = check(w)
    assert trouble(report) == []
    assert OF_PRODUCTS.isdisjoint({one.topic for one in report.findings})
    told = [one.text for one in report.findings if one.topic is not Topic.STATE]  # names a file
    assert not re.search("product", " ".join(told), re.IGNORECASE)
    asked = " ".join(one.path for one in w.sandbox.requests.all())
    assert not re.search("Product|Unit|Vat|Account|InvoiceSettings", asked)


def test_a_side_that_is_down_is_not_blamed_on_products_that_are_not_synchronised(w: World) -> None:
    w.overrides |= RELATIONS_ALONE | {"TRIBECRM_CLIENT_SECRET": "wrong"}
    assert OF_PRODUCTS.isdisjoint({one.topic for one in check(w).findings})


def test_products_alone(w: World) -> None:
    w.overrides |= {"TRIBE_PO_KINDS": "products", ACCOUNTS: ALL_ACCOUNTS}
    w.poweroffice.privileges = {"Product_Full", "CommonServices", "GeneralLedgerAccount"}
    report = check(w)
    assert trouble(report) == []
    assert {Topic.SERIES, Topic.TERMS}.isdisjoint({one.topic for one in report.findings})
    assert texts(report, Topic.POWEROFFICE_LISTS) == "Products: can be read"
    assert texts(report, Topic.TRIBE_SETS) == "Product: can be read"
    assert re.findall(r"\S+ without news", texts(report, Topic.BUDGET)) == [
        "push-products without news",
        "pull-products without news",
    ]


def test_only_what_is_synchronised_needs_privileges(w: World) -> None:
    w.poweroffice.privileges = {"Supplier_Full"}
    w.overrides["TRIBE_PO_KINDS"] = "suppliers"
    report = check(w)
    assert report.exit_code is ExitCode.OK
    assert about(report, Topic.TERMS) == []
    (series,) = about(report, Topic.SERIES)
    assert (series.level, "CommonServices" in series.text) == (Level.WARNING, True)


def test_without_any_privilege_no_list_is_asked_for(w: World) -> None:
    w.poweroffice.privileges = set()
    report = check(w)
    assert texts(report, Topic.POWEROFFICE_LISTS).startswith("Not asked")
    assert not [one for one in w.sandbox.requests.all("poweroffice") if one.status == 403]


def identities(*own: str) -> dict[str, object]:
    rows = [{"ID": f"row-{one}", "Name": f"{one} AS", "Relation": {"ID": one}} for one in own]
    return {"value": rows}


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        (identities(), ExitCode.NOT_ALLOWED, "no record"),
        (identities("one", "two"), ExitCode.SETTINGS, "one (one AS), two (two AS)"),
    ],
)
def test_none_or_several_own_organisations(
    w: World, rows: object, code: ExitCode, words: str
) -> None:
    answer(w, "_Identity$", rows)
    report = check(w)
    assert report.exit_code is code
    assert words in texts(report, Topic.OWN, Level.ERROR)
    assert about(report, Topic.TRIBE_SETS, Level.OK)
    assert "to Tribe" not in texts(report, Topic.BUDGET)


def test_one_of_several_own_organisations_is_chosen(w: World) -> None:
    w.overrides["TRIBECRM_ORGANIZATION_ID"] = "TWO"
    rows = identities("one", "two")["value"]
    assert isinstance(rows, list)
    answer(w, "_Identity$", {"value": rows})
    assert texts(check(w), Topic.OWN) == "two AS (two), one of 2"


def test_an_organization_id_that_is_not_the_only_one_there_is(w: World) -> None:
    w.overrides["TRIBECRM_ORGANIZATION_ID"] = "another"
    (found,) = about(check(w), Topic.OWN, Level.WARNING)
    assert "TRIBECRM_ORGANIZATION_ID" in found.text


def test_a_property_that_tribe_lacks(w: World) -> None:
    answer(w, "metadata$", without(metadata(w), "Relation_Organization", "FinancialEmailAddress"))
    report = check(w)
    (found,) = about(report, Topic.FIELDS, Level.WARNING)
    assert found.text.startswith("invoice e-mail: Tribe has no FinancialEmailAddress\n")
    assert "invoice e-mail: FinancialEmailAddress in Tribe" not in texts(report, Topic.FIELDS)
    assert report.exit_code is ExitCode.OK


def test_a_property_of_products_that_tribe_lacks(w: World) -> None:
    answer(w, "metadata$", without(metadata(w), "Product", "PurchasePrice"))
    report = check(w)
    (found,) = about(report, Topic.FIELDS, Level.WARNING)
    assert found.text.startswith("cost (product): Tribe has no PurchasePrice\n")
    assert "A product with that value is quarantined" in found.text
    assert "cost (product): PurchasePrice in Tribe" not in texts(report, Topic.FIELDS)


def test_a_property_that_no_product_can_do_without(w: World) -> None:
    answer(w, "metadata$", without(metadata(w), "Product", "Name"))
    (found,) = about(check(w), Topic.FIELDS)
    assert (found.level, "Name of Product" in found.text) == (Level.ERROR, True)


def test_a_property_that_no_record_can_do_without(w: World) -> None:
    answer(w, "metadata$", without(metadata(w), "Relation_Organization", "Name"))
    report = check(w)
    (found,) = about(report, Topic.FIELDS)
    assert found.level is Level.ERROR
    assert "Name of Relation_Organization" in found.text
    assert "$metadata" in found.next_step
    assert report.exit_code is ExitCode.NOT_ALLOWED


def test_a_tribe_without_marks(w: World) -> None:
    answer(w, "metadata$", re.sub(r'<Property Name="ImportId"[^>]*/>', "", metadata(w)))
    (found,) = about(check(w), Topic.FIELDS, Level.WARNING)
    assert found.text.startswith("Tribe has no ImportId")
    assert SUPPLIERS in found.text
    assert "Product." in found.text


def test_names_that_cannot_be_read(w: World) -> None:
    answer(w, "metadata$", "<html>Sign in</html>")
    report = check(w)
    (found,) = about(report, Topic.FIELDS, Level.WARNING)
    assert "documented names are used" in found.text
    assert report.exit_code is ExitCode.OK


def test_a_member_that_poweroffice_lacks(w: World) -> None:
    w.company("Fjord Kaffe AS")
    (row,) = w.poweroffice.customers()
    row = {name: value for name, value in row.items() if name != "InvoiceEmailAddress"}
    answer(w, "Customers$", json.dumps([row], default=str), "poweroffice")
    (found,) = about(check(w), Topic.FIELDS, Level.WARNING)
    assert found.text.startswith("invoice e-mail: PowerOffice has no InvoiceEmailAddress\n")


def test_a_member_of_products_that_poweroffice_lacks(w: World) -> None:
    w.poweroffice.add_product(Code="KOPP", Name="Kopp")
    (row,) = w.poweroffice.products()
    row = {name: value for name, value in row.items() if name != "UnitCost"}
    answer(w, "Products$", json.dumps([row], default=str), "poweroffice")
    (found,) = about(check(w), Topic.FIELDS, Level.WARNING)
    assert found.text.startswith("cost (product): PowerOffice has no UnitCost\nNo product that")


def test_a_poweroffice_that_leaves_out_what_is_empty_tells_nothing_by_it(w: World) -> None:
    w.company("Fjord Kaffe AS")
    (row,) = w.poweroffice.customers()
    row = {name: value for name, value in row.items() if value is not None}
    answer(w, "Customers$", json.dumps([row], default=str), "poweroffice")
    assert about(check(w), Topic.FIELDS, Level.WARNING) == []


def test_a_set_that_the_application_may_not_read(w: World) -> None:
    w.sandbox.faults.add(Fault("tribe", "GET", f"{SUPPLIERS}$", Status(403), times=9))
    report = check(w)
    assert SUPPLIERS in texts(report, Topic.TRIBE_SETS, Level.ERROR)
    assert report.exit_code is ExitCode.NOT_ALLOWED
    readable = "Product: can be read\nActivity_Invoice: can be read"
    assert texts(report, Topic.TRIBE_SETS, Level.OK) == readable
    assert "push-products without news" in texts(report, Topic.BUDGET)
    assert "push-relations" not in texts(report, Topic.BUDGET)
    assert about(report, Topic.STATE, Level.OK)


def test_products_that_may_not_be_read_leave_the_rest_readable(w: World) -> None:
    w.sandbox.faults.add(Fault("tribe", "GET", "/Product$", Status(403), times=9))
    w.sandbox.faults.add(Fault("poweroffice", "GET", "/Products$", Status(403), times=9))
    report = check(w)
    for topic in (Topic.TRIBE_SETS, Topic.POWEROFFICE_LISTS):
        (error,) = about(report, topic, Level.ERROR)
        assert "Product" in error.text
        assert "Product" not in texts(report, topic, Level.OK)
        assert about(report, topic, Level.OK)
    assert re.findall(r"\S+ without news", texts(report, Topic.BUDGET)) == [
        "push-relations without news",
        "pull-relations without news",
        "invoice without news",
        "pull-payments without news",
    ]


def test_units_that_stand_for_none_of_poweroffices(w: World) -> None:
    for code, name in (("fles", "Flaske"), ("", "Ampulle")):
        w.later()
        w.tribe.add_unit(code, name)
    report = check(w)
    (found,) = about(report, Topic.UNITS, Level.WARNING)
    assert found.text.startswith("in Tribe, but none of PowerOffice's: fles, Ampulle\n")
    assert "TRIBE_PO_UNITS" in found.next_step
    assert "fles=EA" in found.next_step
    assert report.exit_code is ExitCode.OK
    w.overrides["TRIBE_PO_UNITS"] = "FLES=XBG, ampulle=EA"
    (found,) = about(check(w), Topic.UNITS)
    assert found.text.endswith(", fles = XBG, Ampulle = EA")
    assert found.level is Level.OK


@pytest.mark.parametrize(
    ("path", "topic", "what"),
    [
        ("Datastore_Unit$", Topic.UNITS, "units"),
        ("Datastore_VatGroup$", Topic.ACCOUNTS, "VAT groups"),
    ],
)
def test_a_tribe_that_shows_none(w: World, path: str, topic: Topic, what: str) -> None:
    answer(w, path, {"value": []})
    (found,) = about(check(w), topic, Level.WARNING)
    assert found.text.startswith(f"Tribe shows no {what}\n")


def test_units_that_may_not_be_read(w: World) -> None:
    w.sandbox.faults.add(Fault("tribe", "GET", "Datastore_Unit$", Status(403), times=9))
    report = check(w)
    assert "Datastore_Unit" in texts(report, Topic.UNITS, Level.ERROR)
    assert report.exit_code is ExitCode.NOT_ALLOWED
    assert about(report, Topic.ACCOUNTS, Level.OK)


def test_vat_without_a_sales_account(w: World) -> None:
    w.overrides[ACCOUNTS] = "15=3010,0=3100"
    report = check(w)
    assert texts(report, Topic.ACCOUNTS, Level.OK) == "25 %: 3000 (default), 15 %: 3010, 0 %: 3100"
    (found,) = about(report, Topic.ACCOUNTS, Level.WARNING)
    assert found.text.startswith("no sales account for 12 % (NO - 12%)\n")
    assert "only in a product group that carries it" in found.text
    assert ACCOUNTS in found.next_step
    assert report.exit_code is ExitCode.OK


def test_sales_accounts_that_cannot_be_used(w: World) -> None:
    w.overrides[ACCOUNTS] = "25=3000,15=3020,12=3020,0=9999"
    report = check(w)
    assert texts(report, Topic.ACCOUNTS, Level.OK) == "25 %: 3000 (default), 12 %: 3020"
    other, missing = about(report, Topic.ACCOUNTS, Level.ERROR)
    assert other.text == (
        "account 3020 cannot be used for 15 % VAT\nIt carries 12 % in PowerOffice."
    )
    assert missing.text.startswith("account 9999 cannot be used for 0 % VAT\nPowerOffice has no")
    assert all(ACCOUNTS in one.next_step for one in (other, missing))
    assert about(report, Topic.ACCOUNTS, Level.WARNING) == []
    assert report.exit_code is ExitCode.SETTINGS


def test_a_configured_account_counts_before_the_default_one(w: World) -> None:
    """An account of the same VAT is right even where the default one would do."""
    w.overrides[ACCOUNTS] = "0=3200,15=3010,12=3020"
    w.poweroffice.books.settings.standard_sales_account = 3100
    report = check(w)
    assert texts(report, Topic.ACCOUNTS, Level.OK) == "15 %: 3010, 12 %: 3020, 0 %: 3200"
    assert "no sales account for 25 % (NO - 25%)" in texts(report, Topic.ACCOUNTS, Level.WARNING)


def test_a_poweroffice_that_does_not_tell_its_default_account(w: World) -> None:
    w.poweroffice.switches.invoice_settings = False
    w.overrides[ACCOUNTS] = "25=3000"
    report = check(w)
    assert texts(report, Topic.ACCOUNTS, Level.OK) == "25 %: 3000"
    unknown, missing = about(report, Topic.ACCOUNTS, Level.WARNING)
    assert unknown.text.startswith("PowerOffice does not tell its default sales account\n")
    assert "15 % (NO - 15%), 12 % (NO - 12%), 0 % (NO - 0%)" in missing.text
    assert "default account, whatever it carries" in missing.text


def test_a_default_account_whose_vat_is_not_told(w: World) -> None:
    told = w.poweroffice.books.settings.vat_rows(w.clock.now().date(), include_expired=False)
    answer(w, "VatCodes$", [row for row in told if row["Rate"] != 0.25], "poweroffice")
    found = about(check(w), Topic.ACCOUNTS, Level.WARNING)
    assert found[0].text.startswith(
        "PowerOffice does not tell the VAT on its default sales account"
    )
    assert "25 % (NO - 25%)" in found[1].text


def test_the_group_for_new_products(w: World) -> None:
    w.overrides[GROUP] = "general"
    report = check(w)
    assert texts(report, Topic.GROUP, Level.OK) == "general: found in Tribe"
    (error,) = about(report, Topic.GROUP, Level.ERROR)
    assert error.text == "PowerOffice has no product group general.\nIts groups: Standard"
    assert (GROUP in error.next_step, report.exit_code) == (True, ExitCode.SETTINGS)
    w.poweroffice.add_product_group(Code="G", Name="General")
    (found, other) = about(check(w), Topic.GROUP)
    assert (found.level, other.level) == (Level.OK, Level.OK)
    w.overrides[GROUP] = "Standard"
    (error,) = about(check(w), Topic.GROUP, Level.ERROR)
    assert "Tribe has no product group Standard" in error.text
    assert "General" in error.text


def test_a_group_that_may_not_be_asked_for(w: World) -> None:
    w.overrides[GROUP] = "General"
    w.poweroffice.privileges -= {"Product_Full"}
    (found,) = about(check(w), Topic.GROUP, Level.WARNING)
    assert found.text == "Not asked: Product not in force."


def test_a_kind_without_a_default_series(w: World) -> None:
    books = w.poweroffice.books
    books.number_series = tuple(one for one in books.number_series if one.kind != "Supplier")
    (found,) = about(check(w), Topic.SERIES, Level.WARNING)
    assert found.text.startswith("suppliers have no default series")


def test_no_payment_terms(w: World) -> None:
    answer(w, "PaymentTerms$", [{"Id": 1, "CreditDays": 14, "IsActive": False}], "poweroffice")
    (found,) = about(check(w), Topic.TERMS)
    assert found.level is Level.WARNING


def test_a_damaged_state_file(linked: World) -> None:
    linked.state.write_bytes(linked.state.read_bytes()[:-20])
    report = check(linked)
    assert report.exit_code is ExitCode.STATE_UNREADABLE
    assert about(report, Topic.CLOCKS, Level.OK)


def test_the_state_of_other_tenants(linked: World) -> None:
    with linked.strangers() as others:
        report = check(others)
    (found,) = about(report, Topic.STATE, Level.ERROR)
    assert "another pair of tenants" in found.text
    assert report.exit_code is ExitCode.REFUSED


def test_a_state_whose_owner_cannot_be_asked(linked: World) -> None:
    linked.overrides["TRIBECRM_CLIENT_SECRET"] = "wrong"
    (found,) = about(check(linked), Topic.STATE, Level.WARNING)
    assert found.text.startswith("Not compared")


def test_a_kind_that_was_never_initialised(w: World) -> None:
    w.overrides["TRIBE_PO_KINDS"] = "customers"
    w.init()
    del w.overrides["TRIBE_PO_KINDS"]
    report = check(w)
    (found,) = about(report, Topic.STATE, Level.WARNING)
    assert "not finished for suppliers, products and invoices" in found.text
    assert report.exit_code is ExitCode.OK


def test_another_field_table_than_at_the_last_run(
    linked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tribe_po.fields.fingerprint", lambda: "other")
    (found,) = about(check(linked), Topic.STATE, Level.WARNING)
    assert "is other" in found.text
    assert "push-relations" in found.next_step
    linked.overrides["TRIBE_PO_KINDS"] = "products"
    (found,) = about(check(linked), Topic.STATE, Level.WARNING)
    assert "push-products" in found.next_step


def test_a_state_file_that_others_can_read(linked: World) -> None:
    linked.state.chmod(0o644)
    (found,) = about(check(linked), Topic.STATE, Level.WARNING)
    assert "chmod 600" in found.text
    linked.state.chmod(0o600)


def test_a_folder_that_is_not_there(w: World) -> None:
    w.overrides["TRIBE_PO_STATE"] = str(w.folder / "missing" / "tribe-po.json")
    report = check(w)
    assert "mkdir -p" in about(report, Topic.STATE, Level.ERROR)[0].next_step
    assert report.exit_code is ExitCode.SETTINGS
    assert list(w.folder.iterdir()) == []


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_clock_that_is_off(w: World, minutes: int) -> None:
    report = check(w, now=lambda: w.clock.now() + timedelta(minutes=minutes))
    found = about(report, Topic.CLOCKS, Level.WARNING)
    assert len(found) == 2
    for one in found:
        (seconds,) = re.findall(r"(\d+) s apart", one.text)
        assert 298 <= int(seconds) <= 301
    assert report.exit_code is ExitCode.OK


def test_a_slow_answer_is_no_wrong_clock(w: World) -> None:
    """Each look at the clock is ten minutes after the one before: the servers' times lie between
    the two that stand around a request."""
    start = w.clock.now() - timedelta(minutes=5)
    readings = iter(start + timedelta(minutes=10 * (step % 2)) for step in range(100))
    report = check(w, now=lambda: next(readings))
    assert about(report, Topic.CLOCKS, Level.WARNING) == []


def test_the_budget_is_what_an_idle_pass_costs(linked: World) -> None:
    linked.tribe.add_product_group("Standard")
    linked.poweroffice.add_product(Code="KOPP", Name="Kopp", UnitOfMeasureCode="EA")
    linked.init()
    told = texts(check(linked), Topic.BUDGET)
    for run in (linked.push, linked.pull, linked.push_products, linked.pull_products):
        run()
    for name, run, system in (
        ("push-relations", linked.push, "Tribe"),
        ("pull-relations", linked.pull, "PowerOffice"),
        ("push-products", linked.push_products, "Tribe"),
        ("pull-products", linked.pull_products, "PowerOffice"),
    ):
        (cost,) = re.findall(rf"{name} without news: (\d+) to {system}", told)
        linked.sandbox.requests.clear()
        assert run().changes == ()
        answered = [
            one
            for one in linked.sandbox.requests.all()
            if not one.asks_for_token and one.status != 401  # the tokens have aged, too
        ]
        assert len(answered) == int(cost)


def test_a_bug_in_one_look_does_not_hide_the_others(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: PowerOffice) -> None:
        raise ZeroDivisionError("secret-key-4711")

    monkeypatch.setattr(PowerOffice, "payment_terms", broken)
    report = check(w)
    assert report.exit_code is ExitCode.BUG
    assert "ZeroDivisionError" in texts(report, Topic.TERMS, Level.ERROR)
    assert "secret-key-4711" not in repr(report)
    assert about(report, Topic.BUDGET, Level.OK)


def test_wrong_settings_are_a_line_each_and_nobody_is_asked(w: World) -> None:
    environment = {**w.environment, "TRIBE_PO_CONFLICTS": "mine", "POWEROFFICE_APP_KEY": ""}
    report = package.check(environment, pace=Unpaced())
    assert len(report.findings) == 2
    assert {one.level for one in report.findings} == {Level.ERROR}
    assert report.exit_code is ExitCode.SETTINGS
    assert w.sandbox.requests.all() == []


def test_where_settings_come_from(w: World, tmp_path: Path) -> None:
    file = tmp_path / "fjord.env"
    file.write_text("TRIBE_PO_RATE=5\nTRIBE_PO_CONFLICT=tribe\n")
    report = package.check(w.environment, file, now=w.clock.now, pace=Unpaced())
    assert f"1 from {file}" in texts(report, Topic.SETTINGS)
    (misspelt,) = about(report, Topic.SETTINGS, Level.WARNING)
    assert "TRIBE_PO_CONFLICT" in misspelt.text
    assert "5 requests a second" in texts(report, Topic.BUDGET)


def test_the_worst_comes_first() -> None:
    def error(code: ExitCode) -> Finding:
        return Finding(Topic.STATE, Level.ERROR, "", "", code)

    def code(*codes: ExitCode) -> ExitCode:
        return CheckReport("default", tuple(error(one) for one in codes), {}).exit_code

    assert code(ExitCode.TEMPORARY, ExitCode.NOT_ALLOWED) is ExitCode.NOT_ALLOWED
    assert code(ExitCode.NOT_ALLOWED, ExitCode.SETTINGS) is ExitCode.SETTINGS
    assert code(ExitCode.SETTINGS, ExitCode.STATE_UNREADABLE) is ExitCode.STATE_UNREADABLE
    assert code() is ExitCode.OK


def test_invoices_in_poweroffice_tell_nothing_of_the_fields_of_products(w: World) -> None:
    office = Office(w, "book")
    office.sent()
    office.export()
    assert len(office.invoices()) == 1
    assert about(check(w), Topic.FIELDS, Level.WARNING) == []
