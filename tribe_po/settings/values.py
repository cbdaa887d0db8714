"""The types of settings, and the parsers that make them of text.

Every parser raises `ValueError` with what is expected instead, as words that follow "expected".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from tribe_po.records import Kind
from tribe_po.settings.units import CODES, USUAL

_FIELD_NAME = re.compile(r"[A-Za-z0-9_-]+")


class Environment(StrEnum):
    """One of PowerOffice's two installations, each with its own keys (poweroffice.md section 2)."""

    PRODUCTION = "production"
    DEMO = "demo"


class ConflictPolicy(StrEnum):
    """Who wins a shared field that both sides changed."""

    POWEROFFICE = "poweroffice"
    TRIBE = "tribe"
    MANUAL = "manual"


class MatchRule(StrEnum):
    """A way to tell that two records without a link are the same."""

    NUMBER = "number"
    ORGANIZATION_NUMBER = "organization-number"
    NAME_POSTCODE = "name-postcode"


POWEROFFICE_URLS: Mapping[Environment, tuple[str, str]] = {
    Environment.PRODUCTION: (
        "https://goapi.poweroffice.net/v2",
        "https://goapi.poweroffice.net/OAuth/Token",
    ),
    Environment.DEMO: (
        "https://goapi.poweroffice.net/Demo/v2",
        "https://goapi.poweroffice.net/Demo/OAuth/Token",
    ),
}
"""The API's and the token's URL of each installation (poweroffice.md section 2)."""


class Secret:
    """A text that no log, error or repr shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def text(raw: str) -> str:
    if not raw.isprintable():
        raise ValueError("one line of printable characters")
    return raw


def field_name(raw: str) -> str:
    if _FIELD_NAME.fullmatch(raw) is None:
        raise ValueError("the name of one field: letters, digits, - and _")
    return raw


def secret(raw: str) -> Secret:
    return Secret(text(raw))


def redis_url(raw: str) -> Secret:
    """It may hold a password."""
    if urlsplit(text(raw)).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("a URL that begins with redis://, rediss:// or unix://")
    return Secret(raw)


def _any_of(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def choice(choices: type[StrEnum], raw: str) -> StrEnum:
    try:
        return choices(raw.lower())
    except ValueError:
        raise ValueError(_any_of([choice.value for choice in choices])) from None


def _words(raw: str) -> list[str]:
    return list(dict.fromkeys(word for word in re.split(r"[,\s]+", raw.lower()) if word))


def kinds(raw: str) -> tuple[Kind, ...]:
    plurals = {f"{kind.value}s": kind for kind in Kind}
    words = _words(raw)
    if not words or not plurals.keys() >= set(words):
        raise ValueError(f"{_any_of(list(plurals))}, or several with commas between")
    return tuple(kind for plural, kind in plurals.items() if plural in words)


def match_rules(raw: str) -> tuple[MatchRule, ...]:
    words = _words(raw)
    if words[:1] != [MatchRule.NUMBER] or not set(MatchRule) >= set(words):
        added = " and ".join(rule.value for rule in MatchRule if rule is not MatchRule.NUMBER)
        raise ValueError(f"number, then if wanted {added}, with commas between")
    return tuple(MatchRule(word) for word in words)


def _pairs(raw: str, expected: str) -> dict[str, str]:
    """`a=x, b=y` by the folded left side, which may be given once."""
    pairs: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in raw.split(","))):
        left, _, right = (side.strip() for side in part.partition("="))
        if not left or not right or left.casefold() in pairs:
            raise ValueError(expected)
        pairs[left.casefold()] = right
    return pairs


def units(raw: str) -> Mapping[str, str]:
    """PowerOffice's unit code by the folded code of Tribe's unit, the usual ones included."""
    given = _pairs(text(raw), "pairs like stk=EA, Tribe's unit first, each unit once")
    for code in given.values():
        if code.upper() not in CODES:
            raise ValueError(f"a unit of PowerOffice, such as EA, HUR or KGM, in place of {code}")
    return MappingProxyType({**USUAL, **{unit: code.upper() for unit, code in given.items()}})


_PER_CENT = r"\d{1,2}(\.\d+)?|100"


def sales_accounts(raw: str) -> Mapping[Decimal, int]:
    """Account numbers by VAT in per cent."""
    expected = "pairs like 25=3000, VAT per cent first, each per cent once"
    accounts: dict[Decimal, int] = {}
    for per_cent, account in _pairs(text(raw), expected).items():
        is_per_cent = re.fullmatch(_PER_CENT, per_cent, re.ASCII)
        is_account = re.fullmatch(r"[1-9]\d{0,17}", account, re.ASCII)
        if not is_per_cent or not is_account or Decimal(per_cent) in accounts:
            raise ValueError(expected)
        accounts[Decimal(per_cent)] = int(account)
    return MappingProxyType(accounts)


def free_text_products(raw: str) -> Mapping[Decimal, str]:
    """Product codes by VAT in per cent."""
    expected = "pairs like 25=TRIBE-25, VAT per cent first, each per cent once"
    codes: dict[Decimal, str] = {}
    for per_cent, code in _pairs(text(raw), expected).items():
        if not re.fullmatch(_PER_CENT, per_cent, re.ASCII) or Decimal(per_cent) in codes:
            raise ValueError(expected)
        codes[Decimal(per_cent)] = code
    return MappingProxyType(codes)


def phases(raw: str) -> tuple[str, ...]:
    """Codes of phases, as Tribe spells them or in other capitals."""
    codes = tuple(filter(None, (code.strip() for code in text(raw).split(","))))
    if not codes:
        raise ValueError("codes of phases, with commas between")
    return codes


def amount(raw: str) -> Decimal:
    expected = "an amount such as 250000 or 1250.50"
    if not re.fullmatch(r"\d{1,15}(\.\d{1,2})?", raw, re.ASCII):
        raise ValueError(expected)
    return Decimal(raw)


def between(kind: type[int] | type[float], least: float, most: float, raw: str) -> float:
    expected = f"a number from {least:g} to {most:g}"
    try:
        number = kind(raw)
    except ValueError:
        raise ValueError(expected) from None
    if not least <= number <= most:
        raise ValueError(expected)
    return number


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def url(raw: str) -> str:
    expected = "https://HOST/PATH (http only to this machine), without user, query or fragment"
    if not _is_encrypted(raw) or re.search(r"[@?#\s]", raw):
        raise ValueError(expected)
    return raw.rstrip("/")


def ping_url(raw: str) -> Secret:
    """A URL that is a secret itself: who knows it can speak for the pass."""
    filled = raw.replace("{pass}", "pass").replace("{profile}", "profile")
    if not _is_encrypted(raw) or re.search(r"[@#\s{}]", filled):
        raise ValueError(
            "https://HOST/PATH (http only to this machine), in which {pass} and {profile} may stand"
        )
    return Secret(raw)


def _is_encrypted(raw: str) -> bool:
    try:
        parts = urlsplit(raw)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    local = parts.scheme == "http" and _is_loopback(host)
    return raw.isprintable() and bool(host) and (parts.scheme == "https" or local)


def path(raw: str) -> Path:
    return Path(text(raw)).expanduser()
