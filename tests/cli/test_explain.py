"""`tribe-po explain` and `tribe-po fields`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.cli.calls import change, command, document_of, files
from tests.scenarios.world import OSLO, World
from tribe_po.fields import FIELDS
from tribe_po.records import Intent, Kind, System
from tribe_po.sandbox.faults import Fault, Status

KAFFE = "Fjord Kaffe AS"

call = partial(command, "explain")
document = partial(document_of, "explain")


def record_of(asked: str) -> dict[str, Any]:
    (only,) = document(asked)["records"]
    found: dict[str, Any] = only
    return found


def field_of(asked: str, name: str) -> dict[str, Any]:
    return next(one for one in record_of(asked)["fields"] if one["field"] == name)


@pytest.fixture
def synced(w: World) -> World:
    w.company(KAFFE, EmailAddress="post@fjord.example", MailAddress=OSLO)
    w.company("Fjell Sport AS")
    w.init()
    return w


def test_a_record_in_step(synced: World) -> None:
    before = files(synced)
    result = call(KAFFE)
    link = synced.link(KAFFE)
    assert (result.exit_code, result.stderr) == (0, "")
    for part in (
        f"{KAFFE}, customer",
        link.poweroffice_id,
        link.tribe_id,
        link.tribe_relation_id,
        "copied by tribe-po",
        "agreed",
        "Last writes",
    ):
        assert part in result.stdout
    assert files(synced) == before
    known = record_of(KAFFE)
    assert known["linked"]
    assert known["unlinked"] is None
    assert {one["verdict"] for one in known["fields"]} == {"agreed"}
    (write,) = known["writes"]
    assert (write["system"], write["action"]) == ("tribe", "create")


def test_it_is_found_by_all_that_people_call_it(synced: World) -> None:
    link = synced.link(KAFFE)
    for asked in (
        link.poweroffice_id,
        link.tribe_id.upper(),
        link.tribe_relation_id,
        link.tribe_id[:13],
        "10000",
        "010000",
        "FJORD KAFFE AS",
        "  fjord  kaffe as ",
        "fjo",
    ):
        assert record_of(asked)["label"] == KAFFE, asked


def test_several_are_listed(synced: World) -> None:
    made = document("fj")
    assert made["records"] == []
    assert {one["label"] for one in made["found"]} == {KAFFE, "Fjell Sport AS"}
    shown = call("fj")
    assert shown.exit_code == 0
    for part in ("2 records found for fj", synced.link(KAFFE).tribe_id, "tribe-po explain ID"):
        assert part in shown.stdout


@pytest.mark.parametrize("asked", ["nobody", "", " "])
def test_what_is_not_there_says_what_was_searched(synced: World, asked: str) -> None:
    result = call(asked)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 3
    assert "debtor and creditor numbers, product codes, invoice and" in result.stderr
    assert "names of 2 linked" in result.stderr
    assert document(asked)["error"]["exit_code"] == 2


def test_a_change_that_waits(synced: World) -> None:
    contact = int(synced.link(KAFFE).poweroffice_id)
    synced.later()
    synced.poweroffice.edit_customer(contact, EmailAddress="ny@fjord.example")
    synced.push(full=True)
    email = field_of(KAFFE, "email")
    assert email == {
        "field": "email",
        "agreed": True,
        "base": "post@fjord.example",
        "tribe": "post@fjord.example",
        "poweroffice": "ny@fjord.example",
        "winner": "poweroffice",
        "verdict": "changed in PowerOffice, goes to Tribe",
        "accepted": False,
    }
    assert "changed in PowerOffice, goes to Tribe" in call(KAFFE).stdout


def test_a_name_that_only_one_side_has_finds_it(synced: World) -> None:
    contact = int(synced.link(KAFFE).poweroffice_id)
    synced.later()
    synced.poweroffice.edit_customer(contact, Name="Fjord Te AS")
    synced.push(full=True)
    assert record_of(KAFFE)["poweroffice_id"] == record_of("fjord te as")["poweroffice_id"]


def test_a_conflict(synced: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBE_PO_CONFLICTS", "manual")
    synced.overrides["TRIBE_PO_CONFLICTS"] = "manual"
    link = synced.link(KAFFE)
    synced.later()
    synced.tribe.edit(link.tribe_relation_id, EmailAddress="tribe@fjord.example")
    synced.poweroffice.edit_customer(int(link.poweroffice_id), EmailAddress="po@fjord.example")
    synced.pull(full=True)
    assert field_of(KAFFE, "email")["verdict"] == "changed on both sides, waits for a decision"
    (conflict,) = record_of(KAFFE)["conflicts"]
    assert conflict["tribe"] == "tribe@fjord.example"
    assert "Changed on both sides" in call(KAFFE).stdout


def test_a_value_that_is_held_back(synced: World) -> None:
    link = synced.link(KAFFE)
    synced.later()
    organization = synced.tribe.entity(link.tribe_relation_id)
    bad = replace(
        link,
        tribe={"address": replace(link.base["address"], postal_code="")},  # type: ignore[type-var]
    )
    change(synced, links={**synced.memory().links, link.key: bad})
    assert organization["ID"] == link.tribe_relation_id
    verdict = field_of(KAFFE, "address")["verdict"]
    assert verdict.startswith("changed in Tribe, held back from PowerOffice: ")
    assert "postal code" in verdict


def test_a_field_that_was_never_agreed_on(synced: World) -> None:
    link = synced.link(KAFFE)
    base = {name: value for name, value in link.base.items() if name not in ("phone", "website")}
    bare = replace(link, base=base, tribe={"phone": "+4700123456"})
    change(synced, links={**synced.memory().links, link.key: bare})
    assert field_of(KAFFE, "phone")["verdict"] == "seen in Tribe only so far"
    assert field_of(KAFFE, "phone")["agreed"] is False
    assert field_of(KAFFE, "website")["verdict"] == "not seen yet"
    assert "never agreed" in call(KAFFE).stdout


def test_a_parked_link(synced: World) -> None:
    link = synced.link(KAFFE)
    synced.later()
    synced.tribe.delete(link.tribe_id)
    synced.pull(full=True)
    assert record_of(KAFFE)["parked"].startswith("gone from Tribe")
    assert "Parked: gone from Tribe" in call(KAFFE).stdout


def test_a_record_that_was_left_alone(w: World) -> None:
    w.tribe_customer("Bare i Tribe AS")
    w.init()
    why = record_of("bare i")["unlinked"]
    assert why["reason"] == "only Tribe had it when init-sync ran, which left it alone"
    assert "push-relations --push-unmatched" in why["next_step"]
    shown = call("bare i").stdout
    assert "Not linked: only Tribe had it" in shown
    assert "As last seen in Tribe" in shown
    assert "Nothing was written about it" in shown


def test_a_record_that_is_archived(w: World) -> None:
    w.poweroffice.archive(w.company("Gammel Kunde AS"))
    w.init()
    assert record_of("gammel")["unlinked"] == {
        "reason": "archived in PowerOffice, so not copied",
        "next_step": "To import what is archived: tribe-po init-sync --include-archived",
    }


def test_a_former_relation_of_tribe(w: World) -> None:
    w.init()
    w.tribe_customer("Tidligere Kunde AS", IsFormer=True)
    w.push()
    assert record_of("tidligere")["unlinked"]["reason"].startswith("no longer in use in Tribe")


def test_a_record_that_is_quarantined(w: World) -> None:
    w.init()
    w.tribe_customer("Skog Bygg AS", EmailAddress="not an address")
    w.push()
    known = record_of("skog")
    assert known["unlinked"]["reason"] == "it is quarantined"
    assert known["unlinked"]["next_step"].endswith(f"quarantine retry {known['tribe_id']}")
    assert len(known["quarantine"]) == 1
    assert "Quarantined: cannot be written to PowerOffice" in call("skog").stdout


def test_a_record_that_only_the_quarantine_knows(w: World) -> None:
    w.init()
    w.tribe_customer("Skog Bygg AS", EmailAddress="not an address")
    w.push()
    change(w, unlinked={})
    assert record_of("skog")["unlinked"]["reason"] == "not seen on either side any more"


@pytest.mark.parametrize("target", [System.TRIBE, System.POWEROFFICE])
def test_a_record_of_either_side_that_only_the_quarantine_knows(w: World, target: System) -> None:
    w.init()
    w.tribe_customer("Skog Bygg AS", EmailAddress="not an address")
    w.push()
    (entry,) = w.memory().quarantine.values()
    moved = replace(entry, system=target, id="77")
    change(w, unlinked={}, quarantine={(target, Kind.CUSTOMER, "77"): moved})
    known = record_of("77")
    side = "tribe_id" if target is System.POWEROFFICE else "poweroffice_id"
    assert known[side] == "77"


def test_a_record_that_waits_for_a_pass(synced: World) -> None:
    synced.later()
    synced.company("Ny Kunde AS")
    synced.push(full=True)
    assert record_of("ny kunde")["unlinked"] == {
        "reason": "waits for pull-relations, which creates it in Tribe",
        "next_step": "See what it does: tribe-po pull-relations --dry-run",
    }


def test_a_record_that_waits_to_be_linked(synced: World) -> None:
    memory = synced.memory()
    link = synced.link(KAFFE)
    synced.later()
    synced.tribe_customer("Havn Frakt AS", DebtorNumber="10777")
    synced.company("Havn Frakt AS", Number=10777)
    with synced.session(dry_run=True) as session:
        seen = [side.changed((Kind.CUSTOMER,), None) for side in session.sides.values()]
    records = {
        (one.system, one.kind, one.id): one
        for each in seen
        for one in each.records
        if one.values.get("name") == "Havn Frakt AS"
    }
    change(synced, unlinked=records)
    assert memory.links[link.key] == link
    for side in ("tribe_id", "poweroffice_id"):
        asked = next(one[side] for one in document("havn")["found"] if one[side])
        reason = record_of(asked)["unlinked"]["reason"]
        assert reason.endswith("which links it (matched by number)")


def test_a_record_that_will_be_quarantined(synced: World) -> None:
    synced.later()
    synced.lose_name(synced.company("Uten Navn AS"))
    with synced.session(dry_run=True) as session:
        seen = session.sides[System.POWEROFFICE].changed((Kind.CUSTOMER,), None)
    nameless = [one for one in seen.records if one.values.get("name") is None]
    change(synced, unlinked={(one.system, one.kind, one.id): one for one in nameless})
    reason = record_of(nameless[0].id)["unlinked"]["reason"]
    assert reason == "will be quarantined: PowerOffice has no name for it"


def test_kinds_that_take_no_part(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    w.tribe_customer("Bare i Tribe AS")
    w.init()
    meta = w.memory().meta
    change(w, meta=replace(meta, initialised=()))
    assert record_of("bare")["unlinked"]["reason"] == "no init-sync has finished for customers"
    monkeypatch.setenv("TRIBE_PO_KINDS", "products")
    assert record_of("bare")["unlinked"]["reason"] == "customers are not synchronised"


def test_a_create_that_was_begun(synced: World) -> None:
    synced.later()
    contact = str(synced.company("Ny Kunde AS"))
    synced.push(full=True)
    mark = f"poweroffice:customer:{contact}"
    intent = Intent(Kind.CUSTOMER, System.TRIBE, contact, mark, synced.clock.now())
    change(synced, intents={(System.TRIBE, Kind.CUSTOMER, contact): intent})
    known = record_of("ny kunde")
    assert known["intents"][0]["mark"] == mark
    assert known["unlinked"]["reason"] == "an earlier create may still show up in Tribe"
    assert "Begun: a create in Tribe" in call("ny kunde").stdout


def test_both_roles_of_a_contact_are_explained(synced: World) -> None:
    link = synced.link(KAFFE)
    twin = replace(link, kind=Kind.SUPPLIER, tribe_id="another-role")
    change(synced, links={**synced.memory().links, twin.key: twin})
    made = document(link.poweroffice_id)
    assert [one["kind"] for one in made["records"]] == ["customer", "supplier"]
    assert len(made["records"][0]["writes"]) == 1
    assert made["records"][1]["writes"] == [], "those are the customer's"


def test_a_product_and_a_contact_with_one_id_are_two(synced: World) -> None:
    link = synced.link(KAFFE)
    twin = replace(link, kind=Kind.PRODUCT, tribe_id="a-product", tribe_relation_id="a-product")
    change(synced, links={**synced.memory().links, twin.key: twin})
    made = document(link.poweroffice_id)
    assert (len(made["found"]), made["records"]) == (2, [])


def test_a_product_is_found_by_its_code(w: World) -> None:
    w.tribe.add_product_group("Standard")
    w.poweroffice.add_product(Code="K-1", Name="Kaffe, malt", UnitOfMeasureCode="EA", UnitPrice=120)
    assert w.init().exit_code == 0
    known = record_of("k-1")
    assert (known["kind"], known["label"]) == ("product", "Kaffe, malt")
    assert field_of("k-1", "price")["poweroffice"].startswith("120")


def test_a_product_whose_unit_is_unknown(w: World) -> None:
    w.tribe.add_product_group("Standard")
    w.tribe.add_unit("flak", "Flak")
    w.init()
    w.tribe.add_product(Name="Te", Code="TE", ProductGroup="Standard", Unit="flak", SalesPrice=50)
    w.push_products()
    (entry,) = record_of("te")["quarantine"]
    assert "the unit flak stands for none of PowerOffice's" in entry["reason"]
    assert entry["held_fields"] == ["unit"]


def test_a_product_at_a_rate_without_a_sales_account(w: World) -> None:
    w.tribe.add_product_group("Standard")
    w.init()
    w.tribe.add_product(Name="Te", Code="TE", ProductGroup="Standard", VatGroup=12, SalesPrice=50)
    w.push_products()
    known = record_of("te")
    assert known["unlinked"]["reason"] == "it is quarantined"
    assert "TRIBE_PO_SALES_ACCOUNTS" in known["quarantine"][0]["next_step"]


def test_without_a_state_no_file_is_made(w: World) -> None:
    result = call("fjord")
    assert result.exit_code == 1
    assert "There is no state file" in result.stderr
    assert files(w) == {}


def test_damaged_lines_of_the_trail_are_told(synced: World) -> None:
    path = synced.folder / "tribe-po.audit.jsonl"
    path.write_bytes(b"torn\n" + path.read_bytes())
    result = call(KAFFE)
    assert "Skipped 1 damaged line of the audit trail" in result.stderr
    assert "Last writes" in result.stdout


@pytest.mark.parametrize("width", ["80", "160"])
def test_it_fits_the_terminal(synced: World, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    for shown in (call(KAFFE).stdout, call("fj").stdout, command("fields").stdout):
        assert max(map(len, shown.splitlines())) <= int(width)
    assert synced.link(KAFFE).tribe_id in call("fj").stdout


def test_labels_cannot_steer_the_terminal(w: World) -> None:
    w.company("Ond \x1b[2J\x07 AS")
    w.init()
    shown = call("ond").stdout + call("\x1b[2J").stderr
    assert "\x1b" not in shown
    assert "\\x1b[2J" in shown


def test_the_field_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    made = document_of("fields")
    assert len(made["fields"]) == len(FIELDS)
    by_label = {(one["label"], one["kinds"][0]): one for one in made["fields"]}
    number = by_label["debtor number", "customer"]
    assert (number["owner"], number["kinds"]) == ("poweroffice", ["customer"])
    days = by_label["payment days", "customer"]
    assert (days["poweroffice"], days["poweroffice_written"]) == ("PaymentTerm", "PaymentTermId")
    code = by_label["code", "product"]
    assert (code["kinds"], code["tribe"]["product"]) == (["product"], "Code")
    shown = command("fields")
    assert shown.exit_code == 0
    for row in FIELDS:
        assert row.label in shown.stdout
    assert "relationship.PaymentTermInDays" in shown.stdout


def test_what_tribe_did_not_take(w: World) -> None:
    contact = w.company("Fjord Kaffe AS", PhoneNumber="+4700111111")
    w.init()
    w.later()
    w.poweroffice.edit_customer(contact, PhoneNumber="+4700222222")
    w.sandbox.faults.add(Fault("tribe", "PUT", "/Relation_Organization", Status(204)))
    for one_pass in (w.pull, w.push, w.pull):
        one_pass(full=True)
    told = field_of("fjord", "phone")
    assert (told["tribe"], told["poweroffice"]) == ("+4700111111", "+4700222222")
    assert told["verdict"] == "sent to Tribe, which does not show it"
    assert told["accepted"] is False
    assert command("quarantine", "accept", str(contact)).exit_code == 0
    assert field_of("fjord", "phone")["accepted"] is True
