"""What a pass is told from outside: the settings, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from tribe_po.invoices import Payment
from tribe_po.records import Kind
from tribe_po.settings.document import env_example, settings_table
from tribe_po.settings.invoicing import InvoiceMode, Invoicing, PartialPayments
from tribe_po.settings.sources import Source, settings_error, sources
from tribe_po.settings.table import SETTINGS, Setting
from tribe_po.settings.values import (
    POWEROFFICE_URLS,
    ConflictPolicy,
    Environment,
    MatchRule,
    Secret,
)

__all__ = [
    "SETTINGS",
    "ConflictPolicy",
    "Environment",
    "InvoiceMode",
    "Invoicing",
    "LocalSettings",
    "MatchRule",
    "PartialPayments",
    "Rules",
    "Secret",
    "Setting",
    "Settings",
    "env_example",
    "settings_table",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings that decisions about records follow."""

    kinds: tuple[Kind, ...]
    match_by: tuple[MatchRule, ...]
    conflicts: ConflictPolicy
    invoice_mode: InvoiceMode
    sent_phases: tuple[str, ...]
    paid_phase: str
    credited_phase: str | None
    written_off_phase: str | None
    free_text_products: Mapping[Decimal, str]
    kid_field: str | None
    partial_payments: PartialPayments

    @property
    def invoicing(self) -> Invoicing:
        """The rules about invoices, together."""
        phases = {
            Payment.PAID: self.paid_phase,
            Payment.CREDITED: self.credited_phase,
            Payment.WRITTEN_OFF: self.written_off_phase,
        }
        return Invoicing(
            mode=self.invoice_mode,
            sent_phases=self.sent_phases,
            phases={payment: phase for payment, phase in phases.items() if phase},
            free_text_products=self.free_text_products,
            partial_payments=self.partial_payments,
            products_by_code=Kind.PRODUCT not in self.kinds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Rules):
    """All settings, checked. Made by `Settings.load`; its repr shows no secret.

    `rate` is in requests per second, `max_change_percent` in per cent; the URLs have no slash at
    their end. `units` has PowerOffice's unit codes by Tribe's folded ones, and `sales_accounts`
    account numbers by VAT in per cent. `profile` is "default" where none was asked for.
    """

    environment: Environment
    poweroffice_api_url: str
    poweroffice_token_url: str
    poweroffice_app_key: Secret
    poweroffice_client_key: Secret
    poweroffice_subscription_key: Secret
    poweroffice_subscription_key_secondary: Secret | None
    rate: float
    pace: Secret | None
    tribe_api_url: str
    tribe_auth_url: str
    tribe_client_id: str
    tribe_client_secret: Secret
    tribe_scope: str
    tribe_organization_id: str | None
    state: Path
    units: Mapping[str, str]
    sales_accounts: Mapping[Decimal, int]
    product_group: str | None
    max_change_percent: int
    max_invoices: int
    max_amount: Decimal | None
    healthcheck_url: Secret | None
    metrics_file: Path | None
    profile: str = "default"

    @classmethod
    def load(
        cls, environ: Mapping[str, str], env_file: Path | None = None, profile: str | None = None
    ) -> Settings:
        """Read all settings: first from `environ`, then `env_file`, then `.env` in the working
        directory. With a profile, `PROFILE.env` takes the place of `.env`, and the state is
        `PROFILE.json` unless it is set.

        An empty value counts as not set. Raise `SettingsError` with a line for each problem.
        """
        return cls.of(sources(environ, env_file, profile), profile)

    @classmethod
    def of(cls, origins: list[Source], profile: str | None = None) -> Settings:
        """Read all settings from these places, the first one that has a value counting. Raises as
        `load` does."""
        values, problems = _read_all(origins, profile)
        if problems:
            raise settings_error(problems)
        return cls(**values, profile=profile or "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings(Rules):
    """The settings that reading the state takes: no key is among them."""

    state: Path
    profile: str = "default"

    @classmethod
    def load(
        cls, environ: Mapping[str, str], env_file: Path | None = None, profile: str | None = None
    ) -> LocalSettings:
        """Read them from the same places as `Settings.load`; what else is missing or wrong there
        does not matter. Raise `SettingsError` with a line for each problem."""
        taken = {field.name for field in fields(cls)}
        own = [setting for setting in SETTINGS if setting.attribute in taken]
        values, problems = _read_all(sources(environ, env_file, profile), profile, own)
        if problems:
            raise settings_error(problems)
        return cls(**values, profile=profile or "default")


def _read_all(
    origins: list[Source], profile: str | None, wanted: Iterable[Setting] = SETTINGS
) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in wanted:
        of_profile = profile and setting.attribute == "state"
        default = f"./{profile}.json" if of_profile else setting.default
        try:
            values[setting.attribute] = _value(setting, origins, default)
        except ValueError as problem:
            problems.append(f"{setting.name} {problem}")
    problems += _complete_urls(values)
    return values, problems


def _value(setting: Setting, origins: list[Source], default: str | None) -> object:
    for source in origins:
        raw = source.take(setting)
        if raw is not None:
            return _parsed(setting, raw, source.where)
    if setting.required:
        raise ValueError(f"is missing; expected the {setting.help}")
    return None if default is None else setting.parse(default)


def _parsed(setting: Setting, raw: str, where: str) -> object:
    try:
        return setting.parse(raw)
    except ValueError as problem:
        shown = "" if setting.secret or "@" in raw else f" ({raw[:60]!r})"
        raise ValueError(f"makes no sense in {where}{shown}; expected {problem}") from None


def _complete_urls(values: dict[str, Any]) -> Iterator[str]:
    """Fill in PowerOffice's URLs. Only one of them given would send keys to the wrong place."""
    names = ("poweroffice_api_url", "poweroffice_token_url")
    if "environment" not in values or not values.keys() >= set(names):
        return
    given = [name for name in names if values[name]]
    if len(given) == 1:
        yield "POWEROFFICE_API_URL, POWEROFFICE_TOKEN_URL: one is set alone; expected both, or none"
    elif not given:
        values.update(zip(names, POWEROFFICE_URLS[values["environment"]], strict=True))
