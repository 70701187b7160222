"""Servers that a test starts as processes of their own, on loopback, and ends."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_START_SECONDS = 90
_END_SECONDS = 10


@contextmanager
def running(command: Callable[[int], Sequence[str | Path]], folder: Path) -> Iterator[str]:
    """The address of a server while it runs; `command` starts it at a port of 127.0.0.1, and `folder` holds its log."""
    port = _free_port()
    log = folder / "log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            command(port),
            stdout=written,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "NO_PROXY": "127.0.0.1"},
        )
        try:
            _wait_for(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=_END_SECONDS)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
