from __future__ import annotations

from tests.cli.conftest import unpaced, w
from tests.security.leaks import no_leaks

__all__ = ["no_leaks", "unpaced", "w"]
