"""The world that is disturbed: two tenants over HTTP, a local clock of its own, one write at a
time, and pictures of all of it to which it can be put back."""

from __future__ import annotations

import io
import itertools
import pickle
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any
from unittest import mock

from tests.chaos.executioner import Executioner
from tests.chaos.lag import Lag
from tests.scenarios.world import MORNING, World
from tribe_po.passes import run as running
from tribe_po.passes.session import Session, open_session, utc_now
from tribe_po.records import System
from tribe_po.sandbox.clock import ManualClock
from tribe_po.sandbox.faults import Fault
from tribe_po.sandbox.poweroffice.dtos import Dto
from tribe_po.sandbox.server import Sandbox
from tribe_po.settings import Settings
from tribe_po.sync.apply import apply
from tribe_po.transport.pace import Unpaced
from tribe_po.transport.stop import Stop

AHEAD = timedelta(hours=3)
"""How far the local clock is ahead of the servers': what confuses the two loses changes."""


@dataclass
class Office(World):
    """A world whose passes can be cut short.

    `in_flight` is how many writes a pass has on the way at once: with one, the requests of a pass
    always come in the same order. `local` is the clock of the machine that the passes run on.
    """

    in_flight: int = 1
    local: Callable[[], datetime] = utc_now
    lag: Lag = field(default_factory=Lag)
    executioner: Executioner = field(default_factory=Executioner)

    @contextmanager
    def session(self, *, dry_run: bool = False) -> Iterator[Session]:
        """Open a session that has to ask for its tokens, which no earlier one left behind: how
        many requests a pass makes then depends on nothing but the tenants."""
        self.folder.joinpath("tribe-po.tokens.json").unlink(missing_ok=True)
        settings = Settings.load(self.environment)
        one_by_one = partial(apply, in_flight=self.in_flight)
        with (
            mock.patch.object(running, "apply", one_by_one),
            mock.patch.object(Stop, "sleep", self._sleep),
            open_session(
                settings, "chaos", dry_run=dry_run, now=self.local, pace=Unpaced()
            ) as session,
        ):
            yield session

    def _sleep(self, seconds: float) -> None:
        """Sleep without waiting: only the servers' clock goes on."""
        self.later(timedelta(seconds=seconds))

    def ahead(self) -> datetime:
        """The local clock as a rule."""
        return self.clock.now() + AHEAD

    def run(self, arguments: tuple[str, ...]) -> int:
        """Run `tribe-po` in a process of its own; its return code."""
        return self.executioner.run(arguments, self.environment, self.folder)

    def organization(self, name: str) -> str:
        """The ID of the organisation in Tribe that is called so."""
        (found,) = [one["ID"] for one in self.tribe.organizations() if one["Name"] == name]
        return str(found)

    def numbered(self, field_name: str, number: object) -> dict[str, Any]:
        """The organisation or person in Tribe with this debtor or creditor number."""
        everyone = [*self.tribe.organizations(), *self.tribe.persons()]
        (found,) = [one for one in everyone if one.get(field_name) == str(number)]
        return dict(found)

    def picture(self) -> Picture:
        """All that both tenants, the clock, the faults still to come and the files hold."""
        return Picture(
            clock=self.clock.now(),
            tenants={
                System.POWEROFFICE: _Frozen.of(self.poweroffice),
                System.TRIBE: _Frozen.of(self.tribe),
            },
            faults=tuple(self.sandbox.faults.pending()),
            files={path.name: path.read_bytes() for path in self.folder.iterdir()},
        )

    def put_back(self, picture: Picture) -> None:
        """Be as it was when the picture was taken."""
        self.clock.advance(picture.clock - self.clock.now())
        picture.tenants[System.POWEROFFICE].melt_into(self.poweroffice)
        picture.tenants[System.TRIBE].melt_into(self.tribe)
        self.sandbox.faults.clear()
        for fault in picture.faults:
            self.sandbox.faults.add(fault)
        self.sandbox.requests.clear()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for name, content in picture.files.items():
            (self.folder / name).write_bytes(content)
            (self.folder / name).chmod(0o600)

    def lose_state(self) -> None:
        """Delete the state file and the generation before it."""
        self.state.unlink(missing_ok=True)
        self.state.with_name(f"{self.state.name}.previous").unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Picture:
    """What `Office.picture` took."""

    clock: datetime
    tenants: dict[System, _Frozen]
    faults: tuple[Fault, ...]
    files: dict[str, bytes]

    def tribe_store(self) -> Any:
        """A copy of what Tribe held."""
        return self.tenants[System.TRIBE].melted()["store"]


_LOCKS = (type(threading.Lock()), type(threading.RLock()))


@dataclass(frozen=True, slots=True)
class _Frozen:
    """One tenant's attributes, pickled. What is no data (locks, clocks, functions, the models of
    what the systems know) is kept aside and shared by all copies."""

    content: bytes
    shared: tuple[object, ...]

    @classmethod
    def of(cls, tenant: Any) -> _Frozen:
        kept_aside: tuple[type, ...] = (*_LOCKS, ManualClock, FunctionType, Dto)
        if hasattr(tenant, "store"):
            kept_aside += (type(tenant.store.model),)
        with io.BytesIO() as out:
            freezer = _Freezer(out, kept_aside)
            freezer.dump(vars(tenant))
            return cls(out.getvalue(), tuple(freezer.shared))

    def melted(self) -> dict[str, Any]:
        with io.BytesIO(self.content) as content:
            attributes: dict[str, Any] = _Melter(content, self.shared).load()
            return attributes

    def melt_into(self, tenant: Any) -> None:
        vars(tenant).update(self.melted())


class _Freezer(pickle.Pickler):
    def __init__(self, out: io.BytesIO, kept_aside: tuple[type, ...]) -> None:
        super().__init__(out)
        self.shared: list[object] = []
        self._kept_aside = kept_aside

    def persistent_id(self, obj: object) -> int | None:
        if not isinstance(obj, self._kept_aside):
            return None
        self.shared.append(obj)
        return len(self.shared) - 1

    def reducer_override(self, obj: object) -> Any:
        """Counters can be pickled no more from Python 3.14 on; they tell how far they are."""
        if isinstance(obj, itertools.count):
            return itertools.count, tuple(int(each) for each in re.findall(r"-?\d+", repr(obj)))
        return NotImplemented


class _Melter(pickle.Unpickler):
    def __init__(self, content: io.BytesIO, shared: tuple[object, ...]) -> None:
        super().__init__(content)
        self._shared = shared

    def persistent_load(self, pid: int) -> object:
        return self._shared[pid]


@contextmanager
def office(folder: Path, **overrides: str) -> Iterator[Office]:
    """A new office in a folder of its own. `overrides` are settings."""
    clock = ManualClock(MORNING)
    served = Sandbox(clock, requests_per_second=None)
    place, temporary = folder / "office", folder / "temporary"
    place.mkdir()
    temporary.mkdir()
    settings = {"TMPDIR": str(temporary), "TRIBE_PO_MAX_CHANGE_PERCENT": "100", **overrides}
    made = Office(served, clock, place, settings)
    made.local = made.ahead
    made.lag.attach(served)
    made.executioner.attach(served)
    with served:
        yield made
