"""The parts of the documents that follow from the declarations.

make documents
"""

from __future__ import annotations

import re
from pathlib import Path

from tribe_po.fields import FIELDS
from tribe_po.output.field_table import markdown
from tribe_po.settings import settings_table

ROOT = Path(__file__).parent.parent

PARTS = {
    "README.md": ("settings", settings_table()),
    "docs/fields.md": ("fields", markdown(FIELDS)),
}
"""By document: the name of the marks around the part, and what stands between them."""


def written(name: str) -> str:
    """A document with its part as it has to be."""
    mark, part = PARTS[name]
    text = (ROOT / name).read_text(encoding="utf-8")
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    made, count = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}",
        lambda _: f"{begin}{part}{end}",
        text,
        flags=re.DOTALL,
    )
    assert count == 1, f"{name} has no place for its part"
    return made


def main() -> None:
    """Write all parts."""
    for name in PARTS:
        made = written(name)
        (ROOT / name).write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
