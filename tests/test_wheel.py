"""The wheel in a clean environment: it holds all that it needs, and runs. Asks no index."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tribe_po import __version__

pytestmark = pytest.mark.chaos

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run something with nothing of this checkout in reach."""
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"},
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    shutil.copytree(ROOT / "tribe_po", source / "tribe_po")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    pip = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation")
    done = run(*pip, "--wheel-dir", made, source, folder=source)
    assert done.returncode == 0, done.stderr
    (found,) = made.iterdir()
    return found


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it requires, and nothing else. What it requires is
    copied from the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    done = run(folder / "bin" / "pip", "install", "--no-index", "--no-deps", wheel, folder=folder)
    assert done.returncode == 0, done.stderr
    for name in required("tribe-po", from_folder=packages):
        for file in distribution(name).files or ():
            there = packages / file
            if ".." not in file.parts and Path(file.locate()).is_file():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), there)
    return folder


def required(name: str, from_folder: Path) -> set[str]:
    """What a distribution in a folder requires without any extra, and what that requires."""
    from importlib.metadata import DistributionFinder, MetadataPathFinder

    finder = DistributionFinder.Context(name=name, path=[str(from_folder)])
    (root,) = MetadataPathFinder.find_distributions(finder)
    wanted, found = list(root.requires or ()), set[str]()
    while wanted:
        one = Requirement(wanted.pop())
        if one.name in found or (one.marker and not one.marker.evaluate({"extra": ""})):
            continue
        try:
            wanted += distribution(one.name).requires or ()
        except PackageNotFoundError:
            continue  # pip check tells of it
        found.add(one.name)
    return found


def tribe_po(clean: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return run(clean / "bin" / "tribe-po", *arguments, folder=folder)


def test_all_that_it_requires_is_there_and_no_more(clean: Path) -> None:
    done = run(clean / "bin" / "pip", "check", folder=clean)
    assert done.returncode == 0, done.stdout
    listed = run(clean / "bin" / "pip", "list", "--format=freeze", folder=clean).stdout.lower()
    assert f"tribe-po=={__version__}" in listed
    for absent in ("flask", "redis", "pytest", "hypothesis"):
        assert absent not in listed


def test_it_says_its_version(clean: Path, tmp_path: Path) -> None:
    done = tribe_po(clean, "--version", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"tribe-po {__version__}\n")


def test_every_module_can_be_imported_but_those_of_the_extras(clean: Path, tmp_path: Path) -> None:
    """Whatever one needs is among the requirements."""
    code = (
        "import importlib, pkgutil, tribe_po\n"
        "left_out = ('tribe_po.sandbox', 'tribe_po.demo', 'tribe_po.transport.redis_pace',\n"
        "            'tribe_po.__main__')\n"
        "for one in pkgutil.walk_packages(tribe_po.__path__, 'tribe_po.', onerror=print):\n"
        "    if not one.name.startswith(left_out):\n"
        "        importlib.import_module(one.name)\n"
    )
    done = run(clean / "bin" / "python", "-c", code, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_without_the_extra_the_sandbox_says_how_to_get_it(
    clean: Path, tmp_path: Path, command: str
) -> None:
    done = tribe_po(clean, command, folder=tmp_path)
    assert done.returncode == 78
    assert "pip install 'tribe-po[sandbox]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["push-relations", "sync", "check", "init-sync"])
def test_without_settings_it_says_which_are_missing(
    clean: Path, tmp_path: Path, command: str
) -> None:
    done = tribe_po(clean, command, folder=tmp_path)
    assert done.returncode == 78
    assert "POWEROFFICE_APP_KEY" in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == []


def test_it_completes_what_is_typed(clean: Path, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    script = (
        'eval "$(_TRIBE_PO_COMPLETE=source_bash tribe-po)"\n'
        "COMP_WORDS=(tribe-po sync --all) COMP_CWORD=2\n"
        "_tribe_po_completion tribe-po\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        [bash, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PATH": f"{clean / 'bin'}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )
    assert (done.stdout, done.stderr) == ("--all-profiles\n", "")
