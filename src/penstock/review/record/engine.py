"""Which build of Penstock decides: its version, and a digest of its own code, since one version has many builds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import penstock
from penstock.source.canonical import bytes_digest, digest

_DIGITS = 12


@cache
def engine() -> str:
    """`0.1.0+0123456789ab`: the same wherever the same code runs, and another with every edit of it."""
    package = Path(penstock.__file__).parent
    files = {file.relative_to(package).as_posix(): bytes_digest(file.read_bytes()) for file in package.rglob("*.py")}
    return f"{penstock.__version__}+{digest(files).removeprefix('sha256:')[:_DIGITS]}"
