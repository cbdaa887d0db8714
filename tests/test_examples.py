"""What the examples say would work does, as far as can be told without the machines meant."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from cronsim import CronSim

from tests.cli.calls import command
from tests.cli.lines import problem
from tests.scenarios.world import world
from tribe_po.errors import SettingsError
from tribe_po.passes.schedule import SCHEDULE
from tribe_po.settings import SETTINGS, Settings
from tribe_po.settings.sources import profiles_in

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
CRONTAB = (ROOT / "crontab.example").read_text(encoding="utf-8")
UNITS = EXAMPLES / "systemd"
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)
needs_logrotate = pytest.mark.skipif(
    shutil.which("logrotate") is None, reason="logrotate is not installed"
)


def jobs() -> list[tuple[str, str]]:
    """The five fields of each line and its command; also of those that stand there to choose."""
    found = re.findall(r"^#?((?:[\d*][\d*/,-]* +){5})(\S.*)$", CRONTAB, re.MULTILINE)
    return [(" ".join(when.split()), what) for when, what in found]


def typed(what: str) -> str:
    """What a job types of tribe-po."""
    line = re.search(r"\$TRIBE_PO ([^)|&>]*?)(?:\)| 2>&1|$)", what)
    assert line, what
    return f"tribe-po {line[1].replace('$SETTINGS', 'x.env')}"


@pytest.mark.parametrize(
    "line",
    [
        "tribe-po sink",
        "tribe-po sync --fast",
        "tribe-po sync extra",
        "tribe-po state",
        "tribe-po -x",
    ],
)
def test_what_cannot_be_typed_would_be_found(line: str) -> None:
    assert problem(line)


def test_every_line_of_the_crontab_is_a_comment_a_variable_or_a_job() -> None:
    others = [
        line
        for line in CRONTAB.splitlines()
        if line and not re.match(r"# |#$|[A-Z_]+=\S+$|#?[\d*]", line)
    ]
    assert others == []
    assert len(jobs()) == 12


@pytest.mark.parametrize(("when", "what"), jobs())
def test_a_job_of_the_crontab_has_a_time_and_a_command_that_there_are(when: str, what: str) -> None:
    assert next(CronSim(when, MIDNIGHT))
    assert problem(typed(what)) is None
    assert "%" not in what, "cron would end the command there"


def test_each_pass_is_made_at_its_interval_and_compares_everything_at_night() -> None:
    for one in SCHEDULE:
        (when,) = [when for when, what in jobs() if what.endswith(f" {one.name}")]
        starts = list(islice(CronSim(when, MIDNIGHT), 2000))
        assert {later - earlier for earlier, later in pairwise(starts)} == {one.every}, one.name
        nightly = [when for when, what in jobs() if what.endswith(f" {one.name} --full")]
        assert len(nightly) == one.nightly, one.name
        for when in nightly:
            assert next(CronSim(when, MIDNIGHT)) - MIDNIGHT < timedelta(hours=5)


@pytest.mark.parametrize(("code", "told"), [(0, ""), (1, "status: 1 problem\n")])
def test_the_line_for_status_speaks_only_of_problems(tmp_path: Path, code: int, told: str) -> None:
    (what,) = [what for _, what in jobs() if "status" in what]
    fake = tmp_path / "tribe-po"
    fake.write_text(f"#!/bin/sh\necho 'status: 1 problem'\nexit {code}\n")
    fake.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", what],
        capture_output=True,
        text=True,
        check=False,
        env={"TRIBE_PO": str(fake), "SETTINGS": "x.env"},
    )
    assert done.stdout == told


def values(unit: Path, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda unit: unit.name)
def test_a_service_runs_a_command_that_there_is(unit: Path) -> None:
    (line,) = values(unit, "ExecStart")
    assert problem(line.replace("%i", "fjord")) is None
    assert values(unit, "Type") == ["oneshot"]
    assert values(unit, "SuccessExitStatus") == ["75"]
    (setting,) = values(unit, "Environment")
    assert setting.partition("=")[0] in {one.name for one in SETTINGS}


@needs_systemd
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in UNITS.iterdir():
        text = unit.read_text(encoding="utf-8").replace("/usr/local/bin/tribe-po", "/bin/true")
        (tmp_path / unit.name.replace("@", "@fjord")).write_text(text, encoding="utf-8")
    names = sorted(tmp_path.iterdir())
    assert len(names) == 4
    done = subprocess.run(
        ["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    broken = tmp_path / "broken.service"
    broken.write_text("[Service]\nType=onehsot\nExecStart=/bin/true\n", encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", broken], capture_output=True, text=True, check=False
    )
    assert "onehsot" in done.stderr, "it would say so"


@needs_systemd
@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda unit: unit.name)
def test_the_services_are_hardened(tmp_path: Path, unit: Path) -> None:
    """By systemd's own measure: 2.0 of 10, where a service without any of it has 9.6."""
    copy = tmp_path / unit.name.replace("@", "@fjord")
    shutil.copy(unit, copy)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", copy],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def manifests() -> list[dict[str, Any]]:
    text = (EXAMPLES / "kubernetes" / "tribe-po.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))


@pytest.mark.parametrize("manifest", manifests(), ids=lambda one: one["kind"])
def test_kubernetes_takes_the_manifests(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, "1.37", strict=True)


def test_the_schema_would_find_a_misspelt_member() -> None:
    (job,) = [one for one in manifests() if one["kind"] == "CronJob"]
    job["spec"]["concurrencyPolice"] = "Forbid"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, "1.37", strict=True)


