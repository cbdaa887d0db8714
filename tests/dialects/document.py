"""The document that lists the dialects, made from their table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.dialects.dialects import NOT_TOGETHER, POWEROFFICE, TRIBE, Dialect

_HEAD = """# Dialects

What the two APIs' documentation leaves open, each in one of the ways in which a server may answer
it, and what tribe-po does then. The main story of the tests (first sync, edits and new records on
both sides, answers that get lost) is told in every one of them, and in combinations in which every
two of them meet. Where a dialect makes something impossible, the record is listed with the reason,
and everything else goes on.

The question is the number in the list of open questions of the system's notes: section 15 for
Tribe, section 17 for PowerOffice Go.
"""

_TOGETHER = """## What does not go together

Taken together, these leave tribe-po without what it goes by.
"""


def document() -> str:
    """The whole document."""
    parts = [
        _HEAD,
        _table("Tribe CRM", TRIBE),
        _table("PowerOffice Go", POWEROFFICE),
        _together(),
    ]
    return "\n".join(part for part in parts if part)


def _table(title: str, dialects: Iterable[Dialect]) -> str:
    rows = "\n".join(_row(dialect) for dialect in dialects)
    return f"## {title}\n\n| The server | Question | tribe-po |\n|---|---|---|\n{rows}\n"


def _row(dialect: Dialect) -> str:
    numbers = dialect.question.partition(" ")[2]
    return f"| {dialect.name} | {numbers} | {' '.join(_done(dialect))} |"


def _done(dialect: Dialect) -> Iterator[str]:
    yield dialect.does
    if dialect.expected.differs:
        yield f"In the story: {'; '.join(sorted(dialect.expected.differs))}."


def _together() -> str:
    if not NOT_TOGETHER:
        return ""
    rows = "\n".join(
        f"| {' + '.join(sorted(pair))} | {why} |" for pair, why in NOT_TOGETHER.items()
    )
    return f"{_TOGETHER}\n| Both | Why |\n|---|---|\n{rows}\n"


if __name__ == "__main__":
    print(document(), end="")  # noqa: T201 - python -m tests.dialects.document > docs/dialects.md
