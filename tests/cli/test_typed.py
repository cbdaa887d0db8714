"""Commands that are told can be typed as they stand, whichever settings are in use."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.cli.calls import command
from tests.scenarios.world import World
from tribe_po.cli.app import PANELS
from tribe_po.output.commands import COMMANDS, given, to_type


@pytest.fixture
def fjord(w: World) -> World:
    """The settings of the world as those of the profile fjord, with a customer that waits."""
    names = [name for name in os.environ if re.match("TRIBE|POWEROFFICE", name)]
    lines = [f"{name}={os.environ[name]}" for name in names]
    Path("fjord.env").write_text("\n".join(lines), encoding="utf-8")
    Path("fjord.env").chmod(0o600)
    w.init()
    w.tribe_customer("Skog Bygg AS", EmailAddress="not an address")
    w.push()
    return w


def told(*arguments: str) -> list[str]:
    """Every command that is told, up to its own name."""
    result = command(*arguments)
    text = " ".join((result.stdout + result.stderr).split())
    return re.findall(r"tribe-po (?:--[a-z-]+ \S+ )?[a-z-]+", text)


@pytest.mark.parametrize(
    "asked",
    [
        ("quarantine", "list"),
        ("quarantine", "retry", "nobody"),
        ("status",),
        ("explain", "nobody"),
        ("state", "backup"),
        ("state", "rebuild", "--dry-run"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("options", [("--profile", "fjord"), ("--env-file", "fjord.env")])
def test_the_options_stand_before_it(
    fjord: World, asked: tuple[str, ...], options: tuple[str, str]
) -> None:
    found = told(*options, *asked)
    assert found
    assert {one.rpartition(" ")[0] for one in found} == {f"tribe-po {' '.join(options)}"}


def test_without_options_none_do(fjord: World) -> None:
    assert "tribe-po quarantine" in told("quarantine", "list")
    with given(("--profile", "fjord")):
        pass
    assert to_type("tribe-po status") == "tribe-po status"


def test_each_profile_of_a_round_has_its_own(fjord: World, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("vik.env").write_text("TRIBE_PO_STATE=vik.json", encoding="utf-8")
    Path("vik.env").chmod(0o600)
    for name in [one for one in os.environ if re.match("TRIBE|POWEROFFICE", one)]:
        monkeypatch.delenv(name)
    assert "tribe-po --profile vik check" in told("sync", "--all-profiles")


def test_prose_is_left_alone() -> None:
    with given(("--env-file", "my settings")):
        assert to_type("tribe-po has a bug; type: tribe-po check") == (
            "tribe-po has a bug; type: tribe-po --env-file 'my settings' check"
        )


def test_every_command_that_reads_settings_is_known() -> None:
    own = {"demo", "sandbox"}
    assert set(COMMANDS) == {name for names in PANELS.values() for name in names} - own
