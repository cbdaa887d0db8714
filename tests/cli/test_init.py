"""`tribe-po init` with a person at the keyboard, and without one."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.calls import command
from tests.scenarios.world import World, world
from tribe_po.cli import init
from tribe_po.cli.app import app
from tribe_po.settings import SETTINGS, Settings

OF_POWEROFFICE = (
    "POWEROFFICE_ENVIRONMENT",
    "POWEROFFICE_APP_KEY",
    "POWEROFFICE_CLIENT_KEY",
    "POWEROFFICE_SUBSCRIPTION_KEY",
)
OF_TRIBE = ("TRIBECRM_CLIENT_ID", "TRIBECRM_CLIENT_SECRET")
ASKED = (*OF_POWEROFFICE, *OF_TRIBE)


@pytest.fixture
def w(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Both systems are where the environment says; the keys are only in the person's head."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(init, "is_someone_there", lambda: True)
    for name in os.environ:
        if name.startswith(("POWEROFFICE_", "TRIBECRM_", "TRIBE_PO_")):
            monkeypatch.delenv(name)
    with world(tmp_path) as made:
        for name, value in made.sandbox.environment().items():
            if name.endswith("_URL"):
                monkeypatch.setenv(name, value)
        yield made


def answers(w: World, names: tuple[str, ...] = ASKED, **others: str) -> list[str]:
    known = {"POWEROFFICE_ENVIRONMENT": "demo", **w.sandbox.environment(), **others}
    return [known[name] for name in names]


def typed(*lines: str, options: tuple[str, ...] = ()) -> Any:
    text = "".join(f"{line}\n" for line in lines)
    return CliRunner().invoke(app, [*options, "init"], input=text)


def secrets(w: World) -> list[str]:
    secret = {setting.name for setting in SETTINGS if setting.secret}
    return [value for name, value in w.sandbox.environment().items() if name in secret]


def test_the_keys_are_tested_and_saved_for_their_owner_alone(w: World) -> None:
    old = os.umask(0)
    try:
        result = typed(*answers(w))
    finally:
        os.umask(old)
    assert result.exit_code == 0, result.output
    saved = w.folder / ".env"
    assert saved.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in w.folder.iterdir()] == [".env"]
    settings = Settings.load(os.environ)
    assert settings.environment.value == "demo"
    known = w.sandbox.environment()
    assert settings.poweroffice_app_key.reveal() == known["POWEROFFICE_APP_KEY"]
    assert settings.tribe_client_id == known["TRIBECRM_CLIENT_ID"]
    assert result.stdout.endswith("Next: tribe-po check\n")
    assert command("check").exit_code == 0


def test_it_says_where_each_key_is_found_and_whose_they_are(w: World) -> None:
    shown = typed(*answers(w)).stderr
    told = [line for line in shown.splitlines() if line.startswith("  ")]
    assert max(map(len, told)) <= 80
    for place in ("Extensions → Add extension → Custom", "Configuration → Applications"):
        assert place in " ".join(shown.split())
    assert w.poweroffice.client_name in shown
    positions = [shown.index(f"\n{name}") for name in ASKED]
    assert positions == sorted(positions)


def test_no_secret_is_shown(w: World) -> None:
    result = typed(*answers(w))
    for secret in secrets(w):
        assert secret not in result.output


def test_nothing_is_asked_for_writing(w: World) -> None:
    typed(*answers(w))
    assert w.wrote() == []


def test_keys_that_are_not_accepted_are_not_saved(w: World) -> None:
    result = typed(*answers(w, TRIBECRM_CLIENT_SECRET="wrong"), "n")
    assert result.exit_code == 77
    assert "Nothing was saved" in result.stderr
    assert list(w.folder.iterdir()) == []


def test_only_the_keys_of_the_system_that_refused_them_are_asked_for_again(w: World) -> None:
    result = typed(
        *answers(w, POWEROFFICE_CLIENT_KEY="wrong"), "y", *answers(w, names=OF_POWEROFFICE)
    )
    assert result.exit_code == 0, result.output
    assert result.stderr.count("TRIBECRM_CLIENT_SECRET") == 1
    assert command("check").exit_code == 0


def test_a_profile_and_an_env_file(w: World) -> None:
    for options, file in (
        (("--profile", "fjord"), "fjord.env"),
        (("--env-file", "keys of fjord"), "keys of fjord"),
    ):
        result = typed(*answers(w), options=options)
        assert result.exit_code == 0, result.output
        assert (w.folder / file).stat().st_mode & 0o777 == 0o600
        last = result.stdout.splitlines()[-1]
        assert last.startswith("Next: tribe-po --")
        assert command(*options, "check").exit_code == 0
    assert "'keys of fjord'" in last
    both = typed(options=("--profile", "fjord", "--env-file", "x"))
    assert both.exit_code == 2
    assert typed(options=("--profile", "../fjord")).exit_code == 78


def test_a_file_that_is_there_is_replaced_only_when_asked(w: World) -> None:
    saved = w.folder / ".env"
    before = (
        "# ours\nexport TRIBE_PO_KINDS=customers # for now\n"
        "TRIBECRM_CLIENT_SECRET=old\nTRIBECRM_SCOPE='read write'"
    )
    saved.write_text(before)
    saved.chmod(0o644)
    result = typed("n")
    assert result.exit_code == 0
    assert saved.read_text() == before
    result = typed("y", *answers(w))
    assert result.exit_code == 0, result.output
    after = saved.read_text()
    assert after.startswith("# ours\nexport TRIBE_PO_KINDS=customers # for now\n")
    assert "TRIBECRM_SCOPE='read write'\n" in after
    assert "=old" not in after
    assert saved.stat().st_mode & 0o777 == 0o600
    settings = Settings.load(os.environ)
    assert [kind.value for kind in settings.kinds] == ["customer"]
    known = w.sandbox.environment()["TRIBECRM_CLIENT_SECRET"]
    assert settings.tribe_client_secret.reveal() == known


@pytest.mark.parametrize("given", [3, len(ASKED) - 1])
def test_going_away_in_the_middle_saves_nothing(w: World, given: int) -> None:
    result = typed(*answers(w)[:given])
    assert result.exit_code == 130
    assert "Nothing was saved" in result.stderr
    assert list(w.folder.iterdir()) == []


def test_what_counts_before_the_file_is_told(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBECRM_CLIENT_ID", "another")
    result = typed(*answers(w))
    assert result.exit_code == 0
    assert "TRIBECRM_CLIENT_ID is set in the environment" in result.stdout


def test_a_folder_that_is_not_there(w: World) -> None:
    result = typed(*answers(w), options=("--env-file", "nowhere/.env"))
    assert result.exit_code == 78
    assert "could not be written" in result.stderr
    assert list(w.folder.iterdir()) == []


def test_where_nobody_can_be_asked_it_says_what_to_do_instead(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(w.folder)
    result = command("init")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 3
    assert ".env.example" in result.stderr
    assert list(w.folder.iterdir()) == []


def test_on_a_real_terminal_what_is_typed_is_not_echoed(w: World) -> None:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tribe_po", "init"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=_controlling(terminal),
    )
    os.close(terminal)
    shown = ""
    for name, answer in zip(ASKED, answers(w), strict=True):
        shown += _until(controller, f"{name}", ": ")
        os.write(controller, f"{answer}\n".encode())
    shown += _rest(controller)
    assert process.wait() == 0, shown
    assert "Next: tribe-po check" in shown
    assert answers(w, names=("TRIBECRM_CLIENT_ID",))[0] in shown, "what is no secret is echoed"
    for secret in secrets(w):
        assert secret not in shown


def _controlling(terminal: int) -> Callable[[], None]:
    """Let a new session have the terminal as its own, as /dev/tty."""

    def take() -> None:
        import fcntl
        import termios

        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    return take


def _until(controller: int, *parts: str) -> str:
    shown = ""
    while not (parts[0] in shown and shown.endswith(parts[1])):
        try:
            shown += os.read(controller, 1).decode("latin-1")
        except OSError:
            pytest.fail(f"it ended after {shown!r}")
    return shown


def _rest(controller: int) -> str:
    shown = b""
    try:
        while data := os.read(controller, 4096):
            shown += data
    except OSError:  # the other end is closed
        pass
    return shown.decode()
