"""What the contract leaves open, or what differs between companies, for a test to set."""

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Switches:
    """How this client company, and PowerOffice Go around it, behaves. All may be set any time.

    `allow_send_invoice`: the integration may send invoices (poweroffice.md section 11.4).
    `unique_product_codes`: a second product with the same code is refused.
    `product_created_status`: what POST /Products answers, 201 or 200.
    `invoice_settings`: GET /InvoiceSettings exists.
    `send_seconds`: so long after the 202 an invoice is issued, by the sandbox clock.
    `sent_state_seconds`: so long after the 202 sentState knows nothing of it yet.
    `delivery_error`: while set, invoices are posted but not delivered, with this message.
    `keep_last_error`: the message of an earlier failure stays after the invoice was sent.
    `vat_of`: the VAT of an order is rounded for each of its lines, or for the sum of each rate.
    `rounding`: half an øre of an order's amounts, or of a voucher's without VAT, goes away from
    zero, or to the even one.
    `voucher_lines`: amounts of lines of vouchers are with VAT; or without, so that they come to
    less than the voucher (`net`); or without, and the VAT comes on top of the voucher's (`on top`).
    `uses_kid`: invoices get a payment reference number.
    `missing_ids_are_refused`: a filter by internal id that names nothing is a 404, not a 204.
    `references_free_after_delete`: a deleted order's ExternalImportReference may be used again.
    `line_changes_move_orders`: a change of a line moves the order's LastChangedDateTimeOffset.
    `order_by`, `fields`: lists take OrderBy, and Fields; off, 400.
    `page_cap`: the most rows in one page, whatever PageSize asks for.
    `archived`: lists show archived contacts and products; or only those that are `asked for` by
    number, code or reference; or never (`hidden`).
    `duplicate_status`: what a number, code or reference in use is answered with, 400 or 409.
    `duplicate_detail`: such a refusal says what is in use, and by whom.
    `same_company`: a new customer or supplier with the organisation number of a contact is a
    contact of its own (`apart`); or, where that contact lacks the role, joins it, and what is sent
    replaces what both roles share (`joined`), or stays as it is where there is something (`joined
    as it is`); or every such number in use is `refused`.
    `patch_test`: JSON Patch tests are honoured, or refused (400), or ignored.
    `patch_remove`: JSON Patch takes `remove`; off, 400, and only `replace` with null clears.
    `new_address_by_parts`: adding a part of an address makes the address; off, 400.
    `fraction_digits`, `offset`: how time stamps in answers end.
    `problem_members`: the members of a ProblemDetails in lower or in Pascal case; or no body.
    `post_body`, `patch_body`: writes answer with the object; off, without a body.
    `unknown_members`: objects have members that no specification names.
    `address_moves_contact`: a change of the address moves the contact's LastChanged.
    `shared_moves_both`: a change of what both roles of a contact share moves the LastChanged of
    both; off, only of the role in which it was made.
    `throttle_every`: every so many-th request is refused with 429; 0 for none.
    `retry_after`: a 429 says when to come back.
    """

    allow_send_invoice: bool = False
    unique_product_codes: bool = False
    product_created_status: int = 201
    invoice_settings: bool = True
    send_seconds: float = 2
    sent_state_seconds: float = 0
    delivery_error: str | None = None
    keep_last_error: bool = False
    vat_of: Literal["lines", "sums"] = "lines"
    rounding: Literal["up", "even"] = "up"
    voucher_lines: Literal["gross", "net", "on top"] = "gross"
    uses_kid: bool = True
    missing_ids_are_refused: bool = True
    references_free_after_delete: bool = True
    line_changes_move_orders: bool = False
    order_by: bool = True
    fields: bool = True
    page_cap: int | None = None
    archived: Literal["shown", "asked for", "hidden"] = "shown"
    duplicate_status: int = 400
    duplicate_detail: bool = True
    same_company: Literal["apart", "joined", "joined as it is", "refused"] = "apart"
    patch_test: Literal["honoured", "refused", "ignored"] = "honoured"
    patch_remove: bool = True
    new_address_by_parts: bool = True
    fraction_digits: int = 7
    offset: Literal["+00:00", "Z", ""] = "+00:00"
    problem_members: Literal["lower", "pascal", "none"] = "lower"
    post_body: bool = True
    patch_body: bool = True
    unknown_members: bool = False
    address_moves_contact: bool = False
    shared_moves_both: bool = True
    throttle_every: int = 0
    retry_after: bool = True
