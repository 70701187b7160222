"""A lock between processes that write in one place: the operating system's, which ends with its holder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

_POLL_SECONDS = 0.05


class LockedError(Exception):
    """Another process did not release the lock in time; `holder` is its id, where it has left one."""

    def __init__(self, path: Path, holder: int | None) -> None:
        super().__init__(f"{path} is held by process {holder}")
        self.holder = holder


@contextlib.contextmanager
def held(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock of the file at `path`, waiting at most `seconds` for whoever has it.

    Where no file can be made there, or the file system knows no locks, work goes on without one: it would fail for
    better reasons. LockedError where the wait was too long.
    """
    handle = _opened(path)
    if handle is None:
        yield
        return
    try:
        _acquire(path, handle, time.monotonic() + seconds)
        yield
    finally:
        # Said outright: a process forked in the meantime may have the file open still, and the lock with it.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def _opened(path: Path) -> int | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    except OSError:
        return None


def _acquire(path: Path, handle: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockedError(path, _holder(handle)) from None
            time.sleep(_POLL_SECONDS)
        except OSError:
            return
        else:
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            return


def _holder(handle: int) -> int | None:
    text = os.pread(handle, 20, 0).strip()
    return int(text) if text.isdigit() else None
