"""Ending a real process with SIGKILL, by the servers' hand, at one of its requests."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import flask

from tribe_po.sandbox.server import Sandbox


class Moment(StrEnum):
    """When the process is killed."""

    BEFORE = "before the server does it"
    AFTER = "after the server did it, before it answers"
    LATER = "a moment after the answer"


LONGEST_MOMENT = 0.02
"""Seconds. Which instruction it hits is left to chance; the end must be the same for all."""


@dataclass(slots=True)
class Executioner:
    """Counts the requests of a process, and kills it at the one that was agreed on."""

    process: subprocess.Popen[bytes] | None = None
    at: int = 0
    moment: Moment = Moment.BEFORE
    seen: int = 0
    _chance: random.Random = field(default_factory=random.Random)
    _lock: Any = field(default_factory=threading.Lock)

    def attach(self, sandbox: Sandbox) -> None:
        """Stand before and after every request. To be called before the first one."""

        @sandbox.app.before_request
        def before() -> flask.Response | None:
            flask.g.is_the_one = self._is_the_one()
            if flask.g.is_the_one and self.moment is Moment.BEFORE:
                _kill(self.process)
                return flask.Response(status=500)
            return None

        @sandbox.app.after_request
        def after(response: flask.Response) -> flask.Response:
            if flask.g.get("is_the_one") and self.moment is Moment.AFTER:
                _kill(self.process)
            if flask.g.get("is_the_one") and self.moment is Moment.LATER:
                wait = self._chance.uniform(0, LONGEST_MOMENT)
                threading.Timer(wait, _kill, (self.process,)).start()
            return response

    def run(self, command: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> int:
        """Run a command until it is killed or comes to its end; its return code."""
        self.seen = 0
        with self._lock:
            self.process = start(command, environment, folder)
        self.process.communicate()
        self.at = 0
        return self.process.returncode

    def agree(self, at: int, moment: Moment, chance: random.Random) -> None:
        """Agree on the request (from 1) and the moment of the next execution."""
        self.at, self.moment, self._chance = at, moment, chance

    def _is_the_one(self) -> bool:
        if not self.at:
            return False
        with self._lock:
            self.seen += 1
            return self.seen == self.at


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(signal.SIGKILL)
        process.wait()


def start(
    command: tuple[str, ...], environment: Mapping[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    """Start `tribe-po` as cron would."""
    return subprocess.Popen(
        [sys.executable, "-m", "tribe_po", *command],
        env={**_plain_environment(), **environment},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _plain_environment() -> dict[str, str]:
    """This process's environment without any of the tool's settings, and the tool to be tested."""
    ours = ("POWEROFFICE_", "TRIBECRM_", "TRIBE_PO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **kept,
        "TRIBE_PO_MAX_CHANGE_PERCENT": "100",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
