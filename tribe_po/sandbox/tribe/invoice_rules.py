"""What Tribe refuses once an invoice has been sent, and what a new one begins with
(tribe.md 10.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tribe_po.sandbox.tribe.dialect import TribeDialect
from tribe_po.sandbox.tribe.error import ODataError, bad_request
from tribe_po.sandbox.tribe.sales_model import ATTACHMENT, INVOICE, INVOICE_PHASE, PRODUCT_LINE
from tribe_po.sandbox.tribe.store import Record, Store

_STILL_WRITABLE = frozenset({"Phase", "ImportId"})


def default_links(store: Store, type_name: str) -> dict[str, str]:
    """The links that a new record has when its creator names none."""
    if type_name != INVOICE:
        return {}
    return {"Phase": next(p.id for p in store.of_type(INVOICE_PHASE) if _is_first(p))}


def refuse_phase_by_put(dialect: TribeDialect, record: Record, body: Mapping[str, Any]) -> None:
    """Raises a 400 for a PUT of a phase where the tenant takes it by POST only."""
    if record.type_name == INVOICE and "Phase" in body and not dialect.phase_by_put:
        raise bad_request("'Phase' is changed by POST with the ID of the invoice.")


def refuse_frozen_phase(
    dialect: TribeDialect, store: Store, record: Record, body: Mapping[str, Any]
) -> None:
    """Raises a 409 for a phase of a sent invoice where the tenant has these frozen too."""
    if record.type_name == INVOICE and "Phase" in body and dialect.phase_frozen:
        refuse_frozen(store, record)


def refuse_change(
    store: Store, record: Record, values: Collection[str], links: Mapping[str, object]
) -> None:
    """Raises a 409 when one of these properties of an invoice or a line is frozen, or when an
    invoice that has left the first phase would go back to it."""
    writable = _STILL_WRITABLE if record.type_name == INVOICE else frozenset()
    phase = links.get("Phase")
    goes_back = isinstance(phase, str) and _is_first(store.get(phase))
    if goes_back or {*values, *links} - writable:
        refuse_frozen(store, _invoice_of(store, record))


def refuse_new_line(store: Store, type_name: str, links: Mapping[str, object]) -> None:
    """Raises a 409 for a new line on a frozen invoice."""
    if type_name == PRODUCT_LINE:
        refuse_frozen(store, store.get(str(links["Activity"])))


def refuse_delete(store: Store, record: Record) -> None:
    """Raises a 409 for frozen invoices and lines, and for roles that activities point at."""
    refuse_frozen(store, _invoice_of(store, record))
    is_role = store.model.is_a(record.type_name, "Relationship")
    if is_role and store.pointed_at(record, "Activity"):
        raise ODataError(409, "The relationship still has activities.")


def refuse_frozen(store: Store, invoice: Record | None) -> None:
    """Raises a 409 for an invoice that has left the first phase, which it does for good."""
    if invoice is None:
        return
    phase = store.follow(invoice, "Phase")
    if phase is None or not _is_first(phase):
        raise ODataError(409, "The invoice has been sent and can no longer be changed.")


def _is_first(phase: Record) -> bool:
    return phase.values.get("IsDefault") is True


def goes_along(store: Store, record: Record) -> list[Record]:
    """The records that disappear with `record`: an invoice's lines, an attachment's file."""
    if record.type_name == INVOICE:
        return store.inverse(record, store.model.navigations(INVOICE)["ProductLines"])
    file = store.follow(record, "File") if record.type_name == ATTACHMENT else None
    return [] if file is None else [file]


def _invoice_of(store: Store, record: Record) -> Record | None:
    if record.type_name == INVOICE:
        return record
    return store.follow(record, "Activity") if record.type_name == PRODUCT_LINE else None
