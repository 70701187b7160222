"""The commands themselves, run in a fresh process over this repository, load no heavy library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"duckdb", "kfp", "mlflow", "numpy", "optuna", "pandas", "pyarrow", "scipy", "sklearn"}

FOR_PLUGINS = {"email", "zipfile", "socket"}
"""What pydantic's loader of plugins would load."""

RUN = """
import json, os, sys
from penstock.cli.main import command

report, sys.argv = sys.argv[1], ["penstock", *sys.argv[2:]]
os._exit = sys.exit
try:
    command()
except SystemExit as end:
    code = end.code
with open(report, "w") as file:
    json.dump([code, sorted({name.partition(".")[0] for name in sys.modules})], file)
"""


def loaded_by(root: Path, report: Path, words: list[str]) -> tuple[int | None, list[str]]:
    """The exit code of a command, and the top-level names of what its process holds at the end."""
    run = subprocess.run([sys.executable, "-c", RUN, report, *words], cwd=root, capture_output=True, text=True)
    assert report.is_file(), run.stdout + run.stderr
    code, modules = json.loads(report.read_text())
    return code, modules


TEAM = """
apiVersion: penstock/v1
kind: Team
metadata: {name: platform, owner: platform}
spec: {members: [somebody]}
"""


def test_a_short_command_loads_nothing_for_plugins(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "team.yaml").write_text(TEAM)
    code, modules = loaded_by(tmp_path, tmp_path / "report.json", ["check"])
    assert code == 0
    assert "pydantic" in modules
    assert set(modules) & FOR_PLUGINS == set()


@pytest.mark.parametrize("words", [["--help"], ["check"], ["compile", "--check"], ["plan"]], ids=" ".join)
def test_a_command_loads_no_heavy_library(root: Path, tmp_path: Path, words: list[str]) -> None:
    code, modules = loaded_by(root, tmp_path / "report.json", words)
    assert code in (0, None)
    assert set(modules) & HEAVY == set()
