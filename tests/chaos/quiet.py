"""What must be so once it is quiet, whatever has happened."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.chaos.any_sales import Sellers
from tests.chaos.office import Office
from tests.chaos.sales import refused_bookings
from tribe_po import fields
from tribe_po.passes.observe import observe
from tribe_po.records import RELATIONS, Kind, Link, Memory, System
from tribe_po.state.trail import Trail


def check_both_sides_agree(office: Office) -> None:
    """Every linked pair holds the same on both sides, but for what waits for a person."""
    kinds = (*RELATIONS, Kind.PRODUCT)
    with office.session(dry_run=True) as session:
        seen = observe(session, kinds, full=True)
    there = {(one.system, one.kind, one.id): one for each in seen for one in each.records}
    memory = office.memory()
    waiting = {key for key, conflict in memory.conflicts.items() if conflict.winner is None}
    refused = {link.key for link in refused_archivings(memory)}
    for link in memory.links.values():
        if link.kind is Kind.INVOICE or link.parked or link.key in refused:
            continue
        tribe, poweroffice = (there[side, link.kind, link.id_in(side)] for side in System)
        apart = fields.differing(link.kind, link.form, tribe.values, poweroffice.values)
        unasked = [row.label for row in apart if (*link.key, row.name) not in waiting]
        assert not unasked, f"{link.label} differs in {unasked}"


def refused_archivings(memory: Memory) -> list[Link]:
    """Who was archived in Tribe and owes something: PowerOffice does not archive such a contact,
    and a person is told so."""
    return [
        link
        for link in memory.links.values()
        if (entry := memory.quarantine.get((System.POWEROFFICE, link.kind, link.tribe_id)))
        if "has a balance and cannot be archived" in entry.reason
    ]


def refused_writes(memory: Memory) -> set[str]:
    """What PowerOffice has refused, as "METHOD path": it is tried again when its time comes."""
    sets = {Kind.CUSTOMER: "Customers", Kind.SUPPLIER: "Suppliers"}
    return refused_bookings(memory) | {
        f"PATCH /poweroffice/v2/{sets[link.kind]}/{link.poweroffice_id}"
        for link in refused_archivings(memory)
    }


def check_no_edit_is_lost(people: Sellers) -> None:
    """What a person wrote, and nobody has replaced, is live on every side; of several such values
    one is, and the others are kept."""
    office = people.office
    kept = {
        str(one)
        for each in office.memory().conflicts.values()
        for one in (each.tribe, each.poweroffice)
    }
    kept |= {str(one.old) for entry in Trail(office.state).entries() for one in entry.fields}
    for (name, field), values in people.unanswered.items():
        for live in (*people.in_poweroffice(name, field), *people.in_tribe(name, field)):
            assert live in values, f"{live} is the {field} of {name}, and not one of {values}"
            # Whoever is archived before the other side knew of him is not copied.
            lost = {value for value in values if value != live} - kept
            assert not lost, f"{lost} for the {field} of {name} is lost"


def check_what_is_gone(people: Sellers) -> None:
    """What a person deleted was not brought back."""
    for side, role in people.gone:
        row = people.row(side, role)
        assert row is None, f"the {role.kind} {role.name} is back in {side.title}"
    back = people.deleted_drafts & copies(people.office).keys()
    assert not back, f"deleted drafts are back: {back}"


def copies(office: Office) -> dict[str, dict[str, Any]]:
    """What PowerOffice holds of Tribe's invoices, by mark."""
    rows = [*office.poweroffice.orders(), *office.poweroffice.invoices()]
    return {row["ExternalImportReference"]: row for row in rows if row["ExternalImportReference"]}


def check_invoices(people: Sellers) -> None:
    """Every invoice that was sent is in PowerOffice with its sum, or a person is told why not; and
    its phase says what the ledger does."""
    office = people.office
    memory, found = office.memory(), copies(office)
    told = {key[2] for key in memory.quarantine if key[1] is Kind.INVOICE}
    told |= {identity for kind, identity in memory.left_alone if kind is Kind.INVOICE}
    for invoice in office.tribe.invoices():
        mark = f"tribe:{invoice['ID']}"
        if mark not in found:
            known = mark in people.deleted_drafts or invoice["ID"] in told
            assert known, f"{invoice['Number']} is not in PowerOffice, and nobody is told"
            continue
        copy = found[mark]
        assert _sum(copy["TotalAmount"]) == _sum(invoice["TotalIncludingVat"])
        if mark not in people.credited:
            is_paid = copy.get("Balance") == 0
            phase = invoice["Phase"]["Code"]
            assert phase == ("Paid" if is_paid else "Sent"), f"{invoice['Number']} is {phase}"


def _sum(amount: float) -> Decimal:
    return Decimal(str(amount))
