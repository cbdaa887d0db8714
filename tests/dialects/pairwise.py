"""Few combinations in which every two values of different factors meet at least once."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Iterable, Sequence

Row = tuple[str | None, ...]
"""One value for each factor; None where the factor is left as it is."""

Cell = tuple[int, str | None]
"""A factor's number and its value."""

Pair = tuple[Cell, Cell]
"""Two cells, that of the lower factor first."""

_TRIES = 4


def combinations(
    factors: Sequence[Sequence[str | None]],
    *,
    seed: int,
) -> list[Row]:
    """Rows that cover every pair of values, greedily: each row is the best of some tries. The same
    seed gives the same rows."""
    chance = random.Random(seed)
    cells = [[(number, value) for value in values] for number, values in enumerate(factors)]
    missing = {
        pair: None
        for one, other in itertools.combinations(cells, 2)
        for pair in itertools.product(one, other)
    }
    rows: list[Row] = []
    while missing:
        starts = chance.choices(list(missing), k=_TRIES)
        tries = [_row(start, cells, missing, chance) for start in starts]
        best = max(tries, key=lambda row: sum(pair in missing for pair in pairs_in(row)))
        rows.append(best)
        for pair in pairs_in(best):
            missing.pop(pair, None)
    return rows


def pairs_in(row: Row) -> Iterable[Pair]:
    """The pairs that a row has."""
    return itertools.combinations(enumerate(row), 2)


def _row(
    start: Pair,
    cells: Sequence[Sequence[Cell]],
    missing: Collection[Pair],
    chance: random.Random,
) -> Row:
    """Begin with a missing pair, and give every other factor the value that covers most."""
    chosen: dict[int, Cell] = {cell[0]: cell for cell in start}
    rest = [number for number in range(len(cells)) if number not in chosen]
    chance.shuffle(rest)
    for number in rest:
        shuffled = chance.sample(cells[number], len(cells[number]))
        covered = {cell: _newly_covered(cell, chosen.values(), missing) for cell in shuffled}
        chosen[number] = max(covered, key=covered.__getitem__)
    return tuple(chosen[number][1] for number in range(len(cells)))


def _newly_covered(cell: Cell, chosen: Iterable[Cell], missing: Collection[Pair]) -> int:
    number = cell[0]
    return sum(
        ((cell, other) if number < other[0] else (other, cell)) in missing for other in chosen
    )
