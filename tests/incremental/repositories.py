"""The repository's own specs in a temporary folder, and edits of them."""

from __future__ import annotations

import shutil
from pathlib import Path

from penstock.incremental.session import GENERATED, CompileOutcome, Session

OWN = Path(__file__).resolve().parents[2]
WITH = ("specs", "systems", "evidence")
"""What the compiler reads of a repository."""


def copy(destination: Path, *systems: str) -> Path:
    """A repository of the platform and some of the systems, before its first compile."""
    for folder in WITH[1:]:
        if (OWN / folder).is_dir():
            shutil.copytree(OWN / folder, destination / folder)
    for system in ("platform", *systems):
        shutil.copytree(OWN / "specs" / system, destination / "specs" / system)
    return destination


def compile_all(root: Path, *, use_memory: bool = True) -> CompileOutcome:
    """Compile, and expect no error."""
    outcome = Session(root, use_memory=use_memory).compile()
    assert not outcome.failed, [f"{found.code}: {found.headline}" for found in outcome.diagnostics]
    return outcome


def files(root: Path) -> dict[str, bytes]:
    """Every generated file by its path."""
    folder = root / GENERATED
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def edit(root: Path, path: str, before: str, after: str) -> None:
    """Replace a piece of a file, which must be there."""
    file = root / path
    text = file.read_text()
    assert before in text, f"{path} does not hold {before!r}"
    file.write_text(text.replace(before, after, 1))


def let_clocks_pass(root: Path) -> None:
    """Give every file a time of change so old that its stat proves that it is unchanged."""
    import os

    for folder in ("specs", "systems", "evidence", GENERATED):
        for path in (root / folder).rglob("*"):
            if path.is_file():
                os.utime(path, (1_700_000_000, 1_700_000_000))
