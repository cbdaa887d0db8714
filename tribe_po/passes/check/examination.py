"""What the looks of `check` work with, and what they leave for each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tribe_po.passes.schedule import SCHEDULE
from tribe_po.passes.session import Now, connect, poweroffice_of, tribe_of
from tribe_po.poweroffice.client import ClientInformation, PowerOffice
from tribe_po.poweroffice.lists import RESOURCES
from tribe_po.records import Kind, Memory, System
from tribe_po.settings import Settings
from tribe_po.settings.sources import Source
from tribe_po.transport.http import Connection
from tribe_po.transport.pace import Pace
from tribe_po.transport.token import TokenCache
from tribe_po.tribe.client import Tribe

FULL = "_Full"
"""A privilege to write includes the one to read (poweroffice.md section 13.1)."""

_LATER = timedelta(days=1)


def passes_of(system: System, kinds: Collection[Kind]) -> dict[str, tuple[Kind, ...]]:
    """The passes that ask a system for news, each with those of the kinds that it reads."""
    chosen = {
        one.name: tuple(kind for kind in one.kinds if kind in kinds)
        for one in SCHEDULE
        if one.source is system
    }
    return {name: own for name, own in chosen.items() if own}


@dataclass(frozen=True, slots=True)
class Heard:
    """A server's clock, read between two readings of this machine's; None if it told none."""

    before: datetime
    server: datetime | None
    after: datetime


@dataclass(slots=True)
class Examination:
    """Both systems, and what was found out so far.

    `sources` are where the settings come from. `heard` has an entry for each system that accepted
    its keys. `own` is the ID of Tribe's own organisation once it is known, `idle` the requests that
    each pass makes when nothing has changed, `memory` what the state file holds, None while it has
    not been read.
    """

    settings: Settings
    sources: Sequence[Source]
    now: Now
    connections: Mapping[System, Connection]
    poweroffice: PowerOffice
    tribe: Tribe
    client: ClientInformation = field(default_factory=lambda: ClientInformation("", "", (), ()))
    own: str = ""
    heard: dict[System, Heard] = field(default_factory=dict)
    idle: dict[str, int] = field(default_factory=dict)
    memory: Memory | None = None

    def may(self, privilege: str) -> bool:
        """Whether PowerOffice grants a privilege, or a greater one."""
        return bool({privilege, f"{privilege}{FULL}"} & set(self.client.valid_privileges))

    def readable(self) -> list[Kind]:
        """The kinds that are synchronised and that PowerOffice lets be read."""
        return [kind for kind in self.settings.kinds if self.may(RESOURCES[kind].reads)]

    def hear(self, system: System, ask: Callable[[], datetime | None]) -> None:
        """Ask a system for its time. `ask` raises when the system does not accept the keys."""
        before = self.now()
        server = ask()
        self.heard[system] = Heard(before, server, self.now())

    def later(self, system: System) -> datetime:
        """A time that is still to come: nothing has changed since then."""
        return (self.heard[system].server or self.now()) + _LATER


def examine(settings: Settings, sources: Sequence[Source], now: Now, pace: Pace) -> Examination:
    """Connect to both systems, with new tokens: one that was kept may outlive its keys."""
    connections = connect(settings, pace, TokenCache(None, writable=False))
    return Examination(
        settings,
        sources,
        now,
        connections,
        poweroffice_of(settings, connections[System.POWEROFFICE]),
        tribe_of(settings, connections[System.TRIBE]),
    )
