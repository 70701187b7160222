"""The whole way, on real data, for a model that something else has trained: imported, judged, released."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import skops.io
import yaml
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from end_to_end.here import penstock_here
from end_to_end.test_bikes import MODEL, champion, last_run, patient
from incremental.repositories import OWN, copy
from penstock.runtime.artifacts import Splits

TREES = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"


def declare(root: Path, estimator: dict[str, Any]) -> None:
    """The bikes' model with another estimator, and without everything that fits one."""
    path = OWN / "specs/bikes/model.yaml"
    document = yaml.safe_load(path.read_text())
    for name in ("preprocess", "select", "search", "retrain"):
        document["spec"].pop(name, None)
    document["spec"]["estimator"] = estimator
    (root / "specs/bikes/model.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def external(data: bytes) -> dict[str, Any]:
    """The estimator that is a file of these bytes."""
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return {"external": {"file": "models/bike-demand.skops", "digest": digest, "trust": [TREES]}}


def trained_elsewhere(splits: Splits) -> Pipeline:
    """A model that knows nothing of Penstock, fitted on the rows that another program would have had."""
    rows = splits.rows("train")
    texts = [feature.name for feature in splits.features if not feature.numeric]
    encoder = ColumnTransformer([("texts", OneHotEncoder(handle_unknown="ignore"), texts)], remainder="passthrough")
    learner = HistGradientBoostingRegressor(loss="poisson", max_iter=200, random_state=0)
    return Pipeline([("encode", encoder), ("learn", learner)]).fit(rows.features, rows.label)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose model is a file that this program did not make, after one run."""
    root = copy(tmp_path_factory.mktemp("external") / "repository", "bikes")
    shutil.copytree(OWN / "data", root / "data")
    # Its tests speak of systems that are not here.
    (root / "specs/platform/policy.yaml").unlink()
    file = root / "models/bike-demand.skops"
    file.parent.mkdir()
    file.write_bytes(b"not trained yet")
    declare(root, external(b"another file"))
    patient(root)
    penstock_here(root, "compile")
    # It stops at the file, and leaves the rows to learn from.
    penstock_here(root, "run", MODEL, code=1)
    (made,) = (root / ".penstock/steps").glob("*/splits")
    data = skops.io.dumps(trained_elsewhere(Splits.read(made)))
    file.write_bytes(data)
    declare(root, external(data))
    penstock_here(root, "compile")
    assert "has not seen" not in penstock_here(root, "run", MODEL).stdout
    return root


def test_it_is_judged_and_registered_and_its_card_says_where_it_comes_from(root: Path) -> None:
    states = {name: step["state"] for name, step in last_run(root)["steps"].items()}
    assert states["import"] == "done"
    assert "train" not in states
    found = champion(root)
    assert found is not None
    stored = root / ".penstock/models" / MODEL / found[1].removeprefix("sha256:")
    card = (stored / "card/card.md").read_text()
    assert "trained elsewhere" in card
    assert "models/bike-demand.skops" in card
    assert "has not seen" not in card


def test_it_is_released_with_its_evidence(root: Path) -> None:
    found = champion(root)
    assert found is not None
    penstock_here(root, "promote", MODEL, "--to", "staging")
    penstock_here(root, "compile")
    penstock_here(root, "check")
    assert found[1].removeprefix("sha256:") in (root / "generated/staging/bike-demand-hourly/serving.yaml").read_text()
    release = yaml.safe_load((root / "specs/releases/staging-bike-demand-hourly.yaml").read_text())
    evidence = json.loads((root / release["spec"]["evidence"]["path"]).read_bytes())
    assert evidence


def test_a_file_that_was_exchanged_is_not_opened(root: Path) -> None:
    before = champion(root)
    file = root / "models/bike-demand.skops"
    body = file.read_bytes()
    model = root / "specs/bikes/model.yaml"
    text = model.read_text()
    # Another digest, so that what the first run has imported is not taken again.
    model.write_text(text.replace(hashlib.sha256(body).hexdigest(), "0" * 64))
    penstock_here(root, "compile")
    run = penstock_here(root, "run", MODEL, code=1)
    assert "it was not opened" in run.stdout + run.stderr
    assert champion(root) == before
