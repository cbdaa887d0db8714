from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.chaos import sales
from tests.chaos.office import Office, office
from tests.chaos.reference import SALES_PASSES, SALES_ROUND, Reference, play


@dataclass(frozen=True, slots=True)
class Round:
    """An office, and the undisturbed reference round that was played in it."""

    office: Office
    reference: Reference


@pytest.fixture(scope="package")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    settings = {
        "TRIBE_PO_KINDS": "customers,suppliers",
        # An edit that is taken for a conflict by mistake is then lost, instead of listed.
        "TRIBE_PO_CONFLICTS": "tribe",
    }
    with office(tmp_path_factory.mktemp("chaos"), **settings) as made:
        yield Round(made, play(made))


@pytest.fixture(scope="package")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    """The undisturbed round of sales."""
    with office(tmp_path_factory.mktemp("sales"), **sales.SETTINGS) as made:
        yield Round(made, play(made, SALES_ROUND, SALES_PASSES))
