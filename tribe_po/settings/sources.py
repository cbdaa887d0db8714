"""The places that settings come from, in the order in which they count."""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tribe_po.errors import SettingsError
from tribe_po.settings.table import SETTINGS, Setting

_log = logging.getLogger("tribe_po.settings")
_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OURS = re.compile(r"(POWEROFFICE|TRIBECRM|TRIBE_PO)_")


@dataclass(frozen=True, slots=True)
class Source:
    """A place that settings come from, and what to call it."""

    where: str
    values: Mapping[str, str]

    def take(self, setting: Setting) -> str | None:
        """The text for one setting, None where this source has none. Raise `ValueError`."""
        text = self.values.get(setting.name, "").strip()
        named = self.values.get(f"{setting.name}_FILE", "").strip() if setting.secret else ""
        if text and named:
            raise ValueError(f"is given twice in {self.where}; expected it or its _FILE, not both")
        return _secret_file(Path(named)) if named else text or None


def _secret_file(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"is to come from {path}, which cannot be read: {_cause(error)}") from None
    if not text:
        raise ValueError(f"is to come from {path}, which is empty; expected the value in it")
    _warn_if_open_to_others(path)
    return text


def _cause(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "unknown cause") if isinstance(error, OSError) else "it is not UTF-8"


def _warn_if_open_to_others(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        _log.warning(
            "%s holds secrets and is open to other users. Type: chmod 600 %s",
            path,
            path,
            extra={"id": "settings.open-to-others"},
        )


def implied_file(profile: str | None) -> Path:
    """The file of settings that belongs to a profile, or to none. Raise `SettingsError`."""
    if profile is not None and not _PROFILE.fullmatch(profile):
        raise settings_error(
            [f"--profile {profile!r}: expected a name of letters, digits, dots and dashes"]
        )
    return Path(f"{profile}.env" if profile else ".env")


def sources(environ: Mapping[str, str], env_file: Path | None, profile: str | None) -> list[Source]:
    implied = implied_file(profile)
    needed = [path for path in (env_file, implied if profile else None) if path]
    optional = [] if profile or not implied.is_file() else [implied]
    files, problems = [], []
    for path in dict.fromkeys(needed + optional):
        try:
            files.append(source_of(path))
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{path} cannot be read: {_cause(error)}; expected a file of settings")
    if problems:
        raise settings_error(problems)
    return [Source("the environment", environ), *files]


def profiles_in(folder: Path) -> list[str]:
    """The profiles of a folder, by name: one for each file NAME.env in it."""
    names = (path.stem for path in folder.glob("*.env") if path.is_file())
    return sorted(name for name in names if _PROFILE.fullmatch(name))


def source_of(path: Path) -> Source:
    """Read one file of settings. Raise `OSError` or `UnicodeDecodeError`."""
    from dotenv import dotenv_values

    with path.open(encoding="utf-8-sig") as stream:
        read = dotenv_values(stream=stream, interpolate=False)
    values = {name: text for name, text in read.items() if text}
    if any(setting.secret and setting.name in values for setting in SETTINGS):
        _warn_if_open_to_others(path)
    _warn_of_unknown(path, values)
    return Source(str(path), values)


def _warn_of_unknown(path: Path, values: Mapping[str, str]) -> None:
    """A misspelt name would silently leave the default in force."""
    from difflib import get_close_matches

    known = [setting.name for setting in SETTINGS]
    secret_files = [f"{setting.name}_FILE" for setting in SETTINGS if setting.secret]
    for name in values:
        if _OURS.match(name) and name not in known + secret_files:
            meant = "".join(f" Meant: {close}?" for close in get_close_matches(name, known, 1))
            _log.warning(
                "%s sets %s, which is not a setting.%s",
                path,
                name,
                meant,
                extra={"id": "settings.unknown"},
            )


def settings_error(problems: list[str]) -> SettingsError:
    many = f"{len(problems)} settings are" if len(problems) > 1 else "1 setting is"
    return SettingsError(
        f"{many} missing or wrong. Nothing was asked of any server.",
        "\n".join(problems),
        "Correct them in the environment or in .env (.env.example explains each one), "
        "then type: tribe-po check",
    )
