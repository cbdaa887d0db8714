"""The client's chart of accounts, VAT codes, currencies and dates (poweroffice.md 13.2, 13.6)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from tribe_po.sandbox.poweroffice.fields import Values
from tribe_po.sandbox.poweroffice.stamps import stamp

ACCOUNT_ID_OFFSET = 470_000_000
"""An account's Id is this plus its number, unless it has one of its own."""


@dataclass(frozen=True, slots=True)
class VatCode:
    """A VAT code with a rate and the days it is valid on."""

    id: int
    code: str
    name: str
    rate: Decimal
    valid_from: date = date(2016, 1, 1)
    valid_to: date | None = None
    is_active: bool = True

    def row(self) -> Values:
        return {
            "BaseVatCodeId": None,
            "Code": self.code,
            "Description": self.name,
            "Id": self.id,
            "IsActive": self.is_active,
            "IsCustom": False,
            "Name": self.name,
            "Rate": float(self.rate),
            "ValidFrom": self.valid_from.isoformat(),
            "ValidTo": self.valid_to and self.valid_to.isoformat(),
            "VatBasisRatio": None,
            "VatBasisRatioValidFrom": None,
            "VatBasisRatios": None,
        }


@dataclass(frozen=True, slots=True)
class Account:
    """A general-ledger account with the VAT code of what is posted on it."""

    number: int
    name: str
    kind: str
    vat_code_id: int
    is_active: bool = True
    own_id: int | None = None

    @property
    def id(self) -> int:
        return ACCOUNT_ID_OFFSET + self.number if self.own_id is None else self.own_id

    def row(self, code: str, changed: str) -> Values:
        return {
            "AccountNo": self.number,
            "AgricultureDepartment": "None",
            "CurrencyCode": "NOK",
            "DepartmentCode": None,
            "DepartmentId": None,
            "GeneralLedgerAccountType": self.kind,
            "Id": self.id,
            "IsActive": self.is_active,
            "IsDepartmentRequired": False,
            "IsProjectRequired": False,
            "IsVatCodeLocked": False,
            "LastChangedDateTimeOffset": changed,
            "Name": self.name,
            "Unit1": None,
            "Unit2": None,
            "VatCode": code,
            "VatCodeId": self.vat_code_id,
            "VatReturnSpecification": "None",
        }


NO_VAT = 30
VAT_CODES = (
    VatCode(NO_VAT, "0", "Ingen mva-behandling", Decimal(0)),
    VatCode(31, "1", "Inngående mva, høy sats", Decimal("0.25")),
    VatCode(33, "3", "Utgående mva, høy sats", Decimal("0.25")),
    VatCode(34, "31", "Utgående mva, middels sats", Decimal("0.15")),
    VatCode(35, "33", "Utgående mva, lav sats", Decimal("0.12"), date(2021, 10, 1)),
    VatCode(
        25, "33", "Utgående mva, lav sats", Decimal("0.06"), date(2020, 4, 1), date(2021, 9, 30)
    ),
    VatCode(36, "5", "Innenlands omsetning fritatt for mva", Decimal(0)),
    VatCode(37, "6", "Omsetning utenfor mva-loven", Decimal(0)),
    VatCode(38, "32", "Utgående mva, råfisk", Decimal("0.1111"), is_active=False),
)
ACCOUNTS = (
    Account(1500, "Kundefordringer", "Asset", NO_VAT),
    Account(1920, "Bankinnskudd", "Asset", NO_VAT),
    Account(2400, "Leverandørgjeld", "Liability", NO_VAT),
    Account(2930, "Skyldig lønn", "Liability", NO_VAT),
    Account(3000, "Salgsinntekt, høy sats", "Income", 33),
    Account(3010, "Salgsinntekt, middels sats", "Income", 34),
    Account(3020, "Salgsinntekt, lav sats", "Income", 35),
    Account(3100, "Salgsinntekt, avgiftsfri", "Income", 36),
    Account(3200, "Salgsinntekt utenfor avgiftsområdet", "Income", 37),
    Account(3900, "Annen driftsinntekt", "Income", 33, is_active=False),
    Account(7830, "Tap på fordringer", "Expense", NO_VAT),
    Account(8060, "Valutagevinst", "Income", NO_VAT),
    Account(8160, "Valutatap", "Expense", NO_VAT),
)
CURRENCIES = (
    ("DKK", "Danish Krone", True, "1.57"),
    ("EUR", "Euro", True, "11.73"),
    ("GBP", "Pound Sterling", False, "13.52"),
    ("NOK", "Norwegian Krone", True, "1"),
    ("SEK", "Swedish Krona", True, "1.04"),
    ("USD", "US Dollar", True, "10.21"),
)
"""Code, notation, in use in the GUI, made-up rate in kroner for one unit."""


