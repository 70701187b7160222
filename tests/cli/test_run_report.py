"""The end of a run: a step that answered no is told from one that broke."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from local.pipelines import IMAGE, Script, write_pipeline
from penstock.catalog.load import load_work_tree
from penstock.cli import run_report
from penstock.cli.main import main
from penstock.cli.run import where_to_promote
from penstock.cli.run_report import report
from penstock.local.pipeline import read_pipeline
from penstock.local.runner import Runner
from penstock.local.workspace import Workspace
from penstock.runtime.faults import EXIT_REJECTED, EXIT_USAGE
from promotion.workspaces import Repository


def told(root: Path, capsys: pytest.CaptureFixture[str], *scripts: Script) -> str:
    """What the error stream says at the end of a run."""
    workspace = Workspace(root / ".penstock")
    pipeline = read_pipeline(write_pipeline(root / "pipeline.yaml", *scripts))
    run = Runner(workspace, root, IMAGE).run(pipeline, "m", "training", {}, lambda _: None)
    report(run, "m", "training", workspace, root)
    return capsys.readouterr().err


def test_an_answer_is_given_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(tmp_path, capsys, Script("gate", f"echo 'recall is 0.2' >&2; exit {EXIT_REJECTED}"))
    assert "step `gate` failed its check:\n  recall is 0.2\n" in said


def test_what_was_skipped_behind_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scripts = [Script("gate", f"exit {EXIT_REJECTED}"), Script("register", "exit 0", reads=["gate"])]
    assert "step `gate` failed its check; later steps were skipped:\n" in told(tmp_path, capsys, *scripts)


def test_the_reason_comes_after_what_was_found(tmp_path: Path) -> None:
    """Both streams in one, as a terminal has them."""
    shown = io.StringIO()
    metrics = {"r2": {"estimate": 0.5, "low": 0.4, "high": 0.6}, "few": {"estimate": 0.5, "low": None, "high": None}}
    figures = {"rows": 10, "metrics": metrics}
    evaluate = Script("evaluate", f"echo '{json.dumps(figures)}' > \"$1/figures.json\"")
    register = Script("register", "echo no room >&2; exit 2", reads=["evaluate"])
    path = write_pipeline(tmp_path / "pipeline.yaml", evaluate, register)
    workspace = Workspace(tmp_path / ".penstock")
    run = Runner(workspace, tmp_path, IMAGE).run(read_pipeline(path), "m", "training", {}, lambda _: None)
    finished = run.steps["evaluate"].finished
    assert finished is not None
    (finished.folder / "out").rename(finished.folder / "evaluation")
    with redirect_stdout(shown), redirect_stderr(shown):
        report(run, "m", "training", workspace, tmp_path)
    said = shown.getvalue()
    assert ["│", "few", "│", "0.5", "│", "–", "│"] in [line.split() for line in said.splitlines()]
    assert 0 < said.index("│ r2") < said.index("step `register` got invalid input, and made no decision:\n  no room")


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("exit 1", "crashed (exit code 1), and made no decision"),
        ("exit 127", "crashed (exit code 127), and made no decision"),
        ("kill -9 $$", "crashed (signal 9, Killed), and made no decision"),
        (f"exit {EXIT_USAGE}", "got invalid input, and made no decision"),
    ],
)
def test_a_fault_is_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str], script: str, how: str) -> None:
    said = told(tmp_path, capsys, Script("gate", f"echo what it said last >&2; {script}"))
    assert f"step `gate` {how}:\n  what it said last\n" in said
    assert "failed its check" not in said


def test_a_step_that_the_system_has_killed_is_told_of_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(tmp_path, capsys, Script("train", "kill -9 $$"))
    assert "step `train` crashed (signal 9, Killed)" in said
    assert "memory runs out" in said
    assert "`resources.memory`" in said
    assert "`penstock run --parallel 1`" in said
    assert "memory" not in told(tmp_path, capsys, Script("train", "kill -11 $$"))


def test_code_that_changed_meanwhile_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ours.py").write_text("before\n")
    said = told(tmp_path, capsys, Script("features", "echo longer than before > ours.py  # ours:function"))
    assert "the code of step `features` changed while it ran: the next run does not reuse its outputs" in said


def test_a_crash_shows_the_end_of_its_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(tmp_path, capsys, Script("train", f"{sys.executable} -c 'import nothing_of_this_name'"))
    assert "Traceback (most recent call last):" in said
    assert "ModuleNotFoundError: No module named 'nothing_of_this_name'" in said


def test_what_a_step_has_warned_of_is_told_where_a_later_one_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace(tmp_path / ".penstock")
    scripts = (Script("features", "echo 'warning: no row has a value' >&2"), Script("gate", "exit 10", ("features",)))
    pipeline = read_pipeline(write_pipeline(tmp_path / "pipeline.yaml", *scripts))
    run = Runner(workspace, tmp_path, IMAGE).run(pipeline, "m", "training", {}, lambda _: None)
    report(run, "m", "training", workspace, tmp_path)
    assert capsys.readouterr().err.startswith("\nwarnings:\n  no row has a value\n\nstep `gate`")


def test_what_a_step_has_warned_of_is_told_where_the_run_goes_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    warned = told(tmp_path, capsys, Script("features", "echo 'warning: no row has a value' >&2; echo done >&2"))
    assert warned == "\nwarnings:\n  no row has a value\n"
    assert told(tmp_path, capsys, Script("features", "echo 'warns of nothing' >&2")) == ""


FAULT = """
import logging, sys
def deep(n):
    return deep(n - 1) if n else {}["wines"]
