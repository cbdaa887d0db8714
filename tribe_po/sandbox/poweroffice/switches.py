"""What the contract leaves open, or what differs between companies, for a test to set."""

from dataclasses import dataclass


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
    `uses_kid`: invoices get a payment reference number.
    `missing_ids_are_refused`: a filter by internal id that names nothing is a 404, not a 204.
    `references_free_after_delete`: a deleted order's ExternalImportReference may be used again.
    `line_changes_move_orders`: a change of a line moves the order's LastChangedDateTimeOffset.
    """

    allow_send_invoice: bool = False
    unique_product_codes: bool = False
    product_created_status: int = 201
    invoice_settings: bool = True
    send_seconds: float = 2
    sent_state_seconds: float = 0
    delivery_error: str | None = None
    keep_last_error: bool = False
    uses_kid: bool = True
    missing_ids_are_refused: bool = True
    references_free_after_delete: bool = True
    line_changes_move_orders: bool = False
