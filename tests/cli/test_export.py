"""A copy of what both tenants hold, and the rehearsal on it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calls import command
from tribe_po.cli.sandbox import sandbox
from tribe_po.copies import MANIFEST, Manifest, read_manifest
from tribe_po.errors import GuardRefused, NotAllowed, SettingsError
from tribe_po.passes.export import export
from tribe_po.sandbox import samples
from tribe_po.sandbox.faults import Fault, Status
from tribe_po.sandbox.loading import load
from tribe_po.sandbox.server import Sandbox
from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.settings import Settings
from tribe_po.transport.pace import Unpaced

SANDBOXS_OWN = {
    "PaymentTerms.CreatedDateTimeOffset",
    "PaymentTerms.LastChangedDateTimeOffset",
    "GeneralLedgerAccounts.LastChangedDateTimeOffset",
}
"""What the sandbox has one value of for all records."""


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("POWEROFFICE_", "TRIBECRM_", "TRIBE_PO_")):
            monkeypatch.delenv(name)
    for module in ("session", "check", "export"):
        monkeypatch.setattr(f"tribe_po.passes.{module}.shared_pace", lambda _settings: Unpaced())


@pytest.fixture
def original() -> Iterator[Sandbox]:
    """Both tenants with all special cases of the samples."""
    with Sandbox(requests_per_second=None) as served:
        samples.fill(served, customers=70, suppliers=30)
        yield served


def exported(served: Sandbox, folder: Path, **options: Any) -> Manifest:
    return export(Settings.load(environment(served)), folder, pace=Unpaced(), **options)


def environment(served: Sandbox, state: str = "rehearsal.json") -> dict[str, str]:
    return served.environment() | {"TRIBE_PO_STATE": state}


@contextmanager
def served_copy(folder: Path) -> Iterator[tuple[Sandbox, tuple[str, ...]]]:
    with Sandbox(requests_per_second=None) as copy:
        yield copy, load(copy, folder).left_out


def rows(folder: Path, file: str) -> Any:
    return json.loads((folder / file).read_text(encoding="utf-8"), parse_float=Decimal)


def documents(folder: Path) -> dict[str, Any]:
    """All documents of a copy by file, with numbers as they are written."""
    return {file: rows(folder, file) for file in sorted(read_manifest(folder).files())[1:-1]}


def run(
    monkeypatch: pytest.MonkeyPatch,
    served: Sandbox,
    *arguments: str,
    state: str = "rehearsal.json",
) -> dict[str, Any]:
    with monkeypatch.context() as patch:
        for name, value in environment(served, state).items():
            patch.setenv(name, value)
        made: dict[str, Any] = json.loads(command(*arguments, "--output", "json").stdout)
    return made


def plan(monkeypatch: pytest.MonkeyPatch, served: Sandbox) -> dict[str, Any]:
    """What init-sync would do, apart from when it was asked and how many requests that took."""
    shown = run(monkeypatch, served, "init-sync", "--dry-run")
    assert shown["changes"]
    compared: dict[str, Any] = without_times(shown)
    return compared


def without_times(document: Any) -> Any:
    volatile = {"run_id", "started", "finished", "since", "requests", "retry_after"}
    if isinstance(document, dict):
        kept = ((name, value) for name, value in document.items() if name not in volatile)
        return {name: without_times(value) for name, value in kept}
    return [without_times(each) for each in document] if isinstance(document, list) else document


def test_init_sync_plans_the_same_on_the_copy(
    original: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(original, tmp_path / "copy")
    with served_copy(tmp_path / "copy") as (copy, left_out):
        assert {line.partition(": in ")[0] for line in left_out} == SANDBOXS_OWN
        assert plan(monkeypatch, copy) == plan(monkeypatch, original)
        assert {row["Id"] for row in copy.poweroffice.customers()} == {
            row["Id"] for row in original.poweroffice.customers()
        }


def test_init_sync_does_the_same_on_the_copy(
    original: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(original, tmp_path / "copy")
    with served_copy(tmp_path / "copy") as (copy, _):
        made = [
            run(monkeypatch, served, "init-sync", "--yes", state=state)
            for served, state in ((original, "live.json"), (copy, "rehearsal.json"))
        ]
    live, rehearsed = (without_times(each) for each in made)
    assert live["counts"] == rehearsed["counts"]
    assert live["counts"]["failed"] == 0
    assert live["counts"]["create"] > 30


def test_the_plan_follows_the_copy_and_not_the_samples(
    original: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(original, tmp_path / "copy")
    file = tmp_path / "copy" / "poweroffice-Customers.json"
    first = rows(tmp_path / "copy", file.name)[0]["Name"]
    file.write_text(file.read_text(encoding="utf-8").replace(first, "Ærlig Øl AS"), "utf-8")
    with served_copy(tmp_path / "copy") as (copy, _):
        assert plan(monkeypatch, copy) != plan(monkeypatch, original)


def test_a_copy_of_the_copy_is_the_same(original: Sandbox, tmp_path: Path) -> None:
    """Every document, with each amount to its last digit: orders, invoices, part payments."""
    sell(original)
    exported(original, tmp_path / "one")
    with served_copy(tmp_path / "one") as (copy, _):
        exported(copy, tmp_path / "two")
    one, two = documents(tmp_path / "one"), documents(tmp_path / "two")
    assert len(one["poweroffice-SalesOrders.json"]) == 1
    assert len(one["poweroffice-OutgoingInvoices.json"]) == 2
    assert len(one["tribe-ProductLine.json"]) == len(one["tribe-Payment.json"]) == 1
    for place in SANDBOXS_OWN:
        name, _, member = place.partition(".")
        for row in (*one[f"poweroffice-{name}.json"], *two[f"poweroffice-{name}.json"]):
            row.pop(member, None)
    assert one == two


def test_what_is_new_in_the_copy_gets_ids_and_numbers_of_its_own(
    original: Sandbox, tmp_path: Path
) -> None:
    sell(original)
    exported(original, tmp_path / "copy")
    with served_copy(tmp_path / "copy") as (copy, _):
        office = copy.poweroffice
        before = {
            "contacts": {row["Id"] for row in (*office.customers(), *office.suppliers())},
            "numbers": {row["Number"] for row in office.customers()},
            "products": {row["Id"] for row in office.products()},
            "invoices": {row["InvoiceNo"] for row in office.invoices()},
            "entries": {row["Id"] for row in office.ledger()},
        }
        buyer = office.customer(office.add_customer(Name="Ærlig Øl AS"))
        product = office.add_product(Name="Tyttebær", UnitPrice=10)
        line = {"ProductId": product, "Quantity": 1}
        order = office.add_order(CustomerId=buyer["Id"], SalesOrderLines=[line])
        invoice = office.invoice(office.send_by_hand(order))
        payment = office.pay(order)
    assert buyer["Id"] not in before["contacts"]
    assert buyer["Number"] not in before["numbers"]
    assert product not in before["products"]
    assert invoice["InvoiceNo"] not in before["invoices"]
    assert payment not in before["entries"]


def sell(served: Sandbox) -> None:
    """An unsent order, one invoice paid in part, one paid in full, and an invoice in Tribe."""
    office, tribe = served.poweroffice, served.tribe
    buyer = next(row["Id"] for row in office.customers() if not row["IsArchived"])
    product = next(row["Id"] for row in office.products() if not row["IsArchived"])
    line = {"ProductId": product, "Quantity": 3, "ProductUnitPrice": 33.33, "Allowance": 7.5}
    orders = [office.add_order(CustomerId=buyer, SalesOrderLines=[line]) for _ in range(3)]
    sent = [office.send_by_hand(order) for order in orders[:2]]
    office.pay(sent[0], "10.01")
    office.pay(sent[1])
    customer = tribe.customers()[0]["ID"]
    invoice = tribe.add_invoice(customer, Subject="Blåbær på rot")
    tribe.add_line(invoice, Description="Bær", Quantity=3, Price=0.1, VatGroup=25)
    tribe.send_invoice(invoice)
    with tribe.lock:
        payment = {"Amount": 0.3, "Invoice": {"ID": invoice}}
        tribe.writer(by_hand=True).create("Payment", payment)


def test_check_runs_against_the_copy(
    original: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original.poweroffice.client_name = "Blåskjell Regnskap AS"
    exported(original, tmp_path / "copy")
    with served_copy(tmp_path / "copy") as (copy, _):
        told = run(monkeypatch, copy, "check")
    assert told["exit_code"] == 0
    assert "Blåskjell Regnskap AS" in json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize(
    "dialect",
    [
        TribeDialect(casing="lower", numbers="number"),
        TribeDialect(metadata=False),
        TribeDialect(import_id="untold", page_cap=20, next_link=True),
        TribeDialect(order_by_id=False),
        TribeDialect(billing=False),
    ],
)
def test_whatever_way_tribe_answers(
    dialect: TribeDialect, original: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = plan(monkeypatch, original)
    original.tribe.dialect = dialect
    exported(original, tmp_path / "copy")
    with served_copy(tmp_path / "copy") as (copy, _):
        assert plan(monkeypatch, copy) == wanted


def test_nothing_but_reading_is_asked_and_no_file_but_the_copy_is_made(
    original: Sandbox, tmp_path: Path
) -> None:
    exported(original, tmp_path / "copy")
    asked = {(one.method, one.path) for one in original.requests.all()}
    tokens = {("POST", "/poweroffice/OAuth/Token"), ("POST", "/tribe/oauth2/token")}
    assert {method for method, _ in asked - tokens} == {"GET"}
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_only_its_owner_can_read_it_and_no_key_is_in_it(original: Sandbox, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        exported(original, tmp_path / "copy")
    finally:
        os.umask(before)
    files = list((tmp_path / "copy").iterdir())
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    secrets = {value for name, value in original.environment().items() if "URL" not in name}
    for text in (path.read_text(encoding="utf-8") for path in files):
        assert not [secret for secret in {*secrets, "Bearer", "sandbox."} if secret in text]


def test_national_identity_numbers_are_not_saved(original: Sandbox, tmp_path: Path) -> None:
    from tribe_po.poweroffice.raw import HIDDEN, _without_national_id

    assert _without_national_id({"Id": 1, "NationalIdNumber": "made up"}) == {
        "Id": 1,
        "NationalIdNumber": HIDDEN,
    }
    assert _without_national_id({"Id": 1}) == {"Id": 1}


def test_a_folder_with_something_else_in_it_is_left_alone(
    original: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("mine")
    for replace in (False, True):
        with pytest.raises(GuardRefused, match=r"1 files, 1 of them"):
            exported(original, tmp_path / "letters", replace=replace)
    with pytest.raises(GuardRefused, match="is a file"):
        exported(original, tmp_path / "letters" / "letter.txt")
    assert not original.requests.all()
    assert (tmp_path / "letters" / "letter.txt").read_text() == "mine"


def test_an_earlier_copy_goes_only_when_asked_and_never_with_what_is_not_its_own(
    original: Sandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    exported(original, folder)
    original.tribe.add_organization(Name="Ny Kunde AS")
    with pytest.raises(GuardRefused, match="--replace"):
        exported(original, folder)
    exported(original, folder, replace=True)
    assert "Ny Kunde AS" in (folder / "tribe-Relation_Organization.json").read_text("utf-8")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(GuardRefused, match=r"notes\.txt"):
        exported(original, folder, replace=True)


def test_what_stops_an_export_leaves_the_earlier_copy(original: Sandbox, tmp_path: Path) -> None:
    exported(original, tmp_path / "copy")
    before = documents(tmp_path / "copy")
    original.tribe.add_organization(Name="Ny Kunde AS")
    original.poweroffice.privileges -= {"Supplier_Full"}
    with pytest.raises(NotAllowed):
        exported(original, tmp_path / "copy", replace=True)
    assert documents(tmp_path / "copy") == before
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_what_may_not_be_read_is_told_by_both_commands(original: Sandbox, tmp_path: Path) -> None:
    original.poweroffice.privileges -= {"CustomerLedger"}
    original.faults.add(Fault("tribe", "GET", "/Payment$", Status(403), times=4))
    manifest = exported(original, tmp_path / "copy")
    assert {one.name for one in manifest.missing} == {"CustomerLedgerStatement", "Payment"}
    with served_copy(tmp_path / "copy") as (_, left_out):
        assert "Payment (tribe): not read by export" in left_out


def test_what_the_sandbox_cannot_hold_is_told(original: Sandbox, tmp_path: Path) -> None:
    exported(original, tmp_path / "copy")
    products = tmp_path / "copy" / "poweroffice-Products.json"
    kept = rows(tmp_path / "copy", products.name)
    digits = '"UnitPrice": 1.2345678901234567890'
    text = products.read_text(encoding="utf-8")
    price = f'"UnitPrice": {next(row["UnitPrice"] for row in kept if row["UnitPrice"])}'
    products.write_text(text.replace(price, digits, 1), encoding="utf-8")
    customers = tmp_path / "copy" / "poweroffice-Customers.json"
    text = customers.read_text(encoding="utf-8")
    customers.write_text(text.replace('{"', '{"Mood": "glad", "', 1), encoding="utf-8")
    with served_copy(tmp_path / "copy") as (_, left_out):
        assert "Products.UnitPrice: in 1 records" in left_out
        assert "Customers.Mood: in 1 records" in left_out


def test_no_copy_no_sandbox(tmp_path: Path) -> None:
    for content in (None, "{", '{"format": "other"}', "[]"):
        (tmp_path / "copy").mkdir(exist_ok=True)
        if content:
            (tmp_path / "copy" / MANIFEST).write_text(content)
        with pytest.raises(SettingsError):
            load(Sandbox(), tmp_path / "copy")
    told = command("sandbox", "--data", str(tmp_path / "copy"))
    assert told.exit_code == 78
    assert len(told.stderr.splitlines()) == 3
    assert told.stdout == ""


def test_the_sandbox_says_what_it_serves_and_chooses_the_same_own_organisation(
    original: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, _ = original.tribe.own_organization_id, original.tribe.add_identity("Fjordvik Sør AS")
    settings = Settings.load(environment(original) | {"TRIBECRM_ORGANIZATION_ID": own})
    export(settings, tmp_path / "copy", pace=Unpaced())
    monkeypatch.setattr("tribe_po.cli.sandbox.time.sleep", _interrupted)
    told = command("sandbox", "--data", "copy")
    assert f"TRIBECRM_ORGANIZATION_ID={own}" in told.stdout.splitlines()
    for name in ("Sandkasse Regnskap AS", "Fjordvik Handel AS", "Fjordvik Sør AS"):
        assert name in told.stderr.splitlines()[0]
    assert "left out: PaymentTerms.CreatedDateTimeOffset: in 3 records" in told.stderr


def test_the_settings_of_a_sandbox_go_to_a_file_that_nobody_else_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tribe_po.cli.sandbox.time.sleep", _interrupted)
    made = tmp_path / "sandbox.env"
    made.touch(0o644)
    with made.open("w", encoding="utf-8") as file, redirect_stdout(file):
        sandbox(customers=0, suppliers=0)
    assert "POWEROFFICE_CLIENT_KEY=" in made.read_text(encoding="utf-8")
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def _interrupted(_seconds: float) -> None:
    raise KeyboardInterrupt


def test_the_command(original: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(original).items():
        monkeypatch.setenv(name, value)
    told = command("export", "copy")
    assert told.exit_code == 0
    assert "Fjordvik Handel AS" in told.stdout
    assert "rm -r 'copy'" in told.stdout
    again = command("export", "copy")
    assert again.exit_code == 3
    assert len(again.stderr.splitlines()) == 3
    assert command("export", "copy", "--replace").exit_code == 0
