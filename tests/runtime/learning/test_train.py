"""Training: what is saved is what servers load, with the same bytes each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from penstock.runtime.artifacts import Splits, directory_digest
from penstock.runtime.faults import InputError
from penstock.runtime.learning.model_files import load_model
from penstock.runtime.main import main
from runtime.made_splits import made_table, write_splits
from runtime.train_step import BOOSTING, LOGISTIC, SCALED, arguments

COMPONENTS = {"numeric": {"impute": "median", "scale": "standard", "pca": "60%"}}


LEARNERS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "boosting": (BOOSTING, {}),
    "logistic": (LOGISTIC, SCALED),
    "components": (LOGISTIC, COMPONENTS),
    "forest": (
        {"class": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 10, "n_jobs": 2}},
        SCALED,
    ),
}
TRAIN_ALL = """import json, sys
from penstock.runtime.main import main
sys.exit(any([main(command) for command in json.loads(sys.argv[1])]))
"""


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The models of all learners as two processes have trained them, which have little in common.

    Both are new, as the process of a step is: a pickle tells whether a learner of its class was loaded before, since
    the names of attributes are then other objects than the words that are equal to them.
    """
    folder = tmp_path_factory.mktemp("processes")
    splits = write_splits(folder / "splits")
    made = folder / "first", folder / "second"
    for place, environment in zip(
        made,
        ({"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "8"}, {"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"}),
        strict=True,
    ):
        commands = [
            arguments(splits, place / name, estimator, preprocess=json.dumps(preprocess))
            for name, (estimator, preprocess) in LEARNERS.items()
        ]
        words = [sys.executable, "-c", TRAIN_ALL, json.dumps(commands)]
        subprocess.run(words, check=True, env={**os.environ, **environment})
    return made


@pytest.mark.parametrize("name", LEARNERS)
def test_the_same_inputs_give_the_same_bytes_in_another_process(two_processes: tuple[Path, Path], name: str) -> None:
    first, second = two_processes
    assert directory_digest(first / name) == directory_digest(second / name)


def test_patch_releases_of_python_and_versions_of_pip_are_no_part_of_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow.pyfunc
    import mlflow.utils.environment as environment

    splits = write_splits(tmp_path / "splits")
    assert main(arguments(splits, tmp_path / "one", LOGISTIC, preprocess=json.dumps(SCALED))) == 0
    later = f"{sys.version_info.major}.{sys.version_info.minor}.99"
    monkeypatch.setattr(mlflow.pyfunc, "PYTHON_VERSION", later)
    monkeypatch.setattr(environment, "PYTHON_VERSION", later)
    monkeypatch.setattr(environment, "_get_package_version", lambda _: "99.0")
    assert main(arguments(splits, tmp_path / "two", LOGISTIC, preprocess=json.dumps(SCALED))) == 0
    assert directory_digest(tmp_path / "one") == directory_digest(tmp_path / "two")


def test_a_server_is_told_the_minor_version_of_python_and_the_libraries(tmp_path: Path) -> None:
    from importlib.metadata import version

    import yaml
    from mlflow.utils.environment import _PythonEnv

    splits = write_splits(tmp_path / "splits")
    assert main(arguments(splits, tmp_path / "model", LOGISTIC, preprocess=json.dumps(SCALED))) == 0
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    described = yaml.safe_load((tmp_path / "model" / "MLmodel").read_text())
    assert described["flavors"]["python_function"]["python_version"] == minor
    for found in (
        _PythonEnv.from_yaml(tmp_path / "model" / "python_env.yaml"),
        _PythonEnv.from_conda_yaml(tmp_path / "model" / "conda.yaml"),
    ):
        assert found.python == minor
    requirements = (tmp_path / "model" / "requirements.txt").read_text().split()
    assert f"scikit-learn=={version('scikit-learn')}" in requirements
    assert found.dependencies == requirements


def test_a_learner_within_a_learner_is_seeded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nested.py").write_text(
        "from sklearn.calibration import CalibratedClassifierCV\n"
        "from sklearn.ensemble import RandomForestClassifier\n"
        "from sklearn.pipeline import make_pipeline\n\n"
        "def build():\n"
        "    return CalibratedClassifierCV(make_pipeline(RandomForestClassifier(n_estimators=3)), cv=2)\n\n"
        "def build_seeded():\n"
        "    return CalibratedClassifierCV(RandomForestClassifier(n_estimators=3, random_state=7), cv=2)\n"
    )
    monkeypatch.chdir(tmp_path)
    splits, models = write_splits(tmp_path / "splits"), {}
    made = {"one": ("build", 3), "two": ("build", 3), "other": ("build", 4), "own": ("build_seeded", 4)}
    for name, (function, seed) in made.items():
        learner: dict[str, object] = {"python": f"nested:{function}"}
        assert main(arguments(splits, tmp_path / name, learner, preprocess=json.dumps(SCALED), seed=seed)) == 0
        models[name] = load_model(tmp_path / name).pipeline
    first, second, other, own = (one[-1].calibrated_classifiers_[0].estimator.get_params() for one in models.values())
    assert load_model(tmp_path / "one").digest == load_model(tmp_path / "two").digest
    assert first["randomforestclassifier__random_state"] == second["randomforestclassifier__random_state"] == 3
    assert other["randomforestclassifier__random_state"] == 4
    assert own["random_state"] == 7


def test_another_seed_gives_another_model(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    forest = {"class": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 5}}
    assert main(arguments(splits, tmp_path / "one", forest, preprocess=json.dumps(SCALED))) == 0
    assert main(arguments(splits, tmp_path / "two", forest, preprocess=json.dumps(SCALED), seed=4)) == 0
    assert directory_digest(tmp_path / "one") != directory_digest(tmp_path / "two")


@pytest.mark.parametrize("preprocess", [{}, {"categorical": {"encode": "ordinal"}}, SCALED])
def test_a_model_tells_the_rows_apart(tmp_path: Path, preprocess: dict[str, object]) -> None:
    from sklearn.metrics import roc_auc_score

    splits = write_splits(tmp_path / "splits")
    assert main(arguments(splits, tmp_path / "model", BOOSTING, preprocess=json.dumps(preprocess))) == 0
    model = load_model(tmp_path / "model")
    test = Splits.read(splits).rows("test")
    scores = model.scores(test.features)
    assert roc_auc_score(test.label, scores) > 0.8
    assert set(model.decisions(test.features, 0.6)) == {0, 1}
    assert model.decisions(test.features, 0.6).sum() == (scores >= 0.6).sum()


@pytest.mark.parametrize(("share", "components"), [("60%", 3), ("100%", 4)])
def test_numbers_are_replaced_by_the_principal_components_that_explain_a_share(
    tmp_path: Path, share: str, components: int
) -> None:
    splits = write_splits(tmp_path / "splits")
    preprocess = {"numeric": {**COMPONENTS["numeric"], "pca": share}}
    assert main(arguments(splits, tmp_path / "model", LOGISTIC, preprocess=json.dumps(preprocess))) == 0
    train = Splits.read(splits).rows("train").features
    numbers = train[[f"x{i}" for i in range(4)]]
    numbers = numbers.fillna(numbers.median()).to_numpy()
    scaled = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    values, vectors = np.linalg.eigh(np.cov(scaled.T))
    explained = np.cumsum(values[::-1]) / values.sum()
    assert np.searchsorted(explained, float(share[:-1]) / 100 - 1e-9) + 1 == components
    pipeline = load_model(tmp_path / "model").pipeline
    matrix = pipeline[0].transform(train)
    expected = scaled @ vectors[:, ::-1][:, :components]
    np.testing.assert_allclose(np.abs(matrix[:, :components]), np.abs(expected), atol=1e-8)
    categories = train["color"].nunique(dropna=False) + train["flag"].nunique(dropna=False)
    assert matrix.shape[1] == components + categories


def test_what_mlflow_serves_is_what_evaluation_scores(tmp_path: Path) -> None:
    import mlflow.pyfunc

    splits = write_splits(tmp_path / "splits")
    assert main(arguments(splits, tmp_path / "model", BOOSTING)) == 0
    rows = Splits.read(splits).rows("test").features
    served = mlflow.pyfunc.load_model(str(tmp_path / "model")).predict(rows)
    np.testing.assert_array_equal(served[:, 1], load_model(tmp_path / "model").scores(rows))


@pytest.mark.parametrize("left_out", ["x0", "color"])
def test_a_request_fails_without_a_column_and_may_bring_more(tmp_path: Path, left_out: str) -> None:
    """What a review tells of a version that reads other inputs (`changed-inputs`)."""
    import mlflow.pyfunc

    splits = write_splits(tmp_path / "splits")
    assert main(arguments(splits, tmp_path / "model", BOOSTING)) == 0
    rows = Splits.read(splits).rows("test").features
    served = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    np.testing.assert_array_equal(served.predict(rows.assign(more=1.0)), served.predict(rows))
    with pytest.raises(Exception, match=f"(?s)missing.*{left_out}"):
        served.predict(rows.drop(columns=left_out))


def test_the_signature_names_the_features_and_the_example_is_nobodys_row(tmp_path: Path) -> None:
    import mlflow.models

    splits = write_splits(tmp_path / "splits")
    assert main(arguments(splits, tmp_path / "model", BOOSTING)) == 0
    info = mlflow.models.get_model_info(str(tmp_path / "model"))
    assert info.signature is not None
    assert [(each.name, each.type.name) for each in info.signature.inputs] == [
        *((f"x{i}", "double") for i in range(4)),
        ("color", "string"),
        ("flag", "string"),
    ]
    example = json.loads((tmp_path / "model" / "input_example.json").read_text())
    train = Splits.read(splits).rows("train").features
    assert example["data"][0][0] == pytest.approx(train["x0"].median())
    assert (train["x0"] == example["data"][0][0]).sum() <= 1
    assert example["data"][0][4] == train["color"].mode()[0]


def test_a_category_that_training_did_not_meet_counts_as_missing(tmp_path: Path) -> None:
    import pandas as pd

    splits = write_splits(tmp_path / "splits")
    for impute in ("missing", "most_frequent"):
        for encode in ("onehot", "ordinal"):
            preprocess = json.dumps({"categorical": {"impute": impute, "encode": encode}})
            output = tmp_path / f"{impute}-{encode}"
            assert main(arguments(splits, output, BOOSTING, preprocess=preprocess)) == 0
            row = Splits.read(splits).rows("test").features.iloc[:1]
            rows = pd.concat([row.assign(color="magenta"), row.assign(color=None), row.assign(color=np.nan)])
            assert len(set(load_model(output).scores(rows))) == 1


def test_classes_are_weighed_by_their_names_in_the_spec(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    means = []
    for weight in (1, 20):
        weighted = LOGISTIC | {"params": {"class_weight": {"0": 1, "1": weight}}}
        assert main(arguments(splits, tmp_path / str(weight), weighted, preprocess=json.dumps(SCALED))) == 0
        rows = Splits.read(splits).rows("test").features
        means.append(load_model(tmp_path / str(weight)).scores(rows).mean())
    assert means[1] > means[0] + 0.2


def test_multiclass_scores_have_a_column_for_each_class(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits", "multiclass")
    assert main(arguments(splits, tmp_path / "model", BOOSTING, task="multiclass")) == 0
    model = load_model(tmp_path / "model")
    test = Splits.read(splits).rows("test")
    scores = model.scores(test.features)
    assert scores.shape == (400, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert (model.decisions(test.features) == test.label).mean() > 0.5


def test_the_order_of_the_served_classes_is_told_without_one_that_no_training_row_has(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits", "multiclass")
    train = splits / "train.parquet"
    table = pq.read_table(train)
    pq.write_table(table.filter(pc.not_equal(table["@label"], "low")), train)
    assert main(arguments(splits, tmp_path / "model", BOOSTING, task="multiclass")) == 0
    model, served = load_model(tmp_path / "model"), mlflow.pyfunc.load_model(str(tmp_path / "model"))
    rows = Splits.read(splits).rows("test").features
    answered, told = served.predict(rows), model.training["answers"]
    assert served.metadata.get_output_schema().inputs[0].shape == (-1, len(told))
    for column, name in enumerate(told):
        np.testing.assert_array_equal(answered[:, column], model.scores(rows)[:, model.classes.index(name)])
    assert told == ["high", "mid"]


def test_a_regression_predicts_values(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits", "regression")
    forest = {"class": "sklearn.ensemble.HistGradientBoostingRegressor"}
    assert main(arguments(splits, tmp_path / "model", forest, task="regression")) == 0
    model = load_model(tmp_path / "model")
    test = Splits.read(splits).rows("test")
    assert np.corrcoef(model.values(test.features), test.label)[0, 1] > 0.7
    with pytest.raises(ValueError, match="not classes"):
        model.decisions(test.features)


def test_a_model_scores_a_table_with_more_columns_than_it_reads(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    assert main(arguments(splits, tmp_path / "model", BOOSTING)) == 0
    table = made_table(50, 7)
    model = load_model(tmp_path / "model")
    assert model.scores(table).shape == (50,)
    with pytest.raises(InputError, match="reads `x0`"):
        model.scores(table.drop_columns("x0"))


def test_a_changed_file_is_not_loaded(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    assert main(arguments(splits, tmp_path / "model", BOOSTING)) == 0
    digest = load_model(tmp_path / "model").digest
    with (tmp_path / "model" / "model.pkl").open("ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match="was not loaded"):
        load_model(tmp_path / "model", digest)


def test_the_model_is_the_same_however_many_processors_a_container_has(tmp_path: Path) -> None:
    """Of this variable scikit-learn hears what it would of the limits of a container."""
    splits = write_splits(tmp_path / "splits", rows=20_000)
    digests = set()
    for processors in ("1", "2"):
        model = tmp_path / processors
        command = [sys.executable, "-m", "penstock.runtime.main", *arguments(splits, model, BOOSTING)]
        subprocess.run(command, env={**os.environ, "LOKY_MAX_CPU_COUNT": processors}, check=True)
        digests.add(directory_digest(model))
    assert len(digests) == 1