def test_the_cron_job_runs_a_command_that_there_is_and_keeps_its_state() -> None:
    (claim,) = [one for one in manifests() if one["kind"] == "PersistentVolumeClaim"]
    (job,) = [one for one in manifests() if one["kind"] == "CronJob"]
    assert next(CronSim(job["spec"]["schedule"], MIDNIGHT))
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert problem(" ".join(container["args"])) is None
    variables = {one["name"]: one["value"] for one in container["env"]}
    mounted = {one["name"]: Path(one["mountPath"]) for one in container["volumeMounts"]}
    assert Path(variables["TRIBE_PO_STATE"]).parent == mounted["state"]
    volumes = {one["name"]: one for one in pod["volumes"]}
    assert volumes.keys() == mounted.keys()
    assert volumes["state"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert container["envFrom"] == [{"secretRef": {"name": "tribe-po"}}]


def test_logrotates_file_is_one_block_of_directives_that_there_are() -> None:
    text = (EXAMPLES / "logrotate" / "tribe-po").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert re.fullmatch(r"/\S+\.log \{", lines[0])
    assert lines[-1] == "}"
    directives = {line.split()[0] for line in lines[1:-1]}
    assert directives == {
        *("su", "weekly", "rotate", "compress", "delaycompress"),
        *("dateext", "missingok", "notifempty", "create"),
    }
    assert problem("tribe-po --log-file /var/log/tribe-po/tribe-po.log sync") is None


@needs_logrotate
def test_logrotate_takes_its_file(tmp_path: Path) -> None:
    text = (EXAMPLES / "logrotate" / "tribe-po").read_text(encoding="utf-8")
    copy = tmp_path / "tribe-po"
    copy.write_text(text.replace("tribe-po tribe-po", "root root"), encoding="utf-8")
    copy.chmod(0o644)
    done = subprocess.run(
        ["logrotate", "--debug", copy], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "error" not in done.stderr


CLIENTS = EXAMPLES / "many-clients"


def test_an_offices_files_hold_every_key_that_is_needed_and_nothing_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(CLIENTS, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path / "clients")
    profiles = profiles_in(Path())
    assert profiles == ["fjord", "skog"]
    with pytest.raises(SettingsError, match="5 settings"):
        Settings.load({}, Path("../office.env"), profiles[0])
    for path in tmp_path.rglob("*.env"):
        path.write_text(re.sub(r"=$", "=x", path.read_text(), flags=re.MULTILINE))
        path.chmod(0o600)
    for profile in profiles:
        settings = Settings.load({}, Path("../office.env"), profile)
        assert settings.state == Path(f"{profile}.json")
    assert "not a setting" not in caplog.text


def test_an_offices_commands_are_commands() -> None:
    text = (CLIENTS / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"`(tribe-po [^`]+)`", text)
    assert len(lines) == 4
    assert [line for line in lines if problem(line)] == []


def test_an_offices_clients_are_synchronised_by_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(CLIENTS, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path / "clients")
    for name in os.environ:
        if name.startswith(("POWEROFFICE_", "TRIBECRM_", "TRIBE_PO_")):
            monkeypatch.delenv(name)
    shared = ("--env-file", "../office.env")
    with world(tmp_path) as fjord, world(tmp_path) as skog:
        for name, its in (("fjord", fjord), ("skog", skog)):
            known = its.sandbox.environment()
            for path in (tmp_path / "office.env", Path(f"{name}.env")):
                text = path.read_text()
                for key in re.findall(r"^(\w+)=$", text, re.MULTILINE):
                    text = text.replace(f"{key}=\n", f"{key}={known[key]}\n")
                path.write_text(text)
                path.chmod(0o600)
            with Path(f"{name}.env").open("a") as file:
                file.writelines(f"{k}={v}\n" for k, v in known.items() if k.endswith("_URL"))
            first = command(*shared, "--profile", name, "init-sync", "--yes")
            assert first.exit_code == 0, first.output
            its.company(f"{name} AS")
            its.later()
        done = command(*shared, "sync", "--all-profiles")
        assert (done.exit_code, done.output) == (0, "")
        assert fjord.customer_in_tribe("fjord AS")
        assert skog.customer_in_tribe("skog AS")
