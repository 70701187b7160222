"""The whole way for a model that chooses among the features of its sets, and one of which is a vector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from end_to_end.here import penstock_here
from incremental.repositories import copy

MODEL = "complaints"
ROWS = 2400
WORDS = ("late train", "bad food", "kind staff", "clean room", "lost bag", "great view", "noisy room", "cold soup")
CODE = '''"""Vectors of texts."""

from sklearn.feature_extraction.text import HashingVectorizer


def hashed(rows):
    """A sparse matrix with a column for each hash of a word."""
    hashing = HashingVectorizer(n_features=16, norm=None, alternate_sign=False)
    return hashing.transform(rows["text"].to_pylist())
'''
SPECS = """apiVersion: penstock/v1
kind: Dataset
metadata: {name: reviews, owner: bike-ops}
spec:
  source: {csv: data/reviews.csv}
  primaryKey: [id]
  eventTime: at
  columns:
    id: {type: int}
    at: {type: timestamp}
    text: {type: string}
    stars: {type: int}
    complaint: {type: bool}
---
apiVersion: penstock/v1
kind: FeatureSet
metadata: {name: answers, owner: bike-ops}
spec:
  source: reviews
  entity: [id]
  features:
    stars: {type: int, sql: stars}
    few: {type: bool, sql: stars < 3}
---
apiVersion: penstock/v1
kind: FeatureSet
metadata: {name: texts, owner: bike-ops}
spec:
  source: reviews
  entity: [id]
  features:
    words: {type: "float[16]", python: "hashed_texts:hashed", reads: [text]}
    unused: {type: "float[16]", python: "hashed_texts:hashed", reads: [text]}
    length: {type: int, sql: length(text)}
---
apiVersion: penstock/v1
kind: Model
metadata: {name: complaints, owner: bike-ops}
spec:
  task: binary
  features: {answers: [stars], texts: {except: [unused]}}
  label: {dataset: reviews, column: complaint}
  split: {by: time, validation: 20d, test: 30d}
  estimator: {class: sklearn.linear_model.LogisticRegression}
  preprocess: {numeric: {scale: standard}}
  select: {method: mutual_info, keep: 10}
  card: {purpose: Answer complaints first., riskTier: low}
---
apiVersion: penstock/v1
kind: Gate
metadata: {name: complaints-release, owner: bike-ops}
spec:
  model: complaints
  rules:
    - {id: ranking, metric: roc_auc, atLeast: 0.6}
    - {id: spread, explain: permutation, maxShare: 0.999, forbid: [unused]}
---
apiVersion: penstock/v1
kind: Rollout
metadata: {name: complaints-online, owner: bike-ops}
spec:
  model: complaints
  gate: complaints-release
  environments: [staging]
  serve: {target: kserve, replicas: {min: 1, max: 1}}
  monitor:
    schedule: "0 5 * * *"
    drift: [{id: inputs, test: psi, above: 0.3, window: 30d, except: [words], then: [ticket]}]
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose model was trained and released."""
    root = copy(tmp_path_factory.mktemp("chosen") / "repository", "bikes")
    # Its tests speak of systems that are not here.
    (root / "specs/platform/policy.yaml").unlink()
    (root / "hashed_texts.py").write_text(CODE)
    (root / "specs/complaints.yaml").write_text(SPECS)
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, 3)) for _ in range(ROWS)]
    bad = np.array([sum(word in text for word in ("late", "bad", "lost", "noisy", "cold")) for text in texts])
    stars = random.integers(1, 6, ROWS)
    frame = {"id": range(ROWS), "at": pd.date_range("2026-01-01", periods=ROWS, freq="h"), "text": texts}
    frame |= {"stars": stars, "complaint": bad - stars / 2 + random.normal(size=ROWS) > 0.7}
    (root / "data").mkdir(exist_ok=True)
    pd.DataFrame(frame).to_csv(root / "data/reviews.csv", index=False)
    penstock_here(root, "compile")
    penstock_here(root, "run", MODEL)
    penstock_here(root, "promote", MODEL, "--to", "staging")
    penstock_here(root, "compile")
    return root


def _read(root: Path, pattern: str) -> Any:
    (found,) = (root / ".penstock").glob(pattern)
    return json.loads(found.read_bytes())


def test_the_model_learns_from_what_it_chose_and_the_selection_kept(root: Path) -> None:
    split = {feature["name"] for feature in _read(root, "steps/*/splits/splits.json")["features"]}
    assert split == {"stars", "length", *(f"words_{place}" for place in range(16))}
    training = _read(root, f"models/{MODEL}/*/model/training.json")
    learned = {feature["name"] for feature in training["features"]}
    assert len(learned) == 10
    assert learned | set(training["dropped_features"]) == split
    assert learned & {f"words_{place}" for place in range(16)}


def test_importance_is_told_of_the_vector_as_a_whole(root: Path) -> None:
    figures = _read(root, "steps/*/evaluation/figures.json")
    shares = figures["gates"]["complaints-release"]["spread"]["details"]["shares"]
    assert shares["words"] > 0.1
    assert not [name for name in shares if name.startswith("words_")]


def test_a_monitor_leaves_the_vector_out_as_a_whole(root: Path) -> None:
    run = penstock_here(root, "run", MODEL, "--pipeline", "monitoring", "--as-of", "2026-04-11T00:00:00")
    told = run.stdout + run.stderr
    assert "words_" not in told
    assert "stars" in told
