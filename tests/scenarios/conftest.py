from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.world import World, world
from tests.security.leaks import no_leaks

__all__ = ["linked", "no_leaks", "w"]


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    """A world in which nothing has happened yet."""
    with world(tmp_path) as made:
        yield made


@pytest.fixture
def linked(w: World) -> World:
    """Fjord Kaffe AS, a customer that both systems have and the tool has linked."""
    w.company(
        "Fjord Kaffe AS",
        EmailAddress="post@fjord.example",
        PhoneNumber="+4700123456",
        WebsiteUrl="https://fjord.example",
        InvoiceEmailAddress="faktura@fjord.example",
        OrganizationNumber="923609016",
        PaymentTerm=14,
        MailAddress={"AddressLine1": "Storgata 12 B", "ZipCode": "0155", "City": "Oslo"},
    )
    assert w.init().exit_code == 0
    w.sandbox.requests.clear()
    return w
