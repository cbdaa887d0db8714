"""`check`: asks both systems what the passes will meet there, and writes nothing.

No lock, no state, no kept token, and no request that changes anything. Only the pace that all
processes with one subscription key share is noted, in the machine's temporary folder.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tribe_po.errors import ExitCode, SettingsError, most_urgent
from tribe_po.passes.check import here, invoices, places, poweroffice, products, servers, tribe
from tribe_po.passes.check.examination import Examination, examine
from tribe_po.passes.check.findings import Finding, Level, Topic, guarded, not_asked
from tribe_po.passes.session import Now, shared_pace, utc_now
from tribe_po.records import RELATIONS, Kind, System
from tribe_po.settings import Settings
from tribe_po.settings.sources import Source, sources
from tribe_po.transport.pace import Pace

__all__ = ["NAME", "CheckReport", "Finding", "Level", "Topic", "check", "check_keys"]

NAME = "check"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All findings, in the order of the table below, and what each system was asked."""

    profile: str
    findings: tuple[Finding, ...]
    requests: Mapping[System, int]

    @property
    def exit_code(self) -> ExitCode:
        """Of the exit codes of all errors, the most urgent one."""
        return most_urgent(one.exit_code for one in self.findings if one.level is Level.ERROR)

    def count(self, level: Level) -> int:
        """How many findings are of a level."""
        return sum(one.level is level for one in self.findings)


@dataclass(frozen=True, slots=True)
class Step:
    """One look: what it is about, which systems must have accepted their keys before, and for which
    kinds it is made."""

    topic: Topic
    look: Callable[[Examination], Iterable[Finding]]
    asks: tuple[System, ...] = ()
    kinds: Collection[Kind] = tuple(Kind)


STEPS = (
    Step(Topic.SETTINGS, here.settings),
    Step(Topic.POWEROFFICE_KEYS, poweroffice.keys),
    Step(Topic.TRIBE_KEYS, tribe.keys),
    Step(Topic.CLIENT, poweroffice.client, (System.POWEROFFICE,)),
    Step(Topic.PRIVILEGES, poweroffice.privileges, (System.POWEROFFICE,)),
    Step(Topic.OWN, tribe.own_organization, (System.TRIBE,)),
    Step(Topic.FIELDS, places.fields, (System.TRIBE,)),
    Step(Topic.SERIES, poweroffice.series, (System.POWEROFFICE,), RELATIONS),
    Step(Topic.TERMS, poweroffice.terms, (System.POWEROFFICE,), (Kind.CUSTOMER,)),
    Step(Topic.UNITS, products.units, (System.TRIBE,), (Kind.PRODUCT,)),
    Step(Topic.ACCOUNTS, products.accounts, tuple(System), (Kind.PRODUCT,)),
    Step(Topic.GROUP, products.group, tuple(System), (Kind.PRODUCT,)),
    Step(Topic.INVOICES, invoices.invoices, tuple(System), (Kind.INVOICE,)),
    Step(Topic.POWEROFFICE_LISTS, poweroffice.lists, (System.POWEROFFICE,)),
    Step(Topic.TRIBE_SETS, tribe.sets, (System.TRIBE,)),
    Step(Topic.STATE, here.state),
    Step(Topic.SERVERS, servers.servers),
    Step(Topic.CONNECTOR, here.connector),
    Step(Topic.CLOCKS, here.clocks),
    Step(Topic.BUDGET, here.budget),
)
"""The looks in their order: later ones use what earlier ones found."""


KEYS = {Topic.POWEROFFICE_KEYS: System.POWEROFFICE, Topic.TRIBE_KEYS: System.TRIBE}
"""What tells whether a system accepts its keys."""
WHOSE = (Topic.CLIENT, Topic.OWN)
"""What tells whose keys they are."""


def check(
    environ: Mapping[str, str],
    env_file: Path | None = None,
    profile: str | None = None,
    *,
    now: Now = utc_now,
    pace: Pace | None = None,
) -> CheckReport:
    """Look at everything that can be looked at, whatever is wrong with the rest.

    The settings are read as for a pass. Raises nothing that a finding can tell. `pace` stands in
    for the one that all processes with the same subscription key share.
    """
    loaded: list[tuple[Settings, list[Source]]] = []
    told = guarded(Topic.SETTINGS, partial(_load, loaded, environ, env_file, profile))
    if not loaded:
        return CheckReport(profile or "default", tuple(told), {})
    settings, origins = loaded[0]
    it = examine(settings, origins, now, pace or shared_pace(settings))
    for step in STEPS:
        if set(step.kinds) & set(settings.kinds):
            told += _made(it, step)
    requests = {system: made.requests for system, made in it.connections.items()}
    return CheckReport(settings.profile, tuple(dict.fromkeys(told)), requests)


def check_keys(
    origins: list[Source], *, now: Now = utc_now, pace: Pace | None = None
) -> CheckReport:
    """Look only whether both systems accept the keys that these sources give, and whose they are.

    Raise `SettingsError` where the sources give no settings that make sense.
    """
    settings = Settings.of(origins)
    it = examine(settings, origins, now, pace or shared_pace(settings))
    told = [
        finding for step in STEPS if step.topic in (*KEYS, *WHOSE) for finding in _made(it, step)
    ]
    requests = {system: made.requests for system, made in it.connections.items()}
    return CheckReport(settings.profile, tuple(dict.fromkeys(told)), requests)


def _load(
    into: list[tuple[Settings, list[Source]]],
    environ: Mapping[str, str],
    env_file: Path | None,
    profile: str | None,
) -> list[Finding]:
    """Load the settings with their sources, or give a finding for each that is wrong."""
    try:
        settings = Settings.load(environ, env_file, profile)
    except SettingsError as error:
        return [
            Finding(Topic.SETTINGS, Level.ERROR, line, error.next_step, error.exit_code)
            for line in error.why.splitlines()
        ]
    into.append((settings, sources(environ, env_file, profile)))
    return []


def _made(it: Examination, step: Step) -> list[Finding]:
    silent = [system for system in step.asks if system not in it.heard]
    if silent:
        return [not_asked(step.topic, silent)]
    return guarded(step.topic, partial(step.look, it))
