"""The document that lists the dialects, made from their table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tests.dialects.dialects import POWEROFFICE, TOGETHER, TRIBE, Dialect
from tests.dialects.questions import POWEROFFICE_QUESTIONS, TRIBE_QUESTIONS, Question

_HEAD = """# Dialects

What the two APIs' documentation leaves open, each in one of the ways in which a server may answer
it, and what tribe-po does then. The main story of the tests (first sync, edits and new records on
both sides, a booked invoice and its payment, answers that get lost, passes that die) is told in
every one of them, and in combinations in which every two of them meet. Where a dialect makes
something impossible, the record is listed with the reason, and everything else goes on.

What a server turned out to refuse is remembered in the state for a day, for each pair of tenants,
and `check` shows it under "servers"; then it is tried again.

Each system's open questions come first, by their numbers in the list that ends its notes: section
15 for Tribe, section 17 for PowerOffice Go. One to which no dialect belongs says why it needs none.
"""


_TOGETHER = """## What leaves more to a person together

Turn Tribe's auto-numbering of debtor numbers off where `check` says that Tribe has no ImportId.

| Both | What then |
|---|---|
"""


def document() -> str:
    """The whole document."""
    parts = [
        _HEAD,
        *_system("Tribe CRM", 15, TRIBE_QUESTIONS, TRIBE),
        *_system("PowerOffice Go", 17, POWEROFFICE_QUESTIONS, POWEROFFICE),
        _TOGETHER
        + "".join(
            f"| {' + '.join(sorted(both))} | {doubt.what} |\n" for both, doubt in TOGETHER.items()
        ),
    ]
    return "\n".join(part for part in parts if part)


def _system(
    title: str, section: int, questions: Iterable[Question], dialects: Sequence[Dialect]
) -> Iterator[str]:
    asked = "\n".join(_question(one, section, dialects) for one in questions)
    yield f"## {title}\n\n| Question | About | tribe-po |\n|---|---|---|\n{asked}\n"
    spoken = "\n".join(_row(dialect) for dialect in dialects)
    yield f"| The server | Question | tribe-po |\n|---|---|---|\n{spoken}\n"


def _question(question: Question, section: int, dialects: Iterable[Dialect]) -> str:
    many = sum(question.number in one.numbers for one in dialects)
    spoken = question.alone or f"{many} dialect{'' if many == 1 else 's'}."
    return f"| {section}.{question.number} | {question.asked} | {question.answer} *{spoken}* |"


def _row(dialect: Dialect) -> str:
    numbers = ", ".join(map(str, dialect.numbers))
    return f"| {dialect.name} | {numbers} | {' '.join(_done(dialect))} |"


def _done(dialect: Dialect) -> Iterator[str]:
    yield dialect.does
    if dialect.expected.differs:
        yield f"In the story: {'; '.join(sorted(dialect.expected.differs))}."


if __name__ == "__main__":
    print(document(), end="")  # noqa: T201 - python -m tests.dialects.document > docs/dialects.md
