"""Settings: where they come from, what they refuse, and what they never show."""

from __future__ import annotations

import logging
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from tribe_po.errors import ExitCode, SettingsError
from tribe_po.records import Kind
from tribe_po.settings import (
    SETTINGS,
    ConflictPolicy,
    Environment,
    MatchRule,
    Secret,
    Settings,
    env_example,
    settings_table,
    units,
)

REQUIRED = {
    "POWEROFFICE_APP_KEY": "app-key-1",
    "POWEROFFICE_CLIENT_KEY": "client-key-1",
    "POWEROFFICE_SUBSCRIPTION_KEY": "subscription-key-1",
    "TRIBECRM_CLIENT_ID": "client-1",
    "TRIBECRM_CLIENT_SECRET": "tribe-secret-1",
}


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def private_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def problems(environ: dict[str, str], profile: str | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.load(environ, None, profile)
    assert caught.value.exit_code is ExitCode.SETTINGS
    return caught.value.why.splitlines()


def test_defaults() -> None:
    settings = Settings.load(REQUIRED)
    assert settings.environment is Environment.PRODUCTION
    assert settings.poweroffice_api_url == "https://goapi.poweroffice.net/v2"
    assert settings.poweroffice_token_url == "https://goapi.poweroffice.net/OAuth/Token"
    assert settings.tribe_api_url == "https://api.tribecrm.nl"
    assert settings.tribe_scope == "read write offline"
    assert settings.tribe_organization_id is None
    assert settings.poweroffice_subscription_key_secondary is None
    assert settings.state == Path("tribe-po.json")
    assert settings.kinds == tuple(Kind)
    assert settings.match_by == (MatchRule.NUMBER,)
    assert settings.conflicts is ConflictPolicy.POWEROFFICE
    assert settings.sales_accounts == {}
    assert settings.product_group is None
    assert settings.max_change_percent == 30
    assert settings.rate == 9
    assert settings.profile == "default"


def test_the_demo_environment_picks_both_urls() -> None:
    settings = Settings.load({**REQUIRED, "POWEROFFICE_ENVIRONMENT": "Demo"})
    assert settings.poweroffice_api_url == "https://goapi.poweroffice.net/Demo/v2"
    assert settings.poweroffice_token_url == "https://goapi.poweroffice.net/Demo/OAuth/Token"


def test_the_table_and_the_dataclass_name_the_same_attributes() -> None:
    declared = [setting.attribute for setting in SETTINGS]
    assert sorted(field.name for field in fields(Settings)) == sorted([*declared, "profile"])


def test_the_environment_counts_before_the_env_file_and_that_before_dot_env(
    tmp_path: Path,
) -> None:
    private_file(
        tmp_path / ".env", "TRIBECRM_SCOPE=read\nTRIBE_PO_RATE=3\nTRIBE_PO_KINDS=suppliers"
    )
    given = private_file(tmp_path / "given.env", "TRIBE_PO_RATE=4\nTRIBE_PO_KINDS=customers")
    settings = Settings.load({**REQUIRED, "TRIBE_PO_RATE": "5"}, given)
    assert settings.rate == 5
    assert settings.kinds == (Kind.CUSTOMER,)
    assert settings.tribe_scope == "read"


def test_parent_directories_are_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private_file(tmp_path / ".env", "TRIBE_PO_RATE=3")
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert Settings.load(REQUIRED).rate == 9


def test_an_empty_value_is_not_set(tmp_path: Path) -> None:
    private_file(tmp_path / ".env", "TRIBE_PO_RATE=3\nTRIBECRM_SCOPE=")
    settings = Settings.load({**REQUIRED, "TRIBE_PO_RATE": ""})
    assert settings.rate == 3
    assert settings.tribe_scope == "read write offline"


def test_a_dollar_sign_in_a_secret_stays(tmp_path: Path) -> None:
    private_file(tmp_path / ".env", "POWEROFFICE_APP_KEY=a$HOME${HOME}z")
    environ = {**REQUIRED, "POWEROFFICE_APP_KEY": ""}
    assert Settings.load(environ).poweroffice_app_key.reveal() == "a$HOME${HOME}z"


def test_a_profile_reads_its_own_file_and_not_dot_env(tmp_path: Path) -> None:
    private_file(tmp_path / ".env", "TRIBE_PO_RATE=3")
    private_file(tmp_path / "acme.env", "TRIBE_PO_CONFLICTS=manual")
    settings = Settings.load(REQUIRED, None, "acme")
    assert settings.conflicts is ConflictPolicy.MANUAL
    assert settings.rate == 9
    assert settings.profile == "acme"
    assert settings.state == Path("acme.json")


def test_a_profile_may_set_its_state(tmp_path: Path) -> None:
    private_file(tmp_path / "acme.env", "TRIBE_PO_STATE=/var/lib/tribe-po/acme.json")
    assert Settings.load(REQUIRED, None, "acme").state == Path("/var/lib/tribe-po/acme.json")


@pytest.mark.parametrize("profile", ["../etc/x", "a/b", "", ".hidden", "a b"])
def test_a_profile_is_a_plain_name(profile: str) -> None:
    assert "--profile" in problems(REQUIRED, profile)[0]


def test_a_file_that_was_asked_for_must_be_there() -> None:
    assert problems(REQUIRED, "missing") == [
        "missing.env cannot be read: No such file or directory; expected a file of settings"
    ]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    path = private_file(tmp_path / "key", "from-file\n")
    environ = {**REQUIRED, "POWEROFFICE_APP_KEY": "", "POWEROFFICE_APP_KEY_FILE": str(path)}
    assert Settings.load(environ).poweroffice_app_key == Secret("from-file")


def test_a_secret_file_in_the_environment_counts_before_a_secret_in_dot_env(
    tmp_path: Path,
) -> None:
    private_file(tmp_path / ".env", "POWEROFFICE_APP_KEY=from-dot-env")
    path = private_file(tmp_path / "key", "from-file")
    environ = {**REQUIRED, "POWEROFFICE_APP_KEY": "", "POWEROFFICE_APP_KEY_FILE": str(path)}
    assert Settings.load(environ).poweroffice_app_key.reveal() == "from-file"


def test_a_secret_and_its_file_together_are_refused(tmp_path: Path) -> None:
    path = private_file(tmp_path / "key", "from-file")
    told = problems({**REQUIRED, "POWEROFFICE_APP_KEY_FILE": str(path)})
    assert told == [
        "POWEROFFICE_APP_KEY is given twice in the environment; expected it or its _FILE, not both"
    ]


@pytest.mark.parametrize("content", ["", "\n", "two\nlines"])
def test_a_secret_file_holds_one_line(tmp_path: Path, content: str) -> None:
    path = private_file(tmp_path / "key", content)
    environ = {**REQUIRED, "POWEROFFICE_APP_KEY": "", "POWEROFFICE_APP_KEY_FILE": str(path)}
    (line,) = problems(environ)
    assert line.startswith("POWEROFFICE_APP_KEY ")
    assert "two" not in line


def test_only_secrets_may_come_from_a_file(tmp_path: Path) -> None:
    path = private_file(tmp_path / "rate", "3")
    assert Settings.load({**REQUIRED, "TRIBE_PO_RATE_FILE": str(path)}).rate == 9


def test_all_problems_are_told_at_once() -> None:
    told = problems(
        {
            "POWEROFFICE_APP_KEY": "very-secret\x07",
            "TRIBE_PO_RATE": "fast",
            "TRIBE_PO_KINDS": "customers,orders",
            "TRIBE_PO_CONFLICTS": "newest",
        }
    )
    names = {line.split()[0] for line in told}
    assert names == set(REQUIRED) | {"TRIBE_PO_RATE", "TRIBE_PO_KINDS", "TRIBE_PO_CONFLICTS"}
    assert all("; expected " in line for line in told)
    assert "very-secret" not in "\n".join(told)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("TRIBECRM_API_URL", "http://api.tribecrm.nl"),
        ("TRIBECRM_API_URL", "http://localhost.example.com"),
        ("TRIBECRM_API_URL", "api.tribecrm.nl"),
        ("TRIBECRM_API_URL", "https://"),
        ("TRIBECRM_API_URL", "https://user:hidden@api.tribecrm.nl"),
        ("TRIBECRM_API_URL", "https://api.tribecrm.nl/?a=b"),
        ("TRIBECRM_API_URL", "https://api.tribecrm.nl:port"),
        ("TRIBE_PO_RATE", "0"),
        ("TRIBE_PO_RATE", "nan"),
        ("TRIBE_PO_RATE", "10.5"),
        ("TRIBE_PO_MAX_CHANGE_PERCENT", "101"),
        ("TRIBE_PO_MAX_CHANGE_PERCENT", "12.5"),
        ("TRIBE_PO_MATCH_BY", "name-postcode"),
        ("TRIBE_PO_MATCH_BY", "number,email"),
        ("TRIBE_PO_KINDS", ","),
        ("TRIBE_PO_UNITS", "stk"),
        ("TRIBE_PO_UNITS", "stk="),
        ("TRIBE_PO_UNITS", "=EA"),
        ("TRIBE_PO_UNITS", "stk=PCS"),
        ("TRIBE_PO_UNITS", "stk=EA,STK=HUR"),
        ("TRIBE_PO_SALES_ACCOUNTS", "3000"),
        ("TRIBE_PO_SALES_ACCOUNTS", "high=3000"),
        ("TRIBE_PO_SALES_ACCOUNTS", "-25=3000"),
        ("TRIBE_PO_SALES_ACCOUNTS", "125=3000"),
        ("TRIBE_PO_SALES_ACCOUNTS", "25=sales"),
        ("TRIBE_PO_SALES_ACCOUNTS", "25=3000,25.0=3001"),
        ("POWEROFFICE_ENVIRONMENT", "test"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, text: str) -> None:
    (line,) = problems({**REQUIRED, name: text})
    assert line.startswith(f"{name} makes no sense in the environment")
    assert "hidden" not in line


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "127.8.0.1"])
def test_plain_http_goes_to_this_machine_only(host: str) -> None:
    settings = Settings.load({**REQUIRED, "TRIBECRM_API_URL": f"http://{host}/tribe/"})
    assert settings.tribe_api_url == f"http://{host}/tribe"


