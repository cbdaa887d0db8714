"""Sales accounts. A product has no VAT in PowerOffice: the account that its sales are posted on
decides, which is its own, else its group's, else the client's (poweroffice.md section 10)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tribe_po.errors import NotAllowed, RecordRefused
from tribe_po.poweroffice.lists import ACCOUNTS, INVOICE_SETTINGS, VAT_CODES, Dto, Lists
from tribe_po.poweroffice.once import Once

_NO_VAT = "0"
"""The letters of the VAT code for no VAT (poweroffice.md section 12.2)."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """A general-ledger account. `vat` is in per cent, None where its code is not known, as is then
    `vat_id`, the id of that code."""

    id: int
    number: int
    vat: Decimal | None
    vat_id: int | None = None


class SalesAccounts:
    """Which VAT a sale carries on an account, and which account makes it carry another one.

    Accounts, VAT codes and the client's default account are read once, when first needed. Without
    the privilege to read them, or on a server that does not tell the default one, the VAT is
    unknown. `configured` has account numbers by per cent. An `inherited` account is that of the
    product's group, None for the client's default one.
    """

    def __init__(self, lists: Lists, configured: Mapping[Decimal, int]) -> None:
        self._lists = lists
        self._configured = configured
        self._accounts = Once(self._read_accounts)
        self._default = Once(self._read_default)

    def vat_of(self, account_id: int | None) -> Decimal | None:
        """The VAT in per cent on an account, None for the default one; None if unknown."""
        accounts = self._accounts.get()
        if not accounts:
            return None
        identity = self._default.get() if account_id is None else account_id
        account = None if identity is None else accounts.get(identity)
        return account.vat if account else None

    def all(self) -> list[Account]:
        """Every account; none where they may not be read."""
        return list(self._accounts.get().values())

    def default_id(self) -> int | None:
        """The id of the client's default account, None if unknown."""
        return self._default.get()

    def id_for(self, vat: Decimal, inherited: int | None, *, is_new: bool) -> int | None:
        """The id of the account for so much VAT, None where the inherited one is right.

        The inherited one also serves a new product where its VAT is unknown and no account is
        configured. Raise `RecordRefused` where there is no account for it.
        """
        number = self._configured.get(vat)
        if number is not None:
            account = self._numbered(number, vat)
            usual = self._default.get() if inherited is None else inherited
            return None if account.id == usual else account.id
        inherited_vat = self.vat_of(inherited)
        if inherited_vat == vat or (is_new and inherited_vat is None):
            return None
        raise _none_configured(vat, inherited_vat)

    def to_post_on(self, vat: Decimal) -> tuple[int, int]:
        """The ids of the account and of the VAT code for a sale with so much VAT. Raise
        `RecordRefused` where there is no account for it, or none whose VAT is known."""
        own = self.id_for(vat, None, is_new=False)
        identity = self._default.get() if own is None else own
        account = None if identity is None else self._accounts.get().get(identity)
        if account is None or account.vat_id is None:
            raise _none_configured(vat, None)
        return account.id, account.vat_id

    def forget(self) -> None:
        """Read everything again when next needed: an account may have been deleted."""
        self._accounts.forget()
        self._default.forget()

    def _numbered(self, number: int, vat: Decimal) -> Account:
        """The configured account, which must carry the VAT that it is configured for: a product
        that never gets that VAT would be written in every pass."""
        known = self._accounts.get()
        account = next((each for each in known.values() if each.number == number), None)
        if account is None:
            raise _no_such_account(number, vat, readable=bool(known))
        if account.vat is not None and account.vat != vat:
            raise _other_vat(account, vat)
        return account

    def _read_accounts(self) -> dict[int, Account]:
        try:
            rows = self._lists.read(ACCOUNTS).rows
            rates = _Rates(self._lists.read(VAT_CODES).rows)
        except NotAllowed as error:
            _log.warning(
                "The VAT of products stays unknown. %s %s",
                error.why,
                error.next_step,
                extra={"id": "accounts.unknown"},
            )
            return {}
        return {
            int(row["Id"]): Account(
                int(row["Id"]), int(row["AccountNo"]), rates.of(row), rates.id_of(row)
            )
            for row in rows
        }

    def _read_default(self) -> int | None:
        try:
            told = self._lists.settings(INVOICE_SETTINGS)
        except NotAllowed as error:
            _log.warning(
                "The default sales account is unknown. %s %s",
                error.why,
                error.next_step,
                extra={"id": "accounts.unknown"},
            )
            return None
        account = (told or {}).get("StandardSalesAccountId")
        return None if account is None else int(account)


class _Rates:
    """The rates of VAT codes. Codes that no longer hold are not listed, so that an account that
    still names one by its id is looked up by its letters (poweroffice.md section 13.2)."""

    def __init__(self, codes: tuple[Dto, ...]) -> None:
        per_cent = [(code, _per_cent(code["Rate"])) for code in codes]
        self._by_id = {int(code["Id"]): rate for code, rate in per_cent}
        self._by_code = {str(code.get("Code")): rate for code, rate in per_cent}
        self._ids = {str(code.get("Code")): int(code["Id"]) for code in codes}

    def of(self, account: Dto) -> Decimal | None:
        """The rate in per cent on an account; one without a VAT code carries no VAT."""
        identity, code = account.get("VatCodeId"), account.get("VatCode")
        if identity is None and code is None:
            return Decimal(0)
        return self._by_id.get(identity or 0, self._by_code.get(str(code)))

    def id_of(self, account: Dto) -> int | None:
        """The id of the code on an account, as far as it still holds; an account without one is
        posted on with the code for no VAT."""
        identity, code = account.get("VatCodeId"), account.get("VatCode")
        if identity is not None and int(identity) in self._by_id:
            return int(identity)
        return self._ids.get(_NO_VAT if identity is None and code is None else str(code))


def _per_cent(rate: int | Decimal) -> Decimal:
    """A rate of 0.25 is 25 per cent."""
    return Decimal(f"{(Decimal(rate) * 100).normalize():f}")


def _none_configured(vat: Decimal, inherited_vat: Decimal | None) -> RecordRefused:
    has = "one whose VAT is unknown" if inherited_vat is None else f"one with {inherited_vat} %"
    return RecordRefused(
        f"PowerOffice has no sales account to use for {vat.normalize():f} % VAT.",
        f"Without an account of its own the product is sold on {has}.",
        f"Set TRIBE_PO_SALES_ACCOUNTS, for example {vat.normalize():f}=3000 with the number of the "
        "account for that VAT. The next pass tries again.",
    )


def _no_such_account(number: int, vat: Decimal, *, readable: bool) -> RecordRefused:
    why = f"PowerOffice has no account {number}."
    unreadable = "The keys may not read accounts and VAT codes in PowerOffice."
    return RecordRefused(
        f"The sales account for {vat.normalize():f} % VAT cannot be used.",
        why if readable else unreadable,
        "Correct TRIBE_PO_SALES_ACCOUNTS."
        if readable
        else "Grant the privileges GeneralLedgerAccount and CommonServices in PowerOffice Go.",
    )


def _other_vat(account: Account, vat: Decimal) -> RecordRefused:
    return RecordRefused(
        f"The sales account for {vat.normalize():f} % VAT cannot be used.",
        f"Account {account.number} carries {account.vat} % in PowerOffice.",
        "Correct TRIBE_PO_SALES_ACCOUNTS, or the account's VAT code in PowerOffice.",
    )
