"""The commands themselves, run in a fresh process over this repository, load no heavy library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"duckdb", "kfp", "mlflow", "numpy", "optuna", "pandas", "pyarrow", "scipy", "sklearn"}

RUN = """
import json, sys
from penstock.cli.main import main

report, sys.argv = sys.argv[1], ["penstock", *sys.argv[2:]]
try:
    code = main()
except SystemExit as end:
    code = end.code
with open(report, "w") as file:
    json.dump([code, sorted({name.partition(".")[0] for name in sys.modules})], file)
"""


@pytest.mark.parametrize("words", [["--help"], ["check"], ["compile", "--check"], ["plan"]], ids=" ".join)
def test_a_command_loads_no_heavy_library(root: Path, tmp_path: Path, words: list[str]) -> None:
    report = tmp_path / "report.json"
    run = subprocess.run([sys.executable, "-c", RUN, report, *words], cwd=root, capture_output=True, text=True)
    assert report.is_file(), run.stderr
    code, modules = json.loads(report.read_text())
    assert code in (0, None), run.stdout + run.stderr
    assert set(modules) & HEAVY == set()
