"""Phases, notes, payments and the PDF of invoices."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.tribe.invoice_samples import draft, edit, invoice, sent, settled
from tests.tribe.peer import Peer
from tribe_po.errors import LostAnswer, NotAllowed, RecordGone, RecordRefused, Temporary
from tribe_po.records import Kind
from tribe_po.sandbox.faults import DropAfter, Fault, Run, Status

NOWHERE = "00000000-0000-4000-8000-000000000000"
PDF = b"%PDF-1.7 \x00\xff made up"


def phase(peer: Peer, invoice_id: str) -> str:
    (found,) = (row for row in peer.tenant.invoices() if row["ID"] == invoice_id)
    return str(found["Phase"]["Code"])


def notes(peer: Peer) -> list[str]:
    return [note["Content"] for row in peer.tenant.invoices() for note in row["Notes"]]


def payments(peer: Peer) -> list[tuple[Any, str, str, str]]:
    return [
        (row["Amount"], row["Currency"], row["Reference"], row["Invoice"]["ID"])
        for row in sorted(peer.tenant.payments(), key=lambda row: str(row["CreationDate"]))
    ]


@pytest.mark.parametrize("switches", [{}, {"put": False}, {"phase_by_put": False}])
@pytest.mark.parametrize("code", ["Paid", "PAID", "paid"])
def test_a_frozen_invoice_takes_a_phase(peer: Peer, switches: dict[str, Any], code: str) -> None:
    peer.answer_otherwise(**switches)
    invoice_id = sent(peer)
    before = invoice(peer.tribe(), invoice_id)
    written = peer.tribe().update(edit(invoice_id, phase=code))
    assert (written.id, written.record) == (invoice_id, None)
    after = invoice(peer.tribe(), invoice_id)
    assert after.values == {**before.values, "phase": "Paid"}
    peer.tribe().update(edit(invoice_id, phase="Sent"))
    assert phase(peer, invoice_id) == "Sent"


def test_that_phases_go_by_post_is_remembered(peer: Peer) -> None:
    peer.answer_otherwise(phase_by_put=False)
    invoice_id = sent(peer)
    tribe = peer.tribe()
    tribe.update(edit(invoice_id, phase="Paid"))
    assert "update" not in tribe.learned
    peer.forget()
    tribe.update(edit(invoice_id, phase="Sent"))
    assert peer.asked() == ["GET Activity_Invoice", "POST Activity_Invoice"]
    assert phase(peer, invoice_id) == "Sent"


def test_an_own_phase(peer: Peer) -> None:
    peer.tenant.add_phase("CREDITED", "Kreditert")
    invoice_id = sent(peer)
    peer.tribe().update(edit(invoice_id, phase="Credited"))
    assert phase(peer, invoice_id) == "CREDITED"


def test_an_invoice_that_is_gone_where_phases_go_by_post(peer: Peer) -> None:
    with pytest.raises(RecordGone):
        peer.tribe(learned={"phase": "POST"}).update(edit(NOWHERE, phase="Paid"))
    assert peer.tenant.invoices() == []


@pytest.mark.parametrize("code", ["Betalt", None])
def test_an_unknown_phase_is_refused(peer: Peer, code: str | None) -> None:
    invoice_id = sent(peer)
    with pytest.raises(RecordRefused, match="no phase") as caught:
        peer.tribe().update(edit(invoice_id, phase=code))
    named = caught.value.why.removeprefix("its phases are ").split(", ")
    assert sorted(named) == ["Draft", "Paid", "Reminder1", "Sent"]
    assert "TRIBE_PO_PAID_PHASE" in caught.value.next_step
    assert phase(peer, invoice_id) == "Sent"


def test_a_phase_that_tribe_refuses(peer: Peer) -> None:
    invoice_id = sent(peer)
    with pytest.raises(RecordRefused, match="refused to write"):
        peer.tribe().update(edit(invoice_id, phase="Draft"))
    assert phase(peer, invoice_id) == "Sent"


@pytest.mark.parametrize("phase_by_put", [True, False])
@pytest.mark.parametrize("gone_id", [NOWHERE, "x"])
def test_an_invoice_that_is_gone_is_not_made_anew(
    peer: Peer, phase_by_put: bool, gone_id: str
) -> None:
    peer.answer_otherwise(phase_by_put=phase_by_put)
    with pytest.raises(RecordGone):
        peer.tribe().update(edit(gone_id, phase="Paid"))
    for partial in ("note", "payment"):
        with pytest.raises(RecordGone):
            peer.tribe().update(settled(gone_id, partial, "25"))
    assert peer.tenant.invoices() == []
    assert peer.tenant.payments() == []


def test_a_lost_answer_to_a_phase_is_asked_again(peer: Peer) -> None:
    invoice_id = sent(peer)
    peer.sandbox.faults.add(Fault("tribe", "PUT", "Activity_Invoice", DropAfter()))
    peer.tribe().update(edit(invoice_id, phase="Paid"))
    assert phase(peer, invoice_id) == "Paid"


def test_a_note_says_what_is_settled(peer: Peer) -> None:
    invoice_id = sent(peer)
    peer.tribe().update(settled(invoice_id, "note", "25"))
    assert notes(peer) == ["PowerOffice: 25.00 of 125.00 settled (invoice 10077)."]
    assert peer.tenant.payments() == []


def test_a_payment_is_what_was_settled_since(peer: Peer) -> None:
    invoice_id = sent(peer)
    peer.tribe().update(settled(invoice_id, "payment", "25.10"))
    peer.later(minutes=1)
    peer.tribe().update(settled(invoice_id, "payment", "100", before="25.10"))
    assert payments(peer) == [
        (25.1, "NOK", "PowerOffice 10077 25.10", invoice_id),
        (74.9, "NOK", "PowerOffice 10077 100.00", invoice_id),
    ]
    assert notes(peer) == []
    assert phase(peer, invoice_id) == "Sent"


def test_the_first_payment_leaves_out_what_was_settled_before(peer: Peer) -> None:
    invoice_id = sent(peer)
    peer.tribe().update(settled(invoice_id, "payment", "100", before="25"))
    assert [payment[0] for payment in payments(peer)] == [75]
    peer.later(minutes=1)
    peer.tribe().update(settled(invoice_id, "payment", "100", before="25"))
    assert [payment[0] for payment in payments(peer)] == [75]


def test_nothing_new_is_no_payment(peer: Peer) -> None:
    peer.tribe().update(settled(sent(peer), "payment", "25.00", before="25"))
    assert payments(peer) == []


@pytest.mark.parametrize("nested_filter", [True, False])
@pytest.mark.parametrize("partial", ["note", "payment"])
def test_a_lost_answer_doubles_nothing(peer: Peer, partial: str, nested_filter: bool) -> None:
    peer.answer_otherwise(nested_filter=nested_filter)
    other, invoice_id = sent(peer, number="1600"), sent(peer)
    change = settled(invoice_id, partial, "25")
    peer.sandbox.faults.add(Fault("tribe", "POST", "Note|Payment", DropAfter()))
    with pytest.raises(LostAnswer):
        peer.tribe().update(change)
    peer.tribe().update(change)
    assert len(notes(peer) + payments(peer)) == 1
    peer.tribe().update(settled(other, partial, "25"))
    assert len(notes(peer) + payments(peer)) == 2


def test_a_run_that_broke_off_is_not_counted_twice(peer: Peer) -> None:
    invoice_id = sent(peer)
    peer.tribe().update(settled(invoice_id, "payment", "25"))
    peer.later(minutes=1)
    peer.tribe().update(settled(invoice_id, "payment", "100"))
    assert [payment[0] for payment in payments(peer)] == [25, 75]


@pytest.mark.parametrize("partial", ["note", "payment"])
def test_a_payment_that_was_taken_back_and_came_again(peer: Peer, partial: str) -> None:
    invoice_id = sent(peer)
    for now, before in (("25", "0"), ("0", "25"), ("25", "0")):
        peer.tribe().update(settled(invoice_id, partial, now, before))
        peer.later(minutes=1)
    if partial == "payment":
        assert [payment[0] for payment in payments(peer)] == [25, -25, 25]
    else:
        told = [f"PowerOffice: {s} of 125.00 settled (invoice 10077)." for s in ("25.00", "0.00")]
        assert sorted(notes(peer)) == sorted([told[0], told[1], told[0]])


@pytest.mark.parametrize("partial", ["note", "payment"])
def test_what_others_wrote_is_nothing_of_ours(peer: Peer, partial: str) -> None:
    invoice_id = sent(peer)
    tribe = peer.tribe()
    tribe.update(settled(invoice_id, partial, "25"))
    peer.later(minutes=1)
    add_payment(peer, invoice_id, Amount=1, Reference="PowerOffice 10077 snart")
    add_payment(peer, invoice_id, Amount=1, Reference="Vipps")
    add_note(peer, invoice_id, "PowerOffice: ring dem")
    count = len(notes(peer) + payments(peer))
    tribe.update(settled(invoice_id, partial, "25", before="25"))
    assert len(notes(peer) + payments(peer)) == count


def add_payment(peer: Peer, invoice_id: str, **fields: Any) -> None:
    body = {"Invoice": {"ID": invoice_id}, **fields}
    assert peer.connection().write("POST", "/v1/odata/Payment", body).status == 201


def add_note(peer: Peer, invoice_id: str, content: str) -> None:
    body = {"Content": content, "Entity": {"ID": invoice_id}}
    assert peer.connection().write("POST", "/v1/odata/Note", body).status == 201


@pytest.mark.parametrize("partial", ["note", "payment"])
def test_a_refused_note_or_payment_is_about_the_record(peer: Peer, partial: str) -> None:
    invoice_id = sent(peer)
    peer.tenant.read_only = True
    with pytest.raises(RecordRefused, match="refused to write"):
        peer.tribe().update(settled(invoice_id, partial, "25"))


@pytest.mark.parametrize("nested_filter", [True, False])
def test_the_newest_pdf_byte_for_byte(peer: Peer, nested_filter: bool) -> None:
    peer.answer_otherwise(nested_filter=nested_filter)
    other, invoice_id = sent(peer, number="1600"), sent(peer)
    peer.tenant.attach_pdf(invoice_id, "1601.pdf", b"%PDF-1.7 old")
    peer.later(minutes=1)
    peer.tenant.attach_pdf(invoice_id, "1601.pdf", PDF)
    peer.later(minutes=1)
    peer.tenant.attach_pdf(other, "1600.pdf", b"%PDF-1.7 other")
    attach(peer, invoice_id, Name="bilde.png", MimeType="image/png")
    assert peer.tribe().file(Kind.INVOICE, invoice_id) == PDF


def attach(peer: Peer, invoice_id: str, **file: str) -> None:
    data = base64.b64encode(PDF).decode()
    body = {"Entity": {"ID": invoice_id}, "File": {"Data": data, **file}}
    assert peer.connection().write("POST", "/v1/odata/Attachment", body).status == 201


def test_a_pdf_by_its_name_on_the_entity_alone(peer: Peer) -> None:
    invoice_id = sent(peer)
    attach(peer, invoice_id, Name="1601.PDF", MimeType="application/octet-stream")
    assert peer.tribe().file(Kind.INVOICE, invoice_id) == PDF


def test_no_pdf(peer: Peer) -> None:
    tribe, invoice_id = peer.tribe(), draft(peer)
    assert tribe.file(Kind.INVOICE, invoice_id) is None
    assert tribe.file(Kind.INVOICE, "x") is None
    assert tribe.file(Kind.CUSTOMER, invoice_id) is None


def test_an_attachment_that_shows_no_file(peer: Peer) -> None:
    invoice_id = sent(peer)
    row = {"ID": NOWHERE, "File": None, "Entity": {"ID": invoice_id}}
    body = json.dumps({"value": [row]}).encode()
    empty = b'{"value": []}'
    peer.sandbox.faults.add(Fault("tribe", "GET", "Attachment", Status(200, body)))
    peer.sandbox.faults.add(Fault("tribe", "GET", "Attachment", Status(200, empty)))
    assert peer.tribe().file(Kind.INVOICE, invoice_id) is None


def test_a_pdf_that_goes_before_it_is_fetched(peer: Peer) -> None:
    invoice_id = sent(peer)
    attachment = peer.tenant.attach_pdf(invoice_id, "1601.pdf", PDF)
    gone = Run(lambda: peer.tenant.delete(attachment))
    peer.sandbox.faults.add(Fault("tribe", "GET", "odata-file", gone))
    assert peer.tribe().file(Kind.INVOICE, invoice_id) is None


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Status(403), NotAllowed), (Status(200, b"<html>logg inn</html>"), Temporary)],
)
def test_what_is_no_pdf_is_never_taken_for_one(
    peer: Peer, fault: Status, error: type[Exception]
) -> None:
    invoice_id = sent(peer)
    peer.tenant.attach_pdf(invoice_id, "1601.pdf", PDF)
    peer.sandbox.faults.add(Fault("tribe", "GET", "odata-file", fault))
    with pytest.raises(error):
        peer.tribe().file(Kind.INVOICE, invoice_id)