def test_one_poweroffice_url_alone_is_refused() -> None:
    told = problems({**REQUIRED, "POWEROFFICE_API_URL": "http://127.0.0.1:1/v2"})
    assert told == [
        "POWEROFFICE_API_URL, POWEROFFICE_TOKEN_URL: one is set alone; expected both, or none"
    ]


def test_lists_may_be_written_with_spaces_and_capitals() -> None:
    settings = Settings.load(
        {
            **REQUIRED,
            "TRIBE_PO_KINDS": "Suppliers, customers",
            "TRIBE_PO_MATCH_BY": "number, Organization-Number",
        }
    )
    assert settings.kinds == (Kind.CUSTOMER, Kind.SUPPLIER)
    assert settings.match_by == (MatchRule.NUMBER, MatchRule.ORGANIZATION_NUMBER)


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("stk", "EA"),
        ("pcs", "EA"),
        ("stuks", "EA"),
        ("hr", "HUR"),
        ("uur", "HUR"),
        ("dag", "DAY"),
        ("mnd", "MON"),
        ("kg", "KGM"),
        ("l", "LTR"),
        ("hur", "HUR"),
    ],
)
def test_usual_units_are_known(unit: str, code: str) -> None:
    assert Settings.load(REQUIRED).units[unit] == code


