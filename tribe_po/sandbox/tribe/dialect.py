"""How an imitated Tribe tenant answers where the contract is silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class TribeDialect:
    """The open questions of tribe.md (section 15), one switch each.

    put: PUT updates; off, only POST with an ID is left (4.2).
    put_refusal: what PUT answers where it is off: 405, 501, or a 404 as for an unknown route (4.2).
    post_creates_unknown: a POST with an ID that names nothing creates it; off, 404 (4.2).
    next_link: a page that is cut short carries `@odata.nextLink` (4.5).
    page_cap: the most rows in one page, whatever `$top` asks for (4.5).
    write_body: writes answer 200/201 with the entity; off, 204 without a body (4.2).
    upgrade_keeps_id: a lead keeps its ID when it becomes a customer (6.5).
    metadata: `$metadata` exists; off, 404 (4.6).
    auto_number: a new organisation or person gets a DebtorNumber, also over one that the API
        client sent (6.1).
    stamp_on_create: LastMutationDate is set at creation; off, null until the first change (4.7).
    order_by_id: `$orderby` takes ID as a key (4.5).
    billing: the tenant has the invoicing module; off, there is no Activity_Invoice (1).
    nested_line_expand: `$expand=ProductLines($expand=...)` is understood; off, 400 (10.2).
    invoice_date, due_date: the names of these properties of Activity_Invoice, None for a tenant
        without (10.1). Days, except under the names of DateTimeOffsets (Start, End, StartDate,
        EndDate, Deadline): there the moment, in UTC, at which the day begins in Norway.
    invoice_field: the name on the wire of a field of the tenant's own on invoices; None without
        one (3.1).
    vat_of: the VAT of an invoice is rounded for each of its lines, or for the sum of each rate
        (10.2).
    rounding: half an øre of a sum goes away from zero, or to the even one.
    product_requires: a new product needs Name, ProductGroup, Unit and VatGroup (9.1).
    phase_frozen: an invoice that was sent takes no other phase through the API; 409 (10.4).
    phase_by_put: PUT moves an invoice to another phase; off, only POST with its ID does (4.2).
    scopes: the OAuth scopes that the application may ask for (2.2).
    token_seconds: the life of a token (2.3).
    update_body: updates answer 200 with the entity; off, 204 without a body (4.2).
    created_status: what a creation answers that has a body (4.2).
    empty_status: what a write answers that has none (4.2).
    location: a creation names the new record in the headers Location and OData-EntityId (4.2).
    casing: the capitals of property names in answers: as declared, or another way (3.2).
    numbers: debtor and creditor numbers are texts in answers, or JSON numbers (6.1).
    nested_filter: `$filter` takes a path to a property of a linked record; off, 400 (4.4).
    import_id: ImportId is in the metadata; or `untold`: only its use shows that it is there; or
        `unfilterable`: `$filter` takes it not; or `absent` (5.4).
    former: the API writes IsFormer; or a request with it is `refused` (400) or `forbidden` (403);
        or it is `ignored` (6.9).
    new_address: an address that is given in full where a relation names one is made and `named` by
        that; or becomes the relation's `visiting` one; or is `refused` (400); or is `dropped`, and
        the rest of the request taken (7).
    upgrade_type: how `_UpgradeType` wants the target's name, with underscores or dots; or None
        where relationships cannot be converted (6.5).
    read_lag: so many seconds after its creation a record shows in lists (4.7).
    query_lag: reads, of lists and of single records, show everything as it was so many seconds ago;
        writes and their answers do not lag (1, 4.7).
    error_body: the shape of refusals: OData's, Spring's, a page of HTML, or nothing (4.8).
    throttle_every: every so many-th request is refused with 429; 0 for none (4.9).
    retry_after: a 429 says when to come back (4.9).
    """

    put: bool = True
    put_refusal: int = 405
    post_creates_unknown: bool = False
    next_link: bool = False
    page_cap: int = 100
    write_body: bool = True
    upgrade_keeps_id: bool = True
    metadata: bool = True
    auto_number: bool = False
    stamp_on_create: bool = False
    order_by_id: bool = True
    billing: bool = True
    nested_line_expand: bool = True
    invoice_date: str | None = "InvoiceDate"
    due_date: str | None = "ExpirationDate"
    invoice_field: str | None = None
    vat_of: Literal["lines", "sums"] = "lines"
    rounding: Literal["up", "even"] = "up"
    product_requires: bool = True
    phase_frozen: bool = False
    phase_by_put: bool = True
    scopes: tuple[str, ...] = ("read", "write", "offline")
    token_seconds: int = 3600
    update_body: bool = True
    created_status: int = 201
    empty_status: int = 204
    location: bool = False
    casing: Literal["declared", "lower", "upper", "camel"] = "declared"
    numbers: Literal["text", "number"] = "text"
    nested_filter: bool = True
    import_id: Literal["told", "untold", "unfilterable", "absent"] = "told"
    former: Literal["taken", "refused", "forbidden", "ignored"] = "taken"
    new_address: Literal["named", "visiting", "refused", "dropped"] = "named"
    upgrade_type: Literal["underscored", "dotted"] | None = "underscored"
    read_lag: float = 0
    query_lag: float = 0
    error_body: Literal["odata", "spring", "html", "nothing"] = "odata"
    throttle_every: int = 0
    retry_after: bool = True
