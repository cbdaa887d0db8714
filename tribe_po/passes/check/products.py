"""The looks at what products refer to: units, sales accounts, the group for new ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from tribe_po.errors import ExitCode, RecordRefused
from tribe_po.passes.check.examination import Examination
from tribe_po.passes.check.findings import Finding, Level, Topic
from tribe_po.passes.check.poweroffice import FOR_VAT
from tribe_po.poweroffice.client import SalesAccount
from tribe_po.poweroffice.lists import PRODUCT_GROUPS
from tribe_po.records import System
from tribe_po.tribe.lookups import shown

ACCOUNTS_SETTING = "TRIBE_PO_SALES_ACCOUNTS"
GROUP_SETTING = "TRIBE_PO_PRODUCT_GROUP"
NO_GROUP = (
    f"{GROUP_SETTING} is not set: a new product whose group the other side lacks goes to "
    "PowerOffice's default group, and waits before it comes to Tribe unless Tribe has only one"
)


def units(it: Examination) -> Iterator[Finding]:
    """What each of Tribe's units stands for in PowerOffice, and which stand for nothing there."""
    found = it.tribe.products.units()
    if not found:
        yield _none_in_tribe(Topic.UNITS, "units")
        return
    mapped = [f"{one.name} = {one.meaning}" for one in found if one.meaning]
    if mapped:
        yield Finding.ok(Topic.UNITS, ", ".join(mapped))
    unmapped = [one.name for one in found if not one.meaning]
    if unmapped:
        yield Finding.warning(
            Topic.UNITS,
            f"in Tribe, but none of PowerOffice's: {', '.join(unmapped)}\n"
            "That unit of a product is held back; the rest of it goes to PowerOffice.",
            f"Add PowerOffice's code for it to TRIBE_PO_UNITS, such as {unmapped[0]}=EA",
        )


def _none_in_tribe(topic: Topic, what: str) -> Finding:
    return Finding.warning(
        topic,
        f"Tribe shows no {what}\nEvery new product in Tribe is given one, so none can come there.",
        "Give the application's user the right to read them, or add one in Tribe.",
    )


def accounts(it: Examination) -> Iterator[Finding]:
    """Which sales account a product gets for each VAT per cent that Tribe has, or that is
    configured; which get none, and which configured accounts cannot be used."""
    lacking = [privilege for privilege in FOR_VAT if not it.may(privilege)]
    if lacking:
        yield _not_granted(Topic.ACCOUNTS, lacking)
        return
    configured = it.settings.sales_accounts
    by_number = {account.number: account for account in it.poweroffice.sales_accounts()}
    default = next((one for one in by_number.values() if one.is_default), None)
    in_tribe = it.tribe.products.vat_groups()
    used = {vat: by_number.get(number) for vat, number in configured.items()}
    right = {vat: one for vat, one in used.items() if one and one.vat in (vat, None)}
    if default and default.vat in in_tribe and default.vat not in configured:
        right[default.vat] = default
    if right:
        yield Finding.ok(Topic.ACCOUNTS, _listed(right))
    for vat, number in configured.items():
        if vat not in right:
            yield _unusable(vat, number, used[vat])
    if not in_tribe:
        yield _none_in_tribe(Topic.ACCOUNTS, "VAT groups")
    if default is None or default.vat is None:
        yield _default_unknown(default)
    missing = {vat: names for vat, names in in_tribe.items() if vat not in {*right, *configured}}
    if missing:
        yield _without_account(missing, default)


def _listed(right: Mapping[Decimal, SalesAccount]) -> str:
    return ", ".join(
        f"{shown(vat)}: {account.number}{' (default)' if account.is_default else ''}"
        for vat, account in sorted(right.items(), reverse=True)
    )


def _unusable(vat: Decimal, number: int, account: SalesAccount | None) -> Finding:
    known = f"It carries {shown(account.vat)}" if account and account.vat is not None else ""
    why = f"{known} in PowerOffice." if known else "PowerOffice has no account of that number."
    return _wrong_setting(
        Topic.ACCOUNTS,
        f"account {number} cannot be used for {shown(vat)} VAT\n{why}",
        f"Correct {ACCOUNTS_SETTING}{', or its VAT code in PowerOffice' if known else ''}.",
    )


def _wrong_setting(topic: Topic, text: str, next_step: str) -> Finding:
    return Finding(topic, Level.ERROR, text, next_step, ExitCode.SETTINGS)


def _default_unknown(default: SalesAccount | None) -> Finding:
    what = f"the VAT on its default sales account {default.number}" if default else ""
    return Finding.warning(
        Topic.ACCOUNTS,
        f"PowerOffice does not tell {what or 'its default sales account'}\n"
        "The VAT of products that are sold on it is left alone, and new ones cannot come to Tribe.",
        "Give the products, or their groups, a sales account in PowerOffice.",
    )


def _without_account(
    missing: Mapping[Decimal, Sequence[str]], default: SalesAccount | None
) -> Finding:
    which = ", ".join(f"{shown(vat)} ({', '.join(names)})" for vat, names in missing.items())
    known = default is not None and default.vat is not None
    why = (
        "A product with that VAT can go to PowerOffice only in a product group that carries it."
        if known
        else "A new product with that VAT gets PowerOffice's default account, whatever it carries."
    )
    example = f"{next(iter(missing)).normalize():f}=3000"
    return Finding.warning(
        Topic.ACCOUNTS,
        f"no sales account for {which}\n{why}",
        f"Add the number of one to {ACCOUNTS_SETTING}, such as {example}, if products have it.",
    )


def group(it: Examination) -> Iterator[Finding]:
    """Whether the group for new products exists on both sides."""
    name = it.settings.product_group
    if name is None:
        yield Finding.ok(Topic.GROUP, NO_GROUP)
        return
    looks: dict[System, Callable[[str], object]] = {System.TRIBE: it.tribe.products.check_group}
    if it.may(PRODUCT_GROUPS.reads):
        looks[System.POWEROFFICE] = it.poweroffice.product_group
    else:
        yield _not_granted(Topic.GROUP, [PRODUCT_GROUPS.reads])
    for system, look in looks.items():
        try:
            look(name)
        except RecordRefused as refusal:
            next_step = f"Correct {GROUP_SETTING}, or add the group in {system.title}."
            yield _wrong_setting(Topic.GROUP, f"{refusal.what}\n{refusal.why}", next_step)
        else:
            yield Finding.ok(Topic.GROUP, f"{name}: found in {system.title}")


def _not_granted(topic: Topic, privileges: Sequence[str]) -> Finding:
    return Finding.warning(topic, f"Not asked: {', '.join(privileges)} not in force.")
