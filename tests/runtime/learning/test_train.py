"""Training: what is saved is what servers load, with the same bytes each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from penstock.runtime.artifacts import Splits, directory_digest
from penstock.runtime.faults import InputError
from penstock.runtime.learning import train
from penstock.runtime.learning.model_files import load_model
from penstock.runtime.main import main
from runtime.made_splits import made_table, without_values, write_splits

BOOSTING = {"class": "sklearn.ensemble.HistGradientBoostingClassifier", "params": {"max_iter": 10}}
LOGISTIC = {"class": "sklearn.linear_model.LogisticRegression"}
SCALED = {"numeric": {"impute": "median", "scale": "standard"}, "categorical": {"impute": "most_frequent"}}

COMPONENTS = {"numeric": {"impute": "median", "scale": "standard", "pca": "60%"}}


def arguments(splits: Path, output: Path, estimator: dict[str, object], **more: object) -> list[str]:
    flags = {"estimator": json.dumps(estimator), "task": "binary", "model": "made", "model-dir": output}
    flags |= {"splits": splits, "seed": 3} | {name.replace("_", "-"): value for name, value in more.items()}
    return ["train", *(str(word) for name, value in flags.items() for word in (f"--{name}", value))]


@pytest.mark.parametrize(
    ("estimator", "preprocess"),
    [
        (BOOSTING, {}),
        (LOGISTIC, SCALED),
        (LOGISTIC, COMPONENTS),
        ({"class": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 10, "n_jobs": 2}}, SCALED),
    ],
)
def test_the_same_inputs_give_the_same_bytes_in_another_process(
    tmp_path: Path, estimator: dict[str, object], preprocess: dict[str, object]
) -> None:
    splits = write_splits(tmp_path / "splits")
    declared = json.dumps(preprocess)
    assert main(arguments(splits, tmp_path / "one", estimator, preprocess=declared)) == 0
    command = arguments(splits, tmp_path / "two", estimator, preprocess=declared)
    environment = {**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "8"}
    subprocess.run([sys.executable, "-m", "penstock.runtime.main", *command], check=True, env=environment)
    assert directory_digest(tmp_path / "one") == directory_digest(tmp_path / "two")


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


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        ({"class": "sklearn.ensemble.HistGradientBoostingClasifier"}, "did you mean `sklearn.ensemble.HistGrad"),
        ({"class": "sklearn.ensembel.RandomForestClassifier"}, "did you mean `sklearn.ensemble`"),
        ({"class": "sklearm.ensemble.RandomForestClassifier"}, "there is no module `sklearm.ensemble`"),
        ({"class": "sklearn.linear_model.Ridge"}, "is a regressor, but the task is binary"),
        ({"class": "sklearn.svm.LinearSVC"}, "does not predict probabilities"),
        ({**LOGISTIC, "params": {"c": 1}}, "did you mean `C`"),
        ({**LOGISTIC, "params": {"C": -1.0}}, "The 'C' parameter of LogisticRegression"),
        (LOGISTIC, "set `preprocess.numeric.impute`"),
        ({"python": "nowhere:build"}, "there is no module `nowhere`"),
        ({"class": "nowhere.Learner"},
         "there is no module `nowhere`, which `nowhere.Learner` names: install the package that provides it here, "
         "and in the Environment's runtime image"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_learner_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], estimator: dict[str, object], words: str
) -> None:
    assert main(arguments(write_splits(tmp_path / "splits"), tmp_path / "model", estimator)) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


def test_the_exception_of_a_library_is_one_sentence_with_its_traceback_in_the_log(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Some have exceptions of their own, which are no `ValueError`, for parameters that do not go together."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "made_library.py").write_text(
        "from sklearn.linear_model import LogisticRegression\n\n\n"
        "class BoostError(Exception):\n    pass\n\n\n"
        "class Boost(LogisticRegression):\n"
        "    def fit(self, rows, label):\n        raise BoostError('num_leaves is too small')\n"
    )
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    monkeypatch.syspath_prepend(tmp_path / "library")
    estimator = {"class": "made_library.Boost"}
    assert main(arguments(write_splits(tmp_path / "splits"), tmp_path / "model", estimator)) == 2
    assert capsys.readouterr().err == "train: the learner cannot be fitted: BoostError: num_leaves is too small\n"
    assert [record.exc_info is not None for record in caplog.records if record.message == "`Boost` failed"] == [True]


def test_a_learner_that_has_not_converged_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    splits, preprocess = write_splits(tmp_path / "splits"), json.dumps(SCALED)
    one_step = {**LOGISTIC, "params": {"max_iter": 1}}
    assert main(arguments(splits, tmp_path / "model", one_step, preprocess=preprocess)) == 0
    warned = [message for message in caplog.messages if message.startswith("warning: ")]
    assert len(warned) == 1
    assert "the learner has not converged (lbfgs failed to converge after 1 iteration" in warned[0]
    assert "raise `max_iter`" in warned[0]


def test_a_feature_that_no_training_row_has_is_named_where_the_learner_cannot_be_fitted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    splits = write_splits(tmp_path / "splits")
    without_values(splits, "x1")
    assert main(arguments(splits, tmp_path / "model", BOOSTING)) == 2
    assert capsys.readouterr().err.endswith(
        "; no training row has a value of `x1`: exclude such features, or correct what they are computed from\n"
    )


def test_the_largest_float_in_place_of_a_missing_number_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its square is infinite, and the scaled column no number: scikit-learn speaks of missing values alone."""
    splits = write_splits(tmp_path / "splits")
    table = pq.read_table(splits / "train.parquet")
    numbers = table["x0"].to_numpy().copy()
    numbers[::50] = -np.finfo(np.float64).max
    pq.write_table(table.set_column(0, "x0", pa.array(numbers)), splits / "train.parquet")
    assert main(arguments(splits, tmp_path / "model", LOGISTIC, preprocess=json.dumps(SCALED))) == 2
    assert "; some values of `x0` are beyond 1e+150, too large to scale: if they stand" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("X = 1 / 0\n", "importing the module failed at made_learner.py:1: ZeroDivisionError: division by zero"),
        (
            "def build():\n    return {}['depth']\n",
            "`made_learner:build` failed at made_learner.py:2: KeyError: 'depth'",
        ),
        ("import nothing_of_this_name\n", "needs the module `nothing_of_this_name`, which is not installed: install "),
    ],
)
def test_a_function_that_makes_no_learner_is_one_sentence_with_its_line(
    code: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "made_learner.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "made_learner", raising=False)
    learner = {"python": "made_learner:build"}
    assert main(arguments(write_splits(tmp_path / "splits"), tmp_path / "model", learner)) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("learner", "encode", "warned"),
    [(BOOSTING, "onehot", True), (BOOSTING, "ordinal", False), (LOGISTIC, "onehot", False)],
)
def test_categories_that_need_much_memory_are_warned_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    learner: dict[str, object],
    encode: str,
    warned: bool,
) -> None:
    monkeypatch.setattr(train, "_MUCH", 20_000)
    preprocess = json.dumps({"numeric": {"impute": "median"}, "categorical": {"encode": encode}})
    assert main(arguments(write_splits(tmp_path / "splits"), tmp_path / "model", learner, preprocess=preprocess)) == 0
    # Three colors and two flags of 800 rows take 32,000 bytes.
    words = "warning: 5 categories (3 of `color`) become a column each, which takes 0.0 GB for 800 rows"
    assert any(record.getMessage().startswith(words) for record in caplog.records) is warned


def test_a_text_that_hardly_two_rows_share_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    splits = write_splits(tmp_path / "splits")
    path = splits / "train.parquet"
    rows = pq.read_table(path)
    names = pa.array([f"name {row}" for row in range(rows.num_rows)])
    pq.write_table(rows.set_column(rows.column_names.index("color"), "color", names), path)
    preprocess = json.dumps(SCALED)
    assert main(arguments(splits, tmp_path / "model", LOGISTIC, preprocess=preprocess)) == 0
    warned = [message for message in caplog.messages if "feature `made." in message]
    count = f"{rows.num_rows:,}"
    assert warned == [
        f"warning: feature `made.color`: {count} different values in {count} training rows, each a category of its "
        "own, and others count as missing: compute from it what rows have in common (`sql`, `python`), or exclude it"
    ]


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
