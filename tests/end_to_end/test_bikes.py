"""The whole way on real data: specs, pipeline, trained and gated model, release, serving manifest, monitoring."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from end_to_end.here import penstock_here
from incremental.repositories import OWN, compile_all, copy, edit

MODEL = "bike-demand"


def penstock(root: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository; it must end with `code`."""
    run = subprocess.run(
        [sys.executable, "-m", "penstock.cli.main", *words],
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert run.returncode == code, f"{words} ended with {run.returncode}\n{run.stdout}\n{run.stderr}"
    return run


def last_run(root: Path) -> dict[str, Any]:
    """The record of the newest run of the model."""
    newest = max((root / ".penstock/runs" / MODEL).iterdir())
    record: dict[str, Any] = json.loads((newest / "run.json").read_bytes())
    return record


def states(root: Path) -> dict[str, str]:
    return {name: step["state"] for name, step in last_run(root)["steps"].items()}


def champion(root: Path) -> tuple[int, str] | None:
    """Number and digest of the champion in the workspace's registry, and whether every version says its digest."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{root / '.penstock/mlflow.db'}", f"sqlite:///{root / '.penstock/mlflow.db'}")
    versions = client.search_model_versions(f"name='{MODEL}'")
    assert all("penstock.digest" in version.tags for version in versions)
    assert len({version.tags["penstock.digest"] for version in versions}) == len(versions)
    if not versions:
        return None
    version = client.get_model_version_by_alias(MODEL, "champion")
    return int(version.version), version.tags["penstock.digest"]


def patient(root: Path) -> None:
    """Let predictions take as long as they may where the machine is busy with other tests."""
    edit(root, "specs/bikes/gate.yaml", "{p99: 1s,", "{p99: 60s,")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the bikes' system, made smaller so that its model is trained in seconds, after one run."""
    root = copy(tmp_path_factory.mktemp("end-to-end") / "repository", "bikes")
    shutil.copytree(OWN / "data", root / "data")
    # Its tests speak of systems that are not here.
    (root / "specs/platform/policy.yaml").unlink()
    model = root / "specs/bikes/model.yaml"
    spec = yaml.safe_load(model.read_text())
    spec["spec"]["search"]["trials"] = 2
    spec["spec"]["estimator"]["params"]["max_iter"] = 40
    model.write_text(yaml.safe_dump(spec, sort_keys=False))
    patient(root)
    penstock(root, "compile")
    penstock(root, "run", MODEL)
    return root


def test_a_run_ends_with_a_registered_model_its_card_and_its_evidence(root: Path) -> None:
    record = last_run(root)
    assert record["state"] == "succeeded"
    found = champion(root)
    assert found is not None
    _, digest = found
    stored = root / ".penstock/models" / MODEL / digest.removeprefix("sha256:")
    assert {p.name for p in stored.iterdir()} >= {"model", "baseline", "card", "evidence"}
    statement = json.loads((stored / "evidence/statement.json").read_bytes())
    assert statement["subject"][0]["digest"]["sha256"] == digest.removeprefix("sha256:")
    card = (stored / "card/card.md").read_text()
    assert MODEL in card
    assert "mean_absolute_error" in card


def test_a_second_run_reuses_what_has_not_changed(root: Path) -> None:
    before = champion(root)
    penstock(root, "run", MODEL)
    reused = {name for name, state in states(root).items() if state == "reused"}
    assert {"split", "search", "train", "baseline"} <= reused
    assert champion(root) == before


def test_a_promotion_is_a_release_spec_and_the_next_compile_pins_its_digest(root: Path) -> None:
    found = champion(root)
    assert found is not None
    _, digest = found
    serving = root / "generated/staging/bike-demand-hourly/serving.yaml"
    assert not serving.exists()
    penstock(root, "promote", MODEL, "--to", "staging")
    penstock(root, "compile")
    assert digest.removeprefix("sha256:") in serving.read_text()
    assert yaml.safe_load(serving.read_text().split("\n---\n")[0])["kind"] == "InferenceService"
    penstock(root, "check")
    release = yaml.safe_load((root / "specs/releases/staging-bike-demand-hourly.yaml").read_text())
    evidence = root / release["spec"]["evidence"]["path"]
    body = evidence.read_bytes()
    evidence.write_bytes(body.replace(b'"passed":true', b'"passed":false') + b"\n")
    run = penstock(root, "check", code=1)
    assert "evidence" in run.stderr
    evidence.write_bytes(body)


def test_the_released_model_is_watched(root: Path) -> None:
    run = penstock_here(
        root, "run", MODEL, "--pipeline", "monitoring", "--environment", "staging", "--as-of", "2011-12-31T23:00:00"
    )
    assert "metrics.prom" in run.stdout
    found = list((root / ".penstock/steps").rglob("metrics.prom"))
    text = max(found, key=lambda p: p.stat().st_mtime).read_text()
    assert "penstock_drift_distance" in text
    assert 'model="bike-demand"' in text


def test_a_gate_that_fails_stops_everything_behind_it_and_says_which_figure_broke_which_bound(root: Path) -> None:
    before = champion(root)
    text = (root / "specs/bikes/gate.yaml").read_text()
    edit(
        root,
        "specs/bikes/gate.yaml",
        "rules:",
        "rules:\n    - {id: dreamt, metric: r2, atLeast: 0.99, confidence: 95%}",
    )
    try:
        compile_all(root)
        run = penstock_here(root, "run", MODEL, code=1)
    finally:
        (root / "specs/bikes/gate.yaml").write_text(text)
        compile_all(root)
    assert "dreamt" in run.stderr
    assert "0.99" in run.stderr
    after = states(root)
    assert after["gate-bike-demand-release"] == "refused"
    assert {after[name] for name in ("card", "evidence", "register")} == {"skipped"}
    assert champion(root) == before


def test_rows_that_break_their_contract_stop_the_pipeline_and_are_named(root: Path) -> None:
    text = (root / "specs/bikes/datasets.yaml").read_text()
    spec = [d for d in yaml.safe_load_all(text) if d]
    first = next(d for d in spec if "parquet" in d["spec"]["source"])
    column, contract = next((n, c) for n, c in first["spec"]["columns"].items() if "max" in c)
    contract["max"] = contract.get("min", 0) + 0.001
    (root / "specs/bikes/datasets.yaml").write_text(yaml.safe_dump_all(spec, sort_keys=False))
    try:
        compile_all(root)
        run = penstock_here(root, "run", MODEL, code=1)
    finally:
        (root / "specs/bikes/datasets.yaml").write_text(text)
        compile_all(root)
    assert column in run.stderr
    assert states(root)["train"] == "skipped"


def test_runs_that_are_killed_leave_nothing_half_registered_and_the_next_goes_on(root: Path, tmp_path: Path) -> None:
    copied = tmp_path / "repository"
    shutil.copytree(root, copied, ignore=shutil.ignore_patterns("runs", "mlflow.db", "models"))
    # All is known but the model, so that a run comes to it at once.
    for trained in (copied / ".penstock/steps").glob("*/model"):
        shutil.rmtree(trained.parent)
    # One rule of the gate is enough: the others would be measured again in every run.
    gate = copied / "specs/bikes/gate.yaml"
    spec = yaml.safe_load(gate.read_text())
    spec["spec"]["rules"] = [rule for rule in spec["spec"]["rules"] if rule["id"] == "explained"]
    del spec["spec"]["tests"]
    gate.write_text(yaml.safe_dump(spec, sort_keys=False))
    compile_all(copied)
    for step in ("train", "register"):
        kill_a_run_in(copied, step)
    penstock(copied, "run", MODEL)
    assert {states(copied)[step] for step in ("split", "train")} == {"reused"}
    found = champion(copied)
    assert found is not None
    assert found[0] == 1


def kill_a_run_in(root: Path, step: str) -> None:
    """Start a run, and kill it within a step."""
    process = subprocess.Popen(
        [sys.executable, "-m", "penstock.cli.main", "run", MODEL],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 300
    while not list((root / ".penstock/runs" / MODEL).glob(f"*/logs/{step}.log")):
        assert process.poll() is None, "the run ended before the step began"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGKILL)
    process.wait()
