"""What specs may choose, compiled and run step by step: the compiler's flags are what the steps understand.

The steps run in this process, up to the model card and the evidence; `test_bikes` registers and releases.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from incremental.repositories import compile_all, copy
from penstock.local.pipeline import read_pipeline
from penstock.runtime.main import main

ROWS = 2000
Documents = dict[str, dict[str, Any]]
SPECS = """
apiVersion: penstock/v1
kind: Dataset
metadata: {name: rows, owner: bike-ops}
spec:
  source: {parquet: data/rows.parquet}
  primaryKey: [id]
  eventTime: at
  columns:
    id: {type: int}
    at: {type: timestamp}
    x0: {type: float}
    x1: {type: float, nullable: 20%}
    n: {type: int, min: 0}
    kind: {type: string, nullable: true, oneOf: [a, b, c]}
    shop: {type: int}
    age: {type: string, sensitivity: sensitive}
    flag: {type: bool}
---
apiVersion: penstock/v1
kind: Dataset
metadata: {name: outcomes, owner: bike-ops}
spec:
  source: {csv: data/outcomes.csv, dialect: {delimiter: ";", decimal: ","}}
  primaryKey: [id]
  eventTime: seen
  columns:
    id: {type: int}
    seen: {type: timestamp}
    good: {type: bool}
    grade: {type: string}
    amount: {type: float}
    state: {type: string}
---
apiVersion: penstock/v1
kind: Dataset
metadata: {name: shops, owner: bike-ops}
spec:
  source: {csv: data/shops.csv}
  primaryKey: [shop]
  columns: {shop: {type: int}, city: {type: string}}
---
apiVersion: penstock/v1
kind: Dataset
metadata: {name: events, owner: bike-ops}
spec:
  source: {csv: data/events.csv}
  eventTime: t
  knownAt: posted
  columns: {shop: {type: int}, t: {type: timestamp}, posted: {type: timestamp}, spent: {type: float, min: 0}}
---
apiVersion: penstock/v1
kind: FeatureSet
metadata: {name: own, owner: bike-ops}
spec:
  source: rows
  entity: [id]
  features:
    x0: {type: float, sql: x0}
    x1: {type: float, sql: x1}
    kind: {type: string, sql: kind}
    n: {type: int, sql: n}
    flag: {type: bool, sql: flag}
---
apiVersion: penstock/v1
kind: FeatureSet
metadata: {name: joined, owner: bike-ops}
spec:
  source: rows
  entity: [id]
  features:
    city: {type: string, lookup: {of: shops, column: city, match: [shop]}}
    spent: {type: float, latest: {of: events, column: spent, match: [shop], maxAge: 30d}}
    spent_7d: {type: float, aggregate: {of: events, sql: sum(spent), where: spent > 5, match: [shop], window: 7d}}
    twice: {type: float, python: "own_options:twice", reads: [x0]}
    vector: {type: "float[3]", python: "own_options:vector", reads: [x0]}
---
apiVersion: penstock/v1
kind: Model
metadata: {name: options, owner: bike-ops}
spec:
  task: binary
  features: {own: all, joined: all}
  label: {dataset: outcomes, column: good, horizon: 12h}
  split: {by: time, validation: 14d, test: 28d, gap: 12h}
  estimator: {class: sklearn.ensemble.HistGradientBoostingClassifier, params: {max_iter: 20}}
  slices: [age]
  sensitiveUses: [{column: rows.age, use: slice, purpose: Fairness is measured by it.}]
  card: {purpose: Shows that options work., riskTier: low, limitations: [Made up.], outOfScope: [All else.]}
---
apiVersion: penstock/v1
kind: Gate
metadata: {name: options-release, owner: bike-ops}
spec:
  model: options
  rules: [{id: ranking, metric: roc_auc, atLeast: 0.55}]
