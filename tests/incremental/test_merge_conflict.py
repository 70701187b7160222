"""A merge that conflicts in generated files is resolved by resolving the specs and compiling."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from incremental.repositories import compile_all, copy, edit, files
from penstock.incremental.session import Session

ROLLOUT = "specs/flights/rollout.yaml"


def git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *words], cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("style", ["merge", "diff3"])
@pytest.mark.parametrize("is_remembered", [True, False])
def test_compiling_the_resolved_specs_resolves_the_generated_files(
    tmp_path: Path, style: str, is_remembered: bool
) -> None:
    root = copy(tmp_path, "flights", "bikes")
    git(root, "init", "--initial-branch=main")
    git(root, "config", "merge.conflictStyle", style)
    for branch, before, after in (
        ("main", "", ""),
        ("objective", "objective: 99.9%", "objective: 99.5%"),
        ("quality", "below: 0.62", "below: 0.61"),
    ):
        git(root, "switch", "main")
        git(root, "switch", "--create", branch)
        if before:
            edit(root, ROLLOUT, before, after)
        compile_all(root)
        git(root, "add", "--all")
        assert git(root, "commit", "--message", branch).returncode == 0
    assert "CONFLICT (content): Merge conflict in generated/index.json" in git(root, "merge", "objective").stdout
    assert "<<<<<<<" not in (root / ROLLOUT).read_text()
    assert Session(root, use_memory=is_remembered).compile(check_only=True).failed
    assert not Session(root, use_memory=is_remembered).compile().failed
    merged = files(root)
    assert b"<<<<<<<" not in merged["index.json"]
    for folder in ("generated", ".penstock"):
        shutil.rmtree(root / folder)
    compile_all(root)
    assert files(root) == merged