logging.basicConfig(format="%(message)s")
print("read 3 files")
try:
    deep(DEPTH)
except KeyError:
    logging.exception("`made:rows` failed")
print("snapshot: `made:rows` failed at made.py:2: KeyError: 'wines'", file=sys.stderr)
sys.exit(2)
"""


@pytest.mark.parametrize("depth", [0, 12])
def test_a_fault_that_was_foreseen_shows_its_sentence_and_leaves_the_traceback_to_the_log(
    depth: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fault.py").write_text(FAULT.replace("DEPTH", str(depth)))
    said = told(tmp_path, capsys, Script("snapshot", f"{sys.executable} -u {tmp_path}/fault.py"))
    assert "  snapshot: `made:rows` failed at made.py:2: KeyError: 'wines'\n  (whole log: " in said
    assert "Traceback" not in said
    assert "File" not in said
    assert said.count("KeyError") == 1
    assert said.count("failed") == 1
    log = next((tmp_path / ".penstock/runs").rglob("snapshot.log")).read_text()
    assert "Traceback (most recent call last):" in log


def test_what_comes_next_can_be_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = Workspace(tmp_path / ".penstock")
    pipeline = read_pipeline(write_pipeline(tmp_path / "pipeline.yaml", Script("a", "")))
    run = Runner(workspace, tmp_path, IMAGE).run(pipeline, "m", "training", {}, lambda _: None)
    report(run, "m", "training", workspace, tmp_path, "--to qa --rollout one")
    said = capsys.readouterr().out
    assert "penstock promote m --to qa --rollout one  write the Release" in said
    assert "monitoring" not in said, "no rollout watches it"
    report(run, "m", "training", workspace, tmp_path, "--to qa --rollout one", True)
    assert "  measure drift\n" in capsys.readouterr().out
    report(run, "m", "training", workspace, tmp_path)
    said = capsys.readouterr().out
    assert "penstock explain Model/m" in said
    assert "promote" not in said
    assert "monitoring" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--parallel", "0"], "--parallel must be at least 1, not 0"),
        (["--parallel", "-1"], "--parallel must be at least 1, not -1"),
        (["--as-of", "yesterday"], "--as-of: expected a time such as 2026-01-31T06:00:00Z, not `yesterday`"),
        (["--as-of", "2024-13-01"], "not `2024-13-01`"),
    ],
)
def test_a_wrong_option_starts_nothing(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "m", *words]) == EXIT_USAGE
    assert said in capsys.readouterr().err


def test_a_model_goes_first_to_the_lowest_stage_that_serves_it(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    repository.edit("staging", "qa")
    repository.edit("stage: qa", "stage: staging")
    assert where_to_promote(load_work_tree(repository.root), "made") == "--to qa"
    text = (repository.root / "specs" / "all.yaml").read_text()
    rollout = text[text.rindex("apiVersion") :]
    repository.edit(rollout, rollout + "---\n" + rollout.replace("made-online", "made-batch"))
    assert where_to_promote(load_work_tree(repository.root), "made") == "--to qa --rollout made-batch"
    repository.edit("environments: [qa, production]", "environments: [production]")
    assert where_to_promote(load_work_tree(repository.root), "made") == "--to production --rollout made-batch"
    assert where_to_promote(load_work_tree(repository.root), "none") is None


DRIFT = {
    "as_of": "2024-04-14",
    "monitors": [
        {"id": "inputs", "above": 0.2, "drifted": ["x"], "columns": [
            {"feature": "x", "distance": 0.6758, "breaches": 3, "windows": [{"rows": 2000}, {}, {}]},
            {"feature": "z", "distance": 0.3, "breaches": 1, "windows": [{"rows": 2000}, {}, {}]},
            {"feature": "w", "distance": None, "breaches": 0, "windows": [{"rows": 68}, {}, {}]},
            {"feature": "v", "distance": None, "breaches": 1, "windows": [{"rows": 2000}, {}, {}]},
        ]}
    ],
}  # fmt: skip
MEASURED = {"metric": "roc_auc", "rows": 672, "min_labels": 100, "below": 0.75, "above": None, "breached": False}
QUALITY = {
    "as_of": "2024-04-14",
    "monitors": [
        MEASURED | {"id": "q", "labels": 468, "value": 0.7708, "low": 0.7232, "high": 0.8186},
        MEASURED | {"id": "few", "labels": 7, "value": None, "low": None, "high": None},
        MEASURED | {"id": "days", "labels": 468, "value": 0.77, "low": 0.7, "high": 0.84, "clusters": {"count": 30}},
        MEASURED | {"id": "week", "labels": 468, "value": 0.77, "low": None, "high": None, "clusters": {"count": 7}},
        MEASURED | {"id": "bad", "labels": 468, "value": 0.6, "low": 0.55, "high": 0.65, "breached": True},
    ],
}


def report_monitoring(tmp_path: Path, drift: dict[str, Any], quality: dict[str, Any]) -> None:
    """Report a run whose steps wrote what is given."""
    workspace = Workspace(tmp_path / ".penstock")
    made = {"drift": json.dumps(drift), "quality": json.dumps(quality)}
    scripts = [Script(name, f"echo '{text}' > \"$1/{name}.json\"") for name, text in made.items()]
    path = write_pipeline(tmp_path / "pipeline.yaml", *scripts)
    run = Runner(workspace, tmp_path, IMAGE).run(read_pipeline(path), "m", "monitoring", {}, lambda _: None)
    for name in made:
        finished = run.steps[name].finished
        assert finished is not None
        (finished.folder / "out").rename(finished.folder / name)
    report(run, "m", "monitoring", workspace, tmp_path)


def test_a_run_of_the_monitoring_tells_what_it_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report_monitoring(tmp_path, DRIFT, QUALITY)
    rows = [" ".join(line.replace("│", " ").split()) for line in capsys.readouterr().out.splitlines()]
    assert "inputs x 2,000 0.6758 ≤ 0.2 3 of 3 drifted" in rows
    assert "inputs z 2,000 0.3 ≤ 0.2 1 of 3 beyond" in rows
    assert "inputs w 68 – ≤ 0.2 0 of 3 too few rows" in rows
    # Of a column without a value, the distance is infinite, which JSON does not have.
    assert "inputs v 2,000 ∞ ≤ 0.2 1 of 3 beyond" in rows
    assert "q roc_auc 0.7708 0.7232 to 0.8186 ≥ 0.75 468 of 672 within" in rows
    assert "few roc_auc – – ≥ 0.75 7 of 672 too few labels" in rows
    assert "days roc_auc 0.77 0.7 to 0.84 (30 clusters) ≥ 0.75 468 of 672 within" in rows
    assert "week roc_auc 0.77 – (7 clusters: too few) ≥ 0.75 468 of 672 within" in rows
    assert "bad roc_auc 0.6 0.55 to 0.65 ≥ 0.75 468 of 672 beyond" in rows


def test_no_name_is_cut_off_where_the_terminal_is_narrow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_report, "WIDTH", 60)
    name = "planned_departures_of_the_origin_1h"
    columns = [column | {"feature": name} for column in DRIFT["monitors"][0]["columns"]]
    report_monitoring(tmp_path, DRIFT | {"monitors": [DRIFT["monitors"][0] | {"columns": columns[:1]}]}, QUALITY)
    drift = capsys.readouterr().out.partition("Quality as of")[0]
    assert "".join(line.split("│")[2].strip() for line in drift.splitlines() if line.startswith("│")) == name


def test_a_step_that_takes_too_long_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "step `train` timed out" in told(tmp_path, capsys, Script("train", "sleep 60", timeout=1))


@pytest.mark.parametrize(
    ("promotion", "said"),
    [
        (None, "  penstock explain Rollout  show what serves a model: no Rollout names this one\n"),
        ("--to staging", "  penstock promote m --to staging  write the Release spec for a pull request\n"),
    ],
)
def test_the_way_on_leads_to_what_serves_the_model(
    promotion: str | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_report._next("m", "training", promotion, False, None)
    assert said in capsys.readouterr().out
