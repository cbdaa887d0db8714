"""A sandbox's PowerOffice, and the client that talks to it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tribe_po.poweroffice.client import PowerOffice
from tribe_po.records import System
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.server import Sandbox
from tribe_po.transport.http import Connection
from tribe_po.transport.pace import Unpaced
from tribe_po.transport.token import ClientCredentials, TokenCache


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 9, 1, 9, tzinfo=UTC))


@pytest.fixture
def sandbox(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    # The token ends by the sandbox's clock, and is renewed by the machine's.
    with Sandbox(clock, requests_per_second=None, token_seconds=10**9) as running:
        yield running


@pytest.fixture
def side(sandbox: Sandbox) -> PowerOffice:
    return PowerOffice(connect(sandbox))


def connect(sandbox: Sandbox) -> Connection:
    environment, keys = sandbox.environment(), sandbox.poweroffice.keys
    subscription = {"Ocp-Apim-Subscription-Key": keys.subscription}
    token = ClientCredentials(
        System.POWEROFFICE,
        environment["POWEROFFICE_TOKEN_URL"],
        form={"grant_type": "client_credentials"},
        basic=(keys.app, keys.client),
        headers=subscription,
        cache=TokenCache(None, writable=False),
        pace=Unpaced(),
    )
    return Connection(
        System.POWEROFFICE,
        environment["POWEROFFICE_API_URL"],
        token=token,
        pace=Unpaced(),
        headers=subscription,
        sleep=lambda _seconds: None,
    )
