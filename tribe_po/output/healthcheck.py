"""Pings in healthchecks.io's protocol (https://healthchecks.io/docs/http_api/): start, success,
fail, each with the run's id, so that overlapping passes are told apart."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit, urlunsplit
from uuid import UUID

from tribe_po.errors import ExitCode
from tribe_po.output import log
from tribe_po.settings import Secret
from tribe_po.transport.ping import ping

_log = logging.getLogger(__name__)

WENT = frozenset({ExitCode.OK, ExitCode.RECORDS_LEFT})
"""Exit codes of a pass that came to its end. What it left out is a matter for `status`."""


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """One run's check. In the URL, {pass} and {profile} stand for the run's own."""

    url: Secret
    run: UUID
    pass_name: str
    profile: str

    def started(self) -> None:
        """Say that the run begins. A failure is a warning, like all here."""
        self._ping("/start", f"{self.pass_name} {self.profile}: started")

    def ended(self, code: ExitCode) -> None:
        """Say how the run ended."""
        path = "" if code in WENT else "/fail"
        self._ping(path, f"{self.pass_name} {self.profile}: exit code {int(code)}")

    def _ping(self, path: str, text: str) -> None:
        why = ping(self._url(path), text)
        if why is not None:
            data = log.event("healthcheck.failed", ping=path.strip("/") or "success", why=why)
            _log.warning("The healthcheck could not be told (%s)", why, extra=data)

    def _url(self, path: str) -> str:
        filled = self.url.reveal()
        for name, text in (("pass", self.pass_name), ("profile", self.profile)):
            filled = filled.replace(f"{{{name}}}", quote(text, safe=""))
        parts = urlsplit(filled)
        query = "&".join(filter(None, (parts.query, urlencode({"rid": str(self.run)}))))
        return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + path, query, ""))
