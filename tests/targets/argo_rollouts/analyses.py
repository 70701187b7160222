"""The AnalysisTemplates of a rollout, and what a real Prometheus and Argo's conditions make of series of metrics."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from lowering.rollouts import BY_ITSELF, ENVIRONMENT, ONLINE, RELEASE, view
from penstock.ir.serving import Endpoint
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.targets.argo_rollouts.target import TARGET

WATCH, STEP = f"{ONLINE}-canary", f"{ONLINE}-canary-step"
COMPARED = f"{ONLINE}-canary-compared"
HASH, STABLE_HASH = "6d8f9", "7c5b4"


def template(name: str, rollout: str = BY_ITSELF, environment: str = ENVIRONMENT) -> dict[str, Any]:
    (manifest,) = TARGET.renders[Endpoint](endpoint(view(rollout, environment, RELEASE), ONLINE))
    (found,) = [
        one for one in manifest.documents if (one["kind"], one["metadata"]["name"]) == ("AnalysisTemplate", name)
    ]
    return found["spec"]


def query(metric: dict[str, Any]) -> str:
    """What Prometheus is asked at the end of a step of half an hour."""
    text = metric["provider"]["prometheus"]["query"]
    given = {"canary-hash": HASH, "stable-hash": STABLE_HASH, "window": "30m", "part": "2m"}
    for name, value in given.items():
        text = text.replace(f"{{{{args.{name}}}}}", value)
    return text


def expected(metric: dict[str, Any], verdict: str) -> dict[str, Any]:
    """A test that the query's answer has this verdict, by the very bound of the metric's conditions."""
    _, _, beyond = metric["failureCondition"].partition("result[0] ")
    opposite = {">": "<=", "<": ">="}
    within = f"{opposite[beyond[0]]} {beyond[2:]}"
    comparison = {"aborts": beyond, "passes": within, "tells nothing": ""}[verdict]
    found = [] if verdict == "tells nothing" else [{"labels": "{}", "value": 1}]
    return {"expr": f"count(({query(metric)}) {comparison})", "eval_time": "30m", "exp_samples": found}


def told(promtool: Path, folder: Path, series: dict[str, str | None], expectations: list[dict[str, Any]]) -> str:
    """What promtool has against the expectations."""
    given = [{"series": name, "values": values} for name, values in series.items() if values is not None]
    test = {"interval": "30s", "input_series": given, "promql_expr_test": expectations}
    (folder / "test.yaml").write_text(json.dumps({"rule_files": [], "tests": [test]}), encoding="utf-8")
    done = subprocess.run(
        [promtool, "test", "rules", "test.yaml"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