"""
CODE = '''"""Python of the repository."""

import numpy as np
import pyarrow as pa
from sklearn.ensemble import RandomForestClassifier


def twice(rows):
    return [2 * value for value in rows["x0"].to_pylist()]


def vector(rows):
    x0 = rows["x0"].to_numpy()
    return np.column_stack([x0, x0**2, np.sign(x0)])


def build(depth):
    return RandomForestClassifier(20, max_depth=depth)


def right(truth, scores, rows):
    return float(np.mean((np.asarray(scores) > 0.5) == np.asarray(truth)))


def without_id(rows):
    return rows.filter(pa.compute.is_null(rows["id"]))
'''


def write_data(root: Path) -> None:
    """Rows with a time, what became of them, shops, and what shops have sold."""
    random = np.random.default_rng(1)
    at = pd.date_range("2026-01-01", periods=ROWS, freq="h")
    x0, x1, kind = random.normal(size=ROWS), random.normal(size=ROWS), random.choice(["a", "b", "c"], ROWS)
    signal = x0 + x1 / 2 + (kind == "a") + random.normal(size=ROWS) * 0.7
    rows = {"id": range(ROWS), "at": at, "x0": x0, "x1": np.where(random.random(ROWS) < 0.05, np.nan, x1)}
    rows |= {"n": random.poisson(3, ROWS), "kind": np.where(random.random(ROWS) < 0.03, None, kind)}
    rows |= {"shop": random.integers(0, 90, ROWS), "age": random.choice(["young", "old"], ROWS)}
    pd.DataFrame(rows | {"flag": random.random(ROWS) < 0.5}).to_parquet(root / "data/rows.parquet", index=False)
    outcomes = {"id": range(ROWS), "seen": at + pd.Timedelta("6h"), "good": signal > 0.4}
    outcomes |= {"grade": np.array(["low", "mid", "high"])[np.digitize(signal, [-0.3, 1])]}
    outcomes |= {"amount": (np.exp(signal / 2) * 10).round(2), "state": np.where(signal > 0.4, "yes", "no")}
    pd.DataFrame(outcomes).to_csv(root / "data/outcomes.csv", index=False, sep=";", decimal=",")
    pd.DataFrame({"shop": range(90), "city": random.choice(["p", "q"], 90)}).to_csv(
        root / "data/shops.csv", index=False
    )
    minutes = np.sort(random.choice(2200 * 60, 4000, replace=False))
    sold = pd.DataFrame({"shop": random.integers(0, 90, 4000), "t": pd.Timestamp("2025-12-20")})
    sold["t"] += pd.to_timedelta(minutes, unit="m")
    sold["posted"], sold["spent"] = sold["t"] + pd.Timedelta("2h"), random.gamma(2, 10, 4000).round(2)
    sold.to_csv(root / "data/events.csv", index=False)


def binary(specs: Documents) -> None:
    """Every metric and form of rule of two classes, with a learner of the repository, split by a hash."""
    specs["Model"] |= {
        "split": {"by": "random", "validation": 0.2, "test": 0.3, "seed": 4},
        "estimator": {"python": "own_options:build", "params": {"depth": 4}},
        "threshold": 0.4,
        "select": {"method": "l1", "keep": 9},
        "preprocess": {
            "numeric": {"impute": "median", "scale": "standard"},
            "categorical": {"impute": "most_frequent", "encode": "onehot"},
        },
    }
    more = "roc_auc average_precision accuracy balanced_accuracy precision recall f1 matthews_correlation specificity"
    less = "brier_score log_loss expected_calibration_error false_positive_rate false_negative_rate"
    groups = "demographic_parity_difference equal_opportunity_difference equalized_odds_difference"
    named = lambda names: ((name.replace("_", "-"), name) for name in names.split())  # noqa: E731
    specs["Gate"]["rules"] = [
        *({"id": key, "metric": name, "atLeast": 0.01, "confidence": "90%"} for key, name in named(more)),
        *({"id": key, "metric": name, "atMost": 0.99, "confidence": "90%"} for key, name in named(less)),
        *({"id": key, "fairness": name, "by": "age", "atMost": 0.9} for key, name in named(groups)),
        {"id": "parity", "fairness": "demographic_parity_ratio", "by": "age", "atLeast": 0.01, "minSupport": 50},
        {"id": "odds", "fairness": "equalized_odds_ratio", "by": "age", "atLeast": 0.01, "minSupport": 50},
        {"id": "kinds", "metric": "recall", "by": "kind", "maxGap": 0.9, "minSupport": 30},
        {"id": "ages", "metric": "roc_auc", "by": "age", "atLeast": 0.3},
        {"id": "better", "compare": {"to": "baseline", "metric": "roc_auc", "margin": 0.01, "test": "delong"}},
        {"id": "sure", "compare": {"to": "baseline", "metric": "log_loss", "confidence": "90%"}},
        {"id": "no-worse", "compare": {"to": "champion", "metric": "roc_auc", "margin": -0.1}},
        {"id": "gaps", "perturb": {"missing": "10%"}, "metric": "roc_auc", "maxDrop": 0.5},
        {"id": "noise", "perturb": {"noise": 0.1}, "metric": "f1", "maxDrop": 0.5},
        {"id": "spread", "explain": "permutation", "maxShare": 0.99, "forbid": ["age"]},
        {"id": "speed", "latency": {"p50": "50s", "p95": "60s", "p99": "70s", "batch": 10}},
        {"id": "own", "python": "own_options:right", "atLeast": 0.1, "confidence": "90%"},
    ]


def grouped(specs: Documents) -> None:
    """Rows of a group stay together, a grid is searched by two processes, features are listed and left out."""
    specs["Model"] |= {
        "features": {"own": ["x0", "x1", "kind"], "joined": {"except": ["twice", "vector"]}},
        "split": {"by": "group", "column": "shop", "validation": 0.2, "test": 0.4, "seed": 1},
        "estimator": {"class": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 500}},
        "preprocess": {"numeric": {"impute": "mean", "scale": "minmax"}, "categorical": {"encode": "ordinal"}},
        "select": {"method": "variance", "keep": 5},
        "search": {
            "sampler": "grid", "trials": 4, "parallel": 2, "maximize": "roc_auc",
            "space": {"C": {"choice": [0.1, 1.0]}, "class_weight": {"choice": [None, "balanced"]}},
        },
    }  # fmt: skip
    specs["Gate"]["rules"][0]["confidence"] = "95%"


def multiclass(specs: Documents) -> None:
    """Several classes, with every kind of range to search by two pods."""
    specs["Model"] |= {
        "task": "multiclass",
        "label": {"dataset": "outcomes", "column": "grade", "horizon": "12h"},
        "select": {"method": "mutual_info", "keep": 8},
        "search": {
            "sampler": "random", "trials": 2, "pods": 2, "minimize": "log_loss",
            "space": {
                "max_leaf_nodes": {"int": [4, 16]},
                "learning_rate": {"loguniform": [0.01, 0.3]},
                "l2_regularization": {"uniform": [0, 1]},
            },
        },
    }  # fmt: skip
    specs["Gate"]["clusters"] = {"every": "1d"}
    specs["Gate"]["rules"] = [
        {"id": "loss", "metric": "log_loss", "atMost": 2, "confidence": "95%"},
        {"id": "hits", "metric": "balanced_accuracy", "atLeast": 0.2, "confidence": "95%"},
        {"id": "ages", "metric": "accuracy", "by": "age", "maxGap": 0.5},
        {"id": "better", "compare": {"to": "baseline", "metric": "macro_f1", "margin": 0.01}},
        {"id": "noise", "perturb": {"noise": 0.1}, "metric": "macro_f1", "maxDrop": 0.5},
        {"id": "spread", "explain": "permutation", "maxShare": 0.99},
    ]


def regression(specs: Documents) -> None:
    """Numbers from principal components, and a search by CMA-ES."""
    specs["Model"] |= {
        "task": "regression",
        "label": {"dataset": "outcomes", "column": "amount", "horizon": "12h"},
        "estimator": {"class": "sklearn.linear_model.Ridge"},
        "preprocess": {"numeric": {"impute": "zero", "scale": "robust", "pca": "95%"}},
        "select": {"method": "rfe", "keep": 7},
        "search": {
            "sampler": "cma-es", "trials": 3, "minimize": "mean_absolute_error",
            "space": {"alpha": {"loguniform": [0.01, 100.0]}, "tol": {"loguniform": [1e-5, 1e-2]}},
        },
    }  # fmt: skip
    errors = ("mean_absolute_error", "root_mean_squared_error", "mean_absolute_percentage_error")
    specs["Gate"]["clusters"] = {"column": "shop"}
    specs["Gate"]["rules"] = [
        *({"id": f"e{at}", "metric": name, "atMost": 1000, "confidence": "95%"} for at, name in enumerate(errors)),
        {"id": "fit", "metric": "r2", "atLeast": 0.1},
        {"id": "kinds", "metric": "mean_absolute_error", "by": "kind", "maxGap": 100, "minSupport": 10},
        {"id": "better", "compare": {"to": "baseline", "metric": "mean_absolute_error", "margin": 0.1}},
        {"id": "gaps", "perturb": {"missing": "5%"}, "metric": "r2", "maxDrop": 5},
    ]


def counts(specs: Documents) -> None:
    """A learner of positive numbers, and a search by TPE."""
    specs["Model"] |= {
        "task": "regression",
        "label": {"dataset": "outcomes", "column": "amount"},
        "estimator": {
            "class": "sklearn.ensemble.HistGradientBoostingRegressor",
            "params": {"loss": "poisson", "max_iter": 20},
        },
        "search": {
            "sampler": "tpe", "trials": 2, "minimize": "mean_poisson_deviance",
            "space": {"max_leaf_nodes": {"int": [4, 16]}},
        },
        "seed": 9,
    }  # fmt: skip
    specs["Gate"]["rules"] = [{"id": "a", "metric": "mean_poisson_deviance", "atMost": 1000, "confidence": "95%"}]


def contracts(specs: Documents) -> None:
    """A dataset of SQL, rows set aside, checks of every form, and a label that is one of two texts."""
    rows = specs["Dataset/rows"]
    rows |= {
        "onViolation": "quarantine",
        "onSchemaChange": {"added": "ignore", "removed": "fail", "retyped": "fail"},
        "checks": [
            {"id": "enough", "rows": {"atLeast": 10, "atMost": 1_000_000}},
            {"id": "once", "sql": "select id from this group by id having count(*) > 1"},
            {"id": "known", "python": "own_options:without_id", "severity": "warn"},
        ],
    }
    rows["columns"]["n"]["max"] = 7
    specs["Dataset/outcomes"]["onViolation"] = "warn"
    doubled = {**rows["columns"], "double": {"type": "float"}}
    middle = {"source": {"sql": "select *, x0 * 2 as double from rows where n >= 0"}, "columns": doubled}
    specs["Dataset/middle"] = {**middle, "primaryKey": ["id"], "eventTime": "at"}
    for name in ("own", "joined"):
        specs[f"FeatureSet/{name}"]["source"] = "middle"
    specs["FeatureSet/own"]["features"]["double"] = {"type": "float", "sql": "double"}
    specs["Model"]["label"] = {"dataset": "outcomes", "column": "state", "positive": "yes", "horizon": "12h"}
    specs["Model"]["sensitiveUses"].append(
        {"column": "middle.age", "use": "slice", "purpose": "Fairness is measured by it."}
    )


def _document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "penstock/v1", "kind": kind, "metadata": {"name": name, "owner": "bike-ops"}, "spec": spec}


def _run(root: Path, outputs: Path) -> set[str]:
    """Run the compiled pipeline, but for what registers the model; the names of its steps, all of which succeed."""
    pipeline = read_pipeline(root / "generated/local/options/training.yaml")
    for step in pipeline.steps:
        if step.name == "register":
            continue
        own = {name: outputs / step.name / name for name in step.outputs}
        for folder in own.values():
            folder.mkdir(parents=True)
        inputs = {name: outputs / made.step / made.output for name, made in step.inputs.items()}
        values = {name: f"sqlite:///{outputs}/none.db" if name == "tracking" else "" for name in pipeline.parameters}
        command = step.arguments(values, inputs, own)
        assert main(command[1:]) == 0, f"{step.name}: {command}"
    return {step.name for step in pipeline.steps}


@pytest.mark.parametrize("change", [binary, grouped, multiclass, regression, counts, contracts])
def test_what_the_language_offers_runs(
    change: Callable[[Documents], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = copy(tmp_path / "repository")
    # Its tests speak of systems that are not here.
    (root / "specs/platform/policy.yaml").unlink()
    shutil.rmtree(root / "evidence", ignore_errors=True)
    (root / "data").mkdir()
    write_data(root)
    (root / "own_options.py").write_text(CODE)
    documents = list(yaml.safe_load_all(SPECS))
    specs = {f"{one['kind']}/{one['metadata']['name']}": one["spec"] for one in documents}
    specs |= {kind: specs[f"{kind}/{name}"] for kind, name in (("Model", "options"), ("Gate", "options-release"))}
    change(specs)
    written = [_document(*key.split("/"), spec) for key, spec in specs.items() if "/" in key]
    (root / "specs/options.yaml").write_text(yaml.safe_dump_all(written, sort_keys=False))
    compile_all(root)
    monkeypatch.chdir(root)
    monkeypatch.delitem(sys.modules, "own_options", raising=False)
    assert {"gate-options-release", "evidence", "card"} <= _run(root, tmp_path / "steps")