@dataclass
class Settings:
    """What a client has set, and what a test may set: `lock_date`, the default sales accounts
    (by number), `accounts`, `vat_codes`, `currencies` (code, notation, in use) and `rates` (kroner
    for one unit)."""

    opened: datetime
    standard_sales_account: int = 3000
    optional_sales_account: int = 3100
    accounts: dict[int, Account] = field(
        default_factory=lambda: {account.number: account for account in ACCOUNTS}
    )
    vat_codes: dict[int, VatCode] = field(
        default_factory=lambda: {code.id: code for code in VAT_CODES}
    )
    currencies: tuple[tuple[str, str, bool], ...] = tuple(row[:3] for row in CURRENCIES)
    rates: dict[str, Decimal] = field(
        default_factory=lambda: {code: Decimal(rate) for code, _, _, rate in CURRENCIES}
    )

    def __post_init__(self) -> None:
        self.lock_date = date(self.opened.year - 1, 12, 31)
        self.conversion_date = date(self.opened.year - 5, 1, 1)

    def account(self, identifier: int) -> Account | None:
        """Return the account with this Id."""
        usual = self.accounts.get(identifier - ACCOUNT_ID_OFFSET)
        if usual is not None and usual.id == identifier:
            return usual
        return next((each for each in self.accounts.values() if each.id == identifier), None)

    def number_of(self, account_id: int | None) -> int | None:
        """Return the number of the account with this Id, None where there is none."""
        account = None if account_id is None else self.account(account_id)
        return None if account is None else account.number

    def vat_of(self, account_id: int) -> VatCode:
        """Return the VAT code of an account, which must exist."""
        account = self.account(account_id)
        if account is None:
            raise KeyError(account_id)
        return self.vat_codes[account.vat_code_id]

    def account_rows(self) -> list[Values]:
        opened = stamp(self.opened)
        return [
            account.row(self.vat_codes[account.vat_code_id].code, opened)
            for account in self.accounts.values()
        ]

    def vat_rows(self, today: date, *, include_expired: bool) -> list[Values]:
        return [
            code.row()
            for code in self.vat_codes.values()
            if include_expired or code.valid_to is None or code.valid_to >= today
        ]

    def invoice_settings(self) -> Values:
        return {
            "OptionalSalesAccountId": self._id_of(self.optional_sales_account),
            "StandardSalesAccountId": self._id_of(self.standard_sales_account),
        }

    def _id_of(self, number: int) -> int:
        account = self.accounts.get(number)
        return ACCOUNT_ID_OFFSET + number if account is None else account.id

    def currency_rows(self) -> list[Values]:
        """Return the currencies as the API lists them."""
        return [_currency(*each) for each in self.currencies]

    def lock_date_settings(self) -> Values:
        return {"LockDate": self.lock_date.isoformat()}

    def financial_settings(self) -> Values:
        return {
            "ConversionDate": self.conversion_date.isoformat(),
            "CurrencyCode": "NOK",
            "CurrencyGainsAccountId": ACCOUNT_ID_OFFSET + 8060,
            "CurrencyGainsAccountNo": 8060,
            "CurrencyLossAccountId": ACCOUNT_ID_OFFSET + 8160,
            "CurrencyLossAccountNo": 8160,
            "FinancialYearEndMonth": "December",
            "LastChangedDateTimeOffset": stamp(self.opened),
            "UseTrustAccountManagement": False,
        }

    def rate(self, origin: str, target: str) -> Decimal | None:
        """Return the units of `target` for one of `origin`, or None if either is unknown."""
        if origin not in self.rates or target not in self.rates:
            return None
        return (self.rates[origin] / self.rates[target]).quantize(Decimal("0.000001"))


def _currency(code: str, notation: str, used: bool) -> Values:
    return {"Code": code, "IsActive": used, "Notation": notation}
