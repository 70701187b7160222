"""Checking, compiling and reviewing stay quick to start and small to install: no heavy library is on their path."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "penstock"
HEAVY = {"duckdb", "kfp", "mlflow", "numpy", "optuna", "pandas", "pyarrow", "scipy", "sklearn"}

IMPORT_ALL = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_by(modules: list[str]) -> set[str]:
    """Top-level names of what a fresh process holds once it has imported these modules."""
    command = [sys.executable, "-c", IMPORT_ALL, *modules]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


@pytest.mark.parametrize(
    "room",
    [
        "diagnostics",
        "source",
        "specs",
        "python",
        "catalog",
        "ir",
        "lowering",
        "targets",
        "review",
        "forges",
        "scaffolding",
    ],
)
def test_a_room_on_the_compile_path_loads_no_heavy_library(room: str) -> None:
    modules = [
        ".".join(["penstock", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")
        for path in sorted((PACKAGE / room).rglob("*.py"))
    ]
    assert modules
    assert loaded_by(modules) & HEAVY == set()


def test_a_heavy_library_would_be_seen() -> None:
    assert loaded_by(["numpy"]) & HEAVY == {"numpy"}
