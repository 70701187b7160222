"""Ends a step when the runner that started it is gone, so that a killed run leaves no step at work behind it.

The runner holds the write end of a pipe and hands the read end to every step. Whatever ends the runner closes the pipe;
the step then reads its end and stops at once, with all that it has started, such as the processes of a search, which
would wait for more work for ever. Started as ``python -P -m penstock.local.parent_watchdog FD NAME
ARGUMENTS``.
"""

from __future__ import annotations

import os
import signal
import sys
import threading


def _watch(descriptor: int) -> None:
    os.read(descriptor, 1)
    # The runner makes each step the first of a process group. Who is not has the group of somebody else.
    end = os.killpg if os.getpgrp() == os.getpid() else os.kill
    end(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Watch the pipe, then run the step in this process."""
    descriptor = int(sys.argv[1])
    threading.Thread(target=_watch, args=(descriptor,), daemon=True).start()
    from penstock.runtime.main import main as run_step

    return run_step(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
