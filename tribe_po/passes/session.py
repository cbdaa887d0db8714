"""What a pass needs, opened and closed: lock, state, both systems, audit trail."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from tribe_po.errors import SettingsError
from tribe_po.passes.keeping import StateKeeper
from tribe_po.poweroffice.client import PowerOffice
from tribe_po.poweroffice.invoices import Selling
from tribe_po.poweroffice.products import Catalogue
from tribe_po.records import Memory, System
from tribe_po.settings import InvoiceMode, Settings
from tribe_po.sides import Side
from tribe_po.state.audit import Audit
from tribe_po.state.lock import lock
from tribe_po.state.store import Store
from tribe_po.transport.http import Connection
from tribe_po.transport.pace import SAFE_SHARE, Pace, SharedPace, Yielding
from tribe_po.transport.stop import Stop, Stoppable
from tribe_po.transport.token import ClientCredentials, TokenCache
from tribe_po.tribe.client import Tribe
from tribe_po.tribe.metadata import Names

KEYS = "keys"
NAMES = "Tribe's names"
"""Under what the state keeps a digest of the keys and Tribe's names, among `Meta.servers`."""

FOUND_OUT = "found out at"
"""Under what the state keeps since when the rest of it is known, by this machine's clock."""

GOOD_FOR = timedelta(days=1)
"""So long a server is taken to be as it was. Then its names are read again, and what it refused
before is tried again: it may have learned something new."""

VOUCHERS_WANTED = "vouchers are wanted"
"""Under what the state keeps that somebody has read a dry run of vouchers, which are final."""

KEPT = frozenset({KEYS, VOUCHERS_WANTED})
"""What no server has told, and so does not age."""

RUN_ID_DIGITS = 12
"""A run is named by so many hexadecimal digits of a UUID."""

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The time on this machine's clock: for reports and for waiting, never for cursors."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Session:
    """Everything that a pass works with. `memory` is what the state holds; `before` counts the
    requests of earlier passes in the same session."""

    settings: Settings
    run_id: str
    started: datetime
    sides: Mapping[System, Side]
    connections: Mapping[System, Connection]
    memory: Memory
    keeper: StateKeeper
    now: Now
    before: Mapping[System, int] = field(default_factory=dict)

    def another(self, name: str, run_id: str) -> Session:
        """The same session for one more pass, which is a run of its own."""
        return replace(
            self,
            run_id=run_id,
            started=self.now(),
            keeper=replace(self.keeper, run_id=run_id, pass_name=name, watchers=[]),
            before={system: made.requests for system, made in self.connections.items()},
        )

    def requests(self) -> dict[System, int]:
        """How many requests the pass has sent to each system so far."""
        return {
            system: made.requests - self.before.get(system, 0)
            for system, made in self.connections.items()
        }


@contextmanager
def open_session(
    settings: Settings,
    name: str,
    *,
    dry_run: bool,
    now: Now = utc_now,
    pace: Pace | None = None,
    stop: Stop | None = None,
    run_id: str | None = None,
) -> Iterator[Session]:
    """Open a session for one pass.

    A dry run takes no lock and writes no file. `pace` stands in for the one that all processes with
    the same subscription key share. Once `stop` was asked for, every request raises `Stopped`.
    `run_id` None makes a new one. Raises `Busy` when another pass holds the lock,
    `StateUnreadable`, `NotAllowed` for keys that are not accepted, and `GuardRefused` when the
    state belongs to other tenants.
    """
    started, run_id = now(), run_id or uuid4().hex[:RUN_ID_DIGITS]
    with ExitStack() as stack:
        if not dry_run:
            stack.enter_context(lock(settings.state))
        store = Store(settings.state)
        memory = store.open()
        cache = TokenCache(beside(settings.state, ".tokens.json"), writable=not dry_run)
        connections = connect(settings, pace or shared_pace(settings), cache, stop)
        tribe = _tribe(settings, connections[System.TRIBE], memory, started)
        store.bind(memory, tenant_of(settings, tribe.own_organization()))
        audit = None if dry_run else stack.enter_context(closing(Audit(settings.state)))
        yield Session(
            settings=settings,
            run_id=run_id,
            started=started,
            sides={
                System.TRIBE: tribe,
                System.POWEROFFICE: poweroffice_of(
                    settings,
                    connections[System.POWEROFFICE],
                    (stop or Stop()).sleep,
                    memory.meta.servers,
                ),
            },
            connections=connections,
            memory=memory,
            keeper=StateKeeper(store, audit, run_id, name, now),
            now=now,
        )


def beside(state: Path, suffix: str) -> Path:
    """The path of a file that belongs to a state file and lies beside it."""
    return state.with_name(f"{state.stem}{suffix}")


def shared_pace(settings: Settings) -> Pace:
    """The pace of all profiles of one user, whatever their working directories; or of several
    machines, where a Redis server is named."""
    folder = Path(tempfile.gettempdir()) / f"tribe-po-{os.getuid()}"
    key = settings.poweroffice_subscription_key.reveal()
    if settings.pace is None:
        return SharedPace.for_key(key, settings.rate, folder)
    alone = SharedPace.for_key(key, settings.rate * SAFE_SHARE, folder)
    return _pace_of_machines(settings.pace.reveal(), key, settings.rate, alone)


