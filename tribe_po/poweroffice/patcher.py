"""Sending patches, guarded by their tests for as long as the server honours those."""

from __future__ import annotations

import logging

from tribe_po.poweroffice.lists import REFUSED
from tribe_po.poweroffice.patch import CONTENT_TYPE, Operations, Patch
from tribe_po.transport.http import Answer, Connection

TESTS = "PowerOffice's tests"
REMOVE = "PowerOffice's remove"
"""The keys under which `learned` keeps that patches with such operations are refused."""

_log = logging.getLogger(__name__)


class Patcher:
    """Sends patches to all registers, which share what is found out about the server: `learned` may
    come from an earlier process, and is written to."""

    def __init__(self, connection: Connection, learned: dict[str, str] | None = None) -> None:
        self._connection = connection
        self._learned = {} if learned is None else learned

    @property
    def removing(self) -> bool:
        """Whether values are cleared by `remove`, and not by writing null."""
        return REMOVE not in self._learned

    def guards(self, patch: Patch) -> bool:
        """Whether the patch is to be sent with its tests."""
        return TESTS not in self._learned and bool(patch.tests)

    def send(self, path: str, body: Operations) -> Answer:
        """Send the operations. A patch that is sent twice does the same as one sent once."""
        return self._connection.write(
            "PATCH", path, body, content_type=CONTENT_TYPE, repeatable=True
        )

    def go_on_without_tests(self) -> None:
        """Send no tests from now on."""
        _log.info(
            "PowerOffice does not honour tests in patches; going on without",
            extra={"id": "server.learned"},
        )
        self._learned[TESTS] = REFUSED

    def go_on_without_remove(self) -> None:
        """Clear values by writing null from now on (poweroffice.md section 17, 26)."""
        _log.info(
            "PowerOffice takes no remove in patches; going on with null",
            extra={"id": "server.learned"},
        )
        self._learned[REMOVE] = REFUSED
