"""People and passes in any order, with anything going wrong, and everything is well in the end.

`make chaos SEED=1` repeats what was made up with that seed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.chaos import sales
from tests.chaos.anything import NAMES, Anything
from tests.chaos.histories import SEED
from tests.chaos.office import office
from tests.chaos.reference import INIT
from tests.scenarios.world import OSLO
from tribe_po.sandbox.sample_products import fill_products
from tribe_po.sync import remember


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[Anything]]:
    """Histories that all begin in one small office after its first sync."""
    with office(tmp_path_factory.mktemp("anything"), **sales.SETTINGS) as made:
        made.poweroffice.switches.allow_send_invoice = True
        made.poweroffice.switches.send_seconds = sales.SECONDS_TO_SEND
        for name in NAMES:
            made.poweroffice.add_customer(Name=name, MailAddress=OSLO)
        fill_products(made.poweroffice, made.tribe)
        INIT.act(made)
        yield type("AnythingHere", (Anything,), {"office": made, "start": made.picture()})


def _play(
    machine: type[Anything],
    histories: int,
    steps: int,
    phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink),
) -> None:
    run_state_machine_as_test(
        seed(SEED)(machine),
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_some_histories_end_well(machine: type[Anything]) -> None:
    _play(machine, 5, 12)


def test_a_build_that_takes_its_own_writes_for_edits_does_not_get_through(
    machine: type[Anything], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remember, "updated", lambda memory, change, written, now: [])
    with pytest.raises(AssertionError):
        _play(machine, 20, 12, (Phase.generate,))


@pytest.mark.chaos
def test_many_histories_end_well(machine: type[Anything]) -> None:
    _play(machine, 200, 25)
