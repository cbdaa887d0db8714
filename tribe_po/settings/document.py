"""The documents that are derived from the table of settings."""

from __future__ import annotations

from itertools import groupby
from textwrap import TextWrapper

from tribe_po.settings.table import SETTINGS

_COMMENT = TextWrapper(width=96, initial_indent="# ", subsequent_indent="# ")


def env_example() -> str:
    """The text of `.env.example`: required settings blank, the others commented out."""
    lines = [
        "# Settings of tribe-po. Copy this file to .env, then type: chmod 600 .env",
        "# For a key or secret NAME, NAME_FILE may name a file that holds it.",
    ]
    for group, settings in groupby(SETTINGS, key=lambda setting: setting.group):
        lines += ["", f"## {group}"]
        for setting in settings:
            remark = " Required." if setting.required else ""
            assignment = f"{setting.name}={setting.default or ''}"
            found = f" {setting.found}." if setting.found else ""
            comment = _COMMENT.wrap(f"{setting.help}.{remark}{found}")
            lines += ["", *comment, assignment if setting.required else f"#{assignment}"]
    return "\n".join(lines) + "\n"


def settings_table() -> str:
    """The settings as a Markdown table."""
    lines = ["| Name | Default | Meaning |", "|---|---|---|"]
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else ""
        shown = "required" if setting.required else default
        lines.append(f"| `{setting.name}` | {shown} | {setting.help} |")
    return "\n".join(lines) + "\n"