def test_every_usual_unit_is_one_of_poweroffices() -> None:
    assert set(units.USUAL.values()) == units.CODES
    assert all(unit == unit.casefold() for unit in units.USUAL)


def test_units_of_ones_own_come_before_the_usual_ones() -> None:
    told = Settings.load({**REQUIRED, "TRIBE_PO_UNITS": "Halve dag = hur, STK=set,"}).units
    assert (told["halve dag"], told["stk"], told["pcs"]) == ("HUR", "SET", "EA")


def test_an_unknown_unit_code_is_named() -> None:
    (line,) = problems({**REQUIRED, "TRIBE_PO_UNITS": "stk=EA,pakke=PAKKE"})
    assert line.endswith(
        "expected a unit of PowerOffice, such as EA, HUR or KGM, in place of PAKKE"
    )


def test_sales_accounts_are_by_per_cent() -> None:
    told = Settings.load({**REQUIRED, "TRIBE_PO_SALES_ACCOUNTS": "25=3000, 11.11=3030,0=3100"})
    assert told.sales_accounts == {Decimal(25): 3000, Decimal("11.11"): 3030, Decimal(0): 3100}
    assert told.sales_accounts[Decimal("25.00")] == 3000


def test_the_product_group_keeps_its_capitals() -> None:
    assert Settings.load({**REQUIRED, "TRIBE_PO_PRODUCT_GROUP": "Varer"}).product_group == "Varer"


