"""People and passes in any order, with anything going wrong, and everything is well in the end.

`make chaos SEED=1` repeats what was made up with that seed.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RULE_MARKER, run_state_machine_as_test

from tests.chaos import sales
from tests.chaos.any_people import Role
from tests.chaos.anything import Anything
from tests.chaos.histories import SEED
from tests.chaos.office import office
from tests.chaos.reference import INIT
from tests.scenarios.world import OSLO
from tribe_po.records import Kind
from tribe_po.sandbox.sample_products import fill_products
from tribe_po.sync import remember

CUSTOMERS = ("Fjord Kaffe AS", "Skog Bygg AS")
SUPPLIERS = ("Papir og Penn AS", "Begge Roller AS")
ROLES = (
    *(Role(Kind.CUSTOMER, name) for name in (*CUSTOMERS, SUPPLIERS[-1])),
    *(Role(Kind.SUPPLIER, name) for name in SUPPLIERS),
)
"""Who is there in the beginning; the last one is both."""

EDITING = ("edit", "edit_and_answer", "run_a_round")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[Anything]]:
    """Histories that all begin in one small office after its first sync."""
    settings = {**sales.SETTINGS, "TRIBE_PO_KINDS": "customers,suppliers,products,invoices"}
    with office(tmp_path_factory.mktemp("anything"), **settings) as made:
        made.poweroffice.switches.allow_send_invoice = True
        made.poweroffice.switches.send_seconds = sales.SECONDS_TO_SEND
        for name in CUSTOMERS:
            made.poweroffice.add_customer(
                Name=name, MailAddress=OSLO, InvoiceEmailAddress="faktura@kunde.example"
            )
        for name in SUPPLIERS:
            made.poweroffice.add_supplier(Name=name, MailAddress=OSLO)
        both = made.poweroffice.suppliers()[-1]["Id"]
        made.poweroffice.add_customer(contact_id=both)
        fill_products(made.poweroffice, made.tribe)
        INIT.act(made)
        here = {"office": made, "start": made.picture(), "first": ROLES}
        yield type("AnythingHere", (Anything,), here)


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


def _only(machine: type[Anything], *kept: str) -> type[Anything]:
    """The machine with these rules alone: where all are drawn, few histories have an echo that
    somebody answers."""
    rules = {name for name, one in inspect.getmembers(machine) if hasattr(one, RULE_MARKER)}
    return type("OnlySome", (machine,), dict.fromkeys(rules - {*kept}))


def test_some_histories_end_well(machine: type[Anything]) -> None:
    _play(machine, 5, 12)


def test_histories_of_editing_end_well(machine: type[Anything]) -> None:
    _play(_only(machine, *EDITING), 5, 6)


def test_a_build_that_takes_its_own_writes_for_edits_does_not_get_through(
    machine: type[Anything], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remember, "updated", lambda memory, change, written, now: [])
    with pytest.raises(AssertionError):
        _play(_only(machine, *EDITING), 20, 6, (Phase.generate,))


@pytest.mark.chaos
def test_many_histories_end_well(machine: type[Anything]) -> None:
    _play(machine, 200, 25)
