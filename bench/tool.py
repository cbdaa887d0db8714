"""The tool with a stop watch on its state: `python -m bench.tool FILE paced|unpaced ARGUMENTS...`.

Writes to FILE how many seconds went into opening and saving the state. `unpaced` is for counting
requests: the pace of 10 a second would only make that slow.
"""

from __future__ import annotations

import atexit
import json
import sys
import time
from pathlib import Path
from typing import Any

from tribe_po.passes import session
from tribe_po.settings import Settings
from tribe_po.state.store import Store
from tribe_po.transport.pace import Pace, Unpaced

TIMED = ("open", "save")


def main() -> None:
    """Run the tool's command line, watched."""
    file, pace, *arguments = sys.argv[1:]
    spent = dict.fromkeys(TIMED, 0.0) | {"begin": time.monotonic()}
    for name in TIMED:
        setattr(Store, name, _timed(getattr(Store, name), name, spent))
    if pace == "unpaced":
        session.shared_pace = _no_pace
    atexit.register(lambda: _report(Path(file), spent))
    sys.argv = ["tribe-po", *arguments]
    from tribe_po.cli import main as tool

    tool()


def _no_pace(settings: Settings) -> Pace:
    del settings
    return Unpaced()


def _timed(method: Any, name: str, spent: dict[str, float]) -> Any:
    def timed(*arguments: Any) -> Any:
        begin = time.monotonic()
        try:
            return method(*arguments)
        finally:
            spent[name] += time.monotonic() - begin

    return timed


def _report(file: Path, spent: dict[str, float]) -> None:
    spent["whole"] = time.monotonic() - spent.pop("begin")
    file.write_text(json.dumps(spent))


if __name__ == "__main__":
    main()
