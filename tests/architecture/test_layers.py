"""The import contracts of pyproject.toml hold, and they speak of every kind that there is."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from penstock.specs.kinds import KINDS


def test_rooms_import_only_what_the_contracts_allow(root: Path) -> None:
    program = Path(sys.executable).with_name("lint-imports")
    lint = subprocess.run([program, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_every_kind_is_kept_apart_from_the_others(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (kept_apart,) = [set(c["modules"]) for c in contracts if c["name"] == "Kinds never import each other"]
    assert kept_apart == {kind.__module__ for kind in KINDS.values()}
