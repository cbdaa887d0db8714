"""The declaration of every setting: checks, documents and defaults come from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tribe_po.settings import values
from tribe_po.settings.invoicing import InvoiceMode, PartialPayments

_POWEROFFICE = "PowerOffice Go"
_TRIBE = "Tribe CRM"
_SYNC = "Synchronisation"
_MONITORING = "Monitoring"
_GO = "Go → Menu → Settings → System → Extensions → Add extension → Custom"
_INVOICES = "Invoices and payments"


@dataclass(frozen=True, slots=True)
class Setting:
    """One declaration. `attribute` is where `Settings` keeps what `parse` makes of the text, and
    `found` says where a person finds the value."""

    attribute: str
    name: str
    help: str
    group: str
    parse: Callable[[str], object]
    default: str | None = None
    required: bool = False
    found: str = ""

    @property
    def secret(self) -> bool:
        """Whether its value is never shown, and may come from the file that `NAME_FILE` names."""
        return self.parse in (values.secret, values.ping_url, values.redis_url)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "environment",
        "POWEROFFICE_ENVIRONMENT",
        "PowerOffice installation that all three keys belong to: production or demo",
        _POWEROFFICE,
        partial(values.choice, values.Environment),
        "production",
    ),
    Setting(
        "poweroffice_api_url",
        "POWEROFFICE_API_URL",
        "PowerOffice's API elsewhere (sandbox, proxy); given together with the token's URL",
        _POWEROFFICE,
        values.url,
    ),
    Setting(
        "poweroffice_token_url",
        "POWEROFFICE_TOKEN_URL",
        "PowerOffice's token service elsewhere; given together with the API's URL",
        _POWEROFFICE,
        values.url,
    ),
    Setting(
        "poweroffice_app_key",
        "POWEROFFICE_APP_KEY",
        "application key: one for the integration",
        _POWEROFFICE,
        values.secret,
        required=True,
        found=f"PowerOffice gave it to whoever registered the integration. It goes in at {_GO}",
    ),
    Setting(
        "poweroffice_client_key",
        "POWEROFFICE_CLIENT_KEY",
        "client key: Go shows it to the company that adds the extension",
        _POWEROFFICE,
        values.secret,
        required=True,
        found=f"It comes out where the application key goes in: {_GO}",
    ),
    Setting(
        "poweroffice_subscription_key",
        "POWEROFFICE_SUBSCRIPTION_KEY",
        "subscription key (primary): one for the partner",
        _POWEROFFICE,
        values.secret,
        required=True,
        found="It is the partner's own, and the same for all of the partner's clients",
    ),
    Setting(
        "poweroffice_subscription_key_secondary",
        "POWEROFFICE_SUBSCRIPTION_KEY_SECONDARY",
        "subscription key (secondary): used when the primary one is refused, as during a rotation",
        _POWEROFFICE,
        values.secret,
    ),
    Setting(
        "rate",
        "TRIBE_PO_RATE",
        "requests per second to PowerOffice, for all processes with this subscription key; "
        "PowerOffice allows 10, lower it where other integrations use the same key",
        _POWEROFFICE,
        partial(values.between, float, 0.1, 10),
        "9",
    ),
    Setting(
        "pace",
        "TRIBE_PO_PACE",
        "URL of a Redis server, such as redis://host:6379/0, that keeps the pace for several "
        "machines; without it the pace holds for the profiles of one user on one machine",
        _POWEROFFICE,
        values.redis_url,
    ),
    Setting(
        "tribe_api_url",
        "TRIBECRM_API_URL",
        "Tribe's API",
        _TRIBE,
        values.url,
        "https://api.tribecrm.nl",
    ),
    Setting(
        "tribe_auth_url",
        "TRIBECRM_AUTH_URL",
        "Tribe's token service",
        _TRIBE,
        values.url,
        "https://auth.tribecrm.nl",
    ),
    Setting(
        "tribe_client_id",
        "TRIBECRM_CLIENT_ID",
        "client id of the connected app in Tribe",
        _TRIBE,
        values.text,
        required=True,
        found="Tribe: Configuration → Applications → Client Credentials → Create New Application",
    ),
    Setting(
        "tribe_client_secret",
        "TRIBECRM_CLIENT_SECRET",
        "client secret of the connected app in Tribe",
        _TRIBE,
        values.secret,
        required=True,
        found="It belongs to the same application as the client id",
    ),
    Setting(
        "tribe_scope",
        "TRIBECRM_SCOPE",
        "scope asked for with the token",
        _TRIBE,
        values.text,
        "read write offline",
    ),
    Setting(
        "tribe_organization_id",
        "TRIBECRM_ORGANIZATION_ID",
        "ID of your own organisation in Tribe, needed where Tribe holds several of your own",
        _TRIBE,
        values.text,
    ),
    Setting(
        "state",
        "TRIBE_PO_STATE",
        "state file; its lock, tokens and backups lie beside it (with --profile NAME: NAME.json)",
        _SYNC,
        values.path,
        "./tribe-po.json",
    ),
    Setting(
        "kinds",
        "TRIBE_PO_KINDS",
        "what is synchronised: customers, suppliers, products, invoices",
        _SYNC,
        values.kinds,
        "customers,suppliers,products,invoices",
    ),
    Setting(
        "match_by",
        "TRIBE_PO_MATCH_BY",
        "how records without a link are matched, in this order: number, organization-number, "
        "name-postcode",
        _SYNC,
        values.match_rules,
        "number",
    ),
    Setting(
        "conflicts",
        "TRIBE_PO_CONFLICTS",
        "who wins a field that both sides changed: poweroffice, tribe, manual (waits for you)",
        _SYNC,
        partial(values.choice, values.ConflictPolicy),
        "poweroffice",
    ),
    Setting(
        "units",
        "TRIBE_PO_UNITS",
        "code of a unit in Tribe = PowerOffice's code for it, such as stk=EA,time=HUR; added to "
        "the usual English, Norwegian and Dutch ones, and counts before them",
        _SYNC,
        values.units,
        "",
    ),
    Setting(
        "sales_accounts",
        "TRIBE_PO_SALES_ACCOUNTS",
        "VAT per cent = number of PowerOffice's sales account for it, such as "
        "25=3000,15=3010,12=3020,0=3100; needed for products with another VAT than that of "
        "PowerOffice's default sales account",
        _SYNC,
        values.sales_accounts,
        "",
    ),
    Setting(
        "product_group",
        "TRIBE_PO_PRODUCT_GROUP",
        "name or code of the group for new products whose group the other side does not have",
        _SYNC,
        values.text,
    ),
    Setting(
        "max_change_percent",
        "TRIBE_PO_MAX_CHANGE_PERCENT",
        "a pass that would change more than this share of the linked records stops and asks",
        _SYNC,
        partial(values.between, int, 0, 100),
        "30",
    ),
    Setting(
        "invoice_mode",
        "TRIBE_PO_INVOICE_MODE",
        "what a sent invoice becomes in PowerOffice: draft (a sales order), book (an invoice that "
        "PowerOffice delivers to nobody), send (an invoice that PowerOffice delivers), voucher "
        "(posted as Tribe has sent it, with Tribe's number and KID)",
        _INVOICES,
        partial(values.choice, InvoiceMode),
        "draft",
    ),
    Setting(
        "sent_phases",
        "TRIBE_PO_SENT_PHASES",
        "codes of the phases in which Tribe's invoices go to PowerOffice, with commas between",
        _INVOICES,
        values.phases,
        "Sent",
    ),
    Setting(
        "paid_phase",
        "TRIBE_PO_PAID_PHASE",
        "code of the phase that a paid invoice gets in Tribe",
        _INVOICES,
        values.text,
        "Paid",
    ),
    Setting(
        "credited_phase",
        "TRIBE_PO_CREDITED_PHASE",
        "code of the phase that a credited invoice gets in Tribe; reported only where not set",
        _INVOICES,
        values.text,
    ),
    Setting(
        "written_off_phase",
        "TRIBE_PO_WRITTEN_OFF_PHASE",
        "code of the phase that an invoice gets in Tribe when it was written off; reported only "
        "where not set",
        _INVOICES,
        values.text,
    ),
    Setting(
        "free_text_products",
        "TRIBE_PO_FREE_TEXT_PRODUCTS",
        "VAT per cent = code of PowerOffice's product for invoice lines without a product, such as "
        "25=TRIBE-25,15=TRIBE-15,0=TRIBE-0",
        _INVOICES,
        values.free_text_products,
        "",
    ),
    Setting(
        "kid_field",
        "TRIBE_PO_KID_FIELD",
        "field of Tribe's invoices with the KID, by the name that Tribe shows in grey under it; "
        "without it vouchers carry no KID",
        _INVOICES,
        values.field_name,
    ),
    Setting(
        "partial_payments",
        "TRIBE_PO_PARTIAL_PAYMENTS",
        "how Tribe is told of part of an invoice being paid: off, note, payment (a payment record)",
        _INVOICES,
        partial(values.choice, PartialPayments),
        "off",
    ),
    Setting(
        "max_invoices",
        "TRIBE_PO_MAX_INVOICES",
        "a run that would export or book more invoices than this stops and asks",
        _INVOICES,
        partial(values.between, int, 1, 1_000_000),
        "200",
    ),
    Setting(
        "max_amount",
        "TRIBE_PO_MAX_AMOUNT",
        "a run that would export or book more than this amount in one currency stops and asks; "
        "without it there is no limit",
        _INVOICES,
        values.amount,
    ),
    Setting(
        "healthcheck_url",
        "TRIBE_PO_HEALTHCHECK_URL",
        "ping URL of healthchecks.io, or of a server that speaks as it does, told when a pass "
        "starts, succeeds and fails; {pass} and {profile} in it stand for the run's own",
        _MONITORING,
        values.ping_url,
    ),
    Setting(
        "metrics_file",
        "TRIBE_PO_METRICS_FILE",
        "file of Prometheus metrics for node_exporter's textfile collector, named *.prom; several "
        "passes and profiles may share it",
        _MONITORING,
        values.path,
    ),
)