def _pace_of_machines(url: str, key: str, rate: float, alone: Pace) -> Pace:
    """The pace that several machines share. Raises `SettingsError` without the extra."""
    try:
        from tribe_po.transport.redis_pace import RedisPace
    except ImportError:
        raise SettingsError(
            "TRIBE_PO_PACE needs a package that is not installed",
            "The pace of several machines is kept with the package redis.",
            "Install it: pip install 'tribe-po[redis]'",
        ) from None
    try:
        return RedisPace(url, key, rate, alone)
    except ValueError:
        raise SettingsError(
            "TRIBE_PO_PACE is no URL of a Redis server",
            "It cannot be read as one; its text may hold a password and is not shown.",
            "Write it as redis://HOST:PORT/NUMBER, or leave it out.",
        ) from None


def connect(
    settings: Settings, pace: Pace, cache: TokenCache, stop: Stop | None = None
) -> dict[System, Connection]:
    """The connections to both systems. Nothing is asked of them yet, and no more once `stop` was
    asked for."""
    stop = stop or Stop()
    pace, yielding = Stoppable(pace, stop), Stoppable(Yielding(sleep=stop.sleep), stop)
    header = "Ocp-Apim-Subscription-Key"
    keys = {header: settings.poweroffice_subscription_key.reveal()}
    second = settings.poweroffice_subscription_key_secondary
    spare = {header: second.reveal()} if second else None
    poweroffice = ClientCredentials(
        System.POWEROFFICE,
        settings.poweroffice_token_url,
        headers=keys,
        spare_headers=spare,
        basic=(
            settings.poweroffice_app_key.reveal(),
            settings.poweroffice_client_key.reveal(),
        ),
        cache=cache,
        pace=pace,
        sleep=stop.sleep,
    )
    organization = settings.tribe_organization_id
    tribe = ClientCredentials(
        System.TRIBE,
        f"{settings.tribe_auth_url}/oauth2/token",
        form={
            "client_id": settings.tribe_client_id,
            "client_secret": settings.tribe_client_secret.reveal(),
            **({"organization_id": organization} if organization else {}),
        },
        cache=cache,
        pace=yielding,
        sleep=stop.sleep,
        scopes=tuple(dict.fromkeys((settings.tribe_scope, "read write", None))),
    )
    return {
        System.POWEROFFICE: Connection(
            System.POWEROFFICE,
            settings.poweroffice_api_url,
            token=poweroffice,
            pace=pace,
            headers=keys,
            spare_headers=spare,
            sleep=stop.sleep,
        ),
        System.TRIBE: Connection(
            System.TRIBE, settings.tribe_api_url, token=tribe, pace=yielding, sleep=stop.sleep
        ),
    }


def poweroffice_of(
    settings: Settings,
    connection: Connection,
    sleep: Callable[[float], None] = time.sleep,
    learned: dict[str, str] | None = None,
) -> PowerOffice:
    """PowerOffice as the settings describe it, with what is known of it from earlier."""
    accounts, delivers = settings.sales_accounts, settings.invoice_mode is InvoiceMode.SEND
    return PowerOffice(
        connection,
        Catalogue(accounts, settings.product_group),
        Selling(delivers, accounts, sleep),
        learned,
    )


def tribe_of(
    settings: Settings,
    connection: Connection,
    names: Names | None = None,
    learned: dict[str, str] | None = None,
) -> Tribe:
    """Tribe as the settings describe it, with what is known of the tenant from earlier."""
    return Tribe(
        connection,
        settings.tribe_organization_id or "",
        names=names,
        learned=learned,
        units=settings.units,
        default_group=settings.product_group,
        pdfs_wanted=settings.invoice_mode is InvoiceMode.VOUCHER,
        kid_field=settings.kid_field or "",
    )


def _tribe(settings: Settings, connection: Connection, memory: Memory, now: datetime) -> Tribe:
    """Open Tribe with what earlier runs found out about it, which is kept with a digest of the keys
    that opened it. What is found out now goes into the memory; a dry run never saves that."""
    known = memory.meta.servers
    keys = keys_of(settings)
    if known.get(KEYS) != keys:
        known.clear()
    elif not _is_fresh(known.get(FOUND_OUT), now):
        for name in known.keys() - KEPT:
            del known[name]
    known.setdefault(FOUND_OUT, now.isoformat(timespec="seconds"))
    names = Names.from_dict(json.loads(known[NAMES])) if NAMES in known else None
    tribe = tribe_of(settings, connection, names, known)
    known |= {KEYS: keys, NAMES: json.dumps(tribe.names.to_dict())}
    return tribe


def _is_fresh(told: str | None, now: datetime) -> bool:
    """Whether what was found out then still counts. A time that is to come was told by a wrong
    clock."""
    return told is not None and now - GOOD_FOR < datetime.fromisoformat(told) <= now


def keys_of(settings: Settings) -> str:
    """The digest of the keys that lead to the pair of tenants, known without asking a server."""
    return _digest(
        settings.poweroffice_client_key.reveal(),
        settings.tribe_client_id,
        settings.tribe_organization_id or "",
        settings.tribe_api_url,
    )


def tenant_of(settings: Settings, own_organization: str) -> str:
    """The fingerprint of the pair of tenants that the keys open; Tribe's is known by the ID of its
    own organisation."""
    return _digest(settings.poweroffice_client_key.reveal(), own_organization)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