def test_no_secret_is_shown() -> None:
    settings = Settings.load({**REQUIRED, "POWEROFFICE_SUBSCRIPTION_KEY_SECONDARY": "spare-1"})
    shown = f"{settings!r} {settings} {settings.poweroffice_app_key} {settings.profile}"
    hidden = {*REQUIRED.values(), "spare-1"} - {"client-1"}
    assert not [text for text in hidden if text in shown]
    assert "***" in shown


@pytest.mark.parametrize(("mode", "warned"), [(0o644, True), (0o640, False), (0o600, False)])
def test_a_file_of_secrets_that_others_can_read_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int, warned: bool
) -> None:
    private_file(tmp_path / ".env", "POWEROFFICE_APP_KEY=app-key-2").chmod(mode)
    with caplog.at_level(logging.WARNING):
        Settings.load(REQUIRED)
    assert ("chmod 600 .env" in caplog.text) is warned
    assert "app-key-2" not in caplog.text


def test_a_file_without_secrets_may_be_open(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    private_file(tmp_path / ".env", "TRIBE_PO_RATE=3").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        Settings.load(REQUIRED)
    assert caplog.text == ""


def test_a_misspelt_name_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    private_file(tmp_path / ".env", "TRIBE_PO_CONFLICT=manual\nOTHER=1")
    with caplog.at_level(logging.WARNING):
        Settings.load(REQUIRED)
    assert "TRIBE_PO_CONFLICT, which is not a setting. Meant: TRIBE_PO_CONFLICTS?" in caplog.text
    assert "OTHER" not in caplog.text


def test_the_example_file_is_up_to_date() -> None:
    example = Path(__file__).parent.parent / ".env.example"
    assert example.read_text(encoding="utf-8") == env_example(), (
        "type: python -c 'from tribe_po.settings import env_example; "
        'print(env_example(), end="")\' > .env.example'
    )


def test_the_example_file_loads_once_the_required_settings_are_filled_in(tmp_path: Path) -> None:
    text = env_example()
    for name, value in REQUIRED.items():
        text = text.replace(f"\n{name}=\n", f"\n{name}={value}\n")
    example = private_file(tmp_path / "filled.env", text)
    assert Settings.load({}, example) == Settings.load(REQUIRED)


def test_the_table_has_a_row_for_each_setting() -> None:
    rows = settings_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [setting.name for setting in SETTINGS]
