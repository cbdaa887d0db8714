"""Runs a command and tells what it cost: `python bench/launch.py COMMAND...` prints JSON.

The kernel hands a process's peak of memory on to what it starts. So what measures is itself a small
process, between the bench with its two servers and the command.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Run the command, its output going where ours goes; the figures go to stdout's last line."""
    begin = time.monotonic()
    started = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)  # noqa: S603 - our own command
    _, status, used = os.wait4(started.pid, 0)
    figures = {
        "exit": os.waitstatus_to_exitcode(status),
        "wall": time.monotonic() - begin,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss * 1024 / 1e6,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
