"""Whatever a test asks the sandbox, and whatever it answers, is held against the contracts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings

from tests.contract.exchanges import Recorder
from tests.contract.watch import Watch
from tribe_po.sandbox.server import Sandbox

# A busy machine is no failure.
settings.register_profile("any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any speed")

OPENAPI = os.environ.get("TRIBE_PO_OPENAPI")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not OPENAPI:
        terminalreporter.write_line(
            "PowerOffice's side was not held against its contract: "
            "TRIBE_PO_OPENAPI names no OpenAPI document"
        )


@pytest.fixture(scope="session", autouse=True)
def recorder() -> Iterator[Recorder]:
    """Notes what every sandbox of the session is asked."""
    notes, set_up = Recorder(), Sandbox.__init__

    def listened_to(sandbox: Sandbox, *given: Any, **named: Any) -> None:
        set_up(sandbox, *given, **named)
        notes.attach(sandbox)

    with mock.patch.object(Sandbox, "__init__", listened_to):
        yield notes


@pytest.fixture(scope="session")
def _watch() -> Watch:
    return Watch.with_document(Path(OPENAPI) if OPENAPI else None)


@pytest.fixture(autouse=True)
def _contract(request: pytest.FixtureRequest, recorder: Recorder, _watch: Watch) -> Iterator[None]:
    """Fails the test that first had something said which contradicts a contract."""
    yield
    complaints = _watch.complaints(recorder.take(), request.node.nodeid)
    if complaints:
        pytest.fail("\n".join(["against the contract:", *complaints]), pytrace=False)
